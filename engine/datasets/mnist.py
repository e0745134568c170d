"""MNIST: 60,000 handwritten digits for training and 10,000 for tests, 28 × 28 grey pixels.

LeCun, Cortes, Burges; CC BY-SA 3.0. The four files are in the project's assets.
"""

from __future__ import annotations

from pathlib import Path

from engine.assets_folder import ASSETS
from engine.datasets.dataset import Dataset, Split, one_hot
from engine.datasets.idx import read_idx
from engine.datasets.source import DATASETS, DataSource
from engine.errors import FileFormatError, Verbatim
from engine.validation import labels, same_length

TITLE = "MNIST handwritten digits"
DIGITS = 10
SIDE = 28


def load_mnist(folder: str | Path = ASSETS / "mnist") -> Dataset:
    """Loads MNIST from its four IDX files, compressed by gzip (``.gz``) or not.

    Raises:
        FileFormatError: a file is missing or damaged.
        DataError: counts differ or a label is not a digit.
    """
    folder = Path(folder)
    return Dataset(
        title=TITLE,
        train=_split(folder, "train"),
        test=_split(folder, "t10k"),
        example_shape=(SIDE, SIDE),
        class_names=tuple(str(digit) for digit in range(DIGITS)),
    )


def _split(folder: Path, prefix: str) -> Split:
    pictures = read_idx(_file(folder, f"{prefix}-images-idx3-ubyte"))
    if pictures.shape[1:] != (SIDE, SIDE) or len(pictures) == 0:
        raise FileFormatError(
            f"{prefix}-images-idx3-ubyte",
            Verbatim(f"of dimensions {pictures.shape}"),
            f"must hold pictures of {SIDE} × {SIDE} pixels",
            "Use the files of MNIST.",
        )
    digits = labels(f"{prefix} labels", read_idx(_file(folder, f"{prefix}-labels-idx1-ubyte")), DIGITS)
    same_length(f"{prefix} labels", len(digits), f"{prefix} images", len(pictures))
    return Split(pictures.reshape(len(pictures), -1), one_hot(digits, DIGITS), digits, scale=1 / 255)


def _file(folder: Path, name: str) -> Path:
    packed = folder / f"{name}.gz"
    return packed if packed.exists() else folder / name


DATASETS.register("mnist")(DataSource(TITLE, load_mnist))
