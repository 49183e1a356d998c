"""A measured figure beside its bar, and the table they make."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any, Literal

DISTRIBUTIONS = ("jupyterlab", "ipykernel", "ipywidgets", "anywidget", "numpy", "playwright")


@dataclass(frozen=True)
class Bar:
    """What is asked: at most, or at least, so much."""

    kind: Literal["most", "least"]
    value: float

    def met(self, ours: float) -> bool:
        return ours <= self.value if self.kind == "most" else ours >= self.value

    def text(self, unit: str) -> str:
        return f"{'<=' if self.kind == 'most' else '>='} {number(self.value)} {unit}".rstrip()


def most(value: float) -> Bar:
    return Bar("most", value)


def least(value: float) -> Bar:
    return Bar("least", value)


@dataclass(frozen=True)
class Figure:
    """One line of the table. `ours` is None where nothing was measured, and `note` says why."""

    what: str
    ours: float | None
    unit: str = ""
    bar: Bar | None = None
    peer: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        return None if self.bar is None or self.ours is None else self.bar.met(self.ours)

    def cells(self, row: str) -> list[str]:
        ours = "-" if self.ours is None else f"{number(self.ours)} {self.unit}".rstrip()
        verdict = {True: "yes", False: "NO", None: "-"}[self.met]
        bar = self.bar.text(self.unit) if self.bar else "-"
        return [row, self.what, ours, self.peer or "-", bar, verdict]

    def to_json(self, row: str) -> dict[str, Any]:
        return {
            "row": row,
            "what": self.what,
            "ours": self.ours,
            "unit": self.unit,
            "bar": self.bar.text(self.unit) if self.bar else None,
            "met": self.met,
            "peer": self.peer,
            "note": self.note,
        }


def number(value: float) -> str:
    """Three figures are all that a busy machine gives; counts stay whole."""
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(values: Sequence[float], unit: str) -> str:
    """The best, the median and the worst of some, for a note."""
    low, middle, high = min(values), median(values), max(values)
    return (
        f"best {number(low)}, median {number(middle)}, worst {number(high)} {unit} of {len(values)}"
    )


HEAD = ["row", "what", "ours", "peer", "bar", "met?"]


def table(measured: Iterable[tuple[str, Figure]]) -> str:
    """The figures as a Markdown table, what there is to say about each below it."""
    lines = [(row, figure, figure.cells(row)) for row, figure in measured]
    columns = list(zip(HEAD, *(cells for _, _, cells in lines), strict=True))
    widths = [max(map(len, column)) for column in columns]
    rule = ["-" * width for width in widths]
    rows = [HEAD, rule, *(cells for _, _, cells in lines)]
    text = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)) + " |"
        for cells in rows
    ]
    notes = [f"- {row}, {figure.what}: {figure.note}" for row, figure, _ in lines if figure.note]
    return "\n".join([*text, "", *notes]) if notes else "\n".join(text)


def machine(browser: str = "") -> dict[str, str]:
    """What the figures were taken on."""
    found = {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
    }
    found |= {name: installed(name) for name in DISTRIBUTIONS}
    return found | {"Chromium": browser or "not started", "load average": load()}


def load() -> str:
    """Of 1, 5 and 15 minutes: how busy the machine was with all else."""
    return " ".join(f"{part:.1f}" for part in os.getloadavg())


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def heading(facts: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in facts.items())
