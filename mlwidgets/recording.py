"""The user's own loop as a source of frames: the same trace and player, from any loop.

    with mlwidgets.record(Line("loss")) as rec:
        for batch in batches:
            loss = train(batch)
            rec(loss=loss)

Pause in the player holds the next call; Stop ends the block quietly. What cannot be had without the
generator, stepping back into it or beginning anew, says so.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Generator
from types import TracebackType
from typing import Any, Self

from .algorithms import Algorithm
from .core import Core, Stop
from .device import thread_scope
from .errors import RunError
from .page import Page
from .run import Run
from .shell import cells, in_notebook
from .trace import Trace
from .views import View, check_views, guess_views

ANEW = "its frames come from a loop of yours: run that again"


class LoopDriver:
    """The user's loop gives the turns; orders wait for its next frame."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._thread = threading.current_thread()

    def wake(self) -> None:
        """Nothing to do: the loop looks when it comes by."""

    def settle(self, deadline: float | None) -> bool:
        """Wait until the loop holds; from the loop's own thread there is nothing to wait for."""
        core = self.core
        if threading.current_thread() is self._thread:
            return True
        while core.status == "running" or (core.stopping and not core.over):
            if deadline is not None and time.monotonic() > deadline:
                return False
            with core.changed:
                core.changed.wait(0.05)
        return True

    def stop(self) -> None:
        if not self.core.over:
            self.core.stop()
            self.settle(None)


class Recorder:
    """Call it with named values, once for each frame; `recorder.run` is the run they make."""

    def __init__(self, views: tuple[View, ...], title: str) -> None:
        algorithm: Algorithm[Any, Any] = Algorithm(_loop, views, name="recording")
        algorithm.__dict__["page"] = Page(title=title)
        self._views = views
        self._core = Core(algorithm, {}, Trace(), thread_scope("cpu"))
        self.run = Run.of_core(self._core, LoopDriver(self._core), fixed=ANEW)

    def __enter__(self) -> Self:
        cells.adopt(self.run)
        self._core.begin()
        return self

    def __call__(self, **values: Any) -> None:
        """Record one frame. FrameError where the values do not fit the first frame's."""
        core = self._core
        if core.over:
            raise RunError(
                f"the recording is {core.status}: rec(...) belongs inside its with block"
            )
        core.offer(values)
        if core.number == 0:
            self._show()
        core.heed()

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
        if kind is not None and issubclass(kind, Stop) and core.stopping:
            core.finish("stopped")
            return True
        core.finish("done" if error is None else "failed", error)
        return False


def record(*views: View, title: str = "Recording") -> Recorder:
    """Record frames from your own loop: `with record(Line("loss")) as rec: ... rec(loss=x)`."""
    return Recorder(views, title)


def _loop() -> Generator[Any, Any, Any]:
    yield from ()
    raise RunError(f"cannot be driven: {ANEW}")
