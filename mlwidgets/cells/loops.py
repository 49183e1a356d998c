"""The loops of a cell, and which names each of them assigns."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from mlwidgets.errors import MLError, clip, nearest

from .line import Ask

Loop = ast.For | ast.AsyncFor | ast.While
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


@dataclass(eq=False)
class Found:
    """A loop, how deep it lies among loops, and what is assigned in it and in no loop inside."""

    node: Loop
    depth: int
    within: str  # the function around it, or nothing
    names: set[str] = field(default_factory=set)
    aside: str = ""  # which other loops might have been meant


class Loops(ast.NodeVisitor):
    """Finds the loops of a cell. A comprehension is none; a function begins anew."""

    def __init__(self, tree: ast.Module) -> None:
        self.found: list[Found] = []
        self.unseen: list[Found] = []  # in the body of a class
        self.assigned: set[str] = set()  # anywhere in the cell
        self._around: list[Found] = []
        self._within = ""
        self._blind = False  # in a class's body, which a function cannot look into
        self.visit(tree)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._loop(node, [node.target, *node.body])

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        self._loop(node, [node.test, *node.body])

    def _loop(self, node: Loop, inside: list[ast.AST]) -> None:
        found = Found(node, len(self._around), self._within)
        (self.unseen if self._blind else self.found).append(found)
        self._around.append(found)
        for child in inside:
            self.visit(child)
        self._around.pop()
        for child in node.orelse:
            self.visit(child)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._scope(node, node.name, blind=False)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._scope(node, "a lambda", blind=False)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._scope(node, node.name, blind=True)

    def _scope(self, node: Scope, name: str, *, blind: bool) -> None:
        self.assigned |= {name.arg for name in ast.walk(node) if isinstance(name, ast.arg)}
        before = self._around, self._within, self._blind
        self._around, self._within, self._blind = [], name, blind
        self.generic_visit(node)
        self._around, self._within, self._blind = before

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for child in (node.iter, *node.ifs):  # its target is its own
            self.visit(child)

    def generic_visit(self, node: ast.AST) -> None:
        for name in assigns(node):
            self.assigned.add(name)
            if self._around:
                self._around[-1].names.add(name)
        super().generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.generic_visit(node)


def assigns(node: ast.AST) -> Iterator[str]:
    """What this node itself binds, as it is written; not what its parts bind."""
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        if isinstance(node.ctx, ast.Store):
            yield ast.unparse(node)
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        if node.name:
            yield node.name
    elif isinstance(node, ast.MatchMapping):
        if node.rest:
            yield node.rest
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]


def bound(nodes: Iterable[ast.AST]) -> set[str]:
    """All that these nodes and their parts bind."""
    return {name for node in nodes for part in ast.walk(node) for name in assigns(part)}


def the_loop(tree: ast.Module, ask: Ask, names: Collection[str] = ()) -> Found:
    """The innermost loop that assigns the first plain name; of several as deep, the first.

    names: what is there before the cell. MLError where the cell cannot be recorded as asked.
    """
    loops = Loops(tree)
    if loops.unseen and not loops.found:
        raise MLError(f"record: {_in_class(loops.unseen[0])}")
    if not loops.found:
        raise MLError("record: this cell has no loop; it reads names at the end of a loop's pass")
    known = sorted({name for found in loops.found for name in found.names if name.isidentifier()})
    says = f"(assigned in its loops: {', '.join(known) or 'nothing'})"
    if not ask.names:
        raise MLError(f"record: needs a name, such as `%%ml record {_likely(known)}` {says}")
    first = ask.plain[:1] or ask.targets
    fitting = [found for found in loops.found if not found.names.isdisjoint(first)]
    unseen = [found for found in loops.unseen if not found.names.isdisjoint(first)]
    if unseen and not fitting:
        raise MLError(f"record: {_in_class(unseen[0])}")
    if not fitting:
        near = nearest(first[0], known)
        if not ask.plain:
            near += " Name first a plain name that it assigns"
        raise MLError(f"record: no loop of this cell assigns {clip(first[0])!r}.{near} {says}")
    _there(ask, {*loops.assigned, *names})
    chosen = max(fitting, key=lambda found: found.depth)  # the first of several
    others = [f for f in fitting if f.depth == chosen.depth and f is not chosen]
    if others:
        lines = " and ".join(str(found.node.lineno) for found in others)
        chosen.aside = (
            f"Recorded is the loop at line {chosen.node.lineno};"
            f" {clip(first[0])} is also assigned in that at line {lines}."
        )
    return chosen


def _in_class(found: Found) -> str:
    return (
        f"the loop at line {found.node.lineno} is in the body of class {found.within}, whose names"
        " no function sees: put it into a function or a method"
    )


def _there(ask: Ask, names: Collection[str]) -> None:
    """MLError for a name that neither the cell assigns nor the notebook has."""
    for text in (*ask.names, *([ask.watch] if ask.watch else [])):
        for node in ast.walk(ast.parse(text, mode="eval")):
            if (
                isinstance(node, ast.Name)
                and node.id not in names
                and not hasattr(builtins, node.id)
            ):
                near = nearest(node.id, names)
                raise MLError(f"record: no {clip(node.id)!r} in this cell or notebook.{near}")


def _likely(names: list[str]) -> str:
    return next((name for name in ("loss", "acc") if name in names), names[0] if names else "loss")
