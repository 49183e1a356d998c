"""My own cell, a file for my colleague: from a generator in a cell to a page read offline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.browser import FLAGS, find
from tests.browser.lab import Lab, wait_until
from tests.browser.pictures import apart, drawing
from tests.browser.playing import LOAD, Player, number, opened, settled

ISING = r'''import numpy as np
from mlwidgets import Live, Range
from typing import Annotated

def ising(T: Live[Annotated[float, Range(0.5, 5)]] = 1.0, size: int = 24, seed: int = 0):
    r"""Ising: little magnets turn as their neighbours do.

        m = \frac{1}{n} \sum_i s_i     (1)  magnetisation
    """
    rng = np.random.default_rng(seed)
    s = rng.choice([-1, 1], (size, size))
    while True:
        T = yield {"spins": s, "m": float(s.mean())}
        for i, j in rng.integers(size, size=(size * size, 2)):
            around = s[i - 1, j] + s[(i + 1) % size, j] + s[i, j - 1] + s[i, (j + 1) % size]
            s[i, j] *= -1 if rng.random() < np.exp(-2 * s[i, j] * around / T) else 1'''
MARGINS = 48  # of an exported page, left and right
COLD, HOT = 1.0, 5.0
NEAR = 0.5  # of 255, the mean of all colours: the fonts of the two pages differ, their squares not
FOLLOWS = "run = mlwidgets.play(ising)\nrun"
BY_NAME = "run = %ml ising\nrun"


class Colleague:
    """Another browser, its network off; what its pages ask for and complain of is kept."""

    def __init__(self, browser: Browser) -> None:
        context = browser.new_context(viewport={"width": 1180, "height": 900}, offline=True)
        self.page = context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(error.message))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.add_init_script(
            "globalThis.refused = [];"
            "addEventListener('securitypolicyviolation', (e) => refused.push(e.violatedDirective))"
        )

    def opened(self, path: Path, title: str = "Ising") -> Player:
        self.page.goto(path.as_uri())
        player = Player(self.page.get_by_role("group", name=title, exact=True))
        wait_until(lambda: player.last > 0, "the page's run is there")
        return player

    def as_wide_as(self, player: Player) -> None:
        """Give the page the width of another player, so that their figures are of one size."""
        box = player.box.bounding_box()
        assert box is not None
        self.page.set_viewport_size({"width": round(box["width"]) + MARGINS, "height": 900})

    def quiet(self, path: Path) -> bool:
        """It asked for nothing but the file, and broke no rule of its own."""
        return (
            self.page.evaluate("() => refused") == []
            and self.errors == []
            and set(self.requests) == {path.as_uri()}
        )


@pytest.fixture
def colleague(browser: Browser) -> Iterator[Colleague]:
    other = browser.browser_type.launch(executable_path=find(), args=list(FLAGS))
    yield Colleague(other)
    other.close()


@pytest.mark.parametrize("play", [FOLLOWS, BY_NAME], ids=["play", "magic"])
def test_a_cell_is_played_steered_exported_and_read_offline(
    lab: Lab, colleague: Colleague, tmp_path: Path, play: str
) -> None:
    assert len(ISING[ISING.index("def ") :].splitlines()) <= 15
    book = lab.open([LOAD, ISING, play])
    book.run_all()
    mine = opened(book, 2, "Ising")
    temperature = mine.slider("T")

    # played, and its temperature moved by the keyboard: what was ordered goes
    mine.choose("Pace", "full speed")
    mine.play()
    wait_until(lambda: int(book.eval("run.number")) > 60, "sixty sweeps at the cold")
    temperature.focus()
    temperature.press("End")
    book.wait_for("run.params['T']", str(HOT))
    frame = int(book.eval("run.events[0].frame"))
    wait_until(lambda: int(book.eval("run.number")) > frame + 60, "sixty sweeps at the hot")
    mine.pause()
    settled(book, mine)
    cold, hot = (
        float(book.eval(f"abs(run.trace['m'][{frame} + {a}:{frame} + {b}]).mean()"))
        for a, b in ((-20, 0), (20, 60))
    )
    assert cold > 0.5 > 0.3 > hot, "heat ends the order, and the columns tell"
    book.screenshot("own-cell-1-steered")

    # exported by the button and by the verb
    mine.button("Export").click()
    with book.page.expect_download() as download:
        mine.button("Save page").click()
    pressed, written = tmp_path / "pressed.html", tmp_path / "written.html"
    download.value.save_as(pressed)
    assert download.value.suggested_filename == "ising.html"
    book.exec(f"run.export({str(written)!r})")
    assert pressed.read_bytes() == written.read_bytes()

    # read by somebody else, with no network
    theirs = colleague.opened(pressed)
    colleague.as_wide_as(mine)
    assert theirs.last == mine.last
    for place in (0, frame + 20, frame + 40):
        seen_alike(mine, theirs, place)
    expect(theirs.slider("T")).to_be_disabled()
    theirs.scrub(frame - 1)
    assert number(theirs.slider("T").input_value()) == COLD
    theirs.scrub(frame + 1)
    assert number(theirs.slider("T").input_value()) == HOT

    by_mouse(colleague.page, theirs)
    hovered(colleague.page, theirs)
    played(theirs)
    theirs.button("How it works").click()
    expect(theirs.box.get_by_role("region", name="How it works")).to_contain_text("magnetisation")
    assert theirs.box.locator("math").count() > 0
    expect(theirs.box).to_contain_text("before the run had ended")
    assert colleague.quiet(pressed)


def seen_alike(mine: Player, theirs: Player, place: int) -> None:
    """The live player's picture of a frame and the page's are one; that of another frame is not."""
    for player in (mine, theirs):
        player.scrub(place)
    wait_until(lambda: mine.table("spins") == theirs.table("spins"), f"both hold frame {place}")
    live, page = drawing(mine.view("spins")), drawing(theirs.view("spins"))
    assert live.shape == page.shape
    assert apart(live, page) < NEAR
    theirs.scrub(place + 1)
    wait_until(lambda: apart(live, drawing(theirs.view("spins"))) > NEAR, "the next frame differs")


def by_mouse(page: Page, player: Player) -> None:
    """A click in the middle of the slider, then the keys that it has."""
    box = player.frame.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_until(lambda: abs(player.place - player.last / 2) < player.last / 10, "the middle")
    here = player.place
    for key, place in (("ArrowRight", here + 1), ("ArrowLeft", here), ("Home", 0)):
        player.frame.press(key)
        player.at(place)


def hovered(page: Page, player: Player) -> None:
    """A square under the pointer tells its place and its value."""
    view = player.view("spins")
    view.scroll_into_view_if_needed()
    box = view.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    expect(player.box).to_contain_text(re.compile(r"row \d+, column \d+: −?1\.00"))
    page.mouse.move(1, 1)


def played(player: Player) -> None:
    player.frame.press("Home")
    player.at(0)
    player.button("Play").click()
    wait_until(lambda: player.place > 3, "what is recorded plays")
    player.button("Pause").click()
