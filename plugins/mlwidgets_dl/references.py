"""What networks are checked against: torch's own layers, autograd, loss and optimizers."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mlwidgets import Reference, UncheckedError

from .backprop import backprop
from .examples import TWO, examples
from .mlp import backward, cross_entropy, forward, mlp
from .optimizers import ALPHA, MU, stepped
from .weights import begun

STEPS = 3  # mini-batches
PLAYED = "loss as played, single precision"
MODULES: dict[str, Any] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "linear": nn.Identity,
}


class Sine(nn.Module):
    """torch has the function, but no module of it."""

    def forward(self, a: Tensor) -> Tensor:
        return torch.sin(a)


MODULES["sin"] = Sine


def inputs(params: dict[str, Any]) -> dict[str, Any]:
    """First weights and the first mini-batches of the run, in double precision."""
    rng = np.random.default_rng(params["seed"])
    seen = examples(params["points"], params["data"], params["target"])
    asked = seen.parts.test_x if len(seen.parts.test_x) else seen.parts.train_x
    if not len(asked):
        raise UncheckedError("there is nothing to learn from")
    sizes = [seen.features, *params["layers"], seen.classes]
    _, flat = begun(rng, sizes)
    order = torch.as_tensor(rng.permutation(len(seen.parts.train_y)))
    size = params["batch"]
    batches = [order[k * size : (k + 1) * size] for k in range(STEPS)]
    x, Y = seen.parts.train_x.double(), seen.parts.train_Y.double()
    torch.optim.Adam([torch.zeros(1)])  # torch's first optimizer imports for seconds: not timed
    return {
        "params": params,
        "sizes": sizes,
        "flat": flat.double(),
        "batches": [(x[chosen], Y[chosen]) for chosen in batches if len(chosen)],
        "test": asked.double(),
    }


def ours(given: dict[str, Any]) -> dict[str, Any]:
    """The first steps by the equations of the file."""
    params = given["params"]
    theta, flat = begun(None, given["sizes"], torch.float64)
    grad, g = begun(None, given["sizes"], torch.float64)
    flat.copy_(given["flat"])
    p = forward(theta, given["test"], params["phi"])[1][-1]
    memory, losses = [torch.zeros_like(flat), torch.zeros_like(flat)], []
    for t, (x, Y) in enumerate(given["batches"], start=1):
        a, h, log_p = forward(theta, x, params["phi"])
        losses.append(cross_entropy(log_p, Y))
        backward(theta, grad, a, h, Y, params["phi"], params["lambda_"])
        stepped(params["optimizer"], flat, g, memory, t, params["lr"])
    played = [frame["loss"] for frame in islice(mlp(**params), 1, 2) if frame["loss"] is not None]
    return {"p": p, "loss": losses, "gradients": g, "weights after 3 steps": flat, PLAYED: played}


def theirs(given: dict[str, Any]) -> dict[str, Any]:
    """The same by torch.nn.Linear, autograd, CrossEntropyLoss and torch.optim."""
    params = given["params"]
    net = network(given["sizes"], params["phi"], given["flat"])
    with torch.no_grad():
        p = net(given["test"]).softmax(1)
    optimizer = optimizer_of(params["optimizer"], net, params["lr"])
    losses = []
    for x, Y in given["batches"]:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), Y)
        losses.append(float(loss.detach()))
        decay = sum(layer.weight.square().sum() for layer in linear(net))
        (loss + params["lambda_"] / 2 * decay).backward()
        optimizer.step()
    found = {"gradients": [], "weights after 3 steps": []}  # type: dict[str, list[Tensor]]
    for layer in linear(net):
        for weight in (layer.weight, layer.bias):
            grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
            found["gradients"].append(grad.flatten())
            found["weights after 3 steps"].append(weight.detach().flatten())
    flat = {name: torch.cat(parts) for name, parts in found.items()}
    return {"p": p, "loss": losses, PLAYED: losses[:1], **flat}


def linear(net: nn.Sequential) -> list[nn.Linear]:
    return [layer for layer in net if isinstance(layer, nn.Linear)]


def network(sizes: list[int], phi: str, flat: Tensor) -> nn.Sequential:
    """Torch's layers with these weights."""
    parts: list[nn.Module] = []
    at = 0
    with torch.no_grad():
        for i, o in pairwise(sizes):
            layer = nn.Linear(i, o, dtype=torch.float64)
            layer.weight.copy_(flat[at : at + i * o].view(o, i))
            layer.bias.copy_(flat[at + i * o : at + i * o + o])
            parts += [layer, MODULES[phi]()]
            at += i * o + o
    return nn.Sequential(*parts[:-1])


def optimizer_of(name: str, net: nn.Module, lr: float) -> torch.optim.Optimizer:
    if name == "sgd":
        return torch.optim.SGD(net.parameters(), lr=lr)
    if name == "momentum":
        return torch.optim.SGD(net.parameters(), lr=lr, momentum=MU)
    if name == "rmsprop":
        return torch.optim.RMSprop(net.parameters(), lr=lr, alpha=ALPHA)
    return torch.optim.Adam(net.parameters(), lr=lr)


def drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """Random points or tables of 2 to 5 classes, up to three layers, every activation in turn."""
    rows, names = int(rng.integers(20, 60)), list(MODULES)
    features = int(rng.integers(1, 6))
    table = np.hstack(
        [rng.normal(size=(rows, features)), rng.integers(0, 2 + k % 4, (rows, 1)) * 1.0]
    )
    table[:2, -1] = 0, 1  # two classes at least
    xy = np.hstack([rng.uniform(-1, 1, (rows, 2)), rng.integers(0, 2, (rows, 1))])
    return {
        "points": TWO.check(xy),
        "data": table if k % 2 else None,
        "layers": [int(n) for n in rng.integers(1, 9, k % 4)],
        "phi": names[k % len(names)],
        "lr": float(np.exp(rng.uniform(np.log(1e-4), np.log(0.1)))),
        "optimizer": ["adam", "sgd", "momentum", "rmsprop"][k % 4],
        "lambda_": [0.0, 0.01][k % 2],
        "batch": int(rng.integers(4, 20)),
        "epochs": 1,
        "seed": k,
    }


by_torch = Reference(
    "torch.nn.Linear, autograd, CrossEntropyLoss and torch.optim",
    tolerance={
        **dict.fromkeys(("p", "loss", "gradients"), (1e-10, 1e-10)),
        "weights after 3 steps": 1e-7,
        PLAYED: (1e-5, 1e-5),
    },
    inputs=inputs,
    ours=ours,
    theirs=theirs,
    random=drawn,
    needs=("torch",),
)


# one neuron at a time ----------------------------------------------------------------------


def last(params: dict[str, Any]) -> dict[str, Any]:
    """Ours: every number of the last frame."""
    *_, frame = backprop(**params)
    inputs = len(params["x"])
    return {
        "loss": frame["loss"],
        "answers": frame["h"],
        "adjoints": frame["dh"],
        "adjoints of sums": frame["da"][inputs:],
        "weights' gradients": frame["dw"],
        "biases' gradients": frame["db"][inputs:],
    }


def by_autograd(params: dict[str, Any]) -> dict[str, Any]:
    """Theirs: the same network of torch's operations, every gradient by torch.autograd.grad."""
    frame = next(backprop(**params))
    sizes = [int(n) for n in frame["sizes"]]
    flat = torch.as_tensor(np.asarray(frame["w"]))
    biases = torch.as_tensor(np.asarray(frame["b"])[sizes[0] :])
    phi = MODULES[params["phi"]]()
    h = [torch.tensor(params["x"], dtype=torch.float64, requires_grad=True)]
    a, W, b = [], [], []
    at, on = 0, 0
    for i, o in pairwise(sizes):
        W.append(flat[at : at + i * o].view(i, o).clone().requires_grad_())
        b.append(biases[on : on + o].clone().requires_grad_())
        a.append(h[-1] @ W[-1] + b[-1])
        h.append(phi(a[-1]))
        at, on = at + i * o, on + o
    target = torch.tensor(params["y"], dtype=torch.float64)
    loss = nn.functional.mse_loss(h[-1], target, reduction="sum") / 2
    asked = {
        "adjoints": h,
        "adjoints of sums": a,
        "weights' gradients": W,
        "biases' gradients": b,
    }
    found = {
        name: torch.cat([d.flatten() for d in torch.autograd.grad(loss, of, retain_graph=True)])
        for name, of in asked.items()
    }
    answers = torch.cat([part.detach() for part in h])
    return {"loss": float(loss.detach()), "answers": answers, **found}


def typed(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """Random sizes, inputs and targets; weights typed in every second case."""
    hidden = [int(n) for n in rng.integers(1, 5, k % 4)]
    sizes = [int(rng.integers(1, 5)), *hidden, int(rng.integers(1, 4))]
    needed = sum(i * o + o for i, o in pairwise(sizes))
    return {
        "x": [float(v) for v in rng.normal(size=sizes[0])],
        "y": [float(v) for v in rng.normal(size=sizes[-1])],
        "hidden": hidden,
        "phi": list(MODULES)[k % len(MODULES)],
        "weights": [float(v) for v in rng.normal(size=needed)] if k % 2 else None,
        "seed": k,
    }


autograd = Reference(
    "torch.autograd.grad",
    tolerance=dict.fromkeys(
        (
            "loss",
            "answers",
            "adjoints",
            "adjoints of sums",
            "weights' gradients",
            "biases' gradients",
        ),
        (1e-12, 1e-12),
    ),
    ours=last,
    theirs=by_autograd,
    random=typed,
    needs=("torch",),
)
