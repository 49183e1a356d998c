"""Distances of many points to some centres, fast: parts that stay in the cache, on every core."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
ALONE = 2**18  # multiply-adds of a product that BLAS leaves to one thread, as the cores have parts
FEW = 20_000  # points that are not worth a second thread


def squared(X: Floats, x: Floats) -> Floats:
    """The squared distance of each point to one place: (n,)."""
    off = X - x
    return np.asarray(np.einsum("id,id->i", off, off))


def nearest(X: Floats, mu: Floats, x2: Floats | None = None) -> tuple[Ints, Floats]:
    """The nearest centre of each point, and the squared distance to it: two of (n,).

    x2: the squared length of each point, where it is known.
    """
    n, x2 = len(X), squared(X, mu[0] * 0) if x2 is None else x2
    z, least = np.empty(n, dtype=np.int64), np.empty(n)
    m2 = (mu**2).sum(axis=1)

    def part(begin: int, end: int) -> None:
        rows = max(1, min(4096, ALONE // mu.size))
        score, first = np.empty((rows, len(mu))), np.arange(rows) * len(mu)
        for i in range(begin, end, rows):
            some = slice(i, min(i + rows, end))
            now = score[: some.stop - i]
            np.matmul(X[some], -2 * mu.T, out=now)
            now += m2  # |x - mu|^2 less |x|^2, which is the same for all centres
            now.argmin(axis=1, out=z[some])
            np.take(score, first[: len(now)] + z[some], out=least[some], mode="clip")
            least[some] += x2[some]

    cores = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1) if n > FEW else 1
    each = math.ceil(n / cores)
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(part, range(0, n, each), (min(i + each, n) for i in range(0, n, each))))
    return z, np.maximum(least, 0, out=least)


def sums(X: Floats, z: Ints, k: int) -> tuple[Ints, Floats]:
    """How many points each centre has, and their sum: a matrix of ones, a row a point, times X."""
    n = len(X)
    joined = sparse.csr_array((np.ones(n), z, np.arange(n + 1)), shape=(n, k))
    return np.bincount(z, minlength=k).astype(np.int64), np.asarray(joined.T @ X)


def rescued(X: Floats, z: Ints, D2: Floats, n: Ints, total: Floats) -> list[int]:
    """Gives each centre without points the farthest point of all, as scikit-learn does; which."""
    lost = [*map(int, np.flatnonzero(n == 0))]
    if not lost or not D2.any():
        return []
    farthest = np.argpartition(D2, -len(lost))[: -len(lost) - 1 : -1]
    for j, i in zip(lost, farthest, strict=True):
        n[z[i]] -= 1
        total[z[i]] -= X[i]
        n[j], total[j], z[i] = 1, X[i], j
    return lost
