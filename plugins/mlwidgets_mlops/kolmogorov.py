"""How often chance alone makes a gap as large: the distribution of the Kolmogorov-Smirnov D.

Of one sample of n values; two of n and m compare as one of n m / (n + m). Which of three formulas
is in force where follows Simard & L'Ecuyer (2011), "Computing the two-sided Kolmogorov-Smirnov
distribution", Journal of Statistical Software 39. doi:10.18637/jss.v039.i11
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, exp, lgamma, log, pi, sqrt

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
PART = 2_000_000  # terms at once
FEW = 5_000  # steps of the urn; up to them two samples are counted


def chance_of_two(D: Floats, n: int, m: int) -> Floats:
    """The same, counted where both are few; never less than the two rarest of all orders have."""
    n, m = min(n, m), max(n, m)
    if n * (n + m) <= FEW:
        return np.array([by_urn(round(float(d) * n * m), n, m) for d in D])
    rarest = 2 * exp(lgamma(n + 1) + lgamma(m + 1) - lgamma(n + m + 1))
    return np.maximum(chance_of(D, n, m), rarest)


def chance_of(D: npt.ArrayLike, n: int, m: int) -> Floats:
    """P(gap >= D) for each D, where n and m values have one continuous distribution."""
    d = np.atleast_1d(np.asarray(D, np.float64))
    size = max(round(n * m / (n + m)), 1)
    p = np.ones(len(d))
    z = size * d * d
    far = (d > 0) & ((d >= 0.5) | (size * d >= size - 1) | (z >= (4 if size <= 140 else 2.2)))
    p[far] = np.minimum(2 * one_sided(d[far], size), 1)
    p[z >= 370] = 0 if size > 140 else p[z >= 370]
    near = ~far & (size * d > 0.5)
    exact = near & ((size <= 140) | ((size <= 100_000) & (size * d**1.5 <= 1.4)))
    p[exact] = [1 - within(float(one), size) for one in d[exact]]
    rest = near & ~exact
    p[rest] = 1 - pelz_good(d[rest], size)
    return np.clip(p, 0, 1)


@lru_cache(8)
def _log_binomials(n: int) -> Floats:
    whole = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    chosen: Floats = whole[n] - whole - whole[::-1]
    return chosen


def one_sided(d: Floats, n: int) -> Floats:
    """P(sup(F_n - F) >= d), Birnbaum & Tingey (1951); twice that is P(D >= d) in the tail."""
    j = np.arange(n + 1)
    found = np.zeros(len(d))
    for begin in range(0, len(d), max(PART // (n + 1), 1)):
        part = slice(begin, begin + max(PART // (n + 1), 1))
        x = d[part, None]
        left = 1 - x - j / n
        inside = left > 0
        logs = _log_binomials(n) + (j - 1) * np.log(x + j / n)
        logs += (n - j) * np.log(np.where(inside, left, 1))
        found[part] = d[part] * np.exp(np.where(inside, logs, -np.inf)).sum(1)
    return np.where(d >= 1, 0, found)


@lru_cache(10_000)
def within(d: float, n: int) -> float:
    """P(D < d), by Marsaglia, Tsang & Wang (2003): one entry of the n-th power of a matrix."""
    k = ceil(n * d)
    m, h = 2 * k - 1, k - n * d
    i, j = np.indices((m, m))
    H = (i - j + 1 >= 0).astype(np.float64)
    power = h ** np.arange(1, m + 1)
    H[:, 0] -= power
    H[-1] -= power[::-1]
    H[-1, 0] += max(2 * h - 1, 0) ** m
    factorial = np.array([lgamma(max(s, 0) + 1) for s in range(m + 1)])
    H /= np.exp(factorial[np.clip(i - j + 1, 0, m)]) * exp(1)  # e: the power stays in range
    product = np.linalg.matrix_power(H, n)[k - 1, k - 1]
    return float(min(product * exp(lgamma(n + 1) - n * log(n) + n), 1))


def pelz_good(d: Floats, n: int) -> Floats:
    """P(D < d) for many values: Kolmogorov's limit, and three terms of Pelz & Good (1976)."""
    z = sqrt(n) * d[:, None]
    odd = (2 * np.arange(0, 40) + 1) ** 2 * pi**2 / 4  # ((k + 1/2) pi)^2
    k = np.arange(1, 40) ** 2 * pi**2
    q, w = np.exp(-odd / (2 * z**2)), np.exp(-k / (2 * z**2))
    root = sqrt(pi / 2)
    K0 = 2 * root / z * q
    K1 = root / (3 * z**4) * (odd - z**2) * q
    K2 = 6 * z**6 + 2 * z**4 + (2 * z**4 - 5 * z**2) * odd + (1 - 2 * z**2) * odd**2
    K2 = root / (36 * z**7) * K2 * q
    K2_tail = -root / (18 * z**3) * k * w
    K3 = -30 * z**6 - 90 * z**8 + (135 * z**4 - 96 * z**6) * odd
    K3 = K3 + (212 * z**4 - 60 * z**2) * odd**2 + (5 - 30 * z**2) * odd**3
    K3 = root / (3240 * z**10) * K3 * q
    K3_tail = root / (108 * z**6) * (3 * z**2 - k) * k * w
    terms = (K0, K1 / sqrt(n), K2 / n, K2_tail / n, K3 / n**1.5, K3_tail / n**1.5)
    found: Floats = np.sum([term.sum(1) for term in terms], axis=0)
    return found


@lru_cache(10_000)
def by_urn(gap: int, n: int, m: int) -> float:
    """P(n m D >= gap), exact where no two values are equal: labels drawn one by one from an urn.

    After s draws of which i are the first sample's, reached[i] is the share of the orders that
    have been at the gap on their way.
    """
    if gap <= 0:
        return 1.0
    i = np.arange(n + 1)
    reached = np.zeros(n + 1)
    for s in range(1, n + m + 1):
        came = np.concatenate([[0.0], reached[:-1]])
        reached = i / s * came + np.maximum(s - i, 0) / s * reached
        out = np.abs(m * i - n * (s - i)) >= gap
        reached[out & (i <= s) & (s - i <= m)] = 1.0
    return float(reached[n])
