"""What diffusion is checked against: the schedulers of diffusers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, DDPMScheduler

from mlwidgets import Reference, UncheckedError

from .ddpm import Diffusion, ddpm
from .schedules import ends

NAMES = {"linear": "linear", "cosine": "squaredcos_cap_v2"}
FEWEST = 25  # times; of fewer a linear schedule has a step beyond 1, which diffusers does not cut
CLOUD, REACH = 50, 2.0


def inputs(params: dict[str, Any]) -> dict[str, Any]:
    """A cloud, a network's answer to it, chance, and some times of the run's schedule."""
    if params["schedule"] == "linear" and params["T"] < FEWEST:
        raise UncheckedError(f"a linear schedule of fewer than {FEWEST} times is cut off at 1")
    seed, T = params["seed"], params["T"]
    x, answer = torch.randn(2, CLOUD, 2, generator=chance(seed), dtype=torch.float64)
    return {"params": params, "x": x, "answer": answer, "at": sorted({1, 2, T // 2, T})}


def chance(seed: int) -> torch.Generator:
    """The scheduler draws its noise from one of these, and so do we."""
    return torch.Generator().manual_seed(abs(seed) % 2**31)


def ours(given: dict[str, Any]) -> dict[str, Any]:
    """The schedule, one step forwards, back, and of DDIM, by the equations of the file."""
    params, x, answer = given["params"], given["x"], given["answer"]
    way = Diffusion(params["schedule"], params["T"], REACH, torch.float64)
    predicted = [way.predicted(x, t, answer) for t in given["at"]]
    z = torch.randn(CLOUD, 2, generator=chance(params["seed"]), dtype=torch.float64)
    pairs = list(zip(given["at"], predicted, strict=True))
    return {
        "beta": way.beta[1:],
        "share kept": way.a[1:],
        "noised": torch.stack([way.forward(x, torch.tensor([t]), answer) for t in given["at"]]),
        "prediction": torch.stack(predicted),
        "step back": torch.stack([way.back(x, t, x_0, z) for t, x_0 in pairs]),
        "step of DDIM": torch.stack([way.ddim(t - 1, x_0, answer) for t, x_0 in pairs]),
        "signal as played": next(ddpm(**params))["signal"],
    }


def theirs(given: dict[str, Any]) -> dict[str, Any]:
    """The same by DDPMScheduler and DDIMScheduler, which count times from 0."""
    params, x, answer = given["params"], given["x"], given["answer"]
    told: dict[str, Any] = {
        "num_train_timesteps": params["T"],
        "beta_schedule": NAMES[params["schedule"]],
        "clip_sample": True,
        "clip_sample_range": REACH,
    }
    if params["schedule"] == "linear":
        told |= dict(zip(("beta_start", "beta_end"), ends(params["T"]), strict=True))
    schedulers: Any = DDPMScheduler, DDIMScheduler  # made by a decorator without types
    ddpm_, ddim_ = (precise(made(**told)) for made in schedulers)
    ddim_.set_timesteps(params["T"])
    seed = params["seed"]
    steps = [ddpm_.step(answer, t - 1, x, generator=chance(seed)) for t in given["at"]]
    hops = [ddim_.step(answer, t - 1, x) for t in given["at"]]
    kept = ddpm_.alphas_cumprod
    return {
        "beta": ddpm_.betas,
        "share kept": kept,
        "noised": torch.stack(
            [ddpm_.add_noise(x, answer, torch.tensor([t - 1])) for t in given["at"]]
        ),
        "prediction": torch.stack([step.pred_original_sample for step in steps]),
        "step back": torch.stack([step.prev_sample for step in steps]),
        "step of DDIM": torch.stack([hop.prev_sample for hop in hops]),
        "signal as played": torch.cat([torch.ones(1), kept.sqrt()]),
    }


def precise(scheduler: Any) -> Any:
    """The same in double precision: in single its variance is a difference of close numbers."""
    scheduler.betas = scheduler.betas.double()
    scheduler.alphas = 1 - scheduler.betas
    scheduler.alphas_cumprod = scheduler.alphas.cumprod(0)
    return scheduler


def drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """Either schedule, 25 to 1000 times, points or digits; nothing is trained."""
    return {
        "points": rng.normal(size=(20, 2)),
        "data": ["points", "points", "digits"][k % 3],
        "schedule": ["linear", "cosine"][k % 2],
        "T": int(rng.integers(FEWEST, 1001)) if k else 1000,
        "steps": 0,
        "seed": k,
    }


by_diffusers = Reference(
    "diffusers.DDPMScheduler and DDIMScheduler",
    tolerance={
        "beta": 1e-7,
        **dict.fromkeys(("share kept", "noised", "prediction", "step back"), 1e-6),
        **dict.fromkeys(("step of DDIM", "signal as played"), 1e-6),
    },
    inputs=inputs,
    ours=ours,
    theirs=theirs,
    random=drawn,
    needs=("diffusers",),
)
