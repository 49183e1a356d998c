"""The pairs of a text, kept while it is merged: what the textbook counts anew, here is looked up.

Each different word is there once, in one long array with a gap after it, and has a count. A merge
touches only the places where its pair stands. Of the pairs only the commonest are kept in sight,
each with its places; the others are looked for again, all at once, when those are used up. New
pairs are rarer than the one they are made of, so that none is overlooked. A count is made of the
places themselves, when a pair comes to the top.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from heapq import heappop, heappush
from typing import Any

import numpy as np
import numpy.typing as npt

from .bytelevel import ID, encoded

Ints = npt.NDArray[Any]
GAP, GONE = -1, -2
SIGHT = 2_000  # pairs that are kept in sight
AT, SIDE = 27, 17  # bits of a place, of an id: a pair and a place are one number to sort by
PLACE, LOW = (1 << AT) - 1, (1 << SIDE) - 1
FIRST = np.array([True])


class Pairs:
    """All words of a text as ids, 0 to 255 at first, and the pairs in them."""

    def __init__(self, words: Mapping[str, int]) -> None:
        data = b"\0".join(parts := [encoded(word) for word in words]) + b"\0"
        lengths = np.fromiter(map(len, parts), np.int64, len(parts)) + 1
        self.start = np.concatenate([[0], np.cumsum(lengths)])  # of each word, (words + 1,)
        self.number = {word: k for k, word in enumerate(words)}
        self.ids = np.frombuffer(data.translate(ID), np.uint8).astype(np.int32)  # (places,)
        self.ids[self.start[1:] - 1] = GAP
        self.count = np.repeat(np.fromiter(words.values(), np.int64, len(parts)), lengths)
        places = np.arange(len(self.ids), dtype=np.int32)
        self.next, self.last = places + 1, places - 1
        self.next[-1:] = len(places) - 1  # the last gap is its own neighbour
        self.size = self.bytes = int(self.count[self.ids >= 0].sum())  # tokens, bytes of the text
        self.places: dict[int, Ints] = {}  # of each pair in sight
        self.heap: list[tuple[int, int]] = []  # its count, negated, and the pair
        self.least = 1  # count below which a pair is out of sight
        self.look()

    def within(self, words: Iterable[str], most: int) -> Ints:
        """The places of these words, at most so many, for `read`."""
        known = (self.number[word] for word in words)
        spans = [
            np.arange(self.start[k], min(self.start[k + 1], self.start[k] + most)) for k in known
        ]
        return np.concatenate(spans)[:most]

    def read(self, places: Ints) -> list[int]:
        """The ids that stand there now."""
        ids = self.ids[places]
        found: list[int] = ids[ids >= 0].tolist()
        return found

    def top(self, most: int, without: Collection[int] = ()) -> list[tuple[int, int, int]]:
        """The commonest pairs as (count, a, b); of equally common ones that of smaller ids first.

        without: keys of pairs that are passed over.
        """
        found = self._commonest(most, without)
        while len(found) < most and self.least > 1:
            self.look()
            found = self._commonest(most, without)
        return [(n, key >> SIDE, key & (1 << SIDE) - 1) for n, key in found]

    def _commonest(self, most: int, without: Collection[int]) -> list[tuple[int, int]]:
        """The commonest of those in sight, fewer than `most` where that is all."""
        found: dict[int, int] = {}
        past = []
        while self.heap and len(found) < most:
            n, key = heappop(self.heap)
            if key not in self.places or key in found:
                continue
            now = int(self.count[self.standing(key)].sum())
            if now < self.least:
                del self.places[key]
            elif now != -n:
                heappush(self.heap, (-now, key))
            elif key in without:
                past.append((n, key))
            else:
                found[key] = now
        for entry in [*past, *((-n, key) for key, n in found.items())]:
            heappush(self.heap, entry)
        return [(n, key) for key, n in found.items()]

    def standing(self, key: int) -> Ints:
        """The places of a pair in sight; those where it stands no more are forgotten."""
        here = self.places[key]
        still = (self.ids[here] == key >> SIDE) & (self.ids[self.next[here]] == key & LOW)
        if not still.all():
            here = self.places[key] = here[still]
        return here

    def merge(self, a: int, b: int, new: int) -> None:
        """Wherever a stands before b, `new` stands for both. From left to right: aaa is (aa) a."""
        here = self.standing(pair := key(a, b))
        if a == b:
            here = alternate(here, self.next)
        ids, there = self.ids, self.next[here]
        before, after = self.last[here], self.next[there]
        ids[here], ids[there] = new, GONE
        self.next[here], self.last[after] = after, here
        n = int(self.count[here].sum())
        self.size -= n
        del self.places[pair]
        if n >= self.least:
            left, right = ids[before] >= 0, ids[after] >= 0  # not where another was just merged
            self._sight(before[left], ids[before[left]], new)
            self._sight(here[right], new, ids[after[right]])

    def look(self) -> None:
        """Bring the commonest pairs into sight."""
        here = np.flatnonzero(self.ids >= 0)
        here = here[self.ids[self.next[here]] >= 0]
        self.places, self.heap, self.least = {}, [], 1
        self._sight(here, self.ids[here], self.ids[self.next[here]], SIGHT)

    def _sight(self, here: Ints, a: Ints | int, b: Ints | int, most: int = 0) -> None:
        """Keep the places of each common pair; `most` says what is common from now on."""
        if not len(here):
            return
        packed = (np.asarray(a, np.int64) << SIDE | b) << AT | here
        packed.sort()
        pair, here = packed >> AT, packed & PLACE
        begin = np.flatnonzero(np.concatenate([FIRST, pair[1:] != pair[:-1]]))
        n = np.add.reduceat(self.count[here], begin)
        if most and len(n) > most:
            self.least = int(np.partition(n, -most)[-most])
        ends = [*begin[1:].tolist(), len(here)]
        for k in np.flatnonzero(n >= self.least).tolist():
            key = int(pair[begin[k]])
            self.places[key] = here[begin[k] : ends[k]]
            heappush(self.heap, (-int(n[k]), key))


def key(a: int, b: int) -> int:
    """A pair as a number; those of smaller ids are smaller."""
    return a << SIDE | b


def alternate(here: Ints, after: Ints) -> Ints:
    """Of places that follow each other at once, the first, third, and so on."""
    each = np.arange(len(here))
    starts = np.concatenate([FIRST, after[here[:-1]] != here[1:]])
    run = np.maximum.accumulate(np.where(starts, each, 0))
    return np.asarray(here[(each - run) % 2 == 0])
