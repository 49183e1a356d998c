"""From the line and the syntax tree of a recorded cell to the tree that is run."""

from __future__ import annotations

import ast
import builtins
from itertools import count
from typing import TYPE_CHECKING

from mlwidgets.errors import MLError

from .again import PassCode
from .cell import RecordedCell
from .detached import Detached
from .line import Ask, read_line
from .loops import the_loop
from .rewriting import calling, enclosed, rewrite

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_keys = count(1)


def recorded(tree: ast.Module, line: str, shell: InteractiveShell) -> ast.Module:
    """The tree to run in place of this one, whose first statement is the line."""
    first, *rest = tree.body
    tree = ast.Module(rest or [ast.copy_location(ast.Pass(), first)], [])
    key = f"__mlwidgets_cell_{next(_keys)}__"
    cell = vars(builtins)[key] = _made(line, tree, key, shell)
    whole = enclosed(tree, key, first, shell.ast_node_interactivity)
    if not cell.ask.detach:
        return whole
    *body, _take = whole.body  # nobody is there to be shown the value
    cell.detached = Detached(cell, ast.Module(body, []), shell)
    return calling(key, "detach", first)


def _made(line: str, tree: ast.Module, key: str, shell: InteractiveShell) -> RecordedCell:
    """What the code knows as `key`, its loop told so; a fault is raised when the cell is run."""
    names = shell.user_ns
    try:
        ask = read_line(line)
        found = the_loop(tree, ask, names)
    except MLError as error:
        tree.body[:] = [ast.copy_location(ast.Pass(), tree.body[0])]
        return RecordedCell(Ask(()), "", names, error)
    function = f" of {found.within}" if found.within else ""
    cell = RecordedCell(ask, f"at line {found.node.lineno}{function}", names)
    cell.aside = found.aside
    if ask.watch:
        cell.code = PassCode(found.node, key)
    rewrite(tree, found, ask, key)
    return cell
