"""A folder of installed distributions, made for one test: metadata and modules as pip leaves."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

GOOD = """
    from mlwidgets import hookimpl

    @hookimpl
    def mlwidgets_register(registry):
        registry.topic("{name}", "A good topic")
        registry.algorithm("{name}.count", "{module}:count")

    def count(n: int = 3):
        "Counting: one number after another."
        for k in range(n):
            yield {"k": k}
"""

GUEST = """
    from mlwidgets import hookimpl

    @hookimpl
    def mlwidgets_register(registry):
        registry.algorithm("{host}.guest", "{module}:guest")

    def guest():
        yield {"k": 0}
"""


class World:
    """Distributions beside the installed ones, for as long as one test lasts."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.modules = dict(sys.modules)
        monkeypatch.syspath_prepend(folder)
        for variable in ("MLWIDGETS_BLOCK", "MLWIDGETS_ONLY", "MLWIDGETS_STRICT"):
            monkeypatch.delenv(variable, raising=False)

    def add(self, name: str, source: str = GOOD, *, version: str = "1.0", **words: str) -> Path:
        """Install a plugin of one module; installing it again replaces it."""
        for word, value in {"name": name, "module": name, **words}.items():
            source = source.replace(f"{{{word}}}", value)
        module = self.write(f"{name}.py", source)
        info = self.folder / f"{name}.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: dist-{name}\nVersion: {version}\n"
        )
        (info / "entry_points.txt").write_text(f"[mlwidgets]\n{name} = {name}\n")
        return module

    def write(self, path: str, source: str) -> Path:
        """A file in the folder."""
        file = self.folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(dedent(source))
        return file

    def close(self) -> None:
        """Forget the modules that the test imported from here."""
        for name, module in list(sys.modules.items()):
            if str(self.folder) in str(getattr(module, "__file__", "") or ""):
                del sys.modules[name]
