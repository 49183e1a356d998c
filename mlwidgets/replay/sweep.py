"""A sweep: one run for each combination of parameters, computed by workers, shown as lanes."""

from __future__ import annotations

import importlib.util
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from concurrent.futures import Executor
from dataclasses import replace
from itertools import islice, product
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any, Self, cast

from mlwidgets.errors import ParamError, RunError, clip, sayable, told
from mlwidgets.kinds import integer, same
from mlwidgets.registry import registered
from mlwidgets.run import Run
from mlwidgets.shell import cells, renew
from mlwidgets.summary import number

from .compare import Comparison
from .lane import LaneCore, Place, lane_of
from .places import Elsewhere, Processes, dask
from .worker import Job, function_of, pack

if TYPE_CHECKING:
    import pandas as pd

    from mlwidgets.algorithms import Algorithm
    from mlwidgets.params import Param
    from mlwidgets.player import Player

MOST = 64  # lanes of one sweep
OVER = ("done", "failed", "stopped")
EXTRA = 'pip install "mlwidgets[sweep]"'


class Sweep(Comparison):
    """Runs of one algorithm with different parameters; in a notebook, lanes that fill as they go.

    `runs` has a run for each combination, the parameter named last changing fastest; `given` says
    which. A run of it is like any other: its trace grows, and `branch` goes on from it here.
    """

    def __init__(self, like: Run, lists: Mapping[str, Sequence[Any]], place: Place) -> None:
        self.name, self._spec, self._place = like.name, like.algorithm.spec, place
        self.given = [dict(zip(lists, values, strict=True)) for values in product(*lists.values())]
        self._differing = [name for name in lists if len(lists[name]) > 1] or [*lists]
        start = like._core.start
        runs = [lane_of(like, {**start, **values}, place, self) for values in self.given]
        super().__init__(runs, [self._label(values) for values in self.given])
        self._settling = threading.Lock()
        self._lanes = [cast(LaneCore, run._core) for run in runs]
        weakref.finalize(self, place.close, False).atexit = False

    def _begin(self, jobs: Sequence[Job]) -> None:
        told = _watcher(weakref.ref(self))
        for core, job in zip(self._lanes, jobs, strict=True):
            core.watchers.append(told)
            self._place.begin(core, job)

    def _label(self, values: Mapping[str, Any]) -> str:
        words = [
            f"{self._symbol(name)} = {clip(self._spec[name].format(value), 28)}"
            for name, value in values.items()
            if name in self._differing
        ]
        return ", ".join(words)

    def _symbol(self, name: str) -> str:
        return self._spec[name].symbol or name

    # driving ------------------------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> Self:
        """Return once every lane is over; those that failed are in `errors`.

        An interrupt leaves the lanes going. RunError when `timeout` seconds pass first.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        for run in self.runs:
            if not run._driver.settle(deadline):
                over, lanes = self.progress
                raise RunError(f"{self.name}: {lanes - over} of {lanes} lanes after {timeout} s")
        return self

    def cancel(self) -> Self:
        """End every worker; what has been recorded stays."""
        for core in self._lanes:
            core.stop()
        self._place.close()
        return self

    def close(self) -> Self:
        """Cancel, and take it off the page; the traces can still be read."""
        self.cancel()
        super().close()
        return self

    def _settle(self) -> None:
        """A lane is over: where it led the timeline, the longest does; the last renews the still.

        In a thread of its own: it waits for locks that the lane's thread may hold.
        """
        player, (over, lanes) = self._player, self.progress
        if over == lanes:
            self._place.close()
        if player is None or self.closed:
            return
        with self._settling:
            shown = player.run
            able = [run for run in self.runs if over == lanes or run.status != "failed"]
            longest = max(able, key=lambda run: (run.number, run is shown), default=shown)
            if longest is not shown and shown.status in OVER:
                self._lead(player, longest)
        if over == lanes and not any(player.feed._acked):
            renew(self)  # no page has spoken

    def _lead(self, player: Player, leader: Run) -> None:
        """This run is the one whose frames the slider counts."""
        said = dict(zip(self.runs, self.labels, strict=True))
        player.run, player.label = leader, said.pop(leader)
        player.watch(leader)
        player.lay([*said], [*said.values()])

    # reading ------------------------------------------------------------------------------

    @property
    def progress(self) -> tuple[int, int]:
        """How many lanes are over, and how many there are."""
        return sum(run.status in OVER for run in self.runs), len(self.runs)

    @property
    def errors(self) -> dict[str, BaseException]:
        """What went wrong, by the label of the lane."""
        pairs = zip(self.labels, self.runs, strict=True)
        return {label: run.error for label, run in pairs if run.error is not None}

    def to_pandas(self) -> pd.DataFrame:
        """A row for each lane: its parameters, status, frames, and each quantity's last value."""
        import pandas as pd

        return pd.DataFrame([self._row(k) for k in range(len(self.runs))])

    def _row(self, k: int) -> dict[str, Any]:
        run = self.runs[k]
        row = {**self.given[k], "status": run.status, "frames": run.number + 1}
        for column in run.trace.schema.columns if run.trace else ():
            if column.light:
                name = f"{column.name} (last)" if column.name in row else column.name
                row[name] = last(run, column.name)
        return row

    @property
    def metric(self) -> str:
        """The quantity that says how well it goes: a `Metric`, or what the first curve draws."""
        columns = next((run.trace.schema.columns for run in self.runs if run.trace), ())
        judged = [c.name for c in columns if c.better]
        drawn = [n for v in self.runs[0].views if v.kind == "line" for n in v.columns]
        known = [c.name for c in columns if c.light and not c.unit]
        return next((n for n in [*judged, *drawn, *known] if n in known), "")

    @property
    def groups(self) -> list[tuple[str, list[Run]]]:
        """Lanes that differ in their seed only, with what is different between the groups."""
        found: list[tuple[dict[str, Any], list[Run]]] = []
        for run, values in zip(self.runs, self.given, strict=True):
            rest = {name: value for name, value in values.items() if name != "seed"}
            mine = next((g for g, _ in found if all(same(g[n], rest[n]) for n in rest)), None)
            if mine is None:
                found.append((rest, [run]))
            else:
                next(lanes for g, lanes in found if g is mine).append(run)
        return [(self._label(rest), lanes) for rest, lanes in found]

    def summary(self) -> str:
        """A table of the lanes, and the metric's mean ± standard deviation over seeds."""
        states = [run.status for run in self.runs]
        counts = ", ".join(f"{states.count(s)} {SAID.get(s, s)}" for s in dict.fromkeys(states))
        names, metric = [*self.given[0]], self.metric
        head = [*map(self._symbol, names), "status", "frames", *([metric] if metric else [])]
        rows = [self._cells(k, names, metric) for k in range(len(self.runs))]
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        lines = [
            "  " + "  ".join(t.ljust(w) for t, w in zip(r, widths, strict=True)).rstrip()
            for r in [head, *rows]
        ]
        faults = [f"  {label}: {told(error)}" for label, error in self.errors.items()]
        first = f"Sweep of {self.name}: {len(self.runs)} lanes, {counts}"
        return str(sayable("\n".join([first, *lines, *self._spread(metric), *faults])))

    def _cells(self, k: int, names: Sequence[str], metric: str) -> list[str]:
        run, values = self.runs[k], self.given[k]
        words = [clip(self._spec[n].format(values[n]), 28) for n in names]
        value = last(run, metric) if metric else None
        said = [number(value) if value is not None else "–"] if metric else []
        return [*words, SAID.get(run.status, run.status), str(run.number + 1), *said]

    def _spread(self, metric: str) -> list[str]:
        """A line for each group of several seeds, over those that are done."""
        lines = []
        for label, runs in self.groups if metric else ():
            ended = [run for run in runs if run.status == "done"]
            values = [v for run in ended if (v := last(run, metric)) is not None]
            if len(runs) > 1 and len(values) > 1:
                middle, by = number(mean(values)), number(stdev(values))
                where = f"{label}: " if label else ""
                lines.append(f"  {where}{metric} {middle} ± {by} over {len(values)} seeds")
        return lines

    @property
    def player(self) -> Player:
        """The widget, made when first asked for."""
        if self._player is None:
            from mlwidgets.player import Player

            leader = max(self.runs, key=lambda run: (run.number, -self.runs.index(run)))
            self._player = Player(leader, leader.views, self)
            self._player.groups = {
                run: (k, label, self.runs.index(run))
                for k, (label, runs) in enumerate(self.groups)
                for run in runs
            }
            self._lead(self._player, leader)
        return self._player


SAID = {"ready": "waiting"}


def last(run: Run, name: str) -> float | None:
    """The last finite value that a lane has of a quantity."""
    if not run.trace or name not in run.trace or not run.trace.schema[name].light:
        return None
    values = run.trace[name].astype(float)
    return next((v for v in reversed(values.tolist()) if math.isfinite(v)), None)


def _watcher(sweep: weakref.ref[Sweep]) -> Callable[[], None]:
    """Told by the lanes' cores, which must not keep the sweep alive."""
    seen = 0

    def told() -> None:
        nonlocal seen
        held = sweep()
        if held is not None and (over := held.progress[0]) != seen:
            seen = over
            threading.Thread(target=held._settle, name="mlwidgets aside", daemon=True).start()

    return told


def asked_to_cancel(player: Player, _content: Mapping[str, Any]) -> None:
    """The page's Cancel."""
    if player.sweep is not None:
        player.sweep.cancel()


# making one -------------------------------------------------------------------------------


def sweep(run: Run, on: Any, workers: int | None, lists: Mapping[str, Any]) -> Sweep:
    """See `Run.sweep`."""
    if run.fixed or run.closed:
        raise RunError(f"{run.name}: cannot sweep, {run.fixed or 'it is closed: play it anew'}")
    values = _checked(run, lists)
    count = _workers(on, workers)
    jobs = _jobs(run, values, count)
    made = Sweep(run, values, _place(on, count))
    cells.adopt(made)
    made._begin(jobs)
    return made


def _checked(run: Run, lists: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Every parameter's values; one ParamError lists all faults."""
    spec = run.algorithm.spec
    if not lists:
        some = next(iter(spec), None)
        way = f"sweep({some}=[...])" if some else "this algorithm has no parameters"
        raise ParamError(f"a sweep takes lists of values: {way}")
    values, faults = {}, []
    for name, given in lists.items():
        try:
            values[name] = _values(spec.named(name), given)
        except ParamError as fault:
            faults.append(fault)
    long = [
        f"{len(v):,} of {n}" for n, v in lists.items() if isinstance(v, Sized) and len(v) > MOST
    ]
    if len(long) > 1:
        raise ParamError(f"{' and '.join(long)}: a sweep takes at most {MOST} lanes")
    if faults:
        raise ParamError("; ".join(map(str, faults)), faults[0].name)
    sizes = [len(v) for v in values.values()]
    if (lanes := math.prod(sizes)) > MOST:
        each = " × ".join(f"{len(v)} of {name}" for name, v in values.items())
        raise ParamError(f"{each} would be {lanes:,} lanes: a sweep takes at most {MOST}")
    return values


def _values(param: Param, given: Any) -> list[Any]:
    if getattr(given, "ndim", 0) == 1:
        given = given.tolist()
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        text = clip(repr(given), 40)
        raise ParamError(f"{param.name}={text}: give a list, {param.name}=[{text}]", param.name)
    found = list(islice(given, MOST + 1))
    if len(found) > MOST:
        many = f"{len(given):,}" if isinstance(given, Sized) else f"more than {MOST}"
        raise ParamError(f"{param.name}: {many} lanes: a sweep takes at most {MOST}", param.name)
    if not found:
        raise ParamError(f"{param.name}=[]: give at least one value", param.name)
    checked = [param.check(value) for value in found]
    for k, value in enumerate(checked):
        if any(same(value, other) for other in checked[:k]):
            raise ParamError(f"{param.name}: {clip(repr(value), 40)} is given twice", param.name)
    return checked


def _workers(on: Any, workers: Any) -> int:
    if workers is None:
        return os.cpu_count() or 1
    if on is not None:
        raise ParamError(f"workers={workers!r}: is for local processes; on= has its own")
    count = integer(workers)
    if count is None or count < 1:
        raise ParamError(f"workers={workers!r}: must be a whole number of at least 1")
    return count


def _place(on: Any, workers: int) -> Place:
    if on is None:
        return Processes(workers)
    if isinstance(on, Executor):
        return Elsewhere(on)
    if isinstance(on, str) and "://" in on:
        return dask(on)
    raise ParamError(
        f"on={clip(repr(on), 60)}: must be a Dask scheduler's address such as"
        ' "tcp://127.0.0.1:8786", an executor, or left out for processes here'
    )


def _jobs(run: Run, values: Mapping[str, Sequence[Any]], workers: int) -> list[Job]:
    """A job for each combination."""
    job, lists = packed_job(run, values, min(workers, math.prod(map(len, values.values()))))
    each = product(*([(name, value) for value in given] for name, given in lists.items()))
    return [replace(job, params={**job.params, **dict(pairs)}) for pairs in each]


def packed_job(
    run: Run, values: Mapping[str, Sequence[Any]], workers: int
) -> tuple[Job, dict[str, list[bytes]]]:
    """What all combinations have in common, and the values that differ; each is packed once."""
    base = {n: _packed(n, v) for n, v in run._core.start.items() if n not in values}
    lists = {name: [_packed(name, value) for value in given] for name, given in values.items()}
    threads = max(1, (os.cpu_count() or 1) // workers)
    known = registered(run.algorithm)
    algorithm = b"" if known else _packed_function(run.algorithm)
    return Job(known or run.name, base, algorithm, run.device, threads), lists


def _packed(name: str, value: Any) -> bytes:
    try:
        return pack(value)
    except Exception as error:  # whatever its parts raise
        why = clip(told(error), 120)
        raise ParamError(
            f"{name}={clip(repr(value), 40)}: cannot be sent to another process: {why}{_way()}",
            name,
        ) from error


def _packed_function(algorithm: Algorithm[Any, Any]) -> bytes:
    cell = algorithm.fn.__module__ == "__main__" and _way()
    try:
        if cell:
            raise RunError("it is defined in a cell")
        return pack(function_of(algorithm))
    except Exception as error:  # whatever is in its closure raises
        why = clip(told(error), 120)
        raise RunError(
            f"{algorithm.name}: cannot be sent to another process: {why}{_way()}"
        ) from error


def _way() -> str:
    return "" if importlib.util.find_spec("cloudpickle") else f"; {EXTRA} sends more"
