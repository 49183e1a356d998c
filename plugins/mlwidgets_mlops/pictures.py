"""How two samples and their comparison are drawn: figures, and the columns that only they need."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, TypedDict

import numpy as np

from mlwidgets import Bars, Curve, Line, Scatter, Values, Words

from .samples import Floats

SEEN = 400  # places of a curve that is drawn
DOTS = 300  # of a sample
PLACES = 201  # along the axis of the bins, where a cut can be made
GAPS = 60  # bars of the null

STICK = 13  # dots of the measuring stick

KS_VIEWS = (
    Curve(
        *("F", "G"),
        title="Staircases",
        note="the stick is D",
        x="grid",
        dots=("where", "stick"),
        at="place",
        steps=True,
        lo=0,
        hi=1,
    ),
    Curve(
        "null",
        title="Gaps of shuffled labels",
        note="the rule is D",
        x="gaps",
        at="at",
        steps=True,
        lo=0,
        hue="third",
    ),
    Line(*("p_shuffled", "p_exact", "p_limit"), title="p", x="dealt", lo=0),
    Values(*("D", "p_shuffled", "p_exact", "p_limit"), title="The stick and its p"),
    Scatter(
        *("dots", "The samples", "only how far right matters; draw more"),
        labels="classes",
        names=("first", "second"),
        draws="drawn",
        axes=("value", ""),
        wide=True,
    ),
    Words("said", "In words"),
)
PSI_VIEWS = (
    Curve(
        *("P", "Q"),
        title="Share of each bin",
        note="click to cut",
        x="edges",
        at="at",
        picks="cuts",
        steps=True,
        lo=0,
        wide=True,  # the words under the pointer need the room
    ),
    Bars("c", "Contribution", "of each bin", labels="ranges", lo=0),
    Line(*("psi", "noise"), title="Index", x="batch", lo=0, hi=1),
    Curve(
        *("by_bins", "by_chance"),
        title="Index by bins",
        note="of the same values",
        x="counts",
        at="chosen",
        lo=0,
    ),
    Scatter(
        *("dots", "The samples", "only how far right matters; draw more"),
        labels="classes",
        names=("reference", "current"),
        draws="drawn",
        axes=("value", ""),
        wide=True,
    ),
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
    before = found[0] - max(found[-1] / 20 - found[0] / 20, 1e-9) if len(found) else 0.0
    return np.union1d(found, [before, also] if np.isfinite(also) else [before])


def dotted(x: Floats, y: Floats) -> Dotted:
    """Dots of two samples, each with its class; how high they stand means nothing."""
    both = np.concatenate([x, y])
    both = both[np.isfinite(both)]
    high = float(both.max() / 6 - both.min() / 6) if len(both) else 1.0
    found, classes = [], []
    for label, sample in enumerate((x, y)):
        some = np.sort(sample[np.isfinite(sample)])
        some = (
            some[np.unique(np.linspace(0, len(some) - 1, DOTS).astype(int))] if len(some) else some
        )
        up = 0.9 * ((np.arange(len(some)) * 0.618) % 1) - label  # evenly, the same each time
        found += np.stack([some, (high or 1.0) * up], 1).tolist()
        classes += [label] * len(some)
    return Dotted(dots=found, classes=classes)


def binned(cuts: Floats, x: Floats, y: Floats) -> Binned:
    """Places along the bins, close enough to be picked from; their cuts, and the bins in words."""
    said = [f"{cut:.4g}" for cut in cuts]
    between = [a if a == b else f"to {b}" for a, b in pairwise(said)]
    last = "above" if said[-1:] == said[-2:-1] else "from"
    words = [f"under {said[0]}", *between, f"{last} {said[-1]}"] if said else ["all"]
    ends = np.concatenate([x[[0, -1]], y[[0, -1]], cuts])
    ends = ends[np.isfinite(ends)]
    lo, hi = (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 1.0)
    edges = np.union1d(2 * np.linspace(lo / 2, hi / 2, PLACES), cuts)  # halves: the range is finite
    return Binned(**dotted(x, y), edges=edges.tolist(), at=cuts.tolist(), ranges=words)


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
