r"""Sampling: how the probabilities of a model become a text, by chance, by a cut, or by search.

Holtzman, Buys, Du, Forbes & Choi (2020), "The Curious Case of Neural Text Degeneration", ICLR.
doi:10.48550/arXiv.1904.09751

    p_c = \text{softmax}_c(z / \tau)                           (1)  temperature
    K = \{c : p_c \ge \text{the } k\text{-th largest}\}        (2)  top-k: the likely ones only
    N = \text{the fewest of } K \text{ with } \sum_N p_c \ge \text{top\_p} \sum_K p_c  (3)  top-p
    q_c = p_c / \sum_N p_c, \; c \in N                         (4)  what is left, drawn from
    H = -\sum_c p_c \log_2 p_c                                 (5)  entropy: how open it is
    s(x_{1 \ldots t}) = \sum_{i \le t} \log p(x_i \mid x_{<i})  (6)  beams: the highest s go on

Where: net a run of nlp.decoder; way greedy, sample or beam; tau temperature; k likely characters
kept, 0 for all; top_p probability kept; beams texts that go on; prompt how it begins; length
characters to write; character characters written; text what is written; next likely characters; p
their probability; q after the cut; left characters left; kept sum over K; pick character chosen; H
before the cut; G after; tokens characters; bits surprise at each but the first; parent where a
branch comes from; chars its characters; s its score; tips branches that go on.

What to watch: Inside a word there is hardly a choice, at its end there are many: the entropy jumps
at blanks. Greedy and beams repeat themselves; chance without a cut strays.

Try: way=greedy  After how many words does it repeat itself?
Try: way=beam beams=4  Is the likeliest text the best one?
Try: tau=2 top_p=0.8  Does the cut make up for the heat?

Without `net` a small GPT is trained at once, on `pydoc`. Train a better one, then `net=$run`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import torch
from torch import Tensor

import mlwidgets as ml

from .branches import Branches, Grown, Likely, Said, likely, read_back, small
from .decoder import forward
from .gpt import GPT
from .writing import chosen

VIEWS, STILLS = "mlwidgets_nlp.views", "mlwidgets_nlp.branch_stills"
Way = Literal["greedy", "sample", "beam"]


class Step(Said, Likely, Grown):
    H: Annotated[float, "bits"]
    G: Annotated[float, "bits"]
    character: Annotated[int, ml.Unit(total="length")]


def cut(p: Tensor, k: int, top_p: float) -> Tensor:
    """Probabilities (V,) after top-k and top-p."""
    least = p.topk(min(k, len(p))).values[-1] if k else 0.0
    K = torch.where(p >= least, p, 0.0)  # (2)
    ordered, places = (K / K.sum()).sort(descending=True, stable=True)
    before = ordered.cumsum(0) - ordered
    N = torch.zeros_like(p).scatter(0, places, torch.where(before < top_p, ordered, 0.0))  # (3)
    return N / N.sum()  # (4)


def entropy(p: Tensor) -> float:
    return abs(float((p * p.clamp(min=1e-30).log2()).sum()))  # (5)


def searched(s: Tensor, log_p: Tensor, beams: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of texts with sums s (B,) and what may follow (B, V): the best s, from which, by which."""
    every = s[:, None] + log_p  # (6)
    best, place = every.flatten().topk(min(beams, every.numel()))
    return best, place // log_p.shape[1], place % log_p.shape[1]


@ml.algorithm(
    ml.Tokens("tokens", "The text so far", "coloured by surprise, in bits", weight="bits"),
    ml.Own(f"{VIEWS}:cut.js", "p", "q", title="What comes next", still=f"{STILLS}:cut"),
    ml.Line("H", "G", title="Entropy", note="in bits", x="character", lo=0),
    ml.Own(f"{VIEWS}:beam.js", "parent", "s", title="Branches", still=f"{STILLS}:beam", wide=True),
    step="frame",
)
def sampling(
    net: Annotated[ml.Run, ml.RunOf("nlp.decoder")] | None = None,
    way: Way = "sample",
    tau: ml.Live[Annotated[float, ml.Range(0.1, 3, log=True)]] = 0.8,
    k: ml.Live[Annotated[int, ml.Range(0, 255)]] = 0,
    top_p: ml.Live[Annotated[float, ml.Range(0.01, 1)]] = 0.9,
    beams: Annotated[int, ml.Range(1, 16)] = 4,
    prompt: str = "The value of the ",
    length: Annotated[int, ml.Range(1, 5000)] = 100,
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    gpt: GPT = (small() if net is None else net.result).here()
    u = torch.as_tensor(np.random.default_rng(seed).random(length, np.float32))
    x, s, branches = gpt.read(prompt or "\n")[None], torch.zeros(1), Branches(gpt.chars)
    for t in range(1, length + 1):
        z = forward(gpt.weights, x[:, -gpt.sizes.T :])  # (texts, characters, V)
        p = (z[0, -1] / (tau if way == "sample" else 1.0)).softmax(-1)  # (1)
        if way == "beam":
            q, (s, whence, c) = p, searched(s, z[:, -1].log_softmax(-1), beams)
            branches.grow(whence, c, s)
        else:
            q = cut(p, k, top_p) if way == "sample" else cut(p, 1, 1.0)
            c, whence = chosen(q[None], u[t - 1 : t]), torch.zeros(1, dtype=torch.int64)
            branches.sprout(p, int(c))
        said = read_back(gpt, z[whence[0]], x[whence[0]], c[0])
        x = torch.cat([x[whence], c[:, None]], 1)
        frame = Step(
            **said,
            **likely(gpt, p, q, k),
            **branches.columns(),
            H=entropy(p),
            G=entropy(q),
            character=t,
        )
        tau, k, top_p = yield frame
    return said["text"]
