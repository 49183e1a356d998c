"""Drunkard's walk: where a walker is who turns at random.

Pearson (1905), "The problem of the random walk", Nature 72, 294.

Where: drift how far each step leans; place where the walker is.
Try: drift=0.5  Does the walk still come home?
"""

import random
from typing import Annotated, TypedDict

from mlwidgets import Array, Bars, Frames, Line, Live, Own, Range, algorithm


class Step(TypedDict):
    place: float
    visits: Annotated[Array, "place"]


STREET = Own(
    "walkers.views:street.js",
    "place",
    title="The street",
    still="walkers.views.stills:street",
    coat="error",
)


@algorithm(Line("place"), Bars("visits"), STREET)
def drunkard(
    steps: Annotated[int, Range(1, 10_000)] = 100,
    drift: Live[Annotated[float, Range(-1, 1)]] = 0.0,
    seed: int = 0,
) -> Frames[Step]:
    import numpy as np

    chance = random.Random(seed)
    place, visits = 0.0, np.zeros(21)
    for _ in range(steps):
        place += chance.choice((-1, 1)) + drift
        visits[max(-10, min(10, round(place))) + 10] += 1
        drift = yield Step(place=place, visits=visits)
