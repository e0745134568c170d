"""One image file, of any size and format, as n × n grey bytes. The only part of the engine that needs Pillow."""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile

from engine.basics.errors import EngineError
from engine.basics.regular_files import open_regular
from engine.basics.validation import Array

MOST_PIXELS = 50_000_000
MOST_IN_WEBP = 20_000_000  # pixels; its decoder keeps three copies in colour
LONGEST_SIDE = 65_535  # pixels, as in JPEG; decoders become slow with longer rows, and large with more of them
MOST_BYTES = 160_000_000  # size of these pixels in three colours, uncompressed, and some overhead
MOST_SECONDS = 60  # the scans of a small JPEG can take days to decode
_GREY_MODES = ("1", "L", "LA", "La", "I", "F")
_LOOKED_AT = 64  # pixels a side in which colours are looked for
_TINT = 16  # shades between the strongest and the weakest primary colour that are no grey
BLOCK = 4096  # bytes of a JPEG that are decoded at a time
_STARTS_PROGRAMS = ("EPS", "WMF")  # Pillow starts another program to read these
_IN_DISGUISE = ("ICO", "ICNS", "BLP", "IPTC")  # containers of images that can be larger than they declare
_COMMON = ("PNG", "JPEG")  # formats tried first
_NO_PICTURE = "it is not an image, or damaged"


class UnusableError(Exception):
    """An image cannot be used; the message is the reason."""


def readable_formats() -> tuple[str, ...]:
    """Returns the names of the readable formats; loads all of Pillow's once."""
    Image.init()
    left_out = {*_COMMON, *_STARTS_PROGRAMS, *_IN_DISGUISE}
    return (*_COMMON, *(name for name in Image.ID if name not in left_out))


def grey_square(path: str | Path, side: int, formats: tuple[str, ...]) -> Array:
    """Returns an image as (side, side) uint8, see :func:`grey_picture`."""
    return grey_picture(path, (side, side), formats)


def grey_picture(path: str | Path, shape: tuple[int, int], formats: tuple[str, ...]) -> Array:
    """Returns an image as (height, width) uint8, upright and whole: what it lacks to that has its border's shade.

    Of several images in a file it is the first. Transparent pixels are white, or black if nothing would be visible on
    white. More than 8 bits are reduced to 8.

    Raises:
        UnusableError: it is no image, too large, damaged or unreadable. Its size is checked before it is decoded.
    """
    try:
        with _TimedFile(open_regular(path, MOST_BYTES).detach()) as file:
            return _decoded(file, shape, formats)
    except UnusableError:
        raise
    except EngineError as error:
        raise UnusableError(error.value) from None
    except MemoryError:
        raise UnusableError("it does not fit in memory") from None
    except Image.DecompressionBombError:
        raise UnusableError("it has too many pixels") from None
    except Exception as error:  # Pillow raises errors of any kind for damaged files
        is_of_disk = isinstance(error, OSError) and error.strerror
        raise UnusableError(str(error.strerror) if is_of_disk else _NO_PICTURE) from None  # type: ignore[attr-defined]


def is_coloured(path: str | Path, formats: tuple[str, ...]) -> bool:
    """Whether an image has colours, which :func:`grey_picture` makes grey; False if it cannot be read."""
    with (
        contextlib.suppress(Exception),  # reading the image says what is wrong with it
        _TimedFile(open_regular(path, MOST_BYTES).detach()) as file,
        Image.open(file, formats=formats) as image,
    ):
        _check_size(image)
        if image.mode in _GREY_MODES or image.mode.startswith("I;16"):
            return False
        image.draft("RGB", (_LOOKED_AT, _LOOKED_AT))
        if isinstance(image, JpegImageFile):
            image.decodermaxblock = BLOCK
        small = _reduced(image, _LOOKED_AT).convert("RGB").resize((_LOOKED_AT, _LOOKED_AT))
        return bool(np.ptp(np.asarray(small, np.int16), axis=2).max() > _TINT)
    return False


def ignore_warnings_about_files() -> None:
    """Ignores Pillow's warnings permanently, because restoring them in one thread would undo settings of another."""
    warnings.filterwarnings("ignore", module=r"PIL\.")


class _TimedFile(io.BufferedReader):
    """A file that raises an error when reading the image takes too long."""

    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__(raw)
        self._end = time.monotonic() + MOST_SECONDS

    def read(self, size: int | None = -1, /) -> bytes:
        """Reads bytes. Raises UnusableError after too long a time."""
        if time.monotonic() > self._end:
            raise UnusableError(f"it takes longer than {MOST_SECONDS} s to read")
        return super().read(size)


def _decoded(file: io.BufferedReader, shape: tuple[int, int], formats: tuple[str, ...]) -> Array:
    side = max(shape)
    with Image.open(file, formats=formats) as image:
        _check_size(image)
        image.draft("L", (4 * side, 4 * side))  # a JPEG can be decoded smaller, and so faster
        if isinstance(image, JpegImageFile):
            image.decodermaxblock = BLOCK
        image.load()
        with contextlib.suppress(Exception):  # metadata may be damaged
            ImageOps.exif_transpose(image, in_place=True)
        return _fitted(_grey(_reduced(image, 8 * side)), *shape)


def _reduced(image: Image.Image, enough: int) -> Image.Image:
    """Makes a large image smaller before anything else, so that it is there in full only once or twice."""
    factor = max(image.size) // enough
    can_be = image.mode in ("L", "LA", "RGB", "RGBA", "CMYK") and "transparency" not in image.info
    return image.reduce(factor) if factor > 1 and can_be else image


def _check_size(image: Image.Image) -> None:
    most = MOST_IN_WEBP if image.format == "WEBP" else MOST_PIXELS
    size = f"it has {image.width:,} × {image.height:,} pixels, at most"
    if image.width * image.height > most:
        raise UnusableError(f"{size} {most // 10**6} million are allowed")
    if max(image.size) > LONGEST_SIDE:
        raise UnusableError(f"{size} {LONGEST_SIDE:,} are allowed in a row or column")


# ---- shades


def _grey(image: Image.Image) -> Image.Image:
    """Returns the image in 8 bits of grey."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _of_many_bits(np.asarray(image, np.float32), image.mode)
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        return on_paper(image.convert("RGBA"))
    return image.convert("L")


def _of_many_bits(values: Array, mode: str) -> Image.Image:
    if not np.isfinite(values).all():
        raise UnusableError("it has pixels that are infinite or NaN")
    greatest = max(float(values.max()), 1e-30)
    tops = (65_535,) if mode != "F" else (1, 255, 65_535)
    top = next((top for top in tops if greatest <= top), greatest)
    return Image.fromarray(np.rint(np.clip(values, 0, None) * (255 / top)).astype(np.uint8))


def on_paper(layers: Image.Image) -> Image.Image:
    """Returns an image with transparent parts in grey: on white, or on black where nothing would be seen on white."""
    on_white = Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers).convert("L")
    darkest, lightest = on_white.getextrema()
    if darkest != lightest:
        return on_white
    return Image.alpha_composite(Image.new("RGBA", layers.size, "black"), layers).convert("L")


# ---- size


def _fitted(grey: Image.Image, height: int, width: int) -> Array:
    is_wide = grey.width * height >= grey.height * width
    times, over = (width, grey.width) if is_wide else (height, grey.height)
    inner_width, inner_height = (max(1, round(length * times / over)) for length in grey.size)
    inner = inner_width, inner_height
    small = grey if grey.size == inner else grey.resize(inner, Image.Resampling.BILINEAR)
    pixels = np.asarray(small)
    if pixels.shape == (height, width):
        return pixels
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    whole = np.full((height, width), _border_shade(pixels), np.uint8)
    whole[top : top + inner_height, left : left + inner_width] = pixels
    return whole


def _border_shade(pixels: Array) -> int:
    """Returns the median of the outermost pixels."""
    return int(np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])))
