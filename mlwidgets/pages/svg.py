"""SVG as text: every value escaped, nothing in it can act."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html import escape

from mlwidgets.private import private

INK, QUIET, PAPER, RULE, LIVE = "#1b1f24", "#59636e", "#ffffff", "#dfe3e8", "#b0480a"
HUES = {"value": "#00796b", "error": "#7b4a9e", "third": "#8a6d00"}
LANES = ("#00796b", "#a3336f", "#8a6d00", "#5546a8", "#4a5560", "#4d7c0f")  # runs compared
# of classes and of marks
CLASSES = (
    *(LANES[3], "#b8860b", LANES[0], LANES[1], "#2b86c5"),
    *(LANES[4], "#6f9a1e", "#8d4a1c", "#d377b0", "#111111"),
)
WALL, EDGE = "#3c444d", "#8d8f92"
SANS = "system-ui,'Segoe UI','DejaVu Sans',sans-serif"
SERIF = "Charter,Georgia,'DejaVu Serif',serif"
MONO = "ui-monospace,'DejaVu Sans Mono',monospace"
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # not XML characters


Point = tuple[float, float]


def clean(text: object) -> str:
    """Text as XML may hold it."""
    return escape(ILLEGAL.sub("\ufffd", private(str(text))), quote=True)


WIDTHS = dict.fromkeys("iljI|!.,:;' ", 0.31) | dict.fromkeys("tfr()[]-", 0.4)
WIDTHS |= (
    dict.fromkeys("mwMW@%", 0.88)
    | dict.fromkeys("−+=<>≤≥×→←", 0.84)
    | dict.fromkeys("0123456789", 0.636)
)


def text_width(text: str, size: float = 10.5) -> float:
    """About how wide a text is in a sans-serif font of so many pixels."""
    return size * sum(WIDTHS.get(c, 0.69 if c.isupper() else 0.6) for c in text)


def fitted(text: str, room: float, size: float = 10.5) -> str:
    """As much of a text as there is room for, in px; what is cut off is cut off visibly."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


@dataclass(frozen=True)
class Font:
    """How a text is set."""

    size: float = 10.5
    fill: str = QUIET
    anchor: str = "start"
    family: str = SANS
    weight: int = 400

    @property
    def attributes(self) -> dict[str, object]:
        return {
            "font_size": self.size,
            "fill": self.fill,
            "text_anchor": self.anchor,
            "font_family": self.family,
            "font_weight": self.weight,
        }


TICK, END, MIDDLE = Font(), Font(anchor="end"), Font(anchor="middle")
SMALL = Font(10, family=MONO)
NOTE = Font(12)
NUMBER = Font(12, INK, "end", MONO)
LINE = 15.0  # px, from one line of a caption to the next


class Sheet:
    """A drawing under way; a topic's own still draws on one, in the colours of ours."""

    INK, QUIET, PAPER, RULE, LIVE, HUES, LANES = INK, QUIET, PAPER, RULE, LIVE, HUES, LANES

    def __init__(self) -> None:
        self.parts: list[str] = []

    def add(self, name: str, content: object = None, **attributes: object) -> None:
        """One element; underscores in attribute names stand for hyphens."""
        self.parts.append(element(name, None if content is None else clean(content), **attributes))

    def rect(self, x: float, y: float, w: float, h: float, fill: str, r: float = 0) -> None:
        self.add("rect", x=x, y=y, width=max(0, w), height=max(0, h), fill=fill, rx=r)

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str, dash: str = "") -> None:
        dashes = {"stroke_dasharray": dash} if dash else {}
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, **dashes)

    def path(self, points: Iterable[Point], stroke: str, width: float, opacity: float = 1) -> None:
        d = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        if d:
            pen: dict[str, object] = {"stroke": stroke, "stroke_width": width, "opacity": opacity}
            self.add("path", d=f"M{d}", fill="none", stroke_linejoin="round", **pen)

    def text(self, x: float, y: float, words: object, font: Font = TICK) -> None:
        self.add("text", words, x=x, y=y, **font.attributes)

    def upright(self, x: float, y: float, words: object, font: Font = TICK) -> None:
        """A text that reads from below."""
        turn = f"translate({x:.2f} {y:.2f}) rotate(-90)"
        self.add("text", words, transform=turn, **font.attributes)

    @contextmanager
    def crisp(self) -> Iterator[None]:
        """Edges on whole pixels, so that squares side by side leave no seam."""
        self.parts.append('<g shape-rendering="crispEdges">')
        yield
        self.parts.append("</g>")

    def caption(self, at: tuple[float, float], title: str, note: str, room: float) -> float:
        """A bold title with quiet words after it, in lines; how much lower the last one stands."""
        (x, y), words = at, [(word, True) for word in title.split()]
        words += [(word, False) for word in note.split()]
        lines: list[list[tuple[str, bool]]] = [[]]
        for word in words:
            line = " ".join(text for text, _ in [*lines[-1], word])
            if lines[-1] and text_width(line, 12) * 1.04 > room:  # bold is wider
                lines.append([])
            lines[-1].append(word)
        close = note.startswith((",", ";", ":", "."))
        for k, row in enumerate(lines):
            bold = " ".join(text for text, strong in row if strong)
            rest = " ".join(text for text, strong in row if not strong)
            strong = element("tspan", clean(bold), fill=INK, font_weight=600) if bold else ""
            gap = 5 if bold and not close else 0
            quiet = element("tspan", clean(rest), dx=gap) if rest else ""
            self.parts.append(
                element("text", strong + quiet, x=x, y=y + LINE * k, **NOTE.attributes)
            )
        return LINE * (len(lines) - 1)

    def svg(self, width: float, height: float, label: str, mm: float | None = None) -> str:
        """The whole picture, with its text alternative; `mm`: how wide it is on paper."""
        body, scale = "".join(self.parts), (mm or width) / width
        unit = "mm" if mm else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg"'
            f' width="{width * scale:g}{unit}" height="{height * scale:g}{unit}"'
            f' viewBox="0 0 {width:g} {height:g}" role="img"><title>{clean(label)}</title>'
            f'<rect width="{width:g}" height="{height:g}" fill="{PAPER}"/>{body}</svg>'
        )


def _short(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def element(name: str, content: str | None, **attributes: object) -> str:
    """An element around markup that is made here."""
    said = "".join(f' {k.replace("_", "-")}="{_said(v)}"' for k, v in attributes.items())
    return f"<{name}{said}/>" if content is None else f"<{name}{said}>{content}</{name}>"


def _said(value: object) -> object:
    """A number needs no cleaning, and there are thousands."""
    return _short(value) if isinstance(value, int | float) else clean(value)


def mix(low: str, high: str, t: float) -> str:
    """A colour between two, t in [0, 1], evenly to the eye (https://bottosson.github.io/posts/oklab/)."""
    t = min(1.0, max(0.0, t))
    lab = [p + (q - p) * t for p, q in zip(_oklab(low), _oklab(high), strict=True)]
    return _srgb(*lab)


@cache
def _oklab(colour: str) -> tuple[float, float, float]:
    r, g, b = (_linear(int(colour[k : k + 2], 16)) for k in (1, 3, 5))
    x = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    y = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    z = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * x + 0.793617785 * y - 0.0040720468 * z,
        1.9779984951 * x - 2.428592205 * y + 0.4505937099 * z,
        0.0259040371 * x + 0.7827717662 * y - 0.808675766 * z,
    )


def _srgb(lightness: float, a: float, b: float) -> str:
    x = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    y = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    z = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
    linear = (
        4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
        -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
        -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z,
    )
    return "#" + "".join(f"{round(min(255.0, max(0.0, _gamma(v)))):02x}" for v in linear)


def _linear(v: float) -> float:
    return v / 255 / 12.92 if v <= 10.3 else float(((v / 255 + 0.055) / 1.055) ** 2.4)


def _gamma(v: float) -> float:
    return 255 * (12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055)


def ink_on(colour: str) -> str:
    """Ink or paper, whichever reads better on a colour."""
    back, ink, paper = (_luminance(c) + 0.05 for c in (colour, INK, PAPER))
    return INK if max(back, ink) / min(back, ink) >= max(back, paper) / min(back, paper) else PAPER


@cache
def _luminance(colour: str) -> float:
    r, g, b = (_linear(int(colour[k : k + 2], 16)) for k in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def ramp(t: float) -> str:
    """The colour of a value between its least, 0, and its largest, 1."""
    return RAMP[level(t)]


def signed(t: float) -> str:
    """The colour of a signed value between its ends, 0 and 1: in the middle is the paper."""
    return SIGNED[level(t)]


def weight(t: float) -> str:
    """The colour of a weight of attention: a whole one has the full hue."""
    return WEIGHT[level(t)]


def level(t: float) -> int:
    return round(255 * min(1.0, max(0.0, t)))


PALE = "#f3f5f4"
STEPS = [k / 255 for k in range(256)]
RAMP = [mix(PALE, HUES["value"], 0.06 + 0.62 * t) for t in STEPS]
WEIGHT = [mix(PALE, HUES["value"], 0.03 + 0.97 * t) for t in STEPS]
SIGNED = [
    mix(PAPER, HUES["error"], 0.8 * (1 - 2 * t))
    if t < 0.5
    else mix(PAPER, HUES["value"], 0.8 * (2 * t - 1))
    for t in STEPS
]
