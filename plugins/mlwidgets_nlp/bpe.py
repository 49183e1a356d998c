r"""Byte pair encoding: the commonest pair becomes a token, again and again.

Sennrich, Haddow & Birch (2016), "Neural Machine Translation of Rare Words with Subword Units",
ACL 54, 1715-1725. doi:10.18653/v1/P16-1162

    c(w) = \#\{w \; \text{in the text}\}                          (1)  words, as their bytes
    n(a, b) = \sum_w c(w) \, \#\{k : w_k = a, \, w_{k+1} = b\}    (2)  pairs side by side
    (a, b) = \arg\max \, n                                        (3)  the next merge
    \ldots a \, b \ldots \to \ldots ab \ldots                     (4)  in every word
    \rho = \text{bytes} / \text{tokens}                           (5)  compression
    k = \arg\min \, \text{rank}(w_k, w_{k+1})                     (6)  merged first in new text

Where: text text to learn from; file a file in its place; line line to encode; merges tokens to
learn; least occurrences a merge needs; undone merges undone; stride merges a frame; merge tokens
learned; pair pair just merged; n its occurrences; rho bytes/token; free nothing undone; start
beginning of the text; pairs commonest pairs; counts their occurrences; encoded line in tokens; ids
their numbers; lost tokens lost by undoing; gained tokens in their place.

What to watch: Endings and short words come first, whole words later. Click a token to undo its
merge: the text falls apart there, and other merges take its place.

Try: merges=60  which of your letters stand alone?
Try: undone=Ġthe  what is "the" made of now, and what came in its place?
Try: line=Donaudampfschiff  what is left of a word it has never met?

Bytes and words are those of GPT-2 (Radford et al., 2019). Of equally common pairs that of the
smaller ids is merged, as tokenizers does; `pairs.py` finds (2) and (3) without counting anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Annotated, Any

import mlwidgets as ml

from .bytelevel import BYTES, brief, pieces
from .corpus import ENGLISH, LINE, Corpus, TextFile, Undone, corpus, forbidden
from .learned import Learning, Merge, Step
from .pairs import Pairs, key
from .tokenizer import Ranks, Tokenizer

START = 400  # words that are shown, or fewer
NEVER = (inf, 0)


class Learner:
    """Byte pair encoding of these words: the tokens so far, and the merges that made them."""

    def __init__(self, words: Counter[str], undone: str = "") -> None:
        self.pairs = Pairs(words)
        self.tokens = [bytes([b]) for b in BYTES]
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.ranks: dict[tuple[int, int], tuple[int, int]] = {}
        self.never, self.without = forbidden(undone), set[int]()

    def learn(self, least: int) -> Merge | None:
        """One merge, if there is a pair that occurs so often."""
        while top := self.pairs.top(1, self.without):  # (2)
            n, a, b = top[0]  # (3)
            left, right = self.tokens[a], self.tokens[b]
            if n < least:
                break
            if self.never & {(left, right), (left + right,)}:
                self.without.add(key(a, b))
                continue
            self.ids[left + right] = ab = len(self.tokens)
            self.tokens.append(left + right)
            self.ranks[a, b] = len(self.ranks), ab
            self.pairs.merge(a, b, ab)  # (4)
            return Merge(left, right, n)
        return None

    def named(self, ids: Iterable[int]) -> str:
        """These tokens as merges.txt writes them."""
        return " ".join(brief(self.tokens[i]) for i in ids)

    @property
    def rho(self) -> float:
        return self.pairs.bytes / self.pairs.size  # (5)

    @property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer(self.tokens, self.ranks, merged)


def merged(w: list[int], ranks: Ranks) -> list[int]:
    """The ids of a word's tokens from those of its bytes."""
    while len(w) > 1:
        (rank, ab), k = min((ranks.get(p, NEVER), k) for k, p in enumerate(pairwise(w)))  # (6)
        if rank == inf:
            break
        w[k : k + 2] = [ab]
    return w


OWN, STILL = "mlwidgets_nlp.views:bpe.js", "mlwidgets_nlp.bpe_stills:"
UNDO: dict[str, Any] = {"undone": "undone", "pair": "pair"}
CHANGE: dict[str, Any] = {
    "count": "n",
    "rho": "rho",
    "free": "free",
    "lost": "lost",
    "gained": "gained",
}


@ml.algorithm(
    ml.Own(OWN, "start", title="The text", wide=True, still=STILL + "tokens", **UNDO),
    ml.Own(
        *(OWN, "pairs", "counts"),
        title="Commonest pairs",
        still=STILL + "pairs",
        part="pairs",
        **UNDO | CHANGE,
    ),
    ml.Line("rho", "free", title="Compression", note="bytes a token", x="merge", lo=1),
    ml.Own(OWN, "encoded", title="Your line", wide=True, still=STILL + "tokens", ids="ids"),
    step="frame",
    data=lambda params: params["file"] and corpus("", params["file"]),
)
def bpe(
    text: Annotated[ml.Text, Corpus()] = ENGLISH,
    file: Annotated[Path | None, TextFile()] = None,
    line: ml.Live[Annotated[ml.Text, ml.TextKind(2_000, body=False)]] = LINE,
    merges: Annotated[int, ml.Log(1, 60_000)] = 400,
    least: Annotated[int, ml.Log(1, 1_000)] = 2,
    undone: ml.Live[Annotated[ml.Text, Undone()]] = ml.Text(),  # noqa: B008  never changed
    stride: ml.Live[Annotated[int, ml.Range(0, 100)]] = 0,
) -> ml.Frames[Step]:
    parts = pieces(corpus(text, file))
    learning = Learning(partial(Learner, Counter(parts)), least, parts[:START])  # (1)
    del parts
    learning.undo(undone)
    made: Merge | None = None
    while True:
        try:
            line, undone, stride = yield learning.seen(line, made)
        except GeneratorExit:  # stopped by hand: what was learned so far is the result
            break
        learning.undo(undone)
        if (made := learning.learn(merges, stride)) is None:
            break
    return ml.Done(learning.shown.tokenizer, line=learning.seen, undone=learning.answer)
