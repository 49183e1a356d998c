"""Published in JupyterLab: the page stands where the player was, in the theme of the notebook."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab
from tests.browser.playing import LOAD, opened

pytestmark = pytest.mark.browser


def test_publish_replaces_the_player_and_follows_the_theme(lab: Lab) -> None:
    book = lab.open([LOAD, "run = %ml rl.q_learning episodes=4\nrun.wait()", "run.publish()"])
    book.run(0)
    book.run(1)
    opened(book, 1)
    book.run(2)
    frame = book.output(1).frame_locator("iframe")
    expect(frame.get_by_role("slider", name="Frame", exact=True)).to_be_visible()
    expect(book.output(1).locator("img")).to_be_hidden()
    assert book.output(2).locator("iframe").count() == 0
    root = frame.locator("html")
    for theme in ("dark", "light"):
        book.theme(theme)
        expect(root).to_have_attribute("data-theme", theme)
        book.screenshot(f"published-{theme}")
    high = book.output(1).locator("iframe").evaluate("(f) => f.clientHeight")
    assert abs(high - root.evaluate("(r) => r.ownerDocument.body.scrollHeight")) <= 2
