"""The upper card in the middle is higher for a plane or a curve, unless a person divided the height."""

from __future__ import annotations

from typing import Any

import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow, close
from tests.nnviz.cards.plane.plane_helpers import load
from tests.nnviz.helpers import drag_on, find, press, stored_settings


def heights(window: MainWindow) -> tuple[int, int]:
    """Of the upper and the lower card in the middle."""
    return window.card("curvesDock").height(), window.card("weightsDock").height()


def wait_until_divided(qtbot: QtBot, window: MainWindow, share: float) -> None:
    """Until the upper card has about that share of the height."""

    def is_so() -> bool:
        upper, lower = heights(window)
        return abs(upper / (upper + lower) - share) < 0.02

    qtbot.waitUntil(is_so)


def resize(window: MainWindow, width: int, height: int) -> None:
    window.resize(width, height)
    for _ in range(5):
        QTest.qWait(10)


def drag_line(window: MainWindow, by: int) -> None:
    """Drags the line between the two cards downwards."""
    host = window.curves.parentWidget()
    assert isinstance(host, QMainWindow)
    line = QPoint(window.curves.x() + 100, window.card("weightsDock").y() - 5)
    assert host.childAt(line) is None, "the line between two cards"
    QTest.mousePress(host, Qt.LeftButton, pos=line)
    drag_on(host, (line.x(), line.y() + by))
    QTest.qWait(10)
    QTest.mouseRelease(host, Qt.LeftButton, pos=line + QPoint(0, by))
    QTest.qWait(10)


USUAL, DRAWN = 343 / 760, 415 / 760


@pytest.mark.parametrize(("name", "settings"), [("spirals", {"points": 160}), ("sine", {"points": 150})])
def test_plane_and_curve_get_more_and_give_it_back(
    ready_window: MainWindow, qtbot: QtBot, name: str, settings: dict[str, Any]
) -> None:
    window = ready_window
    resize(window, 1440, 900)
    before = heights(window)
    load(qtbot, window, name, **settings)
    wait_until_divided(qtbot, window, DRAWN)
    load(qtbot, window, "penguins")
    wait_until_divided(qtbot, window, USUAL)
    assert heights(window) == before


@pytest.mark.parametrize(("size", "side"), [((1440, 900), 345), ((1280, 720), 250)])
def test_so_the_plane_is_large_enough(ready_window: MainWindow, qtbot: QtBot, size: tuple[int, int], side: int) -> None:
    resize(ready_window, *size)
    load(qtbot, ready_window, "spirals", points=160)
    wait_until_divided(qtbot, ready_window, DRAWN)
    view = find(ready_window, QWidget, "planeView")
    assert min(view.width(), view.height()) >= side
    assert ready_window.size().height() == size[1]


def test_what_a_person_chose_stays_for_all_data_and_the_next_start(
    ready_window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    window = ready_window
    resize(window, 1440, 900)
    drag_line(window, 60)
    chosen = heights(window)
    load(qtbot, window, "spirals", points=160)
    QTest.qWait(30)
    assert heights(window) == chosen
    close(window)
    again = make_window()
    load(qtbot, again, "sine", points=150)
    load(qtbot, again, "spirals", points=160)
    QTest.qWait(30)
    assert heights(again) == chosen


def test_the_line_between_columns_divides_no_heights(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    resize(window, 1440, 900)
    host = window.curves.parentWidget()
    line = QPoint(window.draw.x() - 5, window.draw.y() + 60)
    QTest.mousePress(host, Qt.LeftButton, pos=line)
    drag_on(host, (line.x() - 40, line.y()))
    QTest.qWait(10)
    QTest.mouseRelease(host, Qt.LeftButton, pos=line - QPoint(40, 0))
    load(qtbot, window, "spirals", points=160)
    wait_until_divided(qtbot, window, DRAWN)
    assert window.draw.width() > 330


def test_a_start_with_the_plane_goes_back_for_other_data(
    ready_window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    load(qtbot, ready_window, "spirals", points=160)
    wait_until_divided(qtbot, ready_window, DRAWN)
    close(ready_window)
    assert stored_settings()["division/train"] == "drawn"
    again = make_window()
    wait_until_divided(qtbot, again, DRAWN)
    load(qtbot, again, "mnist")
    wait_until_divided(qtbot, again, USUAL)


def test_it_waits_until_both_cards_are_there(ready_window: MainWindow, qtbot: QtBot) -> None:
    """While a card is enlarged, and while the other workspace is shown."""
    window = ready_window
    resize(window, 1440, 900)
    window.cards.toggle(window.card("curvesDock"))
    load(qtbot, window, "spirals", points=160)
    window.cards.put_back()
    wait_until_divided(qtbot, window, DRAWN)
    window.show_workspace("inside")
    load(qtbot, window, "penguins")
    window.show_workspace("train")
    wait_until_divided(qtbot, window, USUAL)


def test_the_default_layout_is_that_of_the_data(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    resize(window, 1440, 900)
    drag_line(window, 60)
    load(qtbot, window, "spirals", points=160)
    press(qtbot, window, Qt.Key_0, Qt.ControlModifier)
    wait_until_divided(qtbot, window, DRAWN)
    load(qtbot, window, "penguins")
    wait_until_divided(qtbot, window, USUAL)
