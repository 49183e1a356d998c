"""Pictures compared as a person at some distance would: coarse, by the mean of their squares."""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.sync_api import Locator

Pixels = npt.NDArray[np.float64]


def drawing(view: Locator) -> Pixels:
    """What a view has drawn in its canvas, on white, (row, column, colour)."""
    text = view.locator("canvas").evaluate("(canvas) => canvas.toDataURL()")
    return pixels_of(base64.b64decode(text.partition(",")[2]))


def pixels_of(png: bytes) -> Pixels:
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(paper, image).convert("RGB"), dtype=np.float64)


def apart(one: Pixels, other: Pixels) -> float:
    """The mean difference of the colours of two pictures of one size, of 255."""
    return float(np.abs(one - other).mean())


SQUARE = 6  # px, of a coarse picture
WHITE = 250.0


def coarse_distance(one: Pixels, other: Pixels) -> float:
    """The mean difference of the squares where either picture has something, of 255."""
    h, w = (max(a, b) for a, b in zip(one.shape[:2], other.shape[:2], strict=True))
    a, b = (_coarse(_padded(p, h, w)) for p in (one, other))
    drawn = (a.min(axis=-1) < WHITE) | (b.min(axis=-1) < WHITE)
    return float(np.abs(a - b)[drawn].mean()) if drawn.any() else 0.0


def _padded(picture: Pixels, height: int, width: int) -> Pixels:
    """On white paper whose sides are whole squares."""
    h, w = (-(-n // SQUARE) * SQUARE for n in (height, width))
    paper = np.full((h, w, 3), 255.0)
    paper[: picture.shape[0], : picture.shape[1]] = picture
    return paper


def _coarse(picture: Pixels) -> Pixels:
    h, w = (n // SQUARE for n in picture.shape[:2])
    coarse: Pixels = picture.reshape(h, SQUARE, w, SQUARE, 3).mean(axis=(1, 3))
    return coarse
