"""Fashion-MNIST: 60,000 images of clothes for training and 10,000 for tests, 28 × 28 grey pixels, ten classes.

The files are not shipped: those of Debian's package ``dataset-fashion-mnist`` are used, or they are downloaded once.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

from engine.basics.errors import bad_file
from engine.basics.validation import Array
from engine.datasets.dataset import Dataset, Split, one_hot
from engine.datasets.download import Download, Progress, RemoteFile
from engine.datasets.idx import read_idx
from engine.datasets.mnist import ABOUT
from engine.datasets.source import DATASETS, DataSource

TITLE = "Fashion-MNIST"
CLASS_NAMES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
# Checksums of the unpacked files. Debian's .gz omit the name and the time of packing, so their checksums differ from
# the publisher's; what is in them does not.
SHA_256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}

_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
# Addresses and MD5 are in the publisher's README (github.com/zalandoresearch/fashion-mnist), and torchvision has the
# same (torchvision/datasets/mnist.py).
DOWNLOAD = Download(
    "fashion-mnist",
    (
        RemoteFile(f"{_URL}train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        RemoteFile(f"{_URL}train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"),
        RemoteFile(f"{_URL}t10k-images-idx3-ubyte.gz", 4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
        RemoteFile(f"{_URL}t10k-labels-idx1-ubyte.gz", 5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
    ),
    licence="MIT, © 2017 Zalando SE",
    origin="Xiao, Rasul, Vollgraf 2017: Fashion-MNIST, arXiv:1708.07747",
    on_system=Path("/usr/share/datasets/fashion-mnist"),
)


def load_fashion_mnist(progress: Progress | None = None, folder: str | Path | None = None) -> Dataset:
    """Loads Fashion-MNIST from its four IDX files, compressed by gzip (``.gz``) or not.

    Args:
        progress: called with the progress of the download, if one is needed; see :meth:`Download.fetch`.
        folder: the folder of the files; None for those of the system, or else the downloaded ones.

    Raises:
        DownloadError: they could not be downloaded.
        FileFormatError: a file is missing or damaged, or is not the publisher's.
    """
    folder = DOWNLOAD.fetch(progress) if folder is None else Path(folder)
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
        digests = f"SHA-256 {found.hexdigest()[:12]}… instead of {SHA_256[name][:12]}…"
        remedy = "Copy the file again, or open the folder’s files as an IDX pair."
        raise bad_file(path, f"not the file of Fashion-MNIST ({digests})", remedy)
    return array


def _file(folder: Path, name: str) -> Path:
    packed = folder / f"{name}.gz"
    return packed if packed.exists() else folder / name


_source = DataSource(TITLE, load_fashion_mnist, shows_progress=True, download=DOWNLOAD, about=ABOUT)
DATASETS.register("fashion-mnist", place=20)(_source)
