"""Points as a parameter: drawn, named, written, or the columns of somebody's data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from sklearn.datasets import load_iris

from mlwidgets import Points, PointsKind
from mlwidgets.errors import ParamError
from mlwidgets.params import Param, Spec
from mlwidgets.points import SETS, WHOLE, WRITTEN
from mlwidgets.replay.card import digest

ANY = PointsKind()
TWO = PointsKind(classes=2)
LINE = Points("line")
XY = [[0.5, -1.0], [2.0, 300.0]]


def refused(value: Any, kind: PointsKind = TWO) -> str:
    with pytest.raises(ParamError) as caught:
        Param("data", kind).check(value)
    text = str(caught.value)
    assert text.startswith("data="), "it names the parameter"
    assert "\n" not in text, "it is one line"
    assert len(text) < 260, "it is a short one"
    return text


@pytest.mark.parametrize(
    "value",
    [
        XY,
        np.array(XY),
        np.array(XY, dtype=np.float32),
        np.array(XY, dtype=object),
        torch.tensor(XY),
        torch.tensor(XY, requires_grad=True),
        pd.DataFrame(XY, columns=["height", "weight"]),
        pd.DataFrame(XY).astype("Float64"),
        {"x": [0.5, 2], "y": [-1, 300]},
        "0.5,-1;2,300",
        {"xy": XY, "labels": [0, 0]},
        Points(XY),
    ],
)
def test_what_comes_as_points_is_them_in_its_own_coordinates(value: Any) -> None:
    points = TWO.check(value)
    assert points == Points(XY)
    assert [str(a.dtype) for a in (points.xy, points.labels)] == ["float64", "int64"]
    assert not any(a.flags.writeable for a in (points.xy, points.labels))


def test_a_third_column_is_the_label_as_number_or_as_word() -> None:
    wanted = Points(XY, [1, 0])
    assert TWO.check(np.column_stack([XY, [1, 0]])) == wanted
    assert TWO.check({"x": [0.5, 2], "y": [-1, 300], "sick": [True, False]}) == wanted
    named = pd.DataFrame({"x": [0.5, 2], "y": [-1, 300], "species": ["owl", "fox"]})
    assert TWO.check(named) == wanted
    assert TWO.check("0.5,-1,1;2,300") == wanted


def test_an_algorithm_that_tells_no_classes_apart_gets_no_labels() -> None:
    assert ANY.check(np.column_stack([XY, [7, 0]])) == Points(XY)
    assert set(PointsKind(classes=3).check("blobs").labels) == {0, 1, 2}
    assert set(TWO.check("blobs").labels) == {0, 1}
    assert set(ANY.check("blobs").labels) == {0}


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_the_same_each_time_and_lies_in_its_square(name: str) -> None:
    points = ANY.check(name)
    assert [len(ANY.check(f"{name}{n}")) for n in ("", ":37", ":1", ":0")] == [200, 37, 1, 0]
    assert points == ANY.check(name)
    assert PointsKind(classes=9).check(name) == Points(name)
    assert np.abs(points.xy).max() <= 1
    assert len(np.unique(points.xy, axis=0)) > 190


@pytest.mark.parametrize(
    "value", ["moons", "moons:500", "none", "0.1,0.2;0.3,0.4,1", Points([[1e-9, 0.1]])]
)
def test_a_word_of_the_line_gives_them_again(value: Any) -> None:
    points = TWO.check(value)
    word = TWO.format(points)
    assert TWO.parse(word.strip("'")) == points
    if isinstance(value, str):
        assert word.strip("'") == value
    assert TWO.format(Points(np.random.default_rng(0).random((WRITTEN + 1, 2)))) == "$points"


numbers = some.floats(-1e100, 1e100, allow_nan=False)


@given(some.lists(some.tuples(numbers, numbers, some.integers(0, 1)), max_size=WRITTEN // 50))
def test_written_points_are_exact(rows: list[tuple[float, float, int]]) -> None:
    points = Points([row[:2] for row in rows], [row[2] for row in rows])
    assert TWO.parse(TWO.format(points).strip("'")) == points
    assert TWO.check(TWO.to_json(points)) == points


def test_many_points_go_to_the_page_as_a_sample_and_come_back_whole() -> None:
    rng = np.random.default_rng(0)
    many = Points(rng.random((WHOLE + 1, 2)), rng.integers(0, 2, WHOLE + 1))
    sent = TWO.to_json(many)
    assert sent["count"] == WHOLE + 1
    assert len(sent["xy"]) == len(sent["labels"]) < 600
    assert TWO.check(sent) is many
    assert "no longer here" in refused({**sent, "digest": "0123456789abcdef"})
    few = TWO.to_json(TWO.check("moons"))
    assert TWO.check(few).name == "moons"
    assert TWO.check({**few, "name": "moons:999"}).name == "moons", "it says how many there are"
    other = [1 - label for label in few["labels"]]
    assert TWO.check({**few, "labels": other}).name == "", "its labels are not the set's"
    assert ANY.check(ANY.to_json(ANY.check("moons"))).name == "moons", "where labels are left out"
    few["xy"][3][0] += 0.001
    assert TWO.check(few).name == "", "what was moved is no longer the set"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([[0, float("nan")]], "finite numbers"),
        ([[0, 0], [float("inf"), 1]], "in row 1"),
        ([[0, 1e300]], "up to 1e+100"),
        ([["a", "b"]], "'x' must hold numbers, holds texts"),
        ([[1, 2], [3]], "rows of one length"),
        ([1, 2], "has the shape 2"),
        (np.zeros((2, 2, 2)), "has the shape 2 x 2 x 2"),
        (np.zeros((3, 4)), "has the shape 3 x 4"),
        ([[1, 2, 0.5]], "'z', is no label: it has 0.5"),
        ([[1, 2, 2]], "labels 0 to 1, has 2 in row 0"),
        ([[1, 2, -1]], "from 0 on, has -1"),
        ([[1, 2, float("nan")]], "is no label"),
        (np.array([[1j, 2]]), "complex"),
        (np.array([[object(), 1]]), "'x' must hold numbers, holds objects"),
        (pd.DataFrame({"a": [1, 2], "b": [1, None]}), "in row 1"),
        (pd.DataFrame({"a": [1], "b": [pd.Timestamp(0)]}), "'b' must hold numbers, holds dates"),
        (pd.DataFrame({"a": [1.0], "b": [2.0], "c": [2.5]}), "'c', is no label: it has 2.5"),
        (pd.DataFrame(np.zeros((3, 5)), columns=list("abcde")), "has 5 (a, b, c, d, e): choose"),
        (load_iris(), "sepal length (cm), sepal w"),
        (pd.DataFrame({"a": [1, 2]}), "has 1 (a)"),
        (pd.DataFrame(), "none"),
        ({"x": [1], "y": [2, 3]}, "columns of one length"),
        ("moon", "Did you mean 'moons'?"),
        ("moons:99999999", "at most 20,000"),
        ("1,2;three", "'three'"),
        ("1,2;3", "such as 0.1,0.2"),
        ("1e999,2", "finite"),
        (np.zeros((20_001, 2)), "at most 20,000 points, has 20,001"),
        ({"xy": [[1, 2]], "labels": [0, 1]}, "a label for each of 1"),
        ({"xy": [[1, 2]], "labels": ["<b>"]}, "whole numbers"),
        ({"xy": [[1, 2]], "labels": [0.5]}, "whole numbers"),
        ({"xy": "abc", "labels": None}, "is no set of points"),
        ({"xy": [[{}, 2]]}, "two numbers"),
        ({"xy": [[1, 2]], "labels": [[0], [0, 1]]}, "a label for each of 1"),
        ({"digest": "0"}, "no longer here"),
        ({"digest": ""}, "no longer here"),
        ({"digest": ["0"]}, "two columns"),
        (5, "an array (n, 2)"),
        (None, "an array (n, 2)"),
        (b"moons", "must"),
        (Points, "an array (n, 2)"),
    ],
)
def test_what_are_no_points_is_told_in_one_line(value: Any, words: str) -> None:
    assert words in refused(value)


def test_a_table_may_have_a_column_called_as_what_the_page_sends() -> None:
    assert TWO.check({"digest": [1, 2], "y": [3, 4]}) == Points([[1, 3], [2, 4]])
    assert TWO.check({"xy": [1, 2], "y": [3, 4]}) == Points([[1, 3], [2, 4]])


def test_no_points_are_points_where_none_are_asked_for() -> None:
    nothing: Any
    for nothing in ("none", "", [], np.zeros((0, 2)), {"xy": [], "labels": []}):
        assert len(ANY.check(nothing)) == 0
    assert "at least 2 points, has none" in refused([], PointsKind(least=2))
    assert "none" not in PointsKind(least=1).choices
    assert len(PointsKind(most=50).check("moons")) == 50


def test_the_page_is_told_how_they_are_drawn() -> None:
    said = Param("data", PointsKind(classes=3, least=1, most=50, lo=0, hi=10)).control()
    assert (said["kind"], said["classes"], said["least"], said["most"]) == ("points", 3, 1, 50)
    assert (said["lo"], said["hi"]) == (0, 10)
    assert "moons" in said["choices"]


def test_an_annotation_alone_makes_a_parameter() -> None:
    def f(data: Points = LINE, marks: Points | None = None) -> None: ...

    spec = Spec.of(f)
    assert spec.check({"data": "circles:7"})["data"].name == "circles:7"
    assert spec.line(spec.check({})) == "", "defaults are left out of the line"
    assert spec.parse({"marks": "1,2"})["marks"] == Points([[1, 2]])


def test_they_compare_hash_and_tell_themselves_by_value() -> None:
    one, other = Points(XY), Points(np.array(XY))
    assert (one, hash(one), digest(one)) == (other, hash(other), digest(other))
    marked = Points(XY, [0, 1])
    assert one != marked
    assert digest(one) != digest(marked)
    assert repr(Points("moons")) == "<Points 'moons': 200 points>"
    assert np.asarray(one).tolist() == XY
