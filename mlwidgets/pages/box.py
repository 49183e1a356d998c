"""Where a still's view is drawn, and of what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlwidgets.views import View

from .svg import HUES, Sheet

if TYPE_CHECKING:
    from mlwidgets.run import Run


@dataclass(frozen=True)
class Lane:
    """A run among those that are compared, and where it stands."""

    run: Run
    position: int
    label: str


@dataclass(frozen=True)
class Box:
    """Where a view draws, and what: one recorded frame of a run, or of runs that are compared."""

    run: Run
    view: View
    position: int
    x: float
    y: float
    w: float
    lanes: tuple[Lane, ...] = ()

    @property
    def values(self) -> Mapping[str, Any]:
        return self.run.trace.row(self.position)

    @property
    def hue(self) -> str:
        return HUES[self.view.options.get("hue", "value")]


Still = Callable[[Sheet, Box], float]
