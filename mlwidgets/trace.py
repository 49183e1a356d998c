"""The trace: the frames a run has recorded, by column. The past is read, never recomputed.

What is kept depends on the frame's number alone, never on the clock: every frame up to a bound,
then every second, every fourth, and so on; marked frames and the last one always.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .errors import FrameError, nearest
from .frame import Cell, Schema, cell_of
from .nonfinite import NonFinite

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

MAX_FRAMES = 10_000
MAX_BYTES = 256 * 2**20
MAX_MARKS = 1_000
EXACT: dict[str, type] = {"float": float, "int": int, "bool": bool}


class _Rows:
    """The lists behind one state of the trace. Lists only grow; thinning makes new ones, so that
    a reader in another thread that holds a `_Rows` sees a consistent past."""

    def __init__(self, schema: Schema, stride: int = 1) -> None:
        self.stride = stride
        self.frames: list[int] = []
        self.looked = 0  # rows that NonFinite has seen
        self.values: dict[str, list[Any]] = {name: [] for name in schema}
        self.slots: list[tuple[str, type | None, Cell, Callable[[Any], None]]] = [
            (c.name, EXACT.get(c.kind), cell_of(c), self.values[c.name].append)
            for c in schema.columns
        ]
        self.sized = [c.name for c in schema.columns if not c.light and c.kind != "array"]

    def nbytes(self, k: int) -> int:
        """Bytes of row k."""
        return sum(_size(values[k]) for values in self.values.values())


def _nth(n: int) -> str:
    """2nd, 4th, 512th: of a power of two."""
    return f"{n:,}{'nd' if n % 10 == 2 and n % 100 != 12 else 'th'}"


def _size(value: Any) -> int:
    if isinstance(value, tuple):
        return sum(map(len, value))
    return (
        int(value.nbytes)
        if hasattr(value, "nbytes")
        else len(value)
        if isinstance(value, str)
        else 8
    )


class Trace(Mapping[str, Any]):
    """Recorded frames by column: `trace["Q"]` is an array whose first axis is the frames.

    `trace.frames` gives the frame numbers of the rows. `epoch` changes whenever rows are dropped.
    """

    def __init__(self, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self.schema = Schema(())
        self.epoch = 0
        self.nbytes = 0
        self.marks: set[int] = set()
        self.truncated = False  # set where a file ended before its end
        self.written: Callable[[dict[str, Any]], None] | None = None  # a file that takes all
        self._max = max_frames, max_bytes
        self._row_bytes = 0
        self._rows = _Rows(self.schema)
        self._finite = NonFinite(self.schema)

    # recording ----------------------------------------------------------------------------

    def open(self, frame: Any, hint: Any = None, words: Mapping[str, str] | None = None) -> None:
        """Take the first frame's schema; FrameError if it does not fit the declared one."""
        self.adopt(Schema.of(frame, hint, words))
        self._row_bytes = sum(map(_size, frame.values()))

    def adopt(self, schema: Schema) -> None:
        """Start empty with a known schema."""
        self.schema = schema
        self._rows = _Rows(schema)
        self._finite = NonFinite(schema)

    @property
    def stride(self) -> int:
        """Every how many frames one is kept."""
        return self._rows.stride

    @property
    def sparse(self) -> str:
        """Which frames it has, in words, "every 2nd frame is kept"; nothing where it has all."""
        rows = self._rows
        if not rows.frames or len(rows.frames) > rows.frames[-1]:
            return ""
        if rows.stride == 1:
            return "not every frame is kept"
        return f"every {_nth(rows.stride)} frame is kept"

    def due(self, number: int) -> int:
        """The next frame number after this one that is asked for: any, where a file takes all."""
        stride = 1 if self.written is not None else self._rows.stride
        return (number // stride + 1) * stride

    def keeps(self, number: int) -> bool:
        """Is a frame of this number kept among so many?"""
        return number % self._rows.stride == 0 or number in self.marks

    def add(self, frame: Any, number: int, *, marked: bool = False) -> None:
        """Keep one frame: every value is checked and copied. FrameError leaves the trace whole.

        A frame that is neither due nor marked goes to the file alone.
        """
        rows = self._rows
        try:
            for name, exact, cell, append in rows.slots:
                value = frame[name]
                append(value if type(value) is exact else cell(value))
            if len(frame) != len(rows.slots):
                raise KeyError
        except FrameError as error:
            self._undo(rows)
            raise FrameError(f"frame {number}: {error}") from None
        except (KeyError, TypeError, IndexError):
            self._undo(rows)
            raise self.schema.missing(frame, number) from None
        if self.written is not None:
            self.written(self._newest(rows, number))
        if number % rows.stride and not marked:
            self._undo(rows)
            return
        rows.frames.append(number)
        if marked:
            self.mark(number)
        self.nbytes += rows.nbytes(-1) if rows.sized else self._row_bytes
        if len(rows.frames) > self._max[0] or self.nbytes > self._max[1]:
            self._bound(rows)

    def mark(self, number: int) -> None:
        """Keep this frame when others are dropped."""
        if len(self.marks) < MAX_MARKS:
            self.marks.add(number)

    def extend(self, numbers: list[int], columns: Mapping[str, list[Any]]) -> None:
        """Append checked rows, of a file; what is kept is bounded as if they had been recorded."""
        self._append(numbers, columns)
        self._bound(self._rows)

    def _append(self, numbers: list[int], columns: Mapping[str, list[Any]]) -> None:
        rows = self._rows
        for name, values in columns.items():
            rows.values[name].extend(values)
        rows.frames.extend(numbers)
        self._row_bytes = self._row_bytes or rows.nbytes(0)
        self.nbytes += sum(map(rows.nbytes, range(-len(numbers), 0)))

    def follow(self, piece: Trace, stride: int, marks: Iterable[int]) -> None:
        """Take the next rows of a trace that is recorded elsewhere, and keep what that keeps.

        stride, marks: those of the other trace, once it has these rows.
        """
        self.marks.update(marks)
        while self.stride < stride:
            self._thin(self._rows)
        if piece:
            self._append(piece._rows.frames, piece._rows.values)

    def _newest(self, rows: _Rows, number: int) -> dict[str, Any]:
        """The row that is being added, as `read` will give it."""
        import numpy as np

        new = slice(len(rows.frames), None)
        columns = {name: self._array(rows, name, new) for name in self.schema}
        return {"#frame": np.array([number], dtype=np.int64), **columns}

    def _undo(self, rows: _Rows) -> None:
        whole = len(rows.frames)
        for values in rows.values.values():
            del values[whole:]

    def _bound(self, rows: _Rows) -> None:
        """Thin until the bounds hold, or only marked frames are left."""
        max_frames, max_bytes = self._max
        while len(rows.frames) > 2 and (len(rows.frames) > max_frames or self.nbytes > max_bytes):
            rows = self._thin(rows)
            if rows.stride > 2 * rows.frames[-1]:
                return

    def _thin(self, rows: _Rows) -> _Rows:
        """Keep every other row; the old lists stay as they are for whoever reads them."""
        _ = self.nonfinite  # marked before it could be dropped
        thin = _Rows(self.schema, rows.stride * 2)
        kept = [k for k, n in enumerate(rows.frames) if n % thin.stride == 0 or n in self.marks]
        for name, values in rows.values.items():
            thin.values[name].extend([values[k] for k in kept])
        thin.frames.extend([rows.frames[k] for k in kept])
        thin.looked = len(kept)
        self.nbytes = (
            sum(map(thin.nbytes, range(len(kept)))) if rows.sized else self._row_bytes * len(kept)
        )
        self._rows = thin
        self.epoch += 1
        return thin

    # reading ------------------------------------------------------------------------------

    def __len__(self) -> int:
        """The number of recorded frames."""
        return len(self._rows.frames)

    def __iter__(self) -> Iterator[str]:
        return iter(self.schema)

    def __contains__(self, name: object) -> bool:
        return name in self.schema

    def __bool__(self) -> bool:
        return bool(self._rows.frames)

    @property
    def last(self) -> int:
        """The number of the last recorded frame; -1 before the first."""
        frames = self._rows.frames
        return frames[-1] if frames else -1

    @property
    def frames(self) -> npt.NDArray[Any]:
        """Frame numbers of the rows, (frames,)."""
        import numpy as np

        return np.array(self._rows.frames, dtype=np.int64)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """One column, first axis the recorded frames; KeyError where there is none of that name."""
        if not isinstance(name, str):
            raise KeyError(f"[{name!r}]: must be a column's name; .row({name!r}) is one frame")
        column: npt.NDArray[Any] = self.read([name])[name]
        return column

    def read(self, names: Sequence[str], start: int = 0, stop: int | None = None) -> dict[str, Any]:
        """Columns of rows [start, stop), all of one moment; "#frame" gives the frame numbers."""
        rows = self._rows
        whole = len(rows.frames)
        stop = whole if stop is None else min(stop, whole)
        return {name: self._array(rows, name, slice(start, stop)) for name in names}

    def _array(self, rows: _Rows, name: str, part: slice) -> Any:
        import numpy as np

        if name == "#frame":
            return np.array(rows.frames[part], dtype=np.int64)
        if name not in rows.values:
            known = ", ".join(self.schema)
            raise KeyError(f"no column {name!r}.{nearest(name, self.schema)} (known: {known})")
        values, column = rows.values[name][part], self.schema[name]
        if column.kind in ("text", "texts", "ragged"):
            objects = np.empty(len(values), dtype=object)
            objects[:] = values if column.kind != "ragged" else [*values]
            return objects
        if not values:
            return np.empty((0, *column.shape), dtype=float)
        return np.stack(values) if column.kind == "array" else _numbers(values, column.kind)

    def snapshot(self, upto: int | None = None) -> Trace:
        """The trace as it is now, to frame number `upto`; recording goes on in either alone."""
        now, rows = Trace(*self._max), self._rows
        now.adopt(self.schema)
        now._rows = _Rows(self.schema, rows.stride)
        whole = len(rows.frames) if upto is None else bisect_right(rows.frames, upto)
        now._rows.frames.extend(rows.frames[:whole])
        for name, values in rows.values.items():
            now._rows.values[name].extend(values[:whole])
        now.marks = {n for n in self.marks if upto is None or n <= upto}
        now._row_bytes = self._row_bytes
        now.nbytes = (
            sum(map(now._rows.nbytes, range(whole))) if rows.sized else self._row_bytes * whole
        )
        return now

    def picked(self, positions: Sequence[int]) -> Trace:
        """These rows alone, as a trace; recording goes on in either alone."""
        now, rows = Trace(*self._max), self._rows
        now.adopt(self.schema)
        columns = {name: [values[k] for k in positions] for name, values in rows.values.items()}
        if positions:
            now._append([rows.frames[k] for k in positions], columns)
        return now

    @property
    def nonfinite(self) -> tuple[str, int] | None:
        """Column and frame number of the first NaN or infinity after a finite value, if any."""
        found = self._finite.look(self._rows)
        if found:
            self.mark(found[1])
        return found

    def row(self, position: int) -> dict[str, Any]:
        """One recorded frame, by its position."""
        rows = self._rows
        if not -len(rows.frames) <= position < len(rows.frames):
            raise IndexError(f"position {position}: the trace has {len(rows.frames)} frames")
        position %= len(rows.frames)
        return {name: values[position] for name, values in rows.values.items()}

    @property
    def hash(self) -> str:
        """SHA-256 of everything recorded, measured quantities apart."""
        digest = hashlib.sha256()
        rows = self._rows
        for name in ("#frame", *(c.name for c in self.schema.columns if not c.measured)):
            array = self._array(rows, name, slice(0, len(rows.frames)))
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            if array.dtype == object:
                digest.update(b"[")
                _listed(digest, array)
                digest.update(b"]")
            else:
                digest.update(array.tobytes())
        return digest.hexdigest()

    def to_numpy(self) -> dict[str, npt.NDArray[Any]]:
        """Every column as an array, and the frame numbers as "#frame"."""
        return self.read(["#frame", *self.schema])

    def to_pandas(self) -> pd.DataFrame:
        """A DataFrame indexed by frame number; arrays stay whole, one in a cell."""
        import pandas as pd

        columns = self.to_numpy()
        index = pd.Index(columns.pop("#frame"), name="frame")
        return pd.DataFrame(
            {n: list(v) if v.ndim > 1 else v for n, v in columns.items()}, index=index
        )

    def __repr__(self) -> str:
        return f"<Trace of {len(self)} frames: {', '.join(self.schema) or 'nothing yet'}>"


def _listed(digest: Any, rows: Iterable[Any]) -> None:
    """As a list is written; what stands again in the next row is written once."""
    before: Any = digest  # no row
    said, first = b"", True
    for row in rows:
        if row is not before:
            before, said = row, repr(_plain(row)).encode()
        digest.update(said if first else b", " + said)
        first = False


def _plain(value: Any) -> Any:
    """A text, texts, or a list's numbers, whatever type of number holds them."""
    return value.astype(float).tolist() if hasattr(value, "tolist") else value


def _bounded(value: float) -> float:
    """A number as a double; what is too large for one is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _numbers(values: list[Any], kind: str) -> npt.NDArray[Any]:
    import numpy as np

    try:
        array = np.array(values)
    except OverflowError:
        array = np.array([_bounded(v) for v in values])
    if array.dtype == object:  # integers beyond 64 bits
        return np.array([_bounded(v) for v in values])
    return array.astype(float) if kind == "float" and array.dtype != float else array
