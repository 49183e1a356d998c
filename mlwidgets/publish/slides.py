"""A notebook's parts as the slides of a deck."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .notebook import Part

STARTS = ("slide", "subslide")


@dataclass
class Slide:
    """One slide. below: it stands below the one before, as a subslide."""

    below: bool = False
    parts: list[Part] = field(default_factory=list)
    notes: list[Part] = field(default_factory=list)


def slides_of(parts: Sequence[Part]) -> list[Slide]:
    """By the notebook's slideshow metadata; where it has none, at each heading of level 1 or 2."""
    told = any(part.slide in (*STARTS, "fragment") for part in parts)
    found: list[Slide] = []
    skipped = False
    for part in parts:
        if part.slide == "skip":
            skipped = True
            continue
        if part.slide or part.heading:
            skipped = False
        if skipped:  # the rest of a cell that is left out
            continue
        starts = part.slide in STARTS if told else part.heading
        if starts or not found:
            found.append(Slide(below=told and part.slide == "subslide" and bool(found)))
        (found[-1].notes if part.slide == "notes" else found[-1].parts).append(part)
    return [slide for slide in found if slide.parts or slide.notes]


def deck(slides: Iterable[Slide]) -> str:
    """The deck's body; a slide with others below it is a stack."""
    stacks: list[list[Slide]] = []
    for slide in slides:
        if slide.below and stacks:
            stacks[-1].append(slide)
        else:
            stacks.append([slide])
    made = "\n".join(_stack(stack) for stack in stacks)
    return f'<div class="reveal"><div class="slides">\n{made}\n</div></div>'


def _stack(stack: Sequence[Slide]) -> str:
    if len(stack) == 1:
        return _slide(stack[0])
    return f"<section>\n{''.join(map(_slide, stack))}\n</section>"


def _slide(slide: Slide) -> str:
    body = "\n".join(_fragment(part) for part in slide.parts)
    notes = "\n".join(part.markup for part in slide.notes)
    aside = f'<aside class="notes">{notes}</aside>' if notes else ""
    return f'<section class="slide"><div class="{_look(slide)}">\n{body}\n</div>{aside}</section>\n'


def _look(slide: Slide) -> str:
    """A slide that is a heading of the first level and few words more stands in the middle."""
    alone = len(slide.parts) == 1 and slide.parts[0].markup.startswith('<div class="words"><h1')
    few = alone and len(slide.parts[0].markup) < 600
    return "sheet title" if few else "sheet"


def _fragment(part: Part) -> str:
    return f'<div class="fragment">{part.markup}</div>' if part.slide == "fragment" else part.markup
