"""The nearest centres of many points, fast: parts that stay in the cache, on every core."""

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
PART = 2**15  # points whose changes are summed at a time


def squared(X: Floats, x: Floats) -> Floats:
    """The squared distance of each point to a place, or to one for each: (n,)."""
    off = X - x
    return np.asarray(np.einsum("id,id->i", off, off))


def lifted(X: Floats) -> Floats:
    """x, 1: its product with -2 mu, |mu|^2 is the squared distance less |x|^2, alike for all mu."""
    return np.column_stack([X, np.ones(len(X))])


def threads() -> int:
    """As many as OpenMP is told to take; `2,1` are those of outer and inner loops."""
    told = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return max(1, int(told) if told.isdecimal() else os.cpu_count() or 1)


def nearest(L: Floats, mu: Floats) -> Ints:
    """The nearest centre of each point of `lifted` ones: (n,)."""
    n, k = len(L), len(mu)
    M = np.ascontiguousarray(np.column_stack([-2 * mu, (mu**2).sum(axis=1)]).T)
    z = np.empty(n, dtype=np.int64)
    rows = max(1, min(4096, ALONE // M.size))

    def part(begin: int, end: int) -> None:
        score = np.empty((rows, k))
        for i in range(begin, end, rows):
            m = min(rows, end - i)
            np.matmul(L[i : i + m], M, out=score[:m])
            score[:m].argmin(axis=1, out=z[i : i + m])

    cores = threads() if n > FEW else 1
    each = math.ceil(n / cores)
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(part, range(0, n, each), (min(i + each, n) for i in range(0, n, each))))
    return z


def moved(X: Floats, before: Ints, z: Ints, k: int) -> tuple[int, Ints, Floats]:
    """How many points change their centre, what each centre's number gains by it, and its sum.

    A matrix with 1 at each one's new centre and -1 at its old one, times X, is what the sums gain.
    """
    at = np.flatnonzero(before != z)
    pairs = np.stack([z[at], before[at] % (k + 1)], axis=1)  # k: it had none
    ones, ends = np.tile([1.0, -1.0], len(at)), np.arange(0, 2 * len(at) + 1, 2)
    S = sparse.csr_array((ones, pairs.ravel(), ends), (len(at), k + 1)).T @ X[at]
    came, left = (np.bincount(side, minlength=k + 1) for side in pairs.T)
    return len(at), (came - left)[:k], S[:k]


class Groups:
    """How many points each centre has, n, and their sum, S; kept up by the points that change."""

    def __init__(self, X: Floats, k: int) -> None:
        self.X, self.x2 = X, float(np.vdot(X, X))
        self.z = np.full(len(X), -1)
        self.n, self.S = np.zeros(k, dtype=np.int64), np.zeros((k, X.shape[1]))

    def join(self, z: Ints) -> int:
        """Each point joins a centre; how many change theirs."""
        parts = [slice(i, i + PART) for i in range(0, len(z), PART)]
        with ThreadPoolExecutor(threads() if len(parts) > 1 else 1) as pool:
            found = pool.map(
                lambda part: moved(self.X[part], self.z[part], z[part], len(self.n)), parts
            )
            changed = 0
            for some, n, S in found:  # in their order, however many threads there are
                changed, self.n, self.S = changed + some, self.n + n, self.S + S
        self.z = z
        return changed

    def inertia(self, mu: Floats) -> float:
        """The sum of |x - mu|^2, multiplied out, so that no point is looked at again."""
        return max(0.0, float(self.x2 - 2 * (self.S * mu).sum() + self.n @ (mu**2).sum(axis=1)))

    def rescue(self, mu: Floats) -> list[int]:
        """Gives each centre without points the farthest of all, as scikit-learn does; which."""
        lost = [*map(int, np.flatnonzero(self.n == 0))]
        D2 = squared(self.X, mu[self.z]) if lost else np.zeros(0)
        if not D2.any():
            return []
        for j, i in zip(lost, np.argpartition(D2, -len(lost))[: -len(lost) - 1 : -1], strict=True):
            self.n[self.z[i]] -= 1
            self.S[self.z[i]] -= self.X[i]
            self.n[j], self.S[j], self.z[i] = 1, self.X[i], j
        return lost
