"""Hostile text is text: live, exported, still and through nbconvert, nothing of it is executed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Page, expect

import mlwidgets
from mlwidgets.errors import clip
from mlwidgets.pages.export import file_stem
from mlwidgets.pages.stills import still
from tests.browser.attacks import hostile
from tests.browser.attacks.hostile import (
    BETWEEN,
    EXECUTING,
    GROUPS,
    STRINGS,
    axis_of,
    group,
    joined,
    names_of,
    typed,
)
from tests.browser.attacks.watching import Watch, shown, unfold
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
print(*(text for text in hostile.STRINGS if "\\ud800" not in text), sep="\\n")
made[0].trace"""


VIEWS = 8

OURS = (
    "main, script, noscript, .mlwidgets, [data-mlwidgets-player], "
    "[data-mlwidgets-themes], [data-mlwidgets-themes] *"
)
OTHERS = """(ours) => [...document.body.querySelectorAll("*")]
  .filter((node) => !node.matches(ours)).map((node) => node.outerHTML)"""
UNESCAPED = "(html) => document" + ".write(html)"


@pytest.fixture
def watched(browser: Browser) -> Iterator[tuple[Page, Watch]]:
    """A page of its own, with a network that reaches nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watch = Watch(context)
    yield context.new_page(), watch
    context.close()


def says_all(found: dict[str, Any], n: int, *, failed: bool, painted: bool) -> None:
    """Each of a group's strings stands in each place, as it was typed."""
    texts = group(n)
    whole = typed(joined(texts))
    assert found["title"] == [whole]
    assert found["watch"] == [whole]
    assert [whole in text for text in found["cite"]] == [True]
    assert found["captions"][1:] == [whole] * (len(found["captions"]) - 1)
    assert len(found["captions"]) == VIEWS
    assert found["tabled"].count(whole) >= VIEWS - 1
    assert typed(axis_of(texts)) in found["names"], "the word on an axis"
    assert sum(text == whole for text in found["fields"]) == 2
    assert sum(whole in text for text in found["labels"]) >= 3
    assert whole in "".join(found["paragraphs"])
    assert whole in "".join(found["words"])
    assert whole in "".join(found["notes"])
    assert any(whole in text for text in found["named"])
    if failed:
        assert typed(clip(f"ValueError: {joined(texts)}", 300)) in found["alert"][0]
        assert whole in found["trace"][0]
    places = ["tries", "choices", "tokens", "equations", "names", "cells"]
    for text in map(typed, texts):
        for place in [*places, "kinds"] if painted else places:
            assert any(same(text, f) for f in found[place]), (place, text)
    for name in names_of(texts)[1::2]:
        assert name in found["names"], "a column"
    assert found["built"] == found["acting"] == []
    if failed:
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
    unfold(book.page)
    for k, found in enumerate(shown(book.page)):
        says_all(found, k % GROUPS, failed=k < GROUPS, painted=k < GROUPS)
    watch.is_clean(book.page)
    printed = letters(book.output(3).text_content() or "")
    known = [text for text in STRINGS if "\ud800" not in text]
    assert [text for text in known if not all(part in printed for part in parts(text))] == []
    book.save()
    book.reload()
    watch.is_clean(book.page)
    converted(book.server.root / book.name, watch, known)


def drawn(page: Page, count: int) -> None:
    """Wait until every player's words are those of its last frame."""
    wait_until(
        lambda: (
            [bool(found["paragraphs"] and found["paragraphs"][0]) for found in shown(page)]
            == [True] * count
        ),
        "every player has drawn its texts",
    )


ANSI = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;.*?\x07")  # colours and links of a terminal
WIDGET = "application/vnd.jupyter.widget-view+json"


def converted(path: Path, watch: Watch, said: Iterable[str]) -> None:
    """The saved notebook through nbconvert's HTML, which sanitises nothing: with its widgets, and
    with the stills that stand in their place. Between both, each string is seen as it was typed."""
    missing = list(said)
    for widgets in (True, False):
        page = watch.context.new_page()
        page.goto(written(path, widgets).as_uri(), wait_until="domcontentloaded")
        shown = letters(str(page.evaluate("() => document.body.textContent")))
        missing = [text for text in missing if not all(part in shown for part in parts(text))]
        watch.is_clean(page)
        page.close()
    assert missing == []


def written(path: Path, widgets: bool) -> Path:
    """What nbconvert makes of a notebook."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat's
    if not widgets:
        notebook.metadata.pop("widgets", None)
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                output.get("data", {}).pop(WIDGET, None)
    exporter: Any = HTMLExporter()  # type: ignore[no-untyped-call]  # nbconvert's
    html, _ = exporter.from_notebook_node(notebook)
    target = path.with_suffix(f".{widgets}.html")
    target.write_text(html, "utf-8", errors="replace")
    return target


def letters(text: str) -> str:
    """Without blanks, and without what a terminal or a page shows its own way."""
    return "".join(re.findall(r"[!-~]+", text))


def parts(text: str) -> list[str]:
    return re.findall(r"[!-~]+", ANSI.sub(" ", text))


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
        unfold(page)
        says_all(shown(page)[0], n, failed=made is run, painted=False)
        title = str(page.evaluate("() => document.querySelector('title').textContent"))
        assert title == typed(joined(group(n))).replace("\0", "\ufffd")
        watch.is_clean(page)
        assert page.evaluate(OTHERS, OURS) == []
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
        told = picture.locator("title").first.text_content() or ""
        assert told.startswith(group(n)[0]), "what a screen reader says of it"
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


PLUGINS = """import sys; sys.path[:0] = [{root!r}, {folder!r}]
import mlwidgets
%load_ext mlwidgets"""


def test_hostile_plugins_are_text_in_every_listing(lab: Lab, root: Path, tmp_path: Path) -> None:
    """Names, versions, titles, and what the broken ones say, live and through nbconvert."""
    hostile.install(tmp_path)
    watch = Watch(lab._context)
    load = PLUGINS.format(root=str(root), folder=str(tmp_path))
    asked = [
        "%ml",
        "%ml plugins",
        "%ml hostile0",
        "%ml hostile0.one?",
        "%ml <img/src=x/onerror=hit()>",
    ]
    book = lab.open([load, *asked, "%ml hostile0.one\n", "%ml plugins reload"])
    for i in range(len(asked) + 3):
        book.run(i, check=False)
    printed = [book.output(i).text_content() or "" for i in range(len(asked) + 3)]
    for n in range(GROUPS):
        plain = hostile.plain(n)
        broken = f"ValueError: {plain[0][:20]}"
        assert (broken in printed[0]) == (broken in printed[2]) == bool(n % 2), n
        assert f"{plain[1]} {plain[2]}" in printed[2], "the distribution and its version"
        assert plain[3].replace("=", "-") in printed[2], "the plugin's name"
    assert hostile.plain(0)[0] in printed[1], "a topic's title"
    assert hostile.plain(0)[0] in printed[4].replace("\n", " "), "an algorithm's help"
    assert "<img/src=x/onerror=hit()>" in printed[5], "what was asked for"
    expect(book.output(6).get_by_role("slider", name="Frame", exact=True)).to_be_visible()
    watch.is_clean(book.page)
    book.save()
    asked_for = [*hostile.plain(0), "<img/src=x/onerror=hit()>"]
    converted(book.server.root / book.name, watch, asked_for)


RECORDED = """from tests.browser.attacks.hostile import GROUPS, group, joined
import mlwidgets
for n in range(GROUPS):
    whole = joined(group(n))
    with mlwidgets.record(mlwidgets.Line("x", title=whole), title=whole) as rec:
        rec(x=1.0)
        rec(x=2.0)
    print(rec.run.summary(), rec.run)"""


def test_hostile_titles_of_recorded_loops_are_text(lab: Lab, root: Path) -> None:
    watch = Watch(lab._context)
    book = lab.open([LIVE.format(root=str(root)), RECORDED])
    book.run_all()
    expect(book.page.get_by_role("slider", name="Frame", exact=True)).to_have_count(GROUPS)
    wait_until(lambda: len(shown(book.page)) == GROUPS, "every player is there")
    for n, found in enumerate(shown(book.page)):
        whole = typed(joined(group(n)))
        assert (found["title"], found["captions"]) == ([whole], [whole])
        assert found["built"] == found["acting"] == []
    watch.is_clean(book.page)
    book.save()
    converted(book.server.root / book.name, watch, [group(n)[0] for n in range(GROUPS)])


NAMED = """import mlwidgets
from mlwidgets.algorithms import Algorithm
from mlwidgets.run import Run

def walk():
    yield {{"x": 1.0}}

Run(Algorithm(walk, (), name={name!r}))"""


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("../../x<script>.html", "x_script_html.html"),
        ("a\\b:c|d?e*f.exe", "a_b_c_d_e_f_exe.html"),
        ("con\0.\u202elmth.", "con_lmth.html"),
        ("<>", "run.html"),
        ("x" * 300, "x" * 80 + ".html"),
    ],
)
def test_a_downloads_name_is_harmless(name: str, file: str) -> None:
    assert f"{file_stem(name)}.html" == file


def test_a_hostile_names_page_is_downloaded_under_a_harmless_one(lab: Lab) -> None:
    watch = Watch(lab._context)
    book = lab.open([NAMED.format(name="../../x<script>.html").replace("))", "), {})")])
    book.run_all()
    book.output(0).get_by_role("button", name="Export", exact=True).click()
    export = book.output(0).get_by_role("button", name="Save page", exact=True)
    with book.page.expect_download() as download:
        export.click()
    assert download.value.suggested_filename == "x_script_html.html"
    watch.is_clean(book.page)
