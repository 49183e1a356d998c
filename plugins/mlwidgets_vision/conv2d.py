r"""Convolution: one small kernel slides over a picture, and each pixel becomes a weighted sum.

Dumoulin & Visin (2016), "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
doi:10.48550/arXiv.1603.07285

    y_{ij} = \sum_{u,v} K_{uv} \, \bar x_{s i + d u,\, s j + d v}    (1)  zeros stand around x
    r = d \, (k - 1) + 1                                             (2)  rows that K covers
    o = \lfloor (n + 2 p - r) / s \rfloor + 1                        (3)  rows of y

Where: image picture; kernel kernel; stride stride; padding padding; dilation dilation; grey grey,
else each colour by itself; side most pixels a side; slide row by row, else at once; x pixels;
K cells of the kernel; y sums; s stride; p padding; d dilation; n rows of the picture; k rows of the
kernel; r rows covered; o rows of the sums; least smallest sum; bound size of nearly all sums;
said sizes.

What to watch: Where the picture is even, a kernel whose cells sum to zero answers zero.

Try: kernel=laplacian  where does it answer nothing at all?
Try: stride=4  what is lost, and could a larger kernel keep it?
Try: kernel=blur dilation=4  why do edges appear more than once?
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, TypedDict

import numpy as np
import numpy.typing as npt

import mlwidgets as ml

from .kernels import TEXTS, Kernel, KernelKind
from .pictures import CHINA, Picture, pixels
from .swift import swift

Pixels = npt.NDArray[Any]
LARGE = 400_000  # products, up to which the plain way takes no time
SHOWN = 64  # frames of a whole slide
SOBEL = KernelKind().check("sobel-x")


class Slide(TypedDict):
    x: Annotated[ml.Ragged, "row column"]
    K: Annotated[ml.Ragged, "row column"]
    y: Annotated[ml.Ragged, "row column"]
    s: int
    p: int
    d: int
    n: int
    k: int
    r: int
    o: int
    least: float | None  # none where there is no sum
    bound: float | None
    said: str


def reach(k: int, dilation: int) -> int:
    return dilation * (k - 1) + 1  # (2)


def size(n: int, k: int, stride: int, padding: int, dilation: int) -> int:
    """How many windows there are along one side; 0 where the kernel does not fit."""
    return max(0, (n + 2 * padding - reach(k, dilation)) // stride + 1)  # (3)


def convolve(x: Pixels, K: Pixels, stride: int, padding: int, dilation: int) -> Pixels:
    """(n, m) or (n, m, 3) by a kernel (k, l); what is called convolution flips no kernel."""
    s, d = stride, dilation
    o, q = (size(n, k, s, padding, d) for n, k in zip(x.shape, K.shape, strict=False))
    if o * q * K.size > LARGE and s == d == 1 and x.dtype == np.float32:
        return swift(x, K, padding)
    x_bar = np.pad(x, [(padding, padding)] * 2 + [(0, 0)] * (x.ndim - 2))
    y = np.zeros((o, q, *x.shape[2:]), x.dtype)
    if y.size:
        for (u, v), weight in np.ndenumerate(K):
            at = x_bar[d * u : d * u + s * (o - 1) + 1 : s, d * v : d * v + s * (q - 1) + 1 : s]
            y += x.dtype.type(weight) * at  # (1)
    return y


def whole(
    image: ml.Image, kernel: Kernel, stride: int, padding: int, dilation: int, grey: bool, side: int
) -> Slide:
    """The frame in which every window has been summed."""
    x, K = pixels(image, side, grey), kernel.cells
    y = convolve(x, K, stride, padding, dilation)
    n, k, r = len(x), len(K), reach(len(K), dilation)
    if y.size:
        said = f"{n} × {x.shape[1]} by {k} × {K.shape[1]} gives {len(y)} × {y.shape[1]}"
    else:
        axis = 0 if r > n + 2 * padding else 1
        covered, there = reach(K.shape[axis], dilation), x.shape[axis] + 2 * padding
        of = ("rows", "columns")[axis]
        said = f"no window fits: {covered} {of} are covered, {there} are there; pad more"
    for still in (x, y):
        still.setflags(write=False)  # the trace keeps it once
    some = np.abs(y.ravel()[:: 1 + y.size // 4096])
    ends = (float(y.min()), float(np.quantile(some, 0.98))) if y.size else (None, None)
    return Slide(
        x=x, K=K, y=y, s=stride, p=padding, d=dilation, n=n, k=k, r=r, o=len(y),
        least=ends[0], bound=ends[1], said=said,
    )  # fmt: skip


@ml.algorithm(
    ml.Own(
        "mlwidgets_vision.views:conv.js",
        *("x", "K", "y", "s", "p", "d", "o", "least", "bound", "said"),
        title="Picture, kernel and sums",
        alt="{said}",
        still="mlwidgets_vision.stills:conv",
        wide=True,
        presets=TEXTS,
    ),
    step="row",
    at=-1,
)
def conv2d(
    image: ml.Live[Annotated[ml.Image, Picture()]] = CHINA,
    kernel: ml.Live[Annotated[Kernel, KernelKind()]] = SOBEL,
    stride: ml.Live[Annotated[int, ml.Range(1, 8)]] = 1,
    padding: ml.Live[Annotated[int, ml.Range(0, 16)]] = 1,
    dilation: ml.Live[Annotated[int, ml.Range(1, 8)]] = 1,
    grey: ml.Live[bool] = True,
    side: Annotated[int, ml.Range(4, 2048)] = 96,
    slide: bool = True,
) -> ml.Frames[Slide]:
    names = ("image", "kernel", "stride", "padding", "dilation", "grey")
    given: dict[str, Any]
    given = dict(zip(names, (image, kernel, stride, padding, dilation, grey), strict=True))
    frame, done = whole(**given, side=side), 0
    while done == 0 or done < frame["o"]:
        done = min(done + max(1, frame["o"] // SHOWN), frame["o"]) if slide else frame["o"]
        part: Slide = {**frame, "y": frame["y"][:done]}
        now = dict(zip(names, (yield part), strict=True))
        if now != given:
            given, frame = now, whole(**now, side=side)
        elif not done:
            break

    def answer(name: str, value: Any) -> Slide:
        given[name] = value
        return whole(**given, side=side)

    return ml.Done(np.array(frame["y"]), **{name: partial(answer, name) for name in names})
