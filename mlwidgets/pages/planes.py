"""The still of points in the plane, with their marks and field; the twin of `views/scatter.js`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from .box import Box
from .mosaics import coarse
from .mosaics import ends as ends_of
from .numbers import num
from .scales import Scale, ticks
from .svg import (
    CLASSES,
    END,
    HUES,
    INK,
    PAPER,
    QUIET,
    RULE,
    SMALL,
    Font,
    Sheet,
    ink_on,
    mix,
    ramp,
    signed,
    text_width,
)

LEFT, BOTTOM, TOP, RIGHT, BAR, LEGEND = 40.0, 20.0, 6.0, 10.0, 62.0, 18.0
TALL, FLAT, ALIKE = 440.0, 340.0, 4.0
REGION = 0.24  # how much of a class's colour is in its region
SOLE = 3000  # more points than these are squares
CELLS = 6_000  # of a field
MOST = 12_000  # points of a still
LONGEST = 22.0  # px, of an arrow
MARK = 9.0  # px, of a mark's radius
Extent = tuple[float, float, float, float]
Shade = Callable[[float], str]


@dataclass(frozen=True)
class Plane:
    """Where the shown part of the plane lies."""

    x: Scale
    y: Scale
    left: float
    top: float
    wide: float
    high: float


def scatter(sheet: Sheet, box: Box) -> float:
    """Points, and what else the view names."""
    options = box.view.options
    xy = _array(box, box.view.columns[0])
    labels, values, marks = (_array(box, options.get(n, "")) for n in ("labels", "values", "marks"))
    field, names = _array(box, options.get("field", "")), options.get("names", ())
    versus = bool(options.get("versus"))
    shade = None if field is None else _shade(field, may_be_classes=True, versus=versus)
    bar = shade or (_shade(values) if values is not None else None)
    room = bool(options.get("values") or (bar and bar[1]))
    plane = _plane(box, _extent(box, xy, marks), bar=room, legend=bool(names))
    if field is not None and shade is not None:
        with sheet.crisp():
            _field(sheet, box, plane, field, shade[0])
    _axes(sheet, box, plane, grid=field is None)
    _trail(sheet, box, plane)
    plain = QUIET if marks is not None or field is not None else HUES["value"]
    edge = QUIET if values is not None else PAPER if field is not None else ""
    _points(sheet, plane, xy, _colours(labels, values, plain), edge)
    _arrows(sheet, box, plane, xy)
    if marks is not None:
        _marks(sheet, plane, marks)
    if bar and bar[1]:
        _bar(sheet, plane, *bar)
    _legend(sheet, plane, box, names)
    return float(math.ceil(plane.top - box.y + plane.high + BOTTOM))


def _array(box: Box, name: str) -> Any:
    """A column of the frame, or None."""
    import numpy as np

    found = np.asarray(box.values[name]) if name and name in box.values else None
    return found if found is None or found.size or name == box.view.columns[0] else None


def _extent(box: Box, xy: Any, marks: Any) -> Extent:
    """The part of the plane that is shown: as the view says, where one draws, or what there is."""
    options = box.view.options
    if "lo" in options and "hi" in options:
        return options["lo"], options["hi"], options["lo"], options["hi"]
    over = _array(box, options.get("over", ""))
    if over is not None and over.size == 4:
        return tuple(map(float, over))  # type: ignore[return-value]  # four of them
    more = (_array(box, options.get(name, "")) for name in ("trail", "arrows_at"))
    near = _around([xy, marks, *more])
    kind = getattr(box.run.algorithm.spec.get(options.get("draws", "")), "kind", None)
    if kind is None or not hasattr(kind, "lo"):
        return near
    pad = 0.06 * (kind.hi - kind.lo)
    lo, hi = kind.lo - 2 * pad, kind.hi + 2 * pad
    inside = min(near[0], near[2]) >= lo and max(near[1], near[3]) <= hi
    ends = kind.lo - pad, kind.hi + pad
    return (*ends, *ends) if inside or not xy.size else near


def _around(arrays: list[Any]) -> Extent:
    import numpy as np

    rows = [a.reshape(-1, 2).astype(float) for a in arrays if a is not None and a.size]
    all_ = np.concatenate([np.zeros((0, 2)), *rows])
    all_ = all_[np.isfinite(all_).all(axis=1)]
    if not len(all_):
        return -1, 1, -1, 1
    (x0, y0), (x1, y1) = all_.min(axis=0).tolist(), all_.max(axis=0).tolist()
    return (*_wider(x0, x1), *_wider(y0, y1))


def _wider(a: float, b: float) -> tuple[float, float]:
    pad = 0.05 * (b - a) or abs(a) / 2 or 1.0
    return a - pad, b + pad


def _plane(box: Box, extent: Extent, *, bar: bool, legend: bool) -> Plane:
    x0, x1, y0, y1 = extent
    across, up = x1 - x0, y1 - y0
    left, top = box.x + LEFT, box.y + TOP + (LEGEND if legend else 0)
    room = max(80.0, box.w - LEFT - (BAR if bar else RIGHT))
    even = across / up < ALIKE and up / across < ALIKE
    unit = min(room / across, TALL / up)
    wide, high = (unit * across, unit * up) if even else (room, min(FLAT, 0.62 * room))
    x = Scale(x0, x1, left, left + wide, ticks(x0, x1))
    y = Scale(y0, y1, top + high, top, ticks(y0, y1))
    return Plane(x, y, left, top, wide, high)


def class_colour(k: float) -> str:
    """The colour of a class, of a region and of its mark."""
    return CLASSES[int(k) % len(CLASSES)]


def _shade(
    array: Any, *, may_be_classes: bool = False, versus: bool = False
) -> tuple[Shade, tuple[float, float] | None]:
    """How numbers become colours, and the ends of their ramp; regions of classes have none."""
    finite = array[abs(array) < math.inf]
    lo, hi = ends_of(array)
    whole = bool(finite.size) and bool((finite == finite.round()).all())
    flat = lo == hi and array.dtype.name == "float32"  # whole numbers never come in it
    classes = may_be_classes and whole and not flat
    if classes and lo >= (0 if versus else -1) and hi < len(CLASSES):
        return lambda k: mix(PAPER, class_colour(k), REGION) if k >= 0 else PAPER, None
    both, most = versus or lo < 0 < hi, max(-lo, hi)
    lo, hi = (-most, most) if both else (lo, hi)
    way = _between_classes if versus else signed if both else ramp
    span = hi - lo if hi > lo else math.inf
    return lambda v: way((v - lo) / span) if abs(v) < math.inf else PAPER, (lo, hi)


VERSUS = 0.5  # how much of a class's colour is at its end


def _between_classes(t: float) -> str:
    return mix(PAPER, class_colour(t >= 0.5), VERSUS * abs(2 * t - 1))


def _colours(labels: Any, values: Any, plain: str) -> Callable[[int], str]:
    if values is not None and (abs(values) < math.inf).any():
        shade = _shade(values)[0]
        return lambda k: shade(float(values[k]))
    if labels is None:
        return lambda _: plain
    return lambda k: class_colour(labels[k]) if labels[k] >= 0 else QUIET


def _field(sheet: Sheet, box: Box, plane: Plane, field: Any, shade: Shade) -> None:
    """Row 0 at the bottom; regions keep their edges, values are averaged where there are many."""
    regions = shade(0) == mix(PAPER, CLASSES[0], REGION)
    rows = (field if regions else _smooth(coarse(field.astype(float))))[::-1]
    over = _array(box, box.view.options.get("over", ""))
    x0, x1, y0, y1 = over if over is not None else (*_ends(plane.x), *_ends(plane.y))
    left, right, top, bottom = plane.x(x0), plane.x(x1), plane.y(y1), plane.y(y0)
    across, down = (right - left) / rows.shape[1], (bottom - top) / rows.shape[0]
    for r, row in enumerate(rows.tolist()):
        begun = 0
        for c in range(1, len(row) + 1):
            if c < len(row) and row[c] == row[begun]:
                continue
            wide = (c - begun) * across
            sheet.rect(
                left + begun * across, top + r * down, wide + 0.2, down + 0.2, shade(row[begun])
            )
            begun = c


def _smooth(field: Any) -> Any:
    """Finer, the values between as the page's canvas fills them."""
    import numpy as np

    finer = int((CELLS / field.size) ** 0.5)
    for axis in (0, 1) if finer > 1 else ():
        n = field.shape[axis]
        at = np.clip((np.arange(n * finer) + 0.5) / finer - 0.5, 0, n - 1)
        low = np.floor(at).astype(int)
        high, part = np.minimum(low + 1, n - 1), at - low
        part = part[:, None] if axis == 0 else part
        field = field.take(low, axis) * (1 - part) + field.take(high, axis) * part
    return field


def _ends(scale: Scale) -> tuple[float, float]:
    return scale.lo, scale.hi


def _axes(sheet: Sheet, box: Box, plane: Plane, *, grid: bool) -> None:
    bottom, right = plane.top + plane.high, plane.left + plane.wide
    for value, text in plane.x.ticks:
        if grid:
            sheet.line(plane.x(value), plane.top, plane.x(value), bottom, RULE)
        sheet.text(plane.x(value), bottom + 13, text, Font(10, QUIET, "middle", SMALL.family))
    for value, text in plane.y.ticks:
        if grid:
            sheet.line(plane.left, plane.y(value), right, plane.y(value), RULE)
        sheet.text(plane.left - 6, plane.y(value) + 3.5, text, Font(10, QUIET, "end", SMALL.family))
    said: Any = box.view.options.get("axes", ())
    words = box.values.get(said, ()) if isinstance(said, str) else said
    across, up = [*map(str, words), "", ""][:2]
    if across:
        sheet.text(right, bottom - 5, f"{across} →", END)
    if up:
        sheet.upright(plane.left + 12, plane.top, f"{up} →", END)


def _points(sheet: Sheet, plane: Plane, xy: Any, colour: Callable[[int], str], edge: str) -> None:
    """One path for the points of a colour."""
    n = len(xy)
    r = 1.3 if n > SOLE else 2.2 if n > 600 else 3.4
    groups: dict[str, list[str]] = {}
    for k in range(0, n, max(1, math.ceil(n / MOST))):
        x, y = float(xy[k][0]), float(xy[k][1])
        if math.isfinite(x) and math.isfinite(y):
            dot = _dot(plane.x(x), plane.y(y), r, round_=n <= SOLE)
            groups.setdefault(colour(k), []).append(dot)
    pen = {"stroke": edge, "stroke_width": 1} if edge and n <= 600 else {}
    opacity = 0.75 if n > 600 else 1 if edge else 0.85
    for fill, parts in groups.items():
        sheet.add("path", d="".join(parts), fill=fill, opacity=opacity, **pen)


def _dot(x: float, y: float, r: float, *, round_: bool) -> str:
    if not round_:
        return f"M{x - r:.1f} {y - r:.1f}h{2 * r}v{2 * r}h{-2 * r}z"
    return f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0"


def _trail(sheet: Sheet, box: Box, plane: Plane) -> None:
    trail = _array(box, box.view.options.get("trail", ""))
    if trail is None or not trail.size:
        return
    for k, way in enumerate(trail if trail.ndim > 2 else [trail]):
        hue = class_colour(k) if trail.ndim > 2 else INK
        for there, run in groupby(way.tolist(), lambda place: math.isfinite(sum(place))):
            if there:
                sheet.path([(plane.x(x), plane.y(y)) for x, y in run], hue, 1.5)


def _arrows(sheet: Sheet, box: Box, plane: Plane, xy: Any) -> None:
    """The longest has a fixed length."""
    import numpy as np

    by, at = (_array(box, box.view.options.get(name, "")) for name in ("arrows", "arrows_at"))
    if by is None:
        return
    unit = [plane.wide / (plane.x.hi - plane.x.lo), -plane.high / (plane.y.hi - plane.y.lo)]
    steps = by * np.array(unit)
    long = np.hypot(*steps.T)
    most = long[np.isfinite(long)].max(initial=0.0)
    for (x, y), (dx, dy) in zip(
        xy if at is None else at, steps * (LONGEST / (most or 1)), strict=False
    ):
        if math.isfinite(dx + dy) and math.hypot(dx, dy) >= 0.5:
            px, py = plane.x(float(x)), plane.y(float(y))
            tip = (px + dx, py + dy)
            wings = [
                (tip[0] - 0.3 * (dx - s * dy), tip[1] - 0.3 * (dy + s * dx)) for s in (0.6, -0.6)
            ]
            sheet.path([(px, py), tip, wings[0], tip, wings[1]], QUIET, 1.1)


def _marks(sheet: Sheet, plane: Plane, marks: Any) -> None:
    r = MARK * 0.6 if len(marks) > 20 else MARK
    for k, (x, y) in enumerate(marks.tolist()):
        if not (math.isfinite(x) and math.isfinite(y)):
            continue
        at = {"cx": plane.x(x), "cy": plane.y(y)}
        for wider, fill in ((3, INK), (2, PAPER), (0, class_colour(k))):
            sheet.add("circle", **at, r=r + wider, fill=fill)
        if len(marks) <= 20:
            ink = ink_on(class_colour(k))
            sheet.text(at["cx"], at["cy"] + 3.5, k + 1, Font(10, ink, "middle", weight=600))


def _bar(sheet: Sheet, plane: Plane, shade: Shade, of: tuple[float, float] | None) -> None:
    lo, hi = of or (0.0, 1.0)
    if lo == hi:
        return  # one colour everywhere
    x, h = plane.left + plane.wide + 8, min(plane.high, 120.0)
    for k in range(math.ceil(h / 2)):
        sheet.rect(x, plane.top + 2 * k, 8, 2.4, shade(hi + (lo - hi) * 2 * k / h))
    sheet.text(x + 12, plane.top + 9, num(hi), SMALL)
    sheet.text(x + 12, plane.top + h, num(lo), SMALL)


def _legend(sheet: Sheet, plane: Plane, box: Box, names: Any) -> None:
    x = plane.left
    for k, name in enumerate([*names][: len(CLASSES)]):
        sheet.add("circle", cx=x + 4, cy=box.y + 9, r=4, fill=class_colour(k))
        sheet.text(x + 12, box.y + 13, name, Font(11))
        x += 24 + text_width(str(name), 11)
