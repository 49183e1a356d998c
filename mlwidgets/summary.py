"""A run as a few lines of text: for a terminal, a test, and wherever no widget can run."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .errors import clip, sayable

if TYPE_CHECKING:
    from .frame import Column
    from .run import Run

BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH = 32
ROOM = 1_000  # letters of a line where there is no terminal


def summarise(run: Run) -> str:
    """Title and status, the parameters, a line for each quantity with its sparkline.

    In a terminal no quantity takes more than a line.
    """
    room = shutil.get_terminal_size().columns if _in_terminal() else ROOM
    lines = [f"{run.algorithm.title} · {_status(run)}"]
    if run.line:
        lines.append(f"  {run.line.removeprefix('%ml ')}")
    if run.error is not None and (fault := run._core.fault):
        at = f"frame {fault['frame']}: "
        lines.append(f"  {at}{fault['text'].removeprefix(at)}")
    said = (run._core.halt, run._core.note, _nonfinite(run), _sparse(run))
    lines += [f"  {words}" for words in said if words]
    columns = run.trace.schema.columns
    names = max((len(c.name) for c in columns), default=0)
    width = max(4, min(WIDTH, room - names - 17))
    rows = [f"  {c.name:<{names}}  {_value(run, c, width)}" for c in columns] if run.trace else []
    return str(sayable("\n".join([*lines, *(clip(line, room) for line in rows)])))


def _in_terminal() -> bool:
    """Is there a person's terminal, and not a notebook's kernel?"""
    return sys.stdout is sys.__stdout__ and sys.stdout is not None and sys.stdout.isatty()


def _status(run: Run) -> str:
    done, total, unit = run.progress
    of = f" of {total:g}" if total else ""
    counted = f", {unit} {done:g}{of}" if run.algorithm.steps[-1]["column"] else ""
    return f"{run.status} at frame {max(run.number, 0)}{counted}"


def _nonfinite(run: Run) -> str:
    found = run.trace.nonfinite
    return f"first non-finite value: {found[0]} at frame {found[1]}" if found else ""


def _sparse(run: Run) -> str:
    trace = run.trace
    said = trace.sparse
    return f"{said}: {len(trace):,} of {trace.last + 1:,}" if said else ""


def _value(run: Run, column: Column, width: int) -> str:
    if column.light:
        values = run.trace[column.name].astype(float).tolist()
        said = [v for v in values if math.isfinite(v)]
        last = f"{number(said[-1]):>10}" if said else f"{'–':>10}"
        words = f"  {column.words}" if column.words else ""
        return f"{last}  {sparkline(said, width)}{words}".rstrip()
    last_value = run.trace.row(-1)[column.name]
    if column.kind in ("text", "texts"):
        return repr(clip(last_value if isinstance(last_value, str) else " ".join(last_value), 60))
    return f"array {tuple(last_value.shape)}{_ends(last_value)}"


def _ends(array: Any) -> str:
    if not array.size:
        return ""
    return f", {number(float(array.min()))} to {number(float(array.max()))}"


def number(value: float) -> str:
    """A number as a person writes it, with a true minus sign."""
    return f"{value:.4g}".replace("-", "−")


def sparkline(values: Sequence[float], width: int = WIDTH) -> str:
    """Values as a row of blocks; several that share a block are averaged."""
    if len(values) < 2:
        return ""
    top = max(map(abs, values)) or 1.0
    values = [v / top for v in values]  # sums of the largest doubles would overflow
    cells = min(width, len(values))
    edges = [k * len(values) // cells for k in range(cells + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(means), max(means)
    span = high - low
    return "".join(BLOCKS[int((m - low) / span * 7.999)] if span > 0 else BLOCKS[0] for m in means)
