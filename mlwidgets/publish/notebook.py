"""A notebook's cells as parts of a page: their HTML, and where they stand in a deck."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from mlwidgets.errors import RunError, clip

from .markdown import Words, opens_with_heading, sections, title_of
from .outputs import Figure, joined, output

if TYPE_CHECKING:
    from nbformat import NotebookNode

MOST_BYTES = 512 * 2**20
HIDES = {  # tags as Jupyter Book spells them: what they do to input and output
    "remove-cell": ("gone", "gone"),
    "hide-cell": ("folded", "folded"),
    "remove-input": ("gone", ""),
    "hide-input": ("folded", ""),
    "remove-output": ("", "gone"),
    "hide-output": ("", "folded"),
}


Code = Literal["all", "beside", "none"]
"""Which inputs are open: all, those without a figure (which needs the room), or none at all."""


class PublishError(RunError):
    """A notebook that cannot be published."""


@dataclass
class Part:
    """One piece of a page: a cell, or what follows a heading inside one.

    slide: slide, subslide, fragment, notes, skip, or nothing for what belongs to the part before.
    heading: begins with a heading of level 1 or 2.
    """

    markup: str
    slide: str = ""
    heading: bool = False
    title: str = ""
    figures: list[str] = field(default_factory=list)  # model ids, in order


def read(path: str | os.PathLike[str]) -> NotebookNode:
    """The notebook in a file, as version 4; PublishError where there is none."""
    import nbformat
    from nbformat.validator import normalize

    target = Path(path)
    try:
        if target.stat().st_size > MOST_BYTES:
            raise PublishError(f"{target}: is larger than {MOST_BYTES >> 20} MB")
        given = json.loads(target.read_text("utf-8"))
    except OSError as why:
        raise PublishError(f"{target}: cannot be read: {why.strerror or why}") from None
    except (ValueError, RecursionError):
        raise PublishError(f"{target}: is not a notebook (it is no JSON)") from None
    version = given.get("nbformat") if isinstance(given, dict) else None
    if not isinstance(version, int):
        raise PublishError(f"{target}: is not a notebook (it names no nbformat)")
    if version > 4:
        raise PublishError(f"{target}: is a notebook of version {version}, 4 is the newest known")
    try:
        known: Any = nbformat  # it publishes no types
        newest = known.convert(known.reader.reads(json.dumps(given)), 4)
        _, book = normalize(newest)
        nbformat.validate(book, relax_add_props=True)
    except Exception as why:  # each old version's converter has its own
        first = str(why).splitlines()[0] if str(why) else type(why).__name__
        raise PublishError(f"{target}: is a damaged notebook: {clip(first, 160)}") from None
    return cast("NotebookNode", book)


def parts(
    book: NotebookNode, folder: Path, figure: Figure, warn: Callable[[str], None], *, code: Code
) -> list[Part]:
    """Every cell that is to be seen, in order."""
    language = str(book.metadata.get("language_info", {}).get("pygments_lexer", "ipython3"))
    words = Words(folder, warn, lambda text, name: coloured(text, name or "text"))
    found = []
    for cell in book.cells:
        shows = _shows(cell)
        if shows == ("gone", "gone"):
            continue
        slide = str(cell.metadata.get("slideshow", {}).get("slide_type", ""))
        made = (
            _code(
                cell,
                words,
                figure,
                language,
                (shows[0] if code != "none" else "gone", shows[1]),
                code,
            )
            if cell.cell_type == "code"
            else _texts(cell, words)
        )
        for k, part in enumerate(made):
            part.slide = "" if slide == "-" or k else slide
        found += made
    return found


def _shows(cell: Any) -> tuple[str, str]:
    """What becomes of a cell's input and output: nothing said, folded, or gone."""
    jupyter = cell.metadata.get("jupyter", {})
    ways = [HIDES[tag] for tag in cell.metadata.get("tags", ()) if tag in HIDES]
    if jupyter.get("source_hidden"):
        ways.append(HIDES["hide-input"])
    if jupyter.get("outputs_hidden"):
        ways.append(HIDES["hide-output"])
    return tuple(  # type: ignore[return-value]  # a pair, made of pairs
        max((way[side] for way in ways), key=["", "folded", "gone"].index, default="")
        for side in (0, 1)
    )


def _texts(cell: Any, words: Words) -> list[Part]:
    if cell.cell_type != "markdown":  # a raw cell is for another program
        return []
    pieces = sections(cell.source)
    return [
        Part(
            f'<div class="words">{words.markdown(piece, cell.get("attachments"))}</div>',
            heading=opens_with_heading(piece),
            title=title_of(piece),
        )
        for piece in pieces
        if piece.strip()
    ]


def _code(
    cell: Any, words: Words, figure: Figure, language: str, shows: tuple[str, str], code: Code
) -> list[Part]:
    known: list[str] = []

    def placed(model: str, given: Mapping[str, Any]) -> str | None:
        place = figure(model, given)
        if place:
            known.append(model)
        return place

    made = ""
    if shows[1] != "gone":
        outputs = [output(o, words, placed) for o in merged(cell.outputs)]
        drawn = "".join(f'<div class="output">{one}</div>' for one in outputs if one)
        made = _folded(drawn, "Output", shows[1]) if drawn else ""
    if cell.source.strip():
        folds = known and code == "beside" and "show-input" not in cell.metadata.get("tags", ())
        way = shows[0] or ("folded" if folds else "")
        made = _folded(coloured(cell.source, language), "Code", way) + made
    return [Part(f'<div class="cell">{made}</div>', figures=known)] if made else []


def _folded(markup: str, name: str, way: str) -> str:
    if way == "gone":
        return ""
    return f"<details><summary>{name}</summary>{markup}</details>" if way else markup


def merged(outputs: Iterable[Any]) -> list[Any]:
    """Pieces of one stream that follow each other are one text."""
    found: list[Any] = []
    for given in outputs:
        last = found[-1] if found else {}
        if given.get("output_type") == "stream" == last.get("output_type") and given.get(
            "name"
        ) == last.get("name"):
            found[-1] = {**last, "text": joined(last.get("text")) + joined(given.get("text"))}
        else:
            found.append(given)
    return found


def coloured(text: str, language: str) -> str:
    """Code with its words coloured, as spans with Pygments' short names."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter

    made = highlight(text.rstrip("\n"), _lexer(language), HtmlFormatter(nowrap=True))
    name = html.escape(language, quote=True)
    return f'<pre class="code" data-language="{name}"><code>{made}</code></pre>'


@cache
def _lexer(language: str) -> Any:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    name = language if re.fullmatch(r"[\w+.#-]{1,40}", language) else "text"
    for way in (name, "python" if name.startswith("ipython") else "text"):
        try:
            return get_lexer_by_name(way, stripnl=False)
        except ClassNotFound:
            continue
    raise AssertionError("Pygments knows plain text")


def heading_of(book: NotebookNode, path: Path) -> str:
    """What the notebook calls itself: in its metadata, by its first heading, or its file's name."""
    told = str(book.metadata.get("title") or "")
    texts = (cell.source for cell in book.cells if cell.cell_type == "markdown")
    return told or next((said for text in texts if (said := title_of(text))), "") or path.stem
