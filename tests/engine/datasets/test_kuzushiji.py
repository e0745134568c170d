"""Kuzushiji-MNIST, downloaded from a server on this machine."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from engine.basics.errors import DataError, FileFormatError
from engine.datasets import kuzushiji
from engine.datasets.kuzushiji import CLASS_NAMES, DOWNLOAD, load_kuzushiji
from tests.engine.datasets.servers import server
from tests.engine.datasets.test_idx import idx
from tests.engine.helpers import refused

FILES = {
    "train-images-idx3-ubyte.gz": idx(3, 28, 28),
    "train-labels-idx1-ubyte.gz": idx(3, body=bytes([9, 0, 3])),
    "t10k-images-idx3-ubyte.gz": idx(2, 28, 28),
    "t10k-labels-idx1-ubyte.gz": idx(2, body=bytes([1, 8])),
}


def test_it_is_downloaded_and_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NNVIZ_CACHE", str(tmp_path))
    with server(monkeypatch) as running:
        files = tuple(running.put(name, gzip.compress(content)) for name, content in FILES.items())
        monkeypatch.setattr(kuzushiji, "DOWNLOAD", replace(DOWNLOAD, files=files))
        seen: list[int] = []
        load_kuzushiji(lambda done, total: seen.append(total))
    data = load_kuzushiji()  # from the cache: the server is gone
    assert set(seen) == {sum(file.size for file in files)}
    assert data.title == "Kuzushiji-MNIST"
    assert data.is_picture
    assert data.train.labels is not None
    assert [data.class_name(label) for label in data.train.labels] == ["wo を", "o お", "tsu つ"]
    assert data.train.inputs[0].tolist() == [i % 256 for i in range(784)]
    assert data.train.scale == 1 / 255


def test_the_files_and_classes_are_the_publishers() -> None:
    assert [file.name for file in DOWNLOAD.files] == list(FILES)
    assert [len(bytes.fromhex(file.md5)) for file in DOWNLOAD.files] == [16] * 4
    # index, codepoint of kmnist_classmap.csv
    codepoints = [0x304A, 0x304D, 0x3059, 0x3064, 0x306A, 0x306F, 0x307E, 0x3084, 0x308C, 0x3092]
    assert [name[-1] for name in CLASS_NAMES] == [chr(code) for code in codepoints]


@pytest.mark.parametrize(
    ("name", "content", "kind", "parameter", "value"),
    [
        ("train-images-idx3-ubyte", idx(3, 27, 28), FileFormatError, "train-images-idx3-ubyte", "(3, 27, 28)"),
        ("train-labels-idx1-ubyte", idx(3, body=bytes([9, 0, 10])), DataError, "train labels", "10"),
        ("t10k-labels-idx1-ubyte", idx(1), DataError, "t10k labels", "1"),
    ],
)
def test_other_files_are_refused(
    tmp_path: Path, name: str, content: bytes, kind: type[FileFormatError], parameter: str, value: str
) -> None:
    for each, right in FILES.items():
        (tmp_path / each.removesuffix(".gz")).write_bytes(right)
    (tmp_path / name).write_bytes(content)
    with refused(kind, parameter, value):
        load_kuzushiji(folder=tmp_path)
