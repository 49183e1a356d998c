"""The core of a run: one generator being driven. It owns no thread; a driver gives it turns.

Orders come from any thread and only leave word; `turn` does the work, in one thread at a time.
"""

from __future__ import annotations

import math
import os
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Protocol

from .algorithms import Algorithm, Done
from .errors import FrameError, MLError, ParamError, RunError, clip, told
from .kinds import same
from .private import private
from .trace import Trace

Status = Literal["ready", "running", "paused", "done", "stopped", "failed", "loaded"]
OVER = ("done", "stopped", "failed", "loaded")


class Stop(BaseException):  # thrown into a frame that does not end; no error of anyone's
    """Raised inside a generator whose run is stopped while it computes."""


@dataclass(frozen=True)
class Event:
    """A live parameter changed: `new` is in force from frame number `frame` on."""

    frame: int
    name: str
    old: Any
    new: Any


class Goal(Protocol):
    """What a run has been asked to do."""

    def drive(self, core: Core, limit: int | None) -> float | None:
        """Pull at most `limit` frames. Seconds until the next turn; None: until the next order."""

    def gap(self, core: Core) -> float:
        """Seconds until a loop of the user's may go on to its next frame."""


class Watch(Protocol):
    """Looks at each frame: does what a run waits for come true there?"""

    text: str

    def __call__(self, frame: Any, number: int) -> bool: ...


class Hold:
    """Stay where you are."""

    def drive(self, core: Core, limit: int | None) -> float | None:
        core.held()
        return None

    def gap(self, core: Core) -> float:
        return math.inf


@dataclass(frozen=True)
class Upto:
    """Go to a frame number as fast as the machine can; infinity by default."""

    stop: float = math.inf

    def drive(self, core: Core, limit: int | None) -> float | None:
        core.pull(min(self.stop, math.inf if limit is None else core.number + limit))
        if core.number >= self.stop:
            core.held()
            return None
        return 0

    def gap(self, core: Core) -> float:
        return math.inf if core.number >= self.stop else 0.0


class Core:
    """One generator, its trace and its state. Attributes are read from anywhere, set by turns."""

    def __init__(
        self,
        algorithm: Algorithm[Any, Any],
        values: dict[str, Any],
        trace: Trace,
        scope: Callable[[], AbstractContextManager[None]],
        *,
        ahead: Sequence[Event] = (),
    ) -> None:
        """ahead: changes that come into force at their frames. Rows that the trace has stay."""
        self.algorithm = algorithm
        self.start = dict(values)
        self.values = dict(values)
        self.trace = trace
        self.events: list[Event] = []
        self.status: Status = "ready"
        self.number = -1  # of the frame it stands at
        self.frame: Any = None
        self.result: Any = None
        self.answers: dict[str, Callable[[Any], Any]] = {}  # see Done
        self.error: BaseException | None = None
        self.note = ""
        self.broken_off = False  # the frame it stands at is of a pass that an error ended
        self.watch: Watch | None = None
        self.halt = ""  # why it holds where nobody told it to
        self.changed = threading.Condition(threading.RLock())
        self.attention = False
        self.watchers: list[Callable[[], None]] = []
        self._scope = scope
        self._goal: Goal = Hold()
        self._pending: dict[str, Any] = {}
        self.stopping = False
        self._turning = False
        self._answering = threading.Lock()
        self._frames: Any = None
        self._sent: Any = None
        self._due = 0
        self._ahead = sorted(ahead, key=lambda event: event.frame)
        self._past = trace.last  # what is recorded already is pulled, and not recorded again

    # orders -------------------------------------------------------------------------------

    def order(self, goal: Goal) -> None:
        """Ask for something else; returns at once."""
        with self.changed:
            if self.over:
                return
            self._goal = goal
            if not isinstance(goal, Hold):
                self.halt = ""
                self._become("running")
            self._call()

    def pause_when(self, watch: Watch | None) -> None:
        """Hold at each frame where this comes true; it has seen the present one."""
        with self.changed:
            self.watch = watch
            self._call()
            self._tell()

    def obeys(self, goal: Goal) -> bool:
        """Is this still what is asked for?"""
        return self._goal is goal

    def steer(self, name: str, value: Any) -> None:
        """Change a live parameter: from the next frame that is computed on."""
        with self.changed:
            if self.over and name not in self.answers:
                raise RunError(
                    f"{name}: the run is {self.status}; restart it to change a parameter"
                )
            if not self.over:
                self._steer(name, value)
                return
        with self._answering:  # the author's code: nothing else waits for it
            self._answer(name, value)

    def _steer(self, name: str, value: Any) -> None:
        with self.changed:
            self._pending[name] = value
            if self.status != "running":  # a turn may be about to end: then it is in force
                self.changed.wait_for(lambda: not self._turning, timeout=0.5)
            if not self._turning:
                self._apply()
            self._call()

    def stop(self) -> None:
        """End the run where it stands; the trace stays."""
        with self.changed:
            self.stopping = True
            self._call()

    def _call(self) -> None:
        self.attention = True
        self.changed.notify_all()

    @property
    def over(self) -> bool:
        return self.status in OVER

    # turns --------------------------------------------------------------------------------

    def turn(self, limit: int | None = None) -> float | None:
        """Do what is asked for now. Seconds until the next turn, or None: until the next order."""
        with self.changed:
            self.attention = False
            self._apply()
            self._turning = True
            goal, stopping = self._goal, self.stopping
        try:
            with self._scope():
                if stopping:
                    self._end("stopped")
                return None if self.over else goal.drive(self, limit)
        except Stop:  # the frame under way is half computed: nothing of it is kept
            self._end("stopped", keep=False)
        except BaseException as error:  # whatever a user's generator raises ends only its run
            self._fail(error)
        finally:
            with self.changed:
                self._turning = False
                self._apply()
                self.changed.notify_all()
        return None

    def pull(self, stop: float) -> None:
        """Pull frames until number `stop`, or until something wants attention."""
        if self.number >= stop:
            return
        if self._frames is None:
            self._frames = self.algorithm.generate(self.values)
        send, sent, number, frame, due = self._frames.send, self._sent, self.number, self.frame, 0.0
        watched = self.watch is not None
        try:
            while True:
                due = number + 1 if watched else min(self._due, stop)
                while True:  # the hot loop: about 0.15 us a frame beside the generator's own time
                    frame = send(sent)
                    self.number = number = number + 1
                    if number >= due or self.attention:
                        break
                self.frame = frame
                hit = watched and self._comes_true(frame, number)
                if hit or number >= self._due:
                    self._keep(frame, number, marked=hit)
                sent = self._sent
                if number >= stop or self.attention:
                    return
        except StopIteration as end:
            self.number, self.frame = number, frame
            self._last()
            self._take(end.value)
            self._answer_late()  # before it is done: who waits for it finds the answers
            self._end("done")
        except BaseException:
            self.number, self.frame = number, frame
            raise

    def _comes_true(self, frame: Any, number: int) -> bool:
        """Hold here, if what the run waits for comes true."""
        watch = self.watch
        if watch is None:
            return False
        try:
            if not watch(frame, number):
                return False
        except Exception as error:  # the run itself goes on
            self.watch = None
            self.note = f"No longer waits for {clip(watch.text)}: {clip(told(error), 200)}"
            self._tell()
            return False
        with self.changed:
            self.halt = f"paused: {watch.text} at frame {number}"
            self._goal = Hold()
            self._call()
        return True

    def _keep(self, frame: Any, number: int, *, marked: bool = False) -> None:
        trace = self.trace
        if number == 0:
            if not trace:
                trace.open(frame, self.algorithm.frame_hint, self.algorithm.page.where)
            self._sent = self.algorithm.sent(self.values)
        if number > self._past:
            steered = bool(self.events) and self.events[-1].frame == number
            trace.add(frame, number, marked=marked or steered)
        self._due = max(trace.due(number), self._past + 1)
        while self._ahead and self._ahead[0].frame <= number + 1:
            event = self._ahead.pop(0)
            self._steered(event.name, event.new)
        if self._ahead:
            self._due = min(self._due, self._ahead[0].frame - 1)

    def _last(self) -> None:
        """Keep the last frame, whatever its number."""
        if self.trace and self.trace.last < self.number:
            self.trace.add(self.frame, self.number, marked=True)
        if self.number < 0:
            self.note = "The algorithm ended without a frame."

    def _take(self, result: Any) -> None:
        """What the generator returned; FrameError where it would answer what nobody can change."""
        done = result if isinstance(result, Done) else Done(result)
        live, fixed = self.algorithm.spec.live, self.algorithm.fixed
        if wrong := [name for name in done.answers if name not in (*live, *fixed)]:
            said = ", ".join(live) or "none"
            raise FrameError(f"Done({wrong[0]}=...): must be a live parameter (live: {said})")
        self.result, self.answers = done.result, done.answers

    def _answer_late(self) -> None:
        """Changes in force from a frame that did not come, and those to come, are answered."""
        late = [e for e in self.events if e.frame > self.number and e.name in self.answers]
        self.events = [e for e in self.events if all(e is not one for one in late)]
        self.values |= {e.name: e.old for e in late}
        for event in [*late, *self._ahead]:
            try:
                if event.name in self.answers:
                    self._answer(event.name, event.new)
            except ParamError as error:
                self.note = str(error)

    def _answer(self, name: str, value: Any) -> None:
        """The run is done: one more frame, of what it has learned and another value."""
        old, number = self.values[name], self.number + 1
        if same(value, old):
            return
        try:
            with self._scope():
                frame = self.answers[name](value)
            if number > self._past:
                self.trace.add(frame, number, marked=True)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # the run is as it was
            raise ParamError(f"{name}: not answered: {clip(told(error), 200)}", name) from error
        self.number, self.frame = number, frame
        self.values[name] = value
        self.events.append(Event(number, name, old, value))
        self._tell()

    def _apply(self) -> None:
        """Bring changes of live parameters into force."""
        if self.over:
            self._pending.clear()
        for name, new in self._pending.items():
            self._steered(name, new)
        if self._pending:
            self._pending.clear()
            self._tell()

    def _steered(self, name: str, new: Any) -> None:
        """One change is in force from the next frame on."""
        old, at = self.values[name], self.number + 1
        if same(new, old):
            return
        if self.events and (self.events[-1].frame, self.events[-1].name) == (at, name):
            old = self.events.pop().old
        self.values[name] = new
        if not same(new, old):
            self.events.append(Event(at, name, old, new))
            self._due = min(self._due, at)
        if self.number >= 0:
            self._sent = self.algorithm.sent(self.values)

    def held(self) -> None:
        """Say that the run stands still, unless it has been asked to go on meanwhile."""
        with self.changed:
            if not self.over and not self.attention:
                self._goal = Hold()
                self._become("paused" if self.number > 0 else "ready")

    # a loop of the user's in place of the generator ------------------------------------------

    def begin(self) -> None:
        """The loop is under way."""
        self.order(Upto())

    def offer(self, frame: Any) -> None:
        """Take a frame that somebody else has made."""
        number = self.number + 1
        hit = self._comes_true(frame, number)
        if hit or number >= self._due:
            self._keep(frame, number, marked=hit)
        self.number, self.frame = number, frame

    def heed(self) -> None:
        """Do what has been ordered: hold until told to go on, keep the pace, or raise Stop."""
        while self.attention:
            with self.changed:
                self.attention, goal = False, self._goal
            if self.stopping:
                self.attention = True  # a loop may catch it, and go on
                raise Stop(self)
            gap = goal.gap(self)
            if gap == math.inf:
                self.held()
            with self.changed:
                self._rest(time.monotonic() + gap)
                if self.attention:
                    continue
                self.attention = not self.free
                return

    @property
    def free(self) -> bool:
        """Is it asked to go on as fast as it can, with no end?"""
        return isinstance(self._goal, Upto) and self._goal.stop == math.inf

    def _rest(self, until: float) -> None:
        """Wait for a time, or an order; in short waits, so that an interrupt gets through."""
        while not self.attention and (left := until - time.monotonic()) > 0:
            self.changed.wait(min(left, 0.05))

    def finish(self, status: Status, error: BaseException | None = None) -> None:
        """The loop is over."""
        if error is not None:
            self._fail(error)
        else:
            self._last()
            self._end(status)

    # endings ------------------------------------------------------------------------------

    def _end(self, status: Status, *, keep: bool = True) -> None:
        if self.over:
            return
        if status == "stopped" and self.trace and keep:
            with suppress(MLError):
                self._last()
        self._close_generator(status)
        self._become(status)

    def _fail(self, error: BaseException) -> None:
        if self.over:
            return
        error.__traceback__ = users_part(error.__traceback__)
        self.error = error
        self._close_generator()
        self._become("failed")

    def _close_generator(self, status: Status = "failed") -> None:
        """Closed as by `close()`; what one that is stopped then returns is the run's result.

        `close()` itself tells what was returned only from Python 3.13 on.
        """
        if self._frames is None:
            return
        try:
            self._frames.throw(GeneratorExit)
            raise RuntimeError("generator ignored GeneratorExit")
        except GeneratorExit:
            pass
        except StopIteration as end:
            if status == "stopped":
                self.result = end.value.result if isinstance(end.value, Done) else end.value
        except BaseException as error:  # a generator may refuse to close; the run is over anyway
            self.note = f"Closing raised {clip(told(error))}"

    def abandon(self, note: str) -> None:
        """Give up on a frame that does not end: the run is over, its thread is left behind."""
        self.note = note
        self._become("stopped")

    def _become(self, status: Status) -> None:
        with self.changed:
            if status != self.status and not self.over:
                self.status = status
                self.changed.notify_all()
                self._tell()

    def _tell(self) -> None:
        for watcher in list(self.watchers):
            watcher()

    # reading ------------------------------------------------------------------------------

    def unit(self, column: str) -> float:
        """The present value of the column a person counts in."""
        value = self.frame.get(column) if isinstance(self.frame, dict) else None
        return 0.0 if value is None else float(value)

    @property
    def course(self) -> list[Event]:
        """All changes of live parameters: those in force, then those to come."""
        return [*self.events, *self._ahead]

    @property
    def total(self) -> float | None:
        """How many units there will be, where a parameter (a preset's fixed one too) says so."""
        known = {**self.algorithm.fixed, **self.start}
        said = known.get(self.algorithm.steps[-1]["total"])
        return float(said) if isinstance(said, (int, float)) else None

    @property
    def fault(self) -> dict[str, Any] | None:
        """What went wrong, for a person."""
        error = self.error
        if error is None:
            return None
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        here = f'"{os.getcwd()}{os.sep}'  # files in it go by their names
        folded = private("".join(lines).replace(here, '"'))
        misfit = isinstance(error, FrameError) and self._frames is not None  # it was yielded
        at = self.number + (not misfit and not self.broken_off)
        return {"text": clip(told(error), 300), "frame": at, "trace": folded[-20_000:]}


HERE = __file__.rpartition("core.py")[0]


def users_part(trace: TracebackType | None) -> TracebackType | None:
    """A traceback from where it leaves this package."""
    at = trace
    while at is not None and at.tb_frame.f_code.co_filename.startswith(HERE):
        at = at.tb_next
    return at
