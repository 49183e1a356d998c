"""One recorded frame as a picture for print: SVG, PNG or PDF, as wide as is said.

A unit of the drawing is a CSS pixel, 1/96 in, at any width: a narrow picture is laid out anew, in
one column, and never shrunk, so that its smallest type, 9.5 units, is 7.1 pt on paper. On it are
the figures alone, for a text has its own caption; the colours are the light theme's.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal

from mlwidgets.errors import ParamError, RunError, clip, nearest
from mlwidgets.frame import Schema
from mlwidgets.kinds import integer
from mlwidgets.views import View, check_views
from mlwidgets.wholefile import written

from .box import Box, Lane
from .stills import GAP, WIDTH, caption, captioned, drawing, figures
from .svg import INK, MONO, NOTE, QUIET, SERIF, Font, Sheet, fitted

if TYPE_CHECKING:
    from mlwidgets.player import Player
    from mlwidgets.replay.compare import Comparison
    from mlwidgets.run import Run

MM = 25.4 / 96  # of a unit of the drawing
UNITS = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72, "px": MM}
LEAST, MOST = 60.0, 1200.0  # mm: in less, a figure has no room for its words
DPI = (36.0, 1200.0)
KINDS = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".pdf": "application/pdf",
}
EDGE = 2.0  # px of paper around the figures
PANEL = 190.0  # px, of a figure beside its like
PAGE = """#set document(title: sys.inputs.title, date: none)
#set page(width: {w}mm, height: {h}mm, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: {w}mm, height: {h}mm)"""


def picture(
    shown: Run | Comparison,
    path: str | os.PathLike[str],
    frame: int | None = None,
    *,
    width: str = "160mm",
    dpi: float | None = None,
    views: Sequence[View] | View | None = None,
    words: bool = False,
) -> None:
    """Write the picture; it appears complete or not at all. See `Run.picture` for what it takes."""
    kind = _kind(path)
    wide = _millimetres(width)
    lanes = _lanes(shown, frame)
    chosen = _views(lanes, views)
    dots = _dpi(dpi, width, kind)
    with written(path, RunError) as file:  # a path that cannot be is told before the work
        svg, high = drawn(lanes, chosen, wide, words=words)
        file.write(_encoded(svg, kind, (wide, high), dots, _title(lanes)))


def asked(player: Player, content: dict[str, Any]) -> None:
    """The player's "This frame": the picture, into the reader's downloads."""
    from .export import file_stem

    kind, width = _kind(f"x.{content.get('kind')}"), str(content.get("width"))
    wide, lanes = _millimetres(width), _lanes(_shown(player), content.get("frame"))
    svg, high = drawn(lanes, _views(lanes, None), wide)
    dots = _dpi(None, width, kind)
    data = _encoded(svg, kind, (wide, high), dots, _title(lanes))
    name = f"{file_stem(player.run.name)}-{_frame(lanes[0])}{kind}"
    player.deliver(content, name, KINDS[kind], data)


def _shown(player: Player) -> Any:
    """What a player shows: a run, or the runs that are laid beside it."""
    beside = [lane for lane in player.lanes if not lane.feed.pale]
    if not beside:
        return player.run
    from mlwidgets.replay.compare import Comparison, labels_of

    runs = [player.run, *(lane.run for lane in beside)]
    said = [player.label, *(lane.label for lane in beside)]
    return Comparison(runs, said if all(said) else labels_of(runs))


def together(runs: Sequence[tuple[Run, str]]) -> str:
    """The last frames of runs that are compared, each with its label, as SVG."""
    lanes = _abreast([run for run, _ in runs], [label for _, label in runs], None)
    return drawn(lanes, _views(lanes, None), WIDTH * MM, words=True)[0]


def drawn(
    lanes: Sequence[Lane], views: Sequence[View], mm: float, *, words: bool = False
) -> tuple[str, float]:
    """The picture as SVG, and its height in mm."""
    sheet, width, first = Sheet(), mm / MM, lanes[0]
    inner, y = width - 2 * EDGE, EDGE
    if words:
        y = _head(sheet, first.run, y, inner)
    if len(lanes) > 1:
        y = _compared(sheet, lanes, views, (EDGE, y, inner))
    else:
        y = figures(sheet, first.run, first.position, (EDGE, y, inner), views)
    y = _foot(sheet, first, y, inner) if words else y - 12
    return sheet.svg(width, y + EDGE, _title(lanes), mm), (y + EDGE) * MM


# what was asked for --------------------------------------------------------------------------


def _kind(path: object) -> str:
    kind = Path(path).suffix.lower() if isinstance(path, (str, os.PathLike)) else ""
    if kind not in KINDS:
        meant = nearest(kind, KINDS)
        raise RunError(f"{str(path)!r:.60}: must end in one of {', '.join(KINDS)}.{meant}")
    return kind


def _millimetres(width: object) -> float:
    found = (
        re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*([a-z]+)\s*", width)
        if isinstance(width, str)
        else None
    )
    if found is None or found[2] not in UNITS:
        known = ", ".join(UNITS)
        raise ParamError(f'width={width!r:.40}: must be a length such as "160mm" (units: {known})')
    mm = float(found[1]) * UNITS[found[2]]
    if not LEAST <= mm <= MOST:
        unit, tenth = found[2], UNITS[found[2]] / 10
        low, high = math.ceil(LEAST / tenth) / 10, math.floor(MOST / tenth) / 10
        raise ParamError(f"width={width!r}: must lie in [{low:g}{unit}, {high:g}{unit}]")
    return mm


def _dpi(dpi: object, width: str, kind: str) -> float:
    """Dots an inch; a width in px has as many, so that it is what it says."""
    if dpi is None:
        return 96.0 if width.strip().endswith("px") else 300.0
    if kind != ".png":
        raise ParamError(f"dpi={dpi!r:.40}: is for .png; {kind} has no dots")
    low, high = DPI
    if isinstance(dpi, bool) or not isinstance(dpi, (int, float)) or not low <= dpi <= high:
        raise ParamError(f"dpi={dpi!r:.40}: must lie in [{low:g}, {high:g}]")
    return float(dpi)


def _lanes(shown: Any, frame: object) -> tuple[Lane, ...]:
    """Each run, and where it stands when the longest is at the frame."""
    runs, labels = getattr(shown, "runs", (shown,)), getattr(shown, "labels", ("",))
    return _abreast(runs, labels, frame)


def _abreast(runs: Sequence[Run], labels: Sequence[str], frame: object) -> tuple[Lane, ...]:
    for run in runs:
        if not run.trace:
            raise RunError(f"{run.name}: has no frame to draw")
    longest = max(runs, key=lambda run: run.number)
    position = _position(longest, frame)
    return tuple(
        Lane(run, position if run is longest else alike(longest, run, position), label)
        for run, label in zip(runs, labels, strict=True)
    )


def _position(run: Run, frame: object) -> int:
    """Where a frame is recorded."""
    frames = run.trace.frames
    if frame is None:
        return len(frames) - 1
    number = integer(frame)
    if number is None or number < 0:
        raise ParamError(f"frame={frame!r:.40}: must be the number of a recorded frame")
    k = int(frames.searchsorted(number))
    if k < len(frames) and frames[k] == number:
        return k
    near = min((int(n) for n in frames[max(0, k - 1) : k + 1]), key=lambda n: abs(n - number))
    raise RunError(f"frame {frame} of {run.name} was not recorded; the nearest that was is {near}")


def alike(run: Run, other: Run, position: int) -> int:
    """The position in another run after as many units, or at the same frame."""
    column = run.algorithm.steps[-1]["column"]
    if column and column in run.trace and column in other.trace:
        done, counts = run.trace[column][position], other.trace[column]
        after = [k for k in _finished(counts) if counts[k] <= done]
        return after[-1] if after else 0
    return max(0, int(other.trace.frames.searchsorted(run.trace.frames[position], "right")) - 1)


def _finished(counts: Any) -> list[int]:
    """Positions at which a unit has just been finished."""
    return [0, *(k for k in range(1, len(counts)) if counts[k] != counts[k - 1])]


def _views(lanes: Sequence[Lane], asked: Sequence[View] | View | None) -> tuple[View, ...]:
    """Those that were asked for, or that the run has; compared, those that all lanes can fill."""
    schemas = [lane.run.trace.schema for lane in lanes]
    shared = Schema(tuple(c for c in schemas[0].values() if all(c.name in s for s in schemas)))
    if asked is not None:
        chosen = (asked,) if isinstance(asked, View) else tuple(asked)
        check_views(chosen, shared)
        return chosen
    return tuple(view for view in lanes[0].run.views if shared.keys() >= set(view.columns))


# the drawing ---------------------------------------------------------------------------------


def _head(sheet: Sheet, run: Run, y: float, width: float) -> float:
    """The title, and what to watch."""
    sheet.text(EDGE, y + 16, run.algorithm.title, Font(17, INK, family=SERIF, weight=600))
    lines = wrap(run.algorithm.page.watch or "", max(20, int(width / 7)))
    for k, line in enumerate(lines):
        sheet.text(EDGE, y + 36 + 16 * k, line, Font(12.5))
    return y + 30 + 16 * len(lines)


def _foot(sheet: Sheet, lane: Lane, y: float, width: float) -> float:
    """The line that gives the run again, and the frame."""
    lines = wrap(lane.run.line, max(20, int(width / 6.7)), break_on_hyphens=False)
    for k, line in enumerate([*lines, f"frame {_frame(lane)}"]):
        sheet.text(
            EDGE, y + 8 + 15 * k, line, Font(11, INK if k < len(lines) else QUIET, family=MONO)
        )
    return y + 15 * (len(lines) + 1)


def _compared(
    sheet: Sheet, lanes: Sequence[Lane], views: Sequence[View], at: tuple[float, float, float]
) -> float:
    """Curves of all lanes in one figure; every other view once for each lane, beside its like."""
    x, y, width = at
    first = lanes[0]
    for view in views:
        box = Box(first.run, replace(view, wide=True), first.position, x, y, width, tuple(lanes))
        y += (captioned(sheet, box) if view.kind == "line" else _multiples(sheet, box)) + 16
    return y


def _multiples(sheet: Sheet, box: Box) -> float:
    """One view of every lane, as many abreast as there is room for."""
    across = max(1, min(len(box.lanes), int((box.w + GAP) // (PANEL + GAP))))
    each = (box.w - GAP * (across - 1)) / across
    y, tallest = box.y + caption(sheet, box), 0.0
    for k, lane in enumerate(box.lanes):
        if k and not k % across:
            y, tallest = y + tallest + 8, 0.0
        x = box.x + k % across * (each + GAP)
        sheet.text(x, y + 10, fitted(lane.label, each, NOTE.size), NOTE)
        own = Box(lane.run, replace(box.view, wide=False), lane.position, x, y + 16, each)
        tallest = max(tallest, 16 + drawing(sheet, own))
    return y + tallest - box.y


def _frame(lane: Lane) -> int:
    return int(lane.run.trace.frames[lane.position])


def _title(lanes: Sequence[Lane]) -> str:
    titles = dict.fromkeys(lane.run.algorithm.title for lane in lanes)
    return f"{', '.join(titles)}, frame {_frame(lanes[0])}"


# PNG and PDF ---------------------------------------------------------------------------------


def _encoded(svg: str, kind: str, size: tuple[float, float], dpi: float, title: str) -> bytes:
    if kind == ".svg":
        return svg.encode("utf-8", "replace")
    try:
        import typst
    except ImportError:
        raise RunError(
            f'{kind} needs typst: pip install "mlwidgets[pictures]"; .svg needs nothing'
        ) from None
    w, h = size
    page = PAGE.format(w=f"{w:.4f}", h=f"{h:.4f}").encode()
    given = {"svg": svg, "title": title}
    try:
        form: Literal["png", "pdf"] = "png" if kind == ".png" else "pdf"
        return typst.compile(page, format=form, ppi=dpi, sys_inputs=given, timestamp=0)
    except Exception as why:  # typst's own error, and what its Rust may raise
        raise RunError(f"the picture cannot be made as {kind}: {clip(str(why), 200)}") from None
