"""Branching: the past goes on otherwise, the old run stays behind it, and all can be undone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.lab import Lab, wait_until
from tests.browser.playing import LOAD, PLAY, number, opened, settled


def test_a_live_control_moved_in_the_past_branches_there(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    for _ in range(3):
        player.button("Step forward").click()
    book.wait_for("run.trace['episode'][-1]", "3")
    settled(book, player)
    head = int(book.eval("run.number"))
    player.scrub(5)
    player.slider("epsilon exploration").fill("0.7")
    book.wait_for("len(run.branches)", "1")
    twin = "run.branches[0]"
    assert book.eval(f"({twin}.events[0].frame, {twin}.events[0].name)") == "(6, 'epsilon')"
    book.wait_for(f"{twin}.number > {head}", "True")
    assert book.eval("(run.number, run.events, run.status)") == f"({head}, (), 'paused')"
    expect(player.button("Frame 6: exploration 0.10 to 0.70")).to_be_visible()
    player.pause()
    book.screenshot("branched")
    kin = player.box.get_by_role("group", name="Branches", exact=True).get_by_role("button")
    expect(kin).to_have_count(2)
    expect(kin.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(kin.nth(1)).to_contain_text("ε = 0.7, from frame 5")
    kin.nth(0).click()
    expect(kin.nth(0)).to_have_attribute("aria-pressed", "true")
    wait_until(lambda: player.last == head, "the first run is shown, whole")
    epsilon = player.slider("epsilon exploration")
    wait_until(lambda: number(epsilon.input_value()) == 0.1, "it was made with 0.1")
    kin.nth(1).click()
    wait_until(lambda: player.last > head, "the branch is shown again")
    player.button("Undo this branch").click()
    expect(kin).to_have_count(0, timeout=10_000)
    book.wait_for("(run.branches, len(mlwidgets.runs()))", "((), 1)")
    wait_until(lambda: player.last == head, "the run it came from is shown")


def test_branch_here_stands_at_the_cursor_and_is_steered_from_there(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY, "run.step(600)"])
    book.run_all()
    player = opened(book, 1)
    wait_until(lambda: player.last == 600, "all rows are there")
    player.scrub(240)
    player.button("Branch here").click()
    twin = "run.branches[0]"
    book.wait_for(f"len(run.branches) and ({twin}.number, {twin}.status)", "(240, 'paused')")
    wait_until(lambda: player.last == 240, "the branch is shown, at its newest frame")
    player.slider("alpha learning rate").fill("0.05")
    book.wait_for(f"{twin}.params['alpha']", "0.05")
    player.button("Step forward").click()
    book.wait_for(f"{twin}.events[0].frame", "241")
    expect(player.box.get_by_text("@241 alpha=0.05")).to_have_count(0)
    expect(player.button(re.compile("^Copy the line"))).to_contain_text("+ 1 change")
    assert book.eval(f"{twin}.line.endswith(' @241 alpha=0.05')") == "True"


def test_a_question_opens_beside_the_run_that_asks_it(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.button("Step forward").click()
    book.wait_for("run.trace['episode'][-1]", "1")
    player.button(re.compile("^ε = 0: does it")).click()
    book.wait_for("len(run.branches)", "1")
    book.wait_for("run.branches[0].params['epsilon'] == 0", "True")
    kin = player.box.get_by_role("group", name="Branches", exact=True).get_by_role("button")
    expect(kin.nth(1)).to_contain_text("ε = 0, from the start")
    assert book.eval("run.status") == "paused"


def test_a_branch_made_in_python_is_in_the_family_and_has_a_player_of_its_own(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY, "run.step(50)\ntwin = run.branch(20, alpha=1.0).step(40)\ntwin"])
    book.run_all()
    player, own = opened(book, 1), opened(book, 2)
    wait_until(lambda: own.last == 60, "it shows the branch")
    wait_until(lambda: player.last == 50, "the first shows the run")
    kin = player.box.get_by_role("group", name="Branches", exact=True).get_by_role("button")
    kin.nth(1).click()
    wait_until(lambda: player.last == 60, "the branch, in the first player")
    book.screenshot("family")
