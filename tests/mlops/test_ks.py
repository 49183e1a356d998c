"""Two samples: the stick, its p in three ways, what is live, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from mlwidgets import ParamError, Points, play
from mlwidgets_mlops.kolmogorov import by_urn, chance_of
from mlwidgets_mlops.ks import ks
from mlwidgets_mlops.on_device import distances
from mlwidgets_mlops.ranks import ks_statistic, ks_together, quantiles

Draw = Callable[[np.random.Generator, int], Any]
SHAPES: dict[str, Draw] = {
    "bell": lambda rng, n: rng.normal(size=n),
    "few values": lambda rng, n: rng.integers(0, 5, n).astype(float),
    "rounded": lambda rng, n: rng.normal(size=n).round(2),
    "heavy tails": lambda rng, n: rng.standard_cauchy(n),
    "constant": lambda rng, n: np.full(n, -0.0),
    "infinite": lambda rng, n: rng.choice([-np.inf, -0.0, 0.0, 1.0, np.inf], n),
    "huge": lambda rng, n: rng.choice([-1.7e308, 1.7e308, 1e300], n),
    "tiny": lambda rng, n: rng.integers(-9, 9, n) * 5e-324,
    "neighbours": lambda rng, n: np.nextafter(1.0, 2 * rng.integers(0, 2, n)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rows", [(2, 3), (7, 40), (3000, 2500), (9000, 300)])
def test_the_statistic_is_scipys_with_ties_exact(shape: str, rows: tuple[int, int]) -> None:
    rng = np.random.default_rng(sum(rows))
    x, y = (SHAPES[shape](rng, n) for n in rows)
    theirs = stats.ks_2samp(x, y, method="asymp").statistic
    assert ks_statistic(x, y) == pytest.approx(theirs, abs=1e-12)
    together = ks_together(*(np.stack([v, v]) for v in (x, y)))
    assert together == pytest.approx([theirs, theirs], abs=1e-12)
    if shape != "tiny":  # torch may take what is below 2e-308 for zero
        batched = distances(*(torch.as_tensor(v)[None] for v in (x, y)))
        assert float(batched[0]) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("shape", ["bell", "few values", "rounded", "heavy tails"])
def test_quantiles_without_a_sort_are_numpys(shape: str) -> None:
    x = SHAPES[shape](np.random.default_rng(1), 30_000)
    at = np.array([0.0, 0.001, 0.1, 0.5, 0.77, 1.0])
    assert np.array_equal(quantiles(x, at), np.quantile(x, at))
    assert np.array_equal(quantiles(np.sort(x), at, ordered=True), np.quantile(x, at))


@pytest.mark.parametrize("n", [1, 2, 20, 140, 141, 900, 40_000])
def test_the_limit_is_scipys_from_the_middle_to_the_far_tail(n: int) -> None:
    D = np.concatenate([np.linspace(0, 1, 30), np.geomspace(0.3, 6, 30).clip(0, n**0.5) / n**0.5])
    theirs = stats.kstwo.sf(D, n)
    assert np.allclose(chance_of(D, 2 * n, 2 * n), theirs, atol=1e-9, rtol=1e-6)


def test_the_urn_counts_the_orders_of_six_labels() -> None:
    """Of the 20 orders of three and three, two have a gap of 3 thirds, ten of at least 2."""
    assert by_urn(9, 3, 3) == pytest.approx(2 / 20)
    assert by_urn(6, 3, 3) == pytest.approx(12 / 20)


def test_p_by_shuffling_comes_to_the_counted_one_where_no_values_are_equal() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=30), rng.normal(0.5, 1, 40)
    last = [*ks(first=x, second=y, shuffles=4000)][-1]
    assert last["p_exact"] == pytest.approx(stats.ks_2samp(x, y).pvalue, abs=1e-10)
    assert last["p_shuffled"] == pytest.approx(last["p_exact"], abs=0.025)
    assert last["dealt"] == 4000
    assert np.sum(last["null"]) == 4000


def test_where_values_are_equal_only_shuffling_keeps_its_word() -> None:
    """Two coins: what is counted as if no two values were equal is far too large."""
    first, second = np.repeat([0, 1], [25, 15]), np.repeat([0, 1], [15, 25])
    last = [*ks(first=first, second=second, shuffles=2000)][-1]
    assert "78 of them equal" in last["said"]
    fisher = stats.fisher_exact([[25, 15], [15, 25]]).pvalue
    assert last["p_shuffled"] == pytest.approx(fisher, abs=0.02)
    assert last["p_exact"] is not None
    assert last["p_shuffled"] is not None
    assert last["p_exact"] > 2 * last["p_shuffled"]


def test_the_stick_stands_where_the_staircases_are_furthest_apart() -> None:
    frame = next(ks(first=[1, 2, 3], second=[2, 5, 6]))
    assert frame["D"] == pytest.approx(2 / 3)
    assert frame["place"].tolist() == [3]
    assert sorted(frame["stick"][[0, -1]].tolist()) == pytest.approx([1 / 3, 1])
    at = frame["grid"].index(3)
    assert (frame["F"][at], frame["G"][at]) == pytest.approx((1, 1 / 3))


def test_a_shift_while_it_runs_moves_the_second_sample_and_deals_anew() -> None:
    with closing(play(ks, column="alcohol", shuffles=400)) as run:
        before = run.step(10).trace.row(-1)
        after = run.set(shift=1.0).step(1).trace.row(-1)
    assert after["D"] < before["D"]
    assert (before["dealt"], after["dealt"]) == (100, 10)
    assert np.sum(after["null"]) == 10


def test_what_is_counted_as_dealt_was_dealt_to_the_samples_of_the_frame() -> None:
    with closing(play(ks, shuffles=40)) as run:
        run.step(3).set(shift=0.5)
        last = run.wait().trace.row(-1)
        assert last["dealt"] == np.sum(last["null"]) == 40
        run.set(column="proline")
        answer = run.wait().trace.row(-1)
    assert answer["dealt"] == np.sum(answer["null"]) == 40


def test_dots_that_are_drawn_join_their_sample() -> None:
    dots = Points([[9, 0], [9, 1], [9, 0.5]], labels=[1, 1, 1])
    frame = next(ks(first=[1, 2, 3], second=[1, 2, 3], drawn=dots))
    assert frame["D"] == pytest.approx(0.5)
    alone = next(ks(column="none", drawn=Points([[0, 0], [1, 0]], labels=[0, 1])))
    assert alone["D"] == 1
    assert next(ks(column="none"))["D"] == 0


def test_a_finished_run_answers_a_new_column() -> None:
    with closing(play(ks, shuffles=50).wait()) as run:
        run.set(column="proline")
        run.wait()
        assert run.trace.row(-1)["D"] > 0.9


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ([], "must have a number or more"),
        ([np.nan, None], "has none .2 are missing"),
        ("abc", "must be an array or list of numbers"),
        ([[1, 2], [3, 4]], "must have one axis, has 2"),
        (["a", "b"], "must be an array or list of numbers"),
        ({"a": 1}, "must be an array or list of numbers"),
        ([1 + 2j], "must be an array or list of numbers"),
    ],
)
def test_what_is_no_sample_is_refused_in_a_line(first: Any, words: str) -> None:
    with pytest.raises(ParamError, match=words) as caught:
        ks(first=first, second=[1.0])
    assert "\n" not in str(caught.value)


def test_one_sample_alone_is_refused() -> None:
    with pytest.raises(ParamError, match="second: is needed beside first"):
        next(ks(first=[1, 2]))


def test_a_column_of_a_frame_is_a_sample_and_what_is_missing_is_left_out() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, None, 4.0], "b": [True, False, True, True]})
    seen = next(ks(first=frame["a"], second=frame["b"]))
    assert "3 values beside 4" in seen["said"]
    assert [value for value, _ in seen["dots"]] == [1, 2, 4, 0, 1, 1, 1]


def test_a_hundred_thousand_values_are_drawn_with_few() -> None:
    rng = np.random.default_rng(0)
    frame = next(ks(first=rng.normal(size=100_000), second=rng.normal(size=100_000)))
    assert len(frame["grid"]) < 500
    assert len(frame["dots"]) <= 600
    assert frame["p_exact"] is None
