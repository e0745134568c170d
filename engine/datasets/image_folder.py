"""A folder of images as a data set: one subfolder for each class, named as the class."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from engine.basics.errors import DataError
from engine.basics.validation import Array, above_quarter_of_memory
from engine.datasets.arrays import check_one_hot
from engine.datasets.brightness import Brightness
from engine.datasets.class_folders import ADVICE, ClassFolders, UnreadFile, one_class
from engine.datasets.data_setting import SEED, SIDE, TEST_SHARE
from engine.datasets.dataset import Dataset, Split, one_hot
from engine.datasets.grey_images import (
    UnusableError,
    grey_square,
    ignore_warnings_about_files,
    is_coloured,
    readable_formats,
)
from engine.datasets.splitting import parts_of

_OFTEN = 100  # images between two calls of ``progress``
_LOOKED_AT = 30  # images, for their colours

Progress = Callable[[int, int], None]
Read = Callable[[str], "Array | str"]


class MapFunction(Protocol):
    """A function like the built-in ``map``, or the ``map`` of a pool of threads or processes."""

    def __call__(self, function: Read, paths: Iterable[str], /) -> Iterable[Array | str]:
        """Returns what the function gives for each path, in order."""


@dataclass(frozen=True)
class FolderReport:
    """Report on the files of a folder.

    Attributes:
        images: number of images in the data set.
        unread: the first 100 files that were left out, in order.
        unread_count: number of all files that were left out.
        empty_classes: subfolders without a readable image (of the training set), which are not classes of the data set.
        has_colour: whether some of the images are in colour; only a few are checked.
    """

    pictures: int
    unread: tuple[UnreadFile, ...]
    unread_count: int
    empty_classes: tuple[str, ...]
    has_colour: bool = False


def folder_dataset(
    path: str | Path,
    side: int = 28,
    test_share: float = 0.2,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
    map: MapFunction = map,
) -> tuple[Dataset, FolderReport]:
    """Reads a folder of images as grey bytes.

    Names that begin with a dot are left out. Links are followed only if they lead to something inside the folder.
    Unreadable files are listed in the report and raise no error.

    Args:
        path: the folder; its subfolders are the classes, or it has only ``train`` and ``test`` with such subfolders.
        side: height and width of an example in pixels, at most 1,000.
        test_share, seed: see :func:`~engine.datasets.splitting.parts_of`. Not used if there is a test folder
            with images.
        progress: called with the numbers of images tried and of all images. Its exceptions end the reading and are
            passed on.
        map: reads the images; that of a pool makes it faster.

    Raises:
        FileFormatError: the folder is missing or not a folder.
        DataError: it has no subfolders, fewer than two classes with images or more than 1,000, or its images take
            more than a quarter of the available memory.
        SettingError: an invalid side, share or seed.
    """
    side = SIDE.checked(side)
    TEST_SHARE.checked(test_share)  # now, and not after all images are read
    SEED.checked(seed)
    found = ClassFolders(Path(path))
    _check_memory(found, side)
    pixels, is_read = _read_all(found, side, progress, map)
    of_class, is_test = np.array(found.class_of, np.int64)[is_read], np.array(found.is_test, bool)[is_read]
    kept = _with_pictures(found, of_class[~is_test])
    check_one_hot(found.title, len(is_read), len(kept))
    labels = _renumbered(of_class, kept, len(found.names))
    parts = _rows_of_parts(labels, is_test, test_share, seed)
    splits = [_split(pixels[is_read[rows]], labels[rows], len(kept)) for rows in parts if len(rows)]
    names = tuple(found.names[number] for number in kept)
    brightness = Brightness.of(splits[0].inputs, splits[0].scale, (side, side))
    dataset = Dataset(
        found.title,
        splits[0],
        (*splits, None)[1],
        (side, side),
        names,
        brightness=brightness,
        has_own_images=True,
    )
    empty = tuple(name for number, name in enumerate(found.names) if number not in set(kept))
    has_colour = _has_colour([found.files[number] for number in is_read])
    return dataset, FolderReport(
        sum(len(rows) for rows in parts), tuple(found.unread), found.unread_count, empty, has_colour
    )


def _renumbered(of_class: Array, kept: list[int], classes: int) -> Array:
    """Returns the index of each example's class among the kept classes, (k,), or -1."""
    places = np.full(classes, -1)
    places[kept] = np.arange(len(kept))
    labels: Array = places[of_class]
    return labels


def _split(pixels: Array, labels: Array, classes: int) -> Split:
    return Split(pixels, one_hot(labels, classes), labels, 1 / 255)


def _rows_of_parts(labels: Array, is_test: Array, test_share: float, seed: int) -> tuple[Array, Array]:
    """Returns the numbers of the training and test examples, without those of omitted classes, whose label is -1."""
    if is_test.any():
        return np.flatnonzero(~is_test & (labels >= 0)), np.flatnonzero(is_test & (labels >= 0))
    return parts_of(labels, test_share, seed)


def _with_pictures(found: ClassFolders, of_class: Array) -> list[int]:
    """Returns the numbers of the classes with training images."""
    kept: list[int] = np.unique(of_class).tolist()
    if not kept:
        first = f" ({found.unread[0].path}: {found.unread[0].why})" if found.unread else ""
        raise DataError.from_problem(found.title, f"no image in its subfolders can be read{first}", ADVICE)
    if len(kept) == 1:
        raise one_class(found.title, found.names[kept[0]])
    return kept


def _check_memory(found: ClassFolders, side: int) -> None:
    """Raises DataError if the images, which are in memory twice (as read, and divided into splits), do not fit."""
    if excess := above_quarter_of_memory(2 * len(found.files) * side * side):
        problem = f"{len(found.files):,} images of {side} × {side} pixels take {excess}"
        raise DataError.from_problem(found.title, problem, "Make the side smaller, or use fewer images.")


# ---- reading


def _read_all(found: ClassFolders, side: int, progress: Progress, map_: MapFunction) -> tuple[Array, Array]:
    """Returns the images of the readable files, (files, side²) uint8, and the numbers of these files."""
    ignore_warnings_about_files()
    total = len(found.files)
    pixels, is_read = np.empty((total, side * side), np.uint8), np.zeros(total, bool)
    read = partial(_picture_or_why, side=side, formats=readable_formats())
    progress(0, total)
    for number, outcome in enumerate(map_(read, found.files)):
        if isinstance(outcome, str):
            found.leave_out(found.files[number], outcome)
        else:
            pixels[number], is_read[number] = outcome.reshape(-1), True
        if (number + 1) % _OFTEN == 0 or number + 1 == total:
            progress(number + 1, total)
    return pixels, np.flatnonzero(is_read)


def _has_colour(paths: list[str]) -> bool:
    """Whether one of a sample of the readable images, taken at even distances, is in colour."""
    formats = readable_formats()
    return any(is_coloured(path, formats) for path in paths[:: -(-len(paths) // _LOOKED_AT)])


def _picture_or_why(path: str, side: int, formats: tuple[str, ...]) -> Array | str:
    """Returns pixels, or the reason why the file cannot be read. Another process can call it, too."""
    try:
        return grey_square(path, side, formats)
    except UnusableError as reason:
        return str(reason)
