"""The committed JavaScript is what its sources build."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from scripts import node


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_rebuild_gives_the_same_bytes(root: Path, tmp_path: Path) -> None:
    """When this fails after a change in js/: `npm run build` there, and commit mlwidgets/static."""
    node.ensure()
    node.install(root / "js")
    build = subprocess.run(
        [*node.npm(), "run", "build"],
        cwd=root / "js",
        env={**os.environ, "MLWIDGETS_STATIC": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    rebuilt, committed = files(tmp_path), files(root / "mlwidgets" / "static")
    assert set(rebuilt) == set(committed)
    assert [name for name in rebuilt if rebuilt[name] != committed[name]] == []
