"""What is nobody else's: values marked secret, and where a person's home is, out of every text."""

from __future__ import annotations

import os
import re
from functools import lru_cache

SECRET = "(secret)"  # noqa: S105  what stands in its place
SHORTEST = 4  # letters: what is shorter would take parts of other words along
_secrets: set[str] = set()


def remember(value: object) -> None:
    """A value marked secret: from now on no text that leaves holds it. Texts and bytes alone."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    if isinstance(text, str) and len(text) >= SHORTEST:
        _secrets.update({text, repr(text)[1:-1]})


def known() -> int:
    """How many secrets are known by now; it only grows."""
    return len(_secrets)


def private(text: str) -> str:
    """The text as it may leave: "(secret)" for what is marked so, "~" for the home folder."""
    home = os.environ.get("HOME") or os.environ.get("USERPROFILE") or ""
    if home in text and len(home) >= SHORTEST:
        text = _home(home).sub("~", text)
    for secret in sorted(_secrets, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, SECRET)
    return text


@lru_cache(maxsize=8)
def _home(path: str) -> re.Pattern[str]:
    """The folder itself, not one whose name only begins like it."""
    return re.compile(re.escape(path.rstrip("/\\")) + r"(?![\w.-])")
