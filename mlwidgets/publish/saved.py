"""Figures of a notebook as it was saved: from the widgets' state in its metadata."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import MLError, TraceFileError
from mlwidgets.frame import Column, Schema
from mlwidgets.pages.figures import unended
from mlwidgets.savefile import run_of
from mlwidgets.trace import Trace

from .made import Made, made_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from mlwidgets.run import Run

STATE = "application/vnd.jupyter.widget-state+json"
MOST = 256 * 2**20  # bytes that a saved trace may unpack to
TYPES = {"f8": "<f8", "f4": "<f4", "i4": "<i4", "u1": "|u1"}


def models(metadata: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every player's saved traits, by its model's id."""
    kept = metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    found = {}
    for name, model in kept.items():
        traits = dict(model.get("state") or {})
        for buffer in model.get("buffers") or ():
            path = buffer.get("path") or [""]
            if len(path) == 1 and buffer.get("encoding") == "base64":
                traits[path[0]] = base64.b64decode(buffer.get("data") or "")
        if {"info", "state", "_chunks"} <= set(traits):
            found[str(name)] = traits
    return found


def saved(traits: Mapping[str, Any]) -> Made:
    """A player as it was saved; MLError where its trace was not kept, or is damaged."""
    try:
        run = restored(traits)
    except MLError:
        raise
    except Exception as why:  # whatever somebody has put into the file
        raise TraceFileError(f"its saved state is damaged ({type(why).__name__})") from None
    if lanes := len(traits["state"].get("lanes") or ()):
        beside = f"Saved without the {lanes} beside it; --execute has them."
        run._core.note = f"{run._core.note or ''} {beside}".strip()
    return made_of(run)


def restored(traits: Mapping[str, Any]) -> Run:
    """The run that a player showed when it was saved, to look at."""
    info, state = dict(traits["info"]), traits["state"]
    for name in ("compared", "sweep"):  # its other lanes are not saved
        info.pop(name, None)
    trace = _trace(info["columns"], bytes(traits.get("first") or b""))
    header = {"info": info, "start": state["start"], "line": state["line"]}
    end = {name: state[name] for name in ("status", "params", "events", "error")}
    end |= {"number": trace.last, "line": state["line"] + state.get("steering", "")}
    end["stops"] = state.get("stops") or []
    run = run_of(trace, header, end)
    run._core.note = unended("Saved", state["status"], trace.last)
    return run


def _trace(columns: Sequence[Mapping[str, Any]], message: bytes) -> Trace:
    header, buffers = _unpacked(message)
    if header.get("type") == "picture" or not header.get("cols"):
        raise TraceFileError("its trace was not kept, only its picture")
    schema = Schema(tuple(_column(c, header["cols"]) for c in columns))
    cols = {col["name"]: col for col in header["cols"]}
    light, heavy = header["light"], header["heavy"]
    arrays = any(not column.light for column in schema.columns)
    lights, rows = light[1] - light[0], heavy[1] - heavy[0]
    every = int(header.get("every", 1))
    kept = _positions(lights, rows, every, heavy[0]) if arrays else list(range(lights))
    trace = Trace()
    trace.adopt(schema)
    values = {
        c.name: _values(cols[c.name], c, buffers, lights if c.light else rows, kept)
        for c in schema.columns
    }
    frames = _numbers(cols["#frame"], buffers, lights)
    numbers = [int(frames[k]) for k in kept]
    trace.extend(numbers, values)
    trace.mark(numbers[-1])
    return trace


def _positions(lights: int, rows: int, every: int, first: int) -> list[int]:
    """Of the frames with numbers, those that have arrays, too."""
    if first:  # saved while it went: the newest alone
        return list(range(first, first + rows))
    spread = [*range(0, lights, every)]
    return spread if len(spread) == rows else [*spread, lights - 1]


def _unpacked(message: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """A data message and its buffers, gzipped or not."""
    if message[:2] == b"\x1f\x8b":
        with gzip.open(io.BytesIO(message)) as file:
            message = file.read(MOST + 1)
        if len(message) > MOST:
            raise TraceFileError(f"its saved trace is larger than {MOST >> 20} MB")
    if len(message) < 5:
        raise TraceFileError("its trace was not saved")
    (length,) = struct.unpack_from("<I", message)
    header = json.loads(message[4 : 4 + length])
    buffers, at = [], 4 + length
    for size in header.get("sizes", ()):
        buffers.append(message[at : at + size])
        at += size
    return header, buffers


def _column(told: Mapping[str, Any], cols: Sequence[Mapping[str, Any]]) -> Column:
    name, kind = str(told["name"]), str(told["kind"])
    sent: Mapping[str, Any] = next(c for c in cols if c["name"] == name)
    if kind == "text" and sent.get("json") and isinstance(sent["json"][0], list):
        kind = "texts"
    return Column(name, kind, tuple(told.get("shape") or ()), (), str(told.get("words") or ""))  # type: ignore[arg-type]  # one of the known, else its cell refuses it


def _values(
    col: Mapping[str, Any], column: Column, buffers: Sequence[bytes], rows: int, kept: list[int]
) -> list[Any]:
    """A column's values for the rows that are kept: of numbers some, of arrays all there are."""
    if "json" in col:
        return [tuple(v) if isinstance(v, list) else v for v in col["json"]]
    flat = _numbers(col, buffers, rows)
    if column.light:
        picked = [flat[k] for k in kept]
        if column.kind == "float":
            return [float(v) for v in picked]
        of = bool if column.kind == "bool" else int
        return [of(v) if v == v else None for v in picked]
    if "sizes" in col:
        return _ragged(flat, col["sizes"])
    return [*flat.reshape(rows, *col["shape"])]


def _ragged(flat: npt.NDArray[Any], shapes: Sequence[Sequence[int]]) -> list[Any]:
    import math

    values, at = [], 0
    for shape in shapes:
        size = math.prod(shape)
        values.append(flat[at : at + size].reshape(shape))
        at += size
    return values


def _numbers(col: Mapping[str, Any], buffers: Sequence[bytes], rows: int) -> npt.NDArray[Any]:
    """A column's numbers in a row; differences in time are undone."""
    import numpy as np

    dtype = np.dtype(TYPES[col["dtype"]])
    data = buffers[col["buffer"]]
    if not col.get("delta"):
        return np.frombuffer(data, dtype)
    planes = np.frombuffer(data, "u1").reshape(dtype.itemsize, -1)
    bits = np.ascontiguousarray(planes.T).reshape(-1).view(f"<u{dtype.itemsize}")
    table = bits.reshape(rows, -1) if rows else bits.reshape(0, 0)
    return np.cumsum(table, axis=0, dtype=bits.dtype).reshape(-1).view(dtype)
