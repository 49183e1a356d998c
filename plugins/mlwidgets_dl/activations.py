"""Activation functions and their slopes, each from the sum a and the answer h = phi(a)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt
from typing import Literal

import torch
from torch import Tensor

Activation = Literal[
    "tanh", "relu", "sigmoid", "leaky_relu", "elu", "silu", "gelu", "sin", "linear"
]
LEAK = 0.01


@dataclass(frozen=True)
class Phi:
    """of: phi(a). slope: phi'(a), which may use the answer h."""

    of: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor, Tensor], Tensor]


def _silu_slope(a: Tensor, h: Tensor) -> Tensor:
    s = a.sigmoid()
    return s + h * (1 - s)


def _gelu_slope(a: Tensor, _: Tensor) -> Tensor:
    below = 0.5 * (1 + torch.erf(a / sqrt(2)))  # the normal's distribution, and its density
    return below + a * torch.exp(-a * a / 2) / sqrt(2 * pi)


PHI: dict[str, Phi] = {
    "tanh": Phi(torch.tanh, lambda _, h: 1 - h * h),
    "relu": Phi(torch.relu, lambda _, h: h.sign()),
    "sigmoid": Phi(torch.sigmoid, lambda _, h: h * (1 - h)),
    "leaky_relu": Phi(
        lambda a: torch.where(a > 0, a, LEAK * a),
        lambda a, _: torch.where(a > 0, torch.ones_like(a), LEAK),
    ),
    "elu": Phi(torch.nn.functional.elu, lambda a, h: torch.where(a > 0, 1.0, h + 1)),
    "silu": Phi(torch.nn.functional.silu, _silu_slope),
    "gelu": Phi(torch.nn.functional.gelu, _gelu_slope),
    "sin": Phi(torch.sin, lambda a, _: torch.cos(a)),
    "linear": Phi(lambda a: a, lambda a, _: torch.ones_like(a)),
}
