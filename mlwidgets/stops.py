"""Stops: frames of a run that have a name, for a lecture: `run.stops = {40: "first fall"}`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from .errors import ParamError, clip, sayable
from .kinds import integer

if TYPE_CHECKING:
    from .run import Run

LONGEST = 80  # characters of a name: one line that is read from the back of a room
MOST = 200  # stops of a run


class Stops(MutableMapping[int, str]):
    """A run's stops in the order of their frames, each checked as it is set."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __getitem__(self, frame: int) -> str:
        return self._run._stops[frame]

    def __setitem__(self, frame: int, name: str) -> None:
        self._run.stops = {**self._run._stops, frame: name}

    def __delitem__(self, frame: int) -> None:
        if frame not in self._run._stops:
            raise KeyError(frame)
        self._run.stops = {k: name for k, name in self.items() if k != frame}

    def __iter__(self) -> Iterator[int]:
        return iter(self._run._stops)

    def __len__(self) -> int:
        return len(self._run._stops)

    def __repr__(self) -> str:
        return repr(self._run._stops)


def checked(given: Any, last: int | None = None, known: Collection[int] = ()) -> dict[int, str]:
    """Frames and their names, in order; none is after `last`, but for those that were known.

    ParamError for what is no frame's number or no name.
    """
    if not isinstance(given, Mapping):
        raise ParamError(f'stops={clip(repr(given), 60)}: must be a dict like {{40: "first fall"}}')
    if len(given) > MOST:
        raise ParamError(f"stops: {len(given)} are more than the {MOST} that a run may have")
    named = {
        _frame(frame, None if frame in known else last): _name(frame, name)
        for frame, name in given.items()
    }
    return dict(sorted(named.items()))


def _frame(given: Any, last: int | None) -> int:
    frame = integer(given)
    if frame is None or frame < 0 or (last is not None and frame > last):
        most = "0 or more" if last is None else f"0 to {last}, where the run ended"
        raise ParamError(f"stops: {clip(repr(given), 40)} is no frame's number ({most})")
    return frame


def _name(frame: Any, given: Any) -> str:
    name = " ".join(str(sayable(given)).split()) if isinstance(given, str) else ""
    if not name:
        said = clip(repr(given), 40)
        raise ParamError(f'stops: frame {frame}: {said} is no name (a short text, "first fall")')
    if len(name) > LONGEST:
        said = clip(name, 40)
        raise ParamError(
            f"stops: frame {frame}: {said!r} has {len(name)} characters, {LONGEST} fit"
        )
    return name
