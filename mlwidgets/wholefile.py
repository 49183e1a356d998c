"""A file that appears complete or not at all: what was there before stays until all is written."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .errors import MLError


@contextmanager
def written(path: str | os.PathLike[str], error: type[MLError]) -> Generator[BinaryIO, None, None]:
    """The file to write into; "~" is the user's home, and a link leads to what it names.

    What is no file (a pipe, a terminal) is written to as it is. `error` where it cannot be written.
    """
    target, aside = _target(path, error), None
    try:
        if not target.exists() or target.is_file():
            aside = target.with_name(f".{os.getpid()}-{threading.get_ident()}.part")
        with (aside or target).open("wb") as file:
            yield file
        if aside is not None:
            aside.replace(target)
    except OSError as why:
        raise _fault(path, why, error) from None
    finally:
        if aside is not None:
            with suppress(OSError):
                aside.unlink(missing_ok=True)


def _target(path: object, error: type[MLError]) -> Path:
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise error(f"{path!r}: must be the path of a file")
    try:
        target = Path(path).expanduser().resolve()
        if target.is_dir():
            raise IsADirectoryError(None, "it is a folder")
    except (OSError, ValueError, RuntimeError) as why:  # a NUL; nobody's home, links in a ring
        raise _fault(path, why, error) from None
    return target


def _fault(path: str | os.PathLike[str], why: Exception, error: type[MLError]) -> MLError:
    words = getattr(why, "strerror", None) or why
    return error(f"{os.fspath(path)}: cannot be written: {words}")
