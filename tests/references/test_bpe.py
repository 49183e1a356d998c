"""Byte pair encoding beside tokenizers: thousands of merges, source code, and faults that show."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mlwidgets
import mlwidgets_nlp.bpe
import mlwidgets_nlp.tokenizer
from mlwidgets.replay.verdict import Verification
from mlwidgets_nlp.pairs import Pairs
from mlwidgets_nlp.references_bpe import BY_HAND, LINE, MERGES


def verified(**params: Any) -> Verification:
    return mlwidgets.play("nlp.bpe", **params).verify()


def differing(found: Verification) -> set[str]:
    return {row.quantity for row in found.rows if row.verdict != "equal"}


def test_thousands_of_merges_of_source_code_are_those_of_the_trainer() -> None:
    found = verified(file=Path(argparse.__file__), merges=3_000, least=1)
    assert found.passed, found


def test_what_tokenizers_cannot_do_is_said() -> None:
    undone, half = verified(undone="Ġ t"), verified(text="a\ud800b")
    assert "merges are undone, which tokenizers does not know" in str(undone)
    assert "half of a surrogate pair, which tokenizers refuses" in str(half)


def larger_ids_first(self: Pairs, most: int, without: Any = ()) -> Any:
    """Of equally common pairs the wrong one."""
    found = TOP(self, 12, without)
    return sorted(found, key=lambda entry: (-entry[0], -entry[1]))[:most]


def by_blanks(text: str) -> list[str]:
    """Words without the blanks before them."""
    return text.split()


def last_first(w: list[int], ranks: Any) -> list[int]:
    """The pair that was learned last is merged first."""
    return w if len(w) < 3 else [*MERGED(w[:2], ranks), *MERGED(w[2:], ranks)]


TOP, MERGED = Pairs.top, mlwidgets_nlp.bpe.merged


@pytest.mark.parametrize(
    ("where", "name", "fault", "seen"),
    [
        (Pairs, "top", larger_ids_first, {MERGES, BY_HAND}),
        (mlwidgets_nlp.bpe, "pieces", by_blanks, {MERGES, BY_HAND}),
        (mlwidgets_nlp.bpe, "merged", last_first, {LINE}),
    ],
)
def test_a_fault_is_found(
    where: Any,
    name: str,
    fault: Callable[..., Any],
    seen: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(where, name, fault)
    found = verified(merges=120)
    assert not found.passed
    assert seen <= differing(found)
