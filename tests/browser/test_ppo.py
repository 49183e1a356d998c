"""The pole is taken by the keyboard, falls or is handed back, and the run goes on as it was."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Book, Lab, Theme
from tests.browser.playing import LOAD, Player, opened, settled

TITLE = "Proximal policy optimisation"
PLAY = "run = %ml rl.ppo\nrun"
# On a busy machine torch's threads wait for each other at each of these small products.
ONE_THREAD = "\nimport torch; torch.set_num_threads(1)"


def playing(lab: Lab) -> tuple[Book, Player]:
    book = lab.open([LOAD + ONE_THREAD, PLAY])
    book.run_all()
    return book, opened(book, 1, TITLE)


def cart(player: Player) -> Locator:
    return player.box.get_by_role("application", name=re.compile("arrow keys take the pole"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_reader_takes_the_pole_and_hands_it_back(lab: Lab, theme: Theme) -> None:
    book, player = playing(lab)
    book.theme(theme)
    book.eval("run.wait().status")
    settled(book, player)
    at = player.last
    player.frame.press("End")
    player.at(at)
    stage = cart(player)
    expect(stage).to_have_accessible_name(re.compile("^Of the run: cart at"))
    book.screenshot(f"ppo_{theme}", book.output(1))

    stage.focus()
    book.page.keyboard.down("ArrowRight")
    expect(stage).to_have_accessible_name(re.compile("^By your hand: cart at"))
    fell = re.compile(r"^Fell after \d+\.\d s\. An arrow key begins anew\.$")
    expect(player.box.get_by_text(fell)).to_be_visible()
    book.page.keyboard.up("ArrowRight")
    assert player.place == at, "the arrow keys push, they do not step"

    book.page.keyboard.press("ArrowLeft")
    book.page.keyboard.press("Escape")
    expect(stage).to_have_accessible_name(re.compile("^By the policy, after your hand"))
    book.screenshot(f"ppo_held_{theme}", book.output(1))
    expect(player.box.get_by_text(re.compile(r"The policy holds it: [2-9]\."))).to_be_visible()
    player.button("Back to the run").click()
    expect(stage).to_have_accessible_name(re.compile("^Of the run: cart at"))
    assert book.eval("run.events") == "()"

    if theme == "light":  # another world has other figures
        player.field("env environment").fill("MountainCar-v0")
        player.field("env environment").press("Enter")
        expect(player.view("The environment")).to_be_visible()
        expect(stage).to_have_count(0)
