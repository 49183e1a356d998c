"""A sweep in a notebook: lanes that fill while they go, a mean with its band, Cancel, faults."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.lab import Lab, wait_until
from tests.browser.playing import LOAD, opened

SWEEP = (
    "run = mlwidgets.play('rl.q_learning', episodes=40)\n"
    "sweep = run.sweep(alpha=[0.1, 0.9], seed=range(3))\nsweep"
)
SLOW = """
import os, time
def walk(by: float = 1.0, seed: int = 0):
    "A walk: as long as it is let."
    x = 0.0
    for k in range(100_000):
        x += by
        yield {"x": x}
        time.sleep(0.005)
sweep = mlwidgets.play(walk).sweep(by=[1.0, 2.0], workers=2)
sweep
"""


def test_seeds_are_drawn_as_their_mean_with_a_band_or_as_lanes(lab: Lab) -> None:
    book = lab.open([LOAD, SWEEP])
    book.run_all()
    player = opened(book, 1)
    expect(player.box.get_by_text("6 of 6 lanes are over")).to_be_visible()
    longest = int(book.eval("max(len(r.trace) for r in sweep.runs)"))
    wait_until(lambda: player.last == longest - 1, "the slider spans the longest lane")
    mean = player.box.get_by_role("radio", name="mean and spread")
    expect(mean).to_be_checked()
    chart = player.view("Return")
    expect(
        player.box.get_by_text("mean of 3 seeds, band ± one standard deviation")
    ).not_to_have_count(0)
    book.screenshot("sweep")
    rows = player.table("Return")
    assert len(rows[0]) == 3, "a column for each value of alpha"
    player.box.get_by_role("radio", name="lanes", exact=True).check()
    wait_until(lambda: len(player.table("Return")[0]) == 7, "a column for each lane")
    expect(chart).to_be_visible()
    book.screenshot("sweep-lanes")
    board = player.box.get_by_role("group", name="Value and greedy action", exact=True)
    expect(board.get_by_role("img")).to_have_count(6)
    player.scrub(300)
    book.screenshot("sweep-scrubbed")


def test_lanes_grow_one_dies_and_the_rest_is_cancelled(lab: Lab) -> None:
    book = lab.open([LOAD, SLOW])
    book.run_all()
    player = opened(book, 1, "A walk")
    player.advances(20)
    expect(player.box.get_by_text("0 of 2 lanes are over")).to_be_visible()
    book.exec("os.kill(sweep._place._processes[sweep._lanes[0]].pid, 9)")
    expect(player.box.get_by_text("by = 1: the worker process died (signal 9)")).to_be_visible()
    expect(player.box.get_by_text("1 of 2 lanes are over, 1 failed")).to_be_visible()
    player.advances(20)
    book.screenshot("sweep-died")
    player.button("Cancel").click()
    book.wait_for("[r.status for r in sweep.runs]", "['failed', 'stopped']")
    expect(player.box.get_by_text("2 of 2 lanes are over, 1 failed")).to_be_visible()
    expect(player.button("Cancel")).to_be_hidden()
