"""Heat maps: zero is the background, cells lie where the mouse says they do, every neuron can be reached."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtGui import QColor, QWheelEvent
from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from nnviz.ui import theme
from nnviz.ui.weights.heat_map import ColourBar, HeatMap
from tests.nnviz.helpers import hover, leave


@pytest.fixture
def heat_map(qtbot: QtBot) -> HeatMap:
    """One of 300 × 200 pixels."""
    widget = HeatMap()
    qtbot.addWidget(widget)
    widget.resize(300, 200)
    widget.show()
    return widget


@pytest.fixture
def seen(heat_map: HeatMap) -> list[tuple[int, int]]:
    """What is reported about the mouse."""
    reported: list[tuple[int, int]] = []
    heat_map.hovered.connect(lambda neuron, number: reported.append((neuron, number)))
    return reported


def colour_at(widget: HeatMap, x: float, y: float) -> str:
    """As painted."""
    return widget.grab().toImage().pixelColor(int(x), int(y)).name()


def wheel(widget: HeatMap, steps: int) -> bool:
    """Turns the wheel over it. Whether it was of use."""
    place = QPointF(20, 20)
    event = QWheelEvent(
        place,
        QPointF(widget.mapToGlobal(QPoint(20, 20))),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_zero_is_the_background_and_the_ends_are_the_ends(heat_map: HeatMap, qapp: object, name: str) -> None:
    theme.apply(qapp, name)  # type: ignore[arg-type]
    look = theme.current()
    heat_map.show_values(np.array([[0.0, 2.0, -2.0], [1e-4, 50.0, -50.0]], np.float32), 2.0)
    for row in range(2):
        place = heat_map.tile_rect(row)
        colours = [colour_at(heat_map, 50 + 100 * column, place.center().y()) for column in range(3)]
        assert colours == [look.field, look.positive, look.negative]


def test_another_theme_is_followed_at_once(heat_map: HeatMap, qapp: object) -> None:
    heat_map.show_values(np.ones((1, 3), np.float32), 1.0)
    for name in ("dark", "light", "dark"):
        theme.apply(qapp, name)  # type: ignore[arg-type]
        assert colour_at(heat_map, 10, 10) == theme.current().positive


def test_small_weights_stay_behind_large_ones(heat_map: HeatMap) -> None:
    """A tenth of the limit is much less than a tenth of the colour: the first weights are no noise to look through."""
    heat_map.show_values(np.array([[0.1, 1.0]], np.float32), 1.0)
    field, small, large = (
        QColor(text) for text in (theme.current().field, colour_at(heat_map, 10, 10), colour_at(heat_map, 290, 10))
    )
    assert 0 < small.red() - field.red() < 0.05 * (large.red() - field.red())


def test_the_mouse_finds_its_cell(heat_map: HeatMap, seen: list[tuple[int, int]]) -> None:
    hover(heat_map, (5, 5))
    assert seen == [(-1, -1)], "nothing is shown yet"
    heat_map.show_values(np.zeros((4, 8)), 1.0)
    for neuron, number in ((0, 0), (0, 7), (3, 0), (3, 7), (2, 5)):
        place = heat_map.tile_rect(neuron)
        hover(heat_map, ((number + 0.5) * 300 / 8, place.center().y()))
        assert seen[-1] == (neuron, number)
    hover(heat_map, (150, heat_map.tile_rect(0).bottom() + 1))
    assert seen[-1] == (-1, -1), "between two neurons"
    hover(heat_map, (10, 10))
    leave(heat_map)
    assert seen[-1] == (-1, -1)


def test_the_tile_under_the_mouse_has_an_outline(heat_map: HeatMap) -> None:
    heat_map.show_values(np.zeros((6, 4)), 1.0, (2, 2))
    place = heat_map.tile_rect(4)
    edge = (place.x() - 1, place.center().y())
    assert colour_at(heat_map, *edge) == theme.current().card
    hover(heat_map, (place.center().x(), place.center().y()))
    assert colour_at(heat_map, *edge) == theme.current().ink
    leave(heat_map)
    assert colour_at(heat_map, *edge) == theme.current().card


def test_what_lies_under_a_resting_mouse_is_reported_again(heat_map: HeatMap, seen: list[tuple[int, int]]) -> None:
    heat_map.show_values(np.zeros((4, 8)), 1.0)
    hover(heat_map, (10, 10))
    assert seen == [(0, 0)]
    heat_map.show_values(np.ones((4, 8)), 1.0)
    assert seen == [(0, 0), (0, 0)]
    heat_map.show_values(np.ones((1, 1)), 1.0)
    assert seen[-1] == (0, 0)
    heat_map.resize(60, 300)
    assert len(seen) == 4
    leave(heat_map)
    heat_map.show_values(np.zeros((4, 8)), 1.0)
    assert len(seen) == 5, "nobody points there any more"


def test_words_stand_beside_the_mouse_and_stay_within(heat_map: HeatMap) -> None:
    heat_map.show_values(np.zeros((4, 8)), 1.0)
    words = heat_map.findChild(QLabel, "readOut")
    for point in ((3, 3), (297, 3), (3, 190), (297, 190), (150, 100)):
        hover(heat_map, point)
        heat_map.show_text("neuron 1 ← input 1: +0.1")
        assert words.isVisible()
        assert heat_map.rect().contains(words.geometry())
        assert not words.geometry().contains(QPoint(*point))
    heat_map.show_text("")
    assert not words.isVisible()


def test_a_click_opens_a_neuron_and_a_drag_does_not(heat_map: HeatMap, qtbot: QtBot) -> None:
    opened: list[int] = []
    heat_map.opened.connect(opened.append)
    heat_map.show_values(np.zeros((4, 8)), 1.0)
    middle = [heat_map.tile_rect(neuron).center() for neuron in range(4)]
    qtbot.mouseClick(heat_map, Qt.MouseButton.LeftButton, pos=middle[2])
    assert opened == [2]
    qtbot.mousePress(heat_map, Qt.MouseButton.LeftButton, pos=middle[0])
    qtbot.mouseRelease(heat_map, Qt.MouseButton.LeftButton, pos=middle[1])
    qtbot.mouseClick(heat_map, Qt.MouseButton.LeftButton, pos=QPoint(150, heat_map.tile_rect(0).bottom() + 1))
    qtbot.mouseClick(heat_map, Qt.MouseButton.RightButton, pos=middle[2])
    assert opened == [2]


def test_arrows_choose_and_enter_opens(heat_map: HeatMap, qtbot: QtBot, seen: list[tuple[int, int]]) -> None:
    opened: list[int] = []
    heat_map.opened.connect(opened.append)
    heat_map.show_values(np.zeros((12, 4)), 1.0, (2, 2))
    assert heat_map.grid is not None
    columns = heat_map.grid.across.count
    qtbot.keyClick(heat_map, Qt.Key.Key_Return)
    assert opened == [], "none is chosen yet"
    for key in (
        Qt.Key.Key_Right,
        Qt.Key.Key_Right,
        Qt.Key.Key_Down,
        Qt.Key.Key_Left,
        Qt.Key.Key_Up,
        Qt.Key.Key_Up,
        Qt.Key.Key_Left,
    ):
        qtbot.keyClick(heat_map, key)
    assert [neuron for neuron, _ in seen] == [0, 1, 1 + columns, columns, 0], "the edges hold"
    assert {number for _, number in seen} == {-1}
    qtbot.keyClick(heat_map, Qt.Key.Key_End)
    qtbot.keyClick(heat_map, Qt.Key.Key_Enter)
    qtbot.keyClick(heat_map, Qt.Key.Key_Home)
    qtbot.keyClick(heat_map, Qt.Key.Key_Return)
    assert opened == [11, 0]


def test_every_neuron_can_be_reached(heat_map: HeatMap, qtbot: QtBot, seen: list[tuple[int, int]]) -> None:
    values = np.zeros((5000, 16), np.float32)
    values[4999] = 1.0
    heat_map.show_values(values, 1.0, (4, 4))
    met = set(heat_map.shown)
    pages = 1
    while wheel(heat_map, -1):
        met |= set(heat_map.shown)
        pages += 1
    assert met == set(range(5000))
    assert pages == heat_map.pages == heat_map.page + 1 > 1
    place = heat_map.tile_rect(4999).center()
    assert colour_at(heat_map, place.x(), place.y()) == theme.current().positive
    hover(heat_map, (place.x(), place.y()))
    assert seen[-1][0] == 4999
    assert wheel(heat_map, 1)
    qtbot.keyClick(heat_map, Qt.Key.Key_PageUp)
    qtbot.keyClick(heat_map, Qt.Key.Key_PageUp)
    qtbot.keyClick(heat_map, Qt.Key.Key_PageUp)
    assert heat_map.first == 0
    assert not wheel(heat_map, 1), "what is around it may scroll"
    qtbot.keyClick(heat_map, Qt.Key.Key_End)
    assert seen[-1] == (4999, -1)
    assert 4999 in heat_map.shown


def test_fewer_neurons_have_no_page_that_is_gone(heat_map: HeatMap) -> None:
    heat_map.show_values(np.zeros((5000, 16), np.float32), 1.0, (4, 4))
    heat_map.turn_to(heat_map.pages - 1)
    heat_map.show_values(np.zeros((10, 16), np.float32), 1.0, (4, 4))
    assert heat_map.shown == range(10)


def test_the_array_may_change_afterwards(heat_map: HeatMap) -> None:
    values = np.ones((3, 3))
    heat_map.show_values(values, 1.0)
    values[:] = -1
    assert colour_at(heat_map, 150, 5) == theme.current().positive


def test_clear(heat_map: HeatMap) -> None:
    heat_map.show_values(np.ones((3, 3)), 1.0)
    heat_map.clear()
    assert heat_map.picture_rect().isEmpty()
    assert colour_at(heat_map, 150, 5) == theme.current().card


def test_the_colour_bar_is_drawn(qtbot: QtBot) -> None:
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.show()
    image = bar.grab().toImage()
    look = theme.current()
    row = [image.pixelColor(x, 9) for x in range(bar.width())]

    def nearest(name: str) -> int:
        """Where in the bar that colour is found, which must be so within a step or two."""
        ink = QColor(name)
        far = [abs(c.red() - ink.red()) + abs(c.green() - ink.green()) + abs(c.blue() - ink.blue()) for c in row]
        assert min(far) < 12
        return far.index(min(far))

    assert nearest(look.negative) < nearest(look.positive)
    before = image.copy()
    bar.set_limit(0.25)
    assert bar.grab().toImage() != before
