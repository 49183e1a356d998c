"""What attention is checked against: torch's own, and what a model says of itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import entropy
from torch import Tensor

from mlwidgets import Reference

from .attention import attention, steps
from .heads import Weights, embed, split, weights
from .models import encoded, telling

SHAPES = [(1, 1), (1, 4), (7, 1), (2, 2), (3, 5), (12, 8), (40, 3), (5, 16)]  # tokens, heads
WIDE = "Y of nn.MultiheadAttention"
PLAYED = "Z as played, single precision"
LAYERS, ROOTS = "A of each layer", "A of each layer, kept in bytes"


def inputs(params: dict[str, Any]) -> dict[str, Any]:
    """Tokens and projections in double precision; a model's layers are what it is given."""
    if params.get("model") is not None:
        return {"params": params, "model": params["model"]}
    tokens, H, d_k = split(params["text"]), params["heads"], params["d_k"]
    return {
        "params": params,
        "model": None,
        "tokens": tokens,
        "X": embed(tokens),
        "W": weights(H, d_k, params["seed"]),
        "tau": params["tau"] * (d_k**0.5 if params["scale"] else 1.0),
        "off": [h for h in set(params["ablate"]) if h < H],
    }


def ours(given: dict[str, Any]) -> dict[str, Any]:
    """The last step, in double precision, and as a player shows it."""
    params = given["params"]
    if given["model"] is not None:
        return layers(np.stack([frame["A"] for frame in attention(**params)]))
    tokens, X, W = given["tokens"], given["X"], given["W"]
    *_, last = steps(tokens, X, W, params["causal"], given["tau"], given["off"])
    *_, played = attention(**params)
    return {**last, WIDE: last["Y"], PLAYED: played["Z"]}


def theirs(given: dict[str, Any]) -> dict[str, Any]:
    """The same by torch, or by the model itself."""
    if given["model"] is not None:
        return own_attentions(given["params"])
    X, W = torch.as_tensor(given["X"]), Weights(*map(torch.as_tensor, given["W"]))
    Q, K, V = (X @ w for w in W[:3])  # (H, T, d_k) each
    causal, scale = given["params"]["causal"], 1 / given["tau"]
    Z = F.scaled_dot_product_attention(Q, K, V, is_causal=causal, scale=scale)
    every = torch.eye(Q.shape[1], dtype=Q.dtype).expand(len(Q), -1, -1)
    A = F.scaled_dot_product_attention(Q, K, every, is_causal=causal, scale=scale)
    Z[given["off"]] = 0.0
    beside = Z.transpose(0, 1).flatten(1)
    found = {
        "A": A,
        "Z": beside,
        "Y": F.linear(beside, W.W_O.T),
        "spread": np.exp(entropy(A, axis=-1)).mean(-1),
        PLAYED: beside,
    }
    H, d, d_k = W.W_Q.shape
    return found | ({WIDE: multihead(X, W, given)} if H * d_k == d else {})


def multihead(X: Tensor, W: Weights, given: dict[str, Any]) -> Tensor:
    """The output of torch's layer with these weights; a head switched off has values of zero."""
    W_Q, W_K, W_V, W_O = W
    H, d, d_k = W_Q.shape
    kept = torch.ones(H, 1, 1, dtype=X.dtype)
    kept[given["off"]] = 0.0
    projections = (W_Q * d_k**0.5 / given["tau"], W_K, W_V * kept)  # it divides by √d_k itself
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        library = torch.nn.MultiheadAttention(d, H, bias=False, batch_first=True, dtype=X.dtype)
        library.in_proj_weight.copy_(torch.cat([torch.cat(list(w), 1).T for w in projections]))
        library.out_proj.weight.copy_(W_O.T)
        later = torch.ones(len(X), len(X), dtype=torch.bool).triu(1)
        mask = later if given["params"]["causal"] else None
        Y: Tensor = library(X[None], X[None], X[None], attn_mask=mask)[0]
    return Y[0]


def own_attentions(params: dict[str, Any]) -> dict[str, Any]:
    """What a user's model gives with `output_attentions=True`."""
    model = params["model"]
    _, given = encoded(params["text"], model, params["tokenizer"])
    inner = model.get_encoder() if getattr(model.config, "is_encoder_decoder", False) else model
    with torch.no_grad(), telling(inner):
        found = inner(**given, output_attentions=True, return_dict=True).attentions
    A = np.stack([layer[0].float().cpu().numpy() for layer in found])
    return {ROOTS if A[0].nbytes > 2**20 else LAYERS: A}


def layers(A: np.ndarray[Any, Any]) -> dict[str, Any]:
    """The weights themselves, where a column keeps 255 times their roots."""
    return {ROOTS: (A / 255.0) ** 2} if A.dtype == np.uint8 else {LAYERS: A}


def drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """Sentences of 1 to 40 words and 1 to 16 heads; every second pair fills the layer's width."""
    T, H = SHAPES[k % len(SHAPES)]
    d_k = int(rng.integers(2, 65))
    if k % 2:
        H, d_k = [(6, 16), (8, 12), (12, 8), (2, 48), (16, 6), (3, 32)][k // 2 % 6]
    letters = rng.choice(list("abcdeéfgh,"), (T, 4))
    return {
        "text": " ".join(["a", *("".join(word) for word in letters[1:])]),
        "heads": H,
        "d_k": d_k,
        "causal": bool(rng.integers(2)),
        "scale": bool(rng.integers(4)),
        "tau": float(np.exp(rng.uniform(-1, 1))),
        "ablate": rng.choice(H, int(rng.integers(0, H)), replace=False).tolist(),
        "seed": k,
    }


attended = Reference(
    "torch.nn.functional.scaled_dot_product_attention",
    tolerance={
        **dict.fromkeys(("A", "Z", "Y", WIDE), 1e-10),
        "spread": (1e-10, 1e-10),
        PLAYED: 1e-4,
        LAYERS: 1e-6,
        ROOTS: 5e-3,
    },
    inputs=inputs,
    ours=ours,
    theirs=theirs,
    random=drawn,
    needs=("torch", "scipy"),
)
