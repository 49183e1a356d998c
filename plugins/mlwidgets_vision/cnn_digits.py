r"""Convolutional network: filters learn to tell ten handwritten digits apart.

LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document recognition",
Proceedings of the IEEE 86, 2278-2324. doi:10.1109/5.726791

    h_{oij} = b_o + \sum_{c,u,v} W_{ocuv} \, x_{c,\,i+u,\,j+v}    (1)  convolution
    s_{oij} = \max_{u,v \in \{0,1\}} h_{o,\,2i+u,\,2j+v}          (2)  pooling
    p_k = e^{z_k} / \sum_j e^{z_j}                               (3)  softmax of the scores z
    \mathrm{loss} = -\frac{1}{n} \sum_i \log p_{i, y_i}          (4)  cross-entropy of a mini-batch
    m \leftarrow \beta_1 m + (1 - \beta_1) g                     (5)  running mean of the gradient g
    v \leftarrow \beta_2 v + (1 - \beta_2) g^2                   (6)  and of its square
    \theta \leftarrow \theta - \mathrm{lr} \, \hat m / (\sqrt{\hat v} + \epsilon)  (7)  Adam, 2015

Where: digit your drawing; lr learning rate; filters filters; batch mini-batch; epochs epochs;
data your own digits; net your network (a copy is trained); seed seed; p probability of each digit;
maps maps of the first layer; loss loss of a mini-batch; epoch epochs finished; accuracy test
accuracy; confusion digit and answer; mistakes digits it gets wrong; said what each was taken for.

What to watch: Draw a digit while it trains: it can read yours long before its last mistakes go.

Try: lr=0.1  steps twenty times as long: does it still learn?
Try: filters=1  how much can it read through a single filter?
Try: digit=flower  what does it answer to something that is no digit?
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import numpy as np
import torch
from torch import Tensor, nn

import mlwidgets as ml

from .digits import THREE, Digit, DigitNet, Judged, Network, digits, inked, judged, own, watched
from .weights import Weights, begun

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


class Step(Judged):
    loss: float | None  # none where nothing was learned
    p: Annotated[ml.Array, "digit"]
    maps: Annotated[ml.Array, "filter row column"]
    epoch: Annotated[int, ml.Unit(total="epochs")]


def convolve(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """(n, c, i, j) by filters (o, c, 3, 3) to (n, o, i, j); zeros stand around the edge."""
    n, _, i, j = x.shape
    around = nn.functional.unfold(x, 3, padding=1).transpose(0, 1).flatten(1)  # (c u v, n i j)
    return (W.flatten(1) @ around + b[:, None]).reshape(-1, n, i, j).transpose(0, 1)  # (1)


def pooled(h: Tensor) -> Tensor:
    """(n, o, 2i, 2j) to (n, o, i, j)."""
    h = h.reshape(*h.shape[:3], -1, 2).max(4).values
    return h.reshape(*h.shape[:2], -1, 2, h.shape[3]).max(3).values  # (2)


def positive(h: Tensor) -> Tensor:
    """What is below zero is cut off; at zero itself nothing is learned, unlike with clamp."""
    return torch.where(h > 0, h, 0.0)


def forward(theta: Weights, x: Tensor) -> tuple[Tensor, Tensor]:
    """Two layers of filters, then one score for each digit; what is below zero is cut off."""
    W1, b1, W2, b2, V, c = theta
    h = positive(convolve(x, W1, b1))  # (n, filters, 8, 8)
    s = positive(pooled(convolve(pooled(h), W2, b2)))  # (n, 2 filters, 2, 2)
    return s.flatten(1) @ V.T + c, h  # scores z (n, 10)


@torch.no_grad()
def answers(network: Network, x: Tensor) -> tuple[Tensor, Tensor]:
    """The probability of each digit, and the first layer's maps; nothing is learned from x."""
    z, h = network(x)
    e = (z - z.amax(1, keepdim=True)).exp()
    return e / e.sum(1, keepdim=True), h  # (3)


def cross_entropy(z: Tensor, y: Tensor) -> Tensor:
    log_p = z - z.logsumexp(1, keepdim=True)
    return -log_p.gather(1, y[:, None]).mean()  # (4)


def adam(theta: Weights, g: Sequence[Tensor], m: Weights, v: Weights, t: int, lr: float) -> None:
    """Step t moves every weight, by the mean of its gradients over their size."""
    for k, g_k in enumerate(g):
        m[k].lerp_(g_k, 1 - BETA_1)  # (5)
        v[k].lerp_(g_k**2, 1 - BETA_2)  # (6)
        m_hat, v_hat = m[k] / (1 - BETA_1**t), v[k] / (1 - BETA_2**t)  # both began at 0
        theta[k] -= lr * m_hat / (v_hat.sqrt() + EPSILON)  # (7)


@ml.algorithm(
    ml.Bars("p", "What it answers", "to your drawing", hi=1),
    ml.Pictures("maps", "What its filters find", "in it", shade="value", lo=0),
    ml.Line("loss", title="Loss", note="of a mini-batch", mean=15, log=True, hue="error"),
    ml.Line("accuracy", title="Accuracy", note="of the test set", x="epoch", lo=0.8, hi=1),
    ml.Confusion("confusion", "Test digits", "and answers"),
    ml.Pictures("mistakes", "Worst mistakes", ", the surest first", labels="said", shade="ink"),
    step="mini-batch",
    data=own,
)
def cnn_digits(
    digit: ml.Live[Digit] = THREE,
    lr: ml.Live[Annotated[float, ml.Range(1e-5, 0.1, log=True)]] = 0.005,
    filters: Annotated[int, ml.Range(1, 32)] = 16,
    batch: Annotated[int, ml.Range(8, 512)] = 32,
    epochs: Annotated[int, ml.Range(1, 50)] = 15,
    data: ml.Table | None = None,
    net: DigitNet | None = None,
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    rng = np.random.default_rng(seed)
    x, y = digits(data)  # (n, 1, 8, 8), (n,)
    test = torch.arange(len(x)) % 5 == 4  # every fifth is kept for the test
    train_x, train_y, test_x, test_y = x[~test], y[~test], x[test], y[test]
    theta = begun(rng, filters)
    network: Network = partial(forward, theta)
    if net is not None:
        net, network, theta = watched(net, x, seed)
    m, v = ([torch.zeros_like(weight) for weight in theta] for _ in range(2))
    exam = judged(answers(network, test_x)[0], test_y, test_x)

    def seen(digit: Digit, epoch: int, loss: float | None = None) -> Step:
        p, maps = answers(network, inked(digit))
        return Step(**exam, loss=loss, p=p[0], maps=maps[0], epoch=epoch)

    digit, lr = yield seen(digit, epoch=0)
    t = 0
    for epoch in range(epochs):
        order = torch.as_tensor(rng.permutation(len(train_x)))
        for begin in range(0, len(order) - 1, batch):  # one digit alone is no batch
            chosen = order[begin : begin + batch]
            with torch.enable_grad():
                loss = cross_entropy(network(train_x[chosen])[0], train_y[chosen])
                g = torch.autograd.grad(loss, theta, allow_unused=True, materialize_grads=True)
            t += 1
            with torch.no_grad():
                adam(theta, g, m, v, t, lr)
            last = begin + batch >= len(order) - 1
            if last:
                exam = judged(answers(network, test_x)[0], test_y, test_x)
            digit, lr = yield seen(digit, epoch + last, loss.item())
    return ml.Done(theta if net is None else net, digit=partial(seen, epoch=epochs))
