"""Pictures of any size as parameters, and their pixels at the size of a figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlwidgets import Image, ImageKind


@dataclass(frozen=True)
class Picture(ImageKind):
    """An image that may be followed by one of another size while the run goes."""

    def follows(self, old: Any, new: Any) -> None:
        return


CHINA = Picture().check("china")


def pixels(image: Image, side: int, grey: bool) -> npt.NDArray[np.float32]:
    """(rows, columns) or (rows, columns, 3) in [0, 1], at most so many pixels a side."""
    rows, columns = image.shape[:2]
    scale = min(1.0, side / max(rows, columns))
    size = max(1, round(rows * scale)), max(1, round(columns * scale))
    found: npt.NDArray[np.float32] = ImageKind(size, 1 if grey else None).check(image).pixels
    return found
