"""The convolution's figure where no script runs: picture, kernel and sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]
MOST = 64  # cells a side that are drawn; more are averaged
GAP = 18.0


def conv(sheet: Any, box: Any) -> float:
    """Draws into the box; the height in px."""
    x, K, y = (np.asarray(box.values[name], dtype=float) for name in ("x", "K", "y"))
    wide = (box.w - 2 * GAP - 120) / 2
    high = wide * len(x) / x.shape[1]
    photo = abs(K.sum() - 1) < 1e-6
    bound, least = box.values["bound"] or 1.0, box.values["least"] or 0.0
    lo, hi = (0.0, 1.0) if photo else (-bound if least < 0 else 0.0, bound)
    middle, right = box.x + wide + GAP, box.x + wide + 120 + 2 * GAP
    mosaic(sheet, grey(x, 0, 1), (box.x, box.y + 18, wide, high))
    mosaic(sheet, tinted(sheet, K, abs(K).max() or 1), (middle, box.y + 18, 120, 120))
    if y.ndim > 1:
        colours = tinted(sheet, y, hi) if lo < 0 and y.ndim == 2 else grey(y, lo, hi)
        rows = max(1.0, box.values["o"])
        mosaic(sheet, colours, (right, box.y + 18, wide, high * len(y) / rows))
    for left, words in ((box.x, "picture"), (middle, "kernel"), (right, "sums")):
        written(sheet, words, left, box.y + 10)
    foot = f"{box.values['said']}; shown from {lo:.3g} to {hi:.3g}".replace("-", "−")
    bottom = 18 + max(high, 120.0) + 16
    written(sheet, foot, box.x, box.y + bottom)
    return float(bottom + 8)


def written(sheet: Any, words: str, x: float, y: float) -> None:
    style = {"font_size": 11, "font_family": "system-ui,sans-serif"}
    sheet.add("text", words, x=x, y=y, fill=sheet.QUIET, **style)


def coarse(image: Pixels) -> Pixels:
    """At most so many cells a side."""
    while max(image.shape[:2]) > MOST and min(image.shape[:2]) > 1:
        r, c = (n // 2 * 2 for n in image.shape[:2])
        parts = image[:r, :c].reshape(r // 2, 2, c // 2, 2, *image.shape[2:])
        image = parts.mean(axis=(1, 3))
    return image


def grey(image: Pixels, lo: float, hi: float) -> Pixels:
    """(rows, columns, 3) in [0, 255], from black to white or in its own colours."""
    light = np.clip((coarse(image) - lo) / (hi - lo or 1), 0, 1) * 255
    return light if light.ndim == 3 else np.repeat(light[..., None], 3, axis=2)


def tinted(sheet: Any, matrix: Pixels, end: float) -> Pixels:
    """From the hue of errors over paper to the hue of values."""
    t = np.clip(coarse(matrix) / end, -1, 1)[..., None] * 0.8
    below, paper, above = (
        np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
        for colour in (sheet.HUES["error"], sheet.PAPER, sheet.HUES["value"])
    )
    return np.asarray(np.where(t < 0, paper - t * (below - paper), paper + t * (above - paper)))


def mosaic(sheet: Any, colours: Pixels, area: tuple[float, float, float, float]) -> None:
    """A rectangle a cell; they overlap a little, so that no seams show."""
    x, y, w, h = area
    rows, columns = colours.shape[:2]
    for (r, c), colour in zip(np.ndindex(rows, columns), colours.reshape(-1, 3), strict=True):
        red, green, blue = np.rint(colour).astype(int)
        at = (x + c * w / columns, y + r * h / rows, w / columns + 0.2, h / rows + 0.2)
        sheet.rect(*at, f"#{red:02x}{green:02x}{blue:02x}")
