"""What is built is what is installed: every file of ours, and nothing else."""

from __future__ import annotations

import configparser
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.install

TOPICS = ("automl", "dl", "foundations", "genai", "mlops", "nlp", "rl", "study", "vision")


@pytest.fixture(scope="module")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an sdist, and the wheel that was built from that sdist; Node is not asked."""
    folder = tmp_path_factory.mktemp("dist")
    line = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(root)]
    done = subprocess.run(line, capture_output=True, text=True, env={"PATH": ""})
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(built.glob("*.whl")))


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return dict(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"])


def shipped(root: Path) -> set[str]:
    """The files of the packages as they lie in the repository, named as in a wheel."""
    found = set()
    for base in (root, root / "plugins"):
        for package in base.glob("mlwidgets*"):
            paths = (path for path in package.rglob("*") if path.is_file())
            found |= {path.relative_to(base).as_posix() for path in paths}
    return {name for name in found if "__pycache__" not in name}


def test_the_wheel_holds_the_packages_and_only_them(root: Path, wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == shipped(root)
    assert {"mlwidgets/py.typed", "mlwidgets/static/player.js", "mlwidgets/static/shim.js"} <= names
    assert {f"mlwidgets_{topic}/__init__.py" for topic in TOPICS} <= names


def test_every_topic_is_declared_as_a_stranger_would(wheel: zipfile.ZipFile) -> None:
    name = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    declared = configparser.ConfigParser()
    declared.read_string(wheel.read(name).decode())
    assert dict(declared["mlwidgets"]) == {topic: f"mlwidgets_{topic}" for topic in TOPICS}


def test_the_wheel_carries_its_licence(wheel: zipfile.ZipFile) -> None:
    licences = [name for name in wheel.namelist() if name.endswith("licenses/LICENSE")]
    assert "BSD 3-Clause" in wheel.read(licences[0]).decode()


def test_the_sdist_holds_what_builds_and_checks_it(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"pyproject.toml", "LICENSE", "Makefile", "constraints.txt"} <= names
    assert {"js/package-lock.json", "js/build.mjs", "tests/test_wheel.py"} <= names
    assert not [name for name in names if "node_modules" in name or ".venv" in name]


def test_there_is_an_extra_for_each_topic_and_all_holds_them(project: dict[str, Any]) -> None:
    extras = project["optional-dependencies"]
    assert set(TOPICS) <= set(extras)
    held = extras["all"][0].removeprefix("mlwidgets[").removesuffix("]").split(",")
    assert set(held) == set(extras) - {"all", "lab", "dask", "test", "bench"}


def test_the_version_is_said_once(project: dict[str, Any]) -> None:
    import mlwidgets

    assert mlwidgets.__version__ == project["version"]
