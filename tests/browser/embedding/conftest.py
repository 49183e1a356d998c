"""A notebook with published figures, executed once, and pages that have no network."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import Browser, Page

from tests.browser.lab import notebook_of

CELLS = (
    "import mlwidgets\nrun = mlwidgets.play('rl.q_learning', episodes=4, seed=3).wait()",
    "run.publish()",
    "shown = mlwidgets.play('rl.q_learning', episodes=3).wait()\nshown",
    "shown.publish()",
)


@pytest.fixture(scope="session")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Executed and saved; its second figure replaces a player that was shown."""
    path = tmp_path_factory.mktemp("notebook") / "lecture.ipynb"
    raw = notebook_of([*CELLS])
    for cell in raw["cells"]:
        cell["metadata"] = {"slideshow": {"slide_type": "slide"}}
    book = nbformat.from_dict(raw)  # type: ignore[no-untyped-call]  # it has no types
    NotebookClient(book, timeout=120, resources={"metadata": {"path": path.parent}}).execute()
    path.write_text(json.dumps(book), encoding="utf-8")
    return path


@pytest.fixture
def offline(browser: Browser) -> Iterator[Page]:
    """A page with no network; what it asks for elsewhere is in `asked_for`."""
    context = browser.new_context(viewport={"width": 1100, "height": 900}, offline=True)
    yield context.new_page()
    context.close()


def tool(folder: Path, *words: str | Path) -> None:
    """Run a module of Python in a folder; its output is shown where it fails."""
    line = [sys.executable, "-m", *map(str, words)]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
