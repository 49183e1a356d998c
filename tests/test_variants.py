"""Variants: every combination of some values, whole, each as a run by itself would be."""

from __future__ import annotations

import base64
import gzip
import json
import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlwidgets
from mlwidgets import Frames, algorithm
from mlwidgets.errors import ParamError, RunError
from mlwidgets.replay.places import Processes
from mlwidgets.replay.sweep import packed_job
from mlwidgets.replay.variants import Shard, checked, variants
from mlwidgets.replay.worker import Batch
from tests.waiting import until


@algorithm
def labelled(a: float = 0.0, b: float = 0.0, c: float = 0.0, d: float = 0.0) -> Frames[Any]:
    yield {"label": f"{a} {b} {c} {d}"}


@algorithm
def dangerous(a: int = 0) -> Frames[Any]:
    for k in range(5):
        if a == 3 and k == 2:
            os._exit(7)
        if a == 5:
            raise ValueError("five is too many")
        yield {"x": a * k, "words": "x" * k, "some": [float(j) for j in range(k + 1)]}


@algorithm
def shaped(n: int = 2) -> Frames[Any]:
    yield {"x": np.zeros(n)}


@algorithm
def endless(a: float = 1.0) -> Frames[Any]:
    x = 0.0
    while True:
        yield {"x": x}
        x += a


def rows(found: Any, k: int) -> slice:
    start = sum(lane.count for lane in found.lanes[:k])
    return slice(start, start + found.lanes[k].count)


def test_each_variant_is_the_run_with_these_values() -> None:
    run = mlwidgets.play("rl.q_learning", episodes=6).wait()
    found = variants(run, checked(run, {"alpha": [0.1, 0.9], "epsilon": np.array([0.0, 0.3])}))
    assert [found.values(k) for k in range(4)] == [
        {"alpha": a, "epsilon": e} for a in (0.1, 0.9) for e in (0.0, 0.3)
    ]
    for k in range(4):
        other = mlwidgets.play("rl.q_learning", episodes=6, **found.values(k)).wait()
        assert (found.lanes[k].status, found.lanes[k].number) == ("done", other.number)
        for name in ("Q", "ret", "episode"):
            np.testing.assert_array_equal(found.columns[name][rows(found, k)], other.trace[name])
        assert [*found.columns["#frame"][rows(found, k)]] == [*other.trace.frames]


def test_a_variant_that_ends_its_process_or_raises_costs_itself_alone() -> None:
    run = mlwidgets.play(dangerous).wait()
    found = variants(run, checked(run, {"a": range(8)}))
    ends = [(lane.count, lane.error and lane.error["text"]) for lane in found.lanes]
    assert ends[3] == (0, "the worker process ended early (exit code 7)")
    assert ends[5] == (0, "ValueError: five is too many")
    assert [end for k, end in enumerate(ends) if k not in (3, 5)] == [(5, None)] * 6
    assert [*found.columns["x"][rows(found, 7)]] == [0, 7, 14, 21, 28]
    assert [len(v) for v in found.columns["some"][rows(found, 6)]] == [1, 2, 3, 4, 5]


class Again(Shard):
    """Is lost twice; the first time another thread goes on before `lost` is over."""

    def __init__(self, place: Processes, batch: Batch) -> None:
        self.whys: list[str] = []
        self.place = place
        super().__init__(place, batch)

    def lost(self, why: str) -> None:
        first, gone = not self.whys, self.place._processes.get(self)
        self.whys.append(why)
        if first:
            self.place.begin(self, self._batch)
            until(lambda: self.place._processes.get(self) not in (None, gone), "it goes on")


def test_what_begins_again_in_another_thread_is_lost_no_third_time() -> None:
    run = mlwidgets.play(dangerous).wait()
    job, packed = packed_job(run, checked(run, {"a": [3]}), 1)
    place = Processes(2)
    shard = Again(place, Batch(job, packed, 0, 1, math.inf))
    until(lambda: len(shard.whys) >= 2 and not place._threads, "all is over")
    assert shard.whys == ["the worker process ended early (exit code 7)"] * 2
    place.close()


def test_a_run_that_has_not_ended_is_varied_as_far_as_it_has_gone() -> None:
    run = mlwidgets.play(endless).step(7)
    found = variants(run, checked(run, {"a": [1.0, 2.0]}))
    assert [lane.number for lane in found.lanes] == [7, 7]
    assert found.columns["x"][rows(found, 1)][-1] == 14.0
    run.close()


def test_four_parameters_of_eleven_values_are_small(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = [k / 10 for k in range(11)]
    path = tmp_path / "f.html"
    run = mlwidgets.play(labelled).wait()
    run.export(path, vary=dict.fromkeys("abcd", values))
    first, second = capsys.readouterr().out.splitlines()
    assert "14,641 runs (11 of a x 11 of b x 11 of c x 11 of d), about " in first
    size = path.stat().st_size
    predicted = float(re.findall(r"about ([\d.]+) MB", second)[0])
    assert size < 1e6
    assert math.isclose(predicted, size / 1e6, abs_tol=0.06)
    page = path.read_text("utf-8")
    island = json.loads(re.findall(r'data-mlwidgets="trace">(.*?)</script>', page)[0])
    each = json.loads(gzip.decompress(base64.b64decode(island["runs"]["each"])))
    assert each["lines"][-1].endswith("a=1 b=1 c=1 d=1")
    assert sum(each["counts"]) == island["count"] == 14_641


def test_every_so_many_frames_of_each_variant_are_kept(tmp_path: Path) -> None:
    run = mlwidgets.play(endless).step(10)
    run.export(tmp_path / "f.html", vary={"a": [1.0, 3.0]}, every=4)
    page = (tmp_path / "f.html").read_text("utf-8")
    island = json.loads(re.findall(r'data-mlwidgets="trace">(.*?)</script>', page)[0])
    each = json.loads(gzip.decompress(base64.b64decode(island["runs"]["each"])))
    assert each["counts"] == [4, 4]  # 0, 4, 8 and the last
    run.close()


@pytest.mark.parametrize(
    ("vary", "why"),
    [
        ({}, "give lists of values"),
        ([0.1], "give lists of values"),
        ({"alfa": [0.1]}, "alfa.*Did you mean 'alpha'"),
        ({"alpha": 0.1}, "give a list"),
        ({"alpha": []}, "give at least one value"),
        ({"alpha": [0.1, 9.0]}, r"9.*must lie in \[0, 1\]"),
        ({"alpha": [0.1, 0.1]}, "is given twice"),
        ({"seed": range(10**9)}, "1,000,000,000 values of seed, at most 20,000"),
        ({"seed": range(1000), "alpha": np.linspace(0, 1, 50)}, "50,000 runs, at most 20,000"),
    ],
)
def test_what_cannot_be_varied_is_said_in_one_line(vary: Any, why: str, tmp_path: Path) -> None:
    run = mlwidgets.play("rl.q_learning", episodes=1)
    with pytest.raises((ParamError, RunError), match=why) as told:
        run.export(tmp_path / "f.html", vary=vary)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "f.html").exists()


def test_variants_of_other_shapes_and_runs_that_cannot_begin_anew_are_refused(
    tmp_path: Path,
) -> None:
    run = mlwidgets.play(shaped).wait()
    with pytest.raises(RunError, match="differ in the shape of x"):
        run.export(tmp_path / "f.html", vary={"n": [2, 3]})
    with mlwidgets.record() as rec:
        rec(x=1)
    with pytest.raises(RunError, match="cannot vary"):
        rec.run.export(tmp_path / "f.html", vary={"n": [2, 3]})
