"""An exported page has no accessibility violation in either theme."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

import mlwidgets
from tests.browser.playing import Player
from tests.browser.test_themes import AXE


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_exported_page_has_no_violation(
    theme: Literal["light", "dark"], browser: Browser, tmp_path: Path
) -> None:
    run = mlwidgets.play("rl.q_learning", episodes=30).step(200).set(epsilon=0.5).wait()
    run.export(tmp_path / "run.html").close()
    # Outside the page's own policy: axe is not one of the scripts it lists.
    context = browser.new_context(color_scheme=theme, bypass_csp=True)
    page = context.new_page()
    page.goto((tmp_path / "run.html").as_uri())
    player = Player(page.get_by_role("group", name="Q-learning", exact=True))
    expect(player.frame).to_be_visible()
    player.box.screenshot()  # painted before it is judged
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    assert player.box.evaluate(AXE) == []
    whole = "async (tags) => (await axe.run(document, {runOnly: tags})).violations.map((v) => v.id)"
    assert page.evaluate(whole, ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]) == []
    context.close()
