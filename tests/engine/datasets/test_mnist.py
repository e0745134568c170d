"""MNIST: the real one, and what is wrong with others."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from engine.basics.assets_folder import ASSETS
from engine.basics.errors import DataError, EngineError, FileFormatError
from engine.datasets import Dataset, Split
from engine.datasets.mnist import load_mnist
from tests.engine.datasets.test_idx import idx
from tests.engine.helpers import refused

SHA_256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.mark.parametrize("name", list(SHA_256))
def test_the_shipped_files_are_the_originals(name: str) -> None:
    content = gzip.decompress((ASSETS / "mnist" / f"{name}.gz").read_bytes())
    assert hashlib.sha256(content).hexdigest() == SHA_256[name]


def test_the_attribution_is_shipped_with_them() -> None:
    assert "CC BY-SA 3.0" in (ASSETS / "mnist" / "ATTRIBUTION.md").read_text(encoding="utf-8")


def test_what_it_says_about_itself(mnist: Dataset) -> None:
    assert (mnist.width, mnist.outputs) == (784, 10)
    assert mnist.example_shape == (28, 28)
    assert mnist.is_picture
    assert mnist.class_names == tuple("0123456789")


@pytest.mark.parametrize(("part", "counts"), [("train", TRAIN_COUNTS), ("test", TEST_COUNTS)])
def test_known_facts(mnist: Dataset, part: str, counts: list[int]) -> None:
    split: Split = getattr(mnist, part)
    assert split.labels is not None
    assert len(split) == sum(counts)
    assert np.bincount(split.labels).tolist() == counts
    assert split.inputs.shape == (sum(counts), 784)
    assert (split.inputs.min(), split.inputs.max()) == (0, 255)
    assert split.inputs.dtype == np.uint8
    assert split.scale == 1 / 255
    np.testing.assert_array_equal(split.targets.argmax(axis=1), split.labels)
    assert (split.targets.sum(axis=1) == 1).all()
    assert split.targets.dtype == np.float32


def test_the_first_digits_are_the_well_known_ones(mnist: Dataset) -> None:
    assert mnist.train.labels is not None
    assert mnist.test is not None
    assert mnist.test.labels is not None
    assert mnist.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_pictures_stand_upright(mnist: Dataset) -> None:
    first_one = mnist.train.inputs[3].reshape(28, 28)
    rows, columns = np.nonzero(first_one > 128)
    assert np.ptp(rows) > np.ptp(columns)


# other folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three training pictures and two test pictures, not packed."""
    for prefix, count in (("train", 3), ("t10k", 2)):
        (tmp_path / f"{prefix}-images-idx3-ubyte").write_bytes(idx(count, 28, 28))
        (tmp_path / f"{prefix}-labels-idx1-ubyte").write_bytes(idx(count, body=bytes([7, 0, 9][:count])))
    return tmp_path


def test_reads_files_that_are_not_packed(folder: Path) -> None:
    data = load_mnist(folder)
    assert data.train.labels is not None
    assert data.train.labels.tolist() == [7, 0, 9]
    assert data.test is not None
    assert len(data.test) == 2


def test_reads_packed_and_unpacked_side_by_side(folder: Path) -> None:
    file = folder / "train-labels-idx1-ubyte"
    (folder / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    assert len(load_mnist(str(folder)).train) == 3


@pytest.mark.parametrize("name", list(SHA_256))
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with refused(FileFormatError, name, "does not exist"):
        load_mnist(folder)


@pytest.mark.parametrize(
    ("name", "content", "kind", "parameter", "value"),
    [
        ("train-labels-idx1-ubyte", idx(2), DataError, "train labels", "2 long"),
        ("train-labels-idx1-ubyte", idx(4), DataError, "train labels", "4 long"),
        ("t10k-labels-idx1-ubyte", idx(2, body=b"\1\x0a"), DataError, "t10k labels", "10 at [1]"),
        ("t10k-labels-idx1-ubyte", idx(2, 28, 28), DataError, "t10k labels", "(2, 28, 28)"),
        ("train-images-idx3-ubyte", idx(3, 27, 28), FileFormatError, "train-images-idx3-ubyte", "(3, 27, 28)"),
        ("train-images-idx3-ubyte", idx(3), FileFormatError, "train-images-idx3-ubyte", "(3,)"),
        ("train-images-idx3-ubyte", idx(0, 28, 28), FileFormatError, "train-images-idx3-ubyte", "(0, 28, 28)"),
        ("train-images-idx3-ubyte", b"<html>", FileFormatError, "train-images-idx3-ubyte", "3c 68 74 6d"),
        ("train-images-idx3-ubyte", idx(3, 28, 28)[:-1], FileFormatError, "train-images-idx3-ubyte", "2,367 bytes"),
    ],
)
def test_a_wrong_file_is_refused(
    folder: Path, name: str, content: bytes, kind: type[EngineError], parameter: str, value: str
) -> None:
    (folder / name).write_bytes(content)
    with refused(kind, parameter, value):
        load_mnist(folder)
