"""Sweeps: real worker processes, that stream, fail, die and are cancelled each by itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, TypedDict

import numpy as np
import pytest

from mlwidgets import Frames, Metric, Run, Unit, play
from mlwidgets.errors import MLError, ParamError, RunError
from mlwidgets.params import Live, Rate
from mlwidgets.replay import places, worker
from mlwidgets.replay.sweep import Sweep
from tests.waiting import until


class Tick(TypedDict):
    x: Annotated[float, Metric()]
    k: Annotated[int, Unit]


def walk(
    by: Live[Rate] = 0.5, n: int = 5, seed: int = 0, slow: bool = False, doom: str = ""
) -> Frames[Tick]:
    """A walk that can be slow, can fail, and can kill its process."""
    import os
    import signal
    import time

    x = float(seed)
    for k in range(n):
        x += by
        by = yield Tick(x=x, k=k)
        if doom == "raise":
            raise ValueError("doomed")
        if doom == "exit":
            os._exit(7)
        if doom == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if doom == "print":
            print("in the way of the pieces", flush=True)
        if slow:
            time.sleep(0.01)


@pytest.fixture(scope="module")
def run() -> Run:
    return play(walk)


@contextlib.contextmanager
def swept(run: Run, **lists: Any) -> Iterator[Sweep]:
    made = run.sweep(**lists)
    try:
        yield made
    finally:
        made.cancel()


@pytest.fixture(scope="module")
def done(run: Run) -> Iterator[Sweep]:
    """Two walks of two seeds each, and what may go wrong in a lane."""
    with swept(run, doom=["", "raise", "exit", "kill", "print"], seed=[0, 1]) as made:
        yield made.wait(60)


def there(process: int) -> bool:
    """Is it, also as a zombie?"""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


def processes(sweep: Sweep) -> list[int]:
    place = sweep._place
    assert isinstance(place, places.Processes)
    return [process.pid for process in list(place._processes.values())]


def processes_of_first(sweep: Sweep) -> tuple[list[int], Run]:
    """Its processes once the first lane has begun, and that lane."""
    until(lambda: sweep.runs[0].trace, "the lane has begun")
    return processes(sweep), sweep.runs[0]


# what it makes ----------------------------------------------------------------------------


def test_there_is_a_run_for_each_combination_in_order(done: Sweep) -> None:
    assert [run.params["doom"] for run in done.runs[:4]] == ["", "", "raise", "raise"]
    assert [run.params["seed"] for run in done.runs] == [0, 1] * 5
    assert done.labels[1] == "doom = '', seed = 1"
    assert done.progress == (10, 10)


@pytest.mark.parametrize("k", [0, 1, 8, 9])
def test_a_lane_has_the_trace_that_a_run_here_has(done: Sweep, k: int) -> None:
    here = play(walk, **done.given[k]).wait()
    assert done.runs[k].status == "done"
    assert done.runs[k].trace.hash == here.trace.hash
    assert done.runs[k].trace.schema == here.trace.schema


@pytest.mark.parametrize(
    ("k", "said"),
    [
        (2, "ValueError: doomed"),
        (4, "the worker process ended early (exit code 7)"),
        (6, "the worker process died (signal 9)"),
    ],
)
def test_what_goes_wrong_in_a_lane_is_said_there_and_its_frames_stay(
    done: Sweep, k: int, said: str
) -> None:
    lane = done.runs[k]
    assert (lane.status, str(lane.error)) == ("failed", said)
    assert str(done.errors[done.labels[k]]) == said
    with pytest.raises(RunError, match=said[:20]):
        lane.wait()
    if k == 2:
        assert len(lane.trace) == 1
        assert 'raise ValueError("doomed")' in lane.error.__notes__[0]  # type: ignore[union-attr]


def test_it_reads_as_a_table_with_mean_and_deviation_over_seeds(done: Sweep) -> None:
    said = repr(done)
    assert said.startswith("Sweep of walk: 10 lanes, 4 done, 6 failed")
    assert "  ''     0     done    5       2.5" in said
    assert "  doom = '': x 3 ± 0.7071 over 2 seeds" in said
    assert "  doom = kill: x" not in said, "those that did not finish are not averaged"
    assert "  doom = kill, seed = 1: the worker process died (signal 9)" in said


def test_it_reads_as_a_data_frame(done: Sweep) -> None:
    table = done.to_pandas()
    assert list(table.columns) == ["doom", "seed", "status", "frames", "x", "k"]
    assert table["x"][:2].tolist() == [2.5, 3.5]
    assert table["status"].tolist()[4] == "failed"


def test_a_lane_is_branched_and_restarted_here(done: Sweep) -> None:
    twin = done.runs[0].branch(2, by=1.0).step(1)
    assert twin.trace["x"].tolist() == [0.5, 1.0, 1.5, 2.5]
    other = play(walk).sweep(seed=[3]).wait(60).runs[0]
    assert other.restart(seed=4).wait().trace["x"][0] == 4.5


def test_a_thinned_trace_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where rows had been sent that are thinned out later."""
    monkeypatch.setattr(worker, "EVERY", 0.001)
    executor = ThreadPoolExecutor(1)
    with executor:
        made = play(walk).sweep(executor, n=[25_003]).wait(60)
    lane = made.runs[0]
    here = play(walk, n=25_003).wait()
    assert (lane.trace.stride, lane.trace.last) == (4, 25_002)
    assert "done    25003" in " ".join([*made.summary().splitlines()])
    assert made.to_pandas()["frames"].tolist() == [25_003], "as many as the run has, not as it kept"
    assert lane.trace.hash == here.trace.hash
    assert lane.trace.marks == here.trace.marks


def test_pieces_are_bounded_and_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PIECE_ROWS", 3)
    here = play(walk, n=8)
    params = {name: worker.pack(value) for name, value in here.params.items()}
    job = worker.Job("walk", params, worker.pack(worker.function_of(here.algorithm)))
    pieces = worker.whole(job)
    rows = [worker_rows(piece) for piece in pieces]
    assert max(map(len, rows)) == 3
    assert [number for part in rows for number in part] == list(range(8))


def worker_rows(piece: bytes) -> list[int]:
    from mlwidgets.tracefile import read_piece

    return [int(n) for n in read_piece(piece)[0].frames]


def test_an_algorithm_that_is_registered_travels_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also without cloudpickle."""
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    run = play("rl.q_learning", episodes=2)
    with swept(run, alpha=np.array([0.25, 0.75]), workers=1) as made:
        made.wait(60)
        for lane, values in zip(made.runs, made.given, strict=True):
            here = play("rl.q_learning", episodes=2, **values).wait()
            assert lane.trace.hash == here.trace.hash
            assert lane.trace.schema == here.trace.schema


SCRIPT = """
from __future__ import annotations
from typing import Annotated, TypedDict
import os, mlwidgets
from mlwidgets import Frames, Live, Rate, Unit, algorithm

BASE = 2.0

class Step(TypedDict):
    x: float
    k: Annotated[int, Unit]

@algorithm
def mine(a: Live[Rate] = 0.5, n: int = 4) -> Frames[Step]:
    for k in range(n):
        a = yield Step(x=2 * k if a else BASE, k=k)

sweep = mlwidgets.play(mine).sweep(a=[0.0, 1.0], workers=1).wait(60)
print(sweep.runs[0].trace["x"].dtype, sweep.runs[1].trace["x"].tolist())
print(sweep.runs[0].trace.hash == mlwidgets.play(mine, a=0.0).wait().trace.hash)
forever = mlwidgets.play(mine, n=2_000_000_000).sweep(a=[1.0])
while not forever.runs[0].trace:
    pass
print(next(iter(forever._place._processes.values())).pid)
"""


def test_a_scripts_own_function_is_swept_and_its_end_ends_the_workers(tmp_path: Path) -> None:
    """No `if __name__ == "__main__"`, and annotations that are texts."""
    (tmp_path / "script.py").write_text(SCRIPT)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path, env=env, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert told.stderr == ""
    values, equal, process = told.stdout.splitlines()
    assert (values, equal) == ("float64 [0.0, 2.0, 4.0, 6.0]", "True")
    until(lambda: not there(int(process)), "the worker has ended with the script")


# while it goes ----------------------------------------------------------------------------


def test_it_returns_at_once_and_lanes_grow_until_they_are_cancelled(run: Run) -> None:
    before = set(threading.enumerate())
    with swept(run, n=[100_000, 100_001], slow=[True], workers=2) as made:
        assert {lane.status for lane in made.runs} <= {"ready", "running"}
        until(lambda: all(len(lane.trace) > 20 for lane in made.runs), "both lanes grow")
        assert made.progress == (0, 2)
        workers = processes(made)
        assert len(workers) == 2
        with pytest.raises(RunError, match=r"walk: 2 of 2 lanes after 0\.01 s"):
            made.wait(0.01)
        with pytest.raises(RunError, match="cannot be held"):
            made.runs[0].pause()
        with pytest.raises(RunError, match="by: a lane of a sweep is not steered"):
            made.runs[0].set(by=0.1)
        made.cancel()
        assert [lane.status for lane in made.runs] == ["stopped", "stopped"]
        assert not any(map(there, workers)), "gone, and no zombie"
        until(lambda: set(threading.enumerate()) <= before, "no thread is left")
        assert len(made.runs[0].trace) > 20
        assert made.wait(1) is made


def test_a_worker_that_is_killed_costs_its_own_lane_only(run: Run) -> None:
    with swept(run, n=[100_000, 300], slow=[True], workers=2) as made:
        until(lambda: all(len(lane.trace) > 5 for lane in made.runs), "both lanes grow")
        process = made._place._processes[made._lanes[0]]  # type: ignore[attr-defined]
        os.kill(process.pid, signal.SIGKILL)
        made.wait(60)
        assert str(made.runs[0].error) == "the worker process died (signal 9)"
        assert (made.runs[1].status, len(made.runs[1].trace)) == ("done", 300)


def test_the_timeline_is_the_longest_lanes_that_has_not_failed(run: Run) -> None:
    with swept(run, n=[100_000, 100_001], slow=[True], workers=2) as made:
        assert made.player.run is made.runs[0]
        until(lambda: len(made.runs[0].trace) > 5 and made.runs[1].trace, "both lanes grow")
        os.kill(made._place._processes[made._lanes[0]].pid, signal.SIGKILL)  # type: ignore[attr-defined]
        until(lambda: made.player.run is made.runs[1], "the other one leads")
        assert [lane.run for lane in made.player.lanes] == [made.runs[0]]
        state = made.player.state_now()
        assert state["lanes"][0]["error"]["text"] == "the worker process died (signal 9)"
        assert (state["label"], state["group"]) == (
            "n = 100001",
            (1, "n = 100001", 1),
        )


def test_lanes_wait_their_turn_and_one_can_be_stopped(run: Run) -> None:
    with swept(run, n=[100_000, 100_001, 4], slow=[True], workers=1) as made:
        until(lambda: made.runs[0].trace, "the first has begun")
        assert [lane.status for lane in made.runs] == ["running", "ready", "ready"]
        assert "waiting" in repr(made)
        made.runs[1].stop()
        made.runs[0].stop()
        made.wait(60)
        assert [lane.status for lane in made.runs] == ["stopped", "stopped", "done"]


def test_a_sweep_that_nobody_holds_ends_its_workers(run: Run) -> None:
    import gc

    made = run.sweep(n=[100_000], slow=[True])
    workers, lane = processes_of_first(made)
    del made
    gc.collect()
    assert there(workers[0]), "its run is held"
    del lane
    gc.collect()
    until(lambda: not any(map(there, workers)), "the worker has ended")


KILLED = """
forever = mlwidgets.play(mine, n=2_000_000_000).sweep(a=[1.0])
while not forever.runs[0].trace:
    pass
print(next(iter(forever._place._processes.values())).pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_worker_ends_with_the_process_that_asked(tmp_path: Path) -> None:
    """Also where that is killed."""
    script = SCRIPT.partition("sweep = ")[0] + KILLED
    (tmp_path / "script.py").write_text(script)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path, env=env, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    until(lambda: not there(int(told.stdout)), "the worker has ended")


# what is given wrongly --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda r: r.sweep(), "a sweep takes lists of values: sweep(by=[...])"),
        (lambda r: r.sweep(by=[]), "by=[]: give at least one value"),
        (lambda r: r.sweep(by=0.5), "by=0.5: give a list, by=[0.5]"),
        (lambda r: r.sweep(doom="kill"), "doom='kill': give a list, doom=['kill']"),
        (lambda r: r.sweep(bye=[1]), "no parameter 'bye'. Did you mean 'by'?"),
        (lambda r: r.sweep(by=[0.5, 9.0]), "by=9.0: must lie in [0, 1]"),
        (lambda r: r.sweep(by=[2.0], n=["x"]), "by=2.0: must lie in [0, 1]; n='x': "),
        (lambda r: r.sweep(seed=[1, 2, 1]), "seed: 1 is given twice"),
        (
            lambda r: r.sweep(by=[0.1, 0.2, 0.3, 0.4], seed=range(20)),
            "4 of by × 20 of seed would be 80 lanes: a sweep takes at most 64",
        ),
        (lambda r: r.sweep(seed=range(10**9)), "seed: 1,000,000,000 lanes: a sweep takes"),
        (lambda r: r.sweep(seed=iter(int, 1)), "seed: more than 64 lanes: a sweep takes"),
        (
            lambda r: r.sweep(n=range(1, 201), seed=range(100)),
            "200 of n and 100 of seed: a sweep takes at most 64 lanes",
        ),
        (lambda r: r.sweep(seed=[1], workers=0), "workers=0: must be a whole number"),
        (lambda r: r.sweep("dask", seed=[1]), "on='dask': must be a Dask scheduler's address"),
        (lambda r: r.sweep("tcp://x", workers=2, seed=[1]), "workers=2: is for local processes"),
    ],
)
def test_what_is_given_wrongly_is_told(run: Run, call: Callable[[Run], Any], said: str) -> None:
    with pytest.raises(ParamError) as caught:
        call(run)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_a_parameter_that_cannot_be_sent_is_named() -> None:
    def held(thing: Any = None, seed: int = 0) -> Frames[Any]:
        yield {"x": float(seed)}

    with pytest.raises(ParamError, match=r"^thing=<unlocked.*cannot be sent to another process"):
        play(held, thing=threading.Lock()).sweep(seed=[0, 1])
    with pytest.raises(ParamError, match=r"^thing=.*cannot be sent"):
        play(held).sweep(thing=[1, (n for n in "ab")])


class Holder:
    """An object with a lambda inside."""

    def __init__(self) -> None:
        self.how = lambda: 1


def test_a_lambda_in_an_object_needs_cloudpickle(monkeypatch: pytest.MonkeyPatch) -> None:
    def held(thing: Any = None, seed: int = 0) -> Frames[Any]:
        yield {"x": float(thing.how() if thing else 0)}

    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(ParamError, match=r"thing=.*lambda.*pip install \"mlwidgets\[sweep\]\""):
        play(held, thing=Holder()).sweep(seed=[0])
    with pytest.raises(RunError, match=r"held: cannot be sent.*mlwidgets\[sweep\]"):
        play(held).sweep(seed=[0])
    monkeypatch.undo()
    with swept(play(held, thing=Holder()), seed=[0]) as made:
        assert made.wait(60).runs[0].trace["x"].tolist() == [1.0]


def test_what_cannot_begin_anew_cannot_be_swept(tmp_path: Path, run: Run) -> None:
    from mlwidgets import load

    run.save(tmp_path / "a.trace")
    with pytest.raises(RunError, match="cannot sweep, it is loaded from a file"):
        load(tmp_path / "a.trace").sweep(seed=[1])


def test_a_frame_0_that_fails_fails_its_lane() -> None:
    def picky(n: int = 1, seed: int = 0) -> Frames[Any]:
        if n > 1:
            raise MLError("n: is too large")
        yield {"x": 1.0}

    with swept(play(picky), n=[1, 2]) as made:
        made.wait(60)
        assert (str(made.runs[1].error), len(made.runs[1].trace)) == ("n: is too large", 0)
        assert made.runs[0].status == "done"


# elsewhere --------------------------------------------------------------------------------


def ours() -> set[threading.Thread]:
    names = ("mlwidgets sweep", "mlwidgets aside")
    return {thread for thread in threading.enumerate() if thread.name in names}


def test_a_dask_cluster_computes_lanes_and_nothing_is_left(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    start: Any = LocalCluster  # it has no types
    before = ours()
    with start(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        made = run.sweep(on=address, doom=["", "raise"], seed=[0, 1])
        made.wait(60)
        assert [lane.status for lane in made.runs] == ["done", "done", "failed", "failed"]
        assert str(made.runs[2].error) == "ValueError: doomed"
        for lane, values in zip(made.runs[:2], made.given, strict=False):
            assert lane.trace.hash == play(walk, **values).wait().trace.hash
        long = run.sweep(on=address, n=[300], slow=[True])
        assert long.cancel().runs[0].status == "stopped"
        until(lambda: not ours() - before, "no thread of ours is left")
    monkeypatch.setattr(places, "PATIENCE", 0.2)
    with pytest.raises(RunError, match="no Dask scheduler answers"):
        run.sweep(on=address, seed=[0])


def deadly(a: int = 1, whom: str = "itself") -> Frames[Any]:
    """One value of it kills its process, or the cluster's worker that has it."""
    import os
    import signal

    yield {"a": a}
    if a == 2:
        os.kill(os.getpid() if whom == "itself" else os.getppid(), signal.SIGKILL)
    yield {"a": a}


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        ("itself", "the worker process died (signal 9)"),
        ("the worker", "the cluster's worker died, also when it had this lane alone"),
    ],
)
def test_a_lane_that_kills_costs_no_other_lane_of_the_cluster(whom: str, said: str) -> None:
    """Dask is told to give up at the first death, when the lanes beside it have died as well."""
    import dask
    from distributed import LocalCluster

    config: Any = dask.config
    start: Any = LocalCluster  # they have no types
    lanes = [2, 1, 5, 6, 7, 8, 9, 10]
    with (
        config.set({"distributed.scheduler.allowed-failures": 0}),
        start(n_workers=2, threads_per_worker=2, dashboard_address=None) as cluster,
    ):
        made = play(deadly, whom=whom, a=1).sweep(cluster.scheduler_address, a=lanes).wait(100)
    assert [lane.status for lane in made.runs] == ["failed", *["done"] * 7]
    assert str(made.runs[0].error) == said


def test_a_cluster_whose_workers_are_gone_is_not_waited_for(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(places, "DESERTED", 0.1)
    monkeypatch.setattr(places, "COUNT", 0.1)
    start: Any = LocalCluster  # it has no types
    with start(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        made = run.sweep(on=cluster.scheduler_address, n=[100_000], slow=[True])
        place = made._place
        assert isinstance(place, places.Cluster)
        until(lambda: place._peopled < float("inf"), "the worker has been seen")
        cluster.scale(0)
        made.wait(60)
    assert str(made.runs[0].error) == "the cluster has had no worker for 0.1 s"


def test_without_dask_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RunError, match=r"needs Dask: pip install \"mlwidgets\[dask\]\""):
        run.sweep(on="tcp://127.0.0.1:1", seed=[0])


def test_any_executor_computes_lanes(run: Run) -> None:
    with ThreadPoolExecutor(1) as executor:
        made = run.sweep(executor, doom=["raise", ""]).wait(60)
        assert [lane.status for lane in made.runs] == ["failed", "done"]
    late = run.sweep(executor, seed=[0]).wait(60)
    assert "the executor does not take it" in str(late.runs[0].error)


def test_a_text_that_is_no_characters_does_not_keep_a_sweep_from_being_shown() -> None:
    def doomed(word: str = "") -> Iterator[dict[str, Any]]:
        yield {"x": 1.0}
        raise ValueError(word)

    with ThreadPoolExecutor(1) as executor:
        made = play(doomed).sweep(executor, word=["half \ud800 of a pair"]).wait(60)
    assert "half \ufffd of a pair" in made.summary()
    assert made.close().summary().encode()
