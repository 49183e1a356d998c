"""Rows of a sweep: how smoothly its lanes are scrubbed together."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure, least
from benchmarks.place import Place
from tests.browser.lab import wait_until
from tests.browser.playing import opened

SECONDS = 5
CELL = """
import numpy as np

def walk(by: float = 1.0, seed: int = 0):
    "A walk: two thousand frames of numbers and of an array."
    rng = np.random.default_rng(seed)
    x, Q = 0.0, np.zeros((12, 8))
    for k in range(2000):
        x += by * rng.normal()
        Q[k % 12] += rng.normal(size=8)
        yield {"x": x, "dx": x / (k + 1), "Q": Q}

sweep = mlwidgets.play(walk).sweep(by=[0.5, 1.0, 2.0], seed=[0, 1]).wait(120)
sweep
"""


def scrub_lanes(place: Place) -> Iterator[Figure]:
    """Paints a second while the slider of six lanes of 2,000 frames is moved in every frame.

    Each paint draws two charts of six curves and six heatmaps of the rows at the cursor, as lanes
    and then as mean and spread. Beside it: the animation frames of the same page at rest.
    """
    with place.book(["%load_ext mlwidgets\nimport mlwidgets", CELL]) as book:
        book.run_all()
        player = opened(book, 1, "A walk")
        wait_until(lambda: player.last == 1999, "all lanes are on the page")
        idle = book.probe("scrub", 1, 2000, True)[1] / 2
        for name in ("lanes", "mean and spread"):
            player.box.get_by_role("radio", name=name, exact=True).check()
            drawn, frames = book.probe("scrub", 1, SECONDS * 1000, False)
            yield Figure(
                f"paints a second while six lanes of 2,000 frames are scrubbed, {name}",
                drawn / SECONDS,
                "fps",
                least(30),
                peer=f"the page at rest {idle:.0f} fps",
                note=f"{frames / SECONDS:.0f} animation frames a second meanwhile",
            )
