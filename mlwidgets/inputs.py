"""Rich inputs: values an algorithm takes that are more than a number, each with its kind."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from .errors import clip
from .kinds import Kind, Opaque

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch


@dataclass(frozen=True)
class TextKind(Kind):
    """A longer text: a box to type in, or the body of a `%%ml` cell."""

    limit: int = 1_000_000
    name: ClassVar[str] = "text"
    body: bool = True

    def check(self, value: Any) -> Text:
        if not isinstance(value, str):
            raise ValueError("must be a text")
        if len(value) > self.limit:
            raise ValueError(f"must have at most {self.limit:,} characters, has {len(value):,}")
        return Text(value)

    def format(self, value: Any) -> str:
        return repr(str(value))

    def control(self) -> dict[str, Any]:
        return {"rows": 4, "limit": self.limit}

    def describe(self) -> str:
        return "a text"


class Text(str):
    """A text to be worked on; bound its length with `Annotated[Text, TextKind(500)]`."""

    __slots__ = ()
    param_kind: ClassVar[Kind] = TextKind()


WORLD = {".": "floor", "#": "wall", "C": "cliff −100", "G": "goal", "S": "start"}


@dataclass(frozen=True)
class GridKind(Kind):
    """A board of cells that a person paints; written `S..G/.##.` on a `%ml` line.

    legend: what each character means. once: those that occur exactly once. some: at least once.
    """

    legend: Mapping[str, str] = field(default_factory=lambda: WORLD)
    once: str = "S"
    some: str = "G"
    limit: int = 40
    name: ClassVar[str] = "grid"

    def check(self, value: Any) -> Grid:
        rows = value.rows if isinstance(value, Grid) else value
        if isinstance(rows, str):
            rows = rows.split("/")
        if not isinstance(rows, (list, tuple)) or not all(isinstance(r, str) for r in rows):
            raise ValueError("must be rows of characters, such as ['S..', '.#G'] or S../.#G")
        self._shape(rows)
        self._cells("".join(rows))
        return Grid(*rows)

    def _shape(self, rows: list[str] | tuple[str, ...]) -> None:
        if not rows or not rows[0]:
            raise ValueError("must have at least one cell")
        if len({len(r) for r in rows}) > 1:
            lengths = ", ".join(str(len(r)) for r in rows[:8])
            raise ValueError(f"must have rows of one length, has lengths {lengths}")
        if max(len(rows), len(rows[0])) > self.limit:
            raise ValueError(f"must be at most {self.limit} x {self.limit} cells")

    def _cells(self, cells: str) -> None:
        known = ", ".join(f"{c!r} {words}" for c, words in self.legend.items())
        for char in cells:
            if char not in self.legend:
                raise ValueError(f"has {char!r}, which is no cell (known: {known})")
        for char in self.once:
            if cells.count(char) != 1:
                words = self.legend[char]
                raise ValueError(f"must have one {words} {char!r}, has {cells.count(char)}")
        for char in self.some:
            if char not in cells:
                raise ValueError(f"must have a {self.legend[char]} {char!r}, has none")

    def follows(self, old: Any, new: Any) -> None:
        if new.shape != old.shape:
            r, c = old.shape
            raise ValueError(
                f"must keep its {r} x {c} cells while the run goes; restart to change its size"
            )

    def format(self, value: Any) -> str:
        return super().format("/".join(value.rows))

    def to_json(self, value: Any) -> list[str]:
        return list(value.rows)

    def control(self) -> dict[str, Any]:
        legend = [{"char": c, "name": words} for c, words in self.legend.items()]
        return {"legend": legend, "once": self.once, "some": self.some}

    def describe(self) -> str:
        return "a board: " + ", ".join(f"{c} {words}" for c, words in self.legend.items())


@dataclass(frozen=True, init=False)
class Grid:
    """A board of cells, one character each: `Grid("S..", ".#G")`."""

    rows: tuple[str, ...]
    param_kind: ClassVar[Kind] = GridKind()

    def __init__(self, *rows: str) -> None:
        object.__setattr__(self, "rows", rows)

    def __repr__(self) -> str:
        return f"Grid({', '.join(map(repr, self.rows))})"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return len(self.rows), len(self.rows[0])

    @property
    def cells(self) -> str:
        """All cells in reading order; the index is the state's number."""
        return "".join(self.rows)


@dataclass(frozen=True)
class TableKind(Kind):
    """A table of columns: a DataFrame, a scikit-learn Bunch, a dict of columns, a 2-D array."""

    name: ClassVar[str] = "table"

    def check(self, value: Any) -> Table:
        table = value if isinstance(value, Table) else Table(_columns(value))
        for name, column in table.columns.items():
            if column.ndim != 1:
                raise ValueError(f"must have columns of one axis, {name!r} has {column.ndim}")
        lengths = {name: len(column) for name, column in table.columns.items()}
        if not lengths or len(set(lengths.values())) != 1:
            said = ", ".join(f"{name} {n}" for name, n in list(lengths.items())[:6]) or "none"
            raise ValueError(f"must have columns of one length, has {said}")
        return table

    def parse(self, text: str) -> Table:
        raise ValueError(f"must be an object: write $name for a variable, not {clip(text, 30)}")

    def format(self, value: Any) -> str:
        return "$table"

    def to_json(self, value: Any) -> dict[str, Any]:
        names = list(value.columns)
        return {"rows": len(value), "columns": names[:50], "wide": len(names)}

    def describe(self) -> str:
        return "a table (DataFrame, Bunch, dict of columns, 2-D array)"


@dataclass(frozen=True, eq=False)
class Table(Mapping[str, Any]):
    """Named columns of one length, each a 1-D array."""

    columns: dict[str, npt.NDArray[Any]]
    __eq__ = object.__eq__  # by identity: a Mapping would compare arrays and fail
    __hash__ = object.__hash__
    param_kind: ClassVar[Kind] = TableKind()

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __repr__(self) -> str:
        return f"<Table of {len(self)} rows x {len(self.columns)} columns>"


def _columns(value: Any) -> dict[str, npt.NDArray[Any]]:
    """The columns of anything tabular, by name."""
    import numpy as np

    if hasattr(value, "feature_names") and hasattr(value, "data"):  # a scikit-learn Bunch
        data = np.asarray(value["data"])
        named = {str(n): data[:, k] for k, n in enumerate(value["feature_names"])}
        return named | ({"target": np.asarray(value["target"])} if "target" in value else {})
    if hasattr(value, "columns") and hasattr(value, "__getitem__"):  # pandas, polars
        for name, times in Counter(map(str, value.columns)).most_common(1):
            if times > 1:
                raise ValueError(f"must name each column once, {name!r} is there {times} times")
        return {str(name): np.asarray(value[name]) for name in value.columns}
    if isinstance(value, Mapping):
        return {str(name): np.asarray(column) for name, column in value.items()}
    array = np.asarray(value) if hasattr(value, "__array__") or isinstance(value, list) else None
    if array is None or array.ndim != 2 or array.dtype == object:
        raise ValueError(f"must be {TableKind().describe()}")
    return {f"x{k}": array[:, k] for k in range(array.shape[1])}


@dataclass(frozen=True)
class NetKind(Opaque):
    """A network of the user's own: any torch.nn.Module with weights.

    takes, gives: the shapes of one example and of its answer; a batch of two is tried.
    """

    takes: tuple[int, ...] = ()
    gives: tuple[int, ...] = ()

    def check(self, value: Any) -> Any:
        torch: Any = sys.modules.get("torch")  # whoever has a network has imported it
        if isinstance(value, type):
            raise ValueError(f"is a class: give a network, {value.__name__}()")
        if torch is None or not isinstance(value, torch.nn.Module):
            raise ValueError(f"must be {self.describe()}")
        weights = next((w for w in value.parameters() if w.requires_grad), None)
        if weights is None:
            frozen = next(value.parameters(), None) is not None
            raise ValueError("has no weights to train" + ": all are frozen" * frozen)
        if any(map(torch.nn.parameter.is_lazy, value.parameters())):
            raise ValueError("has weights without shapes yet: call it once on a batch")
        if weights.is_meta:
            raise ValueError("has no values in its weights: it is on the device 'meta'")
        if self.takes:
            self._try(value, torch.zeros(2, *self.takes).to(weights))
        return value

    def _try(self, net: torch.nn.Module, batch: torch.Tensor) -> None:
        """ValueError unless the network reads the batch; it is left as it was."""
        import torch

        modes = [(module, module.training) for module in net.modules()]
        try:
            with torch.enable_grad():
                answer = net.eval()(batch)
        except Exception as error:  # a user's network may raise anything
            fault = f"{type(error).__name__}: {clip(str(error).strip(), 120)}"
            raise ValueError(f"cannot read {_shaped(batch)}: {fault}") from None
        finally:
            for module, training in modes:
                module.training = training
        wanted = (2, *self.gives)
        if tuple(getattr(answer, "shape", ())) != wanted:
            gave = _shaped(answer) if hasattr(answer, "shape") else type(answer).__name__
            raise ValueError(f"must make {wanted} of {_shaped(batch)}, makes {gave}")
        if not answer.requires_grad:
            raise ValueError("cannot be trained: its answer has no gradient, as under no_grad")

    def parse(self, text: str) -> Any:
        raise ValueError(f"must be an object: write $name for a variable, not {clip(text, 30)}")

    def format(self, value: Any) -> str:
        return "$net"

    def to_json(self, value: Any) -> str:
        return type(value).__name__

    def describe(self) -> str:
        if not self.takes:
            return "a torch.nn.Module"
        return f"a torch.nn.Module from {('n', *self.takes)} to {('n', *self.gives)}".replace(
            "'", ""
        )


def _shaped(tensor: Any) -> tuple[int, ...]:
    return tuple(map(int, tensor.shape))


if TYPE_CHECKING:
    Net = torch.nn.Module
else:

    class Net:
        """A network of the user's own; shapes are asked for by `Annotated[Net, NetKind(...)]`."""

        param_kind: ClassVar[Kind] = NetKind()
