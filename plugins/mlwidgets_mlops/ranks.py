"""Exact ranks without a full sort: values fall into buckets, and only what matters is sorted.

A comparison of two samples needs the order of all values, but only where the gap can be largest;
a quantile, only around its rank. A bucket is a monotone function of the value, so that equal values
share one and the buckets are in order: counts alone tell where to look closer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FEW = 2_000  # values that are sorted at once
SHARE = 16  # values to a bucket
HUGE = 1e300  # a range beyond which differences overflow


def buckets(v: Floats) -> tuple[Ints, int]:
    """The bucket of each value, a monotone function of it, and how many buckets there are.

    They divide evenly what lies between two quantiles of a few values; the tails have one each.
    """
    if len(v) <= FEW:
        return np.zeros(len(v), np.int64), 1
    count = len(v) // SHARE
    some = np.sort(v[:: len(v) // 512])
    for lo, hi in ((float(some[9]), float(some[-10])), (float(v.min()), float(v.max()))):
        scale = (count - 1) / (hi - lo) if lo < hi < lo + HUGE else 0.0
        if 0 < scale < np.inf:
            place = np.maximum(v, lo)
            np.minimum(place, hi, out=place)
            place -= lo
            place *= scale
            return place.astype(np.int64), count
    return np.zeros(len(v), np.int64), 1


def ks_statistic(x: Floats, y: Floats) -> float:
    """sup |F - G| of the empirical distributions of two samples without NaN; ties are exact.

    Between two borders of a bucket the gap moves by its counts at most; only the buckets where it
    could pass the largest gap at a border are sorted. Counted in whole numbers, n m times the gap.
    """
    n, m = len(x), len(y)
    v = np.concatenate([x, y])
    bucket, count = buckets(v)
    up = m * np.bincount(bucket[:n], minlength=count)
    down = n * np.bincount(bucket[n:], minlength=count)
    after = np.cumsum(up - down)
    before = after - up + down
    largest = int(np.abs(after).max())
    doubtful = np.maximum(before + up, down - before) > largest
    if not doubtful.any():
        return largest / (n * m)
    kept = np.flatnonzero(doubtful[bucket]) if count > 1 else np.arange(n + m)
    return max(largest, _resolved(v[kept], kept < n, bucket[kept], before, n, m)) / (n * m)


def ks_together(x: Floats, y: Floats) -> Floats:
    """The same of each row of two tables: sorted side by side, which pays where rows are short."""
    n, m = x.shape[1], y.shape[1]
    v = np.concatenate([x, y], axis=1)
    order = np.argsort(v, axis=1)
    v = np.take_along_axis(v, order, 1)
    gap = np.abs(np.cumsum(np.where(order < n, m, -n), axis=1))
    gap[:, :-1][v[:, 1:] == v[:, :-1]] = 0  # of equal values: the gap is read after all of them
    found: Floats = gap.max(1) / (n * m)
    return found


def _resolved(
    v: Floats, first: npt.NDArray[np.bool_], bucket: Ints, before: Ints, n: int, m: int
) -> int:
    """The largest gap, times n m, at the values of some whole buckets."""
    order = np.argsort(v)
    v, bucket = v[order], bucket[order]
    step = np.where(first[order], m, -n)
    gap = np.cumsum(step)
    begins = np.append(True, bucket[1:] != bucket[:-1])
    at = np.flatnonzero(begins)
    gap += (before[bucket[at]] - (gap[at] - step[at]))[np.cumsum(begins) - 1]
    last = np.append(v[1:] != v[:-1], True)  # of equal values: the gap is read after all of them
    return int(np.abs(gap[last]).max())


def quantiles(x: Floats, shares: Floats, ordered: bool = False) -> Floats:
    """numpy's (linear) quantiles of a sample without NaN; of one that is in order at once."""
    at = shares * (len(x) - 1)
    below = np.floor(at).astype(np.int64)
    wanted = np.stack([below, np.minimum(below + 1, len(x) - 1)])  # (2, quantile)
    lo, hi = x[wanted] if ordered else ranked(x, wanted)
    t = at - below
    with np.errstate(invalid="ignore", over="ignore"):
        between = np.where(t < 0.5, lo + (hi - lo) * t, hi - (hi - lo) * (1 - t))
    found: Floats = np.where(lo == hi, lo, between)
    return found


def ranked(x: Floats, wanted: Ints) -> Floats:
    """The values of some ranks, 0 the least: only the buckets that hold one are sorted."""
    bucket, count = buckets(x)
    if count == 1:
        return np.sort(x)[wanted]
    size = np.bincount(bucket, minlength=count)
    held_by = np.searchsorted(np.cumsum(size), wanted, side="right")
    holds = np.zeros(count, bool)
    holds[held_by] = True
    skipped = np.cumsum(np.where(holds, 0, size))  # values before, in buckets that were left out
    found: Floats = np.sort(x[holds[bucket]])[wanted - skipped[held_by]]
    return found


def below(x: Floats, cuts: Floats) -> Ints:
    """How many values are less than each cut."""
    if len(cuts) <= 20:  # a comparison runs at the speed of memory
        return np.array([np.count_nonzero(x < cut) for cut in cuts], np.int64)
    return np.searchsorted(np.sort(x), cuts).astype(np.int64)
