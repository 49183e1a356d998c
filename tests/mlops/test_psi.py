"""The index: its bins, however they are cut, and what chance alone gives."""

from __future__ import annotations

from contextlib import closing
from typing import Literal

import numpy as np
import pytest
from scipy import stats

from mlwidgets import ParamError, play
from mlwidgets_mlops.psi import divided, psi, psi_of


def test_it_is_the_symmetric_divergence_of_the_shares() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=5000), rng.normal(0.3, 1.2, 4000)
    edges = np.quantile(x, np.linspace(0, 1, 11))
    edges[[0, -1]] = -np.inf, np.inf
    P, Q = (np.histogram(v, edges)[0] / len(v) for v in (x, y))
    theirs = stats.entropy(P, Q) + stats.entropy(Q, P)
    assert psi_of(x, y) == pytest.approx(theirs, abs=1e-12)
    assert [*psi(reference=x, current=y, batches=3)][-1]["psi"] == pytest.approx(theirs, abs=1e-12)


def test_contributions_are_of_the_bins_and_add_up() -> None:
    last = [*psi()][-1]
    assert sum(last["c"]) == pytest.approx(last["psi"], abs=1e-12)
    assert min(last["c"]) >= 0
    assert len(last["c"]) == len(last["ranges"]) == len(last["at"]) + 1
    steps = np.searchsorted(last["edges"], last["at"])  # a step is where its bin begins
    assert len(last["P"]) == len(last["Q"]) == len(last["edges"]) > 200
    assert last["P"][0] + sum(last["P"][k] for k in steps) == pytest.approx(1)


def test_bins_and_their_kind_change_while_it_runs() -> None:
    with closing(play(psi, batches=20)) as run:
        ten = run.step(3).trace.row(-1)
        many = run.set(bins=30).step(1).trace.row(-1)
        wide = run.set(kind="width").step(1).trace.row(-1)
    assert len(ten["c"]) == 10 < len(many["c"])
    assert np.ptp(np.diff(wide["at"])) < 1e-9 < np.ptp(np.diff(many["at"]))


def test_cuts_of_ones_own_replace_the_bins() -> None:
    last = [*psi(cuts=[90.0, 100.0, 90.0], batches=2)][-1]
    assert last["at"] == [90, 100]
    assert last["ranges"] == ["under 90", "to 100", "from 100"]


def test_more_bins_look_less_stable_and_chance_explains_it() -> None:
    """Where nothing moved the mean of the index is (bins - 1) (1/n + 1/m)."""
    rng = np.random.default_rng(0)
    found = [
        [psi_of(rng.normal(size=2000), rng.normal(size=1000), bins) for _ in range(200)]
        for bins in (5, 20)
    ]
    few, many = np.mean(found, axis=1)
    assert few == pytest.approx(4 * 0.0015, rel=0.15)
    assert many == pytest.approx(19 * 0.0015, rel=0.15)


@pytest.mark.parametrize("kind", ["quantile", "width"])
def test_a_constant_has_a_bin_of_its_own_and_whatever_it_becomes_is_seen(kind: str) -> None:
    cuts = divided(np.ones(50), 10, kind)
    assert [np.digitize(v, cuts) for v in (0.0, 1.0, 2.0)] == [0, 1, 2]
    assert psi_of(np.ones(50), np.full(50, 2.0)) > 1


def test_a_constant_column_has_no_drift() -> None:
    last = [*psi(reference=np.ones(50), current=np.ones(9), batches=2)][-1]
    assert last["psi"] == 0
    assert [*psi(reference=np.ones(50), current=np.zeros(9), batches=2)][-1]["psi"] > 1


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("kind", ["quantile", "width"])
def test_the_largest_numbers_that_there_are_have_bins(kind: Literal["quantile", "width"]) -> None:
    last = [*psi(reference=[1e308, -1e308, 0], current=[0, 1], kind=kind, batches=1)][-1]
    assert np.isfinite(last["edges"]).all()
    assert np.isfinite(last["dots"]).all()


def test_infinite_values_are_in_the_outer_bins() -> None:
    x = np.array([-np.inf, 0.0, 1.0, 2.0, np.inf])
    for kind in ("quantile", "width"):
        last = [*psi(reference=x, current=x, kind=kind, bins=3, batches=1)][-1]
        assert last["psi"] == 0
        assert np.isfinite(last["edges"]).all()


@pytest.mark.parametrize("floor", [1e-4, 0.01])
def test_an_empty_bin_has_the_floor_and_the_others_make_room(floor: float) -> None:
    last = [*psi(reference=[0.0, 1.0], current=[1.0], cuts=[0.5], floor=floor, batches=1)][-1]
    low = floor / (1 + floor)
    assert (min(last["Q"]), max(last["Q"])) == pytest.approx((low, 1 - low), rel=1e-12)
    expected = (low - 0.5) * np.log(low / 0.5) + (0.5 - low) * np.log((1 - low) / 0.5)
    assert last["psi"] == pytest.approx(expected, rel=1e-12)


def test_one_sample_alone_is_refused() -> None:
    with pytest.raises(ParamError, match="current: is needed beside reference"):
        next(psi(reference=[1.0]))


def test_a_finished_run_answers_other_bins() -> None:
    with closing(play(psi, batches=4).wait()) as run:
        run.set(bins=3)
        run.wait()
        assert len(run.trace.row(-1)["c"]) == 3
