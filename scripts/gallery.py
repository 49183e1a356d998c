"""The gallery in README.md, written from the registry: what there is, in its files' own words.

python -m scripts.gallery           write it
python -m scripts.gallery --check   fail if it is stale
"""

from __future__ import annotations

import sys

from mlwidgets.registry import registry
from scripts.environment import ROOT

BEGIN, END = "<!-- gallery: written by `python -m scripts.gallery` -->", "<!-- end of gallery -->"
README = ROOT / "README.md"


def gallery() -> str:
    """One table row for each algorithm, topic by topic."""
    known = registry()
    rows = ["| algorithm | what it is | topic |", "|---|---|---|"]
    rows += [
        f"| `%ml {item.name}` | {item.title}: {item.summary} | {topic.title} |"
        for topic in known.topics.values()
        for item in known.of(topic.name)
    ]
    return "\n".join(rows)


def renewed(text: str) -> str:
    """README's text with the gallery as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{gallery()}\n{END}{after}"


def main() -> int:
    text = README.read_text("utf-8")
    fresh = renewed(text)
    if sys.argv[1:] == ["--check"]:
        return int(text != fresh)
    if sys.argv[1:]:
        sys.stderr.write(f"unknown option: {sys.argv[1]} (known: --check)\n")
        return 2
    README.write_text(fresh, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
