"""The IDX reader."""

from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.errors import FileFormatError
from engine.datasets.idx import read_idx
from tests.engine.helpers import refused, value_or_error


def idx(*dimensions: int, body: bytes | None = None, start: bytes = b"\0\0\x08") -> bytes:
    """An IDX file of bytes that count up."""
    size = int(np.prod(dimensions))
    body = bytes(i % 256 for i in range(size)) if body is None else body
    return start + bytes([len(dimensions)]) + struct.pack(f">{len(dimensions)}I", *dimensions) + body


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some-idx3-ubyte"


@pytest.mark.parametrize("dimensions", [(5,), (2, 3), (2, 3, 4), (1, 1, 1, 2), (0,), (3, 0)])
@pytest.mark.parametrize("pack", [lambda content: content, gzip.compress], ids=["plain", "gzip"])
def test_reads_what_was_written_gzip_or_not(file: Path, dimensions: tuple[int, ...], pack: object) -> None:
    file.write_bytes(pack(idx(*dimensions)))  # type: ignore[operator]
    array = read_idx(file)
    assert array.shape == dimensions
    assert array.dtype == np.uint8
    assert array.ravel().tolist() == list(range(array.size))


def test_takes_a_path_as_text(file: Path) -> None:
    file.write_bytes(idx(3))
    assert read_idx(str(file)).tolist() == [0, 1, 2]


# A gzip stream holds the second it was made in: without names of their own, its tests would be called again each time.
REFUSED = {
    "empty": (b"", "starts with empty"),
    "three bytes": (b"\0\0\x08", "starts with 00 00 08"),
    "text": (b"hello world", "starts with 68 65 6c 6c"),
    "no zero first": (idx(3, start=b"\1\0\x08"), "starts with 01 00 08 01"),
    "floats": (idx(3, start=b"\0\0\x0d"), "starts with 00 00 0d 01"),
    "no dimensions": (b"\0\0\x08\0", "starts with 00 00 08 00"),
    "255 dimensions": (b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"x", "starts with 00 00 08 ff"),
    "half a header": (b"\0\0\x08\3\0\0\0\2", "after 8 bytes"),
    "a byte too few": (idx(2, 3)[:-1], "17 bytes"),
    "a byte too many": (idx(2, 3) + b"x", "19 bytes"),
    "larger than any file": (idx(2**31, 2**31, 4, body=b""), "16 bytes"),
    "a product beyond 64 bits": (idx(2**32 - 1, 2**32 - 1, body=b"x"), "13 bytes"),
    "a byte too few, gzip": (gzip.compress(idx(2, 3)[:-1]), "17 bytes"),
    "text, gzip": (gzip.compress(b"hello world"), "starts with 68 65 6c 6c"),
    "gzip cut off in its sum": (gzip.compress(idx(2, 3))[:-9], "cannot be read"),
    "gzip cut off in its header": (gzip.compress(idx(2, 3))[:5], "cannot be read"),
    "gzip of another sum": (gzip.compress(idx(2, 3))[:-8] + b"12345678", "cannot be read"),
    "gzip and more": (gzip.compress(idx(2, 3)) + b"trailing", "cannot be read"),
    "no gzip": (b"\x1f\x8bnot really", "cannot be read"),
}


@pytest.mark.parametrize(("content", "value"), REFUSED.values(), ids=REFUSED)
def test_refuses(file: Path, content: bytes, value: str) -> None:
    file.write_bytes(content)
    with refused(FileFormatError, file.name, value):
        read_idx(file)


def test_refuses_a_missing_file_and_says_where_it_belongs(file: Path) -> None:
    with refused(FileFormatError, file.name, "does not exist"):
        read_idx(file)
    with pytest.raises(FileFormatError, match=str(file.parent)):
        read_idx(file)


def test_refuses_a_folder(tmp_path: Path) -> None:
    with refused(FileFormatError, tmp_path.name, "cannot be read"):
        read_idx(tmp_path)


def test_says_how_long_the_file_should_be(file: Path) -> None:
    file.write_bytes(idx(2, 3)[:-1])
    with pytest.raises(FileFormatError, match="its header says 2 × 3"):
        read_idx(file)


@given(content=st.one_of(st.binary(max_size=40), st.binary(max_size=40).map(lambda tail: b"\0\0\x08" + tail)))
@settings(max_examples=80, derandomize=True)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any-idx"
    file.write_bytes(content)
    outcome = value_or_error(FileFormatError, lambda: read_idx(file))
    if isinstance(outcome, FileFormatError):
        assert outcome.parameter == "any-idx"
    else:
        assert outcome.size <= len(content)


# ---- sizes


def test_no_more_is_unpacked_than_the_header_says(file: Path) -> None:
    file.write_bytes(gzip.compress(idx(2, 3) + bytes(16 * 2**20)))
    tracemalloc.start()
    with pytest.raises(FileFormatError, match="at least 19 bytes, but its header says 2 × 3, which needs 18"):
        read_idx(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22


def test_a_header_that_claims_more_than_such_a_file_can_hold_is_refused_first(file: Path) -> None:
    file.write_bytes(gzip.compress(idx(2**31, body=bytes(1000))))
    with refused(FileFormatError, file.name, "compressed"):
        read_idx(file)


def test_a_header_that_claims_more_than_memory_is_refused_first(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 4 * 10**6)
    file.write_bytes(gzip.compress(idx(999_000)))
    assert read_idx(file).shape == (999_000,)
    file.write_bytes(gzip.compress(idx(1_000_001)))
    with pytest.raises(FileFormatError, match=r"more than 1\.0 MB \(a quarter of the available memory"):
        read_idx(file)


@pytest.mark.skipif(os.name != "posix", reason="pipes of Unix")
def test_a_pipe_is_refused_at_once(file: Path) -> None:
    os.mkfifo(file)
    with pytest.raises(FileFormatError, match="this is a pipe"):
        read_idx(file)
