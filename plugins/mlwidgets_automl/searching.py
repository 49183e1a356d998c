"""A search under way: what was evaluated, its surrogate, and where an acquisition is highest."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.stats import qmc

from .climbing import climb
from .dense import Floats, solve

if TYPE_CHECKING:
    from .gp import GP
    from .objectives import Function

WIDE, NEAR = 1000, 200  # places tried everywhere, and about the best
STARTS = (5, 3)  # of these, from which the acquisition is climbed
SAME = 1e-6  # of the range: an evaluation that is there already
TINY = 1e-9
LEAST = np.log([0.05, 0.05, 1e-6])  # s^2, each ell, sigma^2: an evaluation is believed, all but
MOST = np.log([20.0, 3.0, 1e-3])
PLAIN = (0.0, -0.7, -11.0)  # log s^2, log ell, log sigma^2, where nothing is known

Slopes = tuple[Floats, Floats, Floats]
"""An acquisition, and its derivatives in the posterior's mean and deviation."""
Worth = Callable[[Floats, Floats, float], Slopes]
"""An acquisition of the posterior's mean and deviation, and of the lowest value."""
Allowed = Callable[[Floats], npt.NDArray[np.bool_]]
"""Which of the rows may be evaluated."""
Make = Callable[[Floats, Floats, Floats], "GP"]
"""A surrogate of X, z and theta."""


def everywhere(x: Floats) -> npt.NDArray[np.bool_]:
    return np.ones(len(x), bool)


class Search:
    """Evaluations of one function; inputs in [0, 1], of y the model sees (y - mean) / deviation."""

    def __init__(self, f: Function, seed: int) -> None:
        self.f, self.seed, self.inputs = f, seed, len(f.bounds)
        self.rng = np.random.default_rng(seed)
        self.X = np.empty((0, self.inputs))
        self.y = np.empty(0)  # NaN where the function failed
        self.theta = self.plain()
        self.said = "nothing is known yet"

    def plain(self) -> Floats:
        return np.array([PLAIN[0], *[PLAIN[1]] * self.inputs, PLAIN[2]])

    def design(self, count: int) -> Floats:
        """The first places: they fill the cube evenly (Sobol, scrambled)."""
        power = max(0, count - 1).bit_length()
        places: Floats = qmc.Sobol(self.inputs, seed=self.seed).random_base2(power)
        return places[:count]

    def twin(self) -> Search:
        """Another that goes on from here; both draw the same numbers."""
        return deepcopy(self)

    def known(self, x: Floats) -> bool:
        """Was the function evaluated there?"""
        return bool(len(self.X) and np.abs(self.X - x).max(1).min() < SAME)

    def call(self, x: Floats) -> str:
        """An evaluation, as one would write it."""
        return f"{self.f.name}({', '.join(f'{v:.4g}' for v in self.f.outside(x))})"

    def evaluate(self, x: Floats, who: str) -> None:
        """The costly part; a function that fails there is believed to be as bad as the worst."""
        y, fault = self.f.at(self.f.outside(x))
        called, before = self.call(x), self.best
        self.X, self.y = np.vstack([self.X, x]), np.append(self.y, y)
        if fault:
            self.said = f"{called} {fault}: counted as the worst value found"
        else:
            better = ", the lowest so far" if not before <= y else ""
            self.said = f"{called} = {y:.5g}{better}; chosen by {who}"

    @property
    def found(self) -> dict[str, float]:
        """The inputs of the lowest value by their names, and the value."""
        if not np.isfinite(self.y).any():
            return {}
        best = self.f.outside(self.X[np.nanargmin(self.y)]).tolist()
        return dict(zip(self.f.names, best, strict=True)) | {"value": self.best}

    @property
    def best(self) -> float:
        """The lowest value found; NaN where there is none."""
        good = self.y[np.isfinite(self.y)]
        return float(good.min()) if len(good) else float("nan")

    @property
    def scale(self) -> tuple[float, float]:
        """Mean and deviation of the values found; 0 and 1 where they tell neither."""
        good = self.y[np.isfinite(self.y)]
        if not len(good):
            return 0.0, 1.0
        return float(good.mean()), float(good.std()) or 1.0

    @property
    def z(self) -> Floats:
        """Values as the model sees them; where the function failed, the worst one found."""
        centre, spread = self.scale
        z = (self.y - centre) / spread
        good = z[np.isfinite(z)]
        return np.where(np.isfinite(z), z, good.max() if len(good) else 0.0)

    def learn(self, make: Make) -> GP:
        """The surrogate at its highest evidence, climbed from where it was and from the start."""
        z = self.z
        if len(z) < 2:
            return make(self.X, z, self.theta)
        starts = [make(self.X, z, theta) for theta in (self.theta, self.plain())]
        tops = [(climb(s, LEAST, MOST) or [s])[-1] for s in starts]
        model = max(tops, key=lambda top: top.evidence)
        self.theta = model.theta
        return model

    def highest(self, model: GP, worth: Worth, allowed: Allowed = everywhere) -> Floats:
        """Where the acquisition is highest: the best candidates, climbed together."""
        x = self.candidates(model)
        free = allowed(x)
        if not free.any():  # all is vetoed: nothing is
            allowed, free = everywhere, everywhere(x)
        best = float(model.y.min()) if len(model.y) else 0.0
        value = np.where(free, worth(*sure(*model.posterior(x)), best)[0], -np.inf)
        order = np.argsort(-value)
        chosen = np.r_[order[: STARTS[0]], order[order >= WIDE][: STARTS[1]]]
        tops = climbed(model, worth, best, x[chosen])
        tops = np.vstack([tops[allowed(tops)], x[order[:1]]])
        value = worth(*sure(*model.posterior(tops)), best)[0]
        top: Floats = tops[value.argmax()]
        if self.known(top):  # it would tell nothing
            return x[np.where(free, model.posterior(x)[1], -1).argmax()]  # type: ignore[no-any-return]
        return top

    def candidates(self, model: GP) -> Floats:
        """Places everywhere, and about the best so far."""
        x = self.rng.random((WIDE, self.inputs))
        steps = self.rng.standard_normal((NEAR, self.inputs))
        centre = model.X[model.y.argmin()] if len(model.y) else np.full(self.inputs, 0.5)
        return np.vstack([x, np.clip(centre + 0.1 * steps, 0, 1)])


def sure(mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """A deviation that can be divided by."""
    return mean, np.maximum(sd, TINY)


def climbed(model: GP, worth: Worth, best: float, starts: Floats) -> Floats:
    """Each start moved uphill; all at once, as one function of all their coordinates."""

    def downhill(flat: Floats) -> tuple[float, Floats]:
        mean, sd, d_mean, d_sd = tangent(model, flat.reshape(starts.shape))
        value, by_mean, by_sd = worth(mean, sd, best)
        slope = by_mean[:, None] * d_mean + by_sd[:, None] * d_sd
        return -float(value.sum()), -slope.ravel()

    inside = [(0.0, 1.0)] * starts.size
    told = {"maxiter": 50}
    found = minimize(
        downhill, starts.ravel(), jac=True, method="L-BFGS-B", bounds=inside, options=told
    )
    moved: Floats = found.x.reshape(starts.shape)
    return moved


def tangent(model: GP, x: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """The posterior at the rows of x, and the slopes of its mean and deviation there."""
    U, V = x / model.ell, model.X / model.ell
    k, g = (model.s2 * part for part in model.pairs(x, model.X))
    w = solve(model.L, k.T).T  # K^-1 k of each row
    mean, sd = sure(k @ model.alpha, np.sqrt(np.maximum(model.s2 - (w * k).sum(1), 0)))

    def along(c: Floats) -> Floats:  # sum_i c_i dk_i / dx
        slope: Floats = (c @ V - c.sum(1, keepdims=True) * U) / model.ell
        return slope

    return mean, sd, along(g * model.alpha), -along(g * w) / sd[:, None]
