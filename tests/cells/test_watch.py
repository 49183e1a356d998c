"""`watch=$model`: layers, the first non-finite value, and its pass once more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mlwidgets.cells import finding
from tests.shell import Shell, shell

torch = pytest.importorskip("torch")

HEAD = """
import torch
from torch import nn
torch.manual_seed(0)
data = [(torch.randn(8, 4), torch.rand(8, 1)) for _ in range(6)]
model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 1), nn.Sigmoid())
with torch.no_grad():
    model[0].bias[:2] = -100.0
opt = torch.optim.Adam(model.parameters(), lr=0.01)
"""
LOOP = """
def step(x, y, scale=1.0):
    p = model(nn.functional.dropout(x)) * scale
    loss = -(y * p.log()).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss

for epoch in range(2):
    for k, (x, y) in enumerate(data):
        FAULT
        loss = step(x, y, scale)
"""
FAULTS = {
    "forward": ("x = x * (1 if (epoch, k) != (1, 2) else float('nan')); scale = 1.0", "0 (Linear)"),
    "backward": ("scale = 0.0 if (epoch, k) == (1, 2) else 1.0", "3 (Sigmoid)"),
    "update": (
        "opt.param_groups[0]['lr'] = float('inf') if (epoch, k) == (1, 2) else .01; scale = 1.0",
        "0 (Linear)",
    ),
}


@pytest.fixture
def ip() -> Iterator[Shell]:
    with shell() as made:
        yield made


def watched(ip: Shell, fault: str, loop: str = LOOP) -> Any:
    ip.run(f"%%ml record loss watch=$model -o run\n{HEAD}{loop.replace('FAULT', fault)}")
    return ip.ip.user_ns["run"]


def test_what_layers_do_is_recorded_beside_the_loss(ip: Shell) -> None:
    run = watched(ip, "scale = 1.0")
    trace, model = run.trace, ip.ip.user_ns["model"]
    assert len(trace) == 12
    assert trace["layers"][0] == ("0 (Linear)", "1 (ReLU)", "2 (Linear)", "3 (Sigmoid)")
    gradient = torch.cat([p.grad.flatten() for p in model[2].parameters()]).norm()
    assert trace["gradient norm"][-1][2] == pytest.approx(gradient.item())
    assert trace["dead units"][:, 1].min() >= 0.4, "two of five units were given no chance"
    assert 0 < trace["update ratio"][0][2] < 0.2
    assert not trace["non-finite"].any()
    assert run.finding is None
    assert not model._forward_hooks, "the model is left as it was"


@pytest.mark.parametrize("direction", FAULTS)
def test_the_first_fault_is_named_and_its_pass_runs_again(ip: Shell, direction: str) -> None:
    fault, layer = FAULTS[direction]
    run = watched(ip, fault)
    found = run.finding
    assert (found.layer, found.direction, found.number, found.batch) == (layer, direction, 8, 2)
    assert torch.equal(found.given[1][0], ip.ip.user_ns["data"][2][0])
    assert f"{layer}, {direction}, pass 8, batch 2" in run._core.note
    mended = ip.ip.user_ns["model"]
    found.again()
    first = ip.ip.user_ns["loss"].item()
    found.again()
    assert ip.ip.user_ns["loss"].item() == pytest.approx(first, nan_ok=True)
    found.restore()
    assert all(torch.isfinite(p).all() for p in mended.parameters())
    assert opt_steps(ip) == 8


@pytest.mark.parametrize("most", [None, 8])
def test_the_batch_that_is_kept_is_that_of_before_the_pass(
    ip: Shell, monkeypatch: pytest.MonkeyPatch, most: int | None
) -> None:
    """Also where the pass writes to it; of one too large to copy each time it says so."""
    if most is not None:
        monkeypatch.setattr(finding, "KEPT", most)
    ip.run(
        "%%ml record loss watch=$model -o run\nimport torch\n"
        "data = [torch.full((2, 3), 1.0 - (k == 3)) for k in range(5)]\n"
        "model = torch.nn.Linear(3, 1)\n"
        "for xb in data:\n    xb.log_()\n    loss = model(xb.mul_(1)).sum()"
    )
    found = ip.ip.user_ns["run"].finding
    assert (found.number, found.direction) == (3, "forward")
    if most is None:
        assert torch.equal(found.given, torch.zeros(2, 3))
        assert not torch.isfinite(found.again()["loss"])
        assert torch.equal(found.given, torch.zeros(2, 3)), "it can be run again, and again"
    assert ("written to" in str(found)) == (most is not None)


def test_running_again_shows_names_and_no_values(ip: Shell) -> None:
    run = watched(ip, FAULTS["forward"][0])
    ip.ip.user_ns["secret"] = "hush"
    left = run.finding.again()
    assert repr(left) == "<run again: the pass assigned k, x, y, scale, loss>"
    assert not torch.isfinite(left["loss"])
    assert "secret" not in left
    assert "In" not in left


def opt_steps(ip: Shell) -> int:
    return int(next(iter(ip.ip.user_ns["opt"].state.values()))["step"])


def test_a_pass_of_a_function_runs_again_with_its_variables(ip: Shell) -> None:
    loop = LOOP.partition("for epoch")[0] + (
        "def fit(data, scales):\n    for k, (x, y) in enumerate(data):\n"
        "        if k == 1: continue\n        loss = step(x, y, scales[k])\n    return loss\n"
        "_ = fit(data, [1, 1, 1, 0, 1, 1])"
    )
    run = watched(ip, "", loop)
    assert run.finding.number == 3
    left = run.finding.again()
    assert (left["k"], left["scales"]) == (3, [1, 1, 1, 0, 1, 1])
    assert not torch.isfinite(left["loss"])


def test_an_optimiser_that_no_variable_holds_is_restored_too(ip: Shell) -> None:
    hidden = HEAD.replace(
        "opt = torch.optim.Adam", "class T: pass\nt = T()\nt.opt = torch.optim.Adam"
    )
    loop = LOOP.replace("opt.", "t.opt.").replace("FAULT", FAULTS["backward"][0])
    ip.run(f"%%ml record loss watch=$model -o run\n{hidden}{loop}")
    ip.run("run.finding.restore()")
    assert int(ip.run("next(iter(t.opt.state.values()))['step']")) == 8


def test_what_cannot_be_watched_is_refused(ip: Shell) -> None:
    cell = "%%ml record loss watch=$thing\nthing = 3\nfor k in range(3):\n    loss = k"
    assert ip.refusal(cell) == "record: watch= takes a torch.nn.Module, not int 3"
    cell = "%%ml record loss watch=model\nmodel = 3\nfor k in range(3):\n    loss = k"
    assert "write watch=$model" in ip.refusal(cell)
