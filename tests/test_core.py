"""The core does what is asked for in turns, and needs no thread."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

from mlwidgets import Done, Frames, Live, algorithm, play
from mlwidgets.algorithms import as_algorithm
from mlwidgets.core import Core, Event, Hold, Stop, Upto
from mlwidgets.errors import ParamError, RunError
from mlwidgets.trace import Trace


def count(n: int = 5, by: Live[int] = 1) -> Frames[dict[str, int]]:
    k = 0
    for _ in range(n):
        by = yield {"k": k, "by": by}
        k += by
    return k


def core_of(fn: Callable[..., Any] = count, trace: Trace | None = None, **params: Any) -> Core:
    algorithm = as_algorithm(fn)
    return Core(algorithm, algorithm.spec.check(params), trace or Trace(), nullcontext)


def drive(core: Core, goal: Any = None, limit: int | None = None) -> Core:
    """Turns until the core stands still."""
    core.order(goal or Upto())
    while core.status == "running":
        core.turn(limit)
    return core


def test_a_core_is_ready_and_has_computed_nothing() -> None:
    core = core_of()
    assert (core.status, core.number, len(core.trace)) == ("ready", -1, 0)


def test_frame_0_leaves_it_ready_and_later_ones_paused() -> None:
    core = drive(core_of(), Upto(0))
    assert (core.status, core.number) == ("ready", 0)
    assert (drive(core, Upto(2)).status, core.number) == ("paused", 2)


def test_the_end_keeps_what_the_generator_returned() -> None:
    core = drive(core_of(by=3))
    assert (core.status, core.result) == ("done", 15)
    assert core.trace["k"].tolist() == [0, 3, 6, 9, 12]


def learner(by: Live[int] = 1, rate: Live[int] = 1) -> Frames[dict[str, int]]:
    """Learns a sum in three frames; then it is asked for multiples of it."""
    total = 0
    by, rate = yield {"sum": total, "said": 0}
    for _ in range(2):
        total += rate
        by, rate = yield {"sum": total, "said": by * total}

    def answer(by: int) -> dict[str, int]:
        if by > 99:
            raise ValueError("too\nmuch")
        return {"sum": total, "said": by * total}

    return Done(total, by=answer)


def test_a_run_that_is_done_answers_what_its_result_can_answer() -> None:
    core = drive(core_of(learner))
    assert (core.status, core.result, [*core.answers]) == ("done", 2, ["by"])
    core.steer("by", 7)
    core.steer("by", 7)
    assert core.trace["said"].tolist() == [0, 1, 2, 14], "one frame for another value, none for it"
    assert (core.status, core.number, core.events) == ("done", 3, [Event(3, "by", 1, 7)])


def test_a_change_for_a_frame_that_does_not_come_is_answered() -> None:
    core = drive(core_of(learner), Upto(2))
    core.steer("by", 7)
    drive(core)
    assert core.trace["said"].tolist() == [0, 1, 2, 14]
    assert (core.status, core.number, core.events) == ("done", 3, [Event(3, "by", 1, 7)])


def test_what_is_not_answered_changes_nothing() -> None:
    core = drive(core_of(learner))
    with pytest.raises(RunError, match="rate: the run is done; restart it"):
        core.steer("rate", 2)
    with pytest.raises(ParamError, match="by: not answered: ValueError: too much"):
        core.steer("by", 100)
    assert (core.status, core.number, core.events, len(core.trace)) == ("done", 2, [], 3)
    core.steer("by", 8)
    assert core.trace["said"][-1] == 16


def test_a_branch_from_an_answer_records_it_once() -> None:
    run = play(learner).wait().set(by=7).set(by=9)
    twin = run.branch(at=run.number)
    assert twin.trace.frames.tolist() == [0, 1, 2, 3, 4]
    assert twin.trace.hash == run.trace.hash
    assert twin.set(by=5).trace["said"].tolist() == [0, 1, 2, 14, 18, 10]


def test_headless_it_ends_and_gives_its_result() -> None:
    frames = algorithm(learner)()
    assert [next(frames)["said"] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(StopIteration) as end:
        next(frames)
    assert end.value.value == 2


def test_only_live_parameters_can_be_answered() -> None:
    def wrong(n: int = 1) -> Frames[dict[str, int]]:
        yield {"k": 0}
        return Done(n, n=lambda n: {"k": n})

    core = drive(core_of(wrong))
    assert (core.status, str(core.error)) == (
        "failed",
        "Done(n=...): must be a live parameter (live: none)",
    )


@pytest.mark.parametrize("limit", [1, 2, 3, None])
def test_how_long_a_turn_is_changes_nothing_of_what_is_kept(limit: int | None) -> None:
    assert drive(core_of(n=50), limit=limit).trace.hash == drive(core_of(n=50)).trace.hash


def test_a_turn_computes_at_most_its_limit() -> None:
    core = core_of(n=50)
    core.order(Upto())
    core.turn(7)
    assert (core.number, core.status) == (6, "running")


def test_an_order_is_heeded_between_two_frames() -> None:
    def stops_itself() -> Frames[dict[str, int]]:
        for k in range(100):
            if k == 10:
                core.order(Hold())
            yield {"k": k}

    core = core_of(stops_itself)
    assert (drive(core).status, core.number) == ("paused", 10)


def test_orders_after_the_end_are_let_go() -> None:
    core = drive(core_of())
    core.order(Upto())
    core.stop()
    core.turn()
    assert core.status == "done"


# steering ---------------------------------------------------------------------------------


def test_a_steered_value_acts_from_the_frame_its_event_names() -> None:
    core = drive(core_of(), Upto(1))
    core.steer("by", 10)
    drive(core)
    assert core.events == [Event(2, "by", 1, 10)]
    assert core.trace["k"].tolist() == [0, 1, 11, 21, 31]


def test_changes_of_one_frame_are_one_event() -> None:
    core = drive(core_of(), Upto(1))
    for value in (5, 6, 7):
        core.steer("by", value)
    assert core.events == [Event(2, "by", 1, 7)]


def test_a_change_taken_back_is_no_event() -> None:
    core = drive(core_of(), Upto(1))
    core.steer("by", 5)
    core.steer("by", 1)
    assert core.events == []


def test_steering_inside_a_turn_waits_for_its_end() -> None:
    def steers() -> Frames[dict[str, int]]:
        for k in range(10):
            if k == 3:
                core.steer("by", 2)
            yield {"k": k}

    def live(by: Live[int] = 1) -> Frames[dict[str, int]]:
        yield from steers()

    core = core_of(live)
    drive(core)
    assert [(e.frame, e.new) for e in core.events] == [(4, 2)]


def test_a_frame_that_was_steered_to_is_kept_however_thin_the_trace() -> None:
    core = core_of(n=500, trace=Trace(max_frames=8))
    drive(core, Upto(100))
    core.steer("by", 2)
    drive(core)
    assert 101 in core.trace.frames
    assert core.trace.frames[-1] == 499


def test_a_live_array_can_be_steered() -> None:
    def wear(x: Live[object] = None) -> Frames[dict[str, float]]:
        for _ in range(3):
            x = yield {"sum": 0.0 if x is None else float(np.sum(np.asarray(x)))}

    core = drive(core_of(wear), Upto(0))
    core.steer("x", np.ones(3))
    core.steer("x", np.ones(4))
    assert drive(core).trace["sum"].tolist() == [0.0, 4.0, 4.0]


def test_a_run_that_is_over_cannot_be_steered() -> None:
    core = drive(core_of())
    with pytest.raises(RunError, match=r"by: the run is done; restart it"):
        core.steer("by", 2)


# endings ----------------------------------------------------------------------------------


def test_stop_keeps_the_last_frame_whatever_its_number() -> None:
    core = core_of(n=1000, trace=Trace(max_frames=8))
    drive(core, Upto(777))
    core.stop()
    core.turn()
    assert (core.status, core.trace.last) == ("stopped", 777)


def test_the_last_frame_of_a_thinned_run_is_kept() -> None:
    core = drive(core_of(n=1000, trace=Trace(max_frames=8)))
    assert (core.trace.last, core.trace["k"][-1]) == (999, 999)


def test_a_frame_half_computed_when_stop_came_is_not_kept() -> None:
    def halfway() -> Frames[dict[str, Any]]:
        Q = np.zeros(2)
        for k in range(100):
            Q[0] += 1
            if k == 50:
                raise Stop
            Q[1] += 1
            yield {"Q": Q}

    core = drive(core_of(halfway, Trace(max_frames=8)))
    assert core.status == "stopped"
    assert all(a == b for a, b in core.trace["Q"].tolist())


def test_an_error_is_kept_with_its_frame_and_the_users_lines_only() -> None:
    def fails() -> Frames[dict[str, int]]:
        yield {"k": 0}
        raise ZeroDivisionError("by nothing")

    core = drive(core_of(fails))
    fault = core.fault or {}
    assert (core.status, fault["text"], fault["frame"]) == (
        "failed",
        "ZeroDivisionError: by nothing",
        1,
    )
    assert "mlwidgets/core.py" not in fault["trace"]
    assert "in fails" in fault["trace"].splitlines()[-3]


def test_a_wrong_frames_error_names_that_frame() -> None:
    def changes() -> Frames[dict[str, int]]:
        yield {"k": 0}
        yield {"m": 0}

    fault = drive(core_of(changes)).fault or {}
    assert fault["frame"] == 1
    assert fault["text"].startswith("frame 1: has 'm'")


def test_an_algorithm_without_a_frame_is_done_and_says_so() -> None:
    def nothing() -> Frames[dict[str, int]]:
        yield from ()

    core = drive(core_of(nothing))
    assert (core.status, len(core.trace)) == ("done", 0)
    assert core.note == "The algorithm ended without a frame."


def test_watchers_are_told_of_every_change_of_state() -> None:
    core = core_of()
    seen: list[str] = []
    core.watchers.append(lambda: seen.append(core.status))
    drive(core, Upto(2))
    drive(core)
    assert seen == ["running", "paused", "running", "done"]


def test_the_present_unit_is_the_columns_last_value() -> None:
    core = drive(core_of(), Upto(3))
    assert (core.unit("k"), core.unit("no such column")) == (3.0, 0.0)
