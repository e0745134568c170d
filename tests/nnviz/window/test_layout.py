"""Columns and cards keep their places and their sizes."""

from __future__ import annotations

from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QComboBox, QMainWindow, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from engine.presets import presets
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import drag_on, find, pick, press


def resize(window: MainWindow, width: int, height: int) -> None:
    """And waits until the docks have followed."""
    window.resize(width, height)
    for _ in range(5):
        QTest.qWait(10)


def sizes(window: MainWindow) -> dict[str, QRect]:
    """Where every dock is."""
    return {dock.objectName(): dock.geometry() for dock in window.docks}


# ---- another size and back


def test_a_preset_moves_no_card_and_columns_are_as_before_when_the_window_is(
    ready_window: MainWindow, qtbot: QtBot
) -> None:
    window = ready_window
    resize(window, 1440, 900)
    card = window.card("trainingCard")
    combo = find(window, QComboBox, "presetCombo")
    column = find(window, QScrollArea, "settingsScroll").widget()
    before = card.mapTo(column, QPoint(0, 0)), combo.mapTo(window, QPoint(0, 0))
    names = [preset.name for preset in presets()]
    assert len({len(preset.experiment.hidden) for preset in presets()}) > 1
    for name in [*names, names[0]]:
        pick(qtbot, window, "presetCombo", name)
        QTest.qWait(10)
        assert (card.mapTo(column, QPoint(0, 0)), combo.mapTo(window, QPoint(0, 0))) == before, name

    # Columns are as before when the window is.
    resize(window, 1440, 900)
    resize(window, 1440, 900)
    at = sizes(window)
    for between in ((1280, 720), (1920, 1080)):
        resize(window, *between)
        assert sizes(window) != at, between
        resize(window, 1440, 900)
        assert sizes(window) == at, between

    # So they are in many small steps, as a person drags the corner.
    for width in (*range(1440, 1280, -40), *range(1280, 1441, 40)):
        window.resize(width, 900)
        QApplication.processEvents()
    resize(window, 1440, 900)
    assert sizes(window) == at

    # In the default layout, too.
    press(qtbot, window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    resize(window, 1440, 900)
    assert sizes(window) == at

    # A small screen leaves the strip a curve.
    resize(window, 1280, 720)
    assert window.height() == 720
    strip = find(window, QWidget, "learningStrip")
    assert strip.height() >= 40
    assert strip.visibleRegion().boundingRect().height() >= 40

    # Columns as the user made them.
    resize(window, 1440, 900)
    host = window.curves.parentWidget()
    assert isinstance(host, QMainWindow)
    line = QPoint(window.draw.x() - 5, window.draw.y() + 60)
    assert host.childAt(line) is None, "the line between two columns"
    QTest.mousePress(host, Qt.MouseButton.LeftButton, pos=line)
    drag_on(host, (line.x() - 60, line.y()))
    QTest.qWait(10)
    QTest.mouseRelease(host, Qt.MouseButton.LeftButton, pos=line - QPoint(60, 0))
    QTest.qWait(10)
    wanted = sizes(window)
    assert wanted["drawDock"].width() > 340
    resize(window, 1300, 800)
    resize(window, 1440, 900)
    assert sizes(window) == wanted


# ---- presets
