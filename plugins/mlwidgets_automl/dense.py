"""Fast dense algebra for a Gaussian process: what would hide the equations of `gp.py`.

A covariance is a function of the squared distance, `shape(r2)`, that gives two arrays: the
covariance k itself, and g, with which a step of log ell_k changes it by g (x_k - x'_k)^2 / ell_k^2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.linalg import blas, lapack

Floats = npt.NDArray[np.float64]
Shape = Callable[[Floats], tuple[Floats, Floats]]
ROUNDING = 1e-10  # beside sigma^2: points that are seen twice do not make K singular
FEW = 100  # rows: with fewer, threads would wait for each other longer than they compute
ROWS = 64  # worked on together, so that what lies between two steps stays in the processor's cache


def pairs(U: Floats, V: Floats, shape: Shape) -> tuple[Floats, Floats]:
    """Covariances k and g of all pairs of rows, a few rows at a time."""
    k, g = np.empty((len(U), len(V))), np.empty((len(U), len(V)))
    u2, v2 = (np.einsum("ij,ij->i", A, A) for A in (U, V))
    for i in range(0, len(U), ROWS):
        some = slice(i, i + ROWS)
        r2 = U[some] @ (-2 * V.T)
        r2 += u2[some, None] + v2
        k[some], g[some] = shape(np.maximum(r2, 0, out=r2))
    return k, g


def cholesky(K: Floats) -> Floats:
    """L of K = L L^T; K is used up. LinAlgError where K is not positive definite."""
    if not len(K):
        return K
    L, failed = lapack.dpotrf(K.T, lower=1, clean=1, overwrite_a=1)  # K^T = K, in LAPACK's order
    if failed:
        raise np.linalg.LinAlgError("K is not positive definite: give it more noise")
    return cast(Floats, L)


def solve(L: Floats, y: Floats) -> Floats:
    """K^-1 y."""
    if not len(L):
        return y
    return cast(Floats, lapack.dpotrs(L, y, lower=1)[0])


def below(L: Floats, k: Floats) -> Floats:
    """L^-1 k."""
    if not len(L):
        return k
    if len(L) <= FEW:
        step = 1024 // len(L)
        parts = range(0, k.shape[1], step)
        return np.hstack([blas.dtrsm(1.0, L, k[:, i : i + step], lower=1) for i in parts])
    return cast(Floats, blas.dtrsm(1.0, L, k, lower=1))


def inverse(L: Floats) -> Floats:
    """The lower triangle of K^-1: half of what a full inverse costs."""
    if len(L) <= FEW:
        M = below(L, np.eye(len(L)))
        return cast(Floats, np.asfortranarray(M.T @ M))
    return cast(Floats, lapack.dpotri(L, lower=1)[0])


def swung(alpha: Floats, P: Floats, g: Floats, U: Floats) -> Floats:
    """For each column u: the sum over all pairs of (alpha alpha^T - P)_ij g_ij (u_i - u_j)^2 / 2.

    The square is multiplied out, so that no n x n matrix is made for each column; P is used up.
    """
    U = U - U.mean(0)
    Z = np.column_stack([np.ones(len(U)), U])
    MZ = alpha[:, None] * (g @ (alpha[:, None] * Z))
    MZ -= blas.dsymm(1.0, np.multiply(P, g.T, out=P), Z, lower=1)
    total: Floats = (U * (U * MZ[:, :1] - MZ[:, 1:])).sum(0)
    return total


@dataclass(frozen=True, eq=False)
class Process:
    """What `GP` is given, and what it uses more than once. theta: log of s^2, each ell, sigma^2."""

    X: Floats  # (n, d)
    y: Floats  # (n,)
    theta: Floats  # (d + 2,)
    shape: Shape

    @cached_property
    def s2(self) -> float:
        return float(np.exp(self.theta[0]))

    @cached_property
    def ell(self) -> Floats:
        return cast(Floats, np.exp(self.theta[1:-1]))

    @cached_property
    def sigma2(self) -> float:
        return float(np.exp(self.theta[-1]))

    @property
    def noise(self) -> float:
        return self.sigma2 + ROUNDING

    def pairs(self, U: Floats, V: Floats) -> tuple[Floats, Floats]:
        """k / s^2 and g / s^2 of rows of inputs."""
        return pairs(U / self.ell, V / self.ell, self.shape)

    @cached_property
    def kg(self) -> tuple[Floats, Floats]:
        """The same, of what was seen."""
        return self.pairs(self.X, self.X)
