"""A reference: what an algorithm is checked against, and that we did not write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Quantities = Mapping[str, Any]
"""Arrays or numbers by name, such as `{"Z": ...}`."""


@dataclass(frozen=True, repr=False)
class Reference:
    """The other side of an algorithm. The tests and Verify compare both sides by it.

    of: what it is, such as "torch.nn.functional.scaled_dot_product_attention".
    needs: the distributions that must be installed; their versions are shown.
    tolerance: of each quantity how far apart both sides may be, as an absolute difference, or as
    (absolute, relative). theirs: the quantities by the reference. ours: by us; where it is not
    given, those of a run's last frame. Both get the parameters, or what `inputs` makes of them;
    they raise UncheckedError for parameters that cannot be checked.
    random: parameters of a random shape, from a generator and the number of the case.
    """

    of: str
    tolerance: Mapping[str, float | tuple[float, float]]
    theirs: Callable[[Any], Quantities]
    random: Callable[[np.random.Generator, int], Mapping[str, Any]]
    ours: Callable[[Any], Quantities] | None = None
    inputs: Callable[[dict[str, Any]], Any] | None = None
    needs: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Reference {self.of}>"
