"""Points of the plane as parameters: drawn in a figure, a table's columns, an array, a set's name.

The page gets up to WHOLE of them as they are; of more it gets a likeness, a sample with a count and
a digest, and what comes back with that digest is the points themselves.
"""

from __future__ import annotations

import hashlib
import math
import re
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .errors import clip, nearest
from .inputs import TableKind
from .kinds import Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[Any]

WORDS = "points: an array (n, 2), or (n, 3) with a label, a table of two or three columns, or "
MANY = 200  # points of a set, unless it is named with a number
WHOLE = 2_000  # points that the page gets as they are
SAMPLE = 500  # of more of them
WRITTEN = 300  # points that a `%ml` line may hold
HUGE = 1e100  # beyond it squares overflow
SENT = {"xy", "labels", "count", "digest", "name"}  # what the page is told, and tells
NAMED = re.compile(r"([a-z]\w*)(?::(\d{1,9}))?")

_sent: weakref.WeakValueDictionary[str, Points] = weakref.WeakValueDictionary()


@dataclass(frozen=True)
class PointsKind(Kind):
    """Points of the plane, each with a label.

    classes: how many labels an algorithm tells apart; where 1, labels are left out. least, most:
    how many points. lo, hi: the square in which a person draws; data keeps its own coordinates.
    """

    classes: int = 1
    least: int = 0
    most: int = 20_000
    lo: float = -1.0
    hi: float = 1.0
    name: ClassVar[str] = "points"

    @property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]  # derived here
        return (*SETS, *(() if self.least else ("none",)))

    def check(self, value: Any) -> Points:
        points = value if isinstance(value, Points) else self._read(value)
        if len(points) < self.least:
            some = f"{self.least} point{'s' * (self.least != 1)}"
            raise ValueError(f"must have at least {some}, has {len(points) or 'none'}")
        if len(points) > self.most:
            raise ValueError(f"must have at most {self.most:,} points, has {len(points):,}")
        return self._labelled(points)

    def _read(self, value: Any) -> Points:
        if isinstance(value, str):
            return _of_text(value, self)
        if isinstance(value, Mapping) and _is_sent(value):
            return _of_page(value, self)
        return _of_data(value)

    def _labelled(self, points: Points) -> Points:
        """With labels that the algorithm tells apart."""
        import numpy as np

        top = int(points.labels.max(initial=0))
        if top < self.classes:
            return points
        if self.classes == 1:
            return Points(points.xy, name=points.name)
        if points.name:  # a set has as many classes as are asked for
            return Points(points.xy, points.labels % self.classes, points.name)
        row = int(np.argmax(points.labels >= self.classes))
        raise ValueError(
            f"must have labels 0 to {self.classes - 1}, has {points.labels[row]} in row {row}"
        )

    def format(self, value: Any) -> str:
        if not len(value):
            return "none"
        if value.name:
            return str(value.name)
        return super().format(value.text) if len(value) <= WRITTEN else "$points"

    def to_json(self, value: Any) -> dict[str, Any]:
        named = {"name": value.name} if value.name else {}
        if len(value) <= WHOLE:
            return _plain(value.xy, value.labels) | named
        _sent[value.digest] = value
        some = slice(None, None, math.ceil(len(value) / SAMPLE))
        likeness = {"count": len(value), "digest": value.digest}
        return _plain(value.xy[some], value.labels[some]) | likeness | named

    def control(self) -> dict[str, Any]:
        said = {"classes": self.classes, "least": self.least, "most": self.most}
        return {"choices": list(self.choices), **said, "lo": self.lo, "hi": self.hi}

    def describe(self) -> str:
        return WORDS + ", ".join(self.choices)


class Points:
    """Places in the plane: `xy`, float64 of (n, 2), and `labels`, int64 of (n,); both read-only.

    `Points("moons")`, `Points([[0, 1], [2, 3]], labels=[0, 1])`; ValueError says what they must be.
    name: the set's word, "moons" or "moons:500", where they came by one. Equal by value.
    """

    xy: Numbers
    labels: Numbers
    name: str
    param_kind: ClassVar[Kind] = PointsKind()

    def __init__(self, xy: Any = (), labels: Any = None, name: str = "") -> None:
        if isinstance(xy, str):
            known = PointsKind(classes=10**9, most=10**6).check(xy)
            xy, labels, name = known.xy, known.labels, known.name
        self.xy = _places(xy)
        self.labels = _labels(labels, len(self.xy))
        self.name = name

    @property
    def text(self) -> str:
        """The points as one word: `0.1,0.2;0.3,0.4,1`."""
        pairs = zip(self.xy.tolist(), self.labels.tolist(), strict=True)
        return ";".join(f"{_short(x)},{_short(y)}{f',{c}' * bool(c)}" for (x, y), c in pairs)

    @property
    def digest(self) -> str:
        said = self.xy.tobytes() + self.labels.tobytes()
        return hashlib.sha256(said).hexdigest()[:16]

    def __len__(self) -> int:
        return len(self.xy)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Numbers:
        import numpy as np

        return np.array(self.xy, dtype=dtype, copy=copy)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Points):
            return NotImplemented
        same = len(self) == len(other) and bool((self.xy == other.xy).all())
        return same and bool((self.labels == other.labels).all())

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        count = f"{len(self):,}" if len(self) else "no"
        return f"<Points{f' {self.name!r}' if self.name else ''}: {count} points>"


def _short(v: float) -> str:
    return repr(v).removesuffix(".0")


def _plain(xy: Numbers, labels: Numbers) -> dict[str, Any]:
    return {"xy": xy.tolist(), "labels": labels.tolist()}


# from what a person has to Points ---------------------------------------------------------------


def _of_text(text: str, kind: PointsKind) -> Points:
    """A set by its name, or the points themselves."""
    if text in ("none", ""):
        return Points()
    if (named := NAMED.fullmatch(text)) and named[1] in SETS:
        count = int(named[2] or min(max(MANY, kind.least), kind.most))
        if count > kind.most:
            raise ValueError(f"must have at most {kind.most:,} points")
        return made(named[1], count)
    if text[:1].isalpha() and "," not in text:
        near = nearest(text.partition(":")[0], kind.choices)
        raise ValueError(f"is no set of points (known: {', '.join(kind.choices)}).{near}")
    return _written(text)


def _written(text: str) -> Points:
    rows: list[list[float]] = []
    for k, word in enumerate(text.strip("; ").split(";")):
        try:
            row = [float(v) for v in word.split(",")]
        except ValueError:
            row = []
        if len(row) not in (2, 3):
            said = f"point {k}, {clip(repr(word), 30)}"
            raise ValueError(f"must be points such as 0.1,0.2;0.3,0.4,1: {said}")
        rows.append(row)
    return Points([row[:2] for row in rows], [row[2] if row[2:] else 0 for row in rows])


def _is_sent(value: Mapping[str, Any]) -> bool:
    """From the page, not a table with a column of one of these names."""
    return SENT.issuperset(value) and ("xy" in value or isinstance(value.get("digest"), str))


def _of_page(value: Mapping[str, Any], kind: PointsKind) -> Points:
    """What the page sends; a name is believed where the set is that one."""
    if isinstance(digest := value.get("digest"), str):
        if digest in _sent:
            return _sent[digest]
        raise ValueError("are points that are no longer here: give them again")
    points = Points(value["xy"], value.get("labels"))
    named = NAMED.fullmatch(str(value.get("name", "")))
    if named and named[1] in SETS and len(points) <= WHOLE:
        own = made(named[1], len(points))
        points.name = own.name if points in (own, kind._labelled(own)) else ""
    return points


def _of_data(value: Any) -> Points:
    """An array, a tensor, a list of rows, or whatever has named columns."""
    tabular = isinstance(value, Mapping) or hasattr(value, "columns")
    if tabular or (hasattr(value, "feature_names") and hasattr(value, "data")):
        return _of_columns(TableKind().check(value).columns)
    if isinstance(value, type) or not (hasattr(value, "__array__") or isinstance(value, Sequence)):
        raise ValueError(f"must be {Points.param_kind.describe()}")
    array = _array(value)
    if not array.size:
        return Points()
    if array.ndim != 2 or array.shape[1] not in (2, 3):
        shape = " x ".join(map(str, array.shape))
        raise ValueError(f"must be rows of x, y and perhaps a label, has the shape {shape}")
    return _of_columns({name: array[:, k] for k, name in enumerate("xyz"[: array.shape[1]])})


def _array(value: Any) -> Numbers:
    import numpy as np

    try:
        array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    except (ValueError, TypeError, RuntimeError):
        raise ValueError("must have rows of one length, each x, y and perhaps a label") from None
    if array.dtype == object and any(isinstance(row, Sequence) for row in array.ravel()[:9]):
        raise ValueError("must have rows of one length, each x, y and perhaps a label")
    return array


def _of_columns(columns: Mapping[str, Any]) -> Points:
    import numpy as np

    names = list(columns)
    if len(names) not in (2, 3):
        said = clip(", ".join(names), 90) or "none"
        two = ": choose two, as in data[['x', 'y']]" if names[2:] else ""
        raise ValueError(
            f"must have two columns and perhaps a label, has {len(names)} ({said}){two}"
        )
    x, y, *label = (_plainer(np.asarray(columns[name])) for name in names)
    for name, column in zip(names, (x, y), strict=False):
        if column.dtype.kind not in "biuf":
            raise ValueError(f"column {name!r} must hold numbers, holds {_held(column)}")
    return Points(np.stack([x, y], axis=1), _classes(label[0], names[2]) if label else None)


def _plainer(column: Numbers) -> Numbers:
    """Numbers that came as objects, as a column's do that lacks some, as numbers."""
    if column.dtype != object or any(isinstance(v, str) for v in column):
        return column
    try:
        return column.astype(float)
    except (ValueError, TypeError):
        return column


def _classes(column: Numbers, name: str) -> Numbers:
    """Labels of a third column: whole numbers, or texts in the order of the alphabet."""
    import numpy as np

    if column.dtype.kind in "OUT" and all(isinstance(v, str) for v in column):
        return np.unique(column.astype(str), return_inverse=True)[1]
    if column.dtype.kind not in "biuf" or not (column == np.floor(column)).all():
        odd = f"holds {_held(column)}" if column.dtype.kind not in "biuf" else f"has {_odd(column)}"
        raise ValueError(f"the third column, {name!r}, is no label: it {odd}; leave it out")
    return column


def _odd(column: Numbers) -> str:
    import numpy as np

    return f"{column[np.argmax(column != np.floor(column))]:g}"


def _held(column: Numbers) -> str:
    return {"O": "objects", "U": "texts", "M": "dates", "c": "complex numbers"}.get(
        column.dtype.kind, str(column.dtype)
    )


def _places(value: Any) -> Numbers:
    """float64 of (n, 2), finite, read-only."""
    import numpy as np

    try:
        array = np.array(value, dtype=np.float64, order="C")
    except (ValueError, TypeError, OverflowError):
        raise ValueError("must have rows of two numbers, x and y") from None
    if not array.size:
        array = np.zeros((0, 2))
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError("must have rows of two numbers, x and y")
    good = (np.abs(array) <= HUGE).all(axis=1)  # NaN is not
    if not good.all():
        row = int(np.argmin(good))
        x, y = array[row]
        raise ValueError(f"must be finite numbers up to {HUGE:g}, has {x:g}, {y:g} in row {row}")
    array.setflags(write=False)
    return array


def _labels(value: Any, count: int) -> Numbers:
    """int64 of (n,), from 0 on, read-only."""
    import numpy as np

    try:
        given = np.zeros(count) if value is None else np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"must have a label for each of {count} points, a whole number") from None
    if given.shape != (count,):
        raise ValueError(f"must have a label for each of {count} points, has {given.size}")
    if given.dtype.kind not in "biuf" or not ((given >= 0) & (given < 1e9)).all():
        said = f"{given.min():g}" if given.dtype.kind in "biuf" else str(given.dtype)
        raise ValueError(f"must have labels that are whole numbers from 0 on, has {said}")
    labels = given.astype(np.int64)
    if (labels != given).any():
        raise ValueError("must have labels that are whole numbers from 0 on")
    labels.setflags(write=False)
    return labels


# sets by name -----------------------------------------------------------------------------------


def made(name: str, count: int = MANY) -> Points:
    """A set by its name, the same each time, in [-1, 1] x [-1, 1]."""
    import numpy as np

    rng = np.random.default_rng(0)
    x, y, labels = SETS[name](count, rng)
    xy = np.clip(np.round(np.stack([x, y], axis=1), 3), -1, 1)
    return Points(xy + 0.0, labels, name if count == MANY else f"{name}:{count}")


Set = tuple[Any, Any, Any]  # x, y, labels


def _halves(n: int, rng: Any) -> Set:
    """An angle along each of two arcs, and which arc; noise is added by the caller."""
    import numpy as np

    second = np.arange(n) % 2
    return np.pi * rng.random(n), rng.normal(0, 0.04, (2, n)), second


def _moons(n: int, rng: Any) -> Set:
    import numpy as np

    t, noise, second = _halves(n, rng)
    x = np.where(second, 0.25 - 0.55 * np.cos(t), -0.25 + 0.55 * np.cos(t))
    y = np.where(second, 0.2 - 0.6 * np.sin(t), -0.2 + 0.6 * np.sin(t))
    return x + noise[0], y + noise[1], second


def _circles(n: int, rng: Any) -> Set:
    import numpy as np

    t, noise, inner = _halves(n, rng)
    r = np.where(inner, 0.38, 0.8)
    return r * np.cos(2 * t) + noise[0], r * np.sin(2 * t) + noise[1], inner


def _blobs(n: int, rng: Any) -> Set:
    import numpy as np

    which = np.arange(n) % 3
    centre = np.array([[-0.55, -0.4], [0.5, -0.5], [0.05, 0.55]])[which]
    x, y = (centre + rng.normal(0, 0.16, (n, 2))).T
    return x, y, which


def _spirals(n: int, rng: Any) -> Set:
    import numpy as np

    arm = np.arange(n) % 2
    r = np.sqrt(rng.uniform(0.01, 1, n))
    t = 3.2 * np.pi * r + np.pi * arm
    noise = rng.normal(0, 0.015, (2, n))
    return 0.9 * r * np.cos(t) + noise[0], 0.9 * r * np.sin(t) + noise[1], arm


def _xor(n: int, rng: Any) -> Set:
    import numpy as np

    x, y = rng.uniform(0.08, 0.92, (2, n)) * rng.choice([-1, 1], (2, n))
    return x, y, (np.sign(x) != np.sign(y)).astype(int)


def _grid(n: int, rng: Any) -> Set:
    import numpy as np

    side = max(1, math.ceil(math.sqrt(n)))
    k = np.arange(n)
    r, c = k // side, k % side
    step = 1.8 / max(1, side - 1)
    return -0.9 + step * c, -0.9 + step * r, (c + r) % 2


def _swiss(n: int, rng: Any) -> Set:
    import numpy as np

    t = 1.5 * np.pi * (1 + 2 * rng.random(n))
    noise = rng.normal(0, 0.015, (2, n))
    r = 0.9 * t / (4.5 * np.pi)
    return r * np.cos(t) + noise[0], r * np.sin(t) + noise[1], (t > 3 * np.pi).astype(int)


def _line(n: int, rng: Any) -> Set:
    import numpy as np

    x = rng.uniform(-0.95, 0.95, n)
    return x, 0.6 * x + rng.normal(0, 0.1, n), np.zeros(n, int)


SETS: dict[str, Callable[[int, Any], Set]] = {
    "moons": _moons,
    "circles": _circles,
    "blobs": _blobs,
    "spirals": _spirals,
    "xor": _xor,
    "grid": _grid,
    "swiss": _swiss,
    "line": _line,
}
