"""Notebook 7 shows the same player."""

from __future__ import annotations

from tests.browser.lab import Lab
from tests.browser.playing import LOAD, PLAY, opened, settled


def test_the_player_loads_plays_scrubs_and_steers_in_notebook_7(notebook: Lab) -> None:
    book = notebook.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.play()
    player.advances(50)
    player.slider("epsilon exploration").fill("0.4")
    book.wait_for("run.params['epsilon']", "0.4")
    player.pause()
    settled(book, player)
    player.scrub(7)
    player.frame.press("ArrowRight")
    assert player.place > 7
    book.screenshot("notebook7")
