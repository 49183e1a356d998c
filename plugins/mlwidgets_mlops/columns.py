"""Two tables column by column: numbers, categories, and what is missing; or a stream of wines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from mlwidgets import ParamError, Table

from .ranks import Floats, Ints
from .samples import missing

CATEGORIES = 200  # of a column; rarer ones are counted as one
MOVED = ("alcohol", "flavanoids", "color_intensity", "proline")
FIRST, EACH = 500, 50  # wines of the reference, and of a batch
OTHERS, MISSING = "(others)", "(missing)"


@dataclass(frozen=True)
class Column:
    """One quantity in both tables, a value for each row; of numbers NaN where it is missing.

    names: of the categories that the values are numbers of; none for a quantity.
    """

    name: str
    reference: Floats
    current: Floats
    names: tuple[str, ...] = ()

    def window(self, lo: int, hi: int) -> Floats:
        return self.current[lo:hi]


def columns_of(reference: Table, current: Table) -> list[Column]:
    """What both tables have; a quantity with missing values gives a second column of which.

    ParamError where nothing is in both, or one holds texts where the other holds numbers.
    """
    if not len(reference) or not len(current):
        empty = "reference" if not len(reference) else "current"
        raise ParamError(f"{empty}: has no rows; must have one or more", empty)
    shared = [name for name in reference if name in current]
    if not shared:
        known, has = (", ".join([*table][:6])[:80] for table in (reference, current))
        raise ParamError(
            f"current: has no column of the reference: {has}; that has {known}", "current"
        )
    found: list[Column] = []
    for name in shared:
        x, y = numbers_of(reference[name]), numbers_of(current[name])
        if x is None and y is None:
            found.append(categories(name, reference[name], current[name]))
        elif x is None or y is None:
            kinds = ["texts" if v is None else "numbers" for v in (y, x)]
            raise ParamError(
                f"current: {name!r} holds {kinds[0]}, the reference's {kinds[1]}", "current"
            )
        else:
            found.append(Column(name, x, y))
            gone = np.isnan(x), np.isnan(y)
            if gone[0].any() or gone[1].any():
                a, b = (part.astype(np.float64) for part in gone)
                found.append(Column(f"{name} missing", a, b, ("there", "missing")))
    return found


def numbers_of(column: npt.NDArray[Any]) -> Floats | None:
    """The values as float64, what is missing as NaN, times in microseconds; None for texts."""
    if column.dtype.kind in "biuf":
        return column.astype(np.float64, copy=False)
    if column.dtype.kind in "mM":  # whatever unit it has
        whole = column.astype(f"{column.dtype.kind}8[us]").astype(np.int64)
        return np.where(np.isnat(column), np.nan, whole)
    if column.dtype.kind != "O":
        return None
    lacks = np.array([missing(v) for v in column], bool)
    there, found = column[~lacks], np.full(len(column), np.nan)
    if not lacks.all() and all(isinstance(v, date) for v in there):
        found[~lacks] = np.array([plain(v) for v in there], "M8[us]").astype(np.int64)
    elif not lacks.all() and all(isinstance(v, (int, float, np.number, Decimal)) for v in there):
        found[~lacks] = there.astype(np.float64)
    else:
        return None
    return found


def plain(when: date) -> date:
    """A time with a zone as that of Greenwich, without one."""
    if isinstance(when, datetime) and when.tzinfo is not None:
        return when.astimezone(UTC).replace(tzinfo=None)
    return when


def categories(name: str, first: Iterable[Any], second: Iterable[Any]) -> Column:
    """Each value as the number of its category; the rarest of very many are one category."""
    texts = [[MISSING if missing(v) else str(v)[:80] for v in values] for values in (first, second)]
    known, counts = np.unique(
        np.array(texts[0] + texts[1], dtype=object).astype(str), return_counts=True
    )
    kept = [str(known[k]) for k in sorted(np.argsort(-counts, kind="stable")[: CATEGORIES - 1])]
    rest = [OTHERS] if len(kept) < len(known) else []
    code = {text: k for k, text in enumerate(kept)}
    x, y = (np.array([code.get(t, len(kept)) for t in part], np.float64) for part in texts)
    return Column(name, x, y, (*kept, *rest))


def counted(codes: Floats, names: tuple[str, ...]) -> Ints:
    """How many of each category."""
    return np.bincount(codes.astype(np.int64), minlength=len(names))


def present(values: Floats) -> Floats:
    """Without NaN; the same array where none is missing."""
    gone = np.isnan(values)
    return values[~gone] if gone.any() else values


@dataclass(frozen=True)
class Stream:
    """Columns to be compared, and where they are known to drift: from a row on, which columns."""

    columns: list[Column]
    rows: int  # of the current table
    onset: int | None = None
    moved: frozenset[str] = frozenset()
    apart: tuple[str, ...] = ()  # columns that only one of the tables has


def stream_of(
    reference: Table | None,
    current: Table | None,
    rng: np.random.Generator,
    batches: int,
    onset: int,
    drift: float,
    noise: int,
) -> Stream:
    """The user's tables, or wines; ParamError where only one table is given."""
    if reference is not None and current is not None:
        apart = tuple(sorted(set(reference) ^ set(current)))
        return Stream(columns_of(reference, current), len(current), apart=apart)
    if reference is None and current is None:
        return wine_stream(rng, batches, onset, drift, noise)
    lacking = "reference" if reference is None else "current"
    raise ParamError(f"{lacking}: is needed too: give reference and current, or none", lacking)


def wine_stream(
    rng: np.random.Generator, batches: int, onset: int, drift: float, noise: int
) -> Stream:
    """Bottles drawn from scikit-learn's wines; from batch `onset` on four measures have moved.

    drift: how far, in standard deviations. noise: columns beside them that never move.
    """
    from sklearn.datasets import load_wine

    wine = load_wine()
    rows = batches * EACH
    first, then = (rng.integers(0, len(wine.data), size) for size in (FIRST, rows))
    begins = (max(onset, 1) - 1) * EACH
    found = []
    for name, values in zip(wine.feature_names, wine.data.T, strict=True):
        sd = values.std()
        x, y = (values[k] + rng.normal(0, sd / 10, len(k)) for k in (first, then))
        if name in MOVED:
            y[begins:] += drift * sd
        found.append(Column(name, x, y))
    kinds = tuple(f"cultivar {k + 1}" for k in range(3))
    x, y = (wine.target[k].astype(np.float64) for k in (first, then))
    found.append(Column("cultivar", x, y, kinds))
    still = (rng.normal(size=FIRST + rows) for _ in range(noise))
    found += [Column(f"noise {k}", v[:FIRST], v[FIRST:]) for k, v in enumerate(still, start=1)]
    return Stream(found, rows, begins, frozenset(MOVED) if drift else frozenset())
