"""Each kind of parameter reads, checks, writes and controls its values."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwidgets import tokens
from mlwidgets.kinds import (
    Choice,
    Flag,
    Kind,
    ListOf,
    Log,
    Maybe,
    Number,
    Opaque,
    Range,
    String,
    same,
)

RATE = Number(range=Range(0, 1))
COUNT = Number(whole=True, range=Range(1, 10))
KINDS: dict[str, tuple[Kind, Any]] = {
    "rate": (RATE, 0.3),
    "tiny": (Number(), 1e-300),
    "count": (COUNT, 7),
    "flag": (Flag(), True),
    "choice": (Choice(("adam", "sgd", 3)), 3),
    "text": (String(), "hello"),
    "words": (String(), "two words, a 'quote' and a $"),
    "nothing": (String(), ""),
    "numbers": (ListOf(Number()), [1.0, 2.5]),
    "texts": (ListOf(String()), ["a b", "c"]),
    "lists": (ListOf(ListOf(Number(whole=True))), [[1, 2], []]),
    "none": (Maybe(RATE), None),
    "some": (Maybe(RATE), 0.5),
}


def refusal(kind: Kind, value: Any) -> str:
    with pytest.raises(ValueError, match=r"must|has|item") as caught:
        kind.check(value)
    return str(caught.value)


@pytest.mark.parametrize(("kind", "value"), KINDS.values(), ids=KINDS)
def test_what_is_written_on_a_line_is_read_back(kind: Kind, value: Any) -> None:
    line = tokens.parse(f"x={kind.format(value)}", [])
    text = line.params["x"]
    assert isinstance(text, str)
    assert kind.parse(text) == value


@pytest.mark.parametrize(("kind", "value"), KINDS.values(), ids=KINDS)
def test_a_control_and_a_value_are_plain_json(kind: Kind, value: Any) -> None:
    said = json.loads(json.dumps([kind.control(), kind.to_json(value)], allow_nan=False))
    assert kind.check(said[1]) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_survives_the_line_bit_for_bit(value: float) -> None:
    assert Number().parse(Number().format(value)) == value


def test_a_number_outside_its_range_is_told_the_range() -> None:
    assert refusal(RATE, 9.0) == "must lie in [0, 1]"
    assert refusal(COUNT, 11) == "must lie in [1, 10]"


def test_both_ends_of_a_range_are_allowed() -> None:
    assert (RATE.check(0), RATE.check(1.0)) == (0.0, 1.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_is_finite(value: float) -> None:
    assert refusal(Number(), value) == "must be finite"


@pytest.mark.parametrize("value", ["0.5", True, None, [1.0], np.zeros(2), 10**400, 1j])
def test_what_is_no_number_is_refused_whatever_it_is(value: Any) -> None:
    assert refusal(RATE, value) == "must be a number in [0, 1]"


@pytest.mark.parametrize("value", [np.float32(0.5), np.array(0.5), np.int64(0)])
def test_a_number_of_numpys_becomes_pythons(value: Any) -> None:
    assert type(RATE.check(value)) is float


@pytest.mark.parametrize("value", [3, 3.0, np.int32(3)])
def test_a_whole_number_may_come_as_any_type_that_is_whole(value: Any) -> None:
    checked = COUNT.check(value)
    assert (type(checked), checked) == (int, 3)


@pytest.mark.parametrize("value", [3.5, "3", True, math.nan, math.inf, None])
def test_what_is_not_whole_is_refused(value: Any) -> None:
    assert refusal(COUNT, value) == "must be a whole number in [1, 10]"


@pytest.mark.parametrize("text", ["1e3", "1000", " 1000", "1e3.", "1000.0"][:3])
def test_a_whole_number_may_be_written_with_an_exponent(text: str) -> None:
    assert Number(whole=True).parse(text) == 1000


@pytest.mark.parametrize("text", ["", "abc", "1.5", "9" * 5000, "nan", "1e400"])
def test_a_text_that_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a whole number"):
        Number(whole=True).parse(text)


@pytest.mark.parametrize("text", ["", "abc", "0,5"])
def test_a_text_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be a number in \[0, 1\]"):
        RATE.parse(text)


def test_a_slider_moves_in_a_power_of_ten_near_a_hundredth_of_its_span() -> None:
    assert RATE.control()["step"] == pytest.approx(0.01)
    assert Number(range=Range(0, 300)).control()["step"] == 1.0


def test_a_range_without_an_end_has_a_field_in_place_of_a_slider() -> None:
    control = Number(range=Range(0, math.inf)).control()
    assert (control["lo"], control["hi"]) == (0, None)


def test_a_log_range_says_so() -> None:
    assert Number(range=Log(1e-4, 1)).control()["log"] is True


@pytest.mark.parametrize("text", ["true", "Yes", "on", "1"])
def test_a_flag_is_written_in_many_ways(text: str) -> None:
    assert Flag().parse(text) is True


def test_a_flag_is_neither_a_number_nor_any_text() -> None:
    assert refusal(Flag(), 1) == "must be true or false"
    with pytest.raises(ValueError, match="must be true or false"):
        Flag().parse("perhaps")


def test_numpys_flag_is_a_flag() -> None:
    assert Flag().check(np.bool_(True)) is True


def test_a_choice_keeps_the_type_of_what_was_declared() -> None:
    kind = Choice((1, "1", True))
    assert [type(kind.check(v)) for v in (1, "1", True)] == [int, str, bool]


def test_a_wrong_choice_is_told_the_nearest() -> None:
    assert refusal(Choice(("adam", "sgd")), "adm") == (
        "must be one of adam, sgd. Did you mean 'adam'?"
    )


def test_a_text_has_a_limit() -> None:
    assert refusal(String(limit=3), "four") == "must have at most 3 characters, has 4"


def test_an_array_is_a_list() -> None:
    assert ListOf(Number()).check(np.arange(3)) == [0.0, 1.0, 2.0]


def test_a_lists_fault_names_the_item() -> None:
    assert refusal(ListOf(RATE), [0.5, 9]) == "item 1, 9, must lie in [0, 1]"


@pytest.mark.parametrize("text", ["1, 2", "[1", "__import__('os')", "[" * 100_000, "7"])
def test_a_list_is_read_as_a_literal_or_not_at_all(text: str) -> None:
    with pytest.raises(ValueError, match="each a number"):
        ListOf(Number()).parse(text) if text != "1, 2" else ListOf(Number()).check(text)


def test_an_object_must_be_of_the_declared_type() -> None:
    assert refusal(Opaque(dict), []) == "must be an object of type dict"
    assert Opaque().check(None) is None


def test_an_object_is_shown_by_its_repr_cut_short() -> None:
    shown = Opaque().to_json(list(range(1000)))
    assert len(shown) == 80


def test_a_live_value_that_may_be_none_follows_the_inner_kinds_rule() -> None:
    class Even(Number):
        def follows(self, old: Any, new: Any) -> None:
            raise ValueError("must stay")

    Maybe(Even()).follows(None, 1)
    with pytest.raises(ValueError, match="must stay"):
        Maybe(Even()).follows(2, 3)


def test_arrays_are_the_same_only_as_one_object() -> None:
    array = np.zeros(3)
    assert same(array, array)
    assert not same(array, array.copy())
