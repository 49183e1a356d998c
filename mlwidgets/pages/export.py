"""One HTML file for a colleague: the player and all it shows, with no kernel and no network."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import RunError
from mlwidgets.wholefile import written

from .document import document, place
from .figures import figure_of

if TYPE_CHECKING:
    from mlwidgets.player import Player
    from mlwidgets.replay.compare import Comparison
    from mlwidgets.run import Run

THEMES = '<div data-mlwidgets-themes=""></div>'


def asked(player: Player, content: dict[str, Any]) -> None:
    """The player's Export button: the page, into the reader's downloads."""
    page = page_of(player).encode("utf-8", "replace")
    player.deliver(content, f"{file_stem(player.run.name)}.html", "text/html", page)


def file_stem(name: str) -> str:
    """An algorithm's name as a file may be called anywhere: words, at most 80 characters."""
    return re.sub(r"[\W_]+", "_", name).strip("_")[:80] or "run"


def export(shown: Run | Comparison, path: str | os.PathLike[str]) -> None:
    """Write the page; it appears complete or not at all. RunError where it cannot be written."""
    if not getattr(shown, "trace", True):
        raise RunError(f"{getattr(shown, 'name', '')}: has no frame to export")
    with written(path, RunError) as file:  # a path that cannot be is told before the work
        file.write(page_of(shown).encode("utf-8", "replace"))


def page_of(shown: Run | Comparison | Player) -> str:
    """The page's HTML: all that is recorded now, also while it goes on."""
    figure = figure_of(shown)
    body = f"<main>\n{THEMES}\n{place(figure)}\n</main>"
    return document(title=figure.title, body=body)
