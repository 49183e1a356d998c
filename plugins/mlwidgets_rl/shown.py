"""The one copy of the world that a reader watches and may take over; nothing is learned from it."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt

from mlwidgets import Array

from .policy import Policy
from .worlds import CARTPOLE, known, told, world_of

Hand = Literal["policy", "left", "right"]
SIDE = 240  # pixels, at most, of a drawing of Gymnasium's
EVERY = 4  # frames for which one such drawing is made
Floats = npt.NDArray[Any]


class Look(TypedDict):
    """What there is to see: the state where we draw it, else the environment's own picture."""

    state: NotRequired[Annotated[Array, "quantity"]]
    theta: NotRequired[Annotated[Array, "weight"]]
    picture: NotRequired[Annotated[Array, "row column colour"]]
    undrawn: NotRequired[str]
    so_far: float


class Shown:
    """One copy, moved by the policy or by a hand."""

    def __init__(self, env: Any, rng: np.random.Generator) -> None:
        self.drawn = isinstance(env, str) and env == CARTPOLE
        self.world = world_of(env if self.drawn else self._drawable(env), 1, rng)
        self.steps, self.why = 0, ""
        self.state, self.so_far, self._ended = self.world.s[0], 0.0, False
        if not self.drawn:
            self.picture = self._picture()

    def _drawable(self, env: Any) -> Any:
        """The same, able to draw itself where it can be asked to."""
        if isinstance(env, str):
            with suppress(
                ValueError
            ):  # its drawing cannot be asked for, or asks for what is not here
                known(env, render_mode="rgb_array").close()
                return lambda: known(env, render_mode="rgb_array")
        return env

    def _picture(self) -> Floats | None:
        """Its picture, (row, column, 3), made smaller; None and why where it has none."""
        try:
            image = self.world.all.render()  # type: ignore[attr-defined]  # not our own
            image = np.asarray(image[0], np.uint8)
        except NotImplementedError as error:
            self.why = str(error) or "it has no render"
            return None
        except Exception as error:  # a package it needs, a fault of its own
            self.why = told(error)
            return None
        k = -(-max(image.shape) // SIDE)
        rows, columns = (size // k for size in image.shape[:2])
        cells = image[: rows * k, : columns * k].reshape(rows, k, columns, k, 3)
        small: Floats = cells.mean((1, 3)).astype(np.uint8)
        small.setflags(write=False)  # shown for some frames, kept once
        return small

    def step(self, policy: Policy, hand: Hand) -> None:
        """One step: the best action by the policy, or the one to the left or to the right."""
        world = self.world
        a = policy.act(world.s)
        if hand != "policy":
            ends = (0, world.actions - 1) if world.bounds is None else world.bounds
            a = np.full_like(a, ends[hand == "right"])
        reached, r, _, ended = world.step(a)
        self.state = reached[0]
        self.so_far = float(r[0]) + (0.0 if self._ended else self.so_far)
        self.steps, self._ended = self.steps + 1, bool(ended[0])

    def learned(self, pi: Policy) -> None:
        """From here on these are the weights that are shown."""
        self.theta = pi.theta[: pi.actor].detach().cpu().numpy().copy()
        self.theta.setflags(write=False)  # shown for many frames, kept once

    def look(self) -> Look:
        """What is to be seen now."""
        if self.drawn:
            return Look(state=self.state, theta=self.theta, so_far=self.so_far)
        if self.picture is not None and self.steps % EVERY == 0:
            self.picture = self._picture()
        if self.picture is None:
            return Look(undrawn=f"No picture of this environment: {self.why}", so_far=self.so_far)
        return Look(picture=self.picture, so_far=self.so_far)
