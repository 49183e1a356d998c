"""Two samples of numbers: one's own, or scikit-learn's wines and patients."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from mlwidgets import Kind, ParamError, Points, PointsKind

Floats = npt.NDArray[np.float64]
MOST_CUTS = 200


@dataclass(frozen=True)
class SampleKind(Kind):
    """Numbers of one's own: an array, a list, a column of a DataFrame; missing ones are left out.

    most: values, beyond which it is refused.
    """

    most: int = 5_000_000
    name: ClassVar[str] = "opaque"

    def check(self, value: Any) -> Floats:
        numbers = self._numbers(value)
        if numbers is None:
            raise ValueError(f"must be {self.describe()}")
        if numbers.ndim != 1:
            raise ValueError(f"must have one axis, has {numbers.ndim}: give one column")
        kept = numbers[~np.isnan(numbers)]
        if not len(kept):
            raise ValueError(f"must have a number or more, has none ({len(numbers)} are missing)")
        if len(kept) > self.most:
            raise ValueError(f"must have at most {self.most:,} numbers, has {len(kept):,}")
        kept.setflags(write=False)
        return kept

    @staticmethod
    def _numbers(value: Any) -> Floats | None:
        if isinstance(value, (str, bytes, Mapping)):
            return None
        try:
            numbers = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
            lacking = [missing(v) for v in numbers.ravel()] if numbers.dtype == "O" else []
            numbers = np.where(lacking, np.nan, numbers) if lacking else numbers
            return numbers.astype(np.float64) if numbers.dtype.kind in "biufO" else None
        except (TypeError, ValueError, OverflowError, RuntimeError):
            return None

    def parse(self, text: str) -> Floats:
        try:
            return self.check(ast.literal_eval(text))
        except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
            fault = str(error) if "must" in str(error) else f"must be {self.describe()}"
            raise ValueError(f"{fault}, such as [1,2,3] or $variable") from None

    def format(self, value: Any) -> str:
        short = len(value) <= 12
        return f"[{','.join(f'{v:.17g}' for v in value)}]" if short else "$sample"

    def to_json(self, value: Any) -> str:
        return f"{len(value):,} numbers"

    def describe(self) -> str:
        return "an array or list of numbers"


Drawn = Annotated[Points, PointsKind(classes=2)]
NONE = Points()
Sample = Annotated[Any, SampleKind()]
Wine = Literal[
    "alcohol",
    "malic_acid",
    "ash",
    "alcalinity_of_ash",
    "magnesium",
    "total_phenols",
    "flavanoids",
    "nonflavanoid_phenols",
    "proanthocyanins",
    "color_intensity",
    "hue",
    "od280/od315_of_diluted_wines",
    "proline",
    "none",
]
Patient = Literal["bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6", "target", "none"]


def missing(value: Any) -> bool:
    """None, NaN, and what pandas has for them."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def both(first: Any, second: Any, names: tuple[str, str] = ("first", "second")) -> bool:
    """Are samples given? ParamError where only one is."""
    if (first is None) != (second is None):
        lacking, there = names if first is None else names[::-1]
        raise ParamError(f"{lacking}: is needed beside {there}: give both, or none", lacking)
    return first is not None


def wines(column: str) -> tuple[Floats, Floats]:
    """A measure of the wines of two cultivars, 59 and 71 of them."""
    from sklearn.datasets import load_wine

    wine = load_wine()
    if column == "none":
        return np.zeros(0), np.zeros(0)
    values = wine.data[:, wine.feature_names.index(column)]
    return values[wine.target == 0], values[wine.target == 1]


def patients(column: str) -> tuple[Floats, Floats]:
    """A measure of diabetes patients, the younger half and the older."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)
    age = bunch.data[:, bunch.feature_names.index("age")]
    if column == "none":
        return np.zeros(0), np.zeros(0)
    known = column != "target"
    values = bunch.data[:, bunch.feature_names.index(column)] if known else bunch.target
    older = age > np.median(age)
    return values[~older], values[older]


def spread(x: Floats, y: Floats) -> float:
    """The standard deviation of both together, or 1 where there is none."""
    found = float(np.std(np.concatenate([x, y])))
    return found if 0 < found < np.inf else 1.0


def share_up_to(sample: Floats, grid: Floats | float) -> Any:
    """The share of a sorted sample that is at most each place."""
    return np.searchsorted(sample, grid, side="right") / len(sample)


def pair(
    first: Any, second: Any, column: str, drawn: Points, shift: float, decimals: int
) -> tuple[Floats, Floats]:
    """The two samples: those given, else wines, and what is drawn; the second shifted, rounded."""
    if not both(first, second):
        first, second = wines(column)
    x, y = joined(first, second, drawn)
    y = y + shift * spread(x, y) if shift else y
    return (x, y) if decimals >= 8 else (x.round(decimals), y.round(decimals))


def parted(
    reference: Any, current: Any, column: str, drawn: Points, seed: int
) -> tuple[Floats, Floats]:
    """A reference in order of size, and the current sample in the order in which it comes."""
    if both(reference, current, ("reference", "current")):
        x, y = joined(reference, current, drawn)
    else:
        younger, older = patients(column)
        x, y = joined(younger, np.random.default_rng(seed).permutation(older), drawn)
    return np.sort(x), y


def joined(x: Floats, y: Floats, drawn: Points) -> tuple[Floats, Floats]:
    """With the dots that are drawn, each in its sample; one that is empty holds a zero."""
    more = (drawn.xy[drawn.labels == label, 0] for label in (0, 1))
    found = [np.concatenate([dots, sample]) for dots, sample in zip(more, (x, y), strict=True)]
    first, second = (v if len(v) else np.zeros(1) for v in found)
    return first, second


def ranged(cuts: list[float]) -> Floats:
    """A person's cuts, in order, each once; what is not finite is left out."""
    found = np.unique(np.asarray(cuts[:MOST_CUTS], np.float64))
    return found[np.isfinite(found)]


def widths(x: Floats, bins: int) -> Floats:
    """The cuts between so many bins of equal width."""
    finite = x[np.isfinite(x)]
    lo, hi = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
    lo, hi = lo / 2, hi / 2  # their difference is finite
    return np.unique(2 * (lo + (hi / bins - lo / bins) * np.arange(1, bins)))


def topped(cuts: Floats, x: Floats) -> Floats:
    """With a bin for what is more than all of x, where many values are equal to the largest.

    Else a constant would share its bin with whatever it becomes.
    """
    top = float(x.max())
    return cuts if cuts[-1] < top else np.unique(np.append(cuts, np.nextafter(top, np.inf)))
