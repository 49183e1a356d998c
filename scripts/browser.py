"""A Chromium for the browser tests: find one, get one, start one.

    python -m scripts.browser        start it once and print its version
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (  # where macOS and Windows keep it, which is on nobody's PATH
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
FLAGS = (
    "--no-sandbox",  # a container's root has no other way; only our own pages are opened
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera that shows a test picture; pages must ask
)


def find() -> str | None:
    """The path of an installed Chromium, or None: then playwright looks for its own."""
    if chosen := os.environ.get("MLWIDGETS_CHROMIUM"):
        return chosen
    on_path = (shutil.which(name) for name in NAMES)
    in_place = (path for path in APPLICATIONS if Path(path).exists())
    return next((path for path in (*on_path, *in_place) if path), None)


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=find(), headless=True, args=list(FLAGS))


def ensure() -> None:
    """Have a Chromium that starts, installed if there is none; else say what the user must run."""
    problem = trial()
    if problem and not find():
        if environment.is_root() and shutil.which("apt-get"):
            install_debian()
            problem = trial()
        if problem and not find():
            environment.say("fetching playwright's Chromium")
            subprocess.run([environment.PYTHON, "-m", "playwright", "install", "chromium"])
            problem = trial()
    if problem:
        environment.fail(advice(problem))


def install_debian() -> None:
    """Debian's chromium; where apt has none (Ubuntu's is a snap), the caller goes on without."""
    environment.say("installing Debian's chromium")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    for line in (["apt-get", "update", "-qq"], [*install, "chromium", "fonts-liberation"]):
        subprocess.run(line, env=env, stdout=subprocess.DEVNULL)


def trial() -> str:
    """Start the browser once in the environment that has playwright; "" or what went wrong."""
    command = [str(environment.PYTHON), "-m", "scripts.browser"]
    done = subprocess.run(command, cwd=environment.ROOT, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr


def advice(problem: str) -> str:
    """What is wrong, and the line that mends it."""
    reason = problem.rpartition("playwright._impl._errors.")[2].strip()
    if path := find():
        return f"{path} does not start: {reason}\nSet MLWIDGETS_CHROMIUM to one that does."
    if "Executable doesn't exist" in problem:
        return (
            "there is no Chromium here, and none could be fetched. Install one:\n"
            "    sudo apt-get install chromium        (Debian)\n"
            "or set MLWIDGETS_CHROMIUM to the path of a Chromium or Chrome."
        )
    python = environment.PYTHON.relative_to(environment.ROOT).as_posix()
    return (
        f"playwright's Chromium does not start: {reason}\n"
        "If system libraries are missing, this installs them:\n"
        f"    sudo {python} -m playwright install-deps chromium"
    )


if __name__ == "__main__":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch(playwright)
        sys.stdout.write(f"{browser.version}\n")
        browser.close()
