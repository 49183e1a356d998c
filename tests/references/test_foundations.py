"""k-means beside scikit-learn's from the same first centres, and what must hold of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris

from mlwidgets import Table, play
from mlwidgets.replay.verify import verify
from mlwidgets_foundations.kmeans import kmeans

IRIS = Table({f"x{j}": column for j, column in enumerate(load_iris().data.T)})


@pytest.mark.parametrize(
    "params",
    [
        {"points": "moons", "k": 9},
        {"points": "spirals:1000", "k": 20, "seeding": "random"},
        {"data": IRIS, "k": 3, "seeding": "first"},
        {"data": IRIS, "k": 12, "scaled": True, "iterations": 2},
        {"points": [[0, 0], [0, 0], [4, 0], [0, 3]], "k": 3, "seeding": "first"},
        {"image": np.random.default_rng(0).random((30, 20, 3)), "k": 8},
        {"k": 2, "centroids": [[0, 0], [50, 50]]},
    ],
    ids=["drawn", "random seeds", "table", "stopped early", "alike", "image", "rescued"],
)
def test_labels_centres_and_inertia_are_scikit_learns(params: dict[str, Any]) -> None:
    found = verify(kmeans, params, cases=0)
    assert found.passed, found


def test_a_run_of_many_points_ends_where_scikit_learns_does() -> None:
    X = np.random.default_rng(1).normal(size=(25_000, 5))
    params: dict[str, Any] = {
        "data": Table({f"x{j}": x for j, x in enumerate(X.T)}),
        "k": 10,
        "iterations": 4,
    }
    assert verify(kmeans, params, cases=0).passed
    assert len(play(kmeans, **params).wait().trace) == 1 + 10 + 2 * 4 + 1
