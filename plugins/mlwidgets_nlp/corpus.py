"""What a tokenizer learns from: a text, or a file of one, of which a page shows the beginning."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any, ClassVar

from mlwidgets import Kind, ParamError, Text, TextKind

from .bytelevel import encoded, read, spelled

MOST = 32_000_000  # bytes
SHOWN, LONGEST = 2_000, 10_000  # characters of a text on a page; of one that a line writes out
REST = re.compile(r"\n… [\d,]+ more characters, not shown\Z")
TOPICS = ("objects", "execmodel", "import")
RULED = re.compile(r"^([*=~-])\1+\n\n?", re.MULTILINE)  # lines under headings
LINE = Text("The namespaces of untokenized words, in 2016.")
ENGLISH = Text(RULED.sub("\n", "\n\n".join(topics[name].strip() for name in TOPICS)))


@dataclass(frozen=True)
class Corpus(TextKind):
    """A text that may be long; its beginning travels to the page."""

    limit: int = MOST

    def check(self, value: Any) -> Text:
        if isinstance(value, os.PathLike):
            raise ValueError("must be a text: a file is given by file=")
        text = super().check(value)
        if not text:
            raise ValueError("must have at least one character")
        return Text(REST.sub("", text)) if len(text) < 2 * SHOWN else text

    def format(self, value: Any) -> str:
        return "$text" if len(value) > LONGEST else super().format(value)

    def to_json(self, value: Any) -> str:
        if len(value) <= SHOWN:
            return str(value)
        return f"{value[:SHOWN]}\n… {len(value) - SHOWN:,} more characters, not shown"


@dataclass(frozen=True)
class TextFile(Kind):
    """The path of a file with text in UTF-8, or none."""

    limit: int = MOST
    name: ClassVar[str] = "opaque"

    def check(self, value: Any) -> Path | None:
        if value is None:
            return None
        if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
            raise ValueError(f"must be {self.describe()}")
        try:
            path = Path(os.fsdecode(value)).expanduser()
            size = path.stat().st_size
            if not path.is_file():
                raise ValueError("is a folder, must be a file")
        except OSError as why:
            raise ValueError(f"cannot be read: {why.strerror}") from None
        except RuntimeError as why:  # nobody's home
            raise ValueError(f"cannot be read: {why}") from None
        if not 0 < size <= self.limit:
            raise ValueError(f"must have 1 to {self.limit:,} bytes, has {size:,}")
        return path

    def parse(self, text: str) -> Path | None:
        return None if text.lower() == "none" else self.check(text)

    def format(self, value: Any) -> str:
        return "none" if value is None else super().format(value.as_posix())

    def to_json(self, value: Any) -> str | None:
        return None if value is None else value.name

    def describe(self) -> str:
        return "the path of a file with text in UTF-8, or none"


def corpus(text: str, file: Path | None) -> str:
    """The text, or that of the file; ParamError where it holds none."""
    if file is None:
        return text
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as why:
        raise ParamError(f"file={file.name}: cannot be read: {why.strerror}", "file") from None
    except UnicodeDecodeError as why:
        byte = why.object[why.start]
        raise ParamError(
            f"file={file.name}: must be text in UTF-8, has the byte {byte:#04x} at {why.start:,};"
            " save it as UTF-8",
            "file",
        ) from None


@dataclass(frozen=True)
class Undone(Kind):
    """Merges that are not to be made, one a line as in merges.txt, or tokens."""

    name: ClassVar[str] = "text"
    limit: int = 200

    def check(self, value: Any) -> Text:
        lines = value.splitlines() if isinstance(value, str) else value
        if not isinstance(lines, (list, tuple)) or not all(isinstance(x, str) for x in lines):
            raise ValueError(f"must be {self.describe()}")
        kept = list(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))
        for line in kept:
            self._readable(line)
        if len(kept) > self.limit:
            raise ValueError(f"must be at most {self.limit} merges, are {len(kept)}")
        return Text("\n".join(kept))

    def _readable(self, line: str) -> None:
        if len(line.split(" ")) > 2:
            near = "Ġ".join(line.split(" "))
            raise ValueError(f"must have one or two tokens a line, Ġ for a blank: {near}?")
        for char in line.replace(" ", ""):
            try:
                read(char)
            except KeyError:
                written = spelled(encoded(char))
                raise ValueError(
                    f"has {char!r}, which is no byte: merges.txt writes it {written}"
                ) from None

    def format(self, value: Any) -> str:
        return repr(str(value))

    def control(self) -> dict[str, Any]:
        return {"rows": 2, "limit": 10_000}

    def describe(self) -> str:
        return "merges, one a line as in merges.txt, such as Ġt he, or tokens, such as Ġthe"


def forbidden(undone: str) -> set[tuple[bytes, ...]]:
    """Merges as (left, right), and tokens as (token,), that are not to be made."""
    return {tuple(map(read, line.split(" "))) for line in undone.splitlines()}
