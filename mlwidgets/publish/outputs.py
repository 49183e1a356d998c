"""A code cell's outputs as inert HTML: coloured text, tables, pictures, equations, errors."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .markdown import Words, equation, picture_of

WIDGET = "application/vnd.jupyter.widget-view+json"
CSI = re.compile(r"\x1b\[([0-9;:]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
STEPS = (0, 95, 135, 175, 215, 255)  # of the 6 x 6 x 6 colours of a terminal

Figure = Callable[[str, Mapping[str, Any]], str | None]
"""The place of a player, given its model's id and the whole output; None for what is no player."""


def output(given: Mapping[str, Any], words: Words, figure: Figure) -> str:
    """One output's HTML; nothing for what cannot be shown."""
    kind = given.get("output_type")
    if kind == "stream":
        return _pre(settled(joined(given.get("text"))), str(given.get("name")))
    if kind == "error":
        trace = "\n".join(given.get("traceback") or ())
        said = f"{given.get('ename')}: {given.get('evalue')}"
        return _pre(trace or said, "error")
    data = given.get("data") or {}
    if WIDGET in data and (place := figure(str(data[WIDGET].get("model_id")), given)):
        return place
    return next(
        (made for mime in SHOWN if mime in data and (made := _shown(mime, data, words))), ""
    )


def _shown(mime: str, data: Mapping[str, Any], words: Words) -> str:
    try:
        return SHOWN[mime](joined(data[mime]), words)
    except ValueError as why:  # base64 or a picture that is none
        words.warn(f"an output of type {mime} is left out: {why}")
        return ""


def _html(markup: str, words: Words) -> str:
    cleaned = words.clean(markup)
    visible = re.sub(r"<(?!img)[^>]*>", "", cleaned).strip()
    return f'<div class="html">{cleaned}</div>' if visible else ""  # a script's empty place


def _png(data: str, _words: Words) -> str:
    return f'<img src="{picture_of(base64.b64decode(data))}" alt="Plot">'


def _svg(markup: str, _words: Words) -> str:
    return f'<img src="{picture_of(markup.encode())}" alt="Plot">'


def _latex(tex: str, words: Words) -> str:
    bare = tex.strip()
    if re.fullmatch(r"\$\$.*\$\$", bare, re.DOTALL):
        return f'<p class="math">{equation(bare[2:-2], display=True)}</p>'
    inner = re.fullmatch(r"\$(?:\\displaystyle\s)?([^$]*)\$", bare, re.DOTALL)
    if inner:
        return f'<p class="math">{equation(inner[1], display=True)}</p>'
    return words.markdown(tex)


SHOWN: dict[str, Callable[[str, Words], str]] = {  # the richest first, as Jupyter has it
    "text/html": _html,
    "text/markdown": lambda text, words: words.markdown(text),
    "image/svg+xml": _svg,
    "text/latex": _latex,
    "image/png": _png,
    "image/jpeg": _png,
    "image/gif": _png,
    "image/webp": _png,
    "text/plain": lambda text, _words: _pre(text, "result"),
}


def _pre(text: str, kind: str) -> str:
    return f'<pre class="{html.escape(kind)}">{ansi(text.rstrip())}</pre>' if text.strip() else ""


def joined(value: Any) -> str:
    """A notebook holds long texts in lines."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value or "")


def settled(text: str) -> str:
    """As a terminal would have left it: a progress bar's last state."""
    lines = (re.sub(r"^.*\r(?=[^\r])", "", line.rstrip("\r")) for line in text.split("\n"))
    kept = "\n".join(lines)
    while (shorter := re.sub(r"[^\x08\n]\x08", "", kept)) != kept:
        kept = shorter
    return kept.replace("\b", "")


def ansi(text: str) -> str:
    """A terminal's colours as spans; what else it would obey is left out."""
    parts, at, look = [], 0, _Look()
    for found in CSI.finditer(text):
        parts.append(look.span(text[at : found.start()]))
        at = found.end()
        if found[2] == "m":
            look.take([int(n) if n else 0 for n in re.split("[;:]", found[1] or "0")])
    return "".join([*parts, look.span(text[at:])])


class _Look:
    """How a terminal writes at the moment."""

    def __init__(self) -> None:
        self.ink = self.paper = ""
        self.flags: set[str] = set()

    def span(self, text: str) -> str:
        inert = html.escape("".join(c for c in text if c in "\n\t" or c >= " "))
        named = [f"ansi-{kind}" for kind in sorted(self.flags)]
        styles = []
        for kind, value in (("color", self.ink), ("background-color", self.paper)):
            if value.startswith("#"):
                styles.append(f"{kind}:{value}")
            elif value:
                named.append(f"ansi-{value}{'-back' if kind != 'color' else ''}")
        if not inert or not (named or styles):
            return inert
        classes = f' class="{" ".join(named)}"' if named else ""
        style = f' style="{";".join(styles)}"' if styles else ""
        return f"<span{classes}{style}>{inert}</span>"

    def take(self, codes: list[int]) -> None:
        rest = iter(codes)
        for code in rest:
            if code == 0:
                self.__init__()  # type: ignore[misc]  # back to how it began
            elif code in FLAGS:
                self.flags.add(FLAGS[code])
            elif code in ENDS:
                self.flags -= ENDS[code]
            elif code in (38, 48):
                self._colour(code == 38, _mixed(rest))
            elif 30 <= code <= 49 or 90 <= code <= 107:
                plain = code % 10 == 9
                self._colour(code // 10 in (3, 9), "" if plain else COLOURS[code % 10])

    def _colour(self, ink: bool, value: str) -> None:
        if ink:
            self.ink = value
        else:
            self.paper = value


FLAGS = {1: "bold", 3: "italic", 4: "underline", 7: "inverse"}
ENDS = {22: {"bold"}, 23: {"italic"}, 24: {"underline"}, 27: {"inverse"}}


def _mixed(rest: Iterator[int]) -> str:
    """The colour after 38 or 48: 5;n of a table, or 2;r;g;b."""
    kind = next(rest, 0)
    if kind == 2:
        r, g, b = (min(255, next(rest, 0)) for _ in range(3))
        return f"#{r:02x}{g:02x}{b:02x}"
    n = min(255, next(rest, 0))
    if n < 16:
        return COLOURS[n % 8]
    if n >= 232:
        return f"#{8 + 10 * (n - 232):02x}" + f"{8 + 10 * (n - 232):02x}" * 2
    k = n - 16
    return f"#{STEPS[k // 36]:02x}{STEPS[k // 6 % 6]:02x}{STEPS[k % 6]:02x}"
