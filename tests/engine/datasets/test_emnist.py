"""EMNIST, from a zip as its publisher's: transposed glyphs, classes of each split, and what is wrong with others."""

from __future__ import annotations

import gzip
import io
import string
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.basics.errors import DataError, EngineError, FileFormatError, SettingError
from engine.basics.validation import Array
from engine.datasets import emnist
from engine.datasets.emnist import DOWNLOAD, SPLITS, load_emnist
from tests.engine.datasets.servers import server
from tests.engine.datasets.test_idx import idx
from tests.engine.helpers import refused

CLASSES = {"balanced": 47, "letters": 26, "digits": 10, "mnist": 10, "bymerge": 47, "byclass": 62}


def glyph(letter: str) -> Array:
    """(28, 28) uint8, as a person reads it; neither is its own mirror image or lies on its diagonal."""
    picture = np.zeros((28, 28), np.uint8)
    picture[4:24, 6:9] = 255  # a stem at the left
    if letter == "L":
        picture[21:24, 6:20] = 255  # a foot at the bottom, to the right
    elif letter == "F":
        picture[4:7, 6:20] = 200
        picture[12:15, 6:16] = 200
    return picture


def members(split: str, letters: str, labels: list[int]) -> dict[str, bytes]:
    """The four files of a split: the pictures with rows and columns exchanged, each part in the same order."""
    lying = b"".join(np.ascontiguousarray(glyph(letter).T).tobytes() for letter in letters)
    found = {}
    for part in ("train", "test"):
        found[f"{part}-images-idx3"] = idx(len(letters), 28, 28, body=lying)
        found[f"{part}-labels-idx1"] = idx(len(labels), body=bytes(labels))
    return {f"gzip/emnist-{split}-{name}-ubyte.gz": gzip.compress(content) for name, content in found.items()}


def packed(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A zip with two splits and, for the others, files that must not be touched."""
    other = {f"gzip/emnist-{split}-train-images-idx3-ubyte.gz": b"never read" for split in ("byclass", "bymerge")}
    files = other | members("letters", "LF", [12, 6]) | members("balanced", "FFL", [15, 40, 46])
    (tmp_path / "gzip.zip").write_bytes(packed(files))
    return tmp_path / "gzip.zip"


def test_pictures_are_upright(path: Path) -> None:
    data = load_emnist("letters", path=path)
    assert data.title == "EMNIST Letters"
    assert data.test is not None
    for split in (data.train, data.test):
        assert split.inputs.shape == (2, 784)
        np.testing.assert_array_equal(split.inputs.reshape(2, 28, 28), [glyph("L"), glyph("F")])
        assert split.scale == 1 / 255


def test_more_pictures_than_are_turned_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emnist, "_MANY", 2)
    data = load_emnist("balanced", path=path)
    np.testing.assert_array_equal(data.train.inputs.reshape(3, 28, 28), [glyph("F"), glyph("F"), glyph("L")])


def test_letters_count_from_1_and_the_others_from_0(path: Path) -> None:
    for split, names in (("letters", ["L", "F"]), ("balanced", ["F", "f", "t"])):
        data = load_emnist(split, path=path)
        assert data.train.labels is not None
        assert [data.class_name(label) for label in data.train.labels] == names
        assert data.outputs == CLASSES[split]


def test_every_split_has_class_names_of_its_own() -> None:
    assert {name: len(split.class_names) for name, split in SPLITS.items()} == CLASSES
    assert all(len(set(split.class_names)) == len(split.class_names) for split in SPLITS.values())
    assert "".join(SPLITS["byclass"].class_names) == string.digits + string.ascii_uppercase + string.ascii_lowercase
    # Label and code of emnist-balanced-mapping.txt, from 36 on.
    assert [ord(name) for name in SPLITS["balanced"].class_names[36:]] == [
        *(97, 98, 100, 101, 102, 103, 104, 110, 113, 114, 116)
    ]
    merged = set("cijklmopsuvwxyz")  # torchvision issue 2176
    assert set(string.ascii_letters) - merged - set(SPLITS["bymerge"].class_names) == set()


@pytest.mark.parametrize(("label", "value"), [(0, "-1"), (27, "26")])
def test_a_letter_that_is_none_is_refused(tmp_path: Path, label: int, value: str) -> None:
    (tmp_path / "gzip.zip").write_bytes(packed(members("letters", "L", [label])))
    with refused(DataError, "emnist-letters-train labels", value):
        load_emnist("letters", path=tmp_path / "gzip.zip")


def test_it_is_downloaded_and_tells_how_it_comes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NNVIZ_CACHE", str(tmp_path / "cache"))
    seen: list[tuple[int, int]] = []
    with server(monkeypatch) as running:
        file = running.put("gzip.zip", path.read_bytes())
        monkeypatch.setattr(emnist, "DOWNLOAD", replace(DOWNLOAD, files=(file,)))
        load_emnist("letters", lambda done, total: seen.append((done, total)))
    load_emnist("balanced")  # the same zip: the server is gone
    assert running.asked == ["/gzip.zip"]
    assert (file.size, file.size) in seen
    done, total = seen[-1]
    assert done == total == sum(len(content) for content in members("letters", "LF", [12, 6]).values())


def test_unpacking_can_be_stopped(path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        load_emnist("letters", stop, path)


def test_an_unknown_split(path: Path) -> None:
    with refused(SettingError, "split", "'capitals'"):
        load_emnist("capitals", path=path)


def _with(name: str, content: bytes) -> bytes:
    full = f"gzip/emnist-letters-train-{name}-ubyte.gz"
    return packed(members("letters", "LF", [12, 6]) | {full: content})


_WHOLE = packed(members("letters", "LF", [12, 6]))
_PICTURES = "emnist-letters-train-images-idx3-ubyte.gz"
REFUSED: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "gzip.zip", "cannot be read"),
    "text": (b"<html>", "gzip.zip", "cannot be read"),
    "cut short": (_WHOLE[:-30], "gzip.zip", "cannot be read"),
    "another split only": (packed(members("digits", "L", [1])), "gzip.zip", "it does not contain"),
    "no gzip": (_with("images-idx3", b"<html>"), _PICTURES, "not an IDX file"),
    "pictures of another size": (
        _with("images-idx3", idx(2, 5, 4)),
        "emnist-letters-train-images-idx3-ubyte",
        "(2, 5, 4)",
    ),
    "no pictures": (_with("images-idx3", idx(2)), _PICTURES.removesuffix(".gz"), "(2,)"),
    "says more than it has": (_with("images-idx3", idx(9, 28, 28, body=b"x")), _PICTURES, "it has 17 bytes"),
    "says more than could be": (
        _with("images-idx3", gzip.compress(idx(2**31, 28, 28, body=b"x"))),
        _PICTURES,
        "compressed bytes",
    ),
    "fewer labels": (_with("labels-idx1", idx(1, body=b"\1")), "emnist-letters-train labels", "1"),
}


@pytest.mark.parametrize(("content", "parameter", "value"), REFUSED.values(), ids=REFUSED)
def test_other_zips_are_refused(tmp_path: Path, content: bytes, parameter: str, value: str) -> None:
    (tmp_path / "gzip.zip").write_bytes(content)
    with refused(EngineError, parameter, value):
        load_emnist("letters", path=tmp_path / "gzip.zip")


def test_a_damaged_member_is_refused(tmp_path: Path) -> None:
    damaged = bytearray(_WHOLE)
    damaged[_WHOLE.index(_PICTURES.encode()) + len(_PICTURES) + 20] ^= 0xFF
    (tmp_path / "gzip.zip").write_bytes(bytes(damaged))
    with refused(FileFormatError, _PICTURES, "cannot be read"):
        load_emnist("letters", path=tmp_path / "gzip.zip")
