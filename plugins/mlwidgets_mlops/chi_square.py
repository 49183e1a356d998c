"""Pearson's chi-square for shares of categories, and how often chance makes one as large."""

from __future__ import annotations

from math import erfc, exp, lgamma, log, sqrt

import numpy as np

from .ranks import Ints


def chi_square(first: Ints, second: Ints) -> tuple[float, float, float]:
    """The statistic of two rows of counts, its p, and Cramér's V in [0, 1]; empty ones say 0, 1."""
    O = np.stack([first, second])[:, first + second > 0].astype(np.float64)  # noqa: E741  observed
    rows, columns = O.sum(1, keepdims=True), O.sum(0, keepdims=True)
    if O.shape[1] < 2 or not rows.all():
        return 0.0, 1.0, 0.0
    E = rows * columns / O.sum()  # expected where both have the same shares
    statistic = float(((O - E) ** 2 / E).sum())
    return statistic, chance_of(statistic, O.shape[1] - 1), sqrt(statistic / float(O.sum()))


def chance_of(statistic: float, freedom: int) -> float:
    """P(chi-square >= statistic), by the finite series that a whole number of degrees has."""
    half = statistic / 2
    if half <= 0:
        return 1.0
    start = 0.5 if freedom % 2 else 0.0
    p = erfc(sqrt(half)) if freedom % 2 else exp(-half)
    for k in range(1, freedom // 2 + (freedom % 2)):
        power = k - start
        p += exp(power * log(half) - half - lgamma(power + 1))
    return min(p, 1.0)
