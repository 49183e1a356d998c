"""What a network answers over a plane: its boundary, and each neuron's own picture."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

import numpy as np
import torch
from torch import Tensor

from mlwidgets import Array, Metric, Ragged

from .activations import PHI
from .examples import SIDE, Examples
from .weights import Layers

EACH, SMALL = 8, 2  # neurons of a layer that are shown; every second square of the plane


class Pictured(TypedDict):
    xy: Annotated[Ragged, "example axis"]
    y: Annotated[Ragged, "example"]
    surface: Annotated[Array, "row column"]
    extent: Annotated[Array, "end"]
    axes: list[str]
    neurons: Annotated[Array, "neuron row column"]
    names: list[str]
    weights: Annotated[Array, "weight"]
    biases: Annotated[Array, "bias"]
    sizes: Annotated[Array, "rank"]
    layers_: list[str]
    accuracy: Annotated[float | None, Metric(better="higher")]
    test_loss: float | None


PLANE: Any = {
    "labels": "y",
    "field": "surface",
    "versus": True,
    "over": "extent",
    "axes": "axes",
}


@torch.no_grad()
def pictured(theta: Layers, seen: Examples, phi: str) -> Pictured:
    """Of two classes how much likelier the second is, of more which is the likeliest.

    weights: of the neurons that are shown, layer by layer, from each to each.
    """
    a = h = seen.plane
    answers, names = [h], list(seen.inputs[:EACH])
    for layer, (W, b) in enumerate(theta):
        a = torch.addmm(b, h, W)
        last = layer == len(theta) - 1
        h = a.softmax(1) if last else PHI[phi].of(a)
        answers.append(h)
        shown = range(min(EACH, h.shape[1]))
        names += [seen.outputs[k] if last else f"{layer + 1}.{k + 1}" for k in shown]
    accuracy, test_loss = tested(theta, seen, phi)
    return Pictured(
        xy=seen.xy,
        y=seen.y,
        surface=surface(a).reshape(SIDE, SIDE).cpu().numpy(),
        extent=seen.extent,
        axes=seen.axes,
        neurons=np.asarray(torch.cat([small(h) for h in answers]).cpu()),
        names=names,
        weights=np.asarray(torch.cat([W[:EACH, :EACH].flatten() for W, _ in theta]).cpu()),
        biases=np.asarray(torch.cat([b[:EACH] for _, b in theta]).cpu()),
        sizes=np.array([h.shape[1] for h in answers], np.int32),
        layers_=[f"layer {k + 1}" for k in range(len(theta))],
        accuracy=accuracy,
        test_loss=test_loss,
    )


def small(h: Tensor) -> Tensor:
    """The pictures of a layer's first neurons, (neuron, row, column)."""
    some = h[:, :EACH].T.reshape(-1, SIDE, SIDE)[:, ::SMALL, ::SMALL]
    return some.flip(1)  # a picture's first row is its top


def tested(theta: Layers, seen: Examples, phi: str) -> tuple[float | None, float | None]:
    """Of the test examples the share whose class is answered, and the loss."""
    h, y = seen.parts.test_x, seen.parts.test_y
    if not len(y):
        return None, None
    for W, b in theta[:-1]:
        h = PHI[phi].of(torch.addmm(b, h, W))
    log_p = torch.addmm(theta[-1][1], h, theta[-1][0]).log_softmax(1)
    loss = -log_p.gather(1, y[:, None]).mean()
    return float((log_p.argmax(1) == y).float().mean()), float(loss)


def surface(a: Tensor) -> Tensor:
    if a.shape[1] > 2:
        return a.argmax(1).to(torch.int32)
    return (a[:, 1] - a[:, 0]).div(2).tanh()  # p of the second class less p of the first
