"""Averaging: how the mean of a noisy sample settles.

Where: noise noise; drift drift; n samples; mean mean so far; seen how often each value came.
What to watch: The mean settles like one over the root of the number of samples.
Try: noise=3  How much longer does it take?
"""

from typing import Annotated, TypedDict

import numpy as np

from mlwidgets import Array, Bars, Frames, Line, Live, Range, algorithm, hookimpl
from mlwidgets.plugin import Registration


class Sample(TypedDict):
    mean: float
    seen: Annotated[Array, "value"]


@algorithm(Line("mean", title="Mean so far"), Bars("seen", title="What was seen"))
def averaging(
    noise: Live[Annotated[float, Range(0, 5)]] = 1.0,
    drift: Live[Annotated[float, Range(-1, 1)]] = 0.0,
    n: Annotated[int, Range(10, 10_000)] = 500,
) -> Frames[Sample]:
    rng, total, seen = np.random.default_rng(0), 0.0, np.zeros(11)
    for k in range(1, n + 1):
        x = drift + noise * rng.standard_normal()
        total += x
        seen[int(np.clip(round(x) + 5, 0, 10))] += 1
        noise, drift = yield Sample(mean=total / k, seen=seen)


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("stranger", "Somebody else's topic")
    registry.algorithm("stranger.averaging", "stranger:averaging")
