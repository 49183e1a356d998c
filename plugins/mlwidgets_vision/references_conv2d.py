"""What the convolution is checked against: torch.nn.functional.conv2d."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from mlwidgets import Image, Reference, UncheckedError

from .conv2d import conv2d, convolve, size
from .kernels import Kernel
from .pictures import pixels
from .swift import swift

PLAYED = "y as played, single precision"
SWIFT = "y of a large picture, single precision"


def inputs(params: dict[str, Any]) -> dict[str, Any]:
    """The picture in double precision."""
    x = pixels(params["image"], params["side"], params["grey"])
    return {"params": params, "x": x.astype(np.float64), "K": params["kernel"].cells}


def ours(given: dict[str, Any]) -> dict[str, Any]:
    params, x, K = given["params"], given["x"], given["K"]
    way = params["stride"], params["padding"], params["dilation"]
    *_, last = conv2d(**params | {"slide": False})
    found: dict[str, Any] = {"y": convolve(x, K, *way), PLAYED: np.array(last["y"])}
    found["o"] = [size(n, k, *way) for n, k in zip(x.shape, K.shape, strict=False)]
    return found | {SWIFT: swift(padded(x, K).astype(np.float32), K)}


def theirs(given: dict[str, Any]) -> dict[str, Any]:
    params, x, K = given["params"], given["x"], given["K"]
    way = params["stride"], params["padding"], params["dilation"]
    y = by_torch(x, K, *way)
    return {"y": y, PLAYED: y, "o": y.shape[:2], SWIFT: by_torch(padded(x, K), K, 1, 0, 1)}


def by_torch(x: Any, K: Any, stride: int, padding: int, dilation: int) -> Any:
    """Each colour is a picture of its own."""
    colours = torch.tensor(np.atleast_3d(x)).movedim(2, 0)[:, None]
    weight = torch.tensor(K)[None, None].to(colours)
    covered = [dilation * (k - 1) + 1 for k in K.shape]
    if any(n + 2 * padding < r for n, r in zip(x.shape, covered, strict=False)):
        raise UncheckedError("no window fits, and there is nothing to sum")
    y = F.conv2d(colours, weight, stride=stride, padding=padding, dilation=dilation)
    return y[:, 0].movedim(0, 2).numpy().reshape(*y.shape[2:], *x.shape[2:])


def padded(x: Any, K: Any) -> Any:
    around = [(K.shape[0], K.shape[0]), (K.shape[1], K.shape[1]), (0, 0)]
    return np.pad(x, around[: x.ndim])


def drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """Noise, grey and in colour, under kernels of 1 x 1 to 9 x 9, that fit."""
    kernel, padding, dilation = rng.integers(1, 10, 2), int(rng.integers(0, 6)), 1 + k % 3
    least = np.maximum(1, dilation * (kernel - 1) + 1 - 2 * padding)
    shape = (*(least + rng.integers(0, 20, 2)), *([3] if k % 2 else []))
    return {
        "image": Image(rng.uniform(0, 1, shape)),
        "kernel": Kernel(rng.normal(0, 1, kernel)),
        "stride": int(rng.integers(1, 5)),
        "padding": padding,
        "dilation": dilation,
        "grey": bool(k % 3),
        "side": 64,
    }


summed_by_torch = Reference(
    "torch.nn.functional.conv2d",
    tolerance={"y": (1e-10, 1e-10), "o": 0.0, PLAYED: (1e-5, 1e-5), SWIFT: (1e-5, 1e-5)},
    inputs=inputs,
    ours=ours,
    theirs=theirs,
    random=drawn,
    needs=("torch",),
)
