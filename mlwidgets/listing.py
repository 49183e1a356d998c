"""Listings: topics, one algorithm's help, runs and plugins as plain text, 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from .registry import Item, Plugin, Registry, Topic

if TYPE_CHECKING:
    from .algorithms import Algorithm
    from .page import Page
    from .params import Param

WIDTH = 80
MAGIC = "%ml"
SHELL = "python -m mlwidgets"


def topics(registry: Registry, call: str = MAGIC, own: Iterable[Algorithm[Any, Any]] = ()) -> str:
    """Every topic with its algorithms' names and titles; `own` are the notebook's."""
    shelves = [(topic, registry.of(topic.name)) for topic in registry.topics.values()]
    shelves.sort(key=lambda shelf: not shelf[1])  # those with something on them first
    blocks = [_topic(topic, items) for topic, items in shelves]
    names = [(algorithm.name, algorithm.title) for algorithm in own]
    if names:
        blocks.append("\n".join(["In this notebook", *_columns(names, indent=2)]))
    example = next(iter(registry.items), "topic.name")
    ask = f"{example}?" if call == MAGIC else f"{example} -h"
    return "\n".join([*blocks, "", f"`{call} {example}` plays one; `{call} {ask}` explains it."])


def _topic(topic: Topic, items: Sequence[Item]) -> str:
    if not items:
        return f"{topic.title} ({topic.name}): no algorithms yet"
    names = _columns([(item.name, item.title) for item in items], indent=2)
    return "\n".join([f"{topic.title} ({topic.name})", *names])


def one_topic(registry: Registry, name: str) -> str:
    """A topic's algorithms with what each does."""
    topic, items = registry.topic(name), registry.of(name)
    if not items:
        return _topic(topic, items)
    lines = [f"{topic.title} ({topic.name})"]
    for item in items:
        lines += ["", *_entry(item.name, f"{item.title}: {item.summary}".rstrip(": "))]
    return "\n".join(lines)


def help_page(algorithm: Algorithm[Any, Any], call: str = MAGIC) -> str:
    """What a person needs to use an algorithm: page, parameters, steps, questions, file."""
    page = algorithm.page
    heading = wrap(f"{page.title}: {page.summary}".rstrip(": "), WIDTH)
    parts = [[*heading, *wrap(page.citation, WIDTH)], [f"{call} {algorithm.name} [name=value ...]"]]
    if algorithm.spec:
        parts.append(["Parameters", *_parameters(algorithm)])
    steps = ", ".join(step["name"] for step in algorithm.steps)
    watch = wrap(f"What to watch: {page.watch}", WIDTH) if page.watch else []
    parts.append([f"Steps: {steps}", *watch])
    parts.append(_questions(page, f"{call} {algorithm.name}"))
    parts.append([f"File: {_file(algorithm)}"])
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _parameters(algorithm: Algorithm[Any, Any]) -> list[str]:
    defaults = algorithm.spec.defaults
    lines = []
    for p in algorithm.spec.params:
        text = p.format(defaults[p.name]) if p.name in defaults else ""
        usage = f"{p.name}={text}" if len(text) <= 16 else p.name  # a board is too long to show
        lines += _entry(usage, _meaning(p, required=p.name not in defaults), 18)
    return lines


def _meaning(param: Param, *, required: bool) -> str:
    words = [param.label, param.kind.describe()]
    words += ["required"] if required else []
    words += ["live: can be changed while it runs"] if param.live else []
    return "; ".join(word for word in words if word)


def _questions(page: Page, call: str) -> list[str]:
    tries = [line for t in page.tries for line in (f"  {call} {t.line}", f"      {t.question}")]
    return ["Try", *tries] if tries else []


def _file(algorithm: Algorithm[Any, Any]) -> str:
    code = getattr(algorithm.fn, "__code__", None)
    return str(getattr(code, "co_filename", "unknown"))


def plugins(registry: Registry) -> str:
    """Who brought what, how long it took, and what could not be loaded."""
    heading = ("plugin", "from", "topics", "algorithms", "ms")
    lines = table([heading, *map(_plugin_row, registry.plugins)])
    if registry.blocked:
        lines.append(f"not let in (MLWIDGETS_ONLY, MLWIDGETS_BLOCK): {', '.join(registry.blocked)}")
    return "\n".join([*lines, *registry.problems])


def _plugin_row(plugin: Plugin) -> tuple[str, ...]:
    counts = (str(len(plugin.topics)), str(len(plugin.items)))
    took = "failed" if plugin.problem else f"{plugin.seconds * 1000:.1f}"
    return (plugin.name, f"{plugin.distribution} {plugin.version}", *counts, took)


def runs(numbered: Iterable[tuple[int, Any]]) -> str:
    """The runs alive in this process: number, name, status, frames, memory."""
    rows = [("", "run", "status", "frames", "memory")]
    for number, run in numbered:
        frames, memory = f"{len(run.trace):,}", size(run.trace.nbytes)
        rows.append((str(number), run.name, run.status, frames, memory))
    if len(rows) == 1:
        return "No runs are alive."
    return "\n".join([*table(rows), "", "`%ml runs stop 1` stops one, `%ml runs stop all` all."])


def size(count: float) -> str:
    """A number of bytes for a person: `812 B`, `1.5 kB`, `32.9 MB`."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.1f} GB"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, each column as wide as its widest cell; the first row is the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return [lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]]


def _columns(pairs: Sequence[tuple[str, str]], indent: int) -> list[str]:
    width = max(len(name) for name, _ in pairs)
    return [f"{' ' * indent}{name.ljust(width)}  {words}".rstrip() for name, words in pairs]


def _entry(name: str, words: str, width: int = 24) -> list[str]:
    """A name and its words, wrapped beside it or below it."""
    beside = len(name) <= width - 2
    lines = wrap(words, WIDTH - width - 2) or [""]
    first = [f"  {name.ljust(width)}{lines[0]}".rstrip()] if beside else [f"  {name}"]
    rest = lines[1:] if beside else lines
    return first + [f"  {' ' * width}{line}" for line in rest]
