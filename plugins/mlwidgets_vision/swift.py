"""The same sums for a large picture: products of matrices, or of transforms for a large kernel."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

Pixels = npt.NDArray[Any]
Strip = Callable[[int, int], None]
SMALL = 11  # cells a side: of a picture 2,080 wide OpenBLAS takes its products without more threads
ALONE = 10**8  # multiply-adds; where there are fewer, threads cost more than they win
HIGH = 32  # rows of sums at a time: what they need stays in cache


def swift(x: Pixels, K: Pixels, padding: int = 0) -> Pixels:
    """What K answers to every window of x (n, m) or (n, m, 3), in single precision."""
    if x.ndim == 3:
        return np.stack([swift(x[..., c], K, padding) for c in range(x.shape[2])], axis=2)
    o, q = (n + 2 * padding - k + 1 for n, k in zip(x.shape, K.shape, strict=True))
    y = np.empty((o, q), np.float32)
    way = columnwise if max(K.shape) <= SMALL else transformed
    high, strip = way(x, K.astype(np.float32), padding, y)
    if y.size * K.size < ALONE:
        strip(0, o)
        return y
    threads = min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    share = -(-o // (high * threads)) * high
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(strip, range(0, o, share), range(share, o + share, share)))
    return y


def fill(block: Pixels, x: Pixels, top: int, padding: int) -> None:
    """Rows of the padded picture from `top` on: what stays in cache is not padded as a whole."""
    first = top - padding
    lo, hi = max(0, first), max(0, min(len(x), first + len(block)))
    block[: lo - first] = 0
    block[max(0, hi - first) :] = 0
    if lo < hi:
        block[lo - first : hi - first, padding : padding + x.shape[1]] = x[lo:hi]


def columnwise(x: Pixels, K: Pixels, padding: int, y: Pixels) -> tuple[int, Strip]:
    """Each column of K times the rows it covers, then the columns' sums from side to side."""
    k, cells = K.shape
    q = y.shape[1]

    def strip(top: int, end: int) -> None:
        block = np.zeros((HIGH + k - 1, x.shape[1] + 2 * padding), np.float32)
        rows = sliding_window_view(block, k, axis=0).transpose(0, 2, 1)  # (row, k, column)
        sums = np.empty((HIGH, cells, block.shape[1]), np.float32)
        for r in range(top, min(end, len(y)), HIGH):
            fill(block, x, r, padding)
            np.matmul(K.T, rows, out=sums)
            part = y[r : r + HIGH]
            part[:] = sums[: len(part), 0, :q]
            for v in range(1, cells):
                part += sums[: len(part), v, v : v + q]

    return HIGH, strip


def transformed(x: Pixels, K: Pixels, padding: int, y: Pixels) -> tuple[int, Strip]:
    """Strip by strip a product of transforms; what wraps around lies outside the windows."""
    sizes = (8 * len(K), x.shape[1] + 2 * padding)
    shape = tuple(fft.next_fast_len(n, real=True) for n in sizes)
    F = np.conj(fft.rfft2(K, shape))
    high = shape[0] - len(K) + 1

    def strip(top: int, end: int) -> None:
        block = np.zeros(shape, np.float32)
        for r in range(top, min(end, len(y)), high):
            fill(block, x, r, padding)
            X = fft.rfft2(block)
            X *= F
            part = y[r : r + high]
            part[:] = fft.irfft2(X, shape, overwrite_x=True)[: len(part), : y.shape[1]]

    return high, strip
