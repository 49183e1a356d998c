"""A run as one page: from a file, with no kernel and no network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import mlwidgets
from tests.browser.lab import wait_until
from tests.browser.playing import Player, colours, number

WIDTH, HEIGHT = 1000, 1000


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page without a network; its errors fail the test."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, offline=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    yield page
    context.close()
    assert errors == []


def test_an_exported_run_is_scrubbed_by_mouse_and_keys_and_asks_for_nothing(
    page: Page, tmp_path: Path
) -> None:
    run = mlwidgets.play("rl.q_learning", episodes=30).step(200)
    run.set(epsilon=0.5).wait()
    path = tmp_path / "run.html"
    run.export(path)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    player = Player(page.get_by_role("group", name="Q-learning", exact=True))
    last = len(run.trace) - 1
    wait_until(lambda: player.last == last, "the whole trace is there")
    assert colours(player.view("Value and greedy action")) > 10

    box = player.frame.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_until(lambda: abs(player.place - last / 2) < last / 10, "the middle")
    for key, place in (("Home", 0), ("End", last)):
        player.frame.press(key)
        player.at(place)
    epsilon = player.slider("epsilon exploration")
    for place, value in ((199, 0.1), (201, 0.5)):
        player.scrub(place)
        wait_until(lambda v=value: number(epsilon.input_value()) == v, f"epsilon at {place}")  # type: ignore[misc]
    for parameter in ("alpha learning rate", "epsilon exploration", "gamma discount"):
        expect(player.slider(parameter)).to_be_disabled()
    player.scrub(0)
    player.button("Play").click()
    wait_until(lambda: player.place > 3, "what is recorded plays")
    assert requests == [path.as_uri()]
    run.close()
