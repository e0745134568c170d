"""The form of many rows: the first ones are there at once, and those that follow move nothing."""

from __future__ import annotations

from PyQt5.QtCore import QRect, Qt
from PyQt5.QtWidgets import QApplication, QLineEdit, QSlider
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.draw.value_form import FormRow, ValueForm
from nnviz.ui import theme

ROWS = 30


def places(form: ValueForm) -> tuple[int, QRect]:
    """How high its content is, and where the first slider lies."""
    return form.sizeHint().height(), form.findChildren(QSlider)[0].geometry()


def test_rows_that_come_later_find_their_room_and_show_their_values(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    form = ValueForm()
    qtbot.addWidget(form)
    form.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    form.resize(300, 200)
    form.show()
    form.set_rows([FormRow("x" * (1 + number), low=-1, high=50) for number in range(ROWS)])
    form.show_values([float(number) for number in range(ROWS)])
    form.widget().layout().activate()
    first, before = len(form.findChildren(QSlider)), places(form)
    assert 0 < first < ROWS
    qtbot.waitUntil(lambda: len(form.findChildren(QSlider)) == ROWS)
    form.widget().layout().activate()
    assert places(form) == before
    edits = form.findChildren(QLineEdit)
    assert [edit.text() for edit in edits if edit.objectName()] == [f"{number:.2f}" for number in range(ROWS)]


def test_rows_that_were_to_come_are_forgotten_with_others(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    form = ValueForm()
    qtbot.addWidget(form)
    form.set_rows([FormRow(f"x{number}") for number in range(ROWS)])
    form.set_rows([FormRow("y", low=0, high=9)])
    form.set_rows([FormRow(f"z{number}") for number in range(ROWS)])
    qtbot.waitUntil(lambda: len(form.widget().findChildren(QSlider)) == ROWS)
    names = [slider.accessibleName() for slider in form.widget().findChildren(QSlider)]
    assert names == [f"z{number}, slider" for number in range(ROWS)]
