"""EMNIST: handwritten digits and letters in six splits, 28 × 28 grey pixels, out of the one zip that holds them all.

Cohen, Afshar, Tapson, van Schaik 2017, arXiv:1702.05373. The zip is downloaded once; of it, one split is unpacked.
"""

from __future__ import annotations

import contextlib
import io
import string
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from engine.basics.errors import SettingError, bad_file
from engine.basics.regular_files import open_regular
from engine.basics.validation import Array
from engine.datasets.dataset import Dataset, Split
from engine.datasets.download import Download, Progress, RemoteFile
from engine.datasets.idx import REMEDY, read_idx_from
from engine.datasets.mnist import SIDE, picture_split
from engine.datasets.source import DATASETS, DataSource

# The address and the MD5 are those of torchvision/datasets/mnist.py; the publisher's page is
# nist.gov/itl/products-and-services/emnist-dataset.
_ZIP = RemoteFile(
    "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip", 561_753_746, "58c8d27c78d21e728a6bc7b3cc06412e"
)
DOWNLOAD = Download(
    "emnist",
    (_ZIP,),
    licence="none stated by its publisher, NIST",
    origin="Cohen, Afshar, Tapson, van Schaik 2017: EMNIST, arXiv:1702.05373; from NIST Special Database 19",
)


@dataclass(frozen=True)
class EmnistSplit:
    """A split of EMNIST.

    Attributes:
        title: its displayed name.
        class_names: its classes, in the order of the class numbers.
        first: the number of the first class in the files.
    """

    title: str
    class_names: tuple[str, ...]
    first: int = 0


# From the publisher's emnist-…-mapping.txt. If upper and lower case are one class, it has the upper case's
# name: all letters of "letters"; c i j k l m o p s u v w x y z of "bymerge" and "balanced".
_DIGITS = tuple(string.digits)
_MERGED = (*_DIGITS, *string.ascii_uppercase, *"abdefghnqrt")
SPLITS = {
    "balanced": EmnistSplit("EMNIST Balanced", _MERGED),
    "letters": EmnistSplit("EMNIST Letters", tuple(string.ascii_uppercase), first=1),
    "digits": EmnistSplit("EMNIST Digits", _DIGITS),
    "mnist": EmnistSplit("EMNIST MNIST", _DIGITS),
    "bymerge": EmnistSplit("EMNIST ByMerge", _MERGED),
    "byclass": EmnistSplit("EMNIST ByClass", (*_DIGITS, *string.ascii_uppercase, *string.ascii_lowercase)),
}
_MOST_BYTES = 10**10  # limit of a zip
_PIECE = 2**16  # packed bytes that are read at once
_MANY = 1000  # images that are turned at once


def load_emnist(split: str, progress: Progress | None = None, path: str | Path | None = None) -> Dataset:
    """Loads a split of EMNIST with upright images and class numbers from 0; unpacks nothing else.

    The images are stored transposed: rows and columns are exchanged (torchvision issue 8783).

    Args:
        split: a name in :data:`SPLITS`.
        progress: called with the progress of the download, if one is needed, and then of the unpacking, in bytes of the
            packed files. Its exceptions end both and are passed on.
        path: the zip ``gzip.zip``; None for the downloaded one.

    Raises:
        SettingError: there is no such split.
        DownloadError: the zip could not be downloaded.
        FileFormatError: the zip is missing or damaged, or lacks the split.
        DataError: counts differ, a label is invalid, or the split needs too much memory.
    """
    if split not in SPLITS:
        raise SettingError("split", split, f"must be one of {', '.join(SPLITS)}", "Try balanced.")
    path = DOWNLOAD.fetch(progress) / _ZIP.name if path is None else Path(path)
    about = SPLITS[split]
    with _opened(path) as members:
        archive = _Archive(path, members, split, progress)
        train, test = archive.part("train"), archive.part("test")
    return Dataset(about.title, train, test, (SIDE, SIDE), about.class_names)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with contextlib.ExitStack() as stack:
        with _unreadable(path):
            members = stack.enter_context(zipfile.ZipFile(stack.enter_context(open_regular(path, _MOST_BYTES))))
        yield members


@contextlib.contextmanager
def _unreadable(path: Path) -> Iterator[None]:
    """Converts errors of zipfile, RuntimeError for encrypted or unsupported files included, to FileFormatError."""
    try:
        yield
    except (OSError, zipfile.BadZipFile, RuntimeError) as failure:
        raise bad_file(path, f"it cannot be read as a zip file ({failure})", REMEDY) from None


class _Archive:
    """The open zip, and the split that is wanted of it."""

    def __init__(self, path: Path, members: zipfile.ZipFile, split: str, progress: Progress | None) -> None:
        self._path, self._members, self._split, self._progress = path, members, split, progress
        self._done = 0
        names = [self._name(part, what) for part in ("train", "test") for what in ("images-idx3", "labels-idx1")]
        self._total = sum(self._member(name).file_size for name in names)

    def part(self, part: str) -> Split:
        """Reads a part, "train" or "test"."""
        pictures = self._read(self._name(part, "images-idx3"))
        numbers = self._read(self._name(part, "labels-idx1")).astype(np.int64)
        about = SPLITS[self._split]
        if pictures.shape[1:] == (SIDE, SIDE):  # others are refused below
            _turn(pictures)
        name = f"emnist-{self._split}-{part}"
        return picture_split(name, pictures, numbers - about.first, about.title, len(about.class_names))

    def _name(self, part: str, what: str) -> str:
        return f"gzip/emnist-{self._split}-{part}-{what}-ubyte.gz"

    def _member(self, name: str) -> zipfile.ZipInfo:
        try:
            return self._members.getinfo(name)
        except KeyError:
            remedy = "Use the gzip.zip of EMNIST’s publisher."
            raise bad_file(self._path, f"it does not contain {name}", remedy) from None

    def _read(self, name: str) -> Array:
        member = self._member(name)
        with _unreadable(self._path):
            stream = self._members.open(member)
        with stream, io.BufferedReader(_ReportingStream(stream, self._report), _PIECE) as watched:
            array = read_idx_from(watched, Path(member.filename), member.file_size)
        self._report(member.file_size)
        self._done += member.file_size
        return array

    def _report(self, done: int) -> None:
        if self._progress is not None:
            self._progress(self._done + done, self._total)


class _ReportingStream(io.RawIOBase):
    """A stream that reports each read, with the bytes read before."""

    def __init__(self, stream: IO[bytes], report: Callable[[int], None]) -> None:
        self._stream, self._report = stream, report

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        self._report(self._stream.tell())
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _turn(pictures: Array) -> None:
    """Exchanges rows and columns of square images (k, n, n), in place."""
    for start in range(0, len(pictures), _MANY):
        some = pictures[start : start + _MANY]
        some[...] = some.swapaxes(1, 2).copy()


for _name, _split in SPLITS.items():
    _load = partial(load_emnist, _name)
    _about = f"images of 28 × 28, {len(_split.class_names)} classes"
    DATASETS.register(f"emnist-{_name}", place=40)(
        DataSource(_split.title, _load, shows_progress=True, download=DOWNLOAD, about=_about)
    )
