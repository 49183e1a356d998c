"""An environment of the user's, whose answers are looked at before they are learned from."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlwidgets import ParamError

RESET = "observation, info"
STEP = "observation, reward, terminated, truncated, info"


class Checked:
    """What Gymnasium's vectors ask of an environment; one that needs no more than four names.

    `reset` and `step` raise ParamError where an answer is not what Gymnasium's are.
    """

    def __init__(self, env: Any) -> None:
        self.env = env
        self.observation_space, self.action_space = env.observation_space, env.action_space
        self.metadata = getattr(env, "metadata", {})
        self.render_mode, self.spec = (getattr(env, n, None) for n in ("render_mode", "spec"))

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, Any]:
        observed, info = _parts(self.env.reset(seed=seed, options=options), "reset", RESET)
        return self._seen(observed, "reset"), info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, Any]:
        observed, r, over, cut, info = _parts(self.env.step(action), "step", STEP)
        if not np.isfinite(reward := _number(r)):
            raise _refused(f"step gave the reward {r!r}: must be a finite number")
        return self._seen(observed, "step"), reward, bool(over), bool(cut), info

    def render(self) -> Any:
        """Its picture; NotImplementedError says why there is none."""
        if self.render_mode is None and self.spec is not None:  # Gymnasium's own only warn
            raise NotImplementedError('it was made without render_mode="rgb_array"')
        if not hasattr(self.env, "render"):
            raise NotImplementedError
        return self.env.render()

    def close(self) -> None:
        if hasattr(self.env, "close"):
            self.env.close()

    def _seen(self, observed: Any, by: str) -> Any:
        """An observation, if it is one of the space's shape and its numbers are finite."""
        space, found = self.observation_space, np.asarray(observed)
        if found.dtype.kind not in "biuf" or found.shape != space.shape:
            raise _refused(f"{by} showed {_said(observed)}: its observation_space is {space}")
        if not np.isfinite(found).all():
            raise _refused(f"{by} showed {_said(observed)}: must be finite numbers")
        first = int(getattr(space, "start", 0))
        if hasattr(space, "n") and not first <= found < first + space.n:
            raise _refused(f"{by} showed {_said(observed)}: its observation_space is {space}")
        return observed


def _parts(answer: Any, by: str, wanted: str) -> Any:
    many = len(wanted.split(", "))
    if isinstance(answer, tuple) and len(answer) == many:
        return answer
    gave = f"{len(answer)} values" if isinstance(answer, tuple) else type(answer).__name__
    raise _refused(f"{by} gave {gave}: must be {many}, {wanted}")


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _said(observed: Any) -> str:
    line = " ".join(repr(observed).split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def _refused(words: str) -> ParamError:
    return ParamError(f"env: {words}", "env")
