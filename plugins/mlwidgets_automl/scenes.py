"""What a Gaussian process looks at: points that a person draws in a window, or a table's rows."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, Protocol, TypedDict

import numpy as np
import numpy.typing as npt

import mlwidgets as ml

from .dense import Floats, Shape, pairs

if TYPE_CHECKING:
    from .gp import GP

CLICKED = ml.Points(
    [
        [-0.92, -0.31],
        [-0.83, -0.02],
        [-0.67, 0.21],
        [-0.55, 0.52],
        [-0.31, 0.44],
        [-0.12, 0.56],
        [0.14, -0.12],
        [0.31, -0.33],
        [0.43, -0.61],
        [0.62, -0.42],
    ]
)
Seen = Annotated[ml.Points, ml.PointsKind(most=200), ml.Unless("data")]
Size = Annotated[float, ml.Log(0.01, 10)]
VIEWS = (
    ml.Scatter(
        "xy",
        "How likely each value is",
        field="density",
        over="extent",
        trail="path",
        draws="points",
    ),
    ml.Curve("mean", "f1", "f2", x="grid", band="band", dots=("x", "y"), title="Functions"),
    ml.Scatter("told", "Rows kept for the test", axes=("the last column", "as told by the others")),
    ml.Bars("lengths", "Length scale", "of each input", labels="inputs"),
    ml.Line("evidence", title="Evidence", note="log p(y), in nats"),
    ml.Scatter(
        "here",
        "Evidence",
        "of each length scale and noise, nats below the highest",
        marks="here",
        field="ridge",
        over="edges",
        axes=("log₁₀ length scale", "log₁₀ noise / amplitude"),
    ),
    ml.Values("length", "amplitude", "noise", title="In force", note="; the window is 2 by 2"),
)

TURN = 2 * np.pi / 60  # of the functions from a frame to the next
GRID = 121  # places across the window
LEVELS = 61  # places up the window
RIDGE = 40  # length scales and noises that are tried
ROWS = 2_000  # a Cholesky factor takes n^3 / 3 multiplications
INPUTS = 50
EDGES = (-2.0, 1.0, -3.0, 0.5)  # log10 of the length scales, and of noise over amplitude
DEEP = 8.0  # nats below the highest evidence
TINY = 1e-12
KEPT = 5  # every fifth row is kept for the test


class Look(TypedDict):
    """What there is to see; a table has no window, a window no rows kept for the test."""

    grid: NotRequired[Annotated[ml.Array, "place"]]
    mean: NotRequired[Annotated[ml.Array, "place"]]
    band: NotRequired[Annotated[ml.Array, "place"]]
    x: NotRequired[list[float]]
    y: NotRequired[list[float]]
    xy: NotRequired[Annotated[list[list[float]], "point axis"]]
    density: NotRequired[Annotated[ml.Array, "level place"]]
    extent: NotRequired[Annotated[ml.Array, "end"]]
    path: NotRequired[Annotated[ml.Array, "place axis"]]
    ridge: NotRequired[Annotated[ml.Array, "noise length"]]
    edges: NotRequired[Annotated[ml.Array, "end"]]
    here: NotRequired[Annotated[ml.Array, "mark axis"]]
    f1: NotRequired[Annotated[ml.Array, "place"]]
    f2: NotRequired[Annotated[ml.Array, "place"]]
    length: NotRequired[float]
    inputs: NotRequired[list[str]]
    lengths: NotRequired[Annotated[ml.Array, "input"]]
    told: NotRequired[Annotated[ml.Array, "row axis"]]
    nlpd: NotRequired[Annotated[float, ml.Metric(better="lower")]]


def constant(values: object, dtype: npt.DTypeLike = float) -> npt.NDArray[Any]:
    """An array that never changes, and says so: a trace keeps it once."""
    array = np.array(values, dtype)
    array.setflags(write=False)
    return array


def ridge(X: Floats, y: Floats, shape: Shape) -> Floats:
    """Evidence of each length scale (columns) and noise over amplitude (rows), from the highest.

    The amplitude is the best one; one eigendecomposition of a length scale serves every noise.
    """
    lam = 10.0 ** (2 * np.linspace(*EDGES[2:], RIDGE))[:, None]
    found = np.zeros((RIDGE, RIDGE))
    n = len(y)
    for j, ell in enumerate(10.0 ** np.linspace(*EDGES[:2], RIDGE) if n else ()):
        w, Q = np.linalg.eigh(pairs(X / ell, X / ell, shape)[0])
        e = np.maximum(w, 0) + lam  # (noise, n)
        found[:, j] = -(n * np.log(((Q.T @ y) ** 2 / e).mean(1) + TINY) + np.log(e).sum(1)) / 2
    return constant(np.maximum(found - found.max(), -DEEP), np.float32)


class Scene(Protocol):
    """What is seen, scaled to be of size 1, and how it looks."""

    inputs: int
    X: Floats  # (n, inputs)
    y: Floats  # (n,)

    def see(self, points: ml.Points) -> None:
        """Other points."""

    def look(self, process: GP) -> Look:
        """The next moment."""

    def keep(self, process: GP) -> None:
        """Whatever a later look at this process needs of its matrices."""


def scene_of(points: ml.Points, data: ml.Table | None, seed: int) -> Scene:
    return Window(points, seed) if data is None else Rows(data)


class Window:
    """[-1, 1] twice; where the points lie elsewhere, what holds them, brought to that size."""

    inputs = 1

    def __init__(self, points: ml.Points, seed: int) -> None:
        self.z = np.random.default_rng(seed).standard_normal((2, GRID, 2))
        self.turns = count()
        low, high = np.full(2, -1.0), np.ones(2)
        if len(points) and np.abs(points.xy).max() > 1:
            low, high = points.xy.min(0), points.xy.max(0)
            rim = 0.1 * np.where(high > low, high - low, 1.0)
            low, high = low - rim, high + rim
        self.centre, self.half = (low + high) / 2, (high - low) / 2
        self.places = np.linspace(-1, 1, GRID)[:, None]
        self.grid = constant(self.outside(self.places, 0)[:, 0])
        self.extent = constant([low[0], high[0], low[1], high[1]])
        self.edges = constant(EDGES)
        self.ridges: dict[Shape, Floats] = {}
        self.see(points)

    def outside(self, values: Floats, axis: int) -> Floats:
        """In the user's own units."""
        own: Floats = values * self.half[axis] + self.centre[axis]
        return own

    def see(self, points: ml.Points) -> None:
        """Other points in the same window."""
        scaled = (points.xy - self.centre) / self.half
        self.points, self.X, self.y = points, scaled[:, :1], scaled[:, 1]
        self.ridges.clear()

    def keep(self, process: GP) -> None:
        """A window's processes are small: each is computed when it is looked at."""

    def look(self, process: GP) -> Look:
        """The window in the user's own units; at each look the functions have turned."""
        f = process.functions(self.places, self.z, next(self.turns) * TURN)
        if process.shape not in self.ridges:
            self.ridges[process.shape] = ridge(self.X, self.y, process.shape)
        mean, sd = process.posterior(self.places)
        noisy = np.sqrt(sd**2 + process.noise)
        levels = np.linspace(-1, 1, LEVELS)[:, None]
        density = np.exp(-(((levels - mean) / noisy) ** 2) / 2)
        mean, y = self.outside(mean, 1), self.points.xy[:, 1]
        return Look(
            grid=self.grid,
            mean=mean,
            band=2 * sd * self.half[1],
            x=self.points.xy[:, 0].tolist(),
            y=y.tolist(),
            xy=self.points.xy.tolist(),
            density=density.astype(np.float32),
            extent=self.extent,
            path=np.column_stack([self.grid, mean]),
            ridge=self.ridges[process.shape],
            edges=self.edges,
            here=np.log10([[process.ell[0], np.sqrt(process.noise / process.s2)]]),
            f1=self.outside(f[:, 0], 1),
            f2=self.outside(f[:, 1], 1),
            length=float(process.ell[0]),
        )


class Rows:
    """A table, its last column (or `target`) told by the others; every fifth row is kept."""

    def __init__(self, table: ml.Table) -> None:
        names, values = read(table)
        kept = np.arange(len(values)) % KEPT == KEPT - 1
        low, high = values[~kept].min(0), values[~kept].max(0)
        X = (values - low)[:, :-1] / np.where(high > low, high - low, 1.0)[:-1]
        y = values[:, -1]
        self.centre, self.spread = y[~kept].mean(), y[~kept].std() or 1.0
        y = (y - self.centre) / self.spread
        self.names, self.inputs = names[:-1], len(names) - 1
        self.looks: dict[tuple[bytes, Shape], Look] = {}
        self.X, self.y, self.X_kept, self.y_kept = X[~kept], y[~kept], X[kept], y[kept]

    def see(self, points: ml.Points) -> None:
        """A table stays as it is."""

    def keep(self, process: GP) -> None:
        """A Cholesky factor of many rows is not computed a second time for a picture."""
        self.looks[process.theta.tobytes(), process.shape] = self.look(process)

    def look(self, process: GP) -> Look:
        """How rows that were kept are told, in the user's own units."""
        if kept := self.looks.pop((process.theta.tobytes(), process.shape), None):
            return kept
        mean, sd = process.posterior(self.X_kept)
        v = sd**2 + process.noise
        nlpd = (np.log(2 * np.pi * v * self.spread**2) + (self.y_kept - mean) ** 2 / v).mean() / 2
        told = np.column_stack([self.y_kept, mean]) * self.spread + self.centre
        return Look(inputs=self.names, lengths=process.ell, told=told, nlpd=float(nlpd))


def read(table: ml.Table) -> tuple[list[str], Floats]:
    """Names and numbers, what is to be told last; ParamError says which column cannot be used."""
    names = [name for name in table if name != "target"] + ["target"] * ("target" in table)
    if not 2 <= len(names) <= INPUTS + 1:
        raise ml.ParamError(
            f"data: must have 2 to {INPUTS + 1} columns, has {len(names)}: inputs, and last of all"
            " what they tell",
            "data",
        )
    n = len(table[names[0]])
    if not 2 * KEPT <= n <= ROWS * KEPT // (KEPT - 1):
        raise ml.ParamError(
            f"data: must have {2 * KEPT} to {ROWS * KEPT // (KEPT - 1):,} rows, has {n:,}: work"
            " grows as their third power; take a sample",
            "data",
        )
    return names, np.column_stack([column(name, table[name]) for name in names])


def column(name: str, values: object) -> Floats:
    """Finite numbers; ParamError otherwise."""
    try:
        found = np.asarray(values, float)
    except (TypeError, ValueError):
        raise ml.ParamError(f"data: column {name!r} must hold numbers", "data") from None
    if not np.isfinite(found).all():
        row = int(np.flatnonzero(~np.isfinite(found))[0])
        raise ml.ParamError(f"data: column {name!r} is {found[row]} in row {row}", "data")
    return found
