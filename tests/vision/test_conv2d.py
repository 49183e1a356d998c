"""The convolution: its frames, its live parameters, its kernels, and what it says to odd input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mlwidgets import Image, ParamError, Run, play
from mlwidgets.pages.stills import still
from mlwidgets_vision.conv2d import size
from mlwidgets_vision.kernels import TEXTS, Kernel, KernelKind
from mlwidgets_vision.swift import ALONE, swift

NOISE = np.random.default_rng(0)
GREY = Image(NOISE.random((20, 30)))
COLOUR = Image(NOISE.random((12, 9, 3)))


def played(**given: Any) -> Run:
    return play("vision.conv2d", **{"image": GREY, **given}).wait()


def of_torch(x: Any, kernel: Kernel, **way: Any) -> Any:
    """Each colour by itself."""
    colours = torch.tensor(np.atleast_3d(x)).movedim(2, 0)[:, None]
    y = F.conv2d(colours, torch.tensor(kernel.cells, dtype=torch.float32)[None, None], **way)
    return y[:, 0].movedim(0, 2).numpy().squeeze()


def test_it_slides_a_row_a_frame_and_ends_whole() -> None:
    run = played()
    counts = [len(y) for y in run.trace["y"]]
    assert counts == [*range(1, 21)]
    assert np.array_equal(run.trace["y"][4], run.trace["y"][-1][:5])
    assert np.array_equal(run.result, run.trace["y"][-1])


@pytest.mark.parametrize("image", [GREY, COLOUR])
def test_what_is_live_answers_a_finished_run_as_torch_would(image: Image) -> None:
    run = played(image=image, grey=False)
    run.set(kernel="emboss").set(stride=2).set(padding=3).set(dilation=2)
    kernel = KernelKind().check("emboss")
    expected = of_torch(image.pixels, kernel, stride=2, padding=3, dilation=2)
    assert np.abs(run.trace["y"][-1] - expected).max() < 1e-5
    assert run.trace["o"][-1] == len(expected) == size(len(image.pixels), 3, 2, 3, 2)


def test_another_kernel_in_the_middle_holds_for_all_rows() -> None:
    run = play("vision.conv2d", image=GREY, at=0).step(5).set(kernel="blur").step()
    expected = of_torch(GREY.pixels, KernelKind().check("blur"), padding=1)
    assert np.abs(run.trace["y"][-1] - expected[:7]).max() < 1e-6


def test_an_image_of_another_size_may_follow() -> None:
    run = played().set(image=COLOUR)
    assert run.trace["x"][-1].shape == (12, 9)
    assert played(image=Image(np.ones((1000, 400)))).trace["x"][-1].shape == (96, 38)


def test_where_no_window_fits_it_says_so_and_goes_on() -> None:
    run = played(kernel=np.ones((31, 3)), padding=0)
    assert run.status == "done"
    assert run.trace["said"][-1] == "no window fits: 31 rows are covered, 20 are there; pad more"
    assert run.set(padding=6).trace["y"][-1].shape == (2, 40)


def test_a_pixel_is_an_image() -> None:
    run = played(image=[[0.5]], kernel="identity")
    assert run.trace["y"][-1] == pytest.approx(np.array([[0.5]]))


@pytest.mark.parametrize(
    "shape", [(1, 1), (2, 3), (3, 3), (7, 7), (8, 3), (3, 9), (11, 11), (31, 31)]
)
def test_the_fast_ways_are_the_plain_one(shape: tuple[int, int]) -> None:
    x, K = NOISE.random((61, 75), dtype=np.float32), NOISE.standard_normal(shape)
    expected = exact(x, K)
    assert np.abs(swift(x, K) - expected).max() < 1e-4
    for padding in (1, 7, 40):
        around = np.pad(x, padding)
        assert np.abs(swift(x, K, padding) - exact(around, K)).max() < 1e-4
    both = swift(np.stack([x, 2 * x, -x], axis=2), K)
    assert np.abs(both[..., 1] - 2 * expected).max() < 2e-4


@pytest.mark.parametrize(("side", "size"), [(11, 1000), (21, 600)])
def test_threads_share_a_large_picture(side: int, size: int) -> None:
    x, K = NOISE.random((size, size), dtype=np.float32), NOISE.standard_normal((side, side))
    y = swift(x, K)
    assert y.size * K.size >= ALONE
    assert np.abs(y - exact(x, K)).max() < 1e-4 * side


def exact(x: Any, K: Any) -> Any:
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), K.shape)
    return np.einsum("ijuv,uv->ij", windows, K)


def test_a_kernel_is_a_name_a_text_or_a_matrix() -> None:
    kind = KernelKind()
    assert kind.check("1 2; 3 1/2") == Kernel([[1, 2], [3, 0.5]]) == kind.check([1, 2, 3, 0.5])
    assert kind.check(torch.ones(2, 2)) == Kernel(np.ones((2, 2)))
    for name in TEXTS:
        kernel = kind.check(name)
        assert kind.format(kernel) == name
        assert kind.check(kernel.text) == kernel, "its text is exact"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sobel", "is no preset. Did you mean 'sobel-"),
        ("1,2;3", "must have rows of numbers, all of one length"),
        ("nan", "is no preset. (known: identity, box,"),
        (np.ones((2, 2)) * 1j, "must hold real numbers, holds complex ones"),
        ("1,zwei", "'zwei' is no number"),
        ("1/0,1", "'1/0' is no number"),
        ("", "is empty; must be a preset or rows of numbers"),
        (np.ones((32, 2)), "must be at most 31 x 31, is 32 x 2"),
        ([[float("nan")]], "must hold finite numbers"),
        ([[1e9]], "must hold finite numbers of at most 1e+06"),
        ([1, 2, 3], "must be a matrix of rows and columns, has shape (3,)"),
        (7, "must be a preset or rows of numbers"),
        ({"a": 1}, "must be a preset or rows of numbers"),
        ("x" * 100_000, "is no preset"),
    ],
)
def test_what_is_no_kernel_is_told_in_one_line(given: Any, said: str) -> None:
    with pytest.raises(ParamError) as error:
        played(kernel=given)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_the_figure_has_a_still_in_grey_in_colour_and_without_sums() -> None:
    for given in (
        {},
        {"image": COLOUR, "grey": False},
        {"kernel": np.ones((25, 25)), "padding": 0},
    ):
        run = played(**given)
        drawn = still(run)
        assert drawn.count("<rect") > 100
        assert run.trace["said"][-1] in drawn


def test_a_kernel_too_wide_is_said_to_be_too_wide() -> None:
    run = played(kernel=np.ones((3, 31)), image=Image(np.zeros((40, 10))))
    assert "31 columns are covered, 12 are there" in run.trace["said"][-1]
    run.close()


def test_the_picture_is_kept_once_however_many_frames_show_it() -> None:
    run = played(image=Image(np.ones((64, 64))))
    kept = run.trace["x"]
    assert len(kept) == 64
    assert all(x is kept[0] for x in kept)
