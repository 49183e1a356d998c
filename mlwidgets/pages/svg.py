"""SVG as text: every value escaped, nothing in it can act."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

INK, QUIET, PAPER, RULE, LIVE = "#1b1f24", "#59636e", "#ffffff", "#dfe3e8", "#b0480a"
HUES = {"value": "#00796b", "error": "#7b4a9e", "third": "#8a6d00"}
WALL = "#3c444d"
SANS = "system-ui,'Segoe UI','DejaVu Sans',sans-serif"
SERIF = "Charter,Georgia,'DejaVu Serif',serif"
MONO = "ui-monospace,'DejaVu Sans Mono',monospace"
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # not XML characters


Point = tuple[float, float]


def clean(text: object) -> str:
    """Text as XML may hold it."""
    return escape(ILLEGAL.sub("\ufffd", str(text)), quote=True)


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
NOTE = Font(12)
NUMBER = Font(12, INK, "end", MONO)


class Sheet:
    """A drawing under way."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def add(self, name: str, content: object = None, **attributes: object) -> None:
        """One element; underscores in attribute names stand for hyphens."""
        self.parts.append(element(name, None if content is None else clean(content), **attributes))

    def rect(self, x: float, y: float, w: float, h: float, fill: str, r: float = 0) -> None:
        self.add("rect", x=x, y=y, width=max(0, w), height=max(0, h), fill=fill, rx=r)

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str) -> None:
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke)

    def path(self, points: Iterable[Point], stroke: str, width: float, opacity: float = 1) -> None:
        d = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        if d:
            pen: dict[str, object] = {"stroke": stroke, "stroke_width": width, "opacity": opacity}
            self.add("path", d=f"M{d}", fill="none", stroke_linejoin="round", **pen)

    def text(self, x: float, y: float, words: object, font: Font = TICK) -> None:
        self.add("text", words, x=x, y=y, **font.attributes)

    def caption(self, x: float, y: float, title: str, note: str) -> None:
        """A bold title with quiet words after it."""
        bold = element("tspan", clean(title), fill=INK, font_weight=600)
        quiet = element("tspan", clean(note), dx=5) if note else ""
        self.parts.append(element("text", bold + quiet, x=x, y=y, **NOTE.attributes))

    def svg(self, width: float, height: float, label: str) -> str:
        """The whole picture, with its text alternative."""
        body = "".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
            f' viewBox="0 0 {width:g} {height:g}" role="img"><title>{clean(label)}</title>'
            f'<rect width="{width:g}" height="{height:g}" fill="{PAPER}"/>{body}</svg>'
        )


def _short(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def element(name: str, content: str | None, **attributes: object) -> str:
    """An element around markup that is made here."""
    said = "".join(f' {k.replace("_", "-")}="{clean(_short(v))}"' for k, v in attributes.items())
    return f"<{name}{said}/>" if content is None else f"<{name}{said}>{content}</{name}>"


def mix(low: str, high: str, t: float) -> str:
    """A colour between two, t in [0, 1]."""
    a, b = (tuple(int(c[k : k + 2], 16) for k in (1, 3, 5)) for c in (low, high))
    t = min(1.0, max(0.0, t))
    return "#" + "".join(f"{round(p + (q - p) * t):02x}" for p, q in zip(a, b, strict=True))


def ramp(t: float) -> str:
    """The colour of a value between its least, 0, and its largest, 1."""
    return mix("#f3f5f4", HUES["value"], 0.06 + 0.62 * t)


def signed(t: float) -> str:
    """The colour of a signed value in [-1, 1]: the paper is zero."""
    return mix(PAPER, HUES["value"] if t > 0 else HUES["error"], 0.8 * abs(t))
