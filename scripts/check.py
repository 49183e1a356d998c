"""`make test`: every check of the project, from a fresh machine or a used one.

    python3 -m scripts.check [options of pytest]
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from scripts import browser, environment, node

JS = environment.ROOT / "js"
# A file's tests stay together, and files in order: those that reload plugins come late.
WORKERS = ["-n", "logical", "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder"]
NONE = 5  # pytest's answer where its options select no test


def main() -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch's threads wait for each other, spinning
    python = str(environment.ensure("test"))
    node.ensure()
    node.install(JS)
    browser.ensure()
    steps = {
        "ruff": [python, "-m", "ruff", "check"],
        "mypy": [python, "-m", "mypy"],
        "tsc": [*node.npm(), "run", "--silent", "check"],
        "node": [*node.npm(), "test", "--silent"],
        "pytest": [python, "-m", "pytest", *WORKERS, "-m", "not browser", *sys.argv[1:]],
        "pages": [python, "-m", "pytest", *WORKERS, "-m", "browser and not server", *sys.argv[1:]],
        "notebooks": [python, "-m", "pytest", "-m", "server", *sys.argv[1:]],  # alone: timed, some
    }
    failed = [name for name, line in steps.items() if not passes(name, line)]
    if failed:
        environment.fail(f"failed: {', '.join(failed)}")
    return 0


def passes(name: str, line: list[str]) -> bool:
    """All steps run, so that one visit shows every fault."""
    environment.say(name)
    begun = time.monotonic()
    js = name in ("tsc", "node")
    code = subprocess.run(line, cwd=JS if js else environment.ROOT).returncode
    bad = code not in ((0, NONE) if sys.argv[1:] else (0,))
    environment.say(f"{name} {'failed' if bad else 'passed'} in {time.monotonic() - begun:.0f} s")
    return not bad


if __name__ == "__main__":
    sys.exit(main())
