"""The line at the foot: what goes on stays, what was done goes away after a while."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import find


def test_old_news_go_away(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    window = ready_window
    label = find(window, QLabel, "activityLabel")
    window.status_line.news.setInterval(60)
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
    ready_window.status_line.show_activity("Saving something large …")
    assert not ready_window.status_line.news.isActive()
    ready_window.session.step_batch()
    assert label.isVisible()
