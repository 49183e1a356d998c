"""The same sums for a large picture: matrix products, or transforms for a large kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Pixels = npt.NDArray[Any]


def swift(x: Pixels, K: Pixels) -> Pixels:
    """What K answers to every window of x (n, m) or (n, m, 3): float32."""
    if x.ndim == 3:
        return np.stack([swift(x[..., c], K) for c in range(x.shape[2])], axis=2)
    o, q = (n - k + 1 for n, k in zip(x.shape, K.shape, strict=True))
    sizes = [_fast(n) for n in x.shape]
    X, F = (torch.fft.rfft2(torch.tensor(a, dtype=torch.float32), sizes) for a in (x, K))
    y: Pixels = torch.fft.irfft2(X.mul_(F.conj()), sizes)[:o, :q].contiguous().numpy()
    return y


def _fast(n: int) -> int:
    """The next number of small primes."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(n, real=True))
