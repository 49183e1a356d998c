"""The few verbs that everything else is made of: `play` and what it accepts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .algorithms import Algorithm, as_algorithm
from .errors import MLError
from .run import Run, Steering
from .shell import cells
from .views import View


def play(
    target: Any,
    /,
    *,
    views: Sequence[View] | View | None = None,
    controls: Sequence[str] | None = None,
    at: int | None = None,
    device: str = "auto",
    steering: Steering | None = None,
    **params: Any,
) -> Run:
    """A run of an algorithm, ready at frame 0: displayed in a notebook it is a player.

    target: a name such as "rl.q_learning", an algorithm, or any generator function of dicts.
    views: figures in place of the algorithm's own. controls: the parameters that get a control.
    at: the frame first shown, -1 for the last. device: "auto", "cpu", "cuda" or "mps".
    steering: changes of live parameters to come, `{156: {"epsilon": 0.1}}`: from frame 156 on.
    Raises ParamError, ViewError or RegistryError for what is not there or not allowed.
    """
    algorithm = find(target)
    run = Run(
        algorithm,
        params,
        views=views,
        controls=controls,
        at=at,
        device=device,
        steering=steering,
    )
    cells.adopt(run)
    return run


def find(target: Any) -> Algorithm[Any, Any]:
    """The algorithm that is meant."""
    if isinstance(target, str):
        from .registry import registry

        return registry().get(target).load()
    if isinstance(target, Algorithm):
        return target
    if callable(target):
        return as_algorithm(target)
    given = f"{type(target).__name__} {target!r:.40}"
    raise MLError(f"cannot play {given}: give a name, or a function that yields dicts")
