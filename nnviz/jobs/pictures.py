"""Images that are dropped or pasted, read in the background and turned into ink.

Pillow is imported with the first image, so that the window opens sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QMimeData, QObject, pyqtSignal
from PyQt5.QtGui import QImage, QPixmap

from engine.basics.errors import DataError, EngineError
from engine.basics.validation import Array
from nnviz.digits.strokes import Ink
from nnviz.jobs.serial_thread import SerialThread

if TYPE_CHECKING:
    from PIL.Image import Image

_LENGTH = 0.72  # of the ink on the canvas, as a share of its shorter side: about the size of typical drawings


class Pictures(QObject):
    """Reads images. A new request replaces one that is not done yet.

    Signals:
        read(Ink): the digit in the image, for the canvas.
        resized(Array): the whole image in the requested size, (height, width) float32 in 0…1.
        failed(str, Exception): the start of a message, and the error; the drawing stays as it was.
    """

    read = pyqtSignal(object)
    resized = pyqtSignal(object)
    failed = pyqtSignal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self._thread = SerialThread()
        self._latest: object = None  # identifies the latest request

    def load(self, given: QMimeData | None, giver: str, shape: tuple[int, int] | None = None) -> None:
        """Reads the image in ``given``; ``read`` or ``failed`` follows. ``giver`` names the source.

        With a ``shape``, height and width, ``resized`` follows instead of ``read``.
        """
        source = _source(given)
        if source is None:
            remedy = "Copy an image, or drop one onto the canvas."
            error = DataError.from_problem("", f"{giver} contains no image and no image file", remedy)
            self.failed.emit("Nothing was put on the canvas", error)
            return
        name = source.name if isinstance(source, Path) else "the image"
        this = self._latest = object()

        def is_wanted() -> bool:
            return self._latest is this

        def work() -> Ink | Array:
            grey = _grey_of(source, is_wanted)
            return _ink_of(grey, name) if shape is None else _resized(grey, shape)

        def done(made: Ink | Array) -> None:
            if is_wanted():
                (self.read if isinstance(made, Ink) else self.resized).emit(made)

        def failed(error: Exception) -> None:
            if is_wanted():
                self.failed.emit("The drawing is unchanged" if isinstance(error, EngineError) else name, error)

        self._thread.run(work, done, failed)

    def close(self, milliseconds: int) -> bool:
        """Stops reading. Returns whether the thread ended in time."""
        self._latest = None
        return self._thread.close(milliseconds)


def _source(given: QMimeData | None) -> Path | QImage | None:
    """Returns the first file, else the image in memory, which beside a file is often only an icon."""
    if given is None:
        return None
    files = [Path(url.toLocalFile()) for url in given.urls() if url.isLocalFile()]
    if files:
        return files[0]
    image = given.imageData() if given.hasImage() else None
    if isinstance(image, QPixmap):
        image = image.toImage()
    return image if isinstance(image, QImage) else None


def _grey_of(source: Path | QImage, is_wanted: Callable[[], bool]) -> Array:
    """Returns grey values, (height, width). Raises EngineError, OSError or CancelledError."""
    from nnviz.digits import picture_files

    grey = picture_files.grey_of_file(source, is_wanted) if isinstance(source, Path) else _grey_of_image(source)
    if not is_wanted():
        raise CancelledError
    return grey


def _resized(grey: Array, shape: tuple[int, int]) -> Array:
    from nnviz.digits.picture_files import resized

    return resized(grey, shape)


def _ink_of(grey: Array, name: str) -> Ink:
    """Returns the digit in an image as ink, in the size of typical drawings. Raises EngineError."""
    from engine import photograph

    pixels = photograph.ink_of_photograph(grey)
    if pixels is None:
        remedy = "Use an image of one digit, dark on light or light on dark, with an empty border around it."
        raise DataError.from_problem(name, "no digit stands out from the background", remedy)
    return Ink(pixels, _LENGTH, "" if name == "the image" else name)


def _grey_of_image(image: QImage) -> Array:
    from PIL.Image import frombytes

    from nnviz.digits.picture_files import check_size, grey_of_strips

    size = (image.width(), image.height())
    if image.isNull():
        raise DataError.from_problem("the image", "it is empty or damaged", "Copy it again.")
    check_size("the image", *size)

    def strip(top: int, bottom: int) -> Image:
        layers = image.copy(0, top, size[0], bottom - top).convertToFormat(QImage.Format.Format_RGBA8888)
        if layers.isNull():  # which is how Qt says so
            raise MemoryError
        picture = frombytes("RGBA", (size[0], bottom - top), layers.constBits().asstring(layers.byteCount()))
        return picture if image.hasAlphaChannel() else picture.convert("L")

    return grey_of_strips("the image", size, strip)
