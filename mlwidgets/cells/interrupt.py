"""The kernel's interrupt while a recorded cell runs: it pauses, where a page can say: go on."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Any

from mlwidgets.core import Hold

if TYPE_CHECKING:
    from .cell import RecordedCell


class Interrupt:
    """What the signal means to one cell. The second one is what it always was.

    So is the first where no pass is under way, or where no page has been heard since the cell
    began: a front end whose messages wait for the cell could not let it go on.
    """

    def __init__(self, cell: RecordedCell) -> None:
        self._cell = cell
        self._hold = Hold()
        self._before: Any = None  # what it meant before

    def listen(self) -> None:
        """From now on; only a main thread gets signals."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._come)

    def forget(self) -> None:
        """It means again what it meant, unless the cell has set something of its own."""
        ours = self._before is not None and signal.getsignal(signal.SIGINT) == self._come
        if ours:
            signal.signal(signal.SIGINT, self._before)
        self._before = None

    def _come(self, number: int, frame: FrameType | None) -> None:
        recorder = self._cell.recorder
        core = recorder._core if recorder and self._cell.passes and self._heard() else None
        if core and core.status == "running" and not core.obeys(self._hold):
            core.order(self._hold)
        elif callable(self._before):
            self._before(number, frame)

    def _heard(self) -> bool:
        recorder = self._cell.recorder
        players = recorder.run.players if recorder else ()
        return any(client for player in players for client in player.feed._acked)
