"""A real IPython shell for a test, the extension loaded, and a stranger's topic to play with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import mlwidgets
from mlwidgets.registry import registry
from tests.plugins.world import World

TOY = """
    from typing import Literal
    from mlwidgets import Frames, Live, Rate, Text, algorithm, hookimpl

    @hookimpl
    def mlwidgets_register(registry):
        registry.topic("toy", "Toys")
        registry.algorithm("toy.count", "toy:count")
        registry.algorithm("toy.letters", "toy:letters")
        registry.algorithm("toy.needy", "toy:needy")

    @algorithm()
    def count(
        n: int = 3, rate: Live[Rate] = 0.5, up: bool = True, data: object = None,
        mode: Literal["plain", "fancy"] = "plain", weights: list[float] = [1.0],
    ):
        '''Counting: one number after another.

        Where: rate how fast; n how many.
        Try: n=5  Is five enough?
        '''
        for k in range(n):
            rate = yield {"k": float(k), "rate": rate}
        return data

    def letters(text: Text = "abc", times: int = 1):
        "Letters: of a text."
        for letter in text * times:
            yield {"letter": letter}

    def needy():
        "Needy: wants a library."
        import no_such_library
        yield {"k": 0}
"""


class Shell:
    """What a person does at a prompt, and what they see."""

    def __init__(self, ip: InteractiveShell) -> None:
        self.ip = ip

    def run(self, cell: str) -> Any:
        """The value of a cell; raises what it raised."""
        done = self.ip.run_cell(cell)  # type: ignore[no-untyped-call]  # IPython's
        done.raise_error()
        return done.result

    def refusal(self, cell: str) -> str:
        """The one line with which a cell is refused."""
        with pytest.raises(UsageError) as caught:
            self.run(cell)
        line = str(caught.value)
        assert "\n" not in line
        return line

    def completions(self, cell: str) -> list[str]:
        """What is offered at the end of a cell, as inserted text."""
        with provisionalcompleter():
            return [found.text for found in self.ip.Completer.completions(cell, len(cell))]


@contextmanager
def shell() -> Iterator[Shell]:
    """A shell with `%load_ext mlwidgets` done; its runs are closed afterwards."""
    config = Config()
    config.HistoryManager.enabled = False
    ip = InteractiveShell(config=config)  # type: ignore[no-untyped-call]  # IPython's
    ip.run_line_magic("load_ext", "mlwidgets")
    yield Shell(ip)
    for run in mlwidgets.runs():
        run.close()
    ip.run_line_magic("unload_ext", "mlwidgets")


@contextmanager
def toys(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The topic `toy` among the installed ones, for as long as a test lasts."""
    world = World(folder, monkeypatch)
    world.add("toy", TOY)
    registry().reload()
    try:
        yield world
    finally:
        world.close()
        monkeypatch.undo()
        registry().reload()
