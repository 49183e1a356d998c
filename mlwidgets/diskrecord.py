"""A run written to disk while it goes on: each frame is whole there before the next is asked for.

A killed kernel loses nothing that was acknowledged, neither frames nor steering. Where
the disk does not take a frame, the run goes on in memory and says so.
"""

from __future__ import annotations

import os
import threading
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .errors import RunError, sayable
from .info import events_json
from .savefile import end_of, header_of
from .tracefile import TraceWriter

if TYPE_CHECKING:
    from .core import Event
    from .run import Run


def record_to(run: Run, path: str | os.PathLike[str]) -> None:
    """Write what is recorded so far, and from now on every frame and every change of a parameter.

    The file has also the frames that a long run drops from memory. RunError where there is
    nothing to record, or the run does not stand still; a warning where the disk does not take it.
    """
    core, target = run._core, Path(path)
    with core.changed:  # nobody starts it meanwhile
        if not run.trace:
            raise RunError(f"{run.name}: has no frame to record")
        if core.status not in ("ready", "paused"):
            raise RunError(
                f"{run.name}: is {core.status}; a recording begins while a run stands still"
            )
        if core.trace.written is not None:
            raise RunError(f"{run.name}: is being recorded already")
        try:
            file = target.open("wb")
        except (OSError, ValueError) as error:
            core.note = _trouble(target, error)
            warnings.warn(core.note, stacklevel=3)
            core._tell()
            return
        recording = _Recording(run, target, file)
        recording.begin(header_of(run))
        core.watchers.append(recording.told)
        recording.told()  # the disk may have been full from the beginning


def _trouble(path: Path, error: Exception) -> str:
    why = getattr(error, "strerror", None) or error
    return f"{path}: cannot be written: {why}; the run goes on in memory."


class _Recording:
    """The file of one core: the run's own thread writes frames, whoever steers it an event."""

    def __init__(self, run: Run, path: Path, file: IO[bytes]) -> None:
        self.core, self.path, self.file = run._core, path, file
        self.run = weakref.ref(run)  # a run nobody holds any more ends its file
        self.line = run.line
        self.stops = [*run.stops.items()]
        self.writer: TraceWriter | None = None
        self.last = -1  # the number of the last frame in the file
        self.events: list[Event] = []  # those in the file
        self.lock = threading.Lock()

    def begin(self, header: dict[str, Any]) -> None:
        core, trace = self.core, self.core.trace
        with self.writing():
            self.writer = TraceWriter(self.file, header, trace.schema)
            self.writer.rows(trace, 0, len(trace))
            self.last = trace.last
            trace.written = self.row
        if trace.last < core.number:  # it stands at a frame that memory has dropped
            trace.add(core.frame, core.number)
        core._due = trace.due(core.number)

    def row(self, columns: dict[str, Any]) -> None:
        """One more frame has been computed."""
        number = int(columns["#frame"][0])
        with self.writing() as writer:
            if writer and number > self.last:  # the last one is offered twice
                writer.row(columns)
                self.last = number

    def told(self) -> None:
        """The run's state has changed: steered, or over, and then so is the file."""
        with self.writing() as writer:
            if writer:
                self._steered(writer)
            if writer and self.core.over:
                self.core.trace.written = self.writer = None
                line = self._line()
                writer.end(end_of(self.core) | {"line": sayable(line), "stops": self.stops})
                self.file.close()

    def _steered(self, writer: TraceWriter) -> None:
        """Write the events from the first one on that the file does not have."""
        now = list(self.core.events)
        same = [a is b for a, b in zip(self.events, now, strict=False)]
        after = [*same, False].index(False)
        if after < max(len(now), len(self.events)):
            then = events_json(self.core, self.core.algorithm.spec)[after:]
            writer.events(sayable({"after": after, "then": then, "line": self._line()}))
            self.events = now

    def _line(self) -> str:
        """The run's line, as long as there is one."""
        run = self.run()
        if run is not None and run._core is self.core:
            self.line, self.stops = run.line, [*run.stops.items()]
        return self.line

    @contextmanager
    def writing(self) -> Iterator[TraceWriter | None]:
        """One thread at a time; what it wrote is on disk after it. A fault of the disk is told."""
        fault: OSError | None = None
        with self.lock:
            try:
                yield self.writer
                if self.writer:
                    self.file.flush()
            except OSError as error:
                fault, self.writer, self.core.trace.written = error, None, None
                with suppress(OSError):  # what is buffered does not fit either
                    self.file.close()
        if fault:
            self.core.note = _trouble(self.path, fault)
            self.core._tell()
