"""The presentation fills the screen with the stage and the time in large texts, and leaves no trace."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QPoint, QSize, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QAbstractButton, QPushButton
from pytestqt.qtbot import QtBot

from engine.basics.assets_folder import ASSETS
from nnviz.session.selection import Neuron
from nnviz.ui import theme
from nnviz.window import presentation
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import action, bring_to_front, find, press, seven, train_epochs


@pytest.fixture
def presented(ready_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A presentation of a trained network and a drawing."""
    monkeypatch.setattr(presentation, "size_on", lambda screen: 150)
    train_epochs(qtbot, ready_window, 1)
    press(qtbot, ready_window, Qt.Key.Key_F11)
    assert ready_window.isFullScreen()
    return ready_window


def buttons(window: MainWindow) -> set[str]:
    """The names of all buttons that can be seen."""
    return {each.objectName() for each in window.findChildren(QAbstractButton) if each.isVisible()}


@pytest.mark.parametrize(("width", "height", "percent"), [(1280, 720, 150), (1920, 1080, 225), (1024, 768, 120)])
def test_texts_grow_with_the_screen(width: int, height: int, percent: int) -> None:
    assert presentation.size_on(QSize(width, height)) == pytest.approx(percent)


def test_it_shows_the_stage_and_the_time_in_large_texts(presented: MainWindow) -> None:
    assert action(presented, "actionFullScreen").isChecked()
    assert theme.text_size() == 150
    assert presented.stage.isVisible()
    assert presented.curves.isVisible()
    for hidden in (presented.head, presented.settings, presented.run_block):
        assert not hidden.isVisible()
    assert not buttons(presented) & {
        *("penButton", "eraserButton", "randomDigitButton", "undoStrokeButton"),
        *("playButton", "liveButton", "timeView", "applyHintButton", "startLessonButton"),
    }


def test_the_canvas_can_be_cleared(presented: MainWindow, qtbot: QtBot) -> None:
    presented.canvas.set_strokes([seven(presented.canvas)])
    assert presented.draw.clear_button.isVisible()
    qtbot.mouseClick(presented.draw.clear_button, Qt.MouseButton.LeftButton)
    assert presented.canvas.is_empty


def test_of_runs_it_shows_the_chart_and_the_predictions(presented: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, presented, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    shown = {each.objectName() for each in presented.panels if each.isVisible()}
    assert shown == {"theirCurvesDock", "stagePanel"}
    assert not buttons(presented) & {"theirView", "seedsButton"}
    press(qtbot, presented, Qt.Key.Key_F11)
    assert presented.card("runsDock").isVisible()
    assert {"theirView", "seedsButton"} <= buttons(presented)


def test_keys_train_and_change_the_workspace(presented: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, presented, Qt.Key.Key_B)
    qtbot.waitUntil(lambda: presented.session.runs.current.progress.batch == 1)
    press(qtbot, presented, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert presented.workspace == "inside"
    assert presented.card("mistakesDock").isVisible()
    assert not presented.run_block.isVisible()


def test_moving_the_mouse_shows_the_run_block_for_a_while(presented: MainWindow, qtbot: QtBot) -> None:
    QTest.mouseMove(presented.windowHandle(), QPoint(600, 100))
    qtbot.waitUntil(presented.run_block.isVisible)
    QTest.mouseMove(presented.windowHandle(), QPoint(620, 120))
    assert presented.run_block.train.isEnabled()
    qtbot.waitUntil(lambda: not presented.run_block.isVisible(), timeout=30_000)
    assert presented.isFullScreen()


def test_the_run_block_leaves_axis_and_headline_free(presented: MainWindow, qtbot: QtBot) -> None:
    QTest.mouseMove(presented.windowHandle(), QPoint(610, 110))
    qtbot.waitUntil(presented.run_block.isVisible)
    place, curves = presented._frame.place, presented.curves
    assert place(curves).contains(place(presented.run_block))
    for free in (curves.foot.axis, curves.headline):
        assert not place(presented.run_block).intersects(place(free))
    press(qtbot, presented, Qt.Key.Key_F11)


def test_arrows_move_through_time_after_a_stroke(presented: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(presented.canvas, Qt.MouseButton.LeftButton)
    assert presented.canvas.hasFocus()
    press(qtbot, presented, Qt.Key.Key_Left)
    assert not presented.session.timeline.is_live
    press(qtbot, presented, Qt.Key.Key_Right)
    assert presented.session.timeline.is_live


def test_keys_move_the_focus_to_a_card(presented: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, presented, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    bring_to_front(qtbot, presented)
    number = presented._frame.shown.index(presented.card("inspector")) + 1
    QTest.keyClick(presented, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.AltModifier)
    assert presented.card("inspector").isAncestorOf(presented.focusWidget())


def test_a_what_if_can_be_read_and_ended(presented: MainWindow, qtbot: QtBot) -> None:
    presented.session.selection.choose_neuron(Neuron(1, 3))
    presented.session.edits.switch_chosen()
    chip = find(presented, QPushButton, "whatIfButton")
    qtbot.waitUntil(lambda: chip.isVisible() and chip.width() >= chip.sizeHint().width())
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not presented.session.displayed.what_if)


def test_the_conclusion_is_larger(presented: MainWindow) -> None:
    assert presented.curves.headline.conclusion.font().pixelSize() == 28


def test_an_enlarged_card_stays_enlarged(ready_window: MainWindow, qtbot: QtBot) -> None:
    ready_window.cards.toggle(ready_window.stage)
    press(qtbot, ready_window, Qt.Key.Key_F11)
    assert not ready_window.curves.isVisible()
    press(qtbot, ready_window, Qt.Key.Key_F11)
    assert ready_window.cards.enlarged is ready_window.stage


def test_a_lesson_ends_it(presented: MainWindow, qtbot: QtBot) -> None:
    presented.lessons.open(sorted((ASSETS / "lessons").glob("*.md"))[0], asks=False)
    player = presented.lessons.player
    assert player is not None
    qtbot.waitUntil(lambda: not player.is_busy)
    assert not presented.isFullScreen()
    assert presented.head.isVisible()
    assert presented.run_block.isVisible()


def test_the_place_of_the_window_is_that_before(ready_window: MainWindow, qtbot: QtBot) -> None:
    ready_window.setWindowState(Qt.WindowState.WindowMaximized)
    ready_window._preferences.write()
    before = ready_window._preferences.text("place")
    ready_window.setWindowState(Qt.WindowState.WindowFullScreen)  # only, as on an X server
    ready_window._preferences.write()
    assert ready_window._preferences.text("place") == before


def test_what_is_chosen_for_it_is_not_remembered(presented: MainWindow, qtbot: QtBot) -> None:
    before = presented._preferences.number("text_size")
    presented.set_text_size(200)
    assert theme.text_size() == 200
    press(qtbot, presented, Qt.Key.Key_F11)
    assert theme.text_size() == 100
    assert presented._preferences.number("text_size") == before


def test_the_run_block_takes_the_focus_with_it(presented: MainWindow, qtbot: QtBot) -> None:
    QTest.mouseMove(presented.windowHandle(), QPoint(600, 100))
    qtbot.waitUntil(presented.run_block.isVisible)
    presented.run_block.train.setFocus()
    qtbot.waitUntil(lambda: not presented.run_block.isVisible(), timeout=30_000)
    assert not presented.draw.clear_button.hasFocus()
    assert not presented.run_block.train.hasFocus()


def test_esc_returns_to_the_present_first(presented: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, presented, Qt.Key.Key_Home)
    assert not presented.session.timeline.is_live
    press(qtbot, presented, Qt.Key.Key_Escape)
    assert presented.session.timeline.is_live
    assert presented.isFullScreen()
    press(qtbot, presented, Qt.Key.Key_Escape)
    assert not presented.isFullScreen()


@pytest.mark.parametrize("key", [Qt.Key.Key_F11, Qt.Key.Key_Escape])
def test_it_leaves_the_window_as_it_was(
    ready_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, key: Qt.Key
) -> None:
    window = ready_window
    monkeypatch.setattr(presentation, "size_on", lambda screen: 150)
    train_epochs(qtbot, window, 1)
    before, places = buttons(window), {each: window._frame.place(each) for each in window.panels}
    size = window.size()
    press(qtbot, window, Qt.Key.Key_F11)
    QTest.mouseMove(window.windowHandle(), QPoint(600, 100))
    press(qtbot, window, key)
    assert not window.isFullScreen()
    assert not action(window, "actionFullScreen").isChecked()
    assert theme.text_size() == 100
    qtbot.waitUntil(lambda: window.size() == size)
    qtbot.waitUntil(lambda: {each: window._frame.place(each) for each in window.panels} == places)
    assert buttons(window) == before
    assert window.run_block.parent() is not window._frame
