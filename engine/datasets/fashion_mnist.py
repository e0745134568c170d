"""Fashion-MNIST: 60,000 pictures of clothes for training and 10,000 for tests, 28 × 28 grey pixels, ten classes.

Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747; MIT licence, Zalando SE. The files are not shipped: those of Debian's
package ``dataset-fashion-mnist`` are used, or a folder that is given.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

from engine.datasets.dataset import Dataset, Split, one_hot
from engine.datasets.idx import read_idx
from engine.errors import bad_file
from engine.validation import Array

TITLE = "Fashion-MNIST"
ON_DEBIAN = Path("/usr/share/datasets/fashion-mnist")
CLASS_NAMES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
# Of the unpacked files. In Debian's .gz the name and the time of packing are left out, so their checksums differ from
# the publisher's; what is in them does not.
SHA_256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def is_complete(folder: str | Path = ON_DEBIAN) -> bool:
    """Whether all four files are in the folder; nothing is read."""
    return all(_file(Path(folder), name).is_file() for name in SHA_256)


def load_fashion_mnist(folder: str | Path = ON_DEBIAN) -> Dataset:
    """Loads Fashion-MNIST from its four IDX files, compressed by gzip (``.gz``) or not.

    Raises FileFormatError if a file is missing or damaged, or if it is not the publisher's.
    """
    folder = Path(folder)
    return Dataset(
        title=TITLE,
        train=_split(folder, "train"),
        test=_split(folder, "t10k"),
        example_shape=(28, 28),
        class_names=CLASS_NAMES,
    )


def _split(folder: Path, prefix: str) -> Split:
    pictures = _checked(folder, f"{prefix}-images-idx3-ubyte")
    labels = _checked(folder, f"{prefix}-labels-idx1-ubyte")
    return Split(pictures.reshape(len(pictures), -1), one_hot(labels, len(CLASS_NAMES)), labels, scale=1 / 255)


def _checked(folder: Path, name: str) -> Array:
    """Reads a file whose content is known, so that its dimensions and labels need no other check."""
    path = _file(folder, name)
    array = read_idx(path)
    found = hashlib.sha256(struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape))
    found.update(array.data)
    if found.hexdigest() != SHA_256[name]:
        rule = f"must be the file of Fashion-MNIST, whose SHA-256 starts with {SHA_256[name][:12]}"
        value = f"another file (its SHA-256 starts with {found.hexdigest()[:12]})"
        raise bad_file(path, value, rule, "Copy the file again, or open the folder’s files as an IDX pair.")
    return array


def _file(folder: Path, name: str) -> Path:
    packed = folder / f"{name}.gz"
    return packed if packed.exists() else folder / name
