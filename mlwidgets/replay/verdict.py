"""What a check found: a row for each quantity of each case, and one line that says it all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import sayable

if TYPE_CHECKING:
    import pandas as pd

    from mlwidgets.references import Reference

NAN = math.nan
HEAD = ("data", "quantity", "difference", "relative", "tolerance", "ours", "reference", "verdict")


@dataclass(frozen=True)
class Row:
    """One quantity of one case.

    absolute: the largest difference. relative: that, divided by the reference's largest value.
    tolerance: the largest difference allowed, where it is relative at that value.
    verdict: "equal", "differs", or why neither is known. ours, theirs: seconds for the whole case.
    """

    case: str
    quantity: str = ""
    absolute: float = NAN
    relative: float = NAN
    tolerance: float = NAN
    verdict: str = "equal"
    ours: float = NAN
    theirs: float = NAN

    @property
    def drawn(self) -> bool:
        """Is it of a random shape?"""
        return self.case.startswith("random")

    @property
    def unchecked(self) -> bool:
        """Could the reference not check it? That is no fault of either side."""
        return self.verdict.startswith("not checked")

    @property
    def failed(self) -> bool:
        """Did a side raise?"""
        return not self.quantity and not self.unchecked

    def of(self, case: str, quantity: str, ours: float, theirs: float) -> Row:
        return replace(self, case=case, quantity=quantity, ours=ours, theirs=theirs)


@dataclass(frozen=True)
class Group:
    """Cases of one sort: the worst row of each quantity, and the seconds of all together."""

    title: str
    rows: tuple[Row, ...]
    ours: float
    theirs: float


@dataclass(frozen=True, repr=False)
class Verification:
    """An algorithm beside its reference. It is true where both are equal.

    reference: None where there is none; `why` then says why. library: names with versions.
    rows: every quantity of every case. params: those that were checked, as a page gets them.
    """

    name: str
    reference: Reference | None = None
    library: str = ""
    rows: tuple[Row, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""

    @property
    def passed(self) -> bool:
        """Were both sides equal in all that could be compared, and could something be?"""
        said = [row for row in self.rows if not row.unchecked]
        return bool(said) and all(row.verdict == "equal" for row in said)

    def __bool__(self) -> bool:
        return self.passed

    @property
    def against(self) -> str:
        """The reference, with the versions of what it needs."""
        of = self.reference.of if self.reference else ""
        return f"{of} ({self.library})" if self.library else of

    @property
    def badge(self) -> str:
        """The verdict on one line."""
        if self.reference is None:
            return f"no reference: {self.why}"
        wrong = next((r for r in self.rows if not r.unchecked and r.verdict != "equal"), None)
        if wrong and wrong.failed:
            return f"✗ no verdict from {self.against}, {wrong.case}: {wrong.verdict}"
        if wrong and wrong.verdict == "differs":
            by = f"by {_number(wrong.absolute)}, tolerance {_number(wrong.tolerance)}"
            return f"✗ differs from {self.against}: {wrong.quantity} of {wrong.case} {by}"
        if wrong:
            return (
                f"✗ differs from {self.against}: {wrong.quantity} of {wrong.case}, {wrong.verdict}"
            )
        return self._equal()

    def _equal(self) -> str:
        asides = "".join(f"; {row.case} is {row.verdict}" for row in self.rows if row.unchecked)
        if not self.passed:
            return f"✗ no verdict from {self.against}{asides}"
        cases = len({row.case for row in self.rows if not row.unchecked})
        largest = max(row.absolute for row in self.rows if not row.unchecked)
        counted = f"{cases} case{'s' * (cases != 1)}"
        return f"✓ equals {self.against}: {counted}, largest difference {_number(largest)}{asides}"

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The run's own data, then the random shapes."""
        own = [row for row in self.rows if not row.drawn]
        drawn = [row for row in self.rows if row.drawn]
        count = len({row.case for row in drawn})
        shapes = f"{count} random shape{'s' * (count != 1)}"
        return tuple(_group(t, r) for t, r in (("this run", own), (shapes, drawn)) if r)

    def to_json(self) -> dict[str, Any]:
        """What the player's pane shows."""
        groups = [
            {
                "title": group.title,
                "ours": _finite(group.ours),
                "theirs": _finite(group.theirs),
                "rows": [_cells(row) for row in group.rows],
            }
            for group in self.groups
        ]
        told = {"badge": self.badge, "passed": self.passed, "none": self.reference is None}
        said = {**told, "against": self.against, "groups": groups, "params": dict(self.params)}
        return dict(sayable(said))

    def to_pandas(self) -> pd.DataFrame:
        """Every row; pandas must be installed."""
        import pandas as pd

        return pd.DataFrame([vars(row) for row in self.rows], columns=[*Row.__dataclass_fields__])

    def __repr__(self) -> str:
        lines = [self.badge]
        if self.groups:
            lines += ["", *aligned([HEAD, *(c for g in self.groups for c in _texts(g))])]
        return str(sayable("\n".join(lines)))


def compared(ours: Any, theirs: Any, tolerance: float | tuple[float, float]) -> Row:
    """Two arrays or numbers. NaN equals NaN, and an infinity itself."""
    import numpy as np

    absolute, relative = tolerance if isinstance(tolerance, tuple) else (tolerance, 0.0)
    if ours is None:
        return Row("", verdict="our code has no such quantity")
    a, b = _array(ours), _array(theirs)
    if a.shape != b.shape:
        return Row("", verdict=f"shapes differ, {a.shape} and {b.shape}")
    if not a.size:
        return Row("", verdict="there is nothing to compare")
    with np.errstate(invalid="ignore", over="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        gaps = np.where(same, 0.0, np.abs(a - b))
    gaps = np.where(np.isfinite(gaps), gaps, np.inf)
    sizes = np.where(np.isfinite(b), np.abs(b), 0.0)
    gap, size = float(gaps.max()), float(sizes.max())
    return Row(
        "",
        absolute=gap,
        relative=gap / size if size else NAN if gap else 0.0,
        tolerance=absolute + relative * size,
        verdict="equal" if (gaps <= absolute + relative * sizes).all() else "differs",
    )


def _array(value: Any) -> Any:
    import numpy as np

    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value, dtype=np.float64)


def _group(title: str, rows: Sequence[Row]) -> Group:
    worst: dict[str, Row] = {}
    for row in rows:
        if row.quantity not in worst or _badness(row) > _badness(worst[row.quantity]):
            worst[row.quantity] = row
    times = {row.case: (row.ours, row.theirs) for row in rows if row.quantity}
    ours, theirs = (sum(t[side] for t in times.values()) if times else NAN for side in (0, 1))
    return Group(title, tuple(worst.values()), ours, theirs)


def _badness(row: Row) -> tuple[bool, float]:
    return row.verdict != "equal", row.absolute if row.absolute == row.absolute else math.inf


def _cells(row: Row) -> dict[str, Any]:
    numbers = {n: _finite(getattr(row, n)) for n in ("absolute", "relative", "tolerance")}
    return {"quantity": row.quantity, "case": row.case, "verdict": row.verdict, **numbers}


def _finite(value: float) -> float | None:
    """JSON has neither infinities nor NaN."""
    return value if math.isfinite(value) else None


def _texts(group: Group) -> list[tuple[str, ...]]:
    """A group's lines; what all of its rows share stands on the first."""
    lines = []
    for k, row in enumerate(group.rows):
        title = "" if k else group.title
        times = ["", ""] if k else [seconds(group.ours), seconds(group.theirs)]
        numbers = (_number(n) for n in (row.absolute, row.relative, row.tolerance))
        where = "" if row.verdict == "equal" or not row.drawn else f" ({row.case})"
        lines.append((title, row.quantity or "–", *numbers, *times, row.verdict + where))
    return lines


def _number(value: float) -> str:
    if value != value:
        return "–"
    return "0" if value == 0 else f"{value:.1e}"


def seconds(value: float) -> str:
    """A time for a person: `3.2 ms`, `1.4 s`."""
    if value != value:
        return "–"
    return f"{value * 1000:.2g} ms" if value < 0.1 else f"{value:.2g} s"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, each column as wide as its widest cell; a rule under the first."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return [lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]]
