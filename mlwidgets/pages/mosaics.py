"""Stills made of cells: matrices, attention heads, tokens, images, confusion."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mlwidgets.errors import clip

from .box import Box
from .numbers import fixed, num, told
from .svg import (
    END,
    HUES,
    INK,
    MIDDLE,
    MONO,
    PALE,
    PAPER,
    QUIET,
    SMALL,
    Font,
    Sheet,
    ink_on,
    mix,
    ramp,
    signed,
    text_width,
    weight,
)

MAX_CELLS = 4_096  # of a figure; larger ones are averaged
LETTER = 6.2  # px, on average
BAR = 26.0
Shade = Callable[[float], str]
Area = tuple[float, float, float, float]  # x, y, width, height


def coarse(matrix: Any, most: int = MAX_CELLS) -> Any:
    """A matrix of at most so many cells, by averaging."""
    while matrix.size > most and min(matrix.shape[:2]) > 1:
        r, c = (n // 2 * 2 for n in matrix.shape)
        matrix = matrix[:r, :c].reshape(r // 2, 2, c // 2, 2).mean(axis=(1, 3))
    return matrix


def ends(array: Any) -> tuple[float, float]:
    """The least and the largest finite value."""
    finite = array[abs(array) < math.inf]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def between(lo: float, hi: float, shade: Shade) -> Shade:
    """The shade of a value, `lo` being 0 and `hi` 1; of what is no number, the paper."""
    span = hi - lo if hi > lo else math.inf
    return lambda v: shade((v - lo) / span) if abs(v) < math.inf else PAPER


def cells(sheet: Sheet, matrix: Any, area: Area, colour: Shade, pad: float = 0.0) -> None:
    """A matrix in an area; small cells overlap a little, so that no seams show."""
    x, y, w, h = area
    rows, columns = matrix.shape
    across, down = w / columns, h / rows
    more = -pad if pad else 0.2
    for r, row in enumerate(matrix.tolist()):
        for c, v in enumerate(row):
            at = (x + c * across, y + r * down, across + more, down + more)
            sheet.rect(*at, colour(v))
            if not math.isfinite(v) and min(across, down) >= 5:
                _struck(sheet, at, pad)


def _struck(sheet: Sheet, cell: Area, pad: float) -> None:
    """What is no number has no colour, and is struck through."""
    x, y, w, h = cell
    w, h = (w, h) if pad else (w - 0.2, h - 0.2)
    sheet.path([(x, y + h), (x + w, y)], QUIET, 1)


# matrices -----------------------------------------------------------------------------------


def heatmap(sheet: Sheet, box: Box) -> float:
    """A matrix, its axes, and the bar that tells its colours."""
    matrix = box.values[box.view.columns[0]].astype(float)
    rows, columns = matrix.shape
    names, titles = _names(box, "rows"), _names(box, "cols")
    left = max(18.0, min(84.0, 8 + LETTER * max(map(len, names), default=0)))
    top = 20.0 if titles else 4.0
    wide, high = _sizes(rows, columns, box.w - left - BAR - 40)
    lo, hi = ends(matrix)
    both = bool(box.view.options.get("signed", lo < 0 < hi))
    most = max(abs(lo), abs(hi)) or 1.0
    lo, hi = (-most, most) if both else (lo, hi)
    colour = between(lo, hi, signed if both else ramp)
    x, y = box.x + left, box.y + top
    pad = 1.0 if min(wide, high) > 8 else 0.0
    cells(sheet, coarse(matrix), (x, y, columns * wide, rows * high), colour, pad)
    if wide > 33 and high > 17:
        _print(sheet, matrix, (x, y, wide, high), colour)
    for r, name in enumerate(names[:rows] if high >= 11 else []):
        sheet.text(x - 6, y + (r + 0.5) * high + 3.5, clip(name, 12), END)
    if all(len(t) * LETTER <= wide - 2 for t in titles):
        for c, name in enumerate(titles[:columns]):
            sheet.text(x + (c + 0.5) * wide, y - 6, name, MIDDLE)
    _axes(sheet, box, (x, y, columns * wide, rows * high), bare=not names)
    if (abs(matrix) < math.inf).any():
        _bar(sheet, (x + columns * wide + 10, y, 8, min(rows * high, 120)), (lo, hi), colour)
    return float(math.ceil(top + rows * high + 18))


def _sizes(rows: int, columns: int, room: float) -> tuple[float, float]:
    """Of a cell; many columns: taller than wide."""
    if rows == 1:
        return min(room / columns, 60.0), 32.0
    size = max(1.0, min(room / columns, 40.0, max(300 / rows, room / columns / 3)))
    return size, max(min(size, max(1.0, 340 / rows)), min(12.0, 220 / rows))


def _names(box: Box, side: str) -> list[str]:
    """Names of the rows or columns: a column of texts."""
    value = box.values.get(box.view.options.get(side, ""), ())
    return value.split() if isinstance(value, str) else [str(v) for v in value]


def _print(sheet: Sheet, matrix: Any, of: Area, colour: Shade) -> None:
    x, y, wide, high = of
    for r, row in enumerate(matrix.tolist()):
        for c, v in enumerate(row):
            font = Font(10, ink_on(colour(v)), "middle", MONO)
            sheet.text(x + (c + 0.5) * wide, y + (r + 0.5) * high + 3.5, told(v), font)


def _axes(sheet: Sheet, box: Box, area: Area, *, bare: bool) -> None:
    x, y, _, h = area
    axes = box.run.trace.schema[box.view.columns[0]].axes[-2:]
    down, across = axes if len(axes) == 2 else ("row", "column")
    sheet.text(x, y + h + 12, f"{across} →")
    if bare and h >= 50:
        sheet.upright(box.x + 11, y, f"← {down}", END)


def _bar(sheet: Sheet, area: Area, of: tuple[float, float], colour: Shade) -> None:
    (x, y, w, h), (lo, hi) = area, of
    for k in range(math.ceil(h / 2)):
        sheet.rect(x, y + 2 * k, w, 2.4, colour(hi + (lo - hi) * 2 * k / h))
    sheet.text(x + 12, y + 9, num(hi), SMALL)
    if h > 24:
        sheet.text(x + 12, y + h, num(lo), SMALL)
    if lo < 0 and hi == -lo and h > 60:
        sheet.text(x + 12, y + h / 2 + 4, "0", SMALL)


# attention ----------------------------------------------------------------------------------

GAP, TITLE, HIGH, NAMED = 14.0, 26.0, 480.0, 9.5
MANY, EVEN = 64, 4  # as in js/src/weights.js


def attention(stack: Any) -> tuple[Any, Shade]:
    """The weights, and their colours."""
    coded = stack.dtype == "uint8"  # 255 times a weight's square root
    weights = (stack / 255.0) ** 2 if coded else stack.astype(float)
    least, top = ends(weights)
    tokens = weights.shape[-1]
    if not coded and least < 0:
        most = max(abs(least), abs(top)) or 1.0
        return weights, between(-most, most, signed)
    hi = top if coded or top > 1.001 else max(top, min(1.0, EVEN / tokens))
    if coded or tokens > MANY:
        return weights, lambda v: weight(math.sqrt(max(0.0, v) / (hi or 1))) if v == v else PAPER
    return weights, between(0.0, hi, weight)


def heads(sheet: Sheet, box: Box) -> float:
    """Attention from each token (row) to each token (column), a panel a head."""
    weights, colour = attention(box.values[box.view.columns[0]])
    weights = weights if weights.ndim == 3 else weights[None]
    words = [str(t) for t in box.values.get(box.view.options.get("tokens", "tokens"), ())]
    name = box.view.options.get("heads", "")
    names = [str(n) for n in box.values.get(name, ())]
    H, T = weights.shape[:2]
    gutter = math.ceil(10 + 6.3 * min(14, max(map(len, words), default=0)))
    across, most = _grid(H, box.w - gutter)
    left = float(gutter) if words and most / T >= NAMED else 0.0
    if not left:
        across, most = _grid(H, box.w)
    alone = H == 1
    wide = min(48.0, (box.w - left) / T, max(most, HIGH) / T) if alone else min(28.0, most / T)
    step = min(wide, HIGH / T) if alone else wide
    top, title = (20.0 if alone and left else 4.0), (0.0 if alone else TITLE)
    pitch, y, tall = (wide * T if alone else max(wide * T, most)), 0.0, step * T
    for h in range(H):
        x = box.x + left + h % across * (pitch + GAP)
        y = box.y + title + top + h // across * (tall + GAP + title)
        if not alone:
            said = names[h] if h < len(names) else f"head {h}"
            sheet.text(x, y - 9, clip(said, 20), Font(12, INK))
        pad = 1.0 if step > 8 else 0.0
        cells(sheet, coarse(weights[h], MAX_CELLS // H), (x, y, wide * T, tall), colour, pad)
        if wide >= 30 and step >= 16:
            _shares(sheet, weights[h], (x, y, wide, step), colour)
        if left and h % across == 0:
            font = replace(END, size=min(11.5, step + 0.5))
            for t, word in enumerate(words[:T]):
                sheet.text(x - 6, y + (t + 0.5) * step + 3.5, clip(word, 14), font)
        if left and alone:
            for s, word in enumerate(words[:T]):
                sheet.text(x + (s + 0.5) * wide, y - 6, clip(word, 14), MIDDLE)
    return float(math.ceil(y - box.y + tall + 6))


def _shares(sheet: Sheet, matrix: Any, of: Area, colour: Shade) -> None:
    """Two digits are enough in a cell: .43, 12.1"""
    x, y, wide, step = of
    for r, row in enumerate(matrix.tolist()):
        for c, v in enumerate(row):
            text = fixed(v, 2).replace("0.", ".") if abs(v) < 0.995 else fixed(v, 1)
            font = Font(10, ink_on(colour(v)), "middle", MONO)
            at = (x + c * wide + (wide - 1) / 2, y + (r + 0.5) * step + 3)
            sheet.text(*at, "0" if abs(v) < 0.005 else text, font)


def _grid(count: int, width: float) -> tuple[int, float]:
    """Panels in a row, all rows of one length, and how wide one may be."""
    if count == 1:
        return 1, width
    fit = max(1, min(count, int((width + GAP) // (128 + GAP))))
    across = math.ceil(count / math.ceil(count / fit))
    return across, min(250.0, (width - GAP * (across - 1)) / across)


def tokens(sheet: Sheet, box: Box) -> float:
    """The tokens as they follow each other, coloured by a weight where there is one for each."""
    words = [str(w) for w in box.values[box.view.columns[0]]]
    given = box.values.get(box.view.options.get("weight", ""))
    y = box.y
    for name, row, colour in _lines(box, given, words):
        x = start = box.x + (120.0 if name else 0.0)
        if name:
            sheet.text(box.x, y + 16, clip(name, 16), Font(12))
        for word, w in zip(words, row, strict=True):
            wide = text_width(word, 14) + 10
            if x + wide > box.x + box.w and x > start:
                x, y = start, y + 26
            fill = colour(w)
            sheet.rect(x, y, wide, 24, fill, 3)
            sheet.text(x + wide / 2, y + 17, word, Font(14, ink_on(fill), "middle"))
            x += wide + 2
        y += 34
    return y - box.y


def _lines(box: Box, given: Any, words: list[str]) -> list[tuple[str, list[float], Shade]]:
    """One line, or one for each head, seen from the second token as the page does."""
    if given is None:
        return [("", [0.0] * len(words), lambda _: PAPER)]
    weights, colour = attention(given)
    if weights.ndim == 1:
        return [("", weights.tolist(), colour)]
    stack = weights if weights.ndim == 3 else weights[None]
    names = [str(n) for n in box.values.get(box.view.options.get("heads", ""), ())]
    if stack.shape[0] * len(words) > 600:
        stack, names = stack.mean(axis=0)[None], []
    rows = stack[:, min(1, len(words) - 1)].tolist()
    if len(rows) == 1:
        return [("", rows[0], colour)]
    return [(names[h] if h < len(names) else f"head {h}", r, colour) for h, r in enumerate(rows)]


# images -------------------------------------------------------------------------------------


def _shades(box: Box, array: Any) -> Callable[[Any], str]:
    """The colour of a pixel: a number's shade, or what three bytes say."""
    options = box.view.options
    lo, hi = ends(array.astype(float))
    both = lo < 0 < hi and "lo" not in options
    shade = options.get("shade", "value")
    if both:
        lo, hi = -max(-lo, hi), max(-lo, hi)
    elif array.dtype == "uint8":
        lo, hi = 0.0, 255.0
    elif shade in ("ink", "light"):
        lo, hi = min(0.0, lo), max(1.0, hi)
    lo, hi = float(options.get("lo", lo)), float(options.get("hi", hi))
    colour = between(lo, hi, signed if both else SHADES[shade])

    def pixel(v: Any) -> str:
        if not isinstance(v, list):
            return colour(v)
        span = (hi - lo) or 1.0
        return "#" + "".join(
            f"{round(255 * min(1.0, max(0.0, (c - lo) / span))):02x}" for c in v[:3]
        )

    return pixel


def _light(t: float) -> str:
    return "#" + f"{round(255 * min(1.0, max(0.0, t))):02x}" * 3


def _ink(t: float) -> str:
    t = (12 + 243 * min(1.0, max(0.0, t))) / 255
    p, q = ([int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in (PAPER, INK))
    return "#" + "".join(f"{round(a + (b - a) * t):02x}" for a, b in zip(p, q, strict=True))


def _value(t: float) -> str:
    return mix(PALE, HUES["value"], round(255 * min(1.0, max(0.0, t))) / 255)


SHADES: dict[str, Shade] = {"light": _light, "ink": _ink, "value": _value}


def pixels(sheet: Sheet, array: Any, area: Area, colour: Callable[[Any], str], most: int) -> None:
    """One image, (row, column) or (row, column, colour)."""
    if array.shape[0] * array.shape[1] > most:
        step = math.ceil(math.sqrt(array.shape[0] * array.shape[1] / most))
        array = array[::step, ::step]
    x, y, w, h = area
    rows, columns = array.shape[:2]
    down, across = h / rows, w / columns
    with sheet.crisp():
        for r, row in enumerate(array.tolist()):
            for c, v in enumerate(row):
                sheet.rect(x + c * across, y + r * down, across, down, colour(v))


def image(sheet: Sheet, box: Box) -> float:
    """One image, pixel by pixel."""
    array = box.values[box.view.columns[0]]
    rows, columns = array.shape[:2]
    size = min(min(box.w, math.inf if box.view.wide else 360.0) / columns, 300 / rows)
    area = (box.x, box.y, columns * size, rows * size)
    pixels(sheet, array, area, _shades(box, array), MAX_CELLS)
    return float(math.ceil(rows * size))


def images(sheet: Sheet, box: Box) -> float:
    """Many images with their captions."""
    stack, name = box.values[box.view.columns[0]], box.view.options.get("labels")
    names = [str(n) for n in box.values[name]] if name else None
    count = min(len(stack), 64, len(stack) if names is None else len(names))
    if not count:
        sheet.text(box.x, box.y + 14, "none", Font(12))
        return 20.0
    most = max(1, int((box.w + 8) // ((44 if names is None else 58) + 8)))
    across = max(1, math.ceil(count / math.ceil(count / most)) if names is None else most)
    step = min(96.0, (box.w + 8) / across)
    size = min(step - 8, 88.0 if names is None else 66.0)
    tall = size * stack.shape[1] / stack.shape[2]
    colour, pitch = _shades(box, stack), tall + 8 + (0 if names is None else 17)
    for k in range(count):
        x, y = box.x + k % across * step + 1, box.y + k // across * pitch + 1
        pixels(sheet, stack[k], (x, y, size, tall), colour, max(64, MAX_CELLS // count))
        if names is not None:
            sheet.text(x, y + tall + 13, clip(names[k], int(step / 5.2)), Font(10.5, INK))
    return float(max(20, math.ceil(math.ceil(count / across) * pitch)))


# confusion ----------------------------------------------------------------------------------


def confusion(sheet: Sheet, box: Box) -> float:
    """Counts of (true, answered): what is right is quiet, errors are loud."""
    counts = box.values[box.view.columns[0]].astype(float)
    n, m = counts.shape
    names = [str(k) for k in box.view.options.get("labels") or range(max(n, m))]
    left = 22 + min(72.0, max(8.0, LETTER * max((len(s) for s in names[:n]), default=1)))
    wide = min(44.0, (box.w - left) / m)
    high, top = min(26.0, wide), 32.0
    axes = box.run.trace.schema[box.view.columns[0]].axes
    down, across = axes if len(axes) == 2 else ("true", "answered")
    sheet.text(box.x + left + m * wide / 2, box.y + 11, across, MIDDLE)
    sheet.upright(box.x + 11, box.y + top + n * high / 2, down, MIDDLE)
    for k in range(min(len(names), max(n, m))):
        x, y = box.x + left, box.y + top
        if k < m:
            font = Font(11, INK, "middle", MONO)
            sheet.text(x + (k + 0.5) * wide, y - 6, clip(names[k], int(wide / 6.6) or 1), font)
        if k < n and high > 9:
            sheet.text(x - 7, y + (k + 0.5) * high + 4, names[k], Font(11, INK, "end", MONO))
    _counts(sheet, counts, (box.x + left, box.y + top, wide, high))
    return float(math.ceil(top + n * high + 2))


def _counts(sheet: Sheet, counts: Any, of: Area) -> None:
    x, y, wide, high = of
    n, m = counts.shape
    loud = max([1.0, *(counts[r, c] for r in range(n) for c in range(m) if r != c)])
    quiet, right = mix(PAPER, INK, 0.045), mix(PAPER, HUES["value"], 0.16)
    size = 11.0 if wide > 26 else 10.0
    for r in range(n):
        for c in range(m):
            v = float(counts[r, c])
            wrong = mix(PAPER, HUES["error"], 0.22 + 0.7 * v / loud) if v > 0 else quiet
            fill = right if r == c else wrong
            sheet.rect(x + c * wide, y + r * high, wide - 1, high - 1, fill)
            if v > 0 and n <= 30 and wide >= 15:
                ink = QUIET if r == c else ink_on(fill)
                at = (x + (c + 0.5) * wide - 0.5, y + (r + 0.5) * high + 3.5)
                sheet.text(*at, f"{v:g}", Font(size, ink, "middle", MONO))
