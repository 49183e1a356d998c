"""The named peers, in a scratch environment of their own: the project's stays as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PEERS = ("jupysql", "jupyter_ai_magics", "plotly", "panel")
AROUND = ("ipykernel", "ipywidgets", "anywidget")


class Peers:
    """What of the peers could be installed, and with which Python they are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        if not self.python.exists():
            say(f"making an environment for the peers in {folder.name}")
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            self._install(AROUND)
            for peer in PEERS:
                self._install([peer])
        self.versions = self._versions()

    def _install(self, names: Sequence[str]) -> None:
        """One by one: a peer that does not install is left out, and the table says so."""
        line = [str(self.python), "-m", "pip", "install", "--quiet", *names]
        done = subprocess.run(line, capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            say(f"{' '.join(names)} does not install: {last}")

    def _versions(self) -> dict[str, str]:
        line = [str(self.python), "-m", "pip", "list", "--format=json"]
        listed = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)
        return {entry["name"].lower().replace("-", "_"): entry["version"] for entry in listed}

    def has(self, name: str) -> bool:
        return name.lower().replace("-", "_") in self.versions

    def named(self, name: str) -> str:
        return f"{name} {self.versions.get(name.lower().replace('-', '_'), '(not installed)')}"


def say(words: str) -> None:
    """Progress, beside the table and not in it."""
    print(f"benchmarks: {words}", file=sys.stderr, flush=True)
