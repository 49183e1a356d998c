"""What is minimised: functions with known answers, digits told by a machine, or your own."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Annotated, Any, ClassVar
from weakref import WeakValueDictionary

import numpy as np

import mlwidgets as ml

from .dense import Floats

MOST = 20  # inputs
LARGEST = 1e100  # of what squares are summed


@dataclass(frozen=True)
class Function:
    """A function to be minimised, and what is known of it. lowest: NaN where nobody knows."""

    name: str
    call: Callable[..., Any]
    bounds: tuple[tuple[float, float], ...] = ()
    lowest: float = math.nan
    names: tuple[str, ...] = ()
    own: bool = False
    many: bool = False  # takes a number for each input, not one array

    def __repr__(self) -> str:
        return self.name

    def outside(self, unit: Floats) -> Floats:
        """Inputs in their own units, of those in [0, 1]."""
        low, high = np.array(self.bounds).T
        x: Floats = low + unit * (high - low)
        return x

    def inside(self, x: Floats) -> Floats:
        """The reverse; what lies outside is brought to the edge."""
        low, high = np.array(self.bounds).T
        unit: Floats = np.clip((x - low) / (high - low), 0, 1)
        return unit

    def at(self, x: Floats) -> tuple[float, str]:
        """Its value at x, or NaN and what went wrong there. Whatever it raises is told."""
        try:
            if len(x) == 1 and self.own:
                given: Any = self.call(float(x[0]))
            else:
                given = self.call(*map(float, x)) if self.many else self.call(x.copy())
        except Exception as error:  # a user's function may raise anything
            return math.nan, f"raised {type(error).__name__}: {told(str, error)}"
        return number(given)


def told(words: Callable[[Any], str], given: Any, most: int = 200) -> str:
    """What str or repr says of it, on one short line; what it is where these raise."""
    try:
        line = " ".join(words(given).split())
    except Exception:  # a user's class may do anything
        return f"<{type(given).__name__}>"
    return line if len(line) <= most else f"{line[: most - 1]}…"


def number(given: Any) -> tuple[float, str]:
    """A finite number, or NaN and why it is none."""
    try:
        value = float(given.item() if hasattr(given, "item") else given)
    except Exception:  # whatever it gave, it is no number
        said = f"{type(given).__name__} {told(repr, given, 40)}"
        return math.nan, f"returned {said}, must be a number"
    if not abs(value) <= LARGEST:
        return math.nan, f"returned {value}" + ", too large" * math.isfinite(value)
    return value, ""


def forrester(x: Floats) -> float:
    """Forrester, Sobester & Keane (2008), "Engineering Design via Surrogate Modelling"."""
    return float((6 * x[0] - 2) ** 2 * np.sin(12 * x[0] - 4))


def branin(x: Floats) -> float:
    """Dixon & Szego (1978); three lowest places."""
    a, b = x
    valley = b - 5.1 / (4 * np.pi**2) * a**2 + 5 / np.pi * a - 6
    return float(valley**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(a) + 10)


A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def hartmann6(x: Floats) -> float:
    """Hartmann (1973); six inputs, one lowest place and several that nearly are."""
    return float(-np.exp(-(A * (x - P) ** 2).sum(1)) @ [1.0, 1.2, 3.0, 3.2])


@cache
def digits() -> tuple[Any, Any]:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X[:600] / 16, y[:600]


def digits_svm(x: Floats) -> float:
    """Share of digits that a support vector machine gets wrong, with 10^x as C and gamma."""
    from sklearn.model_selection import cross_val_score
    from sklearn.svm import SVC

    C, gamma = (10.0**x).tolist()
    return float(1 - cross_val_score(SVC(C=C, gamma=gamma), *digits(), cv=3).mean())


FORRESTER = Function("forrester", forrester, ((0.0, 1.0),), -6.020740055766075, ("x",))
KNOWN = {
    f.name: f
    for f in (
        FORRESTER,
        Function("branin", branin, ((-5, 10), (0, 15)), 0.39788735772973816, ("a", "b")),
        Function("hartmann6", hartmann6, ((0, 1),) * 6, -3.322368011391339),
        Function("digits_svm", digits_svm, ((-2, 3), (-4, 1)), names=("log10 C", "log10 gamma")),
    )
}


@dataclass(frozen=True)
class FunctionKind(ml.Kind):
    """A function by its name, or one of the user's own."""

    name: ClassVar[str] = "choice"

    @property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]  # derived here
        return tuple(KNOWN)

    def check(self, value: Any) -> Function:
        if isinstance(value, Function):
            return value
        if isinstance(value, str) and (found := KNOWN.get(value) or _given.get(value)):
            return found
        if isinstance(value, str) or not callable(value) or isinstance(value, type):
            raise ValueError(f"must be {self.describe()}")
        return _given.setdefault(*apart(own(value)))

    def format(self, value: Any) -> str:
        return f"${called(value.call)}" if value.own else str(value.name)

    def to_json(self, value: Any) -> str:
        return str(value.name)

    def control(self) -> dict[str, Any]:
        return {"choices": [*self.choices, *(name for name in _given if name not in KNOWN)]}

    def describe(self) -> str:
        return f"{', '.join(self.choices)}, or a Python function: objective=$f"


_given: WeakValueDictionary[str, Function] = WeakValueDictionary()
"""The user's functions that runs hold, by name: what a page's menu offers beside the known ones."""
Objective = Annotated[Function, FunctionKind()]


def called(call: Callable[..., Any]) -> str:
    """What the user named it."""
    return str(getattr(call, "__name__", type(call).__name__))


def apart(f: Function) -> tuple[str, Function]:
    """A name that no other function has, and the function of this name."""
    plain = f"{f.name} (yours)" if f.name in KNOWN else f.name
    name, numbers = plain, count(2)
    while (held := _given.get(name)) and held.call is not f.call:
        name = f"{plain} {next(numbers)}"
    return name, replace(f, name=name)


def own(call: Callable[..., Any]) -> Function:
    """A function of the user's: f(x) of a number or of an array, or f(a, b) of several numbers."""
    name = called(call)
    try:
        given = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):  # written in C: it is called with one array, or one number
        return Function(name, call, own=True)
    free = [p for p in given if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p for p in free if p.default is p.empty]
    needs = [p.name for p in given if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    if needs or not free:
        said = f"needs {needs[0]!r} by name" if needs else "takes no argument"
        raise ValueError(f"must be called as f(x), or f(a, b); {name} {said}")
    named = tuple(p.name for p in (needed or free[:1]))
    return Function(name, call, names=named, own=True, many=len(named) > 1)


def between(f: Function, low: float, high: float) -> Function:
    """The function of one input, from end to end; ParamError where it is none."""
    if not low < high:
        raise ml.ParamError(f"low={low:g}: must be below high={high:g}", "low")
    takes = len(f.names) if f.many else len(f.bounds)
    if takes > 1:
        said = f"takes {takes} inputs, must take one: automl.bo searches several"
        raise ml.ParamError(f"objective={f.name}: {said}", "objective")
    return bounded(f, [[low, high]])


def bounded(f: Function, bounds: Sequence[Sequence[float]]) -> Function:
    """The function with bounds; ParamError where both do not fit each other."""
    for k, pair in enumerate(bounds):
        if len(pair) != 2 or not pair[0] < pair[1]:
            raise ml.ParamError(
                f"bounds: item {k}, {list(pair)}, must be [lowest, highest]", "bounds"
            )
    pairs = tuple((low, high) for low, high in bounds) or f.bounds
    pairs = pairs or ((0.0, 1.0),) * len(f.names or "x")
    known = len(f.names) if f.many else len(f.bounds)
    if known and len(pairs) != known:
        said = f"{f.name} takes {known} inputs, {len(pairs)} bounds are given"
        raise ml.ParamError(f"bounds: {said}", "bounds")
    if len(pairs) > MOST:
        raise ml.ParamError(f"bounds: at most {MOST} inputs, {len(pairs)} are given", "bounds")
    named = f.names if len(f.names) == len(pairs) else tuple(f"x{k}" for k in range(len(pairs)))
    moved = bool(bounds) and pairs != f.bounds
    return replace(f, bounds=pairs, names=named, lowest=math.nan if moved else f.lowest)
