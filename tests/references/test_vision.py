"""The convolutional network against torch's own layers, loss and optimiser, weights copied."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix
from torch import Tensor, nn

from mlwidgets import play
from mlwidgets_vision.cnn_digits import (
    Weights,
    adam,
    answers,
    begun,
    cnn_digits,
    convolve,
    cross_entropy,
    forward,
    pooled,
)
from mlwidgets_vision.digits import digits, judged

CASES = range(60)
EXACT = 1e-10  # double precision


def draw(case: int) -> tuple[torch.Generator, tuple[int, int, int, int, int]]:
    """Random sizes: digits, channels, filters, rows, columns; the degenerate are among them."""
    g = torch.Generator().manual_seed(case)
    tops = (5, 6, 9, 12, 12)
    n, c, o, i, j = (int(torch.randint(1, top, (1,), generator=g)) for top in tops)
    return g, (n, c, o, i, j)


def rand(g: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=g, dtype=torch.float64)


def gap(ours: Tensor, theirs: Tensor) -> float:
    assert ours.shape == theirs.shape
    return float((ours - theirs).detach().abs().max())


class Twin(nn.Module):
    """The same network of torch's layers."""

    def __init__(self, theta: Weights, filters: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, filters, 3, padding=1, dtype=torch.float64)
        self.second = nn.Conv2d(filters, 2 * filters, 3, padding=1, dtype=torch.float64)
        self.scores = nn.Linear(8 * filters, 10, dtype=torch.float64)
        with torch.no_grad():
            for weight, ours in zip(self.parameters(), theta, strict=True):
                weight.copy_(ours)

    def forward(self, x: Tensor) -> Tensor:
        h = nn.functional.max_pool2d(self.first(x).relu(), 2)
        s = nn.functional.max_pool2d(self.second(h).relu(), 2)
        scores: Tensor = self.scores(s.flatten(1))
        return scores


def network(case: int) -> tuple[Weights, Twin, Tensor, Tensor]:
    """Our weights, torch's twin, digits and what they are."""
    g = torch.Generator().manual_seed(case)
    filters, n = 1 + case % 8, 1 + case % 17
    theta = [w.detach().double() for w in begun(np.random.default_rng(case), filters)]
    theta = [(w + 0.1 * rand(g, *w.shape)).requires_grad_() for w in theta]
    y = torch.randint(0, 10, (n,), generator=g)
    return theta, Twin(theta, filters), rand(g, n, 1, 8, 8), y


@pytest.mark.parametrize("case", CASES)
def test_a_convolution_is_torchs(case: int) -> None:
    g, (n, c, o, i, j) = draw(case)
    x, W, b = rand(g, n, c, i, j), rand(g, o, c, 3, 3), rand(g, o)
    layer = nn.Conv2d(c, o, 3, padding=1, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(W)
        layer.bias.copy_(b)  # type: ignore[union-attr]  # there is one
    assert gap(convolve(x, W, b), layer(x)) <= EXACT


@pytest.mark.parametrize("case", CASES)
def test_pooling_is_torchs(case: int) -> None:
    g, (n, c, _, i, j) = draw(case)
    x = rand(g, n, c, 2 * i, 2 * j)
    assert gap(pooled(x), nn.MaxPool2d(2)(x)) == 0


@pytest.mark.parametrize("case", CASES)
def test_scores_probabilities_loss_and_gradients_are_those_of_torchs_layers(case: int) -> None:
    theta, twin, x, y = network(case)
    z, h = forward(theta, x)
    assert gap(z, twin(x)) <= EXACT
    assert gap(h, twin.first(x).relu()) <= EXACT
    p, _ = answers(lambda x: forward(theta, x), x)
    assert gap(p, twin(x).softmax(1)) <= EXACT

    loss, theirs = cross_entropy(z, y), nn.CrossEntropyLoss()(twin(x), y)
    assert gap(loss, theirs) <= EXACT
    theirs.backward()
    for ours, weight in zip(torch.autograd.grad(loss, theta), twin.parameters(), strict=True):
        assert weight.grad is not None
        assert gap(ours, weight.grad) <= EXACT


@pytest.mark.parametrize("case", range(12))
def test_steps_of_adam_are_torchs(case: int) -> None:
    theta, twin, x, y = network(case)
    rates = (1e-3, 3e-3, 3e-3, 1e-1, 1e-5)  # steered on the way
    optimiser = torch.optim.Adam(twin.parameters())
    m, v = ([torch.zeros_like(w) for w in theta] for _ in range(2))
    for t, lr in enumerate(rates, start=1):
        g = torch.autograd.grad(cross_entropy(forward(theta, x)[0], y), theta)
        with torch.no_grad():
            adam(theta, g, m, v, t, lr)
        optimiser.param_groups[0]["lr"] = lr
        optimiser.zero_grad()
        nn.CrossEntropyLoss()(twin(x), y).backward()
        optimiser.step()
        for ours, weight in zip(theta, twin.parameters(), strict=True):
            assert gap(ours, weight) <= 1e-8, f"step {t}"


def test_scores_are_judged_as_scikit_learn_does() -> None:
    x, y = digits(None)
    g = torch.Generator().manual_seed(3)
    p = (5 * torch.randn(len(x), 10, generator=g) + 8 * nn.functional.one_hot(y, 10)).softmax(1)
    said = judged(p, y, x)
    answer = p.argmax(1).numpy()
    assert said["accuracy"] == pytest.approx(accuracy_score(y.numpy(), answer))
    assert np.array_equal(said["confusion"], confusion_matrix(y.numpy(), answer))
    wrong = np.flatnonzero(answer != y.numpy())
    worst = wrong[np.argmax(p.amax(1).numpy()[wrong])]
    assert said["said"][0].startswith(f"{int(y[worst])} as {answer[worst]}, ")
    assert np.array_equal(said["mistakes"][0], (255 * x[worst, 0]).numpy().astype(np.uint8))


def test_it_reads_98_of_100_digits_that_it_was_not_trained_on() -> None:
    run = play("vision.cnn_digits", device="cpu").wait()
    assert run.trace["accuracy"][-1] >= 0.98
    assert run.trace["confusion"][-1].sum() == 359
    assert run.trace["p"][-1].argmax() == 3, "the digit that is drawn at first"


def test_a_network_of_ones_own_learns_too_and_stays_as_it_was() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    before = [weight.clone() for weight in net.parameters()]
    frames = list(cnn_digits(net=net, epochs=3))
    assert frames[-1]["accuracy"] > 0.8 > 0.4 > frames[0]["accuracy"]
    for weight, old in zip(net.parameters(), before, strict=True):
        assert torch.equal(weight, old)
