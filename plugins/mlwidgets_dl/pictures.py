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
    layers_: list[str]
    accuracy: Annotated[float | None, Metric(better="higher")]


PLANE: Any = {
    "labels": "y",
    "field": "surface",
    "versus": True,
    "over": "extent",
    "axes": "axes",
}


@torch.no_grad()
def pictured(theta: Layers, seen: Examples, phi: str) -> Pictured:
    """Of two classes how much likelier the second is, of more which is the likeliest."""
    h, pictures, names = seen.plane, [], []
    for layer, (W, b) in enumerate(theta[:-1]):
        h = PHI[phi].of(torch.addmm(b, h, W))
        some = h[:, :EACH].T.reshape(-1, SIDE, SIDE)[:, ::SMALL, ::SMALL]
        pictures.append(some.flip(1))  # a picture's first row is its top
        names += [f"{layer + 1}.{k + 1}" for k in range(len(some))]
    a = torch.addmm(theta[-1][1], h, theta[-1][0])
    blank = torch.zeros(1, *[len(range(0, SIDE, SMALL))] * 2)
    return Pictured(
        xy=seen.xy,
        y=seen.y,
        surface=surface(a).reshape(SIDE, SIDE).cpu().numpy(),
        extent=seen.extent,
        axes=seen.axes,
        neurons=np.asarray(torch.cat(pictures or [blank]).cpu()),
        names=names or ["no hidden layer"],
        layers_=[f"layer {k + 1}" for k in range(len(theta))],
        accuracy=right(theta, seen, phi),
    )


def right(theta: Layers, seen: Examples, phi: str) -> float | None:
    """The share of the test examples whose class is answered."""
    h, y = seen.parts.test_x, seen.parts.test_y
    for W, b in theta[:-1]:
        h = PHI[phi].of(torch.addmm(b, h, W))
    answered = torch.addmm(theta[-1][1], h, theta[-1][0]).argmax(1)
    return float((answered == y).float().mean()) if len(y) else None


def surface(a: Tensor) -> Tensor:
    if a.shape[1] > 2:
        return a.argmax(1).to(torch.int32)
    return (a[:, 1] - a[:, 0]).div(2).tanh()  # p of the second class less p of the first
