"""Bad files of data: each is refused in words, or used as far as it goes; the data in use stay."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QListWidget, QPushButton
from pytestqt.qtbot import QtBot

from nnviz.cards.importing.table_view import PreviewTable
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.importing.import_helpers import look_at, wait
from tests.nnviz.helpers import find, is_shown, pick

pytestmark = pytest.mark.usefixtures("reads_here")

Write = Callable[[Path], Path]

LABELS = ("importProblem", "importColumnProblem", "importFieldProblem")


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("dataCard")


def text_file(content: str) -> Write:
    """A table with that content."""

    def write(folder: Path) -> Path:
        (folder / "t.csv").write_text(content)
        return folder / "t.csv"

    return write


def bytes_file(content: bytes, name: str = "t.csv") -> Write:
    """A file with that content."""

    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def rows(count: int, row: Callable[[int], str], header: str = "a,b,y") -> Write:
    """A table with a given number of rows."""
    return text_file("\n".join([header, *map(row, range(count))]))


def folder_of(*files: str) -> Write:
    """A folder with these pictures of 9 × 9."""

    def write(folder: Path) -> Path:
        (folder / "f").mkdir()
        for name in files:
            (folder / "f" / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((9, 9), 99, np.uint8)).save(folder / "f" / name)
        return folder / "f"

    return write


def zip_bomb(folder: Path) -> Path:
    """40 KB that claim to be an array of 40 GB."""
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (400000, 100000), }"
    header = header.ljust(117) + b"\n"
    member = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    with zipfile.ZipFile(folder / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.npy", member + bytes(40_000_000))
        file.writestr("y.npy", member)
    return folder / "bomb.npz"


REFUSED: dict[str, tuple[Write, str]] = {
    "empty": (text_file(""), "t.csv: the file is empty."),
    "blank": (text_file("\n\n  \n"), "t.csv: the file is empty"),
    "binary": (bytes_file(bytes(range(256)) * 40), "t.csv: not a text file (it contains zero bytes)"),
    "one column": (rows(9, str, "a"), "t.csv: it has only one column, at least two are needed (one is predicted)."),
    "names only": (text_file("a,b,y\n"), "t.csv: it has no row of values"),
    "many columns": (
        rows(3, lambda row: ",".join("1" * 10_001), ",".join(f"c{n}" for n in range(10_001))),
        "10\u202f000",
    ),
    "one class": (
        rows(40, lambda row: f"{row},{row * 7 % 5},cat"),
        "y is of only one class: it must have 2 to 1\u202f000",
    ),
    "many classes": (
        rows(2_000, lambda row: f"{row},{row * 7 % 5},k{row}"),
        "y is of 2\u202f000 different texts in 2\u202f000 rows: it must have several rows of each",
    ),
    "nothing to predict": (rows(40, lambda row: f"{row},{row % 5},"), "y: the column to predict has no values"),
    "thousands": (
        rows(40, lambda row: f'{row % 5 + 0.5},{row % 2},"1,{row + 100 if row else 2}"'),
        "y is written with thousands separators in 39 rows, but not in others: it must have one "
        "thousands separator, always before three digits, because “1,234” might be 1.234.",
    ),
    "no subfolders": (
        folder_of("a.png", "b.png"),
        "f: the folder has no subfolders.",
    ),
    "one subfolder": (folder_of("cat/a.png", "cat/b.png"), "f: it has only one class, cat, at least two are needed"),
    "zip bomb": (zip_bomb, "bomb.npz: not an .npz with arrays"),
    "no arrays": (bytes_file(b"PK\x05\x06" + bytes(18), "t.npz"), "t.npz: it does not contain x and y"),
    "damaged arrays": (bytes_file(b"PK nothing", "t.npz"), "t.npz: not an .npz with arrays"),
    "half a pair": (
        bytes_file(b"\0\0\x08\x01\0\0\0\x01\0", "some-labels-idx1-ubyte"),
        "the file of its images is not in the same folder",
    ),
}


def test_each_is_refused_in_words_and_nothing_changes(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    before = ready_window.session.dataset
    for name, (write, reported) in REFUSED.items():
        folder = tmp_path / name
        folder.mkdir()
        look_at(qtbot, ready_window, write(folder))
        labels = [find(ready_window, QLabel, each) for each in LABELS if ready_window.findChildren(QLabel, each)]
        words = " ".join(label.text() for label in labels if label.isVisible())
        assert reported.removeprefix("rule ") in words, name
        assert "Traceback" not in words, name
        assert not find(ready_window, QPushButton, "useImportButton").isEnabled(), name
        ready_window.session.data_import.use()
        assert ready_window.session.dataset is before, name
        assert not ready_window.session.data.loading, name
        ready_window.session.data_import.cancel()


def test_leaving_out_all_rows_is_refused_and_can_be_taken_back(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = rows(40, lambda row: f"{row},,{row % 3}" if row % 2 else f",{row},{row % 3}")(tmp_path)
    importing = look_at(qtbot, ready_window, path)
    assert importing.can_use
    pick(qtbot, ready_window, "importMissingCombo", "drop 40 rows")
    wait(qtbot, importing)
    assert "every row lacks a value" in find(ready_window, QLabel, "importColumnProblem").text()
    assert not find(ready_window, QPushButton, "useImportButton").isEnabled()
    pick(qtbot, ready_window, "importMissingCombo", "fill")
    wait(qtbot, importing)
    assert find(ready_window, QPushButton, "useImportButton").isEnabled()


def test_infinite_numbers_count_as_missing(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = rows(40, lambda row: f"{'inf' if row == 3 else row},{row % 5},{row % 2}")(tmp_path)
    look_at(qtbot, ready_window, path)
    listed = find(ready_window, QListWidget, "importProblemList")
    assert listed.item(0).text() == "Row 5, column a: “inf” is infinite"
    notes = find(ready_window, QLabel, "importNotes").text()
    assert "Missing values: 1 in a filled with the median (" in notes
    assert find(ready_window, QPushButton, "useImportButton").isEnabled()


def test_an_input_with_contradictory_thousands_separators_is_ignored_and_says_why(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = rows(40, lambda row: f'"1,{row + 100 if row else 2}",{row % 5 + 0.5},{row % 2}')(tmp_path)
    look_at(qtbot, ready_window, path)
    header = find(ready_window, PreviewTable, "importTable").model().headerData
    assert header(0, Qt.Orientation.Horizontal, Qt.ItemDataRole.UserRole)[1][0].startswith("ignored")
    assert "written with thousands separators in 39 rows, but not in others" in header(
        0, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
    )
    assert find(ready_window, QPushButton, "useImportButton").isEnabled()


def test_markup_and_code_in_names_stay_text(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    names = ("<b>bold</b><img src=x>", "__import__('os').system('x')", "line\u202ebreak")
    path = rows(60, lambda row: f'{row},{row % 7},"{names[row % 3]}"', "a,b,<i>y</i>")(tmp_path)
    look_at(qtbot, ready_window, path)
    summary = find(ready_window, QLabel, "importSummary")
    assert summary.textFormat() == Qt.TextFormat.PlainText
    assert "<b>bold</b><img src=x> 20" in summary.text()
    assert "\u202e" not in summary.text()
    assert "<i>y</i>" in find(ready_window, PreviewTable, "importTable").model().headerData(
        2, Qt.Orientation.Horizontal
    )
    ready_window.session.data_import.use()
    qtbot.waitUntil(lambda: is_shown(ready_window.session.data))
    assert ready_window.session.dataset is not None
    assert ready_window.session.dataset.class_names == tuple(sorted(names))


def test_pictures_of_any_size(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """One of a single pixel is used; one of 400 million is left out before it is decoded."""
    folder = folder_of("cat/a.png", "cat/b.png", "dog/a.png", "dog/b.png")(tmp_path)
    Image.fromarray(np.full((1, 1), 9, np.uint8)).save(folder / "cat" / "tiny.png")
    (folder / "dog" / "huge.png").write_bytes(png_of_nothing(20_000))
    look_at(qtbot, ready_window, folder)
    unread = find(ready_window, QListWidget, "importUnreadList")
    assert [unread.item(row).text() for row in range(unread.count())] == ["dog/huge.png: it has too many pixels"]
    assert "2 classes: cat 3, dog 2" in find(ready_window, QLabel, "importSummary").text()


def png_of_nothing(side: int) -> bytes:
    """A grey PNG of a given number of pixels a side, all black."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(side * (side + 1) // 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_a_file_that_goes_away_after_it_was_used_leaves_its_data(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = rows(600, lambda row: f"{row},{row % 7},{row % 3}")(tmp_path)
    look_at(qtbot, ready_window, path)
    ready_window.session.data_import.use()
    qtbot.waitUntil(lambda: is_shown(ready_window.session.data))
    path.unlink()
    ready_window.session.step_epoch()
    qtbot.waitUntil(lambda: ready_window.session.runs.current.epochs > 0, timeout=20_000)
    ready_window.session.data_import.open(str(path))
    qtbot.waitUntil(lambda: not ready_window.session.data_import.is_reading)
    assert find(ready_window, QLabel, "importProblem").text().startswith("t.csv: the file does not exist")
    assert ready_window.session.dataset is not None
    assert ready_window.session.dataset.title == "t"
