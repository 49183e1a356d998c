"""Altered trace files: exact frames, a flagged prefix of them, or one line with its place."""

from __future__ import annotations

import gzip
import json
import random
import re
import struct
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlwidgets
from mlwidgets import Frames, Live
from mlwidgets.errors import TraceFileError
from mlwidgets.trace import Trace
from mlwidgets.tracefile import (
    CHUNK,
    END,
    HEADER,
    MAGIC,
    RECORD,
    TraceWriter,
    read_trace,
    save_trace,
)
from tests.test_tracefile import chunk, header, identical, prefix_of, record, traced

MUTATIONS = 2_000
LONG = 1.0  # seconds of work after which reading counts as hanging
ROOM = 64 * 2**20  # bytes that a small file may take while it is refused


def scalars() -> Iterator[dict[str, Any]]:
    for k in range(150):
        yield {"loss": 1 / (k + 1), "k": k, "good": k % 2 == 0}


def arrays() -> Iterator[dict[str, Any]]:
    rng = np.random.default_rng(0)
    for k in range(70):
        yield {"W": rng.normal(size=(4, 3)).astype("<f4"), "seen": np.arange(5, dtype="u1") + k}


def lists() -> Iterator[dict[str, Any]]:
    for k in range(80):
        yield {"path": [[j, j * k] for j in range(k % 6)], "words": ["a", "β"] * (1 + k % 3)}


def texts() -> Iterator[dict[str, Any]]:
    for k in range(66):
        yield {"said": f"</script> {k} \u202e\0 {'x' * (k % 9)}", "k": k}


def one() -> Iterator[dict[str, Any]]:
    yield {"x": 0.5}


SHAPES: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
    "scalars": scalars,
    "arrays": arrays,
    "lists": lists,
    "texts": texts,
    "one frame": one,
}


class Known:
    """A file, what it holds, and what becomes of bytes put in its place."""

    def __init__(self, path: Path, frames: list[dict[str, Any]]) -> None:
        self.path = path
        self.saved = traced(frames)
        save_trace(path, self.saved, {"run": "known"}, {"status": "done"})
        self.data = path.read_bytes()

    def read(self, data: bytes) -> str:
        """ "same", "prefix" or the error; anything else fails."""
        self.path.write_bytes(data)
        begun = time.thread_time()
        try:
            trace, about, end = read_trace(self.path)
        except TraceFileError as error:
            told = str(error)
            assert told.startswith(f"{self.path}: ")
            assert re.search(r", at byte \d+$", told), told
            return told
        finally:
            assert time.thread_time() - begun < LONG
        if trace.truncated:
            assert prefix_of(trace, self.saved)
            return "prefix"
        assert identical(trace, self.saved)
        assert (about, end) == ({"run": "known"}, {"status": "done"})
        return "same"


class Recorded(Known):
    """The same, written while it was made: frame by frame, with steering between."""

    def __init__(self, path: Path, frames: list[dict[str, Any]]) -> None:
        super().__init__(path, frames)
        with path.open("wb") as file:
            writer = TraceWriter(file, {"run": "known"}, self.saved.schema)
            for k in range(len(frames)):
                writer.rows(self.saved, k, k + 1)
                if k % 10 == 0:
                    writer.events({"after": k // 10, "then": [{"frame": k}], "line": ""})
            writer.end({"status": "done"})
        self.data = path.read_bytes()


@pytest.fixture(scope="module", params=[*SHAPES, "recorded"])
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Known:
    name = str(request.param)
    path = tmp_path_factory.mktemp("attacked") / f"{name}.trace"
    if name == "recorded":
        return Recorded(path, list(arrays()))
    return Known(path, list(SHAPES[name]()))


# mutations ------------------------------------------------------------------------------------


def records(data: bytes) -> list[tuple[int, int]]:
    """Where each record begins and ends."""
    at, found = len(MAGIC), []
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        found.append((at, at + RECORD.size + length))
        at += RECORD.size + length
    return found


def flip(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def long(data: bytes, rng: random.Random) -> bytes:
    """A record declares another length."""
    at, end = rng.choice(records(data))
    true = end - at - RECORD.size
    lie = rng.choice([0, 1, true - 1, true + 1, true * 2, 2**31, 2**32 - 1])
    return data[:at] + struct.pack("<I", lie % 2**32) + data[at + 4 :]


def drop(data: bytes, rng: random.Random) -> bytes:
    at, end = rng.choice(records(data))
    return data[:at] + data[end:]


def double(data: bytes, rng: random.Random) -> bytes:
    at, end = rng.choice(records(data))
    return data[:end] + data[at:]


def swap(data: bytes, rng: random.Random) -> bytes:
    places = records(data)
    (a, b), (c, d) = sorted([rng.choice(places), rng.choice(places)])
    return data if a == c else data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def hole(data: bytes, rng: random.Random) -> bytes:
    a = rng.randrange(len(data))
    return data[:a] + data[a + rng.randrange(1, 60) :]


def noise(data: bytes, rng: random.Random) -> bytes:
    a = rng.randrange(len(data))
    return data[:a] + rng.randbytes(rng.randrange(1, 60)) + data[a:]


def piece(data: bytes, rng: random.Random) -> bytes:
    """A piece of the file over another of its pieces."""
    a, b, n = rng.randrange(len(data)), rng.randrange(len(data)), rng.randrange(1, 60)
    return data[:a] + data[b : b + n] + data[a + n :]


WAYS = (flip, cut, long, drop, double, swap, hole, noise, piece)


def test_two_thousand_mutations_give_no_wrong_number(known: Known) -> None:
    """A share of them for each shape of file; each way of altering is refused at least once."""
    rng = random.Random(known.path.name)
    refused = dict.fromkeys(WAYS, 0)
    for n in range(MUTATIONS // len(SHAPES)):
        way = WAYS[n % len(WAYS)]
        data = way(known.data, rng)
        if known.read(data) not in ("same", "prefix"):
            refused[way] += 1
        elif data != known.data:
            assert known.data.startswith(data) or way in (long, drop, noise, hole, piece, flip)
    assert refused.pop(cut) >= 0  # a prefix is read, and flagged
    assert all(refused.values()), refused


def test_bits_flipped_under_a_right_checksum_are_never_a_crash(known: Known) -> None:
    """Whoever alters a file can mend the checksums too: numbers may differ, nothing else may."""
    rng = random.Random(1)
    for _ in range(100):
        places = records(known.data)
        out = known.data[: len(MAGIC)]
        hit = rng.randrange(len(places))
        for index, (at, end) in enumerate(places):
            kind, payload = known.data[at + 8], known.data[at + RECORD.size : end]
            out += record(kind, index, flip(payload, rng) if index == hit else payload)
        known.path.write_bytes(out)
        begun = time.thread_time()
        try:
            mlwidgets.load(known.path).close()
        except TraceFileError as error:
            assert re.search(r", at byte \d+$", str(error)), str(error)
        assert time.thread_time() - begun < LONG


# lies -----------------------------------------------------------------------------------------

TEN_GB = 10 * 10**9


def bomb(kind: str) -> bytes:
    """At most 2 MB that say they are 10 GB."""
    squeezed = gzip.compress(bytes(2**20))
    if kind == "array":
        columns = [["x", "array", [TEN_GB // 8], False, "", ""]]
        head = {"frames": [0], "parts": [["<f8", None, len(squeezed)]]}
    elif kind == "array of many axes":
        columns = [["x", "array", [1000, 1000, 1250], False, "", ""]]
        head = {"frames": [0], "parts": [["<f8", None, len(squeezed)]]}
    elif kind == "frames":
        columns = [["x", "array", [TEN_GB // 8 // 64], False, "", ""]]
        head = {"frames": [*range(64)], "parts": [["<f8", None, len(squeezed)]]}
    elif kind == "lists":
        columns = [["x", "ragged", [], False, "", ""]]
        head = {"frames": [0], "parts": [["<f8", [[TEN_GB // 8]], len(squeezed)]]}
    elif kind == "many lists":
        columns = [["x", "ragged", [], False, "", ""]]
        head = {"frames": [*range(64)], "parts": [["<f8", [[TEN_GB // 512]] * 64, len(squeezed)]]}
    else:
        squeezed = nested(kind)
        columns = [["x", "text", [], False, "", ""]]
        head = {"frames": [0], "parts": [["json", None, len(squeezed)]]}
    return MAGIC + header(columns) + chunk(head, squeezed)


def nested(kind: str) -> bytes:
    """Gzip of much: zeros, a gzip of a gzip, or open brackets."""
    much = {"text": b'["' + b"x" * (100 * 2**20), "brackets": b"[" * (50 * 2**20)}.get(kind)
    return gzip.compress(gzip.compress(bytes(100 * 2**20)) if much is None else much)


BOMBS = (
    *("array", "array of many axes", "frames", "lists", "many lists"),
    *("text", "brackets", "gzip in gzip"),
)


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_before_it_takes_memory(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.trace"
    path.write_bytes(bomb(kind))
    assert path.stat().st_size < 2 * 2**20
    text = kind in ("text", "brackets", "gzip in gzip")
    told, seconds, most = refused(path)
    assert told.startswith(f"{path}: ")
    assert "at byte" in told
    assert seconds < LONG
    assert most < (3 * ROOM if text else ROOM), "texts are bounded by what a header may be"


def refused(path: Path) -> tuple[str, float, int]:
    """The error's line, how long it took, and the most memory it held."""
    tracemalloc.start()
    begun = time.thread_time()
    try:
        with pytest.raises(TraceFileError) as caught:
            mlwidgets.load(path)
        seconds = time.thread_time() - begun
        return str(caught.value), seconds, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


COLUMN = [["x", "float", [], False, "", ""]]
HALF = gzip.compress(np.zeros(1).tobytes())


def whole(about: dict[str, Any], end: Any, frames: Any = (0,)) -> bytes:
    """A file that is right but for its JSON."""
    head = {"frames": list(frames), "parts": [["<f8", None, len(HALF)]]}
    finish = end if isinstance(end, bytes) else json.dumps(end).encode()
    return MAGIC + header(COLUMN, **about) + chunk(head, HALF) + record(END, 2, finish)


INFO: dict[str, Any] = {
    "name": "x",
    "title": "X",
    "summary": "",
    "views": [],
    "steps": [{"name": "frame", "column": "", "total": None}],
    "controls": None,
}
ABOUT: dict[str, Any] = {"info": INFO, "start": {}, "line": "%ml x"}
NAN = float("nan")
ABSENT: dict[str, Any] = {"after": 0, "then": [], "line": "%ml x"}


def told(events: Any) -> bytes:
    """A chunk without frames that tells of events."""
    none = gzip.compress(b"")
    return chunk({"frames": [], "parts": [["<f8", None, len(none)]], "events": events}, none)


LIES: dict[str, bytes] = {
    "NaN as a frame number": whole(ABOUT, {}, [NAN]),
    "infinity as a frame number": whole(ABOUT, {}, [float("inf")]),
    "a frame number of 2**63": whole(ABOUT, {}, [2**63]),
    "a fraction as a frame number": whole(ABOUT, {}, [0.5]),
    "true as a frame number": whole(ABOUT, {}, [True]),
    "NaN as the run's number": whole(ABOUT, {"number": NAN}),
    "infinity as the run's number": whole(ABOUT, {"number": float("inf")}),
    "a text as the run's number": whole(ABOUT, {"number": "many"}),
    "NaN as an event's frame": whole(
        ABOUT, {"events": [{"frame": NAN, "name": "a", "old": 0, "new": 1}]}
    ),
    "events that are a number": whole(ABOUT, {"events": 3}),
    "an event that is a text": whole(ABOUT, {"events": ["a"]}),
    "parameters that are a list": whole(ABOUT, {"params": [1]}),
    "an end that is a list": whole(ABOUT, []),
    "a deep end": whole(ABOUT, b"[" * 10**6),
    "an endless integer": whole(ABOUT, b'{"number": ' + b"9" * 10**6 + b"}"),
    "no info": whole({"start": {}, "line": ""}, {}),
    "info that is a text": whole({**ABOUT, "info": "x"}, {}),
    "info without views": whole({**ABOUT, "info": {"name": "x"}}, {}),
    "views that are a number": whole({**ABOUT, "info": {**INFO, "views": 3}}, {}),
    "a view without columns": whole({**ABOUT, "info": {**INFO, "views": [{"kind": "line"}]}}, {}),
    "steps that are a number": whole({**ABOUT, "info": {**INFO, "steps": 7}}, {}),
    "no steps": whole({**ABOUT, "info": {**INFO, "steps": []}}, {}),
    "no controls": whole({**ABOUT, "info": {k: v for k, v in INFO.items() if k != "controls"}}, {}),
    "a start that is a list of numbers": whole({**ABOUT, "start": [1, 2]}, {}),
    "events that follow none": MAGIC + header(COLUMN) + told(ABSENT | {"after": 1}),
    "events after a text": MAGIC + header(COLUMN) + told(ABSENT | {"after": "0"}),
    "events after NaN": MAGIC + header(COLUMN) + told(ABSENT | {"after": NAN}),
    "events that are no list": MAGIC + header(COLUMN) + told(ABSENT | {"then": {"a": 1}}),
    "an event that is a list": MAGIC + header(COLUMN) + told(ABSENT | {"then": [[1]]}),
    "an event at half a frame": MAGIC + header(COLUMN) + told(ABSENT | {"then": [{"frame": 1.5}]}),
    "events that say nothing": MAGIC + header(COLUMN) + told([]),
    "events of another shape": MAGIC
    + header(COLUMN, **ABOUT)
    + told(ABSENT | {"then": [{"frame": 1}]}),
    "a newer version": b"MLTRACE2" + whole(ABOUT, {})[8:],
    "a version that is no text": b"MLTRACE\xff" + whole(ABOUT, {})[8:],
    "another object's columns": MAGIC + record(HEADER, 0, b'{"columns": {"x": 1}}'),
    "a chunk of another schema": MAGIC
    + header([*COLUMN, ["y", "float", [], False, "", ""]])
    + record(CHUNK, 1, struct.pack("<I", 2**31) + b"{}"),
    "a head reaching into the parts": MAGIC
    + header(COLUMN)
    + record(CHUNK, 1, struct.pack("<I", 2**32 - 1) + b'{"frames": [0], "parts": []}'),
}


@pytest.mark.parametrize("data", LIES.values(), ids=LIES)
def test_a_lie_in_a_whole_file_is_one_line_with_its_place(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lie.trace"
    path.write_bytes(data)
    told, seconds, most = refused(path)
    assert told.startswith(f"{path}: ")
    assert re.search(r", at byte \d+$", told), told
    assert "\n" not in told
    assert len(told) < len(str(path)) + 300
    assert seconds < LONG
    assert most < ROOM


def test_the_whole_file_the_lies_are_made_from_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "right.trace"
    path.write_bytes(whole(ABOUT, {"number": 0, "events": [], "params": {}}))
    run = mlwidgets.load(path)
    assert (run.status, run.number, run.trace["x"].tolist()) == ("loaded", 0, [0.0])


# a run's own file ----------------------------------------------------------------------------


def walk(n: int = 200, by: Live[float] = 1.0) -> Frames[dict[str, Any]]:
    x = 0.0
    for _ in range(n):
        by = yield {"x": x, "xs": np.full(3, x)}
        x += by


def test_a_cut_file_of_a_run_is_loaded_and_says_that_it_ends_early(tmp_path: Path) -> None:
    path = tmp_path / "walk.trace"
    mlwidgets.play(walk).wait().save(path).close()
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    run = mlwidgets.load(path)
    assert len(run.trace) == 200
    assert run._core.note == "The file ends early: this is what had been written."


def test_readers_and_writers_of_one_file_never_meet(tmp_path: Path) -> None:
    """A file that is saved again and again is read whole each time."""
    path = tmp_path / "shared.trace"
    trace = traced(list(scalars()))
    save_trace(path, trace, {}, {})
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            save_trace(path, trace, {}, {})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = [read_trace(path)[0] for _ in range(30)]
    finally:
        ended.set()
        writer.join()
    assert all(identical(one, trace) for one in found)


def test_checksums_cover_kind_and_order(tmp_path: Path) -> None:
    """A record moved, or called something else, is noticed though its payload is whole."""
    trace = Trace()
    trace.open({"x": 0.0})
    for n in range(130):
        trace.add({"x": float(n)}, n)
    path = tmp_path / "moved.trace"
    save_trace(path, trace, {}, {})
    data = path.read_bytes()
    (at, end), *_ = records(data)[1:]
    renamed = data[: at + 8] + bytes([END]) + data[at + 9 :]
    assert zlib.crc32(renamed) != zlib.crc32(data)
    for altered in (renamed, data[:at] + data[end:], data[:end] + data[at:end] + data[end:]):
        path.write_bytes(altered)
        with pytest.raises(TraceFileError, match=rf"at byte ({at}|{end})$"):
            read_trace(path)
