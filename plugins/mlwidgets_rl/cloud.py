"""How far a pass over a batch has moved the policy, action by action: a cloud in a band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mlwidgets import Array, Metric

WIDE, HIGH = 3.0, 2.0  # ends of the figure, in standard deviations of A and in clips ε
CORNERS = np.array([[1, 0], [0, 0], [0, 0], [0, 1]])
"""Flat parts of the objective, over (ratio, advantage): nothing pushes on from there."""
EXTENT = np.array([-WIDE, WIDE, -HIGH, HIGH])
CORNERS.setflags(write=False)
EXTENT.setflags(write=False)


class Passed(NamedTuple):
    """Of a mini-batch: advantage, ratio and kl of each action, entropy, the critic's error."""

    A: Tensor
    rho: Tensor
    kl: Tensor
    H: Tensor
    worth: Tensor


class Cloud(TypedDict):
    cloud: Annotated[Array, "action quantity"]
    flat: Annotated[Array, "action"]
    corners: Annotated[Array, "ratio advantage"]
    extent: Annotated[Array, "end"]
    kl: float | None
    clipped: float | None
    H: float | None
    worth: Annotated[float | None, Metric(better="lower")]


def clouded(passed: Sequence[Passed], clip: float) -> Cloud:
    """What is shown of a pass; a point beyond the figure stands at its rim."""
    A, rho, kl, H, worth = (
        torch.cat([part.reshape(-1) for part in parts]) for parts in zip(*passed, strict=True)
    )
    moved = (rho - 1) / clip
    flat = torch.where(A > 0, moved > 1, moved < -1)
    points = torch.stack((A.clamp(-WIDE, WIDE), moved.clamp(-HIGH, HIGH)), 1)
    numbers = [float(x) for x in torch.stack([x.float().mean() for x in (kl, flat, H, worth)])]
    return shown(points.cpu().numpy(), flat.cpu().numpy().astype(np.uint8), *numbers)


def nothing(n: int) -> Cloud:
    """Before anything was learned: all ratios are 1."""
    return shown(np.zeros((n, 2), np.float32), np.zeros(n, np.uint8), None, None, None, None)


def shown(points: npt.NDArray[Any], flat: npt.NDArray[Any], *told: float | None) -> Cloud:
    for array in (points, flat):
        array.setflags(write=False)  # shown for many frames, kept once
    kl, clipped, H, worth = told
    return Cloud(
        cloud=points,
        flat=flat,
        corners=CORNERS,
        extent=EXTENT,
        kl=kl,
        clipped=clipped,
        H=H,
        worth=worth,
    )
