"""What the page is told: all of it JSON and plain numbers, as the front end expects them."""

from __future__ import annotations

import json
import struct
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from mlwidgets import Frames, Live, Rate, Run, algorithm, play
from mlwidgets.frame import Schema
from mlwidgets.info import FIRST_ROWS, data_of, first_of, info_of, packed, state_of
from mlwidgets.trace import Trace
from tests.test_run import walk

WIRE = {"f8": np.float64, "f4": np.float32, "i4": np.int32, "u1": np.uint8}


@algorithm
def taught(alpha: Live[Rate] = 0.5, n: int = 3) -> Frames[dict[str, float]]:
    r"""Teaching: a lesson.

    Ada (1843), "Notes". doi:10.1/x

        \alpha = x        (1)  identity

    Where: alpha learning rate; x a number.
    What to watch: The line.
    Try: alpha=1  What now?
    Try: alpha=7  A slip of the author's.
    Try: n=2 alpha=0  And now?
    """
    for _ in range(n):
        yield {"x": alpha}


@pytest.fixture
def run() -> Run:
    return play(taught).wait()


def test_info_is_json_and_holds_what_the_page_needs(run: Run) -> None:
    info = json.loads(json.dumps(info_of(run), allow_nan=False))
    assert (info["title"], info["cite"], info["doi"]) == ("Teaching", "Ada, 1843", "10.1/x")
    assert [p["name"] for p in info["params"]] == ["alpha", "n"]
    assert info["columns"][0]["words"] == "a number"


def test_tries_have_their_values_parsed_and_slips_left_out(run: Run) -> None:
    tries = info_of(run)["tries"]
    assert [t["params"] for t in tries] == [{"alpha": 1.0}, {"n": 2, "alpha": 0.0}]
    assert [t["label"] for t in tries] == ["α = 1", "n = 2, α = 0"]


def test_equations_are_trees_with_named_symbols(run: Run) -> None:
    (equation,) = info_of(run)["equations"]
    assert (equation["n"], equation["words"], equation["math"][0]) == (1, "identity", "math")
    assert '"name": "alpha"' in json.dumps(equation["math"])


def test_state_is_json_and_says_where_the_run_is() -> None:
    run = play(walk).step(3).set(by=2.0)
    state = json.loads(json.dumps(state_of(run, run._core, 4), allow_nan=False))
    assert (state["status"], state["number"], state["count"], state["epoch"]) == ("paused", 3, 4, 4)
    assert (state["params"]["by"], state["start"]["by"]) == (2.0, 1.0)
    assert state["events"] == [{"frame": 4, "name": "by", "old": 1.0, "new": 2.0}]
    run.close()


def test_an_error_reaches_the_state_on_one_line() -> None:
    def fails() -> Frames[dict[str, int]]:
        yield {"k": 0}
        raise ValueError("two\nlines")

    run = play(fails).start()
    run._driver.settle(None)
    error = state_of(run, run._core, 1)["error"]
    assert (error["text"], error["frame"]) == ("ValueError: two lines", 1)


# data -------------------------------------------------------------------------------------

FRAMES: list[dict[str, Any]] = [
    {
        "x": k / 3 if k else None,
        "i": k,
        "b": k == 1,
        "f4": np.full(2, k, np.float32),
        "f2": np.full(2, k, np.float16),
        "i8": np.full((1, 2), k),
        "u1": np.full(2, k, np.uint8),
        "flags": np.array([True, False]),
        "r": [[k, k]] * k,
        "t": ["a"] * (k + 1),
        "s": str(k),
    }
    for k in range(4)
]


@pytest.fixture
def trace() -> Trace:
    made = Trace()
    made.adopt(Schema.of(FRAMES[0]))
    for k, frame in enumerate(FRAMES):
        made.add(frame, 10 * k)
    return made


def decoded(column: dict[str, Any], buffers: list[bytes]) -> Any:
    """A column as a page reads it."""
    if "json" in column:
        return column["json"]
    flat = np.frombuffer(
        buffers[column["buffer"]], np.dtype(WIRE[column["dtype"]]).newbyteorder("<")
    )
    if "sizes" in column:
        ends = np.cumsum([int(np.prod(size)) for size in column["sizes"]])
        pieces = np.split(flat, ends[:-1])
        return [p.reshape(s).tolist() for p, s in zip(pieces, column["sizes"], strict=True)]
    return flat.reshape(-1, *column.get("shape", [])).tolist()


def test_numbers_come_for_all_light_rows_and_the_rest_for_heavy_rows(trace: Trace) -> None:
    columns, buffers = data_of(trace, (1, 4), (3, 4))
    found = {c["name"]: decoded(c, buffers) for c in columns}
    assert found["#frame"] == [10, 20, 30]
    assert (found["i"], found["b"]) == ([1, 2, 3], [1, 0, 0])
    assert (found["f4"], found["i8"]) == ([[3.0, 3.0]], [[[3.0, 3.0]]])
    assert (found["r"], found["t"], found["s"]) == ([[[3, 3]] * 3], [["a"] * 4], ["3"])


def test_types_are_those_a_page_can_view(trace: Trace) -> None:
    columns, _ = data_of(trace, (0, 4), (0, 4))
    kinds = {c["name"]: c.get("dtype") for c in columns if c["part"] == "heavy"}
    assert kinds == {
        "f4": "f4",
        "f2": "f4",
        "i8": "f8",
        "r": "f8",
        "u1": "u1",
        "flags": "u1",
        "t": None,
        "s": None,
    }


def test_an_absent_number_is_nan_on_the_wire(trace: Trace) -> None:
    columns, buffers = data_of(trace, (0, 2), (0, 0))
    x = next(decoded(c, buffers) for c in columns if c["name"] == "x")
    assert np.isnan(x[0])
    assert x[1] == pytest.approx(1 / 3)


def test_every_row_of_lists_comes_back(trace: Trace) -> None:
    columns, buffers = data_of(trace, (0, 0), (0, 4))
    lists = next(decoded(c, buffers) for c in columns if c["name"] == "r")
    assert lists == [[], [[1, 1]], [[2, 2]] * 2, [[3, 3]] * 3]


def unpacked(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    ends = np.cumsum([4 + length, *header["sizes"]]).tolist()
    return header, [data[a:b] for a, b in pairwise(ends)]


def test_a_packed_message_can_be_taken_apart() -> None:
    header, buffers = unpacked(packed({"type": "data"}, [b"one", b"", b"three"]))
    assert (header["type"], buffers) == ("data", [b"one", b"", b"three"])


def test_what_travels_with_the_widget_is_the_whole_of_a_short_run() -> None:
    run = play(walk).wait()
    header, buffers = unpacked(first_of(run.trace, run._core, 1)[0])
    assert (header["light"], header["heavy"], header["count"]) == ([0, 21], [20, 21], 21)
    assert decoded(header["cols"][1], buffers) == list(range(21))


def test_of_a_long_run_the_first_row_travels_with_the_widget() -> None:
    run = play(walk, laps=FIRST_ROWS).wait()
    header, _ = unpacked(first_of(run.trace, run._core, 1)[0])
    assert (header["light"], header["heavy"]) == ([0, 1], [0, 1])


def test_what_is_too_large_for_a_saved_notebook_does_not_travel() -> None:
    def large() -> Frames[dict[str, Any]]:
        yield {"x": np.zeros((1024, 1024))}

    run = play(large)
    assert first_of(run.trace, run._core, 1) == (b"", 0)
    run.close()
