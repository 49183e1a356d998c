"""automl.bo and automl.acquisition: a search that a person steers, of any function of theirs."""

from __future__ import annotations

import math
import time
from contextlib import closing
from functools import partial
from threading import Event
from typing import Any

import numpy as np
import pytest

from mlwidgets import ParamError, play
from mlwidgets_automl.acquisition import log_ei, log_pi
from mlwidgets_automl.bo import bo
from mlwidgets_automl.objectives import KNOWN


def bowl(x: float) -> float:
    return (x - 0.3) ** 2


def plane(a: float, b: float) -> float:
    return (a - 0.2) ** 2 + (b + 1) ** 2


def six(x: Any) -> float:
    return float(((x - 0.5) ** 2).sum())


def last(run: Any, name: str) -> Any:
    return run.trace[name][-1]


# what is known of the functions ------------------------------------------------------------


def test_no_place_of_the_known_functions_is_below_their_lowest_value() -> None:
    rng = np.random.default_rng(0)
    for name in ("forrester", "branin", "hartmann6"):
        f = KNOWN[name]
        values = [f.at(f.outside(rng.random(len(f.bounds))))[0] for _ in range(3000)]
        assert f.lowest <= min(values)
    assert KNOWN["branin"].at(np.array([math.pi, 2.275]))[0] == pytest.approx(
        KNOWN["branin"].lowest
    )
    best = np.array([0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573])
    assert KNOWN["hartmann6"].at(best)[0] == pytest.approx(KNOWN["hartmann6"].lowest, abs=1e-7)
    assert KNOWN["forrester"].at(np.array([0.757249]))[0] == pytest.approx(
        KNOWN["forrester"].lowest, abs=1e-8
    )


# the search -------------------------------------------------------------------------------


def test_forresters_lowest_value_is_found_in_15_evaluations() -> None:
    regret = [frame["regret"] for frame in bo(evaluations=15)][-1]
    assert 0 <= regret < 0.01


def test_two_inputs_are_searched_and_their_picture_drawn() -> None:
    with closing(play("automl.bo", objective="branin", evaluations=25).wait()) as run:
        assert last(run, "regret") < 0.3
        assert last(run, "axes") == ("a", "b")
        assert last(run, "xy").shape == (25, 2)
        assert last(run, "extent").tolist() == [-5, 10, 0, 15]


def test_the_logarithms_are_exact_far_out_where_the_numbers_are_zero() -> None:
    mu, sd = np.array([50.0, 1e3, 1e4]), np.ones(3)
    log, by_mu, _ = log_ei(mu, sd, 0.0)
    assert log == pytest.approx(-(mu**2) / 2 - 2 * np.log(mu) - math.log(2 * math.pi) / 2, rel=1e-3)
    assert by_mu == pytest.approx(-mu, rel=1e-2)
    assert np.isfinite(log_pi(mu, sd, 0.0)).all()


# a person's hand --------------------------------------------------------------------------


def test_a_click_is_evaluated_next_once_and_said_to_be_yours() -> None:
    with closing(play("automl.bo").step(5)) as run:
        run.set(picks=[0.55]).step()
        assert 0.55 in last(run, "x")
        assert last(run, "said").endswith("chosen by you")
        run.step()
        assert not last(run, "said").endswith("chosen by you")


def test_from_your_first_click_on_the_search_goes_on_without_you_too() -> None:
    with closing(play("automl.bo").step(4)) as run:
        run.set(picks=[0.01, 0.02, 0.03]).step(3)
        assert last(run, "rival") < last(run, "best"), "bad places were clicked"
        alone = [frame["best"] for frame in bo()]
        assert last(run, "rival") == pytest.approx(alone[7])


def test_nothing_is_evaluated_beside_a_vetoed_place() -> None:
    with closing(play("automl.bo", veto=[0.757]).wait()) as run:
        assert np.abs(last(run, "x") - 0.757).min() >= 0.03


def test_in_two_inputs_points_are_places_to_look_and_places_never_to() -> None:
    with closing(play("automl.bo", objective="branin").step(4)) as run:
        run.set(points=[[1.0, 2.0, 0], [3.1, 2.3, 1]]).step()
        assert last(run, "xy")[-1] == pytest.approx([1, 2])
        run.set(moved=[[7.0, 7.0]]).step()
        assert last(run, "xy")[-1] == pytest.approx([7, 7])
        run.step(5)
        apart = np.abs(last(run, "xy") - [3.1, 2.3]) / 15
        assert apart[6:].max(1).min() >= 0.03


def test_other_inputs_of_a_dragged_place_are_those_of_the_next_evaluation() -> None:
    with closing(play("automl.bo", objective="hartmann6", across=[2, 5]).step(4)) as run:
        run.set(moved=[[0.25, 0.75]]).step()
        assert last(run, "xy")[-1] == pytest.approx([0.25, 0.75])
        assert last(run, "axes") == ("x2", "x5")


# functions of one's own -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "bounds", "names"),
    [
        (bowl, None, {"x"}),
        (partial(plane, b=-1.0), None, {"a"}),
        (plane, [[-1, 1], [-2, 2]], {"a", "b"}),
        (six, [[0, 1]] * 6, {f"x{k}" for k in range(6)}),
        (lambda x: np.float32(x), [[2, 3]], {"x"}),
        (lambda x: [x**2][0:1][0], [[-1, 1]], {"x"}),
    ],
)
def test_any_function_of_numbers_can_be_searched(f: Any, bounds: Any, names: set[str]) -> None:
    with closing(play("automl.bo", objective=f, bounds=bounds, evaluations=8).wait()) as run:
        assert set(run.result) == names | {"value"}
        assert run.result["value"] == min(last(run, "best"), run.result["value"])


def test_a_function_that_raises_or_has_no_number_is_told_and_survived() -> None:
    def sometimes(x: float) -> Any:
        if x > 0.6:
            raise ValueError("too hot")
        return None if x < 0.05 else math.nan if x < 0.1 else bowl(x)

    picks = [0.7, 0.02, 0.08, 0.3]
    with closing(play("automl.bo", objective=sometimes, picks=picks).wait()) as run:
        said = list(run.trace["said"])
        assert (
            said[1] == "sometimes(0.7) raised ValueError: too hot: counted as the worst value found"
        )
        assert "returned NoneType None, must be a number" in said[2]
        assert "returned nan" in said[3]
        assert last(run, "best") < 1e-4
        assert run.status == "done"


def test_the_menu_offers_your_function_beside_the_known_ones_as_long_as_its_run_is_there() -> None:
    with closing(play("automl.bo", objective=bowl)) as run:
        spec = run.algorithm.spec
        assert "bowl" in spec["objective"].control()["choices"]
        run.restart(objective="branin").restart(objective="forrester")
        assert spec["objective"].to_json(run.params["objective"]) == "forrester"
        own = play("automl.bo", objective=bowl)
        assert run.restart(objective="bowl").params["objective"].call is bowl
        own.close()


def test_a_function_that_always_fails_ends_with_nothing_found() -> None:
    def never(x: float) -> float:
        raise RuntimeError

    with closing(play("automl.bo", objective=never, evaluations=6).wait()) as run:
        assert run.result == {}
        assert math.isnan(last(run, "best"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"objective": "forester"}, "must be forrester, branin"),
        ({"objective": 3}, "or a Python function"),
        ({"objective": lambda: 0}, "takes no argument"),
        ({"objective": lambda x, *, c: 0}, "needs 'c' by name"),
        ({"objective": plane, "bounds": [[0, 1]]}, "plane takes 2 inputs, 1 bounds are given"),
        ({"objective": six, "bounds": [[0, 1], [1, 1]]}, "must be [lowest, highest]"),
        ({"objective": six, "bounds": [[0, 1]] * 21}, "at most 20 inputs"),
        ({"objective": "branin", "across": [0, 2]}, "two different inputs of 0 to 1"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_one_line(given: Any, words: str) -> None:
    with pytest.raises(ParamError) as caught:
        play("automl.bo", **given)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_slow_function_leaves_its_caller_free_and_stops_in_time() -> None:
    def slow(x: float) -> float:
        time.sleep(0.05)
        return bowl(x)

    with closing(play("automl.bo", objective=slow, evaluations=500)) as run:
        begun = time.monotonic()
        run.start()
        assert time.monotonic() - begun < 0.5, "start returns at once"
        run.pause()
        assert run.status in ("paused", "ready")
        run.start().stop()
        assert run.status == "stopped"
        assert time.monotonic() - begun < 3


def test_a_function_that_never_returns_is_left_behind_and_the_run_says_so() -> None:
    inside, release = Event(), Event()

    def stuck(x: float) -> float:
        inside.set()
        release.wait()
        return 0.0

    run = play("automl.bo", objective=stuck).start()
    assert inside.wait(10)
    begun = time.monotonic()
    run.stop()
    assert time.monotonic() - begun < 8
    assert run.status == "stopped"
    assert run._core.note == "The frame being computed does not end; its thread is left behind."
    release.set()
