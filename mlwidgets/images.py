"""Images as parameters: from a file, an array, a photo's name or a drawing pad.

One text form serves the `%ml` line, the page and the saved file: `8x8:` and base64 of its bytes.
A large image goes to the page as a small likeness that ends in `#` and a digest; what comes back
with that digest is the image itself.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
import re
import sys
import warnings
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .errors import nearest
from .kinds import Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[Any]

PHOTOS = ("china", "flower")  # scikit-learn's, by load_sample_image
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")  # others may start programs, as EPS does
WORDS = "an image: PNG or JPEG, array, tensor, PIL image, path, or a photo (china, flower)"
MOST_PIXELS = 40_000_000  # of a file, asked before it is decoded
MOST_BYTES = 64 * 2**20
LIKENESS = 64  # pixels a side, of what the page gets of a large image
WRITTEN = 1024  # pixels that a `%ml` line may hold
TEXT = re.compile(r"(\d{1,4})x(\d{1,4})(?:x(3))?:([A-Za-z0-9+/]*={0,2})(?:#([0-9a-f]{16}))?")

_sent: weakref.WeakValueDictionary[str, Image] = weakref.WeakValueDictionary()


@dataclass(frozen=True)
class ImageKind(Kind):
    """An image, brought to the size and channels that an algorithm reads.

    size: rows and columns. channels: 1 grey, 3 colour, None as given. ink: a drawing, ink 1 on
    ground 0, so that a photographed page is turned over.
    """

    size: tuple[int, int] | None = None
    channels: int | None = None
    ink: bool = False
    name: ClassVar[str] = "image"

    @property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]  # the same for all
        return PHOTOS

    def check(self, value: Any) -> Image:
        photo = isinstance(value, (bytes, bytearray, memoryview, os.PathLike)) or _is_pil(value)
        image = value if isinstance(value, Image) else _read(value)
        photo = photo or bool(image.name and image is not value)
        pixels = self._coloured(image.pixels)
        if self.ink and photo:
            pixels = _as_ink(pixels)
        if self.size and pixels.shape[:2] != self.size:
            pixels = _fitted(pixels, self.size, whole=self.ink)
        return image if pixels is image.pixels else Image(pixels, image.name)

    def _coloured(self, pixels: Pixels) -> Pixels:
        import numpy as np

        if self.channels == 1 and pixels.ndim == 3:
            return pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601
        if self.channels == 3 and pixels.ndim == 2:
            return np.repeat(pixels[..., None], 3, axis=2)
        return pixels

    def follows(self, old: Any, new: Any) -> None:
        if new.shape != old.shape:
            said = " x ".join(map(str, old.shape))
            raise ValueError(f"must keep its {said} pixels while the run goes")

    def format(self, value: Any) -> str:
        if value.name:
            return super().format(value.name)
        return value.text if value.pixels.size <= WRITTEN else "$image"

    def to_json(self, value: Any) -> str:
        rows, columns = value.shape[:2]
        if max(rows, columns) <= LIKENESS:
            return str(value.text)
        scale = LIKENESS / max(rows, columns)
        size = max(1, round(rows * scale)), max(1, round(columns * scale))
        _sent[value.digest] = value
        return f"{Image(_resized(value.pixels, size)).text}#{value.digest}"

    def control(self) -> dict[str, Any]:
        size = list(self.size) if self.size else None
        return {"size": size, "channels": self.channels, "ink": self.ink}

    def describe(self) -> str:
        return WORDS


class Image:
    """Pixels in [0, 1], (rows, columns) or (rows, columns, 3), float32 and read-only.

    name: the photo's name or the file's path, where it came by one.
    """

    pixels: Pixels
    param_kind: ClassVar[Kind] = ImageKind()

    def __init__(self, pixels: Any, name: str = "") -> None:
        self.pixels = _pixels(pixels)
        self.name = name

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(map(int, self.pixels.shape))

    @property
    def blank(self) -> bool:
        """Nothing is drawn: all pixels are alike."""
        return bool(self.pixels.min() == self.pixels.max())

    @property
    def text(self) -> str:
        """The image as one word, exact to a byte a pixel."""
        return f"{'x'.join(map(str, self.shape))}:{base64.b64encode(self._bytes()).decode()}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.shape}".encode() + self.pixels.tobytes()).hexdigest()[:16]

    def _bytes(self) -> bytes:
        import numpy as np

        return bytes(np.rint(self.pixels * 255).astype(np.uint8).tobytes())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Pixels:
        import numpy as np

        return np.array(self.pixels, dtype=dtype, copy=copy)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return NotImplemented
        return self.shape == other.shape and bool((self.pixels == other.pixels).all())

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        said = f" {self.name!r}" if self.name else " blank" if self.blank else ""
        return f"<Image{said} of {' x '.join(map(str, self.shape))} pixels>"


# from what a person has to an Image -------------------------------------------------------------


def _read(value: Any) -> Image:
    """An Image of anything that is one; ValueError says what is allowed."""
    if isinstance(value, str):
        return _named(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Image(_decoded(bytes(value)))
    if isinstance(value, os.PathLike):
        return _file(Path(value))
    if _is_pil(value):
        return Image(_loaded(value))
    if isinstance(value, type):
        raise ValueError(f"must be {WORDS}, not a class")
    if hasattr(value, "detach"):  # a torch tensor
        return Image(_of_tensor(value))
    if hasattr(value, "__array__") or (isinstance(value, Sequence) and value):
        return Image(value)
    raise ValueError(f"must be {WORDS}")


def _of_tensor(tensor: Any) -> Pixels:
    """A tensor's numbers, in main memory."""
    if tensor.is_meta:
        raise ValueError("has no values: it is on the device 'meta'")
    if str(tensor.layout) != "torch.strided":
        raise ValueError("must be a dense tensor: give its to_dense()")
    tensor = tensor.detach().cpu()
    pixels: Pixels = (tensor.float() if "float" in str(tensor.dtype) else tensor).numpy()
    return pixels


def _is_pil(value: Any) -> bool:
    pil: Any = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(value, pil.Image)


def _named(text: str) -> Image:
    """A photo's name, an image as one word, or a path."""
    if (stem := text.removesuffix(".jpg")) in PHOTOS:
        return Image(_photo(stem), stem)
    if written := TEXT.fullmatch(text):
        return _written(*written.groups())
    if re.fullmatch(r"\d+x\d+(x\d+)?:.*", text, re.DOTALL):
        raise ValueError("is not an image: its pixels are not base64")
    try:
        return _file(Path(text.replace("\0", "?")))  # no system has files with NUL in their name
    except FileNotFoundError:
        near = nearest(stem, PHOTOS)
        raise ValueError(
            f"is neither a file nor a photo (known: {', '.join(PHOTOS)}).{near}"
        ) from None


def _photo(name: str) -> Pixels:
    try:
        from sklearn.datasets import load_sample_image
    except ImportError:
        raise ValueError("needs scikit-learn: pip install scikit-learn") from None
    photo: Pixels = load_sample_image(f"{name}.jpg")
    return photo


def _written(rows: str, columns: str, colours: str | None, data: str, digest: str | None) -> Image:
    """An image from its text."""
    import numpy as np

    if digest:
        if digest in _sent:
            return _sent[digest]
        raise ValueError("is an image that is no longer here: give it again")
    shape = tuple(int(n) for n in (rows, columns, colours) if n)
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise ValueError("is not an image: its pixels are not base64") from None
    size = int(np.prod(shape))
    if len(raw) != size or not size:
        raise ValueError(f"is not an image: it has {len(raw)} bytes for {size} pixels")
    return Image(np.frombuffer(raw, dtype=np.uint8).reshape(shape))


def _file(path: Path) -> Image:
    try:
        if path.is_dir():
            raise ValueError("is a folder, not an image")
        if path.exists() and not path.is_file():  # a device or a pipe may never end
            raise ValueError("is not a file")
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"must be a file of at most {MOST_BYTES >> 20} MB")
        return Image(_decoded(path.read_bytes()), str(path))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or error}") from None


def _decoded(data: bytes) -> Pixels:
    """The pixels of a file's bytes; its size is read before anything is decoded."""
    try:
        import PIL.Image
    except ImportError:
        raise ValueError("needs Pillow to be read: pip install pillow") from None
    if not data:
        raise ValueError("is empty, not an image")
    if len(data) > MOST_BYTES:
        raise ValueError(f"must have at most {MOST_BYTES >> 20} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of sizes that are refused below
            with PIL.Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                return _loaded(picture)
    except (PIL.UnidentifiedImageError, PIL.Image.DecompressionBombError) as error:
        bomb = isinstance(error, PIL.Image.DecompressionBombError)
        raise ValueError(_too_large() if bomb else f"is not an image ({_known()})") from None
    except (OSError, SyntaxError, EOFError) as error:
        raise ValueError(f"is a broken image ({error})") from None


def _loaded(picture: Any) -> Pixels:
    """The pixels of a PIL image, which reads its file only now."""
    try:
        return _plain(picture)
    except (OSError, SyntaxError, EOFError, MemoryError) as error:  # what Pillow's readers raise
        raise ValueError(f"is a broken image ({error})") from None


def _known() -> str:
    return ", ".join(FORMATS)


def _too_large() -> str:
    return f"must have at most {MOST_PIXELS // 10**6} million pixels"


def _plain(picture: Any) -> Pixels:
    """A PIL image as grey or RGB bytes: upright, its transparent parts white."""
    import numpy as np
    from PIL import Image as pil
    from PIL import ImageOps

    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise ValueError(f"{_too_large()}, has {width} x {height}")
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 bits and more
        deep = np.asarray(picture, dtype=np.float64)
        return np.asarray(deep / max(255.0 if deep.max() <= 255 else 65535.0, deep.max()))
    if "A" in picture.mode or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = pil.alpha_composite(pil.new("RGBA", picture.size, "white"), picture)
    return np.asarray(picture.convert("L" if picture.mode in ("1", "L", "LA") else "RGB"))


# pixels -----------------------------------------------------------------------------------------


def _pixels(value: Any) -> Pixels:
    """float32 in [0, 1], rows first, read-only."""
    import numpy as np

    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError("must have rows of one length") from None
    array = _unit(_upright(array))
    array = np.array(array, dtype=np.float32, order="C")
    array.setflags(write=False)
    return array


def _upright(array: Pixels) -> Pixels:
    """(rows, columns) or (rows, columns, 3), from what torch, PIL and others call an image."""
    import numpy as np

    shape = array.shape
    while array.ndim > 3 and len(array) == 1:  # a batch of one
        array = array[0]
    if array.ndim == 3 and len(array) in (1, 3, 4) and array.shape[2] not in (1, 3, 4):
        array = np.moveaxis(array, 0, 2)  # torch's channels come first
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim == 3 and array.shape[2] == 4:
        array = array[..., :3]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or not array.size:
        raise ValueError(f"must be rows x columns, or with 3 colours, has shape {shape}")
    return array


def _unit(array: Pixels) -> Pixels:
    """Values in [0, 1]: whole numbers are of 0 to 255 unless all are 0 or 1."""
    import numpy as np

    if array.dtype.kind not in "biuf":
        raise ValueError(f"must hold numbers, holds {array.dtype}")
    lo, hi = array.min(), array.max()
    if not (np.isfinite(lo) and np.isfinite(hi)):
        raise ValueError("must hold finite numbers")
    whole = array.dtype == np.uint8 or (array.dtype.kind in "iu" and hi > 1)
    top = 255 if whole else 1
    if lo < -1e-6 or hi > top * (1 + 1e-6):
        raise ValueError(f"must lie in [0, {top}], has {lo:g} to {hi:g}")
    return np.clip(array / top, 0, 1)


def _as_ink(pixels: Pixels) -> Pixels:
    """Ink 1 on ground 0: a picture with a light edge is turned over."""
    import numpy as np

    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return 1 - pixels if np.median(edge) > 0.5 else pixels


def _fitted(pixels: Pixels, size: tuple[int, int], *, whole: bool) -> Pixels:
    """To a size: `whole` keeps all of it on its own ground, else its middle fills the frame."""
    import numpy as np

    rows, columns = pixels.shape[:2]
    pick = max if whole else min
    side = pick(rows / size[0], columns / size[1])
    want = max(1, round(side * size[0])), max(1, round(side * size[1]))
    if whole:
        down, right = max(0, want[0] - rows), max(0, want[1] - columns)
        margins = [(down // 2, down - down // 2), (right // 2, right - right // 2)]
        pixels = np.pad(pixels, [*margins, (0, 0)][: pixels.ndim])
    else:
        top, left = (rows - want[0]) // 2, (columns - want[1]) // 2
        pixels = pixels[top : top + want[0], left : left + want[1]]
    return _resized(pixels, size)


def _resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """By area: each new pixel is the mean of what lies under it."""
    import numpy as np

    if pixels.ndim == 3:
        return np.stack([_resized(pixels[..., c], size) for c in range(pixels.shape[2])], axis=2)
    down, across = (_cover(n, m) for n, m in zip(pixels.shape, size, strict=True))
    return np.asarray(np.clip(down @ pixels @ across.T, 0, 1))


def _cover(old: int, new: int) -> Pixels:
    """How much of each old pixel lies under each new one, rows summing to 1: (new, old)."""
    import numpy as np

    edges = np.linspace(0, old, new + 1)
    left, right = edges[:-1, None], edges[1:, None]
    at = np.arange(old)[None]
    part = np.clip(np.minimum(right, at + 1) - np.maximum(left, at), 0, None)
    return np.asarray(part / part.sum(axis=1, keepdims=True), dtype=np.float32)
