"""A `%ml` line in its shell: what asks for help, and whose names a reference sees."""

from __future__ import annotations

import pytest

from mlwidgets.magicline import Scope, question
from mlwidgets.tokens import Reference
from tests.shell import shell


@pytest.mark.parametrize("line", ["%ml a.b?", "  %ml a.b ?", "%ml a.b x=1??", "%ml S..#G?"])
def test_a_question_mark_at_the_end_asks_for_help(line: str) -> None:
    (turned,) = question([f"{line}\n"])
    assert turned == f"{line.rstrip(' ?')} --help\n"


@pytest.mark.parametrize(
    "cell",
    [
        "%ml?\n",  # IPython's own: the magic's docstring
        "%ml a.b x='why?'\n",
        "%mlflow a?\n",
        "x = 1\ny?\n",
        "'''\n%ml a.b?\n'''\n",
        "%%bash\n%ml a.b?\n",
        "%%ml a.b?\nwith a text\n",
    ],
)
def test_everything_else_is_left_alone(cell: str) -> None:
    lines = cell.splitlines(keepends=True)
    assert question(lines) == lines


def test_only_the_line_that_asks_is_turned() -> None:
    lines = ["x = '''\n", "%ml a.b?\n", "'''\n", "%ml a.b?\n"]
    assert question(lines) == [*lines[:3], "%ml a.b --help\n"]


def test_the_callers_names_go_before_the_notebooks() -> None:
    with shell() as made:
        made.run("n, scale = 1, 10")
        scope = Scope(made.ip, {"n": 5})
        assert scope.value(Reference("{[n * scale + k for k in range(2)]}")) == [50, 51]
        assert scope.value("n") == "n"
