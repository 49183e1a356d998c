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


def climb(
    start: GP,
    least: Floats = LEAST,
    most: Floats = MOST,
    keep: Callable[[GP], object] = lambda process: None,
) -> list[GP]:
    """The processes on the way to the highest evidence near; `keep` sees each in full."""
    path: list[GP] = []
    here = start

    def downhill(theta: Floats) -> tuple[float, Floats]:
        nonlocal here
        here = replace(start, theta=theta.copy())
        try:
            return -here.evidence, -here.slope()
        except np.linalg.LinAlgError:
            return REFUSED, np.zeros_like(theta)

    def passed(theta: Floats) -> None:
        at = here if np.array_equal(here.theta, theta) else replace(start, theta=theta.copy())
        keep(at)
        for matrix in ("kg", "L"):  # of n x n numbers: not one for each step
            vars(at).pop(matrix, None)
        path.append(at)

    if len(start.y):
        within = bounds(start.X.shape[1], least, most)
        minimize(
            downhill,
            np.clip(start.theta, *np.array(within).T),
            jac=True,
            method="L-BFGS-B",
            bounds=within,
            callback=passed,
        )
    return path


class Held:
    """Hyperparameters in force: set by hand, or on their way to the highest evidence."""

    def __init__(self, make: Callable[[Scene, Floats, str], GP], scene: Scene, *now: Any) -> None:
        """make: the process of a scene, theta and the kernel's name; now: what LIVE names."""
        self.make, self.scene, self.now = make, scene, now
        self.theta = np.zeros(scene.inputs + 2)
        self.top: GP | None = None  # where the last step led
        self.way: list[GP] | None = None  # what is left of it; none where it is not known yet
        self._turn(now[2:5])

    @property
    def process(self) -> GP:
        return self.top or self.make(self.scene, self.theta, self.now[1])

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
            self.way = self.top = None
        if self.way is None:
            self.way = climb(self.process, keep=self.scene.keep) if new[5] else []
        if self.way:
            self.top = self.way.pop(0)
            self.theta = self.top.theta
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
