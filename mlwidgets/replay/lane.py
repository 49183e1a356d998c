"""A lane of a sweep: a run whose frames come from a worker."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from mlwidgets.algorithms import Algorithm
from mlwidgets.core import Core, Goal, Upto
from mlwidgets.device import thread_scope
from mlwidgets.errors import RunError
from mlwidgets.frame import Schema
from mlwidgets.run import Run
from mlwidgets.trace import Trace
from mlwidgets.tracefile import read_piece

from .worker import Job

AWAY = "its frames come from a worker: stop() ends it, branch() goes on here"


class Fed(Protocol):
    """What a worker feeds: a lane, or many."""

    @property
    def over(self) -> bool:
        """Is all there that will come?"""

    def begun(self) -> None:
        """A worker has it."""

    def take(self, data: bytes) -> None:
        """A piece that the worker has sent. TraceFileError if it is none."""

    def lost(self, why: str) -> None:
        """The worker ended before all was there."""


class Place(Protocol):
    """Where lanes are computed."""

    def begin(self, core: LaneCore, job: Job) -> None:
        """Have it computed as soon as there is room; returns at once."""

    def end(self, core: LaneCore) -> None:
        """Nobody wants more of it."""

    def close(self, wait: bool = True) -> None:
        """End what is under way. wait: return once nothing of it is left that can be ended."""


class LaneCore(Core):
    """A core that a worker feeds. It cannot be held or steered."""

    def __init__(
        self, algorithm: Algorithm[Any, Any], values: dict[str, Any], like: Schema
    ) -> None:
        """like: the columns of a run of the same algorithm, of which a piece knows less."""
        super().__init__(algorithm, values, Trace(), thread_scope("cpu"))
        self._like = like
        if like:
            self.trace.adopt(like)

    def order(self, goal: Goal) -> None:
        if not self.over and not (isinstance(goal, Upto) and goal.stop == math.inf):
            raise RunError(f"{self.algorithm.name}: cannot be held: {AWAY}")

    def steer(self, name: str, value: Any) -> None:
        raise RunError(f"{name}: a lane of a sweep is not steered: branch({name}=...) makes a run")

    def stop(self) -> None:
        """Over at once: what the worker may still send is not taken."""
        self._become("stopped")

    def begun(self) -> None:
        """A worker has it."""
        self._become("running")

    def take(self, data: bytes) -> None:
        """A piece of the trace, with what the worker says of itself. TraceFileError if it is none.

        Nothing is taken once the lane is over.
        """
        piece, _, said = read_piece(data)
        with self.changed:
            if self.over:
                return
            if piece:
                if not self.trace:
                    self.trace.adopt(self._known(piece.schema))
                self.trace.follow(piece, said["stride"], said["marks"])
                self.frame = self.trace.row(-1)
            self.number, self.note = int(said["number"]), str(said.get("note", ""))
            if said["error"]:
                self._fail(failure(said["error"]))
            elif said["status"] != "running":
                self._become(said["status"])
            self.changed.notify_all()

    def _known(self, schema: Schema) -> Schema:
        """The schema with the marks and words that only the author's file gives."""
        like = {c.name: c for c in self._like.columns}
        return Schema(
            tuple(
                replace(c, marks=like[c.name].marks, words=like[c.name].words)
                if c.name in like
                else c
                for c in schema.columns
            )
        )

    def lost(self, why: str) -> None:
        """The worker ended before the lane did."""
        if not self.over:
            self.finish("failed", RunError(why))


def failure(said: Mapping[str, Any]) -> RunError:
    """What the algorithm raised in its worker, with the traceback from there as a note."""
    error = RunError(str(said["text"]))
    if said.get("trace"):
        error.add_note(str(said["trace"]))
    return error


class LaneDriver:
    """Waits for a worker, and ends it."""

    def __init__(self, core: LaneCore, place: Place, keep: object) -> None:
        """keep: what must be there as long as a run of it is held."""
        self.core, self.place, self.keep = core, place, keep

    def wake(self) -> None:
        """Nothing to do: the worker goes as fast as it can."""

    def settle(self, deadline: float | None) -> bool:
        core = self.core
        while not core.over:
            if deadline is not None and time.monotonic() > deadline:
                return False
            with core.changed:  # short waits, so that an interrupt gets through
                core.changed.wait_for(lambda: core.over, timeout=0.05)
        return True

    def stop(self) -> None:
        self.core.stop()
        self.place.end(self.core)


def lane_of(like: Run, values: dict[str, Any], place: Place, keep: object) -> Run:
    """A run with these parameters, whose frames will come from that place."""
    core = LaneCore(like.algorithm, values, like.trace.schema)
    run = Run.of_core(core, LaneDriver(core, place, keep), fixed="")
    run.views, run._asked_views, run.controls = like.views, like._asked_views, like.controls
    run.device, run.device_used = like.device, like.device_used
    return run
