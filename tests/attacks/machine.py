"""A run under every order of verbs, with its real thread: what must hold is checked after each.

The run's generator yields only on tokens of the machine, so that each verb meets it at a known
place: between two frames, or inside one. Its own log of what it yielded is the truth that the
trace is compared with. Every wait is for a condition and has a deadline.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import pairwise
from queue import Empty, SimpleQueue
from typing import Annotated, Any, TypedDict

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mlwidgets import Array, Frames, Live, Unit
from mlwidgets.algorithms import as_algorithm
from mlwidgets.core import OVER, Core
from mlwidgets.drivers import RUN_THREAD, _serving
from mlwidgets.errors import RunError
from mlwidgets.run import Run
from mlwidgets.trace import Trace
from tests.waiting import until

DEADLINE = 10.0
LEGAL = {
    "ready": {"running", "stopped"},
    "running": {"ready", "paused", "done", "stopped", "failed"},
    "paused": {"running", "stopped"},
}
Row = tuple[int, int, int]  # total, by, shift


class Step(TypedDict):
    k: int
    group: Annotated[int, Unit(total="groups")]
    total: int
    by: int
    shift: int
    both: Array


class Gate:
    """Where a generator waits for a token; an exception as a token is raised in it."""

    def __init__(self) -> None:
        self.tokens: SimpleQueue[Exception | None] = SimpleQueue()
        self.given = self.asked = 0
        self.logs: list[list[Row]] = []  # of each generator, what it has yielded

    def give(self, token: Exception | None = None) -> None:
        self.given += 1
        self.tokens.put(token)

    def take(self) -> None:
        self.asked += 1
        taken = False
        try:
            while not taken:
                with suppress(Empty):  # short waits, so that a thrown Stop gets through
                    token = self.tokens.get(timeout=0.002)
                    taken = True
        finally:
            self.asked -= not taken
        if token is not None:
            raise token

    @property
    def starved(self) -> bool:
        """Does a generator wait for a token that nobody has given?"""
        return self.asked > self.given

    def algorithm(self) -> Callable[..., Frames[Step]]:
        def line(groups: int = 4, by: Live[int] = 1, shift: Live[int] = 0) -> Frames[Step]:
            log: list[Row] = []
            self.logs.append(log)
            total = 0
            for k in range(3 * groups):
                self.take()
                total += by
                log.append((total, by, shift))
                by, shift = yield {
                    "k": k,
                    "group": k // 3,
                    "total": total,
                    "by": by,
                    "shift": shift,
                    "both": np.array([k, total]),
                }
            self.take()
            return total

        return line


class Machine(RuleBasedStateMachine):
    """What the run must be after each verb, beside what it is."""

    bound: int | None = None  # rows after which the trace is thinned
    patience = DEADLINE

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("mlwidgets.drivers.GRACE", 30.0)
        if self.bound:
            self.patch.setattr("mlwidgets.run.Trace", partial(Trace, max_frames=self.bound))
        self.gate = Gate()
        self.title = f"line{id(self.gate)}"
        self.runs: list[Run] = []
        self.faults: list[str] = []
        self.ended = threading.Event()
        self.reader = threading.Thread(target=self._read, name="reader")
        self.reader.start()

    # what is expected ---------------------------------------------------------------------

    def _expect(self, groups: int, **params: int) -> None:
        """A new generator at its beginning, ordered to yield frame 0."""
        self.groups, self.number, self.status = groups, -1, "running"
        self.params = {"by": 1, "shift": 0, **params}
        self.pending: dict[str, int] = {}
        self._advance(0)

    def _advance(self, to: float) -> None:
        """Frames up to a number, a token each: those in stock first, then given ones."""
        while self.status == "running" and self.number < to:
            self._frame(self.stock.pop(0) if self.stock else None)
        if self.status == "running":
            self.status = "paused" if self.number > 0 else "ready"

    def _flow(self) -> None:
        """Frames while there are tokens in stock."""
        while self.status == "running" and self.stock:
            self._frame(self.stock.pop(0))

    def _frame(self, token: Exception | None) -> None:
        if token is not None:
            self.status = "failed"
        elif self.number + 1 == 3 * self.groups:
            self.status = "done"
        else:
            self.number += 1
            self.params.update(self.pending)
        self.pending = {}

    # doing --------------------------------------------------------------------------------

    @property
    def core(self) -> Core:
        return self.run._core

    @property
    def inside(self) -> bool:
        """Is the generator inside a frame, waiting for a token?"""
        return self.status == "running"

    def _until(self, condition: Callable[[], object], what: str) -> None:
        until(condition, what, self.patience)

    def _settle(self) -> None:
        """Until the generator waits for a token, or the run stands still."""
        self._until(
            lambda: self.run.status != "running" or self.gate.starved, "the run comes to rest"
        )

    def _fed(self, *verbs: Callable[[], Any], heard: Callable[[], bool] | None = None) -> None:
        """Verbs called at once, each in its thread, and a token whenever a frame wants one."""
        raised: list[BaseException] = []
        threads = [
            threading.Thread(target=_call, args=(verb, raised), daemon=True) for verb in verbs
        ]
        for thread in threads:
            thread.start()
        if heard is not None:
            self._until(heard, "the order is left")

        def finished() -> bool:
            if self.gate.starved and any(thread.is_alive() for thread in threads):
                self.gate.give()
            return not any(thread.is_alive() for thread in threads)

        self._until(finished, "the verb returns")
        self._settle()
        if raised:
            raise raised[0]

    def _heard(self) -> Callable[[], bool] | None:
        """Feed only once the order is there, where a frame is under way."""
        core = self.core
        return (lambda: core.attention) if self.inside else None

    # rules --------------------------------------------------------------------------------

    @initialize(groups=st.integers(1, 6), by=st.integers(-2, 2))
    def create(self, groups: int, by: int) -> None:
        self.stock: list[Exception | None] = []
        self._create(groups, by)

    def _create(self, groups: int, by: int) -> None:
        algorithm = as_algorithm(self.gate.algorithm(), self.title)
        made: list[Run] = []
        values = {"groups": groups, "by": by}
        self._expect(groups, by=by)
        self._fed_new(lambda: made.append(Run(algorithm, values, thread=True)))
        self.run = made[0]
        self._seen()
        self.runs.append(self.run)

    def _fed_new(self, verb: Callable[[], Any]) -> None:
        """As `_fed`, where the run is not there yet."""
        raised: list[BaseException] = []
        thread = threading.Thread(target=_call, args=(verb, raised), daemon=True)
        thread.start()

        def finished() -> bool:
            if self.gate.starved and thread.is_alive():
                self.gate.give()
            return not thread.is_alive()

        self._until(finished, "the run is made")
        if raised:
            raise raised[0]

    def _seen(self) -> None:
        """Note the statuses that the run's watchers are told of."""
        core = self.core
        core.seen = [core.status]  # type: ignore[attr-defined]  # the test's own note
        core.watchers.append(lambda: core.seen.append(core.status))  # type: ignore[attr-defined]

    @rule(groups=st.integers(1, 6), by=st.integers(-2, 2))
    @precondition(lambda self: self.run.closed)
    def create_again(self, groups: int, by: int) -> None:
        self._create(groups, by)

    @rule(count=st.integers(1, 6))
    @precondition(lambda self: not self.run.closed)
    def give(self, count: int) -> None:
        """Frames may go on; more tokens than frames stay in stock."""
        for _ in range(count):
            self.stock.append(None)
            self.gate.give()
        self._flow()
        self._settle()

    @rule()
    @precondition(lambda self: not self.run.closed)
    def give_an_error(self) -> None:
        self.stock.append(ZeroDivisionError("a token"))
        self.gate.give(self.stock[-1])
        self._flow()
        self._settle()

    @rule(pace=st.sampled_from([None, 0.001, 0.01]))
    @precondition(lambda self: self.status not in OVER)
    def start(self, pace: float | None) -> None:
        self.run.start(pace)
        self.status = "running"
        self._flow()
        self._settle()

    @rule()
    @precondition(lambda self: not self.run.closed)
    def pause(self) -> None:
        self._fed(self.run.pause, heard=self._heard())
        if self.inside:
            self._advance(self.number + 1)

    @rule(n=st.integers(1, 4))
    @precondition(lambda self: self.status not in OVER)
    def step(self, n: int) -> None:
        verb: Callable[[], Any] = partial(self.run.step, n)
        if self.inside and self.number + 1 == 3 * self.groups:
            verb = partial(_refused, verb)  # its end comes first
        self._fed(verb, heard=self._heard())
        if self.inside:
            self._advance(self.number + 1)
        if self.status not in OVER:
            self.status = "running"
            self._advance(self.number + n)

    @rule(n=st.integers(1, 2))
    @precondition(lambda self: self.status in ("ready", "paused"))
    def step_a_group(self, n: int) -> None:
        self._fed(partial(self.run.step, n, "group"))
        self.status = "running"
        self._advance((self.number // 3 + n) * 3)

    @rule(name=st.sampled_from(["by", "shift"]), value=st.integers(-3, 3))
    def steer(self, name: str, value: int) -> None:
        if self.status in OVER:
            with pytest.raises(RunError):
                self.run.set(**{name: value})
        else:
            self.run.set(**{name: value})
            (self.pending if self.inside else self.params)[name] = value

    @rule()
    @precondition(lambda self: not self.run.closed)
    def stop(self) -> None:
        """Inside a frame the frame ends first."""
        core = self.core
        self._fed(self.run.stop, heard=(lambda: core.stopping) if self.inside else None)
        self._expect_stop()

    def _expect_stop(self) -> None:
        if self.inside:
            self._advance(self.number + 1)
        if self.status not in OVER:
            self.status, self.pending = "stopped", {}

    @rule()
    @precondition(lambda self: self.inside)
    def stop_a_frame_that_does_not_end(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("mlwidgets.drivers.GRACE", 0.01)
            self.run.stop()
        self.status, self.pending = "stopped", {}

    @rule(groups=st.integers(1, 6), shift=st.integers(-2, 2))
    @precondition(lambda self: not self.run.closed)
    def restart(self, groups: int, shift: int) -> None:
        """Where frame 0 raises, the restart is refused and what was there stays."""
        core, by, inside = self.core, self.run._core.start["by"], self.inside
        self._expect_stop()  # the old one takes its token first
        before = self.groups, self.number, self.status, self.params, self.pending
        self._expect(groups, by=by, shift=shift)
        refused = self.status == "failed" and self.number < 0
        verb: Callable[[], Any] = partial(self.run.restart, groups=groups, shift=shift)
        verb = partial(_raises, RunError, verb) if refused else verb
        self._fed(verb, heard=(lambda: core.stopping) if inside else None)
        if refused:
            self.groups, self.number, self.status, self.params, self.pending = before
            self.gate.logs.pop()
        else:
            self._seen()

    @rule()
    @precondition(lambda self: not self.run.closed)
    def wait(self) -> None:
        """To the end, or to the error that came on the way."""
        failing = self.status == "failed" or any(t is not None for t in self._to_come())
        verb = partial(_raises, ZeroDivisionError, self.run.wait) if failing else self.run.wait
        self._fed(verb)
        if self.status not in OVER:
            self.status = "running"
            self._advance(float("inf"))

    def _to_come(self) -> list[Exception | None]:
        return [] if self.status in OVER else self.stock[: 3 * self.groups - self.number]

    @rule()
    @precondition(lambda self: self.status not in OVER)
    def wait_too_short(self) -> None:
        self._drain()
        with pytest.raises(RunError, match="still running"):
            self.run.wait(timeout=0.01)
        self.status = "running"
        self._settle()

    @rule(
        pair=st.sampled_from(["start pause", "step step", "pause step", "set step", "pause pause"])
    )
    @precondition(lambda self: self.status not in OVER)
    def at_once(self, pair: str) -> None:
        """Two verbs in two threads: either order is right; the invariants hold."""
        verbs: dict[str, Callable[[], Any]] = {
            "start": partial(_or_over, self.run.start),
            "pause": self.run.pause,
            "step": partial(_or_over, self.run.step),
            "set": partial(_or_over, partial(self.run.set, by=3)),
        }
        self._fed(*(verbs[name] for name in pair.split()))
        self._resync()
        self.no_frame_is_lost_doubled_or_altered()
        self.events_say_what_was_in_force_at_each_frame()
        self._drain()
        self.stop()  # whichever came first, the machine goes on from one place

    def _drain(self) -> None:
        """No token is in stock any more."""
        self.stock.clear()
        while not self.gate.tokens.empty():
            self.gate.tokens.get()
            self.gate.given -= 1

    def _resync(self) -> None:
        self.status, self.number = self.run.status, len(self.gate.logs[-1]) - 1
        self.params = {name: self.run.params[name] for name in ("by", "shift")}
        self.pending = dict(self.core._pending)
        self.stock = self.stock[len(self.stock) - self.gate.tokens.qsize() :]

    @rule()
    @precondition(lambda self: not self.run.closed)
    def close(self) -> None:
        core = self.core
        self._fed(self.run.close, heard=(lambda: core.stopping) if self.inside else None)
        self._expect_stop()

    @rule()
    @precondition(lambda self: self.run.closed)
    def what_is_closed_stays_so(self) -> None:
        self.run.close().stop().pause()
        with pytest.raises(RunError):
            self.run.restart()

    @rule(a=st.integers(0, 20), b=st.integers(0, 20))
    @precondition(lambda self: self.number >= 0)
    def seek(self, a: int, b: int) -> None:
        """Any part of the past is read as it was yielded."""
        log, trace = self.gate.logs[-1], self.run.trace
        part = trace.read(["#frame", "total", "both"], min(a, b), max(a, b))
        numbers = part["#frame"].tolist()
        assert part["total"].tolist() == [log[n][0] for n in numbers]
        assert part["both"].tolist() == [[n, log[n][0]] for n in numbers]
        if 0 <= a < len(trace):
            assert trace.row(a)["total"] == log[int(trace.frames[a])][0]

    def _read(self) -> None:
        """A reader in a thread of its own, all the while: no half row is ever seen."""
        while not self.ended.wait(0.001):
            run = getattr(self, "run", None)
            if run is None or not run.trace:
                continue
            columns = run.trace.read(["#frame", "k", "by"])
            numbers = columns["#frame"].tolist()
            if columns["k"].tolist() != numbers or len(columns["by"]) != len(numbers):
                self.faults.append(f"a reader saw {columns}")
            if any(b <= a for a, b in pairwise(numbers)):
                self.faults.append(f"a reader saw frames {numbers}")

    # what always holds --------------------------------------------------------------------

    @invariant()
    def it_is_as_expected(self) -> None:
        run = self.run
        assert (run.status, run.number) == (self.status, self.number)
        assert {name: run.params[name] for name in self.params} == self.params
        assert not self.faults

    @invariant()
    def no_frame_is_lost_doubled_or_altered(self) -> None:
        trace, log = self.run.trace, self.gate.logs[-1]
        assert len(log) == self.number + 1
        if not trace:
            assert self.number == -1
            return
        rows = trace.read(["#frame", "total", "by", "shift"])
        numbers = rows.pop("#frame").tolist()
        assert [log[n] for n in numbers] == [*zip(*(rows[c].tolist() for c in rows), strict=True)]
        due = set(range(0, len(log), 2**trace.epoch))
        marked = {e.frame for e in self.run.events} | {self.number}
        assert numbers == sorted(set(numbers))
        assert due <= set(numbers) <= due | marked
        if self.status in ("done", "stopped") and self.core.note == "" and not self.bound:
            assert numbers[-1] == self.number

    @invariant()
    def events_say_what_was_in_force_at_each_frame(self) -> None:
        force = {name: self.core.start[name] for name in ("by", "shift")}
        events = list(self.run.events)
        for number, (_, by, shift) in enumerate(self.gate.logs[-1]):
            while events and events[0].frame <= number:
                event = events.pop(0)
                assert force[event.name] == event.old
                force[event.name] = event.new
            assert (by, shift) == (force["by"], force["shift"]), f"frame {number}"
        assert all(event.frame == self.number + 1 for event in events)

    @invariant()
    def statuses_follow_each_other_legally(self) -> None:
        seen = self.core.seen  # type: ignore[attr-defined]  # the test's own note
        for before, after in pairwise(seen):
            assert before == after or after in LEGAL.get(before, ()), seen

    @invariant()
    def one_worker_drives_it(self) -> None:
        name = f"{RUN_THREAD}{self.title}"

        def workers() -> int:
            return sum(t.name == name for t in threading.enumerate())

        if self.status in OVER:
            self._until(lambda: workers() == 0, "the thread of a run that is over ends")
        else:
            assert workers() == 1

    def teardown(self) -> None:
        self.ended.set()
        self.reader.join()
        for run in self.runs:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("mlwidgets.drivers.GRACE", 0.01)
                run.close()
        for driver in list(_serving.values()):  # of a verb that a planted fault left hanging
            if driver.core.algorithm.name == self.title:
                driver.core.abandon("")
                driver.core.stop()
        self.patch.undo()


class Thinning(Machine):
    """The same with a trace that keeps few rows."""

    bound = 6


def _call(verb: Callable[[], Any], raised: list[BaseException]) -> None:
    try:
        verb()
    except BaseException as error:  # told in the machine's own thread
        raised.append(error)


def _or_over(verb: Callable[[], Any]) -> None:
    with suppress(RunError):  # the other verb's frame was the last
        verb()


def _refused(verb: Callable[[], Any]) -> None:
    _or_over(verb)


def _raises(error: type[Exception], verb: Callable[[], Any]) -> None:
    with pytest.raises(error):
        verb()


@contextmanager
def planted(name: str, with_: Any, where: Any = Core) -> Iterator[None]:
    """A fault put in the place of a method."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, name, with_)
        yield
