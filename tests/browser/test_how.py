"""How it works: equations, the code that computes them, and what each symbol is at the cursor."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

import mlwidgets
from tests.browser.lab import Lab, wait_until
from tests.browser.playing import LOAD, Player, number, opened, settled

STEERED = """run = mlwidgets.play("rl.q_learning").step(300).set(epsilon=0.4).step(100)
run"""
CELL = '''def newton(x: float = 3.0, n: int = 9):
    r"""Newton's root: halve the error again and again.

        x \\leftarrow (x + 2 / x) / 2        (1)  one step

    Where: x the root so far; n steps; gap how far it is.
    """
    for _ in range(n):  # <img src=x onerror=top.hit()>
        gap = x * x - 2
        yield {"x": x, "gap": gap}
        x = (x + 2 / x) / 2  # (1)
run = mlwidgets.play(newton).wait()
run'''
TYPED = """source = "def blind():\\n    for k in range(3):\\n        yield {'k': k}\\n"
names = {}
__import__("builtins").exec(compile(source, "<typed>", "exec"), names)
run = mlwidgets.play(names["blind"])
run"""


def opened_pane(player: Player) -> Locator:
    """The pane, its code there."""
    if player.button("How it works").get_attribute("aria-expanded") == "false":
        player.button("How it works").click()
    pane = player.box.get_by_label("How it works", exact=True).last
    expect(pane.locator(".ln").first).to_be_visible()
    return pane


def lines(pane: Locator, text: str) -> Locator:
    return pane.locator(".ln").filter(has_text=text)


def equation(pane: Locator, n: int) -> Locator:
    return pane.locator(".eq").filter(has_text=f"({n})")


def tip(player: Player) -> Locator:
    return player.box.get_by_role("tooltip")


def test_an_equation_and_the_line_that_computes_it_light_up_with_each_other(lab: Lab) -> None:
    book = lab.open([LOAD, STEERED])
    book.run_all()
    player = opened(book, 1)
    pane = opened_pane(player)
    first = int(book.eval("__import__('inspect').getsourcelines(run.algorithm.fn)[1]"))
    assert pane.locator(".ln .no").first.inner_text() == str(first)
    for n in (1, 2, 3):
        line = lines(pane, f"# ({n})")
        equation(pane, n).hover()
        expect(line).to_have_class(re.compile(r"\blit\b"))
        expect(pane.locator(".ln.lit")).to_have_count(1)
        line.hover()
        expect(equation(pane, n)).to_have_class(re.compile(r"\blit\b"))
    number = pane.get_by_role("button", name="(2)", exact=True)
    number.press("Enter")
    back = lines(pane, "# (2)").get_by_role("button")
    expect(back).to_be_focused()
    expect(lines(pane, "# (2)")).to_be_in_viewport()
    back.press("Enter")
    expect(number).to_be_focused()


def test_the_living_equation_leads_to_its_line(lab: Lab) -> None:
    book = lab.open([LOAD, STEERED])
    book.run_all()
    player = opened(book, 1)
    player.button("(1) Next equation").click()
    player.button("(2) in the code").click()
    pane = player.box.get_by_label("How it works", exact=True).last
    expect(lines(pane, "# (2)")).to_have_class(re.compile(r"\blit\b"))
    expect(lines(pane, "# (2)").get_by_role("button")).to_be_focused()


def test_a_symbol_shows_what_it_is_at_the_cursor_and_how_it_went(lab: Lab) -> None:
    book = lab.open([LOAD, STEERED])
    book.run_all()
    player = opened(book, 1)
    settled(book, player)
    player.choose("Step unit", "move")
    pane = opened_pane(player)
    delta = lines(pane, "# (1)").locator(".sym", has_text="delta")
    delta.focus()
    expect(delta).to_have_attribute("aria-describedby", tip(player).get_attribute("id") or "")
    expect(tip(player)).to_contain_text("TD error")
    value, mark = tip(player).locator(".value"), tip(player).locator(".spark .cursor")
    seen = set()
    for k in range(3):
        delta.press("ArrowLeft")
        player.at(399 - k)
        wanted = float(book.eval(f"run.trace['delta'][{399 - k}]"))
        wait_until(lambda w=wanted: abs(number(value.inner_text()) - w) < 0.006, "its value")  # type: ignore[misc]  # the loop's own
        seen.add(mark.get_attribute("d"))
    assert len(seen) == 3
    assert (tip(player).locator(".spark path").first.get_attribute("d") or "").count("V") > 50
    delta.press("Escape")
    expect(tip(player)).to_be_hidden()


def test_a_parameter_shows_the_value_in_force_and_an_array_its_shape(lab: Lab) -> None:
    book = lab.open([LOAD, STEERED])
    book.run_all()
    player = opened(book, 1)
    settled(book, player)
    pane = opened_pane(player)
    lines(pane, "# (3)").locator(".sym", has_text="epsilon").hover()
    value = tip(player).locator(".value")
    expect(value).to_have_text("0.40")
    expect(tip(player)).to_contain_text("0.10 … 0.40 in 401 frames")
    player.scrub(100)
    lines(pane, "# (3)").locator(".sym", has_text="epsilon").hover()
    expect(value).to_have_text("0.10")
    equation(pane, 2).locator(".sym").first.hover()
    least, most = (float(book.eval(f"run.trace['Q'][100].{f}()")) for f in ("min", "max"))
    expect(value).to_contain_text("48 × 4 (state, action), ")
    found = [number(part) for part in value.inner_text().rpartition(", ")[2].split(" … ")]
    assert abs(found[0] - least) < 0.006
    assert abs(found[1] - most) < 0.006


def test_a_generator_of_a_cell_shows_its_code_as_text(lab: Lab) -> None:
    book = lab.open([LOAD, CELL])
    book.run_all()
    player = opened(book, 1, "Newton's root")
    pane = opened_pane(player)
    expect(lines(pane, "onerror=top.hit()")).to_be_visible()
    assert pane.locator("img").count() == 0
    equation(pane, 1).hover()
    expect(lines(pane, "x = (x + 2 / x) / 2")).to_have_class(re.compile(r"\blit\b"))


def test_code_that_nobody_knows_is_said_to_be_so(lab: Lab) -> None:
    book = lab.open([LOAD, TYPED])
    book.run_all()
    player = opened(book, 1, "Blind")
    player.button("How it works").click()
    expect(player.box).to_contain_text(
        "Its code cannot be shown: Python does not know where it was written."
    )


def test_a_preset_leads_to_the_lines_of_the_file_it_is_made_of(lab: Lab) -> None:
    book = lab.open([LOAD, "run = %ml nlp.attention_sdp\nrun"])
    book.run_all()
    player = opened(book, 1, "Scaled dot-product attention")
    pane = opened_pane(player)
    for n, comment in ((1, "# (2)"), (3, "# (5)"), (4, "# (6)")):
        equation(pane, n).hover()
        expect(lines(pane, comment)).to_have_class(re.compile(r"\blit\b"))


def test_a_page_without_a_kernel_has_the_code_the_values_and_the_card(
    browser: Browser, tmp_path: Path
) -> None:
    run = mlwidgets.play("rl.q_learning", episodes=5).wait()
    run.export(tmp_path / "run.html")
    context = browser.new_context(offline=True, viewport={"width": 460, "height": 900})
    page = context.new_page()
    page.goto((tmp_path / "run.html").as_uri())
    player = Player(page.get_by_role("group", name="Q-learning", exact=True))
    expect(player.frame).to_be_visible()
    pane = opened_pane(player)
    lines(pane, "# (2)").locator(".sym", has_text="alpha").focus()
    expect(tip(player).locator(".value")).to_have_text("0.50")
    player.button("Cite").click()
    expect(player.box.get_by_role("region", name="Line", exact=True)).to_have_text(run.card().line)
    expect(player.box).to_contain_text(run.trace.hash)
    context.close()
