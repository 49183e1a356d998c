"""What a drift monitor keeps from batch to batch, and the frame that shows it."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

import numpy as np

from mlwidgets import Array, Bars, Curve, Heatmap, Line, Words, nearest

from .columns import Column, Stream, counted, present
from .pictures import binned, places
from .psi import divided, parts, share
from .ranks import Floats, below
from .samples import share_up_to

SHOWN = 16  # columns in the ranking
TRACKED = 24  # columns in the history
BACK = 60  # batches in the history
MOST = 6.0  # evidence beyond which nothing is told apart
FLOOR = 1e-4  # least share of a bin
BINS = 10
Rows = tuple[int, int]
Pair = tuple[Column, Floats, Floats]

DRIFT_VIEWS = (
    Bars("worst", "Distance", "the largest 16, ▲ alarms", labels="worst_names", lo=0, hi=1),
    Heatmap("history", "Evidence", "by column and batch", rows="tracked", cols="when"),
    Line(*("alarms", "chance", "false_alarms"), title="Alarms", x="batch", lo=0),
    Line(*("streak", "triggers"), title="Trigger", note="batches", x="batch", lo=0),
    Curve(
        *("F", "G"),
        title="The column looked at",
        note="share up to each value",
        x="grid",
        steps=True,
        lo=0,
        hi=1,
    ),
    Bars("c", "Stability index", "of that column, by bin or category", labels="ranges", lo=0),
    Words("said", "In words"),
)


class Drilled(TypedDict):
    grid: Annotated[list[float], "place"]
    F: Annotated[list[float], "place"]
    G: Annotated[list[float], "place"]
    ranges: list[str]


class Seen(Drilled):
    D: Annotated[Array, "column"]
    p: Annotated[Array, "column"]
    p_adjusted: Annotated[Array, "column"]
    psi: Annotated[Array, "column"]
    alarms: int
    chance: float | None
    false_alarms: float | None
    missed: float | None
    worst: Annotated[list[float], "rank"]
    worst_names: list[str]
    history: Annotated[Array, "column batch"]
    tracked: list[str]
    when: list[str]
    c: Annotated[list[float], "bin"]
    shown: str
    said: str


class Monitor:
    """The reference, the stream, and the alarms so far."""

    def __init__(self, stream: Stream, batches: int) -> None:
        self.stream, self.batches, self.since = stream, batches, 0
        self.columns = stream.columns
        self.set_reference([column.reference for column in self.columns], 0.0)
        K = len(self.columns)
        self.evidence = np.zeros((K, batches))
        self.raised = np.zeros(K, int)  # alarms of each column so far
        self.by_chance: list[int] = []
        known = stream.onset is not None
        self.false_so_far = 0
        self.false_alarms: float | None = 0.0 if known else None
        self.missed: float | None = 0.0 if known else None

    def set_reference(self, reference: list[Floats], moved: float) -> None:
        """moved: the share of rows that are known to have drifted."""
        self.reference, self.moved = reference, moved
        self.cuts: list[Floats] = []
        self.P: list[Floats] = []
        for column, x in zip(self.columns, map(present, reference), strict=True):
            self.cuts.append(divided(x, BINS) if not column.names and len(x) else np.zeros(0))
            self.P.append(self.shares(len(self.P), x))

    def shares(self, k: int, v: Floats) -> Floats:
        """Of the values of column k, in its bins or categories."""
        names = self.columns[k].names
        up_to = np.cumsum(counted(v, names))[:-1] if names else below(v, self.cuts[k])
        return share(up_to, max(len(v), 1), FLOOR)

    def rows(self, batch: int, window: int) -> Rows:
        """Of the current table; none of those that the reference holds."""
        total = self.stream.rows
        begin = total * max(batch - window, 0) // self.batches
        end = max(total * batch // self.batches, 1)
        return min(max(begin, self.since), end - 1), end

    def pairs(self, rows: Rows) -> list[Pair]:
        """Each column with the values of the reference and of the window that are there."""
        return [
            (column, present(x), present(column.current[slice(*rows)]))
            for column, x in zip(self.columns, self.reference, strict=True)
        ]

    def dealt(self, rows: Rows, rng: np.random.Generator) -> list[Pair]:
        """The same after the rows of both were shuffled, whole: what chance alone makes of them."""
        m = rows[1] - rows[0]
        order = rng.permutation(len(self.reference[0]) + m)
        found = []
        for column, x in zip(self.columns, self.reference, strict=True):
            pool = np.concatenate([x, column.current[slice(*rows)]])[order]
            found.append((column, present(pool[m:]), present(pool[:m])))
        return found

    def count(self, batch: int, rows: Rows, p_adjusted: Floats, alpha: float) -> None:
        """Keep the evidence, and how many alarms of this batch are known to be false."""
        alarmed = p_adjusted <= alpha
        self.evidence[:, batch - 1] = np.minimum(-np.log10(np.maximum(p_adjusted, 1e-300)), MOST)
        self.raised += alarmed
        self.batch = batch
        if self.stream.onset is None:
            return
        differs = self.drifted(rows) != self.moved
        truth = np.array([differs and c.name in self.stream.moved for c in self.columns])
        self.false_alarms = float((alarmed & ~truth).sum())
        self.missed = float((truth & ~alarmed).sum())
        self.false_so_far += int(self.false_alarms)

    def drifted(self, rows: Rows) -> float:
        """The share of a window's rows that are known to have drifted."""
        lo, hi = rows
        return float(np.clip(hi - (self.stream.onset or 0), 0, hi - lo) / (hi - lo))

    def adopt(self, rows: Rows) -> None:
        """Train anew: the window becomes the reference, and what it holds is seen no more."""
        known = self.stream.onset is not None
        window = [column.current[slice(*rows)] for column in self.columns]
        self.set_reference(window, self.drifted(rows) if known else 0.0)
        self.since = rows[1]

    def contributions(self, k: int, y: Floats) -> Floats:
        """To the index of column k, of each bin; nothing where a sample is empty."""
        there = len(y) and not np.isnan(self.reference[k]).all()
        return parts(self.P[k], self.shares(k, y)) if there else np.zeros(len(self.P[k]))

    def frame(
        self, rows: Rows, D: Floats, p: Floats, p_adjusted: Floats, alpha: float, column: str
    ) -> Seen:
        pairs, alarmed = self.pairs(rows), p_adjusted <= alpha
        c = [self.contributions(k, y) for k, (_, _, y) in enumerate(pairs)]
        worst = np.lexsort((np.arange(len(D)), -D))[:SHOWN]
        k, word = self.looked_at(column, D, p)
        tracked = np.sort(np.lexsort((np.arange(len(D)), -self.raised))[:TRACKED])
        first = max(self.batch - BACK, 0)
        last = min(first + BACK, self.batches)
        chance = float(np.mean(self.by_chance)) if self.by_chance else None
        return Seen(
            D=D,
            p=p,
            p_adjusted=p_adjusted,
            psi=np.array([part.sum() for part in c]),
            alarms=int(alarmed.sum()),
            chance=chance,
            false_alarms=self.false_alarms,
            missed=self.missed,
            worst=D[worst].tolist(),
            worst_names=[self.columns[j].name + " ▲" * bool(alarmed[j]) for j in worst],
            history=self.evidence[tracked, first:last].astype(np.float32),
            tracked=[self.columns[j].name for j in tracked],
            when=[str(b + 1) for b in range(first, last)],
            **self.looked_into(k, *pairs[k][1:]),
            c=c[k].tolist(),
            shown=self.columns[k].name,
            said=self.words(k, word, alarmed, D, p_adjusted),
        )

    def looked_at(self, column: str, D: Floats, p: Floats) -> tuple[int, str]:
        """The column that was asked for, else the one that moved most; and what there is to say."""
        names = [c.name for c in self.columns]
        if column in names:
            return names.index(column), ""
        moved = int(np.lexsort((-D, p))[0])
        if not column:
            return moved, "moved most: "
        return moved, f"there is no column {column[:40]!r}.{nearest(column, names)} Moved most: "

    def looked_into(self, k: int, x: Floats, y: Floats) -> Drilled:
        """Both distributions of one column; categories stand at 0, 1, 2, ... in their order."""
        names = self.columns[k].names
        if not len(x) or not len(y):
            return Drilled(grid=[], F=[], G=[], ranges=[])
        x, y = np.sort(x), np.sort(y)
        grid = np.arange(-1.0, len(names)) if names else places(x, y, float("nan"))
        ranges = [*names] if names else binned(self.cuts[k], x, y)["ranges"]
        F, G = (share_up_to(v, grid).tolist() for v in (x, y))
        return Drilled(grid=grid.tolist(), F=F, G=G, ranges=ranges)

    def words(self, k: int, word: str, alarmed: Any, D: Floats, p_adjusted: Floats) -> str:
        K, n = len(D), int(alarmed.sum())
        column = self.columns[k]
        test = "Cramér's V" if column.names else "D"
        text = f"{n} of {K} columns alarm; {word}{column.name}, {test} {D[k]:.3f}"
        text += f", corrected p {p_adjusted[k]:.2g}"
        if self.false_alarms is not None:
            text += f"; {self.false_so_far} false alarms so far, in {self.batch * K:,} tests"
        if self.stream.apart:
            text += f"; in one table only: {', '.join(self.stream.apart[:4])[:120]}"
            text += f" and {len(self.stream.apart) - 4} more" * (len(self.stream.apart) > 4)
        if column.names and len(column.names) <= 6:
            text += "; " + ", ".join(f"{i} is {name}" for i, name in enumerate(column.names))
        return text

    def report(self, D: Floats, p: Floats, p_adjusted: Floats) -> list[dict[str, Any]]:
        """A row for each column, as a DataFrame takes it."""
        tests = ["chi-square" if column.names else "Kolmogorov-Smirnov" for column in self.columns]
        rows = zip(self.columns, tests, D, p, p_adjusted, self.raised, strict=True)
        return [
            {"column": c.name, "test": test, "distance": float(d), "p": float(one)}
            | {"p_adjusted": float(two), "alarms": int(raised)}
            for c, test, d, one, two, raised in rows
        ]
