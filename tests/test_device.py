"""The run computes where, and as, its caller would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import mlwidgets
from mlwidgets import Frames
from mlwidgets.algorithms import as_algorithm
from mlwidgets.device import pick_device
from mlwidgets.errors import RunError

THERE = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}


def settings() -> Frames[dict[str, Any]]:
    """What a file finds, frame by frame."""
    for _ in range(3):
        yield {
            "grad": torch.is_grad_enabled(),
            "cast": torch.is_autocast_enabled("cpu"),
            "threads": torch.get_num_threads(),
            "dtype": str(torch.zeros(1).dtype),
            "device": torch.zeros(1).device.type,
        }


@pytest.fixture(params=[True, False], ids=["thread", "turns"])
def played(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Plays to the end on the CPU, by a thread or by turns."""

    def play(fn: Any) -> Any:
        run = mlwidgets.Run(as_algorithm(fn), {}, device="cpu", thread=request.param)
        return run.step().step().wait().trace

    return play


def test_the_cpu_is_always_there() -> None:
    assert pick_device("cpu") == "cpu"
    assert pick_device("auto") == next((name for name in THERE if THERE[name]), "cpu")


def test_an_unknown_device_is_told_what_there_is() -> None:
    with pytest.raises(RunError, match="device='tpu': must be one of auto, cpu, cuda, mps"):
        pick_device("tpu")


@pytest.mark.parametrize("name", ["cuda", "mps", "cuda:1"])
def test_a_device_this_machine_lacks_is_told_what_it_has(name: str) -> None:
    if THERE[name.partition(":")[0]]:
        pytest.skip(f"this machine has {name}")
    with pytest.raises(RunError, match=rf"device='{name}': this machine has none \(it has:.*cpu\)"):
        mlwidgets.play(settings, device=name)


def test_grad_mode_goes_along(played: Any) -> None:
    with torch.no_grad():
        assert played(settings)["grad"].tolist() == [False] * 3
    assert played(settings)["grad"].tolist() == [True] * 3


def test_autocast_goes_along(played: Any) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert played(settings)["cast"].tolist() == [True] * 3


def test_the_default_device_goes_along(played: Any) -> None:
    with torch.device("meta"):
        assert played(settings)["device"].tolist() == ["meta"] * 3


def test_the_number_of_threads_goes_along(played: Any) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert played(settings)["threads"].tolist() == [1] * 3
    finally:
        torch.set_num_threads(before)


def test_a_file_may_stand_in_its_own_no_grad_from_turn_to_turn(played: Any) -> None:
    def frozen() -> Frames[dict[str, bool]]:
        yield {"grad": torch.is_grad_enabled()}
        with torch.no_grad():
            for _ in range(3):
                yield {"grad": torch.is_grad_enabled()}
        yield {"grad": torch.is_grad_enabled()}

    assert played(frozen)["grad"].tolist() == [True, False, False, False, True]


def test_what_a_file_sets_for_itself_does_not_reach_its_caller(played: Any) -> None:
    def changes() -> Frames[dict[str, int]]:
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            yield {"k": 0}
            assert torch.is_grad_enabled() is False
            yield {"k": 1}

    played(changes)
    assert torch.is_grad_enabled()
    assert not torch.is_autocast_enabled("cpu")
