"""A worker computes one lane of a sweep in a process of its own, and sends its trace in pieces.

The job comes in by standard input; pieces go out by standard output, each a small trace of its own
(see `tracefile`), so that nothing that comes back is ever run as code. The other way round it must
be: a job may hold a function of the user's own cell.
"""

from __future__ import annotations

import os
import struct
import sys
import threading
import time
import typing
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.reduction import ForkingPickler
from typing import IO, Any

from mlwidgets.algorithms import Algorithm
from mlwidgets.core import Core, Upto
from mlwidgets.device import pick_device, thread_scope
from mlwidgets.errors import told
from mlwidgets.frame import type_hints
from mlwidgets.kinds import Opaque
from mlwidgets.page import Page
from mlwidgets.params import Param, Spec
from mlwidgets.registry import registry
from mlwidgets.trace import Trace
from mlwidgets.tracefile import piece_of

LENGTH = struct.Struct("<Q")
EVERY = 0.1  # seconds between two pieces
PIECE_BYTES = 4 * 2**20
PIECE_ROWS = 4096


@dataclass(frozen=True)
class Job:
    """What a worker computes. Each part is packed by itself.

    algorithm: empty for one that the registry knows by `name`. threads: for the arithmetic of one
    lane; 0 leaves them as they are.
    """

    name: str
    params: Mapping[str, bytes]
    algorithm: bytes = b""
    device: str = "auto"
    threads: int = 0


@dataclass(frozen=True)
class Batch:
    """Many lanes, computed one after another: combinations `first` to `stop` of these values.

    job: what all have in common. lists: the value named last changes fastest. upto: the number of
    the last frame. careful: tell of each lane as soon as it is over.
    """

    job: Job
    lists: Mapping[str, Sequence[bytes]]
    first: int
    stop: int
    upto: float
    careful: bool = False


@dataclass(frozen=True)
class Function:
    """An algorithm that no registry knows: its function, with what its annotations and page say."""

    fn: Callable[..., Any]
    fixed: Mapping[str, Any]
    live: tuple[str, ...]
    hints: Mapping[str, Any]
    words: Mapping[str, str] = field(default_factory=dict)


def pack(value: Any) -> bytes:
    """A value for another process; whatever cannot be sent raises what the pickler raises."""
    try:
        from cloudpickle import dumps  # an optional extra: it sends functions and classes of cells
    except ModuleNotFoundError:
        dumps = ForkingPickler.dumps
    return bytes(dumps(value))


def unpack(data: bytes) -> Any:
    return ForkingPickler.loads(data)


def function_of(algorithm: Algorithm[Any, Any]) -> Function:
    """All of an algorithm that a worker needs; its annotations may name what only is here."""
    hint = algorithm.frame_hint
    hints = type_hints(hint) if hint is not None else {}
    words = algorithm.page.where
    return Function(algorithm.fn, algorithm.fixed, algorithm._live, hints, words)


def algorithm_of(job: Job) -> Algorithm[Any, Any]:
    if not job.algorithm:
        return registry().get(job.name).load()
    given: Function = unpack(job.algorithm)
    made: Algorithm[Any, Any] = Algorithm(given.fn, name=job.name, fixed=given.fixed)
    typed_dict: Any = typing.TypedDict
    made.__dict__.update(
        page=Page(title=job.name, where=dict(given.words)),
        frame_hint=typed_dict("Frame", dict(given.hints)) if given.hints else None,
        spec=Spec(tuple(Param(name, Opaque(), live=True) for name in given.live)),
        _live=given.live,
    )
    return made


def record(job: Job | Batch) -> Iterator[bytes]:
    """Pieces of the lane's trace as it is computed, the first frame at once, the end last."""
    if isinstance(job, Batch):
        yield from many(job)
        return
    try:
        algorithm, scope = _prepared(job)
        values = {name: unpack(data) for name, data in job.params.items()}
        core = Core(algorithm, values, Trace(), scope)
    except Exception as error:  # it is told where the sweep is looked at
        fault = {"text": told(error), "frame": 0, "trace": ""}
        yield piece_of(Trace(), 0, 0, {}, {"status": "failed", "number": -1, "error": fault})
        return
    core.order(Upto())
    sent, turn, at, over = -1, 1, 0.0, False
    while not over:
        begun = time.monotonic()
        core.turn(turn)
        over, now = core.over, time.monotonic()
        turn = _next_turn(turn, now - begun)
        if over or now - at > EVERY:
            yield from news(core, sent)
            sent, at = core.trace.last, time.monotonic()


def _prepared(job: Job) -> tuple[Algorithm[Any, Any], Any]:
    """The algorithm, and where it computes."""
    algorithm = algorithm_of(job)
    scope = thread_scope(pick_device(job.device))
    torch = sys.modules.get("torch")
    if torch is not None and job.threads:
        torch.set_num_threads(job.threads)
    return algorithm, scope


def combination(lists: Mapping[str, Sequence[Any]], k: int) -> dict[str, Any]:
    """The values of combination number k; the one named last changes fastest."""
    found = {}
    for name in reversed([*lists]):
        k, place = divmod(k, len(lists[name]))
        found[name] = lists[name][place]
    return found


def many(batch: Batch) -> Iterator[bytes]:
    """Whole lanes: a piece has the rows of several, one behind another, and tells of each."""
    algorithm, scope = _prepared(batch.job)
    lot, at = Lot(), time.monotonic()
    for k in range(batch.first, batch.stop):
        packed = {**batch.job.params, **combination(batch.lists, k)}
        core = Core(algorithm, {n: unpack(data) for n, data in packed.items()}, Trace(), scope)
        core.order(Upto(batch.upto))
        while not core.over and core.number < batch.upto:
            core.turn(PIECE_ROWS)
        if not lot.takes(core.trace):
            yield lot.piece()
            lot, at = Lot(), time.monotonic()
        lot.add(core)
        core.stop()
        if batch.careful or time.monotonic() - at > EVERY:
            yield lot.piece()
            lot, at = Lot(), time.monotonic()
    if lot.lanes:
        yield lot.piece()


class Lot:
    """Lanes whose rows lie one behind another in one trace."""

    def __init__(self) -> None:
        self.trace = Trace()
        self.lanes: list[dict[str, Any]] = []

    def takes(self, other: Trace) -> bool:
        """Are its columns like those that are here, and is there room?"""
        room = len(self.trace) + len(other) <= PIECE_ROWS
        return not (self.trace and other) or (room and other.schema == self.trace.schema)

    def add(self, core: Core) -> None:
        trace = core.trace
        numbers = [*trace._rows.frames]
        told: dict[str, Any] = {"count": len(numbers), "status": core.status}
        told |= {"number": core.number, "error": core.fault}
        if numbers != [*range(len(numbers))]:
            told["frames"] = numbers
        self.lanes.append(told)
        if numbers:
            if not self.trace:
                self.trace.adopt(trace.schema)
            have = len(self.trace)
            self.trace._append([*range(have, have + len(numbers))], trace._rows.values)

    def piece(self) -> bytes:
        return piece_of(self.trace, 0, len(self.trace), {}, {"lanes": self.lanes})


def _next_turn(turn: int, seconds: float) -> int:
    """How many frames to compute before looking at the clock again."""
    return 2 * turn if seconds < EVERY / 4 else max(1, turn // 2) if seconds > EVERY else turn


def news(core: Core, sent: int) -> Iterator[bytes]:
    """What was recorded after frame number `sent`, and where the core stands."""
    trace, count = core.trace, len(core.trace)
    start = bisect_right(trace._rows.frames, sent)
    size = max(1, min(PIECE_ROWS, PIECE_BYTES * max(1, count) // max(1, trace.nbytes)))
    while True:
        stop = min(count, start + size)
        end = {
            "status": core.status if stop == count else "running",
            "number": core.number,
            "stride": trace.stride,
            "marks": sorted(trace.marks),
            "note": core.note,
            "error": core.fault,
        }
        yield piece_of(trace, start, stop, {}, end)
        start = stop
        if start >= count:
            return


def whole(job: Job) -> list[bytes]:
    """A lane computed to its end, where an executor has it done."""
    return list(record(job))


def send(file: IO[bytes], data: bytes) -> None:
    file.write(LENGTH.pack(len(data)) + data)
    file.flush()


def receive(file: IO[bytes]) -> bytes | None:
    """The next message; None where the other side has ended."""
    head = file.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    data = file.read(size)
    return data if len(data) == size else None


def _end_with(parent: IO[bytes]) -> None:
    """The process that asked has ended, or wants no more."""
    os.read(parent.fileno(), 1)
    os._exit(1)


def main() -> None:
    """Compute the lane that standard input tells of."""
    given = os.fdopen(os.dup(0), "rb")
    with os.fdopen(os.dup(1), "wb") as out, open(os.devnull, "r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)  # what the algorithm prints must not come between the pieces
        data = receive(given)
        if data is None:
            return
        threading.Thread(target=_end_with, args=(given,), daemon=True).start()
        for piece in record(unpack(data)):
            send(out, piece)
    os._exit(0)  # at once: threads of the algorithm's, or torch's, may still be there
