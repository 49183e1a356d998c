"""A small network as numbers at neurons and arrows, each with the rule it came about by."""

from __future__ import annotations

import math
from typing import Annotated, Any, TypedDict

import numpy as np
import numpy.typing as npt
import torch

from mlwidgets import Array, ParamError

from .activations import PHI

Floats = npt.NDArray[np.float64]
MOST_LAYERS, MOST_NEURONS = 8, 8


class Step(TypedDict):
    h: Annotated[Array, "neuron"]
    a: Annotated[Array, "neuron"]
    dh: Annotated[Array, "neuron"]
    da: Annotated[Array, "neuron"]
    w: Annotated[Array, "weight"]
    dw: Annotated[Array, "weight"]
    b: Annotated[Array, "neuron"]
    db: Annotated[Array, "neuron"]
    loss: float | None  # none before the last neuron has answered
    at: int
    sizes: Annotated[Array, "layer"]
    names: list[str]
    rules: list[str]


class Graph:
    """Arrays of each layer, NaN until computed: h, a, dh, da, b, db (neurons,), W, dW (from, to).

    Layer 0 is the inputs, whose a, b and W are not there: NaN, or empty.
    """

    def __init__(
        self, sizes: list[int], weights: list[float] | None, phi: str, rng: np.random.Generator
    ) -> None:
        _check(sizes)
        self.sizes, self.name = sizes, phi
        self.h, self.a, self.dh, self.da, self.db = (
            [np.full(n, np.nan) for n in sizes] for _ in range(5)
        )
        before = [0, *sizes[:-1]]
        self.dW = [np.full((i, o), np.nan) for i, o in zip(before, sizes, strict=True)]
        self.W, self.b = _weights(before, sizes, weights, rng)
        self.loss: float | None = None
        self.labels = [
            [f"{_letter(l, sizes)}{j + 1}" for j in range(n)]
            for l, n in enumerate(sizes)  # noqa: E741
        ]

    def phi(self, a: float) -> float:
        return float(PHI[self.name].of(torch.tensor(a, dtype=torch.float64)))

    def slope(self, a: float, h: float) -> float:
        of = PHI[self.name].slope
        return float(of(torch.tensor(a, dtype=torch.float64), torch.tensor(h, dtype=torch.float64)))

    def seen(self, l: int, j: int) -> Step:  # noqa: E741  a layer, as the papers write it
        """A frame: everything as it stands, neuron j of layer l at work."""
        of = np.concatenate
        return Step(
            h=of(self.h),
            a=of(self.a),
            dh=of(self.dh),
            da=of(self.da),
            w=of([W.ravel() for W in self.W]),
            dw=of([dW.ravel() for dW in self.dW]),
            b=of(self.b),
            db=of(self.db),
            loss=self.loss,
            at=sum(self.sizes[:l]) + j,
            sizes=np.array(self.sizes, np.int32),
            names=[name for layer in self.labels for name in layer],
            rules=[self.rule(layer, k) for layer, n in enumerate(self.sizes) for k in range(n)],
        )

    def rule(self, l: int, j: int) -> str:  # noqa: E741
        """How the numbers at a neuron came about, as far as they are there."""
        return "\n".join(filter(None, (self._forward(l, j), self._backward(l, j))))

    def _forward(self, l: int, j: int) -> str:  # noqa: E741
        name, h = self.labels[l][j], self.h[l][j]
        if math.isnan(h):
            return f"{name}: not computed yet"
        if not l:
            return f"{name} = {_said(h)}, given"
        terms = [
            f"{_said(w)}·{_inner(v)}" for w, v in zip(self.W[l][:, j], self.h[l - 1], strict=True)
        ]
        inner = _sum([*terms, _said(self.b[l][j])])
        return f"{name} = {self.name}({inner}) = {self.name}({_said(self.a[l][j])}) = {_said(h)}"

    def _backward(self, l: int, j: int) -> str:  # noqa: E741
        name, dh = self.labels[l][j], self.dh[l][j]
        if math.isnan(dh):
            return ""
        if l == len(self.sizes) - 1:
            came = f"{name} − target"
        else:
            pairs = zip(self.W[l + 1][j], self.da[l + 1], strict=True)
            came = _sum([f"{_said(w)}·{_inner(d)}" for w, d in pairs])
        said = f"∂L/∂{name} = {came} = {_said(dh)}"
        if not l:
            return said
        slope = self.slope(self.a[l][j], self.h[l][j])
        return f"{said}; times the slope {_said(slope)}: {_said(self.da[l][j])}"


def _check(sizes: list[int]) -> None:
    if not sizes[0] or not sizes[-1]:
        name = "x" if not sizes[0] else "y"
        raise ParamError(f"{name}=[]: must have at least one number", name)
    if len(sizes) > MOST_LAYERS or max(sizes) > MOST_NEURONS:
        many = [n > MOST_NEURONS for n in sizes]
        name = "x" if many[0] else "y" if many[-1] else "hidden"
        told = [str(n) for n in sizes]
        shown = " - ".join(told if len(told) < 12 else [*told[:9], "…", told[-1]])
        raise ParamError(
            f"{name}: {shown} neurons are too many to look at one by one;"
            f" at most {MOST_LAYERS} layers of {MOST_NEURONS}: dl.mlp takes more",
            name,
        )


def _weights(
    before: list[int], sizes: list[int], given: list[float] | None, rng: np.random.Generator
) -> tuple[list[Floats], list[Floats]]:
    """Weights and biases of each layer; given: layer by layer, W row by row, then b."""
    W, b = [np.empty((0, sizes[0]))], [np.full(sizes[0], np.nan)]
    needed = sum(i * o + o for i, o in zip(before[1:], sizes[1:], strict=True))
    if given is not None and len(given) != needed:
        said = " - ".join(map(str, sizes))
        raise ParamError(
            f"weights: has {len(given)} numbers, must have {needed} for {said} neurons:"
            " of each layer the weights, input by input, then the biases",
            "weights",
        )
    flat = np.round(rng.uniform(-1, 1, needed), 1) if given is None else np.array(given, float)
    at = 0
    for i, o in zip(before[1:], sizes[1:], strict=True):
        W.append(flat[at : at + i * o].reshape(i, o))
        b.append(flat[at + i * o : at + i * o + o])
        at += i * o + o
    return W, b


def _letter(l: int, sizes: list[int]) -> str:  # noqa: E741
    """x1 is an input, y1 an output, p1, q1, r1 ... hidden ones."""
    return "x" if not l else "y" if l == len(sizes) - 1 else "pqrstuv"[l - 1]


def _said(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _inner(value: float) -> str:
    """As a factor that is not the first."""
    said = _said(value)
    return f"({said})" if said.startswith("−") else said


def _sum(terms: list[str]) -> str:
    return " + ".join(terms).replace("+ −", "− ")


def still(sheet: Any, box: Any) -> float:
    """The same picture without a page."""
    values = box.values
    sizes = [int(n) for n in values["sizes"]]
    places, height = _places(sizes, box.w)
    at = 0
    for l in range(1, len(sizes)):  # noqa: E741
        for i in range(sizes[l - 1]):
            for j in range(sizes[l]):
                (x0, y0), (x1, y1) = places[l - 1][i], places[l][j]
                w = float(values["w"][at])
                wide = 0.6 + 2.4 * min(1.0, abs(w))
                line = [(box.x + x0 + 29, box.y + y0), (box.x + x1 - 29, box.y + y1)]
                sheet.path(line, sheet.QUIET, wide, 1 if w >= 0 else 0.5)
                at += 1
    for k, (x, y) in enumerate(place for layer in places for place in layer):
        sheet.add(
            "circle",
            cx=box.x + x,
            cy=box.y + y,
            r=27,
            fill=sheet.PAPER,
            stroke=sheet.QUIET,
            stroke_width=1,
        )
        for value, lower, colour in (
            (values["h"][k], -2, sheet.HUES["value"]),
            (values["dh"][k], 12, sheet.HUES["error"]),
        ):
            if value == value:
                _text(sheet, box.x + x, box.y + y + lower, _said(float(value)), colour)
        _text(sheet, box.x + x, box.y + y - 31, values["names"][k], sheet.INK)
    return height


def _text(sheet: Any, x: float, y: float, text: str, colour: str) -> None:
    font = {"font_size": 11, "text_anchor": "middle", "font_family": "monospace"}
    sheet.add("text", text, x=x, y=y, fill=colour, **font)


def _places(sizes: list[int], width: float) -> tuple[list[list[tuple[float, float]]], float]:
    """Where neurons stand: layers from left to right, each in the middle."""
    height = max(140.0, 76.0 * max(sizes) + 20)
    step = (width - 80) / max(1, len(sizes) - 1)
    return [
        [(40 + l * step, height / 2 + (j - (n - 1) / 2) * 76) for j in range(n)]
        for l, n in enumerate(sizes)  # noqa: E741
    ], height
