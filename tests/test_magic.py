"""`%ml` in a real IPython shell: lists, explains, plays, stops; refusals are one line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

import mlwidgets
from mlwidgets import Run
from mlwidgets.registry import registry
from tests.plugins.broken import BROKEN
from tests.plugins.world import World
from tests.shell import Shell, shell, toys

Output = pytest.CaptureFixture[str]


@pytest.fixture
def ip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    with toys(tmp_path, monkeypatch), shell() as made:
        yield made


def test_a_line_exports_runs_to_a_page(ip: Shell, tmp_path: Path, capsys: Output) -> None:
    ip.run("a = %ml toy.count")
    path = tmp_path / "page.html"
    assert ip.run(f"%ml export {path} $a a codec=single title=Two") is None
    assert path.read_text("utf-8").count("data-mlwidgets-player") >= 2
    assert capsys.readouterr().out.startswith(f"{path}: about ")


def test_a_line_publishes_a_run(ip: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ip.run("a = %ml toy.count\na")
    asked: list[object] = []
    monkeypatch.setattr("mlwidgets.pages.srcdoc.publish", asked.append)
    for word in ("$a", "a"):
        assert ip.run(f"%ml publish {word}") is None
    assert asked == [run, run]


# lists and help -----------------------------------------------------------------------------


def test_a_bare_ml_lists_topics_and_algorithms_readably(ip: Shell, capsys: Output) -> None:
    ip.run("%ml")
    listed = capsys.readouterr().out.splitlines()
    assert "  toy.count    Counting" in listed
    assert "Study (study): no algorithms yet" in listed
    assert max(map(len, listed)) <= 80


def test_a_topic_lists_what_its_algorithms_do(ip: Shell, capsys: Output) -> None:
    ip.run("%ml toy")
    assert "Counting: one number after another" in capsys.readouterr().out
    ip.run("%ml list toy")
    assert "Letters: of a text" in capsys.readouterr().out


@pytest.mark.parametrize(
    "cell",
    ["%ml toy.count?", "%ml toy.count ?", "%%ml toy.count?", "%ml help toy.count"],
)
def test_help_shows_parameters_and_questions(ip: Shell, capsys: Output, cell: str) -> None:
    ip.run(cell)
    page = capsys.readouterr().out
    assert "rate=0.5          how fast; a number in [0, 1]; live" in page
    assert "%ml toy.count n=5\n      Is five enough?" in page


def test_a_question_inside_a_text_is_left_alone(ip: Shell) -> None:
    assert ip.run("text = '''\n%ml toy.count?\n'''\ntext") == "\n%ml toy.count?\n"


def test_what_the_notebook_defines_is_listed_with_the_rest(ip: Shell, capsys: Output) -> None:
    ip.run("import mlwidgets\n@mlwidgets.algorithm\ndef mine(x=1):\n    yield {'x': x}")
    ip.run("%ml")
    assert "In this notebook\n  mine" in capsys.readouterr().out


def test_plugins_names_what_could_not_be_loaded(
    ip: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    World(tmp_path, monkeypatch).add("broken", BROKEN["misspells_the_hook"][0])
    ip.run("%ml plugins reload")
    said = capsys.readouterr().out
    assert "toy          dist-toy 1.0" in said
    assert "plugin 'broken' (dist-broken 1.0) is left out: unknown hook" in said


# playing ------------------------------------------------------------------------------------


def test_ml_gives_a_run_ready_at_frame_0(ip: Shell) -> None:
    run = ip.run("%ml toy.count n=7 rate=0.25")
    assert isinstance(run, Run)
    assert (run.status, run.params["n"], run.params["rate"]) == ("ready", 7, 0.25)


def test_a_line_may_steer_on_the_way_and_go_to_a_frame(ip: Shell) -> None:
    run = ip.run("%ml toy.count n=9 @2 rate=0.25 @5 rate=1 @7")
    assert [(e.frame, e.new) for e in run.events] == [(2, 0.25), (5, 1.0)]
    assert run.number == 7
    assert run.line.endswith("@2 rate=0.25 @5 rate=1")
    assert ip.run(f"{run.line} @7").trace.hash == run.trace.hash


def test_runs_are_compared(ip: Shell) -> None:
    ip.run("a = %ml toy.count n=5\nb = %ml toy.count n=5 @3 rate=0.25\n_ = a.step(4), b.step(4)")
    both = ip.run("%ml compare $a $b")
    assert both.parted()[0].frame == 3
    assert ip.run("%ml compare a b").runs == both.runs
    ip.run("mended = %ml toy.count n=5")
    twins = ip.run("%ml compare $a $mended")
    assert twins.labels == ("a", "mended"), "where nothing tells them apart, what they are called"


def test_a_run_can_be_bound_in_three_ways(ip: Shell) -> None:
    ip.run("run = %ml toy.count")
    ip.run("%%ml toy.letters -o typed\nabc")
    ip.run("%ml toy.count -o other")
    names = [ip.ip.user_ns[name].name for name in ("run", "typed", "other")]
    assert names == ["toy.count", "toy.letters", "toy.count"]


def test_objects_are_passed_not_their_text(ip: Shell) -> None:
    ip.run("thing = object(); table = {'a b': thing}; n0 = 2")
    run = ip.run("%ml toy.count data=$table['a b'] n={n0 * 2} weights={[k / 2 for k in range(n0)]}")
    assert run.params["data"] is ip.ip.user_ns["thing"]
    assert (run.params["n"], run.params["weights"]) == (4, [0.0, 0.5])


def test_a_functions_own_variables_are_seen(ip: Shell) -> None:
    ip.run("n = 50\ndef go(n, k):\n    run = %ml toy.count n={n + k}\n    return run")
    assert ip.run("go(2, 3)").params["n"] == 5


def test_lists_quotes_and_continued_lines_are_read(ip: Shell) -> None:
    run = ip.run("%ml toy.count weights=[1, .5] \\\n  mode='fancy' up=no")
    given = [run.params[name] for name in ("weights", "mode", "up")]
    assert given == [[1.0, 0.5], "fancy", False]


def test_a_cells_text_arrives_untouched(ip: Shell) -> None:
    body = "a {brace}, a $dollar, 100%, 'quotes'?\n  two lines\n"
    run = ip.run(f"%%ml toy.letters times=1\n{body}")
    assert str(run.params["text"]) == body


def test_a_generator_of_the_notebook_plays_and_its_new_definition_replaces_it(ip: Shell) -> None:
    for value in (1, 2):
        ip.run(f"def mine(x: int = 3):\n    yield {{'value': {value} * x}}")
        assert ip.run("%ml mine x=5").trace["value"][0] == 5 * value
    assert ip.run("%ml $mine x=1").trace["value"][0] == 2


def test_pace_starts_the_run_and_at_shows_a_later_frame(ip: Shell) -> None:
    assert ip.run("%ml toy.count n=50 --pace full").wait().status == "done"
    assert ip.run("%ml toy.count n=50 --at 20 --device cpu").number == 20


# the runs that are alive ----------------------------------------------------------------------


def test_runs_are_stopped_by_a_number_that_stays_theirs(ip: Shell, capsys: Output) -> None:
    ip.run("first = %ml toy.count\nsecond = %ml toy.letters")
    ip.run("%ml runs")
    assert "1  toy.count    ready" in capsys.readouterr().out
    ip.ip.user_ns["first"].close()
    ip.run("%ml runs stop 2")
    assert ip.ip.user_ns["second"].status == "stopped"
    assert "no run '1' to stop (alive: 2)" in ip.refusal("%ml runs stop 1")


def test_all_runs_are_stopped_at_once(ip: Shell) -> None:
    ip.run("a = %ml toy.count\nb = %ml toy.count")
    ip.run("%ml runs stop all")
    assert {run.status for run in mlwidgets.runs()} == {"stopped"}


# refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%ml toy.cuont", "unknown algorithm 'toy.cuont'. Did you mean 'toy.count'?"),
        ("%ml tyo", "Did you mean 'toy'?"),
        ("%ml list tyo", "unknown topic 'tyo'. Did you mean 'toy'?"),
        ("%ml toy.count rat=1", "no parameter 'rat'. Did you mean 'rate'?"),
        ("%ml toy.count rate=9", "rate=9: must lie in [0, 1]"),
        ("%ml toy.count n=two rate=9", "n=two: must be a whole number"),
        ("%ml toy.count rate=rate0", "To pass the notebook variable, write rate=$rate0"),
        ("%ml toy.count rate=$rate1", "no variable 'rate1' in the notebook. Did you mean 'rate0'?"),
        ("%ml toy.count rate=$text", "rate='words': must be a number in [0, 1]"),
        ("%ml toy.count nope=$rate0", "no parameter 'nope'"),
        ("%ml toy.count device=cpu", "The option is written --device VALUE"),
        ("%ml toy.count rate", "'rate': a parameter is written name=value. Did you mean 'rate'?"),
        ("%ml toy.count weights=[1, 2", "unclosed [ in weights=[1, 2"),
        ("%ml toy.count --devcie cpu", "no option '--devcie'. Did you mean '--device'?"),
        ("%ml toy.count --at soon", "--at soon: must be a frame's number"),
        ("%ml toy.count --pace -3", "--pace -3: must be seconds for the whole run, or `full`"),
        ("%ml toy.count --device gpu", "gpu"),
        ("%ml toy.count -o 2x", "-o 2x: must be a variable's name"),
        ("%%ml toy.count\nbody", "toy.count takes no text: write %ml, not %%ml"),
        ("%%ml toy.letters text=a\nbody", "text: is given twice"),
        ("%%ml toy\nbody", "'toy' takes no text"),
        ("%ml toy.needy", "toy.needy needs the module 'no_such_library', which is not installed"),
        ("%ml runs halt 1", "write `%ml runs stop 1` or `%ml runs stop all`"),
        ("%ml compare toy.count", "compare takes 2 to 12 runs, not 1"),
        ("%ml compare toy.count rate0", "cannot compare str 'toy.count': give runs"),
        ("%ml compare $rate0 n=3", "write `%ml compare $a $b`"),
        ("%ml export a.html", "write `%ml export figure.html $run`, with codec="),
        ("%ml export a.html rate0", "cannot export"),
        ("%ml export a.html $rate0 codek=small", "no option 'codek'. Did you mean 'codec'?"),
        ("%ml export a.html $rate0 every=x", "every='x': must be a number"),
        ("%ml publish toy.count", "cannot publish 'toy.count': give a run, or a comparison"),
        ("%ml publish", "write `%ml publish $run`"),
        ("%ml sweep toy.count", "'sweep' is kept for a later version"),
        ("%ml toy.count @2 @3", "@2: what changes there?"),
        ("%ml toy.count @2 n=3", "n: cannot change while the run goes"),
        ("%ml toy.count @2 rate=3", "rate=3: must lie in [0, 1]"),
        ("%ml $rate0", "an algorithm is a generator function, not float"),
    ],
)
def test_a_wrong_line_is_refused_in_one(ip: Shell, cell: str, said: str) -> None:
    ip.run("rate0 = 0.25; text = 'words'")
    assert said in ip.refusal(cell)
    assert ip.run("%ml toy.count").status == "ready", "the shell and the next run are unharmed"


# loading and unloading --------------------------------------------------------------------------


def test_unloading_takes_away_all_that_loading_added(ip: Shell) -> None:
    shell = ip.ip
    shell.run_line_magic("load_ext", "mlwidgets")
    shell.run_line_magic("reload_ext", "mlwidgets")
    assert len(shell.Completer.custom_matchers) == 1
    assert len(shell.input_transformers_cleanup) == added(shell) + 2
    assert len(shell.ast_transformers) == 1
    shell.run_line_magic("unload_ext", "mlwidgets")
    assert not shell.Completer.custom_matchers
    assert len(shell.input_transformers_cleanup) == added(shell)
    assert not shell.ast_transformers
    for kind in ("line", "cell"):
        assert "ml" not in shell.magics_manager.magics[kind]


def added(shell: InteractiveShell) -> int:
    """How many transformers a shell has that never met us."""
    return len(type(shell)(config=shell.config).input_transformers_cleanup)


def test_loading_prints_a_line_for_each_broken_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    World(tmp_path, monkeypatch).add("broken", BROKEN["does_not_parse"][0])
    registry().reload()
    with shell():
        lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("mlwidgets: plugin 'broken' (dist-broken 1.0) is left out: Syntax")
    monkeypatch.undo()
    registry().reload()
