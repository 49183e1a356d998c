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
