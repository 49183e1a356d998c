"""Stops and lecture mode: named, walked, and legible from the back of the room."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import mlwidgets
from tests.browser.lab import Book, Lab, wait_until
from tests.browser.playing import LOAD, Player, opened, settled
from tests.browser.test_themes import AXE

Opened = Callable[..., tuple[Page, Player]]

STOPPED = """run = %ml rl.q_learning episodes=40
run.wait()
run.stops = {100: "a hundred moves", 900: "many"}
run"""

SIZES = """(player) => {
  const zoom = (node) => node.currentCSSZoom;
  const px = (css) => [...player.querySelectorAll(css)].filter((n) => n.checkVisibility())
    .map((n) => parseFloat(getComputedStyle(n).fontSize) * zoom(n));
  return Math.min(...px("figcaption span, .now, .caption span"));
}"""

# Figures and words that the screen does not show whole.
HIDDEN = """(player) => [...player.querySelectorAll(".plot, figcaption, .caption")]
 .filter((node) => !node.closest("[hidden]")).filter((node) => {
  const r = node.getBoundingClientRect();
  return r.width < 8 || r.left < 0 || r.top < 0 || r.right > innerWidth || r.bottom > innerHeight;
}).map((node) => node.className)"""

SEEN = """(player) => [...player.querySelectorAll("button, select, input, summary")]
  .filter((node) => node.checkVisibility({opacityProperty: true}))
  .filter((node) => !node.closest(".hints"))
  .map((node) => node.ariaLabel || node.textContent)"""

FILLS = """(player) => {
  const r = player.getBoundingClientRect();
  return [r.x, r.y, r.width - innerWidth, r.height - innerHeight].every((d) => Math.abs(d) < 1);
}"""

STRICT_AXE = AXE.replace('"wcag22aa"]', '"wcag22aa", "wcag2aaa"]')


@pytest.fixture
def exported(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens an exported run with three stops, without a network; errors fail the test."""
    run = mlwidgets.play("rl.q_learning", episodes=60).wait()
    run.stops = {30: "thirty moves", 31: "one more", 600: "half <b>way</b>"}
    path = tmp_path / "run.html"
    run.export(path)
    errors: list[str] = []
    contexts = []

    def opened(width: int = 1920, height: int = 1080, **kwargs: str) -> tuple[Page, Player]:
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, offline=True, **kwargs)  # type: ignore[arg-type] # colour scheme, motion
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error.message))
        page.goto(path.as_uri())
        player = Player(page.get_by_role("group", name="Q-learning", exact=True))
        wait_until(lambda: player.last == len(run.trace) - 1, "the whole trace is there")
        player.scrub(0)
        return page, player

    yield opened
    for context in contexts:
        context.close()
    run.close()
    assert errors == []


def lecturing(player: Player) -> None:
    """Until it is on, and every figure is drawn for it."""
    expect(player.box).to_have_class(re.compile("lecture"))
    wait_until(lambda: player.box.evaluate(FILLS) is True, "it fills the window")
    wait_until(lambda: player.box.evaluate(HIDDEN) == [], "all figures are on the screen")


def place(player: Player) -> int:
    """Where the cursor is; the slider that says so is hidden in a lecture."""
    return int(player.box.evaluate("(p) => p.querySelector('[aria-label=Frame]').value"))


def at(player: Player, wanted: int) -> None:
    wait_until(lambda: place(player) == wanted, f"it stands at {wanted}")


def caption(player: Player, words: str) -> None:
    expect(player.box.locator(".caption > span").first).to_have_text(words)


# stops ------------------------------------------------------------------------------------


def test_a_stop_is_named_by_a_key_and_the_run_knows_it(lab: Lab) -> None:
    book = lab.open([LOAD, STOPPED])
    book.run_all()
    player = opened(book, 1)
    settled(book, player)
    player.scrub(500)
    player.frame.press("s")
    field = player.box.get_by_role("textbox", name=re.compile("^Stop .*frame 500"))
    expect(field).to_be_focused()
    field.fill("five  hundred")
    field.press("Enter")
    named = "{100: 'a hundred moves', 500: 'five hundred', 900: 'many'}"
    book.wait_for("run.stops", named)
    expect(field).to_be_hidden()
    mark = player.button("Stop: five hundred")
    expect(mark).to_be_visible()
    mark.hover()
    wait_until(partial(tip_shows, player, "five hundred"), "its name stands at the mark")
    book.screenshot("stops", of=player.box)

    player.scrub(100)
    player.frame.press("s")
    again = player.box.get_by_role("textbox", name=re.compile("^Stop .*frame 100"))
    expect(again).to_have_value("a hundred moves")
    again.fill("")
    again.press("Enter")
    book.wait_for("run.stops", "{500: 'five hundred', 900: 'many'}")
    expect(player.button("Stop: a hundred moves")).to_have_count(0)
    assert book.page.evaluate("() => lab.panel().content.widgets.length") == 2, "no key left it"


def tip_shows(player: Player, name: str) -> bool:
    mark = player.button(f"Stop: {name}")
    tip = (
        "(m) => [getComputedStyle(m, '::before').opacity, getComputedStyle(m, '::before').content]"
    )
    return bool(mark.evaluate(tip) == ["1", f'"{name}"'])


def test_the_pane_names_renames_and_removes_by_mouse_and_tells_the_keys(lab: Lab) -> None:
    book = lab.open([LOAD, STOPPED])
    book.run_all()
    player = opened(book, 1)
    settled(book, player)
    player.scrub(50)
    player.frame.press("?")
    expect(player.box.get_by_text("lecture mode, also to leave it")).to_be_visible()
    player.button("Name this frame").click()
    field = player.box.get_by_role("textbox", name=re.compile("frame 50"))
    field.fill("fifty")
    player.button("Keep").click()
    book.wait_for("run.stops.get(50)", "fifty")
    player.button("Rename the stop fifty").click()
    player.box.get_by_role("textbox", name=re.compile("frame 50")).fill("half a hundred")
    player.button("Keep").click()
    book.wait_for("run.stops.get(50)", "half a hundred")
    player.button("Remove the stop many").click()
    book.wait_for("run.stops.get(900)", "None")
    player.button("a hundred moves").click()
    player.at(100)
    book.screenshot("stops-pane", of=player.box)


def test_an_exported_page_has_the_stops_and_names_none(exported: Opened) -> None:
    _, player = exported(1280, 900)
    player.button("Stop: half <b>way</b>").click()
    player.at(600)
    player.button("Stops").click()
    player.button("thirty moves").click()
    player.at(30)
    expect(player.box.get_by_text("lecture mode, also to leave it")).to_be_visible()
    expect(player.box.get_by_text("name a stop")).to_have_count(0)
    for name in ("Name this frame", "Rename the stop one more"):
        expect(player.button(name)).to_have_count(0)
    player.frame.press("s")
    expect(player.box.get_by_role("textbox", name=re.compile("^Stop "))).to_have_count(0)


# lecture mode -----------------------------------------------------------------------------


def test_a_clicker_walks_the_stops_and_the_caption_says_where(exported: Opened) -> None:
    page, player = exported()
    player.button("Lecture mode").click()
    lecturing(player)
    press = page.keyboard.press
    press("PageDown")
    at(player, 30)
    caption(player, "thirty moves")
    press("PageDown")
    at(player, 31)
    press("PageDown")
    wait_until(lambda: 31 < place(player) < 600, "it plays, and does not jump")
    press("PageDown")
    at(player, 600)
    caption(player, "half <b>way</b>")
    press("PageDown")
    press("ArrowLeft")
    wait_until(lambda: 31 < place(player) < 600, "an arrow is a step")
    caption(player, "")
    press("PageUp")
    at(player, 31)
    press("PageUp")
    press("PageUp")
    at(player, 0)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_legible_from_the_back(
    exported: Opened, width: int, height: int, scheme: str
) -> None:
    page, player = exported(width, height, color_scheme=scheme, reduced_motion="reduce")
    player.scrub(600)
    player.frame.press("l")
    lecturing(player)
    assert player.box.evaluate(SIZES) >= 24 * height / 1080 - 0.01
    assert player.box.evaluate(SEEN) == []
    ink, paper = (0, 255) if scheme == "light" else (255, 0)
    expect(player.box).to_have_css("color", f"rgb({ink}, {ink}, {ink})")
    expect(player.box).to_have_css("background-color", f"rgb({paper}, {paper}, {paper})")
    sharp = "(c) => c.width / c.getBoundingClientRect().width"
    wait_until(
        lambda: abs(player.box.locator("canvas").first.evaluate(sharp) - 1) < 0.02, "it is sharp"
    )
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    assert player.box.evaluate(STRICT_AXE) == []
    page.keyboard.press("i")
    expect(player.box).to_have_css("color", f"rgb({paper}, {paper}, {paper})")


def test_leaving_restores_what_was(lab: Lab) -> None:
    book = lab.open([LOAD, STOPPED, *["x = 1\n" * 20] * 3])
    book.theme("dark")
    book.run_all()
    player = opened(book, 1)
    settled(book, player)
    player.show()
    player.slider("alpha learning rate").focus()
    before = place_of(book, player)
    for leave in ("Escape", "l", "Leave"):
        player.slider("alpha learning rate").press("l")
        lecturing(player)
        expect(player.box).to_have_css("background-color", "rgb(0, 0, 0)")
        for key in ("PageDown", "PageDown", "PageUp", "ArrowLeft", "b", "Enter"):
            book.page.keyboard.press(key)
        if leave == "Leave":
            book.page.mouse.move(400, 300)
            player.button("Leave").click()
        else:
            book.page.keyboard.press(leave)
        expect(player.box).not_to_have_class(re.compile("lecture"))
        wait_until(lambda: place_of(book, player) == before, f"{leave} restores {before}", 10)
    assert book.page.evaluate("() => lab.panel().content.widgets.length") == 5, "no key left it"
    assert book.page.evaluate("() => document.fullscreenElement") is None


def place_of(book: Book, player: Player) -> list[object]:
    """Focus, scroll position, theme and layout."""
    notebook = "() => document.querySelector('.jp-WindowedPanel-outer').scrollTop"
    focus = "(player) => player.getRootNode().activeElement?.ariaLabel"
    size = "(player) => [player.className, player.clientWidth]"
    return [book.page.evaluate(notebook), player.box.evaluate(focus), player.box.evaluate(size)]


def test_a_live_run_is_played_to_its_stop_and_waits_there(lab: Lab) -> None:
    book = lab.open([LOAD, "run = %ml rl.q_learning\nrun.stops = {150: 'here', 4000: 'far'}\nrun"])
    book.run_all()
    player = opened(book, 1)
    player.button("Lecture mode").click()
    lecturing(player)
    book.page.keyboard.press("PageDown")
    caption(player, "here")
    book.wait_for("run.status", "paused")
    number = int(book.eval("run.number"))
    assert number >= 150
    at(player, 150)
    book.page.keyboard.press("PageDown")
    wait_until(lambda: int(book.eval("run.number")) > number, "it goes on")
    book.page.keyboard.press("PageDown")
    caption(player, "far")
    book.wait_for("run.status", "paused")
    book.screenshot("lecture-live")


def test_where_the_screen_cannot_be_had_it_fills_the_window(
    exported: Opened, tmp_path: Path
) -> None:
    page, _ = exported(1000, 900)
    text = html.escape((tmp_path / "run.html").read_text("utf-8"))
    size = "width=800 height=600"
    course = f'<h1>Course</h1><iframe sandbox="allow-scripts" {size} srcdoc="{text}"></iframe>'
    (tmp_path / "course.html").write_text(course, "utf-8")
    page.goto((tmp_path / "course.html").as_uri())
    inside = page.frame_locator("iframe").get_by_role("group", name="Q-learning", exact=True)
    player = Player(inside)
    wait_until(lambda: player.last > 600, "the whole trace is there")
    player.button("Lecture mode").click()
    lecturing(player)
    assert page.evaluate("() => document.fullscreenElement") is None
    page.keyboard.press("Escape")
    expect(player.box).not_to_have_class(re.compile("lecture"))
    expect(player.button("Lecture mode")).to_be_visible()


def test_by_mouse_alone_and_the_hints_fade(exported: Opened) -> None:
    page, player = exported(1280, 720)
    player.button("Lecture mode").click()
    lecturing(player)
    hints = player.box.get_by_role("group", name="Lecture")
    expect(hints).to_have_css("opacity", "1")
    expect(hints).to_have_css("opacity", "0")
    page.mouse.move(300, 300)
    expect(hints).to_have_css("opacity", "1")
    player.button("Next stop ›").click()
    at(player, 30)
    player.button("‹ Previous stop").click()
    at(player, 0)
    player.button("Leave").click()
    expect(player.button("Lecture mode")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (800, 600)])
def test_the_hints_never_stand_over_the_stops_name(
    exported: Opened, width: int, height: int
) -> None:
    page, player = exported(width, height)
    player.scrub(600)
    player.frame.press("l")
    lecturing(player)
    page.mouse.move(300, 300)
    hints = player.box.get_by_role("group", name="Lecture").bounding_box()
    words = player.box.locator(".caption").bounding_box()
    assert hints
    assert words
    assert hints["y"] + hints["height"] <= words["y"]


def test_what_comes_is_not_drawn_in_a_lecture(exported: Opened) -> None:
    _, player = exported(1280, 720)
    player.scrub(30)
    chart = player.view("Return").locator("canvas")
    wait_until(lambda: inked(chart) > 0, "in the page what comes is drawn")
    player.frame.press("l")
    lecturing(player)
    wait_until(lambda: inked(chart) == 0, "in a lecture it is not")


def inked(chart: Locator) -> int:
    """Pixels in a colour, right of the middle."""
    return int(chart.evaluate(INKED))


INKED = """(canvas) => {
  const w = canvas.width >> 1, g = canvas.getContext("2d");
  const {data} = g.getImageData(w, 0, w, canvas.height);
  let n = 0;
  for (let k = 0; k < data.length; k += 4) {
    const rgb = [...data.slice(k, k + 3)];
    if (data[k + 3] > 40 && Math.max(...rgb) - Math.min(...rgb) > 40) n++;
  }
  return n;
}"""


def test_with_reduced_motion_a_stop_is_there_at_once(exported: Opened) -> None:
    page, player = exported(1280, 720, reduced_motion="reduce")
    player.button("Lecture mode").click()
    lecturing(player)
    places = player.box.evaluate_handle(WATCH)
    for stop in (30, 31, 600):
        page.keyboard.press("PageDown")
        at(player, stop)
    assert set(places.json_value()) <= {"0", "30", "31", "600"}, "no frame between"


WATCH = """(player) => {
  const seen = [], slider = player.querySelector("[aria-label=Frame]");
  new MutationObserver(() => seen.push(slider.value))
    .observe(slider, {attributes: true, attributeFilter: ["aria-valuetext"]});
  return seen;
}"""


# What is wider than its place, or in shreds.
CRAMPED = """(player) => [...player.querySelectorAll("figcaption")].filter((node) => {
  const words = node.firstElementChild, line = parseFloat(getComputedStyle(words).lineHeight);
  const {right} = node.getBoundingClientRect();
  const wide = node.scrollWidth > node.clientWidth + 1 || right > innerWidth;
  return node.checkVisibility() && (wide || words.clientHeight > 3 * line);
}).map((node) => node.textContent)"""


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720)])
def test_the_captions_of_compared_lanes_are_whole(
    browser: Browser, tmp_path: Path, width: int, height: int
) -> None:
    runs = [mlwidgets.play("rl.q_learning", episodes=10, alpha=a).wait() for a in (0.1, 0.5, 0.9)]
    mlwidgets.compare(*runs).export(tmp_path / "lanes.html")
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto((tmp_path / "lanes.html").as_uri())
    player = Player(page.get_by_role("group", name="Q-learning", exact=True))
    player.button("Lecture mode").click()
    lecturing(player)
    expect(player.box.get_by_text("α = 0.9", exact=True).first).to_be_visible()
    wait_until(lambda: player.box.evaluate(CRAMPED) == [], "no caption is cut or broken")
    page.close()
