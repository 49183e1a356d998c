"""k-means: half-steps that only lower the inertia, from any points that a person has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_wine

from mlwidgets import Points, Table, play
from mlwidgets.errors import ParamError
from mlwidgets_foundations.clusters import read
from mlwidgets_foundations.kmeans import NOTHING, kmeans, seeds
from mlwidgets_foundations.many import Groups, lifted, nearest


def played(**params: Any) -> Any:
    return play("foundations.kmeans", **params).wait()


def test_points_come_first_then_centres_one_by_one_then_two_half_steps_in_turn() -> None:
    said = [text.partition(":")[0] for text in played(k=3).trace["said"]]
    assert said[0] == "300 points, and no centre yet."
    assert said[1:4] == ["Centre 1 of 3", "Centre 2 of 3", "Centre 3 of 3"]
    assert said[4:-1] == ["Assign", "Update"] * ((len(said) - 5) // 2)
    assert said[-1] == "Assign"


@pytest.mark.parametrize("seed", range(5))
def test_both_half_steps_lower_the_inertia(seed: int) -> None:
    run = played(points="moons", k=7, seed=seed)
    J = run.trace["inertia"]
    assert (np.diff(J[~np.isnan(J)]) <= 1e-12).all()
    assert run.trace["said"][-1] == NOTHING
    assert J[-1] == pytest.approx(run.result.J)


def test_seeds_are_drawn_by_their_chances_which_are_squared_distances() -> None:
    X = np.array([[0.0], [1.0], [3.0]])
    firsts, seconds = [], np.zeros((3, 3))
    for seed in range(1500):
        (i, p), (j, q) = seeds(X, 2, "k-means++", seed)
        assert p == pytest.approx([1 / 3] * 3)
        assert q == pytest.approx((X - X[i])[:, 0] ** 2 / ((X - X[i]) ** 2).sum())
        firsts.append(i)
        seconds[i, j] += 1
    assert np.bincount(firsts) / 1500 == pytest.approx([1 / 3] * 3, abs=0.05)
    assert seconds[0] / seconds[0].sum() == pytest.approx([0, 0.1, 0.9], abs=0.04)


def test_random_and_first_seeds_are_points_none_of_them_twice() -> None:
    X = np.random.default_rng(0).normal(size=(9, 2))
    assert [i for i, _ in seeds(X, 4, "first", 0)] == [0, 1, 2, 3]
    assert sorted(i for i, _ in seeds(X, 9, "random", 3)) == [*range(9)]


def test_a_centre_that_loses_its_points_takes_the_farthest_as_sklearns_does() -> None:
    X = np.array([[0.0, 0], [0.1, 0], [5, 0], [0, 0.2]])
    run = played(points=X, k=2, centroids=[[0, 0], [100, 100]])
    assert "Centre 2 had lost all its points" in run.trace["said"][1]
    start = np.array([[0.0, 0], [100, 100]])
    theirs = KMeans(2, init=start, n_init=1, tol=0).fit(X)
    assert np.allclose(run.result.mu, theirs.cluster_centers_)
    assert run.result.z.tolist() == theirs.labels_.tolist()


def test_points_that_are_all_alike_need_no_rescue() -> None:
    run = played(points=[[1, 1]] * 4, k=3)
    assert run.result.J == 0
    assert np.isfinite(run.trace["mu"][-1]).all()


def test_a_dragged_centre_is_assigned_anew_before_it_moves() -> None:
    run = play("foundations.kmeans", k=3)
    run.step(4)
    places = run.trace["mu"][-1].copy()
    places[0] = [0.9, 0.9]
    run.set(centroids=places)
    run.step()
    assert run.trace["mu"][-1] == pytest.approx(places)
    assert run.trace["said"][-1].startswith("Assign")
    inertia = run.wait().trace["inertia"]
    assert inertia[5] > inertia[4], "only a hand raises it"
    assert (np.diff(inertia[5:]) <= 1e-12).all()


def test_the_last_centre_has_just_been_chosen_and_a_hand_moves_one() -> None:
    run = play("foundations.kmeans", k=3)
    run.step(3)
    places = run.trace["mu"][-1].copy()
    places[1] = [-1, 1]
    run.set(centroids=places)
    run.step()
    assert run.trace["mu"][-1] == pytest.approx(places)


def test_centres_that_are_given_are_where_it_begins_unless_they_are_not_k() -> None:
    run = played(k=2, centroids=[[0, 0], [1, 1]])
    assert run.trace["mu"][0].tolist() == [[0, 0], [1, 1]]
    other = played(k=3, centroids=[[0, 0], [1, 1]])
    assert other.trace["said"][1].startswith("Centre 1 of 3")
    assert other.trace["said"][0].endswith("Your 2 centres are not 3: they are left out.")


def test_a_tables_numbers_are_clustered_and_seen_in_two_principal_components() -> None:
    wine = load_wine(as_frame=True).data
    wine["grower"] = "someone"
    wine.loc[3, "ash"] = np.nan
    run = played(data=wine, k=3, scaled=True)
    assert run.result.mu.shape == (3, 13)
    assert run.trace["said"][0].startswith("177 rows of 13 columns, 1 with gaps left out")
    X = wine.drop(columns="grower").dropna().to_numpy()
    Z = X / X.std(axis=0)
    U, s, _ = np.linalg.svd(Z - Z.mean(axis=0), full_matrices=False)
    seen = run.trace["xy"][0] - run.trace["xy"][0].mean(axis=0)
    assert np.allclose(np.abs(seen), np.abs(U[:, :2] * s[:2]))
    assert run.trace["axes"][0][0].startswith("principal component 1, 3")
    assert run.trace["field"].size == 0, "no plane cuts the regions"


def test_two_columns_are_seen_in_their_own_units_and_fill_the_figure() -> None:
    rng = np.random.default_rng(0)
    table = {"metres": rng.normal(0.5, 0.1, 60), "grams": rng.normal(5e8, 1e8, 60)}
    run = played(data=table, k=3, scaled=True)
    xy, over = run.trace["xy"][0], run.trace["over"][0]
    assert np.allclose(xy, np.column_stack([table["metres"], table["grams"]]))
    assert np.ptp(xy[:, 0]) > 0.85 * (over[1] - over[0]), "no room is left empty"
    spread = xy.std(axis=0)
    assert np.allclose(run.trace["mu"][-1] / spread, run.result.mu)
    x, y = (over[:2].sum() / 2, over[2:].sum() / 2)
    near = ((np.array([x, y]) / spread - run.result.mu) ** 2).sum(axis=1).argmin()
    assert run.trace["field"][-1][60, 60] == near, "its regions are those of the scaled columns"
    places = run.trace["mu"][-1].copy()
    begun = played(data=table, k=3, scaled=True, centroids=places).result
    assert np.allclose(begun.mu, run.result.mu), "a hand's places are in those units"


def test_a_grey_picture_lies_on_a_line_not_in_a_cloud_of_rounding() -> None:
    grey = np.random.default_rng(0).random((20, 20, 1)).repeat(3, axis=2)
    run = played(image=grey, k=3)
    assert (run.trace["xy"][0][:, 1] == 0).all()
    assert (run.trace["mu"][-1][:, 1] == 0).all()
    assert len(np.unique(run.trace["xy"][0][:, 0])) == 400
    begun = played(image=grey, k=3, centroids=run.trace["mu"][-1] + [0, 5]).result
    assert np.allclose(begun.mu, run.result.mu), "there is nothing above the line"


def test_a_hand_draws_in_the_same_units_where_spreads_are_made_equal() -> None:
    assert np.allclose(played(points="moons", scaled=True).trace["xy"][0], Points("moons").xy)


def test_more_points_than_a_hand_draws_may_be_given() -> None:
    X = np.random.default_rng(0).normal(size=(5_000, 2))
    assert len(played(points=X, k=3, iterations=1).result.z) == 5_000


def test_a_centre_dragged_in_a_plane_keeps_what_the_plane_does_not_show() -> None:
    rng = np.random.default_rng(0)
    cloud = read(Points(), Table({f"x{j}": rng.normal(size=50) for j in range(4)}), None)
    mu = cloud.X[:3]
    there = cloud.seen(mu) + np.array([[1, 2], [0, 0], [0, 0]])
    moved = cloud.moved(mu, there)
    assert np.allclose(cloud.seen(moved), there)
    assert np.allclose(moved[1:], mu[1:])
    off = np.eye(4) - cloud.plane.T @ cloud.plane
    assert np.allclose(moved @ off, mu @ off)


def test_an_image_is_seen_in_the_colours_of_its_centres() -> None:
    image = np.zeros((6, 8, 3), dtype=np.uint8)
    image[:, 4:] = [250, 10, 0]
    run = played(image=image, k=2)
    assert run.trace["picture"][-1].tolist() == image.tolist()
    assert run.result.z.reshape(6, 8)[0].tolist() in ([0] * 4 + [1] * 4, [1] * 4 + [0] * 4)
    assert "picture" not in played(k=2).trace


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"points": "none"}, "at least 1 point"),
        ({"k": 0}, "must lie in [1, 64]"),
        ({"seed": -1}, "seed=-1: must be at least 0"),
        ({"data": {"a": ["x", "y"]}}, "a column of numbers, has a"),
        ({"data": {"a": [np.nan, np.inf]}}, "a row in which all numbers are finite"),
        ({"points": [[np.nan, 1]]}, "finite"),
        ({"seeding": "kmeans++"}, "Did you mean 'k-means++'?"),
    ],
)
def test_what_cannot_be_clustered_is_told_in_one_line(params: dict[str, Any], words: str) -> None:
    with pytest.raises(ParamError, match=r"^[^\n]*$") as caught:
        play("foundations.kmeans", **params)
    assert words in str(caught.value)


def test_fewer_points_than_centres_are_centres_all_of_them() -> None:
    run = played(points=[[1, 2], [3, 4]], k=5)
    assert run.result.mu.tolist() in ([[1, 2], [3, 4]], [[3, 4], [1, 2]])


def test_huge_and_narrow_data_is_clustered_like_any_other() -> None:
    X = np.random.default_rng(0).normal(size=(40, 2)) * [1e8, 1e-8] + [1e12, 0]
    run = played(points=X, k=3)
    assert run.status == "done"
    one = played(data=pd.DataFrame({"height": [1.0, 2, 9, 10]}), k=2)
    assert sorted(one.result.mu[:, 0]) == [1.5, 9.5]


def test_many_points_are_computed_and_some_are_shown() -> None:
    X = np.random.default_rng(0).normal(size=(10_001, 3))
    frames = list(kmeans(data=Table({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]}), k=4, iterations=2))
    assert len(frames[0]["xy"]) <= 3000
    assert int(frames[-1]["sizes"].sum()) == 10_001
    assert all(frame["xy"] is frames[0]["xy"] for frame in frames), "and kept once"
    off = ((X[:, None] - X[:5]) ** 2).sum(axis=2)
    assert nearest(lifted(X), X[:5]).tolist() == off.argmin(axis=1).tolist()


def test_sums_that_are_kept_up_are_the_sums() -> None:
    rng = np.random.default_rng(0)
    X, mu = rng.normal(size=(300, 3)), rng.normal(size=(4, 3))
    groups, z = Groups(X, 4), np.zeros(300, int)
    for changed in (300, 40, 300, 0):
        z = z.copy()
        z[:changed] = rng.integers(0, 4, changed)
        groups.join(z)
        assert np.allclose(groups.S, [X[z == j].sum(axis=0) for j in range(4)])
        assert groups.n.tolist() == np.bincount(z, minlength=4).tolist()
        assert groups.inertia(mu) == pytest.approx(((X - mu[z]) ** 2).sum())
