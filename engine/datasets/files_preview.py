"""Previews of a folder of images and of a file of arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from engine.basics.validation import Array
from engine.datasets.arrays import array_headers
from engine.datasets.class_folders import ClassFolders
from engine.datasets.data_setting import Value
from engine.datasets.dataset import Dataset
from engine.datasets.idx_pair import idx_files
from engine.datasets.preview import ArraysPreview, DatasetSummary, FolderPreview

_CLASSES_SHOWN, _PICTURES_SHOWN = 12, 6
_MOST_TRIED = 12  # files of a class, for its images


def preview_folder(path: Path, settings: Mapping[str, Value]) -> FolderPreview:
    """Returns the classes of a folder and some of its images. Raises the errors of ``ClassFolders``."""
    found = ClassFolders(path)
    counts = Counter(found.class_of)
    classes = tuple((name, counts[number]) for number, name in enumerate(found.names))
    side = int(settings.get("side", 28))
    samples = {name: _samples(found, number, side) for number, name in enumerate(found.names[:_CLASSES_SHOWN])}
    return FolderPreview(classes, samples, dict(settings), tuple(found.unread), found.unread_count)


def _samples(found: ClassFolders, number: int, side: int) -> tuple[Array, ...]:
    from engine.datasets.grey_images import UnusableError, grey_square, readable_formats

    pictures: list[Array] = []
    formats = readable_formats()
    files = [file for file, of_class in zip(found.files, found.class_of, strict=True) if of_class == number]
    for file in files[:_MOST_TRIED]:
        with suppress(UnusableError):
            pictures.append(grey_square(file, side, formats))
        if len(pictures) == _PICTURES_SHOWN:
            break
    return tuple(pictures)


def preview_arrays(path: Path, settings: Mapping[str, Value]) -> ArraysPreview:
    """Returns the arrays of a file, or the names of a pair of IDX files. Raises the errors of reading them."""
    if path.suffix.lower() == ".npz":
        return ArraysPreview(array_headers(path), dict(settings))
    return ArraysPreview(tuple((file.name, "") for file in idx_files(path)), dict(settings))


def with_pictures(preview: ArraysPreview, dataset: Dataset) -> ArraysPreview:
    """Returns the preview with the summary of the data set, and with its first images if it has images."""
    pictures: list[Array] = []
    if dataset.is_picture:
        shown = dataset.train.head(2 * _PICTURES_SHOWN)
        pictures = [shown.example(number).reshape(dataset.example_shape) for number in range(len(shown))]
    return replace(preview, samples=tuple(pictures), outcome=DatasetSummary.of(dataset))
