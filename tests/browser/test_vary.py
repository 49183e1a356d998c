"""A file whose controls go between recorded runs, opened with no kernel and no network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import mlwidgets
from tests.browser.playing import Player

pytestmark = pytest.mark.browser
VARY = {"alpha": [0.1, 0.5, 0.9], "epsilon": [0.0, 0.3]}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vary") / "figure.html"
    mlwidgets.play("rl.q_learning", episodes=12, alpha=0.5).wait().export(path, vary=VARY)
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    context = browser.new_context(offline=True, viewport={"width": 1100, "height": 900})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url))
    page.goto(file.as_uri())
    yield page
    assert wrong == [file.as_uri()]
    context.close()


def test_the_controls_go_between_the_recorded_runs(page: Page) -> None:
    player = Player(page.locator(".mlwidgets"))
    alpha, epsilon = player.slider("alpha learning rate"), player.slider("epsilon exploration")
    for name, places in (("0.10", 0), ("0.50", 1), ("0.90", 2)):
        alpha.fill(str(places))
        expect(alpha).to_have_attribute("aria-valuetext", name)
        for k, value in enumerate(VARY["epsilon"]):
            epsilon.fill(str(k))
            run = mlwidgets.play("rl.q_learning", episodes=12, alpha=float(name), epsilon=value)
            expect(page.get_by_text(run.line, exact=True)).to_be_visible()
            last = run.wait().trace.frames[-1]
            expect(player.frame).to_have_attribute("max", str(last))
            player.frame.press("End")
            said = player.table("Return")[-1][1]
            assert float(said.replace("−", "-")) == run.trace["ret"][-1]


def test_the_cursor_stays_after_as_many_episodes(page: Page) -> None:
    player = Player(page.locator(".mlwidgets"))
    expect(player.frame).to_be_enabled()
    player.frame.press("Home")
    for _ in range(4):
        player.button("Step forward").click()
    expect(player.box.get_by_text("4 / 12")).to_be_visible()
    player.slider("alpha learning rate").press("ArrowRight")
    expect(player.slider("alpha learning rate")).to_have_attribute("aria-valuetext", "0.90")
    expect(player.box.get_by_text("4 / 12")).to_be_visible()
    other = mlwidgets.play("rl.q_learning", episodes=12, alpha=0.9, epsilon=0.0).wait()
    ends = [k for k, done in enumerate(other.trace["episode"]) if done == 4]
    assert player.place in ends


def test_what_is_not_varied_stays_as_it_is(page: Page) -> None:
    player = Player(page.locator(".mlwidgets"))
    expect(player.slider("alpha learning rate")).to_be_enabled()
    expect(player.slider("gamma discount")).to_be_disabled()
    expect(player.box.get_by_text("Recorded for each of these values")).to_be_visible()
