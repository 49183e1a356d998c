"""Predict, then run: the curve that was drawn stays, with how far it is off."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.lab import Lab
from tests.browser.playing import LOAD, opened

SQUARES = """
@mlwidgets.algorithm(total="n")
def squares(n: int = 20):
    for k in range(n + 1):
        yield {"y": float(k * k)}

run = mlwidgets.play(squares, views=mlwidgets.Line("y", lo=0, hi=400, predict=True))
run
"""


def test_a_drawn_curve_stays_beside_the_run_with_its_error(lab: Lab) -> None:
    book = lab.open([LOAD, SQUARES.strip()])
    book.run_all()
    player = opened(book, 1, "Squares")
    toggle = player.button("Predict: y")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    chart = player.box.locator(".plot")
    box = chart.bounding_box()
    assert box is not None
    mouse = book.page.mouse
    mouse.move(box["x"] + 60, box["y"] + box["height"] - 60)
    mouse.down()
    mouse.move(box["x"] + box["width"] - 20, box["y"] + 40, steps=12)
    mouse.up()
    told = player.box.get_by_role("figure")
    expect(told).to_contain_text("dashed: your prediction", ignore_case=True)
    assert book.eval("run.number") == "0", "drawing does not move the cursor or the run"
    book.screenshot("predicted")
    toggle.press("Enter")
    player.play()
    book.wait_for("run.status", "done")
    expect(told).to_contain_text(re.compile(r"[Yy]our prediction is off by \d+"))
    book.screenshot("predicted-and-run")


def test_a_curve_is_drawn_with_keys(lab: Lab) -> None:
    book = lab.open([LOAD, SQUARES.strip()])
    book.run_all()
    player = opened(book, 1, "Squares")
    chart = player.box.locator(".plot")
    chart.focus()
    for key in ["ArrowRight", *["ArrowDown"] * 12, *["ArrowRight"] * 24]:
        chart.press(key)
    status = player.box.get_by_role("status").first
    expect(status).to_contain_text("you expect 0")
    chart.press("Escape")
    expect(player.button("Predict: y")).to_have_attribute("aria-pressed", "false")
    player.play()
    book.wait_for("run.status", "done")
    told = player.box.get_by_role("figure")
    expect(told).to_contain_text("off by 13")  # a flat 0 but for the first steps: mean of k squared


HALVES = """
@mlwidgets.algorithm(total="n")
def halves(n: int = 20):
    for k in range(n + 1):
        yield {"a": 10.0 ** -(k / 4), "b": float(k)}

views = [mlwidgets.Line("a", log=True, predict=True), mlwidgets.Line("b", mean=5, predict=True)]
run = mlwidgets.play(halves, views=views)
run
"""


def test_on_a_logarithmic_axis_the_scale_is_set_keys_step_in_it_and_the_error_is_a_factor(
    lab: Lab,
) -> None:
    book = lab.open([LOAD, HALVES.strip()])
    book.run_all()
    player = opened(book, 1, "Halves")
    player.play()
    book.wait_for("run.status", "done")
    low, high = (
        player.field("lowest value of the scale"),
        player.field("highest value of the scale"),
    )
    low.first.fill("0.001")
    low.first.press("Enter")
    expect(low.first).to_have_value("0.001")
    high.first.fill("10")
    high.first.press("Enter")
    expect(high.first).to_have_value("10")
    player.box.locator(".plot").first.focus()
    for key in ["ArrowRight", "ArrowUp", "ArrowUp"]:
        book.page.keyboard.press(key)
    status = player.box.get_by_role("status").first
    expect(status).to_contain_text("you expect 0.22")  # half of four decades, and two of 24 steps
    expect(player.box.get_by_text(re.compile("off by a factor of"))).to_be_visible()
    low.first.fill("0")
    low.first.press("Enter")
    expect(status).to_contain_text("A logarithmic scale begins above 0")


def test_two_tools_stay_in_their_own_figures_and_what_is_drawn_strong_is_compared(lab: Lab) -> None:
    book = lab.open([LOAD, HALVES.strip()])
    book.run_all()
    player = opened(book, 1, "Halves")
    for figure in player.box.get_by_role("figure").all():
        whole = figure.bounding_box()
        assert whole is not None
        for part in [*figure.locator(".predict *").all()]:
            box = part.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= whole["x"] + whole["width"] + 1
    second = player.box.get_by_role("figure").nth(1)
    second.locator(".plot").focus()
    for key in ["ArrowRight"] * 30:
        book.page.keyboard.press(key)
    player.play()
    book.wait_for("run.status", "done")
    expect(second).to_contain_text("from the mean of 5")
    book.screenshot("two-predictions")
    tops = [
        f.locator("canvas").first.bounding_box() for f in player.box.get_by_role("figure").all()
    ]
    assert len({box["y"] for box in tops if box}) == 1, "neighbours stand on one line"
