"""Tokens and pairs where no script runs."""

from __future__ import annotations

from math import log

from mlwidgets import Box, Sheet

from .bytelevel import seen

LETTER, ROW, PAD = 7.9, 25.0, 6.0  # px: a letter of the type for code, a row, around a token's text
MOST, DARKEST = 250, 16  # tokens; bytes of the darkest
TYPE = {"font_family": "DejaVu Sans Mono, monospace", "font_size": 13}


def tokens(sheet: Sheet, box: Box) -> float:
    """The beginning of a text in tokens, darker the more bytes they stand for; its height in px."""
    words = str(box.values[box.view.columns[0]]).split()
    numbers = list(box.values.get(box.view.options.get("ids", ""), ()))
    fresh = str(box.values["pair"]).replace(" ", "") if "pair" in box.view.options else ""
    x, y = box.x, box.y
    for k, word in enumerate(words[:MOST]):
        text = seen(word)[:40]
        wide = max(len(text) * LETTER, len(str(numbers[k])) * 6.2 if numbers else 0) + PAD
        if x + wide > box.x + box.w and x > box.x:
            x, y = box.x, y + ROW + 12 * bool(numbers)
        chip(sheet, x, y, wide, len(word), sheet.INK if word == fresh else sheet.RULE)
        sheet.add("text", text, x=x + PAD / 2, y=y + 16, fill=sheet.INK, **TYPE)
        if numbers:
            sheet.add("text", int(numbers[k]), x=x + 3, y=y + 34, fill=sheet.QUIET, font_size=10)
        x += wide + 1
    if len(words) > MOST:
        sheet.text(x + 6, y + 16, "…")
    return y - box.y + ROW + 16 * bool(numbers)


def chip(sheet: Sheet, x: float, y: float, wide: float, size: int, edge: str) -> None:
    """The ground of a token of so many bytes."""
    level = min(1.0, 0.06 + 0.5 * log(size) / log(DARKEST)) if size > 1 else 0.0
    paint = {"fill": sheet.HUES["value"], "fill_opacity": level, "stroke": edge}
    sheet.add("rect", x=x, y=y, width=wide, height=21, rx=3, **paint)


def pairs(sheet: Sheet, box: Box) -> float:
    """The pairs that occur most, and how often; its height in px."""
    words, counts = (box.values[name] for name in box.view.columns)
    most, bar = max([1, *map(int, counts)]), box.w - 190
    for k, (word, n) in enumerate(zip(words, map(int, counts), strict=True)):
        y = box.y + 22 * k
        text = " + ".join(seen(part) for part in word.split(" "))
        sheet.add("text", text[:16], x=box.x, y=y + 14, fill=sheet.INK, **TYPE)
        sheet.rect(box.x + 130, y + 4, bar * n / most, 12, sheet.HUES["value"])
        sheet.text(box.x + 136 + bar * n / most, y + 14, f"{n:,}")
    return 22.0 * max(1, len(words))
