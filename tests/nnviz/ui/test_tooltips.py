"""Tooltips: in lines that fit a window, and as plain text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtGui import QHelpEvent
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from nnviz.formatting.conclusion import Conclusion
from nnviz.ui import theme
from nnviz.ui.conclusion_label import ConclusionLabel


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
    labels = (each for each in QApplication.topLevelWidgets() if isinstance(each, QLabel) and each.isVisible())
    return [label for label in labels if label.inherits("QTipLabel")]


def shown_tip(widget: QWidget) -> QLabel:
    """The tooltip that Qt shows when the mouse rests on the widget."""
    middle = widget.rect().center()
    QApplication.sendEvent(widget, QHelpEvent(QEvent.Type.ToolTip, middle, widget.mapToGlobal(middle)))
    (shown,) = tips()
    return shown


def tip_of(button: QPushButton, text: str) -> QLabel:
    button.setToolTip(text)
    return shown_tip(button)


def test_a_long_one_has_several_lines(button: QPushButton) -> None:
    text = "what this control does to the network, reported at great length and " * 5
    shown = tip_of(button, text)
    assert shown.width() < 1.2 * shown.fontMetrics().horizontalAdvance("n" * 70)
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
    assert shown.textFormat() == Qt.TextFormat.PlainText
    assert shown.text() == "<b>bold</b>"
    assert shown.width() >= shown.fontMetrics().horizontalAdvance("<b>bold</b>")


def test_a_conclusion_is_shown_without_tags_and_with_names_as_they_are(button: QPushButton, qtbot: QtBot) -> None:
    label = ConclusionLabel("conclusion")
    qtbot.addWidget(label)
    label.resize(200, 20)
    label.show()
    label.show_conclusion(Conclusion("Most confused: <b>A & B</b> and a < b.", "3 of 5."))
    assert shown_tip(label).text() == "Most confused: <b>A & B</b> and a < b. 3 of 5."


def test_line_breaks_stay() -> None:
    assert theme.in_lines("one\n\ntwo") == "one\n\ntwo"
    assert theme.in_lines("x" * 100) == "x" * 70 + "\n" + "x" * 30
