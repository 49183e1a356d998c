"""A saved notebook that is opened again: its players show what they recorded, and begin anew."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Book, Lab, Theme, wait_until
from tests.browser.playing import LOAD, opened, settled

PLAYED = "run = %ml rl.q_learning episodes=4 seed=3\nrun.wait()"
WIDGETS = "application/vnd.jupyter.widget-state+json"


def saved(book: Book) -> dict[str, Any]:
    """The notebook's file, saved now."""
    book.save()
    text = (book.server.root / book.name).read_text(encoding="utf-8")
    return dict(json.loads(text))


def kept(notebook: dict[str, Any]) -> list[bytes]:
    """What each player has kept; none as long as the beginning of one is all there is."""
    models = notebook["metadata"]["widgets"][WIDGETS]["state"].values()
    buffers = [b for model in models for b in model.get("buffers", [])]
    firsts = [base64.b64decode(b["data"]) for b in buffers if b["path"] == ["first"]]
    packed = [gzip.decompress(first) for first in firsts if first[:2] == b"\x1f\x8b"]
    return packed if len(packed) == len(firsts) else []


def again(lab: Lab, book: Book) -> Book:
    """Saved, closed, its kernel ended, and opened in a page of its own."""
    wait_until(lambda: bool(kept(saved(book))), "the trace is kept")
    book.page.close()
    lab.books.remove(book)
    lab.server.close_kernels()
    return lab.reopen(book.name)


def test_a_reopened_notebook_shows_the_whole_trace_and_begins_anew(lab: Lab) -> None:
    book = lab.open([LOAD, PLAYED])
    book.run_all()
    player = opened(book, 1)
    settled(book, player)
    last = player.last
    player.scrub(last // 2)
    table = player.table("Return")
    book = again(lab, book)
    player = opened(book, 1)
    assert player.last == last
    player.scrub(last // 2)
    assert player.table("Return") == table
    book.screenshot("survives-reopened")
    expect(player.button("Branch here")).to_be_hidden()
    player.button("Restart").click()
    wait_until(lambda: "mlwidgets" in book.eval("list(__import__('sys').modules)"), "it is asked")
    fresh = opened(book, 1)
    wait_until(lambda: fresh.last == 0, "a new run stands at its beginning")
    fresh.play()
    fresh.advances(20)
    assert book.eval("__import__('mlwidgets').runs()[0].params['seed']") == "3"


def test_what_is_reopened_and_saved_once_more_is_there_the_next_time(lab: Lab) -> None:
    book = played(lab, f"{PLAYED}\nrun")
    opened(book, 1)
    last = opened(book, 1).last
    for _ in range(2):
        book = again(lab, book)
        assert opened(book, 1).last == last
    assert len(kept(saved(book))) == 1


def test_what_a_restart_of_the_kernel_left_is_saved(lab: Lab) -> None:
    book = played(lab)
    player = opened(book, 1)
    settled(book, player)
    last = player.last
    wait_until(lambda: bool(kept(saved(book))), "the trace is kept")
    book.restart_kernel()
    expect(player.status).to_contain_text("The kernel has gone")
    assert opened(again(lab, book), 1).last == last


def test_after_a_restart_of_the_kernel_the_player_begins_anew_in_its_place(lab: Lab) -> None:
    book = lab.open([LOAD, PLAYED])
    book.run_all()
    player = opened(book, 1)
    settled(book, player)
    last = player.last
    book.restart_kernel()
    expect(player.status).to_contain_text("The kernel has gone")
    player.scrub(last // 2)
    player.button("Restart").click()
    fresh = opened(book, 1)
    wait_until(lambda: fresh.last == 0, "a new run stands at its beginning")
    assert book.output(1).get_by_role("group", name="Q-learning", exact=True).count() == 1
    fresh.play()
    fresh.advances(10)


def test_nothing_is_run_before_restart_is_pressed(lab: Lab) -> None:
    book = again(lab, played(lab))
    opened(book, 1)
    assert book.eval("'mlwidgets' in __import__('sys').modules") == "False"


def played(lab: Lab, cell: str = PLAYED) -> Book:
    book = lab.open([LOAD, cell])
    book.run_all()
    return book


def test_a_function_of_the_notebook_is_made_again_once_its_cell_has_run(lab: Lab) -> None:
    own = "def tiny(n: int = 900):\n    'Tiny.'\n    for k in range(n):\n        yield {'a': k / n}"
    book = lab.open([LOAD, own, "mlwidgets.play(tiny).wait()"])
    book.run_all()
    opened(book, 2, "Tiny")
    book = again(lab, book)
    player = opened(book, 2, "Tiny")
    player.button("Restart").click()
    expect(player.status).to_contain_text("Its function is in cell [2]: run that")
    book.run(1)
    player.button("Restart").click()
    fresh = opened(book, 2, "Tiny")
    wait_until(lambda: fresh.last == 0, "a new run stands at its beginning")


def test_a_picture_may_be_all_that_is_kept(lab: Lab) -> None:
    book = played(lab, f"mlwidgets.keep('picture')\n{PLAYED}")
    opened(book, 1)
    book = again(lab, book)
    picture = book.output(1).get_by_role("img").first
    expect(picture).to_have_attribute("alt", re.compile("Q-learning · done at frame"))
    expect(book.output(1).get_by_role("status")).to_contain_text("a picture was kept")
    book.screenshot("survives-picture")
    book.output(1).get_by_role("button", name="Restart").click()
    fresh = opened(book, 1)
    wait_until(lambda: fresh.last == 0, "a new run stands at its beginning")


def test_a_reopened_notebook_without_a_kernel_says_so(lab: Lab) -> None:
    book = played(lab)
    opened(book, 1)
    book = again(lab, book)
    player = opened(book, 1)
    book.page.evaluate("() => lab.panel().sessionContext.shutdown()")
    wait_until(lambda: not book.page.evaluate("() => lab.kernel()"), "there is no kernel")
    player.button("Restart").click()
    expect(player.status).to_contain_text("There is no kernel here")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_reopened_player_is_seen(lab: Lab, theme: Theme) -> None:
    book = again(lab, played(lab))
    book.theme(theme)
    opened(book, 1)
    book.screenshot(f"survives-{theme}")
    book.page.set_viewport_size({"width": 520, "height": 900})
    book.screenshot(f"survives-{theme}-narrow")
    opened(book, 1)
