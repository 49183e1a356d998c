"""Stills: a recorded frame as one SVG, for wherever neither a widget nor a script can run.

One small function for each kind of view draws into a box and says how high it became. They follow
the page's views in `js/src/views/`; the tests compare the two pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import clip
from mlwidgets.summary import number
from mlwidgets.views import View

from .box import Box, Still
from .mosaics import (
    cells,
    coarse,
    confusion,
    ends,
    heads,
    image,
    images,
    shade,
    signed_shade,
    tokens,
)
from .svg import (
    END,
    HUES,
    INK,
    MIDDLE,
    MONO,
    NOTE,
    NUMBER,
    PAPER,
    QUIET,
    RULE,
    SERIF,
    WALL,
    Font,
    Sheet,
    ramp,
)

if TYPE_CHECKING:
    from mlwidgets.run import Run

WIDTH, PAD, GAP, CAPTION = 820.0, 18.0, 24.0, 18.0
CHART, LEFT, BOTTOM, TOP = 126.0, 42.0, 19.0, 8.0


def still(run: Run, position: int = -1, width: float = WIDTH) -> str:
    """The picture of one recorded frame. Kinds of views that have no still are told in words."""
    sheet, trace, watch = Sheet(), run.trace, run.algorithm.page.watch
    position %= max(1, len(trace))
    sheet.text(PAD, 30, run.algorithm.title, Font(17, INK, family=SERIF, weight=600))
    y = 64.0 if watch else 48.0
    sheet.text(PAD, 48, clip(watch, int((width - 2 * PAD) / 6.4)), Font(12.5))
    sheet.line(0, y, width, y, RULE)
    y = _views(sheet, run, position, y + 14, width)
    sheet.line(0, y, width, y, RULE)
    sheet.text(PAD, y + 20, clip(run.line, 110), Font(11, family=MONO))
    where = f"frame {trace.frames[position]}" if trace else run.status
    sheet.text(width - PAD, y + 20, where, Font(11, QUIET, "end", MONO))
    return sheet.svg(width, y + 34, run.summary())


def _views(sheet: Sheet, run: Run, position: int, y: float, width: float) -> float:
    """The figures, two abreast; a wide one takes the row."""
    column, tallest = 0, 0.0
    views = run.views if run.trace else ()
    half = (width - 2 * PAD - GAP) / 2
    for view in views:
        wide = view.wide or len(views) == 1
        if wide and column:
            y, column, tallest = y + tallest + 16, 0, 0.0
        x = PAD + column * (half + GAP)
        box = Box(run, view, position, x, y + CAPTION, width - 2 * PAD if wide else half)
        high = CAPTION + _drawn(sheet, box)
        _caption(sheet, box)
        tallest, column = max(tallest, high), 0 if wide else 1 - column
        if not column:
            y, tallest = y + tallest + 16, 0.0
    return y + (tallest + 16 if column else 0)


def _drawn(sheet: Sheet, box: Box) -> float:
    """Draw one view; one that cannot be drawn (an empty array, say) is told in words."""
    before = len(sheet.parts)
    try:
        return STILLS.get(box.view.kind, _unknown)(sheet, box)
    except (ValueError, ArithmeticError, IndexError, KeyError, AttributeError, TypeError):
        del sheet.parts[before:]
        return _unknown(sheet, box)


def _caption(sheet: Sheet, box: Box) -> None:
    view = box.view
    title, note = view.title or ", ".join(view.columns), view.note
    if view.options.get("mean"):
        note += f", mean of {view.options['mean']}"
    sheet.caption(box.x, box.y - 7, title, note)
    now = box.values[view.columns[0]]
    if isinstance(now, (int, float)):
        sheet.text(box.x + box.w, box.y - 7, number(float(now)), NUMBER)


def _unknown(sheet: Sheet, box: Box) -> float:
    sheet.text(box.x, box.y + 14, f"The view {box.view.kind!r} has no still.", NOTE)
    return 24.0


# lines --------------------------------------------------------------------------------------


def _line(sheet: Sheet, box: Box) -> float:
    curves = [_points(box, name) for name in box.view.columns]
    lo, hi, log = _domain(box.view, [y for points in curves for _, y, _ in points])
    last = _last_x(box, curves)
    x0, x1, y0, y1 = box.x + LEFT, box.x + box.w - 6, box.y + CHART - BOTTOM - 2, box.y + TOP
    foot, span = _scaled(lo, lo, hi, log), _scaled(hi, lo, hi, log) - _scaled(lo, lo, hi, log)

    def at(x: float, y: float) -> tuple[float, float]:
        t = (_scaled(y, lo, hi, log) - foot) / (span or 1)
        return x0 + (x1 - x0) * x / last, y0 + (y1 - y0) * t

    for tick in _ticks(lo, hi, log):
        y = at(0, tick)[1]
        sheet.line(x0, y, x1 + 6, y, RULE)
        sheet.text(x0 - 6, y + 3.5, number(tick), END)
    unit = box.view.options.get("x", box.run.algorithm.step)
    sheet.text(x1, box.y + CHART - 4, f"{unit} {number(last)}", END)
    sheet.text(x0, box.y + CHART - 4, "0", MIDDLE)
    for k, points in enumerate(curves):
        hue = list(HUES.values())[(list(HUES.values()).index(box.hue) + k) % 3]
        _curve(sheet, box, [(*at(x, y), y, p) for x, y, p in points], hue, at)
    return CHART


def _curve(sheet: Sheet, box: Box, points: list[Drawn], hue: str, at: At) -> None:
    """The past strong, what is still to come a hairline; a smoothed line over the raw one."""
    past = [(x, y) for x, y, _, p in points if p <= box.position]
    sheet.path([(x, y) for x, y, _, p in points if p >= box.position], hue, 0.6, 0.4)
    width = int(box.view.options.get("mean", 0))
    sheet.path(past, hue, *((0.9, 0.55) if width > 1 else (1.5, 1)))
    if width > 1:
        values = [v for _, _, v, p in points if p <= box.position]
        means = (values[max(0, k - width + 1) : k + 1] for k in range(len(values)))
        smooth = [(x, at(0, sum(m) / len(m))[1]) for (x, _), m in zip(past, means, strict=True)]
        sheet.path(smooth, hue, 2)
    if past:
        sheet.add("circle", cx=past[-1][0], cy=past[-1][1], r=3.4, fill=hue, stroke=PAPER)


Point = tuple[float, float, int]  # x, y, and the position from which it is known
Drawn = tuple[float, float, float, int]  # on the sheet, the value, and that position
At = Callable[[float, float], tuple[float, float]]


def _points(box: Box, name: str) -> list[Point]:
    """A curve's points: one for each frame, or one for each finished unit."""
    trace, unit = box.run.trace, box.view.options.get("x")
    values = trace[name].astype(float)
    if not unit:
        frames = trace.frames
        return [(float(frames[p]), float(v), p) for p, v in enumerate(values) if v == v]
    counts = trace[unit].astype(float)
    stops = [0, *(p for p in range(1, len(counts)) if counts[p] != counts[p - 1])]
    points, begin, each = [], 0, box.view.options.get("each", "last")
    for stop in stops:
        part = values[begin : stop + 1]
        part = part[part == part]
        if part.size:
            points.append((float(counts[stop]), float(REDUCE[each](part)), stop))
        begin = stop + 1
    return points


REDUCE: dict[str, Callable[[Any], Any]] = {
    "last": lambda part: part[-1],
    "sum": lambda part: part.sum(),
    "mean": lambda part: part.mean(),
    "mean_abs": lambda part: abs(part).mean(),
    "max": lambda part: part.max(),
}


def _last_x(box: Box, curves: list[list[Point]]) -> float:
    """Where the horizontal axis ends: the run's whole length, where it is known."""
    column = box.view.options.get("x", "")
    total = next((s["total"] for s in box.run.algorithm.steps if s["column"] == column), "")
    whole = box.run._core.start.get(total)
    ends = [points[-1][0] for points in curves if points]
    return max([*ends, float(whole) if isinstance(whole, (int, float)) else 0.0, 1.0])


def _domain(view: View, values: list[float]) -> tuple[float, float, bool]:
    log = bool(view.options.get("log"))
    shown = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    shown = shown or [1e-3 if log else 0.0, 1.0]
    lo, hi = view.options.get("lo", min(shown)), view.options.get("hi", max(shown))
    return (lo, hi if hi > lo else lo + (abs(lo) or 1.0), log)


def _scaled(v: float, lo: float, hi: float, log: bool) -> float:
    v = min(hi, max(lo, v))
    return math.log10(v) if log else v


def _ticks(lo: float, hi: float, log: bool) -> list[float]:
    """At most five values worth a line."""
    if log:
        powers = range(math.ceil(math.log10(lo) - 1e-9), math.floor(math.log10(hi) + 1e-9) + 1)
        return [10.0**p for p in list(powers)[:: max(1, len(powers) // 3)]]
    step = 10.0 ** math.floor(math.log10(hi - lo))
    step *= next(k for k in (0.1, 0.2, 0.5, 1, 2, 5) if (hi - lo) / (step * k) <= 4)
    return [k * step for k in range(math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9) + 1)]


# boards and matrices ------------------------------------------------------------------------

ARROWS = ((0, -1), (1, 0), (0, 1), (-1, 0))  # up, right, down, left


def _board(sheet: Sheet, box: Box) -> float:
    rows = _grid(box)
    Q = box.values[box.view.columns[0]].reshape(sum(map(len, rows)), -1)
    size = min(box.w / len(rows[0]), 64.0)
    seen, V = (Q != 0).any(axis=1), Q.max(axis=1)
    lo, hi = (float(V[seen].min()), float(V[seen].max())) if seen.any() else (-1.0, 0.0)
    for k, cell in enumerate("".join(rows)):
        x, y = box.x + k % len(rows[0]) * size, box.y + k // len(rows[0]) * size
        if cell in ".S":
            t = (float(V[k]) - lo) / (hi - lo or 1) if seen[k] else 0.0
            sheet.rect(x + 1, y + 1, size - 2, size - 2, ramp(t), 3)
            if seen[k]:
                _square(sheet, x + size / 2, y, size, float(V[k]), int(Q[k].argmax()))
    _patches(sheet, box, rows, size)
    _agent(sheet, box, size, len(rows[0]))
    return size * len(rows)


def _square(sheet: Sheet, x: float, y: float, size: float, value: float, action: int) -> None:
    """A visited square's greedy action, and its value where there is room."""
    roomy = size > 40
    _arrow(sheet, x, y + size / 2 - (5 if roomy else 0), action)
    if roomy:
        words = f"{value:.1f}".replace("-", "−")
        sheet.text(x, y + size - 6, words, Font(10, INK, "middle", MONO))


def _patches(sheet: Sheet, box: Box, rows: list[str], size: float) -> None:
    """Walls, cliffs, goals; neighbours of one kind in a row are one patch with one name."""
    param = box.run.algorithm.spec.get(box.view.options.get("grid", "grid"))
    names = {entry["char"]: entry["name"] for entry in param.control()["legend"]} if param else {}
    for r, row in enumerate(rows):
        at = 0
        for cell, run in ((c, len(list(g))) for c, g in groupby(row)):
            if cell not in ".S":
                x, y = box.x + at * size, box.y + r * size
                fill = HUES["value"] if cell == "G" else WALL
                sheet.rect(x + 1, y + 1, run * size - 2, size - 2, fill, 3)
                words = "" if cell == "#" else names.get(cell, "")
                bold = Font(11, PAPER, "middle", weight=600)
                sheet.text(x + run * size / 2, y + size / 2 + 4, words, bold)
            at += run


def _grid(box: Box) -> list[str]:
    """The board in force at this frame."""
    name = box.view.options.get("grid", "grid")
    frame = int(box.run.trace.frames[box.position])
    value = box.run._core.start.get(name)
    for event in box.run.events:
        if event.name == name and event.frame <= frame:
            value = event.new
    return list(value if isinstance(value, list) else value.rows) if value else ["."]


def _arrow(sheet: Sheet, x: float, y: float, action: int) -> None:
    dx, dy = ARROWS[action]
    tip = (x + 9 * dx, y + 9 * dy)
    sheet.path([(x - 9 * dx, y - 9 * dy), tip], INK, 1.5)
    wings = [(tip[0] - 5 * dx + 4 * s * dy, tip[1] - 5 * dy + 4 * s * dx) for s in (1, -1)]
    sheet.path([wings[0], tip, wings[1]], INK, 1.5)


def _agent(sheet: Sheet, box: Box, size: float, columns: int) -> None:
    name = box.view.options.get("agent")
    if name:
        k = int(box.values[name])
        x, y = box.x + (k % columns + 1) * size - 9, box.y + k // columns * size + 9
        sheet.add("circle", cx=x, cy=y, r=4, fill=INK, stroke=PAPER)


def _heatmap(sheet: Sheet, box: Box) -> float:
    matrix = coarse(box.values[box.view.columns[0]].astype(float))
    rows, columns = matrix.shape
    size = min((box.w - 60) / columns, 320 / rows, 40.0)
    lo, hi = ends(matrix)
    both = bool(box.view.options.get("signed", lo < 0 < hi))
    most = max(abs(lo), abs(hi)) or 1.0
    lo, hi = (-most, most) if both else (lo, hi)
    cells(sheet, matrix, (box.x, box.y, size), signed_shade(most) if both else shade(lo, hi))
    sheet.text(box.x + columns * size + 8, box.y + 9, number(hi))
    sheet.text(box.x + columns * size + 8, box.y + rows * size - 1, number(lo))
    return float(rows * size)


# bars, tables, words ------------------------------------------------------------------------


def _bars(sheet: Sheet, box: Box) -> float:
    values = [float(v) for v in box.values[box.view.columns[0]].ravel()[:64]]
    finite = [v for v in values if math.isfinite(v)] or [0.0]
    lo, hi = min(0.0, *finite), max(0.0, *finite)
    scale = (box.w - 110) / ((hi - lo) or 1)
    for k, v in enumerate(values):
        y = box.y + 14 * k
        sheet.text(box.x + 26, y + 10, k, END)
        if math.isfinite(v):
            left = box.x + 34 + (min(0.0, v) - lo) * scale
            sheet.rect(left, y + 2, abs(v) * scale, 10, box.hue, 1)
        sheet.text(box.x + box.w, y + 10, number(v), Font(10.5, INK, "end", MONO))
    return 14.0 * len(values) + 4


def _values(sheet: Sheet, box: Box) -> float:
    for k, name in enumerate(box.view.columns):
        value, y = box.values[name], box.y + 14 + 18 * k
        plain = isinstance(value, (int, float))
        sheet.text(box.x, y, name, NOTE)
        said = number(float(value)) if plain else f"array {value.shape}"
        sheet.text(box.x + box.w, y, said, NUMBER)
    return 18.0 * len(box.view.columns) + 4


def _words(sheet: Sheet, box: Box) -> float:
    value = box.values[box.view.columns[0]]
    text = value if isinstance(value, str) else " ".join(value)
    across = max(20, int(box.w / 7))
    lines = [text[k : k + across] for k in range(0, min(len(text), across * 12), across)]
    for k, line in enumerate(lines):
        sheet.text(box.x, box.y + 14 + 17 * k, line, Font(12.5, INK))
    return 17.0 * len(lines) + 6


STILLS: dict[str, Still] = {
    "line": _line,
    "board": _board,
    "heatmap": _heatmap,
    "bars": _bars,
    "values": _values,
    "words": _words,
    "heads": heads,
    "tokens": tokens,
    "image": image,
    "images": images,
    "confusion": confusion,
}
