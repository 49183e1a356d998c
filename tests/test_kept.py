"""What a saved notebook keeps of a run: all of it where that fits, else evenly less."""

from __future__ import annotations

import gzip
import json
import struct
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import mlwidgets
from mlwidgets import ParamError, play
from mlwidgets import kept as keeping
from mlwidgets.kept import at_once, kept
from mlwidgets.pages.stills import still
from tests.test_player import Watched
from tests.test_run import walk
from tests.waiting import until


@pytest.fixture(autouse=True)
def _kept_as_by_default() -> Iterator[None]:
    yield
    mlwidgets.keep()


def noisy(n: int = 300, side: int = 40) -> Iterator[dict[str, Any]]:
    """Noise: frames that no packing makes small."""
    rng = np.random.default_rng(0)
    for k in range(n):
        yield {"x": rng.random((side, side)), "mean": float(rng.random()), "said": f"frame {k}"}


def opened(message: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header, and each column's rows as a page gets them."""
    plain = gzip.decompress(message)
    (length,) = struct.unpack_from("<I", plain)
    header = json.loads(plain[4 : 4 + length])
    buffers, at = [], 4 + length
    for size in header["sizes"]:
        buffers.append(plain[at : at + size])
        at += size
    assert at == len(plain)
    columns = {}
    for column in header["cols"]:
        rows = header[column["part"]][1]
        if "json" in column:
            columns[column["name"]] = column["json"]
            continue
        kind = {"u1": "u1"}.get(column["dtype"], f"<{column['dtype']}")
        size = np.dtype(kind).itemsize
        planes = np.frombuffer(buffers[column["buffer"]], np.uint8).reshape(size, -1)
        bits = np.ascontiguousarray(planes.T).view(f"<u{size}").reshape(rows, -1 if rows else 0)
        summed = np.cumsum(bits, axis=0, dtype=f"<u{size}")
        columns[column["name"]] = summed.view(kind).reshape(rows, *column.get("shape", []))
    return header, columns


def test_all_of_a_run_is_kept_exactly_where_it_fits() -> None:
    run = play(walk, laps=50).wait()
    header, columns = opened(kept(run, 3))
    assert (header["epoch"], header["count"], header["number"]) == (3, len(run.trace), run.number)
    assert "every" not in header
    assert columns["#frame"].ravel().tolist() == run.trace.frames.tolist()
    for name in run.trace:
        rows = columns[name]
        expected = run.trace[name]
        assert np.array_equal(np.array(rows).reshape(expected.shape), expected), name
    run.close()


@pytest.mark.parametrize("max_mb", [0.02, 0.2, 1])
def test_a_long_run_is_kept_within_its_bound_evenly_and_to_its_last_frame(max_mb: float) -> None:
    run = play(noisy).wait()
    mlwidgets.keep(max_mb=max_mb)
    message = kept(run, 1)
    assert len(message) <= max_mb * 2**20
    header, columns = opened(message)
    every, rows = header["every"], header["heavy"][1]
    assert every > 1
    positions = [min(k * every, header["count"] - 1) for k in range(rows)]
    frames = [int(columns["#frame"][p]) for p in positions]
    assert (rows == 0) == (max_mb < 0.03), "one array takes 13 KB, and the first and last are kept"
    if rows:
        assert np.array_equal(columns["x"], run.trace["x"][frames])
        assert columns["said"] == [f"frame {n}" for n in frames]
        assert (frames[0], frames[-1]) == (0, run.number)
    run.close()


def test_numbers_are_kept_of_every_frame_as_long_as_they_fit() -> None:
    run = play(noisy, n=300).wait()
    header, columns = opened(kept(run, 1))
    assert header["thinned"] == 1
    assert np.array_equal(columns["mean"].ravel(), run.trace["mean"])
    run.close()


def test_a_small_run_that_stands_travels_whole_and_once() -> None:
    run = play(walk, laps=20).wait()
    player = Watched(run)
    first = player.first
    assert opened(first)[0]["count"] == len(run.trace)
    player.keep()
    assert player.feed.first is None, "nothing has changed"
    run.close()


def test_what_a_run_has_recorded_is_kept_once_it_stands() -> None:
    run = play(walk, laps=2000)
    player = Watched(run)
    run.step(40)
    until(lambda: opened(player.first)[0]["count"] == 41, "41 frames are kept")
    run.wait()
    until(lambda: opened(player.first)[0]["number"] == run.number, "all of it is kept")
    run.close()


def test_a_player_that_cannot_be_kept_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faults: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", faults.append)
    bad, good = play(walk, laps=2000), play(walk, laps=2000)
    broken, whole = Watched(bad), Watched(good)

    def fails() -> None:
        raise OSError("no room")

    monkeypatch.setattr(broken, "keep", fails)
    bad.step(40)
    until(lambda: faults, "its fault is told")
    good.step(40)
    until(lambda: opened(whole.first)[0]["count"] == 41, "41 frames of the other are kept")
    assert {str(fault.exc_value) for fault in faults} == {"no room"}
    bad.close()
    good.close()


def test_a_trace_that_never_fits_is_tried_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    run = play(noisy, n=3000, side=2).wait()
    tried: list[int] = []

    def packed(_light: Any, heavy: Any, _header: Any) -> bytes:
        tried.append(len(heavy))
        return bytes(1001)  # a byte too many, however few rows there are

    monkeypatch.setattr(keeping, "_packed", packed)
    every, size = keeping._fitting(run.trace.snapshot(), 1000, "heavy")
    assert (every >= len(run.trace), size, len(tried) <= 20) == (True, 1001, True)
    run.close()


def test_nothing_is_kept_while_it_runs() -> None:
    run = play(walk, laps=2000)
    player = Watched(run)
    before = player.first
    run.start("step")
    player.keep()
    assert player.feed.first is None
    assert player.first is before
    run.close()


def test_a_picture_may_be_kept_alone() -> None:
    run = play(walk, laps=3).wait()
    mlwidgets.keep("picture")
    plain = gzip.decompress(kept(run, 1))
    (length,) = struct.unpack_from("<I", plain)
    header = json.loads(plain[4 : 4 + length])
    assert (header["type"], header["text"]) == ("picture", run.summary())
    assert plain[4 + length :].decode() == still(run)
    assert at_once(run, 1) == b"", "a live page needs rows"
    run.close()


def test_what_is_kept_is_changed_for_players_that_are_there() -> None:
    run = play(walk, laps=3).wait()
    player = Watched(run)
    mlwidgets.keep("picture")
    until(lambda: b'"type": "picture"' in gzip.decompress(player.first), "the picture is kept")
    run.close()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"what": "pictur"}, "Did you mean 'picture'?"),
        ({"max_mb": 0}, "max_mb=0: must be a number above 0"),
        ({"max_mb": True}, "max_mb=True"),
        ({"max_mb": float("nan")}, "max_mb=nan"),
        ({"max_mb": "1"}, "max_mb='1'"),
    ],
)
def test_a_wrong_word_or_bound_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ParamError, match="must be") as raised:
        mlwidgets.keep(**given)
    assert said in str(raised.value)


def test_it_is_said_what_makes_the_run_again_and_what_that_lacks() -> None:
    run = play("rl.q_learning", alpha=0.3)
    assert keeping.anew(run) == {"line": run.line, "cell": 0, "lacks": []}
    own = play(walk)
    assert keeping.anew(own)["defines"] == 0, "no cell defines a function of a file"
    run.close()
    own.close()


def test_a_run_of_no_frames_can_be_kept() -> None:
    def broken(n: int = 0) -> Iterator[dict[str, Any]]:
        """Broken: at its first frame."""
        yield {"x": 1 / n}

    run = play(broken)
    header, _ = opened(kept(run, 1))
    assert header["count"] == 0
    run.close()
