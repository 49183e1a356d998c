"""`watch=$model`: what each layer does, pass after pass, and the first value that is not finite.

Nothing of the model is changed: hooks look at what its layers give and get. The model, its
optimisers and the generators are copied before each pass until something is found, since nobody
knows which pass will be the one.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import MLError, clip
from mlwidgets.views import Bars, View

from .finding import Batch, Direction, Finding, State, copied

if TYPE_CHECKING:
    from .cell import Pass

MEASURES = {
    "gradient norm": "of each layer's weights",
    "update ratio": "a pass's change beside the weights",
    "dead units": "share that is 0 for the whole batch",
    "non-finite": "share of each layer's outputs",
}
LAYERS = "layers"


class Watch:
    """One model during one recording; `begin` and `ended` around each pass."""

    def __init__(self, model: Any, found: Callable[[Finding], None]) -> None:
        torch = sys.modules.get("torch")
        if torch is None or not isinstance(model, torch.nn.Module):
            given = f"{type(model).__name__} {clip(repr(model), 40)}"
            raise MLError(f"record: watch= takes a torch.nn.Module, not {given}")
        self.torch, self.model, self._found = torch, model, found
        self.layers = {
            _said(name, layer): layer
            for name, layer in model.named_modules()
            if not any(True for _ in layer.children())
        }
        self.finding: Finding | None = None
        self.optimisers: list[Any] = []
        self.number = self.batch = -1
        self.before: State | None = None
        self._pass: Pass | None = None
        self._given = self._inputs = Batch(())
        self._weights: dict[str, list[Any]] = {}
        self._dead = dict.fromkeys(self.layers, math.nan)
        self._odd = dict.fromkeys(self.layers, 0.0)
        self._hooks = [*self._listen()]

    @property
    def views(self) -> tuple[View, ...]:
        return tuple(
            Bars(name, title=name.capitalize(), note=words, labels=LAYERS)
            for name, words in MEASURES.items()
        )

    def _listen(self) -> Iterator[Any]:
        for name, layer in self.model.named_modules():
            yield layer.register_forward_hook(self._forward(_said(name, layer)))
        yield self.model.register_forward_pre_hook(self._enters)
        optim: Any = sys.modules["torch.optim.optimizer"]  # `torch.optim` hides it
        yield optim.register_optimizer_step_pre_hook(self._steps)

    def close(self) -> None:
        """Leave the model as it was."""
        for hook in self._hooks:
            hook.remove()
        self._pass = self.before = None
        self._given = self._inputs = Batch(())

    # a pass -------------------------------------------------------------------------------

    def begin(self, one: Pass, due: bool) -> None:
        """Keep what the pass will change; due: `ended` will be asked for."""
        self.number += 1
        self.batch += 1
        self._pass, self._inputs = one, Batch(())
        frame = one.frame
        if frame.f_locals is not frame.f_globals:
            one.local = dict(frame.f_locals)
        names = {**frame.f_globals, **(one.local or {})}
        if self.batch == 0:
            for value in list(names.values()):
                self._know(value)
        self.before = None  # before the next one is made
        if self.finding is None:
            self._given = Batch(one.batch() if one.batch else None)
            self.before = State(self.model, self.optimisers, list(names.values()))
        own = {n: [*layer.parameters(recurse=False)] for n, layer in self.layers.items()}
        self._weights = {n: copied(weights) for n, weights in own.items()} if due else {}

    def ended(self) -> dict[str, Any]:
        """What the pass did, layer by layer; NaN where a layer has no such thing."""
        import numpy as np

        norms, ratios = [], []
        for name, layer in self.layers.items():
            now = [*layer.parameters(recurse=False)]
            norms.append(_length([p.grad for p in now if p.grad is not None]))
            before = self._weights.get(name, [])
            moved = [p.detach() - old for p, old in zip(now, before, strict=False)]
            length = _length(before)
            ratios.append(_length(moved) / length if length else math.nan)
        shares = [*self._dead.values()], [*self._odd.values()]
        columns = zip(MEASURES, (norms, ratios, *shares), strict=True)
        arrays = {name: np.array(values, dtype=float) for name, values in columns}
        return {LAYERS: tuple(self.layers), **arrays}

    def check(self) -> None:
        """At the end of a pass: gradients and weights that nobody has looked at yet."""
        if self.finding is not None:
            return
        for name, layer in self.layers.items():
            own = [*layer.parameters(recurse=False)]
            if not all(self._fine(p.grad) for p in own):
                self._find(name, "backward", "in the gradient of its weights")
            elif not all(self._fine(p) for p in own):
                self._find(name, "update", "in its weights")

    def _know(self, value: Any) -> bool:
        """Is it an optimiser of this model that is new here?"""
        if not isinstance(value, self.torch.optim.Optimizer) or value in self.optimisers:
            return False
        own = {id(p) for p in self.model.parameters()}
        ours = any(id(p) in own for group in value.param_groups for p in group["params"])
        if ours:
            self.optimisers.append(value)
        return ours

    # what the hooks see -------------------------------------------------------------------

    def _enters(self, _model: Any, given: Any) -> None:
        if self.finding is None:
            self._inputs = Batch(given)

    def _forward(self, name: str) -> Callable[..., None]:
        def look(layer: Any, given: Any, out: Any) -> None:
            if self._pass is None:
                return
            tensors = [*_tensors(out)]
            if name in self.layers and self.torch.is_grad_enabled():
                self._measure(name, tensors)
                for tensor in tensors:
                    if tensor.requires_grad:
                        tensor.register_hook(self._backward(name))
            if self.finding is None and not all(map(self._fine, tensors)):
                already = not all(map(self._fine, _tensors(given)))
                self._find(name, "forward", "in its input already" if already else "")

        return look

    def _backward(self, name: str) -> Callable[[Any], None]:
        def look(gradient: Any) -> None:
            if self.finding is None and self._pass is not None and not self._fine(gradient):
                self._find(name, "backward", "in the gradient of its output")

        return look

    def _steps(self, optimiser: Any, *_: Any) -> None:
        """An optimiser that no variable holds is known by its first step."""
        if self._pass is not None and self._know(optimiser) and self.before is not None:
            self.before.optimisers.append((optimiser, copied(optimiser.state_dict())))

    def _measure(self, name: str, tensors: list[Any]) -> None:
        out = next((t.detach() for t in tensors if t.is_floating_point()), None)
        if out is None or not out.numel():
            return
        self._odd[name] = float((~self.torch.isfinite(out)).float().mean())
        if out.ndim > 1 and "Dropout" not in type(self.layers[name]).__name__:
            others = [axis for axis in range(out.ndim) if axis != 1]
            self._dead[name] = float((out == 0).all(dim=others).float().mean())

    def _fine(self, tensor: Any) -> bool:
        """Finite throughout; a sum says so quickly, a sum that is not may have overflowed."""
        if tensor is None or not tensor.is_floating_point():
            return True
        tensor = tensor.detach()
        return bool(self.torch.isfinite(tensor.sum())) or bool(self.torch.isfinite(tensor).all())

    def _find(self, layer: str, direction: Direction, detail: str) -> None:
        one = self._pass
        if self.finding is not None or one is None or self.before is None:
            return
        if self._given.written:
            detail = f"{detail}; " * bool(detail) + "its batch was written to before, in this pass"
        given, inputs = self._given.now(), self._inputs.now()
        number, batch = self.number, self.batch
        self.finding = Finding(
            layer, direction, number, batch, given, inputs, self.before, detail, one.again()
        )
        self._found(self.finding)


def _said(name: str, layer: Any) -> str:
    """A layer as a person finds it: `0.conv (Conv2d)`."""
    kind = type(layer).__name__
    return f"{name} ({kind})" if name else kind


def _tensors(value: Any) -> Iterator[Any]:
    """The tensors of what a layer takes or gives."""
    if hasattr(value, "register_hook"):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors(part)
    elif isinstance(value, dict):
        yield from _tensors([*value.values()])


def _length(tensors: list[Any]) -> float:
    """The length of all of them as one vector; NaN where there is none."""
    if not tensors:
        return math.nan
    return math.sqrt(sum(float(t.detach().float().square().sum()) for t in tensors))
