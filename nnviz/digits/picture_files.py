"""Reads images as grey values: from formats of pixels only, from regular files only, and in little memory."""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from engine.basics.errors import DataError, EngineError
from engine.basics.regular_files import open_regular
from engine.basics.validation import Array
from engine.datasets.grey_images import (
    BLOCK,
    LONGEST_SIDE,
    MOST_BYTES,
    MOST_IN_WEBP,
    MOST_PIXELS,
    MOST_SECONDS,
    on_paper,
)

# Pillow knows others; for some, like PostScript, it starts another program.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
_ENOUGH = 4_000_000  # pixels; an image is reduced by a whole number as long as it keeps so many
_STRIP = 1_000_000  # pixels that are converted at a time
_ORIENTATION = 0x0112  # number of the tag in EXIF that says how the camera was held
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def grey_of_file(path: Path, is_wanted: Callable[[], bool] = lambda: True) -> Array:
    """Reads an image as (height, width) float32 grey values, reduced if it is large; transparent pixels are paper.

    Args:
        path: the file.
        is_wanted: asked again and again meanwhile; the reading ends when it returns False.

    Raises:
        EngineError: it is no image that can be read, or too large, or takes too long.
        OSError: the file is missing, cannot be read, or is not a regular file.
        CancelledError: it was no longer wanted.
    """
    return _read(path, is_wanted, _decoded)


def colours_of_file(path: Path, widest: int, tallest: int = LONGEST_SIDE) -> Array:
    """Reads an image as (height, width, 4) uint8 values of red, green, blue and opacity, at most that wide and tall.

    Raises EngineError and OSError as :func:`grey_of_file`.
    """

    def decode(name: str, file: io.BufferedReader) -> Array:
        with Image.open(file, formats=_FORMATS) as image:
            check_size(name, *image.size, MOST_IN_WEBP if image.format == "WEBP" else MOST_PIXELS)
            image.thumbnail((max(widest, 1), tallest))
            return np.asarray(image.convert("RGBA"))

    return _read(path, lambda: True, decode)


def _read(path: Path, is_wanted: Callable[[], bool], decode: Callable[[str, io.BufferedReader], Array]) -> Array:
    with _Watched(open_regular(path, MOST_BYTES).detach(), path.name, is_wanted) as file:
        # For good: to take it back would, in one thread, undo what another has set meanwhile.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        try:
            return decode(path.name, file)
        except (EngineError, CancelledError):
            raise
        except MemoryError:
            raise _too_large(path.name, "it does not fit in memory") from None
        except Image.DecompressionBombError:
            raise _too_large(path.name, f"it has more than {MOST_PIXELS // 10**6} million pixels") from None
        except Exception as error:  # Pillow raises errors of any kind for damaged files
            if isinstance(error, OSError) and error.strerror:  # the disk's
                raise
            remedy = "Use a PNG, JPEG, GIF, BMP, TIFF, WebP or PPM."
            raise DataError.from_problem(path.name, "not an image, or damaged", remedy) from None


class _Watched(io.BufferedReader):
    """A file that checks, at each read, whether the image is still wanted and the time limit is kept."""

    def __init__(self, raw: io.RawIOBase, name: str, is_wanted: Callable[[], bool]) -> None:
        super().__init__(raw)
        self._called, self._is_wanted = name, is_wanted
        self._end = time.monotonic() + MOST_SECONDS

    def read(self, size: int | None = -1, /) -> bytes:
        """Reads from the file.

        Raises DataError after the time limit, and CancelledError if the image is no longer wanted.
        """
        if not self._is_wanted():
            raise CancelledError
        if time.monotonic() > self._end:
            problem = f"reading the image takes more than {MOST_SECONDS} s"
            raise DataError.from_problem(self._called, problem, "Save it as PNG in another program.")
        return super().read(size)


def _decoded(name: str, file: io.BufferedReader) -> Array:
    with Image.open(file, formats=_FORMATS) as image:
        check_size(name, *image.size, MOST_IN_WEBP if image.format == "WEBP" else MOST_PIXELS)
        factor = _factor(*image.size)
        image.draft("L", (image.width // factor, image.height // factor))  # a JPEG can be decoded at half the size
        if isinstance(image, JpegImageFile):
            image.decodermaxblock = BLOCK
        image.load()
        return grey_of_strips(
            name, image.size, lambda top, bottom: image.crop((0, top, image.width, bottom)), _turn(image)
        )


def check_size(name: str, width: int, height: int, most: int = MOST_PIXELS) -> None:
    """Raises DataError for an image of more pixels, or a longer one: it would take too much memory or time."""
    size = f"it has {width:,} × {height:,} pixels"
    if width * height > most:
        size = f"{size}, {width * height / 1e6:.1f} million"
        raise _too_large(name, f"{size}, at most {most // 10**6} million are allowed")
    if max(width, height) > LONGEST_SIDE:
        problem = f"{size}, at most {LONGEST_SIDE:,} are allowed in a row or column"
        raise DataError.from_problem(name, problem, "Crop it to the digit.")


def grey_of_strips(
    name: str,
    size: tuple[int, int],
    strip: Callable[[int, int], Image.Image],
    turn: Image.Transpose | None = None,
) -> Array:
    """Makes grey values, on white paper, or on black if nothing would be visible on white.

    Args:
        name: the image's, for messages.
        size: width and height.
        strip: returns the rows from the first number up to the second. They are reduced one strip at a time, so that
            the whole image is never there in another form.
        turn: how the image has to be turned.

    Raises:
        DataError: a value is not finite.
    """
    width, height = size
    factor = _factor(width, height)
    rows = factor * max(1, _STRIP // (factor * width))
    strips = [_plain(strip(top, min(top + rows, height))).reduce(factor) for top in range(0, height, rows)]
    whole = Image.new(strips[0].mode, (strips[0].width, sum(part.height for part in strips)))
    for number, part in enumerate(strips):
        whole.paste(part, (0, number * (rows // factor)))
    if turn is not None:
        whole = whole.transpose(turn)
    grey = np.asarray(on_paper(whole) if whole.mode == "RGBA" else whole, np.float32)
    if not np.isfinite(grey).all():
        remedy = "Save it as PNG in the program that made it."
        raise DataError.from_problem(name, "it has pixels that are infinite or NaN", remedy)
    return grey


def _factor(width: int, height: int) -> int:
    return max(1, int((width * height / _ENOUGH) ** 0.5))


def _plain(image: Image.Image) -> Image.Image:
    """Converts to a mode that can be reduced: floats for more than 8 bits, colours if something is transparent."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return image.convert("F")
    return image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "L")


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Returns the rotation that the camera's orientation requires; None if it is not known."""
    with contextlib.suppress(Exception):  # what is beside the pixels may be damaged
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    return None


def _too_large(name: str, problem: str) -> DataError:
    return DataError.from_problem(name, problem, "Make it smaller, or crop it to the digit.")


def resized(grey: Array, shape: tuple[int, int]) -> Array:
    """Returns an image, (height, width) grey values, whole and in proportion as float32 in 0…1 of another size.

    What it lacks at two of its sides has the shade of its border. Values beyond 255 are taken for those of 16 bits.
    """
    values = np.asarray(grey, np.float32) / (255 if grey.max() <= 255 else 65_535)
    scale = min(wanted / there for wanted, there in zip(shape, values.shape, strict=True))
    height, width = (max(1, round(scale * length)) for length in values.shape)
    small = np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR))
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    whole = np.full(shape, np.median(border), np.float32)
    top, left = (shape[0] - height) // 2, (shape[1] - width) // 2
    whole[top : top + height, left : left + width] = small
    return np.clip(whole, 0, 1)
