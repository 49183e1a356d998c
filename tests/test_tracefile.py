"""A trace on disk comes back exactly, or says what is wrong with it: never wrong numbers."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlwidgets import Measured, Metric
from mlwidgets.errors import TraceFileError
from mlwidgets.trace import Trace
from mlwidgets.tracefile import (
    CHUNK,
    DTYPES,
    END,
    HEADER,
    MAGIC,
    TraceWriter,
    read_trace,
    save_trace,
)

FRAMES: list[dict[str, Any]] = [
    {
        "x": k / 7 if k % 5 else None,
        "i": 2**60 + k,
        "b": k % 2 == 0,
        "Q": np.arange(6.0).reshape(2, 3) * k,
        "u": np.full((2,), k, np.uint8),
        "r": [[k, k]] * (k % 3),
        "t": ["one", "zwei", "δ\ud800"][: k % 4],
        "s": f"frame {k}\n\0",
    }
    for k in range(150)
]


class Step(TypedDict):
    x: Annotated[float, Metric(better="lower")]
    i: int
    b: bool
    Q: Any
    u: Any
    r: list[int]
    t: list[str]
    s: Annotated[str, Measured]


def traced(frames: list[dict[str, Any]], hint: Any = None) -> Trace:
    trace = Trace()
    trace.open(frames[0], hint, {"x": "loss"})
    for number, frame in enumerate(frames):
        trace.add(frame, number * 3)
    return trace


def stored(frames: list[dict[str, Any]], path: Path, hint: Any = None) -> Trace:
    trace = traced(frames, hint)
    save_trace(path, trace, {"run": "test"}, {"status": "done"})
    return trace


def identical(one: Trace, other: Trace) -> bool:
    """Every value the same bit for bit, of the same type."""
    a, b = one.to_numpy(), other.to_numpy()
    return list(a) == list(b) and all(
        x.dtype == y.dtype and x.shape == y.shape and (_bits(x) == _bits(y))
        for (x, y) in zip(a.values(), b.values(), strict=True)
    )


def _bits(array: Any) -> Any:
    if array.dtype == object:
        return [
            v if isinstance(v, (str, tuple)) else (v.shape, v.astype(float).tobytes())
            for v in array
        ]
    return array.tobytes()


def prefix_of(part: Trace, whole: Trace) -> bool:
    n = len(part)
    a, b = part.to_numpy(), whole.read(["#frame", *whole.schema], 0, n)
    return n == 0 or all(_bits(a[name]) == _bits(b[name]) for name in b)


# round trips ------------------------------------------------------------------------------


def test_every_kind_of_column_comes_back_as_it_was(tmp_path: Path) -> None:
    saved = stored(FRAMES, tmp_path / "a.trace", Step)
    loaded, header, end = read_trace(tmp_path / "a.trace")
    assert identical(saved, loaded)
    assert (header, end, loaded.truncated) == ({"run": "test"}, {"status": "done"}, False)


def test_the_hash_the_size_and_what_is_said_of_columns_come_back(tmp_path: Path) -> None:
    saved = stored(FRAMES, tmp_path / "a.trace", Step)
    loaded, _, _ = read_trace(tmp_path / "a.trace")
    assert (loaded.hash, loaded.nbytes) == (saved.hash, saved.nbytes)
    assert [(c.words, c.better, c.measured) for c in loaded.schema.columns] == [
        (c.words, c.better, c.measured) for c in saved.schema.columns
    ]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3,), (0, 2), (2, 1, 2)])
def test_every_type_of_number_comes_back(
    dtype: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    many = [np.frombuffer(rng.bytes(size), dtype).reshape(shape) for _ in range(70)]
    if dtype == "|b1":
        many = [np.frombuffer(rng.bytes(size), np.uint8).reshape(shape) > 99 for _ in range(70)]
    saved = stored([{"a": array} for array in many], tmp_path / "a.trace")
    assert identical(saved, read_trace(tmp_path / "a.trace")[0])


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.floats(width=64), min_size=1, max_size=80),
    arrays=hnp.arrays(np.float32, (5, 2), elements=st.floats(width=32)),
    texts=st.lists(st.text(), min_size=1, max_size=5),
)
def test_any_numbers_and_texts_come_back(
    values: list[float], arrays: Any, texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.trace"
    frames = [
        {"x": v, "a": arrays[k % 5], "t": texts[k % len(texts)]} for k, v in enumerate(values)
    ]
    saved = stored(frames, path)
    assert identical(saved, read_trace(path)[0])


def test_lists_of_whole_numbers_that_begin_empty_stay_whole(tmp_path: Path) -> None:
    stored([{"r": [0] * k} for k in range(4)], tmp_path / "a.trace")
    loaded, _, _ = read_trace(tmp_path / "a.trace")
    assert {a.dtype.kind for a in loaded["r"]} == {"i"}


def test_a_trace_may_say_nothing_of_itself(tmp_path: Path) -> None:
    save_trace(tmp_path / "a.trace", traced(FRAMES[:2], Step), {}, {})
    loaded, header, end = read_trace(tmp_path / "a.trace")
    assert (len(loaded), header, end, loaded.truncated) == (2, {}, {}, False)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(TraceFileError, match="cannot be written"):
        save_trace(tmp_path / "no" / "a.trace", traced(FRAMES[:2], Step), {}, {})
    with pytest.raises(TypeError):
        save_trace(tmp_path / "a.trace", traced(FRAMES[:2], Step), {"x": object()}, {})
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(TraceFileError, match=r"none\.trace: cannot be read: No such file"):
        read_trace(tmp_path / "none.trace")
    with pytest.raises(TraceFileError, match="cannot be read"):
        read_trace(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.trace")
    with pytest.raises(TraceFileError, match=r"pipe\.trace: cannot be read: it is no file"):
        read_trace(tmp_path / "pipe.trace")


# damage -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, Trace]:
    """A file of two chunks, its bytes and its trace; the path is free to be written to."""
    path = tmp_path_factory.mktemp("small") / "small.trace"
    frames = [{"x": float(k % 9), "a": np.full(1, k), "s": str(k % 9)} for k in range(66)]
    saved = stored(frames, path)
    return path, path.read_bytes(), saved


def outcome(path: Path, data: bytes) -> Trace | str:
    """What reading these bytes gives: a trace, or the line of an error."""
    path.write_bytes(data)
    try:
        return read_trace(path)[0]
    except TraceFileError as error:
        return str(error)


def test_a_file_cut_at_any_byte_is_a_flagged_prefix_or_an_error(
    small: tuple[Path, bytes, Trace],
) -> None:
    path, data, saved = small
    lengths = set()
    for cut in range(len(data)):
        found = outcome(path, data[:cut])
        if isinstance(found, str):
            assert "at byte" in found
        else:
            assert found.truncated
            assert prefix_of(found, saved)
            lengths.add(len(found))
    assert lengths == {0, 64, 66}


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_file_never_gives_wrong_numbers(
    small: tuple[Path, bytes, Trace], seed: int
) -> None:
    path, data, saved = small
    rng = random.Random(seed)
    for _ in range(60):
        found = outcome(path, mutated(data, rng))
        if isinstance(found, str):
            assert "at byte" in found
        else:
            assert identical(found, saved) or (found.truncated and prefix_of(found, saved))


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Bytes flipped, taken out, put in, doubled, or pieces exchanged."""
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    kind = rng.randrange(5)
    if kind == 0:
        return data[:a] + bytes([data[a] ^ (1 << rng.randrange(8))]) + data[a + 1 :]
    if kind == 1:
        return data[:a] + data[b:]
    if kind == 2:
        return data[:a] + rng.randbytes(rng.randrange(1, 40)) + data[a:]
    if kind == 3:
        return data[:b] + data[a:]
    return data[:a] + data[b:] + data[a:b]


# lies -------------------------------------------------------------------------------------

COLUMNS = [["x", "float", [], False, "", ""], ["a", "array", [2], False, "", ""]]


def record(kind: int, index: int, payload: bytes, *, length: int | None = None) -> bytes:
    head = struct.pack("<BI", kind, index)
    crc = zlib.crc32(payload, zlib.crc32(head))
    return struct.pack("<II", len(payload) if length is None else length, crc) + head + payload


def header(columns: Any = COLUMNS, **more: Any) -> bytes:
    return record(HEADER, 0, json.dumps({"columns": columns, **more}).encode())


def chunk(head: Any, blobs: bytes = b"", index: int = 1) -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return record(CHUNK, index, struct.pack("<I", len(text)) + text + blobs)


def part(array: Any) -> tuple[list[Any], bytes]:
    blob = gzip.compress(np.asarray(array, "<f8").tobytes())
    return ["<f8", None, len(blob)], blob


def with_part(dtype: Any, size: Any) -> dict[str, Any]:
    """The head of a chunk whose first part is of another type or size."""
    return {**GOOD, "parts": [[dtype, None, size], PAIRS[0]]}


ZEROS, PAIRS = part(np.zeros(1)), part(np.zeros((1, 2)))
GOOD = {"frames": [0], "parts": [ZEROS[0], PAIRS[0]]}
BODY = ZEROS[1] + PAIRS[1]
BOMB = gzip.compress(bytes(50 * 2**20))
DEEP = b"[" * 200_000

LIES: dict[str, bytes] = {
    "nothing": b"",
    "another file": b"PK\x03\x04 and so on",
    "only magic": MAGIC,
    "no header": MAGIC + chunk(GOOD, BODY, 0),
    "header is a list": MAGIC + record(HEADER, 0, b"[]"),
    "header is no json": MAGIC + record(HEADER, 0, b"{"),
    "header is not text": MAGIC + record(HEADER, 0, b"\xff\xfe"),
    "no columns": MAGIC + record(HEADER, 0, b"{}"),
    "deep header": MAGIC + record(HEADER, 0, DEEP),
    "long integer": MAGIC + record(HEADER, 0, b'{"columns": ' + b"9" * 5000 + b"}"),
    "column of four": MAGIC + header([["x", "float", []]]),
    "unknown kind": MAGIC + header([["x", "object", [], False, "", ""]]),
    "same name twice": MAGIC + header([COLUMNS[0], COLUMNS[0]]),
    "scalar with a shape": MAGIC + header([["x", "float", [3], False, "", ""]]),
    "negative shape": MAGIC + header([["x", "array", [-1], False, "", ""]]),
    "shape of 2**63": MAGIC + header([["x", "array", [2**63], False, "", ""]]),
    "shape of 2**63 x 0": MAGIC + header([["x", "array", [2**63, 0], False, "", ""]]),
    "shape of floats": MAGIC + header([["x", "array", [1.5], False, "", ""]]),
    "nine axes": MAGIC + header([["x", "array", [1] * 9, False, "", ""]]),
    "unknown record": MAGIC + header() + record(9, 1, b""),
    "record lost": MAGIC + header() + chunk(GOOD, BODY, 2),
    "after the end": MAGIC + header() + record(END, 1, b"{}") + chunk(GOOD, BODY, 2),
    "chunk without a length": MAGIC + header() + record(CHUNK, 1, b"\0"),
    "deep chunk": MAGIC + header() + chunk(DEEP),
    "frames are text": MAGIC + header() + chunk({**GOOD, "frames": ["0"]}, BODY),
    "frames do not rise": MAGIC + header() + chunk({**GOOD, "frames": [-1]}, BODY),
    "frame of 2**63": MAGIC + header() + chunk({**GOOD, "frames": [2**63]}, BODY),
    "one part of two": MAGIC + header() + chunk({**GOOD, "parts": [ZEROS[0]]}, BODY),
    "part overlaps": MAGIC + header() + chunk(with_part("<f8", 10**9), BODY),
    "part of negative size": MAGIC + header() + chunk(with_part("<f8", -5), BODY),
    "part of true size": MAGIC + header() + chunk(with_part("<f8", True), BODY),
    "bytes to spare": MAGIC + header() + chunk(GOOD, BODY + b"x"),
    "unknown number": MAGIC + header() + chunk(with_part("<c16", len(ZEROS[1])), BODY),
    "objects": MAGIC + header() + chunk(with_part("|O8", len(ZEROS[1])), BODY),
    "number type is a list": MAGIC + header() + chunk(with_part([], len(ZEROS[1])), BODY),
    "text for a number": MAGIC + header() + chunk(with_part("json", len(ZEROS[1])), BODY),
    "too few numbers": MAGIC + header() + chunk({**GOOD, "frames": [0, 1]}, BODY),
    "no gzip": MAGIC + header() + chunk(with_part("<f8", 4), b"abcd" + PAIRS[1]),
    "bomb": MAGIC + header() + chunk(with_part("<f8", len(BOMB)), BOMB + PAIRS[1]),
    "lists of 2**40": MAGIC
    + header([["r", "ragged", [], False, "", ""]])
    + chunk({"frames": [0], "parts": [["<f8", [[2**40]], len(BOMB)]]}, BOMB),
    "lists for two": MAGIC
    + header([["r", "ragged", [], False, "", ""]])
    + chunk({"frames": [0], "parts": [["<f8", [[1], [1]], len(ZEROS[1])]]}, ZEROS[1]),
}


@pytest.mark.parametrize("data", LIES.values(), ids=LIES)
def test_a_lie_is_refused_with_its_place(data: bytes, tmp_path: Path) -> None:
    found = outcome(tmp_path / "lie.trace", data)
    assert isinstance(found, str)
    assert found.startswith(f"{tmp_path / 'lie.trace'}: ")
    assert ", at byte " in found


def test_the_file_the_lies_are_made_from_is_read(tmp_path: Path) -> None:
    found = outcome(
        tmp_path / "a.trace", MAGIC + header() + chunk(GOOD, BODY) + record(END, 2, b"{}")
    )
    assert isinstance(found, Trace)
    assert found["a"].tolist() == [[0.0, 0.0]]


def test_a_length_beyond_the_file_is_a_clean_prefix(tmp_path: Path) -> None:
    long = record(CHUNK, 1, b"{}", length=2**32 - 1)
    found = outcome(tmp_path / "a.trace", MAGIC + header() + long)
    assert isinstance(found, Trace)
    assert (len(found), found.truncated) == (0, True)


def test_many_small_bombs_share_one_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlwidgets.tracefile.MAX_READ", 2**20)
    text = gzip.compress(json.dumps(["x" * 2**19]).encode())
    columns = [["s", "text", [], False, "", ""]]
    many = [
        chunk({"frames": [k], "parts": [["json", None, len(text)]]}, text, k + 1) for k in range(4)
    ]
    found = outcome(tmp_path / "a.trace", MAGIC + header(columns) + b"".join(many))
    assert isinstance(found, str)
    assert "another size than it declares" in found


def test_a_newer_version_is_named(tmp_path: Path) -> None:
    found = outcome(tmp_path / "a.trace", b"MLTRACE2" + header())
    assert isinstance(found, str)
    assert "is a trace of version '2', this mlwidgets reads version 1" in found


# writing while it runs --------------------------------------------------------------------


def test_what_was_written_before_a_kill_is_read(tmp_path: Path) -> None:
    trace = traced(FRAMES[:10], Step)
    file = io.BytesIO()
    writer = TraceWriter(file, {"run": "test"}, trace.schema)
    for k in range(10):
        writer.rows(trace, k, k + 1)
    found = outcome(tmp_path / "a.trace", file.getvalue()[:-1])
    assert isinstance(found, Trace)
    assert (len(found), found.truncated) == (9, True)


def test_a_trace_that_is_thinned_while_it_is_saved_is_of_one_moment(tmp_path: Path) -> None:
    trace = Trace(max_frames=100)
    trace.open({"n": 0})
    for n in range(100):
        trace.add({"n": n}, n)

    class Meanwhile(Mapping[str, str]):
        """A header; while it is being written the run goes on, and its trace is thinned."""

        def __getitem__(self, name: str) -> str:
            trace.add({"n": 100}, 100)
            return name

        def __iter__(self) -> Iterator[str]:
            return iter(["run"])

        def __len__(self) -> int:
            return 1

    header: Any = Meanwhile()
    save_trace(tmp_path / "a.trace", trace, header, {})
    loaded, _, _ = read_trace(tmp_path / "a.trace")
    assert trace.epoch == 1
    assert loaded["n"].tolist() == loaded.frames.tolist() == list(range(100))
