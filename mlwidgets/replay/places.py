"""Where lanes are computed: in processes of their own here or on a cluster, or by an executor."""

from __future__ import annotations

import atexit
import math
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from mlwidgets.errors import RunError, told

from .lane import Fed, LaneCore
from .worker import Batch, Job, pack, receive, send, whole

PROGRAM = "from mlwidgets.replay.worker import main; main()"
ARITHMETIC = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
PATIENCE = 5.0  # seconds for what is ended to be gone
DESERTED = 60.0  # seconds after which workers that have gone are not expected back
LOOK = 0.1  # seconds between two looks at what a cluster has done
COUNT = 2.0  # seconds between two looks at who its workers are
_locals: weakref.WeakSet[Processes] = weakref.WeakSet()


class Processes:
    """A new process for each lane, so many at once: one that dies costs its own lane only."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._lock = threading.RLock()
        self._waiting: deque[tuple[Fed, Job | Batch]] = deque()
        self._processes: dict[Fed, subprocess.Popen[bytes]] = {}
        self._threads: set[threading.Thread] = set()
        self._closed = False
        _locals.add(self)

    def begin(self, core: Fed, job: Job | Batch) -> None:
        with self._lock:
            self._waiting.append((core, job))
            if len(self._threads) < self.workers:
                thread = threading.Thread(target=self._serve, name="mlwidgets sweep", daemon=True)
                self._threads.add(thread)
                thread.start()

    def end(self, core: Fed) -> None:
        with self._lock:
            process = self._processes.get(core)
        if process is not None:
            _kill(process)

    def close(self, wait: bool = True) -> None:
        with self._lock:
            self._closed = True
            self._waiting.clear()
            running, threads = list(self._processes.values()), list(self._threads)
        for process in running:
            _kill(process)
        for thread in threads if wait else ():
            if thread is not threading.current_thread():
                thread.join(PATIENCE)

    def _serve(self) -> None:
        """Compute one lane after another, until none waits."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads.discard(threading.current_thread())
                    return
                core, job = self._waiting.popleft()
            try:
                self._compute(core, job)
            except Exception as error:  # of this lane alone; the next one has its turn
                core.lost(f"the worker process could not be read: {told(error)}")

    def _compute(self, core: Fed, job: Job | Batch) -> None:
        process = self._started(core, job)
        if process is None:
            return
        try:
            with process:
                try:
                    died = self._read(core, job, process)
                finally:
                    _kill(process)
        finally:
            with self._lock:
                del self._processes[core]
        if died:  # only now: it may begin again, at once and in another thread
            core.lost(died)

    def _started(self, core: Fed, job: Job | Batch) -> subprocess.Popen[bytes] | None:
        with self._lock:  # nothing starts behind `close`, nor for a lane that is over
            if self._closed or core.over:
                return None
            process = self._processes[core] = _process(job)
            return process

    def _read(self, core: Fed, job: Job | Batch, process: subprocess.Popen[bytes]) -> str:
        """Until it is over, or how the process died."""
        core.begun()
        for piece in _pieces(job, process):
            core.take(piece)
            if core.over:
                return ""
        return _died(process.wait())


def _process(job: Job | Batch) -> subprocess.Popen[bytes]:
    """A new Python that waits for its job."""
    return subprocess.Popen(  # noqa: S603  this Python, and a program of our own
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(job.threads if isinstance(job, Job) else job.job.threads),
        start_new_session=True,  # an interrupt of the notebook is not for it
    )


def _pieces(job: Job | Batch, process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """What it sends until it ends, however that is."""
    assert process.stdin is not None  # noqa: S101  both are pipes
    assert process.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError):  # it has died already
        send(process.stdin, pack(job))
    while (piece := receive(process.stdout)) is not None:
        yield piece


def apart(job: Job) -> tuple[list[bytes], str]:
    """On a cluster's worker: a lane in a process of its own, to its end, and how that ended.

    What kills it leaves the worker, and the lanes of others on it, as they are.
    """
    with _process(job) as process:
        try:
            pieces = [*_pieces(job, process)]
            return pieces, _died(process.wait())
        finally:
            _kill(process)


def _environment(threads: int) -> dict[str, str]:
    """What a worker finds: the modules that are found here, and its share of the cores."""
    path = os.pathsep.join(folder or os.getcwd() for folder in sys.path)
    return {**os.environ, "PYTHONPATH": path, **dict.fromkeys(ARITHMETIC, str(threads))}


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker, and what it has started."""
    if process.poll() is not None:
        return
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _died(code: int) -> str:
    if code < 0:
        return f"the worker process died (signal {-code})"
    return f"the worker process ended early (exit code {code})"


@atexit.register
def close_all() -> None:
    """Before the interpreter ends, so do its workers."""
    for place in list(_locals):
        place.close()


class Elsewhere:
    """Lanes are handed to an executor and come back whole, as each is done.

    What an executor has begun it may not be able to end: it is then computed for nobody.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._futures: dict[LaneCore, Future[list[bytes]]] = {}
        self._done: SimpleQueue[LaneCore | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def begin(self, core: LaneCore, job: Job) -> None:
        try:
            future = self._executor.submit(whole, job)
        except Exception as error:  # the executor's, whatever they are
            core.lost(f"the executor does not take it: {told(error)}")
            return
        self._futures[core] = future
        core.begun()
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="mlwidgets sweep", daemon=True)
            self._thread.start()
        future.add_done_callback(lambda _: self._done.put(core))

    def end(self, core: LaneCore) -> None:
        if future := self._futures.get(core):
            future.cancel()
        self._done.put(core)

    def close(self, wait: bool = True) -> None:
        self._done.put(None)
        thread = self._thread
        if wait and thread is not None and thread is not threading.current_thread():
            thread.join(PATIENCE)

    def _serve(self) -> None:
        while (core := self._done.get()) is not None:
            future = self._futures.pop(core, None)
            if future is not None and future.done() and not future.cancelled():
                self._deliver(core, future)
        for future in self._futures.values():
            future.cancel()

    def _deliver(self, core: LaneCore, future: Future[list[bytes]]) -> None:
        try:
            for piece in future.result():
                core.take(piece)
        except Exception as error:  # the executor's, whatever they are
            core.lost(f"the worker did not finish: {told(error)}")


class Cluster:
    """Lanes are handed to the workers of a Dask cluster and come back whole, as each is done.

    A worker that dies takes along whatever it had: each of those lanes is tried once more, alone,
    so that none pays for another. Futures are looked at again and again: callbacks of lost ones
    may never come.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._jobs: dict[LaneCore, Job] = {}
        self._futures: dict[LaneCore, Any] = {}
        self._suspects: deque[LaneCore] = deque()
        self._alone: LaneCore | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._peopled = math.inf  # when workers were last there
        self._counted = 0.0

    def begin(self, core: LaneCore, job: Job) -> None:
        with self._lock:
            self._jobs[core] = job
            self._submit(core)
            if self._thread is None:
                serve = threading.Thread(target=self._serve, name="mlwidgets sweep", daemon=True)
                self._thread = serve
                serve.start()
        core.begun()

    def end(self, core: LaneCore) -> None:
        self._wake.set()

    def close(self, wait: bool = True) -> None:
        self._closed = True
        self._wake.set()
        thread = self._thread
        if wait and thread is not None and thread is not threading.current_thread():
            thread.join(PATIENCE)

    def _submit(self, core: LaneCore) -> None:
        try:
            self._futures[core] = self._client.submit(apart, self._jobs[core], pure=False)
        except Exception as error:  # the cluster's, whatever they are
            core.lost(f"the cluster does not take it: {told(error)}")

    def _serve(self) -> None:
        while not self._closed:
            self._wake.wait(LOOK)
            self._wake.clear()
            with self._lock:
                futures = dict(self._futures)
            for core, future in futures.items():
                self._look(core, future)
            if not self._futures:
                self._retry()
            self._count()
        for future in self._futures.values():
            with suppress(Exception):  # a scheduler that is gone
                future.cancel()
        with suppress(Exception):
            self._client.close()

    def _look(self, core: LaneCore, future: Any) -> None:
        """Take what is there of one lane."""
        if core.over:
            future.cancel()
        elif future.status == "finished":
            self._deliver(core, future)
        elif future.status == "error":
            self._failed(core, future.exception())
        elif future.status == "cancelled":
            core.lost("the cluster dropped it: is its scheduler still there?")
        else:  # pending, or lost: the scheduler has it computed again
            return
        del self._futures[core]

    def _deliver(self, core: LaneCore, future: Any) -> None:
        try:
            pieces, end = future.result()
            for piece in pieces:
                core.take(piece)
            core.lost(end)
        except Exception as error:  # the cluster's, whatever they are
            core.lost(f"the worker did not finish: {told(error)}")

    def _failed(self, core: LaneCore, error: BaseException) -> None:
        """The worker died, or could not begin."""
        if type(error).__name__ != "KilledWorker":
            core.lost(f"the worker did not finish: {told(error)}")
        elif core is self._alone:
            core.lost("the cluster's worker died, also when it had this lane alone")
        else:
            self._suspects.append(core)

    def _retry(self) -> None:
        """One suspect after another, each alone."""
        while self._suspects:
            self._alone = self._suspects.popleft()
            if not self._alone.over:
                self._submit(self._alone)
                return

    def _count(self) -> None:
        """Where all workers have gone for long, nothing is waited for."""
        now = time.monotonic()
        if now - self._counted < COUNT:
            return
        self._counted = now
        if self._client.scheduler_info()["workers"]:
            self._peopled = now
        elif now - self._peopled > DESERTED:
            for core in [*self._futures]:
                core.lost(f"the cluster has had no worker for {DESERTED:g} s")


def dask(address: str) -> Cluster:
    """The workers of a Dask cluster. RunError where there is no Dask, or no scheduler answers."""
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise RunError(f'on={address!r}: needs Dask: pip install "mlwidgets[dask]"') from None
    try:
        connect: Any = Client  # it has no types
        client = connect(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise RunError(f"on={address!r}: no Dask scheduler answers: {told(error)}") from None
    return Cluster(client)
