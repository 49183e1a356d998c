r"""Q-learning: learn what each action is worth by acting, off policy.

Watkins & Dayan (1992), "Q-learning", Machine Learning 8, 279-292. doi:10.1007/BF00992698

    \delta = r + \gamma \max_{a'} Q(s', a') - Q(s, a)        (1)  TD error of the last move
    Q(s, a) \leftarrow Q(s, a) + \alpha \delta               (2)  update
    a \sim \epsilon\text{-greedy}(Q(s, \cdot))               (3)  behaviour

Where: alpha learning rate; epsilon exploration; gamma discount; grid board; episodes episodes;
Q value of each action in each square; agent square it stands on; r reward; delta TD error;
ret return of an episode; err mean |δ| of an episode; episode episodes finished.

What to watch: The agent learns the path along the edge although exploring makes it fall: its values
ask what the best action is worth, not the next one.

Try: epsilon=0  does it ever leave the first path it finds?
Try: alpha=1  why is this fine here?
Try: epsilon=1  it only stumbles about: does it learn the path all the same?
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Annotated, TypedDict

import numpy as np

from mlwidgets import (
    Array,
    Board,
    Frames,
    Grid,
    Line,
    Live,
    Log,
    Metric,
    Rate,
    Seed,
    Unit,
    algorithm,
)

from .gridworld import CLIFF, GridWorld

LIMIT = 1_000  # moves after which an episode is cut; its last move still looks ahead


class Step(TypedDict):
    Q: Annotated[Array, "state action"]
    agent: int
    r: float
    delta: float
    ret: Annotated[float, Metric(better="higher")]
    err: Annotated[float, Metric(better="lower")]
    episode: Annotated[int, Unit(total="episodes")]


@algorithm(
    Board("Q", "Value and greedy action", "of each square", agent="agent"),
    Line("ret", title="Return", note="of an episode", x="episode", mean=10, lo=-300, hi=0),
    Line(
        "err",
        title="TD error",
        note="mean |δ| of an episode",
        x="episode",
        log=True,
        lo=1e-5,
        hue="error",
    ),
    step="move",
)
def q_learning(
    grid: Live[Grid] = CLIFF,
    alpha: Live[Rate] = 0.5,
    epsilon: Live[Rate] = 0.1,
    gamma: Rate = 1.0,
    episodes: Annotated[int, Log(1, 100_000)] = 300,
    seed: Seed = 0,
) -> Frames[Step]:
    chances, choices = dice(seed)
    world = GridWorld(grid)
    Q = np.zeros((world.states, 4))  # (state, action)
    entries = Q.data.cast("B").cast("d")  # the same memory, written in half of numpy's time
    q = Q.tolist()  # the same, to compute with: numpy takes longer for four numbers than for a list
    V = [0.0] * world.states  # max over a of Q(s, a): asked for twice a move, changed once
    nan = float("nan")
    s, ret, err = world.start, nan, nan
    first: Step = {"Q": Q, "agent": s, "r": nan, "delta": nan, "ret": ret, "err": err, "episode": 0}
    grid, alpha, epsilon = yield first

    for k in range(episodes):
        s, G, E, moves, over = world.start, 0.0, 0.0, 0, False
        while not over:
            if grid is not world.grid:
                world = GridWorld(grid)
            now = q[s]
            a = next(choices) if next(chances)[0] < epsilon else now.index(V[s])  # (3)
            s2, r, done = world.step(s, a)
            delta = r + gamma * (0.0 if done else V[s2]) - now[a]  # (1)
            entries[4 * s + a] = now[a] = now[a] + alpha * delta  # (2)
            V[s] = max(now)
            s = s2
            G += r
            E += abs(delta)
            moves += 1
            if done or moves == LIMIT:
                over, ret, err = True, G, E / moves
            grid, alpha, epsilon = yield {
                "Q": Q,
                "agent": s,
                "r": r,
                "delta": delta,
                "ret": ret,
                "err": err,
                "episode": k + over,
            }


def dice(seed: int) -> tuple[Iterator[tuple[float, int, int]], Iterator[int]]:
    """What `random()` (the first of three) and `integers(4)` of numpy's generator would give.

    Drawn a thousand at once: one by one they take half the time of a move. An action is two bits,
    and numpy takes the lower half of a number for one action, the upper for the next.
    """
    bits = np.random.default_rng(seed).bit_generator

    def drawn() -> Iterator[Iterator[tuple[float, int, int]]]:
        while True:
            n = bits.random_raw(1024)
            chance, low, high = (n >> 11) / 2**53, n >> 30 & 3, n >> 62
            yield zip(chance.tolist(), low.tolist(), high.tolist(), strict=True)

    numbers = chain.from_iterable(drawn())
    return numbers, chain.from_iterable(halves for _, *halves in numbers)
