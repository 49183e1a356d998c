"""Kinds of parameter: each says how a value is read, checked, written and controlled.

A kind is the door for new parameter types: put an instance of a subclass into `Annotated[...]`,
or give a class a `param_kind` attribute, and every face (call, magic, control, help) follows.
"""

from __future__ import annotations

import ast
import math
import operator
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from .errors import clip, nearest
from .private import SECRET, remember


class Kind(ABC):
    """How one sort of value is read, checked, written and controlled.

    `check` and `parse` raise ValueError whose text completes "alpha=9.0: ...".
    """

    name: ClassVar[str]
    choices: tuple[str, ...] = ()  # what completion offers
    body: bool = False  # takes the body of a %%ml cell

    @abstractmethod
    def check(self, value: Any) -> Any:
        """The value as the algorithm gets it."""

    def parse(self, text: str) -> Any:
        """The value that a word of the `%ml` line stands for."""
        return self.check(text)

    def follows(self, old: Any, new: Any) -> None:
        """ValueError where `new` cannot replace `old` while a run goes."""
        return

    def format(self, value: Any) -> str:
        """The word of the `%ml` line that stands for the value."""
        text = str(value)
        odd = "'\"$()[]{}?,;\\"
        bare = text and text.isprintable() and not any(c.isspace() or c in odd for c in text)
        return text if bare else repr(text)

    def to_json(self, value: Any) -> Any:
        """The value as the page gets it."""
        return value

    def control(self) -> dict[str, Any]:
        """What the page's control needs beyond name and label."""
        return {}

    def describe(self) -> str:
        """What is allowed, for help."""
        return self.name

    def quoted(self, value: str) -> str:
        """What was given, written out, as an error's message names it."""
        return clip(value, 60)


def integer(value: Any) -> int | None:
    """A whole number of Python, numpy or torch; None for a bool and all else."""
    try:
        return None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return None


def same(one: Any, other: Any) -> bool:
    """Are two values equal? Objects that answer with an array are when they are one object."""
    try:
        return one is other or bool(one == other)
    except (ValueError, RuntimeError):
        return False


@dataclass(frozen=True)
class Range:
    """Bounds of a number, both included; `log` spaces a slider by ratio."""

    lo: float
    hi: float
    step: float | None = None
    log: bool = False


def Log(lo: float, hi: float) -> Range:  # a name that stands beside Range
    """Bounds of a positive number whose slider is spaced by ratio."""
    return Range(lo, hi, log=True)


def _bounds(r: Range) -> str:
    """What is allowed: "in [0, 1]", "at least 0"."""
    if math.isfinite(r.hi - r.lo):
        return f"in [{r.lo:g}, {r.hi:g}]"
    return f"at least {r.lo:g}" if math.isfinite(r.lo) else f"at most {r.hi:g}"


@dataclass(frozen=True)
class Number(Kind):
    """A real number; `whole` ones are Python ints."""

    whole: bool = False
    range: Range | None = None

    @property
    def name(self) -> str:  # type: ignore[override]  # one class, two names
        return "int" if self.whole else "float"

    def check(self, value: Any) -> Any:
        number = self._whole(value) if self.whole else self._real(value)
        r = self.range
        if r is not None and not r.lo <= number <= r.hi:
            raise ValueError(f"must {'lie' if math.isfinite(r.hi - r.lo) else 'be'} {_bounds(r)}")
        return number

    def parse(self, text: str) -> Any:
        try:
            return self.check(int(text) if self.whole else float(text))
        except ValueError as error:
            if "must" in str(error):
                raise
        try:
            return self.check(float(text))
        except OverflowError:
            raise ValueError(f"must be {self.describe()}") from None
        except ValueError as error:
            if "must" in str(error):
                raise
            raise ValueError(f"must be {self.describe()}") from None

    def _real(self, value: Any) -> float:
        if isinstance(value, (bool, str)) or not hasattr(value, "__float__"):
            raise ValueError(f"must be {self.describe()}")
        try:
            number = float(value)
        except (TypeError, ValueError, RuntimeError, OverflowError):  # an array; beyond a double
            raise ValueError(f"must be {self.describe()}") from None
        if not math.isfinite(number):
            raise ValueError("must be finite")
        return number

    def _whole(self, value: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        try:
            if isinstance(value, bool):
                raise TypeError
            return operator.index(value)
        except TypeError:
            raise ValueError(f"must be {self.describe()}") from None

    def format(self, value: Any) -> str:
        return str(value) if self.whole else repr(float(value)).removesuffix(".0")

    def control(self) -> dict[str, Any]:
        r = self.range
        if r is None:
            return {"lo": None, "hi": None, "step": 1 if self.whole else None, "log": False}
        if not math.isfinite(r.hi - r.lo):  # no slider without two ends, and no infinity in JSON
            lo, hi = (end if math.isfinite(end) else None for end in (r.lo, r.hi))
            return {"lo": lo, "hi": hi, "step": r.step or (1 if self.whole else None), "log": False}
        return {"lo": r.lo, "hi": r.hi, "step": r.step or self._step(r), "log": r.log}

    def _step(self, r: Range) -> float:
        """A hundredth of the span, to the next lower power of ten."""
        return 1 if self.whole else 10.0 ** math.floor(math.log10((r.hi - r.lo) / 100 or 1))

    def describe(self) -> str:
        noun = "a whole number" if self.whole else "a number"
        return f"{noun} {_bounds(self.range)}" if self.range else noun


@dataclass(frozen=True)
class Flag(Kind):
    """True or false."""

    name: ClassVar[str] = "bool"
    choices: tuple[str, ...] = ("true", "false")

    def check(self, value: Any) -> bool:
        if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
            return bool(value)
        raise ValueError("must be true or false")

    def parse(self, text: str) -> bool:
        words = {"true": True, "yes": True, "on": True, "1": True}
        words |= {"false": False, "no": False, "off": False, "0": False}
        if text.lower() not in words:
            raise ValueError("must be true or false")
        return words[text.lower()]

    def format(self, value: Any) -> str:
        return "true" if value else "false"


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few literal values."""

    values: tuple[Any, ...]
    name: ClassVar[str] = "choice"

    @property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]  # derived here
        return tuple(map(str, self.values))

    def check(self, value: Any) -> Any:
        for allowed in self.values:
            if type(allowed) is type(value) and allowed == value:
                return allowed
        raise ValueError(f"must be one of {self.describe()}.{nearest(str(value), self.choices)}")

    def parse(self, text: str) -> Any:
        for allowed in self.values:
            if str(allowed) == text:
                return allowed
        return self.check(text)

    def control(self) -> dict[str, Any]:
        return {"choices": list(self.values)}

    def describe(self) -> str:
        return ", ".join(self.choices)


@dataclass(frozen=True)
class String(Kind):
    """A short text."""

    name: ClassVar[str] = "str"
    limit: int = 10_000

    def check(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("must be a text")
        if len(value) > self.limit:
            raise ValueError(f"must have at most {self.limit} characters, has {len(value)}")
        return value

    def describe(self) -> str:
        return "a text"


@dataclass(frozen=True)
class ListOf(Kind):
    """Several values of one kind."""

    item: Kind
    name: ClassVar[str] = "list"

    def check(self, value: Any) -> list[Any]:
        if hasattr(value, "tolist"):
            value = value.tolist()
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"must be a list, each {self.item.describe()}")
        return [self._item(k, v) for k, v in enumerate(value)]

    def _item(self, k: int, value: Any) -> Any:
        try:
            return self.item.check(value)
        except ValueError as error:
            raise ValueError(f"item {k}, {clip(repr(value), 30)}, {error}") from None

    def parse(self, text: str) -> list[Any]:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            raise ValueError(
                f"must be a list such as [1, 2], each {self.item.describe()}"
            ) from None
        return self.check(value)

    def format(self, value: Any) -> str:
        return f"[{','.join(map(repr, value))}]"

    def to_json(self, value: Any) -> list[Any]:
        return [self.item.to_json(v) for v in value]

    def describe(self) -> str:
        return f"a list, each {self.item.describe()}"


@dataclass(frozen=True)
class Maybe(Kind):
    """A value of another kind, or none."""

    item: Kind

    @property
    def name(self) -> str:  # type: ignore[override]  # the control is the inner one's
        return self.item.name

    @property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]  # derived here
        return ("none", *self.item.choices)

    def check(self, value: Any) -> Any:
        return None if value is None else self.item.check(value)

    def parse(self, text: str) -> Any:
        return None if text.lower() == "none" else self.item.parse(text)

    def follows(self, old: Any, new: Any) -> None:
        if old is not None and new is not None:
            self.item.follows(old, new)

    def format(self, value: Any) -> str:
        return "none" if value is None else self.item.format(value)

    def to_json(self, value: Any) -> Any:
        return None if value is None else self.item.to_json(value)

    def control(self) -> dict[str, Any]:
        return {**self.item.control(), "optional": True}

    def describe(self) -> str:
        return f"{self.item.describe()}, or none"


@dataclass(frozen=True)
class Secret(Kind):
    """A mark: no page, file, line or message holds the value: `key: Annotated[str, Secret()]`.

    It is shown and saved as "(secret)"; also where the algorithm writes it into a text.
    """

    item: Kind | None = None
    name: ClassVar[str] = "secret"

    def check(self, value: Any) -> Any:
        remember(value)
        return value if self.item is None else self.item.check(value)

    def parse(self, text: str) -> Any:
        remember(text)
        raise ValueError("is a secret, which no line should hold: pass an object, name=$variable")

    def format(self, value: Any) -> str:
        return SECRET

    def to_json(self, value: Any) -> str:
        return SECRET

    def quoted(self, value: str) -> str:
        return SECRET

    def describe(self) -> str:
        return f"a secret{f', {self.item.describe()}' if self.item else ''}; never shown or saved"


@dataclass(frozen=True)
class Opaque(Kind):
    """Any object of the user's; shown, not edited."""

    type: type = object
    name: ClassVar[str] = "opaque"

    def check(self, value: Any) -> Any:
        if not isinstance(value, self.type):
            raise ValueError(f"must be {self.describe()}")
        return value

    def format(self, value: Any) -> str:
        return f"${type(value).__name__.lower()}"

    def to_json(self, value: Any) -> str:
        return clip(repr(value))

    def describe(self) -> str:
        return "any object" if self.type is object else f"an object of type {self.type.__name__}"
