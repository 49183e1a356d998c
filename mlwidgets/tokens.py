"""The words of a `%ml` line: brackets and quotes hold; `$name` and `{expr}` are objects."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import MLError, clip, nearest

PAIRS = {"(": ")", "[": "]", "{": "}"}
TOKEN = re.compile(
    r"""(?P<blank>\s+) | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
PARAM = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
AT = re.compile(r"@(\d{1,15})")
OPTION = re.compile(r"--?([A-Za-z][\w-]*)(?:=(.*))?", re.DOTALL)
HELP = ("?", "??", "--help", "-h")


SHELLS = ("In", "Out", "exit", "quit", "open", "get_ipython")  # in a notebook before any cell


@dataclass(frozen=True)
class Reference:
    """A value given as `$name` or `{expr}`: the object itself, never its text."""

    written: str

    @property
    def expression(self) -> str:
        return self.written[1:] if self.written.startswith("$") else self.written[1:-1].strip()

    def resolve(self, evaluate: Callable[[str], Any], namespace: Mapping[str, Any]) -> Any:
        """The object that `evaluate` finds; MLError where a name is not in the namespace."""
        for name in self.names():
            if name not in namespace and not hasattr(builtins, name):
                near = nearest(name, (n for n in namespace if n[:1] != "_" and n not in SHELLS))
                raise MLError(f"{clip(self.written)}: no variable {name!r} in the notebook.{near}")
        try:
            return evaluate(self.expression)
        except Exception as error:
            fault = f"{type(error).__name__}: {clip(error)}"
            raise MLError(f"{clip(self.written)}: {fault}") from error

    def names(self) -> list[str]:
        """The variables it reads, in order; those that it binds itself are its own."""
        if not self.expression:
            raise MLError(f"{self.written}: is empty")
        try:
            tree = ast.parse(f"({self.expression})", mode="eval")
        except SyntaxError:
            raise MLError(f"{clip(self.written)}: is not a Python expression") from None
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        own = {node.id for node in nodes if not isinstance(node.ctx, ast.Load)}
        own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        return list(dict.fromkeys(node.id for node in nodes if node.id not in own))


Value = str | Reference


@dataclass(frozen=True)
class Line:
    """A `%ml` line taken apart; a value is text, or a Reference to an object.

    steering: what stands after `@156`, by frame; a last `@156` with nothing after it is empty.
    """

    words: tuple[Value, ...] = ()
    params: Mapping[str, Value] = field(default_factory=dict)
    options: Mapping[str, Value] = field(default_factory=dict)
    help: bool = False
    steering: Mapping[int, Mapping[str, Value]] = field(default_factory=dict)


def parse(line: str, options: Iterable[str]) -> Line:
    """Take a `%ml` line apart; `options` are those it may have, such as "--device"."""
    pieces, left_open = scan(line)
    if left_open:
        raise MLError(f"unclosed {left_open} in {clip(pieces[-1])}")
    return classify(pieces, options, read_value)


def classify(
    pieces: Iterable[str], options: Iterable[str], read: Callable[[str], Value] = str
) -> Line:
    """Sort pieces into words, parameters and options; `read` makes a value of a text."""
    words: list[Value] = []
    params: dict[str, Value] = {}
    chosen: dict[str, Value] = {}
    steering: dict[int, dict[str, Value]] = {}
    given, asks = params, False
    rest = iter(pieces)
    for piece in rest:
        if piece in HELP:
            asks = True
        elif option := OPTION.fullmatch(piece):
            name = _known(piece.partition("=")[0], options)
            chosen[name] = read(_given(name, option[2], rest))
        elif at := AT.fullmatch(piece):
            given = steering.setdefault(int(at[1]), {})
        elif param := PARAM.fullmatch(piece):
            if param[1] in given:
                raise MLError(f"{param[1]} is given twice")
            given[param[1]] = read(param[2])
        else:
            words.append(read(piece.rstrip("?")))
            asks = asks or piece.endswith("?")
    return Line(tuple(words), params, chosen, asks, steering)


def _known(name: str, options: Iterable[str]) -> str:
    allowed = list(options)
    if name not in allowed:
        known = ", ".join(allowed)
        raise MLError(f"no option {name!r}.{nearest(name, allowed)} (known: {known})")
    return name


def _given(name: str, value: str | None, rest: Iterable[str]) -> str:
    """An option's value: what follows its `=`, or the next piece."""
    found = value if value is not None else next(iter(rest), None)
    if found is None:
        raise MLError(f"{name} needs a value")
    return found


def read_value(text: str) -> Value:
    """A Reference for `$name` and `{expr}`, a quoted text without its quotes, or the text."""
    if re.match(r"\$[A-Za-z_]", text) or (text.startswith("{") and text.endswith("}")):
        return Reference(text)
    if len(text) < 2 or text[0] not in "'\"" or text[-1] != text[0]:
        return text
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        raise MLError(f"{clip(text)}: the quotes do not close where the word ends") from None


def scan(line: str) -> tuple[list[str], str]:
    """The pieces between blanks, and the bracket or quote left open in the last one, if any."""
    pieces: list[str] = [""]
    stack: list[str] = []  # the brackets that are open
    for kind, text in _tokens(line, stack):
        if kind == "blank" and not stack:
            pieces.append("")
            continue
        pieces[-1] += text
        if kind == "unclosed":
            return [p for p in pieces if p], text[0]
        if kind == "open":
            stack.append(text)
        elif kind == "close" and (not stack or PAIRS[stack.pop()] != text):
            raise MLError(f"unmatched {text!r} in {clip(pieces[-1])}: put a text in quotes")
    return [p for p in pieces if p], stack[-1] if stack else ""


def _tokens(line: str, stack: list[str]) -> Iterable[tuple[str, str]]:
    """(kind, text) pairs; a quote opens only where a value begins, so that `don't` is a word."""
    at = 0
    while at < len(line):
        begins = bool(stack) or at == 0 or line[at - 1] in " \t\n="
        match = TOKEN.match(line, at)
        assert match is not None  # noqa: S101  the last alternative takes any character
        kind, text = str(match.lastgroup), match.group()
        if text[0] in "'\"" and not begins:
            kind, text = "other", text[0]
        elif kind == "other" and text in "'\"":
            kind, text = "unclosed", line[at:]
        yield kind, text
        at += len(text)
