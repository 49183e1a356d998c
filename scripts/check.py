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
# A file's tests stay together and files keep their order: those without a browser come first.
WORKERS = ["-n", "logical", "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder"]


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
        "pytest": [python, "-m", "pytest", *WORKERS, *sys.argv[1:]],
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
    environment.say(f"{name} {'failed' if code else 'passed'} in {time.monotonic() - begun:.0f} s")
    return code == 0


if __name__ == "__main__":
    sys.exit(main())
