"""A topic's own views: the code that draws them, read from installed packages and nowhere else.

A trace, a saved notebook or a message may name a view's module. What Python gives to a page is the
text that the plugin installed here has under that name, if one of its algorithm's own views names
it too. A saved notebook holds that text under its hash; without a kernel its page runs it from
there, as it does the player, once it has checked the one against the other.
"""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .errors import MLError, ViewError, clip
from .registry import FORGET, registry

if TYPE_CHECKING:
    from .run import Run
    from .views import View

NAME = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([\w-]+\.js)")
LINKS = re.compile(r"^\s*(?:import\b(?!\s*\()|export\b)", re.MULTILINE)
DEFAULT = re.compile(r"^export default (?=(?:async )?function\b)", re.MULTILINE)
MOST = 200_000  # characters of a module


@cache
def text_of(module: str) -> str:
    """The text of `"package.module:file.js"`; ViewError where there is none, or none that fits."""
    found = NAME.fullmatch(module)
    if not found:
        raise ViewError(f"Own({clip(module)!r}): must be package.module:file.js")
    try:
        text = files(found[1]).joinpath(found[2]).read_text("utf-8")
    except (ImportError, OSError, ValueError, TypeError):
        raise ViewError(f"Own({module!r}): {found[1]} has no file {found[2]!r}") from None
    if len(DEFAULT.findall(text)) != 1 or len(LINKS.findall(text)) != 1:
        raise ViewError(
            f"Own({module!r}): must be one file that imports nothing (its helpers come in `kit`)"
            " and has one line that begins with `export default function`"
        )
    if len(text) > MOST:
        raise ViewError(f"Own({module!r}): has {len(text):,} characters, at most {MOST:,}")
    return text


FORGET.append(text_of.cache_clear)


def sha_of(text: str) -> str:
    """What a page knows a module by."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def modules_of(run: Run, views: Iterable[View]) -> dict[str, dict[str, str]]:
    """What a page needs to draw these views: each module's text and sha, or its fault, by name."""
    return {name: _module(name) for name in sorted({_named(v) for v in trusted(run, views)})}


def _module(name: str) -> dict[str, str]:
    try:
        text = text_of(name)
    except ViewError as why:  # the view says so in its own place
        return {"fault": str(why)}
    return {"sha": sha_of(text), "text": text}


def trusted(run: Run, views: Iterable[View]) -> list[View]:
    """Those of a topic's own views that may be drawn: of what a file names, what is installed."""
    own = [view for view in views if view.kind == "own"]
    if run.info is None or not own:
        return own
    here: tuple[View, ...] = ()
    with suppress(MLError):  # its topic is not installed: its views say so
        here = registry().get(run.name).load().views
    named = {_named(view) for view in own}
    return [view for view in here if view.kind == "own" and _named(view) in named]


def _named(view: View) -> str:
    return str(view.options.get("module", ""))


def _likeness(one: View, other: View) -> tuple[bool, bool]:
    """Of several views of one module, the greatest is the one that a file means."""
    return one.columns == other.columns, one.options.get("still") == other.options.get("still")


def still_of(run: Run, view: View) -> Callable[..., Any] | None:
    """The function that draws a view where no script runs, if it has one."""
    found = max(trusted(run, [view]), key=lambda own: _likeness(own, view), default=None)
    where = str(found.options.get("still", "")) if found else ""
    home, _, name = where.partition(":")
    if not name:
        return None
    drawn = getattr(importlib.import_module(home), name, None)
    return drawn if callable(drawn) else None


def inline(text: str) -> str:
    """A module as a script of a page whose policy lists its hash: it leaves its function there."""
    script = DEFAULT.sub(f'globalThis["mlwidgets:{sha_of(text)}"] = ', text, count=1)
    return f'(() => {{\n"use strict";\n{script}\n}})();'
