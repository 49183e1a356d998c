"""A typed signature is the parameters: said once, read by every face."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from mlwidgets import Grid, Live, Log, Range, Rate, Unless
from mlwidgets.errors import ParamError
from mlwidgets.params import Spec


def learn(  # type: ignore[no-untyped-def]  # `guess`, as a learner may write it
    size: int,
    alpha: Live[Rate] = 0.5,
    lr: Annotated[float, Log(1e-4, 1), "step size"] = 1e-2,
    policy: Literal["greedy", "softmax"] = "greedy",
    verbose: bool = False,
    layers: list[int] = [8, 8],  # noqa: B006  only read
    limit: int | None = None,
    board: Grid = Grid("S.G"),  # noqa: B008  frozen
    model: Any = None,
    guess=3,
) -> None: ...


SPEC = Spec.of(learn, {"alpha": "learning rate"})


def refusal(call: Callable[..., Any], *args: Any) -> str:
    with pytest.raises(ParamError) as caught:
        call(*args)
    return str(caught.value)


def test_annotations_become_kinds_in_signature_order() -> None:
    kinds = ["int", "float", "float", "choice", "bool", "list", "int", "grid", "opaque", "int"]
    assert [p.kind.name for p in SPEC.params] == kinds


def test_a_label_comes_from_the_annotation_or_from_where() -> None:
    assert SPEC["lr"].control()["label"] == "step size"
    assert SPEC["alpha"].control()["label"] == "learning rate"


def test_a_greek_name_is_shown_as_its_letter() -> None:
    assert SPEC["alpha"].symbol == "α"
    assert SPEC["size"].symbol == ""


def test_only_live_parameters_are_live() -> None:
    assert SPEC.live == ("alpha",)


def test_defaults_fill_what_is_not_given() -> None:
    values = SPEC.check({"size": 3})
    assert list(values) == list(SPEC)
    assert (values["alpha"], values["limit"]) == (0.5, None)


def test_what_has_no_default_is_required() -> None:
    assert refusal(SPEC.check, {}) == "size: is required, a whole number"


def test_an_unknown_name_is_told_the_nearest() -> None:
    said = refusal(SPEC.check, {"size": 1, "polcy": "greedy"})
    assert said.startswith("no parameter 'polcy'. Did you mean 'policy'? (known: size, alpha")


def test_every_fault_is_told_at_once() -> None:
    said = refusal(SPEC.check, {"size": 1.5, "alpha": 9, "x": 0})
    assert [part.split("=")[0].split(".")[0] for part in said.split("; ")] == [
        "no parameter 'x'",
        "size",
        "alpha",
    ]


def test_one_fault_names_its_parameter() -> None:
    with pytest.raises(ParamError, match=r"^alpha=9.0: must lie in \[0, 1\]$") as caught:
        SPEC.check({"size": 1, "alpha": 9.0})
    assert caught.value.name == "alpha"


def test_a_line_says_what_the_call_says() -> None:
    values = SPEC.check({"size": 4, "policy": "softmax", "limit": 7})
    line = SPEC.line(values)
    words = dict(word.split("=", 1) for word in line.split())
    assert SPEC.check(SPEC.parse(words)) == values


def test_rich_inputs_at_their_default_are_left_off_the_line() -> None:
    values = SPEC.check({"size": 4})
    assert "board=" not in SPEC.line(values)
    assert "board=S./.G" in SPEC.line({**values, "board": Grid("S.", ".G")})


def test_an_array_does_not_break_the_line() -> None:
    values = SPEC.check({"size": 4, "model": np.zeros(3)})
    assert SPEC.line(values).endswith("model=$ndarray guess=3")


def test_words_of_a_line_are_read_by_kind() -> None:
    assert SPEC.parse({"verbose": "yes", "layers": "[4,4]", "limit": "none"}) == {
        "verbose": True,
        "layers": [4, 4],
        "limit": None,
    }


def test_a_word_that_cannot_be_read_is_quoted() -> None:
    assert refusal(SPEC.parse, {"alpha": "big"}) == "alpha=big: must be a number in [0, 1]"


def test_a_value_that_may_follow_is_checked_like_any_other() -> None:
    board = SPEC["board"]
    assert board.succeed(Grid("S.G"), "SG.") == Grid("SG.")
    assert refusal(board.succeed, Grid("S.G"), "SG").startswith("board: must keep its 1 x 3 cells")


def test_stars_have_no_control() -> None:
    def loose(*args: int, **kwargs: int) -> None: ...

    assert "have no control" in refusal(Spec.of, loose)


def test_an_annotation_that_names_nothing_is_told() -> None:
    def wrong(x: Nothing) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    assert "'Nothing' is not defined" in refusal(Spec.of, wrong)


def test_a_controls_json_holds_the_parameters_face() -> None:
    control = SPEC["alpha"].control()
    assert {"name", "kind", "symbol", "label", "live", "lo", "hi", "step", "log"} <= set(control)
    assert (control["live"], control["lo"], control["hi"]) == (True, 0, 1)


def test_a_range_bounds_a_live_number() -> None:
    def fn(x: Live[Annotated[float, Range(0, 5)]] = 1.0) -> None: ...

    assert Spec.of(fn)["x"].live
    assert refusal(Spec.of(fn).check, {"x": 6}) == "x=6: must lie in [0, 5]"


def test_a_parameter_cannot_take_a_word_of_play() -> None:
    def fn(at: int = 0) -> None: ...

    with pytest.raises(ParamError, match="'at' is a word of play"):
        Spec.of(fn)


def test_a_parameter_says_beside_which_other_it_has_no_effect() -> None:
    def attend(heads: Annotated[int, Unless("model")] = 8, model: Any = None) -> None: ...

    spec = Spec.of(attend)
    assert spec["heads"].control()["unless"] == "model"
    assert "unless" not in spec["model"].control()
    assert (spec.inert({"model": None}), spec.inert({"model": object()})) == ((), ("heads",))


def test_no_effect_beside_a_parameter_that_is_not_there_is_an_authors_slip() -> None:
    def attend(heads: Annotated[int, Unless("modle")] = 8, model: Any = None) -> None: ...

    with pytest.raises(ParamError, match="no parameter 'modle'"):
        Spec.of(attend)


def test_a_parameter_may_give_way_to_either_of_two() -> None:
    def f(
        x: Annotated[int, Unless("y"), Unless("z")] = 0, y: int | None = None, z: str | None = None
    ) -> None: ...

    spec = Spec.of(f)
    assert spec.inert({"y": None, "z": "given"}) == spec.inert({"y": 3}) == ("x",)
    assert spec.inert({"y": None}) == ()
