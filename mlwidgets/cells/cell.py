"""A cell that is being recorded: what its rewritten code calls, pass after pass."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from IPython.core.error import UsageError

from mlwidgets.core import Stop
from mlwidgets.errors import FrameError, MLError, clip, told
from mlwidgets.frame import Schema
from mlwidgets.recording import Recorder, record
from mlwidgets.trace import Trace
from mlwidgets.views import guess_views

from .interrupt import Interrupt
from .line import Ask
from .values import fitting, kept

if TYPE_CHECKING:
    from .again import PassCode
    from .detached import Detached
    from .finding import Finding
    from .watching import Watch

Reader = Callable[[], Any]


class Nothing:
    """A pass that nobody records."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


NOTHING = Nothing()


class Pass:
    """One pass of the loop, from its first statement to however it ends."""

    __slots__ = ("assigned", "batch", "cell", "frame", "local", "readers")

    def __init__(
        self,
        cell: RecordedCell,
        frame: FrameType,
        assigned: bool,
        batch: Reader | None,
        readers: tuple[Reader, ...],
    ) -> None:
        self.cell, self.frame, self.assigned = cell, frame, assigned
        self.batch, self.readers = batch, readers
        self.local: dict[str, Any] | None = None  # a function's variables before it

    def __enter__(self) -> None:
        self.cell.passes[self.frame] = self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        cell = self.cell
        cell.passes.pop(self.frame, None)
        recorder = cell.recorder
        if recorder is None or (kind is not None and issubclass(kind, Stop)):
            return
        with recorder._one:
            number = recorder._core.number
            try:
                if cell.watch is not None:
                    cell.watch.check()
                cell.passed(self, recorder)
            except MLError as fault:
                if kind is None:
                    raise UsageError(" ".join(str(fault).split())) from None
            recorder._core.broken_off = kind is not None and recorder._core.number > number
            if kind is None and recorder._core.attention:
                recorder._core.heed()

    def again(self) -> Callable[[Any], Any] | None:
        """Runs this pass alone, on what it is given."""
        code, frame, local = self.cell.code, self.frame, self.local
        if code is None:
            return None
        return partial(code.run, frame.f_code.co_filename, frame.f_globals, local)


class RecordedCell:
    """One execution of a cell below `%%ml record`; its code knows it as a name of builtins."""

    def __init__(
        self, ask: Ask, where: str, names: dict[str, Any], fault: MLError | None = None
    ) -> None:
        """fault: why the cell is not run at all."""
        self.ask, self.where, self.names, self.fault = ask, where, names, fault
        self.aside = ""  # what is said of the run from its beginning
        self.detached: Detached | None = None
        self.code: PassCode | None = None  # of one pass, where a model is watched
        self.turn: Any = None  # where a `while` is run again
        self.value: Any = None  # of its last expression
        self.passes: dict[FrameType, Pass] = {}
        self.count = 0  # passes that assigned a name
        self.recorder: Recorder | None = None
        self.watch: Watch | None = None
        self._interrupt = Interrupt(self)
        self._told = False  # of a value that was left out

    # the cell -----------------------------------------------------------------------------

    def __enter__(self) -> Self:
        if self.fault is not None:
            raise UsageError(" ".join(str(self.fault).split()))
        if self.recorder is None:  # a detached cell has begun before its thread
            show_line(sys._getframe(1).f_code.co_filename, self.ask.line)
            self.begin()
            self._interrupt.listen()
        return self

    def detach(self) -> None:
        """Begin, and go on in a thread."""
        name = sys._getframe(1).f_code.co_filename
        show_line(name, self.ask.line)
        if self.detached is not None:
            self.detached.start(name, self.begin())
            self.detached = None

    def begin(self) -> Recorder:
        """The run is there, without a frame as yet."""
        ask = self.ask
        self.recorder = record(title=f"Recording of {', '.join(ask.names)}")
        run = self.recorder.run
        run._line = ask.line
        run._core.note = self.aside
        if ask.variable:
            self.names[ask.variable] = run
        self.recorder.__enter__()
        return self.recorder

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Any
    ) -> bool:
        recorder, self.recorder = self.recorder, None
        self._interrupt.forget()
        self.passes.clear()
        if self.watch is not None:
            self.watch.close()
            self.watch = None
        if recorder is None:
            return False
        over = recorder.__exit__(kind, error, trace)
        if error is None and not self.count:
            recorder.run.close()
            print(f"record: {self._silent()}")  # noqa: T201  the cell's output: it was asked for
        return over

    def _silent(self) -> str:
        first = (self.ask.plain or self.ask.names)[0]
        return f"nothing was recorded: no pass of the loop {self.where} assigned {first!r} here"

    def take(self) -> Any:
        """The value of the cell's last expression, once."""
        value, self.value = self.value, None
        return value

    # its loop -----------------------------------------------------------------------------

    def loop(self, watched: Reader | None = None) -> None:
        """The loop begins (anew)."""
        if self.recorder is None:
            return
        if watched is not None and self.watch is None:
            self._watch(watched)
        if self.watch is not None:
            self.watch.batch = -1

    def _watch(self, model: Reader) -> None:
        from .watching import Watch

        try:
            self.watch = Watch(model(), self._found)
        except NameError as error:
            raise UsageError(f"record: watch=${self.ask.watch}: {error} at its loop") from None
        except MLError as error:
            raise UsageError(str(error)) from None

    def _found(self, finding: Finding) -> None:
        """Tell of the first value that is not finite."""
        if self.recorder is not None:
            core, run = self.recorder._core, self.recorder.run
            run.finding = finding
            where = self.ask.variable or "mlwidgets.runs()[-1]"
            said = f"{finding}; {where}.finding keeps the state before that pass"
            core.note = f"{core.note} {said[0].upper()}{said[1:]}".strip()
            print(f"record: {finding}", file=sys.stderr)  # noqa: T201  watch= asks to be told

    def once(self) -> list[Any]:
        """What a pass that is run again is given."""
        return [self.code.given] if self.code else []

    def one(self, assigned: bool, batch: Reader | None, *readers: Reader) -> Pass | Nothing:
        """A pass of the loop begins."""
        if self.recorder is None:
            return NOTHING
        one = Pass(self, sys._getframe(1), assigned, batch, readers)
        if self.watch is not None:
            self.watch.begin(one, self.count % self.ask.every == 0)
        return one

    def hit(self) -> None:
        """One of the names has just been assigned."""
        found = self.passes.get(sys._getframe(1))
        if found is not None:
            found.assigned = True

    def got(self, value: Any) -> Any:
        """One of the names has just been assigned in an expression."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame not in self.passes:  # a comprehension's frame
            frame = frame.f_back
        if frame is not None:
            self.passes[frame].assigned = True
        return value

    def passed(self, one: Pass, recorder: Recorder) -> None:
        """A pass is over: record it if it is due."""
        if not one.assigned:
            return
        self.count += 1
        if (self.count - 1) % self.ask.every:
            return
        core = recorder._core
        first = core.number < 0
        frame = {n: self._read(n, r) for n, r in zip(self.ask.names, one.readers, strict=True)}
        if first:
            frame = {name: self._fit(name, value) for name, value in frame.items()}
        if self.watch is not None:
            frame |= self.watch.ended()
        try:
            core.offer(frame)
        except FrameError:
            fits, fault = fitting(frame, core.trace.schema.columns)
            self._left_out(fault.partition("; a quantity")[0])
            core.offer(fits)
        if first:
            self._show(recorder)

    def _show(self, recorder: Recorder) -> None:
        if self.watch is not None:
            named = tuple(
                c for c in recorder._core.trace.schema.columns if c.name in self.ask.names
            )
            recorder._views = (*guess_views(Schema(named)), *self.watch.views)
        recorder._show()

    def _read(self, name: str, reader: Reader) -> Any:
        try:
            return kept(name, reader())
        except NameError:  # it may come yet
            return None
        except FrameError as error:
            self._left_out(str(error))
        except Exception as error:
            self._left_out(f"{name}: {clip(told(error))}")
        return None

    def _fit(self, name: str, value: Any) -> Any:
        """A first value that a frame can hold; nothing in place of another."""
        try:
            Trace().open({name: value})
            return value
        except FrameError as error:
            self._left_out(str(error))
            return None

    def _left_out(self, fault: str) -> None:
        """Say what the frame lacks, the first time; the cell goes on as it would."""
        core = self._core
        if not self._told:
            self._told = True
            why = fault.rstrip(".")
            core.note = f"{core.note} Frame {core.number + 1}: {why}. It is left out there.".strip()

    @property
    def _core(self) -> Any:
        return self.recorder._core if self.recorder else None


def show_line(filename: str, line: str) -> None:
    """Let tracebacks show a recorded cell's first line as it was written, in a comment.

    They would show the call that stands for it; a line that is no Python would cost them the marks
    below the expression at fault.
    """
    entry = linecache.cache.get(filename)
    if entry is not None and len(entry) == 4 and entry[2]:
        entry[2][0] = f"# {line}\n"
