"""A run as one page: from a file, with no kernel and no network."""

from __future__ import annotations

import re
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


def test_branches_lanes_and_the_theme_work_without_a_kernel(page: Page, tmp_path: Path) -> None:
    run = mlwidgets.play("rl.q_learning", episodes=10).step(200)
    twin = run.branch(at=150, epsilon=0.6).wait()
    run.wait().export(tmp_path / "run.html")
    page.goto((tmp_path / "run.html").as_uri())
    player = Player(page.get_by_role("group", name="Q-learning", exact=True))
    wait_until(lambda: player.last == len(run.trace) - 1, "the run is there")
    player.button(re.compile("ε = 0.6, from frame 150")).click()
    wait_until(lambda: player.last == len(twin.trace) - 1, "the branch is shown")
    wait_until(
        lambda: number(player.slider("epsilon exploration").input_value()) == 0.6, "with its values"
    )
    player.button("Compare").click()
    found = mlwidgets.compare(twin, run).parted()[0]
    expect(player.box.get_by_text(f"parts at frame {found.frame} in")).to_be_visible()
    player.button(f"go to frame {found.frame}").click()
    player.at(int(found.frame or 0))
    page.get_by_label("Theme").select_option("dark")
    expect(player.box).to_have_class(re.compile("dark"))
    run.close()


def test_a_sweep_is_drawn_as_mean_and_spread_or_as_lanes(page: Page, tmp_path: Path) -> None:
    run = mlwidgets.play("rl.q_learning", episodes=5)
    run.sweep(seed=range(3)).wait().export(tmp_path / "sweep.html", codec="small")
    page.goto((tmp_path / "sweep.html").as_uri())
    player = Player(page.get_by_role("group", name="Q-learning", exact=True))
    expect(player.box.get_by_text("3 of 3 lanes are over")).to_be_visible()
    expect(player.box.get_by_label("mean and spread")).to_be_checked()
    expect(player.box.get_by_text("mean of 3 seeds").first).to_be_visible()
    player.box.get_by_label("lanes", exact=True).check()
    expect(player.box.get_by_text("mean of 3 seeds")).to_have_count(0)
    expect(player.box.get_by_text("Values are rounded")).to_be_visible()
    run.close()


def test_ten_figures_of_one_page_are_all_mounted(page: Page, tmp_path: Path) -> None:
    run = mlwidgets.play("rl.q_learning", episodes=2).wait()
    hostile = "</script><img src=x onerror=alert(1)>"
    mlwidgets.export_page([run] * 10, tmp_path / "page.html", title=hostile, words=[hostile] * 10)
    page.goto((tmp_path / "page.html").as_uri())
    expect(page.get_by_role("group", name="Q-learning", exact=True)).to_have_count(10)
    expect(page.get_by_role("heading", level=1)).to_have_text(hostile)
    assert page.locator("img").count() == 0
    run.close()
