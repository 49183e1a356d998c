"""Algorithms that go wrong: one clear line, and the kernel, the frames and the others live on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Book, Lab, wait_until
from tests.browser.playing import LOAD, PLAY, Player, opened, settled

FAULTS = {
    "raises": ("raise ValueError('the pole fell')", r"ValueError: the pole fell"),
    "exits": ("import sys; sys.exit('enough')", r"SystemExit: enough"),
    "yields no frame": ("yield 3", r"\b3\b|int"),
    "yields another frame": ("yield {'y': 1.0}", r"\by\b"),
}
FAULTY = """
def pole(steps: int = 50):
    "Pole: a stick on a cart."
    for k in range(steps):
        if k == 5:
            {fault}
        yield {{"x": k / 7, "k": k}}

bad = mlwidgets.play(pole)
bad
"""


def beside_a_player(lab: Lab, cell: str) -> tuple[Book, Player, Player]:
    """A player whose algorithm goes wrong, and a good one under it."""
    book = lab.open([LOAD, cell, PLAY])
    book.run_all()
    return book, opened(book, 1, "Pole"), opened(book, 2)


def all_lives(book: Book, good: Player) -> None:
    """The kernel answers and the other player goes on."""
    before = int(book.eval("run.number"))
    good.button("Step forward").click()
    wait_until(lambda: int(book.eval("run.number")) > before, "the other run goes on")
    settled(book, good)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_an_algorithm_is_one_line_and_harms_nothing_else(lab: Lab, name: str) -> None:
    fault, words = FAULTS[name]
    book, bad, good = beside_a_player(lab, FAULTY.format(fault=fault))
    bad.choose("Pace", "full speed")
    bad.button("Play").click()
    told = bad.alerts.filter(has_text=re.compile(words))
    expect(told).to_be_visible()
    expect(told).to_contain_text("5", timeout=1000)  # the frame
    line = told.locator("p").first
    expect(line).not_to_contain_text("Traceback")
    expect(told.locator("pre")).to_be_hidden()
    assert (book.eval("bad.status"), book.eval("len(bad.trace)")) == ("failed", "5")
    wait_until(lambda: bad.last == 4, "the frames before it are all there")
    bad.scrub(2)
    book.screenshot(f"fault-{name.replace(' ', '-')}")
    all_lives(book, good)


def test_a_number_that_is_nan_is_absent_and_no_fault(lab: Lab) -> None:
    cell = FAULTY.format(fault="pass").replace("k / 7", "float('nan') if k % 3 else k / 7")
    book, bad, good = beside_a_player(lab, cell)
    bad.choose("Pace", "full speed")
    bad.button("Play").click()
    book.wait_for("bad.status", "done")
    settled(book, bad, "bad")
    assert bad.last == 49
    assert bad.alerts.filter(visible=True).count() == 0
    book.screenshot("fault-nan")
    all_lives(book, good)


def test_a_run_that_never_ends_is_bounded_and_can_be_paused(lab: Lab) -> None:
    endless = FAULTY.format(fault="pass").replace("range(steps)", "__import__('itertools').count()")
    book, bad, good = beside_a_player(lab, endless)
    bad.choose("Pace", "full speed")
    bad.play()
    wait_until(lambda: int(book.eval("bad.number")) > 100_000, "it goes on and on")
    all_lives(book, good)
    bad.pause()
    settled(book, bad, "bad")
    assert book.eval("bad.status") == "paused"
    assert bad.last <= 10_000, "what is kept is bounded"
    bad.frame.press("Home")
    bad.at(0)


def test_a_frame_that_never_ends_holds_up_nobody_else(lab: Lab) -> None:
    book, bad, good = beside_a_player(lab, FAULTY.format(fault="while True: pass"))
    bad.choose("Pace", "full speed")
    bad.button("Play").click()
    book.wait_for("bad.number", "4")
    all_lives(book, good)
    bad.button("Restart").click()
    book.wait_for("bad.status", "ready")
    wait_until(lambda: bad.last == 0, "it is back at frame 0")
    all_lives(book, good)
