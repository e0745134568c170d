"""Blocks whose numbers others work out ahead: the same table as from one block."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from engine.datasets import blocks_ahead, scaling, table_blocks
from engine.datasets import table_dataset as table_dataset_module
from engine.datasets.blocks_ahead import BlocksAhead
from engine.datasets.table import Table, read_table
from engine.datasets.table_blocks import Blocks
from engine.datasets.table_dataset import table_dataset
from engine.datasets.table_format import TableFormat, sniff
from engine.errors import FileFormatError
from engine.shared_work import share_with
from engine.validation import Array

ROWS = 4000
SMALL, LARGE = 5000, 2**20  # bytes of a block


@contextmanager
def shared(count: int) -> Iterator[None]:
    """So many threads share the work; 0 for none."""
    if count == 0:
        yield
        return
    with ThreadPoolExecutor(count) as pool:
        share_with(pool, count)
        try:
            yield
        finally:
            share_with(None)


@pytest.fixture(params=[0, 2], ids=["alone", "shared"])
def _sharing(request: pytest.FixtureRequest) -> Iterator[None]:
    with shared(request.param):
        yield


def lines(**changed: str) -> list[str]:
    """Rows of three numbers; ``row3000="x,y,z"`` puts another row there."""
    numbers = np.random.default_rng(0).normal(size=(ROWS, 3)).round(3)
    rows = [",".join(map(str, row)) for row in numbers.tolist()]
    for name, row in changed.items():
        rows[int(name.removeprefix("row"))] = row
    return rows


def in_blocks(path: Path, size: int) -> Table:
    """The table, read so many bytes at a time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_FIRST_BLOCK", "_BLOCK"):
            patch.setattr(table_blocks, name, size)
        return read_table(path, sniff(path))


def same(path: Path) -> Table:
    """Both ways give the same table; returns it."""
    whole, parts = in_blocks(path, LARGE), in_blocks(path, SMALL)
    assert [(column.name, column.kind, column.categories) for column in parts.columns] == [
        (column.name, column.kind, column.categories) for column in whole.columns
    ]
    for one, other in zip(parts.columns, whole.columns, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    assert (parts.problems, parts.problem_count, parts.head) == (whole.problems, whole.problem_count, whole.head)
    assert [row for row, _ in parts.tail] == [row for row, _ in whole.tail]
    return parts


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_numbers_are_those_of_one_block(tmp_path: Path, ending: str, encoding: str, count: int) -> None:
    path = tmp_path / "t.csv"
    name = "ü" if encoding == "cp1252" else "b"
    path.write_bytes(ending.join([f"a,{name},c", *lines()]).encode(encoding))
    with shared(count):
        assert len(same(path)) == ROWS


@pytest.mark.parametrize(
    "changed",
    [
        {"row3000": "1,abc,3"},
        {"row3000": "1,2"},
        {"row3999": '"1",2,3'},
        {"row1500": "1,,3", "row3500": ",,"},
        {"row1500": "", "row3500": "1,inf,3"},
        {"row500": '1,2,"0.5', "row700": '0.1,0.2,0.3"'},
        {f"row{number}": "1,abc,3" for number in range(1000, 4000, 400)},
        {f"row{number}": "a word,2,3" for number in range(1500, 3990)},
    ],
    ids=["word", "ragged", "quotes", "missing", "blank and infinite", "a cell of many lines", "often", "words"],
)
@pytest.mark.usefixtures("_sharing")
def test_what_is_no_plain_number_is_read_in_its_place(tmp_path: Path, changed: dict[str, str]) -> None:
    """Also what was begun ahead of it."""
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["a,b,c", *lines(**changed)]))
    same(path)


def blocks_of(path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> BlocksAhead:
    """The blocks of a file with that text, of four bytes each."""
    for name in ("_FIRST_BLOCK", "_BLOCK"):
        monkeypatch.setattr(table_blocks, name, 4)
    return BlocksAhead(Blocks(path, TableFormat(), io.BytesIO(text.encode())), TableFormat())


def test_several_blocks_are_worked_out_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads meet, each with a block of its own; one alone would wait in vain."""
    met = threading.Barrier(2, timeout=30)

    def numbers(block: str, form: TableFormat) -> Array:
        met.wait()
        return np.array([[float(block.split(",")[0])]])

    monkeypatch.setattr(blocks_ahead, "plain_matrix", numbers)
    blocks = blocks_of(tmp_path / "t.csv", "1,2\n3,4\n5,6\n7,8\n", monkeypatch)
    found = []
    with shared(2):
        while (block := blocks.next_numbers())[0]:
            found.append(block)
    assert [text for text, _ in found] == ["1,2\n", "3,4\n", "5,6\n", "7,8\n"]
    assert [float(values[0, 0]) for _, values in found if values is not None] == [1, 3, 5, 7]


@pytest.mark.usefixtures("_sharing")
def test_what_was_begun_comes_once_more_when_it_is_wanted_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = blocks_of(tmp_path / "t.csv", "1,2\n3,4\n5,6\n7,8\n", monkeypatch)
    first, _ = blocks.next_numbers()
    assert list(blocks.rows(first)) == [["1", "2"]]
    texts = []
    while text := blocks.next():
        texts.append(text)
    assert "".join(texts) == "3,4\n5,6\n7,8\n"


@pytest.mark.usefixtures("_sharing")
def test_what_progress_raises_ends_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["a,b,c", *lines()]))
    for name in ("_FIRST_BLOCK", "_BLOCK"):
        monkeypatch.setattr(table_blocks, name, SMALL)
    told = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if len(told) == 3:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        read_table(path, sniff(path), stop)
    assert len(told) == 3


def test_a_block_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(block: str, form: TableFormat) -> Array:
        raise MemoryError("no room")

    monkeypatch.setattr(blocks_ahead, "plain_matrix", fail)
    blocks = blocks_of(tmp_path / "t.csv", "1,2\n3,4\n", monkeypatch)
    with shared(2), pytest.raises(MemoryError, match="no room"):
        blocks.next_numbers()


@pytest.mark.usefixtures("_sharing")
@pytest.mark.parametrize("standardise", [True, False])
def test_data_are_the_same_whoever_makes_them(
    tmp_path: Path, standardise: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the bit, with texts and missing values among the columns."""
    path = tmp_path / "t.csv"
    rows = lines(row7="0.5,,1", row3000=",1,2")
    path.write_text("\n".join(["a,b,c,kind", *(f"{row},{'xyz'[place % 3]}" for place, row in enumerate(rows))]))
    table = read_table(path, sniff(path))
    how = {"missing": "median", "standardise": standardise}
    made = table_dataset(table, "c", **how).dataset
    share_with(None)
    for module in (scaling, table_dataset_module):
        monkeypatch.setattr(module, "rows_at_once", lambda columns: 100)
    alone = table_dataset(table, "c", **how).dataset
    assert made.fingerprint == alone.fingerprint
    np.testing.assert_array_equal(made.train.rows, alone.train.rows)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_faults_are_told_alike_whoever_works(tmp_path: Path, count: int) -> None:
    """Faults of several kinds, in blocks that are worked out at the same time, and a line without anything."""
    path = tmp_path / "t.csv"
    faults = {
        f"row{row}": f"1,{word},3" for row, word in ((1000, "one"), (1500, "two"), (1510, "one"), (3000, "three"))
    }
    path.write_text("\n".join(["a,b,c", *lines(**faults, row1400="x,2,3", row1405="", row2000="1,2")]))
    alone = in_blocks(path, SMALL)
    with shared(count):
        together = in_blocks(path, SMALL)
    assert together.problems == alone.problems
    assert together.tail == alone.tail
    assert together.places == alone.places


def test_what_cannot_be_read_is_told_after_what_comes_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And again, if somebody asks again."""
    for name in ("_FIRST_BLOCK", "_BLOCK"):
        monkeypatch.setattr(table_blocks, name, 4)
    content = io.BytesIO(b"1,2\n3,4\n5,6\n\xff\xff\xff\n7,8\n")
    blocks = BlocksAhead(Blocks(tmp_path / "t.csv", TableFormat(), content), TableFormat())
    with shared(4):
        assert [blocks.next_numbers()[0] for _ in range(2)] == ["1,2\n", "3,4\n"]
        assert list(blocks.rows("3,4\n")) == [["3", "4"]]
        assert blocks.next() == "5,6\n"
        for take in (blocks.next, blocks.next_numbers, blocks.next):
            with pytest.raises(FileFormatError, match="not utf-8"):
                take()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs a file that does not tell its size")
def test_a_file_that_does_not_tell_its_size_is_read() -> None:
    path = Path("/proc/self/status")
    assert path.stat().st_size == 0
    assert len(read_table(path, sniff(path))) > 10
