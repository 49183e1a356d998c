"""Sixty hostile strings, and a run that has them in every place that shows text."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from mlwidgets import Frames, Text
from mlwidgets.algorithms import Algorithm
from mlwidgets.page import Equation, Page, Try
from mlwidgets.run import Run
from mlwidgets.views import View

# What is executed calls hit(); what is fetched goes to this host.
OUT = "http://outside.invalid"
EXECUTING = (
    "<script>top.hit()</script>",
    "<ScRiPt>top.hit()</sCrIpT>",
    f"<script src='{OUT}/a.js'></script>",
    "</script><script>top.hit()</script>",
    "]]></script><script>top.hit()</script>",
    "--></style></script><img src=x onerror=top.hit()>",
    "<img src=x onerror=top.hit()>",
    f"<img src={OUT}/b.png>",
    "<img src=x:x onerror='top.hit()'>",
    "<svg onload=top.hit()>",
    "<svg><script>top.hit()</script></svg>",
    "<svg><animate onbegin=top.hit() attributeName=x dur=1s>",
    f"<svg><image href='{OUT}/c.png'/></svg>",
    f"<svg><use href='{OUT}/d.svg#x'/></svg>",
    "<svg><style>@import url(http://outside.invalid/e.css)</style></svg>",
    "<math><mtext><img src=x onerror=top.hit()></mtext></math>",
    "<details open ontoggle=top.hit()>",
    "<body onload=top.hit()>",
    "<video><source onerror=top.hit()></video>",
    "<audio src=x onerror=top.hit()>",
    "<input autofocus onfocus=top.hit()>",
    "<iframe srcdoc='<script>top.hit()</script>'></iframe>",
    "<iframe src='javascript:top.hit()'></iframe>",
    f"<iframe src='{OUT}/f.html'></iframe>",
    f"<object data='{OUT}/g.swf'></object>",
    f"<link rel=stylesheet href='{OUT}/h.css'>",
    f"<meta http-equiv=refresh content='0;url={OUT}/i'>",
    f"<base href='{OUT}/'>",
    '"><img src=x onerror=top.hit()>',
    "'><img src=x onerror=top.hit()>",
    '" onmouseover=top.hit() autofocus onfocus=top.hit() x="',
    "' style='animation:x' onanimationstart='top.hit()",
    "`><img src=x onerror=top.hit()>",
    "</title><img src=x onerror=top.hit()>",
    "</style><img src=x onerror=top.hit()>",
    "</textarea><img src=x onerror=top.hit()>",
    "</option></select><img src=x onerror=top.hit()>",
    "</text></svg><img src=x onerror=top.hit()>",
    "<noscript><p title='</noscript><img src=x onerror=top.hit()>'>",
    "<a href='javascript:top.hit()' id=clickme>press</a>",
    "&lt;img src=x onerror=top.hit()&gt;",
    "&#60;script&#62;top.hit()&#60;/script&#62;",
    "\\u003cscript\\u003etop.hit()\\u003c/script\\u003e",
)
BREAKING = (
    '";top.hit();//',
    "';top.hit();//",
    "${top.hit()}",
    "{{constructor.constructor('top.hit()')()}}",
    '"}]};top.hit();[{"',
    "\u2028top.hit()\u2029",
    "\\unicode{<img src=x onerror=top.hit()>}",
    "$\\href{javascript:top.hit()}{x}$",
    "\\end{document} \\(x\\) $$y$$ %",
    "{a} {0} %s %(x)s {alpha!r}",
    "\u202eevil\u202d \u2066right\u2069 \u200f",
    "a\0b\x01c\x08d\x1be\x7f",
    "lone \ud800 surrogate \udfff",
    "\x1b]8;;http://outside.invalid\x07link\x1b]8;;\x07 \x1b[31mred",
    "e\u0301\u0302\u0303\u0304\u0305\u0306\u0307 \u200b\u200d\ufeff zero",
    "<!-- top.hit()",
    "<textarea><plaintext>",
)
STRINGS = (*EXECUTING, *BREAKING)
assert len(STRINGS) == len(set(STRINGS)) == 60

GROUPS = 6
BETWEEN = " · "


def group(n: int) -> tuple[str, ...]:
    """Every sixth string: those that would swallow what follows come last."""
    return STRINGS[n::GROUPS]


def joined(texts: tuple[str, ...]) -> str:
    return BETWEEN.join(texts)


def algorithm(texts: tuple[str, ...]) -> Algorithm[Any, Any]:
    """Ten of them in every place that an author's text can reach."""
    whole = joined(texts)
    numbers = [f"{text} n" for text in texts if "\ud800" not in text]  # a name is whole

    def hostile(word: str, body: Text, choice: str, wrong: bool) -> Frames[dict[str, Any]]:
        for k in range(6):
            if wrong and k == 5:
                raise ValueError(whole)
            yield {
                **dict.fromkeys(numbers, k / 3),
                "said": whole,
                "tokens": list(texts),
                "bars": np.arange(len(texts)) + k,
                "matrix": np.outer(np.arange(len(texts)), np.arange(len(texts))) * k,
            }

    hostile.__defaults__ = (whole, whole, texts[0], False)
    hostile.__annotations__["choice"] = Literal.__getitem__(texts)
    hostile.__annotations__["return"] = Frames[dict[str, Any]]
    hostile.__annotations__.update(word=Annotated[str, whole], body=Text, wrong=bool)
    views = (
        View("line", tuple(numbers[:5]), whole, whole),
        View("values", tuple(numbers), whole),
        View("words", ("said",), whole, whole),
        View("words", ("tokens",), whole),
        View("bars", ("bars",), whole, options={"labels": "tokens"}),
        View("heatmap", ("matrix",), whole, options={"rows": "tokens", "cols": "tokens"}),
    )
    made: Algorithm[Any, Any] = Algorithm(hostile, views, name=texts[0])
    made.__dict__["page"] = Page(
        title=whole,
        summary=whole,
        citation=f"{whole} (2020) doi:10.1/{texts[0]}",
        equations=tuple(Equation(k, text, text) for k, text in enumerate(texts)),
        where=dict.fromkeys(("word", "body", "choice", "said", *numbers), whole),
        watch=whole,
        tries=tuple(Try("wrong=true", text) for text in texts),
    )
    return made


def run_of(n: int) -> Run:
    """A run of ten of the strings at its last frame, with an error, a note and a parameter."""
    made = Run(algorithm(group(n)), {"wrong": True}).step(4)
    made.step()
    made._core.note = joined(group(n))
    made._core._tell()
    return made
