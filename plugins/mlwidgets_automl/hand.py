"""What a person asks of a search in its figures: where to look next, and where never."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

import mlwidgets as ml

from .dense import Floats
from .objectives import Function
from .searching import Allowed

NEAR = 0.03  # of each input's range about a vetoed place
LOOK, VETO = 0, 1  # the classes of points


class Hand:
    """Places of the one input, or of the two that are shown; each is asked for once."""

    def __init__(self, f: Function, across: Sequence[int] = (0,)) -> None:
        self.f, self.across = f, [0] if len(f.bounds) == 1 else list(across)
        self.taken: set[tuple[float, ...]] = set()

    def fresh(self, places: Sequence[object]) -> list[tuple[float, ...]]:
        """Those that were not taken yet."""
        rows = np.reshape(np.asarray(places, float), (-1, len(self.across))).tolist()
        return [place for place in map(tuple, rows) if place not in self.taken]

    def asked(self, places: Sequence[object], x: Floats, who: str) -> tuple[Floats, str]:
        """x, with what a person asked for in its place: the first that was not taken yet."""
        for place in self.fresh(places)[:1]:
            self.taken.add(place)
            outside = self.f.outside(x)
            outside[self.across] = place
            unit = self.f.inside(outside)
            far = not np.allclose(self.f.outside(unit), outside)
            return unit, "you, brought to the edge" if far else "you"
        return x, who

    def wanted(self, picks: Sequence[float], points: ml.Points, moved: ml.Points) -> list[object]:
        """What was clicked and what was dragged, in the function's own units."""
        if len(self.across) == 1:
            return list(picks)
        return [*moved.xy.tolist()[:1], *points.xy[points.labels == LOOK].tolist()]

    def allowed(self, veto: Sequence[float], points: ml.Points) -> Allowed:
        """Which places of the unit cube are not beside a vetoed one."""
        shown = veto if len(self.across) == 1 else points.xy[points.labels == VETO]
        places = np.reshape(np.asarray(shown, float), (-1, len(self.across)))
        low, high = np.array(self.f.bounds)[self.across].T
        unit = (places - low) / (high - low)

        def allowed(x: Floats) -> npt.NDArray[np.bool_]:
            if not len(unit):
                return np.ones(len(x), bool)
            far: Floats = np.abs(x[:, None, self.across] - unit).max(2).min(1)
            return far >= NEAR

        return allowed
