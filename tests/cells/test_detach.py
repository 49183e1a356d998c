"""`--detach`: the cell goes on in a thread, and other cells reach its variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mlwidgets import Run
from tests.shell import Shell, shell
from tests.waiting import until

Output = pytest.CaptureFixture[str]


@pytest.fixture
def ip() -> Iterator[Shell]:
    with shell() as made:
        yield made


def detached(ip: Shell, body: str) -> Run:
    ip.run(f"%%ml record loss --detach -o run\n{body}")
    run = ip.ip.user_ns["run"]
    assert isinstance(run, Run)
    return run


ENDLESS = """
import itertools
scale = 1
for k in itertools.count():
    loss = k * scale
"""


def test_another_cell_looks_and_changes_while_it_is_paused(ip: Shell) -> None:
    run = detached(ip, ENDLESS)
    until(lambda: len(run.trace) > 3, "four frames")
    run.pause()
    at = run.number
    assert ip.run("loss") == ip.run("k") == at
    ip.run("scale = -1")
    run.step(3)
    assert run.number == at + 3
    assert run.trace["loss"][-3:].tolist() == [-at - 1, -at - 2, -at - 3]
    run.stop()
    assert run.status == "stopped"


def test_the_cell_returns_before_its_loop_ends_and_shows_its_value_then(
    ip: Shell, capsys: Output
) -> None:
    ip.run("import threading\ngate = threading.Event()")
    run = detached(ip, "for k in range(3):\n    gate.wait()\n    loss = k\nf'last {loss}'")
    assert run.status == "running"
    ip.run("gate.set()")
    until(lambda: run.status == "done", "done")
    until(lambda: "last 2" in capsys.readouterr().out, "the value is shown")


def test_an_error_is_told_with_its_line(ip: Shell, capsys: Output) -> None:
    run = detached(ip, "for k in range(3):\n    loss = 1 / (1 - k)")
    until(lambda: run.status == "failed", "failed")
    assert isinstance(run.error, ZeroDivisionError)
    said = ""

    def told() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "division by zero" in said

    until(told, "the error is told")
    assert "record loss --detach" in said


def test_top_level_await_works_there(ip: Shell) -> None:
    run = detached(
        ip, "import asyncio\nfor k in range(3):\n    await asyncio.sleep(0)\n    loss = k\n"
    )
    until(lambda: run.status == "done", "done")
    assert run.trace["loss"].tolist() == [0, 1, 2]


def test_a_fault_of_syntax_is_told_at_once(ip: Shell) -> None:
    with pytest.raises(SyntaxError) as caught:
        detached(ip, "for k in range(3):\n    loss = k\nreturn loss")
    assert caught.value.lineno == 4


def test_a_pass_that_does_not_end_is_ended_by_stop(ip: Shell) -> None:
    run = detached(ip, "import time\nfor k in range(9):\n    loss = k\n    while k: pass")
    until(lambda: len(run.trace) == 1, "a frame")
    run.stop()
    assert run.status == "stopped"


def test_the_traceback_is_that_of_a_plain_cell(ip: Shell, capsys: Output) -> None:
    body = "def step(k):\n    return 1 / k\nfor k in range(3):\n    loss = step(2 - k)"
    with pytest.raises(ZeroDivisionError):
        ip.run(f"%%ml record loss -o run\n{body}")
    plain = capsys.readouterr().out
    run = detached(ip, body)
    seen: list[str] = []

    def told() -> bool:
        seen.append(capsys.readouterr().out)
        return "".join(seen).count("ZeroDivisionError") > 1

    until(told, "the traceback is shown")
    assert run.status == "failed"
    assert places(plain) == places("".join(seen))
    assert [said.partition(" in ")[2] for said in places(plain)[1:]] == ["step(k)"]


def places(told: str) -> list[str]:
    """The places that a traceback names, whichever cell they are in."""
    plain = re.sub(r"\x1b\[[\d;]*m", "", told)
    return [re.sub(r"-\d+-\w+", "", said) for said in re.findall(r"^File .*", plain, re.M)]
