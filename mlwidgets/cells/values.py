"""What a recorded name holds, as a frame keeps it: numbers, copies of arrays, texts."""

from __future__ import annotations

import math
from typing import Any

from mlwidgets.errors import FrameError, MLError, clip, told
from mlwidgets.frame import ABSENT, Column, as_numpy, cell_of

LIMIT = 4_000_000  # numbers of one value: 16 MB of float32 in each frame
AS_IT_IS = (float, int, bool, str, type(None))


def kept(name: str, value: Any) -> Any:
    """A value that the loop's next pass does not change; FrameError for one too large to keep."""
    if type(value) in AS_IT_IS:
        return value
    if isinstance(value, list | tuple):
        return list(value)
    if not hasattr(value, "ndim"):
        return value  # the schema says what it is
    size = math.prod(getattr(value, "shape", ()))
    if size > LIMIT:
        raise FrameError(
            f"{name}: {size:,} numbers in each frame; at most {LIMIT:,}."
            f" Record a part of it, such as {name}[:100]"
        )
    try:
        return as_numpy(value) if value.ndim else value.item()
    except Exception as error:  # a sparse tensor, a lazy array
        raise FrameError(f"{name}: cannot be read as an array: {clip(told(error))}") from None


def fitting(frame: dict[str, Any], columns: tuple[Column, ...]) -> tuple[dict[str, Any], str]:
    """The frame with what does not fit its columns left blank, and why for the first of those."""
    fault = ""
    fits = {}
    for column in columns:
        try:
            fits[column.name] = cell_of(column)(frame.get(column.name))
        except MLError as error:
            fits[column.name] = blank(column)
            fault = fault or str(error)
    return fits, fault


def blank(column: Column) -> Any:
    """What stands where a column has no value."""
    if column.kind == "array":
        import numpy as np

        return np.full(column.shape, ABSENT)
    return {"text": "", "texts": (), "ragged": []}.get(column.kind)
