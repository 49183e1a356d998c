"""What a network learns from: points of the plane or a table, and a plane to look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mlwidgets import ParamError, Points, PointsKind, Table

Floats = npt.NDArray[np.float64]
SHOWN = 2_000  # examples of a table that are drawn
MOST_CLASSES = 20
SIDE = 33  # squares of the plane, each way
TWO = PointsKind(classes=2)
MOONS: Points = TWO.check("moons")


class Parts(NamedTuple):
    """Four fifths to learn from, with Y their classes one-hot, and a fifth for the test."""

    train_x: Tensor
    train_y: Tensor
    train_Y: Tensor
    test_x: Tensor
    test_y: Tensor


@dataclass(frozen=True)
class Examples:
    """Inputs brought to mean 0 and deviation 1, split, and a plane to look at.

    xy: (n, 2) where the examples are drawn; y: (n,) their classes; plane: (SIDE^2, features) what
    is asked for the picture, row by row from below; extent: x0, x1, y0, y1 of it; axes: what its
    two sides are. inputs, outputs: names of the features and of the classes. plain: the plane is
    the data's own.
    """

    parts: Parts
    xy: Floats
    y: npt.NDArray[np.int32]
    plane: Tensor
    extent: Floats
    axes: list[str]
    inputs: list[str]
    outputs: list[str]
    plain: bool
    centre: Floats
    scale: Floats

    @property
    def classes(self) -> int:
        return len(self.outputs)

    @property
    def features(self) -> int:
        return int(self.plane.shape[1])

    def batches(self, batch: int) -> int:
        """Mini-batches of an epoch."""
        return max(1, -(-len(self.parts.train_y) // batch))

    def shuffled(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """The examples to learn from in another order, and their classes one-hot."""
        order = torch.as_tensor(rng.permutation(len(self.parts.train_y)))
        return self.parts.train_x[order], self.parts.train_Y[order]

    def again(self, points: Points) -> Examples:
        """Other points in the same plane, at the same scale."""
        x = (points.xy - self.centre) / self.scale
        fresh = _split(x, points.labels, 2)
        return replace(self, parts=fresh, xy=points.xy, y=_fixed(points.labels.astype(np.int32)))


def examples(points: Points, data: Table | None, target: str) -> Examples:
    """Those of the points, or of a table with its column of classes."""
    if data is None:
        return _made(points.xy, points.labels, ["class 0", "class 1"], ["x1", "x2"])
    X, y, classes, names = _columns(data, target)
    return _made(X, y, classes, names)


def _made(X: Floats, y: npt.NDArray[Any], classes: list[str], names: list[str]) -> Examples:
    centre = X.mean(0) if len(X) else np.zeros(X.shape[1])
    scale = X.std(0) if len(X) > 1 else np.ones(X.shape[1])
    scale = np.where(scale > 1e-12, scale, 1.0)
    x = (X - centre) / scale
    plain = X.shape[1] == 2
    axes = np.eye(2) if plain else _components(x)  # (2, features)
    xy = X if plain else x @ axes.T
    extent = _extent(xy)
    across, up = (np.linspace(a, b, SIDE) for a, b in (extent[:2], extent[2:]))
    grid = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    plane = (grid - centre) / scale if plain else grid @ axes
    return Examples(
        parts=_split(x, y, len(classes)),
        xy=_fixed(xy[:SHOWN].copy()),
        y=_fixed(y[:SHOWN].astype(np.int32)),
        plane=_tensor(plane),
        extent=_fixed(extent),
        axes=names if plain else ["first principal component", "second"],
        inputs=names,
        outputs=classes,
        plain=plain,
        centre=centre,
        scale=scale,
    )


def _split(x: Floats, y: npt.NDArray[Any], classes: int) -> Parts:
    test = np.arange(len(x)) % 5 == 4
    label = torch.as_tensor(np.asarray(y[~test], dtype=np.int64))
    one_hot = torch.nn.functional.one_hot(label, classes).float()
    kept = torch.as_tensor(np.asarray(y[test], dtype=np.int64))
    return Parts(_tensor(x[~test]), label, one_hot, _tensor(x[test]), kept)


def _tensor(array: Floats) -> Tensor:
    return torch.as_tensor(np.ascontiguousarray(array, dtype=np.float32))


def _fixed(array: Any) -> Any:
    """Read-only: a constant that frames share."""
    array.setflags(write=False)
    return array


def _components(x: Floats) -> Floats:
    """The two directions along which the examples differ most, (2, features)."""
    if x.shape[1] == 1:
        return np.array([[1.0], [0.0]])
    _, axes = np.linalg.eigh(x.T @ x)
    found: Floats = axes[:, :-3:-1].T
    return found


def _extent(xy: Floats) -> Floats:
    """A square around the examples; [-1.2, 1.2] around those that a person draws."""
    far = np.abs(xy).max() if len(xy) else 1.0
    if 0.5 <= far <= 1.2 or not len(xy):
        return np.array([-1.2, 1.2, -1.2, 1.2])
    lo, hi = xy.min(0), xy.max(0)
    room = 0.08 * np.maximum(hi - lo, 1e-9)
    return np.array([lo[0] - room[0], hi[0] + room[0], lo[1] - room[1], hi[1] + room[1]])


def _columns(
    data: Table, target: str
) -> tuple[Floats, npt.NDArray[np.int64], list[str], list[str]]:
    """Features (n, features), classes (n,), names of both; ParamError for faults."""
    names = list(data)
    of = target or names[-1]
    if of not in names:
        near = get_close_matches(of, names, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ParamError(
            f"target={of!r}: is no column of data.{hint} (known: {', '.join(names[:12])})", "target"
        )
    inputs = [name for name in names if name != of]
    if not inputs or len(data) < 10:
        raise ParamError(
            f"data: has {len(data)} rows and {len(inputs)} columns beside {of!r};"
            " must have 10 rows or more, and a column to learn from",
            "data",
        )
    X = np.stack([_numbers(name, data[name]) for name in inputs], axis=1)
    if missing := sum(value is None or value != value for value in data[of]):
        raise ParamError(f"target={of!r}: has {missing} missing values", "target")
    classes, y = np.unique(data[of].astype(str), return_inverse=True)
    most = min(MOST_CLASSES, len(data) // 2)  # what is measured has a value for each row
    if not 2 <= len(classes) <= most:
        raise ParamError(
            f"target={of!r}: has {len(classes)} different values, must have 2 to {most}"
            " classes: name the column that holds them, target=...",
            "target",
        )
    order = np.random.default_rng(0).permutation(len(X))  # a table is often sorted by class
    return X[order], y[order], [str(name) for name in classes], inputs


def _numbers(name: str, column: npt.NDArray[Any]) -> Floats:
    try:
        numbers = column.astype(np.float64)
    except (TypeError, ValueError):
        raise ParamError(f"data: column {name!r} has values that are not numbers", "data") from None
    if not np.isfinite(numbers).all():
        missing = int((~np.isfinite(numbers)).sum())
        raise ParamError(f"data: column {name!r} has {missing} missing or infinite values", "data")
    return numbers
