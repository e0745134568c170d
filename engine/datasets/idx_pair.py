"""A pair of IDX files as a data set: one with images and one with labels, found by their names."""

from __future__ import annotations

import re
from pathlib import Path

from engine.basics.errors import bad_file
from engine.datasets.arrays import Arrays, dataset_of
from engine.datasets.dataset import Dataset
from engine.datasets.idx import read_idx

# The parts in which the names of files that belong together differ.
_OWN = re.compile(r"images?|labels?|train|t10k|test|idx\d|\.gz$")
_PARTS = {"train": "train", "t10k": "test", "test": "test"}
_Kind = tuple[str, str]


def idx_dataset(path: str | Path, test_share: float = 0.2, seed: int = 0) -> Dataset:
    """Reads a pair of IDX files like MNIST's: images or rows of bytes, and a class number for each.

    Args:
        path: either file, with ``images`` or ``labels`` in its name; the other one is in the same folder. Files of the
            same name with ``t10k`` or ``test`` instead of ``train`` are the test set; else it is drawn.
        test_share, seed: see :func:`~engine.datasets.splitting.parts_of`.

    Raises:
        FileFormatError: a file is missing or damaged.
        DataError: the files do not fit together, or cannot be learned from.
        SettingError: an invalid share or seed.
        OSError: the folder cannot be read.
    """
    path = Path(path)
    train, test = (None if files is None else _arrays(*files) for files in _pairs(path))
    assert train is not None
    return dataset_of(path.resolve().parent.name or path.stem, train, test, "classification", test_share, seed)


def idx_files(path: str | Path) -> list[Path]:
    """Returns the files that belong together: images and labels, and those of the test set if they are there.

    Raises FileFormatError, and OSError if the folder cannot be read.
    """
    return [file for files in _pairs(Path(path)) if files is not None for file in files]


_Pair = tuple[Path, Path]


def _pairs(path: Path) -> tuple[_Pair, _Pair | None]:
    """Returns images and labels of the training set, and of the test set if there is one."""
    beside = _files_beside(path)
    part = _kind(path.name)[0]
    is_whole = {"train", "test"} <= {each for each, _ in beside} and part
    train = _pair(path, beside, "train" if is_whole else part)
    return train, _pair(path, beside, "test") if is_whole else None


def _arrays(images: Path, labels: Path) -> Arrays:
    return Arrays(read_idx(images), read_idx(labels), images.name, labels.name)


def _files_beside(path: Path) -> dict[_Kind, Path]:
    """Returns the files that belong to this one, itself too, by their kind; of a file and its ``.gz`` the former."""
    if not _kind(path.name)[1]:
        remedy = "Name the two files like train-images-idx3-ubyte and train-labels-idx1-ubyte."
        raise bad_file(path, "its name contains neither “images” nor “labels”", remedy)
    found: dict[_Kind, Path] = {}
    for file in sorted(path.parent.iterdir()):
        kind = _kind(file.name)
        if kind[1] and _OWN.sub("", file.name.lower()) == _OWN.sub("", path.name.lower()):
            found.setdefault(kind, file)
    return found | {_kind(path.name): path}


def _kind(name: str) -> _Kind:
    """Returns split ("train" or "test") and content ("images" or "labels") by the name of a file; "" for unknown."""
    lower = name.lower()
    part = next((part for word, part in _PARTS.items() if word in lower), "")
    return part, next((what for what in ("images", "labels") if what[:-1] in lower), "")


def _pair(path: Path, beside: dict[_Kind, Path], part: str) -> _Pair:
    files = [beside.get((part, what)) for what in ("images", "labels")]
    images, labels = files
    if images is None or labels is None:
        lacking = " ".join(word for word in (part, "labels" if labels is None else "images") if word)
        problem = f"the file of its {lacking} is not in the same folder under the matching name"
        raise bad_file(images or labels or path, problem, f"Put the {lacking} into the same folder.")
    return images, labels
