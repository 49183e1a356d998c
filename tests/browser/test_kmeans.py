"""Points are drawn and centres dragged with pointer and keys; the run has what the hand did."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.browser.lab import Book, Lab, Theme, wait_until
from tests.browser.playing import LOAD, Player, opened, pixels, settled

TITLE = "k-means"
PLAY = "run = %ml foundations.kmeans k=3\nrun"
SIDE = 2.24  # what the figure shows of each axis: -1.12 to 1.12


def playing(lab: Lab, line: str = PLAY) -> tuple[Book, Player]:
    book = lab.open([LOAD, line])
    book.run_all()
    return book, opened(book, 1, TITLE)


def plane(player: Player) -> Locator:
    return player.box.get_by_role("application", name=re.compile(r"^Points\. "))


def square(player: Player) -> FloatRect:
    """Where the plane lies on the page: 40 px of ticks at its left, 6 px above it."""
    at = plane(player)
    at.scroll_into_view_if_needed()
    box = at.bounding_box()
    assert box is not None
    high = box["height"] - 26
    return {"x": box["x"] + 40, "y": box["y"] + 6, "width": high, "height": high}


def pixel(player: Player, x: float, y: float) -> tuple[float, float]:
    box = square(player)
    return (
        box["x"] + (x + SIDE / 2) / SIDE * box["width"],
        box["y"] + (SIDE / 2 - y) / SIDE * box["height"],
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_plays_in_both_themes(lab: Lab, theme: Theme) -> None:
    book, player = playing(lab)
    book.theme(theme)
    player.choose("Pace", "full speed")
    player.button("Play").click()
    book.wait_for("run.status", "done")
    settled(book, player)
    expect(plane(player)).to_have_accessible_name(re.compile(r"300 points .*; 3 marks\."))
    wait_until(lambda: len(pixels(plane(player))) > 50, "points, marks and regions are painted")
    ground = max(pixels(player.box).items(), key=lambda item: item[1])[0]
    assert (sum(map(int, ground.split(","))) < 3 * 128) == (theme == "dark")
    book.screenshot(f"kmeans-{theme}", player.box)
    rows = player.table("Points")
    assert rows[0][0] == "mark 1"
    assert len(rows) == 3 + 200, "the table has some of the points"


def test_points_are_drawn_sprayed_rubbed_out_and_taken_back(lab: Lab) -> None:
    book, player = playing(lab)
    mouse = player.box.page.mouse
    player.button("Clear").click()
    expect(player.box.get_by_text("1 more point to begin.")).to_be_visible()
    assert book.eval("len(run.params['points'])") == "300", "the run waits for a point"
    mouse.click(*pixel(player, 0.5, -0.25))
    book.wait_for("len(run.params['points'])", "1")
    assert book.eval("abs(run.params['points'].xy - [0.5, -0.25]).max() < 0.02") in (
        "True",
        "np.True_",
    )
    mouse.move(*pixel(player, -0.8, 0.5))
    mouse.down()
    mouse.move(*pixel(player, 0.2, 0.5), steps=30)
    mouse.up()
    book.wait_for("len(run.params['points']) > 15", "True")
    many = int(book.eval("len(run.params['points'])"))
    assert book.eval("bool(abs(run.params['points'].xy[1:, 1] - 0.5).mean() < 0.1)") == "True"
    expect(plane(player)).to_have_accessible_name(re.compile(f"^Points. {many} points"))
    book.screenshot("kmeans-drawn", player.box)

    player.button("Undo").click()
    book.wait_for("len(run.params['points'])", "1")
    plane(player).press("ArrowRight")
    plane(player).press("Space")
    book.wait_for("len(run.params['points'])", "2")
    plane(player).press("Delete")
    book.wait_for("len(run.params['points'])", "1")
    player.choose("points your points", "moons")
    book.wait_for("run.params['points'].name", "moons")
    expect(plane(player)).to_have_accessible_name(re.compile("^Points. 200 points"))


def test_a_centre_is_dragged_while_it_runs_and_by_the_keyboard(lab: Lab) -> None:
    book, player = playing(lab)
    for _ in range(4):
        player.button("Step forward").click()
    book.wait_for("run.number", "4")
    settled(book, player)
    x, y = map(float, book.eval("[*map(float, run.trace['mu'][-1][0])]").strip("[]").split(","))
    mouse = player.box.page.mouse
    mouse.move(*pixel(player, x, y))
    mouse.down()
    mouse.move(*pixel(player, 0.9, 0.9), steps=5)
    mouse.up()
    book.wait_for("len(run.events)", "1")
    player.button("Step forward").click()
    book.wait_for("run.number", "5")
    there = "bool(abs(run.trace['mu'][-1][0] - 0.9).max() < 0.02)"
    assert book.eval(there) == "True", "the next half-step begins where the hand left it"
    assert book.eval("run.trace['said'][-1].startswith('Assign')") == "True"
    book.screenshot("kmeans-dragged", player.box)

    at = plane(player)
    for key in ("ArrowUp", "Enter", "ArrowLeft", "ArrowLeft", "Enter"):
        at.press(key)
    book.wait_for("len(run.events)", "2")
    player.button("Play").click()
    book.wait_for("run.status", "done")
