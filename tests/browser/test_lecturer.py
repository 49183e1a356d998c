"""The lecturer's story: a notebook of four figures becomes a deck that needs no network."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.browser.lab import wait_until
from tests.browser.playing import Player

WALK = [
    ("Four ways to learn", ""),
    ("Downhill", ""),
    ("a figure of Downhill", ""),
    ("By acting", ""),
    ("a figure of Q-learning", "it knows nothing"),
    ("a figure of Q-learning", "the goal, for the first time"),
    ("a figure of Q-learning", "the first fall"),
    ("a figure of Q-learning", "after 20 episodes"),
    ("a figure of Q-learning", "after 200: along the edge"),
    ("By attending", ""),
    ("a figure of Self-attention", "scores"),
    ("a figure of Self-attention", "shares: each row adds up to 1"),
    ("a figure of Self-attention", "what each word takes with it"),
    ("By example", ""),
    ("a figure of Logistic regression", ""),
    ("What they share", ""),
]

# The slide in front, and the stop that its figure stands at; nothing while it plays or is made.
NOW = """() => {
  const slide = document.querySelector("section.slide.present");
  const place = slide.querySelector("[data-mlwidgets-player]");
  if (!place) return [slide.querySelector("h1, h2").textContent, ""];
  const {run, cursor, stops} = place.mlwidgets ?? {};
  if (!run || cursor.playing || !run.store.known) return ["", ""];
  return [`a figure of ${run.info.title}`, stops.caption];
}"""

# The parts of the slide in front that matter and cannot be seen whole.
CUT = """() => {
  const slide = document.querySelector("section.slide.present");
  const shadow = slide.querySelector(".mlwidgets")?.shadowRoot;
  const parts = [...slide.querySelectorAll("h1, h2, p, math")];
  const inside = shadow ? [...shadow.querySelectorAll(".plot, figcaption, .transport")] : [];
  return [...parts.filter((node) => node.checkVisibility()), ...inside].filter((node) => {
    const r = node.getBoundingClientRect();
    const [w, h] = [innerWidth + 1, innerHeight + 1];
    return r.width && (r.left < 0 || r.top < 0 || r.right > w || r.bottom > h);
  }).map((node) => `${node.tagName} ${node.className} ${node.textContent.slice(0, 40)}`);
}"""

# The pictures of the slide in front that hold no more than a background and one colour.
BLANK = """() => {
  const shadow = document.querySelector("section.slide.present .mlwidgets")?.shadowRoot;
  return [...(shadow?.querySelectorAll("canvas") ?? [])].filter((canvas) => {
    if (!canvas.checkVisibility() || !canvas.width) return false;
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const g = copy.getContext("2d", { willReadFrequently: true });
    g.drawImage(canvas, 0, 0);
    const { data } = g.getImageData(0, 0, copy.width, copy.height);
    return new Set(new Uint32Array(data.buffer)).size < 3;
  }).length;
}"""


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, published as its first cell says."""
    folder = tmp_path_factory.mktemp("lecture")
    demo = Path(__file__).parents[2] / "demos" / "01_lecture.ipynb"
    shutil.copy(demo, folder / demo.name)
    line = next(x for x in sources(demo)[0].splitlines() if "mlwidgets publish" in x)
    words = [sys.executable, *line.split()[1:]]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "01_lecture.slides.html"


def sources(path: Path) -> list[str]:
    notebook: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"]]


@pytest.fixture
def page(browser: Browser, deck: Path) -> Iterator[Page]:
    """The deck in a browser with no network, where a stop is there at once: it asks for nothing
    and reports no error."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 720}, offline=True, reduced_motion="reduce"
    )
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(error.message))
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(deck.as_uri())
    expect(page.locator(".reveal.ready")).to_be_attached()
    yield page
    context.close()
    assert (said, [url for url in asked if not url.startswith(("blob:", "data:"))]) == (
        [],
        [deck.as_uri()],
    )


def stands_at(page: Page, slide: str, stop: str) -> None:
    wait_until(lambda: page.evaluate(NOW) == [slide, stop], f"{slide}, {stop}")


def figure(page: Page, title: str) -> Player:
    return Player(page.get_by_role("group", name=title, exact=True))


def walked_to(page: Page, slide: str) -> None:
    """Page down to the beginning of a slide."""
    for name, stop in WALK[1:]:
        page.keyboard.press("PageDown")
        stands_at(page, name, stop)
        if name == slide:
            return
    raise AssertionError(f"page down does not lead to {slide}")


def test_page_down_alone_walks_every_slide_and_stop_in_order_and_each_is_seen(page: Page) -> None:
    for k, (slide, stop) in enumerate(WALK):
        if k:
            page.keyboard.press("PageDown")
        stands_at(page, slide, stop)
        assert page.evaluate(CUT) == []
        wait_until(lambda: page.evaluate(BLANK) == 0, f"{slide} is painted")
    page.keyboard.press("PageDown")
    stands_at(page, *WALK[-1])
    for slide, stop in reversed(WALK[:-1]):
        page.keyboard.press("PageUp")
        stands_at(page, slide, stop)


def test_a_figure_is_scrubbed_and_the_walk_goes_on_from_there(page: Page) -> None:
    walked_to(page, "a figure of Q-learning")
    player = figure(page, "Q-learning")
    player.scrub(1000)
    player.frame.press("ArrowRight")
    wait_until(lambda: player.place > 1000, "an arrow is a step of the figure")
    page.keyboard.press("PageDown")
    stands_at(page, "a figure of Q-learning", "after 20 episodes")


def test_a_parameter_is_varied_with_no_kernel(page: Page) -> None:
    walked_to(page, "a figure of Downhill")
    player = figure(page, "Downhill")
    player.button("Controls").click()
    rate = player.slider("rate")
    for value in (0.1, 0.3, 0.5, 0.7, 0.9, 1.1):
        expect(rate).to_have_attribute("aria-valuetext", f"{value:.2f}")
        player.frame.press("Home")
        player.button("Step forward").click()
        shown = player.table("Place")[1][1].replace("−", "-")
        assert math.isclose(float(shown), 4 * (1 - 2 * value), abs_tol=0.01)
        rate.press("ArrowRight")


def test_a_figure_fills_the_screen_and_after_its_last_stop_the_next_slide_comes(page: Page) -> None:
    walked_to(page, "a figure of Self-attention")
    player = figure(page, "Self-attention")
    player.button("Controls").click()
    player.button("Lecture mode").click()
    caption = player.box.locator(".caption > span").first
    expect(caption).to_have_text("scores")
    for _ in range(2):
        page.keyboard.press("PageDown")
    expect(caption).to_have_text("what each word takes with it")
    page.keyboard.press("PageDown")
    stands_at(page, "By example", "")


def test_the_deck_prints_a_page_for_each_stop(page: Page, tmp_path: Path) -> None:
    page.pdf(path=tmp_path / "deck.pdf", prefer_css_page_size=True)
    sheets = PdfReader(tmp_path / "deck.pdf").pages
    printed = [unicodedata.normalize("NFKC", sheet.extract_text()) for sheet in sheets]
    assert len(printed) == len(WALK)
    for text, (slide, stop) in zip(printed, WALK, strict=True):
        assert slide.startswith("a figure of ") or slide in text
        assert stop in text
