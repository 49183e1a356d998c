"""A figure of a live deck whose kernel dies stands where it stood."""

from __future__ import annotations

import os
import signal

from playwright.sync_api import Page, expect

from tests.browser.lab import wait_until
from tests.browser.playing import Player
from tests.browser.test_live_deck import Served, page, served

__all__ = ["page", "served"]  # fixtures


def test_the_frame_is_kept_when_the_kernel_dies(served: Served, page: Page) -> None:
    page.goto(served.url)
    player = Player(page.get_by_role("group", name="Q-learning", exact=True))
    wait_until(lambda: player.last > 500, "the run has been driven to its end")
    player.scrub(30)
    os.kill(served.kernel(), signal.SIGKILL)
    expect(player.button("Restart")).to_be_disabled()
    wait_until(lambda: player.last > 500, "what was recorded is there")
    wait_until(lambda: player.place == 30, "it stands where it stood")
