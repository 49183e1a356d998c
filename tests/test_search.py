"""Searches: an expression finds frames of a trace, and says why where it cannot."""

from __future__ import annotations

import math
import random
import threading
import time
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwidgets import load, play, record, search
from mlwidgets.algorithms import Algorithm
from mlwidgets.errors import MLError, SearchError
from mlwidgets.frame import Frames, Schema
from mlwidgets.info import state_of
from mlwidgets.run import Run
from mlwidgets.search import Watch, find
from mlwidgets.trace import Trace

NUMBERS = [1.0, -2.0, 0.0, 3.5, math.nan, math.inf, -math.inf, 1e300, -0.5, 2.0]


def traced(frames: list[dict[str, Any]]) -> Trace:
    trace = Trace()
    trace.open(frames[0])
    for number, frame in enumerate(frames):
        trace.add(frame, number)
    return trace


def table(n: int = 10) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return [
        {
            "loss": NUMBERS[k % 10],
            "x": NUMBERS[(3 * k + 1) % 10],
            "n": k,
            "done": k % 4 == 3,
            "val loss": float(k),
            "seen": None if k % 3 else 1.0,
            "Q": rng.normal(size=(3, 2)) + k,
            "parts": [float(k)] * (1 + k % 3),
            "word": "a",
        }
        for k in range(n)
    ]


TRACE = traced(table())


def where(condition: npt.NDArray[Any]) -> list[int]:
    return [int(k) for k in np.flatnonzero(condition)]


L, X, N = TRACE["loss"], TRACE["x"], TRACE["n"]
Q = TRACE["Q"]


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("loss > 2", L > 2),
        ("0 < loss <= 2", (L > 0) & (L <= 2)),
        ("not (loss > 2) and n != 3", ~(L > 2) & (N != 3)),
        ("loss > 2 or done and n < 5", (L > 2) | TRACE["done"] & (N < 5)),
        ("n % 3 == 1", N % 3 == 1),
        ("-n ** 2 == -4", N == 2),
        ("2 ** 3 ** 2 == 512 and n == 1", N == 1),
        ("n / 2 * 3 - 1 == 2", N == 2),
        ("isnan(loss) or isinf(x)", np.isnan(L) | np.isinf(X)),
        ("isfinite(loss)", np.isfinite(L)),
        ("loss", (L != 0) & ~np.isnan(L)),
        ("prev(n) == 4", N == 5),
        ("n[-3] == 4 == prev(n, 3)", N == 7),
        ("n - prev(prev(n)) == 2", N >= 2),
        ("isnan(prev(n))", N == 0),
        ("min(n, 4, 9) == 4 and max(n, 6) == 6", (N >= 4) & (N <= 6)),
        ("abs(sqrt(n) ** 2 - n) < 1e-9", N >= 0),
        ("log(exp(n)) == n", np.log(np.exp(N)) == N),
        ("`val loss` > 7", N > 7),
        ("frame == 3", N == 3),
        ("loss == inf", np.isposinf(L)),
        ("1 / loss == inf", L == 0),
        ("9 ** 9 ** 9 > loss and n < 2", N < 2),
        ("Q[1, 0] > 5", Q[:, 1, 0] > 5),
        ("max(Q) > 5 and min(Q[0]) < 9", (Q.max((1, 2)) > 5) & (Q[:, 0].min(1) < 9)),
        ("any(Q > 5) and not all(Q > 5)", (Q > 5).any((1, 2)) & ~(Q > 5).all((1, 2))),
        ("norm(Q) > 12", np.sqrt((Q**2).sum((1, 2))) > 12),
        ("argmax(Q) == 3", Q.reshape(10, -1).argmax(1) == 3),
        ("mean(Q) * 6 > sum(Q) - 1e-9", N >= 0),
        ("sum(Q - prev(Q)) > 6", np.diff(Q.sum((1, 2)), prepend=np.nan) > 6),
        ("parts[-1] == 4 or parts[2] == 8", np.isin(N, (4, 8))),
        ("2 < max(Q) < 5", (Q.max((1, 2)) > 2) & (Q.max((1, 2)) < 5)),
        ("isnan(seen)", N % 3 != 0),
    ],
)
def test_an_expression_finds_the_frames_where_numpy_finds_it(
    expression: str, holds: npt.NDArray[Any]
) -> None:
    assert find(TRACE, expression).tolist() == where(holds)
    watch = Watch(expression, TRACE.schema)
    assert [k for k, frame in enumerate(table()) if watch.holds(frame, k)] == where(holds)


ATOMS = st.sampled_from(["loss", "x", "n", "done", "0", "2", "0.5", "1e3", "frame"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from([*"+-*/%", "**", "<", "<=", ">", ">=", "==", "!=", "and", "or"])
    calls = st.sampled_from(["abs", "sqrt", "log", "exp", "isnan", "isinf", "prev", "not ", "-"])
    return (
        st.builds(lambda a, sign, b: f"({a} {sign} {b})", inner, signs, inner)
        | st.builds(lambda call, a: f"({call}({a}))", calls, inner)
        | st.builds(lambda a, b: f"max({a}, {b})", inner, inner)
        | st.builds(lambda a, b, c: f"({a} < {b} <= {c})", inner, inner, inner)
    )


@given(st.recursive(ATOMS, grown, max_leaves=8))
def test_a_trace_at_once_and_frame_by_frame_give_the_same(expression: str) -> None:
    """Two ways to evaluate, one of doubles in Python, one of columns in numpy."""
    watch = Watch(expression, TRACE.schema)
    one_by_one = [k for k, frame in enumerate(table()) if watch.holds(frame, k)]
    assert find(TRACE, expression).tolist() == one_by_one


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("los > 2", "'los > 2': no column 'los'. Did you mean 'loss'? (columns: loss, x, n"),
        ("maxx(Q) > 1", "no function 'maxx'. Did you mean 'max'? (functions: abs, sqrt"),
        ("loss = 2", "cannot read '='; == compares (at character 6)"),
        ("loss > 2 && n", "cannot read '&'; write \"and\" (at character 10)"),
        ("loss >", "a name or a number is missing at the end (at character 7)"),
        ("(loss", "')' is missing at the end"),
        ("loss loss", "an operator is missing before 'loss' (at character 6)"),
        ("Q > 1", "is an array at each frame; any(...) or all(...) gives one answer"),
        ("Q[3] > 1", "[3] is outside its shape (3, 2) (at character 2)"),
        ("any(Q > Q[0])", "arrays of shapes (3, 2) and (2,) do not go together"),
        ("any(parts > Q)", "do not go together"),
        ("loss[1] > 1", "of a number there is x[-1]"),
        ("prev(loss, 101)", "101 frames back; must be from 1 to 100"),
        ("max(loss)", "max of one number; it takes an array"),
        ("abs(loss, 2)", "abs takes one value, not 2"),
        ("word == 1", "'word' is a text"),
        ("", 'an expression is wanted, such as "loss > 2"'),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_the_nearest_name(
    expression: str, message: str
) -> None:
    with pytest.raises(SearchError) as caught:
        find(TRACE, expression)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "expression",
    [
        "().__class__.__bases__[0]",
        "__import__('os').system('true')",
        "loss.__class__",
        "lambda: loss",
        "[n for n in loss]",
        "f'{loss}'",
        "loss if loss else n",
        "(" * 10_000,
        "-" * 300,
        "not " * 70 + "n",
        "loss" + "[-1]" * 60 + "[",
        "1" * 100_000,
        "x" * 100_000,
        "prev(n, 9e99)",
        "n[-1e999]",
        "`" * 200,
        "\x00",
        "ﬁ\u202e > 1",
        "import",
        "Q[0:2]",
        "Q[n]",
        "n;n",
    ],
)
def test_a_hostile_expression_is_one_line_at_once(expression: str) -> None:
    began = time.process_time()
    with pytest.raises(SearchError) as caught:
        find(TRACE, expression)
    assert len(str(caught.value)) < 400
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "expression",
    [
        "9**9**9**9**9 > 1",
        "2**-1e300 < 1",
        "+".join(["n"] * 140),
        "0 <" * 90 + "1",
        "n" + "[-9]" * 60,
    ],
)
def test_what_would_cost_much_is_bounded(expression: str) -> None:
    began = time.process_time()
    find(TRACE, expression)
    assert time.process_time() - began < 1


@given(st.text(alphabet="loxnQ 0.19+-*/%<>=!()[],`'\"andor\\\n#@:;{}é∞", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        find(TRACE, text)
    except SearchError as error:
        assert "\n" not in str(error)


PATHS = [
    {
        "model.fc.weight": np.array([k, 2.0 * k]),
        'opt.param_groups[0]["lr"]': 0.1 * k,
        "x": np.array([1.0 * k, 0.0]),
        "x[1]": 10.0 + k,
        "gradient norm": np.array([0.5 * k]),
    }
    for k in range(6)
]


@pytest.mark.parametrize(
    ("expression", "frames"),
    [
        ("model.fc.weight[1] > 7", [4, 5]),
        ("any(model.fc.weight > 7)", [4, 5]),
        ("norm(`model.fc.weight`) > 8", [4, 5]),
        ('opt.param_groups[0]["lr"] > 0.35', [4, 5]),
        ("`opt.param_groups[0]['lr']` > 0.35 and frame<5", [4]),
        ("opt.param_groups[0]['lr'] > prev(opt.param_groups[0]['lr'])", [1, 2, 3, 4, 5]),
        ("opt.param_groups[0]['lr'][-1] > 0.35", [5]),
        ("x[1] >= 15", [5]),
        ("x[0] >= 5", [5]),
        ("max(`gradient norm`) > 2", [5]),
    ],
)
def test_dotted_and_indexed_columns_are_named_as_they_are_spelled(
    expression: str, frames: list[int]
) -> None:
    assert find(traced(PATHS), expression).tolist() == frames


def test_a_dotted_name_that_is_no_column_is_told_the_nearest() -> None:
    with pytest.raises(SearchError, match=r"no column 'model.fc.wieght'. Did you mean 'model.fc.w"):
        find(traced(PATHS), "any(model.fc.wieght > 7)")


# ---- a run that waits


def wave(n: int = 300, seed: int = 0) -> Any:
    rng = random.Random(seed)
    for i in range(n):
        yield {"x": math.sin(i / 10), "i": i, "noise": rng.random()}


@pytest.fixture(params=[True, False], ids=["thread", "turns"])
def run(request: pytest.FixtureRequest) -> Any:
    run = Run(Algorithm(wave), {}, thread=request.param)
    yield run
    run.close()


def test_a_run_holds_where_it_comes_true_and_goes_on_from_there(run: Run) -> None:
    rises = [k for k in range(1, 300) if math.sin(k / 10) > 0.5 >= math.sin((k - 1) / 10)]
    run.pause_when("x > 0.5")
    held = []
    while run.wait().status == "paused":
        held.append(run.number)
        assert run.summary().splitlines()[2] == f"  paused: x > 0.5 at frame {run.number}"
    assert held == rises
    assert (run.status, run.number, run.pausing) == ("done", 299, "x > 0.5")


def test_steps_and_paced_runs_hold_too(run: Run) -> None:
    run.pause_when("i == 7")
    assert run.step(20).number == 7
    assert run.step(20).number == 27
    run.pause_when("i > 30 and prev(i) <= 30").start(pace=0.1)
    run._driver.settle(time.monotonic() + 30)
    assert (run.status, run.number) == ("paused", 31)


def test_a_restart_waits_again_and_none_no_longer(run: Run) -> None:
    run.pause_when("i == 50").wait()
    assert run.restart().wait().number == 50
    assert run.pause_when(None).wait().status == "done"


def test_a_frame_that_is_not_kept_is_looked_at_and_then_kept() -> None:
    run = Run(Algorithm(wave), {"n": 25_000}, thread=False)
    run.pause_when("i == 20001").wait()
    assert (run.number, run.trace.last, run.trace.stride) == (20_001, 20_001, 4)
    run.wait()
    assert find(run.trace, "i == 20001").tolist() == [20_001]
    assert find(run.trace, "i == 20003").tolist() == []


def test_thinning_keeps_where_a_run_was_held() -> None:
    run = Run(Algorithm(wave), {"n": 25_000}, thread=False)
    run.pause_when("i == 4321").wait()
    run.wait()
    assert 4321 in run.trace.frames


def test_a_wrong_expression_leaves_the_run_as_it_was(run: Run) -> None:
    run.pause_when("i == 9")
    with pytest.raises(SearchError):
        run.pause_when("j == 9")
    assert (run.pausing, run.wait().number) == ("i == 9", 9)


def test_a_search_that_fails_on_the_way_ends_and_the_run_goes_on() -> None:
    def lists() -> Any:
        for k in range(9):
            yield {"a": [1.0] * 2, "b": [1.0] * (3 if k == 5 else 2), "k": k}

    run = Run(Algorithm(lists), {}, thread=False)
    run.pause_when("any(a > b)").wait()
    assert (run.status, run.pausing) == ("done", "")
    assert "No longer waits for any(a > b): " in run.summary()


def test_an_ended_run_has_nothing_to_wait_for() -> None:
    run = Run(Algorithm(wave), {}, thread=False).wait()
    with pytest.raises(MLError, match="cannot pause, the run is done"):
        run.pause_when("i > 1")
    assert run.pause_when(None).pausing == ""


def test_a_loop_of_ones_own_holds_where_it_comes_true() -> None:
    held = []
    with record() as rec:
        rec.run.pause_when("k == 4")

        def release() -> None:
            with rec.run._core.changed:
                rec.run._core.changed.wait_for(lambda: rec.run.status == "paused", timeout=30)
            held.append((rec.run.number, rec.run._core.halt))
            rec.run.start()

        other = threading.Thread(target=release)
        other.start()
        for k in range(10):
            rec(k=k)
        other.join()
    assert held == [(4, "paused: k == 4 at frame 4")]
    assert rec.run.number == 9


# ---- NaN and infinity


def numbers(*values: Any, **more: Any) -> Trace:
    return traced([{"x": value, **more} for value in values])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_the_first_value_that_is_not_finite_is_known(bad: float) -> None:
    trace = numbers(1.0, 2.0, bad, 3.0, bad)
    assert (trace.nonfinite, 2 in trace.marks) == (("x", 2), True)
    assert find(trace, "nonfinite").tolist() == [2, 4]


def test_in_arrays_and_lists_too() -> None:
    broken = np.ones(3)
    broken[1] = np.inf
    assert numbers(np.ones(3), np.ones(3), broken).nonfinite == ("x", 2)
    assert numbers([1.0], [1.0, math.nan]).nonfinite == ("x", 1)
    assert numbers(np.ones(2000), np.full(2000, np.nan)).nonfinite == ("x", 1)
    assert numbers(np.ones(3, dtype=np.int8)).nonfinite is None


def test_what_is_absent_is_no_cry_of_wolf() -> None:
    assert numbers(1.0, None, 2.0, None).nonfinite is None
    assert find(numbers(1.0, None, 2.0), "nonfinite").tolist() == []
    assert find(numbers(1.0, None, 2.0), "isnan(x)").tolist() == [1]
    assert numbers(math.nan, math.nan, 1.0, 2.0).nonfinite is None, "not there yet"
    assert numbers(math.inf, 3.0, 2.0).nonfinite is None, "the best so far, before any"
    assert numbers(1, None, 2**80).nonfinite is None


def test_it_is_found_before_thinning_can_drop_it() -> None:
    trace = Trace(max_frames=100)
    trace.open({"x": 1.0})
    for k in range(1000):
        if k >= (trace.due(k - 1) if k else 0):
            trace.add({"x": math.nan if k == 77 else 1.0}, k)
    assert trace.nonfinite == ("x", 77)
    assert 77 in trace.frames


def test_a_saved_run_knows_it_too(tmp_path: Path) -> None:
    def f() -> Any:
        for k in range(9):
            yield {"x": math.inf if k == 5 else 1.0, "seen": None if k in (3, 4) else 1.0}

    Run(Algorithm(f), {}, thread=False).wait().save(tmp_path / "f.trace")
    loaded = load(tmp_path / "f.trace")
    assert loaded.trace.nonfinite == ("x", 5)
    assert loaded.find("nonfinite").tolist() == [5]


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        find(TRACE, "log(-abs(loss)) > 1 or exp(x) > 1 or max(Q / 0) > 1")
        Watch("max(Q / 0) > 1", Schema.of(table()[0]))(table()[0], 0)


def test_a_search_says_which_frames_it_did_not_see() -> None:
    def count(n: int = 0) -> Frames[Any]:
        for k in range(n):
            yield {"k": k}

    run = play(count, n=13_308).wait()
    seen = "looked at 6,655 of 13,308 frames: every 2nd frame is kept"
    with pytest.warns(UserWarning, match=seen) as caught:
        assert run.find("k == 1001").tolist() == []
    assert caught[0].filename == __file__, "it is the caller's line"
    answer = search.asked(SimpleNamespace(run=run), {"expr": "k < 4"})
    assert answer == {"frames": [0, 2], "looked": seen}
    assert "  every 2nd frame is kept: 6,655 of 13,308" in run.summary()
    assert state_of(run, run._core, 1)["sparse"] == "every 2nd frame is kept"
    whole = play(count, n=9).wait()
    answer = search.asked(SimpleNamespace(run=whole), {"expr": "k < 1"})
    assert answer == {"frames": [0], "looked": ""}
    assert "kept" not in whole.summary()
