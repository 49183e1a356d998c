"""What is diffused: points of the plane or small digits, and the frame that shows one time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from mlwidgets import Array, Points, PointsKind

from .plane import Plane, plane_of

Floats = npt.NDArray[np.float32]
MOONS: Points = PointsKind().check("moons")
SHOWN, DIGITS = 300, 12  # points, digits that are drawn
RARELY = 10  # steps of training between two looks


class Seen(TypedDict):
    phase: str
    t: int
    trained: int
    loss: float | None  # only while it is trained
    signal: Annotated[Array, "time"]
    noise: Annotated[Array, "time"]
    times: Annotated[Array, "time"]
    x: NotRequired[Annotated[Array, "point axis"]]
    x0: NotRequired[Annotated[Array, "point axis"]]
    ddim: NotRequired[Annotated[Array, "point axis"]]
    score: NotRequired[Annotated[Array, "place axis"]]
    grid: NotRequired[Annotated[Array, "place axis"]]
    extent: NotRequired[Annotated[Array, "end"]]
    digit: NotRequired[Annotated[Array, "digit row column"]]
    digit_x0: NotRequired[Annotated[Array, "digit row column"]]
    digit_ddim: NotRequired[Annotated[Array, "digit row column"]]


@dataclass(frozen=True)
class Cloud:
    """Examples x (n, ...) of mean 0 and deviation about 1, and the plane that they come from."""

    points: Points
    x: Tensor
    plane: Plane | None = None  # none for digits
    curves: dict[str, Floats] = field(default_factory=dict)
    cache: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.x)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.x.shape[1:])

    @property
    def shown(self) -> int:
        return SHOWN if self.plane else DIGITS

    def drawn(self, points: Points) -> bool:
        """Has somebody drawn others? Digits are not drawn."""
        return self.plane is not None and points is not self.points

    @property
    def reach(self) -> float:
        """How far out examples are, and a little."""
        return 1.1 * float(self.x.abs().max()) if len(self) else 3.0

    def shows(self, kept: Tensor) -> None:
        """The schedule's curves. kept: the share a of every time."""
        curves = {"signal": _array(kept.sqrt()), "noise": _array((1 - kept).sqrt())}
        self.curves.update(curves, times=np.arange(len(kept), dtype=np.float32))
        for curve in self.curves.values():
            curve.setflags(write=False)

    def again(self, points: Points) -> Cloud:
        """Other points at the same scale."""
        plane, kept = (self.plane or plane_of(points.xy)), {"trained": self.cache["trained"]}
        plane = plane.holding(points.xy)
        return replace(self, points=points, x=_on(plane, points), plane=plane, cache=kept)

    def some(self, rng: np.random.Generator) -> Tensor:
        """As many as are drawn; nan where there are none."""
        if not len(self):
            return torch.full((self.shown, *self.shape), float("nan"))
        return self.x[torch.as_tensor(rng.integers(0, len(self), self.shown))]

    def batch(self, rng: np.random.Generator, size: int) -> Tensor:
        return self.x[torch.as_tensor(rng.integers(0, len(self), size))]

    def normal(self, rng: np.random.Generator, size: int) -> Tensor:
        """Noise of the examples' shape, on the run's device."""
        return _tensor(rng.standard_normal((size, *self.shape), dtype=np.float32))

    @torch.no_grad()
    def asked(self, net: nn.Module, x: Tensor, t: int) -> Tensor:
        """The noise that the network sees in x at one time."""
        answer: Tensor = net(x, torch.full((len(x),), t))
        return answer

    def kept(self, name: str, made: Callable[[], Tensor], k: int) -> Tensor:
        """What costs is made anew every few steps."""
        if k % RARELY == 0 or name not in self.cache:
            self.cache[name] = made()
        found: Tensor = self.cache[name]
        return found

    def frame(
        self,
        phase: str,
        t: int,
        x: Tensor,
        net: nn.Module,
        *,
        x0: Tensor | None = None,
        ddim: Tensor | None = None,
        loss: float | None = None,
    ) -> Seen:
        trained = self.cache["trained"] = self.cache.get("trained", 0) + (loss is not None)
        told: Any = {"phase": phase, "t": t, "trained": trained, "loss": loss, **self.curves}
        clouds = {"x": x, "x0": x0, "ddim": ddim}
        shown: dict[str, Any] = {}
        if plane := self.plane:
            absent = torch.full_like(x, float("nan"))
            for name, c in clouds.items():
                shown[name] = plane.outwards(_array(absent if c is None else c))
            shown["score"] = plane.scale * self.score(plane, net, max(t, 1), trained, loss)
            shown |= {"grid": plane.arrows(), "extent": plane.extent}
        else:
            blank = torch.full_like(x, -1.0)
            for name, c in zip(("digit", "digit_x0", "digit_ddim"), clouds.values(), strict=True):
                shown[name] = _array(blank if c is None else c)[:, 0]
        seen: Seen = told | shown
        return seen

    def score(
        self, plane: Plane, net: nn.Module, t: int, trained: int, loss: float | None
    ) -> Floats:
        """The way to where points are, at each arrow's place."""

        def asked() -> Tensor:
            return -self.asked(net, _tensor(plane.inwards(plane.arrows())), t)

        return _array(asked() if loss is None else self.kept("score", asked, trained))


def cloud(points: Points, data: Literal["points", "digits"]) -> Cloud:
    """The examples: a reader's points, or scikit-learn's digits."""
    if data == "digits":
        from sklearn.datasets import load_digits

        ink = load_digits().images.astype(np.float32)[:, None] / 8 - 1  # in [-1, 1]
        return Cloud(points, _tensor(ink))
    plane = plane_of(points.xy)
    return Cloud(points, _on(plane, points), plane)


def _on(plane: Plane, points: Points) -> Tensor:
    return _tensor(plane.inwards(points.xy))


def _tensor(array: Any) -> Tensor:
    return torch.as_tensor(np.ascontiguousarray(array, dtype=np.float32))


def _array(tensor: Tensor) -> Floats:
    found: Floats = tensor.cpu().numpy().copy()
    return found
