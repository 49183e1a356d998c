"""What clustering is checked against: scikit-learn's KMeans from the same first centres."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from mlwidgets import Points, Reference

from .clusters import read
from .kmeans import Clusters, kmeans, seeds


def inputs(params: dict[str, Any]) -> dict[str, Any]:
    """The points, and the centres that a run with these parameters begins with."""
    cloud = read(params["points"], params["data"], params["image"], params["scaled"])
    X, k = cloud.X, min(params["k"], len(cloud.X))
    if len(params["centroids"]) == k:
        start = cloud.moved(np.zeros((k, X.shape[1])), params["centroids"].xy)
    else:
        start = X[[i for i, _ in seeds(X, k, params["seeding"], params["seed"])]]
    return {"params": params, "X": X, "mean": cloud.mean, "start": start}


def ours(given: dict[str, Any]) -> dict[str, Any]:
    run = kmeans(**given["params"])
    try:
        while True:
            next(run)
    except StopIteration as end:
        found: Clusters = end.value
    return {"centres": found.mu, "labels": found.z, "inertia": found.J}


def theirs(given: dict[str, Any]) -> dict[str, Any]:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    start, params = given["start"], given["params"]
    model = KMeans(
        len(start), init=start, n_init=1, max_iter=params["iterations"], tol=0, algorithm="lloyd"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # points that are alike
        model.fit(given["X"])
    centres = model.cluster_centers_ + given["mean"]
    return {"centres": centres, "labels": model.labels_, "inertia": model.inertia_}


def drawn(rng: np.random.Generator, case: int) -> dict[str, Any]:
    """Clouds of one to six dimensions, drawn or in a table, some with many centres."""
    n, d = int(rng.integers(20, 200)), int(rng.integers(1, 7))
    X = rng.normal(size=(n, d))
    X[: n // 3] += 8 * rng.normal(size=d)
    k = int(rng.integers(1, 12))
    places = Points(rng.normal(size=(k, 2)) * 5) if case % 4 == 3 else Points()
    return {
        "points": Points(X[:, [0, -1]]),
        "data": {f"x{j}": X[:, j] for j in range(d)} if case % 2 else None,
        "k": k,
        "seeding": ["k-means++", "random", "first"][case % 3],
        "centroids": places,
        "scaled": bool(case % 5 == 1),
        "iterations": int(rng.integers(1, 60)),
        "seed": case,
    }


lloyd_by_sklearn = Reference(
    "sklearn.cluster.KMeans",
    tolerance={"centres": (1e-10, 1e-10), "labels": 0, "inertia": (1e-10, 1e-10)},
    inputs=inputs,
    ours=ours,
    theirs=theirs,
    random=drawn,
    needs=("scikit-learn",),
)
