"""Reinforcement learning beside its reference: Gymnasium's own table, and what must hold."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

from mlwidgets import Grid, Run, play
from mlwidgets.replay.verify import verify
from mlwidgets_rl.gridworld import CLIFF, MOVES, GridWorld
from mlwidgets_rl.q_learning import dice, q_learning
from mlwidgets_rl.references import stood_on

BOARDS = {
    "cliff": CLIFF,
    "walls": Grid("S.#....", "..#.##.", "..#..#.", ".....#G"),
    "two goals": Grid("G....", ".CC..", ".S.CG"),
    "corridor": Grid("S....G"),
}


@pytest.mark.parametrize("gamma", [1.0, 0.9])
@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_what_wandering_finds_is_the_optimum_of_the_linear_program(
    board: Grid, gamma: float
) -> None:
    found = verify(q_learning, {"grid": board, "gamma": gamma}, cases=0)
    assert found.passed, found
    assert [row.quantity for row in found.rows] == ["Q* of the board", "Q after each move"]


def test_the_cliff_is_gymnasiums_state_by_state_and_move_by_move() -> None:
    table: Any = gymnasium.make("CliffWalking-v1").unwrapped
    world = GridWorld(CLIFF)
    compared = 0
    for s in stood_on(world):
        for a in range(len(MOVES)):
            ((probability, s2, r, done),) = table.P[s][a]
            assert (probability, s2, r, bool(done)) == (1.0, *world.step(s, a))
            compared += 1
    assert compared == 4 * (48 - 11)
    assert table.start_state_index == world.start


def moves_of(run: Run) -> Any:
    """Every recorded move as (frame, Q before, Q after, square left, square entered, r, delta)."""
    trace = run.trace
    assert np.array_equal(trace.frames, np.arange(len(trace))), "every frame must be there"
    start = GridWorld(run.params["grid"]).start
    for n in range(1, len(trace)):
        began = n == 1 or trace["episode"][n - 1] != trace["episode"][max(n - 2, 0)]
        yield n, n - 1, start if began else int(trace["agent"][n - 1])


def test_dice_drawn_a_thousand_at_once_are_those_of_numpy_one_by_one() -> None:
    rng, (chances, choices) = np.random.default_rng(7), dice(7)
    acts = np.random.default_rng(0).random(5_000) < 0.4
    for act in acts:
        if act:
            assert next(choices) == rng.integers(4)
        else:
            assert next(chances)[0] == rng.random()


@pytest.fixture(scope="module")
def learned() -> Run:
    return play(q_learning, episodes=120).wait()


def test_equations_1_and_2_hold_in_every_frame(learned: Run) -> None:
    trace, world = learned.trace, GridWorld(CLIFF)
    Q, agent, reward, delta = (trace[name] for name in ("Q", "agent", "r", "delta"))
    alpha, gamma = learned.params["alpha"], learned.params["gamma"]
    for n, before, s in moves_of(learned):
        fits = []
        for a in range(len(MOVES)):
            s2, r, done = world.step(s, a)
            error = r + gamma * (0.0 if done else Q[before, s2].max()) - Q[before, s, a]
            after = Q[before].copy()
            after[s, a] += alpha * error
            fits.append(
                (s2, r) == (agent[n], reward[n])
                and error == delta[n]
                and np.array_equal(after, Q[n])
            )
        assert any(fits), f"frame {n}"


def test_what_it_learns_is_the_path_along_the_edge() -> None:
    run = play(q_learning, episodes=500).wait()
    Q, world = run.trace["Q"][-1], GridWorld(CLIFF)
    path: list[int] = []
    s, done = world.start, False
    while not done and len(path) < 50:
        a = int(Q[s].argmax())
        path.append(a)
        s, _, done = world.step(s, a)
    assert path == [0, *[1] * 11, 2]


def test_epsilon_acts_from_its_events_frame_on() -> None:
    run = play(q_learning, epsilon=1.0, episodes=2).step(100).set(epsilon=0.0)
    at = run.events[0].frame
    run.step(400)
    world, Q, agent = GridWorld(CLIFF), run.trace["Q"], run.trace["agent"]
    greedy = [
        world.step(s, int(Q[before, s].argmax()))[0] == agent[n] for n, before, s in moves_of(run)
    ]
    assert at == 101
    assert all(greedy[at - 1 :])
    assert not all(greedy[: at - 1])
    run.close()


def test_a_painted_board_acts_from_its_events_frame_on() -> None:
    painted = Grid("......######", "............", "............", "S..........G")
    run = play(q_learning, epsilon=1.0, episodes=5).step(300).set(grid=painted)
    at = run.events[0].frame
    run.step(3000)
    agent, reward = run.trace["agent"], run.trace["r"]
    world = GridWorld(painted)
    for n, _, s in moves_of(run):
        if n >= at:
            assert (agent[n], reward[n]) in {world.step(s, a)[:2] for a in range(len(MOVES))}
    assert reward[at:].min() == -1.0
    assert reward[1:at].min() == -100.0
    run.close()
