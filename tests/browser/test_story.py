"""The learner's story, from the first command to an answered question."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.lab import Lab, wait_until
from tests.browser.playing import colours, number, opened, settled

RUN = "mlwidgets.runs()[0]"
TRIED = "mlwidgets.runs()[-1]"


def test_a_learner_loads_lists_plays_steers_looks_back_and_tries(lab: Lab) -> None:
    book = lab.open(["%load_ext mlwidgets", "%ml", "%ml rl.q_learning"])
    book.run(0)
    book.run(1)
    listing = book.output(1)
    expect(listing).to_contain_text(re.compile(r"rl\.q_learning\s+Q-learning"))
    expect(listing).to_contain_text(re.compile(r"`%ml \S+` plays one"))

    # frame 0, before anything is pressed
    book.run(2)
    player = opened(book, 2)
    board = player.view("Value and greedy action")
    expect(board).to_have_accessible_name(re.compile("Board of 4 by 12 squares"))
    assert colours(board) > 10, "the board is painted"
    book.exec("import mlwidgets")
    assert book.eval(f"{RUN}.status") == "ready"
    assert (book.eval(f"{RUN}.number"), player.place) == ("0", 0)
    book.screenshot("story-1-frame-0")

    # Play, and epsilon moved while it runs
    player.play()
    player.advances(50)
    epsilon = player.slider("epsilon exploration")
    assert number(epsilon.input_value()) == 0.1
    middle = epsilon.bounding_box()
    assert middle is not None
    epsilon.click(position={"x": middle["width"] / 2, "y": middle["height"] / 2})
    book.wait_for(f"[e.name for e in {RUN}.events][:1]", "['epsilon']")
    where = int(book.eval(f"{RUN}.events[0].frame"))
    moved = number(book.eval(f"{RUN}.events[0].new"))
    assert (where > 0, 0.4 < moved < 0.6) == (True, True)
    assert book.eval(f"{RUN}.status") == "running"
    player.advances(300)
    mark = player.button(re.compile(rf"^Frame {where}: exploration 0\.10 to "))
    expect(mark).to_be_visible()
    assert number(epsilon.input_value()) == moved
    book.screenshot("story-2-steered")

    # back to where it was moved
    player.pause()
    settled(book, player, RUN)
    mark.click()
    places = book.eval(f"list({RUN}.trace.frames).index({where})")
    player.at(int(places))
    wait_until(lambda: number(epsilon.input_value()) == moved, "the value in force there")
    player.button("Step back").click()
    wait_until(lambda: number(epsilon.input_value()) == 0.1, "the value in force before")
    book.screenshot("story-3-back")

    # a question, which opens beside the run
    player.button(re.compile("^ε = 0: does it ever leave the first path")).click()
    book.wait_for("len(mlwidgets.runs())", "2")
    book.wait_for(f"{TRIED}.params['epsilon']", "0.0")
    book.wait_for(f"{TRIED}.status", "running")
    assert book.eval(f"{TRIED}.events") == "()"
    player.advances(50)
    wait_until(lambda: number(epsilon.input_value()) == 0, "the control shows the question's value")
    book.screenshot("story-4-try")
