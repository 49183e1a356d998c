"""Completion through IPython's own completer: names, parameters, values, options."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.completer import provisionalcompleter

from tests.shell import Shell, shell, toys


@pytest.fixture
def ip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    with toys(tmp_path, monkeypatch), shell() as made:
        yield made


@pytest.mark.parametrize(
    ("cell", "offered"),
    [
        ("%ml toy.", ["toy.count", "toy.letters", "toy.needy"]),
        ("%ml to", ["toy", "toy.count", "toy.letters", "toy.needy"]),
        ("x = %ml toy.c", ["toy.count"]),
        ("a, b[0] = %ml toy.c", ["toy.count"]),
        ("%%ml toy.l", ["toy.letters"]),
        ("  %ml toy.c", ["toy.count"]),
        ("x = 1\n%ml toy.c", ["toy.count"]),
        ("%ml ru", ["runs"]),
        ("%ml runs ", ["stop"]),
        ("%ml list to", ["toy"]),
        ("%ml toy.count r", ["rate="]),
        ("%ml toy.count n=3 rate=.5 ", ["up=", "data=", "mode=", "weights="]),
        ("%ml toy.count n=3 \\\n  mo", ["mode="]),
        ("%ml toy.count mode=", ["plain", "fancy"]),
        ("%ml toy.count up=f", ["false"]),
        ("%ml toy.count rate=", ["0.5", "$rate0"]),
        ("%ml toy.count rate=$", ["$rate0"]),
        ("%ml toy.count rate={ra", ["rate0"]),
        ("%ml toy.count --de", ["--device"]),
        ("%ml toy.count --device c", ["cpu", "cuda"]),
        ("%ml toy.count --device=c", ["cpu", "cuda"]),
        ("%ml toy.nope ", []),
    ],
)
def test_what_is_offered(ip: Shell, cell: str, offered: list[str]) -> None:
    ip.run("import os; rate0 = 0.25; words = 'text'; big = 99.0")
    found = [text for text in ip.completions(cell) if not text.startswith("-") or "--" in cell]
    assert found == offered


def test_python_stays_silent_on_our_lines_and_only_there(ip: Shell) -> None:
    assert ip.completions("%ml toy.count d") == ["data="]
    assert "dict" in ip.completions("d")


def test_the_notebooks_own_algorithms_are_offered(ip: Shell) -> None:
    ip.run("import mlwidgets\n@mlwidgets.algorithm\ndef mine(speed=1.0):\n    yield {'s': speed}")
    assert ip.completions("%ml mi") == ["mine"]
    assert ip.completions("%ml mine sp") == ["speed="]


def test_just_the_word_that_is_being_typed_is_replaced(ip: Shell) -> None:
    with provisionalcompleter():
        (found,) = ip.ip.Completer.completions("x = %ml toy.count mode=fa", 25)
    assert (found.start, found.end, found.text) == (23, 25, "fancy")


def test_names_are_offered_without_importing_what_they_name() -> None:
    code = (
        "import sys\nfrom tests.shell import shell\n"
        "with shell() as ip:\n    offered = ip.completions('%ml rl.')\n"
        "heavy = {'torch', 'sklearn', 'mlwidgets_rl.q_learning'} & set(sys.modules)\n"
        "sys.exit(str(heavy or offered) if heavy or 'rl.q_learning' not in offered else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
