"""A recorded cell does what the cell does: output, names, `Out`, and the traceback's lines."""

from __future__ import annotations

import re
import signal
import textwrap
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cells.loops import LOOPS, PASSES
from tests.shell import Shell, shell

Output = pytest.CaptureFixture[str]
ADDRESS = re.compile(r"0x[0-9a-f]+")


@pytest.fixture
def ip() -> Iterator[Shell]:
    with shell() as made:
        yield made


@dataclass
class Done:
    """What a person, the next cell and nbclient can see of a cell that was executed."""

    out: str
    err: str
    names: dict[str, str]
    value: str
    error: str
    lines: list[tuple[str, int]]


def do(ip: Shell, source: str, head: str, output: Output) -> Done:
    ip.ip.reset()  # type: ignore[no-untyped-call]  # IPython's
    output.readouterr()
    done = ip.ip.run_cell(head + source, store_history=True)  # type: ignore[no-untyped-call]  # as above
    out, err = output.readouterr()
    names = {
        name: ADDRESS.sub("", repr(value))
        for name, value in ip.ip.user_ns.items()
        if not name.startswith("_") and name not in ("In", "get_ipython", "exit", "quit", "open")
    }
    error = done.error_in_exec or done.error_before_exec
    frames = traceback.extract_tb(error.__traceback__) if error else []
    below = [(f.name, f.lineno or 0) for f in frames if f.filename.startswith("<ipython")]
    out = re.sub(r"Out\[\d+\]|ipython-input-\S+", "", out)
    return Done(out, err, names, ADDRESS.sub("", repr(done.result)), repr(error), below)


@pytest.mark.parametrize("name", LOOPS)
def test_a_recorded_cell_does_what_the_cell_does(ip: Shell, capsys: Output, name: str) -> None:
    source = textwrap.dedent(LOOPS[name]).strip() + "\n"
    bare = do(ip, source, "", capsys)
    recorded = do(ip, source, "%%ml record loss -o kept\n", capsys)
    kept = ip.ip.user_ns["kept"]
    assert recorded.names.pop("kept")
    assert recorded.lines == [(where, line + 1) for where, line in bare.lines]
    recorded.lines = bare.lines
    if bare.error != "None":  # the traceback is a picture of the lines: one more, of the magic
        assert "# %%ml record loss -o kept" in recorded.out or "-> " in recorded.out
        recorded.out = bare.out
    assert recorded == bare
    assert len(kept.trace) == PASSES[name]


def test_the_twelve_are_twelve() -> None:
    assert len(LOOPS) == 12
    assert LOOPS.keys() == PASSES.keys()


def test_frames_hold_the_values_of_their_passes(ip: Shell) -> None:
    ip.run("%%ml record loss epoch -o run\n" + textwrap.dedent(LOOPS["nested"]))
    run = ip.ip.user_ns["run"]
    assert run.trace["loss"].tolist() == [0, 0, 0, 1, 1, 3]
    assert run.trace["epoch"].tolist() == [0, 0, 1, 1, 2, 2]
    assert (run.status, run.line) == ("done", "%%ml record loss epoch -o run")


def test_history_and_underscores_are_those_of_the_cell(ip: Shell) -> None:
    source = "%%ml record loss\nfor k in range(3):\n    loss = k\nloss + 40"
    ip.ip.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]  # as above
    names: dict[str, Any] = ip.ip.user_ns
    assert names["_"] == 42
    assert names["Out"][1] == 42
    assert names["_i"] == source or names["_i1"] == source


def test_nothing_of_ours_is_left_in_the_namespace(ip: Shell) -> None:
    before = set(ip.ip.user_ns)
    ip.run("%%ml record loss\nfor k in range(3):\n    loss = k")
    assert set(ip.ip.user_ns) - before == {"k", "loss"}


def test_a_function_of_a_recorded_cell_can_be_called_later(ip: Shell) -> None:
    ip.run("%%ml record loss -o run\ndef go():\n    for k in range(3):\n        loss = k\ngo()")
    ip.run("go()")
    assert len(ip.ip.user_ns["run"].trace) == 3


@pytest.mark.parametrize("around", ["%%time\n", "%%capture said\n"])
def test_it_lies_under_another_magic(ip: Shell, around: str, capsys: Output) -> None:
    ip.run(f"{around}%%ml record loss -o run\nfor k in range(3):\n    loss = k\n    print(k)")
    assert ip.ip.user_ns["run"].trace["loss"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("mode", ["all", "last", "none", "last_expr_or_assign"])
def test_what_a_cell_shows_is_the_users_choice(ip: Shell, mode: str, capsys: Output) -> None:
    ip.ip.ast_node_interactivity = mode
    source = "'first'\nfor k in range(2):\n    loss = k\nlast = loss + 1\n"
    bare = do(ip, source, "", capsys)
    assert do(ip, source, "%%ml record loss\n", capsys).out == bare.out


def test_a_fault_of_syntax_has_its_own_line(ip: Shell) -> None:
    with pytest.raises(SyntaxError) as caught:
        ip.run("%%ml record loss\nfor k in range(3):\n    loss = = k")
    assert caught.value.lineno == 3
    with pytest.raises(SyntaxError) as caught:
        ip.run("%%ml record loss\nfor k in range(3):\n    loss = k\nreturn 3")
    assert caught.value.lineno == 4


def test_stop_ends_the_cell_without_an_error(ip: Shell) -> None:
    ip.run(
        "%%ml record loss -o run\nimport itertools\nfor k in itertools.count():\n    loss = k\n"
        "    if k == 5:\n        run._core.stop()\nreached = True"
    )
    run = ip.ip.user_ns["run"]
    assert (run.status, run.number) == ("stopped", 5)
    assert "reached" not in ip.ip.user_ns


def test_a_loop_that_swallows_everything_is_stopped_all_the_same(ip: Shell) -> None:
    ip.run(
        "%%ml record loss -o run\nk = 0\nfor epoch in range(9):\n  try:\n"
        "    for batch in range(3):\n      k += 1\n      loss = k\n      run._core.stop()\n"
        "  except:\n    pass"
    )
    assert ip.ip.user_ns["k"] == 9  # every epoch ended at its first pass


def test_an_interrupt_with_no_page_is_what_it_always_was(ip: Shell) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        ip.run(
            "%%ml record loss -o run\nimport signal\nfor k in range(9):\n    loss = k\n"
            "    if k == 3: signal.raise_signal(signal.SIGINT)"
        )
    assert ip.ip.user_ns["run"].status == "stopped"
    assert signal.getsignal(signal.SIGINT) == before
