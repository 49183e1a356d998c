"""The convolutional network beside its reference: odd shapes, what it learns, nets of one's own."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix
from torch import Tensor, nn

from mlwidgets import ParamError, UncheckedError, play
from mlwidgets_vision.cnn_digits import cnn_digits, convolve, pooled
from mlwidgets_vision.digits import digits, judged
from mlwidgets_vision.references import in_double

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


def test_a_network_of_ones_own_can_be_verified() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.4), nn.Flatten()
    )
    run = play("vision.cnn_digits", net=nn.Sequential(net, nn.Linear(144, 10)))
    found = run.verify()
    assert found.passed, found
    assert found.rows[0].case == "this run"
    run.close()


def test_a_network_of_ones_own_learns_too_and_stays_as_it_was() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    before = [weight.clone() for weight in net.parameters()]
    frames = list(cnn_digits(net=net, epochs=3))
    assert frames[-1]["accuracy"] > 0.8 > 0.4 > frames[0]["accuracy"]
    for weight, old in zip(net.parameters(), before, strict=True):
        assert torch.equal(weight, old)


def filtered(*before: nn.Module) -> nn.Sequential:
    """A network with a convolution of four filters."""
    torch.manual_seed(0)
    return nn.Sequential(*before, nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is")  # deprecated, and still there
def test_the_trained_network_is_a_plain_one_that_can_be_saved_and_compiled() -> None:
    with closing(play("vision.cnn_digits", net=filtered(), epochs=1).wait()) as run:
        assert run.trace["maps"].shape[1:] == (4, 6, 6)
        net = run.result
    assert not any(module._forward_hooks for module in net.modules())
    x = torch.rand(3, 1, 8, 8)
    assert torch.equal(torch.jit.script(net)(x), net(x))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_network_that_adam_cannot_train_is_refused(dtype: torch.dtype) -> None:
    net = filtered().to(dtype)
    if dtype is torch.float16:
        with pytest.raises(ParamError, match=r"float16.*give net\.float\(\)") as caught:
            play("vision.cnn_digits", net=net)
        assert "\n" not in str(caught.value)
        return
    with closing(play("vision.cnn_digits", net=net, epochs=3).wait()) as run:
        assert run.trace["accuracy"][-1] > 0.8


def test_dropout_draws_from_the_seed_and_from_nobody_elses_numbers() -> None:
    kept = torch.get_rng_state()
    one, two, other = (
        [f["loss"] for f in cnn_digits(net=filtered(nn.Dropout(0.3)), epochs=1, seed=seed)][1:]
        for seed in (1, 1, 2)
    )
    assert one == two != other
    torch.set_rng_state(kept)
    list(cnn_digits(net=nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(64, 10)), epochs=1))
    after = torch.get_rng_state()
    torch.set_rng_state(kept)
    nn.Linear(64, 10)
    assert torch.equal(after, torch.get_rng_state())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_cuda_device_dropout_draws_from_the_seed_too() -> None:
    kept = torch.cuda.get_rng_state()
    net = filtered(nn.Dropout(0.3))
    losses = []
    for _ in range(2):
        with closing(play("vision.cnn_digits", net=net, epochs=1, device="cuda").wait()) as run:
            losses.append(run.trace["loss"][1:])
    assert np.array_equal(losses[0], losses[1])
    assert torch.equal(kept, torch.cuda.get_rng_state())


def test_a_network_of_nan_answers_nothing_and_makes_no_mistakes() -> None:
    net = filtered()
    with torch.no_grad():
        next(net.parameters()).fill_(float("nan"))
    with closing(play("vision.cnn_digits", net=net, epochs=1)) as run:
        assert np.isnan(run.trace["accuracy"][0])
        assert run.trace["said"][0] == ()
        assert not run.trace["confusion"][0].any()
        with pytest.raises(UncheckedError, match="answers nan"):
            in_double(net, digits(None)[0].double())


def test_a_digit_that_is_not_answered_is_not_read_rightly() -> None:
    x, y = digits(None)
    p = nn.functional.one_hot(y, 10).float()
    p[:10] = float("nan")
    said = judged(p, y, x)
    assert said["accuracy"] == pytest.approx(1 - 10 / len(y))
    assert said["confusion"].sum() == len(y) - 10
    assert said["said"] == []
