"""A run as a parameter: what one algorithm has learned is another's input, stopped by hand too."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Generator, Iterator
from typing import Annotated, Any

import pytest

import mlwidgets as ml
from mlwidgets import Done, Live, Run, RunOf
from mlwidgets.algorithms import as_algorithm
from mlwidgets.errors import ParamError
from mlwidgets.player import Player
from mlwidgets.run import runs

Frames = Generator[dict[str, float], Any, Any]


class Weights(list[float]):
    """Something that can be weakly held."""


def train(n: int = 4, seed: Live[int] = 0) -> Frames:
    weights = Weights()
    try:
        for k in range(n):
            weights.append(k + seed)
            yield {"loss": float(n - k + seed)}
    except GeneratorExit:
        return Done(weights)
    return Done(weights, seed=lambda seed: {"loss": float(seed)})


def plain(n: int = 4) -> Frames:
    for k in range(n):
        yield {"loss": float(k)}


trained = as_algorithm(train, "t.train")


def sample(net: Annotated[Run, RunOf("t.train")], times: int = 1) -> Iterator[dict[str, float]]:
    for k in range(times):
        yield {"sum": sum(net.result) + k}


def refusal(value: Any) -> str:
    with pytest.raises(ParamError) as caught:
        ml.play(sample, net=value)
    return str(caught.value)


# a stopped run's result ---------------------------------------------------------------------


def test_a_stopped_run_has_what_its_generator_returned_then() -> None:
    run = ml.play(train, n=100).step(2).stop()
    assert (run.status, run.result) == ("stopped", [0, 1, 2])
    assert run.summary().count("Closing") == 0


def test_a_stopped_run_answers_nothing() -> None:
    run = ml.play(train, n=100).stop()
    assert not run._core.answers


def test_a_generator_that_returns_nothing_as_it_closes_gives_no_result() -> None:
    assert ml.play(plain).stop().result is None


def test_what_is_returned_bare_is_a_result_too() -> None:
    def bare() -> Frames:
        try:
            while True:
                yield {"x": 0.0}
        except GeneratorExit:
            return 7

    assert ml.play(bare).stop().result == 7


def test_a_generator_that_goes_on_after_its_end_is_stopped_as_before() -> None:
    def stubborn() -> Frames:
        try:
            yield {"x": 0.0}
        except GeneratorExit:
            yield {"x": 1.0}

    run = ml.play(stubborn).stop()
    assert (run.status, run.result, len(run.trace)) == ("stopped", None, 1)
    assert "generator ignored GeneratorExit" in run.summary()


def test_a_failed_run_has_no_result_though_its_generator_would_return_one() -> None:
    def misfit() -> Frames:
        try:
            yield {"x": 0.0}
            yield {"y": 0.0}
        except GeneratorExit:
            return 7

    run = ml.play(misfit)
    with pytest.raises(ml.MLError):
        run.wait()
    assert (run.status, run.result) == ("failed", None)


def test_what_a_stopped_run_has_learned_goes_with_it() -> None:
    run = ml.play(train, n=100).stop()
    learned = weakref.ref(run.result)
    del run
    gc.collect()
    assert learned() is None


# a run as a parameter -----------------------------------------------------------------------


@pytest.mark.parametrize("ended", ["done", "stopped"])
def test_a_run_that_is_over_is_taken_with_what_it_has_learned(ended: str) -> None:
    net = ml.play(trained)
    if ended == "done":
        net.wait()
    else:
        net.stop()
    assert ml.play(sample, net=net).wait().trace["sum"][0] == sum(net.result)
    assert ml.play(sample, net=Player(net)).wait().trace["sum"][0] == sum(net.result)


def test_it_stays_as_it_was_given_when_that_run_begins_anew() -> None:
    net = ml.play(trained).wait()
    run = ml.play(sample, net=net)
    net.restart(seed=5)
    assert run.restart(times=2).wait().trace["sum"][0] == 6
    assert len([r for r in runs() if r.name == "t.train"]) >= 1
    assert run.params["net"] not in runs()


def test_a_run_of_something_else_is_named_with_what_is_wanted() -> None:
    said = refusal(ml.play(plain).wait())
    assert "is a run of plain; must be a finished run of t.train" in said


def test_a_run_that_has_not_ended_says_how_to_end_it() -> None:
    said = refusal(ml.play(trained))
    assert said.endswith(
        "has no result: it is ready at frame 0; .wait() takes it to its end, .stop() ends it"
        " where it is"
    )


def test_a_run_without_a_result_says_so() -> None:
    def sampled(net: Annotated[Run, RunOf()]) -> Iterator[dict[str, float]]:
        yield {"x": float(net.number)}

    for run, why in (
        (ml.play(plain).wait(), "it is done, and its algorithm returned none there"),
        (ml.play(plain).stop(), "it is stopped, and its algorithm returned none there"),
    ):
        with pytest.raises(ParamError, match=why):
            ml.play(sampled, net=run)


def test_a_loaded_run_has_no_result(tmp_path: Any) -> None:
    ml.play(trained).wait().save(tmp_path / "run.mlw")
    assert "a file holds a run's frames and no more" in refusal(ml.load(tmp_path / "run.mlw"))


@pytest.mark.parametrize("value", [3, None, "net", [1]])
def test_what_is_no_run_is_told_what_is_wanted(value: Any) -> None:
    assert "must be a finished run of t.train: play one, then name=$variable" in refusal(value)


def test_the_line_and_the_card_name_the_run_that_was_given() -> None:
    net = ml.play(trained).wait()
    run = ml.play(sample, net=net).wait()
    assert run.line.split()[2] == "net=$train"
    made = run.card().made
    assert f"the run t.train: 4 frames, SHA-256 {net.trace.hash}" in " ".join(made.lacks)
    assert made.data["net"]
    other = ml.play(sample, net=ml.play(trained, seed=1).wait())
    assert other.card().made.data["net"] != made.data["net"]


def test_the_page_is_told_its_name_and_no_more() -> None:
    run = ml.play(sample, net=ml.play(trained).wait())
    assert Player(run).state["params"]["net"] == "t.train, 4 frames"
