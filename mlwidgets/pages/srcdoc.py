"""A cell's output that needs no widget: a complete page in a frame, and a picture behind it.

Other viewers show a widget's place empty, whatever stands beside it; so this output names no
widget. The picture is seen where a viewer strips frames or runs no scripts, else it is hidden.
"""

from __future__ import annotations

import base64
import html
import re
from typing import TYPE_CHECKING

from mlwidgets.errors import RunError
from mlwidgets.shell import in_notebook, replace

from .document import document, place
from .figures import figure_of
from .pictures import together
from .stills import still

if TYPE_CHECKING:
    from mlwidgets.replay.compare import Comparison
    from mlwidgets.run import Run

STYLE = (
    "html,body{background:transparent}body{margin:0;padding:0;max-width:none}"
    "html[data-framed]{background:Canvas}noscript{display:none}"
    "[data-mlwidgets-player]{margin:0}"
)
LANES = 12  # runs of a sweep that a picture has room for
ROOM = 260  # px that controls take beside the figures, until the frame has said how high it is
# The frame says how high it is, and is told whether the text around it is light.
SCRIPT = """
(() => {
  const frame = document.currentScript.previousElementSibling;
  const tell = () => {
    const [r, g, b] = getComputedStyle(frame.parentElement).color.match(/[\\d.]+/g).map(Number);
    const theme = r + g + b > 382 ? "dark" : "light";
    frame.contentWindow?.postMessage({ mlwidgets: "theme", theme }, "*");
  };
  const seen = new MutationObserver(tell);
  for (const node of [document.documentElement, document.body])
    seen.observe(node, { attributes: true });
  addEventListener("message", ({ source, data }) => {
    if (!frame.isConnected) return seen.disconnect();
    if (source !== frame.contentWindow || data?.mlwidgets !== "height") return;
    frame.style.height = Math.min(20000, Math.max(80, Number(data.height) || 0)) + "px";
    frame.previousElementSibling.style.display = "none";
    tell();
  });
})();
"""
OUTPUT = """<div style="display:grid;max-width:1080px">
<img src="data:image/svg+xml;base64,{picture}" alt="{alt}" style="grid-area:1/1;width:100%">
<iframe title="{title}" sandbox="allow-scripts allow-downloads" \
style="grid-area:1/1;width:100%;height:{high}px;border:0" srcdoc="{page}"></iframe>
<script>{script}</script>
</div>"""


def publish(shown: Run | Comparison) -> None:
    """Replace its players in the notebook by this output. RunError where there is no notebook."""
    if not in_notebook():
        raise RunError("there is no notebook to publish in: export(path) writes a file")
    replace(shown, published(shown))


def published(shown: Run | Comparison) -> dict[str, str]:
    """The output, by media type. RunError where there is no frame."""
    figure = figure_of(shown)
    picture = _picture(shown)
    page = document(title=figure.title, body=place(figure), style=STYLE, scripts=figure.scripts)
    markup = OUTPUT.format(
        picture=base64.b64encode(picture.encode("utf-8", "replace")).decode(),
        alt=html.escape(figure.summary.partition("\n")[0]),
        title=html.escape(figure.title),
        high=_high(picture),
        page=html.escape(page),
        script=SCRIPT,
    )
    return {"text/html": markup, "image/svg+xml": picture, "text/plain": figure.summary}


def _picture(shown: Run | Comparison) -> str:
    """The last frame; of runs that are compared, of each that has one, up to LANES."""
    runs = getattr(shown, "runs", [shown])
    lanes = [*zip(runs, getattr(shown, "labels", [""]), strict=True)]
    begun = [(run, label) for run, label in lanes if run.trace][:LANES]
    return still(begun[0][0]) if len(begun) < 2 else together(begun)


def _high(picture: str) -> int:
    found = re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', picture)
    return ROOM + int(float(found[1])) if found else 900
