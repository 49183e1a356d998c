"""Parameters: the typed signature of an algorithm, said once and read by every face."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import Annotated, Any, Literal, TypeVar

from .errors import ParamError, nearest
from .kinds import Choice, Flag, Kind, ListOf, Maybe, Number, Opaque, Range, Secret, String, same

T = TypeVar("T")


class _LiveMark:
    def __repr__(self) -> str:
        return "Live"


LIVE = _LiveMark()
Live = Annotated[T, LIVE]
"""A parameter that can be steered while the run goes; its value comes back from `yield`."""
Rate = Annotated[float, Range(0, 1)]
"""A number in [0, 1]."""
Seed = Annotated[int, Range(0, inf)]
"""What random numbers begin from: the same gives the same run."""


@dataclass(frozen=True)
class Unless:
    """A mark: the parameter has no effect where another one is given (is not None)."""

    name: str


# words of `play`, and of the run's own
TAKEN = ("views", "controls", "at", "device", "steering", "self")
REQUIRED = inspect.Parameter.empty
NAMES = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho
sigma tau upsilon phi chi psi omega"""
GREEK = dict(zip(NAMES.split(), "αβγδεζηθικλμνξοπρστυφχψω", strict=True))


@dataclass(frozen=True)
class Param:
    """One parameter: its name, kind, default, and what a person calls it."""

    name: str
    kind: Kind
    default: Any = REQUIRED
    live: bool = False
    label: str = ""
    unless: str = ""  # the parameters beside which it has no effect

    @property
    def symbol(self) -> str:
        """The Greek letter of the name, if it is one."""
        return GREEK.get(self.name.rstrip("_"), "")

    @property
    def choices(self) -> tuple[str, ...]:
        return self.kind.choices

    @property
    def body(self) -> bool:
        return self.kind.body

    def check(self, value: Any) -> Any:
        """The value as the algorithm gets it; ParamError if it is not allowed."""
        try:
            return self.kind.check(value)
        except ValueError as error:
            given = self.kind.quoted(repr(value))
            raise ParamError(f"{self.name}={given}: {error}", self.name) from None

    def succeed(self, old: Any, value: Any) -> Any:
        """The value that may replace `old` while a run goes."""
        new = self.check(value)
        try:
            self.kind.follows(old, new)
        except ValueError as error:
            raise ParamError(f"{self.name}: {error}", self.name) from None
        return new

    def parse(self, text: str) -> Any:
        """The value that a word of the `%ml` line stands for."""
        try:
            return self.kind.parse(text)
        except ValueError as error:
            raise ParamError(f"{self.name}={self.kind.quoted(text)}: {error}", self.name) from None

    def format(self, value: Any) -> str:
        return self.kind.format(value)

    def to_json(self, value: Any) -> Any:
        return self.kind.to_json(value)

    def control(self) -> dict[str, Any]:
        """What the page needs to draw the control."""
        return {
            "name": self.name,
            "kind": self.kind.name,
            "symbol": self.symbol,
            "label": self.label or self.name.replace("_", " ").strip(),
            "live": self.live,
            "help": self.kind.describe(),
            **({"unless": self.unless} if self.unless else {}),
            **self.kind.control(),
        }


@dataclass(frozen=True)
class Spec(Mapping[str, Param]):
    """The parameters of one algorithm, in signature order."""

    params: tuple[Param, ...]

    @classmethod
    def of(cls, fn: Callable[..., Any], where: Mapping[str, str] | None = None) -> Spec:
        """Read a function's signature; `where` gives words for names."""
        hints = _hints(fn)
        words = where or {}
        params = []
        for p in inspect.signature(fn).parameters.values():
            if p.name in TAKEN:
                name = f"{fn.__name__}: {p.name!r}"
                raise ParamError(f"{name} is a word of play(); rename the parameter")
            if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD, p.POSITIONAL_ONLY):
                raise ParamError(f"{fn.__name__}: '*' and '/' parameters have no control: {p}")
            params.append(_param(p.name, hints.get(p.name, REQUIRED), p.default, words))
        spec = cls(tuple(params))
        for param in params:
            for other in param.unless.split():
                spec.named(other)
        return spec

    def __getitem__(self, name: str) -> Param:
        for param in self.params:
            if param.name == name:
                return param
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (param.name for param in self.params)

    def __len__(self) -> int:
        return len(self.params)

    def inert(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The parameters that have no effect beside these values."""
        given = {name for name, value in values.items() if value is not None}
        return tuple(p.name for p in self.params if given.intersection(p.unless.split()))

    @property
    def live(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.params if p.live)

    @property
    def defaults(self) -> dict[str, Any]:
        return {p.name: p.default for p in self.params if p.default is not REQUIRED}

    def named(self, name: str) -> Param:
        """The parameter of that name, or a ParamError with the nearest."""
        if name not in self:
            known = ", ".join(self) or "none"
            raise ParamError(f"no parameter {name!r}.{nearest(name, self)} (known: {known})", name)
        return self[name]

    def check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter's value, defaults filled in; one ParamError lists all faults."""
        faults: list[ParamError] = []
        for name in values:
            _collect(faults, self.named, name)
        full: dict[str, Any] = {}
        for p in self.params:
            value = values.get(p.name, p.default)
            if value is REQUIRED:
                faults.append(ParamError(f"{p.name}: is required, {p.kind.describe()}", p.name))
            else:
                full[p.name] = _collect(faults, p.check, value)
        if faults:
            only = faults[0].name if len(faults) == 1 else None
            raise ParamError("; ".join(map(str, faults)), only)
        return full

    def parse(self, words: Mapping[str, str]) -> dict[str, Any]:
        """Values for words of a `%ml` line; one ParamError lists all faults."""
        faults: list[ParamError] = []
        values = {}
        for name, text in words.items():
            param = _collect(faults, self.named, name)
            values[name] = None if param is None else _collect(faults, param.parse, text)
        if faults:
            raise ParamError("; ".join(map(str, faults)), faults[0].name)
        return values

    def line(self, values: Mapping[str, Any]) -> str:
        """The words of a `%ml` line that give these values; defaults are left out when objects."""
        return " ".join(
            f"{p.name}={p.format(values[p.name])}"
            for p in self.params
            if p.name in values and not is_default_object(p, values[p.name])
        )

    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values as the page gets them; those of a loaded run, which has no kinds, as they are."""
        return {n: self[n].to_json(v) if n in self else v for n, v in values.items()}


def is_default_object(p: Param, value: Any) -> bool:
    """A rich input at its default, which would only make the line long."""
    rich = ("grid", "text", "table", "opaque", "image", "points", "run", "secret")
    return p.kind.name in rich and same(value, p.default)


def _collect(faults: list[ParamError], call: Callable[[Any], Any], given: Any) -> Any:
    try:
        return call(given)
    except ParamError as fault:
        faults.append(fault)


def _hints(fn: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(fn, include_extras=True)
    except NameError as error:
        raise ParamError(
            f"{fn.__name__}: an annotation names what is not defined: {error}"
        ) from None


def _param(name: str, hint: Any, default: Any, words: Mapping[str, str]) -> Param:
    base, marks = _unwrap(hint)
    label = next((m for m in marks if isinstance(m, str)), words.get(name, ""))
    unless = " ".join(m.name for m in marks if isinstance(m, Unless))
    kind = kind_of(base, marks, default)
    if isinstance(kind, (Secret, Maybe, ListOf)):  # a secret default is in the source, used or not
        with suppress(ValueError):
            kind.check(default)
    return Param(name, kind, default, LIVE in marks, label, unless)


def _unwrap(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """`Annotated[float, Range(0, 1)]` as float and its marks."""
    if typing.get_origin(hint) is Annotated:
        base, *marks = typing.get_args(hint)
        return base, tuple(marks)
    return hint, ()


def kind_of(base: Any, marks: tuple[Any, ...] = (), default: Any = REQUIRED) -> Kind:
    """The kind of parameter that an annotation, or failing that a default, asks for."""
    for mark in marks:
        if isinstance(mark, Secret) and mark.item is None:
            return Secret(kind_of(base, tuple(m for m in marks if m is not mark), default))
        if isinstance(mark, Kind):
            return mark
    if base is REQUIRED:
        base = object if default is REQUIRED or default is None else type(default)
    kind = getattr(base, "param_kind", None)
    if isinstance(kind, Kind):
        return kind
    if base in (float, int):
        return Number(base is int, next((m for m in marks if isinstance(m, Range)), None))
    return _generic_kind(base, marks)


def _generic_kind(base: Any, marks: tuple[Any, ...]) -> Kind:
    if base is bool:
        return Flag()
    if base is str:
        return String()
    origin, args = typing.get_origin(base), typing.get_args(base)
    if origin is Literal:
        return Choice(args)
    if origin is list:
        return ListOf(kind_of(*_unwrap(args[0]))) if args else ListOf(Opaque())
    if origin in (typing.Union, types.UnionType) and type(None) in args and len(args) == 2:
        inner, inner_marks = _unwrap(next(a for a in args if a is not type(None)))
        return Maybe(kind_of(inner, (*inner_marks, *marks)))
    return Opaque(base) if isinstance(base, type) and base is not Any else Opaque()
