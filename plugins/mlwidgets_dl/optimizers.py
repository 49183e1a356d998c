"""How a gradient moves the weights: one step, in place, of all weights as one vector.

Kingma & Ba (2015), Adam; Tieleman & Hinton (2012), RMSprop; Polyak (1964), momentum.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

Optimizer = Literal["adam", "sgd", "momentum", "rmsprop"]
BETA_1, BETA_2, ALPHA, MU, EPSILON = 0.9, 0.999, 0.99, 0.9, 1e-8


def stepped(name: str, theta: Tensor, g: Tensor, memory: list[Tensor], t: int, lr: float) -> None:
    """Step t. memory: two vectors like theta, zeros before the first step."""
    m, v = memory
    if name == "sgd":
        theta.sub_(g, alpha=lr)
    elif name == "momentum":
        m.mul_(MU).add_(g)
        theta.sub_(m, alpha=lr)
    elif name == "rmsprop":
        v.mul_(ALPHA).addcmul_(g, g, value=1 - ALPHA)
        theta.addcdiv_(g, v.sqrt().add_(EPSILON), value=-lr)
    else:
        m.lerp_(g, 1 - BETA_1)
        v.mul_(BETA_2).addcmul_(g, g, value=1 - BETA_2)
        c = (1 - BETA_2**t) ** 0.5  # of v's correction: divides once, as at the paper's section 2
        theta.addcdiv_(m, v.sqrt().add_(c * EPSILON), value=-lr * c / (1 - BETA_1**t))
