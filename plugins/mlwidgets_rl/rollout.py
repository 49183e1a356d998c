"""What happened in all copies of a world for some steps, as one batch to learn from."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, fields
from typing import Annotated, Any, TypedDict

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mlwidgets import Metric

from .policy import Policy
from .worlds import World, world_of

EPISODES = 100  # whose mean return is shown, and judged
LIMIT = 1_000  # steps of an episode that is judged
FRESH = 1_000_003  # between the seed of a run and that of what it is judged on
Floats = npt.NDArray[Any]
Advantages = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


class Returns(TypedDict):
    ret: Annotated[float | None, Metric(better="higher")]
    goal: float | None


@dataclass(frozen=True)
class Batch:
    """Steps in any order: state, action, log π of it when it was taken, advantage, A + V."""

    s: Tensor
    a: Tensor
    log_p_old: Tensor
    A: Tensor
    R: Tensor

    def split(self, rng: np.random.Generator, parts: int) -> Iterator[Batch]:
        """Mini-batches, shuffled; each of two steps at least."""
        order = torch.as_tensor(rng.permutation(len(self.s)), device=self.s.device)
        for chosen in order.tensor_split(min(parts, len(order) // 2)):
            yield Batch(*(getattr(self, f.name)[chosen] for f in fields(self)))


class Rollout:
    """The last `horizon` steps of all copies, and the returns of the last episodes."""

    def __init__(self, world: World, horizon: int) -> None:
        shape = (horizon, world.n)
        self.world, self.shape = world, shape
        self.s, self.reached = (np.empty((*shape, world.features), np.float32) for _ in range(2))
        discrete = world.bounds is None
        self.a = np.empty(
            shape if discrete else (*shape, world.actions), np.int64 if discrete else np.float32
        )
        self.r = np.empty(shape, np.float32)
        self.over, self.ended = np.empty(shape, bool), np.empty(shape, bool)
        self.so_far = np.zeros(world.n)
        self.returns: deque[float] = deque(maxlen=EPISODES)

    def __enter__(self) -> Rollout:
        return self

    def __exit__(self, *fault: object) -> None:
        self.world.close()

    def acts(self, pi: Policy, rng: np.random.Generator) -> Iterator[None]:
        """Acts in all copies, step after step."""
        world, noise = self.world, pi.noise(rng, *self.shape)
        for t, drawn in enumerate(noise):
            self.s[t] = world.s
            self.a[t] = a = pi.act(world.s, drawn)
            self.reached[t], self.r[t], self.over[t], self.ended[t] = world.step(a)
            self.so_far += self.r[t]
            if self.ended[t].any():
                self.returns.extend(self.so_far[self.ended[t]].tolist())
                self.so_far[self.ended[t]] = 0.0
            yield

    def told(self) -> Returns:
        """The mean return of the last episodes; None before one has ended."""
        mean = sum(self.returns) / len(self.returns) if self.returns else None
        return Returns(ret=mean, goal=self.world.goal)

    @torch.no_grad()
    def batch(self, pi: Policy, advantages: Advantages) -> Batch:
        """All steps, with what they were worth by the critic that was there."""
        s, reached, a = (of(x).flatten(0, 1) for x in (self.s, self.reached, self.a))
        V, V_next = (pi.worth(pi.W, x).view(self.shape) for x in (s, reached))
        A = advantages(of(self.r), V, V_next, of(self.over), of(self.ended))
        log_p_old, _ = pi.log_p(pi.W, pi.scores(pi.W, s), a)
        return Batch(s, a, log_p_old, A.flatten(), (A + V).flatten())


def of(array: Floats) -> Tensor:
    """On the run's device; a copy, since the array is written again."""
    return torch.tensor(array)


def judged(pi: Policy, env: Any, seed: int) -> tuple[float, str]:
    """The mean return of 100 fresh episodes, each step the best action; and that in words."""
    going, G = np.ones(EPISODES, bool), np.zeros(EPISODES)
    with closing(world_of(env, EPISODES, np.random.default_rng(seed + FRESH))) as world:
        for _ in range(LIMIT):
            _, r, _, ended = world.step(pi.act(world.s))
            G += r * going
            going &= ~ended
            if not going.any():
                break
    mean, cut = float(G.mean()), f", {going.sum()} cut at {LIMIT:,} steps" if going.any() else ""
    said = f"{round(mean, 1) + 0.0:.1f} on average over {EPISODES} episodes of a fresh seed{cut}"
    if world.goal is None:
        return mean, f"Return {said}; the environment names none that is asked."
    verdict = "Solved" if mean >= world.goal else "Not solved"
    return mean, f"{verdict}: {said}; {world.goal:g} asked."
