"""The same sums for a large picture: products of matrices, or of transforms for a large kernel."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

Pixels = npt.NDArray[Any]
SMALL = 11  # cells a side: of a picture 2,080 wide OpenBLAS takes its products without more threads
HIGH = 32  # rows of sums at a time: what they need stays in cache


def swift(x: Pixels, K: Pixels, padding: int = 0) -> Pixels:
    """What K answers to every window of x (n, m) or (n, m, 3), in single precision."""
    if x.ndim == 3:
        return np.stack([swift(x[..., c], K, padding) for c in range(x.shape[2])], axis=2)
    o, q = (n + 2 * padding - k + 1 for n, k in zip(x.shape, K.shape, strict=True))
    y = np.empty((o, q), np.float32)
    way = columnwise if max(K.shape) <= SMALL else transformed
    way(x, K.astype(np.float32), padding, y)
    return y


def fill(block: Pixels, x: Pixels, top: int, padding: int) -> None:
    """Rows of the padded picture from `top` on: what stays in cache is not padded as a whole."""
    first = top - padding
    lo, hi = max(0, first), max(0, min(len(x), first + len(block)))
    block[: lo - first] = 0
    block[max(0, hi - first) :] = 0
    if lo < hi:
        block[lo - first : hi - first, padding : padding + x.shape[1]] = x[lo:hi]


def columnwise(x: Pixels, K: Pixels, padding: int, y: Pixels) -> None:
    """Each column of K times the rows it covers, then the columns' sums from side to side.

    In the caller's thread: to begin another takes as long as half of this.
    """
    k, cells = K.shape
    q = y.shape[1]
    block = np.zeros((HIGH + k - 1, x.shape[1] + 2 * padding), np.float32)
    rows = sliding_window_view(block, k, axis=0).transpose(0, 2, 1)  # (row, k, column)
    sums = np.empty((HIGH, cells, block.shape[1]), np.float32)
    for r in range(0, len(y), HIGH):
        fill(block, x, r, padding)
        np.matmul(K.T, rows, out=sums)
        part = y[r : r + HIGH]
        part[:] = sums[: len(part), 0, :q]
        for v in range(1, cells):
            part += sums[: len(part), v, v : v + q]


def transformed(x: Pixels, K: Pixels, padding: int, y: Pixels) -> None:
    """Strip by strip a product of transforms; what wraps around lies outside the windows."""
    sizes = (8 * len(K), x.shape[1] + 2 * padding)
    shape = tuple(fft.next_fast_len(n, real=True) for n in sizes)
    F = np.conj(fft.rfft2(K, shape))
    high = shape[0] - len(K) + 1

    threads = min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    share = -(-len(y) // (high * threads)) * high

    def strip(top: int) -> None:
        block = np.zeros(shape, np.float32)
        for r in range(top, min(top + share, len(y)), high):
            fill(block, x, r, padding)
            X = fft.rfft2(block)
            X *= F
            part = y[r : r + high]
            part[:] = fft.irfft2(X, shape, overwrite_x=True)[: len(part), : y.shape[1]]

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(strip, range(0, len(y), share)))
