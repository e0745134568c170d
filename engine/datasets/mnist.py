"""MNIST: 60,000 handwritten digits for training and 10,000 for tests, 28 × 28 grey pixels.

LeCun, Cortes, Burges; CC BY-SA 3.0. The four files are in the project's assets.
"""

from __future__ import annotations

from pathlib import Path

from engine.basics.assets_folder import ASSETS
from engine.basics.errors import FileFormatError, Verbatim
from engine.basics.validation import Array, labels, same_length
from engine.datasets.dataset import Dataset, Split, one_hot
from engine.datasets.idx import read_idx
from engine.datasets.source import DATASETS, DataSource

TITLE = "MNIST handwritten digits"
DIGITS = 10
SIDE = 28
ABOUT = "70,000 images of 28 × 28, 10 classes"  # also of Fashion-MNIST and Kuzushiji-MNIST


def load_mnist(folder: str | Path = ASSETS / "mnist") -> Dataset:
    """Loads MNIST from its four IDX files, compressed by gzip (``.gz``) or not.

    Raises:
        FileFormatError: a file is missing or damaged.
        DataError: counts differ or a label is not a digit.
    """
    return load_like_mnist(folder, TITLE, tuple(str(digit) for digit in range(DIGITS)))


def load_like_mnist(folder: str | Path, title: str, class_names: tuple[str, ...]) -> Dataset:
    """Loads another data set whose files are named and made like those of MNIST; raises the same errors."""
    return Dataset(
        title=title,
        train=_split(Path(folder), "train", title, len(class_names)),
        test=_split(Path(folder), "t10k", title, len(class_names)),
        example_shape=(SIDE, SIDE),
        class_names=class_names,
    )


def _split(folder: Path, prefix: str, title: str, classes: int) -> Split:
    pictures = read_idx(_file(folder, f"{prefix}-images-idx3-ubyte"))
    class_numbers = read_idx(_file(folder, f"{prefix}-labels-idx1-ubyte"))
    return picture_split(prefix, pictures, class_numbers, title, classes)


def picture_split(name: str, pictures: Array, class_numbers: Array, title: str, classes: int) -> Split:
    """Makes a split of images (k, 28, 28) in bytes, and their class numbers (k,) from 0.

    Raises FileFormatError for images of another size, DataError if counts differ or there is no such class; both
    mention ``name``.
    """
    if pictures.shape[1:] != (SIDE, SIDE) or len(pictures) == 0:
        raise FileFormatError(
            f"{name}-images-idx3-ubyte",
            Verbatim(f"of dimensions {pictures.shape}"),
            f"must hold images of {SIDE} × {SIDE} pixels",
            f"Use the files of {title}.",
        )
    numbers = labels(f"{name} labels", class_numbers, classes)
    same_length(f"{name} labels", len(numbers), f"{name} images", len(pictures))
    return Split(pictures.reshape(len(pictures), -1), one_hot(numbers, classes), numbers, scale=1 / 255)


def _file(folder: Path, name: str) -> Path:
    packed = folder / f"{name}.gz"
    return packed if packed.exists() else folder / name


DATASETS.register("mnist", place=10)(DataSource(TITLE, load_mnist, about=ABOUT))
