"""A recording on disk survives its process, and a run survives its disk."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
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

# A process that forks one for each path it is given; that one says which frames are on disk.
VICTIMS = """
import os, sys
import numpy as np
import mlwidgets, mlwidgets.diskrecord

def walk():
    k = 0
    while True:
        yield {"k": k, "xs": np.arange(500) * k, "said": f"frame {k}"}
        os.write(out, b"%d\\n" % k)
        k += 1

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        path, name = line.split()
        out = os.open(name, os.O_WRONLY)
        mlwidgets.play(walk).record_to(path).wait()
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


def killed(victims: subprocess.Popen[str], path: Path, at: int) -> int:
    """Record in a process, kill it after some frames; the last frame it said was on disk."""
    said = path.with_suffix(".fifo")
    os.mkfifo(said)
    assert victims.stdin is not None
    assert victims.stdout is not None
    print(path, said, file=victims.stdin, flush=True)
    pid = int(victims.stdout.readline())
    with said.open(encoding="utf-8") as lines:
        for line in lines:
            if int(line) >= at:
                break
        os.kill(pid, signal.SIGKILL)
        rest = lines.read().split("\n")
    assert victims.stdout.readline() == "gone\n"
    return int([line, *rest[:-1]][-1])


@pytest.mark.parametrize("n", range(KILLS))
def test_a_killed_recording_is_read_to_the_last_frame_it_acknowledged(
    n: int, victims: subprocess.Popen[str], tmp_path: Path
) -> None:
    path = tmp_path / "killed.trace"
    last = killed(victims, path, random.Random(n).randrange(300))
    run = mlwidgets.load(path)
    numbers = run.trace.frames.tolist()
    assert numbers == list(range(len(numbers)))
    assert len(numbers) - 1 >= last
    assert (run.trace["xs"] == np.arange(500) * run.trace.frames[:, None]).all()
    assert run.trace["said"].tolist() == [f"frame {k}" for k in numbers]
    assert (run.status, run.trace.truncated) == ("loaded", True)
    assert run._core.note == "The file ends early: this is what had been written."


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


def test_a_thinned_run_is_thinned_in_memory_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlwidgets.run.Trace", partial(Trace, max_frames=20))
    run = mlwidgets.play(walk).record_to(tmp_path / "a.trace").wait()
    again = mlwidgets.load(tmp_path / "a.trace")
    assert run.trace.frames.tolist() == [*range(0, 50, 4), 49]
    assert again.trace.frames.tolist() == [*range(21), *range(22, 40, 2), *range(40, 50, 4), 49]


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
