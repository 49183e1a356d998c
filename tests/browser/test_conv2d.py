"""A kernel is edited in its figure, each sum is written out, and a still is taken on a click."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Locator, expect

from mlwidgets import Image, play
from tests.browser.lab import Book, Lab
from tests.browser.playing import LOAD, Player, opened
from tests.browser.test_themes import AXE

TITLE = "Convolution"
AXE_CODE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
PLAY = "run = %ml vision.conv2d {line}\nrun"


def playing(lab: Lab, line: str = "") -> tuple[Book, Player]:
    book = lab.open([LOAD, PLAY.format(line=line)])
    book.run_all()
    return book, opened(book, 1, TITLE)


def figure(player: Player) -> Locator:
    return player.box.get_by_role("group", name=re.compile("^Picture, kernel and sums"))


def cell(player: Player, row: int, column: int) -> Locator:
    return player.field(f"Kernel row {row}, column {column}")


def test_a_kernel_is_edited_in_place_and_every_sum_is_written_out(lab: Lab) -> None:
    book, player = playing(lab)
    shown = figure(player)
    expect(shown).to_contain_text("the sum at row 32, column 48")
    player.button("laplacian").click()
    book.wait_for("run.params['kernel'].name or run.params['kernel'].text", "0,1,0;1,-4,1;0,1,0")
    expect(shown).to_contain_text("× (−4)")
    cell(player, 2, 2).fill("1/2")
    cell(player, 2, 2).press("Enter")
    book.wait_for("run.params['kernel'].cells[1, 1]", "0.5")
    expect(cell(player, 3, 2)).to_be_focused()
    sums = player.box.get_by_role("img", name=re.compile("^Sum at row"))
    sums.focus()
    sums.press("ArrowRight")
    expect(shown).to_contain_text("the sum at row 32, column 49")
    recorded = float(book.eval("float(run.trace['y'][-1][32, 49])"))
    told = f"{recorded:.4f}".replace("-", "−")
    expect(shown).to_contain_text(f"= {told}, the sum at row 32, column 49")
    cell(player, 1, 1).fill("a lot")
    cell(player, 1, 1).press("Enter")
    expect(shown.get_by_role("alert")).to_contain_text("must be a number")
    assert book.eval("run.params['kernel'].cells[0, 0]") == "0.0"


def test_a_still_of_the_camera_is_taken_on_a_click_and_a_page_can_be_drawn(lab: Lab) -> None:
    book, player = playing(lab)
    book.page.context.clear_permissions()
    camera = player.button("Camera image picture")
    camera.click()
    expect(player.alerts.filter(has_text="The camera: may not be used")).to_be_visible()
    book.page.context.grant_permissions(["camera"])
    book.page.evaluate(COUNT)
    camera.click()
    book.wait_for("run.params['image'].name or max(run.params['image'].shape)", "256")
    assert book.eval("float(run.params['image'].pixels.std()) > 0.01") == "True", "it has a picture"
    assert book.page.evaluate("tracks.map((track) => track.readyState)") == ["ended"]
    book.page.context.clear_permissions()
    player.button("Draw image picture").click()
    book.wait_for("run.params['image'].shape", "(28, 28)")
    pad = player.box.get_by_role("application", name=re.compile("^image picture, 28 by 28"))
    box = pad.bounding_box()
    assert box is not None
    mouse = book.page.mouse
    mouse.move(box["x"] + 20, box["y"] + 20)
    mouse.down()
    mouse.move(box["x"] + box["width"] - 20, box["y"] + box["height"] - 20, steps=5)
    mouse.up()
    book.wait_for("bool(run.trace['x'][-1].max() > 0.9)", "True")


COUNT = """() => {
  const { mediaDevices } = navigator, ask = mediaDevices.getUserMedia.bind(mediaDevices);
  window.tracks = [];
  mediaDevices.getUserMedia = async (what) => {
    const stream = await ask(what);
    window.tracks.push(...stream.getTracks());
    return stream;
  };
}"""


def test_on_a_page_without_a_kernel_sums_are_read_and_nothing_is_offered_to_edit(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    play("vision.conv2d", image=Image(np.eye(8)), grey=False).export(path)
    page = browser.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.goto(path.as_uri())
    shown = page.get_by_role("group", name=re.compile("^Picture, kernel and sums"))
    expect(shown).to_contain_text("the sum at row 4, column 4")
    expect(shown.get_by_role("textbox").first).to_be_disabled()
    expect(shown.get_by_role("button")).to_have_count(0)
    page.evaluate(AXE_CODE)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        expect(page.locator(".player.dark")).to_have_count(int(theme == "dark"))
        assert page.locator(".player").evaluate(AXE) == []
    shown.get_by_role("img", name=re.compile("^Sum at row")).press("ArrowUp")
    expect(shown).to_contain_text("the sum at row 3, column 4")
    page.close()
    assert faults == []
