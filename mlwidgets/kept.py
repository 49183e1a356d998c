"""What a saved notebook keeps of a run that stands: its whole trace, packed, up to a bound.

The player's trait `first` holds it, so that the page that opens the notebook again, without the
kernel that made it, can go to every frame. It is made aside, a moment after the run came to stand.
"""

from __future__ import annotations

import gzip
import itertools
import math
import threading
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .errors import ParamError, nearest, sayable
from .info import data_of, packed
from .shell import cell_that_defines
from .tracefile import shuffled

if TYPE_CHECKING:
    from .player import Player
    from .run import Run
    from .trace import Trace

What = Literal["trace", "picture"]
WHAT = ("trace", "picture")
MB = 2**20
AT_ONCE = 256 * 1024  # bytes of a trace that is packed while its player is made
ATTEMPT = 16  # times the bound: so much is packed at once to see how small it becomes
TRIES = 6  # times that the largest part that fits is sought step by step
SETTLE = 0.3  # seconds that a run stands before it is kept
RATE = 200_000  # bytes a second, at most, that one player's keeping costs while it is stepped


@dataclass(frozen=True)
class Keep:
    """What is kept of each run, and in how many bytes."""

    what: What = "trace"
    most: int = MB


_keep = Keep()


def keep(what: What = "trace", max_mb: float = 1.0) -> None:
    """What a saved notebook keeps of each run of this kernel, from now on.

    what: "trace", all of it that fits, or "picture", one still and the summary.
    max_mb: the most that one player keeps, in MB, compressed; a longer trace is thinned evenly.
    ParamError for another word, or a bound that is no positive number.
    """
    global _keep  # one for the kernel is the point
    if what not in WHAT:
        raise ParamError(f"what={what!r}: must be one of {', '.join(WHAT)}.{nearest(what, WHAT)}")
    if type(max_mb) not in (int, float) or not 0 < max_mb <= 64:
        raise ParamError(f"max_mb={max_mb!r}: must be a number above 0, and at most 64")
    _keep = Keep(what, int(max_mb * MB))
    keeper.all_due()


# packing ----------------------------------------------------------------------------------------


def at_once(run: Run, epoch: int) -> bytes:
    """The whole of a small run, which then travels once; nothing where it is large, or goes on."""
    core = run._core
    small = core.trace.nbytes + 8 * len(core.trace) <= AT_ONCE
    whole = _keep.what == "trace" and small and core.status != "running"
    return kept(run, epoch) if whole else b""


def kept(run: Run, epoch: int) -> bytes:
    """What is to be saved of a run as it stands."""
    if _keep.what == "picture":
        return _picture(run, epoch)
    return _whole(run, epoch, _keep.most)


def _picture(run: Run, epoch: int) -> bytes:
    from .pages.stills import still

    header = {"type": "picture", "epoch": epoch, "text": run.summary(), "anew": anew(run)}
    return _zipped(packed(header, [still(run).encode("utf-8", "replace")]))


def _whole(run: Run, epoch: int, most: int) -> bytes:
    """Numbers of every frame and arrays of every n-th, such that all of it fits."""
    core, trace = run._core, run.trace.snapshot()
    header = {
        "type": "data",
        "seq": 0,
        "epoch": epoch,
        "number": core.number,
        "status": core.status,
        "anew": anew(run),
    }
    if trace.nbytes <= ATTEMPT * most:
        message = _packed(trace, trace, header)
        if len(message) <= most:
            return message
    thinned, light = _fitting(trace, most * 3 // 5, "light")
    numbers, room = trace.picked(_every(len(trace), thinned)), most - light
    every, heavy = _fitting(numbers, room - len(str(header)), "heavy")
    rows = _every(len(numbers), every) if light + heavy <= most else []
    return _packed(numbers, numbers.picked(rows), {**header, "every": every, "thinned": thinned})


def _every(count: int, n: int) -> list[int]:
    """Each n-th position, and the last."""
    last = [count - 1] if count and (count - 1) % n else []
    return [*range(0, count, n), *last]


def _fitting(trace: Trace, room: int, part: str) -> tuple[int, int]:
    """Every how many rows fit, and the bytes that those take; one row may take more than there is.

    It is tried, beginning with what is not too long to be tried; after TRIES each takes half the
    rows of the one before.
    """
    raw = trace.nbytes + 8 * len(trace)
    every = max(1, math.ceil(raw / (ATTEMPT * max(1, room)))) if part == "heavy" else 1
    for attempt in itertools.count(1):
        some = trace.picked(_every(len(trace), every))
        none = trace.picked([])
        pair = (some, none) if part == "light" else (none, some)
        size = len(_packed(*pair, {}))
        if size <= room or len(some) <= 2:
            break
        likely = math.ceil(every * size / max(1, room) * 1.05)
        every = max(every + 1, likely, 2 * every if attempt >= TRIES else 0)
    return every, size


def _packed(light: Trace, heavy: Trace, header: dict[str, Any]) -> bytes:
    """Columns as differences in time, gzipped together."""
    columns, buffers = data_of(light, (0, len(light)), (0, 0))
    more, arrays = data_of(heavy, (0, 0), (0, len(heavy)))
    more = [column for column in more if column["part"] == "heavy"]
    used = [column["buffer"] for column in more if "buffer" in column]
    for column in more:
        if "buffer" in column:
            column["buffer"] = len(buffers) + used.index(column["buffer"])
    columns, buffers = columns + more, buffers + [arrays[k] for k in used]
    for column in columns:
        if "buffer" in column and "sizes" not in column:
            rows = len(light if column["part"] == "light" else heavy)
            k = column["buffer"]
            buffers[k] = shuffled(buffers[k], column["dtype"], rows)
            column["delta"] = True
    ranges = {"count": len(light), "light": [0, len(light)], "heavy": [0, len(heavy)]}
    return _zipped(packed({**header, **ranges, "cols": columns}, buffers))


def _zipped(message: bytes) -> bytes:
    return gzip.compress(message, 6, mtime=0)


def keeping(run: Run) -> tuple[Any, ...]:
    """What tells one thing to be kept from another; it costs nothing."""
    core = run._core
    return (_keep, id(core), core.trace.epoch, len(core.trace), core.trace.last)


def anew(run: Run) -> dict[str, Any]:
    """What a page without this kernel needs to make the run again, and what it will lack.

    line: of `%ml`. cell: the execution count of the cell that made it. defines: of the cell that
    defines its function, where a plugin does not. lacks: objects of the user's.
    """
    from .registry import registered
    from .replay.card import objects_of

    if run.fixed:
        return {"line": "", "cell": run.cell, "fixed": run.fixed}
    found = {"line": run.line, "cell": run.cell, "lacks": [*objects_of(run)]}
    if not registered(run.algorithm):
        found["defines"] = cell_that_defines(run.algorithm.fn)
    return dict(sayable(found))


# when -------------------------------------------------------------------------------------------


class Keeper:
    """Keeps what has come to stand, a moment later; its thread ends when no player is due.

    A player that fails keeps what it had; it is told of as of any thread, and the others go on.
    """

    def __init__(self) -> None:
        self._due: dict[int, tuple[float, weakref.ref[Player]]] = {}
        self.players: weakref.WeakSet[Player] = weakref.WeakSet()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def due(self, player: Player) -> None:
        """Something of this player's run has changed."""
        with self._changed:
            wait = SETTLE + len(player.first) / RATE
            self._due[id(player)] = (time.monotonic() + wait, weakref.ref(player))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve, name="mlwidgets keeper", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def all_due(self) -> None:
        for player in list(self.players):
            self.due(player)

    def _serve(self) -> None:
        while (player := self._next()) is not None:
            try:
                player.keep()
            except Exception as why:
                here = threading.current_thread()
                threading.excepthook(
                    threading.ExceptHookArgs((type(why), why, why.__traceback__, here))
                )
            del player  # nobody is kept alive by having been kept

    def _next(self) -> Player | None:
        """The next player whose time has come; nothing where none is waiting."""
        with self._changed:
            while self._due:
                key, (at, ref) = min(self._due.items(), key=lambda item: item[1][0])
                if (wait := at - time.monotonic()) > 0:
                    self._changed.wait(wait)
                    continue
                del self._due[key]
                if (player := ref()) is not None:
                    return player
            self._thread = None
        return None


keeper = Keeper()
