"""Vision beside its peers: kernels over a large picture, and a network that learns digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

import numpy as np

from benchmarks.digits import SEEDS, of_torch, recorded_to
from benchmarks.side import Row, Timed, timed
from mlwidgets import Image, Run, play

SIZE = (854, 1280)
CONV = "vision.conv2d"
SIDES = (3, 5, 7, 11, 15, 21, 31)


class Picture:
    """A grey picture of noise, a kernel, and the sums that double precision gives."""

    def __init__(self, side: int) -> None:
        rng = np.random.default_rng(side)
        self.image = Image(rng.random(SIZE, dtype=np.float32))
        self.x = self.image.pixels
        K = rng.standard_normal((side, side))
        self.K = K / np.abs(K).sum()

    @cached_property
    def exact(self) -> Any:
        from scipy.ndimage import correlate

        return correlate(self.x.astype(np.float64), self.K, mode="constant")

    @cached_property
    def run(self) -> Run:
        given: dict[str, Any] = {"image": self.image, "side": max(SIZE), "slide": False}
        return play(CONV, **given, padding=len(self.K) // 2, kernel=np.ones((1, 1)))

    def ours(self) -> Timed:
        """A run that stands gets the kernel: its answer is computed and recorded.

        Begun anew before that, so that its memory is used again as the peer's is.
        """
        self.run.restart()
        work = timed(partial(self.run.set, kernel=self.K))
        return Timed(work.seconds, self.run.trace["y"][-1])

    def scipy(self) -> Any:
        from scipy.ndimage import correlate

        return correlate(self.x, self.K, mode="constant")

    def opencv(self) -> Any:
        import cv2

        return cv2.filter2D(self.x, -1, self.K, borderType=cv2.BORDER_CONSTANT)

    def error(self, y: Any) -> float:
        return float(np.abs(y - self.exact).max())


def rows(device: str) -> Iterator[Row]:
    for side in SIDES:
        picture = Picture(side)
        yield beside_scipy(picture, side)
        if side == 11:
            yield beside_opencv(picture, side)
    yield digits()


def beside_scipy(picture: Picture, side: int) -> Row:
    return Row(
        CONV, f"{SIZE[0]} x {SIZE[1]} grey, kernel {side} x {side}", "scipy.ndimage.correlate",
        ours=picture.ours, theirs=picture.scipy, bar=5.0,
        quality=picture.error, judged="largest error", better="error", within=1e-5,
        work=np.prod(SIZE) / 1e6, unit="Mpix",
    )  # fmt: skip


def beside_opencv(picture: Picture, side: int) -> Row:
    return Row(
        CONV, f"{SIZE[0]} x {SIZE[1]} grey, kernel {side} x {side}", "OpenCV's filter2D",
        ours=picture.ours, theirs=picture.opencv, bar=0.5,
        quality=picture.error, judged="largest error", better="error", within=1e-5,
        work=np.prod(SIZE) / 1e6, unit="Mpix",
    )  # fmt: skip


def digits() -> Row:
    def learned(one: Callable[[int], float]) -> float:
        return min(one(seed) for seed in SEEDS)

    return Row(
        "vision.cnn_digits", f"to 98% of the test digits, {len(SEEDS)} seeds", "torch's layers",
        ours=partial(learned, recorded_to), theirs=partial(learned, of_torch), bar=1.0,
        quality=float, judged="least accuracy",
    )  # fmt: skip
