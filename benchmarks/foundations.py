"""An iteration of k-means over a million points, beside scikit-learn's own Lloyd."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from benchmarks.side import Row, Timed, timed
from mlwidgets import play
from mlwidgets_foundations.kmeans import kmeans

Floats = npt.NDArray[np.float64]
POINTS, AXES, CENTRES, ITERATIONS = 1_000_000, 16, 64, 10
AFTER = CENTRES + 1  # frames until the first centres stand


def rows(device: str) -> Iterator[Row]:
    X = np.random.default_rng(0).normal(size=(POINTS, AXES))
    yield Row(
        "foundations.kmeans",
        f"an iteration: {POINTS:,} x {AXES}, k = {CENTRES}, same start",
        "scikit-learn's Lloyd",
        ours=partial(ours, X),
        theirs=partial(theirs, X),
        bar=0.8,
        quality=float,
        judged="inertia",
        better="lower",
        within=1e-9,
        note="not run on a GPU: it computes with numpy" if device != "cpu" else "",
    )


def ours(X: Floats) -> Timed:
    """The frames after the first centres, of a run that records them all."""
    run = play(kmeans, data=X, k=CENTRES, seeding="first", iterations=ITERATIONS)
    run.step(AFTER)
    took = timed(run.wait).seconds
    run.close()
    return Timed(took / ITERATIONS, run.trace["inertia"][-1])


def theirs(X: Floats) -> Timed:
    """What the later iterations take; reading the points once is in neither."""
    short, _ = fitted(X, 2)
    long, inertia = fitted(X, ITERATIONS)
    return Timed((long - short) / (ITERATIONS - 2), inertia)


def fitted(X: Floats, iterations: int) -> tuple[float, float]:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    model = KMeans(
        CENTRES, init=X[:CENTRES], n_init=1, max_iter=iterations, tol=0, algorithm="lloyd"
    )
    begun = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X)
    return time.perf_counter() - begun, float(model.inertia_)
