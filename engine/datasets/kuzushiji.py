"""Kuzushiji-MNIST: 60,000 cursive Japanese characters for training and 10,000 for tests, 28 × 28 grey pixels.

Ten classes, one hiragana for each row of the syllabary. The files are downloaded once.
"""

from __future__ import annotations

from pathlib import Path

from engine.datasets.dataset import Dataset
from engine.datasets.download import Download, Progress, RemoteFile
from engine.datasets.mnist import ABOUT, load_like_mnist
from engine.datasets.source import DATASETS, DataSource

TITLE = "Kuzushiji-MNIST"
# The characters of the publisher's kmnist_classmap.csv, with the transcriptions that torchvision has.
CLASS_NAMES = ("o お", "ki き", "su す", "tsu つ", "na な", "ha は", "ma ま", "ya や", "re れ", "wo を")
_URL = "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"
# The addresses are in the publisher's README (github.com/rois-codh/kmnist), MD5 in torchvision/datasets/mnist.py, the
# sizes in tensorflow_datasets/url_checksums/kmnist.txt.
DOWNLOAD = Download(
    "kuzushiji-mnist",
    (
        RemoteFile(f"{_URL}train-images-idx3-ubyte.gz", 18_165_135, "bdb82020997e1d708af4cf47b453dcf7"),
        RemoteFile(f"{_URL}train-labels-idx1-ubyte.gz", 29_497, "e144d726b3acfaa3e44228e80efcd344"),
        RemoteFile(f"{_URL}t10k-images-idx3-ubyte.gz", 3_041_136, "5c965bf0a639b31b8f53240b1b52f4d7"),
        RemoteFile(f"{_URL}t10k-labels-idx1-ubyte.gz", 5_120, "7320c461ea6c1c855c0b718fb2a4b134"),
    ),
    licence="CC BY-SA 4.0",
    origin="KMNIST Dataset (created by CODH), adapted from Kuzushiji Dataset (created by NIJL and others), "
    "doi:10.20676/00000341; Clanuwat et al. 2018, arXiv:1812.01718",
)


def load_kuzushiji(progress: Progress | None = None, folder: str | Path | None = None) -> Dataset:
    """Loads Kuzushiji-MNIST from its four IDX files, compressed by gzip (``.gz``) or not.

    Args:
        progress: called with the progress of the download, if one is needed; see :meth:`Download.fetch`.
        folder: the folder of the files; None for the downloaded ones.

    Raises:
        DownloadError: they could not be downloaded.
        FileFormatError: a file is missing or damaged.
        DataError: counts differ or a label is invalid.
    """
    return load_like_mnist(DOWNLOAD.fetch(progress) if folder is None else folder, TITLE, CLASS_NAMES)


_source = DataSource(TITLE, load_kuzushiji, shows_progress=True, download=DOWNLOAD, about=ABOUT)
DATASETS.register("kuzushiji-mnist", place=30)(_source)
