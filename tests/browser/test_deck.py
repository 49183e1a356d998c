"""A deck in a browser with no network: walked by page down alone, spoken to, printed."""

from __future__ import annotations

import re
from pathlib import Path
from unicodedata import normalize

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from mlwidgets.cli import main
from tests.browser.lab import wait_until
from tests.browser.playing import Player
from tests.browser.test_publish import page as page
from tests.browser.test_publish import widget
from tests.test_publish import code, shown, states_of, text, write


@pytest.fixture
def deck(tmp_path: Path) -> str:
    """Three slides: a title, a figure with two stops, an end; the middle one has notes."""
    player = widget(episodes=5)
    player.run.stops = {40: "first fall", 300: "a path"}
    player.state = player.state_now()
    book = write(
        tmp_path / "talk.ipynb",
        text("# The talk", slideshow={"slide_type": "slide"}),
        text("## A figure", slideshow={"slide_type": "slide"}),
        code("run", shown(player)),
        text("Say **this**.", slideshow={"slide_type": "notes"}),
        text("## The end", slideshow={"slide_type": "slide"}),
        text("one more", slideshow={"slide_type": "fragment"}),
        widgets=states_of(player),
    )
    assert main(["publish", str(book), "--slides"]) == 0
    return (tmp_path / "talk.slides.html").as_uri()


def opened(page: Page, url: str) -> Page:
    page.emulate_media(reduced_motion="reduce")  # stops are gone to at once
    page.goto(url)
    expect(page.locator(".reveal.ready")).to_be_attached()
    return page


def at_its_beginning(page: Page) -> Player:
    """The slide's figure, whole, where one plays to its first stop."""
    player = Player(page.get_by_role("group", name="Q-learning", exact=True))
    wait_until(lambda: player.last > 500, "the figure is there")
    player.at(0)
    return player


def slide(page: Page, name: str) -> None:
    expect(page.locator("section.slide.present").get_by_role("heading").first).to_have_text(name)


def test_page_down_alone_goes_through_the_stops_and_all_slides(page: Page, deck: str) -> None:
    opened(page, deck)
    slide(page, "The talk")
    page.keyboard.press("PageDown")
    slide(page, "A figure")
    player = at_its_beginning(page)
    for frame in (40, 300):
        page.keyboard.press("PageDown")
        player.at(frame)
    page.keyboard.press("PageDown")
    slide(page, "The end")
    page.keyboard.press("PageDown")
    expect(page.get_by_text("one more").first).to_be_visible()
    for _ in range(2):
        page.keyboard.press("PageUp")
    slide(page, "A figure")
    player.at(300)
    for frame in (40, 0):
        page.keyboard.press("PageUp")
        player.at(frame)
    page.keyboard.press("PageUp")
    slide(page, "The talk")


def test_arrows_are_the_figures_where_it_has_the_focus_and_else_the_decks(
    page: Page, deck: str
) -> None:
    opened(page, f"{deck}#/1")
    player = at_its_beginning(page)
    player.frame.evaluate("(slider) => slider.closest('.player').focus()")
    page.keyboard.press("ArrowRight")
    wait_until(lambda: player.place > 0, "the figure has made a step")
    slide(page, "A figure")
    box = player.frame.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_until(lambda: abs(player.place - player.last / 2) < player.last / 20, "the middle")
    expect(player.frame).not_to_be_focused()
    page.keyboard.press("ArrowRight")
    slide(page, "The end")


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (1024, 768)])
def test_a_figure_fits_its_slide_and_a_pointer_is_where_it_points(
    page: Page, deck: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(page, f"{deck}#/1")
    player = at_its_beginning(page)
    box = page.get_by_role("group", name="Q-learning", exact=True).bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= size[1] + 1
    chart = player.view("Return").bounding_box()
    assert chart is not None
    page.mouse.click(chart["x"] + chart["width"] / 2, chart["y"] + chart["height"] / 2)
    wait_until(lambda: 0.2 < player.place / player.last < 0.8, "the middle of the chart")


LEAST = """(player) => Math.min(...[...player.querySelectorAll("figcaption span, .caption span")]
  .filter((node) => node.checkVisibility() && node.textContent)
  .map((node) => parseFloat(getComputedStyle(node).fontSize) * node.currentCSSZoom))"""


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_a_figure_fills_its_slide_in_large_type_under_the_name_of_its_stop(
    page: Page, deck: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(page, f"{deck}#/1")
    player = at_its_beginning(page)
    page.keyboard.press("PageDown")
    player.at(40)
    expect(player.box.locator(".caption > span").first).to_have_text("first fall")
    assert player.box.evaluate(LEAST) >= 18 * size[1] / 1080
    box = player.box.bounding_box()
    assert box is not None
    assert box["width"] > 0.88 * size[0]
    assert box["y"] + box["height"] > 0.9 * size[1]
    expect(player.slider("alpha learning rate")).to_have_count(0)
    expect(player.button("Lecture mode")).to_have_count(0)
    player.button("Controls").click()
    expect(player.slider("alpha learning rate")).to_be_visible()
    expect(player.button("Lecture mode")).to_be_visible()
    wait_until(lambda: above(player), "the figures make room for the controls")


def above(player: Player) -> bool:
    chart = player.view("Return").bounding_box()
    play = player.button("Play").bounding_box()
    return bool(chart and play and chart["y"] + chart["height"] <= play["y"] + play["height"] / 2)


def test_the_decks_keys_are_the_same_with_and_without_the_focus(page: Page, deck: str) -> None:
    opened(page, f"{deck}#/1")
    player = at_its_beginning(page)
    for focused in (False, True):
        if focused:
            player.frame.evaluate("(slider) => slider.closest('.player').focus()")
        with page.expect_popup() as popup:
            page.keyboard.press("s")
        expect(popup.value.get_by_text("Say this.")).to_be_visible()
        popup.value.close()
        page.bring_to_front()
        page.keyboard.press("l")
        expect(player.box).to_have_class(re.compile("lecture"))
        page.keyboard.press("l")
        expect(player.box).not_to_have_class(re.compile("lecture"))
        slide(page, "A figure")


def test_the_speakers_window_has_the_notes_what_comes_next_and_the_time(
    page: Page, deck: str
) -> None:
    opened(page, f"{deck}#/1")
    at_its_beginning(page)
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    notes = popup.value
    expect(notes.get_by_text("Say this.")).to_be_visible()
    expect(notes.get_by_text("Next: The end")).to_be_visible()
    expect(notes.get_by_text(re.compile(r"\d\d.\d\d.* · 0 min"))).to_be_visible()
    notes.keyboard.press("PageDown")
    expect(notes.get_by_text("first fall")).to_be_visible()
    for _ in range(2):
        page.keyboard.press("PageDown")
    expect(notes.get_by_text("This is the last slide.")).to_be_visible()


END = "(slide) => slide.scrollTop + slide.clientHeight >= slide.scrollHeight - 1"


def test_words_that_are_too_many_are_smaller_and_then_scrolled(page: Page, tmp_path: Path) -> None:
    book = write(
        tmp_path / "long.ipynb",
        text("## Some" + "".join(f"\n\npoint {k}" for k in range(10))),
        text("## Many" + "".join(f"\n\npoint {k}" for k in range(60))),
        text("## The end"),
    )
    assert main(["publish", str(book), "--slides"]) == 0
    opened(page, (tmp_path / "long.slides.html").as_uri())
    present = page.locator("section.slide.present")
    long = "(slide) => slide.scrollHeight - slide.clientHeight > 1"
    assert not present.evaluate(long)
    page.keyboard.press("PageDown")
    slide(page, "Many")
    assert present.evaluate(long)
    for _ in range(20):
        if present.evaluate(END):
            break
        page.keyboard.press("PageDown")
        slide(page, "Many")
    assert present.evaluate(END)
    page.keyboard.press("PageDown")
    slide(page, "The end")
    page.keyboard.press("PageUp")
    slide(page, "Many")
    assert present.evaluate("(slide) => slide.scrollTop") > 0, "its end is what one came from"


@pytest.mark.parametrize("own", [True, False])
def test_a_deck_prints_a_page_for_each_stop_and_one_for_a_slide_without(
    page: Page, deck: str, tmp_path: Path, own: bool
) -> None:
    opened(page, deck)
    page.pdf(path=tmp_path / "deck.pdf", prefer_css_page_size=own)
    pages = [
        normalize("NFKC", one.extract_text()) for one in PdfReader(tmp_path / "deck.pdf").pages
    ]
    for found, words in zip(pages, ("The talk", "first fall", "a path", "one more"), strict=True):
        assert words in found
    assert "Say" not in "".join(pages), "notes are the speaker's"
    assert page.locator(".printed").is_hidden()
