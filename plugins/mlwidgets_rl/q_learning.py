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

from math import inf
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
    Range,
    Rate,
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
    seed: Annotated[int, Range(0, inf)] = 0,
) -> Frames[Step]:
    rng = np.random.default_rng(seed)
    world = GridWorld(grid)
    Q = np.zeros((world.states, 4))  # (state, action)
    q = Q.tolist()  # the same, to compute with: numpy takes longer for four numbers than for a list
    nan = float("nan")
    s, ret, err = world.start, nan, nan
    grid, alpha, epsilon = yield Step(Q=Q, agent=s, r=nan, delta=nan, ret=ret, err=err, episode=0)

    for k in range(episodes):
        s, G, E, moves, over = world.start, 0.0, 0.0, 0, False
        while not over:
            if grid is not world.grid:
                world = GridWorld(grid)
            a = int(rng.integers(4)) if rng.random() < epsilon else q[s].index(max(q[s]))  # (3)
            s2, r, done = world.step(s, a)
            delta = r + gamma * (0.0 if done else max(q[s2])) - q[s][a]  # (1)
            q[s][a] += alpha * delta  # (2)
            Q[s, a] = q[s][a]
            s, G, E, moves = s2, G + r, E + abs(delta), moves + 1
            over = done or moves == LIMIT
            if over:
                ret, err = G, E / moves
            frame = Step(Q=Q, agent=s, r=r, delta=delta, ret=ret, err=err, episode=k + over)
            grid, alpha, epsilon = yield frame
