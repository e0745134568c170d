"""F1 tells of what is under the mouse or has the focus; one window lists all keys."""

from __future__ import annotations

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QCursor
from PyQt5.QtWidgets import QApplication, QDialog, QLineEdit, QPushButton, QTextBrowser, QWidget
from pytestqt.qtbot import QtBot

from nnviz.widgets.card import DockCard
from nnviz.window.help import CARDS, described
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import action, find, press
from tests.nnviz.window.test_window import acted_on, menu_actions


def words(window: MainWindow, name: str) -> str:
    """What stands in a help window."""
    dialog = find(window, QDialog, name)
    assert dialog.isVisible()
    assert not dialog.isModal()
    return find(dialog, QTextBrowser, f"{name}Text").toPlainText()


def point_at(qtbot: QtBot, widget: QWidget) -> None:
    """The mouse stands still in its middle."""
    place = widget.mapToGlobal(widget.rect().center())
    QCursor.setPos(place)
    qtbot.waitUntil(lambda: QCursor.pos() == place)


def test_f1_for_what_is_under_the_mouse(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    window.draw.pen.setFocus()
    button = find(window, QPushButton, "resetButton")
    point_at(qtbot, button)
    press(qtbot, window, Qt.Key_F1)
    assert button.toolTip() in words(window, "helpWindow")
    qtbot.keyClick(find(window, QDialog, "helpWindow"), Qt.Key_Escape)
    assert not [box for box in window.findChildren(QDialog, "helpWindow") if box.isVisible()]


def test_f1_for_what_has_the_focus(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    QCursor.setPos(window.mapToGlobal(QPoint(window.width() - 3, window.height() - 3)))
    field = find(window, QLineEdit, "learningRateEdit")
    field.setFocus()
    press(qtbot, window, Qt.Key_F1)
    text = words(window, "helpWindow")
    assert field.accessibleName() in text
    assert field.toolTip() in text
    find(window, QDialog, "helpWindow").close()


def test_help_for_a_part_of_a_card_tells_of_the_card(ready_window: MainWindow) -> None:
    for card in ready_window.docks:
        title, text = CARDS[card.objectName()]
        inside = card.head.detail if isinstance(card, DockCard) else card.widget()
        assert title in described(inside)
        assert text[:30] in described(inside)


def test_there_is_help_for_every_control(ready_window: MainWindow) -> None:
    for control in acted_on(ready_window):
        assert len(described(control)) > 30, control.objectName()


def test_esc_in_the_window_closes_help(ready_window: MainWindow, qtbot: QtBot) -> None:
    ready_window.help.help_here()
    ready_window.help.shortcuts()
    press(qtbot, ready_window, Qt.Key_Escape)
    assert not [box for box in ready_window.findChildren(QDialog) if box.isVisible()]


def test_a_title_is_told_once(ready_window: MainWindow) -> None:
    assert described(ready_window.prediction.bars).count("<b>Prediction</b>") == 1


def test_the_keys_of_undo_do_not_tell_of_the_moment(ready_window: MainWindow) -> None:
    ready_window.session.change("epochs", epochs=3)
    ready_window.help.shortcuts()
    text = words(ready_window, "shortcutsWindow")
    assert "Undo change of epochs" not in text
    assert "Undo" in text
    find(ready_window, QDialog, "shortcutsWindow").close()


def test_a_second_f1_replaces_the_first(ready_window: MainWindow, qtbot: QtBot) -> None:
    for _ in range(2):
        ready_window.help.help_here()
    assert len([box for box in ready_window.findChildren(QDialog, "helpWindow") if box.isVisible()]) == 1
    find(ready_window, QDialog, "helpWindow").close()


def test_shortcuts_lists_every_key(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    press(qtbot, window, Qt.Key_F1, Qt.ControlModifier)
    text = words(window, "shortcutsWindow")
    lines = text.splitlines()
    for entry in menu_actions(window):
        key = entry.shortcut().toString().replace("Return", "Enter")
        assert any(key == line.strip() for line in lines), f"{key} of {entry.text()}"
        assert entry.text().replace("&", "").removesuffix(" …") in text
    assert "Export: ONNX" in text
    assert "Double click on the head" in text
    qtbot.keyClick(find(window, QDialog, "shortcutsWindow"), Qt.Key_Escape)
    assert not [box for box in window.findChildren(QDialog, "shortcutsWindow") if box.isVisible()]


def test_the_window_can_be_used_meanwhile(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    action(window, "actionShortcuts").trigger()
    action(window, "actionStepBatch").trigger()
    qtbot.waitUntil(lambda: window.session.progress.batch == 1)
    find(window, QDialog, "shortcutsWindow").close()
    QApplication.processEvents()
