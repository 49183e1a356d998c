"""automl.bo and automl.acquisition: a search that a person steers, of any function of theirs."""

from __future__ import annotations

import math
from contextlib import closing
from functools import partial
from threading import Event
from typing import Any

import numpy as np
import pytest

from mlwidgets import ParamError, play
from mlwidgets_automl.acquisition import log_ei, log_pi
from mlwidgets_automl.bo import bo
from mlwidgets_automl.gp import GP, matern, rbf
from mlwidgets_automl.objectives import KNOWN
from mlwidgets_automl.searching import tangent
from tests.waiting import until


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


@pytest.mark.parametrize("shape", [matern, rbf])
def test_the_slopes_that_a_candidate_climbs_are_the_posteriors_differences(shape: Any) -> None:
    rng = np.random.default_rng(2)
    X, theta = rng.random((9, 3)), np.log([1.7, 0.3, 0.5, 0.9, 1e-3])
    model = GP(X, np.sin(5 * X).sum(1), theta, shape)
    x, h = rng.random((20, 3)), 1e-5
    mean, sd, *slopes = tangent(model, x)
    assert mean == pytest.approx(model.posterior(x)[0], abs=1e-9)
    assert sd == pytest.approx(model.posterior(x)[1], abs=1e-9)
    for part, slope in enumerate(slopes):
        for axis, e in enumerate(h * np.eye(3)):
            ahead, behind = (model.posterior(x + step)[part] for step in (e, -e))
            assert slope[:, axis] == pytest.approx((ahead - behind) / (2 * h), rel=1e-5, abs=1e-6)
    assert min(np.abs(slope).max() for slope in slopes) > 0.1


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


def test_the_acquisition_is_nothing_at_a_vetoed_place_and_highest_elsewhere() -> None:
    with closing(play("automl.bo", veto=[0.502]).step(5)) as run:
        grid, gain = last(run, "grid"), last(run, "gain")
        assert np.ptp(gain[(grid > 0.473) & (grid < 0.531)]) == 0
        assert gain[np.abs(grid - 0.47).argmin()] > 0
        assert gain.max() == 1
        run.set(veto=[k / 20 for k in range(21)]).step()
        assert last(run, "gain").max() == 1, "all is forbidden: nothing is"
    with closing(play("automl.bo", objective="branin", points=[[2.5, 7.5, 1]]).step(5)) as run:
        worth = last(run, "worth")
        assert not worth[19:22, 19:22].any()
        assert worth.max() == 1
        assert worth[18, 18] > 0


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


def test_a_click_is_answered_when_the_search_is_over() -> None:
    for name in ("automl.bo", "automl.acquisition"):
        with closing(play(name, evaluations=4).wait()) as run:
            run.set(picks=[0.55])
            assert run.status == "done"
            assert 0.55 in last(run, "x")
            assert last(run, "said").endswith("chosen by you")


def test_a_search_of_two_inputs_that_is_over_goes_on_where_you_click_or_drag() -> None:
    with closing(play("automl.bo", objective="branin", evaluations=5).wait()) as run:
        run.set(points=[[1.0, 2.0, 0]])
        assert run.status == "done"
        assert len(run.trace) == 7, "the six frames are kept"
        assert last(run, "xy")[-1] == pytest.approx([1, 2])
        run.set(moved=[[7.0, 8.0]])
        assert last(run, "xy")[-1] == pytest.approx([7, 8])
        assert last(run, "evaluation") == 7


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("automl.bo", {"veto": [0.3]}),
        ("automl.bo", {"picks": []}),
        ("automl.bo", {"acquisition": "ucb"}),
        ("automl.acquisition", {"picks": []}),
        ("automl.acquisition", {"follow": "pi"}),
    ],
)
def test_what_asks_for_no_evaluation_when_all_is_over_makes_none(name: str, given: Any) -> None:
    with closing(play(name, evaluations=4, picks=[0.55]).wait()) as run:
        run.set(**given)
        assert run.status == "done"
        assert last(run, "evaluation") == 4
        assert len(run.trace) == 6, "and yet another picture"


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
        assert run.result["value"] == last(run, "best")


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


class Rude:
    """Neither str nor repr of it can be had."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


class Ruder(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


def test_what_cannot_even_be_told_is_survived_too() -> None:
    def rude(x: float) -> Any:
        if x > 0.6:
            raise Ruder
        return Rude() if x < 0.1 else bowl(x)

    with closing(play("automl.bo", objective=rude, picks=[0.7, 0.02], evaluations=4).wait()) as run:
        said = list(run.trace["said"])
        assert said[1].startswith("rude(0.7) raised Ruder: <Ruder>: counted")
        assert said[2].startswith("rude(0.02) returned Rude <Rude>, must be a number: counted")
        assert run.status == "done"


def test_each_function_has_a_name_of_its_own_and_is_found_again_by_it() -> None:
    def branin(x: float) -> float:
        return x

    def times(k: float) -> Any:
        def scaled(x: float) -> float:
            return k * x

        return scaled

    spec = bo.spec["objective"]
    mine, one, two = (spec.check(f) for f in (branin, times(1), times(2)))
    assert [mine.name, one.name, two.name] == ["branin (yours)", "scaled", "scaled 2"]
    assert [spec.check(f.name) for f in (mine, one, two)] == [mine, one, two]
    assert spec.check(branin) is mine, "the same function has one name"
    assert spec.check("branin").call is KNOWN["branin"].call
    assert spec.format(mine) == "$branin"


def test_the_menu_offers_your_function_beside_the_known_ones_as_long_as_its_run_is_there() -> None:
    with closing(play("automl.bo", objective=bowl)) as run:
        spec = run.algorithm.spec
        assert "bowl" in spec["objective"].control()["choices"]
        run.restart(objective="branin").restart(objective="forrester")
        assert spec["objective"].to_json(run.params["objective"]) == "forrester"
        own = play("automl.bo", objective=bowl)
        assert run.restart(objective="bowl").params["objective"].call is bowl
        own.close()


def test_what_is_under_way_is_told_before_it_is_known() -> None:
    with closing(play("automl.bo", objective=bowl, bounds=[[0, 2]]).step(4)) as run:
        ahead = list(run.trace["ahead"])
        said = list(run.trace["said"])
        assert ahead[0].endswith("; chosen by the first design")
        called = [words.split(";")[0] for words in ahead[:-1]]
        assert [words.split(" = ")[0] for words in said[1:]] == called


def test_a_place_outside_the_bounds_is_said_to_be_brought_to_the_edge() -> None:
    with closing(play("automl.bo", objective=bowl, picks=[5.0, 0.4]).step(2)) as run:
        first, second = list(run.trace["said"])[1:]
        assert first.startswith("bowl(1) = ")
        assert first.endswith("chosen by you, brought to the edge")
        assert second.endswith("chosen by you")


def test_what_is_too_large_to_be_squared_is_told_without_a_warning(recwarn: Any) -> None:
    with closing(play("automl.bo", objective=lambda x: 1e200 * x, evaluations=4).wait()) as run:
        assert "e+200, too large: counted as" in last(run, "said")
        assert np.isfinite(last(run, "mean")).all()
    assert not [w for w in recwarn if "mlwidgets_automl" in w.filename]


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


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"low": 1, "high": 0}, "low=1: must be below high=0"),
        ({"low": 1, "high": 1}, "low=1: must be below high=1"),
        ({"objective": "branin"}, "objective=branin: takes 2 inputs, must take one"),
        ({"objective": plane}, "objective=plane: takes 2 inputs, must take one"),
    ],
)
def test_one_line_has_ends_and_a_function_of_one_input(given: Any, words: str) -> None:
    with pytest.raises(ParamError) as caught:
        play("automl.acquisition", **given)
    assert str(caught.value).startswith(words)
    assert caught.value.name in given


def test_a_slow_function_leaves_its_caller_free_and_the_run_can_be_paused_and_stopped() -> None:
    inside, release, late = Event(), Event(), []

    def slow(x: float) -> float:
        inside.set()
        if not release.wait(30):
            late.append(x)
            release.set()
        return bowl(x)

    with closing(play("automl.bo", objective=slow, evaluations=500)) as run:
        run.start()
        until(inside.is_set, "the function is being called")
        assert run.status == "running"
        release.set()
        run.pause()
        assert run.status == "paused"
        run.start().stop()
        assert run.status == "stopped"
        assert late == [], "start returns while the function is still at work"


def test_a_function_that_never_returns_is_left_behind_and_the_run_says_so() -> None:
    inside, release = Event(), Event()

    def stuck(x: float) -> float:
        inside.set()
        release.wait()
        return 0.0

    run = play("automl.bo", objective=stuck).start()
    until(inside.is_set, "the function is being called")
    run.stop()
    assert run.status == "stopped"
    assert run._core.note == "The frame being computed does not end; its thread is left behind."
    release.set()
