"""A sentence to look at: at least one word, and not too many, since every pair is weighed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlwidgets import Text, TextKind

from .heads import split

LIMIT = 512  # tokens
SENTENCE = Text("The cat sat on the mat, because the mat was warm and the cat was tired.")


@dataclass(frozen=True)
class Sentence(TextKind):
    """A text of at least one word, short enough to weigh every pair of them."""

    limit: int = 20_000

    def check(self, value: Any) -> Text:
        why = "attention weighs every pair of tokens for each head"
        if isinstance(value, str) and len(value) > self.limit:
            raise ValueError(f"must have at most {LIMIT} tokens, has {len(value):,} letters: {why}")
        text = super().check(value)
        T = len(split(text))
        if not any(token[0].isalnum() for token in split(text)):
            raise ValueError("must have at least one word")
        if T > LIMIT:
            raise ValueError(f"must have at most {LIMIT} tokens, has {T:,}: {why}, here {T * T:,}")
        return text
