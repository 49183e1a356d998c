"""Comparing: lanes under one cursor, differences, and the frame at which two runs part."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.lab import Lab, wait_until
from tests.browser.playing import LOAD, PLAY, opened


def test_branches_are_laid_beside_each_other_and_told_apart(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY, "run.step(900)\ntwin = run.branch(300, epsilon=0.9).step(900)"])
    book.run_all()
    player = opened(book, 1)
    wait_until(lambda: player.last == 900, "the run is shown")
    player.button("Compare").click()
    parts = int(book.eval("mlwidgets.compare(run, twin).parted()[0].frame"))
    assert parts > 300
    expect(player.box.get_by_text(f"parts at frame {parts} in")).to_be_visible()
    board = player.box.get_by_role("group", name="Value and greedy action", exact=True)
    expect(board.get_by_role("img")).to_have_count(3)
    expect(board.get_by_text("ε = 0.9 − first run")).to_be_visible()
    player.button(f"go to frame {parts}").click()
    player.at(parts)
    book.screenshot("compared")
    player.scrub(600)
    book.screenshot("compared-later")
    returns = player.table("Return")
    assert len(returns[0]) == 3, "a column for each run"
    player.button("Compare").click()
    expect(board).to_have_count(0)
    expect(player.view("Value and greedy action")).to_be_visible()


def test_a_comparison_is_a_player_of_its_own_that_drives_all(lab: Lab) -> None:
    cell = (
        "a, b = (mlwidgets.play('rl.q_learning', seed=s).step(40) for s in (0, 1))\n"
        "both = mlwidgets.compare(a, b)\nboth"
    )
    book = lab.open([LOAD, cell])
    book.run_all()
    player = opened(book, 1)
    expect(player.box.get_by_text("seed = 1: parts at frame")).to_be_visible()
    player.button("Step forward").click()
    book.wait_for("a.number > 40 and b.number > 40", "True")
    book.wait_for("(a.status, b.status)", "('paused', 'paused')")
    tolerance = player.field("Tolerance")
    tolerance.fill("5000")
    tolerance.press("Enter")
    expect(player.box.get_by_text("by more than 5000")).to_be_visible()
    tolerance.fill("much")
    tolerance.press("Enter")
    expect(player.alerts.filter(has_text="tolerance")).to_contain_text("must be a number")
    player.play()
    book.wait_for("(a.number > 2000) and (b.number > 2000)", "True")
    player.pause()
    book.wait_for("(a.status, b.status)", "('paused', 'paused')")
    book.screenshot("comparison")


def test_another_seed_is_a_press_away(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY, "run.step(300)"])
    book.run_all()
    player = opened(book, 1)
    wait_until(lambda: player.last == 300, "the run is shown")
    player.button("Compare").click()
    player.button("Another seed").click()
    book.wait_for("len(run.branches) and run.branches[0].number > 300", "True")
    player.pause()
    expect(player.box.get_by_text("first run: parts at frame")).to_be_visible()
