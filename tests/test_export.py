"""The page for a colleague: one file under its own policy; what cannot be written costs nothing."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import itertools
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlwidgets import Frames, Heatmap, Line, Run, compare, export_page, load, play
from mlwidgets.algorithms import Algorithm
from mlwidgets.errors import ParamError, RunError, TraceFileError
from mlwidgets.frame import ABSENT, Column, Schema
from mlwidgets.pages.codec import CODECS, FINE, parts_of
from mlwidgets.pages.export import asked_for_sizes, mb, size_of
from mlwidgets.pages.figures import draft_of
from mlwidgets.references import Reference
from tests.test_run import raises, walk
from tests.waiting import until

MOST = 150 * 1024  # bytes of the runtime, gzipped


@pytest.fixture
def run() -> Iterator[Run]:
    made = play(walk).wait()
    yield made
    made.close()


def islands(page: str) -> dict[str, Any]:
    """The data of a page, as its script reads it."""
    found = re.findall(
        r'<script type="application/json" data-mlwidgets="(\w+)">(.*?)</script>', page, re.S
    )
    return {name: json.loads(text) for name, text in found}


def parts(page: str) -> tuple[dict[str, list[str]], list[str], list[str]]:
    """The policy's directives, the scripts that act (the last is unpacked) and the styles."""
    said = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    packed = re.search(r'<script type="application/octet-stream" [^>]*>(.*?)</script>', page)
    assert said, "there is a policy"
    assert packed, "there is a runtime"
    runtime = gzip.decompress(base64.b64decode(packed.group(1))).decode()
    words = [rule.split() for rule in html.unescape(said.group(1)).split(";")]
    scripts = [*re.findall(r"<script>(.*?)</script>", page, re.S), runtime]
    styles = re.findall(r"<style>(.*?)</style>", page, re.S)
    return {rule[0]: rule[1:] for rule in words}, scripts, styles


def source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# the page ---------------------------------------------------------------------------------


def test_the_policy_allows_these_scripts_and_this_style_and_nothing_else(
    run: Run, tmp_path: Path
) -> None:
    run.export(tmp_path / "figure.html")
    page = (tmp_path / "figure.html").read_bytes().decode()
    policy, scripts, styles = parts(page)
    assert (len(scripts), len(styles)) == (2, 1), "a script that unpacks, and what it unpacks"
    assert policy == {
        "default-src": ["'none'"],
        "script-src": [source(script) for script in scripts],
        "style-src": [source(style) for style in styles],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    assert page.index("Content-Security-Policy") < page.index("<style") < page.index("<script")


def test_the_page_names_no_place_to_fetch_from(run: Run, tmp_path: Path) -> None:
    run.export(tmp_path / "figure.html")
    page = (tmp_path / "figure.html").read_text("utf-8")
    assert re.findall(r"<(?:link|img|iframe|script)[^>]*\s(?:src|href)=", page) == []
    assert re.findall(r"\b(?:url\(|@import|sourceMappingURL|fetch\(|XMLHttpRequest)", page) == []


def test_the_runtime_is_at_most_150_kb(run: Run, tmp_path: Path) -> None:
    run.export(tmp_path / "figure.html")
    page = (tmp_path / "figure.html").read_text("utf-8")
    _, scripts, styles = parts(page)
    assert 10_000 < len(gzip.compress("".join([*scripts, *styles]).encode(), 9)) <= MOST


def test_every_frame_is_in_the_page_exactly(run: Run, tmp_path: Path) -> None:
    run.export(tmp_path / "figure.html")
    trace = islands((tmp_path / "figure.html").read_text("utf-8"))["trace"]
    assert trace["count"] == len(run.trace)
    column = next(c for c in trace["cols"] if c["name"] == "by")
    planes = gzip.decompress(base64.b64decode(trace["buffers"][column["buffer"]]))
    bits = np.frombuffer(planes, np.uint8).reshape(8, -1).T.copy().view("<u8").ravel()
    assert np.cumsum(bits, dtype=np.uint64).view("<f8").tolist() == run.trace["by"].tolist()


# runs that are not over, or went wrong --------------------------------------------------


def test_a_run_that_goes_on_is_exported_as_far_as_it_is_and_says_so(tmp_path: Path) -> None:
    def endless() -> Frames[Any]:
        for k in itertools.count():
            yield {"k": k}

    run = play(endless).start()
    until(lambda: run.number > 100, "it is under way")
    run.export(tmp_path / "figure.html")
    held = islands((tmp_path / "figure.html").read_text("utf-8"))
    run.close()
    frames, state = held["trace"]["count"], held["state"]
    assert 100 < frames == state["count"]
    assert re.fullmatch(r"Exported at frame \d+, before the run had ended\.", state["note"])


def test_a_run_that_was_not_started_or_was_stopped_says_so(tmp_path: Path) -> None:
    run = play(walk)
    for act, said in (
        (run.pause, "Exported before the run was started."),
        (lambda: run.step(2), "Exported at frame 2, before the run had ended."),
        (run.stop, "The run was stopped at frame 2."),
    ):
        act()
        run.export(tmp_path / "a.html")
        state = islands((tmp_path / "a.html").read_text("utf-8"))["state"]
        assert state["note"] == said
    run.close()


def test_the_error_of_a_failed_run_is_in_its_page(tmp_path: Path) -> None:
    run = play(raises)
    with pytest.raises(ValueError, match="boom"):
        run.wait()
    run.export(tmp_path / "figure.html")
    state = islands((tmp_path / "figure.html").read_text("utf-8"))["state"]
    assert (state["status"], state["error"]["text"], state["note"]) == (
        "failed",
        "ValueError: boom",
        "",
    )


def test_a_verdict_that_is_not_in_our_favour_is_in_its_page_too(tmp_path: Path) -> None:
    def zeros(_given: Any) -> dict[str, float]:
        return {"x": 0.0}

    def ones(_given: Any) -> dict[str, float]:
        return {"x": 1.0}

    wrong = Reference("ones", {"x": 0.1}, ones, lambda _rng, _k: {}, zeros)
    run = Run(Algorithm(walk.fn, reference=wrong), {}).step()
    assert not run.verify()
    run.export(tmp_path / "page.html").close()
    verdict = islands((tmp_path / "page.html").read_text("utf-8"))["info"]["verified"]
    assert verdict["badge"].startswith("✗ differs from ones")


def test_a_run_without_a_frame_has_no_page(tmp_path: Path) -> None:
    def nothing() -> Frames[Any]:
        yield from ()

    with pytest.raises(RunError, match=r"^nothing: has no frame to export$"):
        play(nothing).export(tmp_path / "figure.html")
    assert list(tmp_path.iterdir()) == []


# where it is written --------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["export", "save"])
class TestWriting:
    """What holds for a page holds for a saved trace."""

    def refused(self, run: Run, verb: str, path: Path | str, why: str) -> None:
        before = run.trace.hash
        with pytest.raises((RunError, TraceFileError)) as caught:
            getattr(run, verb)(path)
        assert str(caught.value) == f"{path}: cannot be written: {why}"
        assert (run.trace.hash, run.status) == (before, "done")

    def test_a_folder_that_is_not_there(self, run: Run, verb: str, tmp_path: Path) -> None:
        self.refused(run, verb, tmp_path / "none" / "a.html", "No such file or directory")
        assert list(tmp_path.iterdir()) == []

    def test_a_folder(self, run: Run, verb: str, tmp_path: Path) -> None:
        self.refused(run, verb, tmp_path, "it is a folder")
        assert list(tmp_path.iterdir()) == []

    def test_a_file_where_a_folder_should_be(self, run: Run, verb: str, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine")
        self.refused(run, verb, tmp_path / "file" / "a.html", "Not a directory")
        assert (tmp_path / "file").read_text() == "mine"

    def test_a_name_no_system_has(self, run: Run, verb: str) -> None:
        self.refused(run, verb, "a\0b.html", "embedded null byte")

    def test_a_name_that_is_too_long(self, run: Run, verb: str, tmp_path: Path) -> None:
        self.refused(run, verb, tmp_path / ("a" * 300), "File name too long")
        assert list(tmp_path.iterdir()) == []

    def test_the_longest_name_is_not(self, run: Run, verb: str, tmp_path: Path) -> None:
        getattr(run, verb)(tmp_path / ("a" * 255))
        assert [len(path.name) for path in tmp_path.iterdir()] == [255]

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="may write all")
    def test_a_folder_of_somebody_elses(self, run: Run, verb: str, tmp_path: Path) -> None:
        tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
        self.refused(run, verb, tmp_path / "a.html", "Permission denied")
        tmp_path.chmod(stat.S_IRWXU)

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
    def test_a_full_disk(self, run: Run, verb: str) -> None:
        self.refused(run, verb, "/dev/full", "No space left on device")
        assert stat.S_ISCHR(Path("/dev/full").stat().st_mode), "a device stays one"

    def test_a_disk_that_fills_half_way_leaves_the_file_of_before(
        self, run: Run, verb: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.html"
        getattr(run, verb)(path)
        before = path.read_bytes()
        resource = pytest.importorskip("resource")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        try:
            self.refused(run, verb, path, "File too large")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert path.read_bytes() == before
        assert [p.name for p in tmp_path.iterdir()] == ["a.html"]

    def test_a_link_leads_to_its_file_and_stays(self, run: Run, verb: str, tmp_path: Path) -> None:
        (tmp_path / "link.html").symlink_to(tmp_path / "real.html")
        getattr(run, verb)(tmp_path / "link.html")
        assert (tmp_path / "link.html").is_symlink()
        assert (tmp_path / "real.html").stat().st_size > 100

    def test_home_is_meant_by_a_tilde(
        self, run: Run, verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        getattr(run, verb)("~/a.html")
        assert [p.name for p in tmp_path.iterdir()] == ["a.html"]


def test_a_loaded_run_is_exported_like_the_one_that_was_saved(run: Run, tmp_path: Path) -> None:
    run.save(tmp_path / "run.trace").export(tmp_path / "one.html")
    load(tmp_path / "run.trace").export(tmp_path / "two.html")
    one, two = (islands((tmp_path / f"{n}.html").read_text("utf-8")) for n in ("one", "two"))
    assert one["trace"] == two["trace"]
    told = [
        {**page["info"], "status": "", "card": {**page["info"]["card"], "status": ""}}
        for page in (one, two)
    ]
    assert told[0] == told[1]
    assert load(tmp_path / "run.trace").trace.hash == run.trace.hash


@pytest.mark.parametrize("path", ["", None, 3])
def test_a_path_is_given(path: Any) -> None:
    with pytest.raises(RunError, match="must be the path of a file"):
        play("rl.q_learning").export(path)


# more than one run ----------------------------------------------------------------------


def test_a_branch_comes_with_its_family_and_says_from_where(tmp_path: Path) -> None:
    run = play("rl.q_learning", episodes=3).step(20)
    twin = run.branch(epsilon=0.9).wait()
    run.wait().export(tmp_path / "a.html")
    held = islands((tmp_path / "a.html").read_text("utf-8"))
    assert [(kin["place"], kin["at"]) for kin in held["state"]["family"]] == [(0, None), (1, 20)]
    (other,) = held["runs"]
    assert (other["place"], other["trace"]["count"]) == (1, len(twin.trace))
    assert other["card"]["hash"] == twin.trace.hash
    run.close()


def test_lanes_of_a_comparison_come_along_with_their_labels(run: Run, tmp_path: Path) -> None:
    other = play(walk).wait()
    compare(run, other, labels=["one", "two"]).export(tmp_path / "a.html").close()
    held = islands((tmp_path / "a.html").read_text("utf-8"))
    assert (held["state"]["label"], held["runs"][0]["beside"]["label"]) == ("one", "two")
    assert held["info"]["compared"]
    with pytest.raises(RunError, match="cannot export what is closed"):
        compare(run, other).close().export(tmp_path / "b.html")
    other.close()


def test_ten_figures_share_one_runtime(run: Run, tmp_path: Path) -> None:
    run.export(tmp_path / "one.html")
    texts = [f"<b>{k}</b>" for k in range(10)]
    export_page([run] * 10, tmp_path / "ten.html", title="A & B", words=texts)
    one, ten = ((tmp_path / f"{n}.html").read_text("utf-8") for n in ("one", "ten"))
    assert ten.count('data-mlwidgets="runtime"') == 1
    assert ten.count('data-mlwidgets="trace"') == 10
    assert "<title>A &amp; B</title>" in ten
    assert "&lt;b&gt;9&lt;/b&gt;" in ten
    runtime = re.findall(r'data-mlwidgets="runtime">(.*?)</script>', one)[0]
    assert len(ten) < len(runtime) + 10 * (len(one) - len(runtime)) + 1000


@pytest.mark.parametrize(
    ("figures", "words", "why"),
    [
        ([], "", "a page takes at least one run or comparison"),
        ([3], "", "cannot export 3: give runs, or comparisons"),
        ([None, None], ["a"], "cannot export None"),
    ],
)
def test_a_page_takes_runs(figures: list[Any], words: Any, why: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=re.escape(why)):
        export_page(figures, tmp_path / "a.html", words=words)
    assert list(tmp_path.iterdir()) == []


def test_a_text_for_each_figure_or_one_for_all(run: Run, tmp_path: Path) -> None:
    with pytest.raises(ParamError, match=r"^words: 1 for 2 figures$"):
        export_page([run, run], tmp_path / "a.html", words=["one"])


# how large it is ------------------------------------------------------------------------

ALGORITHMS = {"rl.q_learning": 2000, "nlp.attention_viz": 3, "vision.cnn_digits": 12}


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_size_is_told_before_and_holds_within_10_percent(
    name: str, codec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = play(name)
    if run.status != "done":
        run.step(ALGORITHMS[name])
    said = size_of([draft_of(run)], codec, 1)
    run.export(tmp_path / "a.html", codec=codec)
    assert said == pytest.approx((tmp_path / "a.html").stat().st_size, rel=0.1)
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'a.html'}: about {mb(said)}")
    run.close()


def noisy(rows: int, width: int) -> Frames[Any]:
    generator = np.random.default_rng(0)
    values = generator.normal(size=(40, width))
    for k in range(rows):
        values = values + 0.01 * generator.normal(size=values.shape)
        yield {"k": k, "loss": float(values.mean()), "w": values, "said": f"step {k} of many"}


@pytest.mark.parametrize("codec", CODECS)
def test_a_large_trace_is_weighed_by_samples(codec: str, tmp_path: Path) -> None:
    run = play(noisy, rows=600, width=100).wait()  # 19 MB of differences
    draft = draft_of(run)
    begun = time.perf_counter()
    said = size_of([draft], codec, 1)
    took = time.perf_counter() - begun
    begun = time.perf_counter()
    run.export(tmp_path / "a.html", codec=codec)
    assert took < (time.perf_counter() - begun) / 2
    assert said == pytest.approx((tmp_path / "a.html").stat().st_size, rel=0.1)
    run.close()


def test_the_size_is_linear_in_the_frames(tmp_path: Path) -> None:
    sizes = []
    for rows in (100, 200, 400):
        run = play(noisy, rows=rows, width=20).wait()
        run.export(tmp_path / "a.html")
        sizes.append((tmp_path / "a.html").stat().st_size)
        run.close()
    assert sizes[2] - sizes[1] == pytest.approx(2 * (sizes[1] - sizes[0]), rel=0.05)


def test_a_smaller_codec_says_how_values_are_rounded_and_leaves_text_exact(
    tmp_path: Path,
) -> None:
    run = play(noisy, rows=300, width=20, views=(Heatmap("w"), Line("loss"))).wait()
    sizes = []
    for codec in CODECS:
        run.export(tmp_path / "a.html", codec=codec)
        sizes.append((tmp_path / "a.html").stat().st_size)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < sizes[0] / 3
    held = islands((tmp_path / "a.html").read_text("utf-8"))
    columns = {column["name"]: column for column in held["trace"]["cols"]}
    told = {c["name"]: c.get("rounded", False) for c in held["info"]["columns"]}
    assert told == {"k": False, "loss": True, "w": True, "said": False}
    assert "1 part in 4,000" in held["info"]["rounded"]
    texts = gzip.decompress(base64.b64decode(held["trace"]["buffers"][columns["said"]["buffer"]]))
    assert json.loads(texts) == run.trace["said"].tolist()
    assert columns["w"]["dtype"] == "u1"
    run.close()


@pytest.mark.parametrize("codec", ["single", "small"])
def test_rounding_stays_within_what_is_said(codec: str) -> None:
    """Whole numbers, absent values and infinities are as they were."""
    generator = np.random.default_rng(1)
    values = np.exp(generator.normal(size=500) * 6)
    values[7], values[9] = np.nan, np.inf
    columns = {"#frame": np.arange(500), "x": values, "n": np.arange(500)}
    schema = Schema.of({"x": 1.0, "n": 1})
    _, x, n = (part.rows for part in parts_of(columns, schema, codec, set()))
    assert np.isnan(x[7])
    assert np.isinf(x[9])
    finite = np.isfinite(values)
    gap = np.abs(x[finite] - values[finite])
    assert gap.max() <= np.ptp(values[finite]) / FINE
    assert (gap / values[finite]).max() < 2.5e-4
    assert n.tolist() == list(range(500))


def test_every_so_many_frames_are_kept_and_those_with_a_name(tmp_path: Path) -> None:
    run = play(noisy, rows=100, width=2).wait()
    run.stops = {33: "here"}
    run.export(tmp_path / "a.html", every=10)
    held = islands((tmp_path / "a.html").read_text("utf-8"))
    assert held["trace"]["count"] == 12
    assert held["info"]["rounded"].endswith("every 10th is in this file.")
    run.close()


def test_a_count_may_be_numpys(tmp_path: Path) -> None:
    run = play(noisy, rows=100, width=2).wait()
    given: dict[str, Any] = {"every": np.int64(50), "max_mb": np.float32(2)}
    run.export(tmp_path / "a.html", **given)
    assert islands((tmp_path / "a.html").read_text("utf-8"))["trace"]["count"] == 3
    run.close()


def test_two_ways_together_are_said_where_one_is_not_enough(tmp_path: Path) -> None:
    run = play(noisy, rows=300, width=200, views=(Heatmap("w"),)).wait()
    most = size_of([draft_of(run)], "exact", 299) * 0.9 / 1e6
    with pytest.raises(RunError, match=r'; codec="small", every=\d+ \([\d.]+ MB\) would fit$'):
        run.export(tmp_path / "a.html", max_mb=most)
    run.close()


def test_a_budget_too_small_says_what_would_fit(tmp_path: Path) -> None:
    run = play(noisy, rows=300, width=40, views=(Heatmap("w"),)).wait()
    with pytest.raises(
        RunError,
        match=r'would be about 4\.\d MB, more than max_mb=2; codec="single" \(1\.\d MB\)'
        r' or codec="small" \(0\.\d+ MB\) or every=4 \(1\.\d MB\) would fit$',
    ):
        run.export(tmp_path / "a.html", max_mb=2)
    with pytest.raises(RunError) as caught:
        run.export(tmp_path / "a.html", max_mb=0.01)
    least = r"; the smallest it can be is (0\.\d+) MB \(codec=\"small\", every=(\d+)\)$"
    found = re.search(least, str(caught.value))
    assert found
    run.export(tmp_path / "b.html", codec="small", every=int(found[2]))
    assert (tmp_path / "b.html").stat().st_size == pytest.approx(float(found[1]) * 1e6, rel=0.1)
    (tmp_path / "b.html").unlink()
    assert list(tmp_path.iterdir()) == []
    run.export(tmp_path / "a.html", max_mb=2, codec="small")
    assert (tmp_path / "a.html").stat().st_size < 2e6
    run.close()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"codec": "smal"}, "codec='smal': must be one of exact, single, small. Did you mean"),
        ({"codec": None}, "codec=None: must be one of exact, single, small"),
        ({"every": 0}, "every=0: must be a whole number of at least 1"),
        ({"max_mb": -1}, "max_mb=-1: must be a number of megabytes above 0"),
        ({"max_mb": "2"}, "max_mb='2': must be a number of megabytes above 0"),
    ],
)
def test_what_is_asked_is_checked(
    run: Run, given: dict[str, Any], why: str, tmp_path: Path
) -> None:
    with pytest.raises(ParamError, match="^" + re.escape(why)):
        run.export(tmp_path / "a.html", **given)
    assert list(tmp_path.iterdir()) == []


def test_a_page_asks_a_player_for_the_sizes(run: Run) -> None:
    sizes = asked_for_sizes(run.player, {})
    assert sizes == {codec: size_of([draft_of(run)], codec, 1) for codec in CODECS}


def test_what_is_absent_stays_so_in_a_rounded_page() -> None:
    column, lacking = Column("x", "float"), np.array([1.1, ABSENT, 2.3, np.nan])
    (part,) = parts_of({"x": lacking}, Schema((column,)), "single", ())
    assert part.column["dtype"] == "f8"
    assert np.asarray(part.rows).tobytes() == lacking.tobytes()
