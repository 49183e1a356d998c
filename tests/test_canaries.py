"""What is private stays here: secrets, the home folder, the environment, the working folder."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

import mlwidgets
from mlwidgets import Live, ParamError, Run, Secret, play
from mlwidgets.kept import kept
from mlwidgets.pages.srcdoc import published
from mlwidgets.pages.stills import still
from mlwidgets.replay.source import source_of
from tests.test_player import Watched

ENV, HOME, CWD, TOKEN = "canary-env", "canary-home", "canary-cwd", "canary-token"
ALL = (ENV, HOME, CWD, TOKEN)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, an environment and a working folder that must not be told."""
    made = tmp_path / HOME / "user"
    (made / CWD).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.setenv("USERPROFILE", str(made))
    monkeypatch.setenv("API_KEY", f"{ENV}-value")
    monkeypatch.chdir(made / CWD)
    return made


def talker(
    path: str = "data.csv",
    key: Annotated[str, Secret()] = "",
    spare: Live[Annotated[str, Secret()]] = "",
    steps: int = 4,
    fails: bool = False,
) -> Iterator[dict[str, Any]]:
    """Talker: says all that it was given."""
    for k in range(steps):
        yield {"k": k, "said": f"{path} with {key}", "all": [path, key, spare]}
    if fails:
        raise ValueError(f"cannot open {path} with {key!r} and {spare}")


@pytest.fixture(params=[False, True], ids=["ends", "fails"])
def run(home: Path, request: pytest.FixtureRequest) -> Iterator[Run]:
    run = play(talker, path=str(home / "canary.csv"), key=f"{TOKEN} one", fails=request.param).step(
        1
    )
    run.set(spare=f"{TOKEN}\ttwo")
    try:
        run.wait()
    except ValueError:
        assert request.param
    yield run
    run.close()


def deep(data: bytes) -> Iterator[bytes]:
    """The bytes, and all that is packed in them, however often."""
    yield data
    for found in re.finditer(rb"[A-Za-z0-9+/]{24,}={0,2}", data):
        try:
            yield from deep(base64.b64decode(found.group(), validate=True))
        except ValueError:
            continue
    for at in (m.start() for m in re.finditer(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]", data)):
        packed = zlib.decompressobj(47)
        try:
            yield from deep(packed.decompress(data[at:]))
        except zlib.error:
            continue


def bare(data: bytes | str) -> None:
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    for piece in deep(raw):
        for canary in ALL:
            assert canary.encode() not in piece, piece[:2000]


PLACES: dict[str, Callable[[Run, Path], bytes | str]] = {
    "text": lambda run, _: run.summary(),
    "repr": lambda run, _: str(mlwidgets.errors.sayable(repr(run))),
    "card": lambda run, _: repr(run.card()) + json.dumps(run.card().to_json()),
    "still": lambda run, _: still(run),
    "saved state": lambda run, _: kept(run, 1),
    "published": lambda run, _: json.dumps(published(run)),
    "exported": lambda run, path: written(run.export(path / "x.html"), path / "x.html"),
    "saved": lambda run, path: written(run.save(path / "x.trace"), path / "x.trace"),
    "picture": lambda run, path: written(run.picture(path / "x.svg"), path / "x.svg"),
}


def written(_run: Run, path: Path) -> bytes:
    return path.read_bytes()


@pytest.mark.parametrize("place", PLACES)
def test_no_canary_is_anywhere(run: Run, place: str, tmp_path: Path) -> None:
    bare(PLACES[place](run, tmp_path))


def test_no_canary_is_in_what_a_player_holds_or_sends(run: Run) -> None:
    player = Watched(run)
    player.receive({"type": "ready", "client": "page"})
    for k, action in enumerate(("source", "card", "pause", "step")):
        player.ask(action, k)
    player.ask("restart", 9, params={"key": 7, "path": 8})
    bare(player.first)
    for name in ("info", "state"):
        bare(json.dumps(getattr(player, name)))
    for content, buffers in player.said:
        bare(json.dumps(content))
        for buffer in buffers:
            bare(bytes(buffer))


def test_no_canary_is_in_a_file_that_is_written_while_it_runs(home: Path, tmp_path: Path) -> None:
    run = play(talker, path=str(home / "x"), key=f"{TOKEN} one")
    run.record_to(tmp_path / "x.trace").wait()
    run.close()
    bare((tmp_path / "x.trace").read_bytes())


def defaulted(
    key: Annotated[str, Secret()] = "canary-token in the source", steps: int = 2
) -> Iterator[dict[str, Any]]:
    """Defaulted: its secret stands in its source."""
    for k in range(steps):
        yield {"k": k}


@pytest.mark.parametrize("given", [{}, {"key": f"{TOKEN} another"}])
def test_a_secrets_default_is_not_in_the_source_that_is_shown(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    run = play(defaulted, **given).wait()
    run.export(tmp_path / "x.html").close()
    page = (tmp_path / "x.html").read_bytes()
    bare(page)
    bare(json.dumps(source_of(run)))
    assert "(secret)" in json.dumps(source_of(run))


def test_the_search_finds_what_is_packed() -> None:
    packed = base64.b64encode(gzip.compress(b"x" * 99 + TOKEN.encode() + b"y" * 99))
    with pytest.raises(AssertionError):
        bare(b'{"a":"' + packed + b'"}')


def test_the_card_says_that_the_line_lacks_them(run: Run) -> None:
    lacks = run.card().made.lacks
    assert "key (a secret)" in lacks
    assert "path (it names your home folder)" in lacks
    assert "spare from frame 2 on (a secret)" in lacks


def test_the_algorithm_has_the_values_themselves(run: Run, home: Path) -> None:
    assert run.params["key"] == f"{TOKEN} one"
    assert run.params["path"] == str(home / "canary.csv")
    assert run.trace["said"][0] == "~/canary.csv with (secret)"


def test_a_traceback_tells_its_files_by_their_names_here(home: Path) -> None:
    module = home / CWD / "theirs.py"
    module.write_text("def f(k=0):\n    'F.'\n    yield {'x': 1 / k}\n", encoding="utf-8")
    names: dict[str, Any] = {}
    exec(compile(module.read_text(), str(module), "exec"), names)
    run = play(names["f"])
    trace = run._core.fault["trace"]  # type: ignore[index]  # it has failed
    assert 'File "theirs.py", line 3' in trace
    run.close()


def test_a_secret_is_refused_on_a_line_and_not_repeated() -> None:
    spec = mlwidgets.algorithms.as_algorithm(talker).spec
    with pytest.raises(ParamError, match=r"key=\(secret\): is a secret") as raised:
        spec["key"].parse(f"{TOKEN}-on-a-line")
    bare(str(raised.value))
    with pytest.raises(ParamError, match=r"key=\(secret\): must be a text"):
        spec["key"].check(90210)


def test_a_folder_that_only_begins_like_the_home_is_another(home: Path) -> None:
    from mlwidgets.private import private

    assert private(f"{home}2/x and {home}/x and {home}") == f"{home}2/x and ~/x and ~"
