"""Networks that were put away, trained and never saved: nobody quits without having been asked about them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAbstractButton, QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import action, choose_file, find, press, retype, train_epochs


def question(window: MainWindow) -> QMessageBox | None:
    """The one about networks that were put away, if it is asked."""
    boxes = [box for box in window.findChildren(QMessageBox, "putAwayBox") if box.isVisible()]
    return boxes[0] if boxes else None


def press_button(qtbot: QtBot, box: QMessageBox | None, text: str) -> None:
    """By what stands on it."""
    assert box is not None, "nothing is asked"
    (button,) = (each for each in box.findChildren(QAbstractButton) if each.text().replace("&", "").startswith(text))
    qtbot.mouseClick(button, Qt.LeftButton)


@pytest.fixture
def put_away(ready_window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window whose trained network was put away by Reset."""
    train_epochs(qtbot, ready_window, 2)
    ready_window.session.reset()
    assert not ready_window.session.runs.current.unsaved
    return ready_window


def test_asked_and_told_which(put_away: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, put_away, Qt.Key_Q, Qt.ControlModifier)
    box = question(put_away)
    assert box is not None
    assert "untitled, 784-64-32-10, trained for 2 epochs" in box.informativeText()
    qtbot.keyClick(box, Qt.Key_Escape)
    assert question(put_away) is None
    assert put_away.isVisible()


def test_brought_back(put_away: MainWindow, qtbot: QtBot) -> None:
    put_away.close()
    press_button(qtbot, question(put_away), "Bring it back")
    assert put_away.isVisible()
    assert put_away.session.runs.current.epochs == 2
    assert put_away.isWindowModified()
    put_away.close()
    assert find(put_away, QMessageBox, "unsavedBox").isVisible(), "now it is the one in the window"
    find(put_away, QMessageBox, "unsavedBox").reject()


def test_discarded(put_away: MainWindow, qtbot: QtBot) -> None:
    put_away.close()
    press_button(qtbot, question(put_away), "Discard")
    assert not put_away.isVisible()


def test_saved_ones_are_not_asked_about(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    window = ready_window
    train_epochs(qtbot, window, 1)
    window.session.files.save(home / "kept.json")
    qtbot.waitUntil(lambda: not window.session.runs.current.unsaved)
    window.session.reset()
    window.close()
    assert not window.isVisible()


def test_nobody_is_asked_twice(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    """Whoever said that it may go when another was opened is not asked at the end."""
    window = ready_window
    window.session.files.save(home / "first.json")
    qtbot.waitUntil(lambda: window.session.runs.current.path is not None)
    train_epochs(qtbot, window, 1)
    action(window, "actionOpenNetwork").trigger()
    qtbot.mouseClick(find(window, QMessageBox, "unsavedBox").button(QMessageBox.Discard), Qt.LeftButton)
    choose_file(qtbot, window, "openNetworkDialog", home / "first.json")
    qtbot.waitUntil(lambda: window.session.runs.current.was_opened)
    window.close()
    assert question(window) is None
    assert not window.isVisible()


def test_trained_on_after_it_was_given_up_it_is_asked_about(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    window = ready_window
    window.session.files.save(home / "first.json")
    qtbot.waitUntil(lambda: window.session.runs.current.path is not None)
    train_epochs(qtbot, window, 1)
    action(window, "actionOpenNetwork").trigger()
    qtbot.mouseClick(find(window, QMessageBox, "unsavedBox").button(QMessageBox.Discard), Qt.LeftButton)
    choose_file(qtbot, window, "openNetworkDialog", home / "first.json")
    qtbot.waitUntil(lambda: window.session.runs.current.was_opened)
    action(window, "actionUndo").trigger()
    train_epochs(qtbot, window, 1)
    window.session.reset()
    window.close()
    assert question(window) is not None
    press_button(qtbot, question(window), "Discard")


def test_two_of_them(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    for _ in range(2):
        train_epochs(qtbot, window, 1)
        window.session.reset()
    train_epochs(qtbot, window, 1)
    window.close()
    box = find(window, QMessageBox, "unsavedBox")
    assert question(window) is None, "one question at a time"
    qtbot.mouseClick(box.button(QMessageBox.Discard), Qt.LeftButton)
    second = question(window)
    assert second is not None
    assert second.text().startswith("2 networks")
    press_button(qtbot, second, "Bring back the last")
    assert window.isVisible()
    assert window.session.runs.current.epochs == 1


def test_untrained_ones_are_nothing_to_ask_about(ready_window: MainWindow, qtbot: QtBot) -> None:
    retype(qtbot, ready_window, "shapeEdit", "784, 20, 10")
    ready_window.session.reset()
    ready_window.close()
    assert not ready_window.isVisible()


# ---- the status line


def test_old_news_go_away(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    window = ready_window
    label = find(window, QLabel, "activityLabel")
    window._news.setInterval(60)
    window.session.files.save(home / "x.json")
    assert label.text() == "Saving x.json …"
    assert label.isVisible()
    qtbot.waitUntil(lambda: label.text() == "Saved to x.json")
    qtbot.waitUntil(lambda: not label.isVisible())


def test_news_end_with_the_next_thing(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    window = ready_window
    label = find(window, QLabel, "activityLabel")
    window.session.files.save(home / "x.json")
    qtbot.waitUntil(lambda: label.text() == "Saved to x.json")
    assert label.isVisible()
    window.session.step_batch()
    qtbot.waitUntil(lambda: not label.isVisible(), timeout=2000)


def test_what_goes_on_stays(ready_window: MainWindow) -> None:
    label = find(ready_window, QLabel, "activityLabel")
    ready_window._show_activity("Saving something large …")
    assert not ready_window._news.isActive()
    ready_window.session.step_batch()
    assert label.isVisible()
