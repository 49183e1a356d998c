"""The branches of a text, and what a cut leaves, where no script runs."""

from __future__ import annotations

from typing import Any

from mlwidgets import Box, Sheet

WIDE, HIGH, LEFT, RIGHT, TOP = 21.0, 21.0, 20.0, 56.0, 14.0
ROW, NAME = 19.0, 26.0


def beam(sheet: Sheet, box: Box) -> float:
    """The tree of the last steps; its height in px."""
    row = box.values
    parent, s, chars = row["parent"], row["s"], row["chars"]
    n, wide = parent.shape
    first = max(0, n - int((box.w - LEFT - RIGHT) / WIDE))
    best, alive = paths(parent, [int(k) for k in row["tips"]])
    for step in range(first, n):
        for at in range(wide):
            if (of := int(parent[step, at])) < 0:
                continue
            hue = hue_of(sheet, (step, at), best, alive)
            x, y = box.x + LEFT + (step - first) * WIDE, box.y + TOP + at * HIGH
            if step > first:
                sheet.line(x - WIDE + 6, box.y + TOP + of * HIGH, x - 6, y, hue)
            fill = sheet.QUIET if hue == sheet.RULE else hue
            sheet.add("text", chars[step * wide + at], x=x - 3, y=y + 4, fill=fill, font_size=12)
            if step == n - 1:
                sheet.text(x + 12, y + 4, f"{s[step, at]:.1f}".replace("-", "−"))
    return TOP + float(wide) * HIGH


def hue_of(sheet: Sheet, place: tuple[int, int], best: Any, alive: Any) -> str:
    if place in best:
        return sheet.INK
    return sheet.HUES["value"] if place in alive else sheet.RULE


def paths(parent: Any, tips: list[int]) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """The (step, branch) of the best branch, and of all that go on."""
    found = []
    for tip in tips:
        way, at = set(), tip
        for step in range(len(parent) - 1, -1, -1):
            way.add((step, at))
            at = int(parent[step, at])
        found.append(way)
    return found[0], set().union(*found)


def cut(sheet: Sheet, box: Box) -> float:
    """How likely each next character is, pale where it is cut off; the height in px."""
    row = box.values
    most = max(float(row["p"].max()), 1e-9)
    for k, (name, p, q) in enumerate(zip(row["next"], row["p"], row["q"], strict=True)):
        y = box.y + k * ROW
        sheet.text(box.x + 4, y + 13, f"{name} ◂" if name == row["pick"] else name)
        fill = sheet.HUES["value"] if q > 0 else sheet.RULE
        sheet.rect(box.x + NAME, y + 3, (box.w - NAME - 50) * float(p) / most, ROW - 6, fill)
        sheet.text(box.x + box.w - 40, y + 13, f"{p:.3f}")
    return len(row["next"]) * ROW
