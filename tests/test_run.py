"""A run is driven by verbs that hold when they return; nothing a generator does harms the next."""

from __future__ import annotations

import gc
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypedDict

import numpy as np
import pytest
import torch

import mlwidgets
from mlwidgets import Frames, Line, Live, Range, Run, Unit, algorithm, play, runs
from mlwidgets.core import Upto
from mlwidgets.errors import FrameError, ParamError, RunError, ViewError
from tests.waiting import until


class Step(TypedDict):
    k: int
    by: float
    lap: Annotated[int, Unit(total="laps")]


@algorithm(Line("by", x="lap"), step="pace")
def walk(
    laps: Annotated[int, Range(1, 10_000)] = 4,
    by: Live[Annotated[float, Range(0, 9)]] = 1.0,
    seed: int = 0,
) -> Frames[Step]:
    """Walking: five paces a lap."""
    rng = np.random.default_rng(seed)
    by = yield Step(k=0, by=by, lap=0)
    for k in range(1, 5 * laps + 1):
        rng.random()
        by = yield Step(k=k, by=by, lap=k // 5)
    return float(rng.random())


@pytest.fixture
def run() -> Iterator[Run]:
    made = play(walk)
    yield made
    made.close()


@pytest.fixture
def long() -> Iterator[Run]:
    """A run that does not end while a test looks."""
    made = play(walk, laps=10_000)
    yield made
    made.close()


# verbs ------------------------------------------------------------------------------------


def test_a_played_run_is_ready_at_frame_0(run: Run) -> None:
    assert (run.status, run.number, len(run.trace)) == ("ready", 0, 1)


def test_wait_drives_a_run_that_is_only_ready_to_its_end(run: Run) -> None:
    assert run.wait().status == "done"
    assert (run.number, run.result) == (20, pytest.approx(np.random.default_rng(0).random(21)[-1]))


def test_steps_are_frames_or_units(run: Run) -> None:
    assert run.step().number == 1
    assert run.step(3, "pace").number == 4
    assert run.step(2, "lap").number == 10


def test_a_wrong_step_is_told_what_there_is(run: Run) -> None:
    with pytest.raises(ParamError, match=r"unit='laps': must be one of pace, lap. Did you mean"):
        run.step(1, "laps")
    with pytest.raises(ParamError, match="n=0: must be a whole number of at least 1"):
        run.step(0)


def test_pause_holds_when_it_returns(long: Run) -> None:
    long.start()
    at = long.pause().number
    assert (long.status, long.number) == ("paused" if at else "ready", at)


def test_a_paused_run_goes_on_where_it_stood(long: Run) -> None:
    at = long.step(7).number
    long.start()
    until(lambda: long.number > at + 100, "a hundred frames more")
    assert long.pause().trace["k"][: at + 2].tolist() == list(range(at + 2))


def test_stop_ends_a_run_and_keeps_its_trace(long: Run) -> None:
    assert long.step(3).stop().status == "stopped"
    assert long.trace["k"].tolist() == [0, 1, 2, 3]


def test_a_run_that_is_over_says_how_to_begin_anew(run: Run) -> None:
    run.wait()
    for verb in (run.start, run.step):
        with pytest.raises(RunError, match=r"the run is done; restart\(\) begins anew"):
            verb()


def test_verbs_on_a_run_that_is_over_do_no_harm(run: Run) -> None:
    assert run.wait().pause().stop().wait().status == "done"


def test_restart_begins_anew_with_changes(run: Run) -> None:
    first = run.wait().trace
    run.restart(laps=2)
    assert (run.status, run.number, run.params["laps"]) == ("ready", 0, 2)
    assert run.wait().trace["k"].tolist() == first["k"][:11].tolist()


def test_restart_keeps_what_was_given_and_forgets_what_was_steered(run: Run) -> None:
    run.restart(seed=5).set(by=3.0)
    run.wait().restart()
    assert (run.params["seed"], run.params["by"], run.events) == (5, 1.0, ())


def test_a_restart_that_is_refused_leaves_the_run_as_it_was(run: Run) -> None:
    run.step(2)
    with pytest.raises(ParamError, match=r"laps=0: must lie in \[1, 10000\]"):
        run.restart(laps=0)
    assert (run.status, run.number) == ("paused", 2)


def test_a_restarted_run_lets_its_old_trace_go(run: Run) -> None:
    old = weakref.ref(run._core)
    run.restart()
    gc.collect()
    assert old() is None


def test_a_run_that_nobody_holds_is_gone_at_once() -> None:
    gc.collect()
    gc.disable()
    try:
        gone = weakref.ref(play(walk).step(3))
        until(lambda: gone() is None, "it is gone", 5)
    finally:
        gc.enable()


def test_a_closed_run_is_no_longer_alive_but_can_be_read(run: Run) -> None:
    assert run in runs()
    run.step(2).close()
    assert run not in runs()
    assert (run.status, run.trace["k"].tolist()) == ("stopped", [0, 1, 2])
    with pytest.raises(RunError, match="it is closed"):
        run.restart()


def test_wait_gives_up_after_its_timeout_and_the_run_goes_on(long: Run) -> None:
    endless = play(_endless)
    with pytest.raises(RunError, match=r"_endless: still running after 0.01 s, at frame \d+"):
        endless.wait(timeout=0.01)
    assert endless.status == "running"
    endless.close()


def test_wait_gives_up_though_somebody_else_holds_the_run() -> None:
    endless, said = play(_endless), list[str]()

    def waits() -> None:
        with pytest.raises(RunError) as caught:
            endless.wait(timeout=0.5)
        said.append(str(caught.value))

    waiter = threading.Thread(target=waits)
    waiter.start()
    until(lambda: endless.number > 10, "it runs")
    endless.pause()
    waiter.join(30)
    assert said == [f"_endless: still paused after 0.5 s, at frame {endless.number}"]
    endless.close()


def test_a_pause_that_is_overruled_does_not_wait_for_the_end() -> None:
    endless = play(_endless).start()
    overruled = threading.Event()

    def overrules() -> None:  # as a page would: at every change of the run's state
        if endless.status == "paused":
            endless._core.order(Upto())
            overruled.set()

    endless._core.watchers.append(overrules)
    another_frame(endless)
    assert endless.pause() is endless
    assert overruled.is_set()
    assert endless.status == "running"
    endless.close()


def _endless() -> Frames[dict[str, int]]:
    k = 0
    while True:
        yield {"k": k}
        k += 1


def test_at_is_the_frame_first_shown() -> None:
    assert play(walk, at=7).close().number == 7
    assert play(walk, at=-1).close().status == "done"


@pytest.mark.parametrize("three", [np.int64(3), np.uint8(3), torch.tensor(3)])
def test_a_frames_number_and_a_count_are_integers_of_any_library(three: Any) -> None:
    run = play(walk).step(three)
    assert (run.number, run.branch(at=three, by=2.0).number) == (3, 3)
    assert run.branch(at=run.find("k == 2")[0]).number == 2
    assert play(walk, at=three, steering={three: {"by": 3.0}}).step(three).number == 6
    run.stops = {three: "here"}
    assert run.stops[3] == "here"


@pytest.mark.parametrize("given", [True, np.True_, 3.0, "3", None, np.float64(3), [3]])
def test_what_is_no_integer_is_no_number_of_a_frame(given: Any) -> None:
    run = play(walk).step(5)
    with pytest.raises(ParamError, match="must be a whole number of at least 1"):
        run.step(given)
    if given is not None:  # the present frame
        with pytest.raises(RunError, match="must be a frame of the run, 0 to 5"):
            run.branch(at=given)
        with pytest.raises(ParamError, match="must be the number of a frame"):
            play(walk, at=given)


def test_a_runs_repr_says_where_it_is(run: Run) -> None:
    assert repr(run.step(2)) == "<Run walk laps=4 by=1 seed=0 · paused at frame 2>"


def test_progress_counts_in_the_coarsest_unit(run: Run) -> None:
    assert run.step(6).progress == (1.0, 4.0, "lap")


# steering ---------------------------------------------------------------------------------


def test_a_change_acts_from_the_frame_of_its_event(run: Run) -> None:
    run.step(3).set(by=5.0)
    assert [(e.frame, e.name, e.old, e.new) for e in run.events] == [(4, "by", 1.0, 5.0)]
    assert run.wait().trace["by"].tolist() == [1.0] * 4 + [5.0] * 17


def another_frame(run: Run) -> None:
    before = run.number
    until(lambda: run.number > before, "another frame")


def test_changes_while_it_runs_act_exactly_where_the_events_say() -> None:
    def echoes(by: Live[float] = 1.0) -> Frames[dict[str, float]]:
        while True:
            by = yield {"by": by}

    run = play(echoes).start()
    for k in range(60):
        run.set(by=k % 7 + 2.0)
        another_frame(run)
    run.stop()
    force = np.ones(run.number + 1)
    for event in run.events:
        force[event.frame :] = event.new
    assert len(run.events) == 60
    assert np.array_equal(force[run.trace.frames], run.trace["by"])


def test_what_is_not_live_is_told_how_to_change_it(run: Run) -> None:
    with pytest.raises(ParamError, match=r"seed: cannot change while the run goes \(live: by\)"):
        run.set(seed=3)


def test_a_wrong_change_changes_nothing(run: Run) -> None:
    with pytest.raises(ParamError, match=r"by=99: must lie in \[0, 9\]"):
        run.set(by=99)
    with pytest.raises(ParamError, match="no parameter 'bye'"):
        run.set(by=2.0, bye=3)
    assert (run.params["by"], run.events) == (1.0, ())


def test_a_run_that_is_over_cannot_be_steered(run: Run) -> None:
    with pytest.raises(RunError, match="by: the run is done"):
        run.wait().set(by=2.0)


def test_the_parameters_in_force_can_be_read_not_written(run: Run) -> None:
    params: Any = run.set(by=2.0).params
    assert params["by"] == 2.0
    with pytest.raises(TypeError):
        params["by"] = 3.0


# views and controls -----------------------------------------------------------------------


def test_views_are_the_callers_the_algorithms_or_guessed(run: Run) -> None:
    mine = (Line("k"),)
    assert play(walk, views=mine).close().views == mine
    assert run.views == walk.views
    assert [v.columns for v in play(_endless).close().views] == [("k",)]


def test_a_wrong_view_is_told_and_leaves_no_run_behind() -> None:
    before = len(runs())
    with pytest.raises(ViewError, match="Did you mean 'lap'"):
        play(walk, views=[Line("lop")])
    assert len(runs()) == before


def test_a_wrong_control_is_told(run: Run) -> None:
    assert play(walk, controls=["by"]).close().controls == ["by"]
    with pytest.raises(ParamError, match="no parameter 'bi'"):
        play(walk, controls=["bi"])


# ways to die ------------------------------------------------------------------------------

F = {"x": np.zeros(2)}


def raises() -> Any:
    yield F
    raise ValueError("boom")


def raises_at_once() -> Any:
    yield from ()
    raise ValueError("boom")


def exits() -> Any:
    yield F
    sys.exit(3)


def interrupts() -> Any:
    yield F
    raise KeyboardInterrupt


def fills_memory() -> Any:
    yield F
    raise MemoryError


def stops() -> Any:
    yield F
    next(iter([]))


def gives_up() -> Any:
    yield F
    raise GeneratorExit


def yields_a_number() -> Any:
    yield F
    yield 3


def yields_nothing() -> Any:
    yield
    yield F


def renames() -> Any:
    yield F
    yield {"y": np.zeros(2)}


def reshapes() -> Any:
    yield F
    yield {"x": np.zeros(3)}


def raises_in_finally() -> Any:
    try:
        yield F
        raise ValueError("boom")
    finally:
        raise KeyError("later")


def never_yields() -> Any:
    yield from ()


WAYS: list[tuple[Callable[[], Any], type[BaseException], str, int]] = [
    (raises, ValueError, "ValueError: boom", 1),
    (raises_at_once, ValueError, "ValueError: boom", 0),
    (exits, RunError, "SystemExit: 3", 1),
    (interrupts, RunError, "KeyboardInterrupt", 1),
    (fills_memory, MemoryError, "MemoryError", 1),
    (stops, RuntimeError, "RuntimeError: generator raised StopIteration", 1),
    (gives_up, RunError, "GeneratorExit", 1),
    (yields_a_number, FrameError, "frame 1: a frame is a dict of named values, not int 3", 1),
    (yields_nothing, FrameError, "a frame is a dict of named values, not NoneType None", 0),
    (renames, FrameError, "frame 1: has 'y', which is not declared. (known: x)", 1),
    (reshapes, FrameError, "frame 1: 'x' has shape (3,), the first frame's had (2,)", 1),
    (raises_in_finally, KeyError, "KeyError: 'later'", 1),
]


@pytest.mark.parametrize("thread", [True, False], ids=["thread", "turns"])
@pytest.mark.parametrize(("fn", "error", "text", "kept"), WAYS, ids=[w[0].__name__ for w in WAYS])
def test_a_death_is_told_and_harms_nothing_else(
    fn: Callable[[], Any], error: type[BaseException], text: str, kept: int, thread: bool
) -> None:
    dead = Run(mlwidgets.algorithms.as_algorithm(fn), {}, thread=thread)
    with pytest.raises(error):
        dead.wait()
    assert (dead.status, len(dead.trace)) == ("failed", kept)
    assert (dead._core.fault or {})["text"].startswith(text)
    assert text in dead.summary()
    assert play(walk).wait().status == "done"


def test_a_run_that_never_yields_is_done_and_says_so() -> None:
    run = play(never_yields)
    assert run.status == "done"
    assert "ended without a frame" in run.wait().summary()


def test_a_generator_that_refuses_to_close_is_stopped_all_the_same() -> None:
    def refuses() -> Any:
        while True:
            try:
                yield F
            except GeneratorExit:
                yield F

    run = play(refuses).step().stop()
    assert run.status == "stopped"
    assert "Closing raised RuntimeError: generator ignored GeneratorExit" in run.summary()


def test_a_generator_that_raises_as_it_is_closed_is_stopped_all_the_same() -> None:
    def slams() -> Any:
        try:
            while True:
                yield F
        finally:
            raise OSError("door")

    run = play(slams).step().stop()
    assert (run.status, len(run.trace)) == ("stopped", 2)
    assert "Closing raised OSError: door" in run.summary()


def test_an_error_is_raised_with_the_users_own_line_last(run: Run) -> None:
    with pytest.raises(ValueError, match="boom") as caught:
        play(raises).wait()
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.name, last.line) == ("raises", 'raise ValueError("boom")')


def test_what_would_end_the_kernel_is_told_as_a_runs_error() -> None:
    with pytest.raises(RunError, match="exits: frame 1 raised SystemExit: 3") as caught:
        play(exits).wait()
    assert isinstance(caught.value.__cause__, SystemExit)


def test_a_failed_run_can_begin_anew() -> None:
    run = play(raises)
    with pytest.raises(ValueError, match="boom"):
        run.wait()
    assert run.restart().status == "ready"
    run.close()


def test_nan_is_a_number_like_any_other() -> None:
    def diverges() -> Frames[dict[str, float]]:
        for x in (1.0, 1e308, float("inf"), float("nan")):
            yield {"x": x}

    run = play(diverges).wait()
    assert run.status == "done"
    assert run.summary().endswith("1e+308  ▁█")


# two at once ------------------------------------------------------------------------------


def test_two_runs_with_generators_of_their_own_reproduce() -> None:
    def noise(seed: int = 0) -> Frames[dict[str, Any]]:
        rng, gen = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        for _ in range(300):
            yield {"n": rng.normal(size=3), "t": torch.randn(3, generator=gen)}

    alone = play(noise).wait().trace.hash
    together = [play(noise).start(), play(noise).start()]
    assert [run.wait().trace.hash for run in together] == [alone, alone]


def test_pausing_and_pace_change_nothing_of_what_is_kept() -> None:
    paused = play(walk, laps=3000)
    for pace in (None, "step", 1.0, None):
        paused.start(pace=pace)
        another_frame(paused)
        paused.pause()
    assert paused.wait().trace.hash == play(walk, laps=3000).wait().trace.hash


def test_a_run_can_be_read_from_other_threads_while_it_goes(long: Run) -> None:
    long.start()
    while long.status == "running":
        part = long.trace.read(["k", "#frame"])
        assert np.array_equal(part["k"], part["#frame"])
    assert len(long.trace) <= 10_001
