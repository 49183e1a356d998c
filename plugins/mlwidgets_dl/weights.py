"""Weights of layers as views of one vector, so that an optimizer moves all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

Layers = list[tuple[Tensor, Tensor]]
"""(W, b) of each layer: (inputs, neurons) and (neurons,)."""


def begun(
    rng: np.random.Generator | None, sizes: Sequence[int], dtype: torch.dtype = torch.float32
) -> tuple[Layers, Tensor]:
    """Layers between these sizes, and the vector they are views of: zeros without a generator.

    As wide as keeps what flows through them of one size (Glorot & Bengio, 2010); biases are 0.
    In memory a neuron's weights lie together: products with few neurons are the faster for it.
    """
    shapes = list(pairwise(sizes))
    flat = torch.zeros(sum(i * o + o for i, o in shapes), dtype=dtype)
    layers: Layers = []
    at = 0
    for i, o in shapes:
        W, b = flat[at : at + i * o].view(o, i).T, flat[at + i * o : at + i * o + o]
        if rng is not None:
            wide = np.sqrt(6 / (i + o))
            W.copy_(torch.as_tensor(rng.uniform(-wide, wide, (i, o)).astype(np.float32)))
        layers.append((W, b))
        at += i * o + o
    return layers, flat
