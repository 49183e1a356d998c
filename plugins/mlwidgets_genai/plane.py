"""The plane of the points: what brings them to the network's scale, and how much of it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]
WIDE = 1.6  # how far out the plane that a hand draws on is shown
FAR = 3.2  # deviations around a table's columns, which hold nearly all of the noise
SIDE = 13  # arrows each way
MARGIN = 0.05  # of their range, around points that lie farther out


@dataclass(frozen=True)
class Plane:
    """`(xy - centre) / scale` has mean 0 and a deviation of about 1."""

    centre: Floats
    scale: Floats
    extent: Floats  # x0, x1, y0, y1

    def inwards(self, xy: Floats) -> Floats:
        """From the plane to the network's scale."""
        return np.asarray((xy - self.centre) / self.scale, np.float32)

    def outwards(self, x: Floats) -> Floats:
        """And back."""
        return np.asarray(x * self.scale + self.centre)

    def arrows(self) -> Floats:
        """Where arrows stand, a grid over what is shown, (SIDE^2, 2)."""
        x0, x1, y0, y1 = self.extent
        part = (np.arange(SIDE) + 0.5) / SIDE
        grid = np.meshgrid(x0 + (x1 - x0) * part, y0 + (y1 - y0) * part, indexing="ij")
        return np.stack(grid, -1).reshape(-1, 2).astype(self.centre.dtype)

    def holding(self, xy: Floats) -> Plane:
        """The same scale; so much more is shown that other points are in it."""
        low, high = self.extent.reshape(2, 2).T
        if not len(xy) or ((low <= xy) & (xy <= high)).all():
            return self
        room = MARGIN * np.ptp(xy, 0)
        low, high = np.minimum(low, xy.min(0) - room), np.maximum(high, xy.max(0) + room)
        return Plane(self.centre, self.scale, _extent(low, high))


def plane_of(xy: Floats) -> Plane:
    """Points that a hand can have drawn have one scale, a table's columns units of their own."""
    drawn = np.abs(xy).max(initial=0) <= WIDE
    centre = xy.mean(0) if len(xy) else np.zeros(2)
    away = xy - centre
    spread = np.full(2, away.std()) if drawn and len(xy) else away.std(0) if len(xy) else centre
    scale = np.where(spread > 0, spread, 0.5)
    if drawn:
        ends = np.full(2, WIDE)
        return Plane(centre.astype(np.float32), scale.astype(np.float32), _extent(-ends, ends))
    seen = Plane(centre, scale, _extent(centre - FAR * scale, centre + FAR * scale))
    return seen.holding(xy)


def _extent(low: Floats, high: Floats) -> Floats:
    found = np.stack([low, high], 1).ravel()
    found.setflags(write=False)
    return found
