"""The line at the foot: what goes on is there, and what was done is announced near the top."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import announced, find


def test_what_was_done_is_said_once_and_near_the_top(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    window = ready_window
    label = find(window, QLabel, "activityLabel")
    window.session.files.save(home / "x.json")
    assert label.text() == "Saving x.json …"
    assert label.isVisible()
    qtbot.waitUntil(lambda: announced(window.session) == "Saved to x.json")
    assert not label.isVisible()
    assert find(window, QLabel, "announcementText").text() == "Saved to x.json"


def test_what_goes_on_stays(ready_window: MainWindow) -> None:
    label = find(ready_window, QLabel, "activityLabel")
    ready_window.status_line.show_activity("Saving something large …")
    ready_window.session.step_batch()
    assert label.isVisible()
    assert announced(ready_window.session) == ""
