"""A run drives one algorithm forwards: start, pause, step, steer, stop. Its trace is the past."""

from __future__ import annotations

import contextvars
import os
import time
import warnings
import weakref
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from .algorithms import Algorithm
from .core import Core, Event, Hold, Upto
from .device import pick_device, thread_scope
from .drivers import Driver, driver_for
from .errors import MLError, ParamError, RunError, SearchError, nearest, told
from .kinds import integer
from .pace import NextUnit, Pace, goal_of
from .stops import Stops, checked
from .trace import Trace
from .views import View, check_views, guess_views

if TYPE_CHECKING:
    import numpy.typing as npt

    from .replay.branch import Origin
    from .replay.card import Card
    from .replay.sweep import Sweep
    from .replay.verdict import Verification

Steering = Mapping[int, Mapping[str, Any]]
"""Changes to come: frame number, then live parameters with the values in force from there on."""
_runs: weakref.WeakSet[Run] = weakref.WeakSet()
AN_INPUT = "it is what a run had come to, the input of another"


def runs() -> list[Run]:
    """The runs that are alive in this process (not closed), oldest first."""
    return sorted((run for run in _runs if not run.closed), key=lambda run: run.born)


class Run:
    """One algorithm under way, ready at frame 0. Displayed in a notebook, it is a player.

    Every verb returns the run, once it holds: `run.step(10).set(alpha=0.1).start()`.
    """

    closed = False
    pace: Pace = None
    at = 0
    info: dict[str, Any] | None = None  # as saved, where the run is loaded
    origin: Origin | None = None
    _family: list[Run] | None = None  # from the first branch on
    place = 0
    finding: Any = None  # where a recorded cell first met a value that is not finite
    still_of = -1  # the frame of the stills in the notebook
    cell = 0  # the execution count of the cell that made it
    _planned: list[Event]
    _stops: dict[int, str]
    _vary: Mapping[str, Sequence[Any]] = MappingProxyType({})
    _player: Any = None
    _line = ""  # as saved, where the run is loaded
    _fixed = ""  # why it cannot begin anew
    _finalizer: weakref.finalize[..., Any] | None = None
    _frames = 0  # how many frames the last whole run had, for its pace

    def __init__(
        self,
        algorithm: Algorithm[Any, Any],
        params: Mapping[str, Any],
        *,
        views: Sequence[View] | View | None = None,
        controls: Sequence[str] | None = None,
        at: int | None = None,
        device: str = "auto",
        steering: Steering | None = None,
        thread: bool | None = None,
        origin: Origin | None = None,
    ) -> None:
        self._begin(algorithm, device, thread)
        self.at = algorithm.at if at is None else _frame(at)
        self.controls = self._known([controls] if isinstance(controls, str) else controls)
        views = (views,) if isinstance(views, View) else views
        self._asked_views = tuple(views) if views is not None else algorithm.views
        if origin:
            self.origin = origin
            self._family = origin.parent._family = origin.parent.family
            self.place = 1 + max(run.place for run in self.family)
            self._stops = origin.stops()
        self._planned = origin.events if origin else self._plan(steering or {})
        self._launch(algorithm.spec.check(params), origin)
        if origin:
            self.family.append(self)
            self._tell_family()

    @classmethod
    def of_core(
        cls,
        core: Core,
        driver: Driver,
        *,
        fixed: str,
        info: dict[str, Any] | None = None,
        line: str = "",
    ) -> Run:
        """A run whose frames come from elsewhere; `fixed` says why it cannot begin anew."""
        run = cls.__new__(cls)
        run._begin(core.algorithm)
        run.views = run._asked_views = core.algorithm.views
        run.controls = info["controls"] if info else None
        run._fixed, run.info, run._line, run._core = fixed, info, line, core
        run._driver = driver
        _runs.add(run)
        return run

    def _begin(
        self, algorithm: Algorithm[Any, Any], device: str = "auto", thread: bool | None = None
    ) -> None:
        """What every run has, wherever its frames come from."""
        self.algorithm = algorithm
        self.born = time.monotonic()
        self.device, self._thread = device, thread
        self._context = contextvars.copy_context()  # prints of a restart stay with this cell too
        self.players: list[Any] = []  # those that show it, alone or beside another
        self.displays: list[str] = []  # where a notebook shows this run
        self._planned, self._stops = [], {}

    def _known(self, controls: Sequence[str] | None) -> list[str] | None:
        if controls is None:
            return None
        return [self.algorithm.spec.named(name).name for name in controls]

    def _plan(self, steering: Steering) -> list[Event]:
        """Changes to come, each checked, in order."""
        planned = []
        for frame, values in steering.items():
            at = integer(frame)
            if at is None or at < 1:
                raise ParamError(f"steering at {frame!r}: must be a frame's number, 1 or more")
            planned += [Event(at, *pair) for pair in self._steerable(values)]
        return sorted(planned, key=lambda event: event.frame)

    def _steerable(self, values: Mapping[str, Any]) -> list[tuple[str, None, Any]]:
        """Live parameters' new values, each checked."""
        spec = self.algorithm.spec
        for name in values:
            if not spec.named(name).live:
                live = ", ".join(spec.live) or "none"
                raise ParamError(
                    f"{name}: cannot change while the run goes (live: {live}); restart({name}=...)",
                    name,
                )
        return [(name, None, spec[name].check(value)) for name, value in values.items()]

    def _launch(self, values: dict[str, Any], origin: Origin | None = None) -> None:
        """A new core at frame 0, `at`, or where it branches; views fit the first frame."""
        self.device_used = pick_device(self.device)
        scope = thread_scope(self.device_used)
        trace = (origin and origin.take_past()) or Trace()
        self._core = Core(self.algorithm, values, trace, scope, ahead=self._planned)
        driver = partial(driver_for, self._core, thread=self._thread)
        self._driver: Driver = self._context.copy().run(driver)
        if self._finalizer is not None:
            self._finalizer.detach()  # it would keep the old core, and its trace, alive
        self._finalizer = weakref.finalize(self, Core.stop, self._core)
        at = self.at if origin is None or origin.at is None else origin.at
        if not at:
            self._watch()
        try:
            if origin:
                origin.begun(self._core)
            self._held(Upto(float("inf") if at < 0 else at))
            if isinstance(self._core.error, ParamError):  # the algorithm refuses what it was given
                raise self._core.error
            self.views = self._checked_views()
            if at:  # a page gets such a run whole, not frame 0 for a moment
                self._watch()
        except BaseException:  # an interrupt while frame 0 was computed, or a wrong view
            self._driver.stop()
            raise
        _runs.add(self)

    def _checked_views(self) -> tuple[View, ...]:
        if not self.trace:
            return self._asked_views
        schema, views = self.trace.schema, self._asked_views
        if views is self.algorithm.views:
            absent = {c.name for c in self.algorithm.declared if c.optional} - set(schema)
            views = tuple(v for v in views if absent.isdisjoint(v.columns))
        views = views or guess_views(schema)
        check_views(views, schema)
        return views

    def _watch(self) -> None:
        for player in self.players:
            player.watch(self)

    # driving ------------------------------------------------------------------------------

    def start(self, pace: Pace = None, unit: str | None = None) -> Self:
        """Go on in the background.

        pace: seconds for the whole run, "step" for a few units a second, None: full speed.
        """
        self._alive("start")
        goal = goal_of(self._core, pace, self._step_column(unit), self._frames)
        self.pace = pace
        self._core.order(goal)
        self._driver.wake()
        return self

    def pause(self) -> Self:
        """Hold at the frame that is being computed."""
        return self._held(Hold())

    def step(self, n: int = 1, unit: str | None = None) -> Self:
        """Go on n steps: frames, or units of a counted column such as "episode"."""
        self._alive("step")
        times = integer(n)
        if times is None or times < 1:
            raise ParamError(f"n={n!r}: must be a whole number of at least 1")
        column = self._step_column(unit)
        self._held(Hold())
        return self._held(NextUnit(column, times) if column else Upto(self._core.number + times))

    def _step_column(self, unit: str | None) -> str:
        steps = {step["name"]: step["column"] for step in self.algorithm.steps}
        if unit is None:
            return ""
        if unit not in steps:
            raise ParamError(
                f"unit={unit!r}: must be one of {', '.join(steps)}.{nearest(unit, steps)}"
            )
        return steps[unit]

    def _held(self, goal: Any) -> Self:
        """Order, and return once the run stands still; an interrupt makes it hold.

        Where somebody else (a page, another thread) orders otherwise meanwhile, that is obeyed.
        """
        core = self._core
        try:
            core.order(goal)
            self._driver.wake()
            while not self._driver.settle(time.monotonic() + 0.1) and core.obeys(goal):
                pass
        except KeyboardInterrupt:
            self._core.order(Hold())
            raise
        return self

    def wait(self, timeout: float | None = None) -> Self:
        """Drive the run to its end, or to where `pause_when` holds it, at full speed.

        Raises what the algorithm raised.
        An interrupt pauses the run and nothing is lost. RunError when `timeout` seconds pass first.
        """
        core = self._core
        self.pace = None
        core.order(Upto())
        self._driver.wake()
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            while not core.over and core is self._core:
                late = deadline is not None and time.monotonic() > deadline
                if late or not self._driver.settle(deadline):
                    where = f"{self.status} after {timeout} s, at frame {core.number}"
                    raise RunError(f"{self.name}: still {where}")
                if core.halt:
                    return self
                with core.changed:  # paused from the page: wait for it to go on
                    core.changed.wait_for(
                        lambda: core.over or core.status == "running", timeout=0.05
                    )
        except KeyboardInterrupt:
            core.order(Hold())
            raise
        if core.error is not None:
            raise _raisable(core)
        return self

    def stop(self) -> Self:
        """End the run where it stands; the trace stays."""
        self._driver.stop()
        return self

    def set(self, **values: Any) -> Self:
        """Change live parameters: in force from the next frame that is computed on.

        A run that is done answers with one more frame where its generator returned a `Done`.
        """
        spec, old = self.algorithm.spec, self._core.values
        checked = {name: value for name, _, value in self._steerable(values)}
        for name, value in checked.items():
            spec[name].succeed(old[name], value)
        for name, value in checked.items():
            self._core.steer(name, value)
        return self

    def restart(self, **changes: Any) -> Self:
        """Back to frame 0, with other parameters where given; the old trace is dropped.

        It stays where the parameters are refused. One that is not among the changes, but that they
        make impossible, takes the nearest value where the algorithm names it (ParamError.instead).
        """
        if self._fixed or self.closed:
            raise RunError(
                f"{self.name}: cannot restart, {self._fixed or 'it is closed: play it anew'}"
            )
        values = self.algorithm.spec.check({**self._core.start, **changes})
        if self.status == "done" and not changes:
            self._frames = self._core.number + 1
        self._driver.stop()
        before, pausing = (self._core, self._driver, self.views), self.pausing
        try:
            self._launch(values)
            if self._core.fault and not self.trace:
                raise RunError(f"{self.name}: frame 0 raised {self._core.fault['text']}")
        except MLError as error:  # what was there stays
            self._driver.stop()
            self._core, self._driver, self.views = before
            self._watch()
            if (
                isinstance(error, ParamError)
                and error.instead is not None
                and error.name not in (None, *changes)
            ):
                return self.restart(**changes, **{str(error.name): error.instead})
            raise
        if pausing and not self._core.over:
            with suppress(SearchError):  # its frames have other names now
                self.pause_when(pausing)
        for player in self.players:
            player.reshaped()
        return self

    def branch(self, at: int | None = None, **changes: Any) -> Run:
        """Another run that shares this one's past to frame `at`, and stands there.

        The way there is computed again, from the seed and with the same steering, not recorded.
        at: a frame's number; the present one by default. changes: live parameters, in force from
        the next frame on. RunError where there is no such frame; ParamError for what is not live.
        """
        from .replay.branch import branch
        from .shell import cells

        twin = branch(self, at, changes)
        cells.adopt(twin)
        return twin

    def sweep(self, on: Any = None, workers: int | None = None, **lists: Any) -> Sweep:
        """Runs of this algorithm beside each other: `run.sweep(alpha=[0.1, 0.5], seed=range(5))`.

        One for each combination, in a process of its own, with this run's other parameters at its
        start. on: a Dask scheduler, "tcp://...", or an executor, in place of local processes.
        workers: how many processes at once, the number of cores by default.
        ParamError for an empty list, values that are not allowed or cannot be sent to a process.
        """
        from .replay.sweep import sweep

        return sweep(self, on, workers, lists)

    def close(self) -> Self:
        """Stop, and take the player off the page; the trace can still be read."""
        if not self.closed:
            self.closed = True
            if self._family:
                self._family.remove(self)
            self._tell_family()
            for run in [r for r in self.family if r.origin and r.origin.owner is self]:
                run.close()
            self._driver.stop()
            if self._player is not None:
                self._player.close()
            if self._finalizer is not None:
                self._finalizer.detach()  # it would keep the core, and its trace, alive
        return self

    def kept(self) -> Run:
        """What the run has come to, also when it restarts: an input of another run."""
        if self._fixed == AN_INPUT:
            return self
        twin = Run.of_core(self._core, self._driver, fixed=AN_INPUT, line=self.line)
        _runs.discard(twin)
        return twin

    def _tell_family(self) -> None:
        for player in {id(p): p for run in self.family for p in run.players}.values():
            player.told()

    def _alive(self, verb: str) -> None:
        if self.closed:
            raise RunError(f"{self.name}: cannot {verb}, it is closed: play it anew")
        if self._core.over:
            way = self._fixed or "restart() begins anew"
            raise RunError(f"{self.name}: cannot {verb}, the run is {self.status}; {way}")

    # searching ----------------------------------------------------------------------------

    def find(self, expression: str) -> npt.NDArray[Any]:
        """The numbers of the recorded frames at which an expression holds: `find("loss > 2")`.

        Names are the frame's quantities, `frame` its number; `prev(loss)` or `loss[-1]` is the
        value before, in the trace; "nonfinite" finds NaN and infinity. Functions: abs sqrt log exp
        isnan isinf isfinite, of arrays min max sum mean any all norm argmax. SearchError otherwise.
        Where the trace keeps only some of its frames, a warning says how many were looked at.
        """
        from .search import find, looked

        found = find(self.trace, expression)
        if unseen := looked(self.trace):
            warnings.warn(f"find({expression!r}) {unseen}", stacklevel=2)
        return found

    def pause_when(self, expression: str | None) -> Self:
        """Hold at each frame where the expression comes true, also one that is not kept; see find.

        It holds where it was false one frame earlier, so that `start()` goes on. None: nowhere.
        """
        from .search import waiting

        watch = None
        if expression is not None:
            self._alive("pause")
            watch = waiting(expression, self.trace)
            if self.number >= 0:
                watch(self._core.frame, self.number)
        self._core.pause_when(watch)
        return self

    @property
    def pausing(self) -> str:
        """The expression at which the run holds, or nothing."""
        watch = self._core.watch
        return watch.text if watch is not None else ""

    # reading ------------------------------------------------------------------------------

    @property
    def stops(self) -> MutableMapping[int, str]:
        """Frames with a name, where a lecture stops: `run.stops = {40: "first fall"}`.

        A frame may be one still to come; where the trace has dropped it, the nearest recorded one
        stands for it. ParamError for what is no frame's number or no short text.
        """
        return Stops(self)

    @stops.setter
    def stops(self, given: Mapping[int, str]) -> None:
        last = self.number if self._core.over or self.status == "loaded" else None
        self._stops = checked(given, last, self._stops)
        for player in self.players:
            player.told()

    @property
    def fixed(self) -> str:
        """Why the run cannot begin anew, or nothing."""
        return self._fixed

    @property
    def name(self) -> str:
        return self.algorithm.name

    @property
    def trace(self) -> Trace:
        """The recorded frames, by column."""
        return self._core.trace

    @property
    def status(self) -> str:
        """ready, running, paused, done, stopped, failed or loaded."""
        return self._core.status

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters in force at the head of the run."""
        return MappingProxyType(self._core.values)

    @property
    def events(self) -> tuple[Event, ...]:
        """Changes of live parameters, in order."""
        return tuple(self._core.events)

    @property
    def result(self) -> Any:
        """What the generator returned, once the run is done, or when it was stopped."""
        return self._core.result

    @property
    def error(self) -> BaseException | None:
        """What the algorithm raised, if it did."""
        return self._core.error

    @property
    def number(self) -> int:
        """The number of the frame the run stands at."""
        return self._core.number

    @property
    def progress(self) -> tuple[float, float | None, str]:
        """Units done, units in all where known, and the unit's name."""
        step = self.algorithm.steps[-1]
        done = self._core.unit(step["column"]) if step["column"] else self._core.number
        return done, self._core.total, step["name"]

    @property
    def family(self) -> list[Run]:
        """This run and those that share a past with it; by itself it keeps no hold of itself."""
        if self._family is not None:
            return self._family
        return [] if self.closed else [self]

    @property
    def parent(self) -> Run | None:
        """The run that this one branches from."""
        return self.origin.parent if self.origin else None

    @property
    def branches(self) -> tuple[Run, ...]:
        """The runs that branch from this one, oldest first; closed ones are gone."""
        return tuple(run for run in self.family if run.parent is self)

    @property
    def line(self) -> str:
        """The `%ml` line that gives this run; empty for a recorded loop, which no line gives."""
        return self.start_line + self.steered_line

    @property
    def start_line(self) -> str:
        """The beginning of the line: the parameters at the start."""
        if self._fixed:
            return self._line
        return f"%ml {self.name} {self.algorithm.spec.line(self._core.start)}".rstrip()

    @property
    def steered_line(self) -> str:
        """The end of the line: every change of a live parameter, with its frame."""
        spec, words, at = self.algorithm.spec, "", 0
        for event in [] if self._fixed else self._core.course:
            words += f" @{event.frame}" * (event.frame != at)
            words += f" {event.name}={spec[event.name].format(event.new)}"
            at = event.frame
        return words

    def summary(self) -> str:
        """A few lines of text: status, metrics with sparklines, last values."""
        from .summary import summarise

        return summarise(self)

    def save(self, path: str | os.PathLike[str]) -> Self:
        """Write the trace to a file, exactly; `mlwidgets.load` reads it."""
        from .savefile import save_run

        save_run(self, path)
        return self

    def record_to(self, path: str | os.PathLike[str]) -> Self:
        """Write the trace to a file while it grows, each frame before the next is asked for.

        `mlwidgets.load` reads it, also after the kernel was killed. It ends with the run, or when
        that restarts. Where the disk does not take it, the run goes on in memory and says so.
        """
        from .diskrecord import record_to

        record_to(self, path)
        return self

    def verify(self) -> Verification:
        """Check the algorithm against its reference, with this run's data and ten random shapes.

        The run goes on as it was. Where there is no reference, the answer says why.
        """
        from .replay.verify import verify_run

        return verify_run(self)

    def card(self) -> Card:
        """Where the numbers come from: line, seed, device, versions, trace hash, BibTeX.

        It names each input that the line cannot give.
        """
        from .replay.card import card_of

        return card_of(self)

    def export(
        self,
        path: str | os.PathLike[str],
        codec: str = "exact",
        every: int = 1,
        max_mb: float | None = None,
        vary: Mapping[str, Sequence[Any]] | None = None,
    ) -> Self:
        """Write one HTML file that plays this run, its branches and the lanes beside it.

        It needs no kernel and no network; about how large it will be is printed first.
        codec: "exact"; "single", numbers to 7 digits; or "small", numbers to 1 part in 4,000 of
        their range and what is drawn as colour to 254 shades. every: keep each so many frames.
        max_mb: at most so many megabytes. vary: lists of values, {"alpha": [0.1, 0.5]}: every
        combination is run first, to its end or as far as this run has gone, and the file's controls
        go from one to another. ParamError for others; RunError where the file would be larger, or
        cannot be written.
        """
        from .pages.export import export

        export(self, path, codec, every, max_mb, vary)
        return self

    @property
    def vary(self) -> Mapping[str, Sequence[Any]]:
        """Values that the controls go between where a notebook is published: see `export`.

        Set as {"alpha": [0.1, 0.5]}; ParamError for what cannot be varied.
        """
        return self._vary

    @vary.setter
    def vary(self, values: Mapping[str, Sequence[Any]]) -> None:
        from .replay.variants import checked

        self._vary = checked(self, values) if values else {}

    def publish(self) -> None:
        """Put a complete page with this run's trace in the place of its players in the notebook.

        It needs no kernel, no widget and no network: for nbconvert, Voila, a site; where no script
        runs, a picture. RunError where there is no notebook, or no frame.
        """
        from .pages.srcdoc import publish

        publish(self)

    def picture(
        self,
        path: str | os.PathLike[str],
        frame: int | None = None,
        *,
        width: str = "160mm",
        dpi: float | None = None,
        views: Sequence[View] | View | None = None,
        words: bool = False,
    ) -> Self:
        """Write one recorded frame as .svg, .png or .pdf; the last one by default.

        width: on paper, in mm, cm, in, pt or px (1/96 in); laid out for it, no type under 7 pt.
        dpi: of a .png; 300, or 96 where the width is in px, so that it has as many. views: in
        place of the run's own. words: also the title, what to watch, and the line that gives it.
        RunError for a frame that was not recorded, another suffix, or a path that cannot be
        written; .png and .pdf need `pip install "mlwidgets[pictures]"`.
        """
        from .pages.pictures import picture

        picture(self, path, frame, width=width, dpi=dpi, views=views, words=words)
        return self

    def _ipython_display_(self) -> None:
        """In a notebook, a player whose still is renewed; elsewhere IPython shows the text."""
        from .shell import in_notebook, show

        if self.closed or not in_notebook():
            raise NotImplementedError
        show(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """A player where there is a notebook; a text anywhere."""
        from .shell import in_notebook

        if self.closed or not in_notebook():
            return {"text/plain": self.summary()}
        return self.player._repr_mimebundle_(include=include, exclude=exclude)

    @property
    def player(self) -> Any:
        """The widget, made when first asked for."""
        if self._player is None:
            from .player import Player

            self._player = Player(self)
        return self._player

    def __repr__(self) -> str:
        line = self.line.removeprefix("%ml ") or self.name
        return f"<Run {line} · {self.status} at frame {max(self.number, 0)}>"


def _frame(given: Any) -> int:
    """The number of a frame to begin at; -1 for the last."""
    frame = integer(given)
    if frame is None or frame < -1:
        raise ParamError(f"at={given!r}: must be the number of a frame, or -1 for the last")
    return frame


def _raisable(core: Core) -> BaseException:
    """The algorithm's error; one that would end the kernel is told as ours."""
    error = core.error
    assert error is not None  # noqa: S101  asked only of a failed core
    if isinstance(error, Exception):
        return error
    raisable = RunError(f"{core.algorithm.name}: frame {core.number + 1} raised {told(error)}")
    raisable.__cause__ = error
    return raisable
