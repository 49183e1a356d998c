"""Ours beside a peer: the same work in one process, in turns, with the quality of both.

    python -m benchmarks.side                        every topic
    python -m benchmarks.side vision rl              some topics
    python -m benchmarks.side vision --device cuda   on a GPU
    python -m benchmarks.side rl --only environment --pairs 3

A topic is a module of this package with `rows(device)`, which yields a `Row` for each bar. Ours and
the peer are called in turns, ours first, after one call of each that is not counted; a ratio is the
peer's time over ours in one pair, above 1 where ours is faster. Ours is timed inside a recording
run. Both results are judged by one evaluator, and a bar is met only with its quality.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from statistics import median
from typing import Any, Literal

from benchmarks.figures import load, number, processor

TOPICS = (
    "nlp",
    "nlp_decoder",
    "vision",
    "rl",
    "automl",
    "genai",
    "mlops",
    "mlops_fastapi",
    "dl",
    "foundations",
)


@dataclass(frozen=True)
class Timed:
    """What a call found, where only a part of the call is the work that is measured."""

    seconds: float
    result: Any


@dataclass(frozen=True)
class Row:
    """One bar. ours, theirs: one call does the work once and returns what `quality` judges.

    work: how much one call does, in `unit`, for a rate in the table; without it times are shown.
    better: which way quality goes; within: how much worse ours may be, as a share of the peer's,
    or with "error" how large ours may be, whatever the peer's. pairs: how often both are called.
    """

    name: str
    what: str
    peer: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    bar: float
    quality: Callable[[Any], float]
    judged: str
    better: Literal["higher", "lower", "error"] = "higher"
    within: float = 0.0
    work: float = 0.0
    unit: str = ""
    pairs: int = 5
    note: str = ""

    def __post_init__(self) -> None:
        if bool(self.work) != bool(self.unit):
            raise ValueError(f"{self.name}: work and unit come together")

    def enough(self, ours: float, theirs: float) -> bool:
        """Is the quality of ours no worse than what is asked?"""
        if self.better == "error":
            return ours <= self.within
        room = self.within * abs(theirs)
        return ours >= theirs - room if self.better == "higher" else ours <= theirs + room


@dataclass(frozen=True)
class Measured:
    """What was seen of one row; without a peer there is no ratio."""

    row: Row
    ours: Sequence[float]
    theirs: Sequence[float]
    quality: tuple[float, float]
    note: str

    @property
    def ratios(self) -> list[float]:
        return [b / a for a, b in zip(self.ours, self.theirs, strict=False)]

    @property
    def met(self) -> bool | None:
        if not self.theirs:
            return None
        return median(self.ratios) >= self.row.bar and self.row.enough(*self.quality)

    def cells(self, device: str) -> list[str]:
        row, ratio, spread = self.row, "-", ""
        if self.theirs:
            ratio = number(median(self.ratios))
            spread = f" ({number(min(self.ratios))} to {number(max(self.ratios))})"
        verdict = {True: "yes", False: "NO", None: "no peer"}[self.met]
        found = self.said(self.ours)
        own = [found, "not run"] if device == "cpu" else ["not run", found]
        return [
            row.name,
            row.what,
            *own,
            f"{row.peer} {self.said(self.theirs)}",
            ratio + spread,
            f">= {number(row.bar)}",
            verdict,
            f"{row.judged} {self.quality[0]:.6g} / {self.quality[1]:.6g}",
        ]

    def said(self, seconds: Sequence[float]) -> str:
        """The median time, or how much work that is a second."""
        if not seconds:
            return "not run"
        took = median(seconds)
        if self.row.work:
            return f"{number(self.row.work / took)} {self.row.unit}/s"
        return f"{number(took)} s" if took >= 1 else f"{number(took * 1e3)} ms"


HEAD = ["row", "what", "ours", "ours on cuda", "peer", "peer / ours", "bar", "met?"]
HEAD += ["quality, ours / peer"]


def timed(call: Callable[[], Any]) -> Timed:
    """One call, and how long it took in seconds."""
    begun = time.perf_counter()
    result = call()
    took = time.perf_counter() - begun
    return result if isinstance(result, Timed) else Timed(took, result)


def measure(row: Row, pairs: int = 0) -> Measured:
    """Both in turns. A peer that cannot be imported leaves its column empty, and says so."""
    first, note = timed(row.ours).result, row.note
    try:
        second = timed(row.theirs).result
    except ImportError as error:
        note = f"{note} {row.peer} is not installed: {error}.".strip()
        taken = [timed(row.ours).seconds for _ in range(pairs or row.pairs)]
        return Measured(row, taken, [], (row.quality(first), float("nan")), note)
    ours, theirs = [], []
    for _ in range(pairs or row.pairs):
        ours.append(timed(row.ours).seconds)
        theirs.append(timed(row.theirs).seconds)
    return Measured(row, ours, theirs, (row.quality(first), row.quality(second)), note)


def rows_of(topics: Iterable[str], device: str, only: str = "") -> Iterator[Row]:
    for topic in topics:
        for row in import_module(f"benchmarks.{topic}").rows(device):
            if only in f"{row.name} {row.what}":
                yield row


def table(found: Sequence[Measured], device: str) -> str:
    """The rows as Markdown, what there is to say about each below."""
    lines = [HEAD, ["---"] * len(HEAD), *(m.cells(device) for m in found)]
    text = ["| " + " | ".join(cells) + " |" for cells in lines]
    notes = [f"- {m.row.name}, {m.row.what}: {m.note}" for m in found if m.note]
    return "\n".join([*text, "", *notes] if notes else text)


def threads() -> str:
    """How many threads each library computes with: the same for both sides."""
    torch: Any = sys.modules.get("torch")
    return f"torch threads {torch.get_num_threads()}" if torch else "torch not loaded"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.side", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("topics", nargs="*", default=TOPICS, help=", ".join(TOPICS))
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--only", default="", help="rows whose name or work has these words")
    parser.add_argument("--pairs", type=int, default=0, help="instead of a row's own number")
    told = parser.parse_args(arguments)
    if unknown := [topic for topic in told.topics if topic not in TOPICS]:
        parser.error(f"unknown topic: {', '.join(unknown)} (known: {', '.join(TOPICS)})")
    found = []
    for row in rows_of(told.topics, told.device, told.only):
        print(f"{row.name}, {row.what} ...", file=sys.stderr, flush=True)
        found.append(measure(row, told.pairs))
        print(found[-1].cells(told.device), file=sys.stderr, flush=True)
    print(table(found, told.device))
    print(f"\n{processor()}; {threads()}; load average {load()}")
    return 0


if __name__ == "__main__":
    from benchmarks import side  # the module that topics import, not a second copy of it

    sys.exit(side.main())
