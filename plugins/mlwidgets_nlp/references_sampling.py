"""What sampling is checked against: transformers' warpers of scores, and its search by beams."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.stats import entropy as scipy_entropy
from torch import Tensor

from mlwidgets import Reference, Text

from .books import alphabet
from .decoder import forward
from .gpt import GPT, Sizes, begun
from .references_decoder import library
from .sampling import cut, entropy, searched

LETTERS = "abcdefghijklmnopqrstuvwxyz .,\n"
STEPS = 8  # characters that are searched for
CUT, OPEN, BEAMS = "q after the cut", "H", "texts by beams"
SUMS = "s of the beams, single precision"  # as generate() keeps it


def inputs(params: dict[str, Any]) -> dict[str, Any]:
    """The run's GPT, or a random one whose scores differ; in double precision."""
    rng = np.random.default_rng(params["seed"])
    if params.get("net") is not None:
        gpt = params["net"].result
    else:
        sizes = Sizes(len(chars := alphabet(LETTERS)), 2, 2, 16, 48)
        theta = begun(rng, sizes).cpu().double()
        gpt = GPT(theta + torch.from_numpy(rng.normal(0, 0.3, len(theta))), sizes, chars)
    gpt = gpt._replace(theta=gpt.theta.detach().cpu().double())
    room = max(gpt.sizes.T - STEPS, 1)
    x = torch.as_tensor(rng.integers(0, gpt.sizes.V, (6, min(16, room))), device="cpu")
    steps = min(STEPS, gpt.sizes.T - x.shape[1])
    asked = {name: params[name] for name in ("tau", "k", "top_p")}
    return {"gpt": gpt, "x": x, "steps": steps, "beams": params["beams"], **asked}


def ours(given: dict[str, Any]) -> dict[str, Any]:
    gpt, x = given["gpt"], given["x"]
    p = (forward(gpt.weights, x)[:, -1] / given["tau"]).softmax(-1)
    texts, sums = beamed(gpt, x[:1], given["steps"], min(given["beams"], gpt.sizes.V))
    return {
        CUT: torch.stack([cut(row, given["k"], given["top_p"]) for row in p]),
        OPEN: [entropy(row) for row in p],
        BEAMS: texts,
        SUMS: sums,
    }


def beamed(gpt: GPT, x: Tensor, steps: int, beams: int) -> tuple[Tensor, Tensor]:
    """The texts that are left, the best first, and their sums."""
    s = x.new_zeros(1, dtype=gpt.theta.dtype)
    for _ in range(steps):
        log_p = forward(gpt.weights, x)[:, -1].log_softmax(-1)
        s, whence, c = searched(s, log_p, beams)
        x = torch.cat([x[whence], c[:, None]], 1)
    return x, s


def theirs(given: dict[str, Any]) -> dict[str, Any]:
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    gpt, x, beams = given["gpt"], given["x"], min(given["beams"], given["gpt"].sizes.V)
    model = library(gpt).eval()
    with torch.no_grad():
        z = model(x).logits[:, -1]
        warm = TemperatureLogitsWarper(given["tau"])(x, z)
        warped = TopKLogitsWarper(given["k"])(x, warm) if given["k"] else warm
        warped = TopPLogitsWarper(given["top_p"])(x, warped)
        found = model.generate(
            x[:1],
            attention_mask=torch.ones_like(x[:1]),
            num_beams=beams,
            num_return_sequences=beams,
            max_new_tokens=given["steps"],
            do_sample=False,
            return_dict_in_generate=True,
            output_scores=True,
            pad_token_id=0,
        )
    sums = (
        found.sequences_scores * given["steps"] if beams > 1 else total(model, found.sequences, x)
    )
    return {
        CUT: warped.softmax(-1),
        OPEN: scipy_entropy(warm.softmax(-1), base=2, axis=-1),
        BEAMS: found.sequences,
        SUMS: sums,
    }


def total(model: Any, text: Tensor, x: Tensor) -> Tensor:
    """The sum of log probabilities that the library's model gives what follows x, (1,)."""
    with torch.no_grad():
        log_p = model(text[:, :-1]).logits.log_softmax(-1).gather(-1, text[:, 1:, None])
    return torch.as_tensor(log_p[:, x.shape[1] - 1 :].sum((1, 2)))


def drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """Every cut alone and both together, temperatures of 0.3 to 3, one to twelve beams."""
    return {
        "tau": float(np.exp(rng.uniform(-1.2, 1.09))),
        "k": int(rng.integers(1, 31)) if k % 3 else 0,
        "top_p": float(rng.uniform(0.05, 1)) if k % 4 else 1.0,
        "beams": 1 + k % 12,
        "prompt": Text("x"),
        "seed": k,
    }


sampled = Reference(
    "transformers' TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper and generate()",
    tolerance={CUT: 1e-10, OPEN: (1e-10, 1e-10), BEAMS: 0, SUMS: (1e-5, 1e-5)},
    inputs=inputs,
    ours=ours,
    theirs=theirs,
    random=drawn,
    needs=("torch", "transformers", "scipy"),
)
