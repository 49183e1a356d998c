"""A published output: a page in a sandbox, a picture behind it, a text; every word inert."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from mlwidgets import Run, compare, play
from mlwidgets.errors import RunError
from mlwidgets.pages.srcdoc import published
from mlwidgets.pages.stills import still
from tests.test_run import walk

HOSTILE = '</script></iframe>"><img src=x onerror=alert(1)>'


class Tags(HTMLParser):
    """The elements of a markup, with their attributes, as a browser reads them."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture
def run() -> Iterator[Run]:
    run = play(walk, laps=5).wait()
    yield run
    run.close()


def test_it_is_a_page_a_picture_and_a_text(run: Run) -> None:
    output = published(run)
    assert output["text/plain"] == run.summary()
    assert output["image/svg+xml"] == still(run)
    assert sorted(output) == ["image/svg+xml", "text/html", "text/plain"]


def test_the_frame_is_a_sandbox_that_shares_nothing_with_the_page_around_it(run: Run) -> None:
    tags = Tags(published(run)["text/html"]).found
    assert [tag for tag, _ in tags] == ["div", "img", "iframe", "script"]
    frame = tags[2][1]
    assert frame["sandbox"] == "allow-scripts allow-downloads"
    page = str(frame["srcdoc"])
    assert page.startswith("<!doctype html>")
    assert "default-src &#x27;none&#x27;" in page


def test_runs_that_are_compared_are_published_together(run: Run) -> None:
    other = play(walk, laps=4).wait()
    output = published(compare(run, other))
    page = html.unescape(output["text/html"])
    assert '"compared":true' in page
    assert output["text/plain"].startswith("Comparison of 2 runs")
    other.close()


def test_the_picture_of_a_comparison_shows_every_run_that_has_a_frame(run: Run) -> None:
    other = play(walk, laps=4).wait()
    output = published(compare(run, other, labels=["long walk", "short walk"]))
    for label in ("long walk", "short walk"):
        assert label in output["image/svg+xml"]
    high = re.search(r"height:(\d+)px", output["text/html"])
    assert high
    assert 300 < int(high[1]) < 2000
    other.close()


def test_hostile_words_make_no_element() -> None:
    def hostile(n: int = 3) -> Iterator[dict[str, Any]]:
        for k in range(n):
            yield {"k": k, "said": HOSTILE}

    hostile.__doc__ = f"{HOSTILE}: {HOSTILE}"
    run = play(hostile).wait()
    outer = Tags(published(run)["text/html"]).found
    assert [tag for tag, _ in outer] == ["div", "img", "iframe", "script"]
    inner = Tags(str(outer[2][1]["srcdoc"])).found
    assert not [tag for tag, attrs in inner if any(name.startswith("on") for name in attrs)]
    run.close()


def test_it_asks_for_nothing_elsewhere(run: Run) -> None:
    markup = published(run)["text/html"]
    page = str(Tags(markup).found[2][1]["srcdoc"])
    for text in (markup, page):
        assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", text)


def test_without_a_notebook_or_a_frame_it_is_refused(run: Run) -> None:
    with pytest.raises(RunError, match="there is no notebook to publish in"):
        run.publish()

    def broken(n: int = 0) -> Iterator[dict[str, Any]]:
        """Broken: at its first frame."""
        yield {"x": 1 / n}

    with pytest.raises(RunError, match="no frame"):
        published(play(broken))
