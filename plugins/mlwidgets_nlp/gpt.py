"""What decoder.py computes with: weights in one vector, its kernels, its optimiser.

All weights lie in one vector theta, so that a gradient, its length and a step of the optimiser are
a few operations, however many layers there are; `Weights` are views into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import prod
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .books import numbered

BETA_1, BETA_2, EPSILON, LAMBDA = 0.9, 0.99, 1e-8, 0.1


class Sizes(NamedTuple):
    """How large a GPT is: characters, layers, heads, features, and places it can look back."""

    V: int
    L: int
    H: int
    D: int
    T: int


class Block(NamedTuple):
    """The weights of one layer; a matrix is (out, in)."""

    g_1: Tensor
    b_1: Tensor
    W_QKV: Tensor
    b_QKV: Tensor
    W_O: Tensor
    b_O: Tensor
    g_2: Tensor
    b_2: Tensor
    W_1: Tensor
    c_1: Tensor
    W_2: Tensor
    c_2: Tensor


class Weights(NamedTuple):
    """Views into theta: of characters, of places, of each layer, and of the last norm."""

    E: Tensor
    P: Tensor
    blocks: tuple[Block, ...]
    g: Tensor
    b: Tensor
    H: int


class GPT(NamedTuple):
    """What has been learned: the weights, their sizes, and the characters by number."""

    theta: Tensor
    sizes: Sizes
    chars: str

    def __repr__(self) -> str:
        V, L, H, D, T = self.sizes
        return f"<GPT of {L} layers x {H} heads x {D} features, {V} characters, {T} places>"

    @property
    def weights(self) -> Weights:
        return weights(self.theta, self.sizes)

    def read(self, text: str) -> Tensor:
        """The numbers of the characters; those it never saw are RARE."""
        return torch.as_tensor(numbered(text, self.chars))

    def copy(self) -> GPT:
        """The same now, whatever is learned later."""
        return self._replace(theta=self.theta.detach().clone())

    def here(self) -> GPT:
        """The same where arithmetic happens now."""
        return self._replace(theta=self.theta.detach().to(torch.get_default_device()))


def shapes(sizes: Sizes) -> list[tuple[int, ...]]:
    """Of the weights in theta: E, P, those of each layer, the last norm's."""
    V, L, _, D, T = sizes
    norm: list[tuple[int, ...]] = [(D,), (D,)]
    block = [*norm, (3 * D, D), (3 * D,), (D, D), (D,), *norm, (4 * D, D), (4 * D,), (D, 4 * D)]
    return [(V, D), (T, D), *[*block, (D,)] * L, *norm]


def weights(theta: Tensor, sizes: Sizes) -> Weights:
    """theta (n,), seen as what it stands for."""
    known = shapes(sizes)
    parts = torch.split(theta, [prod(shape) for shape in known])
    E, P, *rest, g, b = (part.view(shape) for part, shape in zip(parts, known, strict=True))
    n = len(Block._fields)
    blocks = tuple(Block(*rest[k : k + n]) for k in range(0, len(rest), n))
    return Weights(E, P, blocks, g, b, sizes.H)


def begun(rng: np.random.Generator, sizes: Sizes) -> Tensor:
    """As GPT-2 begins: N(0, 0.02), less in what is added to X, the more often it is added to."""
    theta = torch.zeros(sum(map(prod, shapes(sizes))), device="cpu")
    w = weights(theta, sizes)
    last = 0.02 / (2 * sizes.L) ** 0.5
    wide = [(w.E, 0.02), (w.P, 0.02)]
    for k in w.blocks:
        wide += [(k.W_QKV, 0.02), (k.W_O, last), (k.W_1, 0.02), (k.W_2, last)]
    for matrix, size in wide:
        matrix.copy_(torch.from_numpy(rng.normal(0, size, tuple(matrix.shape))))
    for gain in (w.g, *(g for k in w.blocks for g in (k.g_1, k.g_2))):
        gain.fill_(1.0)
    return theta.to(torch.get_default_device())


def heads_of(X: Tensor, H: int) -> tuple[Tensor, Tensor, Tensor]:
    """(B, T, 3 D) as Q, K and V of each head, (B, H, T, d)."""
    Q, K, V = X.view(*X.shape[:2], 3, H, -1).permute(2, 0, 3, 1, 4)
    return Q, K, V


def beside(Z: Tensor) -> Tensor:
    """The heads of each character side by side: (B, H, T, d) to (B, T, D)."""
    return Z.transpose(1, 2).flatten(2)


Mix = Callable[[int, Tensor, Tensor, Tensor], Tensor]


class Ops(NamedTuple):
    """Three parts of a layer: norm(X, g, b), gelu(u), mix(number of the layer, Q, K, V)."""

    norm: Callable[[Tensor, Tensor, Tensor], Tensor]
    gelu: Callable[[Tensor], Tensor]
    mix: Mix


def norm(X: Tensor, g: Tensor, b: Tensor) -> Tensor:
    return F.layer_norm(X, g.shape, g, b)


def mix(_layer: int, Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
    if Q.device.type == "cpu" and Q.dtype == torch.bfloat16:  # its gradient takes ten times as long
        with torch.autocast("cpu", enabled=False):
            return mix(_layer, Q.float(), K.float(), V.float())
    return F.scaled_dot_product_attention(Q, K, V, is_causal=True)


# The equations of decoder.py, one kernel each: a third of the time, and no matrix of weights kept.
FUSED = Ops(norm, partial(F.gelu, approximate="tanh"), mix)


def remembering() -> Ops:
    """FUSED, with the keys and values of what was read before: then one character at a time."""
    past: dict[int, tuple[Tensor, Tensor]] = {}

    def remember(layer: int, Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
        if layer in past:
            K, V = torch.cat([past[layer][0], K], 2), torch.cat([past[layer][1], V], 2)
        past[layer] = K, V
        return F.scaled_dot_product_attention(Q, K, V, is_causal=Q.shape[2] > 1)

    return FUSED._replace(mix=remember)


def halves(device: str) -> bool:
    """Does the processor multiply numbers of 16 bits (bfloat16) itself? Emulated they are slow."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return device == "cpu" and any(getattr(torch.cpu, name, bool)() for name in asked)


@contextmanager
def learning(theta: Tensor) -> Iterator[None]:
    """What is computed here has a gradient; products of matrices are of 16 bits where that pays.

    Such a product takes a third of the time; weights, norms and sums stay of 32 bits.
    """
    kind = theta.device.type
    with torch.enable_grad(), torch.autocast(kind, torch.bfloat16, enabled=halves(kind)):
        yield


def scores(X: Tensor, E: Tensor) -> Tensor:
    """X E^T in 32 bits or more: what is lost here is lost for every weight's gradient."""
    with torch.autocast(X.device.type, enabled=False):
        return F.linear(X.to(E.dtype), E)


class AdamW:
    """Adam with weights that decay apart from the gradient, whose length is at most 1.

    Loshchilov & Hutter (2019), "Decoupled Weight Decay Regularization". arXiv:1711.05101
    """

    def __init__(self, theta: Tensor) -> None:
        self.m, self.v, self.t = torch.zeros_like(theta), torch.zeros_like(theta), 0

    @torch.no_grad()
    def step(self, theta: Tensor, g: Tensor, lr: float) -> None:
        """One step against the gradient g; theta is changed."""
        self.t += 1
        g = g * (1 / (g.norm() + 1e-6)).clamp(max=1)
        self.m.lerp_(g, 1 - BETA_1)
        self.v.mul_(BETA_2).addcmul_(g, g, value=1 - BETA_2)
        m_hat = self.m / (1 - BETA_1**self.t)
        v_hat = self.v / (1 - BETA_2**self.t)
        theta.mul_(1 - lr * LAMBDA).addcdiv_(m_hat, v_hat.sqrt_().add_(EPSILON), value=-lr)
