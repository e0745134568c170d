"""The upper card in the middle is higher for a plane or a curve, unless a person divided the height."""

from __future__ import annotations

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
    QTest.mousePress(host, Qt.MouseButton.LeftButton, pos=line)
    drag_on(host, (line.x(), line.y() + by))
    QTest.qWait(10)
    QTest.mouseRelease(host, Qt.MouseButton.LeftButton, pos=line + QPoint(0, by))
    QTest.qWait(10)


USUAL, DRAWN = 343 / 760, 415 / 760


def test_plane_and_curve_get_more_and_give_it_back_once_both_cards_are_there(
    ready_window: MainWindow, qtbot: QtBot
) -> None:
    """So the plane is large enough."""
    window = ready_window
    resize(window, 1440, 900)
    before = heights(window)
    load(qtbot, window, "spirals", points=160)
    wait_until_divided(qtbot, window, DRAWN)
    expect_large_plane(window, 345)
    resize(window, 1280, 720)
    wait_until_divided(qtbot, window, DRAWN)
    expect_large_plane(window, 250)
    assert window.height() == 720
    resize(window, 1440, 900)
    load(qtbot, window, "penguins")
    wait_until_divided(qtbot, window, USUAL)
    assert heights(window) == before
    load(qtbot, window, "sine", points=160)
    wait_until_divided(qtbot, window, DRAWN)

    # It waits while a card is enlarged, and while the other workspace is shown.
    window.cards.toggle(window.card("curvesDock"))
    load(qtbot, window, "penguins")
    window.cards.put_back()
    wait_until_divided(qtbot, window, USUAL)
    window.show_workspace("inside")
    load(qtbot, window, "spirals", points=160)
    window.show_workspace("train")
    wait_until_divided(qtbot, window, DRAWN)

    # The line between columns divides no heights.
    host = window.curves.parentWidget()
    line = QPoint(window.draw.x() - 5, window.draw.y() + 60)
    QTest.mousePress(host, Qt.MouseButton.LeftButton, pos=line)
    drag_on(host, (line.x() - 40, line.y()))
    QTest.qWait(10)
    QTest.mouseRelease(host, Qt.MouseButton.LeftButton, pos=line - QPoint(40, 0))
    load(qtbot, window, "penguins")
    wait_until_divided(qtbot, window, USUAL)
    assert window.draw.width() > 330


def expect_large_plane(window: MainWindow, side: int) -> None:
    view = find(window, QWidget, "planeView")
    assert min(view.width(), view.height()) >= side


def test_a_start_with_the_plane_goes_back_for_other_data_and_what_a_person_chose_stays(
    ready_window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    """For all data and the next start, until the default layout, which is that of the data."""
    load(qtbot, ready_window, "spirals", points=160)
    wait_until_divided(qtbot, ready_window, DRAWN)
    close(ready_window)
    assert stored_settings()["division/train"] == "drawn"
    window = make_window()
    resize(window, 1440, 900)
    wait_until_divided(qtbot, window, DRAWN)
    load(qtbot, window, "mnist")
    wait_until_divided(qtbot, window, USUAL)

    drag_line(window, 60)
    chosen = heights(window)
    load(qtbot, window, "spirals", points=160)
    QTest.qWait(30)
    assert heights(window) == chosen
    close(window)
    again = make_window()
    load(qtbot, again, "spirals", points=160)
    QTest.qWait(30)
    assert heights(again) == chosen
    press(qtbot, again, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    wait_until_divided(qtbot, again, DRAWN)
    load(qtbot, again, "penguins")
    wait_until_divided(qtbot, again, USUAL)
