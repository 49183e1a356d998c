"""Drift of many columns beside scipy and numpy: `python -m benchmarks.side mlops`.

The columns of the bars are a thousand of 1e5 + 1e5 values; one call computes some of them, drawn
anew for each column from its number, so that memory stays small; the work is the same for each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Annotated, Any, TypedDict

import numpy as np
from scipy import stats

import mlwidgets as ml
from benchmarks.side import Row, Timed
from mlwidgets_mlops.on_device import ks_each
from mlwidgets_mlops.psi import psi_of
from mlwidgets_mlops.ranks import Floats

ROWS = 100_000
COLUMNS = 100  # of a call; a thousand take 1.6 GB
BINS = 10


@cache
def columns() -> list[tuple[Floats, Floats]]:
    """Quantities of several shapes, some with many equal values; a part of them has moved."""
    found = []
    for k in range(COLUMNS):
        rng = np.random.default_rng(k)
        v = rng.lognormal(size=2 * ROWS) if k % 4 == 1 else rng.normal(size=2 * ROWS)
        v = v.round(2) if k % 4 == 2 else v
        v[ROWS:] += 0.02 * (k % 5 == 0)
        found.append((v[:ROWS], v[ROWS:]))
    return found


class Found(TypedDict):
    statistic: float
    column: Annotated[int, ml.Unit]


def each(of: Callable[[Floats, Floats], float]) -> Callable[[], list[float]]:
    return lambda: [of(x, y) for x, y in columns()]


def recorded(of: Callable[[Floats, Floats], float], device: str) -> Callable[[], Timed]:
    """The same in a run that records a frame for each column; drawing them is not timed."""

    @ml.algorithm(ml.Line("statistic"))
    def watched() -> ml.Frames[Found]:
        """Each column: one after another."""
        for k, (x, y) in enumerate(columns()):
            yield Found(statistic=of(x, y), column=k)

    def call() -> Timed:
        columns()
        begun = time.perf_counter()
        run = ml.play(watched, device=device).wait().close()
        return Timed(time.perf_counter() - begun, run.trace["statistic"].tolist())

    return call


def at_once(device: str) -> Callable[[], Timed]:
    """All columns in one frame: on a GPU one sort."""

    @ml.algorithm(ml.Bars("statistic"))
    def watched() -> ml.Frames[Any]:
        """All columns: at once."""
        yield {"statistic": ks_each(columns())}

    def call() -> Timed:
        columns()
        begun = time.perf_counter()
        run = ml.play(watched, device=device).wait().close()
        return Timed(time.perf_counter() - begun, run.trace["statistic"][0].tolist())

    return call


def of_scipy(x: Floats, y: Floats) -> float:
    return float(stats.ks_2samp(x, y, method="asymp").statistic)


def of_numpy(x: Floats, y: Floats) -> float:
    """As it is written by hand: quantiles, two histograms, the sum."""
    edges = np.quantile(x, np.linspace(0, 1, BINS + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    P, Q = (np.histogram(v, edges)[0] / len(v) for v in (x, y))
    P, Q = (np.maximum(v, 1e-4) for v in (P, Q))
    return float(((Q - P) * np.log(Q / P)).sum())


def gap(of: Callable[[], list[float]]) -> Callable[[list[float]], float]:
    """The largest difference from what another computes."""
    return lambda found: float(np.max(np.abs(np.subtract(found, cache(of)()))))


def rows(device: str) -> Iterator[Row]:
    work = f"1e5 + 1e5 rows of {COLUMNS} of the 1000 columns"
    yield Row(
        "mlops.ks",
        f"{work}, ties exact",
        "scipy.stats.ks_2samp",
        at_once(device),
        each(of_scipy),
        3.5,
        gap(each(of_scipy)),
        "largest difference from scipy's",
        better="error",
        within=1e-12,
        work=COLUMNS,
        unit="columns",
    )
    yield Row(
        "mlops.psi",
        f"{work}, ten quantile bins",
        "numpy",
        recorded(psi_of, device),
        each(of_numpy),
        4,
        gap(each(of_numpy)),
        "largest difference from numpy's",
        better="error",
        within=1e-12,
        work=COLUMNS,
        unit="columns",
    )
