"""Every algorithm equals its reference, by the definition and the runner that Verify uses."""

from __future__ import annotations

import pytest

from mlwidgets.registry import registry
from mlwidgets.replay.verify import reference_of, verify

ITEMS = registry().items
CASES = 40  # random shapes


@pytest.mark.parametrize("name", ITEMS)
def test_it_equals_its_reference(name: str) -> None:
    algorithm = ITEMS[name].load()
    found = verify(algorithm, {}, cases=CASES)
    assert found.passed, found
    assert len([row for row in found.rows if row.unchecked]) <= CASES // 20, found


@pytest.mark.parametrize("name", ITEMS)
def test_tolerances_are_those_of_the_house(name: str) -> None:
    """1e-10 for what is computed in double precision at once, 1e-6 for what is iterated."""
    reference = reference_of(ITEMS[name].load())
    assert not isinstance(reference, str)
    for quantity, tolerance in reference.tolerance.items():
        largest = max(tolerance) if isinstance(tolerance, tuple) else tolerance
        coarse = "single precision" in quantity or "kept in bytes" in quantity
        assert largest <= (5e-3 if coarse else 1e-6), quantity
