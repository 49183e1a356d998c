"""A run as a film, made in the browser, and one frame of it as a picture: decoded and compared."""

from __future__ import annotations

import base64
import io
import itertools
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import Browser, Download, Locator, Page, expect

from mlwidgets import Heatmap, Line, Run, Values, play
from mlwidgets.views import View
from tests.browser.lab import Lab, wait_until
from tests.browser.pictures import Pixels, coarse_distance, pixels_of
from tests.browser.playing import LOAD, Player, opened, settled
from tests.browser.test_themes import AXE

FRAMES, HEAD = 20, 30
VIEWS: tuple[View, ...] = (Line("a"), Heatmap("M"), Values("a", "said"))
NEAR = 4.0  # of 255, over what is drawn: the same picture, but for its letters' edges
FAR = 2 * NEAR
SEEN = """async ([film, times]) => {
  const bytes = Uint8Array.from(atob(film), (c) => c.charCodeAt(0));
  const video = document.createElement("video");
  video.muted = true;
  const loaded = new Promise((then, fail) =>
    Object.assign(video, {onloadeddata: then, onerror: () => fail(video.error)}));
  video.src = URL.createObjectURL(new Blob([bytes], {type: "video/webm"}));
  await loaded;
  const pictures = [];
  for (const time of times) {
    const there = new Promise((then) => (video.onseeked = then));
    video.currentTime = time;
    await there;
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext("2d").drawImage(video, 0, 0);
    const png = await (await canvas.convertToBlob()).arrayBuffer();
    pictures.push(btoa(Array.from(new Uint8Array(png), (b) => String.fromCharCode(b)).join("")));
  }
  return {duration: video.duration, width: video.videoWidth, height: video.videoHeight, pictures};
}"""


def shown() -> Iterator[dict[str, Any]]:
    """Numbers, a matrix and words that are others in every frame."""
    r, c = np.indices((6, 9))
    for k in range(FRAMES):
        yield {
            "a": float(np.sin(k / 3) * k),
            "M": np.sin((r * (k + 3) + 2 * c) / 9),
            "said": f"number {k} of {FRAMES}",
        }


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    made = play(shown, views=VIEWS).wait()
    yield made
    made.close()


class Film:
    """The pane of an exported page."""

    def __init__(self, page: Page, player: Player) -> None:
        self.page, self.player = page, player
        player.button("Export").click()
        self.box = player.box.get_by_role("group", name="Film", exact=True)
        expect(self.box).to_be_visible()

    def ask(self, kind: str = "", **fields: object) -> Film:
        names = {"start": "from frame", "end": "to", "rate": "pictures a second"}
        names |= {"seconds": "seconds", "width": "pixels wide"}
        if kind:
            self.box.get_by_role("combobox", name="Film as").select_option(label=kind)
        for field, value in fields.items():
            self.box.get_by_role("textbox", name=names[field], exact=True).fill(str(value))
        return self

    def make(self) -> Download:
        with self.page.expect_download(timeout=60_000) as download:
            self.box.get_by_role("button", name="Make film").click()
        return download.value

    @property
    def said(self) -> Locator:
        return self.box.get_by_role("status")

    @property
    def fault(self) -> Locator:
        return self.box.get_by_role("alert")


@pytest.fixture(params=["light"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page without a network; its errors fail the test, those of its policy too."""
    context = browser.new_context(
        viewport={"width": 1000, "height": 1000}, offline=True, color_scheme=request.param
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    yield page
    context.close()
    assert errors == []


def seen(page: Page, run: Run, folder: Path) -> Player:
    """The exported run, whole."""
    run.export(folder / "run.html")
    page.goto((folder / "run.html").as_uri())
    player = Player(page.get_by_role("group", name=run.algorithm.title, exact=True))
    wait_until(lambda: player.last == len(run.trace) - 1, "the whole trace is there")
    return player


def on_the_page(player: Player, place: int) -> Pixels:
    """The figures as they stand, without what appears under a hand."""
    player.scrub(place)
    page, views = player.box.page, player.box.locator(".views")
    page.mouse.move(0, 0)
    views.scroll_into_view_if_needed()
    page.evaluate(
        "() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))"
    )
    return pixels_of(views.screenshot())


def width_of(player: Player) -> int:
    """Of the figures, so that a film is neither larger nor smaller."""
    wide = int(player.box.locator(".views").evaluate("(node) => node.clientWidth"))
    return wide - wide % 2


def apart(film: Pixels, page: Pixels) -> float:
    """The film has the title over the figures."""
    body = film[HEAD:]
    return coarse_distance(body[: page.shape[0]], page[: body.shape[0], : body.shape[1]])


def gif_of(download: Download) -> tuple[list[Pixels], list[int], Image.Image]:
    image = Image.open(io.BytesIO(Path(download.path()).read_bytes()))
    frames, times = [], []
    for frame in ImageSequence.Iterator(image):
        times.append(int(frame.info["duration"]))
        frames.append(np.asarray(frame.convert("RGB"), dtype=np.float64))
    return frames, times, image


def test_a_gif_has_the_frames_of_the_page_each_as_long_as_the_next(
    page: Page, run: Run, tmp_path: Path
) -> None:
    player = seen(page, run, tmp_path)
    player.scrub(7)
    film = Film(page, player).ask("GIF", seconds=2, rate=5, width=width_of(player))
    expect(film.said).to_have_text("10 of 20 frames, about one in 2")
    download = film.make()
    frames, times, image = gif_of(download)
    assert download.suggested_filename == "shown.gif"
    assert (len(frames), image.width, image.info["loop"]) == (10, width_of(player), 0)
    assert (sum(times), set(times)) == (2000, {200})
    assert all((a != b).any() for a, b in itertools.pairwise(frames))
    assert player.place == 7, "the cursor is where it was"
    for k, place in ((0, 0), (4, round(4 * 19 / 9)), (9, 19)):
        there = on_the_page(player, place)
        assert apart(frames[k], there) < NEAR
        assert apart(frames[(k + 3) % 10], there) > FAR


def test_a_webm_has_the_frames_of_the_page_and_can_be_sought(
    page: Page, run: Run, tmp_path: Path
) -> None:
    player = seen(page, run, tmp_path)
    film = Film(page, player).ask("WebM", seconds=5, rate=4, width=width_of(player))
    download = film.make()
    assert download.suggested_filename == "shown.webm"
    code = base64.b64encode(Path(download.path()).read_bytes()).decode()
    times = [0.25 * k + 0.12 for k in (0, 19, 8, 3)]
    watcher = page.context.new_page()
    decoded = watcher.evaluate(SEEN, [code, times])
    assert decoded["duration"] == pytest.approx(5.0, abs=0.05)
    assert decoded["width"] == width_of(player)
    pictures = [pixels_of(base64.b64decode(text)) for text in decoded["pictures"]]
    for picture, place in zip(pictures, (0, 19, 8, 3), strict=True):
        there = on_the_page(player, place)
        assert apart(picture, there) < NEAR
        assert apart(picture, on_the_page(player, (place + 6) % 20)) > FAR


def test_a_part_of_the_run_is_filmed_at_another_size(page: Page, run: Run, tmp_path: Path) -> None:
    """Fewer frames than there is time for: each is shown longer."""
    player = seen(page, run, tmp_path)
    film = Film(page, player).ask("GIF", start=5, end=8, seconds=2, rate=10, width=320)
    expect(film.said).to_have_text("4 of 4 frames, 2 a second")
    frames, times, image = gif_of(film.make())
    assert (len(frames), sum(times), image.width) == (4, 2000, 320)


@pytest.mark.parametrize("page", ["dark"], indirect=True)
def test_a_film_has_the_page_s_theme_on_opaque_paper(page: Page, run: Run, tmp_path: Path) -> None:
    player = seen(page, run, tmp_path)
    frames, _, image = gif_of(Film(page, player).ask("GIF", seconds=1, rate=3).make())
    paper = frames[0][0, 0]
    assert tuple(paper) == (0x16, 0x19, 0x1D)
    assert all((frame[-1, -1] == paper).all() for frame in frames)
    assert (np.asarray(image.convert("RGBA"))[..., 3] == 255).all()


def test_a_film_can_be_cancelled_and_made_again(page: Page, run: Run, tmp_path: Path) -> None:
    player = seen(page, run, tmp_path)
    player.scrub(3)
    film = Film(page, player).ask("GIF", seconds=60, rate=30, width=1920)
    make = film.box.get_by_role("button", name="Make film")
    make.press("Enter")
    cancel = film.box.get_by_role("button", name="Cancel")
    expect(cancel).to_be_focused()
    cancel.press("Enter")
    expect(film.said).to_have_text("Cancelled: no film was made.")
    expect(make).to_be_focused()
    assert player.place == 3
    assert coarse_distance(on_the_page(player, 11), on_the_page(player, 3)) > FAR, "it is drawn"
    frames, *_ = gif_of(film.ask(seconds=1, rate=4, width=320).make())
    assert len(frames) == 4


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"width": 5}, "pixels wide: 5: must lie in [160, 1920]"),
        ({"seconds": "long"}, "seconds: long: must lie in [0.5, 120]"),
        ({"rate": ""}, "pictures a second: nothing: must lie in [1, 30]"),
        ({"start": 99}, "from frame: 99: must lie in [0, 19]"),
        ({"start": 9, "end": 3}, "to: 3: must lie in [9, 19]"),
    ],
)
def test_what_cannot_be_filmed_is_said_in_one_line(
    page: Page, run: Run, tmp_path: Path, fields: dict[str, Any], said: str
) -> None:
    film = Film(page, seen(page, run, tmp_path)).ask(**fields)
    expect(film.fault).to_have_text(said)
    film.box.get_by_role("button", name="Make film").click()
    expect(film.fault).to_have_text(said)
    expect(film.box.get_by_role("progressbar")).to_have_count(0)


def test_the_pane_is_accessible_and_has_no_kernel_s_work_on_a_page(
    page: Page, run: Run, tmp_path: Path
) -> None:
    player = seen(page, run, tmp_path)
    for width in (1000, 400):
        page.set_viewport_size({"width": width, "height": 1000})
        if width == 1000:
            Film(page, player)
            page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
        assert player.box.evaluate(AXE) == []
        wide = player.box.evaluate("(node) => node.scrollWidth - node.clientWidth")
        assert wide <= 0, "nothing runs over the edge"
    assert player.button("Save page").count() == player.button("Save picture").count() == 0


# with a kernel ------------------------------------------------------------------------------

LONG = """import numpy as np
from mlwidgets import play, Heatmap, Line

def long():
    r, c = np.indices((64, 64))
    for k in range(1500):
        yield {"a": float(np.sin(k / 100)), "M": np.sin((r * k / 300 + c) / 9.0)}

run = play(long, views=[Heatmap("M"), Line("a")]).wait()
run"""


def test_rows_that_are_not_on_the_page_are_fetched_for_a_film(lab: Lab) -> None:
    book = lab.open([LOAD, LONG])
    book.run_all()
    player = opened(book, 1, "Long")
    settled(book, player)
    player.scrub(100)
    film = Film(book.page, player).ask("GIF", seconds=2, rate=5, width=480)
    frames, times, _ = gif_of(film.make())
    assert (len(frames), sum(times)) == (10, 2000)
    halves = [frame[:, : frame.shape[1] // 2] for frame in frames]
    assert all(np.abs(a - b).mean() > 0.5 for a, b in itertools.pairwise(halves))
    assert player.place == 100


def test_the_frame_at_the_cursor_is_a_picture_of_the_width_that_is_said(lab: Lab) -> None:
    book = lab.open([LOAD, "run = %ml rl.q_learning episodes=20\nrun.wait();\nrun"])
    book.run_all()
    player = opened(book, 1)
    settled(book, player)
    player.scrub(50)
    player.button("Export").click()
    box = player.box.get_by_role("group", name="This frame", exact=True)
    width = box.get_by_role("textbox", name="Width of the picture")
    for kind, first in (("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("PDF", b"%PDF")):
        box.get_by_role("combobox", name="Picture as").select_option(label=kind)
        width.fill("85mm")
        with book.page.expect_download() as download:
            box.get_by_role("button", name="Save picture").click()
        assert download.value.suggested_filename == f"rl_q_learning-50.{kind.lower()}"
        assert Path(download.value.path()).read_bytes().startswith(first)
    width.fill("3mm")
    box.get_by_role("button", name="Save picture").click()
    expect(box.get_by_role("alert")).to_have_text("width='3mm': must lie in [60mm, 1200mm]")
    book.page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    assert player.box.evaluate(AXE) == []
    book.screenshot("export-pane")
