"""The card of a run: its line, pasted into a clean process, gives the same trace, or says why."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest

import mlwidgets
from mlwidgets import Frames, Grid, Live, Rate, Run, Table, algorithm
from mlwidgets.errors import MLError
from mlwidgets.inputs import GridKind
from mlwidgets.params import Param
from mlwidgets.registry import registry
from mlwidgets.replay.bibtex import bibtex
from mlwidgets.replay.card import card_of, digest

ALGORITHMS = list(registry().items)

# A clean kernel: every line is a cell of its own, and what does not stand goes to its end.
PASTED = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("%load_ext mlwidgets")
def hash_of(line):
    done = shell.run_cell(f"run = {line}")
    done.raise_error()
    run = shell.user_ns["run"]
    return (run if " @" in line.rpartition("=")[2] else run.wait()).trace.hash
json.dump([hash_of(line) for line in json.load(sys.stdin)], sys.stdout)
"""

HOSTILE = [
    'it\'s "so" {x} $y [a',
    "two\nlines\tand a tab\r",
    "what? ; # %ml !ls @12 alpha=1 --device cuda",
    "back\\slash \\n at its end \\",
    "separators \u2028 \u0085 \u00a0 and \u202e turned",
    "null \x00 and escape \x1b[31m",
    "half a pair \ud83d",
    "'''quoted'''",
]


def hashes(lines: list[str], folder: Path) -> list[str]:
    """The hashes of the traces that these lines give in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", PASTED],
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return list(json.loads(done.stdout.rpartition("\n")[2]))


def other(param: Param, value: float) -> float:
    """Another number that the parameter may have."""
    for new in (value / 2, value * 2, value + 1, value - 1, 0.5, 0.05):
        try:
            if param.check(new) != value:
                return float(param.check(new))
        except MLError:
            continue
    raise AssertionError(f"{param.name} has one value only")


def steered(name: str) -> Run:
    """A run that stands in the middle, each of its live numbers changed on the way."""
    run = mlwidgets.play(name, device="cpu")
    for p in run.algorithm.spec.params:
        if p.live and p.kind.name in ("float", "int") and run.status != "done":
            run.step(5).set(**{p.name: other(p, run.params[p.name])})
    return run if run.status == "done" else run.step(4)


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, Run]]:
    made = {name: steered(name) for name in ALGORITHMS}
    made["done"] = mlwidgets.play("rl.q_learning", episodes=3, alpha=1 / 3).step(9)
    made["done"].set(epsilon=0.7, grid=_edited(made["done"])).wait()
    made["answered"] = mlwidgets.play("vision.cnn_digits", device="cpu", epochs=1, batch=512).wait()
    made["answered"].set(digit=np.eye(8)).set(digit="flower")
    made["thin"] = mlwidgets.play("rl.q_learning", episodes=1500, epsilon=1.0).step(20_004)
    for k, text in enumerate(HOSTILE):
        made[f"hostile {k}"] = mlwidgets.play("nlp.attention", text=text, heads=1)
    yield made
    for run in made.values():
        run.close()


def _edited(run: Run) -> Grid:
    """The run's board with a wall in it."""
    rows = list(run.params["grid"].rows)
    rows[0] = f"#{rows[0][1:]}"
    return Grid(*rows)


@pytest.fixture(scope="module")
def pasted(runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    lines = [card_of(run).line for run in runs.values()]
    return dict(zip(runs, hashes(lines, tmp_path_factory.mktemp("clean")), strict=True))


@pytest.mark.parametrize(
    "name",
    [*ALGORITHMS, "done", "answered", "thin", *(f"hostile {k}" for k in range(len(HOSTILE)))],
)
def test_the_line_pasted_into_a_clean_process_gives_the_same_trace(
    name: str, runs: dict[str, Run], pasted: dict[str, str]
) -> None:
    card = runs[name].card()
    assert card.made.lacks == ()
    assert card.hash == runs[name].trace.hash == pasted[name]
    assert len(card.line.splitlines()) == 1
    assert card.line.isprintable()


def test_the_line_says_what_was_steered_and_where_the_run_stands() -> None:
    run = mlwidgets.play("rl.q_learning", device="cpu").step(5).set(epsilon=0.5).step(7)
    card = run.card()
    assert card.line.endswith(" --device cpu @6 epsilon=0.5 @12")
    assert card.events == ("epsilon 0.1 → 0.5 from frame 6 on",)
    assert (card.seed, card.params["alpha"], card.number) == ("0", "0.5", 12)
    assert run.wait().card().line.endswith(" @6 epsilon=0.5")


def test_versions_device_and_data_are_named() -> None:
    made = mlwidgets.play("nlp.attention", text="to be or not to be", device="cpu").card().made
    assert made.versions["mlwidgets"] == mlwidgets.__version__
    assert made.versions["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert made.versions["numpy"] == np.__version__
    assert made.device.startswith("cpu")
    again = mlwidgets.play("nlp.attention", text="to be or not to be").card().made
    assert made.data == again.data
    assert mlwidgets.play("nlp.attention", text="to be").card().made.data != made.data
    assert mlwidgets.play("nlp.attention").card().made.data == {}


def test_the_data_set_that_an_algorithm_brings_has_a_fingerprint() -> None:
    def summed(scale: float = 1.0, data: Table | None = None) -> Frames[dict[str, float]]:
        yield {"x": scale}

    def brought(params: Mapping[str, Any]) -> Any:
        return np.arange(3.0) if params["data"] is None else None

    card = mlwidgets.play(algorithm(data=brought)(summed), scale=2.0).card()
    assert card.made.data == {"its own data set": digest(np.arange(3.0))}
    assert "its own data set: SHA-256" in repr(card)
    given = mlwidgets.play(algorithm(data=brought)(summed), data={"a": [1.0, 2.0]}).card()
    assert [*given.made.data] == ["data"]
    digits = mlwidgets.play("vision.cnn_digits").card().made
    assert len(digits.data["its own data set"]) == 16
    assert digits.lacks == (), "the line gives it all the same"


# what the line lacks ------------------------------------------------------------------------------


SLOPES = GridKind({"S": "start", "G": "goal", "/": "slope", ".": "floor"})


def slopes(board: Annotated[Any, SLOPES] = ("SG",)) -> Iterator[dict[str, int]]:
    """Slopes: how many cells a board has."""
    yield {"n": len(board.cells)}


def count(n: int = 30, by: Live[Rate] = 1.0) -> Frames[dict[str, float]]:
    """Count: one after the other."""
    for k in range(n):
        by = yield {"x": k * by}


def test_a_function_of_the_users_is_lacking_and_told_where_it_is() -> None:
    assert mlwidgets.play(count).card().made.lacks[0].startswith("count (from ")

    def own() -> Iterator[dict[str, int]]:
        yield {"x": 1}

    assert mlwidgets.play(own).card().made.lacks == ("own (a function of yours)",)


def test_a_registered_algorithm_is_known_however_it_was_given() -> None:
    target = registry().get("rl.q_learning").load()
    run = mlwidgets.play(target.named("q_learning"), episodes=2)
    assert run.card().line.startswith("%ml rl.q_learning ")
    assert run.card().made.lacks == ()
    other = target.preset(None, alpha=0.25).named("rl.q_learning")
    assert "rl.q_learning" in mlwidgets.play(other).card().made.lacks[0]


def test_objects_of_the_users_are_lacking_and_have_fingerprints() -> None:
    torch = pytest.importorskip("torch")
    pandas = pytest.importorskip("pandas")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    table = pandas.DataFrame(np.arange(20 * 65).reshape(20, 65) % 10)
    noise = np.random.default_rng(0).random((8, 8))
    given = {"net": net, "data": table, "digit": noise, "epochs": 1}
    made = mlwidgets.play("vision.cnn_digits", device="cpu", **given).card().made
    assert made.lacks == (
        "digit (an image of yours, 8 x 8 pixels)",
        "data (a table of yours, 20 rows x 65 columns)",
        "net (a Sequential of yours)",
    )
    assert set(made.data) == {"digit", "data", "net"}
    with torch.no_grad():
        net[1].bias[0] += 1e-3
    table.iloc[3, 4] += 1
    twin = mlwidgets.play("vision.cnn_digits", device="cpu", **given).card().made
    assert {name for name in made.data if made.data[name] != twin.data[name]} == {"net", "data"}


def test_a_board_whose_word_cannot_be_read_again_is_lacking() -> None:
    assert mlwidgets.play(slopes, board=["S/", ".G"]).card().made.lacks[1:] == (
        "board (a Grid of yours)",
    )
    assert mlwidgets.play(slopes, board=["S.", ".G"]).card().made.lacks[1:] == ()


def test_a_steered_object_is_lacking_with_its_frame() -> None:
    run = mlwidgets.play("vision.cnn_digits", device="cpu", epochs=1).step(3)
    run.set(digit=np.full((8, 8), 0.5)).step(1)
    assert run.card().made.lacks == ("digit from frame 4 on (an image of yours, 8 x 8 pixels)",)


def test_a_frame_that_only_this_run_has_kept_is_lacking() -> None:
    run = mlwidgets.play("rl.q_learning", episodes=1500, epsilon=1.0).step(20_003).stop()
    assert run.trace.stride > 1
    assert run.card().made.lacks == (
        "frame 20003, kept because the run held there: go to it, and pause or stop",
    )


def test_a_recorded_loop_lacks_its_code() -> None:
    with mlwidgets.record() as rec:
        rec(x=1)
    card = rec.run.card()
    assert card.line == ""
    assert card.made.lacks[0].startswith("the code: ")
    assert card.hash == rec.run.trace.hash


# kept and loaded ----------------------------------------------------------------------------------


@pytest.mark.parametrize("whole", [True, False])
def test_a_loaded_run_has_the_card_of_the_run_that_was_saved(whole: bool, tmp_path: Path) -> None:
    run = mlwidgets.play("rl.q_learning", episodes=3).step(9).set(epsilon=0.5).step(3)
    run = run.wait() if whole else run
    run.save(tmp_path / "run.trace")
    loaded = mlwidgets.load(tmp_path / "run.trace")
    ours, theirs = run.card(), loaded.card()
    assert theirs.status == "loaded"
    assert replace(theirs, status=ours.status, params=ours.params) == ours
    assert ours.params["grid"] == "default"
    assert {**theirs.params, "grid": "default"} == ours.params


@pytest.mark.parametrize("made", [None, [], {"versions": 3, "lacks": "x"}, {"data": {"a": [1]}}])
def test_what_a_file_says_of_its_making_is_taken_as_text(made: Any, tmp_path: Path) -> None:
    mlwidgets.play("rl.q_learning", episodes=1).save(tmp_path / "run.trace")
    loaded = mlwidgets.load(tmp_path / "run.trace")
    assert loaded.info is not None
    loaded.info["made"] = made
    card = loaded.card()
    assert all(isinstance(v, str) for v in (*card.made.versions.values(), *card.made.data.values()))
    assert repr(card)


# words --------------------------------------------------------------------------------------------


def test_the_text_of_a_card_is_plain_whatever_it_was_given() -> None:
    for text in HOSTILE:
        said = repr(mlwidgets.play("nlp.attention", text=text).card())
        assert all(line.isprintable() for line in said.splitlines())
        assert json.dumps(mlwidgets.play("nlp.attention", text=text).card().to_json())


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_bibtex_of_a_page_names_what_the_citation_names(name: str) -> None:
    page = registry().items[name].page
    fields = entry(bibtex(page.citation, page.doi))
    assert {"author", "title", "year", "doi"} <= set(fields)
    words = page.citation.replace("&", "and").replace("et al.", "and others").replace("-", "--")
    for field in ("title", "year", "journal", "volume", "pages", "note", "eprint", "doi"):
        assert fields.get(field, "").strip("{}").replace("-", "--").replace("----", "--") in words
    for author in fields["author"].split(" and "):
        assert author in words


def entry(text: str) -> dict[str, str]:
    """The fields of one entry; its braces are balanced and its key is plain."""
    head, *lines = text.splitlines()
    assert head.partition("{")[0] in ("@article", "@misc")
    assert head.partition("{")[2].removesuffix(",").isalnum()
    depth = 0
    for char in text:
        depth += (char == "{") - (char == "}")
        assert depth >= 0
    assert depth == 0
    pairs = (line.strip().removesuffix(",").split(" = ", 1) for line in lines[:-1])
    return {name: value[1:-1] for name, value in pairs}


@pytest.mark.parametrize(
    ("citation", "says"),
    [
        ('A, B & C (1999a), "T", J. of X 3(2), 1-9.', {"author": "A and B and C", "number": "2"}),
        ('Doe, J. & Roe, R. (2001), "T", arXiv:2001.00001.', {"author": "Doe, J. and Roe, R."}),
        ('Roe (2001), "T", arXiv:2001.00001.', {"eprint": "2001.00001"}),
        ("Roe (2018), A Book, MIT Press.", {"note": "A Book, MIT Press"}),
        ('E {x}} (2000), "}{ \\input{y} 50% & $z_1", J 1, 2.', {"volume": "1", "pages": "2"}),
        ('Ü \x00 (2000), "~^\u2028", J 1.', {"year": "2000"}),
    ],
)
def test_bibtex_is_well_formed_whatever_is_cited(citation: str, says: dict[str, str]) -> None:
    assert says.items() <= entry(bibtex(citation)).items()


def test_what_names_no_year_has_no_bibtex() -> None:
    assert bibtex("") == bibtex("a blog post") == ""


def test_no_doi_is_made_of_what_is_none() -> None:
    assert "doi" not in bibtex('A (2000), "T".', "https://x.org/}{")
