"""`make bench`: the peers installed, and every topic measured beside them.

python -m scripts.bench [topics and options of benchmarks.side]
"""

from __future__ import annotations

import subprocess
import sys

from scripts import environment


def main() -> int:
    python = str(environment.ensure("bench"))
    line = [python, "-m", "benchmarks.side", *sys.argv[1:]]
    return subprocess.run(line, cwd=environment.ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
