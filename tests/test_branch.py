"""A branch shares its parent's past, bit for bit, and goes on otherwise."""

from __future__ import annotations

import gc
import itertools
import threading
import weakref
from typing import Any, NotRequired, TypedDict

import numpy as np
import pytest

import mlwidgets
from mlwidgets import Frames, Line, Live, Rate, algorithm, play
from mlwidgets.core import Core, Upto
from mlwidgets.errors import MLError, ParamError, RunError
from mlwidgets.params import Param
from mlwidgets.registry import registry
from mlwidgets.replay.branch import branch
from tests.waiting import until


@algorithm
def drift(by: Live[Rate] = 0.5, n: int = 200, seed: int = 0) -> Frames[Any]:
    """A walk whose drift can be steered."""
    rng, x = np.random.default_rng(seed), 0.0
    for _ in range(n):
        x += rng.normal() + by
        by = yield {"x": x, "by": by, "path": np.array([x, x * by])}


def test_a_branch_shares_the_past_and_goes_on_otherwise() -> None:
    run = play(drift).step(60)
    twin = run.branch(at=40, by=0.9)
    assert (twin.number, twin.status, twin.parent, run.branches) == (40, "paused", run, (twin,))
    assert np.array_equal(twin.trace["x"], run.trace["x"][:41])
    assert np.array_equal(twin.trace["path"], run.trace["path"][:41])
    twin.step(20)
    assert (twin.trace["by"][40], twin.trace["by"][41]) == (0.5, 0.9)
    assert not np.array_equal(twin.trace["x"], run.trace["x"])
    assert run.number == 60, "the run itself stays where it was"


class Either(TypedDict):
    deep: float
    here: NotRequired[float]
    there: NotRequired[float]


@algorithm(Line("here"), Line("there"), Line("deep"))
def either(there: bool = False, by: Live[Rate] = 0.5) -> Frames[Either]:
    """Two figures, of which one is drawn."""
    while True:
        x = Either(deep=by, there=1.0) if there else Either(deep=by, here=1.0)
        by = yield x


def test_a_branch_that_begins_anew_may_have_other_views() -> None:
    run = play(either).step(3)
    twin = run.branch(at=2, by=0.1)
    assert [v.columns for v in twin.views] == [("here",), ("deep",)]
    twin.restart(there=True)
    assert [v.columns for v in twin.views] == [("there",), ("deep",)]


def test_a_branch_without_changes_goes_on_as_the_run_did() -> None:
    run = play(drift).step(30).set(by=0.1).step(30).set(by=0.7).wait()
    twin = run.branch(at=45).wait()
    assert twin.trace.hash != run.trace.hash, "the later steering is not the branch's"
    assert twin.events == run.events[:1]
    assert run.branch().trace.hash == run.trace.hash


def test_of_a_thinned_run_the_branch_records_what_it_would_have_itself() -> None:
    run = play(drift, n=25_000).wait()
    assert run.trace.stride > 1
    twin = run.branch(at=9_001)
    assert np.array_equal(twin.trace.frames, np.arange(9_002))
    assert twin.wait().trace.hash == run.trace.hash


def test_the_line_gives_the_run_again() -> None:
    run = play(drift).step(10).set(by=0.25).step(20).branch(at=20, by=1.0).step(5)
    assert run.line == "%ml drift by=0.5 n=200 seed=0 @11 by=0.25 @21 by=1"
    again = play(drift, steering={11: {"by": 0.25}, 21: {"by": 1.0}}, at=25)
    assert again.trace.hash == run.trace.hash
    assert again.restart().trace.hash == run.trace.hash, "given steering stays"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"at": 61}, "at=61: must be a frame of the run, 0 to 60"),
        ({"at": -1}, "at=-1: must be a frame"),
        ({"at": 1.5}, "at=1.5: must be a frame"),
        ({"at": 3, "n": 5}, r"n: cannot change while the run goes \(live: by\)"),
        ({"at": 3, "bye": 5}, "no parameter 'bye'. Did you mean 'by'"),
        ({"at": 3, "by": 5}, r"by=5: must lie in \[0, 1\]"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_lost(given: Any, said: str) -> None:
    run = play(drift).step(60)
    with pytest.raises((RunError, ParamError), match=said):
        run.branch(**given)
    assert (run.number, run.branches) == (60, ())


@pytest.mark.parametrize("steering", [{0: {"by": 1}}, {"9": {"by": 1}}, {9: {"n": 1}}])
def test_planned_steering_is_checked(steering: Any) -> None:
    with pytest.raises(MLError):
        play(drift, steering=steering)


def test_what_is_saved_or_recorded_cannot_branch(tmp_path: Any) -> None:
    play(drift).step(5).save(tmp_path / "a")
    with pytest.raises(RunError, match="cannot branch, it is loaded from a file"):
        mlwidgets.load(tmp_path / "a").branch(2)
    with mlwidgets.record() as rec:
        rec(loss=1.0)
    with pytest.raises(RunError, match="cannot branch, its frames come from a loop of yours"):
        rec.run.branch(0)


def test_a_replay_that_comes_out_otherwise_is_told() -> None:
    draws = itertools.count()

    @algorithm
    def moody() -> Frames[Any]:
        yield {"x": 0, "calm": 1}
        while True:
            yield {"x": next(draws), "calm": 1}

    twin = play(moody).step(5).branch(at=3)
    assert "another x at frame 3 than the run did" in twin.summary()


def test_a_replay_can_be_stopped() -> None:
    reached, go = threading.Event(), threading.Event()

    @algorithm
    def slow() -> Frames[Any]:
        for k in range(100):
            if again and k == 5:
                reached.set()
                go.wait(20)
            yield {"k": k}

    again = False
    run = play(slow).step(50)
    again = True
    cores: list[Core] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            branch(run, 40, {}, begun=cores.append)
        except RunError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert reached.wait(20)
    cores[0].stop()
    go.set()
    thread.join(20)
    assert "did not come to frame 40: it was stopped at frame" in str(failed[0])
    assert run.branches == ()


def test_closing_lets_go_of_the_family() -> None:
    run = play(drift).step(9)
    twin, own = run.branch(4), branch(run, 5, {}, owner=run)
    run.close()
    assert (own.closed, twin.closed, twin.family) == (True, False, [twin])
    gone = weakref.ref(own)
    del own
    until(lambda: gc.collect() >= 0 and gone() is None, "the branch is let go of")


def other_value(param: Param, value: Any) -> Any:
    """Another allowed value of a live parameter, where numbers or choices make one."""
    for tried in (value / 2, value + 1) if isinstance(value, (int, float)) else param.choices:
        try:
            if param.check(tried) != value:
                return tried
        except MLError:
            continue
    return None


LIVE = [
    (name, param.name, other)
    for name, item in registry().items.items()
    for param in item.load().spec.params
    if param.live and (other := other_value(param, param.default)) is not None
]


@pytest.mark.parametrize(("name", "param", "value"), LIVE)
def test_a_replay_of_every_algorithm_gives_the_same_frames(
    name: str, param: str, value: Any
) -> None:
    run = play(name, at=0)
    whole = run.number
    run._held(Upto(6))
    run.set(**{param: value})
    run._held(Upto(14))
    assert run.number > max(whole, 6)
    again = play(name, at=run.number, steering={e.frame: {e.name: e.new} for e in run.events})
    assert again.trace.hash == run.trace.hash
    assert again.branch(at=run.number - 1).step().trace.hash == run.trace.hash
