"""Tests of the widgets of the neuron card: bars, examples and the edit dialog."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from nnviz.cards.neuron.edit_dialog import EditDialog
from nnviz.ui import theme
from nnviz.ui.example_grid import ExampleGrid
from nnviz.ui.item_view import ItemView
from nnviz.ui.named_bars import NamedBars


def shown(qtbot: QtBot, widget: ItemView, width: int, height: int) -> ItemView:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    return widget


def ink(image: QImage, colour: QColor, row: range) -> int:
    """How many pixels of the rows have the colour."""
    return sum(image.pixelColor(x, y) == colour for y in row for x in range(image.width()))


# ---- pointing and picking


def test_by_mouse(qtbot: QtBot) -> None:
    bars = NamedBars()
    shown(qtbot, bars, 200, 57)
    bars.describe = "row {}".format
    bars.show_rows(["a", "b", "c"], np.array([1.0, 2, 3]))
    picked: list[int] = []
    bars.picked.connect(picked.append)
    qtbot.mouseMove(bars, QPoint(50, 20))
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(50, 45))
    assert picked == [2]
    qtbot.mouseClick(bars, Qt.MouseButton.RightButton, pos=QPoint(50, 45))
    assert picked == [2]
    bars.mark(1)
    assert bars.accessibleDescription() == "row 1"
    bars.mark(7)
    assert bars.marked is None


def test_long_names_leave_room_for_bars_and_numbers(qtbot: QtBot) -> None:
    bars = NamedBars()
    shown(qtbot, bars, 134, 57)
    bars.show_rows(["an ankle boot of leather", "b"], np.array([1.0, 0.5]))
    assert bars.name_width <= 134 - 24
    image = bars.grab().toImage()
    assert ink(image, theme.colour("ink"), range(0, 28)) > 200, "a bar"


def test_by_keyboard(qtbot: QtBot) -> None:
    grid = ExampleGrid(3, 3)
    shown(qtbot, grid, 200, 200)
    grid.show_pictures([np.eye(4)] * 7)
    picked: list[int] = []
    grid.picked.connect(picked.append)
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    for key, expected in (
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Down, 4),
        (Qt.Key.Key_End, 6),
        (Qt.Key.Key_Up, 3),
        (Qt.Key.Key_Left, 2),
    ):
        qtbot.keyClick(grid, key)
        assert grid.marked == expected
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert picked == [2]
    grid.show_pictures([np.eye(4)])
    assert grid.marked is None, "there is no such example any more"
    grid.show_lines([])
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.count == 0
    grid.grab()


# ---- bars


def test_bars_from_the_left_or_to_both_sides(qtbot: QtBot) -> None:
    bars = NamedBars()
    shown(qtbot, bars, 240, 57)
    bars.show_rows(["a", "b", "c"], np.array([1.0, 2.0, np.nan]))
    image = bars.grab().toImage()
    one, two = (
        ink(image, theme.colour(name), range(19 * row, 19 * row + 19)) for row, name in enumerate(("faint", "ink"))
    )
    assert two == pytest.approx(2 * one, rel=0.1), "the largest is in ink"
    assert ink(image, theme.colour("ink"), range(38, 57)) < 30
    bars.show_rows(["a", "b", "c"], np.array([1.0, -2.0, 0.0]), is_signed=True)
    image = bars.grab().toImage()
    assert ink(image, theme.colour("positive"), range(19))
    assert ink(image, theme.colour("negative"), range(19, 38))
    assert not ink(image, theme.colour("negative"), range(19))


def test_the_scale_seldom_changes(qtbot: QtBot) -> None:
    bars = NamedBars()
    shown(qtbot, bars, 240, 57)
    bars.show_rows(["a"], np.array([1.7]))
    end = bars.end
    bars.show_rows(["a"], np.array([1.2]))
    assert bars.end == end
    bars.show_rows(["a"], np.array([500.0]))
    assert bars.end >= 500


def test_without_room_the_largest_rows_stay_in_their_order(qtbot: QtBot) -> None:
    bars, many = NamedBars(), np.arange(1000.0)
    shown(qtbot, bars, 240, 130)
    bars.show_rows([str(number) for number in range(1000)], many)
    assert bars.order == list(range(990, 1000))
    bars.show_rows([str(number) for number in range(20)], np.array([0.0, -9.0, 3.0, *([0.1] * 16), 5.0]))
    assert bars.order[:3] == [1, 2, 3]
    assert bars.order[-1] == 19
    with qtbot.waitSignal(bars.rows_changed):
        bars.resize(240, 40)
    assert bars.order == [1, 2, 19]
    scrolling = NamedBars(scrolls=True)
    shown(qtbot, scrolling, 240, 130)
    scrolling.show_rows([str(number) for number in range(1000)], many)
    assert scrolling.count == 1000
    assert scrolling.sizeHint().height() == 19_000
    for each in (bars, scrolling):
        each.show_rows([], np.zeros(0))
        each.grab()
        assert each.number_at(QPoint(5, 5)) is None


# ---- examples


def test_a_low_grid_shows_one_row_of_images(qtbot: QtBot) -> None:
    grid = ExampleGrid(2, 3)
    shown(qtbot, grid, 240, 140)
    grid.show_pictures([np.eye(4)] * 9)
    assert grid.count == 6
    grid.resize(240, 90)
    assert grid.count == 3


# ---- edits


@pytest.fixture
def dialog(qtbot: QtBot) -> EditDialog:
    made = EditDialog(None)
    qtbot.addWidget(made)
    made.show_neuron("layer 1 · neuron 4", 0.125, np.array([1.0, 2.0, 3.0]), "input <b>{}</b>".format)
    return made


def test_it_shows_what_is(dialog: EditDialog) -> None:
    dialog.ask()
    assert dialog.value.text() == "0.125"
    assert not dialog.source.isVisible()
    dialog.ask(2)
    assert dialog.value.text() == "3"
    assert dialog.source.text() == "3"
    assert dialog._source_name.text() == "input <b>2</b>"
    assert dialog._source_name.textFormat() == Qt.TextFormat.PlainText


@pytest.mark.parametrize(("typed", "number"), [("2", 1), ("0", 0), ("99", 2), ("x", 0), ("-1", 0)])
def test_a_weight_that_there_is(dialog: EditDialog, qtbot: QtBot, typed: str, number: int) -> None:
    dialog.ask(0)
    dialog.source.line.setText(typed)
    dialog.source.committed.emit(typed)
    dialog.value.line.setText("0.5")
    with qtbot.waitSignal(dialog.weight_set) as signal:
        qtbot.mouseClick(dialog.set_button, Qt.MouseButton.LeftButton)
    assert signal.args == [number, 0.5]


@pytest.mark.parametrize("typed", ["", "nan", "inf", "-1e9", "one"])
def test_what_is_no_number_is_refused(dialog: EditDialog, qtbot: QtBot, typed: str) -> None:
    dialog.ask()
    dialog.value.line.setText(typed)
    with qtbot.assertNotEmitted(dialog.bias_set):
        qtbot.mouseClick(dialog.set_button, Qt.MouseButton.LeftButton)
    assert dialog.value.property("wrong")


def test_what_is_typed_stays_while_the_network_learns(dialog: EditDialog, qtbot: QtBot) -> None:
    dialog.ask()
    dialog.value.setFocus()
    dialog.value.line.selectAll()
    qtbot.keyClicks(dialog.value.line, "0.7")
    dialog.set_button.setFocus()
    dialog.show_neuron("layer 1 · neuron 4", 0.3, np.array([1.0, 2.0, 3.0]), str)
    assert dialog.value.text() == "0.7"
    with qtbot.waitSignal(dialog.bias_set) as signal:
        qtbot.mouseClick(dialog.set_button, Qt.MouseButton.LeftButton)
    assert signal.args == [0.7]
    dialog.show_neuron("layer 1 · neuron 4", 0.3, np.array([1.0, 2.0, 3.0]), str)
    assert dialog.value.text() == "0.3", "what is, once it was set"
