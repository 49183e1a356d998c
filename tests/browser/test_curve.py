"""Places on a curve are picked with the pointer and with keys, and taken away again."""

from __future__ import annotations

from playwright.sync_api import Position

from tests.browser.lab import Lab, wait_until
from tests.browser.playing import Player

CELL = """import numpy as np
import mlwidgets as ml

@ml.algorithm(ml.Curve("f", "g", x="grid", band="sd", picks="wanted", title="Two functions"))
def curves(wanted: ml.Live[list[float]] = []):
    grid = np.linspace(0, 10, 11)
    while True:
        wanted = yield {"grid": grid, "f": np.sin(grid), "g": np.cos(grid), "sd": 0.1 + 0 * grid}

run = ml.play(curves)
run"""


def test_places_are_picked_by_pointer_and_by_keys(lab: Lab) -> None:
    book = lab.open([CELL])
    book.run_all()
    player = Player(book.player(0))
    plot = player.view("Two functions")
    wait_until(lambda: ". " in (plot.get_attribute("aria-label") or ""), "the view is drawn")
    box = plot.bounding_box()
    assert box is not None

    def picked(value: str) -> None:
        book.wait_for("[*run.params['wanted']]", value)

    middle: Position = {"x": box["width"] / 2, "y": 60.0}
    plot.click(position=middle)
    wait_until(lambda: book.eval("len(run.params['wanted'])") == "1", "a place is picked")
    plot.hover(position=middle)
    assert "±" in player.box.locator("figcaption .now").first.inner_text()
    book.screenshot("curve-picked")
    plot.click(position=middle)
    picked("[]")
    place = player.slider("Place")
    place.focus()
    for _ in range(3):
        place.press("ArrowRight")
    player.button("Pick 3.00").click()
    picked("[3.0]")
    place.press("Enter")
    picked("[]")
