"""Fashion-MNIST: the real one where the system has it, and what is wrong with others."""

from __future__ import annotations

import calendar
import gzip
import hashlib
import struct
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.basics.errors import FileFormatError
from engine.datasets import fashion_mnist
from engine.datasets.fashion_mnist import CLASS_NAMES, DOWNLOAD, SHA_256, load_fashion_mnist
from tests.engine.datasets.servers import server
from tests.engine.datasets.test_idx import idx
from tests.engine.helpers import refused

ON_DEBIAN = Path("/usr/share/datasets/fashion-mnist")
is_on_system = pytest.mark.skipif(not ON_DEBIAN.is_dir(), reason="needs Debian's package dataset-fashion-mnist")


@is_on_system
def test_known_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    assert DOWNLOAD.is_here()
    data = load_fashion_mnist()
    assert data.title == "Fashion-MNIST"
    assert data.is_picture
    assert data.class_names == CLASS_NAMES
    assert data.test is not None
    for split, count in ((data.train, 6000), (data.test, 1000)):
        assert split.labels is not None
        assert np.bincount(split.labels).tolist() == [count] * 10
        assert (split.width, split.scale, split.inputs.dtype) == (784, 1 / 255, np.uint8)
    assert data.train.labels is not None
    assert data.train.labels[:5].tolist() == [9, 0, 0, 3, 0]


@is_on_system
def test_the_publishers_own_files_are_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are made of Debian's, whose headers lack name and time; then sizes and MD5 must be the real ones."""
    with server(monkeypatch) as running:
        for file in DOWNLOAD.files:
            time = calendar.timegm((2017, 8, 31, 10, 50, 6 if file.name.startswith("train") else 27))
            name = file.name.removesuffix(".gz").encode() + b"\0"
            running.put(file.name, _HEADER + struct.pack("<I", time) + b"\0\3" + name + _body(ON_DEBIAN / file.name))
        files = tuple(replace(file, url=f"{running.url}/{file.name}") for file in DOWNLOAD.files)
        monkeypatch.setattr(fashion_mnist, "DOWNLOAD", replace(DOWNLOAD, files=files, on_system=None))
        data = load_fashion_mnist()
    assert len(data.train) == 60_000
    assert all(file.is_at(DOWNLOAD.folder / file.name) for file in DOWNLOAD.files)


_HEADER = b"\x1f\x8b\x08\x08"  # gzip, deflate, with a name


def _body(path: Path) -> bytes:
    """What follows gzip's header of ten bytes, which has no name."""
    return path.read_bytes()[10:]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files of few pictures, taken for the publisher's."""
    sums = {}
    for prefix, count in (("train", 3), ("t10k", 2)):
        contents = {"images-idx3": idx(count, 28, 28), "labels-idx1": idx(count, body=bytes([9, 0, 5][:count]))}
        for name, content in contents.items():
            (tmp_path / f"{prefix}-{name}-ubyte").write_bytes(content)
            sums[f"{prefix}-{name}-ubyte"] = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(fashion_mnist, "SHA_256", sums)
    return tmp_path


def test_reads_files_packed_or_not(folder: Path) -> None:
    file = folder / "train-labels-idx1-ubyte"
    (folder / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    data = load_fashion_mnist(folder=str(folder))
    assert data.train.labels is not None
    assert [data.class_name(label) for label in data.train.labels] == ["Ankle boot", "T-shirt/top", "Sandal"]


def test_every_checksum_is_one_and_belongs_to_a_file() -> None:
    assert [len(bytes.fromhex(each)) for each in SHA_256.values()] == [32] * 4
    assert [len(bytes.fromhex(file.md5)) for file in DOWNLOAD.files] == [16] * 4
    assert [file.name for file in DOWNLOAD.files] == [f"{name}.gz" for name in SHA_256]


def test_it_is_downloaded_where_the_system_does_not_have_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(monkeypatch) as running:
        files = tuple(running.put(f"{name}.gz", gzip.compress((folder / name).read_bytes())) for name in SHA_256)
        monkeypatch.setattr(fashion_mnist, "DOWNLOAD", replace(DOWNLOAD, files=files, on_system=folder / "none"))
        data = load_fashion_mnist()
    assert data.title == "Fashion-MNIST"
    assert (len(data.train), data.test and len(data.test)) == (3, 2)


def test_a_changed_pixel_is_noticed(folder: Path) -> None:
    file = folder / "t10k-images-idx3-ubyte"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    (folder / f"{file.name}.gz").write_bytes(gzip.compress(bytes(content)))
    file.unlink()
    with refused(FileFormatError, f"{file.name}.gz", "not the file of"):
        load_fashion_mnist(folder=folder)


@pytest.mark.parametrize("name", list(SHA_256))
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with refused(FileFormatError, name, "does not exist"):
        load_fashion_mnist(folder=folder)


@pytest.mark.parametrize("name", list(SHA_256))
@pytest.mark.parametrize(
    ("content", "value"),
    [(idx(3, 28, 28, body=bytes(3 * 784)), "not the file of"), (idx(7), "not the file of"), (b"<html>", "3c 68 74 6d")],
)
def test_another_file_is_refused(folder: Path, name: str, content: bytes, value: str) -> None:
    (folder / name).write_bytes(content)
    with refused(FileFormatError, name, value):
        load_fashion_mnist(folder=folder)
