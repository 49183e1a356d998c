"""One pass of a recorded loop, as it is written in the cell, to be run again alone."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any

from mlwidgets.errors import MLError, clip

from .loops import Loop, bound
from .rewriting import call, placed

WAITS = ast.Await | ast.AsyncFor | ast.AsyncWith | ast.Yield | ast.YieldFrom


class Left(Mapping[str, Any]):
    """What a pass has left: the values of the names in it. Shown, it is the names alone."""

    def __init__(self, names: Mapping[str, Any], assigned: set[str]) -> None:
        self._names, self._assigned = names, assigned

    def __getitem__(self, name: str) -> Any:
        return self._names[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        names = ", ".join(name for name in self._names if name in self._assigned)
        return f"<run again: the pass assigned {clip(names)}>"


class PassCode:
    """A loop's body. `key` is the name of builtins by which the code asks what it is given."""

    def __init__(self, loop: Loop, key: str) -> None:
        self._loop, self._key = copy.deepcopy(loop), key
        self.given: Any = None

    def run(
        self, filename: str, names: dict[str, Any], local: dict[str, Any] | None, given: Any
    ) -> Left:
        """Run it, on the notebook's own names or on a function's, and give what it leaves.

        local: the function's variables before the pass. MLError for a pass that awaits or yields.
        """
        if any(isinstance(node, WAITS) for node in ast.walk(self._loop)):
            raise MLError("this pass awaits or yields: restore(), and run what you need of it")
        self.given = given
        if local is None:
            FunctionType(self._code(filename, [self._once()]), names)()
            return self._left(names)
        made = next(c for c in self._function(filename, local).co_consts if isinstance(c, CodeType))
        left = FunctionType(made, names)(**local)
        return self._left(left if isinstance(left, dict) else {**local, "return": left})

    def _left(self, names: Mapping[str, Any]) -> Left:
        """Of all these names, those that stand in the pass."""
        assigned = bound([self._loop])
        said = {node.id for node in ast.walk(self._loop) if isinstance(node, ast.Name)}
        told = {*assigned, *said, "return"}
        return Left({n: value for n, value in names.items() if n in told}, {*assigned, "return"})

    def _once(self) -> ast.For:
        """The loop, once round; `continue` and `break` mean what they meant."""
        loop = copy.deepcopy(self._loop)
        turn: ast.expr = ast.Attribute(ast.Name(self._key, ast.Load()), "turn", ast.Store())
        target = loop.target if isinstance(loop, ast.For) else turn
        return placed(ast.For(target, call(self._key, "once"), loop.body, []), loop)

    def _function(self, filename: str, local: dict[str, Any]) -> CodeType:
        """A module with one function in it, of these variables."""
        names = [ast.arg(name) for name in local if name.isidentifier()]
        left = ast.Return(ast.Call(ast.Name("locals", ast.Load()), [], []))
        arguments = ast.arguments([], names, None, [], [], None, [])
        body: list[ast.stmt] = [self._once(), left]
        whole = ast.FunctionDef("again", arguments, body, [], None, None)
        vars(whole)["type_params"] = []  # Python 3.12 asks for them
        return self._code(filename, [placed(whole, self._loop)])

    def _code(self, filename: str, body: list[ast.stmt]) -> CodeType:
        module = ast.fix_missing_locations(ast.Module(body, []))
        return compile(module, filename, "exec", dont_inherit=True)
