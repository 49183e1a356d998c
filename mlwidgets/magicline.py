"""A `%ml` line in its shell: references become objects, texts become checked values."""

from __future__ import annotations

import math
import re
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from IPython.core.inputtransformer2 import make_tokens_by_line

from .errors import MLError, ParamError
from .tokens import Reference, Value

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .algorithms import Algorithm
    from .params import Spec

ASKS = re.compile(r"(\s*%ml\s+\S.*?)\s*\?{1,2}\s*")


class Scope:
    """The names that a line can refer to: the caller's locals, then the notebook's."""

    def __init__(self, shell: InteractiveShell, local: Mapping[str, Any]) -> None:
        self.shell = shell
        self.local = local
        self.names = ChainMap(dict(local), shell.user_ns)

    def value(self, given: Value) -> Any:
        """The object of a reference; a text as it is."""
        if not isinstance(given, Reference):
            return given
        local = [name for name in given.names() if name in self.local]

        def evaluate(expression: str) -> Any:
            # IPython evaluates in the notebook's names only: the caller's go in as arguments.
            source = f"lambda {', '.join(local)}: ({expression})"
            function = self.shell.ev(source)  # type: ignore[no-untyped-call]  # IPython's
            return function(*(self.local[name] for name in local))

        return given.resolve(evaluate, self.names)


def line_values(spec: Spec, params: Mapping[str, Value], scope: Scope) -> dict[str, Any]:
    """The parameters that a line gives, by name, not yet checked together."""
    for name in params:
        _named(spec, name)
    texts = {name: text for name, text in params.items() if isinstance(text, str)}
    try:
        values = spec.parse(texts)
    except ParamError as error:
        text = texts.get(error.name or "", "")
        if text in scope.names:
            hint = f"To pass the notebook variable, write {error.name}=${text}"
            raise ParamError(f"{error}. {hint}", error.name) from None
        raise
    return values | {n: scope.value(v) for n, v in params.items() if isinstance(v, Reference)}


def line_steering(
    spec: Spec, given: Mapping[int, Mapping[str, Value]], scope: Scope
) -> tuple[dict[int, dict[str, Any]], int | None]:
    """The changes that a line makes on the way, and the frame it goes to, where it says one."""
    steering = {at: line_values(spec, params, scope) for at, params in given.items() if params}
    bare = [at for at, params in given.items() if not params]
    if len(bare) > 1 or (bare and bare[0] != list(given)[-1]):
        raise MLError(f"@{bare[0]}: what changes there? Only the last may stand alone")
    return steering, bare[0] if bare else None


def _named(spec: Spec, name: str) -> None:
    try:
        spec.named(name)
    except ParamError as error:
        if name in ("device", "at", "pace"):
            raise ParamError(f"{error}. The option is written --{name} VALUE", name) from None
        raise


def body_value(
    algorithm: Algorithm[Any, Any], values: Mapping[str, Any], cell: str
) -> dict[str, str]:
    """The cell's body as the first parameter that takes one."""
    name = next((p.name for p in algorithm.spec.params if p.body), None)
    if name is None:
        raise MLError(f"{algorithm.name} takes no text: write %ml, not %%ml")
    if name in values:
        raise ParamError(f"{name}: is given twice, on the line and as the cell's text", name)
    return {name: cell}


@dataclass(frozen=True)
class Options:
    """What a line asks for beside parameters. pace: seconds for the whole run, None: full speed."""

    device: str = "auto"
    at: int | None = None
    starts: bool = False
    pace: float | None = None
    variable: str = ""


def read_options(given: Mapping[str, Value], scope: Scope) -> Options:
    """The options of a line, each checked."""
    found = {name: scope.value(value) for name, value in given.items()}
    return Options(
        device=str(found.get("--device", "auto")),
        at=_frame(found["--at"]) if "--at" in found else None,
        starts="--pace" in found,
        pace=_seconds(found["--pace"]) if "--pace" in found else None,
        variable=_variable(found["-o"]) if "-o" in found else "",
    )


def _frame(given: Any) -> int:
    try:
        at = int(given)
    except (TypeError, ValueError):
        at = -2
    if at < -1:
        raise MLError(f"--at {given}: must be a frame's number, 0 or more, or -1 for the last")
    return at


def _seconds(given: Any) -> float | None:
    if given == "full":
        return None
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise MLError(f"--pace {given}: must be seconds for the whole run, or `full`")
    return seconds


def _variable(given: Any) -> str:
    if not isinstance(given, str) or not given.isidentifier():
        raise MLError(f"-o {given}: must be a variable's name")
    return given


def question(lines: list[str]) -> list[str]:
    """`%ml name?` as `%ml name --help`; IPython would look for a variable called `name`."""
    if lines and lines[0].startswith("%%ml") and not "".join(lines[1:]).strip():
        lines = [lines[0][1:]] if ASKS.fullmatch(lines[0][1:]) else lines
    asked = [row for row, line in enumerate(lines) if ASKS.fullmatch(line)]
    if not asked or lines[0].startswith("%%"):
        return lines
    inside = _inside_texts(lines)
    return [
        ASKS.sub(r"\1 --help\n", line) if row in asked and row not in inside else line
        for row, line in enumerate(lines)
    ]


def _inside_texts(lines: list[str]) -> set[int]:
    """The rows that a text of several lines covers, its first aside."""
    tokens = (token for logical in make_tokens_by_line(lines) for token in logical)
    return {row for token in tokens for row in range(token.start[0], token.end[0])}
