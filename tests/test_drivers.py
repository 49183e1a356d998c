"""Drivers: a thread, or turns from whoever waits; the frames are the same."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from typing import Any

import pytest

import mlwidgets
from mlwidgets import Frames, Run
from mlwidgets.algorithms import as_algorithm
from mlwidgets.drivers import SPARES, WAITS, ThreadDriver, TurnsDriver, _serving, _spare
from tests.waiting import until

WHERE: contextvars.ContextVar[str] = contextvars.ContextVar("WHERE", default="nowhere")


def count(n: int = 1000) -> Frames[dict[str, int]]:
    for k in range(n):
        yield {"k": k}


def forever() -> Frames[dict[str, int]]:
    k = 0
    while True:
        yield {"k": k}
        k += 1


def run_of(fn: Any = count, *, thread: bool | None = None, **params: Any) -> Run:
    return Run(as_algorithm(fn), params, thread=thread)


def script(text: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own, where a program may end or be interrupted."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_thread_and_turns_record_the_same() -> None:
    by_thread, by_turns = run_of(thread=True).wait(), run_of(thread=False).wait()
    assert by_thread.trace.hash == by_turns.trace.hash
    assert by_turns.trace["k"].tolist() == [frame["k"] for frame in count()]


def test_without_a_thread_every_verb_works() -> None:
    run = run_of(thread=False)
    assert run.step(3).number == 3
    assert run.step().pause().status == "paused"
    assert run.stop().status == "stopped"
    assert run.restart(n=5).wait().status == "done"


def test_a_timeout_is_kept_without_a_thread_too() -> None:
    run = run_of(forever, thread=False)
    with pytest.raises(mlwidgets.MLError, match=r"still running after 0.05 s"):
        run.wait(timeout=0.05)
    run.stop()


def test_an_event_loop_drives_a_run_without_a_thread() -> None:
    async def play() -> Run:
        run = run_of(thread=False).start()
        while run.status == "running":
            await asyncio.sleep(0)
        return run

    run = asyncio.run(play())
    assert (run.status, len(run.trace)) == ("done", 1000)


def test_a_run_inside_a_run_goes_inline() -> None:
    kinds: list[type] = []

    def outer() -> Frames[dict[str, Any]]:
        inner = run_of(count, n=3)
        kinds.append(type(inner._driver))
        yield {"k": inner.wait().trace["k"]}

    run = run_of(outer, thread=True).wait()
    assert kinds == [TurnsDriver]
    assert run.trace["k"].tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("name", ["mlwidgets restart", "mlwidgets sender", "anything"])
def test_a_run_begun_in_another_thread_has_its_own_whatever_that_is_called(name: str) -> None:
    made: list[Run] = []
    other = threading.Thread(target=lambda: made.append(run_of()), name=name)
    other.start()
    other.join()
    assert isinstance(made[0]._driver, ThreadDriver)
    made[0].close()


def test_the_context_of_the_caller_goes_along_so_that_prints_stay_with_their_cell() -> None:
    def says() -> Frames[dict[str, str]]:
        yield {"where": WHERE.get()}

    token = WHERE.set("cell 3")
    try:
        run = run_of(says, thread=True)
    finally:
        WHERE.reset(token)
    assert run.trace["where"].tolist() == ["cell 3"]
    run.close()


# stopping ---------------------------------------------------------------------------------


def test_a_frame_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlwidgets.drivers.GRACE", 0.1)

    inside = threading.Event()

    def hangs() -> Frames[dict[str, int]]:
        yield {"k": 0}
        inside.set()
        while True:
            pass

    run = run_of(hangs).start()
    assert inside.wait(30)
    assert run.stop().status == "stopped"
    thread = run._driver.thread  # type: ignore[attr-defined]  # a ThreadDriver
    until(lambda: not thread.is_alive(), "the thread has ended")
    assert run.trace["k"].tolist() == [0]


def test_a_stop_that_has_to_wait_says_so_and_then_no_more() -> None:
    inside, release, said = threading.Event(), threading.Event(), list[str]()

    def sleeps() -> Frames[dict[str, int]]:
        yield {"k": 0}
        inside.set()
        release.wait(30)
        yield {"k": 1}

    def told() -> None:
        said.append(run._core.note)
        if said[-1] == WAITS:
            release.set()

    run = run_of(sleeps).start()
    assert inside.wait(30)
    run._core.watchers.append(told)
    assert run.stop().status == "stopped"
    assert WAITS in said
    assert run._core.note == ""


def test_a_frame_that_refuses_every_stop_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlwidgets.drivers.GRACE", 0.1)
    inside, release = threading.Event(), threading.Event()

    def stubborn() -> Frames[dict[str, int]]:
        yield {"k": 0}
        inside.set()
        while not release.is_set():
            try:
                while not release.is_set():
                    pass
            except BaseException:
                continue
        yield {"k": 1}

    run = run_of(stubborn).start()
    assert inside.wait(30)
    assert run.stop().status == "stopped"
    assert "does not end" in run.summary()
    release.set()
    thread = run._driver.thread  # type: ignore[attr-defined]  # a ThreadDriver
    until(lambda: not thread.is_alive(), "the thread has ended")
    assert run.status == "stopped"


def test_stop_right_at_the_end_of_a_frame_leaves_no_run_hanging() -> None:
    def naps() -> Frames[dict[str, int]]:
        for k in range(1000):
            time.sleep(0.0005)
            yield {"k": k}

    for _ in range(20):
        run = run_of(naps).start()
        assert run.stop().status == "stopped"


def test_a_run_nobody_holds_leaves_its_thread_and_frees_its_trace() -> None:
    run = run_of(forever).start()
    thread, core = run._driver.thread, weakref.ref(run._core)  # type: ignore[attr-defined]  # a ThreadDriver
    del run
    gc.collect()
    until(lambda: thread not in _serving, "the thread serves nobody")
    until(lambda: gc.collect() >= 0 and core() is None, "the core is freed")


# one thread after another run -------------------------------------------------------------


def numbered() -> Frames[dict[str, Any]]:
    yield {"thread": threading.get_ident(), "where": WHERE.get()}


def test_a_restart_gets_the_thread_it_had_though_another_thread_asks() -> None:
    token = WHERE.set("cell 3")
    try:
        run = run_of(numbered).wait()
    finally:
        WHERE.reset(token)
    first = run.trace["thread"][0]
    for _ in range(3):
        page = threading.Thread(target=run.restart)
        page.start()
        page.join()
        assert run.wait().trace["thread"][0] == first
        assert run.trace["where"].tolist() == ["cell 3"], "its prints stay with their cell"
        until(lambda: bool(_spare), "the thread waits for the next run")


def test_threads_that_wait_for_a_run_are_few() -> None:
    runs = [run_of(forever).start() for _ in range(5)]
    for run in runs:
        run.stop()
    threads = [run._driver.thread for run in runs]  # type: ignore[attr-defined]  # ThreadDrivers
    until(lambda: sum(t.is_alive() for t in threads) <= SPARES, "the others have ended")
    assert run_of().wait().status == "done"


def test_after_a_frame_that_does_not_end_a_restart_gets_a_fresh_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mlwidgets.drivers.GRACE", 0.1)
    inside = threading.Event()

    def hangs(hang: bool = True) -> Frames[dict[str, int]]:
        yield {"thread": threading.get_ident()}
        while hang:
            inside.set()

    run = run_of(hangs).start()
    assert inside.wait(30)
    hung = run._driver.thread  # type: ignore[attr-defined]  # a ThreadDriver
    run.restart(hang=False).wait()
    assert run._driver.thread is not hung  # type: ignore[attr-defined]  # a ThreadDriver
    assert run.trace["thread"].tolist() == [run._driver.thread.ident]  # type: ignore[attr-defined]  # a ThreadDriver


def test_a_stop_of_what_is_over_leaves_the_run_alone_that_has_the_thread_now() -> None:
    old = run_of().wait()
    until(lambda: bool(_spare), "its thread is free")
    new = run_of(forever).start()
    assert new._driver.thread is old._driver.thread  # type: ignore[attr-defined]  # ThreadDrivers
    old.close()
    at = new.number
    until(lambda: new.number > at, "the other run goes on")
    assert new.stop().status == "stopped"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_makes_a_thread_of_its_own() -> None:
    done = script(
        """
        import os, warnings, mlwidgets
        warnings.simplefilter("ignore")
        def counts():
            yield {"k": 0}
        mlwidgets.play(counts).wait().close()
        child = os.fork()
        if child == 0:
            print(mlwidgets.play(counts).wait().status, flush=True)
            os._exit(0)
        os.waitpid(child, 0)
        """
    )
    assert done.stdout == "done\n", done.stderr


def test_a_script_ends_though_runs_compute_in_torch_one_of_them_dropped() -> None:
    done = script(
        """
        import torch, mlwidgets
        def multiply():
            x = torch.ones(700, 700)
            while True:
                x = (x @ x).clamp(0, 1)
                yield {"x": x.sum()}
        kept = mlwidgets.play(multiply).start()
        mlwidgets.play(multiply).start()
        while kept.number < 3: pass
        print("end")
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_an_interrupt_in_wait_holds_the_run_and_loses_nothing() -> None:
    done = script(
        """
        import os, signal, mlwidgets
        def counts():
            for k in range(10**9):
                if k == 5000:
                    os.kill(os.getpid(), signal.SIGINT)
                yield {"k": k}
        run = mlwidgets.play(counts)
        try:
            run.wait()
        except KeyboardInterrupt:
            print("interrupted")
        at = run.pause().number
        print(run.status, at >= 4999, run.step().number == at + 1, len(run.trace) > 4999)
        """
    )
    assert done.stdout == "interrupted\npaused True True True\n", done.stderr
    assert done.returncode == 0


def test_an_interrupt_while_frame_0_is_computed_ends_that_run() -> None:
    done = script(
        """
        import os, signal, time, mlwidgets
        def slow():
            os.kill(os.getpid(), signal.SIGINT)
            while True:
                time.sleep(0.01)
            yield {}
        try:
            mlwidgets.play(slow)
        except KeyboardInterrupt:
            print("interrupted", mlwidgets.runs())
        """
    )
    assert done.stdout == "interrupted []\n", done.stderr
    assert done.returncode == 0
