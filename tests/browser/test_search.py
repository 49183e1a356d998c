"""Find: marks on the scrubber, from hit to hit, a run that pauses where something comes true."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.lab import Book, Lab, wait_until
from tests.browser.playing import LOAD, PLAY, Player, opened, settled

RECORDED = "run = %ml rl.q_learning episodes=40\nrun.wait()\nrun"
BROKEN = """import math
def sums(n: int = 60):
    x = 1.0
    for k in range(n):
        x = math.nan if k == 31 else x + 1
        yield {"x": x, "k": k}
run = mlwidgets.play(sums)
run.wait()
run"""


def search(player: Player, expression: str) -> None:
    if not player.field("Find frames where").is_visible():
        player.button("Find").click()
    field = player.field("Find frames where")
    field.fill(expression)
    field.press("Enter")


def said(player: Player) -> Locator:
    return player.box.locator(".find .said")


def found(book: Book, expression: str) -> list[int]:
    text = book.eval(f"run.find({expression!r}).tolist()")
    return [int(n) for n in re.findall(r"\d+", text)]


def test_every_frame_where_an_expression_holds_is_marked_and_stepped_to(lab: Lab) -> None:
    book = lab.open([LOAD, RECORDED])
    book.run_all()
    player = opened(book, 1)
    settled(book, player)
    expression = "abs(delta) > 2 * prev(abs(delta)) > 1"
    hits = found(book, expression)
    assert len(hits) > 3
    player.scrub(0)
    search(player, expression)
    expect(said(player)).to_have_text(f"{len(hits)} frames")
    marks = player.box.locator(".hits path").get_attribute("d") or ""
    assert marks.count("M") == len({round(1000 * hit / player.last) for hit in hits})
    for hit in hits[:2]:
        player.button("next ▸").click()
        player.at(hit)
    expect(said(player)).to_have_text(f"2 of {len(hits)}")
    player.frame.press("n")
    player.at(hits[2])
    player.frame.press("Shift+N")
    player.button("◂ previous").click()
    player.at(hits[0])
    expect(player.button("◂ previous")).to_be_disabled()


def test_what_cannot_be_read_is_said_under_the_field(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    search(player, "delte > 2")
    fault = player.box.locator(".find .fault")
    expect(fault).to_contain_text("Did you mean 'delta'?")
    expect(player.field("Find frames where")).to_have_attribute("aria-invalid", "true")
    search(player, "().__class__")
    expect(fault).to_contain_text("at character 3")
    search(player, "max(Q) > 1e9")
    expect(fault).to_be_empty()
    expect(said(player)).to_have_text("holds nowhere")


def test_a_run_pauses_where_it_comes_true_and_play_goes_on(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.choose("Pace", "full speed")
    expression = "episode == 5 or episode == 9"
    search(player, expression)
    box = player.box.get_by_role("checkbox", name="Pause when it holds", exact=True)
    box.check()
    book.wait_for("run.pausing", expression)
    for episode in ("5", "9"):
        player.button("Play").click()
        book.wait_for("run.trace['episode'][-1]", episode)
        settled(book, player)
        at = book.eval("run.number")
        assert book.eval(f"run.trace['episode'].tolist().count({episode})") == "1"
        expect(player.box).to_contain_text(f"paused: {expression} at frame {at}")
        expect(said(player)).to_contain_text(f" of {len(found(book, expression))}")
    box.uncheck()
    book.wait_for("run.pausing", "")
    player.button("Play").click()
    book.wait_for("run.status", "done")


def test_the_first_nan_is_said_and_marked_without_being_asked_for(lab: Lab) -> None:
    book = lab.open([LOAD, BROKEN])
    book.run_all()
    player = opened(book, 1, title="Sums")
    expect(player.box).to_contain_text("First non-finite value: x at frame 31")
    player.button("Frame 31: x is not a finite number").click()
    player.at(31)
    search(player, "nonfinite")
    expect(said(player)).to_have_text("1 of 29")


def test_what_the_kernel_waits_for_stands_in_the_field(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    book.eval("run.pause_when('episode == 3') and None")
    player.button("Find").click()
    expect(player.field("Find frames where")).to_have_value("episode == 3")
    wait_until(
        lambda: player.box.get_by_role("checkbox", name="Pause when it holds").is_checked(),
        "the box is checked",
    )
