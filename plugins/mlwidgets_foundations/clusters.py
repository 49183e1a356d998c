"""What stands around k-means: where its points come from, what is seen, how it is fast."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt

import mlwidgets as ml

from .many import Floats, Ints, lifted, nearest

SHOWN = 3_000  # points that a figure gets; all are computed
SIDE = 240  # pixels of the picture's longer side
CELLS = 120  # a side of the regions
COLOURS = 10
FLAT = 1e-12  # of the largest variance
WAYS = 60  # half-steps of which a centre shows its way


@dataclass(frozen=True)
class Cloud:
    """Points of any dimension, about their mean, and the plane in which they are seen.

    X: (n, d) less `mean`. plane: (2, d), what is right and what is up; one or two columns are seen
    in their own units, also where X is scaled. axes: their names, none where a hand draws.
    """

    X: Floats
    mean: Floats
    plane: Floats
    axes: tuple[str, str]
    said: str
    pixels: tuple[int, int] | None = None

    def seen(self, x: Floats) -> Floats:
        """Where (..., d) lies in the figure, (..., 2)."""
        return np.asarray((x + self.mean) @ self.plane.T)

    def moved(self, mu: Floats, places: Floats) -> Floats:
        """Centres moved to places in the figure; what it does not show of them stays."""
        long = (self.plane**2).sum(axis=1, keepdims=True)  # its rows stand upright on each other
        back = self.plane / np.where(long > 0, long, 1)
        return np.asarray(mu + (places - self.seen(mu)) @ back)


def read(
    points: ml.Points, data: ml.Table | None, image: ml.Image | None, scaled: bool = False
) -> Cloud:
    """The points to be clustered: an image's colours, else a table's rows, else those drawn."""
    if image is not None:
        rows, columns = image.shape[:2]
        colours = image.pixels.reshape(rows * columns, 3).astype(float)
        said, names = f"{rows * columns:,} pixels", ["red", "green", "blue"]
        return _cloud(colours, names, said, scaled, (rows, columns))
    if data is not None:
        return _cloud(*_table(data), scaled)
    return _cloud(points.xy, ["", ""], f"{len(points):,} points", scaled)


def _table(data: Mapping[str, Any]) -> tuple[Floats, list[str], str]:
    """All columns of numbers, and the rows that lack none of them."""
    names = [n for n, column in data.items() if np.asarray(column).dtype.kind in "biuf"]
    if not names:
        known = ", ".join(data)[:120]
        raise ml.ParamError(f"data: must have a column of numbers, has {known}", "data")
    X = np.stack([np.asarray(data[n], dtype=float) for n in names], axis=1)
    whole = (np.abs(X) < 1e100).all(axis=1)
    if not whole.any():
        raise ml.ParamError("data: must have a row in which all numbers are finite", "data")
    left_out = len(X) - int(whole.sum())
    said = f"{len(X) - left_out:,} rows of {len(names)} columns"
    said += f", {left_out:,} with gaps left out" * bool(left_out)
    return (X[whole] if left_out else X), names, said


def _cloud(
    X: Floats, names: list[str], said: str, scaled: bool, pixels: tuple[int, int] | None = None
) -> Cloud:
    spread = np.ones(X.shape[1])
    if scaled:
        spread = np.where((found := X.std(axis=0)) > 0, found, 1)
        X = X / spread
    mean = X.mean(axis=0)
    X = X - mean
    if X.shape[1] <= 2:
        axes = names[0], [*names, ""][1]
        return Cloud(X, mean, np.eye(2, X.shape[1]) * spread, axes, said, pixels)
    variance, V = np.linalg.eigh(X.T @ X)
    plane = V.T[:-3:-1]
    some = variance[:-3:-1] > FLAT * variance[-1]  # else they differ by rounding alone
    plane = plane * (np.where(plane.sum(axis=1) < 0, -1, 1) * some)[:, None]
    first, second = 100 * variance[:-3:-1] / (variance.sum() or 1)
    axes = f"principal component 1, {first:.0f}%", f"2, {second:.0f}%"
    return Cloud(X, mean, plane, axes, said, pixels)


class Seen(TypedDict):
    xy: Annotated[ml.Array, "point axis"]
    z: Annotated[ml.Array, "point"]
    p: Annotated[list[float], "point"]
    mu: Annotated[ml.Array, "centre axis"]
    ways: Annotated[list[Floats], "centre step axis"]
    field: Annotated[ml.Array, "row column"]
    over: Annotated[ml.Array, "end"]
    axes: list[str]
    inertia: float | None
    sizes: Annotated[ml.Array, "centre"]
    names: list[str]
    iteration: int
    picture: NotRequired[Annotated[ml.Array, "row column colour"]]


class Figure:
    """What is seen of the points: some of them, in the plane; the regions where there are two axes;
    the picture where they are an image's."""

    def __init__(self, cloud: Cloud, k: int) -> None:
        self.cloud, self.k = cloud, k
        self.some = slice(None, None, math.ceil(len(cloud.X) / SHOWN))
        self.xy = _still(cloud.seen(cloud.X[self.some]))
        flat = cloud.X.shape[1] == 2
        self.over = _still(_around(self.xy, not any(cloud.axes)) if flat else np.zeros(0))
        self.grid = cloud.moved(np.zeros(2), _grid(self.over)) if flat else np.zeros((0, 2))
        self.ways: list[Floats] = []

    def frame(
        self,
        mu: Floats,
        z: Ints | None = None,
        J: float | None = None,
        iteration: int = 0,
        p: Floats | None = None,
    ) -> Seen:
        places = self.cloud.seen(mu)
        if z is not None:
            self.ways = [*self.ways[1 - WAYS :], places]
        no_one = np.full(len(self.xy), -1, dtype=np.int16)
        seen: Seen = {
            "xy": self.xy,
            "z": no_one if z is None else z[self.some].astype(np.int16),
            "p": [] if p is None else [*p[self.some]],
            "mu": places,
            "ways": [*np.swapaxes(self.ways, 0, 1)] if self.ways else [np.zeros((0, 2))] * self.k,
            "field": self._regions(mu, z),
            "over": self.over,
            "axes": [*self.cloud.axes],
            "inertia": J,
            "sizes": np.bincount(z, minlength=self.k) if z is not None else np.zeros(self.k, int),
            "names": [str(j + 1) for j in range(self.k)],
            "iteration": iteration,
        }
        if self.cloud.pixels is not None:
            seen["picture"] = self._picture(mu, z)
        return seen

    def _regions(self, mu: Floats, z: Ints | None) -> npt.NDArray[np.int8]:
        """The nearest centre of each cell, as the colours count; -1 while there are none."""
        if not len(self.grid):
            return np.zeros((0, 0), dtype=np.int8)
        none = np.full(len(self.grid), -1)
        found = none if z is None else nearest(lifted(self.grid), mu) % COLOURS
        return found.reshape(CELLS, CELLS).astype(np.int8)

    def _picture(self, mu: Floats, z: Ints | None) -> npt.NDArray[np.uint8]:
        """Each pixel in the colour of its centre, as many as a figure shows."""
        rows, columns = self.cloud.pixels or (0, 0)
        every = math.ceil(max(rows, columns) / SIDE)
        at = np.arange(rows * columns).reshape(rows, columns)[::every, ::every]
        colours = self.cloud.X[at] if z is None else mu[z[at]]
        return np.rint(255 * np.clip(colours + self.cloud.mean, 0, 1)).astype(np.uint8)


def _still(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """It never changes: a frame's trace keeps it once."""
    array = np.array(array)
    array.setflags(write=False)
    return array


def _around(xy: Floats, drawn: bool) -> Floats:
    """The part of the plane that is seen: the square where one draws, or around the points."""
    lo, hi = xy.min(axis=0), xy.max(axis=0)
    if drawn and (lo >= -1.2).all() and (hi <= 1.2).all():
        return np.array([-1.12, 1.12, -1.12, 1.12])
    pad = np.where(hi > lo, 0.06 * (hi - lo), 1)
    return np.stack([lo - pad, hi + pad], axis=1).ravel()


def _grid(over: Floats) -> Floats:
    """The middles of the cells, row 0 at the bottom: (cells, 2)."""
    part = (np.arange(CELLS) + 0.5) / CELLS
    x, y = over[0] + part * (over[1] - over[0]), over[2] + part * (over[3] - over[2])
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
