"""`dl.backprop`: each number in its turn, as the chain rule has it; what is typed is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlwidgets import ParamError, play
from mlwidgets_dl.backprop import backprop

WORKED: dict[str, Any] = {
    "x": [0.05, 0.10],
    "y": [0.01, 0.99],
    "hidden": [2],
    "phi": "sigmoid",
    "weights": [0.15, 0.25, 0.20, 0.30, 0.35, 0.35, 0.40, 0.50, 0.45, 0.55, 0.60, 0.60],
}


def test_an_example_worked_by_hand() -> None:
    """One by one: a of the first hidden neuron is 0.15 * 0.05 + 0.2 * 0.1 + 0.35 = 0.3775."""
    frames = list(backprop(**WORKED))
    assert frames[1]["a"][2] == pytest.approx(0.3775)
    h = 1 / (1 + np.exp(-0.3775))
    assert frames[1]["h"][2] == pytest.approx(h)
    assert np.isnan(frames[1]["h"][3]), "its neighbour has not been asked yet"
    end = frames[-1]
    y1 = end["h"][4]
    assert end["dh"][4] == pytest.approx(y1 - 0.01)
    assert end["da"][4] == pytest.approx((y1 - 0.01) * y1 * (1 - y1))
    assert end["dw"][4] == pytest.approx(h * (y1 - 0.01) * y1 * (1 - y1))
    loss = ((end["h"][4:] - WORKED["y"]) ** 2).sum() / 2
    assert end["loss"] == pytest.approx(loss)


def test_numbers_come_forwards_and_adjoints_backwards_one_neuron_a_frame() -> None:
    frames = list(backprop(**WORKED))
    known = [(int((~np.isnan(f["h"])).sum()), int((~np.isnan(f["dh"])).sum())) for f in frames]
    assert known == [(n, 0) for n in (2, 3, 4, 5, 6)] + [(6, n) for n in range(1, 7)]
    assert [f["at"] for f in frames] == [0, 2, 3, 4, 5, 4, 5, 2, 3, 0, 1]
    assert frames[0]["loss"] is None


def test_a_rule_says_where_a_number_came_from() -> None:
    *_, end = backprop(**WORKED)
    assert end["rules"][2].startswith("p1 = sigmoid(0.15·0.05 + 0.2·0.1 + 0.35) = sigmoid(0.378)")
    assert "∂L/∂p1 = 0.4·" in end["rules"][2]
    assert next(backprop(**WORKED))["rules"][4] == "y1: not computed yet"


def test_a_negative_factor_stands_in_brackets_and_a_negative_term_is_taken_away() -> None:
    *_, end = backprop(x=[1, -2], hidden=[], phi="linear", weights=[0.5, 3, -1], y=[0])
    assert end["rules"][2].startswith("y1 = linear(0.5·1 + 3·(−2) − 1) = linear(−6.5)")


def test_its_picture_has_every_neuron_and_its_numbers(tmp_path: Path) -> None:
    run = play(backprop, **WORKED).wait()
    run.picture(tmp_path / "net.svg")
    text = (tmp_path / "net.svg").read_text("utf-8")
    assert text.count("<circle") >= 6
    assert all(f">{name}<" in text for name in ("x1", "x2", "p1", "p2", "y1", "y2"))
    assert ">0.593<" in text, "what p1 answers"
    run.close()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"weights": [1, 2]}, "has 2 numbers, must have 9 for 2 - 2 - 1 neurons"),
        ({"x": []}, "x=[]: must have at least one number"),
        ({"x": [1] * 9}, "x: 9 - 2 - 1 neurons are too many to look at one by one"),
        ({"y": [1] * 9}, "y: 2 - 2 - 9 neurons"),
        ({"hidden": [2] * 70}, "hidden: 2 - 2 - 2 - 2 - 2 - 2 - 2 - 2 - 2 - … - 1 neurons"),
        ({"hidden": [2] * 7}, "at most 8 layers of 8: dl.mlp takes more"),
        ({"x": [float("nan"), 1]}, "must be finite"),
        ({"y": ["one"]}, "item 0, 'one', must be a number"),
    ],
)
def test_what_it_cannot_read_it_names(given: Any, said: str) -> None:
    with pytest.raises(ParamError) as caught:
        next(backprop(**given))
    assert said in str(caught.value)
