"""A trace keeps frames by their number alone, and reads them by column."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

import numpy as np
import pytest

from mlwidgets import Measured
from mlwidgets.errors import FrameError
from mlwidgets.trace import Trace


def record(numbers: Any, frame: Any = None, **bounds: int) -> Trace:
    """A trace of frames offered as a run offers them: each one that is due."""
    make = frame or (lambda n: {"n": n, "x": np.full(2, n)})
    trace, due = Trace(**bounds), 0
    trace.open(make(0))
    for n in numbers:
        if n >= due:
            trace.add(make(n), n)
            due = trace.due(n)
    return trace


def test_a_column_is_an_array_whose_first_axis_is_the_frames() -> None:
    trace = record(range(5))
    assert trace["x"].shape == (5, 2)
    assert trace["n"].tolist() == trace.frames.tolist() == [0, 1, 2, 3, 4]


def test_an_unknown_column_is_told_the_nearest() -> None:
    with pytest.raises(KeyError, match=r"no column 'm'\. .*known: n, x|no column 'm'"):
        record(range(2))["m"]
    assert "m" not in record(range(2))
    with pytest.raises(KeyError, match=r"must be a column's name; .row\(-1\) is one frame"):
        record(range(2))[-1]  # type: ignore[index]  # it is what is tested


def test_a_recorded_frame_does_not_change_with_the_algorithms_arrays() -> None:
    Q = np.zeros(3)
    trace = Trace()
    trace.open({"Q": Q})
    for k in range(3):
        Q += 1
        trace.add({"Q": Q}, k)
    assert trace["Q"].tolist() == [[1, 1, 1], [2, 2, 2], [3, 3, 3]]


@pytest.mark.parametrize("length", [1, 10, 16, 17, 33, 100, 1000])
def test_frames_are_thinned_by_number_to_every_second_power(length: int) -> None:
    trace = record(range(length), max_frames=16)
    stride = int(np.diff(trace.frames)[0]) if len(trace) > 1 else 1
    assert len(trace) <= 16
    assert trace.frames.tolist() == list(range(0, trace.last + 1, stride))
    assert length - trace.last <= stride


def test_two_recordings_of_one_run_keep_the_same() -> None:
    assert record(range(777), max_frames=20).hash == record(range(777), max_frames=20).hash


def test_thinning_begins_a_new_epoch_and_leaves_readers_their_past() -> None:
    trace = record(range(16), max_frames=16)
    rows, epoch = trace._rows, trace.epoch
    trace.add({"n": 16, "x": np.zeros(2)}, 16)
    assert trace.epoch == epoch + 1
    assert rows.frames == list(range(17))


def test_marked_frames_stay_however_thin_the_rest() -> None:
    trace, due = Trace(max_frames=10), 0
    trace.open({"n": 0})
    for n in range(500):
        if n >= due or n == 3:
            trace.add({"n": n}, n, marked=n == 3)
            due = trace.due(n)
    assert 3 in trace.frames
    assert len(trace) <= 10


def test_bytes_are_bounded_as_well_as_frames() -> None:
    trace = record(range(200), lambda n: {"x": np.zeros(1000)}, max_bytes=100_000)
    assert trace.nbytes <= 100_000
    assert trace.nbytes == len(trace) * 8000


def test_lists_and_texts_count_by_their_length() -> None:
    trace = record(range(50), lambda n: {"t": "x" * 100, "r": [0.0] * n}, max_bytes=10_000)
    held = sum(map(len, trace["t"])) + sum(a.nbytes for a in trace["r"])
    assert trace.nbytes == held <= 10_000


def test_marks_alone_do_not_loop_for_ever() -> None:
    trace = Trace(max_frames=4)
    trace.open({"n": 0})
    for n in range(20):
        trace.add({"n": n}, n, marked=True)
    assert trace.frames.tolist() == list(range(20))


@pytest.mark.parametrize(
    "frame",
    [
        {"n": 1},
        {"n": 1, "x": np.zeros(2), "y": 0},
        {"n": 1, "x": np.zeros(3)},
        {"n": "one", "x": np.zeros(2)},
        None,
        [1, 2],
    ],
    ids=["lacks", "more", "shape", "kind", "none", "list"],
)
def test_a_wrong_frame_leaves_the_trace_whole(frame: Any) -> None:
    trace = record(range(3))
    with pytest.raises(FrameError, match=r"^frame 3: "):
        trace.add(frame, 3)
    assert {len(values) for values in trace._rows.values.values()} == {3}


def test_integers_and_flags_stay_exact() -> None:
    trace = record(range(3), lambda n: {"i": 2**62 + n, "b": n == 1})
    assert trace["i"].tolist() == [2**62, 2**62 + 1, 2**62 + 2]
    assert trace["b"].tolist() == [False, True, False]


def test_integers_beyond_64_bits_become_floats() -> None:
    trace = record(range(2), lambda n: {"i": 10**30})
    assert trace["i"].tolist() == [1e30, 1e30]


def test_absent_numbers_are_nan() -> None:
    trace = record(range(3), lambda n: {"x": None if n == 1 else 1.0})
    assert np.isnan(trace["x"]).tolist() == [False, True, False]


def test_lists_and_texts_are_read_as_objects() -> None:
    trace = record(range(3), lambda n: {"r": [0] * n, "t": ["a"] * (n + 1), "s": str(n)})
    assert [a.tolist() for a in trace["r"]] == [[], [0], [0, 0]]
    assert (trace["t"].tolist(), trace["s"].tolist()) == (
        [("a",), ("a", "a"), ("a", "a", "a")],
        ["0", "1", "2"],
    )


def test_a_row_is_one_frame_by_position() -> None:
    trace = record(range(4))
    assert (trace.row(2)["n"], trace.row(-1)["n"]) == (2, 3)
    with pytest.raises(IndexError, match="position 4: the trace has 4 frames"):
        trace.row(4)


def test_a_part_may_be_read_and_ends_where_the_trace_ends() -> None:
    part = record(range(5)).read(["n", "#frame"], 3, 99)
    assert part["n"].tolist() == part["#frame"].tolist() == [3, 4]


class Timed(TypedDict):
    loss: float
    ms: Annotated[float, Measured]


def timed(ms: float, loss: float = 1.0) -> Trace:
    trace = Trace()
    trace.open({"loss": loss, "ms": ms}, Timed)
    trace.add({"loss": loss, "ms": ms}, 0)
    return trace


def test_measured_quantities_are_outside_the_hash() -> None:
    assert timed(1.0).hash == timed(2.0).hash
    assert timed(1.0).hash != timed(1.0, loss=2.0).hash


@pytest.mark.parametrize("name", ["n", "x"])
def test_the_hash_sees_one_bit(name: str) -> None:
    one = record(range(5))
    other = record(range(5), lambda n: {"n": n + (name == "n"), "x": np.full(2, n + (name == "x"))})
    assert one.hash != other.hash


def test_a_snapshot_is_of_one_moment() -> None:
    trace = record(range(16), max_frames=16)
    now = trace.snapshot()
    for n in range(16, 40, 2):
        trace.add({"n": n, "x": np.zeros(2)}, n)
    assert now.frames.tolist() == list(range(16))
    assert now["n"].tolist() == list(range(16))


def test_a_trace_is_a_data_frame() -> None:
    table = record(range(3)).to_pandas()
    assert (table.index.name, table["n"].tolist()) == ("frame", [0, 1, 2])
    assert table["x"].iloc[2].tolist() == [2, 2]


def test_numpy_gets_every_column_and_the_numbers() -> None:
    assert set(record(range(3)).to_numpy()) == {"#frame", "n", "x"}


def test_an_empty_trace_says_so() -> None:
    trace = Trace()
    assert (len(trace), trace.last, bool(trace)) == (0, -1, False)
    assert repr(trace) == "<Trace of 0 frames: nothing yet>"


def test_an_array_that_cannot_change_is_kept_once() -> None:
    """`X.setflags(write=False)`: yielded again it takes no memory; bounds and hash are as ever."""
    X = np.arange(10_000.0).reshape(-1, 2)
    fixed = X.copy()
    fixed.setflags(write=False)

    def recorded(data: Any) -> Trace:
        trace = Trace(max_bytes=400_000)
        for k in range(4):
            frame = {"X": data, "k": k}
            if not k:
                trace.open(frame)
            trace.add(frame, k)
        return trace

    copied, kept = recorded(X), recorded(fixed)
    assert len({id(kept.row(k)["X"]) for k in range(4)}) == 1
    assert len({id(copied.row(k)["X"]) for k in range(4)}) == 4
    assert kept.nbytes == copied.nbytes, "who reads it all needs as much"
    assert np.array_equal(kept["X"], copied["X"])
    assert kept.hash == copied.hash


@pytest.mark.parametrize("ragged", [False, True])
def test_whoever_made_an_array_read_only_cannot_change_the_past(ragged: bool) -> None:
    X = np.zeros(3)
    earlier = X[:]
    X.setflags(write=False)
    trace = Trace()
    trace.open({"X": [0.0, 0.0, 0.0]} if ragged else {"X": X})
    trace.add({"X": X}, 0)
    earlier[0] = 7
    trace.add({"X": X}, 1)
    X.setflags(write=True)
    X[0] = 8
    X.setflags(write=False)
    trace.add({"X": X}, 2)
    assert [row["X"][0] for row in map(trace.row, range(3))] == [0, 7, 8]


def test_an_array_that_can_change_is_copied() -> None:
    X = np.zeros(3)
    view = X[:]
    view.setflags(write=False)
    trace = Trace()
    trace.open({"X": view})
    for k in range(2):
        trace.add({"X": view}, k)
        X += 1
    assert trace["X"].tolist() == [[0, 0, 0], [1, 1, 1]]
