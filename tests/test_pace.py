"""Pace: a run can be followed, and pace changes nothing of what is kept.

Time is told by a clock of the test's, which goes on only between two turns.
"""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

import pytest

from mlwidgets import Frames, Unit
from mlwidgets.algorithms import algorithm
from mlwidgets.core import Core
from mlwidgets.errors import ParamError
from mlwidgets.pace import TICK, NextUnit, Pace, goal_of
from tests.test_core import core_of, drive


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("mlwidgets.pace.time", made)
    return made


class Move(TypedDict):
    k: int
    episode: Annotated[int, Unit(total="episodes")]


@algorithm
def moves(episodes: int = 60, first: int = 50, later: int = 5) -> Frames[Move]:
    """Episodes of very different length: a long one, then short ones."""
    k = 0
    yield Move(k=k, episode=0)
    for episode in range(1, episodes + 1):
        length = first if episode == 1 else later
        for move in range(length):
            k += 1
            yield Move(k=k, episode=episode - (move < length - 1))


@algorithm
def endless() -> Frames[dict[str, int]]:
    k = 0
    while True:
        yield {"k": k}
        k += 1


def paced(core: Core, clock: Clock, pace: Pace, seconds: float = 1e9, **how: Any) -> float:
    """Give turns for so many seconds of the clock, or until it is over; the time it took."""
    core.order(goal_of(core, pace, **how))
    began = clock.now
    while not core.over and clock.now - began < seconds:
        wait = core.turn()
        assert wait is None or wait >= 0
        clock.now += wait or TICK
    return clock.now - began


@pytest.mark.parametrize("seconds", [5, 20, 60])
@pytest.mark.parametrize(("first", "later"), [(5, 5), (50, 5), (5, 400)])
def test_a_run_of_counted_units_takes_about_the_seconds_asked(
    clock: Clock, seconds: float, first: int, later: int
) -> None:
    core = core_of(moves.fn, first=first, later=later)
    took = paced(core, clock, seconds)
    assert core.status == "done"
    assert 0.8 * seconds <= took <= 1.25 * seconds + 2


def test_units_come_evenly_though_their_lengths_differ(clock: Clock) -> None:
    core = core_of(moves.fn, first=5, later=100)
    paced(core, clock, 20, seconds=10)
    assert core.unit("episode") == pytest.approx(30, abs=4)


def test_a_run_of_known_length_is_spread_over_its_frames(clock: Clock) -> None:
    core = core_of(n=600)
    took = paced(core, clock, 20, frames=600)
    assert core.status == "done"
    assert took == pytest.approx(20, rel=0.1)


def test_a_run_of_unknown_length_shows_every_frame_then_doubles(clock: Clock) -> None:
    core = core_of(endless.fn)
    paced(core, clock, 20, seconds=10)
    slow = core.number
    core = core_of(endless.fn)
    paced(core, clock, 20, seconds=25)
    assert slow == pytest.approx(300, abs=15)
    assert core.number > 3 * slow


def test_the_step_pace_is_four_units_a_second(clock: Clock) -> None:
    core = core_of(moves.fn)
    paced(core, clock, "step", seconds=5, step="episode")
    assert core.unit("episode") == pytest.approx(20, abs=2)


def test_after_a_stall_it_goes_on_and_does_not_catch_up(clock: Clock) -> None:
    core = core_of(endless.fn)
    paced(core, clock, 20, seconds=2)
    before = core.number
    clock.now += 600
    core.turn()
    assert core.number - before < 100


def test_pace_changes_nothing_of_what_is_kept(clock: Clock) -> None:
    core = core_of(moves.fn)
    paced(core, clock, 5)
    assert core.trace.hash == drive(core_of(moves.fn)).trace.hash


def test_a_step_of_a_unit_ends_as_the_unit_does() -> None:
    core = drive(core_of(moves.fn), NextUnit("episode"))
    assert (core.unit("episode"), core.number) == (1, 50)
    drive(core, NextUnit("episode", 3))
    assert (core.unit("episode"), core.number) == (4, 65)


def test_steps_beyond_the_end_end() -> None:
    core = drive(core_of(moves.fn, episodes=2), NextUnit("episode", 9))
    assert (core.status, core.unit("episode")) == ("done", 2)


@pytest.mark.parametrize("pace", ["fast", 0, -1, float("nan"), float("inf"), [1], {}])
def test_a_wrong_pace_is_told_what_is_allowed(pace: Any) -> None:
    with pytest.raises(ParamError, match=r'must be seconds, "step" or none'):
        goal_of(core_of(), pace)
