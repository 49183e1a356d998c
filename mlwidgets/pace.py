"""Pace: how fast a run is driven, so that a person can follow and steer it.

A run whose units are counted is spread over a number of seconds. Where nobody knows how long a run
is, every frame is shown for ten seconds, then the pace doubles every five.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from .core import Core, Upto
from .errors import ParamError

Pace = float | Literal["step"] | None
"""Seconds for the whole run, "step" (a few steps a second), or None: full speed."""
SECONDS = 20.0
TICK = 1 / 30
STEPS_PER_SECOND = 4.0
FRAMES_PER_SECOND = 30.0


@dataclass
class NextUnit:
    """Go on until the counted column has changed so many times."""

    column: str
    times: int = 1
    _was: float | None = None

    def drive(self, core: Core, limit: int | None) -> float | None:
        core.pull(0)
        while self.times and not core.attention and not core.over:
            if self._was is None:
                self._was = core.unit(self.column)
            core.pull(core.number + 1)
            if core.unit(self.column) != self._was:
                self.times, self._was = self.times - 1, None
        if not self.times:
            core.held()
        return None if not self.times or core.over else 0

    def gap(self, core: Core) -> float:
        return 0.0  # a loop of the user's has no counted columns


@dataclass
class Timed:
    """Go at a rate: units of a column (or frames) a second, or growing where `rate` is None."""

    rate: float | None
    column: str = ""
    _last: float = 0.0
    _elapsed: float = 0.0
    _allowed: float = 0.0
    _unit: float = 0.0
    _length: float = 1.0  # frames of the last whole unit
    _began: int = 0
    _target: float = field(default=-math.inf)

    def drive(self, core: Core, limit: int | None) -> float | None:
        now = time.monotonic()
        if self._target == -math.inf:
            self._start(core, now)
        passed = min(now - self._last, 1.0)  # after a stall, go on; do not catch up
        self._last = now
        self._elapsed += passed
        rate = self.rate if self.rate is not None else growing(self._elapsed)
        self._target += rate * passed
        self._go(core, rate * passed)
        return max(0.0, TICK - (time.monotonic() - now))

    def gap(self, core: Core) -> float:
        now, rate = time.monotonic(), self.rate or growing(self._elapsed)
        if self._target == -math.inf:
            self._target, self._last = 0.0, now - 1 / rate
        before, self._last = self._last, max(now, self._last + 1 / rate)
        self._elapsed += self._last - before
        return self._last - now

    def _start(self, core: Core, now: float) -> None:
        self._last = now - TICK
        self._unit = self._target = self._at(core)
        self._allowed = self._began = core.number

    def _at(self, core: Core) -> float:
        return core.unit(self.column) if self.column else core.number

    def _go(self, core: Core, units: float) -> None:
        """Pull what this tick allows: whole units that are late, and part of the one under way."""
        self._target = min(self._target, self._at(core) + max(units, 1.0) + 1.0)
        self._allowed = (
            min(max(self._allowed, core.number), core.number + self._length) + units * self._length
        )
        while not (core.over or core.attention):
            late = self._at(core) < math.floor(self._target)
            if not late and (core.number + 1 > self._allowed or self._at(core) > self._target):
                return
            core.pull(core.number + 1)
            self._measure(core)

    def _measure(self, core: Core) -> None:
        at = self._at(core)
        if at != self._unit:
            self._length = (core.number - self._began) / max(at - self._unit, 1.0)
            self._unit, self._began = at, core.number


def growing(elapsed: float) -> float:
    """Frames a second of a run of unknown length, after so many seconds."""
    return FRAMES_PER_SECOND * math.exp2(min(max(0.0, (elapsed - 10.0) / 5.0), 20.0))


def goal_of(core: Core, pace: Pace, step: str = "", frames: int = 0) -> Upto | Timed:
    """The goal of a pace; `step` is the column stepped by, `frames` the length where known."""
    if pace is None:
        return Upto()
    if pace == "step":
        return Timed(STEPS_PER_SECOND, step)
    seconds: Any = pace  # from a page it can be anything
    if not isinstance(seconds, (int, float)) or not 0 < seconds < math.inf:
        raise ParamError(f'pace={pace!r}: must be seconds, "step" or none')
    if core.total:
        return Timed(core.total / float(pace), core.algorithm.steps[-1]["column"])
    if frames > 1:
        return Timed(frames / float(pace))
    return Timed(None)
