"""The import with a preview: how a file is understood, what is wrong in its place, and that nothing changes before."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PyQt5.QtCore import QMimeData, QPoint, Qt, QUrl
from PyQt5.QtGui import QDragEnterEvent, QDropEvent
from PyQt5.QtWidgets import QApplication, QComboBox, QLabel, QListWidget, QMenu, QProgressBar, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.assets_folder import ASSETS
from nnviz.jobs import data_process
from nnviz.panels.importing.sheet import ImportSheet
from nnviz.panels.importing.table_model import IGNORED, INPUT, PREDICT
from nnviz.panels.importing.table_view import PreviewTable
from nnviz.session.importing import Importing
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow, close
from tests.nnviz.helpers import click, find, find_field, pick, press, retype, wait_for

PENGUINS = ASSETS / "tables" / "penguins.csv"
MESS = """name;width;weight;kind;same
a1;1,5;300;cat;x
a2;2,5;;dog;x
a3;abc;312;dog;x
broken;row
a4;3,25;inf;cat;x
a5;1,25;1.234;<b>cow</b>;x
"""


@pytest.fixture
def mess(tmp_path: Path) -> Path:
    """A table with something wrong in several places, and a name in each row."""
    rows = "".join(f"c{number};{number % 7},5;2{number};{('cat', 'dog')[number % 2]};x\n" for number in range(60))
    file = tmp_path / "mess.csv"
    file.write_text(MESS + rows)
    return file


Open = Callable[[Path], Importing]


@pytest.fixture
def open_file(ready_window: MainWindow, qtbot: QtBot) -> Open:
    """Looks at a file until it was read."""

    def open_path(path: Path) -> Importing:
        ready_window.data_dialogs.open_path(str(path))
        wait(qtbot, ready_window.session.importing)
        return ready_window.session.importing

    return open_path


def wait(qtbot: QtBot, importing: Importing) -> None:
    """Until nothing is being read."""
    qtbot.waitUntil(lambda: not importing.is_reading, timeout=20_000)


def use(qtbot: QtBot, window: MainWindow) -> None:
    """Presses "Use it" and waits for the data."""
    click(qtbot, window, QPushButton, "useImportButton")
    qtbot.waitUntil(lambda: not window.session.data.loading)


def words(window: MainWindow, name: str) -> str:
    """What a label of the sheet says; empty if it is hidden."""
    label = find(window, QLabel, name)
    return label.text() if label.isVisible() else ""


def role_of(window: MainWindow, column: int) -> str:
    """What becomes of a column."""
    return find(window, PreviewTable, "importTable").model().role(column)  # type: ignore[attr-defined, no-any-return]


def choose_in_menu(qtbot: QtBot, window: MainWindow, column: int, name: str) -> None:
    """Clicks on a column's head, and chooses an entry of its menu by keys."""
    table = find(window, PreviewTable, "importTable")
    header = table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(column) + 20, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.LeftButton, pos=place)
    menu = find(window, QMenu, "importColumnMenu")
    assert menu.isVisible()
    menu.setActiveAction(next(each for each in menu.actions() if each.objectName() == name))
    qtbot.keyClick(menu, Qt.Key_Return)


def drop(target: QWidget, path: Path) -> bool:
    """Drops a file as the system would; returns whether the target takes it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    at = target.rect().center()
    enter = QDragEnterEvent(at, Qt.CopyAction, data, Qt.LeftButton, Qt.NoModifier)
    enter.ignore()
    QApplication.sendEvent(target, enter)
    is_canvas = target.objectName() == "drawCanvas"
    if enter.isAccepted() and (not is_canvas or target._is_target):  # type: ignore[attr-defined]
        QApplication.sendEvent(target, QDropEvent(at, Qt.CopyAction, data, Qt.LeftButton, Qt.NoModifier))
    return enter.isAccepted()


# ---- a table


def test_a_table_is_shown_as_it_was_understood_and_used_when_wanted(
    ready_window: MainWindow, qtbot: QtBot, open_file: Open
) -> None:
    before, shape = ready_window.session.dataset, ready_window.session.settings.experiment.shape
    open_file(PENGUINS)
    assert words(ready_window, "importDetail") == "344 rows · 7 columns"
    summary = words(ready_window, "importSummary")
    assert "333 of 344 examples are used: 266 to learn from, 67 to test" in summary
    assert "9 inputs · 3 classes: Adelie 146, Chinstrap 68, Gentoo 119" in summary
    assert [role_of(ready_window, column) for column in (0, 1)] == [PREDICT, INPUT]
    pick(qtbot, ready_window, "importMissingCombo", "fill in the median")
    wait(qtbot, ready_window.session.importing)
    assert "344 examples are used" in words(ready_window, "importSummary")
    assert ready_window.session.dataset is before
    assert ready_window.session.settings.experiment.shape == shape
    assert ready_window.session.undo.last() is None
    use(qtbot, ready_window)
    assert not find(ready_window, QWidget, "importSheet").isVisible()
    assert ready_window.session.data.settings == {"target": "species", "missing": "median"}
    assert ready_window.session.settings.experiment.shape[-1] == 3


@pytest.mark.parametrize("how", ["button", "key", "key elsewhere"])
def test_cancel_leaves_everything_as_it_was(ready_window: MainWindow, qtbot: QtBot, open_file: Open, how: str) -> None:
    before = ready_window.session.dataset
    open_file(PENGUINS)
    if how == "button":
        click(qtbot, ready_window, QPushButton, "cancelImportButton")
    else:
        if how == "key elsewhere":
            find(ready_window, QComboBox, "importTargetCombo").setFocus()
        press(qtbot, ready_window, Qt.Key_Escape)
    assert not find(ready_window, QWidget, "importSheet").isVisible()
    assert ready_window.session.importing.name is None
    assert ready_window.session.dataset is before
    assert ready_window.session.imported.files == []


def test_return_uses_it(ready_window: MainWindow, qtbot: QtBot, open_file: Open) -> None:
    open_file(PENGUINS)
    press(qtbot, ready_window, Qt.Key_Return)
    qtbot.waitUntil(lambda: ready_window.session.data.name == str(PENGUINS))
    qtbot.waitUntil(lambda: not ready_window.session.data.loading)


def test_what_is_wrong_is_told_where_it_is_wrong(ready_window: MainWindow, open_file: Open, mess: Path) -> None:
    open_file(mess)
    table = find(ready_window, PreviewTable, "importTable")
    model = table.model()
    tips = {
        (row, column): model.data(model.index(row, column), Qt.ToolTipRole)
        for row in range(6)
        for column in range(model.columnCount())
    }
    assert {place: tip for place, tip in tips.items() if tip} == {
        (2, 1): "Row 4, column width: “abc” is no number",
        (3, 2): "Row 6, column weight: “inf” is infinite",
        (4, 2): "Row 7, column weight: “1.234” has a thousands separator",
    }
    listed = find(ready_window, QListWidget, "importProblemList")
    assert [listed.item(row).text() for row in range(listed.count())] == [
        "Row 4, column width: “abc” is no number",
        "Row 5: left out, as it has 2 cells instead of 5",
        "Row 6, column weight: “inf” is infinite",
        "Row 7, column weight: “1.234” has a thousands separator",
    ]


def test_columns_that_cannot_be_inputs_say_why(
    ready_window: MainWindow, qtbot: QtBot, open_file: Open, mess: Path
) -> None:
    importing = open_file(mess)
    importing.choose(target="kind")
    wait(qtbot, importing)
    header = find(ready_window, PreviewTable, "importTable").model().headerData
    for column, why in ((0, "has 65 different texts"), (4, "has the same text in all rows")):
        assert header(column, Qt.Horizontal, Qt.UserRole)[1][0].startswith("left out")
        assert why in header(column, Qt.Horizontal, Qt.ToolTipRole)
    assert find(ready_window, QPushButton, "useImportButton").isEnabled()


def test_a_column_that_is_refused_can_be_ignored(
    ready_window: MainWindow, qtbot: QtBot, open_file: Open, tmp_path: Path
) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b,y\n" + "".join(f'"1,{100 + row}",{row % 7}.5,{row % 2}\n' for row in range(40)))
    importing = open_file(file)
    assert role_of(ready_window, 0) == IGNORED
    assert find(ready_window, QPushButton, "useImportButton").isEnabled()
    choose_in_menu(qtbot, ready_window, 0, "inputColumnAction")
    wait(qtbot, importing)
    told = words(ready_window, "importColumnProblem")
    assert told.startswith("a is written with thousands separators in 40 rows: it must be written without")
    assert not find(ready_window, QPushButton, "useImportButton").isEnabled()
    click(qtbot, ready_window, QPushButton, "ignoreColumnButton")
    wait(qtbot, importing)
    assert words(ready_window, "importColumnProblem") == ""
    assert find(ready_window, QPushButton, "useImportButton").isEnabled()


def test_the_menu_of_a_column_chooses_what_becomes_of_it(
    ready_window: MainWindow, qtbot: QtBot, open_file: Open
) -> None:
    importing = open_file(PENGUINS)
    choose_in_menu(qtbot, ready_window, 5, "predictColumnAction")
    wait(qtbot, importing)
    assert find(ready_window, QComboBox, "importTargetCombo").currentText() == "body_mass_g"
    assert find(ready_window, QComboBox, "importTaskCombo").currentText() == "a number"
    assert "predicts body_mass_g" in words(ready_window, "importSummary")
    choose_in_menu(qtbot, ready_window, 0, "ignoredColumnAction")
    choose_in_menu(qtbot, ready_window, 4, "categoriesColumnAction")
    wait(qtbot, importing)
    lines = find(ready_window, PreviewTable, "importTable").model().headerData(4, Qt.Horizontal, Qt.UserRole)
    assert [line for line, _ in lines[1:]] == ["left out ▾", "categories · 2 missing"]
    choose_in_menu(qtbot, ready_window, 4, "foundColumnAction")
    wait(qtbot, importing)
    use(qtbot, ready_window)
    data = ready_window.session.dataset
    assert data is not None
    assert data.targets == ("body_mass_g",)
    assert not any("species" in name for name in data.columns)


def test_the_menu_opens_by_keys(ready_window: MainWindow, qtbot: QtBot, open_file: Open) -> None:
    open_file(PENGUINS)
    table = find(ready_window, PreviewTable, "importTable")
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, 2))
    press(qtbot, ready_window, Qt.Key_Right)
    press(qtbot, ready_window, Qt.Key_Return)
    menu = find(ready_window, QMenu, "importColumnMenu")
    assert menu.isVisible()
    menu.setActiveAction(menu.actions()[0])
    qtbot.keyClick(menu, Qt.Key_Return)
    wait(qtbot, ready_window.session.importing)
    assert role_of(ready_window, 3) == PREDICT


def test_the_format_is_corrected(ready_window: MainWindow, qtbot: QtBot, open_file: Open, mess: Path) -> None:
    importing = open_file(mess)
    assert find(ready_window, QComboBox, "importFormatDelimiterCombo").currentText() == "semicolon"
    assert find(ready_window, QComboBox, "importFormatDecimalCombo").currentText() == "comma"
    pick(qtbot, ready_window, "importFormatDelimiterCombo", "tab")
    wait(qtbot, importing)
    assert "is of one column" in words(ready_window, "importProblem")
    assert not find(ready_window, QPushButton, "useImportButton").isEnabled()
    pick(qtbot, ready_window, "importFormatDelimiterCombo", "semicolon")
    wait(qtbot, importing)
    assert words(ready_window, "importProblem") == ""
    pick(qtbot, ready_window, "importFormatHeaderCombo", "values")
    wait(qtbot, importing)
    assert words(ready_window, "importDetail") == "66 rows · 5 columns"


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("importTestShareEdit", "2", "Test share is 2: it must be"),
        ("importTestShareEdit", "half", "Test share is 'half': it must be a number"),
        ("importSeedEdit", "-1", "Seed is -1: it must be"),
    ],
)
def test_a_bad_value_is_told_below_its_fields(
    ready_window: MainWindow, qtbot: QtBot, open_file: Open, field: str, typed: str, told: str
) -> None:
    importing = open_file(PENGUINS)
    retype(qtbot, ready_window, field, typed)
    wait(qtbot, importing)
    assert told in words(ready_window, "importFieldProblem")
    assert words(ready_window, "importProblem") == ""
    assert not find(ready_window, QPushButton, "useImportButton").isEnabled()
    retype(qtbot, ready_window, field, "0.4" if "Share" in field else "7")
    wait(qtbot, importing)
    assert words(ready_window, "importFieldProblem") == ""
    use(qtbot, ready_window)
    expected = {"test_share": 0.4} if "Share" in field else {"seed": 7}
    assert ready_window.session.data.settings == {"target": "species", **expected}


def test_a_file_opens_the_next_time_as_it_was(
    ready_window: MainWindow, qtbot: QtBot, open_file: Open, make_window: MakeWindow, mess: Path
) -> None:
    importing = open_file(mess)
    importing.choose(target="kind", test_share=0.5)
    wait(qtbot, importing)
    use(qtbot, ready_window)
    ready_window.session.data.load("moons")
    qtbot.waitUntil(lambda: not ready_window.session.data.loading)
    close(ready_window)
    again = make_window()
    qtbot.waitUntil(lambda: again.session.state is not Status.LOADING)
    again.data_dialogs.open_path(str(mess))
    wait(qtbot, again.session.importing)
    assert find(again, QComboBox, "importTargetCombo").currentText() == "kind"
    assert find_field(again, "importTestShareEdit").text() == "0.5"
    assert words(again, "importNews") == ""
    again.session.importing.cancel()
    mess.write_text(mess.read_text() + "z;1,5;3;cat;x\n")
    again.data_dialogs.open_path(str(mess))
    wait(qtbot, again.session.importing)
    assert words(again, "importNews") == "This file has changed since it was used the last time."
    assert find(again, QComboBox, "importTargetCombo").currentText() == "kind"


def test_a_file_that_changes_before_it_is_used_is_looked_at_again(
    ready_window: MainWindow, qtbot: QtBot, open_file: Open, mess: Path
) -> None:
    before, importing = ready_window.session.dataset, open_file(mess)
    importing.choose(target="kind")
    wait(qtbot, importing)
    mess.write_text(mess.read_text() + "z;1,5;3;cat;x\n")
    click(qtbot, ready_window, QPushButton, "useImportButton")
    wait(qtbot, importing)
    assert words(ready_window, "importNews") == "This file has changed since it was read. Look at it again."
    assert words(ready_window, "importDetail") == "66 rows · 5 columns"
    assert ready_window.session.dataset is before
    mess.unlink()
    click(qtbot, ready_window, QPushButton, "useImportButton")
    wait(qtbot, importing)
    assert words(ready_window, "importProblem") == "mess.csv is missing: it must be there. Check its name and folder."
    assert ready_window.session.dataset is before


# ---- a folder, arrays


def pictures(folder: Path, classes: dict[str, int], size: tuple[int, int] = (9, 7)) -> Path:
    """A folder of pictures, of so many in each class."""
    rng = np.random.default_rng(0)
    for name, count in classes.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 256, size[::-1]).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def test_a_folder_shows_its_classes_and_what_is_left_out(
    ready_window: MainWindow, qtbot: QtBot, open_file: Open, tmp_path: Path
) -> None:
    folder = pictures(tmp_path / "pets", {"cat": 6, "<i>dog</i>"[:6]: 5})
    (folder / "cat" / "notes.txt").write_text("no picture")
    importing = open_file(folder)
    assert words(ready_window, "importDetail") == "12 files · 2 classes"
    assert "11 of 12 examples are used" in words(ready_window, "importSummary")
    assert "2 classes: <i>dog 5, cat 6" in words(ready_window, "importSummary")
    unread = find(ready_window, QListWidget, "importUnreadList")
    assert [unread.item(0).text()] == ["cat/notes.txt: no picture that can be read"]
    retype(qtbot, ready_window, "importFolderSideEdit", "12")
    wait(qtbot, importing)
    use(qtbot, ready_window)
    assert ready_window.session.dataset is not None
    assert ready_window.session.dataset.example_shape == (12, 12)


def test_arrays_are_listed_and_used(ready_window: MainWindow, qtbot: QtBot, open_file: Open, tmp_path: Path) -> None:
    rng, file = np.random.default_rng(0), tmp_path / "some.npz"
    np.savez(file, X=rng.integers(0, 256, (40, 5, 4), np.uint8), y=np.arange(40) % 4)
    importing = open_file(file)
    assert words(ready_window, "importArrays") == "X: 40 × 5 × 4, uint8\ny: 40, int64"
    assert "4 classes: 0 10, 1 10, 2 10, 3 10" in words(ready_window, "importSummary")
    pick(qtbot, ready_window, "importArraysTaskCombo", "numbers")
    wait(qtbot, importing)
    assert "predicts y" in words(ready_window, "importSummary")
    use(qtbot, ready_window)
    assert ready_window.session.dataset is not None
    assert not ready_window.session.dataset.is_classification


# ---- dropping


def test_files_are_dropped_anywhere(ready_window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """The canvas leaves data to the window below it, and takes pictures itself."""
    folder = pictures(tmp_path / "pets", {"cat": 3, "dog": 3})
    for path in (PENGUINS, folder):
        assert drop(ready_window.canvas, path), "by the window, which Qt asks next"
        assert not ready_window.canvas._is_target
        drop(ready_window, path)
        wait(qtbot, ready_window.session.importing)
        assert ready_window.session.importing.name == str(path)
    assert drop(ready_window.canvas, folder / "cat" / "0.png")
    assert ready_window.session.importing.name == str(folder)


# ---- large files


def test_a_large_file_shows_its_head_first_and_can_be_cancelled(
    ready_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(data_process, "_SMALL", 1000)
    numbers = np.random.default_rng(0).normal(size=(60_000, 10)).round(3)
    file = tmp_path / "large.csv"
    np.savetxt(file, numbers, "%.3f", ",", header=",".join("abcdefghij"), comments="")
    importing, seen = ready_window.session.importing, []
    importing.progressed.connect(lambda: seen.append(importing.progress))
    ready_window.data_dialogs.open_path(str(file))
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
    ready_window.data_dialogs.open_path(str(file))
    wait(qtbot, importing)
    assert "60\u202f000 examples are used" in words(ready_window, "importSummary")
    assert seen == sorted(seen) or len(seen) > 1
    use(qtbot, ready_window)
    assert ready_window.session.dataset is not None
    assert len(ready_window.session.dataset.train) == 48_000


def test_choices_made_while_it_is_read_count(
    ready_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_process, "_SMALL", 1000)
    importing = ready_window.session.importing
    ready_window.data_dialogs.open_path(str(PENGUINS))
    importing.choose(target="sex")
    importing.choose(missing="median")
    wait(qtbot, importing)
    assert importing.can_use
    assert "2 classes: FEMALE 165, MALE 168" in words(ready_window, "importSummary")


def test_closing_ends_what_is_read(ready_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_process, "_SMALL", 1000)
    importing = ready_window.session.importing
    ready_window.data_dialogs.open_path(str(PENGUINS))
    reader = importing._reader
    assert isinstance(reader, data_process.DataProcess)
    qtbot.waitUntil(lambda: reader.pid is not None)
    close(ready_window)
    assert ready_window_ended(reader)


def ready_window_ended(reader: data_process.DataProcess) -> bool:
    """Whether the process has gone."""
    return not Path(f"/proc/{reader.pid}/fd").exists() or not list(Path(f"/proc/{reader.pid}/fd").iterdir())


# ---- where it lies


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900), (1920, 1080)])
def test_it_lies_over_the_middle_and_nothing_is_cut_off(
    ready_window: MainWindow, qtbot: QtBot, open_file: Open, mess: Path, size: tuple[int, int]
) -> None:
    open_file(mess)
    ready_window.resize(*size)
    sheet = find(ready_window, ImportSheet, "importSheet")
    curves = ready_window.card("curvesDock")
    qtbot.waitUntil(lambda: abs(sheet.width() - curves.width()) < 4)
    assert sheet.mapTo(ready_window, QPoint(0, 0)).x() == curves.mapTo(ready_window, QPoint(0, 0)).x()
    assert sheet.minimumSizeHint().width() <= sheet.width()
    assert sheet.minimumSizeHint().height() <= sheet.height()
    assert find(ready_window, PreviewTable, "importTable").height() >= 120
    for name in ("useImportButton", "cancelImportButton"):
        button = find(ready_window, QPushButton, name)
        assert button.visibleRegion().boundingRect() == button.rect()


def test_tab_reaches_the_sheet_and_not_what_lies_below_it(
    ready_window: MainWindow, qtbot: QtBot, open_file: Open
) -> None:
    open_file(PENGUINS)
    seen: set[str] = set()
    for _ in range(120):
        press(qtbot, ready_window, Qt.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is not None
        seen.add(focus.objectName())
    assert {"importFormatDelimiterCombo", "importTable", "useImportButton", "datasetCombo", "drawCanvas"} - {
        "drawCanvas"
    } <= seen
    assert "errorPlot" not in seen
    wait_for(qtbot, ready_window, Status.READY)
