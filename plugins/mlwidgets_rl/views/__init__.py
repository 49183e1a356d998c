"""Views of this topic: their JavaScript, and the same as stills."""

from __future__ import annotations

from math import cos, radians, sin

from mlwidgets import Box, Sheet

PLACE, LEAN, LENGTH = 2.4, radians(12), 1.0  # m, rad, m
SPAN, ABOVE, BELOW = 5.4, 1.12, 34.0  # m across, m above the axle, px below it


def pole(sheet: Sheet, box: Box) -> float:
    """The cart and the pole at one frame; the height in px."""
    x, _, theta, _ = (float(value) for value in box.values["state"])
    k = box.w / SPAN
    y, middle = box.y + ABOVE * k, box.x + box.w / 2
    at = middle + max(-PLACE, min(PLACE, x)) * k
    sheet.line(middle - PLACE * k, y, middle + PLACE * k, y, sheet.RULE)
    for end in (-1, 1):
        sheet.line(middle + end * PLACE * k, y - 8, middle + end * PLACE * k, y + 8, sheet.QUIET)
        tip = at + sin(end * LEAN) * k * LENGTH, y - cos(LEAN) * k * LENGTH
        sheet.line(at, y, *tip, sheet.RULE, dash="3 3")
    sheet.rect(at - 0.25 * k, y - 0.09 * k, 0.5 * k, 0.18 * k, sheet.INK, r=3)
    tip = at + sin(theta) * k * LENGTH, y - cos(theta) * k * LENGTH
    sheet.path([(at, y), tip], sheet.HUES["value"], max(4.0, 0.06 * k))
    sheet.text(box.x, y + BELOW - 6, f"leans {theta * 180 / 3.141592653589793:.1f}°")
    return ABOVE * k + BELOW
