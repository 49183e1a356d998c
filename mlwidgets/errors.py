"""What can go wrong, said in one line: what was given, what is allowed, the nearest right thing.

MLError
├── ParamError      a parameter's name or value
├── FrameError      a frame that does not fit its schema
├── ViewError       a view that names what the frames do not have
├── RunError        a run asked for what it cannot do
├── SearchError     an expression that cannot be read, or not over these frames
├── TraceFileError  a file that is not, or not wholly, a trace
├── RegistryError   an algorithm, topic or plugin that cannot be had
└── UncheckedError  parameters that a reference cannot check
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from .private import private

SURROGATE = re.compile("[\ud800-\udfff]")


class MLError(Exception):
    """Every error of this package; catch this one."""


class ParamError(MLError):
    """A parameter's name or value; `name` is the parameter's where there is just one.

    instead: the nearest value that is allowed; a restart that changed only others goes on with it.
    """

    def __init__(self, message: str, name: str | None = None, instead: Any = None) -> None:
        super().__init__(message)
        self.name = name
        self.instead = instead


class FrameError(MLError):
    """A frame that does not fit its schema."""


class ViewError(MLError):
    """A view that names what the frames do not have."""


class RunError(MLError):
    """A run asked for what it cannot do."""


class SearchError(MLError):
    """An expression that cannot be read, or not over these frames."""


class TraceFileError(MLError):
    """A file that is not, or not wholly, a trace; the message ends with the byte offset."""


class RegistryError(MLError):
    """An algorithm, topic or plugin that cannot be had."""


class UncheckedError(MLError):
    """Parameters that a reference cannot check; the message says why."""


def nearest(word: str, choices: Iterable[str]) -> str:
    """`" Did you mean 'policy'?"`, or nothing where no choice is near."""
    close = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def clip(text: object, limit: int = 80) -> str:
    """Text short enough for a one-line message, quoted by the caller."""
    line = private(str(text)).replace("\n", " ")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def told(error: BaseException) -> str:
    """An error's kind and words; its kind alone where it cannot say its words."""
    try:
        words = str(error)
    except Exception:  # whatever the author's __str__ raises
        words = ""
    return words if isinstance(error, MLError) else f"{type(error).__name__}: {words}".rstrip(": ")


def sayable(value: Any) -> Any:
    """Texts, however nested, as a message holds them: half a surrogate pair is no character.

    Nothing that is marked secret is in them, and no home folder.
    """
    if isinstance(value, str):
        value = private(value)
        whole = value.isascii() or not SURROGATE.search(value)
        return (
            value if whole else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        )
    if isinstance(value, dict):
        return {sayable(k): sayable(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [sayable(v) for v in value]
    return value
