r"""Backpropagation: one neuron at a time, how much the loss would change with each number.

Linnainmaa (1976), "Taylor expansion of the accumulated rounding error", BIT 16, 146-160.
doi:10.1007/BF01931367

    a_j = \sum_i w_{ij} h_i + b_j                               (1)  weighted sum of a neuron
    h_j = \phi(a_j)                                             (2)  what it answers
    L = \frac{1}{2} \sum_k (h_k - y_k)^2                        (3)  loss of the last layer
    \partial L / \partial h_k = h_k - y_k                       (4)  adjoint of an output
    \partial L / \partial a_j = \phi'(a_j) \, \partial L / \partial h_j  (5)  through the activation
    \partial L / \partial w_{ij} = h_i \, \partial L / \partial a_j      (6)  gradient of a weight
    \partial L / \partial b_j = \partial L / \partial a_j       (7)  and of the bias
    \partial L / \partial h_i = \sum_j w_{ij} \, \partial L / \partial a_j  (8)  one layer back

Where: x inputs; y targets; hidden neurons of each hidden layer; phi activation; weights your
weights; seed seed; h what each neuron answers; a weighted sums; dh its adjoint; da adjoint of the
sums; w weights; dw their gradients; b biases; db their gradients; loss loss; at the neuron at work;
sizes neurons of each layer; names names; rules how each number came about.

What to watch: Answers run forwards, then adjoints backwards, and each needs its neighbours only. A
weight's gradient is the number at its left times the adjoint at its right.

Try: phi=relu weights=[1,-1,1,-1,0,0,1,1,0]  why do some weights get no gradient at all?
Try: phi=sigmoid hidden=[1,1,1,1,1]  how much of the adjoint is left at the input?
Try: y=[0.5]  which numbers change, and which stay?
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

import mlwidgets as ml

from .activations import Activation
from .graph import Graph, Step

Number = Annotated[float, ml.Range(-100, 100)]


@ml.algorithm(
    ml.Own(
        "mlwidgets_dl.views:graph.js",
        "h",
        "dh",
        "w",
        "dw",
        "sizes",
        "names",
        "rules",
        "at",
        title="Numbers forwards, adjoints backwards",
        note="; click a neuron for its chain rule",
        wide=True,
        still="mlwidgets_dl.graph:still",
    ),
    ml.Bars("dh", "Adjoints", ", what a little more of each would add to the loss", labels="names"),
    ml.Values("loss", title="Loss"),
    step="neuron",
)
def backprop(
    x: list[Number] = [1.0, 0.5],  # noqa: B006  never changed
    y: list[Number] = [1.0],  # noqa: B006
    hidden: list[Annotated[int, ml.Range(1, 8)]] = [2],  # noqa: B006
    phi: Activation = "tanh",
    weights: list[Number] | None = None,
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    net = Graph([len(x), *hidden, len(y)], weights, phi, np.random.default_rng(seed))
    h, a, W, b = net.h, net.a, net.W, net.b
    dh, da, dW, db = net.dh, net.da, net.dW, net.db
    last = len(h) - 1
    h[0][:] = x
    yield net.seen(0, 0)

    for l in range(1, last + 1):  # noqa: E741  the papers' letter for a layer
        for j in range(len(h[l])):
            a[l][j] = sum(W[l][i, j] * h[l - 1][i] for i in range(len(h[l - 1]))) + b[l][j]  # (1)
            h[l][j] = net.phi(a[l][j])  # (2)
            yield net.seen(l, j)

    net.loss = 0.5 * sum((h[last][k] - y[k]) ** 2 for k in range(len(y)))  # (3)
    for l in range(last, -1, -1):  # noqa: E741
        for j in range(len(h[l])):
            if l == last:
                dh[l][j] = h[l][j] - y[j]  # (4)
            else:
                dh[l][j] = sum(W[l + 1][j, k] * da[l + 1][k] for k in range(len(h[l + 1])))  # (8)
            if l:
                da[l][j] = net.slope(a[l][j], h[l][j]) * dh[l][j]  # (5)
                for i in range(len(h[l - 1])):
                    dW[l][i, j] = h[l - 1][i] * da[l][j]  # (6)
                db[l][j] = da[l][j]  # (7)
            yield net.seen(l, j)
    return {"W": W[1:], "b": b[1:], "dW": dW[1:], "db": db[1:]}
