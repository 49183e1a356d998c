"""The papers cannot drift: commands exist, Python compiles, links lead somewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).parent.parent
PAPERS = sorted(ROOT.glob("*.md"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(path: Path, *languages: str) -> list[str]:
    return [body for language, body in FENCE.findall(text_of(path)) if language in languages]


def anchors(path: Path) -> set[str]:
    """The headings, as a link names them."""
    headings = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in words}


def test_the_papers_are_there() -> None:
    expected = {"README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CHANGELOG"}
    assert expected <= {path.stem for path in PAPERS}


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.stem)
def test_every_make_command_is_a_target(path: Path) -> None:
    targets = set(re.findall(r"^(\w+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = re.findall(r"(?:`|^\s*\$?\s*)make (\w+)", text_of(path), re.MULTILINE)
    assert set(named) <= targets
    if path.stem == "README":
        assert {"lab", "test"} <= set(named)


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.stem)
def test_every_python_block_compiles(path: Path) -> None:
    """Magics too: they are read as IPython reads a cell."""
    notebook = TransformerManager()  # type: ignore[no-untyped-call]  # IPython's has no types
    for source in blocks(path, "python", "py", "ipython"):
        compile(notebook.transform_cell(source), path.name, "exec")


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.stem)
def test_every_relative_link_resolves(path: Path) -> None:
    for link in LINK.findall(text_of(path)):
        if "://" in link or link.startswith("mailto:"):
            continue
        place, _, anchor = link.partition("#")
        target = ROOT / place if place else path
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.stem)
def test_every_extra_named_exists(path: Path) -> None:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    named = re.findall(r"(?:mlwidgets|\.)\[([\w,]+)\]", text_of(path))
    assert {extra for group in named for extra in group.split(",")} <= set(
        project["optional-dependencies"]
    )


def test_the_citation_and_the_changelog_name_this_version() -> None:
    version = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]["version"]
    assert f"version: {version}" in text_of(ROOT / "CITATION.cff")
    assert f"## {version}" in text_of(ROOT / "CHANGELOG.md")
