"""The contract over every registered algorithm: adding one adds no test but its reference."""

from __future__ import annotations

import ast
import copy
import inspect
import os
import random
import re
import textwrap
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mlwidgets import Run
from mlwidgets.algorithms import Algorithm
from mlwidgets.core import Core, Upto
from mlwidgets.errors import ParamError
from mlwidgets.frame import declared_columns
from mlwidgets.inputs import GridKind
from mlwidgets.item import docstring
from mlwidgets.params import REQUIRED
from mlwidgets.registry import registry
from mlwidgets.replay.verify import NONE, reference_of
from mlwidgets.trace import Trace

ITEMS = registry().items
HARNESS = {"random", "logging", "matplotlib", "plotly", "seaborn", "bokeh"}
HARNESS |= {"IPython", "ipywidgets", "anywidget", "tqdm", "wandb", "tensorboard"}
GLOBAL = re.compile(
    r"^(np|numpy)\.random\.(?!default_rng|Generator|SeedSequence|PCG64)\w+$"
    r"|^torch\.(manual_seed|seed|set_\w+)$|\.(cuda|to_device)$|^print$|^warnings\.\w+$"
)


@pytest.fixture(params=ITEMS)
def algorithm(request: pytest.FixtureRequest) -> Algorithm[Any, Any]:
    return ITEMS[request.param].load()


def test_a_seed_below_zero_is_named(algorithm: Algorithm[Any, Any]) -> None:
    if "seed" in algorithm.spec:
        with pytest.raises(ParamError, match=r"^seed=-1: must be at least 0"):
            algorithm.spec.check({"seed": -1})


def source_of(algorithm: Algorithm[Any, Any]) -> str:
    return Path(str(inspect.getsourcefile(algorithm.fn))).read_text("utf-8")


def recorded(algorithm: Algorithm[Any, Any]) -> Trace:
    """Plain iteration, kept as a run would keep it."""
    trace, due, number, frame = Trace(), 0, -1, None
    for number, frame in enumerate(algorithm()):
        if number == 0:
            trace.open(frame, algorithm.frame_hint, algorithm.page.where)
        if number >= due:
            trace.add(frame, number)
            due = trace.due(number)
    if trace.last != number:
        trace.add(frame, number, marked=True)
    return trace


def same(one: Any, other: Any) -> bool:
    """Are two values the same numbers or texts, NaN being itself?"""
    if isinstance(one, (str, tuple)) or isinstance(other, str):
        return list(one) == list(other)
    one, other = (
        np.asarray(v, float) if v is not None else np.asarray(np.nan) for v in (one, other)
    )
    return bool(one.shape == other.shape and np.array_equal(one, other, equal_nan=True))


# the page ---------------------------------------------------------------------------------


def test_the_page_has_every_part(algorithm: Algorithm[Any, Any]) -> None:
    page = algorithm.page
    missing = [p for p in ("title", "summary", "citation", "cite", "watch") if not getattr(page, p)]
    assert missing == []
    assert page.equations
    assert re.search(r"\d{4}$", page.cite)


def test_the_page_read_without_importing_is_the_page(algorithm: Algorithm[Any, Any]) -> None:
    item = ITEMS[algorithm.name]
    assert docstring(item.target).strip()
    assert item.page == algorithm.page


def test_equations_are_numbered_from_1_and_return_on_a_line_of_code(
    algorithm: Algorithm[Any, Any],
) -> None:
    numbers = [e.n for e in algorithm.page.equations]
    assert numbers == list(range(1, len(numbers) + 1))
    lines = [line.partition("#") for line in source_of(algorithm).splitlines()]
    computed = {
        int(n)
        for code, _, comment in lines
        if code.strip()
        for n in re.findall(r"\((\d+)\)", comment)
    }
    assert set(numbers) <= computed


def test_every_parameter_and_column_has_its_words(algorithm: Algorithm[Any, Any]) -> None:
    schema = Run(algorithm, {}).close().trace.schema
    names = {*algorithm.spec, *schema} - {"seed"}
    assert sorted(name for name in names if not algorithm.page.where.get(name)) == []
    declared = {*declared_columns(algorithm.frame_hint), "seed", *algorithm.fixed}
    assert set(algorithm.page.where) <= names | declared


def test_at_least_two_questions_can_be_tried(algorithm: Algorithm[Any, Any]) -> None:
    tries = algorithm.page.tries
    assert len(tries) >= 2
    for one in tries:
        words = dict(word.split("=", 1) for word in one.line.split())
        assert algorithm.spec.check(algorithm.spec.parse(words))
        assert one.question.endswith("?")


def test_it_is_checked_against_a_reference_or_says_why_not(algorithm: Algorithm[Any, Any]) -> None:
    """tests/references/test_all.py compares them."""
    assert reference_of(algorithm) != NONE


# the file ---------------------------------------------------------------------------------


def test_the_file_is_a_page_long(algorithm: Algorithm[Any, Any]) -> None:
    lines = source_of(algorithm).count("\n")
    assert lines <= 150


def test_the_file_has_no_harness(algorithm: Algorithm[Any, Any]) -> None:
    found = []
    for node in ast.walk(ast.parse(source_of(algorithm))):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.partition(".")[0] in HARNESS]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module or ""] if (node.module or "").partition(".")[0] in HARNESS else []
        elif isinstance(node, ast.Call) and GLOBAL.search(ast.unparse(node.func)):
            found.append(ast.unparse(node.func))
    assert found == []


def test_live_values_are_used(algorithm: Algorithm[Any, Any]) -> None:
    tree = ast.parse(textwrap.dedent(inspect.getsource(algorithm.fn)))
    dropped = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield)
    ]
    assert not (algorithm._live and dropped), f"lines {dropped} throw live values away"


def test_every_parameter_has_a_default_so_that_it_plays_at_once(
    algorithm: Algorithm[Any, Any],
) -> None:
    assert [p.name for p in algorithm.spec.params if p.default is REQUIRED] == []


# the frames -------------------------------------------------------------------------------


def test_frames_are_typed_and_yield_what_is_declared(algorithm: Algorithm[Any, Any]) -> None:
    assert algorithm.frame_hint is not None
    schema = Run(algorithm, {}).close().trace.schema
    assert set(schema) <= set(declared_columns(algorithm.frame_hint))
    for column in schema.columns:
        if column.kind == "array" and column.axes:
            assert len(column.axes) == len(column.shape), column.name


def test_views_name_real_fields_and_real_boards(algorithm: Algorithm[Any, Any]) -> None:
    run = Run(algorithm, {}).close()
    assert run.views
    for view in run.views:
        board = view.options.get("grid")
        parameter = {**run.algorithm.spec}.get(str(board))
        assert board is None or (parameter and isinstance(parameter.kind, GridKind))


def test_by_thread_by_turns_and_plainly_it_gives_the_same(algorithm: Algorithm[Any, Any]) -> None:
    trace = recorded(algorithm)
    plain = trace.hash
    assert trace.nonfinite is None, "no value that is meant is reported as not finite"
    assert Run(algorithm, {}, device="cpu", thread=False).wait().trace.hash == plain
    assert Run(algorithm, {}, device="cpu", thread=True).wait().trace.hash == plain


def test_two_runs_at_once_give_the_same(algorithm: Algorithm[Any, Any]) -> None:
    both = [Run(algorithm, {}, at=0, device="cpu", thread=True) for _ in range(2)]
    one, other = (run.wait().trace for run in [run.start() for run in both])
    assert one.hash == other.hash
    assert len(one) == len(other) > 1


def test_the_last_frame_is_kept_as_it_was_yielded_however_thin_the_trace(
    algorithm: Algorithm[Any, Any],
) -> None:
    last: dict[str, Any] = {}
    for frame in algorithm():
        last = copy.deepcopy(dict(frame))
    core = Core(algorithm, algorithm.spec.check({}), Trace(max_frames=4), nullcontext)
    core.order(Upto())
    while core.status == "running":
        core.turn()
    kept = core.trace.row(-1)
    assert core.status == "done"
    timed = {column.name for column in core.trace.schema.columns if column.measured}
    named = kept.keys() - timed
    wrong = [name for name in named if not same(kept[name], last.get(name, kept[name]))]
    assert wrong == []


def test_it_closes_cleanly_at_any_frame(algorithm: Algorithm[Any, Any]) -> None:
    length = sum(1 for _ in algorithm())
    for stop in sorted({1, 2, length // 2, length - 1} - {0}):
        frames = algorithm()
        for _ in range(stop):
            next(frames)
        frames.close()
        run = Run(algorithm, {}, at=stop - 1).stop()
        assert run._core.note == ""


def test_nothing_of_the_process_is_touched(algorithm: Algorithm[Any, Any]) -> None:
    def world() -> list[Any]:
        return [
            random.getstate(),
            repr(np.random.get_state()),
            torch.get_rng_state().tolist(),
            Path.cwd(),
            dict(os.environ),
            list(warnings.filters),
            torch.get_default_dtype(),
            str(torch.get_default_device()),
            torch.get_num_threads(),
            torch.is_grad_enabled(),
            torch.are_deterministic_algorithms_enabled(),
            np.geterr(),
        ]

    before = world()
    for thread in (False, True):
        Run(algorithm, {}, device="cpu", thread=thread).wait()
    assert world() == before


def test_it_has_a_text_for_whoever_sees_no_widget(algorithm: Algorithm[Any, Any]) -> None:
    run = Run(algorithm, {}, device="cpu").wait()
    lines = run.summary().splitlines()
    assert lines[0].startswith(f"{algorithm.title} · done")
    assert {line.split()[0] for line in lines[2:]} >= set(run.trace.schema)
