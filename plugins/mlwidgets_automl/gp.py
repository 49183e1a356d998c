r"""Gaussian process: a distribution over functions, which a few points make sure of itself.

Rasmussen & Williams (2006), "Gaussian Processes for Machine Learning", MIT Press, chapters 2 and 5.
doi:10.7551/mitpress/3206.001.0001

    k = s^2 (1 + a + a^2 / 3) e^{-a}, \; a^2 = 5 \sum_j (x_j - x'_j)^2 / \ell_j^2  (1) Matérn 5/2
    k = s^2 e^{-r^2 / 2}, \; r^2 = \sum_j (x_j - x'_j)^2 / \ell_j^2     (2) or RBF
    K_{ij} = k(x_i, x_j) + \sigma^2 \delta_{ij}, \; K = L L^\top        (3) covariance of y
    \mu(x) = k(x, X) \, \alpha, \; \alpha = K^{-1} y                    (4) posterior mean
    v(x) = s^2 - \lVert L^{-1} k(X, x) \rVert^2                         (5) posterior variance
    \log p(y) = -\frac{1}{2} y^\top \alpha - \sum_i \log L_{ii} - \frac{n}{2} \log 2\pi  (6)
    \nabla \log p = \frac{1}{2} \mathrm{tr} ((\alpha \alpha^\top - K^{-1}) \nabla K)  (7) its slope
    f = \mu + C (z_1 \cos t + z_2 \sin t), \; C C^\top = \mathrm{cov}(f)  (8) functions that may be

Where: points what is seen: click to add; data your own table; kernel covariance; ell length scale;
s amplitude; sigma noise; fit climb to the highest evidence; steps steps; evidence log p(y), in
nats; lengths length scale of each input; length length scale; amplitude amplitude; noise noise;
grid input; mean posterior mean; band two standard deviations; f1 one that may be; f2 another;
x inputs seen; y outputs seen; xy points seen; density how likely each y is; extent ends of the
window; path posterior mean; ridge evidence of each length scale and noise, below the highest; edges
ends of the ridge; here length scale and noise in force; inputs names of the inputs; told rows kept
for the test, true and told; nlpd mean -log p of the rows kept.

What to watch: Where nothing was seen the functions swing apart, and at the points they meet; a
click far from the others tells the most.

Try: fit=false ell=0.05  the mean passes every point: why is that the worse explanation?
Try: kernel=rbf  what do the functions lose that Matérn's have?
Try: points=-0.8,0.1;-0.3,0.5;0.1,-0.4 sigma=0.5  what can three noisy points still say?
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

import numpy as np

import mlwidgets as ml

from .climbing import Held
from .dense import Floats, Process, below, cholesky, inverse, solve, swung
from .scenes import CLICKED, VIEWS, Look, Scene, Seen, Size, scene_of


class Step(Look):
    evidence: Annotated[float, ml.Metric(better="higher")]
    amplitude: float
    noise: float


def matern(r2: Floats) -> tuple[Floats, Floats]:
    a = np.sqrt(5 * r2)
    e = np.exp(-a)
    return (1 + a + a * a / 3) * e, 5 / 3 * (1 + a) * e  # (1), and its slope: see dense.py


def rbf(r2: Floats) -> tuple[Floats, Floats]:
    k = np.exp(-r2 / 2)
    return k, k  # (2)


SHAPES = {"matern": matern, "rbf": rbf}


class GP(Process):
    """A process given y (n,) at the rows of X (n, d). theta: log of s^2, each ell, sigma^2."""

    @cached_property
    def L(self) -> Floats:
        K = self.s2 * self.kg[0]
        K.flat[:: len(K) + 1] += self.noise
        return cholesky(K)  # (3)

    @cached_property
    def alpha(self) -> Floats:
        return solve(self.L, self.y)

    def posterior(self, x: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation of f, without noise, at the rows of x."""
        k = self.s2 * self.pairs(x, self.X)[0]
        v = self.s2 - (below(self.L, k.T) ** 2).sum(0)  # (5)
        return k @ self.alpha, np.sqrt(np.maximum(v, 0))  # (4)

    @cached_property
    def evidence(self) -> float:
        fit, size = self.y @ self.alpha, np.log(self.L.diagonal()).sum()
        return float(-fit / 2 - size - len(self.y) / 2 * np.log(2 * np.pi))  # (6)

    def slope(self) -> Floats:
        """Of the evidence in theta: one inverse serves every entry."""
        P = inverse(self.L)
        own, trace = self.alpha @ self.alpha, P.trace()
        s2 = self.y @ self.alpha - len(self.y) - self.noise * (own - trace)
        ell = self.s2 * swung(self.alpha, P, self.kg[1], self.X / self.ell)
        found: Floats = np.r_[s2 / 2, ell, self.sigma2 * (own - trace) / 2]  # (7)
        return found

    def functions(self, x: Floats, z: Floats, t: float) -> Floats:
        """Some that may be, at the rows of x, at angle t. z: noise, of (2, rows, functions)."""
        V = below(self.L, self.s2 * self.pairs(self.X, x)[0])
        cov = self.s2 * self.pairs(x, x)[0] - V.T @ V
        C = cholesky(cov + 1e-6 * self.s2 * np.eye(len(x)))
        f: Floats = self.posterior(x)[0][:, None] + C @ (z[0] * np.cos(t) + z[1] * np.sin(t))  # (8)
        return f


def process_of(scene: Scene, theta: Floats, kernel: str) -> GP:
    return GP(scene.X, scene.y, theta, SHAPES[kernel])


@ml.algorithm(*VIEWS, step="step", total="steps")
def gp(
    points: ml.Live[Seen] = CLICKED,
    data: ml.Table | None = None,
    kernel: ml.Live[Literal["matern", "rbf"]] = "matern",
    ell: ml.Live[Size] = 0.1,
    s: ml.Live[Size] = 1.0,
    sigma: ml.Live[Annotated[float, ml.Log(1e-3, 1)]] = 0.1,
    fit: ml.Live[bool] = True,
    steps: Annotated[int, ml.Range(1, 1000)] = 120,
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    scene = scene_of(points, data, seed)
    held = Held(process_of, scene, points, kernel, ell, s, sigma, fit)

    def seen() -> Step:
        process = held.process
        return Step(
            evidence=process.evidence,
            amplitude=process.s2**0.5,
            noise=process.noise**0.5,
            **scene.look(process),
        )

    for _ in range(steps):
        sent = yield seen()
        climbing = held.take(*sent)
        if data is not None and not climbing:
            break
    return held.done(seen)
