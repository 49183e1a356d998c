"""The scripts behind `make lab` and `make test`: what they decide, without installing anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts import browser, environment, lab, node

PYTHON = Path("python")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two files, with an empty environment."""
    for name in environment.NEEDS:
        (tmp_path / name).write_text("x", encoding="utf-8")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path)
    return tmp_path


def test_root_is_told_to_jupyterlab_and_a_user_is_not() -> None:
    assert "--allow-root" in lab.command(PYTHON, root=True, display=True)
    assert "--allow-root" not in lab.command(PYTHON, root=False, display=True)


def test_without_a_display_no_browser_is_opened() -> None:
    assert "--no-browser" in lab.command(PYTHON, root=False, display=False)
    assert "--no-browser" not in lab.command(PYTHON, root=False, display=True)


@pytest.mark.parametrize(
    ("env", "platform", "seen"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({}, "darwin", True),
        ({}, "win32", True),
        ({"SSH_CONNECTION": "1 2 3 4"}, "darwin", False),
        ({"CI": "true", "DISPLAY": ":0"}, "linux", False),
    ],
)
def test_who_has_a_display(env: dict[str, str], platform: str, seen: bool) -> None:
    assert lab.has_display(env, platform) is seen


def test_widgets_are_saved_and_other_settings_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings" / "overrides.json"
    lab.save_settings(path)
    path.write_text(json.dumps({"other": {"x": 1}, **json.loads(path.read_text())}))
    lab.save_settings(path)
    assert json.loads(path.read_text()) == {"other": {"x": 1}, **lab.SETTINGS}


def test_an_environment_is_current_until_its_needs_change(project: Path) -> None:
    assert not environment.is_current("all,lab")
    environment.stamp("all,lab").write_text(environment.needs(), encoding="utf-8")
    assert environment.is_current("all,lab")
    (project / "constraints.txt").write_text("y", encoding="utf-8")
    assert not environment.is_current("all,lab")


def test_after_make_test_make_lab_installs_nothing(project: Path) -> None:
    environment.stamp("test").write_text(environment.needs(), encoding="utf-8")
    assert environment.is_current("all,lab")
    environment.stamp("test").unlink()
    assert not environment.is_current("all,lab")


def test_an_environment_without_python_does_not_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert environment.works()
    monkeypatch.setattr(environment, "PYTHON", tmp_path / "missing")
    assert not environment.works()


def test_the_named_browser_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLWIDGETS_CHROMIUM", "mine")
    assert browser.find() == "mine"


def test_what_is_missing_is_told_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(browser, "find", lambda: None)
    told = browser.advice("error while loading shared libraries: libnss3.so")
    assert "libnss3.so" in told
    assert "sudo .venv/bin/python -m playwright install-deps chromium" in told
    assert "apt-get install chromium" in browser.advice("Error: Executable doesn't exist at x")
    monkeypatch.setattr(browser, "find", lambda: "mine")
    assert "mine does not start" in browser.advice("Error: crashed")


def put_program(folder: Path, name: str, answer: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{answer}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("node_says", "npm_says", "enough"),
    [
        ("echo v24.19.0", "echo 11.0.0", True),
        ("echo v18.19.0", "echo 9.2.0", False),
        ("echo v24.19.0", "exit 1", False),
    ],
)
def test_which_node_is_enough(
    node_says: str,
    npm_says: str,
    enough: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    put_program(tmp_path, "node", node_says)
    assert not node.machine_has(), "there is no npm yet, as with Debian's nodejs"
    put_program(tmp_path, "npm", npm_says)
    assert node.machine_has() is enough
