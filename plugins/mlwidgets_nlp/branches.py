"""The branches of a text that is being written, as a table; and a GPT for who brings none."""

from __future__ import annotations

from functools import cache
from math import log
from typing import Annotated, Any, NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mlwidgets import Array, Ragged

from .decoder import decoder
from .gpt import GPT
from .writing import LIKELY, shown

DEEP, WIDE = 40, 5  # steps that are shown; characters of a step without beams
STEPS = 200  # of the small one: about three seconds on one core


def small() -> GPT:
    """A GPT of nlp.decoder's defaults, trained at once on the device in use, and kept."""
    return _trained(str(torch.get_default_device()))


@cache
def _trained(_device: str) -> GPT:
    frames = decoder(steps=STEPS, every=STEPS)
    while True:
        try:
            next(frames)
        except StopIteration as end:
            gpt: GPT = end.value
            return gpt


class Said(TypedDict):
    text: str
    pick: str
    tokens: list[str]
    bits: Annotated[Ragged, "character"]


class Likely(TypedDict):
    next: list[str]
    p: Annotated[Array, "character"]
    q: Annotated[Array, "character"]
    left: int
    kept: float


class Grown(TypedDict):
    parent: Annotated[Ragged, "step branch"]
    chars: list[str]
    s: Annotated[Ragged, "step branch"]
    tips: Annotated[Ragged, "branch"]


def read_back(gpt: GPT, z: Tensor, x: Tensor, c: Tensor) -> Said:
    """The text x with its last character c, and the surprise at each of those that it can see.

    z: the scores (n, V) of what follows each of the last n. Nothing foresees the first, whose
    surprise is 0; where a text begins before what can be seen, "…" stands in its place.
    """
    after = torch.cat([x[len(x) - len(z) + 1 :], c[None]])
    bits = -z.log_softmax(-1).gather(1, after[:, None])[:, 0] / log(2)
    text = "".join(gpt.chars[k] for k in [*x.tolist(), int(c)])
    tokens = shown(text[-len(z) - 1 :])
    tokens[0] = tokens[0] if len(x) == len(z) else "…"
    return Said(text=text, pick=tokens[-1], tokens=tokens, bits=np.pad(bits.cpu().numpy(), (1, 0)))


def likely(gpt: GPT, p: Tensor, q: Tensor, k: int) -> Likely:
    """The likeliest characters before and after the cut, and the sum over those of top-k."""
    of = p.topk(min(LIKELY, len(p))).indices
    names = shown("".join(gpt.chars[k] for k in of.tolist()))
    left = int((q > 0).sum())
    kept = float(p.topk(min(k or len(p), len(p))).values.sum())
    return Likely(next=names, p=p[of].cpu().numpy(), q=q[of].cpu().numpy(), left=left, kept=kept)


class Level(NamedTuple):
    """Of one step: which branch of the step before each grows from, its character, its score."""

    parent: list[int]
    chars: str
    s: list[float]


class Branches:
    """The last DEEP steps; where a step has fewer branches than another, its parents are -1."""

    def __init__(self, chars: str) -> None:
        self.chars, self.levels, self.tips = chars, list[Level](), [0]

    def grow(self, whence: Tensor, c: Tensor, s: Tensor) -> None:
        """Every branch goes on, the best first: from which, by which character, with which sum."""
        self._add(whence.tolist(), c.tolist(), s.tolist())
        self.tips = list(range(len(c)))

    def sprout(self, p: Tensor, taken: int) -> None:
        """One branch goes on; the likeliest characters are those that it might have gone on by."""
        c = p.topk(min(WIDE, len(p))).indices.tolist()
        if taken not in c:
            c[-1] = taken
        self._add([self.tips[0]] * len(c), c, p[c].log().tolist())
        self.tips = [c.index(taken)]

    def _add(self, parent: list[int], c: list[int], s: list[float]) -> None:
        self.levels = [*self.levels, Level(parent, "".join(self.chars[k] for k in c), s)][-DEEP:]

    def columns(self) -> Grown:
        """Tables of (step, branch), and the branches of the last step that go on."""
        wide = max(len(level.parent) for level in self.levels)

        def table(of: str, empty: float, dtype: Any) -> npt.NDArray[Any]:
            rows = [getattr(level, of) for level in self.levels]
            return np.array([[*row, *[empty] * (wide - len(row))] for row in rows], dtype)

        return Grown(
            parent=table("parent", -1, np.int32),
            chars=[c for level in self.levels for c in shown(level.chars.ljust(wide))],
            s=table("s", -np.inf, np.float32).clip(min=-1e4),
            tips=np.array(self.tips, np.int32),
        )
