"""Scales: numbers onto a figure, with at most four grid lines; the twin of `js/src/scale.js`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from .numbers import minus, plain

MOST = 4
Tick = tuple[float, str]


@dataclass(frozen=True)
class Scale:
    """A domain [lo, hi] onto pixels from `a` to `b`."""

    lo: float
    hi: float
    a: float
    b: float
    ticks: list[Tick] = field(default_factory=list)
    f: Callable[[float], float] = float

    def __call__(self, v: float) -> float:
        v = min(self.hi, max(self.lo, v))
        foot = self.f(self.lo)
        return self.a + (self.b - self.a) * (self.f(v) - foot) / ((self.f(self.hi) - foot) or 1.0)


def linear(lo: float, hi: float, a: float, b: float, *, nice: bool = False) -> Scale:
    lo, hi = _ordered(lo, hi)
    if nice:
        lo, hi = _widened(lo, hi)
    return Scale(lo, hi, a, b, ticks(lo, hi))


def log(lo: float, hi: float, a: float, b: float, floor: str = "") -> Scale:
    """Powers of ten; `floor` is said of the lowest line, where values lie at or under it."""
    lo, hi = _ordered(lo, hi)
    top = hi if hi > 0 else 1.0
    low = lo if lo > 0 else top / 1e6
    p, q = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(top) - 1e-9)
    stride = max(1, math.ceil((q - p) / (MOST - 1)))
    highest = math.floor(math.log10(top) + 1e-9)
    powers = sorted(range(highest, p, -stride))
    if powers and powers[0] - p < 0.7 * stride and stride > 1:
        powers = powers[1:]
    marks = [(10.0**p, floor or _power(p)), *((10.0**k, _power(k)) for k in powers)]
    return Scale(10.0**p, max(top, 10.0 ** (p + 1)), a, b, marks, math.log10)


def ticks(lo: float, hi: float, most: int = MOST) -> list[Tick]:
    step = nice_step((hi - lo) / most)
    while _count(lo, hi, step) > most:
        step = nice_step(step * 1.01)
    first = math.ceil(lo / step - 1e-9)
    marks = [k * step for k in range(first, first + _count(lo, hi, step))]
    return [(v, plain(0.0 if abs(v) < step * 1e-6 else float(f"{v:.10g}"))) for v in marks]


def nice_step(raw: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten at or above."""
    power = 10.0 ** math.floor(math.log10(raw))
    return power * next(k for k in (1, 2, 5, 10) if raw / power <= k + 1e-4 or k == 10)


def _count(lo: float, hi: float, step: float) -> int:
    return math.floor(hi / step + 1e-9) - math.ceil(lo / step - 1e-9) + 1


def _ordered(a: float, b: float) -> tuple[float, float]:
    if not (math.isfinite(a) and math.isfinite(b)):
        return 0.0, 1.0
    if a == b:
        return (a - abs(a) / 2, a + abs(a) / 2) if a else (0.0, 1.0)
    return min(a, b), max(a, b)


def _widened(lo: float, hi: float) -> tuple[float, float]:
    """To nice ends, unless those are far outside."""
    step = nice_step((hi - lo) / (MOST - 1))
    low, high = math.floor(lo / step + 1e-9) * step, math.ceil(hi / step - 1e-9) * step
    return low if lo - low < step / 2 else lo, high if high - hi < step / 2 else hi


def _power(k: int) -> str:
    return plain(10.0**k) if -3 <= k < 4 else minus(f"1e{k}")
