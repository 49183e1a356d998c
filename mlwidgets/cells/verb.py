"""The verb `record`: `%%ml record loss` above a cell, from its first line to its running code.

IPython runs the cell itself, as any other: one transformer makes a call of the first line, which
a second knows in the syntax tree by its words. Neither keeps anything between the two, so that a
cell may be looked at without being run, and may lie under `%%time` or `%%capture`.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlwidgets.errors import MLError
from mlwidgets.tokens import HELP as ASKS

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

VERB = "record"
FIRST = re.compile(rf"%%ml\s+({VERB}\b.*?)\s*", re.DOTALL)


def uncover(lines: list[str]) -> list[str]:
    """The first line of a recorded cell as a call of its own, so that the rest is a cell."""
    found = FIRST.fullmatch(lines[0]) if lines else None
    if found is None or not "".join(lines[1:]).strip() or found[1].endswith(ASKS):
        return lines
    return [f"get_ipython().run_line_magic('ml', {found[1]!r})\n", *lines[1:]]


def asked(tree: ast.AST) -> str | None:
    """The line of a recorded cell; None for any other cell."""
    match tree:
        case ast.Module(
            body=[
                ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(attr="run_line_magic"),
                        args=[ast.Constant(value="ml"), ast.Constant(value=str(line))],
                    )
                ),
                *_,
            ]
        ):
            words = line.split()
            return line if words[:1] == [VERB] and not line.endswith(ASKS) else None
    return None


class Transformer(ast.NodeTransformer):
    """IPython's: makes a recorded cell of one whose first line asks for it."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def visit(self, tree: ast.AST) -> ast.AST:
        line = asked(tree)
        if line is None or not isinstance(tree, ast.Module):
            return tree
        from .making import recorded

        return recorded(tree, line, self.shell)


def say(line: str) -> str:
    """The help for `%ml record?`; MLError for the verb where no cell is below it."""
    if line.endswith(ASKS):
        from .line import HELP

        return HELP
    raise MLError("record stands above a cell: `%%ml record loss` as its first line, a loop below")


def load(shell: InteractiveShell) -> None:
    """Know recorded cells from now on."""
    shell.input_transformers_cleanup.append(uncover)
    shell.ast_transformers.append(Transformer(shell))


def unload(shell: InteractiveShell) -> None:
    """Know them no longer."""
    if uncover in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(uncover)
    ours = [one for one in shell.ast_transformers if isinstance(one, Transformer)]
    for one in ours:
        shell.ast_transformers.remove(one)
