"""Branching: the past is replayed from the seed, with the same steering, and goes on otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlwidgets.core import Event
from mlwidgets.errors import FrameError, RunError
from mlwidgets.frame import cell_of
from mlwidgets.kinds import integer
from mlwidgets.run import Run

if TYPE_CHECKING:
    from mlwidgets.core import Core
    from mlwidgets.trace import Trace


def _nobody(_core: Core) -> None:
    """Nobody watches the replay."""


@dataclass
class Origin:
    """Where a branch begins: its parent, the last frame it shares with it, the steering to repeat.

    at: None where it shares none, and begins with other parameters, `changed`.
    past: the parent's recorded frames, where they are all that the branch would record itself.
    begun: told of the core before it replays, to show how far it is or to stop it.
    owner: the run in whose player the branch was made; it is closed with that.
    """

    parent: Run
    at: int | None
    events: list[Event]
    past: Trace | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
    begun: Callable[[Core], None] = _nobody
    owner: Run | None = None

    def take_past(self) -> Trace | None:
        """The shared past, once: it becomes the branch's own trace."""
        past, self.past = self.past, None
        return past

    def stops(self) -> dict[int, str]:
        """The parent's stops in the past that is shared: what follows is another story."""
        here = -1 if self.at is None else self.at
        return {k: name for k, name in self.parent._stops.items() if k <= here}


def branch(
    run: Run,
    at: int | None,
    changes: Mapping[str, Any],
    *,
    begun: Callable[[Core], None] = _nobody,
    owner: Run | None = None,
) -> Run:
    """A run with this one's past to frame `at`, standing there; see `Run.branch`."""
    core = run._core
    here = core.number if at is None else integer(at)
    if run.fixed or run.closed:
        raise RunError(f"{run.name}: cannot branch, {run.fixed or 'it is closed: play it anew'}")
    if here is None or not 0 <= here <= core.number:
        raise RunError(f"at={at!r}: must be a frame of the run, 0 to {core.number}")
    changed = [Event(here + 1, *pair) for pair in run._steerable(changes)]
    shared = [e for e in core.course if e.frame <= here or at is None]
    past = core.trace.snapshot(here) if core.trace.stride == 1 else None
    twin = _twin(run, core.start, Origin(run, here, shared + changed, past, changes, begun, owner))
    _check(twin, here)
    return twin


def sibling(run: Run, changes: Mapping[str, Any], owner: Run | None = None) -> Run:
    """A run of the same family from its start, with other parameters. ParamError as in `play`."""
    values = {**run._core.start, **changes}
    return _twin(run, values, Origin(run, None, [], changed=changes, owner=owner))


def _twin(run: Run, values: Mapping[str, Any], origin: Origin) -> Run:
    return Run(
        run.algorithm,
        values,
        views=run._asked_views,
        controls=run.controls,
        at=run.at,
        device=run.device,
        thread=run._thread,
        origin=origin,
    )


def _check(twin: Run, here: int) -> None:
    """The replay must have come to the frame it was to repeat."""
    core = twin._core
    if core.error is not None or core.number < here:
        twin.close()
        why = core.fault["text"] if core.fault else f"it was stopped at frame {core.number}"
        raise RunError(f"{twin.name}: the replay did not come to frame {here}: {why}")
    if other := differing(core):
        core.note = (
            f"The replay gave another {' and '.join(other)} at frame {here} than the run did:"
            " something in it does not follow from the parameters and the seed."
        )


def differing(core: Core) -> list[str]:
    """Columns in which the frame a core stands at is not the recorded one, measured ones apart."""
    trace = core.trace
    if not trace or trace.last != core.number:
        return []
    import numpy as np

    recorded = trace.row(-1)
    found = []
    for column in trace.schema.columns:
        if column.measured:
            continue
        try:
            now = cell_of(column)(core.frame[column.name])
        except (FrameError, KeyError):
            found.append(column.name)
            continue
        texts = isinstance(now, (str, tuple))
        then = recorded[column.name]
        if not (now == then if texts else np.array_equal(now, then, equal_nan=True)):
            found.append(column.name)
    return found
