"""`python -m mlwidgets`: what it prints where, and its exit status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mlwidgets
from mlwidgets.cli import main
from mlwidgets.registry import registry
from tests.plugins.world import World
from tests.shell import toys

Output = pytest.CaptureFixture[str]

ENDLESS = """
    from mlwidgets import hookimpl

    @hookimpl
    def mlwidgets_register(registry):
        registry.topic("{name}", "Never ending")
        registry.algorithm("{name}.ticks", "{name}:ticks")
        registry.algorithm("{name}.falls", "{name}:falls")

    def ticks():
        k = 0
        while True:
            yield {"k": float(k)}
            k += 1

    def falls(after: int = 3):
        for k in range(after):
            yield {"k": float(k)}
        raise ValueError("fell over\\nthe edge")
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with toys(tmp_path, monkeypatch) as made:
        made.add("endless", ENDLESS)
        registry().reload()
        yield made


def test_list_names_topics_and_one_topics_algorithms(world: World, capsys: Output) -> None:
    assert main(["list"]) == 0
    assert "toy.count    Counting" in capsys.readouterr().out
    assert main(["list", "toy"]) == 0
    assert "Counting: one number after another" in capsys.readouterr().out


def test_help_is_printed_for_the_command_and_for_an_algorithm(world: World, capsys: Output) -> None:
    assert main(["-h"]) == 0
    assert "python -m mlwidgets list [topic]" in capsys.readouterr().out
    for words in (["toy.count", "-h"], ["help", "toy.count"]):
        assert main(words) == 0
        assert "python -m mlwidgets toy.count n=5" in capsys.readouterr().out


def test_list_says_on_stderr_what_could_not_be_loaded(world: World, capsys: Output) -> None:
    world.add("broken", "1 / 0\n")
    registry().reload()
    assert main(["list"]) == 0
    assert "plugin 'broken' (dist-broken 1.0) is left out" in capsys.readouterr().err


def test_plugins_prints_who_brought_what(world: World, capsys: Output) -> None:
    assert main(["plugins"]) == 0
    assert "toy          dist-toy 1.0" in capsys.readouterr().out


def test_an_algorithm_runs_to_its_end_with_progress_and_metrics(
    world: World, capsys: Output
) -> None:
    assert main(["toy.count", "n=40", "weights=[1, 2]"]) == 0
    printed = capsys.readouterr()
    assert "done at frame 39" in printed.out
    assert "toy.count: 39" in printed.err


def test_the_trace_is_saved_and_can_be_loaded(world: World, tmp_path: Path) -> None:
    assert main(["toy.count", "n=40", "--save", str(tmp_path / "count.trace")]) == 0
    loaded = mlwidgets.load(tmp_path / "count.trace")
    assert loaded.trace["k"].tolist() == [float(k) for k in range(40)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["toy.cuont"], "Did you mean 'toy.count'? `python -m mlwidgets toy` lists them"),
        (["list", "tyo"], "unknown topic 'tyo'. Did you mean 'toy'?"),
        (["toy.count", "rate=9"], "rate=9: must lie in [0, 1]"),
        (["toy.count", "rat=0"], "no parameter 'rat'. Did you mean 'rate'?"),
        (["toy.count", "rate"], "a parameter is written name=value"),
        (["toy.count", "--devcie", "cpu"], "Did you mean '--device'?"),
        (["toy.count", "--save", "/no/such/folder/q.trace"], "/no/such/folder"),
        (["toy.needy"], "needs the module 'no_such_library', which is not installed"),
        (["endless.falls"], "endless.falls: ValueError: fell over the edge (endless.py, line 19)"),
        (["compare"], "'compare' is kept for a later version"),
    ],
)
def test_a_refusal_is_one_line_on_stderr_and_status_2(
    world: World, capsys: Output, words: list[str], said: str
) -> None:
    assert main(words) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("mlwidgets: ")
    assert said in last


def heed_interrupts() -> None:
    """A shell's background job ignores them, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_stops_cleanly_with_status_130(world: World) -> None:
    environment = {**os.environ, "PYTHONPATH": str(world.folder)}
    command = [sys.executable, "-m", "mlwidgets", "endless.ticks", "--save", "ticks.trace"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=world.folder,
        preexec_fn=heed_interrupts,
    ) as process:
        assert process.stderr is not None
        head = b""
        while b"ticks" not in head and (byte := process.stderr.read(1)):
            head += byte  # until the bar is up, which is when it runs
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"Traceback" not in err
    assert b"mlwidgets: interrupted at" in err
    assert b"stopped at frame" in out
    assert len(mlwidgets.load(world.folder / "ticks.trace").trace) > 0
