"""An algorithm's source as a page shows it: words with their kinds, and where each equation is."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlwidgets.private import private

if TYPE_CHECKING:
    from mlwidgets.algorithms import Algorithm
    from mlwidgets.player import Player
    from mlwidgets.run import Run

Json = dict[str, Any]
Words = list[list[str]]
"""One line: [kind, text] pairs, in order."""

MOST = 400  # lines of a file that is shown whole
NUMBER = re.compile(r"\((\d+)\)")
ELSEWHERE = re.compile(r"\((\d+)\) is ((?:\(\d+\)(?:, | and )?)+)")
KINDS = {  # of Pygments, by the beginning of their names; the rest is plain
    "Token.Keyword": "keyword",
    "Token.Operator.Word": "keyword",
    "Token.Comment": "comment",
    "Token.Literal.String": "text",
    "Token.Literal.Number": "number",
    "Token.Name": "name",
}


def asked(player: Player, _content: Json) -> Json:
    """The player's "How it works" pane."""
    return source_of(player.run)


def source_of(run: Run) -> Json:
    """The lines of a run's algorithm; `why` says why there are none.

    first: the number of the first line in its file. at: the index of the generator's own.
    equations: for each number the indices of the lines that end in it.
    """
    if run.info is not None:
        said = run.info.get("source")
        return said if isinstance(said, dict) else {"why": "the file does not hold it"}
    if run.fixed:
        return {"why": run.fixed}
    algorithm = run.algorithm
    try:
        text, first, at = _text(algorithm)
    except (OSError, TypeError, SyntaxError, IndexError):  # compiled, typed, or its file has gone
        return {"why": "Python does not know where it was written"}
    lines = _coloured(private(text), frozenset((*run.trace.schema, *algorithm.spec)))
    return {
        "file": Path(algorithm.fn.__code__.co_filename).name if _is_file(algorithm) else "",
        "first": first,
        "at": at,
        "lines": lines,
        "equations": _equations(lines, algorithm),
    }


def _is_file(algorithm: Algorithm[Any, Any]) -> bool:
    return algorithm.fn.__module__ != "__main__"


def _text(algorithm: Algorithm[Any, Any]) -> tuple[str, int, int]:
    """The function's lines; those of its file where equations are computed beside it."""
    own, number = inspect.getsourcelines(algorithm.fn)
    wanted = {str(e.n) for e in algorithm.page.equations}
    if _is_file(algorithm) and not wanted <= {n for line in own for n in _computes(line)}:
        whole = inspect.getsource(inspect.getmodule(algorithm.fn) or algorithm.fn)
        begin = _after_docstring(whole)
        lines = whole.splitlines()[begin:]
        if len(lines) <= MOST:
            return "\n".join(lines), begin + 1, number - 1 - begin
    return inspect.cleandoc("\n" + "".join(own)), number, 0


def _after_docstring(text: str) -> int:
    """The index of the first line of code."""
    body = ast.parse(text).body
    begin = (body[0].end_lineno or 0) if ast.get_docstring(ast.parse(text)) else 0
    lines = text.splitlines()
    return next((k for k in range(begin, len(lines)) if lines[k].strip()), begin)


def _computes(line: str) -> list[str]:
    """The numbers of the equations that a line of code ends in."""
    code, _, comment = line.partition("#")
    return NUMBER.findall(comment) if code.strip() else []


@cache
def _coloured(text: str, names: frozenset[str]) -> list[Words]:
    """The words of each line, neighbours of one kind together; a "name" is a column's or so."""
    from pygments.lexers.python import PythonLexer

    lines: list[Words] = [[]]
    for at, token, value in PythonLexer().get_tokens_unprocessed(text):
        kind = next((kind for of, kind in KINDS.items() if str(token).startswith(of)), "")
        if kind == "name" and (value not in names or text[at - 1 : at] == "."):
            kind = ""
        for k, part in enumerate(value.split("\n")):
            if k:
                lines.append([])
            if part:
                lines[-1].append([kind, part])
    return [_joined(line) for line in lines]


def _joined(line: Words) -> Words:
    joined = []
    for kind, words in groupby(line, key=lambda word: word[0]):
        texts = [text for _, text in words]
        joined += [[kind, t] for t in texts] if kind == "name" else [[kind, "".join(texts)]]
    return joined


def _equations(lines: list[Words], algorithm: Algorithm[Any, Any]) -> dict[str, list[int]]:
    """Where each equation of the page is; a preset's text says which of the file's it is."""
    found: dict[str, list[int]] = {}
    for k, line in enumerate(lines):
        for n in _computes("".join(text for _, text in line)):
            found.setdefault(n, []).append(k)
    if algorithm.doc is None:
        return {str(e.n): found[str(e.n)] for e in algorithm.page.equations if str(e.n) in found}
    said = {n: NUMBER.findall(those) for n, those in ELSEWHERE.findall(algorithm.doc)}
    return {
        n: sorted({k for number in those for k in found.get(number, [])})
        for n, those in said.items()
        if any(number in found for number in those)
    }
