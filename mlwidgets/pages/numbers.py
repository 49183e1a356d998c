"""Numbers as they stand on the page; the twin of `js/src/format.js`."""

from __future__ import annotations

import math
from typing import Any


def minus(text: str) -> str:
    """A minus sign is a minus sign."""
    return text.replace("-", "−")


def num(v: float) -> str:
    """About three significant digits."""
    if v != v:
        return "–"
    if abs(v) == math.inf:
        return "∞" if v > 0 else "−∞"
    if v == 0:
        return "0"
    size = abs(v)
    if size < 0.01 or size >= 1e6:
        mantissa, power = f"{v:.1e}".split("e")
        return minus(f"{mantissa}e{int(power)}")
    if size < 10:
        return minus(f"{v:.2f}")
    return minus(f"{v:.0f}" if size >= 100 or v == int(v) else f"{v:.1f}")


def told(v: float) -> str:
    """A value that is there: one that is no number says so."""
    return "NaN" if v != v else num(v)


def fixed(v: float, digits: int) -> str:
    """So many digits after the point; no minus before nothing."""
    if not math.isfinite(v):
        return num(v)
    text = f"{v:.{digits}f}"
    return minus(text.lstrip("-") if float(text) == 0 else text)


def plain(v: float) -> str:
    """A number as a person would type it."""
    if not math.isfinite(v):
        return num(v)
    if v == int(v) and abs(v) < 2**53:
        return minus(str(int(v)))
    return minus(f"{v:.6g}")


def cell(value: Any) -> str:
    """A column's value: counts are exact, measures rounded."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return minus(str(value))
    return num(value) if isinstance(value, float) else str(value)
