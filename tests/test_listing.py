"""Listings are plain text that fits 80 columns."""

from __future__ import annotations

import pytest

from mlwidgets import listing


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (812, "812 B"), (1500, "1.5 kB"), (32_900_000, "32.9 MB"), (2.5e9, "2.5 GB")],
)
def test_a_size_is_said_for_a_person(count: float, said: str) -> None:
    assert listing.size(count) == said


def test_a_tables_columns_line_up() -> None:
    assert listing.table([("a", "b"), ("long", "x")]) == ["a     b", "-------", "long  x"]


def test_no_runs_is_said_in_words() -> None:
    assert listing.runs([]) == "No runs are alive."


def test_a_long_name_has_its_words_below_it() -> None:
    lines = listing._entry("a_very_long_name.of_an_algorithm", "words " * 20)
    assert lines[0] == "  a_very_long_name.of_an_algorithm"
    assert max(map(len, lines)) <= listing.WIDTH
