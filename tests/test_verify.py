"""Verify: both sides on the same inputs; a fault on either is seen, nothing else is touched."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mlwidgets
from mlwidgets import Frames, Reference, Run, UncheckedError, algorithm, play
from mlwidgets.algorithms import Algorithm
from mlwidgets.cli import main
from mlwidgets.errors import RegistryError
from mlwidgets.registry import registry
from mlwidgets.replay.verdict import Verification, compared
from mlwidgets.replay.verify import latest, reference_of, verify
from tests.plugins.world import World
from tests.shell import shell
from tests.waiting import until

Patch = pytest.MonkeyPatch
ITEMS = registry().items
CASES = 3


def random_n(rng: np.random.Generator, k: int) -> dict[str, Any]:
    return {"n": int(rng.integers(1, 50)), "start": float(k)}


def closed_form(params: dict[str, Any]) -> dict[str, Any]:
    n, start = params["n"], params["start"]
    return {"total": n * start + n * (n - 1) / 2}


SUMMED = Reference(
    "the sum of an arithmetic series", {"total": 1e-10}, theirs=closed_form, random=random_n
)


def summing(reference: Reference | None, wrong: float = 0.0) -> Algorithm[Any, Any]:
    @algorithm(reference=reference)
    def series(n: int = 4, start: float = 1.0) -> Frames[Any]:
        """Series: numbers added up."""
        total = 0.0
        for k in range(n):
            total += start + k + wrong
            yield {"total": total, "last": start + k}

    return series


def checked(target: Algorithm[Any, Any], **params: Any) -> Verification:
    return verify(target, params, cases=CASES)


# a fault is seen --------------------------------------------------------------------------


def the_reference(name: str) -> tuple[Any, str, Reference]:
    """The module and name under which an algorithm's reference is found."""
    home = {item.target: item.reference for item in ITEMS.values() if item.reference}
    made = ITEMS[name].load().fn
    where = ITEMS[name].reference or home[f"{made.__module__}:{made.__qualname__}"]
    module, _, word = where.partition(":")
    found = import_module(module)
    return found, word, getattr(found, word)


@pytest.mark.parametrize("name", ITEMS)
def test_where_the_reference_raises_ours_still_runs(name: str, monkeypatch: Patch) -> None:
    module, word, reference = the_reference(name)

    def raises(_given: Any) -> Any:
        raise ValueError("out of\norder")

    monkeypatch.setattr(module, word, replace(reference, theirs=raises))
    run = play(name, device="cpu")
    found = run.verify()
    (row,) = found.rows
    assert row.verdict == "the reference failed: ValueError: out of order"
    assert not found.passed
    assert "no verdict" in found.badge
    if run.status == "ready":
        assert run.step(2).number == 2
    run.close()


@pytest.mark.parametrize("name", ITEMS)
def test_where_the_reference_is_wrong_verify_fails(name: str, monkeypatch: Patch) -> None:
    module, word, reference = the_reference(name)

    def wrong(given: Any) -> dict[str, Any]:
        right = dict(reference.theirs(given))
        first = next(iter(right))
        value = torch.as_tensor(right[first]).double().numpy().copy()
        value.flat[0] += 1e-5 + 2 * np.max(reference.tolerance[first])
        return {**right, first: value}

    monkeypatch.setattr(module, word, replace(reference, theirs=wrong))
    found = verify(ITEMS[name].load(), {}, cases=1)
    assert not found.passed
    assert found.badge.startswith("✗ differs from")


def louder(right: Any) -> Any:
    """The same a little too large: a function, or a property."""
    if isinstance(right, cached_property):
        return property(lambda self: right.func(self) * 1.0001)
    return lambda *given, **more: scaled(right(*given, **more))


def scaled(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(scaled, value))
    real = isinstance(value, float) or "float" in str(getattr(value, "dtype", ""))
    return value * 1.0001 if real else value


class Dearer:
    """A world in which a move costs a little more than it says."""

    def __init__(self, grid: Any) -> None:
        self.world = import_module("mlwidgets_rl.gridworld").GridWorld(grid)
        self.grid, self.start, self.states = grid, self.world.start, self.world.states

    def step(self, s: int, a: int) -> tuple[int, float, bool]:
        s2, r, done = self.world.step(s, a)
        return s2, r * 1.0001, done


class Steeper:
    """A network whose slopes are a little off."""

    def __init__(self, *given: Any) -> None:
        self.graph = import_module("mlwidgets_dl.graph").Graph(*given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.graph, name)

    def slope(self, a: float, h: float) -> float:
        return float(self.graph.slope(a, h)) * 1.0001


def backwards(right: Callable[..., list[int]]) -> Callable[..., list[int]]:
    return lambda *given: right(*given)[::-1]


FAULTS: dict[str, tuple[str, Callable[[Any], Any]]] = {  # a part of ours; its fault
    "rl.q_learning": ("mlwidgets_rl.q_learning:GridWorld", lambda _right: Dearer),
    "rl.ppo": ("mlwidgets_rl.references_ppo:advantages", louder),
    "nlp.attention": ("mlwidgets_nlp.attention:beside", louder),
    "nlp.attention_sdp": ("mlwidgets_nlp.attention:beside", louder),
    "nlp.attention_viz": ("mlwidgets_nlp.attention:beside", louder),
    "nlp.self_attention": ("mlwidgets_nlp.attention:beside", louder),
    "nlp.bpe": ("mlwidgets_nlp.bpe:merged", backwards),
    "nlp.decoder": ("mlwidgets_nlp.decoder:norm", louder),
    "nlp.sampling": ("mlwidgets_nlp.references_sampling:cut", louder),
    "vision.cnn_digits": ("mlwidgets_vision.cnn_digits:pooled", louder),
    "vision.conv2d": ("mlwidgets_vision.references_conv2d:convolve", louder),
    "automl.gp": ("mlwidgets_automl.gp:GP.alpha", louder),
    "automl.acquisition": ("mlwidgets_automl.gp:GP.alpha", louder),
    "automl.bo": ("mlwidgets_automl.gp:GP.alpha", louder),
    "genai.ddpm": ("mlwidgets_genai.ddpm:like", louder),
    "mlops.ks": ("mlwidgets_mlops.ks:share_up_to", louder),
    "mlops.psi": ("mlwidgets_mlops.references_drift:parts", louder),
    "mlops.drift_system": ("mlwidgets_mlops.drift_system:ks_each", louder),
    "mlops.fastapi": ("mlwidgets_mlops.references_fastapi:quantile", louder),
    "dl.mlp": ("mlwidgets_dl.mlp:cross_entropy", louder),
    "dl.backprop": ("mlwidgets_dl.backprop:Graph", lambda _right: Steeper),
    "foundations.kmeans": ("mlwidgets_foundations.many:Groups.inertia", louder),
}


@pytest.mark.parametrize("name", ITEMS)
def test_where_ours_is_wrong_verify_fails(name: str, monkeypatch: Patch) -> None:
    target, fault = FAULTS[name]
    module, _, path = target.partition(":")
    *outer, part = path.split(".")
    holder = import_module(module)
    for step in outer:
        holder = getattr(holder, step)
    monkeypatch.setattr(holder, part, fault(vars(holder)[part]))
    found = verify(ITEMS[name].load(), {}, cases=1)
    assert not found.passed
    assert found.badge.startswith("✗ differs from")


def test_ours_that_raises_is_told_as_ours() -> None:
    def broken(_params: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError("by hand")

    found = checked(summing(replace(SUMMED, ours=broken)))
    assert found.rows[0].verdict == "our code failed: ZeroDivisionError: by hand"
    assert not found


# both sides -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "tolerance", "verdict"),
    [
        (1.0, 1.0 + 1e-12, 1e-10, "equal"),
        (1.0, 1.0 + 1e-9, 1e-10, "differs"),
        ([1e6], [1e6 + 1e-3], (0.0, 1e-8), "equal"),
        ([0.0, 1e6], [1e-3, 1e6], (0.0, 1e-8), "differs"),
        ([np.nan, np.inf], [np.nan, np.inf], 0.0, "equal"),
        ([np.nan], [1.0], 1.0, "differs"),
        ([np.inf], [-np.inf], 1.0, "differs"),
        ([1.0, 2.0], [[1.0, 2.0]], 1.0, "shapes differ, (2,) and (1, 2)"),
        ([], [], 1.0, "there is nothing to compare"),
        (None, 1.0, 1.0, "our code has no such quantity"),
        (torch.ones(2, requires_grad=True), np.ones(2), 0.0, "equal"),
    ],
)
def test_two_values_are_compared(ours: Any, theirs: Any, tolerance: Any, verdict: str) -> None:
    assert compared(ours, theirs, tolerance).verdict == verdict


def test_differences_are_absolute_and_relative_to_the_largest_value() -> None:
    row = compared([1.0, 10.0], [1.5, 10.0], (0.1, 0.01))
    assert (row.absolute, row.relative, row.tolerance) == (0.5, 0.05, 0.2)


def test_the_runs_own_data_go_first_then_random_shapes() -> None:
    found = checked(summing(SUMMED), n=3, start=2.0)
    assert found.passed
    assert [row.case for row in found.rows] == ["this run", "random 1", "random 2", "random 3"]
    assert found.badge == (
        "✓ equals the sum of an arithmetic series: 4 cases, largest difference 0"
    )


def test_ten_random_shapes_are_ten() -> None:
    assert len(play(summing(SUMMED)).verify().rows) == 11


def test_what_was_painted_is_what_is_checked() -> None:
    run = (
        play("rl.q_learning", epsilon=1.0)
        .step(5)
        .set(grid="............/............/............/S..........G")
    )
    seen: list[dict[str, Any]] = []
    module, word, reference = the_reference("rl.q_learning")
    with pytest.MonkeyPatch.context() as patch:

        def inputs(params: dict[str, Any]) -> Any:
            seen.append(params)
            assert reference.inputs is not None
            return reference.inputs(params)

        patch.setattr(module, word, replace(reference, inputs=inputs))
        assert run.step(1).verify().passed
    assert seen[0]["grid"] == run.params["grid"]
    run.close()


def test_parameters_that_cannot_be_checked_are_told_and_the_rest_is_checked() -> None:
    def small(params: dict[str, Any]) -> dict[str, Any]:
        if params["n"] > 60:
            raise UncheckedError("more than 60 numbers")
        return params

    target = summing(replace(SUMMED, inputs=small, ours=closed_form))
    found = checked(target, n=70)
    assert found.passed
    assert found.badge.endswith("; this run is not checked: more than 60 numbers")
    assert not verify(target, {"n": 70}, cases=0)


# where there is none ----------------------------------------------------------------------


def test_an_algorithm_without_a_reference_says_so() -> None:
    found = play(summing(None)).verify()
    assert (found.badge, found.passed) == ("no reference: none is registered", False)


def test_a_library_that_is_not_installed_is_named() -> None:
    found = checked(summing(replace(SUMMED, needs=("no-such-library",))))
    assert found.badge == (
        "no reference: no-such-library is not installed: pip install no-such-library"
    )


def test_an_import_that_fails_on_the_way_is_named_too() -> None:
    def lazy(_params: dict[str, Any]) -> dict[str, Any]:
        return {"total": import_module("no_such_module")}

    assert "no_such_module is not installed" in checked(summing(replace(SUMMED, theirs=lazy))).badge


def test_a_run_from_a_file_has_no_algorithm_to_check(tmp_path: Path) -> None:
    path = tmp_path / "sum.trace"
    play(summing(SUMMED)).wait().save(path)
    assert "loaded from a file" in mlwidgets.load(path).verify().badge


def test_a_preset_has_its_algorithms_reference() -> None:
    made = summing(SUMMED).preset("Ten: of them.", n=10)
    assert reference_of(made) is SUMMED
    found = checked(made)
    assert found.passed
    sdp, whole = (reference_of(ITEMS[f"nlp.{n}"].load()) for n in ("attention_sdp", "attention"))
    assert sdp is whole


# strangers --------------------------------------------------------------------------------

STRANGER = """
    from mlwidgets import Reference, hookimpl

    @hookimpl
    def mlwidgets_register(registry):
        registry.topic("{name}", "A stranger's")
        registry.algorithm("{name}.count", "{name}:count", reference="{name}_checks:counted")
        registry.algorithm("{name}.dream", "{name}:dream", unchecked="nobody knows the answer")
        registry.algorithm("{name}.needy", "{name}:needy", reference="{name}_needy:counted")

    def count(n: int = 3):
        for k in range(n):
            yield {"k": k}

    def dream():
        yield {"k": 0}

    def needy():
        yield {"k": 0}
"""
CHECKS = """
    from mlwidgets import Reference
    counted = Reference("n - 1", {"k": 0.0}, theirs=lambda p: {"k": p["n"] - 1},
                        random=lambda rng, k: {"n": k + 1})
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: Patch) -> Iterator[World]:
    made = World(tmp_path, monkeypatch)
    made.add("strange", STRANGER)
    made.write("strange_checks.py", CHECKS)
    made.write("strange_needy.py", "import no_such_library\n")
    registry().reload()
    yield made
    made.close()
    monkeypatch.undo()
    registry().reload()


def test_a_strangers_algorithm_is_verified_by_its_name(world: World) -> None:
    assert play("strange.count").verify().passed
    assert play("strange.dream").verify().badge == "no reference: nobody knows the answer"
    assert "'no_such_library', which is not installed" in play("strange.needy").verify().badge


def test_a_reference_is_not_imported_before_it_is_used(world: World) -> None:
    import sys

    play("strange.count").wait()
    assert "strange_checks" not in sys.modules


def test_a_reference_that_is_no_place_is_refused() -> None:
    made = mlwidgets.Registration("somebody")
    with pytest.raises(RegistryError, match="reference 'here' is not"):
        made.algorithm("a.b", "a:b", reference="here")


# nothing else is touched ------------------------------------------------------------------


def test_the_run_and_the_global_generators_stay_as_they_were() -> None:
    def drawing(params: dict[str, Any]) -> dict[str, Any]:
        random.random()
        np.random.rand()
        torch.rand(1)
        return closed_form(params)

    run = play(summing(replace(SUMMED, theirs=drawing))).step(2)

    def state() -> list[Any]:
        numbers = repr(np.random.get_state())
        tensors = torch.get_rng_state().tolist()
        return [random.getstate(), numbers, tensors, run.trace.hash, run.number, run.status]

    before = state()
    assert run.verify().passed
    assert state() == before
    assert run.wait().trace["total"][-1] == 10.0


@pytest.mark.parametrize("name", ["nlp.attention", "vision.cnn_digits"])
def test_both_sides_compute_on_the_processor(name: str) -> None:
    """A default device of the user's, here one that holds no numbers at all, changes nothing."""
    with torch.device("meta"):
        assert verify(ITEMS[name].load(), {}, cases=1).passed


def test_an_interrupt_goes_through_and_puts_the_generators_back() -> None:
    def interrupted(_params: dict[str, Any]) -> dict[str, Any]:
        random.random()
        raise KeyboardInterrupt

    before = random.getstate()
    run = play(summing(replace(SUMMED, theirs=interrupted)))
    with pytest.raises(KeyboardInterrupt):
        run.verify()
    assert random.getstate() == before
    assert latest(run) is None


# faces ------------------------------------------------------------------------------------


def test_as_text_it_is_an_aligned_table_and_never_html() -> None:
    found = checked(summing(SUMMED))
    badge, blank, head, rule, own, drawn = repr(found).splitlines()
    assert badge.startswith("✓ equals")
    assert (blank, set(rule)) == ("", {"-"})
    for word in ("quantity", "tolerance", "verdict"):
        assert own[head.index(word) - 1] == drawn[head.index(word) - 1] == " "
    assert drawn.startswith("3 random shapes")
    assert not hasattr(found, "_repr_html_")


def test_every_row_is_there_for_pandas() -> None:
    frame = checked(summing(SUMMED)).to_pandas()
    assert [*frame["verdict"]] == ["equal"] * 4
    assert {"case", "quantity", "absolute", "relative", "tolerance", "ours", "theirs"} <= {*frame}


def test_a_page_is_told_of_it() -> None:
    run: Run = play(summing(SUMMED, wrong=1e-3))
    run.player.receive({"type": "do", "id": 1, "action": "verify", "client": "a"})
    until(lambda: latest(run) is not None, "the check is done")
    found = latest(run)
    assert found is not None
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["badge"].startswith("✗ differs from the sum of an arithmetic series: total of this")
    assert [group["title"] for group in told["groups"]] == ["this run", "10 random shapes"]
    assert told["params"] == {"n": 4, "start": 1.0}
    run.close()


def test_the_magic_takes_a_name_or_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    with shell() as made:
        assert made.run("%ml verify rl.q_learning alpha=0.3").passed
        made.run("run = %ml rl.q_learning gamma=0.9")
        assert made.run("%ml verify $run").params["gamma"] == 0.9
        assert "write `%ml verify" in made.refusal("%ml verify")
        assert "must lie in [0, 1]" in made.refusal("%ml verify rl.q_learning alpha=9")
        assert "leave those of the line out" in made.refusal("%ml verify $run alpha=0.1")
        assert "$run" in made.completions("%ml verify ")
        assert made.completions("%ml verify rl.q_learning al") == ["alpha="]


def test_the_command_lines_exit_status_is_the_verdict(
    world: World, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "strange.count", "n=5"]) == 0
    assert capsys.readouterr().out.startswith("✓ equals n - 1: 11 cases")
    checks = import_module("strange_checks")
    wrong = replace(checks.counted, theirs=lambda p: {"k": p["n"]})
    monkeypatch.setattr(checks, "counted", wrong)
    assert main(["verify", "strange.count"]) == 1
    assert main(["verify", "strange.dream"]) == 2
    assert "no reference: nobody knows the answer" in capsys.readouterr().err
    assert main(["verify"]) == 2


def tampered(**parts: Any) -> str:
    return checked(summing(replace(SUMMED, **parts))).badge


def failing(*_: Any) -> Any:
    raise ValueError("by hand")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"tolerance": {}}, "this run: the reference failed: it has no tolerance for 'total'"),
        ({"random": failing}, "random 1: the reference's random shape failed: ValueError: by hand"),
        (
            {"random": lambda rng, k: {"n": 3, "strat": 1.0}},
            "random 1: the reference's random shape failed: no parameter 'strat'. Did you mean 's",
        ),
        ({"inputs": failing}, "this run: the reference's inputs failed: ValueError: by hand"),
    ],
)
def test_a_reference_that_is_at_fault_is_told_as_such_in_one_line(
    parts: dict[str, Any], said: str
) -> None:
    badge = tampered(**parts)
    assert badge.startswith("✗ no verdict from the sum of an arithmetic series, ")
    assert said in badge
    assert "\n" not in badge


def test_a_recorded_loop_has_no_algorithm_to_check() -> None:
    with mlwidgets.record() as rec:
        rec(loss=1.0)
    badge = rec.run.verify().badge
    assert badge.startswith("no reference: there is no algorithm to check: its frames come from a")
    assert not badge.endswith("algorithm")
