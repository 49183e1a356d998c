"""The project's own virtual environment, `.venv`: made when absent, updated when needs change."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
NEEDS = ("pyproject.toml", "constraints.txt")
OLDEST = (3, 11)


def ensure(extras: str) -> Path:
    """The environment's Python with these extras installed; quick when nothing has changed."""
    if sys.version_info[:2] < OLDEST:
        found = sys.version.split()[0]
        fail(f"Python {found}: mlwidgets needs 3.11 or newer (make PYTHON=python3.12 ...)")
    if not works():
        say("making .venv")
        run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if not is_current(extras):
        say(f"installing mlwidgets[{extras}] into .venv")
        pip("--editable", f".[{extras}]")
        stamp(extras).write_text(needs(), encoding="utf-8")
    return PYTHON


def works() -> bool:
    """Not after an interrupted creation (no pip), nor when its Python is gone (a dangling link)."""
    try:
        line = [str(PYTHON), "-m", "pip", "--version"]
        return subprocess.run(line, capture_output=True).returncode == 0
    except OSError:
        return False


def pip(*arguments: str) -> None:
    """Install into `.venv` under the project's constraints."""
    install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*install, "--constraint", "constraints.txt", *arguments])


def stamp(extras: str) -> Path:
    return VENV / f".installed-{extras.replace(',', '-')}"


def is_current(extras: str) -> bool:
    """`test` holds all but `bench`, so that `make lab` after `make test` installs nothing."""
    stamps = (stamp(extras), stamp(extras if extras == "bench" else "test"))
    return any(s.exists() and s.read_text(encoding="utf-8") == needs() for s in stamps)


def needs() -> str:
    """One line that changes when the files that say what is installed, or the Python, change."""
    digest = hashlib.sha256(sys.version.encode())
    for name in NEEDS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def say(words: str) -> None:
    print(f"mlwidgets: {words}", flush=True)


def fail(words: str) -> None:
    sys.exit(f"mlwidgets: {words}")


def run(command: list[str], cwd: Path = ROOT) -> None:
    """Run to the end, or stop here with the command that failed."""
    code = subprocess.run(command, cwd=cwd).returncode
    if code:
        fail(f"exit {code} from: {' '.join(command)}")
