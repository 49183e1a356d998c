"""A run written to disk while it goes on: each frame is whole there before the next is asked for.

A killed kernel loses nothing that was acknowledged. Where the disk does not take a frame, the run
goes on in memory and says so.
"""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from .errors import RunError
from .savefile import end_of, header_of
from .tracefile import TraceWriter

if TYPE_CHECKING:
    from .core import Core
    from .run import Run


def record_to(run: Run, path: str | os.PathLike[str]) -> None:
    """Write what is recorded so far, and each frame from now on."""
    if not run.trace:
        raise RunError(f"{run.name}: has no frame to record")
    core, target = run._core, Path(path)
    if core.status not in ("ready", "paused"):
        raise RunError(f"{run.name}: is {core.status}; a recording begins while a run stands still")
    if core.trace.written is not None:
        raise RunError(f"{run.name}: is being recorded already")
    try:
        file = target.open("wb")
    except (OSError, ValueError) as error:
        core.note = _trouble(target, error)
        warnings.warn(core.note, stacklevel=3)
        core._tell()
        return
    recording = _Recording(core, target, file)
    recording.begin(run)
    core.watchers.append(recording.told)
    recording.told()  # the disk may have been full from the beginning


def _trouble(path: Path, error: Exception) -> str:
    why = getattr(error, "strerror", None) or error
    return f"{path}: cannot be written: {why}; the run goes on in memory."


class _Recording:
    """The file of one core; the run's own thread writes it."""

    def __init__(self, core: Core, path: Path, file: IO[bytes]) -> None:
        self.core, self.path, self.file = core, path, file
        self.writer: TraceWriter | None = None

    def begin(self, run: Run) -> None:
        try:
            self.writer = TraceWriter(self.file, header_of(run), self.core.trace.schema)
            self.core.trace.written = self.row
            for position in range(len(self.core.trace)):
                self.row(position)
        except OSError as error:
            self._give_up(error)

    def row(self, position: int) -> None:
        """One more frame is in the trace."""
        assert self.writer is not None  # noqa: S101  it begins with the writer
        try:
            self.writer.rows(self.core.trace, position, position + 1)
            self.file.flush()
        except OSError as error:
            self._give_up(error)

    def told(self) -> None:
        """The run's state has changed: when it is over, so is the file."""
        if not self.core.over or self.file.closed or self.writer is None:
            return
        self.core.trace.written = None
        try:
            self.writer.end(end_of(self.core))
            self.file.close()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.core.trace.written = None
        with suppress(OSError):  # what is buffered does not fit either
            self.file.close()
        self.core.note = _trouble(self.path, error)
        self.core._tell()
