"""A digit drawn while the network learns is answered; a file is as good as a drawing."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import PIL.Image
import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.browser.lab import Book, Lab, Theme, wait_until
from tests.browser.playing import LOAD, Player, colours, number, opened, pixels, settled
from tests.test_images import png

TITLE = "Convolutional network"
PLAY = "run = %ml vision.cnn_digits epochs={epochs}\nrun"
# On a busy machine torch's threads wait for each other at each of these small products.
ONE_THREAD = "\nimport torch; torch.set_num_threads(1)"
VIEWS = (
    "What it answers",
    "What its filters find",
    "Loss",
    "Accuracy",
    "Test digits",
    "Worst mistakes",
)


def playing(lab: Lab, epochs: int = 4) -> tuple[Book, Player]:
    book = lab.open([LOAD + ONE_THREAD, PLAY.format(epochs=epochs)])
    book.run_all()
    return book, opened(book, 1, TITLE)


def painted(player: Player, title: str, more_than: int) -> None:
    wait_until(lambda: colours(player.view(title)) > more_than, f"{title} is painted")


def pad(player: Player) -> Locator:
    return player.box.get_by_role("application", name=re.compile("^digit your drawing, 8 by 8"))


def box_of(locator: Locator) -> FloatRect:
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box is not None
    return box


def draw(player: Player, *strokes: list[tuple[float, float]]) -> None:
    """Strokes in parts of the pad, x and y of 0 to 1."""
    mouse, box = player.box.page.mouse, box_of(pad(player))
    for stroke in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        mouse.move(*places[0])
        mouse.down()
        for place in places[1:]:
            mouse.move(*place, steps=6)
        mouse.up()


ONE = [(0.5, 0.06), (0.5, 0.94)]
ZERO = [(0.5, 0.1), (0.28, 0.3), (0.28, 0.7), (0.5, 0.9), (0.72, 0.7), (0.72, 0.3), (0.5, 0.1)]
NOTHING = "Nothing is drawn: it answers an empty page."
INK = "run.params['digit'].pixels"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_plays_in_both_themes(lab: Lab, theme: Theme) -> None:
    book, player = playing(lab)
    book.theme(theme)
    for title in VIEWS[:2] + VIEWS[4:]:
        painted(player, title, 8)
    player.choose("Pace", "full speed")
    player.button("Play").click()
    book.wait_for("run.status", "done")
    settled(book, player)
    expect(player.view("Worst mistakes")).to_have_accessible_name(re.compile(r"\d as \d, \d+%"))
    expect(player.view("Test digits")).to_have_accessible_name(
        re.compile(r"\d+ of 359 wrong; most often \d as \d")
    )
    expect(player.view("What it answers")).to_have_accessible_name(re.compile("largest: 3 "))
    ground = max(pixels(player.box).items(), key=lambda item: item[1])[0]
    assert (sum(map(int, ground.split(","))) < 3 * 128) == (theme == "dark")
    book.screenshot(f"digits-{theme}", player.box)
    wrong = book.eval("run.trace['confusion'][-1][8].tolist()")
    shown = [int(number(text)) for text in player.table("Test digits")[8][1:]]
    assert str(shown) == wrong, "the table holds the counts of the eights"


def test_a_digit_drawn_while_it_learns_is_answered(lab: Lab) -> None:
    book, player = playing(lab, epochs=40)
    player.play()
    player.advances(40)
    before = player.view("What it answers").screenshot()
    player.button("Clear digit your drawing").click()
    book.wait_for(f"bool({INK}.max() == 0)", "True")
    expect(pad(player)).to_have_accessible_name(re.compile("nothing drawn"))
    expect(player.box.get_by_text(NOTHING)).to_be_visible()
    draw(player, ZERO)
    expect(player.box.get_by_text(NOTHING)).to_be_hidden()
    book.wait_for(f"bool({INK}.max() > 0.9 and {INK}[3:5, 3:5].max() < 0.2)", "True")
    assert book.eval("run.status") == "running", "drawing does not hold it"
    player.advances(40)
    book.wait_for("int(run.trace['p'][-1].argmax())", "0")
    expect(player.view("What it answers")).to_have_accessible_name(re.compile("largest: 0 "))
    assert player.view("What it answers").screenshot() != before
    book.screenshot("digits-drawn", player.box)

    # the past shows what was drawn then
    player.pause()
    settled(book, player)
    player.scrub(0)
    expect(player.view("What it answers")).to_have_accessible_name(re.compile("at the start"))
    assert book.eval("len(run.events)") == "2", "one for Clear, one for the stroke"
    mark = player.button(re.compile(r"^Frame \d+: your drawing drawn"))
    expect(mark.first).to_be_visible()


def test_a_run_that_stands_still_answers_a_drawing_with_one_frame(lab: Lab) -> None:
    book, player = playing(lab)
    player.button("Clear digit your drawing").click()
    book.wait_for("run.number", "1")
    draw(player, ONE)
    book.wait_for("run.number", "2")
    assert book.eval("run.status") == "paused"
    assert book.eval(f"bool({INK}[:, 3:5].min() > 0.5 and {INK}[:, 0].max() == 0)") == "True"


def test_a_network_that_is_trained_answers_a_drawing_at_once(lab: Lab) -> None:
    book, player = playing(lab, epochs=3)
    player.choose("Pace", "full speed")
    player.button("Play").click()
    book.wait_for("run.status", "done")
    settled(book, player)
    core, trained, head = book.eval("id(run._core)"), book.eval("run.number"), player.last
    player.button("Clear digit your drawing").click()
    player.at(head + 1)
    draw(player, ZERO)
    player.at(head + 2)
    expect(player.view("What it answers")).to_have_accessible_name(re.compile("largest: 0 "))
    assert book.eval("id(run._core)") == core, "nothing was trained anew"
    assert book.eval("f'{run.status} {run.number}'") == f"done {int(trained) + 2}"
    expect(player.box).to_contain_text("3 / 3")
    expect(player.status).to_contain_text("After epoch 3, answer 2, finished")
    book.screenshot("digits-answered", player.box)

    player.button("Step back").click()
    player.at(head)
    expect(player.view("What it answers")).to_have_accessible_name(re.compile("largest: 3 "))


def test_a_finger_draws_and_a_second_one_does_not(lab: Lab) -> None:
    book, player = playing(lab)
    player.button("Clear digit your drawing").click()
    book.wait_for("run.number", "1")
    box = box_of(pad(player))
    page = book.page.context.new_cdp_session(book.page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "id": k}
            for k, (x, y) in enumerate(places)
        ]
        page.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (0.5, 0.06))
    touch("touchStart", (0.5, 0.06), (0.06, 0.5))
    touch("touchMove", (0.5, 0.94), (0.06, 0.9))
    touch("touchEnd")
    book.wait_for("run.number", "2")
    assert book.eval(f"bool({INK}[:, 3:5].min() > 0.5 and {INK}[:, 0].max() == 0)") == "True"
    assert book.eval("len(run.events)") == "2", "one for Clear, one for the stroke"


def test_the_keyboard_draws_too(lab: Lab) -> None:
    book, player = playing(lab)
    player.button("Clear digit your drawing").press("Enter")
    book.wait_for(f"bool({INK}.max() == 0)", "True")
    pad(player).focus()
    press = book.page.keyboard.press
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowLeft", "Space"):
        press(key)
    book.wait_for(f"int({INK}.argmax())", "3")
    for _ in range(3):
        press("ArrowDown")
        press("Space")
    book.wait_for(f"bool({INK}[:4, 3].min() == 1)", "True")
    press("Backspace")
    book.wait_for(f"bool({INK}[3, 3] == 0)", "True")
    book.wait_for("run.status", "paused")  # the space bar drew, and did not play
    expect(player.box.get_by_role("status").first).to_contain_text("row 4, column 4: 0% ink")


def picture() -> bytes:
    """A photographed page with a thick one on it, 1.4 million pixels."""
    page = PIL.Image.new("L", (1000, 1400), 246)
    page.paste(20, (430, 200, 570, 1200))
    to = io.BytesIO()
    page.save(to, "JPEG")
    return to.getvalue()


def upload(player: Player, name: str, data: bytes) -> None:
    with player.box.page.expect_file_chooser() as chosen:
        player.button("Upload digit your drawing").click()
    kind = "image/svg+xml" if name.endswith("svg") else ""  # pixels are known by their first bytes
    chosen.value.set_files({"name": name, "mimeType": kind, "buffer": data})


ILL = {
    "notes.png": (b"no image", "is not an image that this browser reads"),
    "empty.png": (b"", "is empty, not an image"),
    "bomb.png": (png(20_000, 20_000), "must have at most 40 million pixels, has 20000 x 20000"),
    "cut.jpg": (picture()[:200], "is not an image that this browser reads"),
}


def one(form: str, mode: str = "L", **more: Any) -> bytes:
    """A small page with a one on it, in other forms."""
    page = PIL.Image.new("L", (80, 80), 246)
    page.paste(20, (34, 10, 46, 70))
    to = io.BytesIO()
    if mode == "I;16":
        page = PIL.Image.fromarray(np.asarray(page).astype(np.uint16) * 257)
    elif mode == "RGBA":
        page = page.point(lambda v: 255 - v)  # ink by its alpha, on nothing
        page = PIL.Image.merge("RGBA", [PIL.Image.new("L", page.size)] * 3 + [page])
    else:
        page = page.convert(mode)
    page.save(to, form, **more)
    return to.getvalue()


def lying() -> bytes:
    """The same photographed on its side, with the word of how to turn it."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    to = io.BytesIO()
    page = PIL.Image.open(io.BytesIO(one("PNG"))).transpose(PIL.Image.Transpose.ROTATE_90)
    page.save(to, "JPEG", exif=exif)
    return to.getvalue()


SVG = b"""<svg xmlns='http://www.w3.org/2000/svg' width='80' height='80'>
<rect width='80' height='80' fill='#fff'/><rect x='34' y='10' width='12' height='60'/></svg>"""
GOOD = {
    "grey.png": one("PNG"),
    "deep.png": one("PNG", "I;16"),
    "clear.png": one("PNG", "RGBA"),
    "palette.png": one("PNG", "P"),
    "lying.jpg": lying(),
    "drawn.svg": SVG,
}


def test_files_of_every_form_are_a_drawing(lab: Lab) -> None:
    book, player = playing(lab)
    for name, data in GOOD.items():
        player.button("Clear digit your drawing").click()
        book.wait_for(f"bool({INK}.max() == 0)", "True")
        upload(player, name, data)
        book.wait_for(f"bool({INK}[2:6, 3:5].min() > 0.3 and {INK}[:, :2].max() < 0.1)", "True")
        expect(player.alerts.filter(has_text=name)).to_have_count(0)
        book.wait_for("run.status", "paused")


def test_a_file_is_shrunk_in_the_page_and_what_is_no_image_is_told(lab: Lab) -> None:
    book, player = playing(lab)
    upload(player, "one.jpg", picture())
    book.wait_for(f"bool({INK}[2:6, 3:5].min() > 0.3 and {INK}[:, :2].max() < 0.1)", "True")
    assert book.eval(f"{INK}.shape") == "(8, 8)"
    for name, (data, words) in ILL.items():
        upload(player, name, data)
        expect(player.alerts.filter(has_text=f"{name}: {words}")).to_be_visible()
    assert book.eval(f"bool({INK}[2:6, 3:5].min() > 0.3)") == "True", "the drawing stays"
    draw(player, ZERO)
    expect(player.alerts.filter(has_text="image")).to_have_count(0)


def test_the_learning_rate_is_steered_and_a_narrow_player_has_it_all(lab: Lab) -> None:
    book, player = playing(lab, epochs=40)
    rate = player.slider("lr learning rate")
    player.play()
    player.advances(20)
    rate.focus()
    for _ in range(5):
        book.page.keyboard.press("ArrowRight")
    book.wait_for("run.params['lr'] > 0.005", "True")
    player.advances(20)
    player.pause()
    settled(book, player)
    assert book.eval("[e.name for e in run.events][0]") == "lr"
    book.page.set_viewport_size({"width": 700, "height": 900})
    wait_until(lambda: box_of(player.box)["width"] < 620, "the player is narrow")
    for title in VIEWS:
        painted(player, title, 3)
    assert box_of(pad(player))["y"] < box_of(player.view("What it answers"))["y"]
    book.screenshot("digits-narrow", player.box)


ONE_IMAGE = '''
import numpy as np
from mlwidgets import Picture

def ramp(steps: int = 3):
    """Ramp: grey from left to right."""
    for k in range(steps):
        yield {"x": np.linspace(0, 1 + k, 12).reshape(3, 4)}

run = mlwidgets.play(ramp, views=[Picture("x", "One image")])
run
'''


def test_an_image_tells_its_values(lab: Lab) -> None:
    book = lab.open([LOAD, ONE_IMAGE])
    book.run_all()
    player = opened(book, 1, "Ramp")
    view = player.view("One image")
    expect(view).to_have_accessible_name(re.compile("Image of 3 by 4 pixels.*0 to 1.00"))
    assert colours(view) >= 12
    view.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        book.page.keyboard.press(key)
    expect(player.box).to_contain_text("row 1, column 1: 0.45")
    assert player.table("One image")[0][1:] == ["0", "0.09", "0.18", "0.27"]
