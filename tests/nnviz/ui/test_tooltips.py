"""Tooltips: in lines that fit a window, and as plain text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtGui import QHelpEvent
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton, QToolTip
from pytestqt.qtbot import QtBot

from nnviz.ui import theme


@pytest.fixture
def button(qtbot: QtBot, qapp: QApplication) -> Iterator[QPushButton]:
    """One to point at."""
    theme.apply(qapp, "dark")
    made = QPushButton("button")
    qtbot.addWidget(made)
    made.show()
    yield made
    QToolTip.hideText()
    for tip in tips():
        tip.hide()


def tips() -> list[QLabel]:
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, QLabel) and each.isVisible()]


def tip_of(button: QPushButton, text: str) -> QLabel:
    """What is seen when the mouse rests on it."""
    button.setToolTip(text)
    middle = button.rect().center()
    QApplication.sendEvent(button, QHelpEvent(QEvent.ToolTip, middle, button.mapToGlobal(middle)))
    (shown,) = tips()
    return shown


def test_a_long_one_has_several_lines(button: QPushButton) -> None:
    text = "what this control does to the network, told at great length and " * 5
    shown = tip_of(button, text)
    assert shown.width() < 480
    assert shown.height() > 4 * shown.fontMetrics().height()
    assert " ".join(shown.text().split()) == " ".join(text.split())
    assert shown.width() >= max(shown.fontMetrics().horizontalAdvance(line) for line in shown.text().split("\n"))


def test_the_next_one_is_as_large_as_it_needs(button: QPushButton) -> None:
    tip_of(button, "a long one " * 30)
    shown = tip_of(button, "short")
    assert shown.text() == "short"
    assert shown.height() < 4 * shown.fontMetrics().height()


def test_a_name_from_a_file_is_plain_text(button: QPushButton) -> None:
    shown = tip_of(button, "<b>bold</b>")
    assert shown.textFormat() == Qt.PlainText
    assert shown.text() == "<b>bold</b>"
    assert shown.width() >= shown.fontMetrics().horizontalAdvance("<b>bold</b>")


def test_line_breaks_stay() -> None:
    assert theme.in_lines("one\n\ntwo") == "one\n\ntwo"
    assert theme.in_lines("x" * 100) == "x" * 70 + "\n" + "x" * 30
