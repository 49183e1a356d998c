"""One HTML file for a colleague: players and all they show, with no kernel and no network."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, takewhile
from numbers import Real
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import ParamError, RunError, clip, nearest
from mlwidgets.replay.compare import Comparison
from mlwidgets.run import Run
from mlwidgets.wholefile import written

from .codec import CODECS, known
from .document import document, place
from .figures import Draft, Figure, draft_of, varied

if TYPE_CHECKING:
    from mlwidgets.player import Player

Shown = Run | Comparison
Path = str | os.PathLike[str]
MB = 1e6
THEMES = '<div data-mlwidgets-themes=""></div>'
WORDS = "p.words{max-width:70ch;white-space:pre-line}"


def asked(player: Player, content: dict[str, Any]) -> None:
    """The player's Export: the page, into the reader's downloads."""
    codec, every = str(content.get("codec", "exact")), int(content.get("every", 1))
    figure = draft_of(player).figure(codec, every)
    page = page_of([figure], figure.title).encode("utf-8", "replace")
    player.deliver(content, f"{file_stem(player.run.name)}.html", "text/html", page)


def asked_for_sizes(player: Player, content: dict[str, Any]) -> dict[str, int]:
    """About how many bytes the page would have, by codec."""
    drafts, every = [draft_of(player)], int(content.get("every", 1))
    return {codec: size_of(drafts, codec, every) for codec in CODECS}


def file_stem(name: str) -> str:
    """An algorithm's name as a file may be called anywhere: words, at most 80 characters."""
    return re.sub(r"[\W_]+", "_", name).strip("_")[:80] or "run"


def export(
    shown: Shown,
    path: Path,
    codec: str = "exact",
    every: int = 1,
    max_mb: float | None = None,
    vary: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """See `Run.export`."""
    if vary is not None:
        known(codec, every)
        if not isinstance(shown, Run):
            raise RunError("vary: is for one run; a sweep shows many beside each other")
        drafts = [varied(shown, vary, lambda budget: _say(f"{os.fspath(path)}: {budget}"))]
    else:
        drafts = [_draft(shown)]
    write(path, drafts, drafts[0].bare.title, codec=codec, every=every, max_mb=max_mb)


def export_page(
    figures: Iterable[Shown] | Shown,
    path: Path,
    *,
    title: str = "",
    words: str | Sequence[str] = "",
    codec: str = "exact",
    every: int = 1,
    max_mb: float | None = None,
) -> None:
    """Write several runs and comparisons as one HTML file; they share one runtime.

    title: of the page, by default the first figure's. words: a text above them, or a list of
    texts, one above each. codec, every, max_mb: see `Run.export`. RunError where there is nothing
    to show, or where the file cannot be written.
    """
    shown = [figures] if isinstance(figures, Shown) else list(figures)
    for one in shown:
        _shown(one)
    if not shown:
        raise RunError("a page takes at least one run or comparison")
    texts = [words] if isinstance(words, str) else list(words)
    if not isinstance(words, str) and len(texts) != len(shown):
        raise ParamError(f"words: {len(texts)} for {len(shown)} figures")
    drafts = [_draft(one) for one in shown]
    name = title or drafts[0].bare.title
    heading = f"<h1>{html.escape(title)}</h1>" if title else ""
    write(path, drafts, name, (heading, texts), codec=codec, every=every, max_mb=max_mb)


def asked_by_line(figures: Sequence[Any], path: Any, given: Mapping[str, Any]) -> None:
    """`%ml export`: the options as they were typed; ParamError for what is none."""
    kinds = {"codec": str, "every": int, "max_mb": float, "title": str, "words": str}
    options = {}
    for name, value in given.items():
        if name not in kinds:
            known = ", ".join(kinds)
            raise ParamError(f"no option {name!r}.{nearest(name, kinds)} (known: {known})", name)
        try:
            options[name] = kinds[name](value)
        except (TypeError, ValueError):
            raise ParamError(f"{name}={clip(repr(value), 40)}: must be a number", name) from None
    export_page(figures, path, **options)


def _shown(given: object) -> None:
    if not isinstance(given, Shown):
        raise RunError(f"cannot export {clip(repr(given), 40)}: give runs, or comparisons")


def _draft(shown: Shown) -> Draft:
    if isinstance(shown, Comparison) and shown.closed:
        raise RunError("cannot export what is closed: compare the runs anew")
    return draft_of(shown)


def write(
    path: Path,
    drafts: Sequence[Draft],
    title: str,
    about: tuple[str, Sequence[str]] = ("", ()),
    *,
    codec: str = "exact",
    every: int = 1,
    max_mb: float | None = None,
) -> None:
    """The page, complete or not at all; its predicted size is told before it is written."""
    every = known(codec, every)
    _budget(max_mb)
    with written(path, RunError) as file:  # a path that cannot be is told before the work
        size = size_of(drafts, codec, every)
        where = os.fspath(path)
        if max_mb is not None and size > max_mb * MB:
            raise RunError(f"{where}: {_too_large(drafts, codec, every, size, max_mb)}")
        _say(f"{where}: about {mb(size)}{_told(codec, every)}")
        figures = [draft.figure(codec, every) for draft in drafts]
        file.write(page_of(figures, title, *about).encode("utf-8", "replace"))


def page_of(
    figures: Sequence[Figure], title: str, heading: str = "", words: Sequence[str] = ()
) -> str:
    """The page's HTML. heading: markup, used as it is; words: texts, one above each figure."""
    parts = [THEMES, heading]
    for k, figure in enumerate(figures):
        text = words[k] if k < len(words) else ""
        parts += [f'<p class="words">{html.escape(text)}</p>'] if text else []
        parts.append(place(figure))
    body = "\n".join(["<main>", *filter(None, parts), "</main>"])
    scripts = [script for figure in figures for script in figure.scripts]
    return document(title=title, body=body, style=WORDS if any(words) else "", scripts=scripts)


def size_of(drafts: Sequence[Draft], codec: str, every: int) -> int:
    """About how many bytes the page has."""
    empty = [Figure("", draft.bare.summary, {}, draft.bare.still) for draft in drafts]
    return len(page_of(empty, "").encode()) + sum(draft.weigh(codec, every) for draft in drafts)


def _budget(max_mb: object) -> None:
    if max_mb is not None and (not isinstance(max_mb, Real) or not float(max_mb) > 0):
        raise ParamError(f"max_mb={max_mb!r}: must be a number of megabytes above 0")


def _too_large(drafts: Sequence[Draft], codec: str, every: int, size: int, max_mb: float) -> str:
    """What the page would weigh, and what would fit."""
    over = f"would be about {mb(size)}, more than max_mb={max_mb:g}"
    rows = (one for draft in drafts for one in (draft.first, *(other for _, other in draft.others)))
    longest, most = max(every, *map(len, rows)), max_mb * MB
    each = [*takewhile(lambda by: by < longest, (every * 2**k for k in range(1, 40))), longest]
    sizes = {name: size_of(drafts, name, every) for name in CODECS if name != codec}
    fits = [f'codec="{name}" ({mb(n)})' for name, n in sizes.items() if n <= most]
    fits += _thinned(drafts, codec, each, most)
    fits = fits or [f'codec="small", {both}' for both in _thinned(drafts, "small", each, most)]
    if fits:
        return f"{over}; {' or '.join(fits)} would fit"
    least = mb(size_of(drafts, "small", longest))
    return f'{over}; the smallest it can be is {least} (codec="small", every={longest})'


def _thinned(drafts: Sequence[Draft], codec: str, each: Iterable[int], most: float) -> list[str]:
    """The first `every` with which the page fits, as it is told; none where there is none."""
    sizes = ((by, size_of(drafts, codec, by)) for by in each)
    fits = (f"every={by} ({mb(size)})" for by, size in sizes if size <= most)
    return [*islice(fits, 1)]


def _told(codec: str, every: int) -> str:
    said = [f'codec="{codec}"'] * (codec != "exact") + [f"every={every}"] * (every > 1)
    return f" ({', '.join(said)})" if said else ""


def mb(size: float) -> str:
    """Bytes as a person says them."""
    return f"{size / MB:.2g} MB" if size < 9.95 * MB else f"{size / MB:,.0f} MB"


def _say(text: str) -> None:
    print(text)  # noqa: T201  the cell's output: the reader has just asked for the file
