"""A trained run is sampled in JupyterLab: branches are read."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Book, Lab
from tests.browser.playing import LOAD, Player, opened

TRAIN = """net = mlwidgets.play(
    "nlp.decoder", width=32, batch=8, steps=120, lr=0.01, every=20, prompt="The value of"
)
net.start().wait()"""
BEAM = 'tree = mlwidgets.play("nlp.sampling", net=net, way="beam", length=20)\ntree.start().wait()'
TREE = "Branches"


@pytest.fixture
def book(lab: Lab) -> Book:
    book = lab.open([LOAD, TRAIN, BEAM])
    book.run_all()
    return book


def caption(player: Player, title: str) -> Locator:
    return player.box.locator("figcaption").filter(has_text=title)


def test_a_branch_that_is_pointed_at_is_read(book: Book) -> None:
    player = opened(book, 2, "Sampling")
    tree = player.view(TREE)
    tree.scroll_into_view_if_needed()
    expect(tree).to_have_attribute("aria-label", re.compile("4 of 4 branches go on"))
    tree.focus()
    tree.press("ArrowRight")
    expect(caption(player, TREE)).to_contain_text(re.compile(r"· \S{20}: −\d"))
    assert len(player.table(TREE)) == 4
