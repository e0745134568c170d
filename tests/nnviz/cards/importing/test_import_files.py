"""The import of folders, arrays and large files; files that are dropped on the window."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PyQt5.QtWidgets import QApplication, QListWidget, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from engine.basics.assets_folder import ASSETS
from nnviz.cards.importing.table_view import PreviewTable
from nnviz.jobs import data_process
from nnviz.ui.picture import Picture
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.importing.import_helpers import look_at, use, wait, words
from tests.nnviz.helpers import click, drop, find, pick, retype

PENGUINS = ASSETS / "tables" / "penguins.csv"


# ---- a folder, arrays


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("dataCard")


def pictures(folder: Path, classes: dict[str, int], size: tuple[int, int] = (9, 7)) -> Path:
    """A folder of pictures, with a given number in each class."""
    rng = np.random.default_rng(0)
    for name, count in classes.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 256, size[::-1]).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


@pytest.mark.usefixtures("reads_here")
def test_a_folder_shows_its_classes_and_what_is_left_out(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = pictures(tmp_path / "pets", {"cat": 6, "<i>dog</i>"[:6]: 5})
    (folder / "cat" / "notes.txt").write_text("no picture")
    importing = look_at(qtbot, ready_window, folder)
    assert words(ready_window, "importDetail") == "12 files · 2 classes"
    assert "11 of 12 examples" in words(ready_window, "importSummary")
    assert "2 classes: <i>dog 5, cat 6" in words(ready_window, "importSummary")
    unread = find(ready_window, QListWidget, "importUnreadList")
    assert [unread.item(0).text()] == ["cat/notes.txt: it is not an image, or damaged"]
    assert "Colour" not in words(ready_window, "importNotes")

    # It is said that colours become grey, and the side can be chosen.
    Image.new("RGB", (9, 7), (200, 30, 30)).save(folder / "cat" / "red.png")
    look_at(qtbot, ready_window, folder)
    assert "Colour images become grey." in words(ready_window, "importNotes")
    retype(qtbot, ready_window, "importFolderSideEdit", "12")
    wait(qtbot, importing)
    use(qtbot, ready_window)
    assert ready_window.session.dataset is not None
    assert ready_window.session.dataset.example_shape == (12, 12)


@pytest.mark.usefixtures("reads_here")
def test_another_folder_with_the_same_classes_shows_its_own_pictures_at_their_names(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    shades = {"dark": 20, "light": 230}
    for name, shade in shades.items():
        for kind in ("cat", "dog"):
            (tmp_path / name / kind).mkdir(parents=True)
            Image.new("RGB", (9, 9), (shade, shade, shade)).save(tmp_path / name / kind / "1.png")
    for name, shade in shades.items():
        look_at(qtbot, ready_window, tmp_path / name)
        QApplication.processEvents()
        strips = [each for each in ready_window.findChildren(Picture) if each.accessibleName() == "Images of dog"]
        image = strips[-1].grab().toImage()
        assert abs(image.pixelColor(10, 18).lightness() - shade) <= 1
        ready_window.session.data_import.cancel()


def test_arrays_are_listed_and_used(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    rng, file = np.random.default_rng(0), tmp_path / "some.npz"
    np.savez(file, X=rng.integers(0, 256, (40, 5, 4), np.uint8), y=np.arange(40) % 4)
    importing = look_at(qtbot, ready_window, file)
    assert words(ready_window, "importArrays") == "X: 40 × 5 × 4, uint8\ny: 40, int64"
    assert "4 classes: 0 10, 1 10, 2 10, 3 10" in words(ready_window, "importSummary")
    pick(qtbot, ready_window, "importArraysTaskCombo", "numbers")
    wait(qtbot, importing)
    assert "predicts y" in words(ready_window, "importSummary")
    use(qtbot, ready_window)
    assert ready_window.session.dataset is not None
    assert not ready_window.session.dataset.is_classification


# ---- dropping


@pytest.mark.usefixtures("reads_here")
def test_files_are_dropped_anywhere(whole_window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """The canvas leaves data to the window below it, and takes pictures itself."""
    folder = pictures(tmp_path / "pets", {"cat": 3, "dog": 3})
    for path in (PENGUINS, folder):
        assert drop(whole_window.canvas, path), "by the window, which Qt asks next"
        assert not whole_window.canvas._is_target
        drop(whole_window, path)
        wait(qtbot, whole_window.session.data_import)
        assert whole_window.session.data_import.name == str(path)
    assert drop(whole_window.canvas, folder / "cat" / "0.png")
    assert whole_window.session.data_import.name == str(folder)


# ---- large files


def test_a_large_file_shows_its_head_first_and_can_be_cancelled(
    ready_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(data_process, "_SMALL", 1000)
    numbers = np.random.default_rng(0).normal(size=(600, 10)).round(3).tolist()
    file = tmp_path / "large.csv"
    rows = "".join(",".join(map(str, row)) + "\n" for row in numbers)
    file.write_text(",".join("abcdefghij") + "\n" + 100 * rows)
    importing, seen = ready_window.session.data_import, []
    importing.progressed.connect(lambda: seen.append(importing.progress))
    ready_window.session.data_import.open(str(file))
    qtbot.waitUntil(lambda: importing.found is not None, timeout=20_000)
    assert importing.is_reading, "only the head is there"
    assert find(ready_window, QProgressBar, "importProgress").isVisible()
    assert words(ready_window, "importDetail").startswith("reading …")
    assert find(ready_window, PreviewTable, "importTable").model().rowCount() == 100
    assert not find(ready_window, QPushButton, "useImportButton").isEnabled()
    reader = importing._reader
    assert isinstance(reader, data_process.DataProcess)
    pid = reader.pid
    click(qtbot, ready_window, QPushButton, "cancelImportButton")
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        QApplication.processEvents()
    assert not Path(f"/proc/{pid}").exists()
    ready_window.session.data_import.open(str(file))
    wait(qtbot, importing)
    assert "60\u202f000 examples" in words(ready_window, "importSummary")
    assert seen == sorted(seen) or len(seen) > 1
    use(qtbot, ready_window)
    assert ready_window.session.dataset is not None
    assert len(ready_window.session.dataset.train) == 48_000


def test_choices_made_while_it_is_read_count(
    ready_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_process, "_SMALL", 1000)
    importing = ready_window.session.data_import
    ready_window.session.data_import.open(str(PENGUINS))
    importing.choose(target="sex")
    importing.choose(missing="median")
    wait(qtbot, importing)
    assert importing.can_use
    assert "2 classes: FEMALE 165, MALE 168" in words(ready_window, "importSummary")


def test_closing_ends_what_is_read(ready_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_process, "_SMALL", 1000)
    importing = ready_window.session.data_import
    importing.open(str(PENGUINS))
    reader = importing._reader
    assert isinstance(reader, data_process.DataProcess)
    qtbot.waitUntil(lambda: reader.pid is not None)
    assert ready_window.session.close()
    assert reader_ended(reader)


def reader_ended(reader: data_process.DataProcess) -> bool:
    """Whether the process has gone."""
    return not Path(f"/proc/{reader.pid}/fd").exists() or not list(Path(f"/proc/{reader.pid}/fd").iterdir())
