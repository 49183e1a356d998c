"""Byte pair encoding in JupyterLab: watched, undone by a click, a line typed and encoded."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Book, Lab, Theme, wait_until
from tests.browser.playing import LOAD, Player, colours, opened, settled
from tests.browser.test_themes import AXE

PLAY = 'run = mlwidgets.play("nlp.bpe"{})\nrun.start().wait()\nrun'
TITLE = "Byte pair encoding"
AXE_CODE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
HOSTILE = "<img src=x onerror=alert(1)>\\x00\\u202eabc 🦊🦊 \\ud800 מזה מזה " * 3


def player_of(lab: Lab, given: str = "") -> tuple[Book, Player]:
    book = lab.open([LOAD, PLAY.format(given)])
    book.run_all()
    player = opened(book, 1, TITLE)
    settled(book, player)
    return book, player


def chip(view: Locator, text: str) -> Locator:
    return view.locator("[data-k] > span:first-child").get_by_text(text, exact=True).first


def width(player: Player) -> float:
    box = player.box.bounding_box()
    return box["width"] if box else 0.0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_pairs_curve_and_line_are_painted(lab: Lab, theme: Theme) -> None:
    book = lab.open([LOAD, PLAY.format("")])
    book.theme(theme)
    book.run_all()
    player = opened(book, 1, TITLE)
    settled(book, player)
    wait_until(lambda: colours(player.view("The text")) > 8, "tokens have colours")
    expect(player.view("Your line")).to_have_attribute("aria-label", re.compile(r"\d+ tokens: "))
    expect(player.box.get_by_text(re.compile(r"^the first 1\d{3} bytes in"))).to_be_visible()
    player.scrub(90)
    book.screenshot(f"nlp.bpe-{theme}", player.box)
    book.page.evaluate(AXE_CODE)
    assert player.box.evaluate(AXE) == []
    if theme == "light":
        book.page.set_viewport_size({"width": 620, "height": 900})
        wait_until(lambda: width(player) < 560, "it is narrow")
        book.screenshot("nlp.bpe-narrow", player.box)


def test_a_click_undoes_a_merge_and_shows_what_comes_in_its_place(lab: Lab) -> None:
    book, player = player_of(lab)
    text = player.view("The text")
    chip(text, "␣the").click()
    book.wait_for("run.params['undone']", "Ġthe")
    expect(chip(text, "␣the")).to_have_count(0)
    group = player.box.get_by_role("group", name="Undone", exact=True)
    expect(group).to_be_visible()
    expect(player.box.get_by_text("Not learned: ␣the")).to_be_visible()
    assert float(book.eval("run.trace['rho'][-1]")) < float(book.eval("run.trace['free'][-1]"))
    book.screenshot("nlp.bpe-undone", player.box)
    player.button("Allow ␣the again").click()
    book.wait_for("run.params['undone']", "")
    player.field("undone merges undone").fill("Ġteh")
    expect(player.box.get_by_text("has made this: nothing has changed")).to_be_visible()
    player.button("Allow ␣teh again").click()
    book.wait_for("run.params['undone']", "")
    expect(chip(text, "␣the")).to_be_visible()


def test_a_pair_is_skipped_while_it_learns(lab: Lab) -> None:
    book = lab.open([LOAD, 'run = mlwidgets.play("nlp.bpe", stride=1)\nrun'])
    book.run_all()
    player = opened(book, 1, TITLE)
    first = str(book.eval("run.trace['pairs'][0][0]"))
    player.button(re.compile("^Do not merge")).first.click()
    book.wait_for("run.params['undone']", first)
    player.button("Step forward").click()
    wait_until(lambda: book.eval("len(run.trace) > 1") == "True", "a step is made")
    assert str(book.eval("run.trace['pair'][1]")) not in (first, "")


def test_a_line_is_encoded_as_it_is_typed_after_the_end(lab: Lab) -> None:
    book, player = player_of(lab)
    field = player.field("line line to encode")
    field.fill("the names 🦊")
    book.wait_for("run.params['line']", "the names 🦊")
    view = player.view("Your line")
    expect(chip(view, "␣names")).to_be_visible()
    ids = "run.result.encode('the names 🦊')"
    expect(view).to_have_attribute(
        "aria-label", re.compile(f"^Your line. {book.eval(f'len({ids})')} tokens")
    )
    assert book.eval(f"run.trace['ids'][-1].tolist() == {ids}") == "True"


def test_hostile_text_is_shown_as_text(lab: Lab) -> None:
    book, player = player_of(lab, f', text="{HOSTILE}", line="{HOSTILE}"')
    assert player.box.locator("img").count() == 0
    text = player.view("The text")
    expect(text.get_by_text("⟨U+202E⟩").first).to_be_visible()
    assert book.errors == []
    player.table("The text")
