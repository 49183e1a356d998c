"""A `%ml` line is taken apart by brackets and quotes; references are objects, never text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwidgets.errors import MLError
from mlwidgets.kinds import String
from mlwidgets.tokens import Reference, classify, parse, scan

OPTIONS = ("--device", "--at", "-o")


def refusal(line: str) -> str:
    with pytest.raises(MLError) as caught:
        parse(line, OPTIONS)
    return str(caught.value)


def test_words_parameters_and_options_are_told_apart() -> None:
    line = parse("rl.q_learning alpha=0.3 --device cpu --at=100 -o run", OPTIONS)
    assert (line.words, line.params) == (("rl.q_learning",), {"alpha": "0.3"})
    assert line.options == {"--device": "cpu", "--at": "100", "-o": "run"}


@pytest.mark.parametrize(
    "value", ["[1, .5, 2]", "[[1, 2], [3]]", "(1, 2)", "S..G/.##.", "CartPole-v1", "don't", "a=b"]
)
def test_a_value_holds_together_and_stays_as_it_is_written(value: str) -> None:
    assert parse(f"a.b x={value} y=1", OPTIONS).params == {"x": value, "y": "1"}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("'two words'", "two words"),
        ('"it\'s"', "it's"),
        (r"'a\nb'", "a\nb"),
        ("'$name {x} [1'", "$name {x} [1"),
        ("''", ""),
        ("'why?'", "why?"),
    ],
)
def test_quotes_make_any_text_a_value(written: str, value: str) -> None:
    assert parse(f"a.b x={written} y=1", OPTIONS).params == {"x": value, "y": "1"}


@given(st.text(alphabet="aé -?'\"$[]{}=,\\\n", max_size=30))
def test_what_a_parameter_writes_is_read_back(text: str) -> None:
    word = String().format(text)
    line = parse(f"a.b x={word} y=1", OPTIONS)
    assert line.params == {"x": text, "y": "1"}


@pytest.mark.parametrize(
    "written", ["$lr0", "$d['a b']", "$run.trace[0]", "{lr * 2}", "{f('}') + d['x y']}", "{[1, 2]}"]
)
def test_dollars_and_braces_are_references(written: str) -> None:
    assert parse(f"a.b x={written} y=1", OPTIONS).params["x"] == Reference(written)


def test_a_price_is_no_reference() -> None:
    assert parse("a.b x=$5", OPTIONS).params["x"] == "$5"


@pytest.mark.parametrize("line", ["a.b?", "a.b ?", "a.b --help", "a.b x=1 -h", "a.b??"])
def test_help_is_asked_for_in_several_ways(line: str) -> None:
    parsed = parse(line, OPTIONS)
    assert parsed.help
    assert parsed.words == ("a.b",)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a.b x=[1, .5", "unclosed [ in x=[1, .5"),
        ("a.b x={1 + (2}", "unmatched '}'"),
        ('a.b x="abc', 'unclosed " in x="abc'),
        ("a.b x={d['a}", "unclosed ' in x={d['a}"),
        ("a.b x=:)", "unmatched ')' in x=:): put a text in quotes"),
        ("a.b --devcie cpu", "no option '--devcie'. Did you mean '--device'?"),
        ("a.b --at", "--at needs a value"),
        ("a.b x=1 x=2", "x is given twice"),
    ],
)
def test_a_line_that_cannot_be_read_says_where(line: str, said: str) -> None:
    assert said in refusal(line)


@given(st.text(alphabet="ab =$[]{}()'\"\\?-.", max_size=40))
def test_any_line_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        said = repr(parse(text, OPTIONS))
    except MLError as error:
        said = str(error)
    assert said
    assert "\n" not in said


def test_pieces_of_a_shell_keep_their_dollars_and_quotes() -> None:
    line = classify(["a.b", "x=$HOME", "y='q'", "z=two words"], OPTIONS)
    assert line.params == {"x": "$HOME", "y": "'q'", "z": "two words"}


def test_scan_tells_what_is_still_open() -> None:
    assert scan("a.b x=[1, ") == (["a.b", "x=[1, "], "[")
    assert scan("a.b x=1 ") == (["a.b", "x=1"], "")


# references ---------------------------------------------------------------------------------


def test_a_reference_gives_the_object_itself() -> None:
    namespace = {"thing": object()}
    found = Reference("$thing").resolve(lambda name: namespace[name], namespace)
    assert found is namespace["thing"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("$nope", "$nope: no variable 'nope' in the notebook."),
        ("$rata", "$rata: no variable 'rata' in the notebook. Did you mean 'rate'?"),
        ("{rate + rata}", "no variable 'rata' in the notebook. Did you mean 'rate'?"),
        ("{rate +}", "{rate +}: is not a Python expression"),
        ("{}", "{}: is empty"),
    ],
)
def test_a_reference_to_nothing_is_one_line(written: str, said: str) -> None:
    namespace = {"rate": 0.5, "open": 1.0, "In": 2.0}
    with pytest.raises(MLError) as caught:
        Reference(written).resolve(lambda name: namespace[name], namespace)
    assert str(caught.value).endswith(said)


def test_what_an_expression_raises_is_one_line() -> None:
    with pytest.raises(MLError, match=r"^\$rate: KeyError: 'rate'$"):
        Reference("$rate").resolve(lambda name: dict[str, float]()[name], {"rate": 0.5})


def test_names_that_an_expression_binds_itself_are_its_own() -> None:
    assert Reference("{[k * n for k in range(n)]}").names() == ["n", "range"]
    assert Reference("{sorted(xs, key=lambda v: -v)}").names() == ["sorted", "xs"]
