"""Parts of a table that are read elsewhere: the same table as when it is read from its beginning to its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from engine.datasets import table_spans
from engine.datasets.table import Table, read_table
from engine.datasets.table_format import sniff
from engine.datasets.table_spans import Bounds, Numbers, ReadSpan, spans_of

ROWS = 4000


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_spans, "LEAST", 20_000)
    monkeypatch.setattr(table_spans, "_PART", 10_000)


class Here:
    """Reads the last parts at once, in this process; the others are taken by who asks. It is its own ``Shared``."""

    def __init__(self, count: int = 2) -> None:
        self.count = count
        self.given: list[tuple[Bounds, Numbers | None]] = []
        self.left: list[Bounds] = []
        self.done = 0
        self.was_closed = False

    def get_ready(self, size: int, /) -> None: ...

    def __call__(self, function: ReadSpan, spans: Sequence[Bounds], size: int, /) -> Here:
        here = max(0, len(spans) - self.count)
        self.left = list(spans[:here])
        self.given = [(span, function(span)) for span in spans[here:]]
        self.done = sum(end - start for (start, end), _ in self.given)
        return self

    def take(self) -> Bounds | None:
        return self.left.pop(0) if self.left else None

    def results(self) -> Iterator[tuple[Bounds, Numbers | None]]:
        return iter(self.given)

    def close(self) -> None:
        self.was_closed = True


def lines(**changed: str) -> list[str]:
    """Rows of three numbers; ``row3000="x,y,z"`` puts another row there."""
    numbers = np.random.default_rng(0).normal(size=(ROWS, 3)).round(3)
    rows = [",".join(map(str, row)) for row in numbers.tolist()]
    for name, row in changed.items():
        rows[int(name.removeprefix("row"))] = row
    return rows


def same(path: Path, elsewhere: Here) -> Table:
    """Both ways give the same table; returns it."""
    form = sniff(path)
    usual, parts = read_table(path, form), read_table(path, form, elsewhere=elsewhere)
    assert [(column.name, column.kind, column.categories) for column in parts.columns] == [
        (column.name, column.kind, column.categories) for column in usual.columns
    ]
    for one, other in zip(parts.columns, usual.columns, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    assert (parts.problems, parts.problem_count, parts.head) == (usual.problems, usual.problem_count, usual.head)
    return parts


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_plain_numbers_are_taken_as_they_were_read_elsewhere(tmp_path: Path, ending: str, count: int) -> None:
    path, elsewhere = tmp_path / "t.csv", Here(count)
    path.write_bytes(ending.join(["a,b,c", *lines()]).encode())
    assert len(same(path, elsewhere)) == ROWS
    assert len(elsewhere.given) == count
    assert all(numbers is not None for _, numbers in elsewhere.given)
    assert elsewhere.was_closed


@pytest.mark.parametrize(
    "changed",
    [
        {"row3000": "1,abc,3"},
        {"row3000": "1,2"},
        {"row3999": '"1",2,3'},
        {"row1500": "1,,3", "row3500": ",,"},
        {"row1500": "", "row3500": "1,inf,3"},
        {f"row{number}": "a word,2,3" for number in range(1500, 3990)},
    ],
    ids=["word", "ragged", "quotes", "missing", "blank and infinite", "a column of words"],
)
def test_what_is_no_plain_number_is_read_in_the_usual_way(tmp_path: Path, changed: dict[str, str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["a,b,c", *lines(**changed)]))
    same(path, Here())


def test_a_cell_in_quotes_may_reach_over_the_boundary(tmp_path: Path) -> None:
    """The other part begins within it, and would look like plain numbers."""
    path = tmp_path / "t.csv"
    rows = lines()
    rows[500] = '1,2,"' + rows[500]
    rows[700] = rows[700] + '"'
    path.write_text("\n".join(["a,b,c", *rows]))
    with path.open("rb") as file:
        [(_, end), *_] = spans_of(file, path.stat().st_size, sniff(path))
    before = path.read_bytes()[:end]
    assert before.count(b'"') == 1, "the boundary lies within the cell"
    same(path, Here())
    same(path, Here(0))


def test_texts_are_read_in_the_usual_way(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["a,b,c,kind", *(f"{row},{('x', 'y')[len(row) % 2]}" for row in lines())]))
    form = sniff(path)
    assert form.header
    same(path, Here())


def test_small_files_and_other_encodings_have_one_part(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "t.csv", Here()
    path.write_text("a,b\n" + "1,2\n" * 200)
    same(path, elsewhere)
    assert elsewhere.given == []
    path.write_text("\n".join(["a,b,c", *lines()]), encoding="utf-16")
    same(path, elsewhere)
    assert elsewhere.given == []


def test_progress_tells_of_all_parts_and_what_it_raises_ends_them(tmp_path: Path) -> None:
    path, elsewhere, told = tmp_path / "t.csv", Here(), []
    path.write_text("\n".join(["a,b,c", *lines()]))
    size = path.stat().st_size
    read_table(path, sniff(path), lambda *at: told.append(at), elsewhere=elsewhere)
    assert told[-1] == (size, size)

    def stop(done: int, total: int) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        read_table(path, sniff(path), stop, elsewhere=elsewhere)
