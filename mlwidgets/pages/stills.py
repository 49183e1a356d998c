"""Stills: a recorded frame as one SVG, for wherever neither a widget nor a script can run.

One small function for each kind of view draws into a box and says how high it became. They follow
the page's views in `js/src/views/`; the tests compare the two pictures.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import clip
from mlwidgets.own import still_of

from .box import Box, Still
from .curves import line, reading
from .functions import curve
from .mosaics import between, confusion, heads, heatmap, image, images, tokens
from .numbers import cell, fixed, num, plain, told
from .planes import scatter
from .scales import Scale
from .svg import (
    EDGE,
    END,
    HUES,
    INK,
    MONO,
    NOTE,
    NUMBER,
    PALE,
    PAPER,
    QUIET,
    RULE,
    SERIF,
    WALL,
    Font,
    Sheet,
    ink_on,
    ramp,
    text_width,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwidgets.run import Run
    from mlwidgets.views import View

WIDTH, PAD, GAP, CAPTION = 820.0, 18.0, 24.0, 18.0
NARROW = 520.0  # px, for two figures abreast


def still(run: Run, position: int = -1, width: float = WIDTH) -> str:
    """The picture of one recorded frame. Kinds of views that have no still are told in words."""
    sheet, trace, watch = Sheet(), run.trace, run.algorithm.page.watch
    position %= max(1, len(trace))
    sheet.text(PAD, 30, run.algorithm.title, Font(17, INK, family=SERIF, weight=600))
    y = 64.0 if watch else 48.0
    sheet.text(PAD, 48, clip(watch, int((width - 2 * PAD) / 6.4)), Font(12.5))
    sheet.line(0, y, width, y, RULE)
    y = figures(sheet, run, position, (PAD, y + 14, width - 2 * PAD))
    sheet.line(0, y, width, y, RULE)
    sheet.text(PAD, y + 20, clip(run.line, 110), Font(11, family=MONO))
    where = f"frame {trace.frames[position]}" if trace else run.status
    sheet.text(width - PAD, y + 20, where, Font(11, QUIET, "end", MONO))
    return sheet.svg(width, y + 34, run.summary())


def figures(
    sheet: Sheet,
    run: Run,
    position: int,
    at: tuple[float, float, float],
    views: Sequence[View] | None = None,
) -> float:
    """The views at (x, y), so wide: two abreast, a wide one a row, all in one column if narrow."""
    (left, y, width), column, tallest = at, 0, 0.0
    views = (run.views if run.trace else ()) if views is None else views
    half = (width - GAP) / 2
    for view in views:
        wide = view.wide or len(views) == 1 or width < NARROW
        if wide and column:
            y, column, tallest = y + tallest + 16, 0, 0.0
        x = left + column * (half + GAP)
        box = Box(run, replace(view, wide=wide), position, x, y, width if wide else half)
        high = captioned(sheet, box)
        tallest, column = max(tallest, high), 0 if wide else 1 - column
        if not column:
            y, tallest = y + tallest + 16, 0.0
    return y + (tallest + 16 if column else 0)


def captioned(sheet: Sheet, box: Box) -> float:
    """A caption, in as many lines as it takes, and the view under it."""
    top = caption(sheet, box)
    return top + drawing(sheet, replace(box, y=box.y + top))


def drawing(sheet: Sheet, box: Box) -> float:
    """Draw one view; one that cannot be drawn (an empty array, say) is told in words."""
    before = len(sheet.parts)
    try:
        return STILLS.get(box.view.kind, _other)(sheet, box)
    except (ValueError, ArithmeticError, IndexError, KeyError, AttributeError, TypeError):
        del sheet.parts[before:]
        return _unknown(sheet, box)


def caption(sheet: Sheet, box: Box) -> float:
    view = box.view
    title, note = view.title or ", ".join(view.columns), view.note
    if view.options.get("mean"):
        note += f", mean of {view.options['mean']}"
    now = reading(box) if view.kind == "line" else box.values[view.columns[0]]
    said = told(float(now)) if isinstance(now, (int, float)) and not box.lanes else ""
    if said:
        sheet.text(box.x + box.w, box.y + CAPTION - 7, said, NUMBER)
    room = box.w - (text_width(said, NUMBER.size) + 12 if said else 0)
    return sheet.caption((box.x, box.y + CAPTION - 7), title, note, room) + CAPTION


def _unknown(sheet: Sheet, box: Box) -> float:
    sheet.text(box.x, box.y + 14, f"The view {box.view.kind!r} has no still.", NOTE)
    return 24.0


# boards -------------------------------------------------------------------------------------

ROOMY = 40.0  # px, a square with room for words beside its arrow
ARROWS = ((0, -1), (1, 0), (0, 1), (-1, 0))  # up, right, down, left
OPEN = ("floor", "start", "ice", "free")  # squares to walk on
PATCH = {"goal": HUES["value"], "wall": EDGE, "cliff": WALL, "hole": WALL}


def _board(sheet: Sheet, box: Box) -> float:
    rows, legend = _grid(box), _legend(box)
    columns = len(rows[0])
    Q = box.values[box.view.columns[0]].astype(float).reshape(sum(map(len, rows)), -1)
    size = min(box.w / columns, 80.0)
    seen, V = ((Q != 0) & (Q == Q)).any(axis=1), Q.max(axis=1)
    kinds = [legend.get(char, {}).get("name", "floor") for char in "".join(rows)]
    walked = [float(V[k]) for k, kind in enumerate(kinds) if seen[k] and base(kind) in OPEN]
    colour = between(*_worth(box, walked), ramp)
    for k, kind in enumerate(kinds):
        x, y = box.x + k % columns * size, box.y + k // columns * size
        if base(kind) in OPEN:
            fill = colour(float(V[k])) if seen[k] else PALE
            sheet.rect(x + 1, y + 1, size - 2, size - 2, fill, 3)
            if seen[k]:
                best = int(Q[k].argmax()) if Q.shape[1] > 1 else -1
                _square(sheet, (x, y, size), (float(V[k]), best), ink_on(fill))
    _patches(sheet, box, rows, size, legend)
    _start(sheet, box, kinds, (columns, size))
    _agent(sheet, box, size, columns)
    return float(math.ceil(size * len(rows)))


def base(kind: str) -> str:
    """ "cliff -100" is a cliff."""
    return re.split(r"[\s:,(]", kind, maxsplit=1)[0]


def _worth(box: Box, walked: list[float]) -> tuple[float, float]:
    """The ends of the colours: the least and the most that a square is worth."""
    options = box.view.options
    lo = float(options.get("lo", min(walked, default=0.0)))
    hi = float(options.get("hi", max(walked, default=1.0)))
    return lo, max(hi, lo + 1e-9, *([0.0] if lo < 0 else []))


def _square(
    sheet: Sheet, of: tuple[float, float, float], worth: tuple[float, int], ink: str
) -> None:
    """A visited square's greedy action, and its value where there is room."""
    (x, y, size), (value, action) = of, worth
    roomy = size > ROOMY
    if action >= 0:
        _arrow(sheet, (x + size / 2, y + size / 2 - (5 if roomy else 0)), action, size, ink)
    if roomy:
        words = fixed(value, 2 if abs(value) < 1 else 1)
        foot = size - 7 if action >= 0 else size / 2 + 4
        sheet.text(x + size / 2, y + foot, words, Font(10, ink, "middle", MONO))


def _legend(box: Box) -> dict[str, dict[str, Any]]:
    param = box.run.algorithm.spec.get(box.view.options.get("grid", "grid"))
    return {entry["char"]: entry for entry in param.control()["legend"]} if param else {}


def _patches(
    sheet: Sheet, box: Box, rows: list[str], size: float, legend: dict[str, dict[str, Any]]
) -> None:
    """Walls, cliffs, goals; neighbours of one kind in a row are one patch with one name."""
    for r, row in enumerate(rows):
        at = 0
        for char, span in ((c, len(list(g))) for c, g in groupby(row)):
            entry = legend.get(char, {})
            name = entry.get("name", "floor")
            if base(name) not in OPEN:
                x, y = box.x + at * size, box.y + r * size
                fill = PATCH.get(base(name), HUES["third"])
                sheet.rect(x + 1, y + 1, span * size - 2, size - 2, fill, 3)
                _said(sheet, (x + span * size / 2, y + size / 2 + 4), entry, span * size)
            at += span


def _said(sheet: Sheet, at: tuple[float, float], entry: dict[str, Any], room: float) -> None:
    """The longest of a patch's names that fits; a wall needs none."""
    name, value = entry["name"], entry.get("value")
    if base(name) == "wall":
        return
    size = 12.0 if room > 60 else 10.0
    said = name if value is None else f"{name} {fixed(value, 0)}"
    fits = (t for t in (said, name, base(name)) if text_width(t, size) < room - 4)
    sheet.text(*at, next(fits, ""), Font(size, PAPER, "middle", weight=600))


def _start(sheet: Sheet, box: Box, kinds: list[str], of: tuple[int, float]) -> None:
    columns, size = of
    k = next((k for k, kind in enumerate(kinds) if base(kind) == "start"), -1)
    if k >= 0 and size > ROOMY:
        x, y = box.x + k % columns * size + 6, box.y + k // columns * size + 13
        sheet.text(x, y, "S" if size < 54 else "start", Font(10, INK))


def _grid(box: Box) -> list[str]:
    """The board in force at this frame."""
    name = box.view.options.get("grid", "grid")
    frame = int(box.run.trace.frames[box.position])
    value = box.run._core.start.get(name)
    for event in box.run.events:
        if event.name == name and event.frame <= frame:
            value = event.new
    return list(value if isinstance(value, list) else value.rows) if value else ["."]


def _arrow(sheet: Sheet, at: tuple[float, float], action: int, size: float, ink: str) -> None:
    (x, y), (dx, dy) = at, ARROWS[action % 4]
    long = max(3.0, min(9.0, size * 0.2))
    tip, head = (x + dx * long, y + dy * long), long * 0.55
    sheet.path([(x - dx * long, y - dy * long), tip], ink, 1.5)
    wings = [
        (tip[0] - dx * head + 0.8 * s * dy * head, tip[1] - dy * head + 0.8 * s * dx * head)
        for s in (-1, 1)
    ]
    sheet.path([wings[0], tip, wings[1]], ink, 1.5)


def _agent(sheet: Sheet, box: Box, size: float, columns: int) -> None:
    name = box.view.options.get("agent")
    if name:
        k, inset = int(box.values[name]), min(9.0, size / 3.4)
        x, y = box.x + (k % columns + 1) * size - inset, box.y + k // columns * size + inset
        dot = {"cx": x, "cy": y, "r": min(4.0, size / 7)}
        sheet.add("circle", **dot, fill=INK, stroke=PAPER, stroke_width=1.5)


# bars, tables, words ------------------------------------------------------------------------

ROW, MOST_NAMED = 20.0, 24


def _bars(sheet: Sheet, box: Box) -> float:
    items = _items(box)
    finite = [v for _, v in items if math.isfinite(v)]
    options = box.view.options
    lo = float(options.get("lo", min([0.0, *finite])))
    hi = float(options.get("hi", max([0.0, *finite])))
    lo, hi = (0.0, 1.0) if lo == hi else (lo, hi)
    return (_upright if len(items) > MOST_NAMED else _lying)(sheet, box, items, (lo, hi))


def _items(box: Box) -> list[tuple[str, float]]:
    """Each bar's name and value."""
    trace, columns = box.run.trace, box.view.columns
    if all(trace.schema[name].light for name in columns):
        return [(trace.schema[n].words or n, float(box.values[n])) for n in columns]
    given = box.values.get(box.view.options.get("labels", ""), ())
    names = given.split() if isinstance(given, str) else [str(n) for n in given]
    values = [float(v) for v in box.values[columns[0]].ravel()[:2_000]]
    return [(names[k] if k < len(names) else str(k), v) for k, v in enumerate(values)]


def _lying(
    sheet: Sheet, box: Box, items: list[tuple[str, float]], ends: tuple[float, float]
) -> float:
    """Few bars lie, each with its name and number."""
    lo, hi = ends
    left = min(box.w / 3, 10 + max((text_width(name, 11) for name, _ in items), default=0.0))
    room, share = box.w - left - 56, box.view.options.get("hi", 2) <= 1
    counts = all(v != v or v.is_integer() for _, v in items)
    for k, (name, v) in enumerate(items):
        y = box.y + k * ROW
        sheet.text(box.x + left - 6, y + 14, clip(name, max(1, int(left / 6.6))), BAR_NAME)
        end = left
        if math.isfinite(v):
            a, end = (left + room * (t - lo) / (hi - lo) for t in (min(0.0, v), max(0.0, v)))
            sheet.rect(box.x + a, y + 3, max(1.0, end - a), ROW - 6, box.hue)
        said = fixed(v, 2) if share else plain(v) if counts else num(v)
        sheet.text(box.x + end + 5, y + 14, said, Font(11, QUIET, family=MONO))
    return len(items) * ROW + 4


def _upright(
    sheet: Sheet, box: Box, items: list[tuple[str, float]], ends: tuple[float, float]
) -> float:
    """Many bars stand, with the ends of the scale."""
    y = Scale(*ends, box.y + 116, box.y + 8)
    left, step = box.x + 42, (box.w - 42) / len(items)
    for k, (_, v) in enumerate(items):
        if math.isfinite(v):
            high = abs(y(v) - y(0)) or 0.5
            wide = max(0.5, step - (1 if step > 3 else 0))
            sheet.rect(left + k * step, min(y(0), y(v)), wide, high, box.hue)
    for value in dict.fromkeys((ends[0], 0.0, ends[1])):
        sheet.text(left - 6, y(value) + 3.5, num(value), END)
    return 126.0


def _values(sheet: Sheet, box: Box) -> float:
    """Names and values; a matrix written out, as far as there is room."""
    first = box.values[box.view.columns[0]]
    if len(box.view.columns) == 1 and getattr(first, "ndim", 0) == 2:
        return _matrix(sheet, box, first)
    for k, name in enumerate(box.view.columns):
        column, y = box.run.trace.schema[name], box.y + 15 + 23 * k
        sheet.text(box.x, y, column.words or name, NOTE)
        value = box.values[name]
        said = _entries(value) if hasattr(value, "ravel") else cell(_typed(value, column.kind))
        sheet.text(box.x + box.w, y, clip(said, int(box.w / 9)), NUMBER)
    return 23.0 * len(box.view.columns)


def _typed(value: Any, kind: str) -> Any:
    """As its column says: a number of a column of numbers may have come as another."""
    of = {"float": float, "bool": bool, "int": int}.get(kind)
    return of(value) if of is not None and value == value else value


def _entries(array: Any) -> str:
    return "  ".join(told(float(v)) for v in array.ravel()[:30])


def _matrix(sheet: Sheet, box: Box, matrix: Any) -> float:
    columns = min(matrix.shape[1], max(1, int((box.w - 40) / 62)), 30)
    rows = min(matrix.shape[0], 30)
    for c in range(columns):
        sheet.text(box.x + 90 + 62 * c, box.y + 14, c, END)
    for r in range(rows):
        y = box.y + 34 + 20 * r
        sheet.text(box.x, y, r, NOTE)
        for c in range(columns):
            sheet.text(box.x + 90 + 62 * c, y, told(float(matrix[r, c])), NUMBER)
    return float(20 * rows + 24)


def _words(sheet: Sheet, box: Box) -> float:
    """A text in lines, broken between words; what there is no room for is cut off visibly."""
    value = box.values[box.view.columns[0]]
    text = value if isinstance(value, str) else " ".join(value)
    across = max(20, int(box.w / 7))
    lines = [
        row
        for part in text.split("\n")
        for row in (wrap(part, across, drop_whitespace=False) or [""])
    ]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], "…"]
    for k, row in enumerate(lines):
        sheet.text(box.x, box.y + 14 + 18.85 * k, row, Font(13, INK))
    return 18.85 * len(lines)


def _other(sheet: Sheet, box: Box) -> float:
    """As its topic draws it; one that brings no still is told by the values of its columns."""
    if box.view.kind != "own":
        return _unknown(sheet, box)
    before = len(sheet.parts)
    try:
        drawn = still_of(box.run, box.view)
        return float(drawn(sheet, box)) if drawn else _values(sheet, box)
    except Exception:  # a topic's code may raise anything
        del sheet.parts[before:]
        return _unknown(sheet, box)


MOST_LINES = 17  # as many as the page shows without scrolling
BAR_NAME = Font(11, INK, "end")

STILLS: dict[str, Still] = {
    "line": line,
    "curve": curve,
    "board": _board,
    "heatmap": heatmap,
    "bars": _bars,
    "values": _values,
    "words": _words,
    "heads": heads,
    "tokens": tokens,
    "image": image,
    "images": images,
    "confusion": confusion,
    "scatter": scatter,
}
