"""A frame is checked against its schema, and copied as it is kept."""

from __future__ import annotations

import math
from typing import Annotated, Any, TypedDict

import numpy as np
import pytest
import torch

from mlwidgets import Array, Measured, Metric, Ragged, Unit
from mlwidgets.errors import FrameError
from mlwidgets.frame import Schema, as_numpy, cell_of
from mlwidgets.trace import Trace


class Step(TypedDict):
    Q: Annotated[Array, "state action"]
    loss: Annotated[float, Metric(better="lower"), "nats"]
    k: Annotated[int, Unit(total="epochs")]
    words: list[str]
    said: str
    ms: Annotated[float, Measured]


FRAME: dict[str, Any] = {
    "Q": np.zeros((2, 3)),
    "loss": 0.5,
    "k": 0,
    "words": [],
    "said": "hello",
    "ms": 1.0,
}


def refusal(frame: Any, hint: Any = None) -> str:
    with pytest.raises(FrameError) as caught:
        Schema.of(frame, hint)
    return str(caught.value)


def test_a_typed_dict_declares_the_columns() -> None:
    schema = Schema.of(FRAME, Step, {"loss": "training loss"})
    assert [c.kind for c in schema.columns] == ["array", "float", "int", "texts", "text", "float"]
    assert schema["loss"].words == "training loss"


def test_annotations_say_axes_measures_and_units() -> None:
    schema = Schema.of(FRAME, Step)
    assert (schema["Q"].axes, schema["loss"].measure) == (["state", "action"], "nats")
    assert schema["k"].unit == Unit("epochs")


def test_metrics_and_measured_quantities_are_marked() -> None:
    schema = Schema.of(FRAME, Step)
    assert schema["loss"].better == "lower"
    assert [c.name for c in schema.columns if c.measured] == ["ms"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, "int"),
        (1.5, "float"),
        (None, "float"),
        (True, "bool"),
        (np.bool_(True), "bool"),
        (np.float32(1), "float"),
        (np.int8(1), "int"),
        (torch.tensor(1.5), "float"),
        (torch.tensor(3), "int"),
        ("a", "text"),
        (["a", "b"], "texts"),
        ([1, 2], "ragged"),
        ((), "ragged"),
        (np.zeros(3), "array"),
        (torch.zeros(2, 2), "array"),
    ],
)
def test_a_plain_dicts_first_frame_is_its_schema(value: Any, kind: str) -> None:
    assert Schema.of({"x": value})["x"].kind == kind


@pytest.mark.parametrize("frame", [None, 3, [1], "text", (1, 2)])
def test_a_frame_is_a_dict(frame: Any) -> None:
    assert refusal(frame).startswith("a frame is a dict of named values, not ")


@pytest.mark.parametrize("value", [{}, object(), 1j, b"x", {1, 2}, np.longdouble(1)])
def test_what_no_frame_holds_is_refused(value: Any) -> None:
    assert "a frame holds numbers, arrays, lists and texts" in refusal({"x": value})


def test_an_empty_frame_is_refused() -> None:
    assert "at least one named value" in refusal({})


def test_a_name_is_a_text_and_not_one_of_the_traces_own() -> None:
    assert refusal({1: 2}) == "a value's name is a text, not int 1"
    assert "begin with #" in refusal({"#frame": 2})


def test_an_undeclared_name_is_told_the_nearest() -> None:
    frame = {**FRAME, "los": 1.0}
    assert refusal(frame, Step).startswith("has 'los', which is not declared. Did you mean 'loss'?")


def test_a_missing_name_is_told() -> None:
    frame = {name: value for name, value in FRAME.items() if name != "said"}
    assert refusal(frame, Step) == "lacks 'said' (has: Q, loss, k, words, ms)"


@pytest.mark.parametrize(
    ("name", "value"), [("loss", np.zeros(2)), ("loss", "low"), ("said", 3), ("k", [1])]
)
def test_a_declared_type_holds(name: str, value: Any) -> None:
    assert refusal({**FRAME, name: value}, Step).startswith(f"{name!r} is declared ")


def test_absent_is_none_whatever_is_declared() -> None:
    schema = Schema.of({**FRAME, "loss": None, "k": None, "said": None}, Step)
    assert [schema[n].kind for n in ("loss", "k", "said")] == ["float", "int", "text"]


def test_a_number_that_is_absent_is_kept_as_nan() -> None:
    cell = cell_of(Schema.of({"x": 1.0})["x"])
    assert math.isnan(cell(None))


# keeping ----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.arange(6.0).reshape(2, 3), torch.arange(6).reshape(2, 3)])
def test_an_array_is_copied_as_it_is_kept(value: Any) -> None:
    cell = cell_of(Schema.of({"x": value})["x"])
    kept = [cell(value), cell(value)]
    value[:] = 0
    assert all(k.sum() == 15 for k in kept)


def test_a_tensor_that_learns_is_kept_as_numbers() -> None:
    tensor = torch.ones(2, requires_grad=True) * 3
    kept = as_numpy(tensor.to(torch.bfloat16))
    assert kept.dtype == np.float32
    assert kept.tolist() == [3.0, 3.0]


def test_an_arrays_shape_must_not_change() -> None:
    cell = cell_of(Schema.of({"x": np.zeros((2, 3))})["x"])
    with pytest.raises(FrameError, match=r"shape \(3, 2\), the first frame's had \(2, 3\)"):
        cell(np.zeros((3, 2)))


@pytest.mark.parametrize(
    "value", [np.array(["a"]), np.zeros(1, complex), np.zeros(1, np.longdouble), np.array([None])]
)
def test_an_array_holds_real_numbers(value: Any) -> None:
    cell = cell_of(Schema.of({"x": value})["x"])
    with pytest.raises(FrameError, match="a frame's arrays hold real numbers"):
        cell(value)


def test_numbers_of_the_other_byte_order_are_turned() -> None:
    value = np.arange(3, dtype=">f8")
    kept = cell_of(Schema.of({"x": value})["x"])(value)
    assert kept.dtype.isnative
    assert kept.tolist() == [0.0, 1.0, 2.0]


def test_a_list_may_change_its_length_but_its_rows_have_one() -> None:
    cell = cell_of(Schema.of({"x": [1]})["x"])
    assert [cell(v).tolist() for v in ([], [1, 2], [[1, 2], [3, 4]])] == [
        [],
        [1, 2],
        [[1, 2], [3, 4]],
    ]
    with pytest.raises(FrameError, match="rows of a list have one length"):
        cell([[1], [2, 3]])


def test_a_list_of_tensors_is_a_list() -> None:
    cell = cell_of(Schema.of({"x": [1]})["x"])
    assert cell([torch.tensor(1.0), torch.tensor(2.0)]).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("first", "then"),
    [(1.0, "a"), (1.0, np.zeros(2)), ("a", 1), (["a"], "a"), ([1], 3), (np.zeros(2), 1.0)],
)
def test_a_columns_kind_must_not_change(first: Any, then: Any) -> None:
    cell = cell_of(Schema.of({"x": first})["x"])
    with pytest.raises(FrameError, match="'x' was a"):
        cell(then)


def test_a_columns_json_is_what_the_page_needs() -> None:
    column = Schema.of(FRAME, Step)["Q"].to_json()
    assert (column["shape"], column["axes"], column["light"]) == (
        [2, 3],
        ["state", "action"],
        False,
    )


class Cloud(TypedDict):
    xy: Ragged


def test_an_array_declared_ragged_may_change_its_length() -> None:
    trace, first = Trace(), np.zeros((3, 2))
    trace.open({"xy": first}, Cloud)
    trace.add({"xy": first}, 0)
    first += 1
    trace.add({"xy": torch.ones(5, 2)}, 1)
    trace.add({"xy": np.ones((0, 2))}, 2)
    assert trace.schema["xy"].kind == "ragged"
    assert [cell.shape for cell in trace["xy"]] == [(3, 2), (5, 2), (0, 2)]
    assert not trace["xy"][0].any(), "what is kept is a copy"
