"""What the page is told of a run: `info` once, `state` when it changes, `data` as frames come."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .errors import ParamError, sayable
from .pace import SECONDS
from .page import math_tree

if TYPE_CHECKING:
    from .core import Core
    from .params import Spec
    from .run import Run
    from .trace import Trace

Json = dict[str, Any]
FIRST_ROWS = 256  # rows that travel with the widget itself


def info_of(run: Run) -> Json:
    """All that does not change while the run goes."""
    algorithm, page, schema = run.algorithm, run.algorithm.page, run.trace.schema
    names = [*schema, *algorithm.spec]
    info: Json = {
        "name": algorithm.name,
        "title": page.title,
        "summary": page.summary,
        "cite": page.cite,
        "citation": page.citation,
        "doi": page.doi,
        "watch": page.watch,
        "tries": [said for t in page.tries if (said := _try(run, t.line, t.question))],
        "equations": [
            {"n": e.n, "math": math_tree(e.tex, names), "words": e.words} for e in page.equations
        ],
        "where": page.where,
        "params": [p.control() | {"default": _default(p)} for p in algorithm.spec.params],
        "columns": [c.to_json() for c in schema.columns],
        "steps": [s | {"total": s["total"] or None} for s in algorithm.steps],
        "views": [v.to_json() for v in run.views] if run.trace else [],
        "controls": run.controls,
        "fixed": run.fixed,
        "at": run.at,
        "seconds": SECONDS,
    }
    return dict(sayable(info))


def _default(param: Any) -> Any:
    from .params import REQUIRED

    return None if param.default is REQUIRED else param.to_json(param.kind.check(param.default))


def _try(run: Run, line: str, question: str) -> Json | None:
    """One question; its words are those of a `%ml` line."""
    spec = run.algorithm.spec
    words = dict(word.split("=", 1) for word in line.split() if "=" in word)
    try:
        values = spec.parse(words)
    except ParamError:
        return None  # the contract test names it; a reader is not told of an author's slip
    if values and set(values) <= set(spec.inert(run.params)):
        return None  # nothing would change
    label = ", ".join(f"{spec[n].symbol or n} = {words[n]}" for n in words)
    return {"line": line, "label": label, "question": question, "params": spec.to_json(values)}


def state_of(run: Run, core: Core, epoch: int) -> Json:
    """The little that changes, durable in a saved notebook."""
    spec = run.algorithm.spec
    state: Json = {
        "status": core.status,
        "epoch": epoch,
        "count": len(core.trace),
        "number": core.number,
        "params": spec.to_json(core.values),
        "start": spec.to_json(core.start),
        "events": events_json(core, spec),
        "answers": [*core.answers],
        "line": run.start_line,
        "steering": run.steered_line,
        "pace": run.pace,
        "driving": core.status == "running",
        "error": core.fault,
        "note": core.halt or core.note,
        "pausing": run.pausing,
        "nonfinite": core.trace.nonfinite,
        "sparse": core.trace.sparse,
        "stops": [*run.stops.items()],
    }
    return dict(sayable(state))


def events_json(core: Core, spec: Spec) -> list[Json]:
    """Changes of live parameters, as the page and the file hold them."""
    return [
        {"frame": e.frame, "name": e.name}
        | {
            "old": spec.to_json({e.name: e.old})[e.name],
            "new": spec.to_json({e.name: e.new})[e.name],
        }
        for e in core.events
    ]


def data_of(
    trace: Trace, light: tuple[int, int], heavy: tuple[int, int]
) -> tuple[list[Json], list[bytes]]:
    """Columns of a data message: numbers of the rows `light`, all else of the rows `heavy`."""
    columns: list[Json] = []
    buffers: list[bytes] = []
    schema = trace.schema.columns
    numbers = trace.read(["#frame", *(c.name for c in schema if c.light)], *light)
    for name, array in numbers.items():
        columns.append({"name": name, "dtype": "f8", "part": "light", "buffer": len(buffers)})
        buffers.append(array.astype("<f8").tobytes())
    if heavy[1] <= heavy[0]:
        return columns, buffers
    for name, array in trace.read([c.name for c in schema if not c.light], *heavy).items():
        column: Json = {"name": name, "part": "heavy"}
        if trace.schema[name].kind in ("text", "texts"):
            columns.append({**column, "json": sayable([*array])})
            continue
        columns.append({**column, **_block(trace.schema[name].kind, array), "buffer": len(buffers)})
        buffers.append(_bytes(array))
    return columns, buffers


def _block(kind: str, array: Any) -> Json:
    if kind == "ragged":
        return {"dtype": "f8", "sizes": [list(v.shape) for v in array]}
    return {"dtype": _wire_type(array.dtype), "shape": list(array.shape[1:])}


def _wire_type(dtype: Any) -> str:
    """What a page can view without converting: f8, f4, i4 or u1."""
    kind, size = dtype.kind, dtype.itemsize
    if kind == "b" or (kind == "u" and size == 1):
        return "u1"
    if kind == "f":
        return "f8" if size == 8 else "f4"
    return "i4" if (kind == "i" and size <= 4) or (kind == "u" and size == 2) else "f8"


def _bytes(array: Any) -> bytes:
    import numpy as np

    if array.dtype == object:
        flat = [np.ravel(v).astype("<f8") for v in array]
        return (np.concatenate(flat) if flat else np.empty(0)).tobytes()
    wire = _wire_type(array.dtype)
    return np.ascontiguousarray(array, dtype={"u1": "|u1"}.get(wire, f"<{wire}")).tobytes()


def packed(header: Mapping[str, Any], buffers: list[bytes]) -> bytes:
    """A data message as one value: header length, header, buffers."""
    sizes = [len(b) for b in buffers]
    text = json.dumps({**header, "sizes": sizes}, default=_finite).encode()
    return struct.pack("<I", len(text)) + text + b"".join(buffers)


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else str(value)


def first_of(trace: Trace, core: Core, epoch: int) -> tuple[bytes, int]:
    """The rows that travel with the widget, and how many: frame 0 paints with no round trip."""
    count = len(trace)
    shown = count if count <= FIRST_ROWS else 1
    columns, buffers = data_of(trace, (0, shown), (max(0, shown - 1), shown))
    if sum(map(len, buffers)) > 4 * 2**20:
        return b"", 0
    header = {
        "type": "data",
        "seq": 0,
        "epoch": epoch,
        "count": shown,
        "number": core.number,
        "status": core.status,
        "light": [0, shown],
        "heavy": [max(0, shown - 1), shown],
        "cols": columns,
    }
    return packed(header, buffers), shown
