"""The import with a preview: how a file is understood, what is wrong in its place, and that nothing changes before."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt5.QtCore import QEvent, QPoint, QRect, Qt
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QListWidget,
    QMenu,
    QPushButton,
    QStyle,
    QStyleOptionComboBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.basics.assets_folder import ASSETS
from nnviz.cards.importing.sheet import ImportSheet
from nnviz.cards.importing.table_model import IGNORED, INPUT, PREDICT
from nnviz.cards.importing.table_view import PreviewTable
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.importing.import_helpers import look_at, use, wait, words
from tests.nnviz.conftest import Restart
from tests.nnviz.helpers import Watch, click, find, find_field, is_shown, pick, press, retype, wait_for

PENGUINS = ASSETS / "tables" / "penguins.csv"
MESS = """name;width;weight;kind;same
a1;1,5;300;cat;x
a2;2,5;;dog;x
a3;abc;312;dog;x
broken;row
a4;3,25;inf;cat;x
a5;1,25;1.234;<b>cow</b>;x
a6;1,25;12.5;cat;x
"""


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("dataCard")


@pytest.fixture
def mess(tmp_path: Path) -> Path:
    """A table with something wrong in several places, and a name in each row."""
    rows = "".join(f"c{number};{number % 7},5;2{number};{('cat', 'dog')[number % 2]};x\n" for number in range(60))
    file = tmp_path / "mess.csv"
    file.write_text(MESS + rows)
    return file


def role_of(window: AnyWindow, column: int) -> str:
    """What becomes of a column."""
    return find(window, PreviewTable, "importTable").model().role(column)  # type: ignore[attr-defined, no-any-return]


def inked(image: QImage) -> tuple[int, int]:
    """The first and the last line of an image in which not all pixels are alike."""
    lines = [y for y in range(image.height()) if len({image.pixel(x, y) for x in range(image.width())}) > 1]
    return lines[0], lines[-1]


def choose_in_menu(qtbot: QtBot, window: AnyWindow, column: int, name: str) -> None:
    """Clicks on a column's head, and chooses an entry of its menu by keys."""
    table = find(window, PreviewTable, "importTable")
    header = table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(column) + 20, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    menu = find(window, QMenu, "importColumnMenu")
    assert menu.isVisible()
    menu.setActiveAction(next(each for each in menu.actions() if each.objectName() == name))
    qtbot.keyClick(menu, Qt.Key.Key_Return)


# ---- a table


def test_cells_are_painted_again_only_if_they_look_otherwise(ready_window: CardWindow, qtbot: QtBot) -> None:
    """To paint all of them takes as long as the mouse may wait, and most of what is read changes only words."""
    ready_window.resize(1200, 800)  # the summary has one line
    look_at(qtbot, ready_window, PENGUINS)
    table, importing = find(ready_window, PreviewTable, "importTable"), ready_window.session.data_import
    QApplication.processEvents()
    cells, heads = Watch(), Watch()
    table.viewport().installEventFilter(cells)
    table.horizontalHeader().viewport().installEventFilter(heads)
    importing.changed.emit()
    qtbot.waitUntil(lambda: QEvent.Type.Paint in heads.seen)
    assert QEvent.Type.Paint not in cells.seen
    height, summary = table.height(), find(ready_window, QLabel, "importSummary")
    summary.setText("")  # as until all is read
    QApplication.processEvents()
    assert table.height() == height
    choose_in_menu(qtbot, ready_window, 3, "ignoredColumnAction")
    wait(qtbot, importing)
    qtbot.waitUntil(lambda: QEvent.Type.Paint in cells.seen)


def test_a_table_is_shown_as_it_was_understood_and_used_when_wanted(ready_window: CardWindow, qtbot: QtBot) -> None:
    before, shape = ready_window.session.dataset, ready_window.session.settings.experiment.shape
    look_at(qtbot, ready_window, PENGUINS)
    assert words(ready_window, "importDetail") == "344 rows · 7 columns"
    summary = words(ready_window, "importSummary")
    assert "344 examples: 275 to train, 69 to test" in summary
    assert "10 inputs · 3 classes: Adelie 152, Chinstrap 68, Gentoo 124" in summary
    assert "Missing values: 11 in sex get a category of their own; 2 in " in words(ready_window, "importNotes")
    assert words(ready_window, "importNotes").endswith("; and 2 more columns.")
    assert [role_of(ready_window, column) for column in (0, 1)] == [PREDICT, INPUT]
    pick(qtbot, ready_window, "importMissingCombo", "drop 11 rows")
    wait(qtbot, ready_window.session.data_import)
    assert "333 of 344 examples: 266 to train, 67 to test" in words(ready_window, "importSummary")
    assert words(ready_window, "importNotes") == "11 rows with a missing value left out."
    pick(qtbot, ready_window, "importMissingCombo", "most frequent")
    wait(qtbot, ready_window.session.data_import)
    assert "11 in sex filled with the most frequent (FEMALE)" in words(ready_window, "importNotes")
    assert ready_window.session.dataset is before
    assert ready_window.session.settings.experiment.shape == shape
    assert ready_window.session.undo.last() is None
    use(qtbot, ready_window)
    assert not find(ready_window, QWidget, "importSheet").isVisible()
    assert ready_window.session.data.settings == {"target": "species", "missing": "median"}
    assert ready_window.session.settings.experiment.shape[-1] == 3


def test_numbers_of_rows_stand_as_high_as_the_cells(
    qapp: QApplication, ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "digits.csv"
    file.write_text("a,b\n" + "2,3\n5,7\n" * 20)
    look_at(qtbot, ready_window, file)
    table = find(ready_window, PreviewTable, "importTable")
    for scheme in ("light", "dark"):
        theme.apply(qapp, scheme)
        QApplication.processEvents()
        place, width = table.viewport().geometry(), table.verticalHeader().width()
        top, height = place.top() + table.rowViewportPosition(0), table.rowHeight(0)
        sides = [(place.left() - width, width), (place.left(), table.columnWidth(0))]
        number, cell = (inked(table.grab(QRect(left, top, wide - 2, height)).toImage()) for left, wide in sides)
        assert number == cell, f"{scheme}: the first and the last line of pixels with ink"


def test_cancel_leaves_everything_as_it_was_and_return_uses_it(ready_window: CardWindow, qtbot: QtBot) -> None:
    before = ready_window.session.dataset
    for how in ("button", "key", "key elsewhere"):
        look_at(qtbot, ready_window, PENGUINS)
        if how == "button":
            click(qtbot, ready_window, QPushButton, "cancelImportButton")
        else:
            if how == "key elsewhere":
                find(ready_window, QComboBox, "importTargetCombo").setFocus()
            press(qtbot, ready_window, Qt.Key.Key_Escape)
        assert not find(ready_window, QWidget, "importSheet").isVisible(), how
        assert ready_window.session.data_import.name is None, how
        assert ready_window.session.dataset is before, how
        assert ready_window.session.recent_data_files.files == [], how

    # Return uses it.
    look_at(qtbot, ready_window, PENGUINS)
    press(qtbot, ready_window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ready_window.session.data.name == str(PENGUINS))
    qtbot.waitUntil(lambda: is_shown(ready_window.session.data))


def test_what_is_wrong_is_reported_where_it_is_wrong(ready_window: CardWindow, qtbot: QtBot, mess: Path) -> None:
    look_at(qtbot, ready_window, mess)
    table = find(ready_window, PreviewTable, "importTable")
    model = table.model()
    tips = {
        (row, column): model.data(model.index(row, column), Qt.ItemDataRole.ToolTipRole)
        for row in range(6)
        for column in range(model.columnCount())
    }
    assert {place: tip for place, tip in tips.items() if tip} == {
        (2, 1): "Row 4, column width: “abc” is not a number",
        (3, 2): "Row 6, column weight: “inf” is infinite",
        (4, 2): "Row 7, column weight: “1.234” has a thousands separator",
        (5, 2): "Row 8, column weight: “12.5” is not a number",
    }
    listed = find(ready_window, QListWidget, "importProblemList")
    assert [listed.item(row).text() for row in range(listed.count())] == [
        "Row 4, column width: “abc” is not a number",
        "Row 5: left out, as it has 2 cells instead of 5",
        "Row 6, column weight: “inf” is infinite",
        "Row 7, column weight: “1.234” has a thousands separator",
        "Row 8, column weight: “12.5” is not a number",
    ]

    # Columns that cannot be inputs say why.
    importing = ready_window.session.data_import
    importing.choose(target="kind")
    wait(qtbot, importing)
    header = find(ready_window, PreviewTable, "importTable").model().headerData
    for column, why in ((0, "has 66 different texts"), (4, "has the same text in all rows")):
        assert header(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.UserRole)[1][0].startswith("left out")
        assert why in header(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert find(ready_window, QPushButton, "useImportButton").isEnabled()

    # Nothing moves under the mouse.
    look_at(qtbot, ready_window, mess)
    fields = [find(ready_window, QWidget, name) for name in ("importTargetCombo", "importSeedEdit", "useImportButton")]
    above = find(ready_window, QWidget, "changeFormatButton")
    for _ in range(5):  # layouts take a few rounds to follow the other target
        QApplication.processEvents()
    places = [each.mapTo(ready_window, QPoint(0, 0)) for each in (*fields, above)]

    def check() -> None:
        QApplication.processEvents()
        assert [each.mapTo(ready_window, QPoint(0, 0)) for each in (*fields, above)] == places

    retype(qtbot, ready_window, "importSeedEdit", "x")
    assert words(ready_window, "importFieldProblem")
    check()
    retype(qtbot, ready_window, "importSeedEdit", "3")
    wait(qtbot, ready_window.session.data_import)
    check()
    pick(qtbot, ready_window, "importTaskCombo", "a number")
    wait(qtbot, ready_window.session.data_import)
    assert words(ready_window, "importColumnProblem")
    check()
    pick(qtbot, ready_window, "importTargetCombo", "weight")
    wait(qtbot, ready_window.session.data_import)
    check()


def test_a_column_that_is_refused_can_be_ignored(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b,y\n" + "".join(f'"1,{100 + row if row else 2}",{row % 7}.5,{row % 2}\n' for row in range(40)))
    importing = look_at(qtbot, ready_window, file)
    assert role_of(ready_window, 0) == IGNORED
    assert find(ready_window, QPushButton, "useImportButton").isEnabled()
    choose_in_menu(qtbot, ready_window, 0, "inputColumnAction")
    wait(qtbot, importing)
    reported = words(ready_window, "importColumnProblem")
    assert reported.startswith("a is written with thousands separators in 39 rows, but not in others: it must")
    assert not find(ready_window, QPushButton, "useImportButton").isEnabled()
    click(qtbot, ready_window, QPushButton, "ignoreColumnButton")
    wait(qtbot, importing)
    assert words(ready_window, "importColumnProblem") == ""
    assert find(ready_window, QPushButton, "useImportButton").isEnabled()

    # Thousands separators are understood and said at the column's head.
    file = tmp_path / "t.csv"
    file.write_text("a,b,y\n" + "".join(f'"{5 + row},425",{row % 7}.5,{row % 2}\n' for row in range(40)))
    look_at(qtbot, ready_window, file)
    header = find(ready_window, PreviewTable, "importTable").model().headerData
    assert header(0, Qt.Orientation.Horizontal, Qt.ItemDataRole.UserRole)[2][0] == "number · thousands separated by ,"
    assert not find(ready_window, QListWidget, "importProblemList").isVisible()
    use(qtbot, ready_window)
    data = ready_window.session.dataset
    assert data is not None
    assert data.columns == ("a", "b")


def test_the_menu_of_a_column_chooses_what_becomes_of_it(ready_window: CardWindow, qtbot: QtBot) -> None:
    # The menu opens by keys.
    look_at(qtbot, ready_window, PENGUINS)
    table = find(ready_window, PreviewTable, "importTable")
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, 2))
    press(qtbot, ready_window, Qt.Key.Key_Right)
    press(qtbot, ready_window, Qt.Key.Key_Return)
    menu = find(ready_window, QMenu, "importColumnMenu")
    assert menu.isVisible()
    menu.setActiveAction(menu.actions()[0])
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    wait(qtbot, ready_window.session.data_import)
    assert role_of(ready_window, 3) == PREDICT

    # Another column to predict has a task of its own.
    importing = look_at(qtbot, ready_window, PENGUINS)
    pick(qtbot, ready_window, "importTargetCombo", "body_mass_g")
    pick(qtbot, ready_window, "importTaskCombo", "a number")
    pick(qtbot, ready_window, "importTargetCombo", "sex")
    wait(qtbot, importing)
    assert find(ready_window, QComboBox, "importTaskCombo").currentText() == "classes"
    assert importing.can_use

    # The menu of a column chooses what becomes of it.
    importing = look_at(qtbot, ready_window, PENGUINS)
    choose_in_menu(qtbot, ready_window, 5, "predictColumnAction")
    wait(qtbot, importing)
    assert find(ready_window, QComboBox, "importTargetCombo").currentText() == "body_mass_g"
    assert find(ready_window, QComboBox, "importTaskCombo").currentText() == "a number"
    assert "predicts body_mass_g" in words(ready_window, "importSummary")
    choose_in_menu(qtbot, ready_window, 0, "ignoredColumnAction")
    choose_in_menu(qtbot, ready_window, 4, "categoriesColumnAction")
    wait(qtbot, importing)
    lines = (
        find(ready_window, PreviewTable, "importTable")
        .model()
        .headerData(4, Qt.Orientation.Horizontal, Qt.ItemDataRole.UserRole)
    )
    assert [line for line, _ in lines[1:]] == ["left out ▾", "categories · 2 missing"]
    choose_in_menu(qtbot, ready_window, 4, "foundColumnAction")
    wait(qtbot, importing)
    use(qtbot, ready_window)
    data = ready_window.session.dataset
    assert data is not None
    assert data.targets == ("body_mass_g",)
    assert not any("species" in name for name in data.columns)


def test_it_begins_with_what_is_predicted_and_the_detected_format_is_one_line(
    ready_window: CardWindow, qtbot: QtBot, mess: Path, tmp_path: Path
) -> None:
    def top(name: str) -> int:
        part = find(ready_window, QWidget, name)
        assert part.isVisible(), name
        return part.mapTo(ready_window, QPoint(0, 0)).y()

    importing = look_at(qtbot, ready_window, PENGUINS)
    press(qtbot, ready_window, Qt.Key.Key_Tab)
    assert find(ready_window, QComboBox, "importTargetCombo").hasFocus()
    assert top("importTargetCombo") < top("importDetail") < top("importFormat") < top("importTable")
    assert words(ready_window, "importFormat") == "comma, point, UTF-8, found automatically ·"
    delimiter = find(ready_window, QComboBox, "importFormatDelimiterCombo")
    assert not delimiter.isVisible()
    click(qtbot, ready_window, QPushButton, "changeFormatButton")
    assert delimiter.hasFocus()
    assert not words(ready_window, "importFormat")
    pick(qtbot, ready_window, "importFormatHeaderCombo", "values")
    wait(qtbot, importing)
    pick(qtbot, ready_window, "importFormatHeaderCombo", "names of columns")
    wait(qtbot, importing)
    assert delimiter.isVisible(), "the fields stay while they are used"

    look_at(qtbot, ready_window, mess)
    assert words(ready_window, "importFormat") == "semicolon, comma, UTF-8, found automatically ·", "another file"
    assert not delimiter.isVisible()

    # A format that was changed or is uncertain is shown in fields.
    importing.choose(skip=1)
    wait(qtbot, importing)
    assert delimiter.isVisible()
    file = tmp_path / "doubtful.csv"
    file.write_text("a;y\n" + "".join(f"{1 + row % 7}.{100 + row};{'xy'[row % 2]}\n" for row in range(40)))
    look_at(qtbot, ready_window, file)
    assert delimiter.isVisible()


def test_the_format_is_corrected(ready_window: CardWindow, qtbot: QtBot, mess: Path, tmp_path: Path) -> None:
    importing = look_at(qtbot, ready_window, mess)
    click(qtbot, ready_window, QPushButton, "changeFormatButton")
    assert find(ready_window, QComboBox, "importFormatDelimiterCombo").currentText() == "semicolon"
    assert find(ready_window, QComboBox, "importFormatDecimalCombo").currentText() == "comma"
    pick(qtbot, ready_window, "importFormatDelimiterCombo", "tab")
    wait(qtbot, importing)
    assert "it has only one column" in words(ready_window, "importProblem")
    assert not find(ready_window, QPushButton, "useImportButton").isEnabled()
    pick(qtbot, ready_window, "importFormatDelimiterCombo", "semicolon")
    wait(qtbot, importing)
    assert words(ready_window, "importProblem") == ""
    pick(qtbot, ready_window, "importFormatHeaderCombo", "values")
    wait(qtbot, importing)
    assert words(ready_window, "importDetail") == "67 rows · 5 columns"

    # A title above the table is reported and can be corrected.
    file = tmp_path / "log.csv"
    file.write_text("Log of 2024\n\na,b,y\n" + "".join(f"{row},{row % 7},k{row % 2}\n" for row in range(40)))
    importing = look_at(qtbot, ready_window, file)
    click(qtbot, ready_window, QPushButton, "changeFormatButton")
    assert words(ready_window, "importSkippedLines") == "The first 2 lines are skipped: Log of 2024"
    assert words(ready_window, "importDetail") == "40 rows · 3 columns"
    assert find_field(ready_window, "importFormatSkipEdit").text() == "2"
    for typed, reported in (
        ("many", "Skip lines is 'many': it must be a whole number"),
        ("101", "Skip lines is 101: it"),
    ):
        retype(qtbot, ready_window, "importFormatSkipEdit", typed)
        wait(qtbot, importing)
        assert reported in words(ready_window, "importFormatFieldProblem")
    retype(qtbot, ready_window, "importFormatSkipEdit", "3")
    wait(qtbot, importing)
    assert words(ready_window, "importFormatFieldProblem") == ""
    assert words(ready_window, "importSkippedLines").startswith("The first 3 lines are skipped: Log of 2024")


def test_a_bad_value_is_reported_below_its_fields(ready_window: CardWindow, qtbot: QtBot) -> None:
    importing = look_at(qtbot, ready_window, PENGUINS)
    for field, typed, reported, corrected in (
        ("importTestShareEdit", "2", "Test share is 2: it must be", "0.3"),
        ("importTestShareEdit", "half", "Test share is 'half': it must be a number", "0.4"),
        ("importSeedEdit", "-1", "Seed is -1: it must be", "7"),
    ):
        retype(qtbot, ready_window, field, typed)
        wait(qtbot, importing)
        assert reported in words(ready_window, "importFieldProblem")
        assert words(ready_window, "importProblem") == "", typed
        assert not find(ready_window, QPushButton, "useImportButton").isEnabled(), typed
        retype(qtbot, ready_window, field, corrected)
        wait(qtbot, importing)
        assert words(ready_window, "importFieldProblem") == "", corrected
    use(qtbot, ready_window)
    assert ready_window.session.data.settings == {"target": "species", "test_share": 0.4, "seed": 7}


def test_a_file_opens_the_next_time_as_it_was(
    restart: Restart, qtbot: QtBot, make_window: MakeWindow, mess: Path
) -> None:
    model = restart()
    session, importing = model.session, model.session.data_import
    qtbot.waitUntil(lambda: is_shown(session.data))
    importing.open(str(mess))
    wait(qtbot, importing)
    importing.choose(target="kind", test_share=0.5)
    wait(qtbot, importing)
    importing.use()
    qtbot.waitUntil(lambda: session.data.name == str(mess) and is_shown(session.data))
    session.data.load("moons")
    qtbot.waitUntil(lambda: is_shown(session.data))
    assert model.close()
    again = make_window()
    qtbot.waitUntil(lambda: is_shown(again.session.data))
    again.data_dialogs.open_path(str(mess))
    wait(qtbot, again.session.data_import)
    assert find(again, QComboBox, "importTargetCombo").currentText() == "kind"
    assert find_field(again, "importTestShareEdit").text() == "0.5"
    assert words(again, "importNews") == ""
    again.session.data_import.cancel()
    mess.write_text(mess.read_text() + "z;1,5;3;cat;x\n")
    again.data_dialogs.open_path(str(mess))
    wait(qtbot, again.session.data_import)
    assert words(again, "importNews") == "This file has changed since it was last used."
    assert find(again, QComboBox, "importTargetCombo").currentText() == "kind"


def test_a_file_that_changes_is_looked_at_or_loaded_again(ready_window: CardWindow, qtbot: QtBot, mess: Path) -> None:
    # One in use is loaded again if it has changed, and not if it is the same: a run continues.
    session = ready_window.session
    importing = look_at(qtbot, ready_window, mess)
    importing.choose(target="kind")
    wait(qtbot, importing)
    use(qtbot, ready_window)
    before = session.dataset
    look_at(qtbot, ready_window, mess)
    use(qtbot, ready_window)
    assert session.dataset is before
    mess.write_text(mess.read_text() + "z;1,5;3;cat;x\n" * 5)
    look_at(qtbot, ready_window, mess)
    use(qtbot, ready_window)
    assert session.dataset is not before
    assert session.dataset is not None
    assert before is not None
    assert len(session.dataset.train) > len(before.train)

    # One that changes before it is used is looked at again.
    before, importing = ready_window.session.dataset, look_at(qtbot, ready_window, mess)
    importing.choose(target="kind")
    wait(qtbot, importing)
    mess.write_text(mess.read_text() + "z;1,5;3;cat;x\n")
    click(qtbot, ready_window, QPushButton, "useImportButton")
    wait(qtbot, importing)
    assert words(ready_window, "importNews") == "This file has changed since it was read. Check the preview again."
    assert words(ready_window, "importDetail") == "72 rows · 5 columns"
    assert ready_window.session.dataset is before
    mess.unlink()
    click(qtbot, ready_window, QPushButton, "useImportButton")
    wait(qtbot, importing)
    assert words(ready_window, "importProblem") == "mess.csv: the file does not exist. Check its name and folder."
    assert ready_window.session.dataset is before


# ---- where it lies


def test_it_lies_beside_the_column_and_nothing_is_cut_off(
    whole_window: MainWindow, qtbot: QtBot, mess: Path, tmp_path: Path
) -> None:
    train = find(whole_window, QPushButton, "trainButton")

    def shade() -> int:
        """How far a pixel of the button is from the colour of the window."""
        at = train.mapTo(whole_window, QPoint(train.width() // 8, train.height() // 2))
        lightness = whole_window.grab().toImage().pixelColor(at).lightness()
        return abs(lightness - theme.colour("window").lightness())

    clear = shade()
    look_at(qtbot, whole_window, mess)
    assert shade() == pytest.approx(0.4 * clear, abs=2), "the rest is dimmed"
    sheet, rest = find(whole_window, ImportSheet, "importSheet"), find(whole_window, QWidget, "rest")
    for size in ((1280, 720), (1440, 900), (1920, 1080)):
        whole_window.resize(*size)
        qtbot.waitUntil(lambda: sheet.size() == rest.size())
        assert sheet.mapTo(whole_window, QPoint(0, 0)) == rest.mapTo(whole_window, QPoint(0, 0)), size
        assert sheet.minimumSizeHint().width() <= sheet.width(), size
        assert sheet.minimumSizeHint().height() <= sheet.height(), size
        assert find(whole_window, PreviewTable, "importTable").height() >= 120, size
        for name in ("useImportButton", "cancelImportButton"):
            button = find(whole_window, QPushButton, name)
            assert button.visibleRegion().boundingRect() == button.rect(), size

    # Choices are not cut.
    whole_window.session.data_import.cancel()
    whole_window.resize(1280, 720)
    look_at(qtbot, whole_window, PENGUINS)
    click(qtbot, whole_window, QPushButton, "changeFormatButton")
    for name in ("importFormatHeaderCombo", "importMissingCombo", "importStandardiseCombo"):
        combo = find(whole_window, QComboBox, name)
        option = QStyleOptionComboBox()
        option.initFrom(combo)
        room = (
            combo.style()
            .subControlRect(QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, combo)
            .width()
        )
        assert combo.fontMetrics().horizontalAdvance(combo.currentText()) <= room, name

    # Tab reaches the sheet, and not what lies below it.
    look_at(qtbot, whole_window, PENGUINS)
    seen: list[QWidget] = []
    for _ in range(120):
        press(qtbot, whole_window, Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is not None
        if seen and focus is seen[0]:
            break  # all around
        seen.append(focus)
    names = {each.objectName() for each in seen}
    assert {"changeFormatButton", "importTargetCombo", "importTable", "useImportButton", "datasetCombo"} <= names
    assert "errorPlot" not in names
    wait_for(qtbot, whole_window, Status.READY)

    # A mostly empty column costs no rows, and an empty one is left out.
    file = tmp_path / "ship.csv"
    cells = (
        f"{'' if at % 5 == 0 else at % 60 + 0.5},{'AB'[at % 2] if at % 9 == 1 else ''},,{'' if at == 5 else at % 2}"
        for at in range(90)
    )
    file.write_text("age,deck,nothing,survived\n" + "\n".join(cells) + "\n")
    look_at(qtbot, whole_window, file)
    assert "89 of 90 examples" in words(whole_window, "importSummary")
    notes = words(whole_window, "importNotes")
    assert "1 row without the value to predict left out." in notes
    assert "Missing values: 79 in deck get a category of their own; 17 in age filled with the median (" in notes
    assert "Column nothing left out: it has no values." in notes
    combo = find(whole_window, QComboBox, "importMissingCombo")
    assert [combo.itemText(place) for place in range(3)] == ["fill", "most frequent", "drop 81 rows"]
    assert combo.currentText() == "fill"
    whole_window.resize(1280, 720)
    QApplication.processEvents()
    shown = [
        each for each in find(whole_window, ImportSheet, "importSheet").findChildren(QComboBox) if each.isVisible()
    ]
    assert [each.objectName() for each in shown if each.width() < each.sizeHint().width()] == [], "none is cut"
    use(qtbot, whole_window)
    assert whole_window.session.data.settings == {"target": "survived"}
    assert whole_window.session.dataset is not None
    assert whole_window.session.dataset.columns == ("age", "deck = A", "deck = B", "deck = missing")


def test_the_column_to_predict_is_brought_into_sight(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    # Another file is shown from its first column.
    wide = ",".join(["target", *(f"a_long_name_of_column_{number}" for number in range(29))])
    files = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for file in files:
        file.write_text("\n".join([wide, *(",".join(str(row + column) for column in range(30)) for row in range(20))]))
    look_at(qtbot, ready_window, files[0])
    bar = find(ready_window, PreviewTable, "importTable").horizontalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 500)
    bar.setValue(400)
    look_at(qtbot, ready_window, files[1])
    assert bar.value() == 0

    # The column to predict is brought into sight.
    names = [f"a column of many words {number}" for number in range(20)]
    file = tmp_path / "wide.csv"
    rows = [",".join(str(row * column % 97 / 4) for column in range(1, 21)) for row in range(60)]
    file.write_text("\n".join([",".join(names), *rows]))
    look_at(qtbot, ready_window, file)
    table = find(ready_window, PreviewTable, "importTable")
    header = table.horizontalHeader()

    def is_seen(column: int) -> bool:
        left = header.sectionViewportPosition(column)
        return left >= 0 and left + header.sectionSize(column) <= table.viewport().width()

    qtbot.waitUntil(lambda: is_seen(19))
    table.verticalScrollBar().setValue(5)
    pick(qtbot, ready_window, "importTargetCombo", names[1])
    wait(qtbot, ready_window.session.data_import)
    qtbot.waitUntil(lambda: is_seen(1))
    assert table.verticalScrollBar().value() == 5, "a row that is cut stays so"
    table.horizontalScrollBar().setValue(table.horizontalScrollBar().maximum())
    retype(qtbot, ready_window, "importSeedEdit", "4")
    wait(qtbot, ready_window.session.data_import)
    assert not is_seen(1), "it stays where the person scrolled"
