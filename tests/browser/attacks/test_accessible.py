"""No player has an accessibility violation, light or dark.

Figures and their tables are judged for every algorithm; what all players have in common (panes,
the notebook around them) for a few that are unlike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import mlwidgets
from mlwidgets.registry import registry
from tests.browser.conftest import Place
from tests.browser.lab import Book, Lab, Theme, wait_until
from tests.browser.playing import LOAD, Player, opened, settled

NAMES = [*registry().items]
UNLIKE = ["rl.q_learning", "nlp.attention", "vision.cnn_digits", "mlops.drift_system"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
INK = ["color-contrast"]  # all of it that a theme changes
FRAMES = {"rl.q_learning": 300, "vision.cnn_digits": 6}  # enough to see it at work
SHOWN = """run = mlwidgets.play({name!r})
if run.status != "done": run.step({frames})  # attention is shown whole
run"""
# Of parts of the page, painted; what lies outside them has been judged before.
JUDGE = """async (parts, runOnly) => {
  for (let k = 0; k < 2; k++) await new Promise(requestAnimationFrame);
  const {violations} = await axe.run({include: parts}, {runOnly, resultTypes: ["violations"]});
  return violations.flatMap(({id, nodes}) => nodes.map((n) => `${id}: ${n.html.slice(0, 200)}`));
}"""
TABLES = """(player, open) => {
  for (const button of player.querySelectorAll("button.more")) {
    if (button.getAttribute("aria-expanded") !== String(open)) button.click();
  }
}"""
BUSY = re.compile("^(Looking for|Checking against|Asking) ")


def inspector(page: Page) -> None:
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))


def judged(parts: Locator, rules: list[str] = WCAG) -> list[str]:
    """At once: each time axe is asked it looks through the whole page first."""
    return list(parts.evaluate_all(JUDGE, rules))


def violations(player: Player) -> list[str]:
    """Of the player as it is, of the tables behind its figures, and of each pane as it opens."""
    player.box.scroll_into_view_if_needed()
    found = judged(player.box)
    player.box.evaluate(TABLES, True)
    found += judged(player.box.locator(".data"))
    player.box.evaluate(TABLES, False)
    foot = player.box.locator("footer")
    for button in foot.locator("button[aria-controls]").all():
        button.click()
        expect(button).to_have_attribute("aria-expanded", "true")
        pane = player.box.locator(f"#{button.get_attribute('aria-controls')}")
        expect(pane.get_by_text(BUSY)).to_have_count(0)
        found += judged(pane.or_(foot))
        field = pane.get_by_role("textbox", name="Find frames where", exact=True)
        if field.count():
            field.fill("loss >")
            field.press("Enter")
            expect(pane.locator(".fault")).not_to_be_empty()
            found += judged(pane)
        button.click()
    return found


@pytest.fixture(scope="module")
def book(lab_place: Place) -> Iterator[Book]:
    """One notebook and one kernel for all; the second cell shows one player after another."""
    lab = Lab(*lab_place)
    book = lab.open([LOAD, ""])
    book.run(0)
    inspector(book.page)
    yield book
    lab.close()
    assert book.errors == []


@pytest.mark.parametrize("name", UNLIKE)
def test_a_live_player_has_no_violation(name: str, book: Book) -> None:
    book.set_source(1, SHOWN.format(name=name, frames=FRAMES.get(name, 4)))
    book.run(1)
    player = opened(book, 1, book.eval("run.algorithm.title"))
    settled(book, player)
    for theme in ("light", "dark"):
        book.theme(theme)
        assert violations(player) == [], theme


@pytest.mark.parametrize("name", NAMES)
def test_an_exported_page_has_no_violation(name: str, browser: Browser, tmp_path: Path) -> None:
    run = mlwidgets.play(name)
    if run.status != "done":
        run.step(FRAMES.get(name, 4))
    if "epsilon" in run.algorithm.spec.live:
        run.set(epsilon=0.5).step(10)
    if name in UNLIKE:
        run.verify()
    run.export(tmp_path / "run.html").close()
    # Outside the page's own policy: axe is not one of the scripts it lists.
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto((tmp_path / "run.html").as_uri())
    inspector(page)
    player = Player(page.get_by_role("group", name=run.algorithm.title, exact=True))
    expect(player.frame).to_be_visible()
    theme: Theme
    for theme, rules in (("light", WCAG), ("dark", INK)):
        page.emulate_media(color_scheme=theme)
        assert judged(page.locator("html"), rules) == [], theme
        player.box.evaluate(TABLES, True)
        assert judged(player.box.locator(".data"), rules) == [], theme
        player.box.evaluate(TABLES, False)
        if name in UNLIKE:
            assert violations(player) == [], theme
    context.close()


PLANTED = """(part) => {
  const button = document.createElement("button");
  part.append(button);
}"""


def test_what_is_planted_in_a_player_a_table_and_a_pane_is_found(
    browser: Browser, tmp_path: Path
) -> None:
    """A button without a name, which axe must see in each of the places that are judged apart."""
    run = mlwidgets.play("rl.q_learning").step(50)
    run.export(tmp_path / "run.html").close()
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto((tmp_path / "run.html").as_uri())
    inspector(page)
    player = Player(page.get_by_role("group", name="Q-learning", exact=True))
    expect(player.frame).to_be_visible()
    player.box.evaluate(TABLES, True)
    player.button("Cite").click()
    places = [player.box.locator(name) for name in (".data >> nth=0", ".pane.citing", "footer")]
    for place in places:
        assert judged(place) == []
        wait_until(lambda at=place: planted(at), "it is found")  # type: ignore[misc] # its own place
    context.close()


def planted(place: Locator) -> bool:
    """Is it found? What is drawn anew meanwhile has lost it."""
    place.evaluate(PLANTED)
    return any("button-name" in found for found in judged(place))
