"""Rules that no linter has: nothing we ship runs text as code, and nothing names a machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

UNSAFE_MODULES = ("pickle", "cPickle", "dill", "marshal", "shelve", "joblib")
UNSAFE_CALLS = ("eval", "exec", "torch.load", "torch.save", "yaml.load", "os.system", "os.popen")
UNSAFE_FLAGS = ("shell", "allow_pickle")

UNSAFE_JS = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|srcdoc)\b"
    r"|\b(?:DOMParser|setHTMLUnsafe|parseHTMLUnsafe)\b"
    r"|\bdocument\.write"
    r"|\beval\s*\("
    r"|\bnew\s+Function\b"
    r"|\bset(?:Timeout|Interval)\s*\(\s*[\"'`]"
    r"|setAttribute\(\s*[\"'`]on"
    r"|\bjavascript:"
    r"|data-commandlinker"
)

# A home folder, or a drive of Windows, is somebody's own machine.
MACHINE = re.compile(r"(?<![\w.$}])/(?:root|home|Users|work)/\w|\b[A-Z]:\\Users\\")

SOURCES = ("mlwidgets", "plugins", "js", "tests", "scripts", "demos", "benchmarks", ".ci")
TEXTS = (".py", ".js", ".mjs", ".ts", ".css", ".json", ".md", ".toml", ".ipynb", ".txt", ".cff", "")
GENERATED = ("node_modules", "__pycache__", "package-lock.json", ".ipynb_checkpoints")


def python_faults(source: str) -> Iterator[str]:
    """Whatever in this Python could run data as code, with its line."""
    for node in ast.walk(ast.parse(source)):
        for fault in faults_of(node):
            yield f"{fault} (line {getattr(node, 'lineno', '?')})"


def faults_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (a.name for a in node.names if a.name.split(".")[0] in UNSAFE_MODULES)
    elif isinstance(node, ast.ImportFrom):
        names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name for name in names if name.split(".")[0] in UNSAFE_MODULES)
        yield from (name for name in names if name in UNSAFE_CALLS)
    elif isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called in UNSAFE_CALLS:
            yield f"{called}()"
        flags = (word for word in node.keywords if word.arg in UNSAFE_FLAGS)
        yield from (f"{flag.arg}=" for flag in flags if ast.unparse(flag.value) != "False")


def javascript_faults(source: str) -> list[str]:
    return [found.group() for found in UNSAFE_JS.finditer(source)]


def texts(root: Path) -> Iterator[Path]:
    """The project's own text files, wherever they lie."""
    places = [path for path in root.iterdir() if path.is_file()]
    places += [path for name in SOURCES for path in (root / name).rglob("*") if path.is_file()]
    for path in places:
        if path.suffix in TEXTS and not any(part in GENERATED for part in path.parts):
            yield path


def shipped(root: Path, *suffixes: str) -> list[Path]:
    found = [path for name in ("mlwidgets", "plugins", "js") for path in (root / name).rglob("*")]
    kept = [path for path in found if path.suffix in suffixes and path.is_file()]
    return [path for path in kept if not any(part in GENERATED for part in path.parts)]


def test_no_python_of_ours_runs_data_as_code(root: Path) -> None:
    paths = shipped(root, ".py")
    assert len(paths) > 20, "the search must find the core"
    faults = {p.name: list(python_faults(p.read_text("utf-8"))) for p in paths}
    assert {name: found for name, found in faults.items() if found} == {}


def test_only_a_sweep_sends_values_to_a_worker_and_none_comes_back(root: Path) -> None:
    """A worker takes a job of its own user's; what it answers are traces, which hold no code."""
    picklers = {
        path.name
        for path in shipped(root, ".py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        if {"cloudpickle", "multiprocessing"} & {name.split(".")[0] for name in imported(node)}
    }
    assert picklers == {"worker.py"}
    places = (root / "mlwidgets" / "replay" / "places.py").read_text("utf-8")
    lane = (root / "mlwidgets" / "replay" / "lane.py").read_text("utf-8")
    assert "unpack" not in places + lane


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names]


def test_no_javascript_of_ours_makes_elements_or_code_from_text(root: Path) -> None:
    paths = shipped(root, ".js", ".mjs", ".html")
    assert {"player.js", "shim.js"} <= {path.name for path in paths}
    faults = {
        p.relative_to(root).as_posix(): javascript_faults(p.read_text("utf-8")) for p in paths
    }
    reveal = faults.pop("mlwidgets/static/deck.js")
    assert {name: found for name, found in faults.items() if found} == {}
    assert set(reveal) == {"innerHTML"}, "reveal.js makes its arrows so, of its own words"


def test_no_file_names_somebodys_machine(root: Path) -> None:
    own = Path(__file__)
    named = {
        path.name: MACHINE.findall(path.read_text("utf-8")) for path in texts(root) if path != own
    }
    assert {name: found for name, found in named.items() if found} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib.numpy_pickle",
        "eval(text)",
        "exec(text)",
        "torch.load(path)",
        "from torch import load",
        "yaml.load(text)",
        "subprocess.run(line, shell=True)",
        "numpy.load(path, allow_pickle=True)",
        "numpy.load(path, allow_pickle=trust)",
    ],
)
def test_each_unsafe_python_is_seen(source: str) -> None:
    assert len(list(python_faults(source))) == 1


@pytest.mark.parametrize("source", ["model.eval()", "run(x, shell=False)", "execute(x)"])
def test_what_only_looks_unsafe_is_left_alone(source: str) -> None:
    assert list(python_faults(source)) == []


@pytest.mark.parametrize(
    "source",
    [
        "el.innerHTML = text",
        "el.outerHTML=text",
        "el.insertAdjacentHTML('beforeend', text)",
        "document.write(text)",
        "eval(text)",
        "new Function('a', text)",
        "new DOMParser().parseFromString(text, 'text/html')",
        "el.setHTMLUnsafe(text)",
        "setTimeout('go()', 1)",
        "el.setAttribute('onclick', text)",
    ],
)
def test_each_unsafe_javascript_is_seen(source: str) -> None:
    assert len(javascript_faults(source)) == 1


@pytest.mark.parametrize("text", ["/home/someone/x", "see /root/notes", "C:\\Users\\someone"])
def test_a_machines_path_is_seen(text: str) -> None:
    assert MACHINE.search(text)
    assert not MACHINE.search("https://example.org/home/page, ./work/x, /usr/bin/env")
