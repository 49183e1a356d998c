"""Sampling from a U-Net in fifty steps, beside diffusers with the same layers and weights."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.side import Row, Timed, timed
from mlwidgets import Frames, algorithm, play
from mlwidgets_genai.ddpm import Diffusion
from mlwidgets_genai.unet import UNet, laid_out
from tests.genai.test_ddpm import copied

WIDTHS, SIZE, BATCH, T, REACH = (32, 64, 64), 32, 16, 50, 3.0


def rows(device: str) -> Iterator[Row]:
    yield Row(
        "genai.ddpm",
        f"sampling, {BATCH} pictures of {SIZE} x {SIZE}, {T} steps",
        "diffusers",
        ours=lambda: ours(device),
        theirs=lambda: theirs(device),
        bar=1.2,
        quality=apart,
        judged="mean distance from the samples in double precision",
        better="error",
        within=1e-4,
        work=T,
        unit="steps",
    )


@cache
def networks() -> tuple[UNet, Any]:
    """Both sides with the same weights."""
    from diffusers import UNet2DModel

    torch.manual_seed(0)
    make: Any = UNet2DModel  # made by a decorator without types
    theirs = make(
        sample_size=SIZE,
        in_channels=1,
        out_channels=1,
        block_out_channels=WIDTHS,
        down_block_types=("DownBlock2D",) * len(WIDTHS),
        up_block_types=("UpBlock2D",) * len(WIDTHS),
        layers_per_block=2,
        norm_num_groups=8,
        add_attention=False,
    )
    ours = UNet(1, WIDTHS, layers=2, groups=8)
    copied(ours, theirs)
    return ours.eval(), theirs.eval()


def chance(t: int) -> torch.Generator:
    """diffusers draws a step's noise from one of these, and so do we."""
    return torch.Generator().manual_seed(t)


def noise(t: int) -> Tensor:
    return torch.randn(BATCH, 1, SIZE, SIZE, generator=chance(t), device="cpu")


def walked(net: Any, dtype: torch.dtype) -> Iterator[tuple[int, Tensor]]:
    way = Diffusion("linear", T, REACH, dtype)
    x = noise(T).to(torch.get_default_device(), dtype)
    for t in range(T, 0, -1):
        epsilon = net(x, torch.full((BATCH,), t - 1))
        x = way.back(x, t, way.predicted(x, t, epsilon), noise(t - 1).to(x))
        yield t - 1, x


@algorithm(step="time")
def sampling() -> Frames[dict[str, Any]]:
    net = laid_out(copy.deepcopy(networks()[0])).to(torch.get_default_device())
    with torch.inference_mode():
        for t, x in walked(net, torch.float32):
            yield {"t": t, "x": x.cpu().numpy()}


def ours(device: str) -> Timed:
    """A recorded run."""
    run = play(sampling, device=device)
    took = timed(run.wait).seconds * T / (T - 1)  # the first frame is made before it is timed
    run.close()
    return Timed(took, run.trace["x"][-1])


def theirs(device: str) -> Timed:
    from diffusers import DDPMScheduler

    net = networks()[1].to(device)
    told = {"beta_start": 1e-4 * 1000 / T, "beta_end": 0.02 * 1000 / T}
    make: Any = DDPMScheduler
    scheduler = make(num_train_timesteps=T, clip_sample_range=REACH, **told)

    def sample() -> Tensor:
        x = noise(T).to(device)
        with torch.inference_mode():
            for t in range(T - 1, -1, -1):
                step = scheduler.step(net(x, t).sample, t, x, generator=chance(t))
                x = step.prev_sample
        return x

    found = timed(sample)
    return Timed(found.seconds, found.result.cpu().numpy())


@cache
def exact() -> Any:
    net = copy.deepcopy(networks()[0]).double()
    with torch.inference_mode():
        *_, (_, x) = walked(net, torch.float64)
    return x.numpy()


def apart(x: Any) -> float:
    return float(np.abs(x - exact()).mean())
