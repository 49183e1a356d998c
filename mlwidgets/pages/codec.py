"""Columns for a page: exact, or rounded where that makes a file smaller, and what each way weighs.

Each column is packed by itself: differences in time of the bit patterns, bytes in planes, gzip.
Text, whole numbers and frame numbers are exact whatever the codec.
"""

from __future__ import annotations

import base64
import gzip
import json
import math
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import ParamError, nearest, sayable
from mlwidgets.info import _block, _bytes, _wire_type
from mlwidgets.kinds import integer
from mlwidgets.nonfinite import states
from mlwidgets.tracefile import shuffled

if TYPE_CHECKING:
    from mlwidgets.frame import Column, Schema
    from mlwidgets.views import View

Json = dict[str, Any]

CODECS = {
    "exact": "",
    "single": "Numbers with a fraction are rounded to single precision, about 7 digits.",
    "small": (
        "Values are rounded: numbers with a fraction to 1 part in 4,000 of their range,"
        " what is drawn as colour to 1 of 254 shades. Text and whole numbers are exact."
    ),
}
"""How values are kept, and what the page says of it."""
SINGLE_BITS = 24  # of a significand in single precision
FINE = 4_000.0  # parts of a column's range that "small" tells apart
SHADES = 254
COLOURS = ("heatmap", "heads", "picture", "pictures", "image", "images")  # views of shades alone
LEVEL = 6  # of gzip
SAMPLES, SAMPLE = 6, 96 * 1024  # of a large column: places, and values at each


def known(codec: object, every: object) -> int:
    """`every` as Python counts; ParamError for a codec that is none, or where it is no count."""
    if codec not in CODECS:
        near = nearest(str(codec), CODECS)
        raise ParamError(f"codec={codec!r}: must be one of {', '.join(CODECS)}.{near}")
    count = integer(every)
    if count is None or count < 1:
        raise ParamError(f"every={every!r}: must be a whole number of at least 1")
    return count


def words(codec: str, every: int) -> str:
    """What the page says of values that are rounded, and of frames that are left out."""
    fewer = f"Of the recorded frames every {_ordinal(every)} is in this file." if every > 1 else ""
    return " ".join(filter(None, [CODECS[codec], fewer]))


def _ordinal(n: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{n}{'th' if n % 100 in (11, 12, 13) else ends.get(n % 10, 'th')}"


def coloured(views: Iterable[View]) -> set[str]:
    """Columns of which a reader sees shades alone."""
    shown = [*views]
    shades = {name for view in shown if view.kind in COLOURS for name in view.columns}
    return shades - {name for v in shown if v.kind not in COLOURS for name in v.columns}


@dataclass(frozen=True)
class Part:
    """One column: what the page is told of it, and its rows.

    rows: of fixed shape, as a page can view them; None where `flat` holds bytes as they are.
    """

    column: Json
    rows: Any = None
    flat: bytes = b""

    def pack(self) -> str:
        """The column as the page holds it."""
        data = self.flat
        if self.rows is not None:
            data = shuffled(self.rows.tobytes(), self.column["dtype"], len(self.rows))
        return base64.b64encode(gzip.compress(data, LEVEL, mtime=0)).decode()

    def weigh(self) -> int:
        """About how many characters `pack` gives; quick where there is much."""
        size = self.rows.nbytes if self.rows is not None else len(self.flat)
        if size <= 2 * SAMPLES * SAMPLE:
            return len(self.pack())
        pieces = self._pieces()
        taken = sum(map(len, pieces))
        packed = sum(len(zlib.compress(piece, LEVEL)) - 11 for piece in pieces)
        return int(packed * size / max(1, taken) * 4 / 3)

    def _pieces(self) -> list[bytes]:
        """Parts of what `pack` compresses, spread over it: a piece never spans two planes."""
        import numpy as np

        if self.rows is None:
            return [self.flat[a : a + SAMPLE] for a in _starts(len(self.flat), SAMPLE)]
        size = self.rows.dtype.itemsize
        bits = np.ascontiguousarray(self.rows).view(f"<u{size}").reshape(-1)
        width = len(bits) // len(self.rows)
        pieces = []
        for a in _starts(len(bits), SAMPLE):
            part = bits[a : a + SAMPLE].copy()
            b = min(max(a, width), a + len(part))  # the first row is as it is
            part[b - a :] -= bits[b - width : a + len(part) - width] if b >= width else 0
            pieces += [*part.view(np.uint8).reshape(-1, size).T]
        return [np.ascontiguousarray(piece).tobytes() for piece in pieces]


def _starts(whole: int, piece: int) -> list[int]:
    """Where some pieces begin, spread evenly."""
    return [int(k * (whole - piece) / (SAMPLES - 1)) for k in range(SAMPLES)]


def parts_of(
    columns: Mapping[str, Any], schema: Schema, codec: str, shades: Collection[str]
) -> Iterator[Part]:
    """Every column of some rows, `#frame` first. shades: columns that are seen as colour."""
    for name, array in columns.items():
        if name == "#frame":
            told = {"name": name, "dtype": "f8", "part": "light", "delta": True}
            yield Part(told, array.astype("<f8"))
        else:
            yield _part(schema[name], array, codec, name in shades)


def _part(column: Column, array: Any, codec: str, shade: bool) -> Part:
    told: Json = {"name": column.name, "part": "light" if column.light else "heavy"}
    told |= {"measured": True} if column.measured else {}
    if column.kind in ("text", "texts"):
        return _texts(told, array)
    if column.kind == "ragged":
        return Part(told | _block("ragged", array), flat=_bytes(array))
    if column.light:
        array = array.astype("<f8")
    fraction = array.dtype.kind == "f" and column.kind != "int" and codec != "exact"
    fraction = fraction and not (column.light and _lacks(array))
    if fraction and codec == "small" and shade and (found := _shaded(array)):
        scale, array = found
        told |= {"scale": scale}
    elif fraction:
        array = _rounded(array, codec)
    wire = _wire_type(array.dtype)
    rows = _viewable(array, wire)
    shape = {} if column.light else {"shape": [*array.shape[1:]]}
    rounded = {"rounded": True} if fraction else {}
    return Part(told | {"dtype": wire, "delta": True} | shape | rounded, rows)


def _lacks(array: Any) -> bool:
    """Is a value absent? That is told by bits, which rounding would take away."""
    good, bad = states(array)
    return not bool((good | bad).all())


def _texts(told: Json, array: Sequence[Any]) -> Part:
    said = json.dumps(sayable([*array]), ensure_ascii=True, separators=(",", ":"))
    return Part(told | {"text": True}, flat=said.encode())


def _viewable(array: Any, wire: str) -> Any:
    import numpy as np

    return np.ascontiguousarray(array, dtype="|u1" if wire == "u1" else f"<{wire}")


def _rounded(array: Any, codec: str) -> Any:
    """Fewer bits of each significand: as many as the codec's part of the range takes."""
    import numpy as np

    finite = np.abs(array[np.isfinite(array)])
    most = float(finite.max(initial=0.0))
    least = float(finite[finite > 0].min(initial=math.inf))
    span = float(np.ptp(array[np.isfinite(array)])) if finite.size else 0.0
    if not span or most > 1e38 or least < 1e-37:
        return array  # what is constant costs nothing, and what is extreme is no single number
    needed = math.ceil(math.log2(FINE * most / span))
    bits = needed if codec == "small" else SINGLE_BITS
    if max(bits, needed) > SINGLE_BITS:
        return array
    with np.errstate(invalid="ignore"):
        significand, exponent = np.frexp(array)
        array = np.ldexp(np.round(significand * 2.0**bits) / 2.0**bits, exponent)
    return array.astype("<f4")


def _shaded(array: Any) -> tuple[list[float], Any] | None:
    """Values as shades from the least to the largest; None where shades would not do.

    255 is what is no number. Frames whose own range is much smaller are drawn in their own scale.
    """
    import numpy as np

    finite = np.isfinite(array)
    if np.isinf(array).any() or not finite.any():
        return None
    low, high = float(array[finite].min()), float(array[finite].max())
    own = np.ptp(np.where(finite, array, low).reshape(len(array), -1), axis=1)
    if not high > low or float(np.median(own)) < (high - low) / 8:
        return None
    step = (high - low) / SHADES
    shades = np.where(finite, np.round((np.where(finite, array, low) - low) / step), 255)
    return [low, step], shades.astype("|u1")


def kept_rows(count: int, every: int, frames: Any, marks: Collection[int]) -> Any:
    """Which rows a file holds: every so many, those that are marked, and the last."""
    import numpy as np

    rows = np.zeros(count, bool)
    rows[::every] = rows[-1:] = True
    return np.flatnonzero(rows | np.isin(frames, [*marks]))
