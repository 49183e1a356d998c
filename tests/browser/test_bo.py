"""Belief, price and search in JupyterLab: seen in light, dark and narrow."""

from __future__ import annotations

from functools import partial

import pytest
from playwright.sync_api import Locator

from tests.browser.lab import Lab, Theme, wait_until
from tests.browser.playing import LOAD, colours, opened

PLAY = 'run = mlwidgets.play("{}"{})\nrun.start().wait()\nrun'
SYSTEMS = (
    ("automl.gp", "", "Gaussian process"),
    ("automl.acquisition", "", "Acquisition function"),
    ("automl.bo", "", "Bayesian optimization"),
    ("automl.bo", ', objective="branin"', "Bayesian optimization"),
)


def painted(view: Locator) -> bool:
    return colours(view) > 8


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_belief_price_and_search_are_painted(lab: Lab, theme: Theme) -> None:
    book = lab.open([LOAD, *(PLAY.format(name, given) for name, given, _ in SYSTEMS)])
    book.theme(theme)
    book.run_all()
    for k, (name, given, title) in enumerate(SYSTEMS):
        book.output(k + 1).scroll_into_view_if_needed()
        player = opened(book, k + 1, title)
        view = player.view("How likely each value is" if name == "automl.gp" else "What is known")
        wait_until(partial(painted, view), f"{title} is painted")
        book.screenshot(f"{name}{'-2d' * bool(given)}-{theme}", player.box)
    if theme == "light":
        book.page.set_viewport_size({"width": 620, "height": 900})
        player = opened(book, 3, SYSTEMS[2][2])
        wait_until(lambda: (player.box.bounding_box() or {"width": 999})["width"] < 560, "narrow")
        book.screenshot("automl.bo-narrow", player.box)
