"""Learning to act, beside the peers' own loops: CleanRL's PPO, Gymnasium's carts and its tutorial.

CleanRL is no package to install: its loop is written here as its `ppo.py` has it, with its
hyperparameters. How good a policy is, is asked every so often by twenty carts that are always
pushed the way it likes best; the clock of either side stands meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from benchmarks.side import Row, Timed, timed
from mlwidgets import Grid, play
from mlwidgets_rl.cartpole import CartPole
from mlwidgets_rl.ppo import ppo
from mlwidgets_rl.q_learning import q_learning

SEEDS = (1, 2, 3)
GOOD, CARTS, STEPS = 475.0, 20, 500
MOST = 400_000  # environment steps after which a seed has failed
Floats = npt.NDArray[Any]
Acts = Callable[[Floats], Floats]


def judged(acts: Acts) -> float:
    """The mean return of twenty carts of Gymnasium's, by the best action in each step."""
    env = gymnasium.make_vec("CartPole-v1", num_envs=CARTS, vectorization_mode="vector_entry_point")
    s, _ = env.reset(seed=12345)
    going, G = np.ones(CARTS, bool), np.zeros(CARTS)
    for _ in range(STEPS):
        s, _, over, cut, _ = env.step(np.asarray(acts(s)))
        G += going
        going &= ~(over | cut)
        if not going.any():
            break
    return float(G.mean())


def rows(device: str) -> Iterator[Row]:
    torch.set_num_threads(1)  # at this size a second one only waits
    common: dict[str, Any] = {
        "ours": partial(by_us, device),
        "quality": float,
        "judged": "least deterministic return of the seeds",
        "within": 0.05,
    }
    what = f"CartPole-v1 to {GOOD:g}, {len(SEEDS)} seeds"
    yield Row("rl.ppo", what, "CleanRL's way", theirs=by_cleanrl, bar=2, **common)
    if device == "cpu":
        yield Row("rl.ppo", what, "Stable-Baselines3, RL-Zoo's", theirs=by_sb3, bar=2, **common)
        for n in (64, 1024):
            yield of_carts(n)
        yield of_lake()


# PPO ------------------------------------------------------------------------------------------


def by_us(device: str) -> Timed:
    """Recording runs, each until it is good; the clock is the run's."""
    took, worst = 0.0, np.inf
    for seed in SEEDS:
        run, found = play(ppo, seed=seed, device=device), 0.0
        while found < GOOD and run.status != "done":
            took += timed(lambda: run.step(unit="update")).seconds  # noqa: B023  called at once
            weights = run.trace["theta"][-1]
            found = judged(partial(best, weights, run.params["hidden"]))
        run.close()
        worst = min(worst, found)
    return Timed(took, worst)


def best(theta: Floats, hidden: int, s: Floats) -> Floats:
    """The best actions by the weights that a frame holds."""
    h = s
    for k, out in ((4, hidden), (hidden, hidden), (hidden, 2)):
        W, b, theta = np.split(theta, [k * out, (k + 1) * out])
        h = h @ W.reshape(k, out) + b
        h = h if out == 2 and not len(theta) else np.tanh(h)
    return np.asarray(h.argmax(1))


class Agent(nn.Module):
    """CleanRL's networks."""

    def __init__(self) -> None:
        super().__init__()
        self.critic = layers(1, 1.0)
        self.actor = layers(2, 0.01)

    def best(self, s: Floats) -> Floats:
        return np.asarray(self.actor(torch.as_tensor(s)).argmax(1))

    def act(self, s: Tensor, a: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        choice = torch.distributions.Categorical(logits=self.actor(s))
        a = choice.sample() if a is None else a  # type: ignore[no-untyped-call]  # torch's own
        log_p = choice.log_prob(a)  # type: ignore[no-untyped-call]
        return a, log_p, choice.entropy(), self.critic(s)  # type: ignore[no-untyped-call]


def layers(out: int, gain: float) -> nn.Sequential:
    parts: list[nn.Module] = []
    for i, o, scale in ((4, 64, np.sqrt(2)), (64, 64, np.sqrt(2)), (64, out, gain)):
        layer = nn.Linear(i, o)
        nn.init.orthogonal_(layer.weight, scale)
        nn.init.constant_(layer.bias, 0.0)
        parts += [layer, nn.Tanh()]
    return nn.Sequential(*parts[:-1])


def by_cleanrl() -> Timed:
    """4 environments, 128 steps, 4 passes of 4 mini-batches, Adam at 2.5e-4 falling to 0."""
    took, worst = 0.0, np.inf
    for seed in SEEDS:
        updates = cleanrl(seed, 500_000)
        found = 0.0
        for _ in range(MOST // 512):
            begun = time.perf_counter()
            agent = next(updates)
            took += time.perf_counter() - begun
            found = judged(agent.best)
            if found >= GOOD:
                break
        worst = min(worst, found)
    return Timed(took, worst)


def cleanrl(seed: int, total: int, n: int = 4, T: int = 128) -> Iterator[Agent]:
    """Its loop; the agent after each update."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    envs = gymnasium.vector.SyncVectorEnv([lambda: gymnasium.make("CartPole-v1")] * n)
    agent = Agent()
    adam = torch.optim.Adam(agent.parameters(), lr=2.5e-4, eps=1e-5)
    S, A = torch.zeros(T, n, 4), torch.zeros(T, n)
    logs, R, ends, V = (torch.zeros(T, n) for _ in range(4))
    s, end = torch.tensor(envs.reset(seed=seed)[0]), torch.zeros(n)
    updates = total // (n * T)
    for k in range(updates):
        adam.param_groups[0]["lr"] = (1 - k / updates) * 2.5e-4
        for t in range(T):
            S[t], ends[t] = s, end
            with torch.no_grad():
                a, logs[t], _, v = agent.act(s)
            A[t], V[t] = a, v.flatten()
            seen, r, over, cut, _ = envs.step(a.numpy())
            R[t] = torch.tensor(r)
            s, end = torch.Tensor(seen), torch.Tensor(np.logical_or(over, cut))
        with torch.no_grad():
            gae, following, last = torch.zeros(T, n), agent.critic(s).flatten(), torch.zeros(n)
            for t in reversed(range(T)):
                going = 1.0 - (end if t == T - 1 else ends[t + 1])
                after = following if t == T - 1 else V[t + 1]
                last = R[t] + 0.99 * after * going - V[t] + 0.99 * 0.95 * going * last
                gae[t] = last
        cleanrl_passes(agent, adam, [x.flatten(0, 1) for x in (S, logs, A, gae, gae + V, V)])
        yield agent


def cleanrl_passes(agent: Agent, adam: torch.optim.Optimizer, batch: list[Tensor]) -> None:
    s, logs, actions, gae, returns, values = batch
    order = np.arange(len(s))
    for _ in range(4):
        np.random.shuffle(order)
        for chosen in np.array_split(order, 4):
            _, log_p, H, v = agent.act(s[chosen], actions[chosen].long())
            ratio = (log_p - logs[chosen]).exp()
            A = gae[chosen]
            A = (A - A.mean()) / (A.std() + 1e-8)
            policy = torch.max(-A * ratio, -A * ratio.clamp(0.8, 1.2)).mean()
            v = v.view(-1)
            near = values[chosen] + (v - values[chosen]).clamp(-0.2, 0.2)
            worse = torch.max((v - returns[chosen]) ** 2, (near - returns[chosen]) ** 2)
            loss = policy - 0.01 * H.mean() + 0.5 * 0.5 * worse.mean()
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch's own
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            adam.step()


def by_sb3() -> Timed:
    """Its PPO with RL-Zoo's parameters for CartPole-v1, asked every 8 updates."""
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env

    took, worst = 0.0, np.inf
    for seed in SEEDS:
        model = PPO(
            "MlpPolicy",
            make_vec_env("CartPole-v1", 8, seed=seed),
            n_steps=32,
            batch_size=256,
            n_epochs=20,
            gamma=0.98,
            gae_lambda=0.8,
            ent_coef=0.0,
            learning_rate=lambda left: 0.001 * left,
            clip_range=lambda left: 0.2 * left,
            seed=seed,
            device="cpu",
        )
        clock = Clock(model)
        model.learn(100_000, callback=clock)
        took, worst = took + clock.took, min(worst, clock.found)
    return Timed(took, worst)


class Clock:
    """Stops a training that is good, and its clock while that is asked: a callback of theirs."""

    def __init__(self, model: Any) -> None:
        self.model, self.took, self.found = model, 0.0, 0.0
        self.begun = time.perf_counter()

    def __call__(self, local: dict[str, Any], _: dict[str, Any]) -> bool:
        if self.model.num_timesteps % (8 * 256):
            return True
        self.took += time.perf_counter() - self.begun
        self.found = judged(lambda s: self.model.predict(s, deterministic=True)[0])
        self.begun = time.perf_counter()
        return self.found < GOOD


# carts ----------------------------------------------------------------------------------------


def of_carts(n: int) -> Row:
    """A random policy; the quality is the mean length of the episodes."""
    steps = 64_000 // n * 8

    def ours() -> float:
        world, rng, ends = CartPole(n, np.random.default_rng(0)), np.random.default_rng(1), 0
        for _ in range(steps):
            ends += int(world.step(rng.integers(0, 2, n))[3].sum())
        return n * steps / ends

    def theirs() -> float:
        env: Any = gymnasium.make_vec(
            "CartPole-v1", num_envs=n, vectorization_mode="vector_entry_point"
        )
        env.reset(seed=0)
        rng, ends = np.random.default_rng(1), 0
        for _ in range(steps):
            ends += int(env.step(rng.integers(0, 2, n))[2].sum())
        return n * steps / ends

    return Row(
        "rl.ppo, its environment",
        f"random policy, N = {n}",
        "gymnasium's vector CartPole",
        ours,
        theirs,
        bar=1,
        quality=float,
        judged="mean length of an episode",
        within=0.1,
        work=n * steps / 1e6,
        unit="M steps",
        note="no run: nothing is learned or shown. Theirs spends a step on each new beginning.",
    )


# Q-learning -----------------------------------------------------------------------------------

EPISODES, RUNS = 20_000, 1
ALPHA, EPSILON, GAMMA = 0.8, 0.1, 0.95  # the tutorial's
TURNED = (3, 2, 1, 0)  # up, right, down, left as Gymnasium numbers them
LAKE: Any = {"map_name": "8x8", "is_slippery": False}


def of_lake() -> Row:
    """A hole gives -100 and leads back to the start in ours, and ends the episode in theirs."""
    return Row(
        "rl.q_learning",
        f"FrozenLake 8x8, {EPISODES:,} episodes, a step",
        "Gymnasium's tutorial",
        by_our_q,
        by_tutorial,
        bar=15,
        quality=lambda tables: float(np.mean([arrives(Q) for Q in tables])),
        judged="share of the tables whose greedy path reaches the goal",
        pairs=3,
        note="our board gives -1 a move and -100 in a hole; theirs 1 at the goal alone.",
    )


def arrives(Q: Floats) -> bool:
    """Does the greedy path over Gymnasium's own lake end at the goal?"""
    env = gymnasium.make("FrozenLake-v1", **LAKE)
    s, _ = env.reset(seed=0)
    done, r = False, 0.0
    while not done:
        s, gained, over, cut, _ = env.step(int(Q[s].argmax()))
        done, r = over or cut, float(gained)
    return r == 1.0


def by_our_q() -> Timed:
    desc: Any = gymnasium.make("FrozenLake-v1", **LAKE).unwrapped
    board = Grid(*(b"".join(row).decode().translate(BOARD) for row in desc.desc))
    tables, took, steps = [], 0.0, 0
    for seed in range(RUNS):
        told: dict[str, Any] = {"grid": board, "episodes": EPISODES, "seed": seed}
        run = play(q_learning, alpha=ALPHA, epsilon=EPSILON, gamma=GAMMA, **told)
        took += timed(run.wait).seconds
        steps += run.number
        tables.append(run.trace["Q"][-1][:, np.argsort(TURNED)])
        run.close()
    return Timed(took / steps, tables)


BOARD = str.maketrans("SFHG", "S.CG")


def by_tutorial() -> Timed:
    """Its loop: random ties, a table of zeros."""
    tables, took, steps = [], 0.0, 0
    for seed in range(RUNS):
        env: Any = gymnasium.make("FrozenLake-v1", **LAKE)
        env.action_space.seed(seed)
        rng, Q = np.random.default_rng(seed), np.zeros((64, 4))
        begun = time.perf_counter()
        for _ in range(EPISODES):
            s, done = env.reset(seed=seed)[0], False
            while not done:
                if rng.uniform(0, 1) < EPSILON:
                    a = env.action_space.sample()
                else:
                    a = rng.choice(np.where(Q[s, :] == max(Q[s, :]))[0])
                s2, r, over, cut, _ = env.step(a)
                delta = r + GAMMA * np.max(Q[s2, :]) - Q[s, a]
                Q[s, a] = Q[s, a] + ALPHA * delta
                s, done, steps = s2, over or cut, steps + 1
        took += time.perf_counter() - begun
        tables.append(Q)
    return Timed(took / steps, tables)
