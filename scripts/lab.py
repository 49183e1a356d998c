"""`make lab`: JupyterLab on the first demo, from a fresh machine or a used one.

    python3 -m scripts.lab [options of jupyter lab]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scripts import environment

FIRST = "demos/00_first_steps.ipynb"
# Without this a reopened notebook shows "model not found" where its players were.
SETTINGS = {"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True}}


def main() -> int:
    python = environment.ensure("all,lab")
    save_settings(environment.VENV / "share/jupyter/lab/settings/overrides.json")
    line = command(python, environment.is_root(), has_display(os.environ, sys.platform))
    # The notebook's kernel must be this environment's, whatever the user's own account holds.
    env = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}
    lab = subprocess.Popen([*line, *sys.argv[1:]], cwd=environment.ROOT, env=env)
    while True:
        try:
            return lab.wait()
        except KeyboardInterrupt:  # Ctrl-C is JupyterLab's to answer: it asks whether to stop
            continue


def command(python: Path, root: bool, display: bool) -> list[str]:
    line = [str(python), "-m", "jupyterlab", f"--LabApp.default_url=/lab/tree/{FIRST}"]
    if root:
        line.append("--allow-root")
    if not display:
        line.append("--no-browser")
    return line


def has_display(env: Mapping[str, str], platform: str) -> bool:
    """Whether a browser opened here would be seen by whoever typed the command."""
    if env.get("CI") or env.get("SSH_CONNECTION"):
        return False
    return platform in ("win32", "darwin") or bool(env.get("DISPLAY") or env.get("WAYLAND_DISPLAY"))


def save_settings(path: Path) -> None:
    """JupyterLab's defaults in this environment only; the user's own settings still win."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**kept, **SETTINGS}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
