"""Light, dark, narrow, forced colours, reduced motion: the same player, whole and readable."""

from __future__ import annotations

from importlib.resources import files

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Book, Lab, Theme
from tests.browser.playing import LOAD, Player, opened, settled

STEERED = """run = %ml rl.q_learning episodes=60
run.step(300)
run.set(epsilon=0.3)
run.wait()
run"""

# Parts that are seen and lie outside the player's box; a scroll box may hold more than it shows.
OUTSIDE = """(player) => {
  const box = player.getBoundingClientRect();
  const told = [];
  const walk = (node) => {
    const style = getComputedStyle(node);
    if (style.display === "none" || style.visibility === "hidden") return;
    const r = node.getBoundingClientRect();
    const seen = r.width > 2 && r.height > 2;
    if (seen && (r.left < box.left - 1 || r.right > box.right + 1 || r.bottom > box.bottom + 1)) {
      told.push(`${node.tagName} ${node.textContent.trim().slice(0, 40)}: ${r.left}..${r.right}`);
    }
    if (["auto", "scroll", "hidden"].includes(style.overflowX)) return;
    for (const child of node.children) walk(child);
  };
  walk(player);
  if (player.scrollWidth > player.clientWidth + 1) told.push("the player itself scrolls");
  return told;
}"""

# Buttons, menus, fields and sliders that are smaller than a finger (WCAG 2.2, 2.5.8) or covered.
HARD_TO_REACH = """(player) => {
  const root = player.getRootNode();
  const told = [];
  for (const node of player.querySelectorAll("button, select, input, textarea, summary")) {
    if (!node.checkVisibility({opacityProperty: true}) || node.disabled) continue;
    node.scrollIntoView({block: "center"});
    const r = node.getBoundingClientRect();
    if (r.width < 2) continue;
    const name = node.getAttribute("aria-label") || node.textContent;
    if (r.width < 24 || r.height < 24) told.push(`${name}: ${r.width} by ${r.height}`);
    const top = root.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
    if (top !== node && !node.contains(top)) told.push(`${name}: covered by ${top?.tagName}`);
  }
  return told;
}"""

LIGHTNESS = """(node) => {
  const g = new OffscreenCanvas(1, 1).getContext("2d");
  g.fillStyle = getComputedStyle(node).color;
  g.fillRect(0, 0, 1, 1);
  const [r, green, b] = g.getImageData(0, 0, 1, 1).data;
  return (0.2126 * r + 0.7152 * green + 0.0722 * b) / 255;
}"""

AXE = """async (player) => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const {violations} = await axe.run(player.getRootNode().host, {runOnly: tags});
  return violations.flatMap(({id, nodes}) => nodes.map((n) => `${id}: ${n.html.slice(0, 200)}`));
}"""


def shown(lab: Lab, *, width: int = 1280, theme: Theme = "light") -> tuple[Book, Player]:
    """A run of 60 episodes, steered once, seen in its middle."""
    book = lab.open([LOAD, STEERED])
    if width != 1280:  # a phone's notebook has no file browser beside it
        book.page.evaluate("() => lab.app().shell.collapseLeft()")
        book.page.set_viewport_size({"width": width, "height": 1800})
    book.theme(theme)
    book.run_all()
    player = opened(book, 1)
    settled(book, player)
    player.scrub(player.last // 2)
    return book, player


def is_whole(book: Book, player: Player, name: str) -> None:
    player.box.screenshot()  # painted before it is measured
    book.screenshot(f"theme-{name}", of=player.box)
    assert player.box.evaluate(OUTSIDE) == []
    assert player.box.evaluate(HARD_TO_REACH) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_readable_and_accessible(lab: Lab, theme: Theme) -> None:
    book, player = shown(lab, theme=theme)
    is_whole(book, player, theme)
    text = player.box.get_by_text("learning rate", exact=False).first.evaluate(LIGHTNESS)
    assert (text > 0.5) == (theme == "dark")
    book.page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    assert player.box.evaluate(AXE) == []


def test_a_narrow_notebook_has_the_whole_player_in_one_column(lab: Lab) -> None:
    book, player = shown(lab, width=560)
    is_whole(book, player, "narrow")
    tops = [view.bounding_box() for view in player.box.get_by_role("img").all()]
    lefts = {round(box["x"]) for box in tops if box}
    assert (len(tops), len(lefts)) == (3, 1)


def test_forced_colours_leave_the_player_whole(lab: Lab) -> None:
    book, player = shown(lab)
    book.page.emulate_media(forced_colors="active")
    is_whole(book, player, "forced-colours")
    for name in ("Play", "Restart", "Step forward"):
        expect(player.button(name)).to_be_visible()


def test_with_reduced_motion_nothing_plays_by_itself(lab: Lab) -> None:
    book = lab.open([LOAD, "run = %ml rl.q_learning\nrun"])
    book.page.emulate_media(reduced_motion="reduce")
    book.run_all()
    player = opened(book, 1)
    moving = "(node) => node.getAnimations({subtree: true}).length"
    assert player.box.evaluate(moving) == 0
    assert (book.eval("run.status"), book.eval("run.number")) == ("ready", "0")
    player.button("Step forward").click()
    book.wait_for("run.trace['episode'][-1]", "1")
    settled(book, player)
    assert (book.eval("run.status"), player.box.evaluate(moving)) == ("paused", 0)
    is_whole(book, player, "reduced-motion")
