"""A policy and its critic: two small networks whose weights stand in one row, and Adam for them.

One row of weights makes one gradient, one norm and one step of Adam: at this size the number of
calls is what a step costs.
"""

from __future__ import annotations

from math import log, pi, prod, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .worlds import World

Floats = npt.NDArray[Any]
BETA_1, BETA_2, SMALL = 0.9, 0.999, 1e-5


class Policy:
    """What to do in a state, and what the state is worth.

    Both networks have two hidden layers of tanh. A discrete action is drawn by its score z; one of
    numbers is normal around z, with a spread of its own for each number.
    """

    def __init__(self, world: World, hidden: int, rng: np.random.Generator) -> None:
        self.discrete, self.actions = world.bounds is None, world.actions
        layers = [(world.features, hidden), (hidden, hidden)]
        drawn: list[Tensor] = []
        for out, gain in ((self.actions, 0.01), (1, 1.0)):
            for shape, scale in [*((s, sqrt(2)) for s in layers), ((hidden, out), gain)]:
                drawn += [orthogonal(rng, shape, scale), torch.zeros(shape[1])]
        if not self.discrete:
            drawn.append(torch.zeros(self.actions))  # log of the spread
        self.shapes = [tuple(w.shape) for w in drawn]
        self.actor = sum(w.numel() for w in drawn[:6])  # so many weights are the actor's
        self.theta = torch.cat([w.flatten() for w in drawn])
        self.W = self.weights()  # they see each step of Adam, and have no gradient
        self.theta = self.theta.requires_grad_()

    def weights(self) -> list[Tensor]:
        """The row, cut into layers: six tensors of the actor, six of the critic, the spread."""
        parts = torch.split(self.theta, [prod(shape) for shape in self.shapes])
        return [part.view(shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def scores(self, W: list[Tensor], s: Tensor) -> Tensor:
        """z of each state, (n, actions)."""
        return network(W[:6], s)

    def worth(self, W: list[Tensor], s: Tensor) -> Tensor:
        """V of each state, (n,)."""
        return network(W[6:12], s).squeeze(-1)

    def log_p(self, W: list[Tensor], z: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
        """log π(a|s) of each action, and the mean entropy."""
        if self.discrete:
            log_all = z - z.logsumexp(-1, keepdim=True)
            H = -(log_all.exp() * log_all).sum(-1).mean()
            return log_all.gather(-1, a[:, None]).squeeze(-1), H
        spread = W[12]
        off = (a - z) / spread.exp()
        H = (spread + 0.5 * log(2 * pi) + 0.5).sum()
        return (-0.5 * off**2 - spread - 0.5 * log(2 * pi)).sum(-1), H

    @torch.no_grad()
    def act(self, s: Floats, noise: Floats | None = None) -> Floats:
        """An action for each state, drawn by `noise`, or the best one. Gumbel noise draws by z."""
        W = self.W
        z: Floats = self.scores(W, torch.as_tensor(s, device=self.theta.device)).cpu().numpy()
        if self.discrete:
            return np.asarray((z if noise is None else z + noise).argmax(-1))
        return z if noise is None else z + noise * W[12].exp().cpu().numpy()

    def noise(self, rng: np.random.Generator, *shape: int) -> Floats:
        """What `act` draws actions by."""
        drawn = rng.gumbel if self.discrete else rng.normal
        return drawn(size=(*shape, self.actions)).astype(np.float32)


def network(W: list[Tensor], s: Tensor) -> Tensor:
    """Two layers of tanh, then numbers."""
    h = torch.addmm(W[1], s, W[0]).tanh()
    h = torch.addmm(W[3], h, W[2]).tanh()
    return torch.addmm(W[5], h, W[4])


def orthogonal(rng: np.random.Generator, shape: tuple[int, int], scale: float) -> Tensor:
    """Weights whose rows or columns stand at right angles: no direction is stretched."""
    rows, columns = max(shape), min(shape)
    Q, R = np.linalg.qr(rng.normal(size=(rows, columns)))
    Q *= np.sign(np.diag(R))
    return torch.as_tensor(np.float32(scale * (Q if shape[0] == rows else Q.T)))


class Adam:
    """Kingma & Ba (2015) for one row of weights; a gradient longer than `most` is cut to it."""

    def __init__(self, theta: Tensor, most: float) -> None:
        self.theta, self.most, self.t = theta, most, 0
        self.m, self.v = torch.zeros_like(theta), torch.zeros_like(theta)

    @torch.no_grad()
    def step(self, g: Tensor, lr: float) -> None:
        """One step down the gradient."""
        self.t += 1
        g = g * (self.most / (g.norm() + 1e-6)).clamp(max=1)
        self.m.lerp_(g, 1 - BETA_1)
        self.v.lerp_(g * g, 1 - BETA_2)
        size = (self.v / (1 - BETA_2**self.t)).sqrt_().add_(SMALL)
        self.theta.addcdiv_(self.m, size, value=-lr / (1 - BETA_1**self.t))
