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
    told = player.box.get_by_role("figure").locator("figcaption")
    expect(told).to_contain_text("your prediction")
    assert book.eval("run.number") == "0", "drawing does not move the cursor or the run"
    book.screenshot("predicted")
    toggle.press("Enter")
    player.play()
    book.wait_for("run.status", "done")
    expect(told).to_contain_text(re.compile(r"your prediction is off by \d+"))
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
    told = player.box.get_by_role("figure").locator("figcaption")
    expect(told).to_contain_text("off by 13")  # a flat 0 but for the first steps: mean of k squared
