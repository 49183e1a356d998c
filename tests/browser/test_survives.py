"""A saved notebook that is opened again: its players show what they recorded, and begin anew."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import expect

from tests.browser.lab import Book, Lab, wait_until
from tests.browser.playing import LOAD, opened, settled

PLAYED = "run = %ml rl.q_learning episodes=4 seed=3\nrun.wait()"
WIDGETS = "application/vnd.jupyter.widget-state+json"


def saved(book: Book) -> dict[str, Any]:
    """The notebook's file, saved now."""
    book.save()
    text = (book.server.root / book.name).read_text(encoding="utf-8")
    return dict(json.loads(text))


def lengths(state: dict[str, Any]) -> list[int]:
    """Of each player's saved trace, in base64."""
    models = state["metadata"]["widgets"][WIDGETS]["state"].values()
    buffers = [b for model in models for b in model.get("buffers", [])]
    return [len(b["data"]) for b in buffers if b["path"] == ["first"]]


def again(lab: Lab, book: Book) -> Book:
    """Saved, closed, its kernel ended, and opened in a page of its own."""
    wait_until(lambda: any(n > 2000 for n in lengths(saved(book))), "the trace is kept")
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
