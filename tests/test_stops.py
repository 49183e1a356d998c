"""Stops: frames with a name, wherever the run goes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlwidgets import Run, load, play
from mlwidgets.errors import ParamError, TraceFileError
from mlwidgets.info import state_of
from mlwidgets.savefile import end_of, header_of
from mlwidgets.tracefile import save_trace
from tests.test_player import OK, Watched
from tests.test_run import walk
from tests.waiting import until

TWO = {5: "one lap", 10: "two laps"}


@pytest.fixture
def run() -> Iterator[Run]:
    made = play(walk)
    made.stops = TWO
    yield made
    made.close()


def test_stops_are_kept_in_the_order_of_their_frames(run: Run) -> None:
    run.stops = {10: "two laps", 5: "one lap"}
    assert (dict(run.stops), repr(run.stops)) == (TWO, repr(TWO))
    assert state_of(run, run._core, 1)["stops"] == [[5, "one lap"], [10, "two laps"]]


def test_one_is_added_renamed_and_taken_away(run: Run) -> None:
    run.stops[15] = " three \n laps "
    run.stops[5] = "a lap"
    del run.stops[10]
    assert dict(run.stops) == {5: "a lap", 15: "three laps"}
    with pytest.raises(KeyError):
        del run.stops[10]


def test_what_find_gives_can_be_a_stop(run: Run) -> None:
    run.wait()
    run.stops = {run.find("lap == 3")[0]: "lap 3"}
    assert dict(run.stops) == {15: "lap 3"}
    assert type(next(iter(run.stops))) is int


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({-1: "x"}, "-1 is no frame's number (0 or more)"),
        ({True: "x"}, "True is no frame's number"),
        ({1.5: "x"}, "1.5 is no frame's number"),
        ({"a" * 99: "x"}, "… is no frame's number"),
        ({3: ""}, "frame 3: '' is no name (a short text"),
        ({3: 4}, "frame 3: 4 is no name"),
        ({3: "x" * 81}, "has 81 characters, 80 fit"),
        ([(3, "x")], 'must be a dict like {40: "first fall"}'),
        (dict.fromkeys(range(201), "x"), "201 are more than the 200"),
    ],
)
def test_what_is_no_stop_is_one_line_and_changes_nothing(
    run: Run, given: Any, message: str
) -> None:
    with pytest.raises(ParamError, match=re.escape(message)) as caught:
        run.stops = given
    assert "\n" not in str(caught.value)
    assert dict(run.stops) == TWO


def test_a_stop_after_the_end_is_refused_once_the_end_is_known(run: Run) -> None:
    run.stops = {400: "later"}
    run.wait()
    with pytest.raises(ParamError, match="30 is no frame's number \\(0 to 20, where the run ended"):
        run.stops = {30: "x"}
    run.stops[20] = "the end"
    assert dict(run.stops) == {20: "the end", 400: "later"}, "one that was known may stay"


def test_a_restart_keeps_them(run: Run) -> None:
    run.wait().restart(laps=2)
    assert dict(run.stops) == TWO


def test_a_branch_has_those_of_the_past_that_it_shares(run: Run) -> None:
    run.stops[0] = "home"
    run.wait()
    assert dict(run.branch(7, by=2.0).stops) == {0: "home", 5: "one lap"}
    assert dict(run.branch(0).stops) == {0: "home"}


def test_a_saved_run_has_them_and_so_has_what_is_saved_of_it(run: Run, tmp_path: Path) -> None:
    run.wait().save(tmp_path / "walk.trace")
    loaded = load(tmp_path / "walk.trace")
    assert dict(loaded.stops) == TWO
    with pytest.raises(ParamError, match="0 to 20"):
        loaded.stops[21] = "x"
    loaded.stops[20] = "the end"
    loaded.save(tmp_path / "again.trace")
    assert dict(load(tmp_path / "again.trace").stops) == {**TWO, 20: "the end"}


def test_a_recording_on_disk_ends_with_them(run: Run, tmp_path: Path) -> None:
    run.record_to(tmp_path / "walk.trace")
    run.stops[15] = "three laps"
    run.wait()
    assert dict(load(tmp_path / "walk.trace").stops) == {**TWO, 15: "three laps"}


@pytest.mark.parametrize("stops", [3, [[1]], [["a", "b"]], [[-1, "x"]], [[1, "x" * 99]]])
def test_a_file_with_stops_that_are_none_is_refused(run: Run, tmp_path: Path, stops: Any) -> None:
    path = tmp_path / "walk.trace"
    save_trace(path, run.trace, header_of(run), end_of(run._core) | {"stops": stops})
    with pytest.raises(TraceFileError, match="lacks what a run needs"):
        load(path)


def test_an_exported_page_holds_them(run: Run, tmp_path: Path) -> None:
    run.stops[5] = "one <b>lap</b>"
    run.wait().export(tmp_path / "walk.html")
    page = (tmp_path / "walk.html").read_text("utf-8")
    found = re.search(r'data-mlwidgets="state">(.*?)</script>', page)
    assert found
    assert json.loads(found[1])["stops"] == [[5, "one <b>lap</b>"], [10, "two laps"]]


def test_the_page_names_a_stop_and_is_told_of_it(run: Run) -> None:
    player = Watched(run)
    player.receive({"type": "ready", "client": "page"})
    assert player.ask("stops", stops=[[3, "here"]]) == OK
    assert dict(run.stops) == {3: "here"}
    until(lambda: player.state["stops"] == [[3, "here"]], "the page hears of it")
    assert "no name" in player.ask("stops", 2, stops=[[3, ""]])["error"]
    assert player.ask("stops", 3, stops=7)["error"]
    assert dict(run.stops) == {3: "here"}
