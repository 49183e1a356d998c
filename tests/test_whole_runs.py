"""Runs shown from their end, frames that may lack columns, and refusals by an algorithm."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

import pytest

from mlwidgets import Bars, Frames, Line, ParamError, algorithm, play
from mlwidgets.errors import FrameError, ViewError
from mlwidgets.player import Player


class Step(TypedDict):
    sum: float
    parts: NotRequired[list[float]]


@algorithm(Line("sum"), Bars("parts"), at=-1)
def summed(parts: list[float] = [1.0, 2.0], told: bool = True) -> Frames[Step]:  # noqa: B006
    """Sum: of numbers."""
    if not parts:
        raise ParamError("parts: must have at least one number", "parts")
    total = 0.0
    for part in parts:
        total += part
        yield Step(sum=total, parts=parts) if told else Step(sum=total)


def test_a_view_of_what_all_frames_lack_is_left_out() -> None:
    assert [view.kind for view in play(summed).views] == ["line", "bars"]
    lean = play(summed, told=False)
    assert [view.kind for view in lean.views] == ["line"]
    assert list(lean.trace.schema) == ["sum"]


def test_a_view_that_was_asked_for_is_not_left_out() -> None:
    with pytest.raises(ViewError, match="names 'parts'"):
        play(summed, told=False, views=[Bars("parts")])


def test_a_column_lacks_in_all_frames_or_in_none() -> None:
    @algorithm
    def fickle() -> Frames[Step]:
        yield Step(sum=1.0)
        yield Step(sum=2.0, parts=[1.0])

    run = play(fickle).step()
    assert run.status == "failed"
    assert isinstance(run.error, FrameError)
    assert "parts" in str(run.error)


def test_what_an_algorithm_refuses_is_refused_at_once() -> None:
    with pytest.raises(ParamError, match="at least one number") as caught:
        play(summed, parts=[])
    assert caught.value.name == "parts"


def test_a_refused_restart_keeps_the_run_on_its_page() -> None:
    run = play(summed)
    player: Player = run.player
    feed, before = player.feed, run.trace
    for _ in range(3):
        with pytest.raises(ParamError):
            run.restart(parts=[])
    assert run.trace is before is feed.core.trace
    assert (run.status, len(run._core.watchers)) == ("done", 1)
    run.restart(parts=[5.0])
    assert feed.core.trace is run.trace is not before
    run.close()


def test_a_page_is_told_of_a_run_shown_from_its_end_when_it_is_whole() -> None:
    """No page sees its first frame for a moment when the run begins anew."""
    run = play(summed)
    player: Player = run.player
    lengths: list[int] = []
    was = player.feed.follow

    def follow(core: Any) -> None:
        lengths.append(len(core.trace))
        was(core)

    player.feed.follow = follow  # type: ignore[method-assign]  # a look at when, nothing else
    run.restart(parts=[1.0, 2.0, 3.0])
    assert lengths == [3]
    run.close()
