"""Weights that a network begins with."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

Weights = list[Tensor]


def begun(rng: np.random.Generator, filters: int) -> Weights:
    """Weights as wide as keeps what flows through them of one size (He et al., 2015)."""
    theta: Weights = []
    for shape in ((filters, 1, 3, 3), (2 * filters, filters, 3, 3), (10, 8 * filters)):
        W = rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        theta += [torch.as_tensor(np.float32(W)), torch.zeros(shape[0])]
    return [weight.requires_grad_() for weight in theta]
