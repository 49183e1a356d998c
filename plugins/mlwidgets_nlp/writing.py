"""What a GPT shows of itself while it learns: its heads, what it expects, what it writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, TypedDict

import numpy as np
import torch
from torch import Tensor

from mlwidgets import Array, Metric, Ragged

from .gpt import GPT, Ops, Weights, remembering

LINES, LIKELY = 6, 12  # that it writes; characters whose probability is shown
WORD = re.compile(r"[^\W\d_]{3,}")
SHOWN = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍"}
Forward = Callable[[Weights, Tensor, Ops, int], Tensor]


class Seen(TypedDict):
    tokens: list[str]
    names: list[str]
    A: Annotated[Ragged, "head from to"]
    next: list[str]
    p: Annotated[Array, "character"]
    written: str
    known: Annotated[float | None, Metric("higher")]


def shown(text: str) -> list[str]:
    """Each character, blanks as signs."""
    return [SHOWN.get(c, c) for c in text]


def write(forward: Forward, gpt: GPT, prompt: Tensor, tau: float, u: Tensor) -> list[str]:
    """Lines that go on from the prompt (n,), a character for each row of u (at most T - n, lines).

    u is uniform in [0, 1): the same u makes the same choices from the same probabilities.
    """
    ops, at, found = remembering(), 0, []
    x = prompt.expand(u.shape[1], -1)
    for u_t in u:
        z = forward(gpt.weights, x, ops, at)[:, -1]
        at += x.shape[1]
        x = chosen((z / tau).softmax(-1), u_t)[:, None]
        found.append(x)
    chars = torch.cat(found, 1).tolist() if found else [[]] * u.shape[1]
    return ["".join(gpt.chars[k] for k in line) for line in chars]


def chosen(p: Tensor, u: Tensor) -> Tensor:
    """Of probabilities (B, V) the character in whose share of [0, 1) u (B,) falls, (B,)."""
    return (p.cumsum(-1) <= u[:, None] * p.sum(-1, keepdim=True)).sum(-1).clamp(max=p.shape[-1] - 1)


def known_words(lines: list[str], words: set[str]) -> float | None:
    """The share of the words of three letters or more that are in `words`; None without any.

    The first word of a line may be the prompt's in part, the last may be cut off: both are left
    out.
    """
    whole = (re.sub(r"^\w+|\w+$", "", line) for line in lines)
    found = [word for line in whole for word in WORD.findall(line)]
    return sum(word in words for word in found) / len(found) if found else None


LOOKS = ("itself", "1 back", "2 back", "3 back", "the first", "blanks", "its like")


def named(A: Tensor, text: str) -> list[str]:
    """What each head looks at more than one that looks at all alike, A (H, T, T)."""
    T = A.shape[-1]
    places = torch.arange(T, device="cpu")
    back = places[:, None] - places
    alike = torch.tensor([[a == b for b in text] for a in text], device="cpu") & (back > 0)
    blank = torch.tensor([c.isspace() for c in text], device="cpu").expand(T, T)
    first = (places == 0).expand(T, T)
    masks = torch.stack([*(back == k for k in range(4)), first & (back > 3), blank, alike])
    even = torch.ones(T, T, device="cpu").tril() / (places + 1)[:, None]
    share = torch.einsum("hts,kts->hk", A.float().cpu(), masks.float()) / T
    more = share - torch.einsum("ts,kts->k", even, masks.float()) / T
    best = more.argmax(-1).tolist()
    return [
        f"head {h}: {f'{LOOKS[k]}, {100 * share[h, k]:.0f} %' if more[h, k] > 0.08 else 'even'}"
        for h, k in enumerate(best)
    ]


class Look:
    """Looks at a GPT: `look(gpt, prompt, tau, layer)` gives the columns of a frame.

    words: those of the text. The numbers that choose what is written are the same in every look.
    """

    def __init__(
        self,
        forward: Callable[..., Tensor],
        plain: Callable[[list[Tensor]], Ops],
        words: set[str],
        seed: int,
    ) -> None:
        self.forward, self.plain, self.words, self.seed = forward, plain, words, seed

    @torch.no_grad()
    def __call__(self, gpt: GPT, prompt: str, tau: float, layer: int) -> Seen:
        T, L = gpt.sizes.T, gpt.sizes.L
        text = prompt[-max(T // 2, 1) :] or "\n"
        x, A = gpt.read(text), list[Tensor]()
        z = self.forward(gpt.weights, x[None], self.plain(A))[0, -1]
        p, k = (z / tau).softmax(-1).topk(min(LIKELY, gpt.sizes.V))
        u = np.random.default_rng(self.seed).random((T - len(x), LINES), np.float32)
        lines = write(self.forward, gpt, x, tau, torch.as_tensor(u))
        heads = A[min(layer, L - 1)][0]
        weights, likely = heads.cpu().numpy(), p.cpu().numpy()
        for array in (weights, likely):
            array.setflags(write=False)  # until the next look every frame shares them
        return Seen(
            tokens=shown(text),
            names=named(heads, text),
            A=weights,
            next=shown("".join(gpt.chars[c] for c in k.tolist())),
            p=likely,
            written="\n".join((text + line).replace("\n", SHOWN["\n"]) for line in lines),
            known=known_words(lines, self.words),
        )
