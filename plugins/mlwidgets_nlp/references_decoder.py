"""What a GPT is checked against: transformers' GPT-2 with the same weights, and torch's AdamW."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from mlwidgets import Reference, UncheckedError

from .books import opened
from .decoder import forward, plain, surprise
from .gpt import BETA_1, BETA_2, EPSILON, GPT, LAMBDA, AdamW, begun
from .lessons import Lessons, sized

LARGEST, ROWS = 5_000_000, 2  # weights; windows that are compared
SCORES, LOSS, ATTENTION = "z", "loss", "A of each layer"
SINGLE = "z as trained, single precision"
LEARNED = "θ after three batches"
OURS = {  # the module of GPT2LMHeadModel that a weight of ours is, and whether it lies (in, out)
    "g_1": ("ln_1.weight", False),
    "b_1": ("ln_1.bias", False),
    "W_QKV": ("attn.c_attn.weight", True),
    "b_QKV": ("attn.c_attn.bias", False),
    "W_O": ("attn.c_proj.weight", True),
    "b_O": ("attn.c_proj.bias", False),
    "g_2": ("ln_2.weight", False),
    "b_2": ("ln_2.bias", False),
    "W_1": ("mlp.c_fc.weight", True),
    "c_1": ("mlp.c_fc.bias", False),
    "W_2": ("mlp.c_proj.weight", True),
    "c_2": ("mlp.c_proj.bias", False),
}


def library(gpt: GPT, **config: Any) -> Any:
    """transformers' GPT2LMHeadModel with these weights, in their precision, on their device."""
    from transformers import GPT2Config, GPT2LMHeadModel

    V, L, H, D, T = gpt.sizes
    off: dict[str, Any] = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)
    told = GPT2Config(
        vocab_size=V, n_layer=L, n_head=H, n_embd=D, n_positions=T, use_cache=False,
        bos_token_id=0, eos_token_id=None, **off, **config,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):  # it draws weights, which are then replaced
        model: Any = GPT2LMHeadModel(told)
    model = model.to(gpt.theta.device, gpt.theta.dtype)
    with torch.no_grad():
        for ours, (theirs, turned) in pairs(model, gpt):
            theirs.copy_(ours.T if turned else ours)
    return model


def pairs(model: Any, gpt: GPT) -> list[tuple[Tensor, tuple[Tensor, bool]]]:
    """Each weight of ours, the library's, and whether that one lies the other way; in our order."""
    w, inner = gpt.weights, model.transformer
    found = [(w.E, (inner.wte.weight, False)), (w.P, (inner.wpe.weight, False))]
    for block, layer in zip(w.blocks, inner.h, strict=True):
        for name, (path, turned) in OURS.items():
            found.append((getattr(block, name), (layer.get_parameter(path), turned)))
    return [*found, (w.g, (inner.ln_f.weight, False)), (w.b, (inner.ln_f.bias, False))]


def inputs(params: dict[str, Any]) -> dict[str, Any]:
    """Weights that do not leave attention even, and three batches, in double precision."""
    rng = np.random.default_rng(params["seed"])
    lessons = Lessons(
        opened(params["text"], params["file"]), min(params["context"], 256), ROWS, rng
    )
    sizes = sized(lessons.chars, *(params[k] for k in ("layers", "heads", "width", "context")))
    theta = begun(rng, sizes).cpu().double()
    if len(theta) > LARGEST:
        raise UncheckedError(f"{len(theta):,} weights take too long (most: {LARGEST:,})")
    theta += torch.from_numpy(rng.normal(0, 0.1, len(theta)))
    batches = [tuple(part.cpu() for part in lessons.batch()) for _ in range(3)]
    return {"gpt": GPT(theta, sizes, lessons.chars), "batches": batches, "lr": params["lr"]}


def ours(given: dict[str, Any]) -> dict[str, Any]:
    """The equations as they stand; the kernels of the training; the weights that it leaves."""
    gpt, (x, y) = given["gpt"], given["batches"][0]
    A: list[Tensor] = []
    z = forward(gpt.weights, x, plain(A))
    single = gpt._replace(theta=gpt.theta.float())
    return {
        SCORES: z,
        ATTENTION: torch.stack(A),
        LOSS: surprise(gpt, x, y),
        SINGLE: forward(single.weights, x),
        LEARNED: learned(gpt.copy(), given["batches"], given["lr"]),
    }


def learned(gpt: GPT, batches: list[tuple[Tensor, Tensor]], lr: float) -> Tensor:
    gpt.theta.requires_grad_()
    adam = AdamW(gpt.theta)
    for x, y in batches:
        with torch.enable_grad():
            (g,) = torch.autograd.grad(surprise(gpt, x, y), gpt.theta)
        adam.step(gpt.theta, g, lr)
    return gpt.theta.detach()


def theirs(given: dict[str, Any]) -> dict[str, Any]:
    """The same by the library, whose optimiser is torch's."""
    gpt, (x, y) = given["gpt"], given["batches"][0]
    model = library(gpt, attn_implementation="eager")
    with torch.no_grad():
        out = model(x, output_attentions=True)
        found = {
            SCORES: out.logits,
            ATTENTION: torch.stack(out.attentions),
            LOSS: cross_entropy(out.logits.flatten(0, 1), y.flatten()),
            SINGLE: out.logits,
        }
    return found | {LEARNED: taught(model, gpt, given["batches"], given["lr"])}


def taught(model: Any, gpt: GPT, batches: list[tuple[Tensor, Tensor]], lr: float) -> Tensor:
    """The library's weights after the batches, in our order."""
    adam = torch.optim.AdamW(
        model.parameters(), lr, (BETA_1, BETA_2), eps=EPSILON, weight_decay=LAMBDA
    )
    for x, y in batches:
        with torch.enable_grad():
            loss = cross_entropy(model(x).logits.flatten(0, 1), y.flatten())
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch gives it no types
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
    parts = [theirs.T if turned else theirs for _, (theirs, turned) in pairs(model, gpt)]
    return torch.cat([part.detach().flatten() for part in parts])


def drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """GPTs of 1 to 3 layers and 1 to 6 heads on texts of 1 to 40 different characters."""
    heads = int(rng.integers(1, 7))
    letters = list("etaoin shrdlucmfwypvbgkqjxzETAOIN.,\né漢🦊")[: 1 + k % 40]
    return {
        "text": "".join(rng.choice(letters, 300)) + "." * 30,
        "layers": int(rng.integers(1, 4)),
        "heads": heads,
        "width": heads * int(rng.integers(2, 9)),
        "context": int(rng.integers(8, 40)),
        "lr": float(np.exp(rng.uniform(-7, -4))),
        "seed": k,
    }


decoded = Reference(
    "transformers.GPT2LMHeadModel and torch.optim.AdamW",
    tolerance={
        SCORES: 1e-10,
        ATTENTION: 1e-10,
        LOSS: 1e-10,
        SINGLE: (1e-3, 1e-3),
        LEARNED: (1e-6, 1e-6),
    },
    inputs=inputs,
    ours=ours,
    theirs=theirs,
    random=drawn,
    needs=("torch", "transformers"),
)
