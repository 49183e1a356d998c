"""The same sums for a large picture: products of matrices, or of transforms for a large kernel."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft

Pixels = npt.NDArray[Any]
Strip = Callable[[int, int], None]
SMALL = 7  # cells a side of a kernel whose windows are unfolded
HIGH = 8  # rows of sums that one product makes: what it reads stays in cache
ALONE = 250_000  # multiply-adds of a product for which OpenBLAS does not wake its threads


def swift(x: Pixels, K: Pixels) -> Pixels:
    """What K answers to every window of x (n, m) or (n, m, 3), in single precision."""
    if x.ndim == 3:
        return np.stack([swift(x[..., c], K) for c in range(x.shape[2])], axis=2)
    y = np.empty([n - k + 1 for n, k in zip(x.shape, K.shape, strict=True)], np.float32)
    way = unfolded if max(K.shape) <= SMALL else transformed
    high, strip = way(x, K.astype(np.float32), y)
    threads = min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    share = -(-len(y) // (high * threads)) * high
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(strip, range(0, len(y), share), range(share, len(y) + share, share)))
    return y


def unfolded(x: Pixels, K: Pixels, y: Pixels) -> tuple[int, Strip]:
    """Rows of x, shifted to each column of K, times a band of K's cells: several rows at once."""
    k, cells = K.shape
    band = np.zeros((HIGH, cells, HIGH + k - 1), np.float32)
    for row in range(HIGH):
        band[row, :, row : row + k] = K.T
    wide = min(y.shape[1], ALONE // band.size)

    def strip(top: int, end: int) -> None:
        around = np.zeros((cells, HIGH + k - 1, wide), np.float32)
        for r in range(top, min(end, len(y)), HIGH):
            for c in range(0, y.shape[1], wide):
                part = y[r : r + HIGH, c : c + wide]
                rows, width = x[r : r + HIGH + k - 1], part.shape[1]
                for v in range(cells):
                    around[v, : len(rows), :width] = rows[:, c + v : c + v + width]
                flat = around.reshape(-1, wide)[:, :width]
                np.matmul(band[: len(part)].reshape(len(part), -1), flat, out=part)

    return HIGH, strip


def transformed(x: Pixels, K: Pixels, y: Pixels) -> tuple[int, Strip]:
    """Strip by strip a product of transforms; what wraps around lies outside the windows."""
    shape = tuple(fft.next_fast_len(n, real=True) for n in (8 * len(K), x.shape[1]))
    F = np.conj(fft.rfft2(K, shape))
    high = shape[0] - len(K) + 1

    def strip(top: int, end: int) -> None:
        for r in range(top, min(end, len(y)), high):
            X = fft.rfft2(x[r : r + shape[0]], shape)
            X *= F
            part = y[r : r + high]
            part[:] = fft.irfft2(X, shape, overwrite_x=True)[: len(part), : y.shape[1]]

    return high, strip
