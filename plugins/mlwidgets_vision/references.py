"""What the digits' network is checked against: torch's own layers, loss and optimiser."""

from __future__ import annotations

import copy
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch
from sklearn.metrics import accuracy_score, confusion_matrix
from torch import Tensor, nn

from mlwidgets import Image, Reference, UncheckedError

from .cnn_digits import adam, answers, cnn_digits, cross_entropy, forward
from .digits import Network, digits, inked, judged, watched
from .weights import Weights, begun

STEPS = 3  # mini-batches
PLAYED = "loss as played, single precision"


class Twin(nn.Module):
    """The same network of torch's layers, with weights copied."""

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


def inputs(params: dict[str, Any]) -> dict[str, Any]:
    """Digits, first weights and the first mini-batches of the run, in double precision."""
    x, y = digits(params["data"])
    x, test = x.double(), torch.arange(len(x)) % 5 == 4
    rng, size = np.random.default_rng(params["seed"]), params["batch"]
    theta = [weight.detach().double() for weight in begun(rng, params["filters"])]
    order = torch.as_tensor(rng.permutation(int((~test).sum())))
    train_x, train_y = x[~test], y[~test]
    torch.optim.Adam([torch.zeros(1)])  # torch's first optimiser imports for seconds: not timed
    batches = [order[k * size : (k + 1) * size] for k in range(STEPS)]
    return {
        "params": params,
        "theta": theta,
        "net": in_double(params["net"], x),
        "digit": inked(params["digit"]).double(),
        "batches": [(train_x[b], train_y[b]) for b in batches if len(b) > 1],
        "test": (x[test], y[test]),
    }


def in_double(net: nn.Module | None, x: Tensor) -> nn.Module | None:
    """A copy of the user's network."""
    if net is None:
        return None
    net = copy.deepcopy(net).cpu().double().eval()
    try:
        with torch.no_grad():
            unread = net(x).isnan().any()
    except RuntimeError as error:
        why = str(error).partition("\n")[0]
        raise UncheckedError(f"the network does not compute in double precision: {why}") from None
    if unread:
        raise UncheckedError("the network answers nan, which compares with nothing")
    return net


def ours(given: dict[str, Any]) -> dict[str, Any]:
    """The first steps by the equations of the file."""
    params, (test_x, test_y) = given["params"], given["test"]
    theta = [weight.clone().requires_grad_() for weight in given["theta"]]
    network: Network = partial(forward, theta)
    if given["net"] is not None:
        _, network, theta = watched(given["net"], test_x, params["seed"])
    exam = judged(answers(network, test_x)[0], test_y, test_x)
    found = {
        "p": answers(network, given["digit"])[0],
        "maps": answers(network, given["digit"])[1],
        "accuracy": exam["accuracy"],
        "confusion": exam["confusion"],
        PLAYED: [frame["loss"] for frame in islice(cnn_digits(**params), 1, 2)],
    }
    m, v = ([torch.zeros_like(weight) for weight in theta] for _ in range(2))
    losses, g = [], []
    for t, (x, y) in enumerate(given["batches"], start=1):
        loss = cross_entropy(network(x)[0], y)
        g = [*torch.autograd.grad(loss, theta, allow_unused=True, materialize_grads=True)]
        losses.append(loss.item())
        with torch.no_grad():
            adam(theta, g, m, v, t, params["lr"])
    return found | {"loss": losses, "gradients": flat(g), "weights after 3 steps": flat(theta)}


def theirs(given: dict[str, Any]) -> dict[str, Any]:
    """The same by torch's layers, torch.nn.CrossEntropyLoss and torch.optim.Adam."""
    params, (test_x, test_y) = given["params"], given["test"]
    net = copy.deepcopy(given["net"]) or Twin(given["theta"], params["filters"])
    net.eval()
    with torch.no_grad():
        answered, p = net(test_x).argmax(1), net(given["digit"]).softmax(1)
        maps = {} if given["net"] is not None else {"maps": net.first(given["digit"]).relu()}
    theta = [weight for weight in net.parameters() if weight.requires_grad]
    losses = trained(net, theta, given["batches"], params)
    return maps | {
        "p": p,
        "accuracy": accuracy_score(test_y, answered),
        "confusion": confusion_matrix(test_y, answered, labels=range(10)),
        PLAYED: losses[:1],
        "loss": losses,
        "gradients": flat([torch.zeros_like(w) if w.grad is None else w.grad for w in theta]),
        "weights after 3 steps": flat(theta),
    }


def trained(
    net: nn.Module, theta: Weights, batches: list[tuple[Tensor, Tensor]], params: dict[str, Any]
) -> list[float]:
    """The losses of the mini-batches; what is dropped out is drawn from the run's seed."""
    optimiser, loss_of, losses = torch.optim.Adam(theta, lr=params["lr"]), nn.CrossEntropyLoss(), []
    net.train()
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(params["seed"])
        for x, y in batches:
            optimiser.zero_grad()
            loss = loss_of(net(x), y)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
    return losses


def flat(tensors: Weights) -> Tensor:
    return torch.cat([tensor.detach().flatten() for tensor in tensors])


def drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """Noise for digits, a drawing of noise, 1 to 16 filters, mini-batches of 8 to 40."""
    rows = int(rng.integers(30, 90))
    data = np.hstack([rng.uniform(0, 16, (rows, 64)), rng.integers(0, 10, (rows, 1))])
    return {
        "digit": Image(rng.uniform(0, 1, (8, 8))),
        "lr": float(np.exp(rng.uniform(np.log(1e-5), np.log(0.1)))),
        "filters": 1 + k if k < 4 else int(rng.integers(1, 17)),
        "batch": int(rng.integers(8, 41)),
        "epochs": 1,
        "data": data,
        "seed": k,
    }


trained_by_torch = Reference(
    "torch.nn.Conv2d, MaxPool2d, Linear, CrossEntropyLoss and torch.optim.Adam",
    tolerance={
        **dict.fromkeys(("p", "maps", "accuracy", "loss", "gradients"), (1e-10, 1e-10)),
        "confusion": 0.0,
        "weights after 3 steps": 1e-7,
        PLAYED: (1e-5, 1e-5),
    },
    inputs=inputs,
    ours=ours,
    theirs=theirs,
    random=drawn,
    needs=("torch", "scikit-learn"),
)
