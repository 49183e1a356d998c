"""An item: an algorithm's name and where it is, not imported until it is used."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import traceback
from dataclasses import dataclass
from functools import cached_property
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import RegistryError, nearest

if TYPE_CHECKING:
    from .algorithms import Algorithm
    from .page import Page


@dataclass(frozen=True)
class Item:
    """One algorithm of the registry: `Item("rl.dqn", "mlwidgets_rl.dqn:dqn")`."""

    name: str
    target: str
    distribution: str = ""
    extra: str = ""  # what `pip install` fetches its imports with
    reference: str = ""  # where what it is checked against is
    unchecked: str = ""  # or why there is none

    @property
    def topic(self) -> str:
        return self.name.partition(".")[0]

    @cached_property
    def page(self) -> Page:
        """What its docstring says, read without importing it."""
        from .page import read_page

        return read_page(docstring(self.target), self.name)

    @property
    def title(self) -> str:
        return self.page.title

    @property
    def summary(self) -> str:
        return self.page.summary

    def load(self) -> Algorithm[Any, Any]:
        """Import it; RegistryError, with the remedy, where that fails."""
        from .algorithms import as_algorithm

        return as_algorithm(self._import(self.target), self.name)

    def load_reference(self) -> Any:
        """Import what it is checked against; RegistryError, with the remedy, where that fails."""
        return self._import(self.reference)

    def _import(self, target: str) -> Any:
        module, _, name = target.partition(":")
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            raise RegistryError(self.missing(error, target)) from error
        except (Exception, SystemExit) as error:
            fault = explain(error)
            raise RegistryError(f"{self.name}: {module} could not be imported: {fault}") from error
        try:
            return getattr(found, name)
        except AttributeError:
            near = nearest(name, vars(found))
            raise RegistryError(f"{self.name}: {module} has no {name!r}.{near}") from None

    def missing(self, error: ModuleNotFoundError, target: str = "") -> str:
        """The line for a module that is not there: what to install."""
        absent, target = error.name or str(error), target or self.target
        module = target.partition(":")[0]
        if module == absent or module.startswith(absent + "."):
            return f"{self.name}: its target {target!r} does not exist in {self.distribution}"
        remedy = f': pip install "{self.extra}"' if self.extra else ""
        return f"{self.name} needs the module {absent!r}, which is not installed{remedy}"


def explain(error: BaseException) -> str:
    """An exception on one line, with the place it came from."""
    text = " ".join(str(error).split())
    line = f"{type(error).__name__}: {text}" if text else type(error).__name__
    steps = traceback.extract_tb(error.__traceback__)
    if not steps or isinstance(error, SyntaxError):  # which names its own place
        return line
    return f"{line} ({Path(steps[-1].filename).name}, line {steps[-1].lineno})"


def docstring(target: str) -> str:
    """The docstring of `"package.module:name"` or of its module; nothing is executed."""
    module, _, name = target.partition(":")
    try:
        tree = ast.parse(_source(module))
    except (OSError, SyntaxError, ValueError):
        return ""  # listed by its name; loading it will say what is wrong
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            own = ast.get_docstring(node)
            if own:
                return own
    return ast.get_docstring(tree) or ""


def _source(module: str) -> bytes:
    spec = _find(module)
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        raise OSError(module)
    return Path(spec.origin).read_bytes()


def _find(module: str) -> ModuleSpec | None:
    """The module's spec; unlike `importlib.util.find_spec`, imports no parent package."""
    root, *rest = module.split(".")
    spec = importlib.util.find_spec(root)
    name = root
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations))
    return spec
