"""Texts, boards and tables come in many shapes, and go on in one."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from mlwidgets import Grid, Table, Text
from mlwidgets.inputs import GridKind, TableKind, TextKind
from mlwidgets.params import Spec

ROWS = ("S..", ".#G")


def refusal(kind: Any, value: Any) -> str:
    with pytest.raises(ValueError, match=r"must|has") as caught:
        kind.check(value)
    return str(caught.value)


# texts ------------------------------------------------------------------------------------


def test_a_text_stays_a_text_of_its_own_type() -> None:
    checked = TextKind().check("once upon a time")
    assert (type(checked), checked) == (Text, "once upon a time")


def test_a_text_may_be_bounded_where_it_is_declared() -> None:
    def fn(text: Annotated[Text, TextKind(5)]) -> None: ...

    assert Spec.of(fn)["text"].body
    assert refusal(Spec.of(fn)["text"].kind, "too long") == "must have at most 5 characters, has 8"


def test_what_is_no_text_is_refused() -> None:
    assert refusal(TextKind(), b"bytes") == "must be a text"


# boards -----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [Grid(*ROWS), list(ROWS), ROWS, "S../.#G"])
def test_a_board_may_be_given_as_rows_or_as_one_word(value: Any) -> None:
    grid = GridKind().check(value)
    assert (grid.shape, grid.cells) == ((2, 3), "S...#G")


def test_a_board_is_written_as_one_word() -> None:
    assert GridKind().format(Grid(*ROWS)) == "S../.#G"


def test_a_boards_repr_can_be_typed_back() -> None:
    assert repr(Grid(*ROWS)) == "Grid('S..', '.#G')"


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (["S.", "..."], "must have rows of one length, has lengths 2, 3"),
        (["...", "..G"], "must have one start 'S', has 0"),
        (["SS.", "..G"], "must have one start 'S', has 2"),
        (["S..", "..."], "must have a goal 'G', has none"),
        (["S.x", "..G"], "has 'x', which is no cell"),
        (["S" + "." * 50 + "G"], "must be at most 40 x 40 cells"),
        ([], "must have at least one cell"),
        ([""], "must have at least one cell"),
        (7, "must be rows of characters"),
        ([1, 2], "must be rows of characters"),
    ],
)
def test_a_wrong_board_is_told_what_is_wrong(rows: Any, fault: str) -> None:
    assert refusal(GridKind(), rows).startswith(fault)


def test_a_board_keeps_its_size_while_a_run_goes() -> None:
    GridKind().follows(Grid(*ROWS), Grid("S.#", "..G"))
    with pytest.raises(ValueError, match="must keep its 2 x 3 cells"):
        GridKind().follows(Grid(*ROWS), Grid("S.G"))


def test_a_kind_of_board_has_its_own_cells() -> None:
    life = GridKind({"o": "alive", " ": "dead"}, once="", some="")
    assert life.check(["o o"]).cells == "o o"


# tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"x0": [1, 2], "x1": [3.5, 4]}),
        {"x0": [1, 2], "x1": [3.5, 4]},
        np.array([[1, 3.5], [2, 4]]),
        [[1, 3.5], [2, 4]],
        Table({"x0": np.array([1, 2]), "x1": np.array([3.5, 4])}),
    ],
    ids=["frame", "dict", "array", "rows", "table"],
)
def test_anything_tabular_is_a_table(value: Any) -> None:
    table = TableKind().check(value)
    assert list(table) == ["x0", "x1"]
    assert table["x1"].tolist() == [3.5, 4.0]


def test_a_bunch_brings_its_target() -> None:
    table = TableKind().check(load_iris())
    assert [*table][-1] == "target"
    assert TableKind().to_json(table)["rows"] == 150


def test_of_a_wide_table_all_columns_are_counted_and_few_are_named() -> None:
    told = TableKind().to_json(TableKind().check(np.zeros((2, 1000))))
    assert (told["rows"], told["wide"], len(told["columns"])) == (2, 1000, 50)


@pytest.mark.parametrize("names", [["a", "a"], [1, "1"]])
def test_a_name_that_two_columns_have_is_told(names: list[Any]) -> None:
    with pytest.raises(ValueError, match=f"must name each column once, '{names[0]}' is there 2"):
        TableKind().check(pd.DataFrame([[1, 2]], columns=names))


@pytest.mark.parametrize(
    "value",
    [7, "text", {}, {"a": 1}, {"a": np.zeros((2, 2))}, np.zeros(3), {"a": [1], "b": [1, 2]}],
)
def test_what_is_no_table_is_refused(value: Any) -> None:
    assert refusal(TableKind(), value).startswith("must")


def test_a_table_cannot_be_typed_on_a_line() -> None:
    with pytest.raises(ValueError, match=r"write \$name"):
        TableKind().parse("iris.csv")


def test_tables_are_compared_by_identity_not_by_arrays() -> None:
    one, other = (Table({"x": np.zeros(2)}) for _ in range(2))
    assert one == one
    assert one != other
