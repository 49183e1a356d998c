"""Hostile text in every view and in what opens: panes, branches, lanes, faults, findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mlwidgets.errors import MLError, sayable
from mlwidgets.pages.stills import still
from mlwidgets.replay.family import label_of
from mlwidgets.run import Run
from tests.browser.attacks import hostile
from tests.browser.attacks.hostile import GROUPS, STRINGS, group, joined, short, typed
from tests.browser.attacks.test_hostile_text import LIVE, converted
from tests.browser.attacks.watching import Watch, unfold
from tests.browser.lab import Lab, wait_until

SHOW = "run = hostile.gallery_of({n})\nrun"
VIEWS = 9
ALL = (0, 1, 2, 4, 5, 6, 7)  # views that show every string of a group, those of pixels none
# Every text of a part of a player, also what is only read aloud or typed into a field.
TEXTS = """(part) => [part, ...part.querySelectorAll("*")].flatMap((node) => [
  node.getAttribute("aria-label"), node.getAttribute("title"), node.value,
]).concat(part.textContent).filter((text) => typeof text === "string").join("\\n")"""
# Elements that no player has, and attributes that would act.
BUILT = """(part) => [...part.querySelectorAll("*")].filter((node) =>
  ["SCRIPT", "IMG", "IFRAME", "OBJECT", "EMBED", "LINK", "META", "BASE"].includes(node.tagName)
  || [...node.attributes].some((a) => a.name.startsWith("on") || /^\\s*javascript:/i.test(a.value))
).map((node) => node.outerHTML)"""


@pytest.fixture
def watched(browser: Browser) -> Iterator[tuple[Page, Watch]]:
    """A page of its own, with a network that reaches nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watch = Watch(context)
    yield context.new_page(), watch
    context.close()


def lacking(part: Locator, texts: Sequence[str]) -> list[str]:
    """Those that are not there as they were typed."""
    said = str(part.evaluate(TEXTS))
    return [text for text in texts if typed(text) not in said]


def says(part: Locator, texts: Sequence[str]) -> None:
    """Wait until they are all there."""
    missing: list[str] = []

    def none_is_missing() -> bool:
        missing[:] = lacking(part, texts)
        return not missing

    wait_until(none_is_missing, f"{part} says {missing or list(texts)}", 20)


def views_say(box: Locator, n: int) -> None:
    texts, whole = group(n), joined(group(n))
    box.scroll_into_view_if_needed()
    figures = box.locator("figure")
    expect(figures).to_have_count(VIEWS)
    unfold(box.page)
    for k in range(VIEWS):
        says(figures.nth(k), [*(texts if k in ALL else ()), whole])
    says(figures.nth(VIEWS - 1), [f"Predict: {whole}", "Draw what you expect"])


def opened(box: Locator, name: str) -> Locator:
    """A pane, open."""
    button = box.locator("footer").get_by_role("button", name=name, exact=True)
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    return box.locator(f"#{button.get_attribute('aria-controls')}")


def panes_say(box: Locator, n: int) -> None:
    """Those that a page without a kernel has too."""
    texts, whole = group(n), joined(group(n))
    verify = opened(box, "Verify")
    says(verify, [*texts, whole, "differs"])
    assert verify.evaluate(BUILT) == []
    says(opened(box, "Cite"), [whole])
    says(opened(box, "How it works"), [*texts, whole])
    assert box.evaluate(BUILT) == []


def finds(box: Locator, n: int, run: Run) -> None:
    """Each string is refused as an expression, in the words of Python."""
    find = opened(box, "Find")
    field = find.get_by_role("textbox")
    for text in filter(str.isprintable, group(n)):
        with pytest.raises(MLError) as refused:
            run.find(text)
        field.fill(text)
        field.press("Enter")
        expect(find.locator(".fault")).to_have_text(str(sayable(str(refused.value))))


def test_every_view_and_pane_shows_hostile_text_as_it_was_typed(lab: Lab, root: Path) -> None:
    """One player after another, in one notebook."""
    watch = Watch(lab._context)
    book = lab.open([LIVE.format(root=str(root)), ""])
    book.run(0)
    for n in range(GROUPS):
        book.set_source(1, SHOW.format(n=n))
        book.run(1)
        box = book.output(1).locator(".player")
        expect(box).to_have_count(1)
        run = hostile.gallery_of(n)
        labels = [label_of(kin) for kin in run.family]
        assert [text for text in short(n) if not any(text in label for label in labels)] == []
        views_say(box, n)
        panes_say(box, n)
        finds(box, n, run)
        compare = opened(box, "Compare")
        if len(labels) > 1:
            says(box.get_by_role("group", name="Branches", exact=True), labels)
            says(compare, labels[1:])
            says(box.locator(".lanes"), labels)
        assert box.evaluate(BUILT) == []
        watch.is_clean(book.page)
    book.save()
    converted(book.server.root / book.name, watch, [])  # its stills are pictures there


@pytest.mark.parametrize("n", range(GROUPS))
def test_every_view_and_pane_of_an_exported_page_is_text(
    n: int, watched: tuple[Page, Watch], tmp_path: Path
) -> None:
    page, watch = watched
    refused: list[str] = []
    page.on("console", lambda m: refused.append(m.text) if m.type == "error" else None)
    run = hostile.gallery_of(n)
    run.verify()
    run.export(tmp_path / "page.html")
    page.goto((tmp_path / "page.html").as_uri())
    box = page.locator(".player")
    views_say(box, n)
    panes_say(box, n)
    watch.is_clean(page)
    assert refused == [], "the page's own policy had nothing to refuse"


@pytest.mark.parametrize("n", range(GROUPS))
def test_every_view_of_a_still_is_text(n: int, watched: tuple[Page, Watch], tmp_path: Path) -> None:
    """Its words are all there, and its title and names as far as there is room."""
    page, watch = watched
    (tmp_path / "still.html").write_text(
        f"<!doctype html><body>{still(hostile.gallery_of(n))}</body>", "utf-8", errors="replace"
    )
    page.goto((tmp_path / "still.html").as_uri())
    written = page.locator("svg text").all_text_contents()
    assert group(n)[0] in written[0]
    assert page.locator("svg script, svg image, svg a, svg use, svg style").count() == 0
    watch.is_clean(page)


LANES = """from concurrent.futures import ThreadPoolExecutor
def lane(v: str = "x"):
    yield {"x": 1.0}
    raise ValueError(v)
sweep = mlwidgets.play(lane).sweep(on=ThreadPoolExecutor(2), v=list(hostile.STRINGS)).wait()
sweep"""


def test_hostile_lanes_and_their_faults_are_text(lab: Lab, root: Path) -> None:
    watch = Watch(lab._context)
    book = lab.open([LIVE.format(root=str(root)), LANES])
    book.run_all()
    box = book.output(1).locator(".player")
    expect(box.get_by_text(f"{len(STRINGS)} of {len(STRINGS)} lanes are over")).to_be_visible()
    says(box, [f"ValueError: {text}" for text in STRINGS])
    assert box.evaluate(BUILT) == []
    watch.is_clean(book.page)


WATCHED = """import torch
inf = float("inf")
def net(n):
    model = torch.nn.Sequential()
    model._modules[hostile.joined(hostile.group(n)[:2])] = torch.nn.Linear(2, 1)
    return model
models = [net(n) for n in range(hostile.GROUPS)]"""
RECORD = """%%ml record loss watch=$model{n}
model{n} = models[{n}]
for x in (1.0, inf, 1.0):
    loss = model{n}(torch.full((1, 2), x)).sum()
    loss.backward()"""


def test_the_finding_of_a_recorded_cell_is_text(lab: Lab, root: Path) -> None:
    """A layer is called what nobody should call a layer."""
    watch = Watch(lab._context)
    cells = [RECORD.format(n=n) for n in range(GROUPS)]
    book = lab.open([LIVE.format(root=str(root)) + "\n%load_ext mlwidgets", WATCHED, *cells])
    book.run_all()
    for n in range(GROUPS):
        box = book.output(2 + n).locator(".player")
        says(box.get_by_role("status").last, [joined(group(n)[:2])])
        assert box.evaluate(BUILT) == []
    watch.is_clean(book.page)
