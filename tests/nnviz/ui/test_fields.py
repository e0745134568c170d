"""Number fields: what a keyboard and a screen reader find."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QAbstractSpinBox, QLineEdit
from pytestqt.qtbot import QtBot

from nnviz.ui.fields import NumberEdit, step_by, step_decade, step_decade_or_zero, step_whole
from tests.nnviz.helpers import bring_to_front


@pytest.fixture
def number(qtbot: QtBot) -> NumberEdit:
    """It shows 20."""
    made = NumberEdit("numberEdit", step_whole(1), "what it does", "Number")
    made.setFixedWidth(70)
    qtbot.addWidget(made)
    made.show_value("20")
    made.show()
    bring_to_front(qtbot, made)
    return made


@pytest.mark.parametrize(
    ("key", "text"),
    [(Qt.Key.Key_Up, "21"), (Qt.Key.Key_Down, "19"), (Qt.Key.Key_PageUp, "30"), (Qt.Key.Key_PageDown, "10")],
)
def test_keys_step(number: NumberEdit, qtbot: QtBot, key: int, text: str) -> None:
    with qtbot.waitSignal(number.committed, check_params_cb=lambda reported: reported == text):
        qtbot.keyClick(number, key)
    assert number.text() == text


@pytest.mark.parametrize(("key", "text"), [(Qt.Key.Key_PageUp, "0.2"), (Qt.Key.Key_PageDown, "0.002")])
def test_a_page_of_decades_is_a_factor_of_ten(qtbot: QtBot, key: int, text: str) -> None:
    rate = NumberEdit("rateEdit", step_decade, "", "Rate")
    qtbot.addWidget(rate)
    rate.show_value("0.02")
    qtbot.keyClick(rate, key)
    assert rate.text() == text


def test_a_screen_reader_finds_a_spin_box_with_its_value(number: NumberEdit) -> None:
    assert isinstance(number, QAbstractSpinBox)
    assert number.property("value") == "20"
    line = number.findChild(QLineEdit, "numberEdit")
    assert line.accessibleName() == number.accessibleName() == "Number"


def test_text_that_is_no_number_is_left_to_the_owner(number: NumberEdit, qtbot: QtBot) -> None:
    number.selectAll()
    qtbot.keyClicks(number, "many")
    assert number.is_typed
    with qtbot.waitSignal(number.committed, check_params_cb=lambda reported: reported == "many"):
        qtbot.keyClick(number, Qt.Key.Key_Return)
    assert number.text() == "many"
    with qtbot.waitSignal(number.committed, check_params_cb=lambda reported: reported == "20"):
        qtbot.keyClick(number, Qt.Key.Key_Escape)
    assert number.text() == "20"


@pytest.mark.parametrize("is_wrong", [False, True])
def test_enter_gives_up_the_focus_unless_the_text_is_wrong(number: NumberEdit, qtbot: QtBot, is_wrong: bool) -> None:
    number.committed.connect(lambda _: number.setProperty("wrong", is_wrong))
    qtbot.mouseClick(number.lineEdit(), Qt.MouseButton.LeftButton, pos=QPoint(4, 8))
    number.selectAll()
    qtbot.keyClicks(number, "30")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert number.hasFocus() is is_wrong
    qtbot.mouseClick(number.lineEdit(), Qt.MouseButton.LeftButton, pos=QPoint(4, 8))
    qtbot.keyClick(number, Qt.Key.Key_End)
    qtbot.keyClicks(number, "e2")
    assert number.text() == "30e2"


def test_what_is_typed_is_not_overwritten(number: NumberEdit, qtbot: QtBot) -> None:
    qtbot.mouseClick(number.lineEdit(), Qt.MouseButton.LeftButton, pos=QPoint(4, 8))
    number.selectAll()
    qtbot.keyClicks(number, "3")
    number.show_value("40")
    assert number.text() == "3"


def test_a_long_number_is_seen_from_its_start(number: NumberEdit) -> None:
    number.clearFocus()
    number.show_value("1234567890123456789")
    assert number.lineEdit().cursorPosition() == 0


@pytest.mark.parametrize("text", ["inf", "-inf", "1e400", "nan", "1e308"])
@pytest.mark.parametrize("step", [step_by(0.05), step_by(0.05, most=0.95), step_decade, step_decade_or_zero])
def test_a_step_from_what_is_no_usual_number(qtbot: QtBot, step: Callable[[str, int], str], text: str) -> None:
    field = NumberEdit("someEdit", step, "tip", "Some number")
    qtbot.addWidget(field)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
        field.show_value(text)
        qtbot.keyClick(field, key)
        assert field.text() == text or float(field.text()) < 1e9
