"""Variants of a run: every combination of some parameters' values, computed whole and kept as one.

Unlike the lanes of a sweep nobody watches them: a process computes one after another. One that
dies costs the lane that it was computing.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence, Sized
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mlwidgets.core import Core, Upto
from mlwidgets.errors import ParamError, RunError, clip
from mlwidgets.kinds import same
from mlwidgets.trace import Trace
from mlwidgets.tracefile import read_piece

from .places import Processes
from .sweep import packed_job
from .worker import Batch, combination

if TYPE_CHECKING:
    from mlwidgets.frame import Schema
    from mlwidgets.params import Param
    from mlwidgets.run import Run

MOST = 20_000  # runs
DEATHS = 3  # in a row, after which no further process is tried
LOOK = 0.05  # seconds between two looks, so that an interrupt gets through
PROBE = 0.2  # seconds in which to see how fast the algorithm is
START = 1.0  # seconds until a process computes


@dataclass(frozen=True)
class Lane:
    """One variant: how many rows it has, and how it ended."""

    count: int
    status: str
    number: int
    error: Mapping[str, Any] | None = None
    frames: Sequence[int] | None = None


@dataclass(frozen=True)
class Variants:
    """All variants; their rows lie one behind another, `#frame` among the columns."""

    lists: Mapping[str, Sequence[Any]]
    lanes: Sequence[Lane]
    columns: Mapping[str, Any]
    schema: Schema

    def values(self, k: int) -> dict[str, Any]:
        return combination(self.lists, k)

    def place(self, values: Mapping[str, Any]) -> int:
        """The variant with these values; the first value stands for one that is not listed."""
        k = 0
        for name, some in self.lists.items():
            found = (j for j, value in enumerate(some) if same(value, values.get(name)))
            k = k * len(some) + next(found, 0)
        return k


def checked(run: Run, vary: object) -> dict[str, list[Any]]:
    """Every parameter's values; ParamError, or RunError where there is nothing to vary."""
    if run.fixed or run.closed:
        raise RunError(f"{run.name}: cannot vary, {run.fixed or 'it is closed: play it anew'}")
    if not isinstance(vary, Mapping) or not vary:
        given = clip(repr(vary), 40)
        raise ParamError(f'vary={given}: give lists of values, vary={{"alpha": [0.1, 0.5]}}')
    spec = run.algorithm.spec
    lists = {str(name): _values(spec.named(str(name)), given) for name, given in vary.items()}
    if (runs := math.prod(map(len, lists.values()))) > MOST:
        each = " x ".join(f"{len(v)} of {name}" for name, v in lists.items())
        raise ParamError(f"vary: {each} would be {runs:,} runs, at most {MOST:,}")
    return lists


def _values(param: Param, given: Any) -> list[Any]:
    if getattr(given, "ndim", 0) == 1:
        given = given.tolist()
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        text = clip(repr(given), 40)
        raise ParamError(f"vary: {param.name}={text}: give a list, [{text}]", param.name)
    if isinstance(given, Sized) and len(given) > MOST:
        raise ParamError(f"vary: {len(given):,} values of {param.name}, at most {MOST:,}")
    found = [param.check(value) for value in given]
    if not found:
        raise ParamError(f"vary: {param.name}=[]: give at least one value", param.name)
    for k, value in enumerate(found):
        if any(same(value, other) for other in found[:k]):
            text = clip(repr(value), 40)
            raise ParamError(f"vary: {param.name}: {text} is given twice", param.name)
    return found


def seconds(run: Run, count: int) -> float:
    """About how long so many runs will take: this one's frames, at the speed of its first ones."""
    frame, until = math.inf, time.perf_counter() + PROBE
    while time.perf_counter() < until:
        core = Core(run.algorithm, dict(run._core.start), Trace(), run._core._scope)
        core.order(Upto(_upto(run)))
        begun = time.perf_counter()
        while not core.over and core.number < _upto(run) and time.perf_counter() < until:
            core.turn(16)
        frame = min(frame, (time.perf_counter() - begun) / max(1, core.number + 1))
        core.stop()
    return START + frame * max(1, run.number + 1) * count / min(count, _workers())


def _upto(run: Run) -> float:
    """Each goes as far as the run has gone: to its end, or to this frame."""
    return math.inf if run.status == "done" else max(0, run.number)


def _workers() -> int:
    return os.cpu_count() or 1


def variants(run: Run, lists: Mapping[str, Sequence[Any]]) -> Variants:
    """Compute them; an interrupt ends all. RunError where their frames are unlike the run's."""
    count = math.prod(map(len, lists.values()))
    workers = min(_workers(), count)
    job, packed = packed_job(run, lists, workers)
    with closing(Processes(workers)) as place:
        shards = [
            Shard(place, Batch(job, packed, first, stop, _upto(run)))
            for first, stop in _parts(count, workers)
        ]
        for shard in shards:
            while not shard.done.wait(LOOK):
                pass
    return _joined(run, lists, shards)


def _parts(count: int, parts: int) -> list[tuple[int, int]]:
    ends = [count * k // parts for k in range(parts + 1)]
    return [*pairwise(ends)]


class Shard:
    """A row of variants, computed by one process; where that dies, by another from there on."""

    def __init__(self, place: Processes, batch: Batch) -> None:
        self.lanes: list[Lane] = []
        self.lots: list[Trace] = []
        self.done = threading.Event()
        self._place, self._batch, self._deaths = place, batch, 0
        place.begin(self, batch)

    @property
    def over(self) -> bool:
        return self.done.is_set()

    def begun(self) -> None:
        """Nothing changes: nobody looks."""

    def take(self, data: bytes) -> None:
        trace, _, said = read_piece(data)
        self._deaths = 0
        self.lots += [trace] if trace else []
        self._add([Lane(**told) for told in said["lanes"]])

    def lost(self, why: str) -> None:
        """Which lane it was shows when the next process tells of each."""
        if self._batch.careful:
            self._deaths += 1
            gone = self._left if self._deaths == DEATHS else 1
            self._add([Lane(0, "failed", -1, {"text": why, "frame": 0})] * gone)
        if not self.over:
            first = self._batch.stop - self._left
            self._place.begin(self, replace(self._batch, first=first, careful=True))
            self._batch = replace(self._batch, careful=True)

    @property
    def _left(self) -> int:
        return self._batch.stop - self._batch.first - len(self.lanes)

    def _add(self, lanes: Sequence[Lane]) -> None:
        self.lanes += lanes
        if not self._left:
            self.done.set()


def _joined(run: Run, lists: Mapping[str, Sequence[Any]], shards: Sequence[Shard]) -> Variants:
    """All rows, one behind another."""
    import numpy as np

    schema, lanes = run.trace.schema, [lane for shard in shards for lane in shard.lanes]
    lots = [lot for shard in shards for lot in shard.lots]
    for lot in lots:
        _alike(run, schema, lot.schema)
    frames = [lane.frames or range(lane.count) for lane in lanes]
    columns = {"#frame": np.concatenate([np.asarray(f, float) for f in frames])}
    rows = [lot.read([*schema]) for lot in lots]
    if not rows:
        raise RunError(f"{run.name}: no variant has a frame: {_why(lanes)}")
    columns |= {name: np.concatenate([row[name] for row in rows]) for name in schema}
    return Variants(dict(lists), lanes, columns, schema)


def _why(lanes: Sequence[Lane]) -> str:
    return next((str(lane.error["text"]) for lane in lanes if lane.error), "each ended at once")


def _alike(run: Run, schema: Schema, other: Schema) -> None:
    """A figure draws all variants: they must have the same columns."""
    there = {c.name: (c.kind, c.shape) for c in other.columns}
    for column in schema.columns:
        if there.pop(column.name, None) != (column.kind, column.shape):
            raise RunError(
                f"{run.name}: variants differ in the shape of {column.name}, which one figure"
                " cannot show: export_page([...]) shows several"
            )
    if there:
        raise RunError(f"{run.name}: some variants have {', '.join(there)}, this run has not")
