"""Views: which columns are drawn, and how. The page holds a function for each kind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .errors import ViewError, clip, nearest
from .frame import Column, Schema

Each = Literal["last", "mean", "mean_abs", "sum", "max"]
Hue = Literal["value", "error", "third"]
Shade = Literal["light", "ink", "value"]
NOUNS = {"image": "Picture", "images": "Pictures"}  # Image is the parameter


@dataclass(frozen=True)
class View:
    """One figure: its kind, the columns it draws, and the kind's own options."""

    kind: str
    columns: tuple[str, ...]
    title: str = ""
    note: str = ""
    wide: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "columns": list(self.columns),
            "title": self.title,
            "note": self.note,
            "wide": self.wide,
            **self.options,
        }

    def __repr__(self) -> str:
        said = dict(self.options)
        first = [said.pop("module", "")] if self.kind == "own" else []
        words = [clip(repr(c), 60) for c in (*first, *self.columns)]
        words += [f"{k}={clip(repr(v), 60)}" for k, v in said.items()]
        return f"{NOUNS.get(self.kind, self.kind.capitalize())}({', '.join(words)})"


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def Line(  # a view reads like the noun it draws
    *columns: str,
    title: str = "",
    note: str = "",
    x: str | None = None,
    each: Each | None = None,
    mean: int | None = None,
    log: bool = False,
    lo: float | None = None,
    hi: float | None = None,
    hue: Hue | None = None,
    predict: bool | None = None,
    wide: bool = False,
) -> View:
    """Curves of numbers. x: the column counted in, each: how its frames become one point,
    mean: window of a smoothed line over the raw one, lo and hi: the scale's ends,
    predict: ask the reader to draw the curve before the run."""
    options = _given(x=x, each=each, mean=mean, log=log or None, lo=lo, hi=hi, hue=hue)
    options |= _given(predict=predict)
    return View("line", columns, title, note, wide, options)


def Heatmap(
    column: str,
    title: str = "",
    note: str = "",
    *,
    signed: bool | None = None,
    rows: str | None = None,
    cols: str | None = None,
    wide: bool = False,
) -> View:
    """A matrix as colour. signed: a diverging ramp with the paper at zero.

    rows, cols: the columns of texts that name them.
    """
    options = _given(signed=signed, rows=rows, cols=cols)
    return View("heatmap", (column,), title, note, wide, options)


def Heads(
    column: str,
    title: str = "",
    note: str = "",
    *,
    tokens: str = "tokens",
    heads: str | None = None,
    says: str | None = None,
    mode: Literal["matrices", "threads"] = "matrices",
    ablate: str | None = None,
    unless: str | None = None,
    wide: bool = True,
) -> View:
    """Attention from each token to each token, (head, from, to): small matrices, or threads.

    tokens, heads, says: the columns of the tokens, the heads' names, and what the matrix is.
    ablate: the parameter, a list of numbers, that a click on a head's switch changes; no switches
    while the parameter `unless` is set. An array of uint8 is read as 255 times the square root.
    """
    options = _given(tokens=tokens, heads=heads, says=says, mode=mode, ablate=ablate, unless=unless)
    return View("heads", (column,), title, note, wide, options)


def Tokens(
    column: str,
    title: str = "",
    note: str = "",
    *,
    weight: str | None = None,
    heads: str | None = None,
    wide: bool = True,
) -> View:
    """A row of tokens, coloured by a weight for each.

    weight: a column of (token,), or of (from, to) or (head, from, to), whose token a click picks.
    heads: the column of the heads' names.
    """
    return View("tokens", (column,), title, note, wide, _given(weight=weight, heads=heads))


def Board(
    column: str,
    title: str = "",
    note: str = "",
    *,
    grid: str = "grid",
    agent: str | None = None,
    wide: bool = True,
) -> View:
    """A grid world: best value and greedy action of each cell, from (cell, action) values.

    grid: the parameter that holds the cells. agent: the column of the agent's cell.
    Actions are up, right, down, left.
    """
    return View("board", (column,), title, note, wide, _given(grid=grid, agent=agent))


def Bars(
    column: str,
    title: str = "",
    note: str = "",
    *,
    labels: str | None = None,
    lo: float | None = None,
    hi: float | None = None,
    wide: bool = False,
) -> View:
    """One bar for each element of a 1-D array. labels: the column of texts that names them,
    lo and hi: the scale's ends."""
    return View("bars", (column,), title, note, wide, _given(labels=labels, lo=lo, hi=hi))


def Values(*columns: str, title: str = "", note: str = "", wide: bool = False) -> View:
    """A small table: the numbers at the cursor, or a 2-D array's cells."""
    return View("values", columns, title, note, wide)


def Words(column: str, title: str = "", note: str = "", *, wide: bool = True) -> View:
    """A text."""
    return View("words", (column,), title, note, wide)


def Picture(
    column: str,
    title: str = "",
    note: str = "",
    *,
    shade: Shade | None = None,
    lo: float | None = None,
    hi: float | None = None,
    wide: bool = False,
) -> View:
    """One image, pixel by pixel. shade: "light" from black to white, "ink" from paper to ink,
    "value" the ramp of data; lo and hi: the ends of what it shows."""
    return View("image", (column,), title, note, wide, _given(shade=shade, lo=lo, hi=hi))


def Pictures(
    column: str,
    title: str = "",
    note: str = "",
    *,
    labels: str | None = None,
    shade: Shade | None = None,
    lo: float | None = None,
    hi: float | None = None,
    wide: bool = False,
) -> View:
    """Many images of one size. labels: the column of their captions, which says how many."""
    options = _given(labels=labels, shade=shade, lo=lo, hi=hi)
    return View("images", (column,), title, note, wide, options)


def Scatter(
    column: str,
    title: str = "",
    note: str = "",
    *,
    labels: str | None = None,
    values: str | None = None,
    marks: str | None = None,
    trail: str | None = None,
    field: str | None = None,
    versus: bool = False,
    over: str | None = None,
    arrows: str | None = None,
    arrows_at: str | None = None,
    axes: str | Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    draws: str | None = None,
    moves: str | None = None,
    lo: float | None = None,
    hi: float | None = None,
    wide: bool = False,
) -> View:
    """Points in the plane, (point, 2). labels: the column of their classes, from 0 on; values: of
    numbers for a ramp; names: what the classes are called.

    marks: (mark, 2), large, NaN where there is none yet. trail: (step, 2), or one for each mark.
    field: (row, column) behind it all, row 0 at the bottom, numbers, or classes 0 to 9; versus:
    from the first class, below 0, to the second, in their colours. over: the column of x0, x1, y0,
    y1 that it covers. arrows: (point, 2), or at the places `arrows_at`.
    axes: two words, or the column of them. draws: the parameter of kind points that a hand draws
    here; moves: the one that takes the marks' places when a mark is dragged. lo, hi: the square
    that is shown; else where one draws, or what there is.
    """
    options = _given(labels=labels, values=values, marks=marks, trail=trail, field=field, over=over)
    options |= _given(versus=versus or None)
    options |= _given(arrows=arrows, arrows_at=arrows_at, draws=draws, moves=moves, lo=lo, hi=hi)
    options |= _given(axes=axes if axes is None or isinstance(axes, str) else [*axes])
    options |= _given(names=None if names is None else [*names])
    return View("scatter", (column,), title, note, wide, options)


def Confusion(
    column: str,
    title: str = "",
    note: str = "",
    *,
    labels: Sequence[str] | None = None,
    wide: bool = False,
) -> View:
    """Counts of (true, answered) classes: what is right is quiet, errors are loud."""
    names = list(labels) if labels is not None else None
    return View("confusion", (column,), title, note, wide, _given(labels=names))


def Curve(
    *columns: str,
    title: str = "",
    note: str = "",
    x: str | None = None,
    band: str | None = None,
    dots: tuple[str, str] | None = None,
    at: str | None = None,
    picks: str | None = None,
    steps: bool = False,
    log: bool = False,
    lo: float | None = None,
    hi: float | None = None,
    hue: Hue | None = None,
    wide: bool = False,
) -> View:
    """Functions over an axis as they are at one frame, (point,) each; `Line` draws over time.

    x: the column of the axis, else 0, 1, 2, ...; band: half the width of a band around the first,
    dots: the columns of points' x and y, at: of x where rules stand, lo and hi: the scale's ends.
    picks: the live parameter, a list of numbers, to which a click adds its x; a second takes it
    away. steps: a staircase, whose value holds from its point on.
    """
    options = _given(x=x, band=band, dots=dots and [*dots], at=at, picks=picks, hue=hue)
    options |= _given(steps=steps or None, log=log or None, lo=lo, hi=hi)
    return View("curve", columns, title, note, wide, options)


RESERVED = ("kind", "columns", "module")


def Own(
    module: str,
    *columns: str,
    title: str = "",
    note: str = "",
    wide: bool = False,
    alt: str | None = None,
    still: str | None = None,
    **options: Any,
) -> View:
    """A view that a topic draws itself: `Own("mlwidgets_rl.views:pole.js", "state")`.

    module: the package and its ES module, `export default function (ctx, kit)`. alt: its text
    alternative, with columns in braces. still: `package.module:function`, which draws it where no
    script runs, from a sheet and a box to a height in px. The rest is JSON, for `ctx.spec`.
    """
    if taken := [name for name in RESERVED if name in options]:
        raise ViewError(f"Own(...) takes no option {taken[0]!r} (taken: {', '.join(RESERVED)})")
    for name, value in options.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError, RecursionError):
            kind = f"is a {type(value).__name__}, must be what JSON can say"
            raise ViewError(f"Own({clip(module)!r}): {name}= {kind}") from None
    said = _given(module=module, alt=alt, still=still) | options
    return View("own", columns, title, note, wide, said)


RANK: dict[str, tuple[int, ...]] = {
    "curve": (1,),
    "heatmap": (2,),
    "heads": (2, 3),
    "board": (2,),
    "bars": (1,),
    "values": (0, 1, 2),
    "image": (2, 3),
    "images": (3, 4),
    "confusion": (2,),
    "scatter": (2,),
}


# options of ours that name a column
NAMING: tuple[str, ...] = (
    *("x", "agent", "tokens", "heads", "says", "weight", "rows", "cols", "labels", "band", "at"),
    *("values", "marks", "trail", "field", "over", "arrows", "arrows_at", "axes"),
)


def check_views(views: Sequence[View], schema: Schema) -> None:
    """ViewError where a view names what the frames do not have, or what it cannot draw."""
    for view in views:
        if not isinstance(view, View):
            raise ViewError(f"a view is made by Line(...), Heatmap(...) and the like, not {view!r}")
        if not view.columns:
            raise ViewError(f"{view!r} names no column (known: {', '.join(schema)})")
        for name in (*view.columns, *_named(view)):
            if name not in schema:
                known = ", ".join(schema)
                raise ViewError(
                    f"{view!r} names {clip(name)!r}.{nearest(name, schema)} (known: {known})"
                )
        for name in view.columns:
            _fits(view, schema[name])


def _named(view: View) -> list[str]:
    if view.kind == "own":
        return []  # what its options mean, its module knows
    named = [said for key in NAMING if isinstance(said := view.options.get(key), str)]
    return named + [name for name in view.options.get("dots", ()) if isinstance(name, str)]


def _fits(view: View, column: Column) -> None:
    rank = len(column.shape)
    if view.kind == "line" and not column.light:
        raise ViewError(f"{view!r} draws numbers, but {column.name!r} is {_said(column)}")
    if view.kind == "tokens" and column.kind != "texts":
        raise ViewError(f"{view!r} draws a list of texts, but {column.name!r} is {_said(column)}")
    if view.kind in RANK and column.kind not in ("ragged", "text") and rank not in RANK[view.kind]:
        raise ViewError(f"{view!r} cannot draw {column.name!r}, which is {_said(column)}")


def _said(column: Column) -> str:
    return f"an array of shape {column.shape}" if column.kind == "array" else f"a {column.kind}"


COUNTERS = ("step", "steps", "i", "k", "t", "n", "iteration", "epoch", "episode", "frame")


def guess_views(schema: Schema) -> tuple[View, ...]:
    """Views for frames nobody named views for: curves for numbers, colour for matrices.

    A counter is no curve, unless there is nothing else.
    """
    units = [c.name for c in schema.columns if c.unit]
    rest = [c for c in schema.columns if not c.unit]
    drawn = [c for c in rest if c.kind != "int" or c.name not in COUNTERS] or rest
    views = [guess_view(c, units[0] if units else None) for c in drawn]
    return tuple(v for v in views if v) or ((Values(*units),) if units else ())


def guess_view(column: Column, x: str | None) -> View | None:
    """The view of one column, if there is one for its kind."""
    title = column.words or column.name
    if column.light:
        return Line(column.name, title=title, x=x)
    if column.kind == "text":
        return Words(column.name, title=title)
    if column.kind == "array" and len(column.shape) == 2:
        return Heatmap(column.name, title=title)
    if column.kind == "ragged" or (column.kind == "array" and len(column.shape) == 1):
        return Bars(column.name, title=title)
    return None
