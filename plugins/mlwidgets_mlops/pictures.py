"""How two samples and their comparison are drawn: figures, and the columns that only they need."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, TypedDict

import numpy as np

from mlwidgets import Bars, Curve, Line, Scatter, Words

from .samples import Floats

SEEN = 400  # places of a curve that is drawn
DOTS = 300  # of a sample
GAPS = 60  # bars of the null

KS_VIEWS = (
    Curve(
        *("F", "G"),
        title="Share up to each value",
        note="of the first sample and the second; the stick is D",
        x="grid",
        dots=("where", "stick"),
        at="where",
        steps=True,
        lo=0,
        hi=1,
    ),
    Curve(
        "null",
        title="Gaps of shuffled labels",
        note="and D, where the rule stands",
        x="gaps",
        at="at",
        steps=True,
        lo=0,
    ),
    Line(
        *("p_shuffled", "p_exact", "p_limit"),
        title="p",
        note="by shuffling, by counting, of many values",
        x="dealt",
        lo=0,
    ),
    Scatter("dots", "The samples", "draw to compare your own", labels="classes", draws="drawn"),
    Words("said", "In words"),
)
PSI_VIEWS = (
    Curve(
        *("P", "Q"),
        title="Share of each bin",
        note="of the reference and of what has come; a click cuts",
        x="edges",
        at="at",
        picks="cuts",
        steps=True,
        lo=0,
    ),
    Bars("c", "Contribution", "of each bin", labels="ranges"),
    Line(*("psi", "noise"), title="Index", note="and what chance gives", x="batch", lo=0),
    Curve(
        *("by_bins", "by_chance"),
        title="Index by the number of bins",
        note="and what chance gives",
        x="counts",
        at="chosen",
        lo=0,
    ),
    Scatter("dots", "The samples", "draw to compare your own", labels="classes", draws="drawn"),
    Words("said", "In words"),
)


class Dotted(TypedDict):
    dots: Annotated[list[list[float]], "dot axis"]
    classes: Annotated[list[int], "dot"]


class Binned(Dotted):
    edges: Annotated[list[float], "place"]
    at: Annotated[list[float], "cut"]
    ranges: list[str]


def places(x: Floats, y: Floats, also: float) -> Floats:
    """Places enough to draw two distributions, `also` among them, and one to the left of all."""
    found = np.unique(np.concatenate([x, y]))
    found = found[np.isfinite(found)]
    if len(found) > SEEN:
        found = found[np.unique(np.linspace(0, len(found) - 1, SEEN).astype(int))]
    before = found[0] - max((found[-1] - found[0]) / 20, 1e-9) if len(found) else 0.0
    return np.union1d(found, [before, also] if np.isfinite(also) else [before])


def dotted(x: Floats, y: Floats) -> Dotted:
    """Dots of two samples, each with its class; how high they stand means nothing."""
    found, classes = [], []
    for label, sample in enumerate((x, y)):
        some = sample[np.isfinite(sample)]
        some = (
            some[np.unique(np.linspace(0, len(some) - 1, DOTS).astype(int))] if len(some) else some
        )
        high = 0.9 * ((np.arange(len(some)) * 0.618) % 1)  # spread evenly, the same each time
        found += np.stack([some, high - label], 1).tolist()
        classes += [label] * len(some)
    return Dotted(dots=found, classes=classes)


def binned(cuts: Floats, x: Floats, y: Floats) -> Binned:
    """Where the steps of a staircase of bins begin and the last one ends; and the bins in words."""
    ends = np.array([min(x[0], y[0]), max(x[-1], y[-1])])
    lo, hi = np.where(np.isfinite(ends), ends, np.sign(ends) * 1e300)
    lo, hi = min(lo, *cuts[:1]), max(hi, *cuts[-1:])
    said = [f"{cut:.4g}" for cut in cuts]
    between = [f"{a} to {b}" for a, b in pairwise(said)]
    words = [f"under {said[0]}", *between, f"from {said[-1]}"] if said else ["all"]
    edges = [float(lo), *cuts.tolist(), float(hi)]
    return Binned(**dotted(x, y), edges=edges, at=cuts.tolist(), ranges=words)


def verdict(psi: float, noise: float, n: int, m: int) -> str:
    """What the index says, by the rule of thumb of credit scoring."""
    said = "stable" if psi < 0.1 else "moving" if psi < 0.25 else "unlike"
    text = f"psi {psi:.3f}, by the rule of thumb (0.1, 0.25) {said}"
    return f"{text}; {noise:.3f} is what {n:,} and {m:,} values that did not move would give"


def told(gap: Any, p: float | None) -> str:
    """The stick, the values and the shuffles of a comparison, in words."""
    n, m = len(gap.x), len(gap.y)
    ties = n + m - int(gap.last.sum())
    text = f"D = {gap.D:.4f} at {gap.where:.4g}; {n:,} values beside {m:,}, "
    text += f"{ties:,} of them equal to another" if ties else "no two equal"
    return text + (f"; {gap.as_long:,} of {gap.dealt:,} shuffles are as far" if p else "")
