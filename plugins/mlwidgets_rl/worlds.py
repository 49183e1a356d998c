"""Worlds to act in, many copies side by side: our own cart and pole, or any of Gymnasium's kind."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Protocol
from weakref import finalize

import numpy as np
import numpy.typing as npt

from mlwidgets import Kind, ParamError, nearest

from .cartpole import CartPole
from .checked import Checked

Floats = npt.NDArray[Any]
CARTPOLE = "CartPole-v1"
SPACES = ("Discrete", "Box")


class World(Protocol):
    """n copies of an environment; one whose episode ended has begun a new one."""

    n: int
    s: Floats  # (n, features): what each now shows
    features: int
    actions: int  # how many there are, or how many numbers make one
    bounds: tuple[Floats, Floats] | None  # of these numbers
    goal: float | None  # the mean return at which it counts as solved

    def step(self, a: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """(n, features) reached, (n,) rewards, whether it is over, whether it is over or cut."""

    def close(self) -> object:
        """Gives back what the copies hold; they take no step any more."""


@dataclass(frozen=True)
class EnvKind(Kind):
    """A Gymnasium id, an environment, or a function that makes one; observations are vectors."""

    name: ClassVar[str] = "str"

    def check(self, value: Any) -> Any:
        if isinstance(value, str) and value == CARTPOLE:
            return value
        env = known(value) if isinstance(value, str) else one_of(value)
        try:
            suits(env)
        finally:
            if env is not value:
                _closed(env)
        return value

    def format(self, value: Any) -> str:
        return value if isinstance(value, str) else "$env"

    def to_json(self, value: Any) -> str:
        return value if isinstance(value, str) else told(named(value))

    def describe(self) -> str:
        return "a Gymnasium id such as Acrobot-v1, an environment, or a function that makes one"


def told(words: object, most: int = 200) -> str:
    """An error's kind and words, or any words, on one short line."""
    kind = f"{type(words).__name__}: " if isinstance(words, Exception) else ""
    try:
        line = " ".join(f"{kind}{words}".split())
    except Exception:  # its own words fail
        line = type(words).__name__
    return line if len(line) <= most else f"{line[: most - 1]}…"


def named(value: Any) -> str:
    """An environment's own name."""
    return getattr(value, "__name__", None) or type(getattr(value, "unwrapped", value)).__name__


def gymnasium() -> Any:
    """The library, where it is installed; ValueError with the remedy."""
    try:
        import gymnasium
    except ImportError:
        raise ValueError(
            f'needs gymnasium (pip install "mlwidgets[rl]"); {CARTPOLE} does not'
        ) from None
    return gymnasium


def known(name: str, **given: Any) -> Any:
    """An environment by its id; ValueError names the nearest that there is."""
    gym = gymnasium()
    try:
        return gym.make(name, **given)
    except gym.error.UnregisteredEnv:
        near = nearest(name, gym.registry)
        raise ValueError(f"is no environment that Gymnasium knows.{near}") from None
    except Exception as error:  # a package it needs, a fault of its own
        raise ValueError(f"cannot be made: {told(error)}") from None


def one_of(value: Any) -> Any:
    """An environment of the user's, made where a class or a function is given."""
    if not hasattr(value, "action_space") or isinstance(value, type):
        if not callable(value):
            raise ValueError(f"must be {EnvKind().describe()}")
        try:
            value = value()
        except Exception as error:  # it is the user's
            raise ValueError(f"cannot be made: {told(error)}") from None
    wanted = ("reset", "step", "action_space", "observation_space")
    if lacks := [name for name in wanted if not hasattr(value, name)]:
        raise ValueError(f"gives {type(value).__name__}, no environment: it has no {lacks[0]}")
    if hasattr(value, "num_envs"):
        raise ValueError("is many environments at once: give one, and how many as envs=")
    return value


def suits(env: Any) -> None:
    """ValueError unless what it shows and what it takes can be learned from here."""
    sees, does = env.observation_space, env.action_space
    said = f"shows {told(sees, 60)}: must be one row of numbers (Box or Discrete)"
    if type(sees).__name__ == "Dict" or type(sees).__name__ == "Tuple":
        raise ValueError(f"{said}; gymnasium.wrappers.FlattenObservation makes it one")
    if type(sees).__name__ not in SPACES:
        raise ValueError(said)
    if len(sees.shape) > 1:
        raise ValueError(f"{said}; pictures ask for a convolutional network")
    if type(does).__name__ not in SPACES or len(does.shape) > 1:
        raise ValueError(f"takes {told(does, 60)}: must be Discrete, or a Box of one axis")


def makers(env: Any, n: int) -> list[Callable[[], Any]]:
    """Functions that make n of it, each its own."""
    if isinstance(env, str):
        return [lambda: known(env)] * n
    if isinstance(env, type) or not hasattr(env, "action_space"):
        return [lambda: Checked(env())] * n
    try:
        copies = [copy.deepcopy(env) for _ in range(n)]
    except Exception as error:  # it is the user's
        raise ParamError(
            f"env: cannot be copied ({told(error, 100)}): give its class, or a function",
            "env",
        ) from None
    return [partial(Checked, one) for one in copies]


def _closed(all_: Any) -> None:
    """What it raises ends no run: it is the user's."""
    with suppress(Exception):
        all_.close()


class Gymnasium:
    """n copies of an environment of Gymnasium's kind, one after another in this process.

    They are closed by `close`, or where nobody needs them any more.
    """

    def __init__(self, env: Any, n: int, rng: np.random.Generator) -> None:
        vector = gymnasium().vector
        same = vector.AutoresetMode.SAME_STEP
        self.all = vector.SyncVectorEnv(makers(env, n), autoreset_mode=same)
        self.close = finalize(self, _closed, self.all)
        sees, does = self.all.single_observation_space, self.all.single_action_space
        self.n, self._one_hot = n, int(getattr(sees, "n", 0))
        self._first = int(getattr(sees, "start", 0))
        self.features = self._one_hot or int(sees.shape[0] if sees.shape else 1)
        self.bounds = None if hasattr(does, "n") else (does.low, does.high)
        self.actions = int(does.n) if self.bounds is None else int(does.shape[0])
        self._start = int(getattr(does, "start", 0))
        spec = self.all.envs[0].spec
        self.goal: float | None = getattr(spec, "reward_threshold", None)
        self.s = self._seen(self.all.reset(seed=int(rng.integers(2**31)))[0])

    def _seen(self, observed: Any) -> Floats:
        """(n, features) numbers."""
        if self._one_hot:
            hot: Floats = np.eye(self._one_hot, dtype=np.float32)
            return np.asarray(hot[np.asarray(observed) - self._first])
        return np.asarray(observed, np.float32).reshape(-1, self.features)

    def step(self, a: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        a = a + self._start if self.bounds is None else np.clip(a, *self.bounds)
        observed, r, over, cut, info = self.all.step(a)
        self.s = reached = self._seen(observed)
        ended = over | cut
        if ended.any():
            reached = self.s.copy()
            reached[ended] = self._seen(list(info["final_obs"][ended]))
        return reached, r.astype(np.float32), over, ended


def world_of(env: Any, n: int, rng: np.random.Generator) -> World:
    """n copies of what the parameter names."""
    return CartPole(n, rng) if env == CARTPOLE else Gymnasium(env, n, rng)
