"""Errors are one small tree, and each names the nearest right thing."""

from __future__ import annotations

import inspect

import pytest

from mlwidgets import errors
from mlwidgets.errors import MLError, ParamError, clip, nearest

TREE = [
    cls
    for _, cls in inspect.getmembers(errors, inspect.isclass)
    if cls.__module__ == errors.__name__
]


@pytest.mark.parametrize("error", TREE, ids=lambda cls: cls.__name__)
def test_every_error_is_caught_as_an_mlerror_and_is_drawn_in_the_tree(error: type) -> None:
    assert issubclass(error, MLError)
    assert error.__name__ in str(errors.__doc__)


def test_a_parameters_error_carries_its_name() -> None:
    assert ParamError("alpha=9: too much", "alpha").name == "alpha"
    assert ParamError("two faults").name is None


def test_the_nearest_choice_is_named() -> None:
    assert nearest("polcy", ["policy", "alpha"]) == " Did you mean 'policy'?"


def test_nothing_is_named_where_nothing_is_near() -> None:
    assert nearest("zzz", ["policy", "alpha"]) == ""
    assert nearest("x", []) == ""


def test_a_long_text_is_clipped_onto_one_line() -> None:
    said = clip("a\nb" * 100, 20)
    assert len(said) == 20
    assert "\n" not in said
