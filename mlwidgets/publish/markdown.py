"""Markdown and HTML of a notebook as inert HTML: equations as MathML, pictures inside the page.

Whatever a cell or an output holds, only elements and attributes that cannot act are left of it.
What we make ourselves (equations, coloured code) is set in afterwards.
"""

from __future__ import annotations

import base64
import html
import re
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree  # parses what latex2mathml has made

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.dollarmath.index import math_inline_dollar

from mlwidgets.errors import clip
from mlwidgets.page import readable

ELEMENTS = """
    a abbr b blockquote br caption center cite code col colgroup dd del details dfn div dl dt em
    figcaption figure hr i img ins kbd li mark ol p pre q s samp small span strike strong sub
    summary sup table tbody td tfoot th thead tr tt u ul var wbr"""
LOOKS = """
    color background-color font-weight font-style font-size font-family text-align text-decoration
    vertical-align white-space width max-width height border border-color border-style
    border-width border-bottom border-top border-left border-right border-radius padding margin
    margin-top margin-bottom margin-left margin-right"""
OF_MATH = """
    columnalign columnspan rowspan columnlines rowlines columnspacing rowspacing display
    displaystyle fence form linethickness lspace rspace mathvariant maxsize minsize movablelimits
    notation separator stretchy symmetric width height depth accent accentunder"""
UNSEEN = re.compile(r"\\label\s*\{[^{}]*\}|\\(?:nonumber|notag)(?![A-Za-z])")
LIMITS = ("max", "min", "sup", "inf", "lim", "argmax", "argmin", "Pr")
HEADINGS = frozenset(f"h{n}" for n in range(1, 7))
TAGS = {*HEADINGS, *ELEMENTS.split()}
PROPERTIES = set(LOOKS.split())  # how a thing looks, never where on the screen it goes
MATH = set(OF_MATH.split())
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"title", "lang", "dir", "style", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan", "valign"},
    "th": {"colspan", "rowspan", "scope", "valign"},
    "col": {"span"},
    "details": {"open"},
    "table": {"class", "border"},
    **{heading: {"id"} for heading in HEADINGS},
}
INSIDE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml)[;,]")
SCHEMES = {"http", "https", "mailto", "attachment", "data", "file"}
IDENTITY = re.compile(r'(?<=<h\d )([^>]*?)\bid="([^"]+)"')  # of a heading
MOST_IMAGE = 32 * 2**20  # bytes of one picture
PICTURES = {  # first bytes, type
    b"\x89PNG\r\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
ENVIRONMENTS = re.compile(  # what is aligned, under the one name that latex2mathml knows for it
    r"\\(begin|end)\{(?:align|aligned|split|eqnarray\*?|gathered|gather\*?)\}"
)


@dataclass
class Words:
    """Makes inert HTML of a notebook's texts.

    folder: where pictures lie, or below. warn: is told, in a line, of a picture that is left out.
    code: colours a fenced block, given its text and language.
    """

    folder: Path
    warn: Callable[[str], None]
    code: Callable[[str, str], str]
    attachments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    headings: Counter[str] = field(default_factory=Counter)

    def markdown(self, text: str, attachments: Mapping[str, Any] | None = None) -> str:
        """The HTML of one Markdown text; `attachments` are its cell's pictures."""
        self.attachments = attachments or {}
        kept = _Kept()
        parser = _parser()
        rules: dict[str, Callable[[str], str]] = {
            "math_inline": equation,
            "math_inline_double": lambda tex: equation(tex, display=True),
            "math_block": lambda tex: equation(tex, display=True),
            "amsmath": lambda tex: equation(tex, display=True),
        }
        env = {"keep": kept.keep, "rules": rules, "code": self.code}
        return kept.back(self.clean(parser.render(text, env)))

    def clean(self, markup: str) -> str:
        """What cannot act of somebody's HTML."""
        cleaned = nh3.clean(
            markup,
            tags=TAGS,
            clean_content_tags={"script", "style", "template", "title", "svg", "math", "iframe"},
            attributes=ATTRIBUTES,
            attribute_filter=self._attribute,
            url_schemes=SCHEMES,
            link_rel="noopener noreferrer",
            filter_style_properties=PROPERTIES,
        )
        return IDENTITY.sub(self._only, cleaned)

    def _only(self, found: re.Match[str]) -> str:
        """A heading's name, and a number where an earlier one has the name already."""
        name = found[2]
        while name in self.headings:
            self.headings[found[2]] += 1
            name = f"{found[2]}-{self.headings[found[2]]}"
        self.headings[name] = 1
        return f'{found[1]}id="{name}"'

    def _attribute(self, tag: str, name: str, value: str) -> str | None:
        if name == "src":
            return self.picture(value)
        if name == "href":
            known = urlsplit(value.strip()).scheme.lower() in ("http", "https", "mailto")
            return value if known or value.startswith("#") else None
        if name == "id":
            return value if re.fullmatch(r"[\w.\-]+", value) else None
        if name == "class":
            return "dataframe" if "dataframe" in value.split() else None
        return value

    def picture(self, source: str) -> str | None:
        """A picture as a `data:` address; None, and a warning, where it cannot be had."""
        if source.startswith("data:"):
            return source if INSIDE.match(source) else None
        found = self._attached if source.startswith("attachment:") else self._local
        try:
            return found(source)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            self.warn(f"picture {clip(source, 120)!r} is left out: {why}")
            return None

    def _attached(self, source: str) -> str:
        name = unquote(source.partition(":")[2])
        bundle = self.attachments.get(name) or {}
        for mime, data in bundle.items():
            if mime.startswith("image/"):
                return picture_of(base64.b64decode(_joined(data)))
        raise ValueError("the cell has no such attachment")

    def _local(self, source: str) -> str:
        parts = urlsplit(source)
        if parts.scheme in ("http", "https") or parts.netloc:
            raise ValueError("the page would fetch it; save it beside the notebook")
        path = (self.folder / unquote(parts.path)).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise ValueError("it lies outside the notebook's folder")
        if not path.is_file():
            raise ValueError("there is no such file")
        if path.stat().st_size > MOST_IMAGE:
            raise ValueError(f"it is larger than {MOST_IMAGE >> 20} MB")
        return picture_of(path.read_bytes())


def picture_of(data: bytes) -> str:
    """Bytes of a PNG, JPEG, GIF, WebP or SVG as an address; ValueError for anything else."""
    mime = next((mime for start, mime in PICTURES.items() if data.startswith(start)), "")
    if not mime and b"<svg" in data[:2000]:
        mime = "image/svg+xml"
    if not mime:
        raise ValueError("it is no PNG, JPEG, GIF, WebP or SVG")
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


class _Kept:
    """Markup of ours that the cleaning must not see: a name nobody can guess stands for it."""

    def __init__(self) -> None:
        self._name = f"kept{secrets.token_hex(12)}x"
        self._parts: list[str] = []

    def keep(self, markup: str) -> str:
        self._parts.append(markup)
        return f"{self._name}{len(self._parts) - 1}x"

    def back(self, text: str) -> str:
        return re.sub(rf"{self._name}(\d+)x", lambda found: self._parts[int(found[1])], text)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, double_inline=True)
    parser.inline.ruler.at("math_inline", _dollars)
    parser.use(amsmath_plugin)
    for rule in ("math_inline", "math_inline_double", "math_block", "amsmath"):
        parser.add_render_rule(rule, _math)
    parser.add_render_rule("math_block_label", _numbered)
    parser.add_render_rule("fence", _fence)
    parser.add_render_rule("code_block", _fence)
    parser.add_render_rule("heading_open", _heading)
    return parser


_between_dollars = math_inline_dollar(allow_digits=False, allow_double=True)


def _dollars(state: StateInline, silent: bool) -> bool:
    """An equation in a line; the plugin takes the last character for the one before the first."""
    text = state.src
    state.src, state.pos, state.posMax = f" {text}", state.pos + 1, state.posMax + 1
    try:
        return _between_dollars(state, silent)
    finally:
        state.src, state.pos, state.posMax = text, state.pos - 1, state.posMax - 1


def _math(self: Any, tokens: Any, idx: int, options: Any, env: Any) -> str:
    token = tokens[idx]
    return str(env["keep"](env["rules"][token.type](token.content)))


def _numbered(self: Any, tokens: Any, idx: int, options: Any, env: Any) -> str:
    """A displayed equation with what is written in brackets behind it."""
    token = tokens[idx]
    made = env["keep"](env["rules"]["math_block"](token.content))
    return f"<p>{made} ({html.escape(token.info)})</p>\n"


def _fence(self: Any, tokens: Any, idx: int, options: Any, env: Any) -> str:
    token = tokens[idx]
    language = token.info.split()[0] if token.info.split() else ""
    return f"{env['keep'](env['code'](token.content, language))}\n"


def _heading(self: Any, tokens: Any, idx: int, options: Any, env: Any) -> str:
    """A heading can be linked to as in Jupyter: by its words with hyphens."""
    words = re.sub(r"[^\w.\-]+", "-", _said(tokens[idx + 1]))
    return f'<{tokens[idx].tag} id="{html.escape(words)}">'


def sections(text: str) -> list[str]:
    """A Markdown text cut before each heading of level 1 or 2."""
    lines = text.splitlines(keepends=True)
    tokens = _parser().parse(text, {})
    heads = (t for t in tokens if t.type == "heading_open" and t.tag in ("h1", "h2"))
    cuts = [t.map[0] for t in heads if t.map and t.map[0] and not t.level]
    return ["".join(lines[a:b]) for a, b in pairwise([0, *cuts, len(lines)])]


def title_of(text: str) -> str:
    """The words of the first heading, or nothing."""
    tokens = _parser().parse(text, {})
    at = next((k for k, token in enumerate(tokens) if token.type == "heading_open"), None)
    if at is None:
        return ""
    return _said(tokens[at + 1])


def _said(inline: Any) -> str:
    """The words of a line, without their marks."""
    return "".join(part.content for part in inline.children or ()).strip()


def opens_with_heading(text: str) -> bool:
    """Does it begin with a heading of level 1 or 2?"""
    tokens = _parser().parse(text, {})
    return bool(tokens) and tokens[0].type == "heading_open" and tokens[0].tag in ("h1", "h2")


def equation(tex: str, *, display: bool = False) -> str:
    """TeX as MathML; what cannot be converted is shown as it was typed."""
    from latex2mathml.converter import convert

    source = ENVIRONMENTS.sub(r"\\\1{align*}", UNSEEN.sub("", tex).strip())
    try:
        made = convert(readable(source), display="block" if display else "inline")
        root = ElementTree.fromstring(made)  # noqa: S314  made one line above, from no file
    except Exception:  # the parser raises many kinds
        tag = "pre" if display else "code"
        return f"<{tag}>{html.escape(tex.strip())}</{tag}>"
    _inert(root)
    if display:
        _limits(root)
    return ElementTree.tostring(root, encoding="unicode", default_namespace=None)


def _inert(element: ElementTree.Element) -> None:
    """Names without their namespace, and attributes that say how, never what to do."""
    tag = element.tag.rpartition("}")[2]
    element.tag = tag if re.fullmatch(r"m[a-z]+", tag) else "mrow"
    element.attrib = {k: v for k, v in element.attrib.items() if k in MATH}
    for child in element:
        _inert(child)


def _limits(root: ElementTree.Element) -> None:
    """In a displayed equation, what an operator ranges over stands under it."""
    for element in root.iter("msub"):
        if len(element) and "".join(element[0].itertext()).replace("\u2006", "") in LIMITS:
            element.tag = "munder"


def _joined(data: Any) -> str:
    return "".join(data) if isinstance(data, list) else str(data)
