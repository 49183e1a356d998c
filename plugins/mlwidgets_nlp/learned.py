"""What a frame shows of a learner, beside the one from whom nothing was taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypedDict

from mlwidgets import Metric, Unit

from .bytelevel import BYTES, brief

if TYPE_CHECKING:
    from .bpe import Learner

PAIRS, START, NAMES = 12, 1_500, 40  # that a frame shows: pairs, bytes, tokens by name
GROWTH = 64  # of so many merges one more is made for a frame


class Merge(NamedTuple):
    """Two tokens that became one, and how often they stood side by side."""

    left: bytes
    right: bytes
    n: int


class Step(TypedDict):
    merge: Annotated[int, Unit(total="merges")]
    pair: str
    n: int
    rho: Annotated[float, Metric(better="higher")]
    free: float | None
    start: str
    pairs: list[str]
    counts: Annotated[list[int], "pair"]
    encoded: str
    ids: Annotated[list[int], "token"]
    lost: str
    gained: str


class Learning:
    """The learner that is shown, and while something is undone the one without that."""

    def __init__(self, learner: Callable[[str], Learner], least: int, start: list[str]) -> None:
        self._learner, self._least = learner, least
        self.plain = self.shown = learner("")
        self._undone = self._line = ""
        pairs = self.plain.pairs
        self._start = pairs.within(start, START)
        self._more = " …" if len(pairs.read(self._start)) < pairs.bytes else ""

    @property
    def learned(self) -> int:
        """Tokens beyond the bytes."""
        return len(self.shown.tokens) - len(BYTES)

    def learn(self, merges: int, stride: int) -> Merge | None:
        """The merges of a frame: the last, or none where there is nothing left to learn."""
        made, goal = None, self.learned + (stride or 1 + self.learned // GROWTH)
        while self.learned < min(goal, merges) and (merge := self.shown.learn(self._least)):
            made = merge
        self._follow(self.plain)
        return made

    def undo(self, undone: str) -> None:
        """Be where the learner were, had these merges never been allowed."""
        if undone == self._undone:
            return
        size, self._undone = len(self.shown.tokens), undone
        self.shown = self._learner(undone) if undone else self.plain
        self._follow(self.shown, size)

    def _follow(self, learner: Learner, size: int = 0) -> None:
        """Let it learn as many tokens as the one that is shown has."""
        size = size or len(self.shown.tokens)
        while len(learner.tokens) < size and learner.learn(self._least):
            pass

    def answer(self, undone: str) -> Step:
        """What would have been learned with these merges undone."""
        self.undo(undone)
        return self.seen(self._line)

    def seen(self, line: str, made: Merge | None = None) -> Step:
        """All that a frame shows, with the line encoded by what has been learned."""
        self._line, shown, plain = line, self.shown, self.plain
        top, ids = shown.pairs.top(PAIRS), shown.tokenizer.encode(line)
        return Step(
            merge=self.learned,
            pair=f"{brief(made.left)} {brief(made.right)}" if made else "",
            n=made.n if made else 0,
            rho=shown.rho,
            free=None if shown is plain else plain.rho,
            start=shown.named(shown.pairs.read(self._start)) + self._more,
            pairs=[shown.named(pair) for _, *pair in top],
            counts=[n for n, _, _ in top],
            encoded=shown.named(ids),
            ids=ids,
            lost=named(plain, shown),
            gained=named(shown, plain),
        )


def named(one: Learner, other: Learner) -> str:
    """The tokens that one has and the other has not, those learned first."""
    if one is other:
        return ""
    return " ".join([brief(t) for t in one.tokens if t not in other.ids][:NAMES])
