"""The user's own loop as a source of frames: the same trace and player, from any loop.

    with mlwidgets.record(Line("loss")) as rec:
        for batch in batches:
            loss = train(batch)
            rec(loss=loss)

Pause in the player holds the next call, a pace of four steps a second slows the loop, and Stop ends
the block quietly. An interrupt ends it too; whatever ends it, the trace stays. What cannot be had
without the generator, stepping back into it or beginning anew, says so.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Generator
from types import TracebackType
from typing import Any, Self

from .algorithms import Algorithm
from .core import Core, Stop, Upto
from .device import thread_scope
from .drivers import GRACE
from .errors import FrameError, RunError
from .page import Page
from .run import Run
from .shell import cells, in_notebook, renew
from .trace import Trace
from .views import View, check_views, guess_views

ANEW = "its frames come from a loop of yours: run that again"


class LoopDriver:
    """The user's loop gives the turns; orders wait for its next frame."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.thread = 0  # the one that the loop runs in

    def wake(self) -> None:
        """Nothing to do: the loop looks when it comes by."""

    def settle(self, deadline: float | None) -> bool:
        """Wait until the loop holds; from the loop's own thread there is nothing to wait for.

        RunError where nobody could let it go on.
        """
        core = self.core
        if threading.get_ident() == self.thread:
            if not core.stopping and (core.free or not in_notebook()):
                core.order(Upto())
                raise RunError("a loop cannot wait for itself: leave it with break")
            return True
        while core.status == "running" or (core.stopping and not core.over):
            if deadline is not None and time.monotonic() > deadline:
                return False
            with core.changed:
                core.changed.wait(0.05)
        return True

    def stop(self) -> None:
        """The block ends at its next frame, also where that is long in coming."""
        self.core.stop()
        if not self.core.over and not self.settle(time.monotonic() + GRACE):
            self.core.abandon("Stopped; the loop itself ends when it comes to its next rec(...).")


class Recorder:
    """Call it with named values, once for each frame; `recorder.run` is the run they make.

    Several threads may call it.
    """

    def __init__(self, views: tuple[View, ...], title: str) -> None:
        algorithm: Algorithm[Any, Any] = Algorithm(_loop, views, name="recording")
        algorithm.__dict__["page"] = Page(title=title)
        self._views = views
        self._entered = False
        self._one = threading.Lock()
        self._core = Core(algorithm, {}, Trace(), thread_scope("cpu"))
        self._driver = LoopDriver(self._core)
        self.run = Run.of_core(self._core, self._driver, fixed=ANEW)

    def __enter__(self) -> Self:
        if self._entered:
            raise RunError("a recording is made once: record(...) again for another")
        self._entered = True
        self._driver.thread = threading.get_ident()
        cells.adopt(self.run)
        self._core.begin()
        return self

    def __call__(self, **values: Any) -> None:
        """Record one frame. FrameError where the values do not fit the first frame's."""
        core = self._core
        if core.stopping:
            raise Stop(core)
        if core.over or not self._entered:
            state = core.status if self._entered else "not begun"
            raise RunError(f"the recording is {state}: rec(...) belongs inside its with block")
        with self._one:
            self._record(values)
            core.heed()

    def _record(self, values: dict[str, Any]) -> None:
        core = self._core
        try:
            core.offer(values)
        except FrameError as error:
            absent = set(core.trace.schema) - set(values)
            way = f"; rec({min(absent)}=None) where there is none" if core.trace and absent else ""
            raise FrameError(f"{error}{way}") from None
        if core.number == 0:
            self._show()

    def _show(self) -> None:
        """The first frame is there: now its figures can be drawn."""
        schema = self.run.trace.schema
        self.run.views = self._views or guess_views(schema)
        check_views(self.run.views, schema)
        if in_notebook():
            sys.modules["IPython"].display.display(self.run)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        core = self._core
        if isinstance(error, Exception):
            core.finish("failed", error)
        else:  # an interrupt is no fault of the loop's
            core.finish("done" if error is None else "stopped")
        if self.run.displays and not any(self.run.player.feed._acked):  # no page has spoken
            renew(self.run)
        return kind is Stop and error is not None and error.args == (core,)


def record(*views: View, title: str = "Recording") -> Recorder:
    """Record frames from your own loop: `with record(Line("loss")) as rec: ... rec(loss=x)`."""
    return Recorder(views, title)


def _loop() -> Generator[Any, Any, Any]:
    yield from ()
    raise RunError(f"cannot be driven: {ANEW}")
