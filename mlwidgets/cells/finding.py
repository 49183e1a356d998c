"""The first value that is not finite: where it was, and all that it takes to run its pass again."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["forward", "backward", "update"]
KEPT = 16 * 2**20  # bytes of a tensor that is copied before each pass


@dataclass(frozen=True)
class Finding:
    """The first non-finite value of a run, and the state before the pass in which it came.

    number: of the pass, first 0; batch: which one of its loop, first 0; given: what the loop gave
    that pass; inputs: what the model was called with, both as they were before anything was done to
    them, but for tensors of more than KEPT bytes that the pass wrote to, as `detail` says.
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
        """Restore, and run the pass alone, on its batch; `again()["loss"]` is what it left."""
        self.restore()
        return self._again(copied(self.given)) if self._again else None

    def __str__(self) -> str:
        where = f"{self.layer}, {self.direction}, pass {self.number}, batch {self.batch}"
        return f"first non-finite value: {where}{f' ({self.detail})' if self.detail else ''}"


class Batch:
    """What a pass is given, as it was: copied, or where it is large, known by its version."""

    def __init__(self, value: Any) -> None:
        self._large: list[tuple[Any, int]] = []
        self._kept = copied(value, self._keep)

    def _keep(self, tensor: Any) -> Any:
        if tensor.nbytes <= KEPT:
            return tensor.detach().clone()
        self._large.append((tensor, tensor._version))
        return tensor

    @property
    def written(self) -> bool:
        """Has a tensor been written to that was too large to copy?"""
        return any(tensor._version != version for tensor, version in self._large)

    def now(self) -> Any:
        """A copy of it that nothing more is done to."""
        return copied(self._kept) if self._large else self._kept


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


def _cloned(tensor: Any) -> Any:
    return tensor.detach().clone()


def copied(value: Any, clone: Callable[[Any], Any] = _cloned) -> Any:
    """Containers anew, tensors and arrays copied; all else is kept as it is."""
    if isinstance(value, Mapping):
        return {name: copied(part, clone) for name, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [copied(part, clone) for part in value]
        plain = type(value) in (list, tuple)
        return type(value)(parts) if plain else type(value)(*parts)
    if hasattr(value, "detach"):
        return clone(value)
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
