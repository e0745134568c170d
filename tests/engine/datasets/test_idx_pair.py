"""A pair of IDX files as a data set."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from engine.basics.errors import DataError, EngineError, FileFormatError, SettingError
from engine.datasets.idx_pair import idx_dataset
from tests.engine.datasets.test_idx import idx
from tests.engine.helpers import refused

LABELS = bytes([3, 7, 3, 7, 3, 7, 3, 7, 3, 7])


def write(folder: Path, prefix: str = "", count: int = 10, labels: bytes = LABELS) -> None:
    (folder / f"{prefix}images-idx3-ubyte").write_bytes(idx(count, 4, 5))
    (folder / f"{prefix}labels-idx1-ubyte").write_bytes(idx(len(labels), body=labels))


@pytest.mark.parametrize("given", ["images-idx3-ubyte", "labels-idx1-ubyte"])
def test_either_file_finds_the_other(tmp_path: Path, given: str) -> None:
    folder = tmp_path / "signs"
    folder.mkdir()
    write(folder)
    data = idx_dataset(str(folder / given))
    assert data.title == "signs"
    assert data.example_shape == (4, 5)
    assert data.class_names == ("3", "7")
    assert data.train.labels is not None
    assert np.bincount(data.train.labels).tolist() == [4, 4]
    assert data.test is not None
    assert len(data.test) == 2
    assert data.train.inputs.dtype == np.uint8
    assert data.train.scale == 1 / 255


@pytest.mark.parametrize("test_word", ["t10k", "test"])
@pytest.mark.parametrize("given", ["train", "test"])
def test_a_test_part_beside_it_is_used(tmp_path: Path, test_word: str, given: str) -> None:
    write(tmp_path, "emnist-letters-train-")
    write(tmp_path, f"emnist-letters-{test_word}-", 3, LABELS[:3])
    write(tmp_path, "emnist-digits-test-", 4, LABELS[:4])
    path = tmp_path / f"emnist-letters-{given if given == 'train' else test_word}-images-idx3-ubyte"
    data = idx_dataset(path)
    assert len(data.train) == 10
    assert data.test is not None
    assert len(data.test) == 3


def test_a_test_part_alone_is_divided(tmp_path: Path) -> None:
    write(tmp_path, "t10k-")
    data = idx_dataset(tmp_path / "t10k-labels-idx1-ubyte", test_share=0)
    assert len(data.train) == 10
    assert data.test is None


def test_packed_and_unpacked_belong_together(tmp_path: Path) -> None:
    write(tmp_path, "train-")
    file = tmp_path / "train-labels-idx1-ubyte"
    (tmp_path / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    assert len(idx_dataset(tmp_path / "train-images-idx3-ubyte", test_share=0).train) == 10


def test_rows_of_bytes_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "train-images-idx2-ubyte").write_bytes(idx(10, 6))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(10, body=LABELS))
    data = idx_dataset(tmp_path / "train-labels-idx1-ubyte")
    assert data.example_shape == ()
    assert data.width == 6


@pytest.mark.parametrize(
    ("given", "lacking"),
    [("train-images-idx3-ubyte", "train labels"), ("train-labels-idx1-ubyte", "train images")],
)
def test_a_lone_file_is_refused(tmp_path: Path, given: str, lacking: str) -> None:
    (tmp_path / given).write_bytes(idx(10))
    with refused(FileFormatError, given, f"the file of its {lacking} is not"):
        idx_dataset(tmp_path / given)


def test_half_a_test_part_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "train-")
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(1, 4, 5))
    with refused(FileFormatError, "t10k-images-idx3-ubyte", "the file of its test labels is not"):
        idx_dataset(tmp_path / "train-images-idx3-ubyte")


def test_a_name_that_does_not_tell_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.idx").write_bytes(idx(10))
    with refused(FileFormatError, "data.idx", "its name contains neither"):
        idx_dataset(tmp_path / "data.idx")


@pytest.mark.parametrize(
    ("labels", "kind", "parameter", "value"),
    [
        (LABELS[:9], DataError, "train-labels-idx1-ubyte", "9 long"),
        (bytes(10), DataError, "train-labels-idx1-ubyte", "0 everywhere"),
        (b"", DataError, "train-labels-idx1-ubyte", "(0,)"),
    ],
)
def test_labels_that_do_not_fit_are_refused(
    tmp_path: Path, labels: bytes, kind: type[EngineError], parameter: str, value: str
) -> None:
    write(tmp_path, "train-", labels=labels)
    with refused(kind, parameter, value):
        idx_dataset(tmp_path / "train-images-idx3-ubyte")


def test_a_file_that_is_no_idx_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "train-")
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"<html>")
    with refused(FileFormatError, "train-images-idx3-ubyte", "3c 68 74 6d"):
        idx_dataset(tmp_path / "train-labels-idx1-ubyte")


def test_a_test_part_of_another_size_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "train-")
    write(tmp_path, "test-", 3, LABELS[:3])
    (tmp_path / "test-images-idx3-ubyte").write_bytes(idx(3, 5, 4))
    with refused(DataError, "test-images-idx3-ubyte", "(3, 5, 4)"):
        idx_dataset(tmp_path / "train-images-idx3-ubyte")


def test_a_wrong_share_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "train-")
    with refused(SettingError, "test_share", "2"):
        idx_dataset(tmp_path / "train-images-idx3-ubyte", test_share=2)
