"""The user's own loop: paused, paced, stopped from outside; whatever ends it, the trace stays."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from mlwidgets import Line, Run, load, record
from mlwidgets.core import Stop
from mlwidgets.errors import FrameError, RunError, ViewError
from mlwidgets.recording import Recorder
from tests.waiting import until


class Loop:
    """A recorded loop that goes on in a thread until it is stopped."""

    def __init__(self, body: Callable[[Recorder, int], None] | None = None) -> None:
        self.rec = record(Line("k"))
        self.times: list[float] = []
        self.raised: BaseException | None = None
        self.after = False
        self._body = body or (lambda rec, k: rec(k=float(k)))
        self.thread = threading.Thread(target=self._go)

    @property
    def run(self) -> Run:
        return self.rec.run

    def _go(self) -> None:
        try:
            with self.rec as rec:
                for k in range(10**9):
                    self._body(rec, k)
                    self.times.append(time.monotonic())
            self.after = True
        except BaseException as error:  # for the test to look at
            self.raised = error

    def start(self) -> Loop:
        self.thread.start()
        until(lambda: self.run.number >= 2, "the loop is under way")
        return self

    def further(self, frames: int = 3) -> None:
        number = self.run.number
        until(lambda: self.run.number >= number + frames, "the loop goes on")

    def ended(self) -> bool:
        self.thread.join(10)
        return not self.thread.is_alive()


def recorded(rec: Recorder, *frames: dict[str, Any], error: type[BaseException] | None) -> None:
    """A block that records some frames, and may raise."""
    with rec:
        for frame in frames:
            rec(**frame)
        if error:
            raise error


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop().start()
    yield made
    made.run.stop()
    assert made.ended()


# what it records --------------------------------------------------------------------------


def test_a_loop_leaves_a_finished_run_with_all_its_frames() -> None:
    with record(Line("loss"), title="Mine") as rec:
        for k in range(50):
            rec(loss=1 / (k + 1))
    assert (rec.run.status, len(rec.run.trace), rec.run.number) == ("done", 50, 49)
    assert rec.run.summary().splitlines()[0] == "Mine · done at frame 49"


def test_a_loop_may_be_left_by_break_or_return() -> None:
    def first() -> Run:
        rec = record()
        with rec:
            while True:
                rec(k=0)
                return rec.run
        return rec.run

    assert (first().status, len(first().trace)) == ("done", 1)


def test_tensors_of_a_graph_are_copied_and_let_go() -> None:
    w = torch.ones(3, requires_grad=True)
    with record() as rec:
        for k in range(3):
            rec(loss=(w * k).sum(), w=w)
    assert rec.run.trace["loss"].tolist() == [0, 3, 6]
    with torch.no_grad():
        w += 1
    assert rec.run.trace["w"].tolist() == [[1, 1, 1]] * 3


def test_a_loss_that_is_no_number_is_kept_as_such() -> None:
    with record() as rec:
        for loss in (1.0, math.nan, math.inf, None):
            rec(loss=loss)
    np.testing.assert_array_equal(rec.run.trace["loss"], [1, math.nan, math.inf, math.nan])


@pytest.mark.parametrize(
    ("first", "then", "line"),
    [
        (
            {"a": 1.0, "b": 2},
            {"a": 1.0},
            "frame 1: lacks 'b' (has: a); rec(b=None) where there is none",
        ),
        ({"a": 1.0}, {"a": 1.0, "c": 2}, r"frame 1: has 'c', which is not declared. (known: a)"),
        ({"a": 1.0}, {"a": "x"}, "frame 1: 'a' was a number, but is str 'x'"),
        ({}, {}, "a frame holds at least one named value; this one is empty"),
    ],
)
def test_values_that_do_not_fit_are_refused_in_one_line_and_the_trace_stays(
    first: dict[str, Any], then: dict[str, Any], line: str
) -> None:
    rec = record()
    with pytest.raises(FrameError) as caught:
        recorded(rec, first, then, error=None)
    assert str(caught.value) == line
    assert (rec.run.status, len(rec.run.trace)) == ("failed", 1 if first else 0)


def test_a_view_of_what_is_not_recorded_names_the_nearest() -> None:
    with (
        pytest.raises(ViewError, match=r"Did you mean 'loss'\? \(known: loss\)"),
        record(Line("los")) as rec,
    ):
        rec(loss=1.0)


def test_a_recorded_run_is_saved_loaded_and_exported(tmp_path: Any) -> None:
    with record(Line("loss")) as rec:
        for k in range(5):
            rec(loss=float(k))
    rec.run.save(tmp_path / "mine.trace").export(tmp_path / "mine.html")
    assert load(tmp_path / "mine.trace").trace.hash == rec.run.trace.hash
    assert "Recording" in (tmp_path / "mine.html").read_text("utf-8")


# how it ends ------------------------------------------------------------------------------


def test_an_error_in_the_block_is_raised_shown_and_costs_no_frame() -> None:
    rec = record()
    with pytest.raises(ZeroDivisionError) as caught:
        recorded(rec, {"a": 1.0}, error=ZeroDivisionError)
    assert (rec.run.status, rec.run.error) == ("failed", caught.value)
    assert rec.run.summary().splitlines()[1] == "  frame 1: ZeroDivisionError"
    assert len(rec.run.trace) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interrupt_goes_on_to_the_user_and_is_no_fault_of_the_loop(
    error: type[BaseException],
) -> None:
    rec = record()
    with pytest.raises(error):
        recorded(rec, {"a": 1.0}, error=error)
    assert (rec.run.status, rec.run.error, len(rec.run.trace)) == ("stopped", None, 1)


def test_an_interrupt_reaches_a_loop_that_is_paused() -> None:
    source = """
import _thread, threading, mlwidgets
from mlwidgets.core import Hold
with mlwidgets.record() as rec:
    rec(k=0.0)
    rec.run._core.order(Hold())
    def interrupt():
        with rec.run._core.changed:
            rec.run._core.changed.wait_for(lambda: rec.run.status != "running")
        _thread.interrupt_main()
    threading.Thread(target=interrupt).start()
    try:
        rec(k=1.0)
    except KeyboardInterrupt:
        print("interrupted", rec.run.status, len(rec.run.trace))
        raise
"""
    script = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=60, env=os.environ
    )
    assert script.stdout == "interrupted paused 2\n"
    assert script.stderr.rstrip().endswith("KeyboardInterrupt")


def test_a_call_outside_the_block_is_refused() -> None:
    rec = record()
    with pytest.raises(RunError, match="the recording is not begun: rec"):
        rec(a=1.0)
    with rec:
        rec(a=1.0)
    with pytest.raises(RunError, match="the recording is done: rec"):
        rec(a=2.0)
    with pytest.raises(RunError, match="made once"), rec:
        pass


# from outside -----------------------------------------------------------------------------


def test_pause_holds_the_next_call_and_start_lets_it_go_on(loop: Loop) -> None:
    loop.run.pause()
    held = loop.run.number
    assert (loop.run.status, len(loop.times)) == ("paused", held)
    loop.run.step(5)
    assert (loop.run.status, loop.run.number) == ("paused", held + 5)
    loop.run.start()
    loop.further()


def test_stop_ends_the_block_quietly_and_the_trace_stays(loop: Loop) -> None:
    loop.run.stop()
    assert loop.ended()
    assert (loop.raised, loop.after, loop.run.status) == (None, True, "stopped")
    assert loop.run.trace["k"].tolist() == list(range(loop.run.number + 1))


def test_step_by_step_is_four_frames_a_second_and_full_speed_comes_back(loop: Loop) -> None:
    loop.run.start("step")
    first = len(loop.times) + 1
    until(lambda: len(loop.times) > first + 4, "five more frames")
    gaps = np.diff(loop.times[first : first + 5])
    assert gaps.min() > 0.2
    loop.run.start()
    loop.further(100)


def test_a_pace_is_left_at_once_by_pause_and_by_stop(loop: Loop) -> None:
    loop.run.start("step")
    loop.further(2)
    before = time.monotonic()
    loop.run.pause().stop()
    assert loop.ended()
    assert time.monotonic() - before < 0.2


def test_a_loop_of_unknown_length_shows_every_frame_at_first_where_seconds_are_asked(
    loop: Loop,
) -> None:
    loop.run.start(20)
    first = len(loop.times) + 1
    until(lambda: len(loop.times) > first + 10, "ten more frames")
    assert np.diff(loop.times[first : first + 10]).mean() > 0.02


def test_stop_is_heard_by_a_loop_that_swallows_everything() -> None:
    def deaf(rec: Recorder, k: int) -> None:
        try:
            rec(k=float(k))
        except BaseException:
            if k % 3:
                raise

    loop = Loop(deaf).start()
    loop.run.stop()
    assert loop.ended()
    assert (loop.raised, loop.after) == (None, True)


def test_stop_does_not_wait_for_ever_for_a_loop_that_does_not_come_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mlwidgets.recording.GRACE", 0.05)
    go = threading.Event()

    def slow(rec: Recorder, k: int) -> None:
        if k > 5:
            go.wait()
        rec(k=float(k))

    loop = Loop(slow).start()
    until(lambda: loop.run.number == 5, "it is in its long step")
    loop.run.stop()
    assert (loop.run.status, "next rec(...)" in loop.run._core.note) == ("stopped", True)
    go.set()
    assert loop.ended()
    assert (loop.raised, loop.after, len(loop.run.trace)) == (None, True, 6)


@pytest.mark.parametrize("verb", ["pause", "step", "wait"])
def test_a_loop_in_a_terminal_cannot_wait_for_itself(verb: str) -> None:
    with record() as rec:
        rec(k=0)
        with pytest.raises(RunError, match="cannot wait for itself: leave it with break"):
            getattr(rec.run, verb)()
        rec(k=1)
    assert (rec.run.status, len(rec.run.trace)) == ("done", 2)


def test_a_loop_may_stop_itself() -> None:
    with record() as rec:
        rec(k=0)
        rec.run.stop()
        rec(k=1)
        pytest.fail("the call before this one ends the block")
    assert (rec.run.status, len(rec.run.trace)) == ("stopped", 1)


def test_an_inner_loop_ends_alone_and_an_outer_one_ends_both() -> None:
    reached = []
    with record() as outer:
        outer(k=0)
        with record() as inner:
            inner(k=0)
            inner.run.stop()
            inner(k=1)
        reached.append("after the inner")
        with record() as other:
            other(k=0)
            outer.run.stop()
            other.run.stop()
            outer(k=1)
        reached.append("after the other")
    assert reached == ["after the inner"]
    assert [r.run.status for r in (outer, inner, other)] == ["stopped"] * 3


def recorded_in(rec: Recorder, frames: int) -> None:
    for k in range(frames):
        rec(k=float(k))


def test_two_threads_may_record_into_one_run() -> None:
    with record() as rec:
        threads = [threading.Thread(target=recorded_in, args=(rec, 200)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert rec.run.trace.frames.tolist() == list(range(400))
    assert sorted(rec.run.trace["k"]) == sorted([*range(200)] * 2)


def test_a_stop_of_somebody_elses_passes_through() -> None:
    rec = record()
    with pytest.raises(Stop):
        recorded(rec, {"k": 0}, error=Stop)
    assert rec.run.status == "stopped"
