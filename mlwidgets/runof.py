"""A run as a parameter: what one algorithm has learned is another's input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .errors import clip
from .kinds import Kind
from .registry import registered
from .run import Run


@dataclass(frozen=True, init=False)
class RunOf(Kind):
    """A run that has a result: `net: Annotated[Run, RunOf("nlp.decoder")]`.

    It is done, or was stopped and its generator returned one. The algorithm gets the run as it is
    now; that one may restart.
    """

    algorithms: tuple[str, ...]
    name: ClassVar[str] = "run"

    def __init__(self, *algorithms: str) -> None:
        object.__setattr__(self, "algorithms", algorithms)

    def check(self, value: Any) -> Run:
        run = getattr(value, "run", value)  # a player's
        if not isinstance(run, Run):
            raise ValueError(f"must be {self.describe()}: play one, then name=$variable")
        known = {run.name, registered(run.algorithm)}
        if self.algorithms and known.isdisjoint(self.algorithms):
            raise ValueError(f"is a run of {clip(run.name, 60)}; must be {self.describe()}")
        if run.result is None:
            raise ValueError(f"has no result: {_why(run)}")
        return run.kept()

    def parse(self, text: str) -> Any:
        raise ValueError(f"must be a run: write $name for a variable, not {clip(text, 30)}")

    def format(self, value: Any) -> str:
        return f"${value.name.rpartition('.')[2]}"

    def to_json(self, value: Any) -> str:
        return f"{value.name}, {len(value.trace):,} frames"

    def describe(self) -> str:
        return f"a finished run of {' or '.join(self.algorithms) or 'any algorithm'}"


def _why(run: Run) -> str:
    """What keeps a run from having one, and the way out."""
    if run.status in ("ready", "running", "paused"):
        where = f"it is {run.status} at frame {run.number}"
        return f"{where}; .wait() takes it to its end, .stop() ends it where it is"
    if run.status == "loaded":
        return "a file holds a run's frames and no more; play it anew"
    if run.status == "failed":
        return "it failed; .restart() begins anew"
    return f"it is {run.status}, and its algorithm returned none there"
