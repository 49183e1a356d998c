"""A run as text: for a terminal, a test, and wherever no widget can run."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwidgets import Frames, play
from mlwidgets.summary import BLOCKS, number, sparkline
from tests.test_run import raises, walk


def test_a_summary_has_title_status_parameters_and_columns() -> None:
    lines = play(walk, laps=2).wait().summary().splitlines()
    assert lines[0] == "Walking · done at frame 10, lap 2 of 2"
    assert lines[1] == "  walk laps=2 by=1 seed=0"
    assert [line.split()[0] for line in lines[2:]] == ["k", "by", "lap"]


def test_an_error_is_told_with_its_frame_once() -> None:
    run = play(raises)
    with pytest.raises(ValueError, match="boom"):
        run.wait()
    assert run.summary().splitlines()[2] == "  frame 1: ValueError: boom"


def test_every_kind_of_column_has_its_text() -> None:
    def all_kinds() -> Frames[dict[str, Any]]:
        for k in range(3):
            yield {
                "x": -1.5 * k,
                "none": None,
                "flag": k == 1,
                "Q": np.arange(4) * k,
                "gone": np.zeros((0, 2)),
                "list": [1] * k,
                "said": "a\nb",
                "words": ["one", "two"],
            }

    text = play(all_kinds).wait().summary()
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in text.splitlines()[2:]}
    assert rows["x"] == "−3  █▄▁"
    assert (rows["none"], rows["flag"]) == ("–", "0  ▁█▁")
    assert (rows["Q"], rows["gone"]) == ("array (4,), 0 to 6", "array (0, 2)")
    assert (rows["list"], rows["said"], rows["words"]) == (
        "array (2,), 1 to 1",
        "'a b'",
        "'one two'",
    )


def test_a_number_has_four_digits_and_a_true_minus() -> None:
    assert (number(-0.000123456), number(1e10), number(3.0)) == ("−0.0001235", "1e+10", "3")


def test_a_sparkline_goes_from_the_lowest_to_the_highest_block() -> None:
    assert sparkline(list(range(8))) == BLOCKS
    assert sparkline([5, 5, 5]) == "▁▁▁"


def test_many_values_share_a_block_by_their_mean() -> None:
    line = sparkline([0.0] * 500 + [1.0] * 500, width=10)
    assert line == "▁▁▁▁▁█████"


def test_one_value_is_no_line() -> None:
    assert sparkline([1.0]) == sparkline([]) == ""


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=100))
def test_any_finite_numbers_have_a_line(values: list[float]) -> None:
    line = sparkline(values)
    assert len(line) == min(32, len(values))
    assert set(line) <= set(BLOCKS)


TERMINAL = """
import mlwidgets
from mlwidgets import Line
with mlwidgets.record(Line("loss"), title="My own loop with a long title") as rec:
    for k in range(100):
        rec(loss=1 / (k + 1), a_rather_long_name=k)
print(rec.run.summary())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal there")
@pytest.mark.parametrize("columns", [40, 60, 120])
def test_in_a_terminal_no_quantity_takes_more_than_a_line(columns: int) -> None:
    import pty

    mine, theirs = pty.openpty()
    env = {**os.environ, "COLUMNS": str(columns), "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen([sys.executable, "-c", TERMINAL], stdout=theirs, env=env) as script:
        script.wait(60)
    said = os.read(mine, 100_000).decode().splitlines()
    os.close(theirs)
    os.close(mine)
    assert [line.split()[0] for line in said] == ["My", "loss", "a_rather_long_name"]
    assert max(map(len, said[1:])) <= columns
    blocks = [sum(letter in BLOCKS for letter in line) for line in said]
    assert blocks == [0, *[min(32, columns - 18 - 17)] * 2]
