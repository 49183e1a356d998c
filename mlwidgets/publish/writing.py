"""The page or the deck of a notebook, written as one file."""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import MLError
from mlwidgets.wholefile import written

from .order import Order, OrderError

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from .made import Made
    from .notebook import Code, Part

POLICY = {"img-src": "data:", "style-src-attr": "'unsafe-inline'"}


def publish(order: Order, warn: Callable[[str], None]) -> None:
    """Write the page or the deck; it appears complete or not at all. MLError where it cannot be."""
    from .executing import executed
    from .notebook import PublishError, read

    book = read(order.source)
    if order.target.resolve() == order.source.resolve():
        raise OrderError(f"{order.target}: is the notebook itself; -o names another file")
    with written(order.target, PublishError) as file:  # a path that cannot be is told first
        if "--execute" in order:
            try:
                made = executed(
                    book,
                    order.source.resolve().parent,
                    warn,
                    tolerant="--allow-errors" in order,
                    patience=order.wait,
                )
            except PublishError as why:
                raise PublishError(f"{order.source}: {why}") from None
        else:
            if _unexecuted(book):
                warn(f"{order.source}: no cell has been executed, so it has no figures: --execute")
            made = _saved(book)
        file.write(page(order, book, made, warn).encode("utf-8", "replace"))
    warn(f"{order.target}: {os.path.getsize(order.target) / 1e6:.2f} MB")


def _unexecuted(book: NotebookNode) -> bool:
    """Has it code, and nothing that says that any of it ran?"""
    cells = [cell for cell in book.cells if cell.cell_type == "code" and cell.source.strip()]
    ran = any(cell.get("execution_count") or cell.get("outputs") for cell in cells)
    return bool(cells) and not ran


def _saved(book: NotebookNode) -> dict[str, Made]:
    from .made import Made
    from .saved import models, saved

    found = {}
    for name, traits in models(book.metadata).items():
        try:
            found[name] = saved(traits)
        except MLError as why:
            found[name] = Made(str(traits["info"].get("title", "")), fault=str(why))
    return found


def page(
    order: Order,
    book: NotebookNode,
    made: dict[str, Made],
    warn: Callable[[str], None],
    policy: dict[str, str] | None = None,
    more: str = "",
) -> str:
    """The HTML. made: each player's figure; policy, more: directives and markup to add."""
    from mlwidgets.pages.document import document

    from .notebook import heading_of, parts
    from .slides import deck, slides_of

    figures = Figures(made, order, warn)
    code: Code = "none" if "--no-code" in order else "beside" if "--slides" in order else "all"
    found = parts(book, order.source.resolve().parent, figures.place, warn, code=code)
    figures.check(book)
    slides = "--slides" in order
    body = deck(slides_of(found)) if slides else _page(found)
    runtime = "deck" if slides else "page"
    style = (files("mlwidgets") / "static" / f"{'deck' if slides else 'notebook'}.css").read_text(
        "utf-8"
    )
    title = order.title or heading_of(book, order.source)
    rules = POLICY | (policy or {})
    return document(
        title=title,
        body=body + more,
        style=style,
        runtime=runtime,
        policy=rules,
        scripts=[script for one in made.values() for script in one.scripts],
    )


def _page(parts: list[Part]) -> str:
    markup = "\n".join(part.markup for part in parts if part.slide != "notes")
    return f'<div data-mlwidgets-themes></div>\n<article class="notebook">\n{markup}\n</article>'


class Figures:
    """The places of a notebook's players, and what is to be told of them."""

    def __init__(self, made: dict[str, Made], order: Order, warn: Callable[[str], None]) -> None:
        self._made, self._order, self._warn = made, order, warn
        self._missing: list[str] = []  # ids of what only a kernel could show

    def place(self, model: str, given: Any) -> str | None:
        """A figure's HTML; None for a widget that is none of ours, which is shown otherwise."""
        made = self._made.get(model)
        if made is None:
            if "image/svg+xml" in given["data"]:  # a player's stand-in
                self._missing.append(model)
            return None
        if made.fault:
            self._warn(f"figure {made.title!r} is left out: {made.fault}")
            return f'<p class="lacking">{html.escape(made.title)}: {html.escape(made.fault)}</p>'
        if made.note:
            self._warn(f"figure {made.title!r}: {made.note}")
        return (
            f'<div class="figure" data-model="{html.escape(model, quote=True)}">{made.markup}'
            f"{self._stills(made) if '--slides' in self._order else ''}</div>"
        )

    def _stills(self, made: Made) -> str:
        each = "".join(
            f"<figure><figcaption>{html.escape(still.name)}</figcaption>{still.svg}</figure>"
            for still in made.stills
        )
        return f'<div class="stills">{each}</div>'

    def check(self, book: NotebookNode) -> None:
        """PublishError where players were found that have no figure, naming their cells."""
        from .executing import named
        from .notebook import PublishError
        from .outputs import WIDGET

        if not self._missing:
            return
        cells = [cell for cell in book.cells if cell.cell_type == "code" and cell.source.strip()]
        names = [
            named(k + 1, cell)
            for k, cell in enumerate(cells)
            for o in cell.outputs
            if (o.get("data") or {}).get(WIDGET, {}).get("model_id") in self._missing
        ]
        said = (
            f"{self._order.source}: its players' state was not saved, in {', '.join(names)}:"
            " save the notebook with widget state (JupyterLab: Settings, Save Widget State"
            " Automatically), or publish with --execute"
        )
        if "--allow-errors" not in self._order:
            raise PublishError(said)
        self._warn(said)
