"""automl.gp: points are clicked, hyperparameters dragged, tables told, odd input refused."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from mlwidgets import ParamError, Points, play
from mlwidgets_automl.gp import GP, gp, matern, rbf

RNG = np.random.default_rng(0)
X = RNG.random((120, 3))
TABLE = pd.DataFrame(X, columns=["a", "b", "c"]).assign(y=np.sin(5 * X[:, 0]) + X[:, 1])


def test_the_evidence_climbs_to_the_end() -> None:
    evidence = [frame["evidence"] for frame in gp(steps=40)]
    assert evidence[-1] > evidence[0] + 1
    assert all(b >= a - 1e-9 for a, b in pairwise(evidence))


def test_a_dragged_hyperparameter_is_in_force_and_stays_where_nothing_climbs() -> None:
    with closing(play("automl.gp", fit=False).step(3)) as run:
        run.set(ell=0.5).step(2)
        assert 10 ** run.trace["here"][-1][0, 0] == pytest.approx(0.5)
        run.set(fit=True).step(30)
        assert run.trace["evidence"][-1] > run.trace["evidence"][3]


def test_what_the_climb_has_reached_is_told_in_numbers() -> None:
    with closing(play("automl.gp").step(30)) as run:
        reached = [run.trace[name][-1] for name in ("length", "amplitude", "noise")]
        length, amplitude, noise = reached
        here = 10 ** run.trace["here"][-1][0]
        assert here == pytest.approx([length, noise / amplitude])
        assert length > 3 * run.params["ell"]


def test_a_click_adds_a_point_and_the_band_closes_there() -> None:
    with closing(play("automl.gp", fit=False).step(2)) as run:
        there = int(np.abs(run.trace["grid"][-1] - 0.9).argmin())
        before = run.trace["band"][-1][there]
        seen = run.params["points"].xy.tolist()
        run.set(points=[*seen, [0.9, 0.8]]).step()
        assert len(run.trace["x"][-1]) == len(seen) + 1
        assert run.trace["band"][-1][there] < before / 3


def test_a_run_that_is_over_still_answers_clicks_and_drags() -> None:
    with closing(play("automl.gp", steps=5).wait()) as run:
        frames = len(run.trace)
        run.set(points=[[0.0, 0.5]]).set(kernel="rbf").set(fit=False)
        assert len(run.trace) == frames + 3
        assert run.trace["x"][-1].tolist() == [0.0]


def test_functions_dance_from_frame_to_frame_and_pass_near_the_points() -> None:
    frames = list(gp(sigma=0.001, fit=False, steps=3))
    assert np.abs(frames[0]["f1"] - frames[1]["f1"]).max() > 0.01
    at = int(np.abs(frames[0]["grid"] - frames[0]["x"][2]).argmin())
    assert all(abs(frame["f1"][at] - frame["y"][2]) < 0.15 for frame in frames)


def test_the_functions_have_the_posterior_that_is_drawn() -> None:
    process = GP(np.array([[-0.5], [0.4]]), np.array([0.3, -0.2]), np.log([1.0, 0.3, 1e-4]), matern)
    x = np.linspace(-1, 1, 9)[:, None]
    f = process.functions(x, RNG.standard_normal((2, 9, 20_000)), 1.0)
    mean, sd = process.posterior(x)
    assert f.mean(1) == pytest.approx(mean, abs=0.04)
    assert f.std(1) == pytest.approx(sd, abs=0.04)


@pytest.mark.parametrize("shape", [matern, rbf])
def test_the_slope_is_that_of_the_evidence(shape: object) -> None:
    theta = np.log([1.3, 0.4, 0.9, 2.0, 0.05])
    y = TABLE["y"].to_numpy()

    def evidence(at: object) -> float:
        return GP(X, y, at, shape).evidence  # type: ignore[arg-type]  # a shape of two

    slope = GP(X, y, theta, shape).slope()  # type: ignore[arg-type]  # a shape of two
    for k, step in enumerate(1e-5 * np.eye(5)):
        found = (evidence(theta + step) - evidence(theta - step)) / 2e-5
        assert slope[k] == pytest.approx(found, rel=1e-5, abs=1e-5)


def test_a_table_is_told_by_its_columns_and_the_useless_one_is_found() -> None:
    with closing(play("automl.gp", data=TABLE).wait()) as run:
        assert run.trace["inputs"][0] == ("a", "b", "c")
        lengths = run.trace["lengths"][-1]
        assert lengths[2] > 5 * lengths[0]
        assert run.trace["nlpd"][-1] < run.trace["nlpd"][0] < 2
        told = run.trace["told"][-1]
        assert np.corrcoef(told.T)[0, 1] > 0.999
        assert [view.kind for view in run.views] == ["scatter", "bars", "line"]


def test_no_points_at_all_show_the_prior() -> None:
    with closing(play("automl.gp", points="none", steps=3).wait()) as run:
        assert np.abs(run.trace["mean"][-1]).max() == 0
        assert np.ptp(run.trace["band"][-1]) == pytest.approx(0)
        run.set(points=[[0.2, 0.4]])
        assert np.ptp(run.trace["band"][-1]) > 0.5


def test_points_on_top_of_each_other_and_far_away_are_no_trouble() -> None:
    odd = Points([[0, 1e6], [0, 1e6], [3e5, -2e6], [3e5, 5e6]])
    frames = list(gp(points=odd, steps=5))
    assert all(np.isfinite(frame["mean"]).all() for frame in frames)
    assert frames[-1]["extent"][3] > 5e6


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (TABLE.assign(a=np.nan), "column 'a' is nan in row 0"),
        (TABLE.assign(b="word"), "column 'b' must hold numbers"),
        (TABLE[:6], "must have 10 to 2,500 rows, has 6"),
        (np.zeros((9000, 2)), "must have 10 to 2,500 rows, has 9,000"),
        (TABLE[["y"]], "must have 2 to 51 columns, has 1"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_one_line(data: object, words: str) -> None:
    with pytest.raises(ParamError, match="data: ") as caught:
        play("automl.gp", data=data)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
