"""Publishing a notebook: its cells as inert HTML, where its figures come from, what is refused."""

from __future__ import annotations

import base64
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

import mlwidgets
from mlwidgets.cli import main
from mlwidgets.kept import kept
from mlwidgets.player import Player
from mlwidgets.publish.markdown import Words, equation, sections, title_of
from mlwidgets.publish.notebook import Part, coloured
from mlwidgets.publish.outputs import ansi, output, settled
from mlwidgets.publish.saved import models, restored, saved
from mlwidgets.publish.slides import deck, slides_of

Output = pytest.CaptureFixture[str]
WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(1)</script></script><svg onload=alert(1)>"
    '<a href="javascript:alert(1)">go</a><iframe src="https://example.org"></iframe>'
    '<div style="background:url(https://example.org/a.png);position:fixed">box</div>'
    '<script type="application/json" data-mlwidgets="info">{}</script>'
)
ACTIVE = re.compile(r"onerror|onload|<script|<iframe|<svg|href=.javascript|url\(|position|data-ml")


def png(colour: str = "green") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (4, 3), colour).save(held, "PNG")
    return held.getvalue()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def words(tmp_path: Path, told: list[str]) -> Words:
    return Words(tmp_path, told.append, coloured)


def write(path: Path, *cells: Any, **metadata: Any) -> Path:
    nbformat.write(new_notebook(cells=list(cells), metadata=metadata), path)  # type: ignore[no-untyped-call]  # nbformat publishes no types
    return path


def code(source: str, *outputs: Any, **metadata: Any) -> Any:
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)  # type: ignore[no-untyped-call]  # as above


def text(source: str, **metadata: Any) -> Any:
    return new_markdown_cell(source, metadata=metadata)  # type: ignore[no-untyped-call]  # as above


def shown(player: Player) -> Any:
    """What a cell that shows a player holds once it is saved."""
    data = {WIDGET: {"model_id": player.model_id, "version_major": 2}, "text/plain": "a run"}
    return new_output("display_data", data | {"image/svg+xml": "<svg/>"})  # type: ignore[no-untyped-call]  # as above


def output_of(mime: str, held: str) -> Any:
    return new_output("display_data", {mime: held})  # type: ignore[no-untyped-call]  # as above


def states_of(*players: Player) -> dict[str, Any]:
    """The widgets' state as a notebook saves it."""
    return {STATE: {"state": {player.model_id: _state(player) for player in players}}}


def _state(player: Player) -> dict[str, Any]:
    traits = {name: getattr(player, name) for name in ("info", "state", "_chunks")}
    first = base64.b64encode(player.first).decode()
    return {
        "state": traits,
        "buffers": [{"path": ["first"], "encoding": "base64", "data": first}],
    }


def figures(page: str) -> list[dict[str, Any]]:
    """The islands of each figure of a page."""
    parts = page.split("<div data-mlwidgets-player")[1:]
    island = re.compile(r'<script type="application/json" data-mlwidgets="(\w+)">(.*?)</script>')
    return [{name: json.loads(held) for name, held in island.findall(part)} for part in parts]


# words --------------------------------------------------------------------------------------


def test_headings_lists_tables_and_equations_are_html_and_mathml(words: Words) -> None:
    made = words.markdown("# A *b*\n\n- one\n\n| x |\n|---|\n| 1 |\n\nin $x^2$ and\n\n$$y = 1$$\n")
    for part in ('<h1 id="A-b">', "<li>one</li>", "<td>1</td>", "<msup>", 'display="block"'):
        assert part in made


@pytest.mark.parametrize(
    ("said", "equations"),
    [
        (r"$a$ costs \$5", 1),
        ("# Title\n\n$\\gamma<1$\nDr. Who, 2026", 1),
        ("# $\\gamma<1$ 2026", 1),
        ("$a$ ends with a \\", 1),
        (r"\$5, $a$ and \$6, $b$ 7", 2),
        ("$$x$$ in 5", 1),
        ("$5 and $6", 0),
        ("$$\nx\n$$ (eq1)\n\n$$y$$", 2),
    ],
)
def test_dollars_are_equations_and_money(words: Words, said: str, equations: int) -> None:
    made = words.markdown(said)
    assert made.count("<math") == equations
    assert ("(eq1)" in made) == ("(eq1)" in said)
    assert bool(re.search(r"\$[^\d]|\$$", made)) is False


def test_labels_of_equations_are_not_shown_and_tags_are_numbers() -> None:
    made = equation(r"x = 1 \label{eq:a} \tag{3}\notag", display=True)
    assert made.endswith("<mo>=</mo><mn>1</mn><mtext>(3)</mtext></mrow></math>")


def test_headings_of_the_same_words_have_names_of_their_own(words: Words) -> None:
    made = words.markdown('# A\n\n# A\n\n# A-2\n\n<h2 id="A">x</h2>') + words.markdown("# A")
    assert re.findall(r'id="([^"]*)"', made) == ["A", "A-2", "A-2-2", "A-3", "A-4"]


def test_an_equation_that_cannot_be_converted_is_shown_as_typed() -> None:
    assert equation(r"\left( x") == "<code>\\left( x</code>"
    assert "<mtable" in equation(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", display=True)
    assert "<munder><mo>argmax</mo>" in equation(r"\argmax_a Q", display=True)


def test_an_equation_holds_nothing_that_acts() -> None:
    assert "href" not in equation(r"\href{javascript:alert(1)}{x}")
    assert "<img" not in equation(r"\text{<img onerror=alert(1)>}")


@pytest.mark.parametrize("kind", ["markdown", "html", "svg"])
def test_hostile_words_and_outputs_are_inert(words: Words, kind: str) -> None:
    mime = {"html": "text/html", "svg": "image/svg+xml", "markdown": "text/markdown"}[kind]
    given = new_output("display_data", {mime: HOSTILE, "text/plain": HOSTILE})  # type: ignore[no-untyped-call]  # as above
    made = output(given, words, lambda _model, _given: None)
    assert not ACTIVE.search(re.sub(r'"data:image/svg\+xml;base64,[^"]*"', "", made))


def test_pictures_of_files_and_attachments_are_in_the_page(words: Words, tmp_path: Path) -> None:
    (tmp_path / "a b.png").write_bytes(png())
    held = base64.b64encode(png("red")).decode()
    made = words.markdown(
        '![x](<a b.png>) ![y](attachment:c.png) <img src="a%20b.png" alt="z">',
        {"c.png": {"image/png": held}},
    )
    assert made.count('src="data:image/png;base64,') == 3
    assert held in made


def test_a_picture_that_is_none_or_far_away_is_left_out_and_told(
    words: Words, told: list[str], tmp_path: Path
) -> None:
    (tmp_path / "notes.png").write_text("secret")
    made = words.markdown("![a](notes.png) ![b](https://example.org/b.png) ![c](none.png)")
    assert "src" not in made
    assert ["no PNG" in told[0], "would fetch" in told[1], "no such file" in told[2]] == [True] * 3


@pytest.mark.parametrize("way", ["../a.png", "{outside}/a.png", "l.png"])
def test_a_picture_outside_of_the_notebooks_folder_is_left_out_and_told(
    tmp_path: Path, told: list[str], way: str
) -> None:
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "l.png").symlink_to(tmp_path / "a.png")
    (tmp_path / "book" / "in.png").write_bytes(png())
    words = Words(tmp_path / "book", told.append, coloured)
    assert "src" not in words.markdown(f"![a]({way.format(outside=tmp_path)})")
    assert ["outside the notebook's folder" in line for line in told] == [True]
    assert "src" in words.markdown("![a](x/../in.png)")


def test_a_terminals_colours_are_spans_and_its_progress_bar_is_where_it_ended() -> None:
    assert ansi("\x1b[1;31mred\x1b[0m <b>") == (
        '<span class="ansi-bold ansi-red">red</span> &lt;b&gt;'
    )
    assert 'style="color:#ff8700"' in ansi("\x1b[38;5;208mx")
    assert ansi("\x1b[2J\x1b]0;title\x07x") == "x"
    assert settled("10%\r50%\r100%\nab\bc") == "100%\nac"


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({"text/html": "<table class='dataframe'><tr><td>1</td></tr></table>"}, "dataframe"),
        ({"text/html": "<script>plot()</script>", "text/plain": "a plot"}, "a plot"),
        ({"text/latex": r"$\displaystyle x^2$"}, "<msup>"),
        ({"image/png": base64.b64encode(png()).decode()}, 'src="data:image/png'),
        ({"image/svg+xml": "<svg xmlns='a'><circle/></svg>"}, 'src="data:image/svg+xml;base64'),
    ],
)
def test_each_kind_of_output_is_shown(words: Words, data: dict[str, str], part: str) -> None:
    given = new_output("execute_result", data)  # type: ignore[no-untyped-call]  # as above
    assert part in output(given, words, lambda _model, _given: None)


# slides -------------------------------------------------------------------------------------


def parts(*slides: str) -> list[Part]:
    return [Part(f"<p>{k}</p>", slide) for k, slide in enumerate(slides)]


def test_slides_follow_the_notebooks_metadata() -> None:
    made = slides_of(parts("slide", "", "fragment", "skip", "notes", "subslide", "slide"))
    assert [[p.markup[3] for p in s.parts] for s in made] == [["0", "1", "2"], ["5"], ["6"]]
    assert [p.markup[3] for p in made[0].notes] == ["4"]
    page = deck(made)
    assert page.count('<section class="slide">') == 3
    assert page.count("<section>") == 1, "a slide with another below it is a stack"
    assert '<div class="fragment"><p>2</p></div>' in page


def test_without_metadata_each_heading_of_level_one_or_two_begins_a_slide() -> None:
    pieces = sections("# a\nx\n## b\n### c\n```\n# no\n```\n## d\n")
    assert [title_of(piece) for piece in pieces] == ["a", "b", "d"]
    made = slides_of([Part(piece, heading=True) for piece in pieces])
    assert len(made) == 3


# pages --------------------------------------------------------------------------------------


@pytest.fixture
def player() -> Player:
    run = mlwidgets.play("rl.q_learning", episodes=5).wait()
    run.stops = {7: "a fall"}
    return Player(run)


def test_a_saved_notebook_is_published_with_its_whole_traces(
    tmp_path: Path, player: Player
) -> None:
    player.first = kept(player.run, player.feed.epoch)
    book = write(
        tmp_path / "lecture.ipynb",
        text("# Acting"),
        code("run", shown(player)),
        widgets=states_of(player),
    )
    assert main(["publish", str(book)]) == 0
    page = (tmp_path / "lecture.html").read_text("utf-8")
    assert "<title>Acting</title>" in page
    (figure,) = figures(page)
    assert figure["trace"]["count"] == len(player.run.trace)
    assert figure["state"]["stops"] == [[7, "a fall"]]
    assert "img-src data:" in page.partition("Content-Security-Policy")[2][:900]


def test_what_is_saved_of_a_run_is_read_again_bit_for_bit(player: Player) -> None:
    player.first = kept(player.run, player.feed.epoch)
    (traits,) = models({"widgets": states_of(player)}).values()
    again, run = restored(traits), player.run
    for name in run.trace:
        assert (again.trace[name].tobytes()) == run.trace[name].tobytes(), name
    assert list(again.trace.frames) == list(run.trace.frames)


def test_a_run_that_had_not_ended_when_it_was_saved_says_so() -> None:
    run = mlwidgets.play("rl.q_learning", episodes=5).step(20)
    player = Player(run)
    player.first = kept(player.run, player.feed.epoch)
    (traits,) = models({"widgets": states_of(player)}).values()
    made = saved(traits)
    assert made.note == "Saved at frame 20, before the run had ended."
    assert made.note in made.markup
    run.close()


def test_a_run_that_was_not_started_when_it_was_saved_says_so() -> None:
    run = mlwidgets.play("rl.q_learning", episodes=5)
    player = Player(run)
    player.first = kept(player.run, player.feed.epoch)
    (traits,) = models({"widgets": states_of(player)}).values()
    assert saved(traits).note == "Saved before the run was started."
    run.stop()
    stopped = Player(run)
    stopped.first = kept(run, stopped.feed.epoch)
    (traits,) = models({"widgets": states_of(stopped)}).values()
    assert saved(traits).note == "The run was stopped at frame 0."
    run.close()


def test_without_the_players_state_one_line_says_what_to_do(
    tmp_path: Path, player: Player, capsys: Output
) -> None:
    book = write(tmp_path / "a.ipynb", code("x = 1"), code("run", shown(player)))
    assert main(["publish", str(book)]) == 2
    said = capsys.readouterr().err
    assert "in code cell 2 (run): save the notebook with widget state" in said
    assert "--execute" in said
    assert not (tmp_path / "a.html").exists()
    assert main(["publish", str(book), "--allow-errors"]) == 0


def test_a_notebook_that_was_never_executed_is_published_with_a_word_about_it(
    tmp_path: Path, capsys: Output
) -> None:
    said = "no cell has been executed"
    ran = code("x = 1")
    ran.execution_count = 1
    for cells, told in (([code("run")], True), ([ran], False), ([text("words")], False)):
        assert main(["publish", str(write(tmp_path / "a.ipynb", *cells))]) == 0
        err = capsys.readouterr().err
        assert (said in err, "--execute" in err) == (told, told)


def test_cells_are_folded_and_left_out_as_their_tags_say(tmp_path: Path) -> None:
    stream = new_output("stream", name="stdout", text="printed")  # type: ignore[no-untyped-call]  # as above
    cells = [
        code("gone = 1", stream, tags=["remove-cell"]),
        code("folded = 2", stream, tags=["hide-input"]),
        code("bare = 3", stream, tags=["remove-output"]),
    ]
    book = write(tmp_path / "a.ipynb", *cells)
    assert main(["publish", str(book)]) == 0
    page = (tmp_path / "a.html").read_text("utf-8")
    assert "gone" not in page
    assert "<details><summary>Code</summary>" in page
    assert page.count("printed") == 1
    assert main(["publish", str(book), "--no-code"]) == 0
    assert "folded" not in (tmp_path / "a.html").read_text("utf-8")


def test_executing_drives_every_run_to_its_end_and_takes_its_figure(tmp_path: Path) -> None:
    book = write(
        tmp_path / "a.ipynb",
        code("import mlwidgets"),
        code("run = mlwidgets.play('rl.q_learning', episodes=3)\nrun.stops = {4: 'here'}\nrun"),
    )
    assert main(["publish", str(book), "--execute", "--slides", "-o", str(tmp_path / "b")]) == 0
    page = (tmp_path / "b").read_text("utf-8")
    (figure,) = figures(page)
    assert figure["state"]["status"] == "done"
    stills = page.partition('<div class="stills">')[2]
    assert stills.count("<figure>") == 2
    assert "<figcaption>here</figcaption>" in stills


def test_a_run_that_never_ends_is_published_as_far_as_it_is(tmp_path: Path, capsys: Output) -> None:
    endless = (
        "def ticks():\n    k = 0\n    while True:\n        yield {'k': float(k)}\n        k += 1"
    )
    cells = [code(endless), code("import mlwidgets\nmlwidgets.play(ticks)")]
    book = write(tmp_path / "a.ipynb", *cells)
    assert main(["publish", str(book), "--execute", "--wait", "0.2"]) == 0
    assert "before the run had ended" in capsys.readouterr().err


def test_a_cell_that_fails_is_named_and_published_only_on_request(
    tmp_path: Path, capsys: Output
) -> None:
    book = write(tmp_path / "a.ipynb", code("x = 1"), code("\n1 / 0"), code("print('after')"))
    assert main(["publish", str(book), "--execute"]) == 2
    said = capsys.readouterr().err
    assert "code cell 2 (1 / 0): ZeroDivisionError: division by zero; --allow-errors" in said
    assert not (tmp_path / "a.html").exists()
    assert main(["publish", str(book), "--execute", "--allow-errors"]) == 0
    assert "after</pre>" in (tmp_path / "a.html").read_text("utf-8")


# what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("no json", "is not a notebook (it is no JSON)"),
        ("[1]", "it names no nbformat"),
        ('{"nbformat": 9}', "version 9, 4 is the newest"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 7}', "damaged"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_line(
    tmp_path: Path, capsys: Output, held: str, said: str
) -> None:
    (tmp_path / "a.ipynb").write_text(held)
    assert main(["publish", str(tmp_path / "a.ipynb")]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_notebook_of_an_older_version_is_published(tmp_path: Path) -> None:
    cell = {"cell_type": "markdown", "metadata": {}, "source": ["# Old\n", "words"]}
    held = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    (tmp_path / "a.ipynb").write_text(json.dumps(held))
    assert main(["publish", str(tmp_path / "a.ipynb")]) == 0
    assert "words" in (tmp_path / "a.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["a.ipynb", "--slide"], "no option '--slide'. Did you mean '--slides'?"),
        (["a.ipynb", "--live"], "--live serves a deck: write --slides --live"),
        (["a.ipynb", "--wait", "soon"], "--wait soon: must be a number of seconds"),
        (["a.ipynb", "-o"], "-o needs a value"),
        (["a.ipynb", "b.ipynb"], "write `python -m mlwidgets publish lecture.ipynb`"),
        (["none.ipynb"], "none.ipynb: cannot be read: No such file"),
    ],
)
def test_a_line_that_cannot_be_obeyed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output, line: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["publish", *line]) == 2
    assert said in capsys.readouterr().err


def test_a_path_that_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, capsys: Output
) -> None:
    book = write(tmp_path / "a.ipynb", code("import pathlib; pathlib.Path('ran').touch()"))
    target = tmp_path / "none" / "a.html"
    assert main(["publish", str(book), "--execute", "-o", str(target)]) == 2
    assert "cannot be written: No such file or directory" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()
    assert main(["publish", str(book), "-o", str(book)]) == 2
    assert "is the notebook itself" in capsys.readouterr().err


def test_help_is_printed(capsys: Output) -> None:
    assert main(["publish", "-h"]) == 0
    assert "--allow-errors" in capsys.readouterr().out


def test_no_home_folder_is_in_a_page(tmp_path: Path, player: Player) -> None:
    player.first = kept(player.run, player.feed.epoch)
    book = write(tmp_path / "a.ipynb", code("run", shown(player)), widgets=states_of(player))
    assert main(["publish", str(book)]) == 0
    page = (tmp_path / "a.html").read_text("utf-8")
    assert os.path.expanduser("~") not in page
    assert str(tmp_path) not in page
