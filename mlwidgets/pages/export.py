"""One HTML file for a colleague: the player and a whole trace, with no kernel and no network.

The page carries its own Content-Security-Policy: only the script and the style whose hashes it
lists may act, and nothing may be fetched. Every value is exact.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import os
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import RunError, sayable
from mlwidgets.info import data_of, state_of
from mlwidgets.replay.card import info_to_keep
from mlwidgets.replay.verify import latest
from mlwidgets.tracefile import shuffled
from mlwidgets.wholefile import written

if TYPE_CHECKING:
    from mlwidgets.player import Player
    from mlwidgets.run import Run
    from mlwidgets.trace import Trace

STYLE = (
    "html{color-scheme:light dark}body{margin:0;padding:24px;max-width:1080px;margin-inline:auto}"
)
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}';"
    " base-uri 'none'; form-action 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
<main>
{islands}
<noscript><pre>{summary}</pre></noscript>
</main>
<script>{script}</script>
</body>
</html>
"""


def asked(player: Player, content: dict[str, Any]) -> None:
    """The player's Export button: the page, into the reader's downloads."""
    page = page_of(player.run).encode("utf-8", "replace")
    player.deliver(content, f"{file_stem(player.run.name)}.html", "text/html", page)


def file_stem(name: str) -> str:
    """An algorithm's name as a file may be called anywhere: words, at most 80 characters."""
    return re.sub(r"[\W_]+", "_", name).strip("_")[:80] or "run"


def export(run: Run, path: str | os.PathLike[str]) -> None:
    """Write the page; it appears complete or not at all. RunError where it cannot be written."""
    if not run.trace:
        raise RunError(f"{run.name}: has no frame to export")
    with written(path, RunError) as file:  # a path that cannot be is told before the work
        file.write(page_of(run).encode("utf-8", "replace"))


def page_of(run: Run) -> str:
    """The page's HTML: all that is recorded now, also while the run goes on."""
    script = (files("mlwidgets") / "static" / "page.js").read_text("utf-8")
    trace, found = run.trace.snapshot(), latest(run)
    info = info_to_keep(run) | {"card": run.card().to_json()}
    parts = {
        "info": info | ({"verified": found.to_json()} if found else {}),
        "state": _state(run, trace),
        "trace": _trace_island(trace),
    }
    policy = POLICY.format(script=_hash(script), style=_hash(STYLE))
    return PAGE.format(
        policy=html.escape(policy),
        title=html.escape(sayable(run.algorithm.title)),
        css=STYLE,
        islands="\n".join(_island(name, value) for name, value in parts.items()),
        summary=html.escape(run.summary()),
        script=script,
    )


def _state(run: Run, trace: Trace) -> dict[str, Any]:
    """The run's state at the last frame of the page; one that has not ended says so."""
    state = {**state_of(run, run._core, 1), "count": len(trace)}
    if state["status"] in ("ready", "running", "paused"):
        state["note"] = f"Exported at frame {trace.last}, before the run had ended."
    return state


def _hash(text: str) -> str:
    """A source expression of the policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _island(name: str, value: Any) -> str:
    """JSON that a page's parser cannot take for anything else."""
    text = json.dumps(_plain(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    inert = text.replace("<", "\\u003c")
    return f'<script type="application/json" data-mlwidgets="{name}">{inert}</script>'


def _plain(value: Any) -> Any:
    """JSON has no infinities: they are absent."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float) and value - value != 0:
        return None
    return value


def _trace_island(trace: Trace) -> dict[str, Any]:
    """Every column of every recorded frame, gzipped; fixed shapes as differences in time."""
    count = len(trace)
    columns, buffers = data_of(trace, (0, count), (0, count))
    texts = list(buffers)
    for column in columns:
        if "buffer" in column and "sizes" not in column:
            k = column["buffer"]
            texts[k] = shuffled(texts[k], column["dtype"], count)
            column["delta"] = True
    packed = [base64.b64encode(gzip.compress(b, 9, mtime=0)).decode() for b in texts]
    return {"cols": columns, "count": count, "gz": True, "buffers": packed}
