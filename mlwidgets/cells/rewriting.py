"""A cell's syntax tree with its loop telling us of each pass; everything else stays as it is.

    for x, y in batches:                    CELL.loop()
        loss = step(x, y)          is       for x, y in batches:
                                                with CELL.one(False, lambda: (x, y), lambda: loss):
                                                    loss = step(x, y)
                                                    CELL.hit()

`with` hears of every way a pass can end: at its last line, by continue, break or return, by an
exception. New nodes lie on lines that are there, so that no line of a traceback moves; values are
read by functions, since a name may not be bound yet.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any, TypeVar

from .line import Ask
from .loops import Found, bound

OTHER_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
ASSIGN = ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Import | ast.ImportFrom
T = TypeVar("T", bound=ast.AST)
PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")


def rewrite(tree: ast.Module, found: Found, ask: Ask, key: str) -> None:
    """Let this loop of the tree tell `key`, a name of builtins, of each pass."""
    _Rewriter(found, ask, key).visit(tree)


class _Rewriter(ast.NodeTransformer):
    """Rewrites one loop."""

    def __init__(self, found: Found, ask: Ask, key: str) -> None:
        self.loop, self.ask, self.key = found.node, ask, key

    def visit(self, node: ast.AST) -> Any:
        if node is not self.loop:
            return super().generic_visit(node)
        loop, ask = self.loop, self.ask
        header = loop.test if isinstance(loop, ast.While) else loop.target
        always = not bound([header]).isdisjoint(ask.targets)
        batch = ast.Constant(None) if isinstance(loop, ast.While) else _reader(ast.unparse(header))
        told = [_reader(name) for name in ask.names]
        one = call(self.key, "one", ast.Constant(always), batch, *told)
        marks = _Marks({*ask.targets}, self.key)
        body = [new for child in loop.body for new in _many(marks.visit(child))]
        loop.body = [placed(ast.With([ast.withitem(one)], body), loop)]
        begins = call(self.key, "loop", *([_reader(ask.watch)] if ask.watch else []))
        return [placed(ast.Expr(begins), loop), loop]


class _Marks(ast.NodeTransformer):
    """After each assignment of one of the names, says so; other scopes are left alone."""

    def __init__(self, names: set[str], key: str) -> None:
        self.names, self.key = names, key

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, OTHER_SCOPES):
            return node
        self.generic_visit(node)
        if isinstance(node, ast.NamedExpr) and node.target.id in self.names:
            return placed(call(self.key, "got", node), node)
        if isinstance(node, ASSIGN) and self._binds(_targets(node)):
            return [node, self._mark(node)]
        if self._binds(_header(node)):
            body: list[ast.stmt] = node.body  # type: ignore[attr-defined]  # all these have one
            body.insert(0, self._mark(body[0]))
        return node

    def _binds(self, nodes: Iterable[ast.AST]) -> bool:
        return not bound(nodes).isdisjoint(self.names)

    def _mark(self, place: ast.AST) -> ast.stmt:
        return placed(ast.Expr(call(self.key, "hit")), place)


def _targets(node: ast.AST) -> list[ast.AST]:
    """What a statement that assigns assigns to."""
    if isinstance(node, ast.Assign):
        return [*node.targets]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [*node.names]
    if isinstance(node, ast.AugAssign) or (isinstance(node, ast.AnnAssign) and node.value):
        return [node.target]
    return []


def _header(node: ast.AST) -> list[ast.AST]:
    """What binds names before the body of this node begins."""
    if isinstance(node, ast.For | ast.AsyncFor):
        return [node.target]
    if isinstance(node, ast.With | ast.AsyncWith):
        return [item.optional_vars for item in node.items if item.optional_vars]
    if isinstance(node, ast.ExceptHandler):
        return [ast.Name(node.name, ast.Store())] if node.name else []
    return [node.pattern] if isinstance(node, ast.match_case) else []


def enclosed(tree: ast.Module, key: str, place: ast.stmt, shows: str) -> ast.Module:
    """All statements in one `with key:`; what the last one shows is shown after it.

    shows: IPython's `ast_node_interactivity`.
    """
    futures = [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    body = [node for node in tree.body if node not in futures]
    last = body[-1]
    if isinstance(last, ast.Expr):
        body[-1] = _kept(key, last.value, last)
    elif shows == "last_expr_or_assign":
        named = [target.id for target in _targets(last) if isinstance(target, ast.Name)]
        if len(named) == 1:
            body.append(_kept(key, ast.Name(named[0], ast.Load()), last))
    whole = placed(ast.With([ast.withitem(ast.Name(key, ast.Load()))], body), place)
    return ast.Module([*futures, whole, placed(ast.Expr(call(key, "take")), last)], [])


def _kept(key: str, value: ast.expr, place: ast.stmt) -> ast.stmt:
    """The value of a cell's last expression, for `take`."""
    target = ast.Attribute(ast.Name(key, ast.Load()), "value", ast.Store())
    return ast.copy_location(placed(ast.Assign([target], value), place), place)


def calling(key: str, method: str, place: ast.stmt) -> ast.Module:
    """A cell that only calls this method of `key`."""
    return ast.Module([placed(ast.Expr(call(key, method)), place)], [])


def call(key: str, method: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Attribute(ast.Name(key, ast.Load()), method, ast.Load()), [*arguments], [])


def _reader(expression: str) -> ast.expr:
    """A function of nothing that gives the expression's value where it stands."""
    reader = ast.parse(f"lambda: ({expression})", mode="eval").body
    for node in ast.walk(reader):
        for name in PLACE:
            vars(node).pop(name, None)
    return reader


def placed(new: T, place: ast.AST) -> T:
    """A new node and its new parts, on the first line of one that is there."""
    if not hasattr(new, "lineno"):
        line, column = place.lineno, place.col_offset  # type: ignore[attr-defined]  # a statement
        new.lineno = new.end_lineno = line  # type: ignore[attr-defined]
        new.col_offset = new.end_col_offset = column  # type: ignore[attr-defined]
        for part in ast.iter_child_nodes(new):
            placed(part, place)
    return new


def _many(nodes: Any) -> list[Any]:
    return nodes if isinstance(nodes, list) else [nodes]
