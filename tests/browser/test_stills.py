"""The still of each kind of view, drawn in Python, is the picture that the browser draws.

Both are pictures of one frame at one width, compared in squares of a few pixels, so that letters
may differ and what is drawn may not. What is told apart is planted: another frame, a picture
turned over, colours exchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from mlwidgets import Run
from mlwidgets.pages.box import Box
from mlwidgets.pages.stills import STILLS, still
from mlwidgets.pages.svg import Sheet
from mlwidgets.views import RANK
from tests.browser.lab import wait_until
from tests.browser.pictures import Pixels, coarse_distance, drawing, pixels_of
from tests.browser.playing import Player
from tests.stilled import CASES, run_of

PLACE, OTHER = 7, 3
NEAR = 1.5  # of 255, over what is drawn: the same picture, but for its letters
FAR = 2 * NEAR  # whatever is planted

TEXTS = ("values", "words", "tokens")
DRAWN = [case for case, (_, view) in CASES.items() if view.kind not in TEXTS]
GREY = ("image-ink", "images-captions")

DRAWN_NOW = """() => new Promise((then) =>
  requestAnimationFrame(() => requestAnimationFrame(() => then())))"""
NOTHING: Pixels = np.zeros((0, 0, 3))

Planted = Callable[[Pixels], Pixels]
PLANTED: dict[str, Planted] = {
    "left for right": lambda p: p[:, ::-1],
    "upside down": lambda p: p[::-1],
    "colours exchanged": lambda p: p[..., [1, 2, 0]],
    "light for dark": lambda p: 255 - p,
}


@dataclass
class Bench:
    """A page without a network that shows exported runs, and one that shows stills."""

    player: Page
    paper: Page
    folder: Path

    def seen(self, run: Run, place: int) -> tuple[Pixels, float]:
        """What the browser draws of a run's only view, and how wide."""
        path = self.folder / "run.html"
        run.export(path)
        self.player.goto(path.as_uri())
        shown = Player(self.player.get_by_role("group", name=run.algorithm.title, exact=True))
        wait_until(lambda: shown.last == len(run.trace) - 1, "the run is there")
        shown.scrub(place)
        self.player.evaluate(DRAWN_NOW)
        plot = self.player.get_by_role("img").first
        wait_until(lambda: ". " in (plot.get_attribute("aria-label") or ""), "the view is drawn")
        box = plot.bounding_box()
        assert box is not None
        return (drawing(plot) if plot.locator("canvas").count() else NOTHING), box["width"]

    def still(self, run: Run, place: int, width: float) -> Pixels:
        """The still of that view."""
        drawing, high = still_of(run, place, width)
        self.paper.set_content(drawing)
        self.paper.add_style_tag(content="body { margin: 0 } svg { display: block }")
        clip = {"x": 0.0, "y": 0.0, "width": width, "height": high}
        return pixels_of(self.paper.screenshot(clip=clip))  # type: ignore[arg-type]  # a TypedDict


def still_of(run: Run, place: int, width: float) -> tuple[str, float]:
    view, sheet = replace(run.views[0], wide=True), Sheet()
    high = STILLS[view.kind](sheet, Box(run, view, place, 0, 0, width))
    return sheet.svg(width, high, "still"), high


@pytest.fixture(scope="module")
def bench(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    size = {"width": 760, "height": 900}
    context = browser.new_context(viewport=size, offline=True, color_scheme="light")  # type: ignore[arg-type]  # a TypedDict
    yield Bench(context.new_page(), context.new_page(), tmp_path_factory.mktemp("stills"))
    context.close()


@pytest.mark.parametrize("case", DRAWN)
def test_a_still_is_the_browsers_picture_and_a_wrong_one_is_told_apart(
    bench: Bench, case: str
) -> None:
    run = run_of(case)
    browser, width = bench.seen(run, PLACE)
    true = bench.still(run, PLACE, width)
    assert abs(true.shape[0] - browser.shape[0]) <= 2, "it is as high"
    off = coarse_distance(true, browser)
    assert off < NEAR
    wrong = {name: plant(true) for name, plant in PLANTED.items()}
    if case in GREY:
        del wrong["colours exchanged"]
    wrong["another frame"] = bench.still(run, OTHER, width)
    told = {name: coarse_distance(picture, browser) for name, picture in wrong.items()}
    assert {n: d for n, d in told.items() if d < FAR} == {}


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize("case", TEXTS)
def test_a_still_of_words_has_the_words_of_the_browser(bench: Bench, case: str) -> None:
    run = run_of(case)
    _, width = bench.seen(run, PLACE)
    plot = bench.player.get_by_role("img").first
    said = "".join(plot.inner_text().split())
    svg, high = still_of(run, PLACE, width)
    assert "".join("".join(texts(svg)).split()) == said
    assert abs(high - (plot.bounding_box() or {"height": 0})["height"]) < 12
    other, _ = still_of(run, OTHER, width)
    assert case == "tokens" or "".join("".join(texts(other)).split()) != said


def test_the_words_of_a_still_have_their_weights_colours(bench: Bench) -> None:
    run = run_of("tokens")
    _, width = bench.seen(run, PLACE)
    read = """(nodes) => nodes.map((node) => getComputedStyle(node).backgroundColor)"""
    page = bench.player.locator(".tok").evaluate_all(read)
    browser = [[float(v) for v in re.findall(r"[\d.]+", colour)] for colour in page]

    def fills(place: int) -> list[list[float]]:
        found = re.findall(r'fill="#([0-9a-f]{6})" rx="3"', still_of(run, place, width)[0])
        return [[float(int(c[k : k + 2], 16)) for k in (0, 2, 4)] for c in found]

    def off(place: int) -> float:
        pairs = zip(fills(place), browser, strict=True)
        return max(abs(a - b) for one, two in pairs for a, b in zip(one, two, strict=True))

    assert off(PLACE) <= 2 < 4 < off(OTHER)


def test_every_kind_of_view_has_a_case_here() -> None:
    kinds = {view.kind for _, view in CASES.values()}
    assert kinds == set(STILLS) >= set(RANK)


@pytest.mark.parametrize("case", [*CASES])
def test_a_whole_still_tells_its_view_in_pictures(case: str) -> None:
    """No view is told in words only, which is what a still does with one that it cannot draw."""
    assert "has no still" not in still(run_of(case), PLACE)
