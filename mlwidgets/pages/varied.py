"""The rows of many runs in one figure: columns lie behind one another, and are packed once."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

from mlwidgets.errors import sayable
from mlwidgets.replay.variants import Variants
from mlwidgets.run import Run

from .codec import Part, kept_rows, parts_of

Json = dict[str, Any]


def island_of(parts: Sequence[Part]) -> Json:
    """Columns as the page holds them."""
    cols = [part.column | {"buffer": k} for k, part in enumerate(parts)]
    count = len(parts[0].rows)
    return {"cols": cols, "count": count, "gz": True, "buffers": [p.pack() for p in parts]}


@dataclass(frozen=True)
class VariedRows:
    """All variants of a run; `at` is the one that is shown first."""

    run: Run
    found: Variants
    shades: Collection[str]

    @cached_property
    def at(self) -> int:
        return self.found.place(self.run._core.start)

    def __len__(self) -> int:
        return max((lane.count for lane in self.found.lanes), default=0)

    def kept(self, every: int) -> tuple[Any, list[int]]:
        """Which of all rows are kept, and how many of each run."""
        import numpy as np

        frames, kept = self.found.columns["#frame"], []
        ends = [*accumulate(lane.count for lane in self.found.lanes)]
        for start, end in zip([0, *ends], ends, strict=False):
            rows = kept_rows(end - start, every, frames[start:end], ()) if end > start else []
            kept.append(np.asarray(rows, int) + start)
        return np.concatenate(kept), [len(rows) for rows in kept]

    def parts(self, codec: str, every: int) -> list[Part]:
        """The columns of all."""
        columns, schema = self.found.columns, self.found.schema
        if every > 1:
            rows, _ = self.kept(every)
            columns = {name: values[rows] for name, values in columns.items()}
        each = self._each(every)
        return [*parts_of(columns, schema, codec, self.shades), Part({"each": True}, flat=each)]

    def island(self, codec: str, every: int) -> Json:
        *parts, each = self.parts(codec, every)
        return island_of(parts) | {"runs": {"at": self.at, "each": each.pack()}}

    def _each(self, every: int) -> bytes:
        """What the page is told of each run: rows, last frame, line, and how those ended that are
        not done."""
        lanes = self.found.lanes
        counts = self.kept(every)[1] if every > 1 else [lane.count for lane in lanes]
        spec, start = self.run.algorithm.spec, self.run._core.start
        name = self.run.name
        lines = [
            f"%ml {name} {spec.line({**start, **self.found.values(k)})}" for k in range(len(lanes))
        ]
        ends = {
            k: [lane.status, lane.error] for k, lane in enumerate(lanes) if lane.status != "done"
        }
        numbers = [lane.number for lane in lanes]
        told = {"counts": counts, "numbers": numbers, "lines": lines, "ends": ends}
        return json.dumps(sayable(told), separators=(",", ":")).encode()
