"""A reopened player's line is data: it gives a run of a known algorithm, or is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from mlwidgets import MLError, revival
from mlwidgets.revival import revived, run_of
from tests.test_run import walk

LINE = "%ml rl.q_learning alpha=0.3 seed=4 @20 epsilon=0.5"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    shell = InteractiveShell.instance()
    monkeypatch.setitem(shell.user_ns, "walk", walk)
    monkeypatch.setitem(shell.user_ns, "hostile", [])
    yield shell
    InteractiveShell.clear_instance()


@pytest.mark.usefixtures("shell")
def test_a_line_gives_its_run_steering_included() -> None:
    run = run_of(LINE)
    assert (run.params["alpha"], run.params["seed"], run.number) == (0.3, 4, 0)
    assert run.step(20).params["epsilon"] == 0.5
    run.close()


@pytest.mark.usefixtures("shell")
def test_a_function_that_the_kernel_has_is_found() -> None:
    run = run_of("%ml walk laps=3")
    assert run.wait().number == 15
    run.close()


@pytest.mark.usefixtures("shell")
def test_the_new_player_has_the_old_ones_name() -> None:
    name = "0123456789abcdef" * 2
    player = revived({"line": LINE, "model": name, "cell": 7})
    assert (player.model_id, player.run.cell) == (name, 7)
    assert player.run.player is player
    other = revived({"line": LINE, "model": name})
    assert other.model_id != name, "it is taken"
    player.run.close()
    other.run.close()


@pytest.mark.parametrize(
    "line",
    [
        "%ml rl.q_learning alpha=$hostile.append(1)",
        "%ml rl.q_learning alpha={hostile.append(1)}",
        "%ml rl.q_learning @3 alpha={hostile.append(1)}",
        "%ml rl.q_learning --device {hostile.append(1)}",
        "%ml rl.q_learning -o walk",
        "%ml rl.q_learning --pace 1",
        "%ml $hostile",
        "%ml {hostile.append(1)}",
        "%ml runs stop all",
        "%ml",
        "%ml rl.q_learning?",
        "%ml hostile",
        "hostile.append(1)",
        "!echo hostile",
        "%ml rl.q_learning alpha=9",
        "%ml rl.q_learning alpha=(",
        "%ml __import__('os')",
        "%ml rl.nothing",
    ],
)
def test_no_other_line_gives_a_run_and_none_is_evaluated(
    shell: InteractiveShell, line: str
) -> None:
    with pytest.raises(MLError):
        run_of(line)
    assert shell.user_ns["hostile"] == []


@pytest.mark.parametrize(
    "given", [{}, {"line": 3}, {"line": None}, {"line": "%ml " + "x" * 10**6}, {"line": ["%ml"]}]
)
@pytest.mark.usefixtures("shell")
def test_what_is_no_line_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(MLError, match="no line"):
        revived(given)


@pytest.mark.usefixtures("shell")
def test_every_request_is_answered_with_one_line() -> None:
    said: list[dict[str, Any]] = []

    class Comm:
        def send(self, data: dict[str, Any]) -> None:
            said.append(data)

    asked: list[Any] = [{"line": "%ml rl.q_learing"}, [], None, {"line": LINE, "model": {}}]
    for data in asked:
        revival._asked(Comm(), {"content": {"data": data}})
    assert "Did you mean" in said[0]["error"]
    assert all("\n" not in answer.get("error", "") for answer in said)
    assert set(said[3]) == {"model"}
