"""Drift by hand: a bin is cut with the pointer."""

from __future__ import annotations

from tests.browser.lab import Lab, wait_until
from tests.browser.playing import LOAD, opened, settled

PSI = "psi = %ml mlops.psi\npsi.wait()\npsi"


def test_a_click_cuts_a_bin(lab: Lab) -> None:
    book = lab.open([LOAD, PSI])
    book.run_all()
    psi = opened(book, 1, "Population Stability Index")
    settled(book, psi, "psi")
    psi.scrub(psi.last)
    assert len(psi.table("Contribution")) == 10
    view = psi.view("Share of each bin")
    view.scroll_into_view_if_needed()
    box = view.bounding_box()
    assert box is not None
    view.click(position={"x": 0.4 * box["width"], "y": 0.5 * box["height"]})
    wait_until(lambda: book.eval("psi.params['cuts']") != "[]", "a cut is made")
    wait_until(lambda: len(psi.table("Contribution")) == 2, "two bins contribute")
