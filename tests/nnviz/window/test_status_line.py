"""The line at the foot, which shows what goes on, and announcements of what was done."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QLabel, QPushButton, QTabBar
from pytestqt.qtbot import QtBot

from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import announced, find, press


def test_an_announcement_covers_nothing_and_goes_by_escape_after_a_message(
    ready_window: MainWindow, qtbot: QtBot, home: Path
) -> None:
    """What was done is said once, and near the top."""
    window = ready_window
    label = find(window, QLabel, "activityLabel")
    window.session.files.save(home / "x.json")
    assert label.text() == "Saving x.json …"
    assert label.isVisible()
    qtbot.waitUntil(lambda: announced(window.session) == "Saved to x.json")
    assert not label.isVisible()
    assert find(window, QLabel, "announcementText").text() == "Saved to x.json"

    records = window.session.records
    for size in ((1280, 720), (1440, 900)):
        window.resize(*size)
        records.set_on(True)
        for _ in range(5):  # until the docks have followed
            QTest.qWait(5)
        docks = [dock.geometry() for dock in window.docks if dock.isVisible()]
        records.toggle()
        QTest.qWait(0)
        bar, menus = window.announcement_bar, window.menuBar()
        assert bar.isVisible(), size
        assert menus.geometry().contains(bar.geometry()), size
        mark, tabs = find(window, QPushButton, "recordingOffButton"), find(window, QTabBar, "workspaceTabs")
        for part in (mark, tabs):
            at = QRect(part.mapTo(window, QPoint(0, 0)), part.size())
            assert not bar.geometry().intersects(at), part.objectName()
            assert window.rect().contains(at), part.objectName()
        assert mark.mapTo(window, QPoint(mark.width(), 0)).x() <= tabs.mapTo(window, QPoint(0, 0)).x(), size
        assert all(menus.actionGeometry(each).right() < bar.x() for each in menus.actions()), size
        assert (window.width(), window.height()) == size
        assert [dock.geometry() for dock in window.docks if dock.isVisible()] == docks, size

    # Escape dismisses an announcement after a message.
    messages = window.session.messages
    messages.warn("An error.")
    messages.announce("Saved to x.json")
    press(qtbot, ready_window, Qt.Key.Key_Escape)
    assert messages.current is None
    assert announced(ready_window.session) == "Saved to x.json"
    press(qtbot, ready_window, Qt.Key.Key_Escape)
    assert announced(ready_window.session) == ""

    # What goes on stays.
    ready_window.status_line.show_activity("Saving something large …")
    ready_window.session.step_batch()
    assert label.isVisible()
    assert announced(ready_window.session) == ""
