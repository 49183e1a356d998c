"""Steering: a change acts at the head and is kept with its frame; a wrong one is told."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.lab import Lab
from tests.browser.playing import LOAD, PLAY, opened, settled


def test_a_change_made_while_it_runs_acts_at_the_head_and_leaves_a_mark(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.play()
    player.advances(20)
    player.slider("alpha learning rate").fill("0.25")
    book.wait_for("run.params['alpha']", "0.25")
    event = "run.events[-1]"
    assert book.eval(f"({event}.name, {event}.old, {event}.new)") == "('alpha', 0.5, 0.25)"
    frame = book.eval(f"{event}.frame")
    assert int(frame) > 20
    expect(player.button(f"Frame {frame}: learning rate 0.50 to 0.25")).to_be_visible()
    assert book.eval("run.status") == "running"
    assert book.eval("run.params['epsilon']") == "0.1", "the others stay"


def test_a_wall_painted_while_it_runs_is_in_the_run(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.play()
    player.advances(20)
    player.button(re.compile("^grid board")).click()
    player.box.get_by_role("radio", name="wall").check(force=True)
    player.box.get_by_role("gridcell", name="row 2, column 5: floor").click()
    book.wait_for("run.params['grid'].rows[1]", "....#.......")
    expect(player.box.get_by_role("gridcell", name="row 2, column 5: wall")).to_be_visible()
    assert book.eval("(run.events[-1].name, run.status)") == "('grid', 'running')"
    frame = book.eval("run.events[-1].frame")
    book.screenshot("painting")
    book.page.keyboard.press("Escape")
    expect(player.box.get_by_role("grid")).to_have_count(0)
    expect(player.button(re.compile(f"^Frame {frame}: board"))).to_be_visible()
    player.advances(20)
    rows = player.table("Value and greedy action")
    assert rows[12 + 4][2] == "wall"
    book.screenshot("painted")


def test_a_board_is_painted_with_keys(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.button(re.compile("^grid board")).press("Enter")
    player.box.get_by_role("radio", name="cliff").press("Space")
    player.box.get_by_role("gridcell", name="row 1, column 1: floor").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        book.page.keyboard.press(key)
    book.wait_for("run.params['grid'].rows[1]", "..C.........")
    book.page.keyboard.press("Escape")
    expect(player.box.get_by_role("grid")).to_have_count(0)


def test_a_wrong_value_is_told_in_a_line_at_its_control_and_loses_nothing(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.button("Step forward").click()
    book.wait_for("run.trace['episode'][-1]", "1")
    settled(book, player)
    number_before, last = book.eval("run.number"), player.last
    seed = player.field("seed")
    seed.fill("seven")
    seed.press("Enter")
    told = player.alerts.filter(has_text="seed=")
    expect(told).to_be_visible()
    expect(told).to_contain_text("seven")
    expect(told).to_contain_text("whole number")
    assert "\n" not in told.inner_text().strip()
    above, below = seed.bounding_box(), told.bounding_box()
    assert above is not None
    assert below is not None
    assert 0 < below["y"] - above["y"] < 60, "it is at the control"
    assert (book.eval("run.number"), player.last) == (number_before, last)
    assert book.eval("(run.params['seed'], run.status)") == "(0, 'paused')"
    book.screenshot("wrong-value")
    seed.fill("7")
    seed.press("Enter")
    book.wait_for("run.params['seed']", "7")
    expect(told).to_be_hidden()
