"""A complete page for any browser, with no network: policy, styles, figures, and one runtime.

The page carries its own Content-Security-Policy: only the scripts and the styles whose hashes it
lists may act, and nothing may be fetched. The runtime travels gzipped; a small script unpacks it
and hands it to the page as text that the policy lists, too.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from mlwidgets.errors import sayable

from .figures import Figure

STYLE = (
    "html{color-scheme:light dark}html[data-theme=light]{color-scheme:light}"
    "html[data-theme=dark]{color-scheme:dark}"
    "body{margin:0;padding:24px;max-width:1080px;margin-inline:auto;"
    "font:16px/1.5 system-ui,sans-serif}"
    "@media(max-width:600px){body{padding:12px}}"
    "[data-mlwidgets-player]{margin-block:0 24px}"
    "[data-mlwidgets-themes]{display:flex;justify-content:flex-end;margin-block-end:12px;"
    "font-size:13px;min-height:28px}"
    "[data-mlwidgets-themes] select{font:inherit;padding:4px;margin-inline-start:6px}"
    "@media print{[data-mlwidgets-themes]{display:none}[data-mlwidgets-player]{break-inside:avoid}}"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{styles}
</head>
<body>
{body}
<script type="application/octet-stream" data-mlwidgets="runtime">{runtime}</script>
<script>{unpack}</script>
</body>
</html>
"""


def place(figure: Figure, *, classes: str = "") -> str:
    """A figure as an element for anywhere in a body; without scripts, its picture and its text."""
    named = f' class="{html.escape(classes)}"' if classes else ""
    absent = f"<noscript>{figure.still}<pre>{html.escape(figure.summary)}</pre></noscript>"
    return f"<div data-mlwidgets-player{named}>\n{figure.islands()}\n{absent}\n</div>"


def document(
    *,
    title: str,
    body: str,
    style: str = "",
    runtime: str = "page",
    policy: Mapping[str, str] | None = None,
    scripts: Iterable[str] = (),
) -> str:
    """The page's HTML. body, style: markup and CSS, used as they are; title: a text.

    runtime: the name of a script among ours. policy: directives beside, or in place of, our own.
    scripts: `Figure.scripts` of what stands in the body; no other may act.
    """
    packed, digest, unpack = _runtime(runtime)
    sheets = [STYLE, *([style] if style else [])]
    rules = {
        "default-src": "'none'",
        "script-src": " ".join([source(unpack), digest, *sorted(set(map(source, scripts)))]),
        "style-src": " ".join(map(source, sheets)),
        "base-uri": "'none'",
        "form-action": "'none'",
        **(policy or {}),
    }
    return PAGE.format(
        policy=html.escape("; ".join(f"{name} {value}" for name, value in rules.items())),
        title=html.escape(str(sayable(title))),
        styles="\n".join(f"<style>{sheet}</style>" for sheet in sheets),
        body=body,
        runtime=packed,
        unpack=unpack,
    )


@cache
def _runtime(name: str) -> tuple[str, str, str]:
    """A script of ours, packed; its source expression; the script that unpacks it."""
    static = files("mlwidgets") / "static"
    code = (static / f"{name}.js").read_bytes().strip()
    packed = base64.b64encode(gzip.compress(code, 9, mtime=0)).decode()
    unpack = (static / "unpack.js").read_text("utf-8").strip()
    return packed, source(code.decode()), unpack


def source(text: str) -> str:
    """A script or style sheet as the policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
