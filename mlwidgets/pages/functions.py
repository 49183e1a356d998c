"""The still of functions over an axis, as they are at one frame; see `js/src/views/curve.js`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from .box import Box
from .curves import BOTTOM, LEAST, TOP, names
from .numbers import num
from .scales import Scale, linear, log
from .svg import END, HUES, INK, LIVE, MIDDLE, PAPER, RULE, Sheet, text_width

Numbers = list[float]
Places = tuple[Scale, Scale]


def curve(sheet: Sheet, box: Box) -> float:
    """Curves with their axes, a band, points, rules, and what was picked."""
    options, high = box.view.options, 190.0 if box.view.wide else 150.0
    ys = [_numbers(box, name) for name in box.view.columns]
    axis = _numbers(box, options.get("x")) or [float(k) for k in range(max(map(len, ys)))]
    band = _numbers(box, options.get("band"))
    dots = [_numbers(box, name) for name in options.get("dots", ())] or [[], []]
    marked, picked = _numbers(box, options.get("at")), _picked(box)
    y = _y_scale(box, [*ys, *_edges(ys[0], band), dots[1]], high)
    words = [box.run.trace.schema[name].words or name for name in box.view.columns]
    right = min(112.0, 10 + max(map(text_width, words))) if len(words) > 1 else 6.0
    left = max(LEAST, 8 + max((text_width(text) for _, text in y.ticks), default=0.0))
    ends = [v for v in (*axis, *dots[0], *marked) if math.isfinite(v)]
    x = linear(min(ends), max(ends), box.x + left, box.x + box.w - right)
    _axes(sheet, box, (x, y), high)
    hues, first = list(HUES.values()), list(HUES.values()).index(box.hue)
    _band(sheet, axis, ys[0], band, (x, y), hues[first])
    joined = _stairs if options.get("steps") else _points
    for k, values in enumerate(ys):
        _line(sheet, joined(axis, values), (x, y), hues[(first + k) % 3])
    for a, b in zip(*dots, strict=False):
        if math.isfinite(a) and math.isfinite(b):
            dot = {"cx": x(a), "cy": y(b), "r": 3.2}
            sheet.add("circle", **dot, fill=INK, stroke=PAPER, stroke_width=1.2)
    foot = box.y + high - BOTTOM
    for v in marked:
        _rule(sheet, box, x(v), foot, INK, "4 3")
    for v in picked:
        _rule(sheet, box, x(v), foot, LIVE, "2 3")
        sheet.add("path", d=f"M{x(v)} {foot - 8}l-5 8h10z", fill=LIVE)
    if len(words) > 1:
        ended = [
            (y(values[-1]) if values else y.a, name, hues[(first + k) % 3])
            for k, (values, name) in enumerate(zip(ys, words, strict=True))
        ]
        names(sheet, ended, box.x + box.w - right + 8, right - 8)
    return high


def _numbers(box: Box, name: Any) -> Numbers:
    """A column's numbers at the frame, one or many; none where it is not there."""
    value = box.values.get(name) if name else None
    if value is None:
        return []
    return [float(v) for v in value.ravel()] if hasattr(value, "ravel") else [float(value)]


def _picked(box: Box) -> Numbers:
    """What the live parameter held at the frame."""
    name, core = box.view.options.get("picks"), box.run._core
    value = core.start.get(str(name))
    frame = int(box.run.trace.frames[box.position])
    for event in core.events:
        value = event.new if event.name == name and event.frame <= frame else value
    return [float(v) for v in value] if isinstance(value, list | tuple) else []


def _edges(values: Numbers, band: Numbers) -> list[Numbers]:
    return [[v + s * b for v, b in zip(values, band, strict=False)] for s in (-1, 1)]


def _y_scale(box: Box, every: Iterable[Numbers], high: float) -> Scale:
    options, foot, top = box.view.options, box.y + high - BOTTOM - 2, box.y + TOP
    shown = [v for values in every for v in values if math.isfinite(v)]
    least, most = min(shown, default=math.inf), max(shown, default=-math.inf)
    lo, hi = options.get("lo"), options.get("hi")
    if not options.get("log"):
        ends = (least if lo is None else lo, most if hi is None else hi)
        return linear(*ends, foot, top, nice=lo is None and hi is None)
    positive = min((v for v in shown if v > 0), default=math.inf)
    return log(positive if lo is None else lo, most if hi is None else hi, foot, top)


def _axes(sheet: Sheet, box: Box, of: Places, high: float) -> None:
    x, y = of
    for value, text in y.ticks:
        at = round(y(value) - box.y) + 0.5 + box.y
        sheet.line(x.a, at, x.b + 6, at, RULE)
        sheet.text(x.a - 6, at + 3.5, text, END)
    name = box.view.options.get("x")
    over = (box.run.trace.schema[name].words or name) if name else ""
    end = f"{over} {num(x.hi)}"
    sheet.text(x.b, box.y + high - 4, end, END)
    for value, text in x.ticks:
        if x(value) + 20 < x.b - text_width(end):
            sheet.text(x(value), box.y + high - 4, text, MIDDLE)


def _band(
    sheet: Sheet, axis: Numbers, values: Numbers, band: Numbers, of: Places, hue: str
) -> None:
    x, y = of
    there = [p for p in zip(axis, values, band, strict=False) if math.isfinite(p[1] + p[2])]
    if not there:
        return
    upper = [(x(a), y(v + b)) for a, v, b in there]
    lower = [(x(a), y(v - b)) for a, v, b in reversed(there)]
    d = "L".join(f"{a:.1f} {b:.1f}" for a, b in [*upper, *lower])
    sheet.add("path", d=f"M{d}Z", fill=hue, opacity=0.18)


def _points(axis: Numbers, values: Numbers) -> list[tuple[float, float]]:
    return [*zip(axis, values, strict=False)]


def _stairs(axis: Numbers, values: Numbers) -> list[tuple[float, float]]:
    """Each value holds from its point to the next."""
    out: list[tuple[float, float]] = []
    for k, (a, b) in enumerate(zip(axis, values, strict=False)):
        out += [(a, values[k - 1])] if k else []
        out.append((a, b))
    return out


def _line(sheet: Sheet, points: list[tuple[float, float]], of: Places, hue: str) -> None:
    x, y = of
    for there, piece in groupby(points, lambda p: math.isfinite(p[1])):
        if there:
            sheet.path([(x(a), y(b)) for a, b in piece], hue, 1.6)


def _rule(sheet: Sheet, box: Box, at: float, foot: float, ink: str, dash: str) -> None:
    at = round(at - box.x) + 0.5 + box.x
    sheet.line(at, box.y + 2, at, foot, ink, dash=dash)
