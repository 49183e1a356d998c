"""Many columns watched: whose tables, which alarms, what triggers, and what is looked into."""

from __future__ import annotations

import datetime
from contextlib import closing
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from mlwidgets import ParamError, play
from mlwidgets_mlops.chi_square import chance_of, chi_square
from mlwidgets_mlops.columns import MOVED
from mlwidgets_mlops.drift_system import adjusted, drift_system
from mlwidgets_mlops.on_device import ks_each

Method = Literal["bonferroni", "holm", "benjamini-hochberg"]
METHODS: dict[Method, str] = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "benjamini-hochberg": "fdr_bh",
}


def frame_of(rows: int, seed: int, moved: float = 0.0) -> pd.DataFrame:
    """Quantities, categories, gaps, constants, times: what a table of a company holds."""
    rng = np.random.default_rng(seed)
    income = rng.lognormal(size=rows) * (1 + moved)
    income[rng.random(rows) < 0.1 + 0.2 * moved] = np.nan
    day = datetime.datetime(2026, 1, 1)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, rows),
            "income": income,
            "plan": rng.choice(["<b>free</b>", "pro", "team"], rows, p=[0.6, 0.3, 0.1]),
            "country": pd.Categorical(rng.choice(["DE", "FR"], rows)),
            "score": pd.array(rng.integers(0, 9, rows), dtype="Int64").astype("Int64"),
            "constant": 7,
            "flag": rng.random(rows) < 0.5,
            "seen": [day + datetime.timedelta(hours=int(h)) for h in rng.integers(0, 999, rows)],
        }
    )


def last(**params: Any) -> Any:
    return [*drift_system(**params)][-1]


# tests and corrections --------------------------------------------------------------------------


def test_a_thousand_columns_at_once_are_scipys() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(150, 1000)).round(1), rng.normal(size=(90, 1000)).round(1)
    found = last(reference=x, current=y, batches=1, null=False)
    theirs = [stats.ks_2samp(*pair, method="asymp") for pair in zip(x.T, y.T, strict=True)]
    assert np.allclose(found["D"], [one.statistic for one in theirs], atol=1e-12, rtol=0)
    assert np.allclose(found["p"], [one.pvalue for one in theirs], atol=1e-9)
    assert found["history"].shape[0] == len(found["tracked"]) == 24
    assert len(found["worst"]) == 16
    assert found["worst"] == sorted(found["worst"], reverse=True)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (2, 3), (9, 7), (40, 60), (300, 8)])
def test_of_few_rows_p_is_scipys_count(n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=(n, 5)), rng.normal([0, 0.5, 1, 2, 99], 1, (m, 5))
    found = last(reference=x, current=y, batches=1, null=False)
    theirs = [stats.ks_2samp(*pair).pvalue for pair in zip(x.T, y.T, strict=True)]
    assert np.allclose(found["p"], theirs, atol=1e-10, rtol=1e-6)


def test_no_p_is_less_than_the_rarest_order_has() -> None:
    x, y = np.zeros((2000, 1)), np.ones((2, 1))
    found = last(reference=x, current=y, batches=1, null=False)
    assert found["p"][0] == pytest.approx(stats.ks_2samp(x[:, 0], y[:, 0]).pvalue, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_corrections_are_those_of_statsmodels(method: Method) -> None:
    rng = np.random.default_rng(1)
    for K in (1, 2, 7, 300):
        p = rng.random(K) ** 3
        p[: K // 3] = p[0]  # ties
        theirs = multipletests(p, method=METHODS[method])[1]
        assert np.allclose(adjusted(p, method), theirs, atol=1e-12)


def test_benjamini_and_hochbergs_are_scipys() -> None:
    p = np.random.default_rng(2).random(50) ** 2
    theirs = stats.false_discovery_control(p)
    assert np.allclose(adjusted(p, "benjamini-hochberg"), theirs, atol=1e-12)
    assert adjusted(p, "none") is p


@pytest.mark.parametrize("freedom", [1, 2, 3, 10, 61])
def test_the_chance_of_a_chi_square_is_scipys(freedom: int) -> None:
    for x in (0.0, 0.3, 5.0, 60.0, 400.0):
        theirs = stats.chi2.sf(x, freedom)
        assert chance_of(x, freedom) == pytest.approx(theirs, rel=1e-10, abs=1e-300)


def test_categories_that_nobody_has_say_nothing() -> None:
    assert chi_square(np.array([5, 0]), np.array([9, 0])) == (0.0, 1.0, 0.0)
    assert chi_square(np.array([5, 2]), np.array([0, 0])) == (0.0, 1.0, 0.0)


# alarms -----------------------------------------------------------------------------------------


def test_drift_is_found_in_the_columns_that_moved_soon_after_it_began() -> None:
    frames = [*drift_system(onset=10, batches=16)]
    alarms = [{n.removesuffix(" ▲") for n in f["worst_names"] if "▲" in n} for f in frames]
    assert all(not set(MOVED) & found for found in alarms[:9])
    assert set(MOVED) <= alarms[11]
    assert frames[11]["shown"] in MOVED
    assert frames[-1]["missed"] == 0


def test_false_alarms_are_counted_and_a_correction_keeps_them_few() -> None:
    """Of 400 columns that never move one in twenty alarms at 0.05; corrected, next to none."""
    params = {"drift": 0.0, "noise": 386, "batches": 3, "window": 1}
    plain = last(correction="none", **params)
    assert plain["false_alarms"] == plain["alarms"] == pytest.approx(0.05 * 400, rel=0.5)
    assert plain["chance"] == pytest.approx(0.05 * 400, rel=0.5)
    method: Method
    for method in METHODS:
        assert last(correction=method, **params)["alarms"] <= 2
    assert "in 1,200 tests" in plain["said"]


def test_of_ones_own_tables_chance_is_known_by_shuffling_alone() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 200)), rng.normal(size=(100, 200))
    found = last(reference=x, current=y, batches=2, correction="none")
    assert found["false_alarms"] is None
    assert 2 <= found["chance"] <= 20
    assert last(reference=x, current=y, batches=2, null=False)["chance"] is None


def test_a_longer_window_sees_less_drift() -> None:
    found = [last(drift=0.3, window=w, onset=1, batches=12, noise=0)["p"][0] for w in (1, 10)]
    assert found[1] < found[0] / 100


def test_it_triggers_once_the_share_has_held_for_the_patience() -> None:
    frames = [*drift_system(threshold=0.15, patience=4, onset=5, batches=14)]
    over = [frame["share"] >= 0.15 for frame in frames]
    at = next(k for k, frame in enumerate(frames) if frame["triggers"])
    assert over[at - 3 : at + 1] == [True] * 4
    assert not all(over[at - 4 : at])
    assert frames[at]["streak"] == 4


def test_after_a_trigger_the_adopted_window_is_the_reference() -> None:
    kept, taken = ([*drift_system(adopt=a, onset=5, batches=20, patience=4)] for a in (False, True))
    assert kept[-1]["alarms"] >= len(MOVED)
    assert taken[-1]["alarms"] <= 1
    assert [frame["triggers"] for frame in taken][-1] == 1


def test_threshold_and_patience_are_changed_while_it_runs() -> None:
    with closing(play(drift_system, threshold=1.0, onset=3, batches=20, device="cpu")) as run:
        assert run.step(10).trace.row(-1)["streak"] == 0
        run.set(threshold=0.1, patience=2).step(2)
        assert run.trace.row(-1)["triggers"] == 1
        run.set(column="hue").step(1)
        assert run.trace.row(-1)["shown"] == "hue"


def test_a_finished_run_looks_into_any_column_with_any_correction() -> None:
    with closing(play(drift_system, batches=20, noise=30, device="cpu").wait()) as run:
        few = run.trace.row(-1)["alarms"]
        run.set(column="cultivar")
        run.wait()
        assert run.trace.row(-1)["shown"] == "cultivar"
        assert len(run.trace.row(-1)["c"]) == 3
        run.set(correction="none")
        run.wait()
        assert run.trace.row(-1)["alarms"] >= few
        report = pd.DataFrame(run.result)
    assert len(report) == 44
    assert {"column", "test", "distance", "p", "p_adjusted", "alarms"} == set(report)


# tables of one's own ----------------------------------------------------------------------------


def test_a_frame_of_everything_is_compared() -> None:
    x, y = frame_of(400, 0), frame_of(300, 1, moved=1.0)
    with closing(play(drift_system, reference=x, current=y, batches=3, window=3)) as run:
        found = run.wait().trace.row(-1)
        report = pd.DataFrame(run.result).set_index("column")
    assert list(report.index)[:3] == ["age", "income", "income missing"]
    assert report.test["plan"] == report.test["income missing"] == "chi-square"
    assert report.test["seen"] == report.test["score"] == "Kolmogorov-Smirnov"
    income = stats.ks_2samp(x["income"].dropna(), y["income"].dropna(), method="asymp")
    assert report.distance["income"] == pytest.approx(income.statistic, abs=1e-12)
    counts = pd.crosstab(np.repeat([0, 1], [400, 300]), pd.concat([x, y])["plan"].to_numpy())
    plan = stats.chi2_contingency(counts, correction=False)
    assert report.p["plan"] == pytest.approx(plan.pvalue, abs=1e-9)
    assert report.p["constant"] == 1
    assert report.p_adjusted["income missing"] < 0.05
    assert found["shown"] in ("income", "income missing")


def test_a_constant_that_becomes_another_is_as_far_as_can_be() -> None:
    found = last(reference={"a": [1.0] * 50}, current={"a": [2.0] * 50}, batches=1)
    assert found["D"].tolist() == [1]
    assert found["alarms"] == 1


def test_a_constant_that_becomes_another_has_an_index() -> None:
    for other in (0.0, 2.0):
        found = last(reference={"a": [1.0] * 50}, current={"a": [other] * 50}, batches=1)
        assert found["psi"][0] > 1
        assert found["ranges"] == ["under 1", "1", "above 1"]


DAYS = pd.date_range("2020", periods=60)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (DAYS.tz_localize("UTC"), DAYS.tz_localize("UTC")),
        (DAYS.tz_localize("Asia/Tokyo"), DAYS),
        (DAYS.as_unit("ns"), DAYS.as_unit("s")),
        (DAYS.date, DAYS.date),
        ([*DAYS.tz_localize("UTC")[:59], None], DAYS),
        ([Decimal(k) for k in range(60)], [float(k) for k in range(60)]),
    ],
)
def test_times_are_quantities_whatever_zone_and_unit_they_have(first: Any, second: Any) -> None:
    x, y = (pd.DataFrame({"t": part}) for part in (first, second))
    with closing(play(drift_system, batches=1, reference=x, current=y)) as run:
        report = run.wait().result
    assert report[0]["test"] == "Kolmogorov-Smirnov"
    assert report[0]["distance"] < 0.05


def test_a_year_later_is_far_away_in_every_zone() -> None:
    x, y = (pd.DataFrame({"t": DAYS.tz_localize("UTC") + pd.Timedelta(days=d)}) for d in (0, 365))
    assert last(reference=x, current=y, batches=1)["D"].tolist() == [1]


def test_columns_that_only_one_table_has_are_named() -> None:
    x = {name: np.arange(9.0) for name in "abcdef"}
    said = last(reference=x, current={"a": np.arange(9.0), "z": np.arange(9.0)}, batches=1)["said"]
    assert said.endswith("; in one table only: b, c, d, e and 2 more")
    assert "in one table only" not in last(reference=x, current=x, batches=1)["said"]


def test_a_column_that_is_missing_altogether_is_seen_as_missing() -> None:
    x = {"a": np.arange(60.0), "b": np.arange(60.0)}
    y = {"a": np.full(60, np.nan), "b": np.arange(60.0)}
    found = last(reference=x, current=y, batches=1, column="a")
    assert found["p"].tolist()[0] == 1
    assert found["p"].tolist()[1] < 1e-10
    assert found["grid"] == []


def test_thousands_of_categories_are_counted_as_few() -> None:
    x = {"id": [f"user {k}" for k in range(3000)]}
    found = last(reference=x, current=x, batches=1)
    assert len(found["ranges"]) == 200
    assert found["D"][0] == 0


@pytest.mark.parametrize(
    ("reference", "current", "words"),
    [
        ({"a": [1.0]}, None, "current: is needed too"),
        (None, {"a": [1.0]}, "reference: is needed too"),
        ({"a": []}, {"a": [1.0]}, "reference: has no rows"),
        ({"a": [1.0]}, {"a": []}, "current: has no rows"),
        ({"a": [1.0]}, {"b": [1.0]}, "current: has no column of the reference: b; that has a"),
        ({"a": [1.0]}, {"a": ["x"]}, "current: 'a' holds texts, the reference's numbers"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_line(
    reference: Any, current: Any, words: str
) -> None:
    with pytest.raises(ParamError, match=words) as caught:
        play(drift_system, reference=reference, current=current)
    assert "\n" not in str(caught.value)


def test_a_column_that_is_not_there_is_said_with_the_nearest() -> None:
    found = last(column="prolin", batches=2)
    assert "there is no column 'prolin'. Did you mean 'proline'?" in found["said"]


def test_tables_need_as_few_rows_as_one() -> None:
    found = last(reference={"a": [1.0], "t": ["x"]}, current={"a": [2.0], "t": ["y"]}, batches=5)
    assert found["batch"] == 5
    assert np.isfinite(found["p_adjusted"]).all()


def test_pairs_of_unlike_lengths_are_each_compared() -> None:
    rng = np.random.default_rng(0)
    pairs = [(rng.normal(size=n), rng.normal(size=m)) for n, m in ((3, 4), (9, 2), (3, 4))]
    theirs = [stats.ks_2samp(x, y).statistic for x, y in pairs]
    assert np.allclose(ks_each(pairs), theirs, atol=1e-12)
