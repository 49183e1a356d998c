"""A recording on disk survives its process, and a run survives its disk."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

import mlwidgets
from mlwidgets import Frames, Live
from mlwidgets.errors import RunError
from mlwidgets.trace import Trace
from tests.waiting import until

KILLS = 20

# A process that forks one for each path it is given; that one says which frames and which
# changes of its parameter are on disk.
VICTIMS = """
import os, sys
import numpy as np
import mlwidgets, mlwidgets.diskrecord

def walk(by: mlwidgets.Live[int] = -1):
    k = 0
    while True:
        by = yield {"k": k, "xs": np.arange(500) * k, "said": f"frame {k}", "by": by}
        os.write(out, b"%d 0\\n" % k)
        k += 1

def steered(run):
    while True:
        number = run.step(3).number
        run.set(by=number)
        os.write(out, b"%d 1\\n" % number)

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        path, name = line.split()
        out = os.open(name, os.O_WRONLY)
        steered(mlwidgets.play(walk).record_to(path))
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("gone", flush=True)
"""


@pytest.fixture(scope="module")
def victims() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", VICTIMS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.communicate()


def killed(victims: subprocess.Popen[str], path: Path, at: int) -> tuple[int, int]:
    """Record in a process, kill it after some frames; what it said was on disk.

    That is the last frame, and the last value of the parameter.
    """
    said = path.with_suffix(".fifo")
    os.mkfifo(said)
    assert victims.stdin is not None
    assert victims.stdout is not None
    print(path, said, file=victims.stdin, flush=True)
    pid = int(victims.stdout.readline())
    with said.open(encoding="utf-8") as lines:
        for line in lines:
            if int(line.split()[0]) >= at:
                break
        os.kill(pid, signal.SIGKILL)
        said_last = [line, *lines.read().split("\n")[:-1]]
    assert victims.stdout.readline() == "gone\n"
    numbers = [tuple(map(int, each.split())) for each in said_last]
    return numbers[-1][0], max((k for k, steered in numbers if steered), default=-1)


@pytest.mark.parametrize("n", range(KILLS))
def test_a_killed_recording_is_read_to_the_last_frame_it_acknowledged(
    n: int, victims: subprocess.Popen[str], tmp_path: Path
) -> None:
    path = tmp_path / "killed.trace"
    last, by = killed(victims, path, random.Random(n).randrange(300))
    run = mlwidgets.load(path)
    numbers = run.trace.frames.tolist()
    assert numbers == list(range(len(numbers)))
    assert len(numbers) - 1 >= last
    assert (run.trace["xs"] == np.arange(500) * run.trace.frames[:, None]).all()
    assert run.trace["said"].tolist() == [f"frame {k}" for k in numbers]
    assert (run.status, run.trace.truncated) == ("loaded", True)
    assert run._core.note == "The file ends early: this is what had been written."
    assert run.params["by"] >= by
    assert run.trace["by"].tolist() == [in_force(run, k) for k in numbers]
    assert {event.frame for event in run.events} >= set(range(4, len(numbers) - 3, 3))


def in_force(run: mlwidgets.Run, number: int) -> Any:
    """What the events say of the parameter at a frame."""
    return next((e.new for e in reversed(run.events) if e.frame <= number), -1)


def walk(n: int = 50, by: Live[float] = 1.0) -> Frames[dict[str, Any]]:
    x = 0.0
    for _ in range(n):
        by = yield {"x": x, "xs": np.full(3, x)}
        x += by


def test_a_recording_that_ends_says_all_that_a_saved_run_says(tmp_path: Path) -> None:
    run = mlwidgets.play(walk).step(3).record_to(tmp_path / "a.trace").step().set(by=5).wait()
    run.save(tmp_path / "b.trace")
    recorded, saved = (mlwidgets.load(tmp_path / name) for name in ("a.trace", "b.trace"))
    assert recorded.trace.hash == saved.trace.hash == run.trace.hash
    for name in ("events", "params", "number", "line", "info"):
        assert getattr(recorded, name) == getattr(saved, name)
    assert (recorded.trace.truncated, len(recorded.trace)) == (False, 50)


@pytest.mark.parametrize("verb", ["stop", "restart", "close"])
def test_a_recording_ends_with_its_run(verb: str, tmp_path: Path) -> None:
    run = mlwidgets.play(walk).record_to(tmp_path / "a.trace").step(4)
    getattr(run, verb)()
    run.close()
    again = mlwidgets.load(tmp_path / "a.trace")
    assert (len(again.trace), again.trace.truncated) == (5, False)


def test_a_run_nobody_holds_any_more_ends_its_file(tmp_path: Path) -> None:
    mlwidgets.play(walk).record_to(tmp_path / "a.trace").step(4)
    until(lambda: not mlwidgets.load(tmp_path / "a.trace").trace.truncated, "the file is ended")


def test_a_failed_run_leaves_its_frames_and_its_error(tmp_path: Path) -> None:
    def fails() -> Frames[dict[str, int]]:
        yield from ({"k": k} for k in range(7))
        raise ZeroDivisionError

    run = mlwidgets.play(fails).record_to(tmp_path / "a.trace")
    with pytest.raises(ZeroDivisionError):
        run.wait()
    again = mlwidgets.load(tmp_path / "a.trace")
    assert (len(again.trace), again.trace.truncated) == (7, False)


def test_a_run_that_is_thinned_in_memory_is_whole_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlwidgets.run.Trace", partial(Trace, max_frames=20))
    run = mlwidgets.play(walk).record_to(tmp_path / "a.trace").wait()
    again = mlwidgets.load(tmp_path / "a.trace")
    assert run.trace.frames.tolist() == [*range(0, 50, 4), 49]
    assert again.trace.frames.tolist() == [*range(50)]
    assert again.trace["x"].tolist() == [*range(50)]


def test_recording_does_not_change_what_memory_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlwidgets.run.Trace", partial(Trace, max_frames=8))

    def steered(run: mlwidgets.Run) -> mlwidgets.Run:
        return run.step(20).set(by=3).step(5).set(by=4).set(by=3).wait()

    plain, recorded = steered(mlwidgets.play(walk)), mlwidgets.play(walk)
    steered(recorded.record_to(tmp_path / "a.trace"))
    assert recorded.trace.hash == plain.trace.hash
    assert len(mlwidgets.load(tmp_path / "a.trace").trace) == 50


def test_a_recording_begun_at_a_frame_that_memory_dropped_has_that_frame_and_all_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlwidgets.run.Trace", partial(Trace, max_frames=8))
    run = mlwidgets.play(walk).step(21)
    assert run.trace.frames.tolist() == [0, 4, 8, 12, 16, 20]
    run.record_to(tmp_path / "a.trace").wait()
    numbers = mlwidgets.load(tmp_path / "a.trace").trace.frames.tolist()
    assert numbers == [0, 4, 8, 12, 16, *range(20, 50)]


MANY = 30_000


def test_thirty_thousand_frames_are_in_the_file_and_load_thins_them_by_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def long() -> Frames[dict[str, Any]]:
        yield from ({"k": k, "half": k / 2} for k in range(MANY))

    path = tmp_path / "long.trace"
    run = mlwidgets.play(long).record_to(path).wait()
    again = mlwidgets.load(path)
    assert again.trace.frames.tolist() == [*range(0, MANY, 4), MANY - 1]
    assert again.trace.hash == run.trace.hash
    assert (again.number, again.trace.truncated) == (MANY - 1, False)
    monkeypatch.setattr("mlwidgets.tracefile.Trace", partial(Trace, max_frames=MANY))
    whole = mlwidgets.load(path).trace
    assert whole["k"].tolist() == whole.frames.tolist() == list(range(MANY))
    assert (whole["half"] == whole["k"] / 2).all()


def test_a_long_file_is_read_within_the_bounds_of_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound, path = 2 * 2**20, tmp_path / "wide.trace"

    def wide() -> Frames[dict[str, Any]]:
        rng = np.random.default_rng(0)
        yield from ({"W": rng.random(2**14)} for _ in range(300))

    bounded = partial(Trace, max_bytes=bound)
    monkeypatch.setattr("mlwidgets.run.Trace", bounded)
    monkeypatch.setattr("mlwidgets.tracefile.Trace", bounded)
    run = mlwidgets.play(wide).record_to(path).wait()
    assert path.stat().st_size > 15 * bound
    tracemalloc.start()
    try:
        again = mlwidgets.load(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 2 * bound
    assert again.trace.frames.tolist() == [*range(0, 300, 32), 299]
    assert (again.trace["W"] == run.trace["W"]).all()


# steering ------------------------------------------------------------------------------------


def test_steering_is_on_disk_before_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    run = mlwidgets.play(walk).step(3).set(by=2).record_to(path).step(2)

    def now() -> mlwidgets.Run:
        return mlwidgets.load(path)

    assert [(e.frame, e.new) for e in now().events] == [(4, 2)]
    run.set(by=7)
    assert now().events == run.events
    assert now().params["by"] == 7
    run.set(by=8)
    assert now().events == run.events
    run.set(by=2)  # as it was: nothing has happened
    assert now().events == run.events
    assert now().params["by"] == 2
    run.set(by=9).step(2)
    assert now().trace["x"].tolist() == run.trace["x"].tolist() == [0, 1, 2, 3, 5, 7, 16, 25]
    assert now().trace.truncated
    assert now().line == run.line
    events = run.events
    run.close()
    assert now().events == events


def test_steered_frames_of_a_long_file_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = mlwidgets.play(walk).record_to(tmp_path / "a.trace").step(12).set(by=5).wait()
    monkeypatch.setattr("mlwidgets.tracefile.Trace", partial(Trace, max_frames=8))
    again = mlwidgets.load(tmp_path / "a.trace")
    assert again.events == run.events
    assert again.trace.frames.tolist() == [0, 13, 16, 32, 48, 49]


# disks that do not take it --------------------------------------------------------------------


class FullDisk:
    """A file that takes some bytes, and then fails in one way or another."""

    def __init__(self, room: int, error: int) -> None:
        self.room, self.error, self.closed = room, error, False

    def write(self, data: bytes) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(self.error, os.strerror(self.error))
        return len(data)

    def flush(self) -> None:
        if self.room < 0:
            raise OSError(self.error, os.strerror(self.error))

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("room", [0, 100, 3000, 5000, 7000])
def test_a_disk_that_fails_lets_the_run_go_on_in_memory(
    room: int, error: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(room, error)
    real = Path.open

    def open_(path: Path, mode: str = "r", *args: Any, **more: Any) -> IO[Any] | FullDisk:
        return disk if path.name == "full.trace" else real(path, mode, *args, **more)

    monkeypatch.setattr(Path, "open", open_)
    run = mlwidgets.play(walk).record_to(tmp_path / "full.trace").wait()
    assert (run.status, len(run.trace)) == ("done", 50)
    assert disk.closed
    told = f"{tmp_path / 'full.trace'}: cannot be written: {os.strerror(error)};"
    assert run._core.note == f"{told} the run goes on in memory."
    assert run._core.note in run.summary()


@pytest.mark.parametrize("name", ["no/such/folder.trace", ".", "a\0b", "x" * 300])
def test_a_path_that_cannot_be_written_is_one_clear_warning(name: str, tmp_path: Path) -> None:
    run = mlwidgets.play(walk)
    with pytest.warns(UserWarning, match=r"cannot be written: .*; the run goes on in memory\.$"):
        run.record_to(tmp_path / name)
    assert (run.wait().status, len(run.trace)) == ("done", 50)


def test_only_a_run_that_stands_still_begins_a_recording_and_only_one(tmp_path: Path) -> None:
    run = mlwidgets.play(walk).record_to(tmp_path / "a.trace")
    with pytest.raises(RunError, match="walk: is being recorded already"):
        run.record_to(tmp_path / "b.trace")
    run.wait()
    with pytest.raises(RunError, match="walk: is done; a recording begins while a run stands"):
        run.record_to(tmp_path / "b.trace")
    endless = mlwidgets.play(lambda: ({"k": k} for k in count())).start()
    with pytest.raises(RunError, match="is running; a recording begins while a run stands still"):
        endless.record_to(tmp_path / "b.trace")
    endless.close()
    assert not (tmp_path / "b.trace").exists()


def test_long_texts_are_saved_in_chunks_that_can_be_read(tmp_path: Path) -> None:
    """What 64 frames say may be more than a reader takes at once."""

    def talk() -> Frames[dict[str, str]]:
        for k in range(40):
            yield {"said": f"{k}" * 2**20}

    run = mlwidgets.play(talk).wait()
    run.save(tmp_path / "long.trace").close()
    again = mlwidgets.load(tmp_path / "long.trace")
    assert again.trace["said"].tolist() == [f"{k}" * 2**20 for k in range(40)]
