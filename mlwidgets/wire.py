"""The wire: one sender for all players of a kernel. Latest frame wins, and nothing ever queues.

At most two data messages of a player are unacknowledged, beyond those its page asks for. All
players together send at most 150 messages a second: Jupyter drops silently above 1000. What could
not be sent now is sent later from the trace, so that the last frame always arrives.
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .errors import clip
from .info import data_of

if TYPE_CHECKING:
    from .core import Core
    from .player import Player

TICK = 1 / 30
WINDOW = 2
PER_SECOND = 150.0
BURST = 30.0
SILENT = 2.0  # seconds without an acknowledgement before a page is left out of the count
HEAVY_BYTES = 256 * 1024
LIGHT_ROWS = 4_000


class Feed:
    """What one player's pages have of one run, and what they still want.

    lane: "" for the run that the player shows, else the name of one beside it, of which numbers
    alone are sent where it is `pale`.
    """

    def __init__(self, player: Player, core: Core, lane: str = "", *, pale: bool = False) -> None:
        self._player = weakref.ref(player)
        self.core = core
        self.lane = lane
        self.pale = pale
        self.epoch = 1
        self.state_due = False
        self.first: bytes | None = None  # the trace as the notebook is to save it
        self.outbox: list[tuple[dict[str, Any], list[bytes]]] = []  # content and buffers
        self.wanted: dict[str, tuple[int, int]] = {}  # client: rows asked for
        self._trace_epoch = core.trace.epoch
        self._sent = 0
        self._seq = 0
        self._acked: dict[str, tuple[int, float]] = {}  # client: last message drawn, and when
        self._last = 0.0
        self._nonfinite: tuple[str, int] | None = None
        self._lock = threading.Lock()

    def follow(self, core: Core) -> None:
        """The run has a new core: everything sent so far is of another epoch."""
        with self._lock:
            self.core = core
            self.epoch += 1
            self._trace_epoch = core.trace.epoch
            self._sent = 0
            self.state_due = not self.lane
            self.wanted.clear()

    # from the page ------------------------------------------------------------------------

    def ready(self, client: str, epoch: int = -1, count: int = 0) -> None:
        """A page has opened; it has the rows of that epoch that came with the widget."""
        with self._lock:
            self._acked[client] = (self._seq, time.monotonic())
            self._sent = min(self._sent, count) if epoch == self.epoch else 0

    def join(self, other: Feed) -> None:
        """Whoever looks at the other run looks at this one too."""
        with self._lock:
            self._acked = {client: (0, time.monotonic()) for client in other._acked}

    def given(self, rows: int) -> None:
        """So many rows travel with the widget; a page that lacks none need not announce itself."""
        with self._lock:
            self._sent = rows
            self._acked[""] = (self._seq, time.monotonic())

    def seen(self, client: str) -> None:
        """A page has said something: it is there."""
        with self._lock:
            self._acked.setdefault(client, (self._seq, time.monotonic()))

    def ack(self, client: str, seq: int) -> None:
        with self._lock:
            self._acked[client] = (seq, time.monotonic())

    def fetch(self, client: str, epoch: int, start: int, stop: int) -> None:
        with self._lock:
            if epoch == self.epoch and 0 <= start < stop:
                self.wanted[client] = (start, stop)

    # to the page --------------------------------------------------------------------------

    @property
    def active(self) -> bool:
        """Is there, or may there soon be, something to send?"""
        behind = bool(self._acked) and self._sent < len(self.core.trace)
        return (
            self.state_due
            or self.first is not None
            or bool(self.outbox or self.wanted)
            or behind
            or self.core.status == "running"
        )

    def send(self, now: float) -> int:
        """Send what is due; the number of messages it took."""
        player = self._player()
        if player is None or player.comm is None:
            return 0
        self._check_epoch()
        messages = 0
        if self.state_due:
            self.state_due = False
            player.state = player.state_now()
            messages += 1
        if self.first is not None:
            player.first, self.first = self.first, None
            messages += 1
        while self.outbox:
            player.send(*self.outbox.pop(0))
            messages += 1
        return messages + self._send_wanted(player) + self._send_new(player, now)

    def fail(self, error: Exception) -> None:
        """Tell the page, if it can be told, why no more comes."""
        self.core.note = f"Sending failed: {type(error).__name__}: {clip(error)}"
        player = self._player()
        if player is not None and not self.lane:
            with suppress(Exception):
                player.state = player.state_now()

    def _check_epoch(self) -> int:
        with self._lock:
            if self._trace_epoch != self.core.trace.epoch:
                self._trace_epoch = self.core.trace.epoch
                self.epoch += 1
                self._sent = 0
                self.wanted.clear()
            return self.epoch

    def _send_wanted(self, player: Player) -> int:
        with self._lock:
            wanted = list(self.wanted.values())
            self.wanted.clear()
            core, epoch, sent = self.core, self.epoch, self._sent
        for start, stop in wanted:
            last = min(stop, start + self._heavy_rows(), len(core.trace))
            self._data(player, core, epoch, (sent, sent), (start, last))
        return len(wanted)

    def _send_new(self, player: Player, now: float) -> int:
        if now - self._last < TICK * 0.9 or not self._room(now):
            return 0
        with (
            self._lock
        ):  # claimed before it is sent: a page may open, or the run restart, meanwhile
            core, epoch, start = self.core, self.epoch, self._sent
            count = len(core.trace)
            if start >= count:
                return 0
            stop = self._sent = min(count, start + LIGHT_ROWS)
        self._last = now
        newest = stop == count and not self.pale
        first = max(start, stop - self._heavy_rows()) if newest else stop
        self._data(player, core, epoch, (start, stop), (first, stop))
        if core.trace.nonfinite != self._nonfinite:  # looks at the rows that are new
            self._nonfinite = core.trace.nonfinite
            self.state_due = True
        return 1

    def _room(self, now: float) -> bool:
        """May another data message be on its way? Only pages that answer are waited for."""
        if not self._acked:
            return False
        with self._lock:
            answering = [seq for seq, at in self._acked.values() if now - at < SILENT]
        if answering:
            return self._seq - min(answering) < WINDOW
        return now - self._last > SILENT  # a hidden page: one message now and then

    def _heavy_rows(self) -> int:
        row = self.core.trace.nbytes // max(1, len(self.core.trace))
        return max(1, HEAVY_BYTES // max(1, row))

    def _data(
        self,
        player: Player,
        core: Core,
        epoch: int,
        light: tuple[int, int],
        heavy: tuple[int, int],
    ) -> None:
        columns, buffers = data_of(core.trace, light, heavy)
        with self._lock:
            if (core is self.core and core.trace.epoch != self._trace_epoch) or epoch != self.epoch:
                return  # thinned or restarted meanwhile: these rows would be others'
            self._seq += 1
            seq = self._seq
        content = {
            "type": "data",
            "seq": seq,
            "epoch": epoch,
            "count": max(light[1], heavy[1]) if light[1] > light[0] else max(self._sent, light[1]),
            "number": core.number,
            "status": core.status,
            "light": light,
            "heavy": heavy,
            "cols": columns,
        }
        if self.lane:
            content["lane"] = self.lane
        player.send(content, buffers)


class Sender:
    """The one thread of this process that sends to pages."""

    def __init__(self) -> None:
        self._feeds: weakref.WeakSet[Feed] = weakref.WeakSet()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._tokens = BURST
        self._turn = 0
        self._over = False

    def add(self, feed: Feed) -> None:
        with self._lock:
            self._feeds.add(feed)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._serve, name="mlwidgets sender", daemon=True
                )
                self._thread.start()
        self.wake()

    def remove(self, feed: Feed) -> None:
        with self._lock:
            self._feeds.discard(feed)

    def wake(self) -> None:
        self._woken.set()

    def _serve(self) -> None:
        last = time.monotonic()
        while not self._over:
            self._woken.wait(TICK / 2 if self._active() else None)
            self._woken.clear()
            now = time.monotonic()
            self._tokens = min(BURST, self._tokens + (now - last) * PER_SECOND)
            last = now
            self._round(self._active(), now)

    def stop(self) -> None:
        """Before the interpreter ends: a thread frozen with the lock would hang what is closed."""
        self._over = True
        self.wake()
        if self._thread is not None:
            self._thread.join(1)

    def _active(self) -> list[Feed]:
        with self._lock:
            feeds = sorted(self._feeds, key=id)
        return [feed for feed in feeds if feed.active]

    def _round(self, feeds: list[Feed], now: float) -> None:
        """One message each in turn, as far as the budget goes; who came last begins next time."""
        for k in range(len(feeds)):
            if self._tokens < 1:
                self._turn += k
                return
            feed = feeds[(self._turn + k) % len(feeds)]
            try:
                self._tokens -= feed.send(now)
            except Exception as error:  # one broken comm must not silence the others
                feed.fail(error)
                self.remove(feed)


sender = Sender()
atexit.register(sender.stop)
