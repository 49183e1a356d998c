"""The line above a recorded cell: which names, how often, and what else.

%%ml record loss acc model.fc.weight every=10 watch=$model --detach -o run
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from mlwidgets.errors import MLError, clip, nearest
from mlwidgets.tokens import PARAM, Reference, read_value, scan

PARAMS = ("every", "watch")
OPTIONS = ("--detach", "-o")
HELP = """%%ml record loss acc every=10
    Records those names at the end of each pass of the loop below that assigns them.

The cell stays as it is. The loop is the innermost one that assigns the first plain name; all
other names are read there, and a pass that assigns none of them records nothing.

NAME          a number, array, tensor, text or list; dotted or indexed where you like:
              model.fc.weight, opt.param_groups[0]["lr"]
every=10      only every tenth pass that assigns them
watch=$model  for each layer its gradients, updates, dead units and non-finite values; the first
              non-finite value is named, and the state before that pass is kept
--detach      the cell runs in a thread of its own and returns at once: other cells can look at
              its variables, and change them, while it is paused
-o NAME       bind the run to a variable

Stop in the player ends the cell there. Where a player hears you, the kernel's interrupt pauses at
the end of a pass; a second one ends the cell as ever."""

Parts = (ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Slice, ast.Tuple)
Signs = (ast.UnaryOp, ast.USub, ast.Load)


@dataclass(frozen=True)
class Ask:
    """What the line asks for. every: passes; watch: an expression, or nothing."""

    names: tuple[str, ...]
    every: int = 1
    watch: str = ""
    detach: bool = False
    variable: str = ""
    written: str = ""

    @property
    def line(self) -> str:
        return f"%%ml {self.written}"

    @property
    def plain(self) -> tuple[str, ...]:
        """Those that are neither dotted nor indexed."""
        return tuple(name for name in self.names if name.isidentifier())

    @property
    def targets(self) -> tuple[str, ...]:
        """The names as a syntax tree spells them, however they were written."""
        return tuple(map(_unparsed, self.names))


def read_line(written: str) -> Ask:
    """Take a line such as `record loss every=10` apart; MLError names what is wrong with it."""
    pieces, left_open = scan(written)
    if left_open:
        raise MLError(f"unclosed {left_open} in {clip(pieces[-1])}")
    names: dict[str, str] = {}  # as they were written, by how a syntax tree spells them
    given: dict[str, Any] = {}
    rest = iter(pieces[1:])
    for piece in rest:
        key, equals, value = piece.partition("=")
        if piece.startswith("-"):
            option = key if key in OPTIONS else _unknown("option", key, OPTIONS)
            given[option] = value if equals or option == "--detach" else next(rest, "")
        elif param := PARAM.fullmatch(piece):
            given[param[1]] = param[2]
        elif name := piece.rstrip(","):
            names.setdefault(_name(name), name)
    return Ask(
        names=tuple(names.values()),
        every=_every(given.pop("every", "1")),
        watch=_watch(given.pop("watch", "")),
        detach=_flag(given.pop("--detach", None)),
        variable=_variable(given.pop("-o", None)),
        written=" ".join(pieces) if not given else _unknown("setting", next(iter(given)), PARAMS),
    )


def _unknown(what: str, given: str, known: tuple[str, ...]) -> str:
    near = nearest(given, known)
    raise MLError(f"record: no {what} {clip(given)!r}.{near} (known: {', '.join(known)})")


def _name(given: str) -> str:
    """A name, dotted or indexed, as a syntax tree spells it."""
    try:
        tree = ast.parse(given, mode="eval").body
    except (SyntaxError, ValueError):
        raise MLError(f"{clip(given)}: is not a name, such as loss or model.fc.weight") from None
    if isinstance(tree, ast.Constant | ast.Tuple):
        raise MLError(f"{clip(given)}: is not a name, such as loss or model.fc.weight")
    if not all(isinstance(node, Parts + Signs) for node in ast.walk(tree)):
        raise MLError(
            f"{clip(given)}: a recorded name is dotted or indexed at most, such as"
            " model.fc.weight[0]; give any other value a name in the loop"
        )
    return ast.unparse(tree)


def _unparsed(name: str) -> str:
    return ast.unparse(ast.parse(name, mode="eval"))


def _every(given: str) -> int:
    if not (given.isascii() and given.isdigit() and int(given) > 0):
        raise MLError(f"every={clip(given)}: must be a whole number of passes, 1 or more")
    return int(given)


def _watch(given: str) -> str:
    """The expression of the model."""
    if not given:
        return ""
    value = read_value(given)
    if not isinstance(value, Reference):
        near = f"write watch=${given}" if given.isidentifier() else "such as watch=$model"
        raise MLError(f"watch={clip(given)}: must be a model of the notebook's; {near}")
    value.names()  # says what is wrong with the expression
    return value.expression


def _flag(given: str | None) -> bool:
    if given:
        raise MLError(f"--detach={clip(given)}: takes no value")
    return given is not None


def _variable(given: str | None) -> str:
    if given is not None and not given.isidentifier():
        raise MLError(f"-o {clip(given)}: must be a variable's name")
    return given or ""
