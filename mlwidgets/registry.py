"""The registry: every topic and algorithm that can be had, and every plugin that could not."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from .algorithms import Algorithm
from .errors import MLError, RegistryError, nearest
from .item import Item
from .kinds import same
from .plugin import RESERVED, Plugin, Topic, describe, load_plugin, take_out

__all__ = ["RESERVED", "Item", "Plugin", "Registry", "Topic", "registered", "registry"]

GROUP = "mlwidgets"
FORGET: list[Callable[[], object]] = []  # what is called when plugins are read again


class Registry:
    """Topics and algorithms by name, from the installed plugins; built-ins before strangers."""

    def __init__(self) -> None:
        self.topics: dict[str, Topic] = {}
        self.items: dict[str, Item] = {}
        self.plugins: tuple[Plugin, ...] = ()
        self.blocked: tuple[str, ...] = ()
        self.reload()

    def __repr__(self) -> str:
        return f"<Registry of {len(self.topics)} topics, {len(self.items)} algorithms>"

    @property
    def problems(self) -> list[str]:
        """One line for each plugin that could not be loaded."""
        return [plugin.line for plugin in self.plugins if plugin.problem]

    def topic(self, name: str) -> Topic:
        """The topic of that name, or a RegistryError with the nearest."""
        if name in self.topics:
            return self.topics[name]
        near = nearest(name, self.topics)
        raise RegistryError(f"unknown topic {name!r}.{near} `%ml` lists them{self._absent(name)}")

    def of(self, topic: str) -> list[Item]:
        """A topic's algorithms, in the order in which they were declared."""
        return [item for item in self.items.values() if item.topic == topic]

    def get(self, name: str) -> Item:
        """The algorithm of that name, or a RegistryError with the nearest."""
        if name in self.items:
            return self.items[name]
        if name in self.topics:
            raise RegistryError(f"{name!r} is a topic; `%ml {name}` lists its algorithms")
        topic, dot, rest = name.partition(".")
        near = nearest(name, self.items) or self._same_ending(rest or name)
        if dot and (topic in self.topics or not near):
            topic = self.topic(topic).name
            raise RegistryError(f"unknown algorithm {name!r}.{near} `%ml {topic}` lists them")
        near = near or nearest(name, self.topics)
        raise RegistryError(f"unknown algorithm {name!r}.{near} `%ml` lists them")

    def _same_ending(self, rest: str) -> str:
        """The algorithm that is called so in some topic."""
        found = [name for name in self.items if name.partition(".")[2] == rest]
        return f" Did you mean {found[0]!r}?" if found else ""

    def _absent(self, topic: str) -> str:
        """Why a topic is not there, if its plugin is known to be broken."""
        return "".join(f". The {p.line}" for p in self.plugins if p.problem and p.name == topic)

    def reload(self) -> Registry:
        """Read every plugin again; one that now fails keeps the version it had."""
        importlib.invalidate_caches()
        old = {plugin.key: plugin for plugin in self.plugins if plugin.topics or plugin.items}
        modules = {key: take_out(plugin) for key, plugin in old.items()}
        try:
            self._read(old)
        except BaseException:  # strict, or interrupted: all stays as it was
            for saved in modules.values():
                sys.modules.update(saved)
            raise
        for plugin in self.plugins:
            if plugin.problem:
                sys.modules.update(modules.get(plugin.key, {}))
        for forget in FORGET:
            forget()
        return self

    def _read(self, old: dict[tuple[str, str], Plugin]) -> None:
        """Load what is installed and let in, and only then put it in the place of what was."""
        strict = os.environ.get("MLWIDGETS_STRICT", "") not in ("", "0")
        found = _installed()
        drafts = [load_plugin(p, old.get(p.key), strict=strict) for p in found if _let_in(p)]
        shelf = _Shelf()
        plugins = [shelf.admit(draft, old.get(draft.key)) for draft in _own_topics_first(drafts)]
        if strict and (lines := [p.line for p in plugins if p.problem]):
            raise RegistryError(lines[0])
        self.topics, self.items, self.plugins = shelf.topics, shelf.items, tuple(plugins)
        self.blocked = tuple(plugin.name for plugin in found if not _let_in(plugin))


class _Shelf:
    """Where topics and algorithms are put together; a plugin goes in whole or not at all."""

    def __init__(self) -> None:
        self.topics: dict[str, Topic] = {}
        self.items: dict[str, Item] = {}

    def admit(self, plugin: Plugin, old: Plugin | None) -> Plugin:
        """The plugin as admitted: itself, its old version, or nothing but its problem."""
        clash = self._clash(plugin)
        if clash:
            plugin = plugin.keeping(old if old and not self._clash(old) else None, clash)
        self.topics |= {topic.name: topic for topic in plugin.topics}
        for item in plugin.items:
            topic = self.topics[item.topic]
            extra = topic.extra if topic.distribution == item.distribution else ""
            self.items[item.name] = replace(item, extra=extra)
        return plugin

    def _clash(self, plugin: Plugin) -> str:
        for topic in plugin.topics:
            if topic.name in self.topics:
                owner = self.topics[topic.name].distribution
                return f"topic {topic.name!r} is {owner}'s: add algorithms without declaring it"
        topics = {*self.topics, *(topic.name for topic in plugin.topics)}
        for item in plugin.items:
            if item.name in self.items:
                owner = self.items[item.name].distribution
                return f"algorithm {item.name!r} is {owner}'s: choose another name"
            if item.topic not in topics:
                near = nearest(item.topic, topics)
                return f"algorithm {item.name!r}: no topic {item.topic!r}.{near} Declare it first"
        return ""


def _own_topics_first(drafts: Iterable[Plugin]) -> list[Plugin]:
    """Plugins that add to another plugin's topic come after those that do not."""

    def borrows(plugin: Plugin) -> bool:
        own = {topic.name for topic in plugin.topics}
        return not plugin.builtin and any(item.topic not in own for item in plugin.items)

    return sorted(drafts, key=borrows)


def _installed() -> list[Plugin]:
    """The installed plugins: ours first, in the order of their declaration, then strangers'."""

    def order(plugin: Plugin) -> tuple[str, str]:
        return ("", "") if plugin.builtin else plugin.key

    return sorted(describe(entry_points(group=GROUP)), key=order)


def _let_in(plugin: Plugin) -> bool:
    """Whether MLWIDGETS_ONLY and MLWIDGETS_BLOCK let it in, by its or its distribution's name."""
    names = {plugin.name, plugin.distribution}
    only, block = (_names(os.environ.get(v)) for v in ("MLWIDGETS_ONLY", "MLWIDGETS_BLOCK"))
    return (only is None or bool(names & only)) and not names & (block or set())


def _names(text: str | None) -> set[str] | None:
    return None if text is None else {name for name in text.replace(",", " ").split() if name}


def registered(algorithm: Algorithm[Any, Any]) -> str:
    """The name by which any kernel knows this very algorithm, or nothing."""
    items = registry().items
    home = f"{algorithm.fn.__module__}:{algorithm.fn.__qualname__}"
    named = items.get(algorithm.name)
    for item in [named] if named else [i for i in items.values() if i.target == home]:
        with suppress(MLError):
            found = item.load()
            if found.fn is algorithm.fn and _alike(found.fixed, algorithm.fixed):
                return item.name
    return ""


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)


@cache
def registry() -> Registry:
    """The registry of this process, read from the installed plugins at the first call."""
    return Registry()
