"""Marks that lie close, and what the page says and does around a branch."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.lab import Lab, wait_until
from tests.browser.playing import LOAD, opened

FALLING = """
@mlwidgets.algorithm(total="n")
def falling(rate: mlwidgets.Live[Annotated[float, mlwidgets.Range(0, 1)]] = 0.5, n: int = 300):
    x = 1.0
    for k in range(n + 1):
        rate = yield {"x": x if k != 103 else float("nan")}
        x *= 1 - 0.01 * rate

run = mlwidgets.play(falling)
_ = run.step(97).set(rate=0.1).step(3).set(rate=0.9).step(500)
run
"""


def test_close_marks_are_one_button_that_steps_through_them_and_undo_comes_back(lab: Lab) -> None:
    book = lab.open(["from typing import Annotated\n" + LOAD, FALLING.strip()])
    book.run_all()
    player = opened(book, 1, "Falling")
    wait_until(lambda: player.last == 300, "all rows are there")
    marks = player.box.locator(".scrub .mark")
    expect(marks).to_have_count(1)
    expect(marks).to_have_attribute(
        "aria-label",
        "Frame 98: rate 0.50 to 0.90; Frame 103: x is not a finite number",
    )
    for place in (98, 103, 98):
        marks.click()
        player.at(place)
    expect(player.status).to_contain_text("the run is finished")
    player.scrub(103)
    expect(player.box.get_by_role("figure").first.locator(".now")).to_have_text("NaN")
    player.scrub(200)
    player.button("Branch here").click()
    undo = player.button("Undo this branch")
    undo.click()
    player.at(200)
    book.screenshot("close-marks")
    player.scrub(300)
    player.slider("rate").press("ArrowRight")
    expect(player.box.get_by_text("The run was over: it is begun anew beside it")).to_be_visible()


LOOP = """
%%ml record loss --detach
for k in range(40):
    loss = 1 / (k + 1)
    if k == 20:
        gate.wait(60)
"""


def test_a_recorded_loop_says_why_it_does_not_branch(lab: Lab) -> None:
    book = lab.open([LOAD + "\nimport threading\ngate = threading.Event()", LOOP.strip()])
    book.run_all()
    fork = book.output(1).get_by_role("button", name="Branch here")
    expect(fork).to_be_disabled()
    title = fork.get_attribute("title") or ""
    assert title.startswith("No branch: "), title
    book.eval("gate.set()")
