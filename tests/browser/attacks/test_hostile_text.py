"""Hostile text is text: live, exported, still and through nbconvert, nothing of it is executed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Page, expect

import mlwidgets
from mlwidgets.errors import clip
from mlwidgets.pages.stills import still
from tests.browser.attacks import hostile
from tests.browser.attacks.hostile import BETWEEN, EXECUTING, GROUPS, group, joined
from tests.browser.attacks.watching import Watch, shown, typed
from tests.browser.lab import Lab, wait_until

LIVE = """import sys; sys.path.insert(0, {root!r})
from IPython.display import display
from tests.browser.attacks import hostile
import mlwidgets"""
SHOW = "made = [hostile.run_of(n) for n in range(hostile.GROUPS)]\ndisplay(*made)"
LOADED = """for n, run in enumerate(made):
    run.save(f"{{n}}.trace")
loaded = [mlwidgets.load(f"{{n}}.trace") for n in range(hostile.GROUPS)]
display(*loaded)"""
PRINTED = """from mlwidgets.listing import help_page
for run in made[:1] + made[2:]:  # half a pair cannot be printed by any kernel
    print(help_page(run.algorithm), run.summary(), run)
    for name in run.algorithm.page.where, *hostile.group(0):
        try:
            mlwidgets.load(f"{name}")
        except Exception as error:
            print(error)
made[0].trace"""


UNESCAPED = "(html) => document" + ".write(html)"


@pytest.fixture
def watched(browser: Browser) -> Iterator[tuple[Page, Watch]]:
    """A page of its own, with a network that reaches nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watch = Watch(context)
    yield context.new_page(), watch
    context.close()


def says_all(found: dict[str, Any], n: int, *, failed: bool, noted: bool) -> None:
    """Each of a group's strings stands in each place, as it was typed."""
    texts = group(n)
    whole = typed(joined(texts))
    assert found["title"] == [whole]
    assert found["watch"] == [whole]
    assert [whole in text for text in found["cite"]] == [True]
    assert found["captions"][1:] == [whole] * (len(found["captions"]) - 1)
    assert len(found["captions"]) == 6
    assert sum(text == whole for text in found["fields"]) == 2
    assert sum(whole in text for text in found["labels"]) >= 3
    assert whole in "".join(found["paragraphs"])
    assert whole in "".join(found["words"])
    assert whole in "".join(found["notes"])
    assert any(whole in text for text in found["named"])
    if failed:
        assert typed(clip(f"ValueError: {joined(texts)}", 300)) in found["alert"][0]
    for text in map(typed, texts):
        for place in ("tries", "choices", "tokens", "equations"):
            assert any(same(text, f) for f in found[place]), (place, text)
    assert found["built"] == found["acting"] == []
    if noted:
        assert whole in "".join(found["status"])


def same(text: str, other: str) -> bool:
    """A question begins with a small letter where it follows a label."""
    return text in other or text[:1].lower() + text[1:] in other


def test_the_watch_sees_what_is_executed_and_fetched(watched: tuple[Page, Watch]) -> None:
    """Put into a page unescaped, most of the strings act: a clean page is no accident."""
    page, watch = watched
    hits = 0
    for text in EXECUTING:
        if "http-equiv" in text:  # it would leave the page
            continue
        page.goto("about:blank")
        page.evaluate(UNESCAPED, f'<div title="{text}">{text}</div>')
        watch.provoke(page)
        page.evaluate("() => new Promise((done) => setTimeout(done, 20))")
        hits += watch.hits(page) > 0
    assert hits > 15
    assert len(set(watch.outside)) > 5


def test_sixty_hostile_strings_are_text_in_a_live_notebook(lab: Lab, root: Path) -> None:
    watch = Watch(lab._context)
    book = lab.open([LIVE.format(root=str(root)), SHOW, LOADED.format(), PRINTED])
    book.run_all()
    players = book.page.get_by_role("slider", name="Frame", exact=True)
    expect(players).to_have_count(2 * GROUPS)
    for k in range(2 * GROUPS):
        players.nth(k).scroll_into_view_if_needed()
        expect(players.nth(k)).to_have_value("4")
    drawn(book.page, 2 * GROUPS)
    for k, found in enumerate(shown(book.page)):
        says_all(found, k % GROUPS, failed=k < GROUPS, noted=k < GROUPS)
    watch.is_clean(book.page)
    printed = book.output(3).text_content() or ""
    for text in filter(str.isprintable, group(0)):  # a notebook shows control codes its own way
        assert text[:20] in printed
    book.save()
    book.reload()
    watch.is_clean(book.page)
    converted(book.server.root / book.name, watch)


def drawn(page: Page, count: int) -> None:
    """Wait until every player's words are those of its last frame."""
    wait_until(
        lambda: (
            [bool(found["paragraphs"] and found["paragraphs"][0]) for found in shown(page)]
            == [True] * count
        ),
        "every player has drawn its texts",
    )


def converted(path: Path, watch: Watch) -> None:
    """The saved notebook through nbconvert's HTML, which sanitises nothing."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat's
    exporter: Any = HTMLExporter()  # type: ignore[no-untyped-call]  # nbconvert's
    html, _ = exporter.from_notebook_node(notebook)
    page = watch.context.new_page()
    target = path.with_suffix(".html")
    target.write_text(html, "utf-8", errors="replace")
    page.goto(target.as_uri(), wait_until="domcontentloaded")
    assert len(page.locator("body").inner_text()) > 500
    watch.is_clean(page)
    page.close()


@pytest.mark.parametrize("n", range(GROUPS))
def test_hostile_strings_are_text_in_an_exported_page(
    n: int, watched: tuple[Page, Watch], tmp_path: Path
) -> None:
    """Of a run that was loaded from a file: its header is as hostile as its frames."""
    page, watch = watched
    refused: list[str] = []
    page.on("console", lambda m: refused.append(m.text) if m.type == "error" else None)
    run = hostile.run_of(n).save(tmp_path / "hostile.trace").close()
    loaded = mlwidgets.load(tmp_path / "hostile.trace")
    for made in (run, loaded):
        made.export(tmp_path / "page.html")
        page.goto((tmp_path / "page.html").as_uri())
        expect(page.get_by_role("slider", name="Frame", exact=True)).to_have_value("4")
        drawn(page, 1)
        says_all(shown(page)[0], n, failed=made is run, noted=made is run)
        title = str(page.evaluate("() => document.querySelector('title').textContent"))
        assert title == typed(joined(group(n))).replace("\0", "\ufffd")
        watch.is_clean(page)
        assert page.locator("main > :not(script):not(noscript):not(.mlwidgets)").count() == 0
    assert refused == [], "the page's own policy had nothing to refuse"


@pytest.mark.parametrize("n", range(GROUPS))
def test_hostile_strings_are_text_in_a_still(
    n: int, watched: tuple[Page, Watch], tmp_path: Path
) -> None:
    """As a picture file of its own, and inside a page."""
    page, watch = watched
    svg = still(hostile.run_of(n))
    (tmp_path / "still.svg").write_text(svg, "utf-8")
    (tmp_path / "page.html").write_text(f"<!doctype html><body>{svg}</body>", "utf-8")
    elements = {"svg", "title", "rect", "text", "tspan", "line", "path", "circle", "g"}
    for name in ("still.svg", "page.html"):
        page.goto((tmp_path / name).as_uri())
        picture = page.locator("svg")
        inside = "(svg) => [...svg.querySelectorAll('*')].map((node) => node.localName)"
        assert set(picture.evaluate(inside)) <= elements
        title = picture.locator("text").first.text_content() or ""
        first = group(n)[0]
        assert title.startswith(first), "as it was typed"
        assert BETWEEN in title
        watch.is_clean(page)


HUGE = """
long = "<b>" + "x" * 2**20
def huge(word: str = long[:9_000]):
    for k in range(3):
        yield {"said": long, "tokens": [long], "k": k}
    raise ValueError(long)
run = mlwidgets.play(huge, views=[mlwidgets.Words("said", long), mlwidgets.Line("k", title=long)])
run"""


def test_a_text_of_a_million_characters_leaves_the_player_usable(lab: Lab) -> None:
    book = lab.open(["import mlwidgets", HUGE])
    book.run_all()
    frame = book.output(1).get_by_role("slider", name="Frame", exact=True)
    expect(frame).to_be_visible()
    book.exec("run.start()")
    book.wait_for("run.status", "failed")
    expect(book.output(1).get_by_role("alert").filter(has_text="ValueError")).to_contain_text("…")
    wait_until(lambda: frame.get_attribute("max") == "2", "all frames have come")
    frame.press("Home")
    expect(frame).to_have_value("0")
