"""Stills made of cells: matrices, attention heads, tokens, images, confusion."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mlwidgets.errors import clip

from .box import Box
from .svg import HUES, INK, MIDDLE, PAPER, Font, Sheet, mix, ramp, signed

MAX_CELLS = 4_096  # of a figure; larger ones are averaged
ACROSS = 4  # panels in a row
Shade = Callable[[float], str]


def coarse(matrix: Any, most: int = MAX_CELLS) -> Any:
    """A matrix of at most so many cells, by averaging."""
    while matrix.size > most and min(matrix.shape) > 1:
        r, c = (n // 2 * 2 for n in matrix.shape)
        matrix = matrix[:r, :c].reshape(r // 2, 2, c // 2, 2).mean(axis=(1, 3))
    return matrix


def ends(matrix: Any) -> tuple[float, float]:
    """The least and the largest finite value."""
    finite = matrix[abs(matrix) < math.inf]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def shade(lo: float, hi: float) -> Shade:
    return lambda v: ramp((v - lo) / (hi - lo or 1))


def signed_shade(most: float) -> Shade:
    return lambda v: signed(v / most)


def cells(sheet: Sheet, matrix: Any, at: tuple[float, float, float], colour: Shade) -> None:
    """The cells of a matrix at (x, y, size); absent ones are paper."""
    x, y, size = at
    for r, row in enumerate(matrix.tolist()):
        for c, v in enumerate(row):
            fill = colour(v) if v == v else PAPER
            sheet.rect(x + c * size, y + r * size, size + 0.2, size + 0.2, fill)


def panels(sheet: Sheet, box: Box, stack: Any, names: list[str], colour: Shade) -> float:
    """Small multiples, each with its name."""
    count = min(len(stack), 32)
    across = min(ACROSS if box.view.wide else 3, count) or 1
    width = (box.w - 14 * (across - 1)) / across
    high = 0.0
    for k in range(count):
        part = coarse(stack[k], MAX_CELLS // count)
        size = min(width / part.shape[1], 160 / part.shape[0])
        x, y = box.x + k % across * (width + 14), box.y + k // across * (high + 10 if high else 0)
        sheet.text(x, y + 11, clip(names[k] if k < len(names) else k, 24), Font(10.5, INK))
        cells(sheet, part, (x, y + 16, size), colour)
        high = max(high, 16 + part.shape[0] * size)
    return (high + 10) * math.ceil(count / across)


def heads(sheet: Sheet, box: Box) -> float:
    """Attention from each token (row) to each token (column), a panel a head."""
    weights = box.values[box.view.columns[0]]
    weights = weights if weights.ndim == 3 else weights[None]
    if weights.dtype == "uint8":
        weights = (weights / 255.0) ** 2  # as the view says
    name = box.view.options.get("heads", "")
    names = list(box.values[name]) if name in box.values else []
    weights = weights.astype(float)
    return panels(sheet, box, weights, names, shade(*ends(weights)))


def tokens(sheet: Sheet, box: Box) -> float:
    """The tokens as they follow each other, coloured by a weight where there is one for each."""
    words = list(box.values[box.view.columns[0]])
    weight = box.values.get(box.view.options.get("weight", ""))
    flat = (
        weight.astype(float).reshape(-1, len(words))[0]
        if weight is not None
        else [0.0] * len(words)
    )
    most = max((float(w) for w in flat if w == w), default=1.0) or 1.0
    x, y = box.x, box.y
    for word, w in zip(words, flat, strict=True):
        wide = 7.6 * len(word) + 10
        if x + wide > box.x + box.w:
            x, y = box.x, y + 24
        sheet.rect(x, y, wide, 20, ramp(float(w) / most) if weight is not None else PAPER, 3)
        sheet.text(x + wide / 2, y + 14, word, Font(12, INK, "middle"))
        x += wide + 4
    return y - box.y + 26


def _ink(box: Box, array: Any) -> Shade:
    lo, hi = ends(array)
    lo, hi = float(box.view.options.get("lo", lo)), float(box.view.options.get("hi", hi))
    low, high = {"light": ("#000000", "#ffffff"), "ink": ("#f3f5f4", INK)}.get(
        box.view.options.get("shade", "value"), ("#f3f5f4", HUES["value"])
    )
    return lambda v: mix(low, high, (v - lo) / (hi - lo or 1))


def _grey(array: Any) -> Any:
    """One number a pixel: the mean of colours, where there are."""
    return array.astype(float).mean(axis=-1) if array.shape[-1] in (3, 4) else array.astype(float)


def image(sheet: Sheet, box: Box) -> float:
    """One image, pixel by pixel."""
    value = box.values[box.view.columns[0]]
    array = coarse(_grey(value) if value.ndim == 3 else value.astype(float))
    size = min(box.w / array.shape[1], 240 / array.shape[0])
    cells(sheet, array, (box.x, box.y, size), _ink(box, array))
    return float(array.shape[0] * size)


def images(sheet: Sheet, box: Box) -> float:
    """Many images with their captions."""
    value = box.values[box.view.columns[0]]
    stack = _grey(value) if value.ndim == 4 else value.astype(float)
    name = box.view.options.get("labels", "")
    names = list(box.values[name]) if name in box.values else []
    shown = stack[: len(names)] if names else stack
    return panels(sheet, box, shown, names, _ink(box, stack))


def confusion(sheet: Sheet, box: Box) -> float:
    """Counts of (true, answered): what is right is quiet, errors are loud."""
    counts = box.values[box.view.columns[0]].astype(float)
    n = counts.shape[0]
    names = box.view.options.get("labels") or [str(k) for k in range(n)]
    size = min((box.w - 30) / n, 30.0)
    wrong = max((counts[r, c] for r in range(n) for c in range(n) if r != c), default=1.0) or 1.0
    for r in range(n):
        sheet.text(box.x + 14, box.y + 20 + (r + 0.65) * size, clip(names[r], 4), MIDDLE)
        sheet.text(box.x + 26 + (r + 0.5) * size, box.y + 10, clip(names[r], 4), MIDDLE)
        for c in range(n):
            v, x, y = counts[r, c], box.x + 26 + c * size, box.y + 18 + r * size
            quiet = mix(PAPER, HUES["value"], 0.15)
            fill = quiet if r == c else mix("#f3f5f4", HUES["error"], 0.9 * v / wrong)
            sheet.rect(x, y, size - 1, size - 1, fill)
            if v:
                words = Font(10, INK if r == c or v < wrong / 2 else PAPER, "middle")
                sheet.text(x + size / 2, y + size / 2 + 3.5, f"{v:g}", words)
    return float(18 + n * size)
