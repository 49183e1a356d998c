"""Drivers give a core its turns: a thread of its own, or whoever waits where there are none."""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import ctypes
import sys
import threading
import time
from typing import Protocol

from .core import Core, Stop
from .device import settle_thread

GRACE = 2.0  # seconds a frame may take to end after stop, before Stop is thrown into it
SLICE = 256  # frames of a cooperative turn
RUN_THREAD = "mlwidgets run "  # how the name of a run's thread begins


class Driver(Protocol):
    """Gives a core its turns."""

    def wake(self) -> None:
        """Something was ordered."""

    def settle(self, deadline: float | None) -> bool:
        """Wait until the core stands still; False if the deadline (time.monotonic) passed first."""

    def stop(self) -> None:
        """Stop the core, whatever it does; returns once it is over."""


def still(core: Core) -> bool:
    return core.status != "running"


class ThreadDriver:
    """A background thread that holds the core and nothing else."""

    def __init__(self, core: Core) -> None:
        self.core = core
        context = contextvars.copy_context()  # prints stay with the cell that started the run
        self.thread = threading.Thread(
            target=context.run,
            args=(_serve, core),
            name=f"{RUN_THREAD}{core.algorithm.name}",
            daemon=True,
        )
        _serving[self.thread] = core
        self.thread.start()

    def wake(self) -> None:
        """Nothing to do: the order has notified the thread."""

    def settle(self, deadline: float | None) -> bool:
        core = self.core
        while not still(core):
            if deadline is not None and time.monotonic() > deadline:
                return False
            with core.changed:  # short waits, so that an interrupt gets through
                core.changed.wait_for(lambda: still(core), timeout=0.05)
        return True

    def stop(self) -> None:
        _finish(self.core, self.thread)


_serving: dict[threading.Thread, Core] = {}  # every live thread, its run dropped or not


def _serve(core: Core) -> None:
    try:
        settle_thread()
        while not core.over:
            wait = core.turn()
            if wait == 0:
                continue
            with core.changed:
                core.changed.wait_for(lambda: core.attention or core.over, timeout=wait)
    except Stop:  # thrown at a frame that had just ended by itself
        pass
    finally:
        _serving.pop(threading.current_thread(), None)


def _finish(core: Core, thread: threading.Thread) -> None:
    """Stop a core and its thread, whatever it does; returns once the core is over."""
    core.stop()
    if thread is threading.current_thread():
        return
    thread.join(GRACE)
    for _ in range(3):
        if not thread.is_alive():
            break
        _throw(thread)
        thread.join(0.5)
    if not core.over:
        core.abandon("The frame being computed does not end; its thread is left behind.")


def _throw(thread: threading.Thread) -> None:
    """Raise Stop in a thread, at its next Python instruction."""
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(Stop)
        )


@atexit.register
def stop_all() -> None:
    """End every thread before the interpreter ends: one inside torch would abort the process."""
    serving = list(_serving.items())
    for _, core in serving:
        core.stop()
    for thread, core in serving:
        _finish(core, thread)


class TurnsDriver:
    """No thread: the core gets turns from whoever waits, and from the event loop if one runs."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        if self._task is None or self._task.done():
            try:
                self._task = asyncio.get_running_loop().create_task(self._run())
            except RuntimeError:  # no loop: a script; wait() gives the turns
                self._task = None

    async def _run(self) -> None:
        while not still(self.core):
            wait = self.core.turn(SLICE)
            await asyncio.sleep(wait or 0)

    def settle(self, deadline: float | None) -> bool:
        while not still(self.core):
            if deadline is not None and time.monotonic() > deadline:
                return False
            time.sleep(self.core.turn(SLICE) or 0)
        return True

    def stop(self) -> None:
        self.core.stop()
        self.core.turn()


def driver_for(core: Core, *, thread: bool | None = None) -> Driver:
    """A thread where there are threads; turns in the browser's Python and inside another run."""
    if thread is None:
        nested = threading.current_thread() in _serving
        thread = sys.platform != "emscripten" and not nested
    return ThreadDriver(core) if thread else TurnsDriver(core)
