"""Rows of time travel: how soon another frame is seen, and what a branch costs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from benchmarks.figures import Figure, most, spread
from benchmarks.place import Place
from mlwidgets import play
from mlwidgets.api import find
from tests.browser.lab import wait_until
from tests.browser.playing import opened

FRAMES = 2_000
AT = 1_000


def seek(place: Place) -> Iterator[Figure]:
    """From a move of the Frame slider to the paint in which the board shows that frame.

    Q-learning with 2,000 recorded frames. Fetched: places never looked at, far from each other.
    At hand: the same places again. An animation frame of the page, up to 17 ms, is part of it.
    """
    with place.book(["%load_ext mlwidgets", "run = %ml rl.q_learning\nrun", "run.step(2000)"]) as b:
        b.run_all()
        player = opened(b, 1)
        wait_until(lambda: player.last == FRAMES, "all frames are told to the page")
        places = [150 + 170 * (7 * k % 11) for k in range(11)]
        fetched = b.probe("seek", 1, places)
        at_hand = b.probe("seek", 1, places)
    for what, times, bar in (("at hand", at_hand, 16), ("to be fetched", fetched, 100)):
        yield Figure(
            f"seek to a frame {what}, to the paint, median",
            median(times),
            "ms",
            most(bar),
            note=f"{spread(times, 'ms')}; waiting for the page's animation frame included",
        )


def branch(place: Place) -> Iterator[Figure]:
    """`run.branch(at=1000)` of Q-learning beside the bare generator to that frame, in turns."""
    run = play("rl.q_learning").step(FRAMES)
    algorithm = find("rl.q_learning")
    values = algorithm.spec.defaults
    sent = algorithm.sent(values)
    bare, ours = [], []
    for _ in range(3 * place.times):
        start = time.perf_counter()
        frames = algorithm.generate(values)
        next(frames)
        for _ in range(AT):
            frames.send(sent)
        bare.append(1e3 * (time.perf_counter() - start))
        start = time.perf_counter()
        twin = run.branch(at=AT)
        ours.append(1e3 * (time.perf_counter() - start))
        twin.close()
    run.close()
    yield Figure(
        f"branch at frame {AT:,}",
        median(ours),
        "ms",
        most(round(1.2 * median(bare) + 5, 1)),
        peer=f"the bare generator {median(bare):.1f} ms",
        note=f"{spread(ours, 'ms')}; the bar is 1.2 times the generator's time and 5 ms",
    )
