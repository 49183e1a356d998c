"""The Verify pane: the verdict and its table, marked when it is old, kept by an exported page."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Book, Lab, Theme
from tests.browser.playing import LOAD, Player, opened
from tests.browser.test_themes import AXE, HARD_TO_REACH, OUTSIDE

WRONG = """import dataclasses
import mlwidgets_rl.references as checks
right = checks.q_learned.theirs
checks.q_learned = dataclasses.replace(
    checks.q_learned, theirs=lambda given: {k: v + 0.5 for k, v in right(given).items()}
)
run = %ml rl.q_learning
run"""


def verified(player: Player) -> Locator:
    """The pane, once the verdict is there."""
    button = player.button("Verify")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    pane = player.box.get_by_label("Verify", exact=True).last
    expect(pane.get_by_role("table")).to_be_visible()
    return pane


def cells(pane: Locator) -> list[list[str]]:
    rows = pane.get_by_role("row")
    read = "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    return list(rows.evaluate_all(read))


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 560)])
def test_the_verdict_and_its_table(lab: Lab, theme: Theme, width: int) -> None:
    book = lab.open([LOAD, "run = %ml rl.q_learning\nrun"])
    if width != 1280:
        book.page.evaluate("() => lab.app().shell.collapseLeft()")
        book.page.set_viewport_size({"width": width, "height": 1800})
    book.theme(theme)
    book.run_all()
    player = opened(book, 1)
    pane = verified(player)
    expect(pane).to_contain_text(
        re.compile(r"✓ equals scipy\.optimize\.linprog.* \(scipy [\d.]+\): 11 cases")
    )
    head, own, best, moves, drawn, *_ = cells(pane)
    assert head == ["Quantity", "Difference", "Relative", "Tolerance", "Verdict"]
    assert re.match(r"This runours [\d.]+ m?s, the reference [\d.]+ m?s", own[0])
    assert (best[0], best[-1]) == ("Q* of the board", "equal")
    assert (moves[0], moves[-1]) == ("Q after each move", "equal")
    assert drawn[0].startswith("10 random shapes")
    book.screenshot(f"verify-{theme}-{width}", of=player.box)
    assert player.box.evaluate(OUTSIDE) == []
    assert player.box.evaluate(HARD_TO_REACH) == []
    book.page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    assert player.box.evaluate(AXE) == []


def test_a_wrong_answer_is_said_in_words_and_the_run_goes_on(lab: Lab) -> None:
    book = lab.open([LOAD, WRONG])
    book.run_all()
    player = opened(book, 1)
    pane = verified(player)
    expect(pane).to_contain_text("✗ differs from scipy")
    assert cells(pane)[2][-1] == "differs"
    book.screenshot("verify-wrong", of=player.box)
    player.button("Step forward").click()
    book.wait_for("run.trace['episode'][-1]", "1")


def test_an_old_verdict_is_marked_and_can_be_renewed(lab: Lab) -> None:
    book = lab.open([LOAD, "run = %ml rl.q_learning\nrun"])
    book.run_all()
    player = opened(book, 1)
    pane = verified(player)
    old = pane.get_by_text("The run has other parameters now.")
    expect(old).to_be_hidden()
    book.eval("run.restart(alpha=0.25).params['alpha']")
    expect(old).to_be_visible()
    book.screenshot("verify-stale", of=player.box)
    pane.get_by_role("button", name="Check again").click()
    expect(pane.get_by_role("table")).to_be_visible()
    expect(old).to_be_hidden()


def test_without_a_reference_the_pane_says_why(lab: Lab) -> None:
    source = 'def spin(n: int = 3):\n    for k in range(n):\n        yield {"k": float(k)}\n'
    book = lab.open([LOAD, f"{source}run = mlwidgets.play(spin)\nrun"])
    book.run_all()
    player = opened(book, 1, "Spin")
    player.button("Verify").click()
    expect(player.box.get_by_text("no reference: none is registered")).to_be_visible()


def exported(lab: Lab, book: Book, name: str) -> Path:
    path = lab.server.folder / name
    book.eval(f"run.export({str(path)!r}) and 1")
    return path


def test_an_exported_page_keeps_the_verdict_if_there_was_one(lab: Lab) -> None:
    book = lab.open([LOAD, "run = %ml rl.q_learning episodes=3\nrun"])
    book.run_all()
    player = opened(book, 1)
    for name, there in (("plain.html", 0), ("checked.html", 1)):
        if there:
            verified(player)
        page = book.page.context.new_page()
        page.goto(exported(lab, book, name).as_uri())
        expect(page.get_by_role("button", name="Save page")).to_have_count(0)
        expect(page.get_by_role("slider", name="Frame")).to_be_visible()
        expect(page.get_by_role("button", name="Verify", exact=True)).to_have_count(there)
        if there:
            page.get_by_role("button", name="Verify", exact=True).click()
            expect(page.get_by_role("table")).to_be_visible()
            expect(page.get_by_role("button", name="Check again")).to_have_count(0)
        page.close()
