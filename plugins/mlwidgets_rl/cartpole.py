"""A cart that balances a pole, many at once: Gymnasium's CartPole-v1, step for step, as one array.

Barto, Sutton & Anderson (1983), "Neuronlike adaptive elements that can solve difficult learning
control problems", IEEE Transactions on Systems, Man, and Cybernetics 13, 834-846. The equations are
those of Florian (2007), "Correct equations for the dynamics of the cart-pole system".

The state is the cart's place x and speed, the pole's angle θ from upright and its speed. Every step
is 0.02 s of a push to the left or the right, and gives reward 1. An episode is over where the pole
leans 12° or the cart is 2.4 from the middle, and is cut after 500 steps.
"""

from __future__ import annotations

from math import radians
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]

GRAVITY, CART, POLE, HALF, FORCE, TAU = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02  # m/s², kg, kg, m, N, s
MASS, MOMENT = CART + POLE, POLE * HALF
PLACE, LEAN = 2.4, radians(12)
STEPS = 500
SOLVED = 475.0  # mean return at which CartPole-v1 counts as solved


def accelerations(theta: Floats, spin: Floats, force: Floats) -> tuple[Floats, Floats]:
    """Of the cart and of the pole's angle; force in newtons, each of shape (n,)."""
    cos, sin = np.cos(theta), np.sin(theta)
    temp = (force + MOMENT * spin * spin * sin) / MASS
    turn = (GRAVITY * sin - cos * temp) / (HALF * (4 / 3) - HALF * POLE / MASS * cos * cos)
    return temp - MOMENT / MASS * turn * cos, turn


class CartPole:
    """n carts. `s` is what each now shows; a cart whose episode ended has begun a new one."""

    features, actions = 4, 2
    bounds: tuple[Floats, Floats] | None = None
    goal: float | None = SOLVED

    def __init__(self, n: int, rng: np.random.Generator) -> None:
        self.n, self.rng = n, rng
        self._reward = np.ones(n, np.float32)
        self.put(self._begin(n))

    def put(self, state: Floats) -> None:
        """Go on from these (4, n) states, at the first step of an episode."""
        self.state, self.steps = np.array(state, np.float64), np.zeros(self.n, np.int64)
        self.s = self.state.T.astype(np.float32)

    def close(self) -> None:
        """Nothing is held."""

    def _begin(self, count: int) -> Floats:
        """States (4, count) near upright and the middle."""
        return self.rng.uniform(-0.05, 0.05, (4, count))

    def step(self, a: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Push by actions (n,), 0 left, 1 right: states reached, rewards, over, over or cut."""
        state = self.state
        speeds = np.empty_like(state)
        speeds[0], speeds[2] = state[1], state[3]
        speeds[1], speeds[3] = accelerations(state[2], state[3], a * (2 * FORCE) - FORCE)
        speeds *= TAU
        state += speeds
        self.steps += 1
        over = (np.abs(state[0]) > PLACE) | (np.abs(state[2]) > LEAN)
        ended = over | (self.steps >= STEPS)
        self.s = reached = state.T.astype(np.float32)
        if ended.any():
            state[:, ended] = self._begin(int(ended.sum()))
            self.steps[ended] = 0
            self.s = state.T.astype(np.float32)
        return reached, self._reward, over, ended
