"""The three phases of a diffusion as frames; each ends where somebody draws other points."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from mlwidgets import Points

from .clouds import Cloud, Seen
from .denoisers import Adam

if TYPE_CHECKING:
    from .ddpm import Diffusion

Sent = tuple[Points, float]
"""The live parameters: points, learning rate."""
Loss = Callable[[torch.nn.Module, Any, Tensor, Tensor, Tensor], Tensor]


def hops_of(T: int, hops: int) -> list[int]:
    """The times that DDIM visits, evenly from T down to 0."""
    return [round(T * (1 - k / min(hops, T))) for k in range(min(hops, T) + 1)]


def forwards(
    seen: Cloud, way: Diffusion, net: Any, T: int, rng: np.random.Generator
) -> Generator[Seen, Sent, Sent]:
    """The examples as they are at each time."""
    x_0 = seen.some(rng)
    epsilon = seen.normal(rng, len(x_0))
    for t in range(T + 1):
        x = way.forward(x_0, torch.tensor([t]), epsilon)
        sent = yield seen.frame("forward: noise is added", t, x, net)
        if seen.drawn(sent[0]):
            break
    return sent


def training(
    seen: Cloud,
    way: Diffusion,
    adam: Adam,
    much: tuple[int, int, int],
    rng: np.random.Generator,
    sent: Sent,
    loss_of: Loss,
) -> Generator[Seen, Sent, Sent]:
    """The network's guesses at a middle time show how far it has come."""
    (T, steps, batch), net = much, adam.net
    middle = T // 2
    x_0, noise = seen.some(rng), seen.normal(rng, seen.shown)
    x = way.forward(x_0, torch.tensor([middle]), noise)
    for k in range(steps):
        x_0, t = seen.batch(rng, batch), torch.as_tensor(rng.integers(1, T + 1, batch))
        with torch.enable_grad():
            loss = loss_of(net, way, x_0, t, seen.normal(rng, batch))
            adam.step(loss, sent[1] * (1 - k / steps))
        x0 = seen.kept("x0", lambda: way.predicted(x, middle, seen.asked(net, x, middle)), k)
        told = "training: it guesses what was added"
        sent = yield seen.frame(told, middle, x, net, x0=x0, loss=loss.item())
        if seen.drawn(sent[0]):
            break
    return sent


def backwards(
    seen: Cloud,
    way: Diffusion,
    net: torch.nn.Module,
    much: tuple[int, int],
    rng: np.random.Generator,
    sent: Sent,
) -> Generator[Seen, Sent, Sent]:
    """From noise alone, and DDIM beside it from the same."""
    T, hops = much
    x = seen.normal(rng, seen.shown)
    y, stops = x, hops_of(T, hops)
    for t in range(T, 0, -1):
        epsilon = seen.asked(net, x, t)
        x_0 = way.predicted(x, t, epsilon)
        if t == stops[0]:
            guess = seen.asked(net, y, t)
            y, stops = way.ddim(stops[1], way.predicted(y, t, guess), guess), stops[1:]
        x = way.back(x, t, x_0, seen.normal(rng, len(x)))
        sent = yield seen.frame("reverse: noise is taken away", t - 1, x, net, x0=x_0, ddim=y)
        if seen.drawn(sent[0]):
            break
    return sent
