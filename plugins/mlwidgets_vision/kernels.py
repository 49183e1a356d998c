"""A kernel as a parameter: a preset's name, or its cells, which a figure can edit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlwidgets import Kind, nearest

Cells = npt.NDArray[np.float64]
MOST = 31  # cells a side
LARGEST = 1e6
NUMBER = re.compile(r"\s*([-+]?[\d.]+(?:e[-+]?\d+)?)(?:/([\d.]+))?\s*", re.IGNORECASE)
TEXTS = {
    "identity": "0,0,0;0,1,0;0,0,0",
    "box": "1/9,1/9,1/9;1/9,1/9,1/9;1/9,1/9,1/9",
    "blur": "1/16,1/8,1/16;1/8,1/4,1/8;1/16,1/8,1/16",
    "sharpen": "0,-1,0;-1,5,-1;0,-1,0",
    "sobel-x": "-1,0,1;-2,0,2;-1,0,1",
    "sobel-y": "-1,-2,-1;0,0,0;1,2,1",
    "laplacian": "0,1,0;1,-4,1;0,1,0",
    "emboss": "-2,-1,0;-1,1,1;0,1,2",
}
WORDS = "a preset or rows of numbers such as 0,1,0;1,-4,1;0,1,0"


@dataclass(frozen=True)
class KernelKind(Kind):
    """A matrix of at most 31 x 31 numbers; on the `%ml` line rows are parted by semicolons."""

    name: ClassVar[str] = "kernel"
    choices: tuple[str, ...] = tuple(TEXTS)

    def check(self, value: Any) -> Kernel:
        if isinstance(value, Kernel):
            return value
        if isinstance(value, str):
            return _named(value.strip())
        return Kernel(_matrix(value))

    def format(self, value: Any) -> str:
        return super().format(value.name or value.text)

    def to_json(self, value: Any) -> str:
        return str(value.text)

    def describe(self) -> str:
        return f"{WORDS} (presets: {', '.join(TEXTS)})"


class Kernel:
    """The weights that slide over a picture: `cells`, float64 of (k, l), read-only.

    `Kernel([[0, 1, 0], [1, -4, 1], [0, 1, 0]])`; ValueError says what it must be. Equal by value.
    name: the preset's, where it came by one.
    """

    param_kind: ClassVar[Kind] = KernelKind()

    def __init__(self, cells: Any, name: str = "") -> None:
        self.cells: Cells = _checked(np.array(cells, dtype=np.float64))
        self.cells.setflags(write=False)
        self.name = name

    @property
    def text(self) -> str:
        """The cells as one word, exact."""
        return ";".join(",".join(map(_short, row)) for row in self.cells.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kernel) and np.array_equal(self.cells, other.cells)

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Kernel({self.cells.tolist()})"


def _short(number: float) -> str:
    return repr(number + 0.0).removesuffix(".0")


def _named(text: str) -> Kernel:
    """A preset, or rows of numbers."""
    if text in TEXTS:
        return Kernel(_rows(TEXTS[text]), text)
    if re.fullmatch(r"[a-zA-Z][\w -]*", text):
        near = nearest(text.lower(), TEXTS)
        raise ValueError(f"is no preset.{near} (known: {', '.join(TEXTS)})")
    return Kernel(_matrix(_rows(text)))


def _rows(text: str) -> list[list[float]]:
    rows = [row for row in text.split(";") if row.strip()]
    return [[_number(cell) for cell in re.split(r"[,\s]+", row.strip())] for row in rows]


def _number(text: str) -> float:
    """2, -0.5, 1e-3 or 1/9."""
    found = NUMBER.fullmatch(text)
    try:
        return float(found[1]) / float(found[2] or 1)  # type: ignore[index]  # caught below
    except (TypeError, ValueError, ZeroDivisionError):
        raise ValueError(f"must be {WORDS}; {text[:20]!r} is no number") from None


def _matrix(value: Any) -> Cells:
    """Of an array, a tensor or lists; as many numbers in a row as n x n make a square."""
    if isinstance(value, Mapping | set | frozenset) or not hasattr(value, "__len__"):
        raise ValueError(f"must be {WORDS}, or a matrix")
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray) and np.iscomplexobj(value):
        raise ValueError("must hold real numbers, holds complex ones")
    try:
        cells = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("must have rows of numbers, all of one length") from None
    if not cells.size:
        raise ValueError(f"is empty; must be {WORDS}")
    side = math.isqrt(cells.size)
    return cells.reshape(side, side) if cells.ndim == 1 and side**2 == cells.size else cells


def _checked(cells: Cells) -> Cells:
    if cells.ndim != 2:
        raise ValueError(f"must be a matrix of rows and columns, has shape {cells.shape}")
    if max(cells.shape) > MOST:
        raise ValueError(f"must be at most {MOST} x {MOST}, is {cells.shape[0]} x {cells.shape[1]}")
    if not np.isfinite(cells).all() or np.abs(cells).max() > LARGEST:
        raise ValueError(f"must hold finite numbers of at most {LARGEST:g}")
    return cells
