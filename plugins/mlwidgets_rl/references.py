"""What learning to act is checked against: a linear program, and a filter of signals."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.signal import lfilter

from mlwidgets import Grid, Reference, UncheckedError

from .gridworld import MOVES, GridWorld
from .q_learning import q_learning

Floats = npt.NDArray[np.float64]
BEST, STEPS = "Q* of the board", "Q after each move"
PATIENCE = 200_000  # moves of wandering; a board of 40 squares needs about 20,000
MOST = 150  # squares
OFTEN = 200  # visits after which a square is known
SEEN = 5_000  # moves of the run itself that are compared


def stood_on(world: GridWorld) -> list[int]:
    """The squares the agent can stand on and act from, start first."""
    found = [world.start]
    for s in found:
        for a in range(len(MOVES)):
            s2, _, done = world.step(s, a)
            if not done and s2 not in found:
                found.append(s2)
    return found


def inputs(params: dict[str, Any]) -> dict[str, Any]:
    """The board, the squares one can stand on, and the moves of the run."""
    world = GridWorld(params["grid"])
    states = stood_on(world)
    ends = any(world.step(s, a)[2] for s in states for a in range(len(MOVES)))
    if not ends:
        raise UncheckedError("no goal can be reached, so that nothing has a finite worth")
    if len(states) > MOST:
        raise UncheckedError(f"wandering over {len(states)} squares takes too long (most: {MOST})")
    return {"params": params, "world": world, "states": states, "moves": moves(params, world)}


def moves(params: dict[str, Any], world: GridWorld) -> list[tuple[tuple[int, int], float, float]]:
    """Of each move that changed Q: which entry, what it was told, what was written there."""
    frames = q_learning(**params)
    before = np.array(next(frames)["Q"])
    found = []
    for frame in islice(frames, SEEN):
        changed = np.argwhere(frame["Q"] != before)
        if len(changed) == 1:
            s, a = map(int, changed[0])
            over = world.grid.cells[frame["agent"]] == "G"
            told = frame["r"] + (0.0 if over else params["gamma"] * before[frame["agent"]].max())
            found.append(((s, a), float(told), float(frame["Q"][s, a])))
            before[s, a] = frame["Q"][s, a]
    return found


def learned(given: dict[str, Any]) -> dict[str, Any]:
    """Ours: what wandering finds when each move is believed at once, and what was written."""
    world, states, params = given["world"], given["states"], given["params"]
    gamma = params["gamma"]
    Q, visits = np.zeros((world.states, len(MOVES))), np.zeros(world.states, int)
    walk = q_learning(
        grid=params["grid"], alpha=1.0, epsilon=1.0, gamma=gamma, episodes=2000, seed=params["seed"]
    )
    for number, frame in enumerate(islice(walk, PATIENCE)):
        Q = np.asarray(frame["Q"])
        visits[frame["agent"]] += 1
        if number % 1000 == 999 and settled(Q, world, states, gamma):
            break
    else:
        if visits[states].min() < OFTEN:
            raise UncheckedError("wandering about comes too seldom to some of the squares")
    walk.close()
    written = [q for _, _, q in given["moves"]]
    return {BEST: Q[states]} | ({STEPS: written} if written else {})


def settled(Q: Floats, world: GridWorld, states: list[int], gamma: float) -> bool:
    """Would no move change anything any more?"""
    for s in states:
        for a in range(len(MOVES)):
            s2, r, done = world.step(s, a)
            if Q[s, a] != r + gamma * (0.0 if done else Q[s2].max()):
                return False
    return True


def solved(given: dict[str, Any]) -> dict[str, Any]:
    """Theirs: the least V that no move improves, each entry as a filter of what it was told."""
    best = optimum(given["world"], given["states"], given["params"]["gamma"])
    return {BEST: best} | ({STEPS: filtered(given)} if given["moves"] else {})


def optimum(world: GridWorld, states: list[int], gamma: float) -> Floats:
    """Q* by linear programming: the least V with V(s) >= r + gamma V(s') for every move."""
    index = {s: k for k, s in enumerate(states)}
    rows, bounds, Q = [], [], np.zeros((len(states), len(MOVES)))
    for s in states:
        for a in range(len(MOVES)):
            s2, r, done = world.step(s, a)
            row = np.zeros(len(states))
            row[index[s]] -= 1
            if not done:
                row[index[s2]] += gamma
            rows.append(row)
            bounds.append(-r)
    V = linprog(np.ones(len(states)), A_ub=rows, b_ub=bounds, bounds=(None, None)).x
    for s in states:
        for a in range(len(MOVES)):
            s2, r, done = world.step(s, a)
            Q[index[s], a] = r + (0.0 if done else gamma * V[index[s2]])
    return Q


def filtered(given: dict[str, Any]) -> Floats:
    """Equation (2) from start to end: each entry is a first-order filter of what it was told."""
    alpha, moves = given["params"]["alpha"], given["moves"]
    written = np.zeros(len(moves))
    for entry in {entry for entry, _, _ in moves}:
        at = [k for k, (e, _, _) in enumerate(moves) if e == entry]
        written[at] = lfilter([alpha], [1, alpha - 1], [moves[k][1] for k in at])
    return written


def drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """A board of 2 x 3 to 5 x 7 squares whose goal can be reached, and rates."""
    while True:
        rows, columns = int(rng.integers(2, 6)), int(rng.integers(3, 8))
        cells = rng.choice(list("......#C"), rows * columns)
        start, *goals = rng.choice(rows * columns, 2 + k % 2, replace=False)
        cells[goals], cells[start] = "G", "S"
        grid = Grid(*("".join(row) for row in cells.reshape(rows, columns)))
        world = GridWorld(grid)
        if any(world.step(s, a)[2] for s in stood_on(world) for a in range(len(MOVES))):
            break
    return {
        "grid": grid,
        "alpha": float(rng.uniform(0.05, 1)),
        "epsilon": float(rng.uniform()),
        "gamma": [1.0, 0.9, float(rng.uniform(0.5, 1))][k % 3],
        "episodes": 20,
        "seed": k,
    }


q_learned = Reference(
    "scipy.optimize.linprog and scipy.signal.lfilter",
    tolerance={BEST: 1e-6, STEPS: (1e-10, 1e-12)},
    inputs=inputs,
    ours=learned,
    theirs=solved,
    random=drawn,
    needs=("scipy",),
)
