"""A deck beside a kernel: its figures act on the kernel's runs, and outlive it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.lab import PATIENCE, wait_until
from tests.browser.playing import Player
from tests.test_publish import code, text, write


@dataclass
class Served:
    """A deck that is served, and the process that serves it."""

    url: str
    process: subprocess.Popen[str]

    def kernel(self) -> int:
        """The kernel's process, or 0."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True
        )
        return int((found.stdout.split() or ["0"])[0])

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    runtime = {**os.environ, "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime")}
    book = write(
        tmp_path / "talk.ipynb",
        text("# A figure"),
        code("import mlwidgets\nrun = mlwidgets.play('rl.q_learning', episodes=5)\nrun"),
    )
    line = [sys.executable, "-m", "mlwidgets", "publish", str(book), "--slides", "--live"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=runtime) as process:
        assert process.stdout is not None
        yield Served(process.stdout.readline().strip(), process)
        if process.poll() is None:
            process.kill()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """What its console reports fails the test."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(error.message))
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    yield page
    page.close()
    assert said == []


def test_a_value_is_tried_on_the_live_run_and_the_recorded_one_outlives_the_kernel(
    served: Served, page: Page, tmp_path: Path
) -> None:
    page.goto(served.url)
    player = Player(page.get_by_role("group", name="Q-learning", exact=True))
    wait_until(lambda: player.last > 500, "the run has been driven to its end")
    last = player.last
    player.button("Controls").click()
    expect(player.slider("alpha learning rate")).to_be_enabled()
    player.button("Restart").click()
    wait_until(lambda: player.last < last, "it has begun anew in the kernel")

    os.kill(served.kernel(), signal.SIGKILL)
    expect(player.button("Restart")).to_be_disabled()
    wait_until(lambda: player.last == last, "what was recorded is back")
    player.scrub(7)
    expect(page.get_by_role("alert").filter(has_text=re.compile(r"\w"))).to_have_count(0)

    assert served.end() == 0
    assert served.kernel() == 0
    assert [path.name for path in (tmp_path / "runtime").glob("*.json")] == []


def test_without_the_token_there_is_no_deck(served: Served) -> None:
    with urllib.request.urlopen(served.url.partition("?")[0], timeout=PATIENCE) as answer:
        assert "/login" in answer.url
        assert b"data-mlwidgets" not in answer.read()
    kernel = served.kernel()
    assert served.end() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(kernel, 0)
