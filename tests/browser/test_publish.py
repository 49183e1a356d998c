"""A published notebook in a browser with no network: what is seen, and what does not happen."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import mlwidgets
from mlwidgets.cli import main
from mlwidgets.kept import kept
from mlwidgets.player import Player as Widget
from tests.browser.lab import wait_until
from tests.browser.playing import Player
from tests.test_publish import HOSTILE, code, output_of, shown, states_of, text, write

WATCH = "globalThis.acted = []; globalThis.alert = (words) => acted.push(words)"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page without a network; its errors fail the test, and so does whatever is asked for."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(error.message))
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: None if asked_for_itself(r.url) else said.append(r.url[:200]))
    page.add_init_script(WATCH)
    yield page
    context.close()
    assert said == []


def asked_for_itself(url: str) -> bool:
    return url.startswith(("file:", "data:image/")) and "?" not in url


def widget(**params: Any) -> Widget:
    """A player of a run that is over, as a notebook saves it."""
    run = mlwidgets.play("rl.q_learning", **params).wait()
    player = Widget(run)
    player.first = kept(run, player.feed.epoch)
    return player


@pytest.fixture
def lecture(tmp_path: Path) -> Path:
    one, two = widget(episodes=5), widget(episodes=4, seed=1)
    return write(
        tmp_path / "lecture.ipynb",
        text("# Acting\n\nWith $x^2$ and\n\n$$\\max_a Q(s, a)$$\n\n" + HOSTILE),
        code("one", shown(one)),
        code("table", output_of("text/html", HOSTILE + "<table><tr><td>cell</td></tr></table>")),
        code("two", shown(two)),
        widgets=states_of(one, two),
    )


def test_a_page_shows_words_equations_and_figures_that_are_scrubbed(
    page: Page, lecture: Path
) -> None:
    assert main(["publish", str(lecture)]) == 0
    page.goto(lecture.with_suffix(".html").as_uri())
    players = page.get_by_role("group", name="Q-learning", exact=True)
    expect(players).to_have_count(2)
    first = Player(players.first)
    wait_until(lambda: first.last > 500, "its whole trace is there")
    first.scrub(7)
    first.frame.press("End")
    first.at(first.last)
    expect(page.locator("math[display=block]")).to_be_visible()
    expect(page.get_by_role("cell", name="cell")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_hostile_words_and_outputs_do_nothing(page: Page, lecture: Path) -> None:
    assert main(["publish", str(lecture), "--slides"]) == 0
    assert main(["publish", str(lecture)]) == 0
    for ending in (".html", ".slides.html"):
        page.goto(lecture.with_suffix(ending).as_uri())
        expect(page.get_by_role("heading", name="Acting").first).to_be_visible()
        page.wait_for_function("document.querySelector('.mlwidgets, .reveal.ready')")
        for link in page.get_by_text("go", exact=True).all():
            assert link.get_attribute("href") is None
        assert page.evaluate("acted") == []


def test_it_follows_the_readers_theme_and_fits_a_phone(page: Page, lecture: Path) -> None:
    assert main(["publish", str(lecture)]) == 0
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.goto(lecture.with_suffix(".html").as_uri())
    expect(page.get_by_role("group", name="Q-learning", exact=True)).to_have_count(2)
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(22, 25, 29)"
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    page.get_by_label("Theme").select_option("light")
    assert page.evaluate(paper) == "rgb(255, 255, 255)"


def test_what_a_page_and_a_deck_carry_is_small(root: Path) -> None:
    static = root / "mlwidgets" / "static"
    for parts in (("page.js", "notebook.css"), ("deck.js", "deck.css")):
        packed = [gzip.compress((static / name).read_bytes(), 9) for name in parts]
        assert sum(map(len, packed)) <= 150_000, parts
