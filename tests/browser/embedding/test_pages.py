"""Published figures in pages that others make, opened with no network."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

import mlwidgets
from tests.browser.embedding.conftest import tool
from tests.browser.embedding.seen import keep
from tests.browser.lab import wait_until

pytestmark = pytest.mark.browser
WIDGET = "application/vnd.jupyter.widget-view+json"


def test_a_published_output_is_a_page_a_picture_and_a_text_and_no_widget(notebook: Path) -> None:
    book = json.loads(notebook.read_text(encoding="utf-8"))
    outputs = [output["data"] for cell in book["cells"] for output in cell["outputs"]]
    assert [sorted(data) for data in outputs] == [["image/svg+xml", "text/html", "text/plain"]] * 2
    assert WIDGET not in notebook.read_text(encoding="utf-8")


def plays(frame: FrameLocator) -> None:
    """The player in a frame can be scrubbed, and shows what it scrubs to."""
    slider = frame.get_by_role("slider", name="Frame", exact=True)
    expect(slider).to_be_visible()
    last = int(slider.get_attribute("max") or 0)
    assert last > 20
    view = frame.get_by_role("img", name=re.compile("^Value and greedy action"))
    expect(view).to_be_visible()
    drawn = view.get_attribute("aria-label")
    slider.fill("0")
    expect(slider).to_have_value("0")
    wait_until(lambda: view.get_attribute("aria-label") != drawn, "the view tells frame 0")


def stands_alone(page: Page, frames: int = 2) -> None:
    """Each frame plays, is as high as its page, and hides the picture behind it."""
    expect(page.locator("iframe")).to_have_count(frames)
    for k in range(frames):
        page.locator("iframe").nth(k).scroll_into_view_if_needed()
        plays(page.frame_locator("iframe").nth(k))
        expect(page.locator("iframe").nth(k).locator("xpath=preceding-sibling::img")).to_be_hidden()
    fits = """() => [...document.querySelectorAll("iframe")].map((f) => f.clientHeight)"""
    heights = page.evaluate(fits)
    inner = [f.evaluate("() => document.body.scrollHeight") for f in page.frames[1:]]
    assert max(abs(a - b) for a, b in zip(heights, inner, strict=True)) <= 2


def test_nbconvert_makes_a_page(notebook: Path, tmp_path: Path, offline: Page) -> None:
    tool(tmp_path, "nbconvert", "--to", "html", notebook, "--output-dir", tmp_path)
    offline.goto((tmp_path / "lecture.html").as_uri())
    stands_alone(offline)
    keep(offline, "embedded-nbconvert")


def test_where_no_script_runs_the_picture_is_seen(
    notebook: Path, tmp_path: Path, browser: Browser
) -> None:
    tool(tmp_path, "nbconvert", "--to", "html", notebook, "--output-dir", tmp_path)
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "lecture.html").as_uri())
    picture = page.get_by_role("img", name=re.compile("Q-learning · done")).first
    expect(picture).to_be_visible()
    keep(page, "embedded-no-script")
    context.close()


def test_sphinx_with_myst_nb_makes_a_page(notebook: Path, tmp_path: Path, offline: Page) -> None:
    shutil.copy(notebook, tmp_path / "index.ipynb")
    conf = 'project = "Course"\nextensions = ["myst_nb"]\nnb_execution_mode = "off"\n'
    (tmp_path / "conf.py").write_text(conf, encoding="utf-8")
    tool(tmp_path, "sphinx", "-b", "html", ".", "out")
    offline.goto((tmp_path / "out" / "index.html").as_uri())
    stands_alone(offline)
    keep(offline, "embedded-sphinx")


SITE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Course</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; frame-src 'self' file:;
 style-src 'unsafe-inline'"></head><body><h1>Week 3</h1>
<iframe src="figure.html" title="Q-learning" sandbox="allow-scripts allow-downloads"
 style="width:100%;height:900px;border:0"></iframe></body></html>"""


def test_a_course_site_embeds_an_exported_file_under_its_own_policy(
    tmp_path: Path, offline: Page
) -> None:
    run = mlwidgets.play("rl.q_learning", episodes=4, seed=3).wait()
    run.export(tmp_path / "figure.html")
    run.close()
    (tmp_path / "index.html").write_text(SITE, encoding="utf-8")
    faults: list[str] = []
    offline.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    offline.goto((tmp_path / "index.html").as_uri())
    plays(offline.frame_locator("iframe"))
    keep(offline, "embedded-site")
    assert faults == []
