"""A tokenizer that has learned: it encodes any text, decodes it again, and is written as JSON."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import chain, pairwise
from operator import index
from typing import Any, SupportsIndex

from .bytelevel import ID, decoded, encoded, pieces, spelled

Ranks = Mapping[tuple[int, int], tuple[int, int]]
"""Of each pair that is merged: which merge that is, and the id of the token it makes."""
SHORT = 100  # bytes
REMEMBERED = 500_000  # pieces
Merged = Callable[[list[int], Ranks], list[int]]


class Tokenizer:
    """What byte pair encoding has learned. `tokens`: the bytes of each id; `ranks`: the merges."""

    def __init__(self, tokens: list[bytes], ranks: Ranks, merged: Merged) -> None:
        self.tokens = tokens
        self.ranks = ranks
        self._cache = Cache(ranks, merged)

    def encode(self, text: str) -> list[int]:
        """The ids of a text; `decode` gives exactly the text again. TypeError for no text."""
        if not isinstance(text, str):
            raise TypeError(f"encode: must be a text, is {reprlib.repr(text)}")
        if len(self._cache) > REMEMBERED:
            self._cache.clear()
        return list(chain.from_iterable(map(self._cache.__getitem__, pieces(text))))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids; U+FFFD where they are parts of characters.

        ValueError for what is no id of this vocabulary.
        """
        known = ids if isinstance(ids, Sequence) else [*ids]
        try:
            if min(known, default=0) >= 0:
                return decoded(b"".join(map(self.tokens.__getitem__, known)))
        except (IndexError, TypeError):
            pass
        wrong = next(i for i in known if not self._has(i))
        most = len(self) - 1
        raise ValueError(f"decode: must be whole numbers in [0, {most}], has {reprlib.repr(wrong)}")

    def _has(self, i: object) -> bool:
        return isinstance(i, SupportsIndex) and 0 <= index(i) < len(self)

    def to_json(self) -> dict[str, Any]:
        """What a tokenizer.json holds: `tokenizers.Tokenizer.from_str(json.dumps(...))`."""
        level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
        level |= {"use_regex": True}
        words = [spelled(token) for token in self.tokens]
        model = {
            "type": "BPE",
            "vocab": {word: i for i, word in enumerate(words)},
            "merges": [[words[a], words[b]] for a, b in self.ranks],
        }
        return {
            "version": "1.0",
            "added_tokens": [],
            "pre_tokenizer": level,
            "decoder": level,
            "model": model,
        }

    def __len__(self) -> int:
        """The size of the vocabulary."""
        return len(self.tokens)

    def __repr__(self) -> str:
        return f"<Tokenizer of {len(self):,} tokens>"


class Cache(dict[str, tuple[int, ...]]):
    """The ids of each piece that was met: most are met again."""

    def __init__(self, ranks: Ranks, merged: Merged) -> None:
        self._ranks, self._merged = ranks, merged

    def __missing__(self, piece: str) -> tuple[int, ...]:
        ids = list(encoded(piece).translate(ID))
        how = self._merged if len(ids) <= SHORT else merged_long
        found = self[piece] = tuple(how(ids, self._ranks))
        return found


def merged_long(s: list[int], ranks: Ranks) -> list[int]:
    """What `merged` of bpe.py does, for a piece so long that looking it through again costs."""
    after, before = [*range(1, len(s)), -1], [*range(-1, len(s) - 1)]
    heap = [(*ranks[pair], k) for k, pair in enumerate(pairwise(s)) if pair in ranks]
    heapify(heap)
    while heap:
        rank, new, k = heappop(heap)
        if s[k] < 0 or (n := after[k]) < 0 or ranks.get((s[k], s[n])) != (rank, new):
            continue  # merged with another since
        s[k], s[n] = new, -1
        after[k] = after[n]
        if after[k] >= 0:
            before[after[k]] = k
            if pair := ranks.get((new, s[after[k]])):
                heappush(heap, (*pair, k))
        if (p := before[k]) >= 0 and (pair := ranks.get((s[p], new))):
            heappush(heap, (*pair, p))
    return [i for i in s if i >= 0]
