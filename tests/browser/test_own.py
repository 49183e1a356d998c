"""A topic's own view is drawn in a notebook, and on a page whose policy lets nothing else act."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import mlwidgets as ml
from tests.browser.lab import Lab, wait_until
from tests.browser.pictures import drawing
from tests.browser.playing import Player
from tests.browser.test_survives import again

WALKERS = Path(__file__).parents[1] / "plugins" / "walkers"
CELL = f"""import sys
sys.path.insert(0, {str(WALKERS)!r})
from walkers.drunkard import drunkard
import mlwidgets as ml
ml.play(drunkard, steps=30, drift=0.5).wait()"""


@pytest.fixture
def walk(monkeypatch: pytest.MonkeyPatch) -> ml.Run:
    monkeypatch.syspath_prepend(WALKERS)
    from importlib import import_module

    return ml.play(import_module("walkers.drunkard").drunkard, steps=30, drift=0.5).wait()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


def street(page: Page) -> str:
    plot = page.get_by_role("img", name="The street").first
    wait_until(lambda: ". " in (plot.get_attribute("aria-label") or ""), "the view is drawn")
    return plot.get_attribute("aria-label") or ""


def test_it_is_drawn_on_a_page_by_the_hash_of_its_script(
    walk: ml.Run, page: Page, tmp_path: Path
) -> None:
    walk.export(tmp_path / "walk.html")
    page.goto((tmp_path / "walk.html").as_uri())
    said = street(page)
    assert f"The walker stands at {walk.trace['place'][-1]:g}," in said
    assert drawing(page.get_by_role("img", name="The street").first).std() > 1
    shown = Player(page.get_by_role("group", name=walk.algorithm.title, exact=True))
    shown.scrub(0)
    wait_until(lambda: street(page) != said, "it follows the cursor")


def test_a_script_that_the_policy_does_not_list_does_not_act(
    walk: ml.Run, page: Page, tmp_path: Path
) -> None:
    walk.export(tmp_path / "walk.html")
    text = (tmp_path / "walk.html").read_text("utf-8")
    changed = text.replace(json.dumps("let place = 0")[1:-1], "document.title = 1; let place = 0")
    assert changed != text
    (tmp_path / "walk.html").write_text(changed, "utf-8")
    page.goto((tmp_path / "walk.html").as_uri())
    fault = page.get_by_role("alert").filter(has_text="walkers.views:street.js")
    wait_until(lambda: fault.count() == 1, "its place says so")
    assert "could not be run here" in fault.inner_text()
    assert page.title() != "1"
    assert page.get_by_role("img", name="place").first.is_visible(), "the others are drawn"


def test_it_is_drawn_in_a_notebook_and_kept_without_a_kernel(lab: Lab) -> None:
    book = lab.open([CELL])
    book.run_all()
    before = street(book.page)
    assert "The walker stands at" in before
    book.screenshot("own-view")
    book = again(lab, book)
    assert street(book.page) == before
