"""What a line of `publish` asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlwidgets.errors import MLError, nearest

FLAGS = ("--slides", "--execute", "--live", "--allow-errors", "--no-code")
VALUES = ("-o", "--title", "--wait")


class OrderError(MLError):
    """A command line that cannot be obeyed."""


@dataclass(frozen=True)
class Order:
    """What is asked for."""

    source: Path
    target: Path
    flags: frozenset[str] = field(default_factory=frozenset)
    title: str = ""
    wait: float = 120.0

    def __contains__(self, flag: str) -> bool:
        return flag in self.flags


def order_of(argv: Sequence[str]) -> Order:
    """A command line taken apart; OrderError where it says something unknown."""
    flags: set[str] = set()
    given: dict[str, str] = {}
    names: list[str] = []
    rest = iter(argv)
    for word in rest:
        name, equals, value = word.partition("=")
        if name in VALUES:
            given[name] = value if equals else next(rest, "")
            if not given[name]:
                raise OrderError(f"{name} needs a value")
        elif word in FLAGS:
            flags.add(word)
        elif word.startswith("-") and word != "-":
            known = (*FLAGS, *VALUES)
            raise OrderError(
                f"no option {word!r}.{nearest(name, known)} (known: {', '.join(known)})"
            )
        else:
            names.append(word)
    if len(names) != 1:
        raise OrderError("write `python -m mlwidgets publish lecture.ipynb`")
    if "--live" in flags and "--slides" not in flags:
        raise OrderError("--live serves a deck: write --slides --live")
    source = Path(names[0]).expanduser()
    ending = ".slides.html" if "--slides" in flags else ".html"
    target = Path(given["-o"]) if "-o" in given else source.with_suffix(ending)
    return Order(source, target, frozenset(flags), given.get("--title", ""), _seconds(given))


def _seconds(given: dict[str, str]) -> float:
    text = given.get("--wait", "120")
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e7:
        raise OrderError(f"--wait {text}: must be a number of seconds, 0 or more")
    return seconds
