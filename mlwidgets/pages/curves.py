"""The still of curves over frames or units: the past strong, what is still to come a hairline."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from mlwidgets.nonfinite import states

from .box import Box
from .numbers import plain
from .scales import Scale, linear, log
from .svg import END, HUES, INK, LANES, LIVE, MIDDLE, PAPER, RULE, Font, Sheet, fitted, text_width

LEAST, TOP, BOTTOM = 42.0, 8.0, 19.0
ARM = 4.0  # of the cross that marks what is not finite
Point = tuple[float, float, int]  # x, y, and the position from which it is known


@dataclass(frozen=True)
class Curve:
    """A column's points, how it is called and coloured, and where the cursor is."""

    name: str
    hue: str
    points: list[Point]
    position: int

    @property
    def past(self) -> list[Point]:
        return [p for p in self.points if p[2] <= self.position]


def line(sheet: Sheet, box: Box) -> float:
    """Curves with their axes, the steering, and where the cursor is."""
    curves, high = _curves(box), 150.0 if box.view.wide else 126.0
    several = len(curves) > 1
    longest = max(text_width(curve.name) for curve in curves)
    right = min(96.0, box.w / 3, 10 + longest) if several else 6.0
    y = _y_scale(box, curves, box.y + high - BOTTOM - 2, box.y + TOP)
    left = max(LEAST, 8 + max((text_width(text) for _, text in y.ticks), default=0.0))
    first, last = _ends(box, curves)
    x = linear(first, last, box.x + left, box.x + box.w - right)
    _axes(sheet, box, (x, y), high)
    _steering(sheet, box, x, high)
    for curve in curves:
        _curve(sheet, box, curve, (x, y))
    _cursor(sheet, box, curves, (x, y), high)
    if several:
        ends = [(_height(y, c.points[-1][1]) if c.points else 0.0, c.name, c.hue) for c in curves]
        names(sheet, ends, box.x + box.w - right + 8, right - 8)
    return high


def reading(box: Box) -> float | None:
    """The value that the dot of the first curve marks."""
    past = [p for p in _points(box, box.view.columns[0]) if p[2] <= box.position]
    return past[-1][1] if past else None


def _curves(box: Box) -> list[Curve]:
    """One for each column; of runs that are compared, one for each lane and column."""
    if box.lanes:
        return [curve for k in range(len(box.lanes)) for curve in _lane(box, k)]
    hues = list(HUES.values())
    first = hues.index(box.hue)
    schema = box.run.trace.schema
    curves = [
        Curve(schema[name].words or name, hues[(first + k) % 3], _points(box, name), box.position)
        for k, name in enumerate(box.view.columns)
    ]
    return [curve for curve in curves if curve.points] or curves


def _lane(box: Box, k: int) -> list[Curve]:
    lane, columns = box.lanes[k], box.view.columns
    own = replace(box, run=lane.run, position=lane.position)
    names = [lane.label if len(columns) == 1 else f"{lane.label}, {name}" for name in columns]
    return [
        Curve(said, LANES[k % len(LANES)], _points(own, name), lane.position)
        for said, name in zip(names, columns, strict=True)
    ]


def _points(box: Box, name: str) -> list[Point]:
    """One for each frame, or one for each finished unit."""
    trace, unit = box.run.trace, box.view.options.get("x")
    values = trace[name].astype(float)
    there = _there(values)
    if not unit:
        frames = trace.frames
        return [(float(frames[p]), float(v), p) for p, v in enumerate(values) if there[p]]
    counts = trace[unit].astype(float)
    points, begin, each = [], 0, box.view.options.get("each", "last")
    for stop in _stops(counts):
        part = values[begin : stop + 1][there[begin : stop + 1]]
        if part.size:
            points.append((float(counts[stop]), float(REDUCE[each](part)), stop))
        begin = stop + 1
    return points


def _there(values: Any) -> Any:
    """Which are values: neither absent, nor "none yet" before the first finite one."""
    good, bad = states(values)
    good[:] |= bad & (good.cumsum() > 0)
    return good


def _stops(counts: Any) -> list[int]:
    """Positions at which a unit has just been finished."""
    return [0, *(p for p in range(1, len(counts)) if counts[p] != counts[p - 1])]


REDUCE: dict[str, Callable[[Any], Any]] = {
    "last": lambda part: part[-1],
    "sum": lambda part: part.sum(),
    "mean": lambda part: part.mean(),
    "mean_abs": lambda part: abs(part).mean(),
    "max": lambda part: part.max(),
}


def _ends(box: Box, curves: list[Curve]) -> tuple[float, float]:
    """Of the horizontal axis: the run's whole length, where it is known."""
    column = box.view.options.get("x", "")
    total = next((s["total"] for s in box.run.algorithm.steps if s["column"] == column), "")
    whole = box.run._core.start.get(total)
    xs = [p[0] for curve in curves for p in curve.points]
    last = max([*xs, float(whole) if isinstance(whole, (int, float)) else 0.0, 1.0])
    return (0.0 if column else min([0.0, *xs])), last


def _y_scale(box: Box, curves: list[Curve], foot: float, top: float) -> Scale:
    options = box.view.options
    shown = [p[1] for curve in curves for p in curve.points if math.isfinite(p[1])]
    least, most = min(shown, default=math.inf), max(shown, default=-math.inf)
    lo, hi = options.get("lo"), options.get("hi")
    high = most if hi is None else hi
    if not options.get("log"):
        low = least if lo is None else lo
        return linear(low, high, foot, top, nice=lo is None and hi is None)
    positive = min((v for v in shown if v > 0), default=math.inf)
    low = positive if lo is None else lo
    if least > 0 or lo is not None:
        floor = "≤ " if least < low else ""
        scale = log(low, high, foot, top)
        return log(low, high, foot, top, floor + scale.ticks[0][1] if floor else "")
    return log(low / 10, high, foot, top, "≤ 0" if least < 0 else "0")


def _axes(sheet: Sheet, box: Box, of: tuple[Scale, Scale], high: float) -> None:
    x, y = of
    for value, text in y.ticks:
        at = round(y(value) - box.y) + 0.5 + box.y
        sheet.line(x.a, at, x.b + 6, at, RULE)
        sheet.text(x.a - 6, at + 3.5, text, END)
    end = f"{box.view.options.get('x', box.run.algorithm.steps[0]['name'])} {plain(x.hi)}"
    sheet.text(x.b, box.y + high - 4, end, END)
    for value, text in x.ticks:
        if value == int(value) and x(value) + 20 < x.b - text_width(end):
            sheet.text(x(value), box.y + high - 4, text, MIDDLE)


def _steering(sheet: Sheet, box: Box, x: Scale, high: float) -> None:
    """Where a parameter was moved."""
    trace, unit = box.run.trace, box.view.options.get("x")
    counts = trace[unit] if unit else trace.frames
    drawn = -math.inf
    for event in box.run.events:
        position = min(int(trace.frames.searchsorted(event.frame)), len(trace) - 1)
        at = round(x(float(counts[position])) - box.x) + 0.5 + box.x
        if at - drawn >= 8:
            sheet.line(at, box.y + 4, at, box.y + high - BOTTOM, LIVE, dash="2 3")
            drawn = at


def _curve(sheet: Sheet, box: Box, curve: Curve, of: tuple[Scale, Scale]) -> None:
    """A smoothed line lies over the raw one."""
    window = int(box.view.options.get("mean", 0))
    past = curve.past
    rest = curve.points[max(0, len(past) - 1) :]
    _pieces(sheet, rest, of, curve.hue, 0.6, 0.4)
    raw = (0.9, 0.55) if window > 1 else (1.5, 1.0)
    _pieces(sheet, past, of, curve.hue, *raw)
    if window > 1:
        values = [b for _, b, _ in past]
        means = (values[max(0, k - window + 1) : k + 1] for k in range(len(values)))
        smooth = [
            (p[0], _mean(m) if _finite(p) else p[1], p[2]) for p, m in zip(past, means, strict=True)
        ]
        _pieces(sheet, smooth, of, curve.hue, 2)
    _crosses(sheet, curve.points[len(past) :], of, curve.hue, 0.4)
    _crosses(sheet, past, of, curve.hue, 1)


def _finite(point: Point) -> bool:
    return math.isfinite(point[1])


def _mean(values: list[float]) -> float:
    finite = [v for v in values if math.isfinite(v)]
    return sum(finite) / len(finite)


def _pieces(sheet: Sheet, points: list[Point], of: tuple[Scale, Scale], *style: Any) -> None:
    """A line with a gap wherever its value is not finite."""
    x, y = of
    for there, piece in groupby(points, _finite):
        if not there:
            continue
        drawn = [(x(a), y(b)) for a, b, _ in piece]
        ahead = [(drawn[0][0] - 0.7, drawn[0][1])] if len(drawn) == 1 else []
        sheet.path(ahead + drawn, *style)


def _height(y: Scale, v: float) -> float:
    """Where a value stands: what is no number at the upper edge, as what is too large."""
    return y(math.inf if math.isnan(v) else v)


def _crosses(
    sheet: Sheet, points: list[Point], of: tuple[Scale, Scale], hue: str, alpha: float
) -> None:
    """A hollow cross at the edge for what is not finite; a row of them stands as one."""
    x, y = of
    marks: list[list[float]] = []  # from, to, height
    for point in points:
        if _finite(point):
            continue
        at, high = x(point[0]), _height(y, point[1])
        if marks and marks[-1][2] == high and at - marks[-1][1] < 2 * ARM + 2:
            marks[-1][1] = at
        else:
            marks.append([at, at, high])
    for ink, width in ((hue, 4.4), (PAPER, 1.5)):
        for first, last, high in marks:
            wide = last - first > 2 * ARM
            for at in {first, last} if wide else {first}:
                for d in (-ARM, ARM):
                    sheet.path([(at - ARM, high - d), (at + ARM, high + d)], ink, width, alpha)
            if wide:
                sheet.path([(first, high), (last, high)], ink, width, alpha)


def _cursor(
    sheet: Sheet, box: Box, curves: list[Curve], of: tuple[Scale, Scale], high: float
) -> None:
    x, y = of
    trace, unit = box.run.trace, box.view.options.get("x")
    here = float((trace[unit] if unit else trace.frames)[box.position])
    at = round(x(here) - box.x) + 0.5 + box.x
    sheet.line(at, box.y + 2, at, box.y + high - BOTTOM, INK)
    for curve in curves:
        if past := curve.past:
            dot, filled = {"cx": x(past[-1][0]), "cy": _height(y, past[-1][1])}, _finite(past[-1])
            fill, stroke = (curve.hue, PAPER) if filled else ("none", curve.hue)
            radius = 3.4 if filled else 5.4
            sheet.add("circle", **dot, r=radius, fill=fill, stroke=stroke, stroke_width=1.5)


def names(sheet: Sheet, ends: list[tuple[float, str, str]], left: float, room: float) -> None:
    """Direct labels, pushed apart; of each: where its curve ends, its name, its colour."""
    last = -math.inf
    for at, name, hue in sorted(ends, key=lambda end: end[0]):
        last = max(at + 3.5, last + 12)
        sheet.text(left, last, fitted(name, room), Font(10.5, hue))
