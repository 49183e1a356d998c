"""The network itself, drawn: each neuron a picture of what it answers, each weight a line."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import Any

from mlwidgets import Own

from .pictures import EACH

NET = Own(
    "mlwidgets_dl.views:net.js",
    "neurons",
    "weights",
    "biases",
    "sizes",
    "names",
    title="The network",
    note="and what each neuron answers in the plane",
    wide=True,
    still="mlwidgets_dl.net:still",
    each=EACH,
)
HEAD, FOOT, LABEL = 22.0, 22.0, 96.0
FEW = 24  # pictures that are drawn finely; a still is text
SANS = "system-ui,'Segoe UI','DejaVu Sans',sans-serif"
SHADES = 12  # of a colour, so that neighbours share one


def still(sheet: Any, box: Any) -> float:
    """The same picture without a page."""
    values = box.values
    sizes = [int(n) for n in values["sizes"]]
    shown = [min(EACH, n) for n in sizes]
    label = min(LABEL, box.w * 0.2)
    free = box.w - 2 * label
    side = max(14.0, min(38.0, free / (1.7 * len(sizes) - 0.7)))
    step, pitch = (free - side) / (len(sizes) - 1), side + 8
    high = pitch * max(shown)
    columns = [
        [
            (
                box.x + label + side / 2 + k * step,
                box.y + HEAD + high / 2 + (j - (n - 1) / 2) * pitch,
            )
            for j in range(n)
        ]
        for k, n in enumerate(shown)
    ]
    _edges(sheet, columns, values["weights"], side)
    _pictures(sheet, columns, values["neurons"], side)
    for k, n in enumerate(sizes):
        x = columns[k][0][0]
        name = "inputs" if not k else "outputs" if k == len(sizes) - 1 else f"layer {k}"
        _text(sheet, x, box.y + 12, name if step > 44 or not k else str(k), "middle")
        if n > EACH:
            said = f"{EACH} of {n} shown" if step > 84 else f"{EACH}/{n}"
            _text(sheet, x, box.y + HEAD + high + 12, said, "middle")
    names, room = list(values["names"]), int(label / 6.6) - 1
    for (x, y), name in zip(columns[0], names, strict=False):
        _text(sheet, x - side / 2 - 6, y + 4, _cut(name, room), "end")
    for (x, y), name in zip(columns[-1], names[-len(columns[-1]) :], strict=True):
        _text(sheet, x + side / 2 + 6, y + 4, _cut(name, room), "start")
    return float(HEAD + high + FOOT)


def _edges(sheet: Any, columns: list[Any], weights: Any, side: float) -> None:
    every = iter(weights.tolist())
    for before, after in pairwise(columns):
        for x0, y0 in before:
            for x1, y1 in after:
                w = next(every)
                size = min(abs(w), 4.0) if w == w else 0.0
                colour = sheet.HUES["error" if w < 0 else "value"]
                line = [(x0 + side / 2, y0), (x1 - side / 2, y1)]
                sheet.path(line, colour, 0.4 + 1.6 * size, 0.3 + 0.6 * min(1.0, size))


def _pictures(sheet: Any, columns: list[Any], pictures: Any, side: float) -> None:
    every = 2 if len(pictures) <= FEW else 4
    at = 0
    for column in columns:
        part = pictures[at : at + len(column), ::every, ::every]
        at += len(column)
        lo, hi = float(part.min()), float(part.max())
        lo = -max(-lo, hi) if lo < 0 < hi else lo
        hi = max(-lo, hi)
        for (x, y), picture in zip(column, part, strict=True):
            cell = side / len(picture)
            left, top = x - side / 2, y - side / 2
            sheet.rect(left - 1, top - 1, side + 2, side + 2, sheet.QUIET)
            for r, row in enumerate(picture.tolist()):
                c = 0
                for colour, same in groupby(_colour(sheet, v, lo, hi) for v in row):
                    n = len(list(same))
                    sheet.rect(left + c * cell, top + r * cell, n * cell + 0.1, cell + 0.1, colour)
                    c += n


def _colour(sheet: Any, v: float, lo: float, hi: float) -> str:
    """From paper to one hue, or to two where the scale has two signs; paper for no number."""
    if not abs(v) < float("inf") or hi <= lo:
        return str(sheet.PAPER)
    t = abs(v) / hi if lo < 0 < hi else (v - lo) / (hi - lo)
    t = round(t * SHADES) / SHADES
    ends = sheet.PAPER, sheet.HUES["error" if v < 0 < hi else "value"]
    one, other = (bytes.fromhex(end[1:]) for end in ends)
    mixed = bytes(round(a + (b - a) * min(1.0, t)) for a, b in zip(one, other, strict=True))
    return f"#{mixed.hex()}"


def _cut(name: str, room: int) -> str:
    return name if len(name) <= room else f"{name[: room - 1]}…"


def _text(sheet: Any, x: float, y: float, text: str, anchor: str) -> None:
    font = {"font_size": 11, "font_family": SANS, "text_anchor": anchor}
    sheet.add("text", text, x=x, y=y, fill=sheet.INK, **font)
