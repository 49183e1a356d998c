"""The command line: `python -m mlwidgets list`, `plugins`, or an algorithm with its parameters."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import mlwidgets

from . import listing
from .errors import MLError, ParamError
from .item import explain
from .registry import RESERVED, registry
from .tokens import Line, classify

if TYPE_CHECKING:
    from .run import Run

OPTIONS = ("--device", "--save")
USAGE = """\
Run machine-learning algorithms from the command line.

  python -m mlwidgets list [topic]          what there is
  python -m mlwidgets rl.q_learning alpha=0.3 [--device cpu] [--save q.trace]
                                            run to the end, print the final metrics
  python -m mlwidgets rl.q_learning -h      an algorithm and its parameters
  python -m mlwidgets verify rl.q_learning [alpha=0.3]
                                            check it against its reference
  python -m mlwidgets publish lecture.ipynb [--slides] [--execute]
                                            a notebook as one offline page or deck; -h says more
  python -m mlwidgets plugins               what is installed, what could not be loaded

Exit status: 0 done, 1 verified and found wrong, 2 refused or failed (one line on stderr says why),
130 interrupted."""


def main(argv: Sequence[str] | None = None) -> int:
    """Obey a command line; the exit status."""
    try:
        words = sys.argv[1:] if argv is None else argv
        if words[:1] == ["publish"]:
            from .publish.command import main as publish

            return publish(words[1:])
        return _obey(classify(words, OPTIONS))
    except MLError as error:
        return _refuse(str(error))
    except OSError as error:  # the file to save to
        return _refuse(str(error))
    except KeyboardInterrupt:
        return _refuse("interrupted", 130)


def _obey(line: Line) -> int:
    words = [str(word) for word in line.words]
    first = words[0] if words else "help" if line.help else "list"
    if first == "verify" and not line.help:
        return _verify(words[1:], line)
    if first in RESERVED or first in registry().topics:
        print(_answer(first, words[1:], line.help))
        for problem in registry().problems if first == "list" else ():
            _refuse(problem)
        return 0
    item = registry().get(first)
    if len(words) > 1:
        raise ParamError(f"{words[1]!r}: a parameter is written name=value")
    if line.help:
        print(listing.help_page(item.load(), listing.SHELL))
        return 0
    return _play(first, line)


def _verify(words: list[str], line: Line) -> int:
    """0 where both sides are equal, 1 where not, 2 where there is nothing to check with."""
    from .replay.verify import verify

    if len(words) != 1:
        raise MLError("write `python -m mlwidgets verify rl.q_learning alpha=0.3`")
    algorithm = registry().get(words[0]).load()
    texts = {key: str(text) for key, text in line.params.items()}
    found = verify(algorithm, algorithm.spec.parse(texts))
    if found.reference is None:
        return _refuse(f"{words[0]}: {found.badge}")
    print(found)
    return 0 if found.passed else 1


def _answer(verb: str, words: list[str], asks: bool) -> str:
    """What `list`, `plugins`, `help` or a topic's name prints."""
    known = registry()
    if verb == "help" and words:
        return listing.help_page(known.get(words[0]).load(), listing.SHELL)
    if verb == "help" or (asks and verb in RESERVED):
        return USAGE
    if verb == "plugins":
        return listing.plugins(known)
    if verb == "list" and not words:
        return listing.topics(known, listing.SHELL)
    if verb == "list" or verb in known.topics:
        return listing.one_topic(known, words[0] if verb == "list" else verb)
    raise MLError(f"{verb!r} is kept for a later version; -h says what is there")


def _play(name: str, line: Line) -> int:
    """Run an algorithm to its end, or to an interrupt; its trace is saved either way."""
    algorithm = registry().get(name).load()
    texts = {key: str(text) for key, text in line.params.items()}
    options = {key: str(text) for key, text in line.options.items()}
    values = algorithm.spec.parse(texts)
    run: Run = mlwidgets.play(algorithm, device=options.get("--device", "auto"), **values)
    status = _drive(run)
    print(run.summary())
    if "--save" in options:
        run.save(options["--save"])
    if run.error is not None:
        return _refuse(_why(name, run.error))
    return status


def _drive(run: Run) -> int:
    """Run to the end under a progress bar; 130 where it was interrupted."""
    _, total, unit = run.progress
    try:
        with _bar(run.name, total, unit) as bar:
            if run.status == "ready":  # it may have failed at its first frame
                run.start()
            while run.status == "running":
                bar.update(round(run.progress[0]) - bar.n)
                time.sleep(0.05)  # between looks at the bar
            bar.update(round(run.progress[0]) - bar.n)
    except KeyboardInterrupt:
        run.stop()
        return _refuse(f"interrupted at {run.progress[0]:g} {unit}", 130)
    return 0


def _bar(name: str, total: float | None, unit: str) -> Any:
    from tqdm import tqdm

    return tqdm(total=total and round(total), desc=name, unit=f" {unit}", file=sys.stderr)


def _why(name: str, error: BaseException) -> str:
    """What an algorithm raised, on one line, with its remedy where a module is missing."""
    if isinstance(error, ModuleNotFoundError):
        return registry().get(name).missing(error)
    return f"{name}: {error}" if isinstance(error, MLError) else f"{name}: {explain(error)}"


def _refuse(why: str, status: int = 2) -> int:
    """Say why on one line of stderr; the exit status."""
    line = " ".join(why.split()).replace("`%ml", f"`{listing.SHELL}")
    print(f"mlwidgets: {line}", file=sys.stderr)
    return status
