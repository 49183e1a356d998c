"""The highest evidence: L-BFGS-B over the logarithms of the hyperparameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize

import mlwidgets as ml

from .dense import Floats

if TYPE_CHECKING:
    from .gp import GP
    from .scenes import Scene

LIVE = ("points", "kernel", "ell", "s", "sigma", "fit")
PARTS = ((slice(1, -1), 1), (slice(0, 1), 2), (slice(-1, None), 2))  # of theta: ell, s, sigma

LEAST = np.log([1e-2, 1e-2, 1e-6])  # s^2, each ell, sigma^2: outputs and inputs are of size 1
MOST = np.log([1e3, 1e2, 1e1])
REFUSED = 1e25  # where K has no Cholesky factor


def bounds(d: int, least: Floats = LEAST, most: Floats = MOST) -> list[tuple[float, float]]:
    """Of theta for d inputs, from those of log s^2, of each log ell, of log sigma^2."""
    of = [0, *[1] * d, 2]
    return list(zip(least[of].tolist(), most[of].tolist(), strict=True))


def climb(start: GP, least: Floats = LEAST, most: Floats = MOST) -> list[Floats]:
    """The hyperparameters that lie on the way from a process's own to the best near them."""
    path: list[Floats] = []

    def downhill(theta: Floats) -> tuple[float, Floats]:
        here = replace(start, theta=theta)
        try:
            return -here.evidence, -here.slope()
        except np.linalg.LinAlgError:
            return REFUSED, np.zeros_like(theta)

    if len(start.y):
        within = bounds(start.X.shape[1], least, most)
        minimize(
            downhill,
            np.clip(start.theta, *np.array(within).T),
            jac=True,
            method="L-BFGS-B",
            bounds=within,
            callback=lambda theta: path.append(theta.copy()),
        )
    return path


class Held:
    """Hyperparameters in force: set by hand, or on their way to the highest evidence."""

    def __init__(self, make: Callable[[Scene, Floats, str], GP], scene: Scene, *now: Any) -> None:
        """make: the process of a scene, theta and the kernel's name; now: what LIVE names."""
        self.make, self.scene, self.now = make, scene, now
        self.theta = np.zeros(scene.inputs + 2)
        self.way: list[Floats] | None = None  # what is left of it; none where it is not known yet
        self._turn(now[2:5])

    @property
    def process(self) -> GP:
        return self.make(self.scene, self.theta, self.now[1])

    def _turn(self, sizes: tuple[float, ...], old: tuple[float, ...] = (0, 0, 0)) -> None:
        """Those that a person has changed."""
        theta = self.theta.copy()
        for (part, power), size, before in zip(PARTS, sizes, old, strict=True):
            if size != before:
                theta[part] = power * np.log(size)
        self.theta = theta

    def take(self, *new: Any) -> bool:
        """What a person changed is in force; then a step up. False where there is none to take."""
        old, self.now = self.now, new
        if new[0] != old[0]:
            self.scene.see(new[0])
        self._turn(new[2:5], old[2:5])
        if new != old:
            self.way = None
        if self.way is None:
            self.way = climb(self.process) if new[5] else []
        if self.way:
            self.theta = self.way.pop(0)
            return True
        return False

    def done(self, seen: Callable[[], Any]) -> ml.Done:
        """What a run that is over answers: the process at its best with what was changed."""

        def answer(k: int, value: Any) -> Any:
            new = (*self.now[:k], value, *self.now[k + 1 :])
            while self.take(*new):
                pass
            return seen()

        return ml.Done(self.process, **{n: partial(answer, k) for k, n in enumerate(LIVE)})
