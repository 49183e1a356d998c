"""`play`, and a package that costs nothing until it is used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import mlwidgets
from mlwidgets import MLError, Run, play
from mlwidgets.errors import ParamError, RegistryError
from tests.test_run import walk


def script(text: str, **env: str) -> Any:
    """What a Python of its own prints, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **env},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = script(
        """
        import json, sys, mlwidgets
        names = "numpy torch anywidget ipywidgets IPython pandas sklearn pluggy traitlets".split()
        print(json.dumps([name for name in names if name in sys.modules]))
        """
    )
    assert heavy == []


def test_playing_a_function_imports_no_widget_and_no_torch() -> None:
    found = script(
        """
        import json, sys, mlwidgets
        def fn(x: int = 0):
            yield {"x": x}
        run = mlwidgets.play(fn, x=1).wait()
        heavy = [n for n in ("torch", "anywidget", "ipywidgets") if n in sys.modules]
        print(json.dumps([run.status, run.trace["x"].tolist(), heavy]))
        """,
        MLWIDGETS_ONLY="",
    )
    assert found == ["done", [1], []]


def test_a_plain_script_plays_saves_and_loads_by_name(tmp_path: Any) -> None:
    found = script(
        f"""
        import json, mlwidgets
        run = mlwidgets.play("rl.q_learning", episodes=5)
        run.wait().save({str(tmp_path / "q.trace")!r})
        seen = mlwidgets.load({str(tmp_path / "q.trace")!r})
        print(json.dumps([run.status, seen.status, seen.trace.hash == run.trace.hash]))
        """
    )
    assert found == ["done", "loaded", True]


def test_every_public_name_is_there_and_listed() -> None:
    for name in mlwidgets.__all__:
        assert getattr(mlwidgets, name) is not None
    assert set(mlwidgets.__all__) <= set(dir(mlwidgets))


def test_the_names_that_checkers_see_are_the_names_that_are_there() -> None:
    source = Path(str(mlwidgets.__file__)).read_text("utf-8")
    seen = {
        line.rpartition(" as ")[2].strip()
        for line in source.splitlines()
        if line.startswith("    from .") and " as " in line
    }
    assert seen == set(mlwidgets.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    name = "plya"
    with pytest.raises(AttributeError, match="module 'mlwidgets' has no attribute 'plya'"):
        getattr(mlwidgets, name)


@pytest.mark.parametrize("target", ["rl.q_learning", walk, walk.fn])
def test_a_name_an_algorithm_or_a_function_is_played(target: Any) -> None:
    run = play(target)
    assert isinstance(run, Run)
    assert run.close().number == 0


def test_an_unknown_algorithm_is_told_the_nearest() -> None:
    with pytest.raises(RegistryError, match=r"Did you mean 'rl.q_learning'\?"):
        play("rl.q_lerning")


@pytest.mark.parametrize("target", [None, 3, {"x": 1}, [walk]])
def test_what_cannot_be_played_is_told(target: Any) -> None:
    with pytest.raises(MLError, match="give a name, or a function that yields dicts"):
        play(target)


def test_a_wrong_parameter_is_told_before_anything_runs() -> None:
    with pytest.raises(ParamError, match=r"no parameter 'lap'\. Did you mean 'laps'"):
        play(walk, lap=3)


def test_a_plain_iterator_is_told_that_it_gives_no_frames() -> None:
    def gives() -> Any:
        return iter([{"x": 1}])

    run = play(gives)
    assert run.status == "failed"
    assert "an algorithm is a function that yields dicts" in run.summary()
