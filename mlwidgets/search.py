"""Searches: an expression over the frames' quantities, read against a schema and evaluated by hand.

Over a whole trace, number columns are taken at once and arrays frame by frame; a run that waits for
an expression to come true has it looked at with each frame. Every number is a double: what divides
by zero or overflows is infinite or NaN, and a comparison with NaN is false, except `!=`.
"""

from __future__ import annotations

import math
import operator
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import SearchError, nearest
from .frame import Column, Schema, cell_of
from .grammar import Node, alike, parse, wrong
from .nonfinite import culprit_in

if TYPE_CHECKING:
    import numpy.typing as npt

    from .trace import Trace

BACK = 100  # frames that prev reaches back; arrays: one

Frame = Mapping[str, Any]
Take = Callable[[Any], Any]  # from a frame, or from columns

# name: of two numbers, of two arrays (a function of numpy). Both agree on every double.
BINARY: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "+": (operator.add, "add"),
    "-": (operator.sub, "subtract"),
    "*": (operator.mul, "multiply"),
    "/": (operator.truediv, "true_divide"),
    "%": (operator.mod, "remainder"),
    "**": (math.pow, "power"),
    "<": (operator.lt, "less"),
    "<=": (operator.le, "less_equal"),
    ">": (operator.gt, "greater"),
    ">=": (operator.ge, "greater_equal"),
    "==": (operator.eq, "equal"),
    "!=": (operator.ne, "not_equal"),
    "and": (operator.and_, "logical_and"),
    "or": (operator.or_, "logical_or"),
    "min": (lambda a, b: a if a < b or a != a else b, "minimum"),
    "max": (lambda a, b: a if a > b or a != a else b, "maximum"),
}
UNARY: dict[str, tuple[Callable[[Any], Any], str]] = {
    "sign": (operator.neg, "negative"),
    "not": (operator.not_, "logical_not"),
    "abs": (abs, "absolute"),
    "sqrt": (math.sqrt, "sqrt"),
    "log": (math.log, "log"),
    "exp": (math.exp, "exp"),
    "isnan": (math.isnan, "isnan"),
    "isinf": (math.isinf, "isinf"),
    "isfinite": (math.isfinite, "isfinite"),
}
RAISES = ("/", "%", "**", "sqrt", "log", "exp")  # numbers that Python refuses, numpy does not
FLAGS = ("<", "<=", ">", ">=", "==", "!=", "and", "or", "not", "isnan", "isinf", "isfinite")
REDUCE = ("min", "max", "sum", "mean", "any", "all", "norm", "argmax")
CALLS = ("abs", "sqrt", "log", "exp", "isnan", "isinf", "isfinite", *REDUCE, "prev")
CONSTANTS = {"inf": math.inf, "nan": math.nan, "pi": math.pi, "True": 1.0, "False": 0.0}
OWN = ("frame", "nonfinite", *CONSTANTS)


@dataclass(frozen=True)
class Part:
    """An operation made ready: `take` gives its value; () is the shape of a number."""

    take: Take
    shape: tuple[int, ...] | None  # None: known only at the frame
    flag: bool = False


class Watch:
    """Looks at one frame after another. `watch(frame, number)`: does it come true here?"""

    def __init__(self, text: str, schema: Schema) -> None:
        made = _Maker(text, schema)
        self.text = text.strip()
        self._take = made.whole(parse(text, schema))
        self._kept, self._now, self._scope = made.kept[::-1], made.now, made.scope
        self._held = True  # the first frame only says how it was before

    def holds(self, frame: Frame, number: int) -> bool:
        """Does it hold at this frame? Frames come in order: earlier values are kept here."""
        self._now[0] = number
        if self._scope is not None:
            with self._scope():
                return self._looked(frame)
        return self._looked(frame) if self._kept else bool(self._take(frame))

    def _looked(self, frame: Frame) -> bool:
        holds = bool(self._take(frame))
        for keep in self._kept:
            keep(frame)
        return holds

    def __call__(self, frame: Frame, number: int) -> bool:
        held = self._held
        self._held = holds = self.holds(frame, number)
        return holds and not held


class Later:
    """A watch over frames of which none has come yet."""

    def __init__(self, text: str, trace: Trace) -> None:
        parse(text)
        self.text, self._trace = text.strip(), trace
        self._watch: Watch | None = None

    def __call__(self, frame: Frame, number: int) -> bool:
        if not self._trace:  # its own first frame is not in it yet
            return False
        self._watch = self._watch or Watch(self.text, self._trace.schema)
        return self._watch(frame, number)


def waiting(text: str, trace: Trace) -> Watch | Later:
    """What looks whether an expression comes true, at the frames that a trace is to record."""
    return Watch(text, trace.schema) if trace else Later(text, trace)


def find(trace: Trace, text: str) -> npt.NDArray[Any]:
    """The numbers of the recorded frames at which an expression holds; prev is the row before.

    SearchError where it cannot be read: what was given, the position, the nearest name.
    """
    import numpy as np

    made = _Maker(text, trace.schema, columns=True)
    tree = parse(text, trace.schema)
    if made.slow(tree):
        return _find_by_row(trace, text)
    take = made.whole(tree)
    columns = trace.read(["#frame", *(c.name for c in trace.schema.columns if c.light)])
    with np.errstate(all="ignore"):
        holds = take({name: values.astype(float) for name, values in columns.items()})
    return columns["#frame"][np.broadcast_to(holds, columns["#frame"].shape)]  # type: ignore[no-any-return]


def _find_by_row(trace: Trace, text: str) -> npt.NDArray[Any]:
    import numpy as np

    rows, watch = trace.snapshot(), Watch(text, trace.schema)
    held = [n for k, n in enumerate(rows.frames.tolist()) if watch.holds(rows.row(k), n)]
    return np.array(held, dtype=np.int64)


def looked(trace: Trace) -> str:
    """Which frames a search of this trace does not see, in words; nothing where it sees all."""
    seen = f"looked at {len(trace):,} of {trace.last + 1:,} frames"
    return f"{seen}: {trace.sparse}" if trace.sparse else ""


def asked(player: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    """A page looks for an expression."""
    trace = player.run.trace
    return {"frames": find(trace, str(content["expr"])).tolist(), "looked": looked(trace)}


def asked_to_pause(player: Any, content: Mapping[str, Any]) -> None:
    """A page waits for an expression, or no longer."""
    text = content["expr"]
    player.run.pause_when(None if text is None else str(text))


class _Maker:
    """Makes an expression's tree ready, for frames or for columns."""

    def __init__(self, text: str, schema: Schema, *, columns: bool = False) -> None:
        self.text, self.schema, self.columns = text, schema, columns
        self.now = [0]  # the number of the frame looked at
        self.kept: list[Callable[[Frame], None]] = []  # earlier values, inner ones first
        self.scope: Callable[[], AbstractContextManager[None]] | None = None

    def wrong(self, node: Node, what: str) -> SearchError:
        return wrong(self.text, node.at, what)

    def slow(self, node: Node) -> bool:
        """Does it need whole frames?"""
        if node.op == "name" and (column := self.known(node.name)):
            return not column.light
        return (node.op == "name" and node.name == "nonfinite") or any(map(self.slow, node.parts))

    def whole(self, node: Node) -> Take:
        part = self.part(node)
        if part.shape != ():
            raise self.wrong(
                node, "is an array at each frame; any(...) or all(...) gives one answer"
            )
        return self.truth(part).take

    def part(self, node: Node) -> Part:
        if node.op == "number":
            return self.constant(node.value)
        if node.op == "name":
            return self.named(node)
        if node.op == "call":
            return self.call(node)
        if node.op == "[":
            return self.indexed(node)
        if node.op == "chain":
            return self.chain(node)
        parts = [self.part(p) for p in node.parts]
        if node.op in ("and", "or", "not"):
            parts = [self.truth(p) for p in parts]
        return self.applied(node, node.op, parts)

    # names ----------------------------------------------------------------------------------

    def constant(self, value: float) -> Part:
        return Part(lambda _frame: value, ())

    def known(self, name: str) -> Column | None:
        """The column that is spelled so, its quotes of either kind."""
        return next((c for c in self.schema.columns if alike(c.name) == alike(name)), None)

    def named(self, node: Node) -> Part:
        name = node.name
        if column := self.known(name):
            return self.column(node, column)
        if name in CONSTANTS:
            return self.constant(CONSTANTS[name])
        if name == "frame":
            now = self.now
            take: Take = operator.itemgetter("#frame") if self.columns else lambda _f: now[0]
            return Part(take, ())
        if name == "nonfinite":
            self.careful()
            culprit = culprit_in(self.schema)
            return Part(lambda frame: bool(culprit(frame)), (), flag=True)
        near = nearest(name, [*self.schema, *OWN])
        known = ", ".join(self.schema) or "none yet"
        raise self.wrong(node, f"no column {name!r}.{near} (columns: {known})")

    def column(self, node: Node, column: Column) -> Part:
        name = column.name
        if column.kind in ("text", "texts"):
            raise self.wrong(node, f"{name!r} is a text; expressions are over numbers and arrays")
        if self.columns:
            return Part(operator.itemgetter(name), ())
        cell = cell_of(column)
        if column.light:
            return Part(_number(name, cell), ())
        self.careful()
        return Part(_array(name, cell), column.shape if column.kind == "array" else None)

    def careful(self) -> None:
        """Arrays: numpy is told not to warn."""
        import numpy as np

        self.scope = lambda: np.errstate(all="ignore")

    # operations -----------------------------------------------------------------------------

    def truth(self, part: Part) -> Part:
        """A number says yes unless it is 0 or NaN."""
        take = part.take
        if part.flag:
            return part
        if self.columns or part.shape != ():
            return Part(lambda frame: _true(take(frame)), part.shape, flag=True)
        return Part(lambda frame: (v := take(frame)) == v and v != 0, (), flag=True)

    def applied(self, node: Node, op: str, parts: list[Part]) -> Part:
        """One operation on numbers, or element by element on arrays of one shape."""
        shape = self.common(node, parts)
        if op not in ("and", "or", "not"):
            parts = [_counted(part) for part in parts]
        act, flag = self.act(op, len(parts), many=self.columns or shape != ()), op in FLAGS
        first = parts[0].take
        if len(parts) == 1:
            return Part(lambda frame: act(first(frame)), shape, flag)
        second = parts[1].take
        return Part(lambda frame: act(first(frame), second(frame)), shape, flag)

    def act(self, op: str, n: int, *, many: bool) -> Callable[..., Any]:
        import numpy as np

        python, name = UNARY[op] if n == 1 else BINARY[op]
        act: Callable[..., Any] = getattr(np, name)
        if many:
            return act if n == 1 or self.columns else _alike(act, self.text)
        return _forgiving(python, act) if op in RAISES else python

    def common(self, node: Node, parts: list[Part]) -> tuple[int, ...] | None:
        """The shape of what comes of these: numbers go with anything, arrays with their like."""
        shapes = {part.shape for part in parts} - {()}
        if len(shapes - {None}) > 1:
            given = " and ".join(str(part.shape) for part in parts if part.shape != ())
            raise self.wrong(node, f"arrays of shapes {given} do not go together")
        return min(shapes, key=lambda s: s is None) if shapes else ()

    def chain(self, node: Node) -> Part:
        """0 < x <= 1: each part is taken once."""
        parts = [_counted(self.part(p)) for p in node.parts]
        shape = self.common(node, parts)
        many = self.columns or shape != ()
        both = self.act("and", 2, many=many)
        first, *rest = (p.take for p in parts)
        steps = [
            (self.act(s, 2, many=many), t) for s, t in zip(node.name.split(), rest, strict=True)
        ]

        def take(frame: Any) -> Any:
            left, holds = first(frame), True
            for act, after in steps:
                right = after(frame)
                left, holds = right, both(holds, act(left, right))
            return holds

        return Part(take, shape, flag=True)

    def call(self, node: Node) -> Part:
        name, n = node.name, len(node.parts)
        if name not in CALLS:
            known = ", ".join(CALLS)
            raise self.wrong(
                node, f"no function {name!r}.{nearest(name, CALLS)} (functions: {known})"
            )
        if name == "prev" and n <= 2:
            back = self.whole_number(node.parts[1]) if n == 2 else 1
            return self.earlier(node, self.part(node.parts[0]), back)
        parts = [self.part(p) for p in node.parts]
        if name in ("min", "max") and n > 1:
            made = parts[0]
            for part in parts[1:]:
                made = self.applied(node, name, [made, part])
            return made
        if n > 1:
            raise self.wrong(node, f"{name} takes one value, not {n}")
        return self.reduced(node, parts[0]) if name in REDUCE else self.applied(node, name, parts)

    def reduced(self, node: Node, part: Part) -> Part:
        """All of an array as one number."""
        if part.shape == ():
            raise self.wrong(node, f"{node.name} of one number; it takes an array")
        part = self.truth(part) if node.name in ("any", "all") else part
        take, act = part.take, _reducer(node.name)
        return Part(lambda frame: act(take(frame)), (), flag=node.name in ("any", "all"))

    def indexed(self, node: Node) -> Part:
        """Q[3, 1] of an array; x[-1] of a number is its earlier value."""
        part, *places = self.part(node.parts[0]), *map(self.whole_number, node.parts[1:])
        if part.shape == ():
            if len(places) != 1 or places[0] >= 0:
                raise self.wrong(node, "of a number there is x[-1], x[-2], ...: earlier values")
            return self.earlier(node, part, -places[0])
        shape, take, at = part.shape, part.take, tuple(places)
        if shape is None:
            return Part(lambda frame: _element(take(frame), at), ())
        if len(at) > len(shape) or not all(-s <= k < s for k, s in zip(at, shape, strict=False)):
            raise self.wrong(node, f"[{', '.join(map(str, at))}] is outside its shape {shape}")
        if len(at) == len(shape):
            return Part(lambda frame: _element(take(frame), at), (), part.flag)
        return Part(lambda frame: _inside(take(frame), at), shape[len(at) :], part.flag)

    def whole_number(self, node: Node) -> int:
        sign, inner = (-1, node.parts[0]) if node.op == "sign" else (1, node)
        if inner.op != "number" or inner.value != int(min(inner.value, 1e9)):
            raise self.wrong(node, "a whole number is wanted here")
        return sign * int(inner.value)

    def earlier(self, node: Node, part: Part, back: int) -> Part:
        """The value some frames ago; NaN before the first frame."""
        most, take = BACK if part.shape == () else 1, part.take
        if not 1 <= back <= most:
            raise self.wrong(node, f"{back} frames back; must be from 1 to {most}")
        if self.columns:
            return Part(lambda columns: _shifted(take(columns), back, columns["#frame"]), ())
        earlier: deque[Any] = deque([math.nan] * back, maxlen=back)
        if part.shape == ():
            self.kept.append(lambda frame: earlier.append(float(take(frame))))
        else:
            self.kept.append(lambda frame: earlier.append(_copied(take(frame))))
        return Part(lambda _frame: earlier[0], part.shape)


# values -------------------------------------------------------------------------------------


def _number(name: str, cell: Take) -> Take:
    """A number column of one frame, as a double."""

    def take(frame: Frame) -> float:
        value = frame[name]
        if type(value) is float:
            return value
        try:
            return float(cell(value))
        except OverflowError:
            return math.inf if value > 0 else -math.inf

    return take


def _array(name: str, cell: Take) -> Take:
    """An array column of one frame, in main memory; whole numbers as doubles."""
    import numpy as np

    def take(frame: Frame) -> Any:
        value = frame[name]
        array = value if type(value) is np.ndarray else cell(value)
        return array.astype(float) if array.dtype.kind in "biu" else array

    return take


def _counted(part: Part) -> Part:
    """Yes and no as 1 and 0."""
    take = part.take
    return Part(lambda frame: take(frame) * 1.0, part.shape) if part.flag else part


def _true(value: Any) -> Any:
    return (value != 0) & (value == value)


def _forgiving(python: Callable[..., float], act: Callable[..., Any]) -> Callable[..., float]:
    """What Python refuses (1 / 0, log(0), 10.0 ** 999) as numpy has it: inf or NaN."""
    import numpy as np

    def forgiving(*numbers: float) -> float:
        try:
            return python(*numbers)
        except (ZeroDivisionError, OverflowError, ValueError):
            with np.errstate(all="ignore"):
                return float(act(*numbers))

    return forgiving


def _alike(act: Callable[..., Any], text: str) -> Callable[..., Any]:
    """Arrays meet arrays of their own shape only: nothing grows."""

    def alike(a: Any, b: Any) -> Any:
        one, other = getattr(a, "shape", ()), getattr(b, "shape", ())
        if one and other and one != other:
            raise SearchError(
                f"{text.strip()!r}: arrays of shapes {one} and {other} do not go together"
            )
        return act(a, b)

    return alike


def _reducer(name: str) -> Take:
    import numpy as np

    empty = {"sum": 0.0, "norm": 0.0, "any": False, "all": True}.get(name, math.nan)
    act: Take = np.linalg.norm if name == "norm" else getattr(np, name)

    def reduce(value: Any) -> Any:
        flat = np.ravel(value)
        return act(flat).item() if flat.size else empty

    return reduce


def _inside(value: Any, at: tuple[int, ...]) -> Any:
    return value if isinstance(value, float) else value[at]  # before the first frame: NaN


def _element(value: Any, at: tuple[int, ...]) -> Any:
    """One number of an array; NaN where a list is shorter."""
    try:
        return _inside(value, at) if isinstance(value, float) else value[at].item()
    except (IndexError, ValueError):
        return math.nan


def _shifted(value: Any, back: int, frames: Any) -> Any:
    import numpy as np

    shifted = np.full(len(frames), math.nan)
    shifted[back:] = value if np.ndim(value) == 0 else value[: max(0, len(frames) - back)]
    return shifted


def _copied(value: Any) -> Any:
    import numpy as np

    return np.array(value, dtype=float)
