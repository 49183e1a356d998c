"""The page an algorithm's docstring is: title, citation, equations, what to watch, what to try."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from xml.etree import ElementTree

from .params import GREEK

EQUATION = re.compile(r"^\s+(?P<tex>\S.*?)\s{2,}\((?P<n>\d+)\)\s*(?P<words>.*)$")
YEAR = re.compile(r"\((\d{4})[a-z]?\)")
SECTION = re.compile(r"^(Where|What to watch|Try):\s*(.*)$")


@dataclass(frozen=True)
class Equation:
    """One numbered line of mathematics, as TeX."""

    n: int
    tex: str
    words: str


@dataclass(frozen=True)
class Try:
    """A question, and the words of the `%ml` line that open it."""

    line: str
    question: str


@dataclass(frozen=True)
class Page:
    """What a docstring says, each part in its place."""

    title: str
    summary: str = ""
    citation: str = ""
    equations: tuple[Equation, ...] = ()
    where: dict[str, str] = field(default_factory=dict)
    watch: str = ""
    tries: tuple[Try, ...] = ()

    @property
    def cite(self) -> str:
        """Authors and year, short enough for a header."""
        year = YEAR.search(self.citation)
        return f"{self.citation[: year.start()].strip()}, {year[1]}" if year else ""

    @property
    def doi(self) -> str:
        found = re.search(r"doi:(\S+?)\.?(?:\s|$)", self.citation)
        return found[1] if found else ""


def read_page(docstring: str | None, name: str) -> Page:
    """Read a docstring; one without structure gives a page with a title only."""
    lines = (docstring or "").expandtabs().strip("\n").splitlines()
    first = next((line.strip() for line in lines if line.strip()), "")
    title, _, summary = first.partition(": ")
    sections = _sections(lines)
    return Page(
        title=(title if summary else "") or name.rpartition(".")[2].replace("_", " ").capitalize(),
        summary=(summary or first).rstrip("."),
        citation=_citation(lines),
        equations=tuple(
            Equation(int(m["n"]), m["tex"], m["words"].strip())
            for m in map(EQUATION.match, lines)
            if m
        ),
        where=_where(" ".join(text for key, text in sections if key == "Where")),
        watch=next((text for key, text in sections if key == "What to watch"), ""),
        tries=tuple(_try(text) for key, text in sections if key == "Try"),
    )


def _sections(lines: Iterable[str]) -> list[tuple[str, str]]:
    """The keyed paragraphs, their continuation lines joined."""
    found: list[tuple[str, str]] = []
    inside = False
    for line in map(str.strip, lines):
        start = SECTION.match(line)
        if start:
            found.append((start[1], start[2]))
        elif line and inside:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line}")
        inside = bool(start or (inside and line))
    return found


def _citation(lines: list[str]) -> str:
    """The first paragraph after the title that has a year in brackets."""
    body = "\n".join(line.strip() for line in lines)
    for paragraph in re.split(r"\n\s*\n", body)[1:]:
        if YEAR.search(paragraph) and not SECTION.match(paragraph):
            return paragraph.replace("\n", " ")
    return ""


def _where(text: str) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in text.rstrip(". ").split(";"))
    return {name: words.strip() for name, _, words in parts if name}


def _try(text: str) -> Try:
    line, _, question = text.partition("  ")
    return Try(line.strip(), question.strip())


Tree = list[Any]
"""A MathML element: [tag, {attributes}, child, ...], each child a tree or text."""
NAME = {char: name for name, char in GREEK.items()} | {"ϵ": "epsilon", "ϕ": "phi"}
OPERATORS = re.compile(r"\\(arg|argmax|argmin)(?![A-Za-z])")


def readable(tex: str) -> str:
    """TeX without the operators that latex2mathml does not know by their short names."""
    return OPERATORS.sub(r"\\operatorname{\1}", tex)


def math_tree(tex: str, names: Iterable[str]) -> Tree:
    """TeX as a MathML tree; a symbol that stands for one of `names` carries it as "name"."""
    return _math_tree(tex, frozenset(names))


@cache
def _math_tree(tex: str, names: frozenset[str]) -> Tree:
    from latex2mathml.converter import convert

    try:
        made = convert(readable(tex))
        root = ElementTree.fromstring(made)  # noqa: S314  made one line above, from no file
    except Exception:  # the parser raises many kinds; bad TeX is shown as it was typed
        return ["math", {}, ["mtext", {}, tex]]
    return _tree(root, set(names))


def _tree(element: ElementTree.Element, names: set[str]) -> Tree:
    tag = element.tag.rpartition("}")[2]
    tag = tag if tag.startswith("m") else "mrow"  # markup typed inside TeX is not MathML
    attributes = {
        k: v
        for k, v in element.attrib.items()
        if k in ("stretchy", "mathvariant", "width", "fence")
    }
    text = (element.text or "").strip(" \t\n")  # a space inside \text{} is not blank: it is drawn
    name = NAME.get(text, text)
    if tag == "mi" and name in names:
        attributes["name"] = name
    return [tag, attributes, *([text] if text else []), *(_tree(child, names) for child in element)]
