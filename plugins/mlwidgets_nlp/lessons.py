"""Batches of a text to learn from, and a part of it that is never learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import cos, pi
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mlwidgets import ParamError

from .books import alphabet, numbered
from .gpt import GPT, Sizes
from .writing import WORD, Look

UNSEEN = 32  # windows of the validation
MOST = 8_000_000_000  # bytes that a batch may keep


class Lessons:
    """Windows of a text: nine tenths to learn from, the last tenth to be judged by.

    batch(): the next windows (B, T), and what follows each of their characters, (B, T).
    unseen: the same of the last tenth, always the same windows.
    """

    def __init__(self, text: str, context: int, size: int, rng: np.random.Generator) -> None:
        self.chars, self.words = alphabet(text), set(WORD.findall(text))
        ids = torch.as_tensor(numbered(text, self.chars))
        self.ids, last = ids[: len(ids) * 9 // 10], ids[len(ids) * 9 // 10 :]
        self.T, self.size, self.rng = min(context, len(self.ids) - 1), size, rng
        T = min(context, len(last) - 1)
        at = torch.as_tensor(np.linspace(0, len(last) - T - 1, UNSEEN).astype(np.int64))
        self.unseen = windows(last, at, T)

    def batch(self) -> tuple[Tensor, Tensor]:
        at = self.rng.integers(0, len(self.ids) - self.T, self.size)
        return windows(self.ids, torch.as_tensor(at), self.T)


def windows(ids: Tensor, at: Tensor, T: int) -> tuple[Tensor, Tensor]:
    """From each place T characters, and those that follow them."""
    found = ids[at[:, None] + torch.arange(T + 1)]
    return found[:, :-1], found[:, 1:]


def sized(chars: str, layers: int, heads: int, width: int, context: int, batch: int = 1) -> Sizes:
    """ParamError where the features cannot be shared out among the heads, or a batch is too large.

    What a batch keeps for its gradient: 16 features' worth of each place in each layer (norms, Q, K
    and V, what is mixed, four times as much before and after gelu), and scores of each character.
    """
    if width % heads:
        near = max(round(width / heads), 1) * heads
        raise ParamError(
            f"width={width}: must be a multiple of heads={heads}, such as {near}", "width"
        )
    kept = 4 * batch * context * (16 * width * layers + 3 * len(chars))
    if kept > MOST:
        raise ParamError(
            f"batch={batch}: needs about {kept / 1e9:,.0f} GB with context={context}, width={width}"
            f" and layers={layers}; must need at most {MOST / 1e9:.0f} GB, such as"
            f" batch={max(1, batch * MOST // kept)}",
            "batch",
        )
    return Sizes(len(chars), layers, heads, width, context)


def schedule(t: int, steps: int) -> float:
    """The share of the learning rate in batch t: up in a line, then down to a tenth as a cosine."""
    return min(1.0, t / min(50, steps / 5)) * (0.55 + 0.45 * cos(pi * t / steps))


def answers(
    look: Look, gpt: GPT, last: Mapping[str, Any], prompt: str, tau: float, layer: int
) -> dict[str, Callable[[Any], Any]]:
    """What a finished run still answers: another look at what has been learned."""
    asked: dict[str, Any] = {"prompt": prompt, "tau": tau, "layer": layer}

    def answer(name: str, value: Any) -> Any:
        asked[name] = value
        return {**last, **look(gpt, **asked)}

    return {name: partial(answer, name) for name in asked}
