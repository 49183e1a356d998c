"""An algorithm: a typed generator that runs as plain Python, with its parameters and page."""

from __future__ import annotations

import functools
from typing import Annotated, Any, TypedDict

import pytest

import mlwidgets
from mlwidgets import Frames, Line, Live, MLError, Rate, Unit, algorithm
from mlwidgets.algorithms import Algorithm, as_algorithm
from mlwidgets.errors import FrameError, ParamError


class Count(TypedDict):
    x: float
    lap: Annotated[int, Unit(total="laps")]


@algorithm(Line("x"), step="pace", at=1)
def walk(laps: int = 3, stride: Live[float] = 1.0, drift: Live[Rate] = 0.0) -> Frames[Count]:
    """Walking: one step after another."""
    x = 0.0
    for lap in range(laps + 1):
        stride, drift = yield Count(x=x, lap=lap)
        x += stride + drift
    return x


def only(scale: Live[float] = 2.0) -> Frames[dict[str, float]]:
    for _ in range(3):
        scale = yield {"scale": scale}


def test_calling_it_is_plain_iteration() -> None:
    assert [frame["x"] for frame in walk(laps=2, stride=0.5)] == [0.0, 0.5, 1.0]
    assert next(walk(1))["lap"] == 0


def test_yield_gives_back_the_live_values() -> None:
    assert [f["x"] for f in walk(laps=2, drift=1.0)] == [0.0, 2.0, 4.0]
    assert [f["scale"] for f in as_algorithm(only)(scale=5.0)] == [5.0, 5.0, 5.0]


def test_the_call_is_checked_before_anything_runs() -> None:
    with pytest.raises(ParamError, match=r"^drift=7: must lie in \[0, 1\]$"):
        walk(drift=7)


def test_the_generators_value_is_the_iterators() -> None:
    frames = walk(laps=1)
    assert [next(frames)["x"], next(frames)["x"]] == [0.0, 1.0]
    with pytest.raises(StopIteration) as end:
        next(frames)
    assert end.value.value == 2.0


def test_closing_the_iterator_closes_the_generator() -> None:
    closed: list[bool] = []

    @algorithm
    def careful() -> Frames[dict[str, int]]:
        try:
            yield {"k": 0}
        finally:
            closed.append(True)

    frames = careful()
    next(frames)
    frames.close()
    assert closed == [True]


def test_the_docstring_and_the_signature_are_its_face() -> None:
    assert (walk.title, walk.summary) == ("Walking", "one step after another")
    assert repr(walk) == "<Algorithm walk(laps, stride, drift)>"


def test_the_steps_are_named_finest_first() -> None:
    assert [step["name"] for step in walk.steps] == ["pace", "lap"]
    assert walk.steps[-1] == {"name": "lap", "column": "lap", "total": "laps"}


def test_the_typed_dict_declares_the_columns() -> None:
    assert walk.frame_hint is Count
    assert as_algorithm(only).frame_hint is None


def test_registering_under_a_name_changes_nothing_else() -> None:
    named = as_algorithm(walk, "demo.walk")
    assert (named.name, named.views, named.at, named.step) == ("demo.walk", (Line("x"),), 1, "pace")
    assert walk.name == "walk"


class Caller:
    def __call__(self) -> Frames[dict[str, int]]:
        yield {"k": 0}


@pytest.mark.parametrize("thing", [functools.partial(only), Caller(), int, print, [1]])
def test_what_is_no_function_is_told_what_is_wanted(thing: Any) -> None:
    with pytest.raises(MLError, match=r"yields dicts|an algorithm is a generator function, not"):
        mlwidgets.play(thing)


def test_a_method_is_an_algorithm() -> None:
    class Model:
        def train(self, n: int = 2) -> Frames[dict[str, int]]:
            yield from ({"k": k} for k in range(n))

    assert [f["k"] for f in as_algorithm(Model().train)(n=2)] == [0, 1]


def test_a_function_that_yields_nothing_iterable_is_told() -> None:
    def gives() -> Any:
        return [1, 2]

    with pytest.raises(FrameError, match=r"gives gave list \[1, 2\], not frames"):
        Algorithm(gives).generate({})


# presets ----------------------------------------------------------------------------------


def test_a_preset_has_its_own_page_and_fewer_parameters() -> None:
    slow = walk.preset("Strolling: slowly.", stride=0.5)
    assert (slow.title, list(slow.spec)) == ("Strolling", ["laps", "drift"])
    assert (walk.title, list(walk.spec)) == ("Walking", ["laps", "stride", "drift"])


def test_a_fixed_live_parameter_still_comes_back_from_yield() -> None:
    slow = walk.preset("Strolling: slowly.", stride=0.5)
    assert [frame["x"] for frame in slow(laps=2)] == [0.0, 0.5, 1.0]
    run = mlwidgets.play(slow, laps=2, at=0).wait()
    assert run.trace["x"].tolist() == [0.0, 0.5, 1.0]


def test_a_fixed_total_still_says_how_long_the_run_is() -> None:
    run = mlwidgets.play(walk.preset("Two laps: no more.", laps=2), at=0)
    _, total, unit = run.progress
    assert (total, unit) == (2, "lap")
    run.close()


def test_a_preset_checks_what_it_fixes() -> None:
    with pytest.raises(ParamError, match="drift=7"):
        walk.preset("Wrong: too much.", drift=7)
