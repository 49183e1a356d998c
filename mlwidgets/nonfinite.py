"""NaN and infinity in what a run records: where the first one is, found after the fact.

A quantity is watched from its first finite value on: NaN or infinity before that is how an author
says "none yet". A value that is absent (None) is a NaN of its own in a column, and never meant.
"""

from __future__ import annotations

import math
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from .frame import ABSENT, Schema, cell_of

if TYPE_CHECKING:
    import numpy.typing as npt

BLOCK = 512  # rows looked at together
SMALL = 4096  # bytes of an array that is looked at together with others
BITS = struct.unpack("<q", struct.pack("<d", ABSENT))[0]
FLOATS = ("float", "int", "array", "ragged")  # an int column may hold a float, too


class Rows(Protocol):
    """The rows of a trace; `looked` says how many have been looked at."""

    frames: list[int]
    values: dict[str, list[Any]]
    looked: int


class NonFinite:
    """Finds the first non-finite value of a trace; each row is looked at once, when asked."""

    def __init__(self, schema: Schema) -> None:
        self.found: tuple[str, int] | None = None  # column, frame number
        self._columns = [c for c in schema.columns if c.kind in FLOATS]
        self._began: set[str] = set()  # columns that have been finite
        self._lock = threading.Lock()

    def look(self, rows: Rows) -> tuple[str, int] | None:
        """The column and frame number of the first non-finite value among rows so far."""
        with self._lock:
            whole = len(rows.frames)
            while rows.looked < whole and self.found is None:
                stop = min(rows.looked + BLOCK, whole)
                self._look(rows, rows.looked, stop)
                rows.looked = stop
        return self.found

    def _look(self, rows: Rows, start: int, stop: int) -> None:
        first: list[tuple[int, str]] = []
        for column in self._columns:
            values = rows.values[column.name][start:stop]
            good, bad = states(values) if column.light else array_states(values)
            began = 0 if column.name in self._began else _first(good)
            if began < len(values):
                self._began.add(column.name)
            at = began + _first(bad[began:])
            if at < len(values):
                first.append((at, column.name))
        if first:
            at, name = min(first, key=lambda found: found[0])
            self.found = name, rows.frames[start + at]


def _first(flags: npt.NDArray[Any]) -> int:
    """Where the first True is; the length where there is none."""
    return int(flags.argmax()) if flags.any() else len(flags)


def states(values: Sequence[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Of numbers: which are finite, and which are neither finite nor absent."""
    import numpy as np

    try:
        numbers = np.array(values, dtype=float)
    except OverflowError:  # an integer beyond doubles is finite
        numbers = np.array([0.0 if isinstance(v, int) else v for v in values])
    good = np.isfinite(numbers)
    return good, good == (numbers.view(np.int64) == BITS)


def array_states(
    values: Sequence[npt.NDArray[Any]],
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Of arrays: which are finite throughout, and which are not."""
    import numpy as np

    first = values[0]
    if first.nbytes <= SMALL and len({v.shape for v in values}) == 1:
        good = np.isfinite(np.concatenate(values)).reshape(len(values), -1).all(axis=1)
    else:
        good = np.array([bool(np.isfinite(v).all()) for v in values])
    if good.all():
        return good, ~good
    there = [fine or not array_absent(v) for fine, v in zip(good, values, strict=True)]
    return good, ~good & there


def culprit_in(schema: Schema) -> Callable[[Mapping[str, Any]], str]:
    """A function of a frame: the first of its quantities that is not finite, or ""."""
    import numpy as np

    cells = [(c.name, c.light, cell_of(c)) for c in schema.columns if c.kind in FLOATS]

    def culprit(frame: Mapping[str, Any]) -> str:
        for name, light, cell in cells:
            value = frame[name]
            if light:
                number = value if type(value) is float else cell(value)
                if number - number != 0 and not isinstance(number, int) and not absent(number):
                    return name
            else:
                array = value if type(value) is np.ndarray else cell(value)
                if not np.isfinite(array).all() and not array_absent(array):
                    return name
        return ""

    return culprit


def array_absent(array: npt.NDArray[Any]) -> bool:
    """Does it stand for an array that does not fit its column?"""
    import numpy as np

    doubles = array.dtype == np.float64 and array.size > 0
    return doubles and bool((np.ascontiguousarray(array).view(np.int64) == BITS).all())


def absent(number: float) -> bool:
    """Is it the NaN that stands for None?"""
    return math.isnan(number) and struct.pack("<d", number) == struct.pack("<d", ABSENT)
