"""What a GPT reads: a text, a file, or English and Python that every Python has; its alphabet."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from mlwidgets import ParamError, Text

from .corpus import Corpus, TextFile, corpus

LEAST = 200  # characters: a tenth of them, kept for the validation, is then still a line
MOST = 255  # characters of an alphabet; rarer ones are read as RARE
RARE = "�"


@cache
def pydoc() -> str:
    """What `help()` knows of Python's topics: 65,000 words of English.

    Its tables stand in up to fifty blanks; a small GPT that began such a run would write no end of
    them, so that here no run is longer than three.
    """
    from pydoc_data.topics import topics

    return re.sub(" {4,}", "   ", "\n\n".join(topics[name] for name in sorted(topics)))


@cache
def stdlib() -> str:
    """Modules of Python's own library, by name, up to a million and a half characters."""
    found: list[str] = []
    for path in sorted(Path(os.__file__).parent.glob("[a-z]*.py")):
        if sum(map(len, found)) > 1_500_000:
            break
        found.append(path.read_text("utf-8", "replace"))
    return "\n\n".join(found)


BROUGHT = {"pydoc": pydoc, "stdlib": stdlib}


@dataclass(frozen=True)
class Book(Corpus):
    """A text long enough to learn from, or the name of one that is at hand."""

    choices: tuple[str, ...] = tuple(BROUGHT)

    def check(self, value: Any) -> Text:
        if isinstance(value, str) and value.strip() in BROUGHT:
            return Text(value.strip())
        if isinstance(value, str) and len(value.strip()) < LEAST:
            raise ValueError(
                f"{short(value)}, or be {' or '.join(BROUGHT)}; a file is given by file="
            )
        return super().check(value)

    def describe(self) -> str:
        return f"a text of {LEAST} characters or more, or {' or '.join(BROUGHT)}"


PYDOC = Text("pydoc")
File = Annotated[Path | None, TextFile()]


def short(text: str) -> str:
    return f"must have at least {LEAST} characters to learn from, has {len(text.strip())}"


def opened(text: str, file: Path | None) -> str:
    """The text, what its name stands for, or what the file holds; ParamError for too little."""
    if file is None:
        return BROUGHT[text]() if text in BROUGHT else text
    found = corpus(text, file)
    if len(found.strip()) < LEAST:
        raise ParamError(f"file={file.name}: {short(found)}", "file")
    return found


def brought(params: Mapping[str, Any]) -> dict[str, str] | None:
    """What is learned where the parameters only name it."""
    named = params["file"] is not None or params["text"] in BROUGHT
    return {"text": opened(params["text"], params["file"])} if named else None


def alphabet(text: str) -> str:
    """The characters of a text, in order; of very many the frequent ones; RARE is the last."""
    most = Counter(text).most_common(MOST + 1)
    known = [c for c, _ in most if c != RARE and not "\ud800" <= c <= "\udfff"]
    return "".join(sorted(known[:MOST])) + RARE


def numbered(text: str, chars: str) -> Any:
    """The number of each character in the alphabet, by its code point: 8 MB take 0.1 s."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    table = np.full(int(codes.max(initial=0)) + 1, chars.index(RARE), np.int64)
    for k, c in enumerate(chars):
        if ord(c) < len(table):
            table[ord(c)] = k
    return table[codes]
