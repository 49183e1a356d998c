"""The shell around a run: executing a cell again replaces what it made."""

from __future__ import annotations

from typing import Any

import pytest
from IPython.core.events import EventManager, available_events

from mlwidgets import play, runs, shell
from mlwidgets.shell import _Cells, current_cell, in_notebook
from tests.test_run import walk


class Kernel:
    """As much of a kernel as tells which cell is executed."""

    parent: dict[str, Any] = {"header": {"msg_id": "0"}, "metadata": {}}  # noqa: RUF012  replaced, never changed

    def get_parent(self, _channel: str) -> dict[str, Any]:
        return self.parent


class Shell:
    def __init__(self) -> None:
        self.kernel = Kernel()
        self.user_ns: dict[str, Any] = {}
        self.user_ns_hidden: dict[str, Any] = {}
        self.displayhook = None
        self.events = EventManager(self, available_events)  # type: ignore[arg-type]  # as much of a shell as it needs

    def execute(self, cell: str | None, execution: str) -> None:
        """What a front end says as it has a cell executed."""
        metadata = {"cellId": cell} if cell else {}
        self.kernel.parent = {"header": {"msg_id": execution}, "metadata": metadata}
        self.events.trigger("pre_run_cell", None)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Shell:
    made = Shell()
    monkeypatch.setattr(shell, "_shell", lambda: made)
    monkeypatch.setattr(shell, "cells", _Cells())
    monkeypatch.setattr("mlwidgets.api.cells", shell.cells)
    return made


def test_a_script_is_no_notebook() -> None:
    assert not in_notebook()
    assert current_cell() is None


def test_a_notebook_tells_the_cell_and_its_execution(notebook: Shell) -> None:
    notebook.execute("a", "1")
    assert in_notebook()
    assert current_cell() == ("a", "1")


def test_executing_a_cell_again_closes_what_it_made(notebook: Shell) -> None:
    notebook.execute("a", "1")
    first, second = play(walk), play(walk)
    notebook.execute("a", "2")
    assert (first.closed, second.closed) == (True, True)


def test_executing_another_cell_closes_nothing(notebook: Shell) -> None:
    notebook.execute("a", "1")
    run = play(walk)
    notebook.execute("b", "2")
    other = play(walk)
    assert (run.closed, other.closed) == (False, False)
    run.close()
    other.close()


def test_a_cell_that_no_longer_plays_still_closes_what_it_made(notebook: Shell) -> None:
    notebook.execute("a", "1")
    run = play(walk).start(pace="step")
    notebook.execute("a", "2")
    assert run.status == "stopped"


def test_where_nobody_tells_the_cell_the_oldest_of_too_many_is_stopped(
    notebook: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in runs():
        run.close()
    monkeypatch.setattr(shell, "MAX_ALIVE", 2)
    notebook.execute(None, "1")
    made = [play(walk) for _ in range(4)]
    assert [run.status for run in made] == ["stopped", "stopped", "ready", "ready"]
    for run in made:
        run.close()


def test_a_replaced_run_is_forgotten_by_the_output_cache(notebook: Shell) -> None:
    notebook.execute("a", "1")
    run = play(walk)
    notebook.user_ns |= {"Out": {3: run}, "_3": run, "mine": run}
    notebook.execute("a", "2")
    assert notebook.user_ns == {"Out": {}, "_3": "", "mine": run}
