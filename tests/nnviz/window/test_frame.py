"""The frame: its parts keep their shares at every size of the window and of the texts, unless a person drags a line."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtGui import QImage
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QComboBox, QLineEdit, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from engine.presets import presets
from nnviz.session.selection import Example
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow, close
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.helpers import drag_line, find, pick, press


def resize(window: MainWindow, width: int, height: int) -> None:
    """And waits until the cards have followed."""
    window.resize(width, height)
    settle()


def settle() -> None:
    for _ in range(5):
        QTest.qWait(5)


def places(window: MainWindow) -> dict[str, QRect]:
    """Where every card is."""
    return {each.objectName(): window._frame.place(each) for each in window.panels if each.isVisible()}


def picture(window: MainWindow) -> QImage:
    settle()
    return window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


# ---- sizes


def test_cards_stay_and_come_back_at_every_size_of_the_window(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    resize(window, 1440, 900)
    card = window.card("trainingCard")
    combo = find(window, QComboBox, "presetCombo")
    column = find(window, QScrollArea, "settingsScroll").widget()
    before = card.mapTo(column, QPoint(0, 0)), combo.mapTo(window, combo.rect().topRight())
    names = [preset.name for preset in presets()]
    assert len({len(preset.experiment.hidden) for preset in presets()}) > 1
    for name in [*names, names[0]]:
        pick(qtbot, window, "presetCombo", name)
        QTest.qWait(10)
        assert (card.mapTo(column, QPoint(0, 0)), combo.mapTo(window, combo.rect().topRight())) == before, name

    # Another size and back, also in many small steps, as a person drags the corner.
    at = places(window)
    for between in ((1280, 720), (1920, 1080)):
        resize(window, *between)
        assert places(window) != at, between
        resize(window, 1440, 900)
        assert places(window) == at, between
    for width in (*range(1440, 1280, -40), *range(1280, 1441, 40)):
        window.resize(width, 900)
        QApplication.processEvents()
    settle()
    assert places(window) == at

    # What a person chose is a share, and ends with the default sizes.
    drag_line(window, "whole", 60)
    wanted = places(window)
    assert wanted["settingsCard"].width() == at["settingsCard"].width() + 60
    resize(window, 1300, 800)
    resize(window, 1440, 900)
    assert places(window) == wanted
    press(qtbot, window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert places(window) == at


@pytest.mark.parametrize("workspace", ["train", "inside"])
def test_larger_texts_and_back_give_the_same_picture(ready_window: MainWindow, qtbot: QtBot, workspace: str) -> None:
    window = ready_window
    resize(window, 1440, 900)
    window.session.question.set_data_example(Example("test", 0))
    window.show_workspace(workspace)
    queries = window.session.queries
    qtbot.waitUntil(lambda: all(not query.is_wanted or query.is_up_to_date for query in queries))
    qtbot.waitUntil(lambda: bool(window.stage.network.legend.entries))  # its repaint may wait for its turn
    before = picture(window)
    for percent in (150, 200, 100):
        window.set_text_size(percent)
        settle()
    qtbot.waitUntil(lambda: picture(window) == before)


def test_the_band_has_room_in_a_small_window_for_all_kinds_of_data(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, band = ready_window, ready_window.curves.band
    resize(window, 1280, 720)
    assert band.isVisible()
    for data in ("penguins", "mpg", "spirals", "sine"):
        load(qtbot, window, data)
        settle()
        assert band.isVisible(), data
        assert band.visibleRegion().boundingRect() == band.rect(), data


def test_shares_are_those_of_a_workspace_and_are_remembered(
    ready_window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    window = ready_window
    resize(window, 1440, 900)
    usual = places(window)
    drag_line(window, "stack", -60)
    chosen = places(window)
    assert chosen["stagePanel"].height() == usual["stagePanel"].height() - 60
    window.show_workspace("inside")
    window.show_workspace("train")
    settle()
    assert places(window) == chosen
    close(window)
    again = make_window()
    resize(again, 1440, 900)
    assert places(again) == chosen
    assert again._frame.shares["inside"] == {}, "each workspace has its own"
    press(qtbot, again, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert places(again) == usual


@pytest.mark.parametrize(("data", "view"), [("spirals", "planeView"), ("sine", "curveView")])
def test_a_plane_or_curve_is_large(ready_window: MainWindow, qtbot: QtBot, data: str, view: str) -> None:
    resize(ready_window, 1440, 900)
    load(qtbot, ready_window, data, points=160)
    settle()
    shown = find(ready_window, QWidget, view)
    assert min(shown.width(), shown.height()) >= 200


def test_a_workspace_without_the_focused_widget_gives_the_focus_to_nothing(
    ready_window: MainWindow, qtbot: QtBot
) -> None:
    window = ready_window
    window.activateWindow()
    edit = find(window, QLineEdit, "epochsEdit")
    edit.setFocus()
    press(qtbot, window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert not edit.isVisible()
    assert window.focusWidget() is None
