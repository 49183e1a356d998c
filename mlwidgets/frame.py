"""Frames: what one moment holds. A schema is read from the annotations and the first frame."""

from __future__ import annotations

import functools
import struct
import typing
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from .errors import FrameError, clip, nearest, sayable
from .private import known, private

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

    Array = npt.NDArray[Any] | torch.Tensor
    Ragged = Array
else:

    class Array:
        """A numpy array or torch tensor in a frame; its axes are named in `Annotated`."""

    class Ragged:
        """An array whose length may change from frame to frame, as points that one draws do."""


T = TypeVar("T")
Frames = Generator[T, Any, Any]
"""What an algorithm returns: `Frames[Step]`."""

ColumnKind = Literal["float", "int", "bool", "text", "texts", "array", "ragged"]
LIGHT = ("float", "int", "bool")  # small enough to have for every recorded frame
ABSENT: float = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_07A2))[0]
"""What stands for None in a column of numbers: a NaN that can be told from others, as R's NA."""


@dataclass(frozen=True)
class Unit:
    """Marks the column a person counts in; `total` names the parameter that bounds it."""

    total: str = ""


@dataclass(frozen=True)
class Metric:
    """Marks a column that says how well it goes."""

    better: Literal["higher", "lower"] = "higher"


@dataclass(frozen=True)
class Measured:
    """Marks a quantity that time or a person makes: shown, but outside hash and replay."""


@dataclass(frozen=True)
class Column:
    """One named quantity of the frames."""

    name: str
    kind: ColumnKind
    shape: tuple[int, ...] = ()
    marks: tuple[Any, ...] = field(default=(), repr=False)
    words: str = ""

    @property
    def light(self) -> bool:
        return self.kind in LIGHT

    @property
    def unit(self) -> Unit | None:
        """Set where a person counts in this column."""
        for mark in self.marks:
            if mark is Unit:
                return Unit()
            if isinstance(mark, Unit):
                return mark
        return None

    @property
    def optional(self) -> bool:
        """Whether all frames of a run may lack it; a view of it is then left out."""
        return optional(self.marks)

    @property
    def better(self) -> str:
        return next((m.better for m in self.marks if isinstance(m, Metric)), "")

    @property
    def measured(self) -> bool:
        return any(m is Measured or isinstance(m, Measured) for m in self.marks)

    @property
    def axes(self) -> list[str]:
        """Names of an array's axes."""
        said = next((m.split() for m in self.marks if isinstance(m, str)), [])
        return said if self.kind in ("array", "ragged", "texts") else []

    @property
    def measure(self) -> str:
        """The unit of measurement of a number, such as ms."""
        return next((m for m in self.marks if isinstance(m, str)), "") if self.light else ""

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "shape": list(self.shape),
            "axes": self.axes,
            "unit": self.measure,
            "better": self.better,
            "light": self.light,
            "words": self.words,
        }


@dataclass(frozen=True)
class Schema(Mapping[str, Column]):
    """The columns of an algorithm's frames, in order."""

    columns: tuple[Column, ...]

    @classmethod
    def of(cls, frame: Any, hint: Any = None, words: Mapping[str, str] | None = None) -> Schema:
        """The schema of a first frame, declared by a TypedDict or read off its values."""
        if not isinstance(frame, Mapping):
            raise FrameError(f"a frame is a dict of named values, not {_given(frame)}")
        if not frame:
            raise FrameError("a frame holds at least one named value; this one is empty")
        declared = declared_columns(hint)
        names = declared or dict.fromkeys(frame, (None, ()))
        _same_names(frame, {n: of for n, of in names.items() if n in frame or not optional(of[1])})
        said = words or {}
        return cls(
            tuple(
                _column(n, frame[n], *names[n], words=said.get(n, "")) for n in names if n in frame
            )
        )

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def __iter__(self) -> typing.Iterator[str]:
        return (c.name for c in self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def missing(self, frame: Any, number: int) -> FrameError:
        """The error for a frame whose names are not this schema's."""
        try:
            if not isinstance(frame, Mapping):
                raise FrameError(f"a frame is a dict of named values, not {_given(frame)}")
            _same_names(frame, dict.fromkeys(self, None))
        except FrameError as error:
            return FrameError(f"frame {number}: {error}")
        return FrameError(f"frame {number}: cannot be read")


@functools.lru_cache(1024)
def type_hints(hint: type) -> Mapping[str, Any]:
    """Looked up once: after plugins were read again, a class's own module may be gone."""
    return typing.get_type_hints(hint, include_extras=True)


def declared_columns(hint: Any) -> dict[str, tuple[Any, tuple[Any, ...]]]:
    """Name to (type, marks) of a TypedDict; empty for anything else."""
    if not typing.is_typeddict(hint):
        return {}
    columns = {}
    for name, of in type_hints(hint).items():
        marks: tuple[Any, ...] = ()
        if typing.get_origin(of) in (typing.NotRequired, typing.Required):
            marks, of = (typing.get_origin(of),), typing.get_args(of)[0]
        if typing.get_origin(of) is Annotated:
            of, *rest = typing.get_args(of)
            marks += tuple(rest)
        columns[name] = (of, marks)
    return columns


def optional(marks: tuple[Any, ...]) -> bool:
    """Is it `NotRequired` of a frame?"""
    return typing.NotRequired in marks


def _same_names(frame: Mapping[str, Any], names: Mapping[str, Any]) -> None:
    for name in frame:
        if name not in names:
            near, known = nearest(str(name), names), ", ".join(names)
            raise FrameError(f"has {clip(name)!r}, which is not declared.{near} (known: {known})")
    for name in names:
        if name not in frame:
            raise FrameError(f"lacks {name!r} (has: {', '.join(frame)})")


def _given(value: Any) -> str:
    return f"{type(value).__name__} {clip(repr(value), 40)}"


def _column(name: str, value: Any, declared: Any, marks: tuple[Any, ...], words: str) -> Column:
    if not isinstance(name, str):
        raise FrameError(f"a value's name is a text, not {_given(name)}")
    if name.startswith("#"):
        raise FrameError(f"{name!r}: names that begin with # are the trace's own")
    if sayable(name) != name:
        raise FrameError(f"{name!r}: holds half of a surrogate pair, which no message may")
    kind = kind_of_value(name, value, declared)
    if kind in ("float", "int") and declared is int:
        kind = "int"
    elif kind == "int" and declared is float:
        kind = "float"
    if declared in (float, int, bool, str) and kind in ("array", "ragged", "texts"):
        raise FrameError(f"{name!r} is declared {declared.__name__}, but is {_given(value)}")
    if (declared is str and kind != "text") or (declared in (float, int) and kind == "text"):
        raise FrameError(f"{name!r} is declared {declared.__name__}, but is {_given(value)}")
    shape = tuple(int(n) for n in value.shape) if kind == "array" else ()
    return Column(name, kind, shape, marks, words)


def kind_of_value(name: str, value: Any, declared: Any = None) -> ColumnKind:
    """The kind of column that a value belongs in."""
    if value is None:
        return "text" if declared is str else "float"
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return "bool"
    if isinstance(value, str):
        return "text"
    if isinstance(value, (list, tuple)):
        said = declared in (list[str], tuple[str, ...])
        texts = said or (value and all(isinstance(v, str) for v in value))
        return "texts" if texts else "ragged"
    ndim = getattr(value, "ndim", None)
    if ndim:
        return "ragged" if declared is Ragged else "array"
    if ndim == 0 and not hasattr(item := value.item(), "ndim"):
        return kind_of_value(name, item, declared)
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    raise FrameError(f"{name!r} is {_given(value)}; a frame holds numbers, arrays, lists and texts")


Cell = Callable[[Any], Any]


def cell_of(column: Column) -> Cell:
    """The function that checks and copies one value of a column for keeping."""
    if column.kind == "array":
        return _array_cell(column)
    if column.kind == "ragged":
        return _ragged_cell(column)
    return {"text": _text_cell, "texts": _texts_cell}.get(column.kind, _scalar_cell)(column)


def _scalar_cell(column: Column) -> Cell:
    def cell(value: Any) -> Any:
        if value is None:
            return ABSENT
        if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
            value = value.item()
        if isinstance(value, (int, float)):
            return value
        raise FrameError(f"{column.name!r} was a number, but is {_given(value)}")

    return cell


def _text_cell(column: Column) -> Cell:
    def cell(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return private(value)
        raise FrameError(f"{column.name!r} was a text, but is {_given(value)}")

    return cell


def _texts_cell(column: Column) -> Cell:
    given: tuple[Any, ...] = ()
    kept: tuple[str, ...] = ()
    secrets = 0

    def cell(value: Any) -> tuple[str, ...]:
        nonlocal given, kept, secrets
        if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
            raise FrameError(f"{column.name!r} was a list of texts, but is {_given(value)}")
        if (now := tuple(value)) != given or secrets != known():  # names mostly stay as they were
            given, kept, secrets = now, tuple(map(private, now)), known()
        return kept

    return cell


def as_numpy(value: Any) -> npt.NDArray[Any]:
    """A private copy of an array or tensor, in main memory."""
    if type(value).__module__ == "torch" or hasattr(value, "detach"):
        value = value.detach()
        try:
            return value.numpy().copy()  # type: ignore[no-any-return]
        except (TypeError, RuntimeError):  # on a device, or of a type that numpy has not
            if str(value.dtype) == "torch.bfloat16":
                value = value.float()
            return value.to("cpu", copy=True).numpy()  # type: ignore[no-any-return]
    import numpy as np

    return np.array(value, copy=True)


def _numeric(name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.dtype.kind in "biu" or (array.dtype.kind == "f" and array.dtype.itemsize <= 8):
        return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    raise FrameError(f"{name!r} is an array of {array.dtype}; a frame's arrays hold real numbers")


class _Twin:
    """A copy of each array; of one that is read-only and comes again unchanged, the same copy."""

    def __init__(self) -> None:
        self.given: Any = None
        self.kept: Any = None

    def of(self, value: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if value.flags.writeable:
            return value.copy()
        if value is self.given and _alike(value, self.kept):
            return self.kept  # type: ignore[no-any-return]
        self.given, self.kept = value, value.copy()
        self.kept.setflags(write=False)
        return self.kept  # type: ignore[no-any-return]


def _alike(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    """Bit for bit the same, NaN too: who made an array read-only may have changed it."""
    import numpy as np

    if one.dtype.kind == "f" and one.itemsize <= 8:
        one, other = (array.view(f"u{array.itemsize}") for array in (one, other))
    return np.array_equal(one, other)


def _array_cell(column: Column) -> Cell:
    import numpy as np

    shape, name, plain, known = column.shape, column.name, np.ndarray, None
    twin = _Twin()

    def cell(value: Any) -> npt.NDArray[Any]:
        nonlocal known
        if type(value) is plain and value.dtype is known and value.shape == shape:
            return twin.of(value)
        given = getattr(value, "shape", None)
        if given is None or not hasattr(value, "ndim"):
            raise FrameError(f"{name!r} was an array, but is {_given(value)}")
        if tuple(given) != shape:
            raise FrameError(
                f"{name!r} has shape {tuple(given)}, the first frame's had {shape};"
                " a quantity whose shape changes is yielded as a list"
            )
        array = _numeric(name, twin.of(value) if type(value) is plain else as_numpy(value))
        known = array.dtype
        return array

    return cell


def _ragged_cell(column: Column) -> Cell:
    name, twin = column.name, _Twin()

    def cell(value: Any) -> npt.NDArray[Any]:
        import numpy as np

        if type(value) is np.ndarray and value.ndim:
            return _numeric(name, twin.of(value))
        if not isinstance(value, (list, tuple)) and not getattr(value, "ndim", 0):
            raise FrameError(f"{name!r} was a list, but is {_given(value)}")
        try:
            array = np.array([as_numpy(v) if hasattr(v, "detach") else v for v in value])
        except ValueError:
            raise FrameError(
                f"{name!r}: the rows of a list have one length, within one frame"
            ) from None
        return _numeric(name, array) if array.size else array.astype(np.float64)

    return cell
