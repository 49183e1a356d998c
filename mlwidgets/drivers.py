"""Drivers give a core its turns: a thread of its own, or whoever waits where there are none."""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import ctypes
import sys
import threading
import time
from contextlib import suppress
from queue import SimpleQueue
from typing import Protocol

from .core import Core, Stop
from .device import settle_thread, torch_threads

GRACE = 2.0  # seconds a frame may take to end after stop, before Stop is thrown into it
SILENT = 0.3  # seconds of them before the reader is told what is waited for
WAITS = "Waits for the frame being computed to end."
SLICE = 256  # frames of a cooperative turn
SPARES = 1  # threads kept for the next run
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
    """A background thread that holds the core and nothing else of the run."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.context = contextvars.copy_context()  # prints stay with the cell that started the run
        self.threads = torch_threads()  # the worker may have served a run with others
        self.ended = threading.Event()
        self.thrown = False
        self.ending = threading.Lock()
        self.thread = _worker()
        self.thread.name = f"{RUN_THREAD}{core.algorithm.name}"
        _serving[self.thread] = self
        self.thread.given.put(self)

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
        self.core.stop()
        if self.thread is threading.current_thread():
            return
        if not self.ended.wait(SILENT):
            said, self.core.note = self.core.note, WAITS
            self.core._tell()
            self._end(GRACE - SILENT)
            if self.core.note == WAITS:
                self.core.note = said
                self.core._tell()

    def _end(self, grace: float) -> None:
        """Wait so many seconds, then throw; give up where neither helps."""
        self.ended.wait(grace)
        for _ in range(3):
            if not self._throw():
                break
            self.ended.wait(0.5)
        if not self.core.over:
            note = "The frame being computed does not end; its thread is left behind."
            self.core.abandon(note)

    def _throw(self) -> bool:
        """Raise Stop in the thread, at its next Python instruction, if it is still at this core."""
        with self.ending:
            if self.ended.is_set() or not self.thread.is_alive() or self.thread.ident is None:
                return False
            self.thrown = True
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self.thread.ident), ctypes.py_object(Stop)
            )
            return True

    def serve(self) -> None:
        """Give turns until the core is over; in the thread."""
        settle_thread(self.threads)
        core = self.core
        while not core.over:
            wait = core.turn()
            if wait == 0:
                continue
            with core.changed:
                core.changed.wait_for(lambda: core.attention or core.over, timeout=wait)


class Worker(threading.Thread):
    """Serves one core after another: in a new thread torch must first make threads of its own."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.given: SimpleQueue[ThreadDriver] = SimpleQueue()
        self.start()

    def run(self) -> None:
        with suppress(Stop):  # thrown at a frame that had just ended by itself
            while self._serve(self.given.get()):
                pass
        _serving.pop(self, None)

    def _serve(self, driver: ThreadDriver) -> bool:
        """Whether the thread goes on: one that Stop was thrown into may yet get it."""
        kept = False
        try:
            driver.context.run(driver.serve)
            kept = True
        finally:
            _serving.pop(self, None)
            self.name = "mlwidgets spare"
            with driver.ending:
                kept = kept and not driver.thrown and len(_spare) < SPARES
                if kept:
                    _spare.append(self)
                driver.ended.set()
        return kept


_serving: dict[threading.Thread, ThreadDriver] = {}  # every run's thread, its run dropped or not
_spare: list[Worker] = []  # the next runs get these; a restart gets back the one it had


def _worker() -> Worker:
    while _spare:
        with suppress(IndexError):  # another thread was quicker
            worker = _spare.pop()
            if worker.is_alive():  # none is after a fork
                return worker
    return Worker()


@atexit.register
def stop_all() -> None:
    """End every thread before the interpreter ends: one inside torch would abort the process."""
    drivers = list(_serving.values())
    for driver in drivers:
        driver.core.stop()
    for driver in drivers:
        driver.stop()


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
