"""Handwritten digits of 8 by 8 pixels: scikit-learn's or one's own, and who reads them wrongly."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, TypedDict

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mlwidgets import Array, Image, ImageKind, Metric, MLError, Net, NetKind, ParamError, Table

SHOWN = 12  # mistakes
THREE = Image(
    np.array(
        [
            [0, 0, 7, 13, 15, 11, 1, 0],
            [0, 0, 10, 6, 3, 13, 8, 0],
            [0, 0, 0, 0, 2, 14, 5, 0],
            [0, 0, 0, 8, 15, 12, 1, 0],
            [0, 0, 0, 4, 6, 12, 10, 0],
            [0, 0, 0, 0, 0, 5, 15, 0],
            [0, 2, 7, 1, 2, 11, 12, 0],
            [0, 1, 11, 15, 15, 13, 3, 0],
        ]
    )
    / 16
)
"""Somebody's three, until another digit is drawn."""

Digit = Annotated[Image, ImageKind(size=(8, 8), channels=1, ink=True)]
DigitNet = Annotated[Net, NetKind(takes=(1, 8, 8), gives=(10,))]
Network = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Digits (n, 1, 8, 8) to scores (n, 10) and the first layer's maps (n, filters, rows, columns)."""


class Judged(TypedDict):
    accuracy: Annotated[float, Metric(better="higher")]
    confusion: Annotated[Array, "true answered"]
    mistakes: Annotated[Array, "mistake row column"]
    said: list[str]


def digits(data: Table | None) -> tuple[Tensor, Tensor]:
    """Ink in [0, 1], (n, 1, 8, 8), and the digits they are, (n,)."""
    if data is None:
        from sklearn.datasets import load_digits

        bunch = load_digits()
        ink, label = bunch.data, bunch.target
    else:
        ink, label = _columns(data)
    x = torch.as_tensor(np.float32(ink / max(ink.max(), 1e-9)))
    return x.reshape(-1, 1, 8, 8), torch.as_tensor(label, dtype=torch.int64)


def own(params: Mapping[str, Any]) -> dict[str, Tensor] | None:
    """The digits that are learned where the reader gives none."""
    return dict(zip("xy", digits(None), strict=True)) if params["data"] is None else None


def _columns(data: Table) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """64 pixel columns, and the labels: the column "target" or "label", else the last."""
    names = list(data)
    of = next((n for n in names if n.lower() in ("target", "label", "digit", "class")), names[-1])
    pixels = [data[name] for name in names if name != of]
    if len(pixels) != 64 or len(data) < 20:
        raise MLError(
            f"data: has {len(data)} rows of {len(pixels)} columns beside {of!r};"
            " must have 20 rows or more of 64 pixel columns (8 x 8), and one of labels"
        )
    try:
        ink, label = np.stack(pixels, axis=1).astype(np.float64), data[of].astype(np.float64)
    except (TypeError, ValueError):
        raise MLError("data: has values that are not numbers") from None
    if not np.isfinite(ink).all() or ink.min() < 0:
        raise MLError("data: must have pixels of 0 and more, has negative or missing ones")
    if not np.isin(label, range(10)).all():
        wrong = label[~np.isin(label, range(10))][0]
        raise MLError(f"data: must have labels of 0 to 9 in {of!r}, has {wrong:g}")
    return ink, label


def inked(digit: Image) -> Tensor:
    """A drawing, as a batch of one."""
    return torch.as_tensor(digit.pixels.copy())[None, None]


def judged(p: Tensor, y: Tensor, x: Tensor) -> Judged:
    """How the answers p (n, 10) to the digits x compare with what they are, y (n,).

    What has no probabilities, but nan, is no answer and no mistake; accuracy is nan without any.
    """
    n, read = len(y), ~p.isnan().any(1)
    p, y, x = p[read], y[read], x[read]
    answer = p.argmax(1)
    confusion = torch.bincount(10 * y + answer, minlength=100).reshape(10, 10)
    wrong = (answer != y).nonzero()[:, 0]
    surest = wrong[p[wrong].amax(1).argsort(descending=True)][:SHOWN]
    pictures = np.zeros((SHOWN, 8, 8), dtype=np.uint8)
    pictures[: len(surest)] = (255 * x[surest, 0]).cpu().numpy()
    sure = p[surest].amax(1).tolist()
    words = zip(y[surest].tolist(), answer[surest].tolist(), sure, strict=True)
    return Judged(
        accuracy=int((answer == y).sum()) / n if len(y) else float("nan"),
        confusion=confusion.to("cpu", torch.int32).numpy(),
        mistakes=pictures,
        said=[f"{true} as {said}, {100 * share:.0f}%" for true, said, share in words],
    )


def watched(net: Net, x: Tensor, seed: int) -> tuple[Net, Network, list[Tensor]]:
    """A copy of a user's network beside the data x, how it is asked, and its weights.

    Her own stays as it was, so that a restart begins as she gave it; the copy is the run's result.
    Its dropout draws from the seed, on the processor and on a CUDA device. Maps are those of its
    first convolution, else the digit itself. ParamError for what cannot be copied or trained.
    """
    try:
        net = copy.deepcopy(net).to(x.device)
    except Exception as error:  # a network may hold what cannot be copied: a lock, a file
        why = str(error).partition("\n")[0][:100]
        raise ParamError(
            f"net: cannot be copied, and is not trained in place: {why}", "net"
        ) from None
    theta: list[Tensor] = [weight for weight in net.parameters() if weight.requires_grad]
    if any(weight.dtype == torch.float16 for weight in theta):
        raise ParamError(
            "net: has weights of float16, where Adam's epsilon of 1e-8 is 0 and every weight"
            " becomes nan; must be of float32, float64 or bfloat16: give net.float()",
            "net",
        )
    first = next((m for m in net.modules() if isinstance(m, torch.nn.Conv2d)), None)
    places = [torch.device("cpu"), *([x.device] if x.is_cuda else [])]
    chance = {place: torch.Generator(place).manual_seed(seed).get_state() for place in places}

    def network(x: Tensor) -> tuple[Tensor, Tensor]:
        net.train(torch.is_grad_enabled())
        with drawing(chance), seeing(first, [x]) as maps:
            z = net(x.to(theta[0].dtype))
        return z, maps[0]

    return net, network, theta


@contextmanager
def drawing(chance: dict[torch.device, Tensor]) -> Iterator[None]:
    """Random numbers go on from these states, and the states with them; all others stay."""
    gpus = [place for place in chance if place.type == "cuda"]
    with torch.random.fork_rng(devices=gpus):
        torch.set_rng_state(chance[torch.device("cpu")])
        for gpu in gpus:
            torch.cuda.set_rng_state(chance[gpu], gpu)
        yield
        chance[torch.device("cpu")] = torch.get_rng_state()
        for gpu in gpus:
            chance[gpu] = torch.cuda.get_rng_state(gpu)


@contextmanager
def seeing(layer: torch.nn.Module | None, maps: list[Tensor]) -> Iterator[list[Tensor]]:
    """maps[0] becomes what the layer makes; afterwards nothing of ours is on it."""
    if layer is None:
        yield maps
        return
    hook = layer.register_forward_hook(lambda _net, _given, made: maps.__setitem__(0, made))
    try:
        yield maps
    finally:
        hook.remove()
