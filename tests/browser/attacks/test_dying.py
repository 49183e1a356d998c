"""Twelve ways for a generator to die: one line each, the kernel and the other players live on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Lab, wait_until
from tests.browser.playing import LOAD, PLAY, opened, settled

DEATHS = {
    "an error": ("raise ValueError('the pole fell')", "ValueError: the pole fell"),
    "an error without words": ("raise RuntimeError", "RuntimeError"),
    "an error that cannot be told": ("raise Untold", "Untold"),
    "exit": ("sys.exit('enough')", "SystemExit: enough"),
    "an interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "no memory": ("raise MemoryError('out of memory')", "MemoryError: out of memory"),
    "recursion without end": ("deeper()", "RecursionError"),
    "a frame that is none": ("yield 3", "a frame is a dict"),
    "a frame of other names": ("yield {'y': 1.0}", "'y'"),
    "an array of another shape": ("yield {'x': 1.0, 'a': np.ones(3)}", "shape (3,)"),
    "an ended iterator": ("next(iter(()))", "StopIteration"),
    "a closed generator": ("raise GeneratorExit", "GeneratorExit"),
}
SOURCE = """
import sys
import numpy as np

class Untold(Exception):
    def __str__(self):
        raise TypeError("no words")

def deeper():
    deeper()

def dies(fault: int = 0):
    "Dies: in one of twelve ways."
    for k in range(20):
        if k == 5:
{branches}
        yield {{"x": k / 7, "a": np.ones(2)}}

dead = [mlwidgets.play(dies, fault=k) for k in range({count})]
from IPython.display import display
display(*dead)
"""


def source() -> str:
    faults = [fault for fault, _ in DEATHS.values()]
    branches = "\n".join(f"            if fault == {k}: {f}" for k, f in enumerate(faults))
    return SOURCE.format(branches=branches, count=len(DEATHS))


@pytest.fixture
def one_line() -> str:
    return "(node) => node.querySelector('p').textContent"


def test_twelve_deaths_are_a_line_each_and_harm_nothing_else(lab: Lab, one_line: str) -> None:
    book = lab.open([LOAD, source(), PLAY, "for run_ in dead: run_.start()"])
    for i in range(3):
        book.run(i)
    good = opened(book, 2)
    book.exec("run.start(600)")  # slow: it goes on while the others die
    book.run(3)
    for k, (name, (_, words)) in enumerate(DEATHS.items()):
        book.wait_for(f"dead[{k}].status", "failed")
        assert book.eval(f"len(dead[{k}].trace)") == "5", name
        alert = alert_of(book.output(1), k)
        alert.scroll_into_view_if_needed()
        line = alert.evaluate(one_line)
        assert words in line, name
        assert "\n" not in line
        assert "frame 5" in line, name
        assert "Traceback" not in line
    assert book.eval("6 * 7") == "42", "the kernel lives"
    good.advances(5)
    good.pause()
    settled(book, good)
    book.exec("run_ = mlwidgets.play(dies, fault=99).wait()")
    assert book.eval("(run_.status, len(run_.trace))") == "('done', 20)"


def alert_of(output: Locator, k: int) -> Locator:
    """The error of the k-th player of a cell."""
    player = output.get_by_role("group", name="Dies", exact=True).nth(k)
    alert = player.get_by_role("alert").first
    player.scroll_into_view_if_needed()
    expect(alert).to_be_visible()
    return alert


def test_a_dead_run_begins_anew_from_its_player(lab: Lab) -> None:
    book = lab.open([LOAD, source(), "dead[0].start()\ndead[0]"])
    book.run_all()
    player = opened(book, 2, "Dies")
    expect(player.alerts.first).to_be_visible()
    player.button("Restart").click()
    book.wait_for("dead[0].status", "ready")
    expect(player.alerts.filter(visible=True)).to_have_count(0)
    wait_until(lambda: player.last == 0, "it is back at frame 0")
