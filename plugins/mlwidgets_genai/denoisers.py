"""Networks that say which noise is in what they see at a time: for points, and for pictures."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from .unet import UNet, laid_out, waves

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
WAVES, WIDTH = 32, 128
OCTAVES = (1.0, 2.0, 4.0)  # waves of the place: fine shapes are learned sooner


class Perceptron(nn.Module):
    """Three hidden layers for a point and its time."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.first = nn.Linear(inputs * (1 + 2 * len(OCTAVES)) + WAVES, WIDTH)
        self.hidden = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(2))
        self.last = nn.Linear(WIDTH, inputs)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        near = torch.cat([x * octave for octave in OCTAVES], 1)
        seen = torch.cat([x, near.cos(), near.sin(), waves(t, WAVES)], 1)
        h = nn.functional.silu(self.first(seen))
        for layer in self.hidden:
            h = h + nn.functional.silu(layer(h))
        answer: Tensor = self.last(h)
        return answer


def denoiser(shape: tuple[int, ...], seed: int) -> nn.Module:
    """A network for examples of this shape; the process's random numbers stay as they are."""
    with torch.random.fork_rng(devices=[]):
        flat = len(shape) == 1
        net: nn.Module = Perceptron(shape[0]) if flat else laid_out(UNet(1, (32, 64), groups=8))
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for name, weight in net.named_parameters():
            if name.endswith("bias"):
                weight.zero_()
            elif weight.ndim > 1:  # as wide as keeps what flows through them of one size
                deviation = 1 / math.sqrt(weight[0].numel())
                drawn = rng.standard_normal(weight.shape, dtype=np.float32)
                weight.copy_(torch.as_tensor(deviation * drawn))
    return net


class Adam:
    """Moves a network's weights (Kingma & Ba, 2015)."""

    def __init__(self, net: nn.Module) -> None:
        self.net, self.weights, self.t = net, list(net.parameters()), 0
        self.memory = [(torch.zeros_like(w), torch.zeros_like(w)) for w in self.weights]

    def step(self, loss: Tensor, lr: float) -> None:
        gradients = torch.autograd.grad(loss, self.weights)
        self.t += 1
        small, large = 1 - BETA_1**self.t, 1 - BETA_2**self.t
        with torch.no_grad():
            for w, g, (m, v) in zip(self.weights, gradients, self.memory, strict=True):
                m.lerp_(g, 1 - BETA_1)
                v.mul_(BETA_2).addcmul_(g, g, value=1 - BETA_2)
                w.addcdiv_(m, (v / large).sqrt_().add_(EPSILON), value=-lr / small)
