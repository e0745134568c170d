"""The template of a card, in the whole window."""

from __future__ import annotations

from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from nnviz.window.help import described
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import find, show_page


def test_it_is_a_page_of_the_window_with_its_help(ready_window: MainWindow, qtbot: QtBot) -> None:
    ready_window.show_workspace("inside")
    show_page(ready_window, "confidencePage")
    line = find(ready_window, QLabel, "confidenceLabel")
    qtbot.waitUntil(lambda: line.text().endswith("%"))
    assert "The mean of the highest output" in described(line)
