"""What README.md shows is run: its Python, its plugin, its gallery."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import mlwidgets
from mlwidgets.registry import Registry
from scripts.gallery import README, renewed
from tests.test_readme import blocks

PYTHON = blocks(README, "python")
PLUGIN = next(source for source in PYTHON if "mlwidgets_register" in source)


def test_the_python_in_the_readme_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "readme"}
    monkeypatch.setitem(sys.modules, "readme", sys)  # where get_type_hints looks for annotations
    for source in PYTHON:
        if source is not PLUGIN:
            exec(compile(source, "README.md", "exec"), names)
    said, printed = capsys.readouterr().out, re.findall(r"print\(.*  # (%ml .*)", "".join(PYTHON))
    assert len(printed) == 2
    for line in printed:
        assert re.search(re.escape(line).replace(r"\.\.\.", ".*") + "$", said, re.MULTILINE), line
    assert isinstance(names["again"], mlwidgets.Run)
    walked = names["walked"]
    assert isinstance(walked, mlwidgets.Reference)
    assert walked.theirs({"steps": 7}) == {"distance": 7}
    assert names["again"].trace.hash == names["run"].trace.hash  # type: ignore[attr-defined]  # both are runs
    for run in mlwidgets.runs():
        run.close()


def test_what_the_readme_searches_for_is_found() -> None:
    (paragraph,) = re.findall(r'^"Find" takes .*?\n\n', README.read_text("utf-8"), re.M | re.S)
    expressions = re.findall(r'[`"]([^`"]+ [<>] [^`"]+)[`"]', paragraph)
    run = mlwidgets.play("rl.q_learning").wait()
    assert len(expressions) == 4
    for expression in expressions:
        assert 0 < len(run.find(expression)) < len(run.trace), expression


def test_the_readmes_plugin_is_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mlw_walks.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    info = tmp_path / "mlw_walks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: mlw-walks\nVersion: 1.0\n", "utf-8"
    )
    (info / "entry_points.txt").write_text("[mlwidgets]\nwalks = mlw_walks\n", encoding="utf-8")
    registry = Registry()
    assert registry.problems == []
    run = mlwidgets.play(registry.get("walks.walk").load(), steps=50).step(20).set(drift=1.0).wait()
    assert run.status == "done"
    assert len(run.views) == 2
    assert len([line for line in PLUGIN.splitlines() if line.strip()]) <= 40


def test_the_gallery_is_what_the_registry_has() -> None:
    text = README.read_text("utf-8")
    assert renewed(text) == text
