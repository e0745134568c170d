"""Words beside the mouse: within the widget, not under the mouse, and never markup."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QEvent, QPoint, QRect, Qt
from PyQt5.QtGui import QHelpEvent
from PyQt5.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from nnviz.ui.read_out import ReadOut


@pytest.fixture
def ground(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(300, 120)
    made.show()
    return made


@pytest.mark.parametrize("text", ["neuron 1", "a\nb\nc", [[("train 1 %", "train"), ("test 2 %", "test")]]])
def test_words_stay_within_and_beside_the_mouse(ground: QWidget, text: str) -> None:
    reported = ReadOut(ground)
    for x in range(0, 300, 23):
        for y in range(0, 120, 17):
            reported.show_text(text, QPoint(x, y))
            assert ground.rect().contains(reported.geometry()), (x, y)
            assert not reported.geometry().contains(QPoint(x, y)), (x, y)
    reported.hide()
    assert not reported.isVisible()


def test_nothing_to_say_is_nothing_to_see(ground: QWidget) -> None:
    reported = ReadOut(ground)
    reported.show_text("words", QPoint(5, 5))
    assert not reported.isHidden()
    reported.show_text("", QPoint(5, 5))
    assert reported.isHidden()


def test_words_from_a_file_are_no_markup(ground: QWidget) -> None:
    reported = ReadOut(ground)
    reported.show_text("<b>class</b>", QPoint(5, 5))
    assert reported.textFormat() == Qt.TextFormat.PlainText
    reported.show_text([[("<b>class</b>", "test")]], QPoint(5, 5))
    assert "&lt;b&gt;class" in reported.text()


def test_words_wider_than_the_widget_are_cut_off(ground: QWidget) -> None:
    reported = ReadOut(ground)
    reported.show_text("long " * 100, QPoint(150, 60))
    assert ground.rect().contains(reported.geometry())


def test_it_goes_where_it_costs_least_and_stays_among_equals(ground: QWidget) -> None:
    reported = ReadOut(ground)
    reported.show_text("words", QPoint(150, 60), lambda place: float(place.top() < 60))
    assert reported.y() > 60
    reported.show_text("words", QPoint(150, 60), lambda place: 0.0)
    assert reported.y() > 60
    reported.show_text("words", QPoint(150, 60), lambda place: float(place.intersects(QRect(0, 60, 300, 60))))
    assert reported.y() < 60


def test_no_tooltip_lies_over_it(ground: QWidget, qtbot: QtBot) -> None:
    ground.setToolTip("about the whole")
    reported = ReadOut(ground)
    at = QPoint(50, 50)
    reported.show_text("words", at)

    def ask() -> None:
        QApplication.sendEvent(ground, QHelpEvent(QEvent.Type.ToolTip, at, ground.mapToGlobal(at)))

    ask()
    assert not QToolTip.isVisible()
    reported.hide()
    ask()
    qtbot.waitUntil(QToolTip.isVisible)
    QToolTip.hideText()
