"""Imports point down: vocabulary at the bottom, magic at the top, and nothing goes round."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal

import pytest

# Imports inside a function that point up, each with why; they are the only ones.
LATE = {
    ("run", "player"): "a run that is displayed is a player",
    ("run", "savefile"): "run.save(path) is the short word for it",
    ("run", "diskrecord"): "run.record_to(path) is the short word for it",
    ("run", "pages.srcdoc"): "run.publish() is the short word for it",
    ("replay.compare", "pages.srcdoc"): "comparison.publish() is the short word for it",
    ("run", "pages.export"): "run.export(path) is the short word for it",
    ("run", "pages.pictures"): "run.picture(path) is the short word for it",
    ("replay.compare", "pages.export"): "comparison.export(path) is the short word for it",
    ("replay.compare", "pages.pictures"): "comparison.picture(path) is the short word for it",
    ("run", "replay.verify"): "run.verify() is the short word for it",
    ("run", "replay.branch"): "run.branch(at) is the short word for it",
    ("run", "replay.sweep"): "run.sweep(alpha=[...]) is the short word for it",
    ("run", "replay.variants"): "run.vary = {...} is checked where it is set",
    ("run", "replay.card"): "run.card() is the short word for it",
    ("run", "shell"): "a run shows itself as its place can show it",
}

When = Literal["module", "function"]
Graph = dict[str, set[tuple[When, str]]]


def layers(root: Path) -> dict[str, int]:
    """Each file's height, read from the drawing in ARCHITECTURE.md."""
    text = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawing = text.partition("## Layers")[2].split("```")[1]
    lines = [line.strip().split("   ")[0].split() for line in drawing.strip().splitlines()]
    return {name: -depth for depth, line in enumerate(lines) for name in line}


def imports(source: str, package: str = "mlwidgets") -> Iterator[tuple[When, str]]:
    """Each import that runs, as a dotted name, and when; those for the type checker do not run."""
    return visit(ast.parse(source), "module", package)


def visit(node: ast.AST, when: When, package: str) -> Iterator[tuple[When, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from ((when, alias.name) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            module = module_of(child, package)
            yield from ((when, f"{module}.{alias.name}") for alias in child.names)
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from visit(child, "function" if inside else when, package)


def module_of(node: ast.ImportFrom, package: str) -> str:
    """`from ..run import x` in mlwidgets.pages is from mlwidgets.run."""
    above = package.split(".")[: 1 - node.level or None] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


@pytest.fixture(scope="module")
def core(root: Path) -> Graph:
    """Which files of the core each imports, named as "run" or "pages.export"; "" is the door."""
    paths = {name_of(path, root): path for path in (root / "mlwidgets").rglob("*.py")}
    graph: Graph = {}
    for name in set(paths) - {"", "__main__"}:
        package = ".".join(paths[name].parent.relative_to(root).parts)
        found = imports(paths[name].read_text(encoding="utf-8"), package)
        ours = [(when, to) for when, to in found if to.split(".")[0] == "mlwidgets"]
        graph[name] = {(when, longest(to.partition(".")[2], paths)) for when, to in ours}
    return graph


def name_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root / "mlwidgets").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def longest(name: str, known: Collection[str]) -> str:
    """The file that a dotted name is in: of run.Run, run."""
    while name not in known:
        name = name.rpartition(".")[0]
    return name


def layer(name: str) -> str:
    """A folder is one layer."""
    return name.partition(".")[0]


def test_every_file_has_its_layer(core: Graph, root: Path) -> None:
    assert {layer(name) for name in core} == set(layers(root))


def test_imports_point_down(core: Graph, root: Path) -> None:
    """Those inside a function too, but for the few that LATE gives a reason for."""
    height = layers(root)
    up = {
        (name, target)
        for name, targets in core.items()
        for when, target in targets
        if {layer(name), layer(target)} <= set(height)
        if height[layer(target)] > height[layer(name)]
        if not (when == "function" and (name, target) in LATE)
    }
    assert not up


def test_nothing_goes_round(core: Graph) -> None:
    down = {
        name: {target for _, target in targets if target and (name, target) not in LATE}
        for name, targets in core.items()
    }
    try:
        TopologicalSorter(down).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_the_exceptions_are_all_needed(core: Graph) -> None:
    late = {(name, to) for name, targets in core.items() for when, to in targets}
    assert set(LATE) <= late


def test_only_the_faces_import_the_package_itself(core: Graph) -> None:
    through = {name for name, targets in core.items() if "" in (target for _, target in targets)}
    assert through <= {"magic", "cli"}


def test_the_core_imports_no_topic(root: Path) -> None:
    for path in sorted((root / "mlwidgets").rglob("*.py")):
        named = [name for _, name in imports(path.read_text("utf-8")) if "mlwidgets_" in name]
        assert not named, path.name


def test_our_topics_come_in_by_the_door(root: Path) -> None:
    """A plugin of ours imports what a stranger's would, and no other topic."""
    for path in sorted((root / "plugins").rglob("*.py")):
        own = path.relative_to(root / "plugins").parts[0]
        for _, name in imports(path.read_text(encoding="utf-8"), own):
            package, module = name.split(".")[0], name.rpartition(".")[0] or name
            assert package != "mlwidgets" or module == "mlwidgets", f"{path.name} imports {name}"
            assert package == own or not package.startswith("mlwidgets_"), path.name


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from .run import Run", [("module", "mlwidgets.run.Run")]),
        ("from . import run", [("module", "mlwidgets.run")]),
        ("from mlwidgets import run", [("module", "mlwidgets.run")]),
        ("import mlwidgets.run", [("module", "mlwidgets.run")]),
        ("def f():\n    from .run import Run", [("function", "mlwidgets.run.Run")]),
        ("try:\n    import mlwidgets\nfinally:\n    pass", [("module", "mlwidgets")]),
        ("if TYPE_CHECKING:\n    from .run import Run", []),
    ],
)
def test_every_way_to_import_is_seen(source: str, expected: list[tuple[When, str]]) -> None:
    assert list(imports(source)) == expected


def test_an_import_from_the_folder_above_is_seen() -> None:
    assert list(imports("from ..run import Run", "mlwidgets.pages")) == [
        ("module", "mlwidgets.run.Run")
    ]
    assert list(imports("from .still import svg", "mlwidgets.pages")) == [
        ("module", "mlwidgets.pages.still.svg")
    ]
