"""The first value that is not finite: where it was, and all that it takes to run its pass again."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["forward", "backward", "update"]


@dataclass(frozen=True)
class Finding:
    """The first non-finite value of a run, and the state before the pass in which it came.

    number: of the pass, first 0; batch: which one of its loop, first 0; given: what the loop gave
    that pass; inputs: what the model was called with; detail: what else is known.
    """

    layer: str
    direction: Direction
    number: int
    batch: int
    given: Any = field(repr=False)
    inputs: Any = field(repr=False)
    before: State = field(repr=False)
    detail: str = ""
    _again: Callable[[Any], Any] | None = field(default=None, repr=False)

    def restore(self) -> None:
        """Put the model, its optimisers and all generators back to before that pass."""
        self.before.restore()

    def again(self) -> Any:
        """Restore, and run the pass alone, on its batch. The names that it left, by name."""
        self.restore()
        return self._again(self.given) if self._again else None

    def __str__(self) -> str:
        where = f"{self.layer}, {self.direction}, pass {self.number}, batch {self.batch}"
        return f"first non-finite value: {where}{f' ({self.detail})' if self.detail else ''}"


class State:
    """The model, its gradients, its optimisers and the generators, as they were."""

    def __init__(self, model: Any, optimisers: Iterable[Any], names: Iterable[Any]) -> None:
        self.model = model
        self.weights = copied(model.state_dict(keep_vars=False))
        self.gradients = [(p, copied(p.grad)) for p in model.parameters()]
        self.optimisers = [(one, copied(one.state_dict())) for one in optimisers]
        self.generators = [(put, read()) for read, put in generators(names)]

    def restore(self) -> None:
        """Bring all of it back; what is kept stays as it is."""
        self.model.load_state_dict(copied(self.weights))
        for parameter, gradient in self.gradients:
            parameter.grad = copied(gradient)
        for optimiser, state in self.optimisers:
            optimiser.load_state_dict(copied(state))
        for put, state in self.generators:
            put(state)


def copied(value: Any) -> Any:
    """Containers anew, tensors and arrays copied; all else is kept as it is."""
    if isinstance(value, Mapping):
        return {name: copied(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [copied(part) for part in value]
        plain = type(value) in (list, tuple)
        return type(value)(parts) if plain else type(value)(*parts)
    if hasattr(value, "detach"):
        return value.detach().clone()
    if hasattr(value, "ndim") and hasattr(value, "copy"):
        return value.copy()
    return value


Generator = tuple[Callable[[], Any], Callable[[Any], Any]]  # reads its state, puts it back


def generators(names: Iterable[Any]) -> list[Generator]:
    """The process's random generators, and those among these objects."""
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    found: list[Generator] = [(random.getstate, random.setstate)]
    if numpy is not None:
        found.append((numpy.random.get_state, numpy.random.set_state))
    if torch is not None:
        found.append((torch.get_rng_state, torch.set_rng_state))
        if torch.cuda.is_initialized():
            found.append((torch.cuda.get_rng_state_all, torch.cuda.set_rng_state_all))
    for one in names:
        if torch is not None and isinstance(one, torch.Generator):
            found.append((one.get_state, one.set_state))
        elif isinstance(one, random.Random):
            found.append((one.getstate, one.setstate))
        elif numpy is not None and isinstance(one, numpy.random.Generator):
            found.append(_of_numpy(one.bit_generator))
    return found


def _of_numpy(bits: Any) -> Generator:
    return (lambda: bits.state), (lambda state: setattr(bits, "state", state))
