"""A loop of the user's in a cell: paused, slowed and stopped by the buttons of its player."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.lab import Lab, wait_until
from tests.browser.playing import LOAD, opened

LOOP = """
ended = False
with mlwidgets.record(mlwidgets.Line("loss"), title="My loop") as rec:
    for k in range(10**9):
        rec(loss=1 / (k + 1 + sum(range(200_000))))
ended = True
"""
STATUS = "rec.run.status"


def test_a_users_loop_is_paused_slowed_and_stopped_by_its_player(lab: Lab) -> None:
    book = lab.open([LOAD, LOOP])
    book.run(0)
    book.run(1, wait=False)
    player = opened(book, 1, "My loop")
    player.advances(100)
    menu = player.box.get_by_role("combobox", name="Pace", exact=True)
    expect(menu).to_have_value("2")
    expect(menu.locator("option", has_text=re.compile(r"\d+ s"))).to_be_disabled()
    expect(player.button("Restart")).to_be_hidden()

    player.pause()
    held = player.last
    assert book.is_running(1), "the cell waits in its next call"
    player.button("Step forward").click()
    wait_until(lambda: player.last > held, "one frame more")

    player.choose("Pace", "step by step")
    player.play()
    player.advances(2)
    slow = player.last
    player.pause()
    assert slow < held + 100, "four a second, not hundreds"
    book.screenshot("own-loop-1-paused")

    player.choose("Pace", "full speed")
    player.play()
    player.advances(100)
    player.button("Stop").click()
    wait_until(lambda: not book.is_running(1), "the block ends")
    assert book.eval("ended") == "True"
    assert book.eval(STATUS) == "stopped"
    expect(player.button("Stop")).to_be_hidden()
    assert int(book.eval("rec.run.number")) > held
    assert [output["output_type"] for output in book.outputs(1)] == ["display_data"]
    player.scrub(3)
    book.screenshot("own-loop-2-stopped")


def test_an_interrupt_reaches_a_loop_that_is_paused(lab: Lab) -> None:
    book = lab.open([LOAD, LOOP])
    book.run(0)
    book.run(1, wait=False)
    player = opened(book, 1, "My loop")
    player.advances(10)
    player.pause()
    book.page.evaluate("() => lab.kernel().interrupt()")
    wait_until(lambda: not book.is_running(1), "the cell ends")
    assert [o["ename"] for o in book.outputs(1) if o["output_type"] == "error"] == [
        "KeyboardInterrupt"
    ]
    assert (book.eval("ended"), book.eval(STATUS)) == ("False", "stopped")
    assert int(book.eval("len(rec.run.trace)")) > 10
