"""The same sums for a large picture: products of matrices, or of transforms for a large kernel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Pixels = npt.NDArray[Any]
SMALL = 7  # cells a side of a kernel whose windows are unfolded
HIGH = 8  # rows of sums that one product makes: what it reads stays in cache


def swift(x: Pixels, K: Pixels) -> Pixels:
    """What K answers to every window of x (n, m) or (n, m, 3), in single precision."""
    if x.ndim == 3:
        return np.stack([swift(x[..., c], K) for c in range(x.shape[2])], axis=2)
    y = np.empty([n - k + 1 for n, k in zip(x.shape, K.shape, strict=True)], np.float32)
    if max(K.shape) <= SMALL:
        unfolded(x, K, y)
    else:
        with torch.no_grad():
            transformed(torch.as_tensor(x), torch.as_tensor(K.copy()), torch.from_numpy(y))
    return y


def unfolded(x: Pixels, K: Pixels, y: Pixels) -> None:
    """Rows of x, shifted to each column of K, times a band of K's cells: several rows at once."""
    (k, cells), wide = K.shape, y.shape[1]
    band = np.zeros((HIGH, cells, HIGH + k - 1), np.float32)
    for row in range(HIGH):
        band[row, :, row : row + k] = K.T
    around = np.zeros((cells, HIGH + k - 1, wide), np.float32)
    for top in range(0, len(y), HIGH):
        high = min(HIGH, len(y) - top)
        rows = x[top : top + high + k - 1]
        for v in range(cells):
            around[v, : len(rows)] = rows[:, v : v + wide]
        flat = around.reshape(-1, wide)
        np.matmul(band[:high].reshape(high, -1), flat, out=y[top : top + high])


def transformed(x: Tensor, K: Tensor, y: Tensor) -> None:
    """Strip by strip a product of transforms; what wraps around lies outside the windows."""
    rows, columns = fast(8 * len(K)), fast(x.shape[1])
    turn = torch.arange(rows, dtype=torch.float64, device=x.device)[:, None]
    turn = turn * torch.arange(len(K), device=x.device) % rows * (2 * math.pi / rows)
    F = torch.fft.rfft(K, columns)
    F = (torch.polar(torch.ones_like(turn), turn) @ F.conj()).to(torch.complex64)
    step = rows - len(K) + 1
    for top in range(0, len(y), step):
        X = torch.fft.rfft2(x[top : top + rows], (rows, columns))
        part = y[top : top + step]
        part.copy_(torch.fft.irfft2(X.mul_(F), (rows, columns))[: len(part), : y.shape[1]])


def fast(n: int) -> int:
    """The next number that is made of 2, 3 and 5."""
    rest = n
    for prime in (2, 3, 5):
        while rest % prime == 0:
            rest //= prime
    return n if rest == 1 else fast(n + 1)
