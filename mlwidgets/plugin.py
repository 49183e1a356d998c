"""A plugin: what one entry point brings, loaded so that its faults stay its own."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

from pluggy import PluginManager, PluginValidationError

from . import hookspecs
from .errors import RegistryError, nearest
from .hookspecs import MLWIDGETS_API
from .item import Item, explain

RESERVED = (
    "list",
    "runs",
    "compare",
    "verify",
    "export",
    "record",
    "plugins",
    "publish",
    "sweep",
    "help",
    "stop",
)
"""Verbs of `%ml`: no topic can have their names."""
TOPIC = r"[a-z][a-z0-9_]*"
ALGORITHM = rf"{TOPIC}\.{TOPIC}"
TARGET = r"[A-Za-z_][\w.]*:[A-Za-z_]\w*"


@dataclass(frozen=True)
class Topic:
    """A family of algorithms: its name, its title, and the extra that installs what it imports."""

    name: str
    title: str
    extra: str = ""
    distribution: str = ""


class Registration:
    """What one plugin adds. It counts when the whole plugin has registered without a fault."""

    def __init__(self, distribution: str) -> None:
        self.distribution = distribution
        self.topics: dict[str, Topic] = {}
        self.items: dict[str, Item] = {}

    def __repr__(self) -> str:
        return f"<Registration of {self.distribution}: {', '.join(self.items) or 'nothing yet'}>"

    def topic(self, name: str, title: str, *, extra: str = "") -> None:
        """Declare a topic; `extra` is what `pip install` fetches its algorithms' imports with."""
        if not _is(TOPIC, name):
            raise RegistryError(f"topic {name!r}: must be a lower-case word, such as 'rl'")
        if name in RESERVED:
            verbs = ", ".join(RESERVED)
            raise RegistryError(f"topic {name!r}: is a verb of %ml, choose another (not {verbs})")
        if not _is(r".*\S.*", title):
            raise RegistryError(f"topic {name!r}: needs a title, got {title!r}")
        if name in self.topics:
            raise RegistryError(f"topic {name!r}: is declared twice")
        self.topics[name] = Topic(name, title, extra, self.distribution)

    def algorithm(
        self, name: str, target: str, *, reference: str = "", unchecked: str = ""
    ) -> None:
        """Declare an algorithm by where it is, `"package.module:name"`; imported when used.

        reference: where the Reference is that it is checked against; a preset has its algorithm's.
        unchecked: why there is none, in a few words.
        """
        if not _is(ALGORITHM, name):
            raise RegistryError(f"algorithm {name!r}: must be named 'topic.name', in lower case")
        if not _is(TARGET, target):
            raise RegistryError(f"algorithm {name!r}: {target!r} is not 'package.module:name'")
        if reference and not _is(TARGET, reference):
            given = f"reference {reference!r}"
            raise RegistryError(f"algorithm {name!r}: {given} is not 'package.module:name'")
        if name in self.items:
            raise RegistryError(f"algorithm {name!r}: is declared twice")
        self.items[name] = Item(
            name, target, self.distribution, reference=reference, unchecked=unchecked
        )


def _is(pattern: str, given: object) -> bool:
    return isinstance(given, str) and re.fullmatch(pattern, given) is not None


@dataclass(frozen=True)
class Plugin:
    """One entry point: who brought it, what it added, or in one line why it could not."""

    name: str
    distribution: str
    version: str
    entry: EntryPoint
    topics: tuple[Topic, ...] = ()
    items: tuple[Item, ...] = ()
    problem: str = ""
    seconds: float = 0.0

    @property
    def key(self) -> tuple[str, str]:
        return self.distribution, self.name

    @property
    def builtin(self) -> bool:
        return self.distribution == "mlwidgets"

    @property
    def line(self) -> str:
        """The problem, on one line that names the plugin."""
        state = "keeps its earlier version" if self.items or self.topics else "is left out"
        return f"plugin {self.name!r} ({self.distribution} {self.version}) {state}: {self.problem}"

    def keeping(self, old: Plugin | None, problem: str) -> Plugin:
        """This plugin with a problem, and with what it had before, if anything."""
        had = (old.topics, old.items) if old else ((), ())
        return replace(self, topics=had[0], items=had[1], problem=problem)


def describe(entries: Iterable[EntryPoint]) -> list[Plugin]:
    """The plugins of entry points, nothing imported yet; each distribution is read once."""
    known: dict[int, tuple[str, str]] = {}
    plugins = []
    for entry in entries:
        dist = entry.dist
        if id(dist) not in known:
            known[id(dist)] = (dist.name, dist.version) if dist else ("unknown", "?")
        plugins.append(Plugin(entry.name, *known[id(dist)], entry))
    return plugins


def load_plugin(plugin: Plugin, old: Plugin | None = None, *, strict: bool = False) -> Plugin:
    """Import and register one plugin; on a failure it keeps what `old` has, or `strict` raises."""
    start = time.perf_counter()
    registration = Registration(plugin.distribution)
    try:
        register(plugin.entry.load(), plugin.name, registration)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: a plugin must not end the kernel
        failed = plugin.keeping(old, _fault(error, plugin))
        if strict:
            raise RegistryError(failed.line) from error
        return failed
    topics, items = tuple(registration.topics.values()), tuple(registration.items.values())
    return replace(plugin, topics=topics, items=items, seconds=time.perf_counter() - start)


def register(module: Any, name: str, registration: Registration) -> None:
    """Check one plugin against the hooks and call it."""
    _check_version(getattr(module, "MLWIDGETS_API", MLWIDGETS_API), registration.distribution)
    manager = PluginManager("mlwidgets")  # one each: a call of all stops at the first that raises
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module, name)
    except PluginValidationError:
        raise RegistryError("its hook must read `def mlwidgets_register(registry):`") from None
    _check_hooks(manager, module)
    if returned := manager.hook.mlwidgets_register(registry=registration):
        kind = type(returned[0]).__name__
        raise RegistryError(f"its hook returned a {kind}; it must call registry.topic(...)")


def _check_version(stated: Any, distribution: str) -> None:
    if not (isinstance(stated, tuple) and [type(n) for n in stated] == [int, int]):
        raise RegistryError(f"MLWIDGETS_API={stated!r}: must be two numbers, as {MLWIDGETS_API}")
    if stated[0] == MLWIDGETS_API[0] and stated <= MLWIDGETS_API:
        return
    theirs, ours = (".".join(map(str, v)) for v in (stated, MLWIDGETS_API))
    late = "mlwidgets" if stated > MLWIDGETS_API else distribution
    raise RegistryError(
        f"is written for plugin API {theirs}, this mlwidgets has {ours}: pip install -U {late}"
    )


def _check_hooks(manager: PluginManager, module: Any) -> None:
    known = [name for name in vars(hookspecs) if name.startswith("mlwidgets_")]
    found = [caller.name for caller in manager.get_hookcallers(module) or ()]
    for name in found:
        if name not in known:
            raise RegistryError(f"unknown hook {name!r}.{nearest(name, known)}")
    if not found and hasattr(module, "mlwidgets_register"):
        raise RegistryError("mlwidgets_register has no mark: put @hookimpl above it")
    if not found:
        raise RegistryError("has no hook: it needs @hookimpl on `mlwidgets_register(registry)`")


def _fault(error: BaseException, plugin: Plugin) -> str:
    """What went wrong and what to do about it."""
    if isinstance(error, RegistryError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        remedy = f"pip install {plugin.distribution} (adds what it declares to need)"
        return f"the module {error.name!r} is not installed: {remedy}"
    return f"{explain(error)}. To go without it, set MLWIDGETS_BLOCK={plugin.name}"


def take_out(plugin: Plugin) -> dict[str, ModuleType]:
    """Forget a plugin's modules so that they are read again; returned to be put back."""
    own = {plugin.entry.module, *(item.target.partition(":")[0] for item in plugin.items)}
    names = [m for m in sys.modules if m in own or m.startswith(plugin.entry.module + ".")]
    for name in names:
        for held in [*vars(sys.modules[name]).values()]:
            if hasattr(type(held), "look_up_types"):  # an algorithm: somebody may hold it
                held.look_up_types()
    return {name: sys.modules.pop(name) for name in names}
