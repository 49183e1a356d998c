"""No player has an accessibility violation: live and exported, light and dark, its panes open."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import mlwidgets
from tests.browser.lab import Lab, Theme
from tests.browser.playing import LOAD, Player, opened, settled
from tests.browser.test_themes import AXE

# Each algorithm's line, and how many frames are enough to see it at work.
ALGORITHMS = {
    "rl.q_learning": 300,
    "nlp.attention": 4,
    "nlp.attention_viz": 2,
    "vision.cnn_digits": 6,
}
WHOLE = """async (tags) => {
  const {violations} = await axe.run(document, {runOnly: tags});
  return violations.flatMap(({id, nodes}) => nodes.map((n) => `${id}: ${n.html.slice(0, 200)}`));
}"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The tables behind the figures, each with a few of its rows and columns: the rest is like them.
UNFOLD = """(player) => {
  for (const button of player.querySelectorAll("button.more[aria-expanded=false]")) button.click();
  const rest = player.querySelectorAll("tr:nth-child(n+6), :is(td, th):nth-child(n+6)");
  for (const node of rest) node.remove();
}"""
SHOWN = """run = mlwidgets.play({name!r})
if run.status != "done": run.step({frames})  # attention is shown whole
run"""


def inspector(page: Page) -> None:
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))


def violations(player: Player) -> list[str]:
    """Of the player as it is, with the tables behind its figures, and with each pane open."""
    found = list(player.box.evaluate(AXE))
    player.box.evaluate(UNFOLD)
    found += player.box.evaluate(AXE)
    for pane in player.box.locator("footer button[aria-controls]").all():
        pane.click()
        expect(pane).to_have_attribute("aria-expanded", "true")
        player.box.screenshot()  # painted before it is judged
        found += player.box.evaluate(AXE)
        pane.click()
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_live_player_has_no_violation(name: str, theme: Theme, lab: Lab) -> None:
    book = lab.open([LOAD, SHOWN.format(name=name, frames=ALGORITHMS[name])])
    book.theme(theme)
    book.run_all()
    player = opened(book, 1, book.eval("run.algorithm.title"))
    settled(book, player)
    inspector(book.page)
    assert violations(player) == []


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_exported_page_has_no_violation(name: str, browser: Browser, tmp_path: Path) -> None:
    run = mlwidgets.play(name)
    if run.status != "done":
        run.step(ALGORITHMS[name])
    if "epsilon" in run.algorithm.spec.live:
        run.set(epsilon=0.5).step(10)
    title = run.algorithm.title
    run.export(tmp_path / "run.html").close()
    # Outside the page's own policy: axe is not one of the scripts it lists.
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto((tmp_path / "run.html").as_uri())
    inspector(page)
    player = Player(page.get_by_role("group", name=title, exact=True))
    expect(player.frame).to_be_visible()
    assert page.evaluate(WHOLE, TAGS) == []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        player.box.screenshot()  # painted before it is judged
        assert violations(player) == []
    context.close()
