"""Images and networks as parameters: what a person has becomes what an algorithm reads."""

from __future__ import annotations

import io
import struct
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from torch import nn

import mlwidgets
from mlwidgets import Image, ImageKind, Live, MLError, Net, NetKind
from mlwidgets.errors import ParamError
from mlwidgets.params import Param, Spec

ANY = ImageKind()
GREY = ImageKind(channels=1)
DRAWING = ImageKind(size=(8, 8), channels=1, ink=True)
PAGE = PIL.Image.new("L", (40, 80), 255)
PAGE.paste(0, (16, 20, 24, 60))  # a one, in ink on paper


def file(picture: Any, form: str = "PNG") -> bytes:
    to = io.BytesIO()
    picture.save(to, form)
    return to.getvalue()


def refused(value: Any, kind: Any = DRAWING) -> str:
    with pytest.raises(ParamError) as caught:
        Param("digit", kind).check(value)
    text = str(caught.value)
    assert text.startswith("digit="), "it names the parameter"
    assert "\n" not in text, "it is one line"
    assert len(text) < 260, "it is a short one"
    return text


def test_what_comes_as_an_image_is_one(tmp_path: Path) -> None:
    path = tmp_path / "one.png"
    path.write_bytes(file(PAGE))
    pixels = np.asarray(PAGE, dtype=np.float32) / 255
    for value in (
        file(PAGE),
        bytearray(file(PAGE)),
        path,
        str(path),
        PAGE,
        np.asarray(PAGE),
        pixels,
        pixels.astype(np.float64),
        pixels[..., None],
        torch.from_numpy(pixels.copy()),
        torch.from_numpy(pixels.copy())[None, None],
        pixels.tolist(),
        Image(pixels),
    ):
        image = GREY.check(value)
        assert image.shape == (80, 40)
        assert image.pixels.dtype == np.float32
        assert np.abs(image.pixels - pixels).max() < 1e-6
        assert not image.pixels.flags.writeable, "an event keeps it, and replays it"


def test_colours_stay_or_become_grey_and_grey_becomes_colour() -> None:
    red = PIL.Image.new("RGB", (6, 5), (255, 0, 0))
    assert ANY.check(red).shape == (5, 6, 3)
    assert GREY.check(red).pixels == pytest.approx(0.299, abs=0.002)
    assert ImageKind(channels=3).check(PAGE).shape == (80, 40, 3)
    assert ANY.check(torch.zeros(3, 7, 9)).shape == (7, 9, 3)


def test_transparent_paper_is_white_and_a_turned_photo_stands_upright() -> None:
    clear = PIL.Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert ANY.check(clear).pixels.min() == 1
    turned = PIL.Image.new("L", (30, 10))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    to = io.BytesIO()
    turned.save(to, "JPEG", exif=exif)
    assert ANY.check(to.getvalue()).shape == (30, 10)


def test_a_photographed_page_becomes_ink_of_the_asked_size_and_an_array_stays() -> None:
    image = DRAWING.check(file(PAGE))
    assert image.shape == (8, 8)
    assert image.pixels[:, 0].max() == 0, "paper"
    assert image.pixels[3, 3:5].max() > 0.4, "ink"
    white = np.ones((8, 8))
    assert (DRAWING.check(white).pixels == 1).all(), "what is given as numbers is meant"


def test_an_image_is_made_smaller_by_the_mean_of_what_lies_under_a_pixel() -> None:
    rng = np.random.default_rng(0)
    fine = rng.random((16, 24))
    coarse = ImageKind(size=(8, 12)).check(fine).pixels
    assert coarse == pytest.approx(fine.reshape(8, 2, 12, 2).mean((1, 3)), abs=1e-6)
    assert ImageKind(size=(4, 4)).check(fine).pixels.mean() == pytest.approx(
        fine[:, 4:20].mean(), abs=1e-6
    )


def test_a_photo_comes_by_its_name() -> None:
    photo = ANY.parse("china")
    assert (photo.shape, ANY.format(photo)) == ((427, 640, 3), "china")
    assert DRAWING.parse("flower.jpg").shape == (8, 8)
    assert "Did you mean 'flower'?" in refused("flowr")


@pytest.mark.parametrize("seed", range(5))
def test_a_drawing_is_one_word_that_gives_it_back(seed: int) -> None:
    drawn = np.random.default_rng(seed).integers(0, 256, (8, 8)).astype(np.uint8)
    image = DRAWING.check(drawn)
    word = DRAWING.format(image)
    assert DRAWING.parse(word) == image
    assert DRAWING.check(DRAWING.to_json(image)) == image
    assert hash(DRAWING.parse(word)) == hash(image)
    assert "\n" not in word
    assert " " not in word


def test_a_large_image_goes_to_the_page_small_and_comes_back_whole() -> None:
    image = ANY.check(np.random.default_rng(0).random((300, 500, 3)))
    word = ANY.to_json(image)
    assert len(word) < 12_000
    assert ANY.check(word) is image
    stale = f"{word.split('#')[0]}#{'0' * 16}"
    assert "no longer here" in refused(stale, ANY)


def test_a_drawing_of_nothing_is_a_drawing() -> None:
    image = DRAWING.check(np.zeros((8, 8)))
    assert image.blank
    assert repr(image) == "<Image blank of 8 x 8 pixels>"
    run = mlwidgets.play("vision.cnn_digits", digit=image, epochs=1)
    assert run.status == "ready"
    assert run.trace["p"][0].sum() == pytest.approx(1, abs=1e-5)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int) -> bytes:
    """A PNG that claims a size and has next to nothing in it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (b"", "is empty, not an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not an image (PNG, JPEG"),
        (b"GIF89a", "image"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n(rm) run", "is not an image (PNG, JPEG"),
        (file(PAGE)[:-30], "broken image"),
        (file(PAGE, "JPEG")[:200], "image"),
        (png(30_000, 30_000), "at most 40 million pixels"),
        (png(7_000, 7_000), "at most 40 million pixels, has 7000 x 7000"),
        ("no_such_file.png", "is neither a file nor a photo (known: china, flower)"),
        ("/", "is a folder"),
        ("/dev/zero", "is not a file"),
        (torch.zeros(8, 8, device="meta"), "is on the device 'meta'"),
        (torch.eye(8).to_sparse(), "must be a dense tensor"),
        (torch.Tensor, "not a class"),
        (PIL.Image.open(io.BytesIO(file(PAGE)[:-30])), "broken image"),
        ("a\0b", "is neither a file"),
        ("x" * 5000, "cannot be read: File name too long"),
        ("8x8:AAAA", "has 3 bytes for 64 pixels"),
        ("8x8:%%", "not base64"),
        ("0x0:", "has 0 bytes for 0 pixels"),
        ([], "must be an image"),
        ([[]], "must be rows x columns"),
        ([[0, 1], [1]], "rows of one length"),
        ([["a", "b"]], "must hold numbers"),
        (np.full((8, 8), 16.0), "must lie in [0, 1], has 16 to 16"),
        (np.full((8, 8), 300), "must lie in [0, 255]"),
        (np.full((8, 8), np.nan), "finite"),
        (np.full((8, 8), 1j), "must hold numbers"),
        (np.zeros((0, 8)), "must be rows x columns"),
        (np.zeros((2, 8, 8)), "has shape (2, 8, 8)"),
        (np.array(5.0), "has shape ()"),
        (None, "must be an image"),
        (7, "must be an image"),
        ({"a": 1}, "must be an image"),
        (object(), "must be an image"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_image_is_told_in_one_line(given: Any, words: str) -> None:
    assert words in refused(given)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_is_an_image_or_one_line(seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(file(PAGE, ("PNG", "JPEG", "GIF", "BMP")[seed % 4]))
    for at in rng.integers(0, len(data), 1 + seed % 9):
        data[at] = rng.integers(256)
    try:
        assert DRAWING.check(bytes(data)).shape == (8, 8)
    except ValueError as error:
        assert "image" in str(error) or "pixels" in str(error)


def test_the_page_is_told_what_to_draw() -> None:
    def f(digit: Live[Image], photo: Image) -> Any: ...

    digit, photo = (p.control() for p in Spec.of(f).params)
    assert (digit["kind"], digit["live"], photo["live"]) == ("image", True, False)
    assert (photo["size"], photo["channels"]) == (None, None)
    assert Param("d", DRAWING).control()["size"] == [8, 8]


def test_an_image_keeps_its_size_while_a_run_goes() -> None:
    run = mlwidgets.play("vision.cnn_digits", epochs=1)
    run.set(digit=np.eye(8)).step()
    assert run.events[0].name == "digit"
    assert run.trace["p"].shape == (2, 10)
    with pytest.raises(ParamError, match="digit=5: must be an image"):
        run.set(digit=5)


# networks ---------------------------------------------------------------------------------------

TAKES = NetKind(takes=(1, 8, 8), gives=(10,))


def linear(outputs: int = 10) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, outputs))


class Broken(nn.Linear):
    def forward(self, _: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("first line\nsecond line")


class Rigid(nn.Linear):
    @torch.no_grad()
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.flatten(1))


class Late(nn.Linear):
    """Gives up in its second epoch of 45 mini-batches."""

    seen = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen += self.training
        if self.seen > 50:
            raise RuntimeError("enough of this")
        return super().forward(x.flatten(1))


class Locked(nn.Linear):
    def __init__(self) -> None:
        super().__init__(64, 10)
        self.lock = threading.Lock()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.flatten(1))


class Two(nn.Linear):
    def forward(self, x: torch.Tensor) -> Any:
        return x, x


def test_a_network_is_taken_as_it_is_and_left_as_it_was() -> None:
    net = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64), nn.Dropout(), nn.Linear(64, 10)).train()
    net[1].eval()
    state = {name: value.clone() for name, value in net.state_dict().items()}
    assert TAKES.check(net) is net
    assert [m.training for m in net] == [True, False, True, True]
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    assert (TAKES.format(net), TAKES.to_json(net)) == ("$net", "Sequential")
    assert TAKES.check(linear().double()) is not None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (linear(7), "must make (2, 10) of (2, 1, 8, 8), makes (2, 7)"),
        (nn.Linear(64, 10), "cannot read (2, 1, 8, 8): RuntimeError: mat1 and mat2"),
        (Broken(64, 10), "RuntimeError: first line second line"),
        (Two(64, 10), "makes tuple"),
        (linear().to("meta"), "is on the device 'meta'"),
        (nn.Flatten(), "has no weights to train"),
        (linear().requires_grad_(False), "has no weights to train: all are frozen"),
        (nn.Sequential(nn.Flatten(), nn.LazyLinear(10)), "without shapes yet: call it once"),
        (Rigid(64, 10), "its answer has no gradient"),
        (nn.Linear, "is a class: give a network, Linear()"),
        ("resnet", "must be a torch.nn.Module from (n, 1, 8, 8) to (n, 10)"),
        (3, "must be a torch.nn.Module"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_such_network_is_told_in_one_line(given: Any, words: str) -> None:
    assert words in refused(given, TAKES)


def test_a_network_is_an_object_on_a_line() -> None:
    with pytest.raises(ParamError, match=r"net=mine: must be an object: write \$name"):
        Param("net", TAKES).parse("mine")


def test_any_network_will_do_where_no_shape_is_asked_for() -> None:
    def f(net: Net) -> Any: ...

    net = nn.Bilinear(2, 3, 4)
    assert Spec.of(f).check({"net": net})["net"] is net


def test_a_network_that_gives_up_ends_its_run_alone_and_the_run_begins_anew() -> None:
    net = Late(64, 10)
    run = mlwidgets.play("vision.cnn_digits", net=net, epochs=2)
    with pytest.raises(RuntimeError, match="enough of this"):
        run.wait()
    assert (run.status, run.number, len(run.trace), net.seen) == ("failed", 50, 51, 0)
    assert run.restart(net=None, epochs=1).wait().status == "done"


def test_a_network_that_cannot_be_copied_is_told_so() -> None:
    with pytest.raises(MLError, match="net: cannot be copied, and is not trained in place"):
        mlwidgets.play("vision.cnn_digits", net=Locked())


def test_a_network_is_trained_as_a_copy_by_the_seed_alone() -> None:
    net = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64), nn.Dropout(0.3), nn.Linear(64, 10))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    chance = torch.get_rng_state()
    runs = [mlwidgets.play("vision.cnn_digits", net=net, epochs=2).wait() for _ in range(2)]
    assert runs[0].trace.hash == runs[1].trace.hash, "what is dropped out is drawn from the seed"
    assert torch.equal(torch.get_rng_state(), chance)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    trained = runs[0].result
    assert type(trained) is nn.Sequential
    ours, theirs = trained.state_dict()["3.weight"], net.state_dict()["3.weight"]
    assert not torch.equal(ours, theirs)


def test_a_digit_is_answered_by_the_network_that_has_learned() -> None:
    run = mlwidgets.play("vision.cnn_digits", epochs=3).wait()
    zero = np.array(
        [[0, 0, 1, 1, 1, 0, 0, 0]]
        + [[0, 1, 1, 0, 1, 1, 0, 0]]
        + 4 * [[0, 1, 0, 0, 0, 1, 0, 0]]
        + [[0, 1, 1, 0, 1, 1, 0, 0]]
        + [[0, 0, 1, 1, 1, 0, 0, 0]]
    )
    number = run.number
    run.set(digit=zero)
    assert (run.status, run.number, run.trace["p"][-1].argmax()) == ("done", number + 1, 0)
    assert (run.trace["epoch"][-1], len(run.events)) == (3, 1)
    assert np.isnan(run.trace["loss"][-1]), "nothing was learned from it"
    assert not run._core.note, "which is no fault"
    assert np.array_equal(run.trace["confusion"][-1], run.trace["confusion"][-2])
    with pytest.raises(ParamError, match="digit=5: must be an image"):
        run.set(digit=5)
    with pytest.raises(MLError, match="lr: the run is done"):
        run.set(lr=0.1)


# digits of one's own ----------------------------------------------------------------------------


def test_a_table_of_ones_own_digits_is_learned() -> None:
    from sklearn.datasets import load_digits

    run = mlwidgets.play("vision.cnn_digits", data=load_digits(n_class=3), epochs=1).wait()
    assert run.trace["confusion"][-1][3:].sum() == 0, "there are none of the others"
    assert run.trace["accuracy"][-1] > 0.9


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.zeros((50, 5)), "has 50 rows of 4 columns beside 'x4'"),
        (np.zeros((3, 65)), "has 3 rows of 64 columns"),
        (np.full((50, 65), 12.0), "must have labels of 0 to 9 in 'x64', has 12"),
        (np.full((50, 65), np.nan), "negative or missing"),
        (np.full((50, 65), "a"), "not numbers"),
    ],
    ids=["columns", "rows", "labels", "missing", "texts"],
)
def test_digits_that_are_none_are_told_in_one_line(data: Any, words: str) -> None:
    run = mlwidgets.play("vision.cnn_digits", data=data)
    assert run.status == "failed"
    with pytest.raises(MLError) as caught:
        run.wait()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
