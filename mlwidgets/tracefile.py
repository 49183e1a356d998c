"""Traces on disk: append-only, every byte under a checksum, nothing in it is code.

    file    = magic, record...
    record  = length u32, crc32 u32, kind u8, index u32, payload      (little endian)
    header  = JSON: what the run was, its columns                      kind 1, first
    chunk   = length u32, JSON {"frames", "parts", "events"?}, parts   kind 2
    end     = JSON: status, events, error                              kind 3, last

The checksum covers kind, index and payload. A part is one column of up to 64 frames: differences
in time of the bit patterns, bytes shuffled by significance, gzip; exact. A file written while its
run goes on tells of steering in chunks without frames: "events" {"after": k, "then": [...],
"line"} are those that follow the first k. A file that ends early is a clean prefix and says so;
anything else that does not fit is an error with its byte offset. A file of any length is read
within the bounds of a trace: what a trace would not keep is passed over.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .errors import TraceFileError, sayable
from .frame import Column, Measured, Metric, Schema
from .trace import MAX_BYTES, Trace
from .wholefile import written

if TYPE_CHECKING:
    import numpy.typing as npt

MAGIC = b"MLTRACE1"
HEADER, CHUNK, END = 1, 2, 3
RECORD = struct.Struct("<IIBI")
CHUNK_FRAMES = 64
MAX_JSON = 64 * 2**20
MAX_READ = 4 * MAX_BYTES
DTYPES = ("<f8", "<f4", "<f2", "<i8", "<i4", "<i2", "|i1", "<u8", "<u4", "<u2", "|u1", "|b1")


class TraceWriter:
    """Writes records to an open binary file; each is whole once `write` returned."""

    def __init__(self, file: IO[bytes], header: dict[str, Any], schema: Schema) -> None:
        self._file = file
        self._index = 0
        self._schema = schema
        file.write(MAGIC)
        columns = [
            [c.name, c.kind, list(c.shape), c.measured, c.better, c.words] for c in schema.columns
        ]
        self._record(HEADER, _json({**header, "columns": columns}))

    def rows(self, trace: Trace, start: int, stop: int) -> None:
        """Append the recorded frames [start, stop)."""
        a = start
        while a < stop:
            a, b = self._until(trace, a, stop), a
            self._record(CHUNK, _chunk(trace.read(["#frame", *self._schema], b, a), self._schema))

    def row(self, columns: dict[str, Any]) -> None:
        """Append one frame, given as `Trace.read` gives it."""
        self._record(CHUNK, _chunk(columns, self._schema))

    def events(self, told: dict[str, Any]) -> None:
        """Say which events follow the first `after`, and the run's line with them."""
        import numpy as np

        none = {c.name: np.empty((0, *c.shape)) for c in self._schema.columns}
        empty = {"#frame": np.empty(0, int), **none}
        self._record(CHUNK, _chunk(empty, self._schema, events=told))

    def _until(self, trace: Trace, start: int, stop: int) -> int:
        """Where a chunk ends: its texts must stay within what a reader takes."""
        stop, size = min(start + CHUNK_FRAMES, stop), 0
        for k in range(start, stop) if trace._rows.sized else ():
            size += trace._rows.nbytes(k)
            if size > MAX_JSON // 8 and k > start:
                return k
        return stop

    def end(self, facts: dict[str, Any]) -> None:
        """Say that the run is over, and how."""
        self._record(END, _json(facts))
        self._file.flush()

    def _record(self, kind: int, payload: bytes) -> None:
        head = struct.pack("<BI", kind, self._index)
        crc = zlib.crc32(payload, zlib.crc32(head))
        self._file.write(struct.pack("<II", len(payload), crc) + head + payload)
        self._index += 1


def save_trace(
    path: str | os.PathLike[str], trace: Trace, header: dict[str, Any], end: dict[str, Any]
) -> None:
    """Write a whole trace; the file appears complete or not at all."""
    with written(path, TraceFileError) as file:
        still = trace.snapshot()  # the run may go on meanwhile, and thin its trace
        writer = TraceWriter(file, header, still.schema)
        writer.rows(still, 0, len(still))
        writer.end(end)


def piece_of(
    trace: Trace, start: int, stop: int, header: dict[str, Any], end: dict[str, Any]
) -> bytes:
    """The recorded frames [start, stop) as a small file of their own, for a wire."""
    file = io.BytesIO()
    writer = TraceWriter(file, header, trace.schema)
    writer.rows(trace, start, stop)
    writer.end(end)
    return file.getvalue()


def read_piece(data: bytes) -> tuple[Trace, dict[str, Any], dict[str, Any]]:
    """What `piece_of` made, with its header and end; TraceFileError for anything else."""
    return _read(_Reader("a piece of a trace", io.BytesIO(data)))


def read_trace(path: str | os.PathLike[str]) -> tuple[Trace, dict[str, Any], dict[str, Any]]:
    """The trace of a file with its header and end; `trace.truncated` where the file ends early.

    The end of such a file is the steering that had been written. Of more frames than a trace
    holds, those are kept that it would have kept. TraceFileError for what is no trace.
    """
    target = Path(path)
    try:
        if target.exists() and not (target.is_file() or target.is_dir()):
            raise OSError(None, "it is no file, but a pipe or a device")  # it might never end
        file = target.open("rb")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise TraceFileError(f"{target}: cannot be read: {why}") from None
    with file:
        return _read(_Reader(str(target), file))


def _read(reader: _Reader) -> tuple[Trace, dict[str, Any], dict[str, Any]]:
    try:
        return reader.read()
    except TraceFileError:
        raise
    except OSError as error:
        raise reader.fault(f"cannot be read: {error.strerror or error}") from None
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        RecursionError,
        struct.error,
        zlib.error,
        EOFError,
    ) as error:
        raise reader.fault(f"does not fit the format ({type(error).__name__})") from None


@dataclass(frozen=True)
class _Block:
    """A chunk that is whole, its parts still packed."""

    at: int
    payload: bytes
    offset: int  # of the first part
    parts: list[Any]
    frames: list[int]


class _Reader:
    def __init__(self, name: str, file: IO[bytes]) -> None:
        self.name, self.file, self.at = name, file, 0
        self.size = file.seek(0, os.SEEK_END)  # it may be growing
        file.seek(0)
        self.limit = self.budget = max(MAX_READ, self.size)
        self.events: list[dict[str, Any]] = []
        self.line: Any = None
        self.newest: _Block | None = None

    def fault(self, what: str) -> TraceFileError:
        return TraceFileError(f"{self.name}: {what}, at byte {self.at}")

    def read(self) -> tuple[Trace, dict[str, Any], dict[str, Any]]:
        self._magic()
        trace = Trace()
        header: dict[str, Any] | None = None
        end: dict[str, Any] | None = None
        trace.truncated = True
        for kind, payload in self._records():
            if header is None:
                header = self._header(kind, payload, trace)
            elif end is not None:
                raise self.fault("goes on after its end")
            elif kind == CHUNK:
                self._chunk(payload, trace)
            elif kind == END:
                end, trace.truncated = self._object(payload), False
            else:
                raise self.fault(f"has a record of unknown kind {kind}")
        if header is None:
            raise self.fault("ends before its header")
        self._keep_last(trace)
        if end is None:
            end = {"events": self.events, "line": self.line} if self.line else {}
        return trace, header, end

    def _magic(self) -> None:
        given = self.file.read(len(MAGIC))
        if given[:7] != MAGIC[:7]:
            raise self.fault("is not a trace")
        if given != MAGIC:
            version = given[7:].decode("latin-1")
            raise self.fault(f"is a trace of version {version!r}, this mlwidgets reads version 1")

    def _records(self) -> Iterator[tuple[int, bytes]]:
        self.at, index = len(MAGIC), 0
        while self.size - self.at >= RECORD.size:
            head = self.file.read(RECORD.size)
            length, crc, kind, given = RECORD.unpack(head)
            if self.at + RECORD.size + length > self.size:
                return  # the file ends inside this record
            if length > self.limit:
                raise self.fault(f"has a record of {length:,} bytes, more than is allowed")
            payload = self.file.read(length)
            if zlib.crc32(payload, zlib.crc32(head[8:])) != crc:
                raise self.fault("is damaged (checksum)")
            if given != index:
                raise self.fault(f"lacks a record (expected {index}, found {given})")
            yield kind, payload
            self.at, index = self.at + RECORD.size + length, index + 1

    def _object(self, payload: bytes) -> dict[str, Any]:
        value = json.loads(payload) if len(payload) <= MAX_JSON else None
        if not isinstance(value, dict):
            raise self.fault("has a header that is not an object")
        return value

    def _header(self, kind: int, payload: bytes, trace: Trace) -> dict[str, Any]:
        if kind != HEADER:
            raise self.fault("does not start with its header")
        header = self._object(payload)
        trace.adopt(Schema(tuple(self._column(c) for c in header.pop("columns"))))
        if len(set(trace.schema)) != len(trace.schema):
            raise self.fault("names a column twice")
        return header

    def _column(self, given: Any) -> Column:
        name, kind, shape, measured, better, words = given

        known = ("float", "int", "bool", "text", "texts", "array", "ragged")
        if not (isinstance(name, str) and sayable(name) == name and kind in known):
            raise self.fault("has a column that is none")
        if not isinstance(words, str):
            raise self.fault("has a column that is none")
        self._size(shape, 1)
        if shape and kind != "array":
            raise self.fault(f"gives {name!r} a shape, which is no array")
        marks = ((Measured,) if measured else ()) + (
            (Metric(better),) if better in ("higher", "lower") else ()
        )
        return Column(name, kind, tuple(shape), marks, words)

    def _size(self, shape: Any, itemsize: int) -> int:
        """Bytes of an array, checked before anything is allocated."""
        if (
            not isinstance(shape, list)
            or len(shape) > 8
            or not all(type(n) is int and 0 <= n <= MAX_READ for n in shape)
        ):
            raise self.fault("has an array of impossible shape")
        size = math.prod(shape) * itemsize
        if size > self.budget:
            raise self.fault(f"declares {size:,} bytes, more than the {self.limit:,} allowed")
        return size

    def _chunk(self, payload: bytes, trace: Trace) -> None:
        (length,) = struct.unpack_from("<I", payload)
        head = self._object(payload[4 : 4 + length])
        if "events" in head:
            self._events(head["events"], trace)
        block = _Block(self.at, payload, 4 + length, head["parts"], self._numbers(head["frames"]))
        if len(block.parts) != len(trace.schema):
            raise self.fault("has a chunk of another number of columns")
        if block.frames:
            self.newest = block
            kept = [k for k, n in enumerate(block.frames) if trace.keeps(n)]
            self._keep(block, kept, trace)

    def _numbers(self, frames: Any) -> list[int]:
        if not isinstance(frames, list) or not all(type(n) is int and n < 2**62 for n in frames):
            raise self.fault("has frame numbers that are none")
        last = self.newest.frames[-1] if self.newest else -1
        if len(frames) > CHUNK_FRAMES or any(
            b <= a for a, b in zip([last, *frames], frames, strict=False)
        ):
            raise self.fault("has frame numbers that do not rise")
        return frames

    def _events(self, given: Any, trace: Trace) -> None:
        after, then, self.line = given["after"], given["then"], given["line"]
        if type(after) is not int or not 0 <= after <= len(self.events):
            raise self.fault("has events that follow none")
        if not isinstance(then, list) or not all(type(event["frame"]) is int for event in then):
            raise self.fault("has events that are none")
        self.events[after:] = then
        for event in then:
            trace.mark(event["frame"])

    def _keep(self, block: _Block, kept: list[int], trace: Trace) -> None:
        """Unpack a chunk and file some of its rows."""
        if not kept:
            return
        columns: dict[str, list[Any]] = {}
        offset = block.offset
        for column, part in zip(trace.schema.columns, block.parts, strict=True):
            values, offset = self._part(block.payload, offset, part, column, len(block.frames))
            columns[column.name] = [values[k] for k in kept]
        if offset != len(block.payload):
            raise self.fault("has a chunk with bytes to spare")
        trace.extend([block.frames[k] for k in kept], columns)

    def _keep_last(self, trace: Trace) -> None:
        """The last frame is kept whatever its number."""
        block = self.newest
        if block and trace.last != block.frames[-1]:
            self.at = block.at
            trace.mark(block.frames[-1])
            self._keep(block, [len(block.frames) - 1], trace)

    def _part(
        self, payload: bytes, offset: int, part: Any, column: Column, n: int
    ) -> tuple[list[Any], int]:
        dtype, shapes, size = part
        blob = payload[offset : offset + size]
        if type(size) is not int or size < 0 or len(blob) != size:
            raise self.fault("has a part that reaches outside its chunk")
        if dtype == "json":
            text = self._unzip(blob, min(self.budget, MAX_JSON), exact=False)
            self.budget -= len(text)
            values = json.loads(text)
            if not isinstance(values, list) or len(values) != n:
                raise self.fault(f"has {column.name!r} for another number of frames")
            return [self._text(v, column) for v in values], offset + size
        if dtype not in DTYPES:
            raise self.fault(f"has a number type {dtype!r:.20} that is none")
        if column.kind == "ragged":
            return self._ragged(blob, dtype, shapes, n), offset + size
        if column.kind in ("text", "texts"):
            raise self.fault(f"has numbers for the text {column.name!r}")
        want = [n, *column.shape]
        array = self._unpack(blob, dtype, want)
        rows = [row.copy() for row in array] if column.kind == "array" else array.tolist()
        return rows, offset + size  # copies: a row that is kept holds no other in memory

    def _text(self, value: Any, column: Column) -> Any:
        if column.kind == "text" and isinstance(value, str):
            return value
        if (
            column.kind == "texts"
            and isinstance(value, list)
            and all(isinstance(v, str) for v in value)
        ):
            return tuple(value)
        raise self.fault(f"has a text {column.name!r} that is none")

    def _ragged(self, blob: bytes, dtype: str, shapes: Any, n: int) -> list[Any]:
        if not isinstance(shapes, list) or len(shapes) != n:
            raise self.fault("has a list for another number of frames")
        sizes = [self._size(shape, 1) for shape in shapes]
        flat = self._unpack(blob, dtype, [sum(sizes)])
        values, at = [], 0
        for shape, size in zip(shapes, sizes, strict=True):
            values.append(flat[at : at + size].reshape(shape).copy())
            at += size
        return values

    def _unpack(self, blob: bytes, dtype: str, shape: list[int]) -> npt.NDArray[Any]:
        size = self._size(shape, int(dtype[2:]))
        self.budget -= size
        return _unshuffle(self._unzip(blob, size, exact=True), dtype, shape)

    def _unzip(self, blob: bytes, size: int, *, exact: bool) -> bytes:
        inflate = zlib.decompressobj(wbits=31)
        data = inflate.decompress(blob, size + 1)
        if (
            (exact and len(data) != size)
            or len(data) > size
            or not inflate.eof
            or inflate.unused_data
        ):
            raise self.fault("has a part of another size than it declares")
        return data


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def _chunk(columns: dict[str, Any], schema: Schema, **more: Any) -> bytes:
    parts, blobs = [], []
    for column in schema.columns:
        dtype, shapes, blob = _pack(columns[column.name], column)
        parts.append([dtype, shapes, len(blob)])
        blobs.append(blob)
    head = _json({"frames": columns["#frame"].tolist(), "parts": parts, **more})
    return struct.pack("<I", len(head)) + head + b"".join(blobs)


def _pack(values: Any, column: Column) -> tuple[str, Any, bytes]:
    import numpy as np

    if column.kind in ("text", "texts"):
        return "json", None, gzip.compress(_json([*values]), 6, mtime=0)
    shapes = [list(v.shape) for v in values] if column.kind == "ragged" else None
    if column.kind == "ragged":
        full = [np.ravel(v) for v in values if v.size]  # an empty list must not make ints floats
        values = np.concatenate(full) if full else np.empty(0)
    dtype = values.dtype.newbyteorder("<")
    array = np.ascontiguousarray(values, dtype=dtype)
    return dtype.str, shapes, gzip.compress(_shuffle(array), 6, mtime=0)


def _shuffle(array: npt.NDArray[Any]) -> bytes:
    """Differences in time of the bit patterns, then all first bytes, all second bytes, ..."""
    import numpy as np

    size = array.dtype.itemsize
    bits = array.view(f"<u{size}").copy()
    bits[1:] = array.view(f"<u{size}")[1:] - array.view(f"<u{size}")[:-1]
    return np.ascontiguousarray(bits.reshape(-1).view(np.uint8).reshape(-1, size).T).tobytes()


def shuffled(data: bytes, dtype: str, rows: int) -> bytes:
    """Rows of a wire type (f8, f4, i4, u1), as a part of a file holds them."""
    import numpy as np

    array = np.frombuffer(data, dtype=f"<{dtype}" if dtype != "u1" else "|u1")
    return _shuffle(array.reshape(rows, -1)) if rows else b""


def _unshuffle(data: bytes, dtype: str, shape: list[int]) -> npt.NDArray[Any]:
    import numpy as np

    size = int(dtype[2:])
    planes = np.frombuffer(data, dtype=np.uint8).reshape(size, -1)
    bits = np.ascontiguousarray(planes.T).reshape(-1).view(f"<u{size}").reshape(shape)
    return np.cumsum(bits, axis=0, dtype=f"<u{size}").view(dtype)
