"""A run saved and loaded shows the same, and is only looked at."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

import mlwidgets
from mlwidgets import Run, load, play
from mlwidgets.errors import RunError, TraceFileError
from mlwidgets.info import info_of, state_of
from tests.test_run import raises, walk


@pytest.fixture
def saved(tmp_path: Path) -> Run:
    run = play(walk, laps=2).step(3).set(by=4.0).wait()
    return run.save(tmp_path / "walk.trace")


@pytest.fixture
def loaded(saved: Run, tmp_path: Path) -> Run:
    return load(tmp_path / "walk.trace")


def saved_and_loaded(run: Run, path: Path) -> Run:
    run.save(path)
    return load(path)


def test_a_loaded_run_has_the_trace_and_the_events(saved: Run, loaded: Run) -> None:
    assert (loaded.status, loaded.number) == ("loaded", 10)
    assert loaded.trace.hash == saved.trace.hash
    assert loaded.events == saved.events


def test_a_loaded_run_has_the_parameters_and_the_line(saved: Run, loaded: Run) -> None:
    assert dict(loaded.params) == dict(saved.params)
    assert loaded.line == saved.line == "%ml walk laps=2 by=1 seed=0 @4 by=4"


def test_the_page_is_told_the_same_of_a_loaded_run(saved: Run, loaded: Run) -> None:
    told = json.loads(json.dumps(info_of(saved)))
    assert loaded.info is not None
    assert {key: loaded.info[key] for key in told} == told
    of_saved, of_loaded = state_of(saved, saved._core, 1), state_of(loaded, loaded._core, 1)
    different = {key for key in of_saved if of_saved[key] != of_loaded[key]}
    assert different == {"status", "line", "steering"}
    assert of_loaded["line"] + of_loaded["steering"] == of_saved["line"] + of_saved["steering"]


def test_a_loaded_run_cannot_be_driven(loaded: Run) -> None:
    for verb in (loaded.start, loaded.step, loaded.restart):
        with pytest.raises(RunError, match="loaded from a file"):
            verb()
    assert loaded.pause().stop().wait().status == "loaded"


def test_a_loaded_run_has_a_summary_and_a_repr(loaded: Run) -> None:
    assert loaded.summary().startswith("Walking · loaded at frame 10, lap 2")
    assert repr(loaded) == "<Run walk laps=2 by=1 seed=0 @4 by=4 · loaded at frame 10>"


def test_a_loaded_run_can_be_saved_again(saved: Run, loaded: Run, tmp_path: Path) -> None:
    again = saved_and_loaded(loaded, tmp_path / "again.trace")
    assert (again.trace.hash, again.info) == (saved.trace.hash, loaded.info)


def test_a_run_is_saved_at_any_moment(tmp_path: Path) -> None:
    run = play(walk, laps=10_000).start()
    while run.status == "running":
        run.save(tmp_path / "now.trace")
        now = load(tmp_path / "now.trace").trace
        assert now["k"].tolist() == now.frames.tolist()
        assert not now.truncated
        if len(now) > 5000:
            break
    run.close()


def test_a_failed_run_is_saved_with_what_it_had(tmp_path: Path) -> None:
    run = play(raises)
    with pytest.raises(ValueError, match="boom"):
        run.wait()
    assert len(saved_and_loaded(run, tmp_path / "f.trace").trace) == 1


def test_a_run_without_a_frame_has_nothing_to_save(tmp_path: Path) -> None:
    def nothing() -> Any:
        yield from ()

    with pytest.raises(RunError, match="nothing: has no frame to save"):
        play(nothing).save(tmp_path / "n.trace")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_ends_early_says_so(saved: Run, tmp_path: Path) -> None:
    path = tmp_path / "walk.trace"
    path.write_bytes(path.read_bytes()[:-20])
    run = load(path)
    assert "The file ends early" in run.summary()
    assert run.trace.hash == saved.trace.hash


def test_a_trace_that_is_no_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.trace"
    mlwidgets.tracefile.save_trace(path, play(walk).wait().trace, {"other": 1}, {})
    with pytest.raises(TraceFileError, match=r"bare\.trace: lacks what a run needs .*at byte 8"):
        load(path)


INFO = {
    "info.name": 3,
    "info.views": [{"kind": "line"}],
    "info.steps": 7,
    "start": [1],
    "line": None,
}


@pytest.mark.parametrize("place", INFO)
def test_a_forged_header_is_refused_or_only_shown(place: str, saved: Run, tmp_path: Path) -> None:
    path = tmp_path / "walk.trace"
    data = path.read_bytes()
    (length,) = struct.unpack_from("<I", data, 8)
    header = json.loads(data[21 : 21 + length])
    inner = header
    *way, last = place.split(".")
    for step in way:
        inner = inner[step]
    inner[last] = INFO[place]
    payload = json.dumps(header).encode()
    head = data[16:21]
    crc = zlib.crc32(payload, zlib.crc32(head))
    record = struct.pack("<II", len(payload), crc) + head + payload
    path.write_bytes(data[:8] + record + data[21 + length :])
    try:
        assert load(path).summary()
    except TraceFileError as error:
        assert "lacks what a run needs" in str(error)


def test_a_loaded_run_says_that_an_error_ended_it(tmp_path: Path) -> None:
    run = play(raises)
    with pytest.raises(Exception):  # noqa: B017, PT011  whatever it raises: the file tells it
        run.wait()
    assert "stopped by an error" in saved_and_loaded(run, tmp_path / "r.trace").summary()
