r"""Multi-layer perceptron: neurons in layers learn a boundary, each gradient computed by hand.

Rumelhart, Hinton & Williams (1986), "Learning representations by back-propagating errors",
Nature 323, 533-536. doi:10.1038/323533a0

    a_l = h_{l-1} W_l + b_l, \quad h_0 = x                      (1)  weighted sums of a layer
    h_l = \phi(a_l)                                             (2)  what its neurons answer
    p_k = e^{a_k} / \sum_j e^{a_j}                              (3)  softmax of the last layer
    \mathrm{loss} = -\frac{1}{n} \sum_i \log p_{i, y_i}         (4)  without the penalty of (6)
    \delta_L = (p - Y) / n                                      (5)  error at the last layer
    \partial W_l = h_{l-1}^\top \delta_l + \lambda W_l          (6)  with that of \lambda W^2 / 2
    \partial b_l = \sum_i \delta_{l,i}                          (7)  and of the biases
    \delta_{l-1} = (\delta_l W_l^\top) \odot \phi'(a_{l-1})     (8)  the error, one layer back

Where: points your points; data your own table; target the table's column of classes; layers
neurons of each hidden layer; phi activation; lr learning rate; optimizer optimizer; lambda_ weight
decay; batch mini-batch; epochs epochs; seed seed; loss mini-batch; test_loss test set; accuracy
test accuracy; epoch epochs finished; xy the examples; y their classes; surface what it answers;
extent the plane; axes its sides; neurons what each neuron answers; names their names; weights
weights of the neurons shown; biases their biases; sizes neurons of each layer; gradient size of
each layer's gradient; layers_ layers.

What to watch: Each neuron of the first layer draws one soft line; the next layers bend them
together. Draw a point on the wrong side and see which neurons and weights move.

Try: points=spirals layers=[4]  are four neurons enough for two spirals?
Try: phi=linear  what can any number of linear layers draw?
Try: phi=sigmoid layers=[8,8,8,8] optimizer=sgd  why is the first layer's gradient so small?
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import torch
from torch import Tensor

import mlwidgets as ml

from .activations import PHI, Activation
from .examples import MOONS, TWO, examples
from .net import NET
from .optimizers import Optimizer, stepped
from .pictures import PLANE, Pictured, pictured
from .weights import Layers, begun

MOST = 1_000  # frames whose pictures are drawn anew
DEEPEST = 8  # hidden layers
BOTH = "of a mini-batch, and of the test set"


class Step(Pictured):
    loss: float | None  # none while there is nothing to learn from
    gradient: Annotated[ml.Array, "layer"]
    epoch: Annotated[int, ml.Unit(total="epochs")]


def forward(theta: Layers, x: Tensor, phi: str) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """Sums a and answers h of each layer for x (n, features), the last h being p, and log p."""
    a: list[Tensor] = []
    h = [x]
    for W, b in theta:
        a.append(torch.addmm(b, h[-1], W))  # (1)
        h.append(PHI[phi].of(a[-1]) if len(a) < len(theta) else a[-1])  # (2)
    log_p = a[-1].log_softmax(1)
    h[-1] = log_p.exp()  # (3)
    return a, h, log_p


def backward(
    theta: Layers, grad: Layers, a: list[Tensor], h: list[Tensor], Y: Tensor, phi: str, lam: float
) -> None:
    """Fills grad, the gradient of every weight, from the last layer to the first."""
    delta = (h[-1] - Y) / len(Y)  # (5)
    for k in reversed(range(len(theta))):
        (W, _), (dW, db) = theta[k], grad[k]
        torch.addmm(W, h[k].T, delta, beta=lam, out=dW)  # (6)
        torch.sum(delta, 0, out=db)  # (7)
        if k:
            delta = (delta @ W.T).mul_(PHI[phi].slope(a[k - 1], h[k]))  # (8)


def cross_entropy(log_p: Tensor, Y: Tensor) -> float:
    return -float(log_p.ravel() @ Y.ravel()) / len(Y)  # (4)


@ml.algorithm(
    ml.Scatter("xy", "What it answers", "everywhere in the plane", draws="points", **PLANE),
    ml.Line("loss", "test_loss", title="Loss", note=BOTH, mean=15, log=True, hue="error"),
    NET,
    ml.Line("accuracy", title="Accuracy", note="of the test set", lo=0.4, hi=1),
    ml.Bars("gradient", "Gradient", ", root mean square of each layer's", labels="layers_", lo=0),
    step="mini-batch",
)
def mlp(
    points: ml.Live[Annotated[ml.Points, TWO, ml.Unless("data")]] = MOONS,
    layers: list[Annotated[int, ml.Range(1, 512)]] = [8, 8],  # noqa: B006  never changed
    phi: ml.Live[Activation] = "tanh",
    lr: ml.Live[Annotated[float, ml.Log(1e-5, 1)]] = 0.01,
    optimizer: ml.Live[Optimizer] = "adam",
    lambda_: ml.Live[Annotated[float, ml.Range(0, 0.1)]] = 0.0,
    batch: ml.Live[Annotated[int, ml.Range(1, 1024)]] = 16,
    epochs: Annotated[int, ml.Range(1, 5000)] = 60,
    data: ml.Table | None = None,
    target: str = "",
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    if len(layers) > DEEPEST:
        raise ml.ParamError(f"layers: has {len(layers)}, must have at most {DEEPEST}", "layers")
    rng = np.random.default_rng(seed)
    seen = examples(points, data, target)
    theta, flat = begun(rng, [seen.features, *layers, seen.classes])
    grad, g = begun(None, [seen.features, *layers, seen.classes])
    memory = [torch.zeros_like(flat), torch.zeros_like(flat)]
    every = max(1, epochs * seen.batches(batch) // MOST) if seen.plain else seen.batches(batch)
    shown, loss, t = pictured(theta, seen, phi), None, 0

    def frame(epoch: int) -> Step:
        sizes = np.array([float(dW.norm()) / dW.numel() ** 0.5 for dW, _ in grad], np.float32)
        return Step(**shown, loss=loss, gradient=sizes, epoch=epoch)

    sent = yield frame(0)
    for epoch in range(epochs):
        (X, C), over = seen.shuffled(rng), False
        while not over:
            now, phi, lr, optimizer, lambda_, batch = sent
            if now is not points and data is None:  # somebody has drawn
                points, seen = now, seen.again(now)
                X, C = seen.shuffled(rng)
            x, X, Y, C = X[:batch], X[batch:], C[:batch], C[batch:]
            if len(Y):
                a, h, log_p = forward(theta, x, phi)
                loss = cross_entropy(log_p, Y)
                backward(theta, grad, a, h, Y, phi, lambda_)
                t += 1
                stepped(optimizer, flat, g, memory, t, lr)
            over = not len(C)
            if over or t % every == 0:
                shown = pictured(theta, seen, phi)
            sent = yield frame(epoch + over)
    return ml.Done([(W.clone(), b.clone()) for W, b in theta])
