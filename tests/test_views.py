"""A view names columns that are there, and that it can draw."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypedDict

import numpy as np
import pytest

from mlwidgets import Bars, Board, Heatmap, Line, Scatter, Unit, Values, View, Words
from mlwidgets.errors import ViewError
from mlwidgets.frame import Schema
from mlwidgets.views import check_views, guess_views


class Step(TypedDict):
    loss: float
    W: Any
    p: Any
    said: str
    cells: list[int]
    epoch: Annotated[int, Unit]
    cube: Any


SCHEMA = Schema.of(
    {
        "loss": 1.0,
        "W": np.zeros((2, 4)),
        "p": np.zeros(3),
        "said": "",
        "cells": [1],
        "epoch": 0,
        "cube": np.zeros((2, 2, 2)),
    },
    Step,
)
GOOD = [
    Line("loss", "epoch", x="epoch", each="mean", log=True),
    Heatmap("W", signed=True),
    Board("W", agent="epoch"),
    Bars("p"),
    Bars("cells"),
    Values("loss", "p", "W"),
    Words("said"),
]


def refusal(view: Any) -> str:
    with pytest.raises(ViewError) as caught:
        check_views([view], SCHEMA)
    return str(caught.value)


@pytest.mark.parametrize("view", GOOD, ids=repr)
def test_a_view_of_what_is_there_is_allowed_and_plain_json(view: View) -> None:
    check_views([view], SCHEMA)
    assert json.loads(json.dumps(view.to_json()))["columns"] == list(view.columns)


@pytest.mark.parametrize("view", GOOD, ids=repr)
def test_a_views_repr_can_be_typed_back(view: View) -> None:
    makers: dict[str, Any] = {f.__name__: f for f in (Line, Heatmap, Board, Bars, Values, Words)}
    name, _, words = repr(view).rstrip(")").partition("(")
    given = [word.partition("=") for word in words.split(", ")]
    columns = [key.strip("'") for key, eq, _ in given if not eq]
    options = {k: {"True": True}.get(v, v.strip("'")) for k, eq, v in given if eq}
    assert makers[name](*columns, **options) == view


def test_an_unknown_column_is_told_the_nearest() -> None:
    assert refusal(Line("los")).startswith("Line('los') names 'los'. Did you mean 'loss'? (known:")


def test_the_columns_of_options_must_be_there_too() -> None:
    assert "names 'epic'. Did you mean 'epoch'?" in refusal(Line("loss", x="epic"))
    assert "names 'agent'" in refusal(Board("W", agent="agent"))


@pytest.mark.parametrize(
    "view",
    [Line("W"), Line("said"), Heatmap("p"), Heatmap("cube"), Bars("W"), Board("p"), Bars("loss")],
    ids=repr,
)
def test_a_view_refuses_what_it_cannot_draw(view: View) -> None:
    assert view.columns[0] in refusal(view).split(" draw", 1)[1]


@pytest.mark.parametrize("view", ["loss", None, Line])
def test_what_is_no_view_is_told_how_one_is_made(view: Any) -> None:
    assert refusal(view).startswith("a view is made by Line(...)")


def test_a_view_without_a_column_is_refused() -> None:
    assert refusal(Line()).startswith("Line() names no column (known: loss, W")


def test_views_are_guessed_from_the_first_frame() -> None:
    guessed = {view.columns[0]: view.kind for view in guess_views(SCHEMA)}
    assert guessed == {
        "loss": "line",
        "W": "heatmap",
        "p": "bars",
        "said": "words",
        "cells": "bars",
    }


def test_a_guessed_curve_counts_in_the_unit() -> None:
    assert guess_views(SCHEMA)[0].options["x"] == "epoch"


def test_what_is_guessed_can_be_drawn() -> None:
    check_views(guess_views(SCHEMA), SCHEMA)


def test_frames_that_only_count_get_a_table() -> None:
    class Only(TypedDict):
        epoch: Annotated[int, Unit]

    schema = Schema.of({"epoch": 0}, None)
    counted = Schema((SCHEMA["epoch"],))
    assert [v.kind for v in guess_views(schema)] == ["line"]
    assert [v.kind for v in guess_views(counted)] == ["values"]


def test_a_counter_is_no_curve_beside_anything_else() -> None:
    schema = Schema.of({"step": 0, "loss": 1.0, "hits": 3}, None)
    assert [v.columns for v in guess_views(schema)] == [("loss",), ("hits",)]


PLANE = Schema.of(
    {"xy": np.zeros((5, 2)), "z": np.zeros(5), "mu": np.zeros((2, 2)), "loss": 0.5}, None
)


def test_points_in_the_plane_name_their_columns_and_the_parameters_a_hand_changes() -> None:
    view = Scatter("xy", labels="z", marks="mu", names=("owl", "fox"), draws="data", moves="mu0")
    check_views([view], PLANE)
    told = view.to_json()
    assert (told["kind"], told["draws"], told["moves"]) == ("scatter", "data", "mu0")
    assert told["names"] == ["owl", "fox"]
    assert Scatter("xy", axes="z").to_json()["axes"] == "z"


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (Scatter("xyz"), "Did you mean 'xy'?"),
        (Scatter("xy", marks="muu"), "Did you mean 'mu'?"),
        (Scatter("xy", field="lots"), "names 'lots'"),
        (Scatter("loss"), "cannot draw 'loss', which is a float"),
        (Scatter("z"), "cannot draw 'z', which is an array of shape (5,)"),
    ],
)
def test_points_that_are_none_are_told_before_anything_is_drawn(view: View, words: str) -> None:
    with pytest.raises(ViewError, match=r"Scatter\(") as caught:
        check_views([view], PLANE)
    assert words in str(caught.value)
