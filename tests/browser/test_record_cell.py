"""A cell of the reader's own, recorded as it is: its player, its buttons, the next cells."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.lab import Book, Lab, wait_until
from tests.browser.playing import Player, opened

DETACHED = """%%ml record loss w --detach -o run
import itertools, time
import numpy as np
w, lr = np.ones(3), 0.1
for step in itertools.count():
    w = w - lr * 2 * w
    loss = float((w ** 2).sum())
    time.sleep(0.002)"""
ATTACHED = DETACHED.replace(" --detach", "")


def title(book: Book, i: int) -> Player:
    return opened(book, i, "Recording of loss, w")


def test_a_detached_cell_is_held_looked_into_changed_and_stopped(lab: Lab) -> None:
    book = lab.open(
        ["%load_ext mlwidgets", DETACHED, "print(lr, len(w))\nlr = -0.1", "print(step)"]
    )
    book.run(0)
    book.run(1)  # it returns at once
    player = title(book, 1)
    player.advances(20)
    player.pause()
    wait_until(lambda: book.eval("run.status") == "paused", "the loop holds")
    book.run(2)
    expect(book.output(2)).to_contain_text("0.1 3")
    book.screenshot("record-cell-1-held")
    here = int(book.eval("run.number"))
    loss = float(book.eval("loss"))
    player.button("Step forward").click()
    wait_until(lambda: int(book.eval("run.number")) == here + 1, "one pass")
    assert float(book.eval("loss")) > loss, "the next pass took the new lr"
    player.scrub(3)
    player.play()
    player.advances(20)
    player.button(re.compile(r"^Stop\b")).click()
    wait_until(lambda: book.eval("run.status") == "stopped", "the loop ends")
    book.run(3)
    assert book.eval("step") == book.eval("run.number")
    book.screenshot("record-cell-2-stopped")


def test_an_attached_cell_pauses_by_its_button_and_by_the_kernels_interrupt(lab: Lab) -> None:
    book = lab.open(["%load_ext mlwidgets", ATTACHED, "print('after', step)"])
    book.run(0)
    book.run(1, wait=False)
    player = title(book, 1)
    player.advances(20)
    player.pause()
    assert book.is_running(1)
    player.play()
    player.advances(20)
    book.page.evaluate("() => lab.kernel().interrupt()")
    expect(player.button("Play")).to_be_visible()
    assert book.is_running(1)
    player.play()
    player.advances(20)
    player.button(re.compile(r"^Stop\b")).click()
    wait_until(lambda: not book.is_running(1), "the cell is over")
    book.run(2)
    expect(book.output(2)).to_contain_text("after")
    assert [out["output_type"] for out in book.outputs(1)] == ["display_data"]
