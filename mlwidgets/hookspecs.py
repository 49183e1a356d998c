"""The hook that a plugin implements, and the version of that agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from .plugin import Registration

MLWIDGETS_API = (1, 0)
"""A plugin may state the version it is written for, under this name, in its module."""

hookspec = pluggy.HookspecMarker("mlwidgets")
hookimpl = pluggy.HookimplMarker("mlwidgets")


@hookspec
def mlwidgets_register(registry: Registration) -> None:
    """Add topics and algorithms: `registry.topic(...)`, `registry.algorithm(...)`."""
