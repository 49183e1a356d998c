"""Players live under Voila: what one does on the page is done in the kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from scripts.environment import is_root
from tests.browser.embedding.seen import keep
from tests.browser.lab import free_port, notebook_of, wait_until
from tests.browser.playing import Player

pytestmark = pytest.mark.browser


@pytest.fixture
def voila(tmp_path: Path) -> Iterator[str]:
    """The address of a server that shows one notebook."""
    cell = "import mlwidgets\nrun = mlwidgets.play('rl.q_learning', seed=3)\nrun"
    (tmp_path / "live.ipynb").write_text(json.dumps(notebook_of([cell])), encoding="utf-8")
    port = free_port()
    line = [sys.executable, "-m", "voila", "live.ipynb", "--no-browser", f"--port={port}"]
    line += ["--Voila.ip=127.0.0.1", *(["--Voila.allow_root=True"] if is_root() else [])]
    env = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", "IPYTHONDIR": str(tmp_path / "ipython")}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(line, cwd=tmp_path, env=env, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/"
    wait_until(lambda: answers(url + "voila/static/"), "the server answers")
    yield url
    server.terminate()
    server.wait(30)


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def test_controls_act_on_the_kernel(voila: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.route(lambda url: not url.startswith(voila), lambda route: route.abort())
    page.goto(voila)
    player = Player(page.get_by_role("group", name="Q-learning", exact=True))
    expect(player.frame).to_be_visible(timeout=120_000)
    player.button("Step forward").click()
    wait_until(lambda: player.last > 0, "a step was computed")
    player.slider("epsilon exploration").fill("0.6")
    player.play()
    player.advances(20)
    player.pause()
    expect(player.slider("epsilon exploration")).to_have_value("0.6")
    keep(page, "embedded-voila")
    context.close()
