"""Cite: the card says where a run's numbers come from, and what its line lacks."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.lab import Book, Lab
from tests.browser.playing import LOAD, Player, opened, settled

STEERED = """run = mlwidgets.play("rl.q_learning").step(300).set(epsilon=0.4).step(100)
run"""
OWN = """import torch
net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
run = %ml vision.cnn_digits net=$net
run"""
HOSTILE = '''def hostile(s: str = "<img src=x onerror=top.hit()>"):
    """Hostile: text stays text.

    <img src=x onerror=top.hit()> (2000), "</pre><script>top.hit()</script>", J 1, 2. doi:10.1/"><b>
    """
    yield {"x": 1}
run = mlwidgets.play(hostile)
run'''
AGAIN = """pasted = {line}
assert pasted.trace.hash == run.trace.hash"""


def region(player: Player, name: str) -> Locator:
    return player.box.get_by_role("region", name=name, exact=True)


def pasted(book: Book) -> str:
    return str(book.page.evaluate("() => navigator.clipboard.readText()"))


def test_the_copied_line_gives_the_same_trace_and_the_bibtex_is_copied_too(lab: Lab) -> None:
    book = lab.open([LOAD, STEERED, ""])
    book.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    book.run_all()
    player = opened(book, 1)
    player.button("Cite").click()
    player.button("Copy line").click()
    expect(player.box).to_contain_text("Copied.")
    line = pasted(book)
    assert line == book.eval("run.card().line")
    assert line.endswith("@301 epsilon=0.4 @400")
    book.set_source(2, AGAIN.format(line=line))
    book.run(2)
    player.button("Copy BibTeX").click()
    expect(player.box).to_contain_text("Copied.")
    assert pasted(book) == book.eval("run.card().bibtex")


def test_the_card_is_of_the_frame_at_which_the_run_stands(lab: Lab) -> None:
    book = lab.open([LOAD, STEERED])
    book.run_all()
    player = opened(book, 1)
    settled(book, player)
    player.button("Cite").click()
    expect(player.box).to_contain_text(book.eval("run.trace.hash"))
    expect(player.box).to_contain_text("epsilon 0.1 → 0.4 from frame 301 on")
    player.choose("Step unit", "move")
    player.button("Step forward").click()
    book.wait_for("run.number", "401")
    expect(region(player, "Line")).to_contain_text("@401")
    expect(player.box).to_contain_text(book.eval("run.trace.hash"))


def test_what_the_line_lacks_is_named(lab: Lab) -> None:
    book = lab.open([LOAD, OWN])
    book.run_all()
    player = opened(book, 1, "Convolutional network")
    player.button("Cite").click()
    expect(player.box.get_by_role("listitem")).to_have_text(
        ["It lacks net (a Sequential of yours)"]
    )
    expect(player.box).to_contain_text("net: SHA-256 ")
    expect(player.box).to_contain_text(f"torch {book.eval('torch.__version__')}")


def test_what_is_cited_and_given_stays_text(lab: Lab) -> None:
    book = lab.open([LOAD, HOSTILE])
    book.run_all()
    player = opened(book, 1, "Hostile")
    player.button("Cite").click()
    expect(region(player, "BibTeX")).to_contain_text("{</pre><script>top.hit()</script>}")
    expect(region(player, "Line")).to_contain_text("s='<img src=x onerror=top.hit()>'")
    expect(player.box).to_contain_text("It lacks hostile (a function of yours)")
    assert player.box.locator(".pane img, .pane script, .citing b").count() == 0
