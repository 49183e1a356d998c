"""A step of a multi-layer perceptron, 64-128-128-10 on digits, beside torch's own layers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from torch import nn

from benchmarks.side import Row, Timed, timed
from mlwidgets import play
from mlwidgets_dl.examples import MOONS, Examples, examples
from mlwidgets_dl.mlp import mlp

HIDDEN, BATCH, EPOCHS, LR = [128, 128], 128, 40, 0.005


def rows(device: str) -> Iterator[Row]:
    data = load_digits()
    seen = examples(MOONS, mlp.spec["data"].check(data), "")
    steps = EPOCHS * seen.batches(BATCH)

    def ours() -> Timed:
        told = {"data": data, "layers": HIDDEN, "batch": BATCH, "epochs": EPOCHS}
        run = play(mlp, **told, phi="relu", lr=LR, device=device)
        took = timed(run.wait).seconds
        run.close()
        return Timed(took / steps, run.trace["accuracy"][-1])

    common: dict[str, Any] = {
        "ours": ours,
        "quality": float,
        "judged": "test accuracy",
        "within": 0.01,
        "bar": 1.5,
    }
    what = "a step: 64-128-128-10, batch 128, Adam"
    for peer, fused in {"torch eager": False, "torch, fused Adam": True}.items():
        yield Row("dl.mlp", what, peer, theirs=partial(eager, seen, device, fused), **common)
    if device == "cpu":
        yield Row("dl.mlp", what, "scikit-learn", theirs=partial(sklearns, seen), **common)


def eager(seen: Examples, device: str, fused: bool) -> Timed:
    """The loop that everybody writes, over the same mini-batches."""
    parts: list[nn.Module] = []
    sizes = [seen.features, *HIDDEN, seen.classes]
    torch.manual_seed(0)
    for i, o in pairwise(sizes):
        parts += [nn.Linear(i, o), nn.ReLU()]
    net = nn.Sequential(*parts[:-1]).to(device)
    adam = torch.optim.Adam(net.parameters(), lr=LR, fused=fused)
    x, y = seen.parts.train_x.to(device), seen.parts.train_y.to(device)
    rng, steps = np.random.default_rng(0), EPOCHS * seen.batches(BATCH)

    def train() -> None:
        for _ in range(EPOCHS):
            order = torch.as_tensor(rng.permutation(len(y))).to(device)
            for at in range(0, len(order), BATCH):
                chosen = order[at : at + BATCH]
                adam.zero_grad()
                loss = nn.functional.cross_entropy(net(x[chosen]), y[chosen])
                loss.backward()  # type: ignore[no-untyped-call]  # torch's own
                adam.step()
                loss.item()

    took = timed(train).seconds
    with torch.no_grad():
        answered = net(seen.parts.test_x.to(device)).argmax(1).cpu()
    return Timed(took / steps, float((answered == seen.parts.test_y).float().mean()))


def sklearns(seen: Examples) -> Timed:
    net = MLPClassifier(HIDDEN, learning_rate_init=LR, alpha=0, random_state=0)
    x, y, order = seen.parts.train_x.numpy(), seen.parts.train_y.numpy(), np.random.default_rng(0)
    steps, classes = EPOCHS * seen.batches(BATCH), np.arange(seen.classes)

    def train() -> None:
        for _ in range(EPOCHS):
            chosen = order.permutation(len(y))
            for at in range(0, len(y), BATCH):
                some = chosen[at : at + BATCH]
                net.partial_fit(x[some], y[some], classes=classes)

    took = timed(train).seconds
    return Timed(took / steps, net.score(seen.parts.test_x.numpy(), seen.parts.test_y.numpy()))
