"""The curve under the mouse and the keys."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QColor
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.plane.curve_view import CurveView, DrawnLine
from nnviz.ui import theme
from nnviz.ui.plane.points import Points
from nnviz.ui.plots.painted_axes import AxesFrame
from tests.nnviz.helpers import hover, leave

AXES = AxesFrame((0, 10), (-2, 2), "x", "y", None)
LEVEL = DrawnLine(np.array([0.0, 10.0]), np.array([1.0, 1.0]))


@pytest.fixture
def view(qtbot: QtBot) -> CurveView:
    """A level line at 1, a train point and a test point."""
    made = CurveView()
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    places = np.array([[2.0, -1.0], [8.0, -1.0]])
    made.show_points(Points(places, np.array([0, 1]), np.array([False, True]), ["train", "test"], 2))
    made.show_line(LEVEL, AXES)
    return made


def pixel(view: CurveView, x: float, y: float) -> str:
    return QColor(view.grab().toImage().pixel(view.place_of(x, y).toPoint())).name()


def near(view: CurveView, x: float, y: float) -> set[str]:
    """The colours above and below."""
    image, place = view.grab().toImage(), view.place_of(x, y).toPoint()
    return {QColor(image.pixel(place.x(), place.y() + by)).name() for by in range(-3, 4)}


def ink(name: str) -> str:
    return theme.colour(name).name()


def test_points_and_the_line_lie_where_they_belong(view: CurveView) -> None:
    assert pixel(view, 5, 1) == ink("ink")
    assert pixel(view, 2, -1) == ink("train")
    assert pixel(view, 8, -1) == ink("field"), "the core of a test point"
    view.show_line(None, AXES)
    assert pixel(view, 5, 1) != ink("ink")
    view.show_line(LEVEL, AxesFrame((0, 10), (-6, 3), "x", "y", None))
    assert pixel(view, 2, -1) == ink("train"), "points follow the axes"


def test_a_neurons_line_has_its_colours_and_no_points(view: CurveView) -> None:
    line = DrawnLine(np.array([0.0, 10.0]), np.array([-2.0, 2.0]), is_neuron=True)
    view.show_line(line, AXES, "layer 1 · neuron 2")
    assert ink("positive") in near(view, 8, 1.2)
    assert ink("negative") in near(view, 2, -1.2)
    assert pixel(view, 2, -1) != ink("train")


def test_a_line_along_0_is_not_below_it(view: CurveView) -> None:
    view.show_line(DrawnLine(np.array([0.0, 10.0]), np.zeros(2), is_neuron=True), AXES)
    assert ink("positive") in near(view, 5, 0)
    assert ink("negative") not in near(view, 5, 0)


def test_what_is_asked_about_has_a_mark_and_a_dot(view: CurveView) -> None:
    before = pixel(view, 5, -0.5)
    view.show_input((5.0, 0.0))
    assert pixel(view, 5, -0.5) == ink("muted") != before
    above = view.place_of(5, 1).toPoint() - QPoint(0, 3)
    assert QColor(view.grab().toImage().pixel(above)).name() == ink("ink"), "the dot is larger than the line"
    view.show_input(None)
    assert pixel(view, 5, -0.5) == before


def test_a_click_asks_and_beside_the_field_nothing_does(view: CurveView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.picked) as reported:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.place_of(3, 0).toPoint())
    assert reported.args[0] == pytest.approx(3, abs=0.03)
    with qtbot.assertNotEmitted(view.picked):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))


def test_left_and_right_move_it_up_and_down_do_not(view: CurveView, qtbot: QtBot) -> None:
    view.picked.connect(lambda x, y: view.show_input((x, y)))
    picked: list[float] = []
    view.picked.connect(lambda x, _: picked.append(x))
    for key, modifier in (
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier),
    ):
        qtbot.keyClick(view, key, modifier)
    assert picked == pytest.approx([5, 5.2, 5.18]), "at first the middle"
    for _ in range(60):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    assert picked[-1] == 10, "not beyond the end"


def test_the_place_under_the_mouse_is_reported_and_again_with_another_line(view: CurveView, qtbot: QtBot) -> None:
    place = view.place_of(4, 1)
    with qtbot.waitSignal(view.hovered) as reported:
        hover(view, (place.x(), place.y()))
    assert reported.args[0] == pytest.approx((4, 1), abs=0.05)
    with qtbot.waitSignal(view.hovered):
        view.show_line(LEVEL, AXES)
    with qtbot.waitSignal(view.hovered) as reported:
        leave(view)
    assert reported.args == [None]


def test_in_any_size_it_paints(qtbot: QtBot) -> None:
    view = CurveView()
    qtbot.addWidget(view)
    view.show_line(DrawnLine(np.array([0.0, 10.0]), np.array([-3e38, 3e38])), AXES, "far")
    view.show_input((5.0, 0.0))
    for size in ((1, 1), (80, 60), (60, 900)):
        view.resize(*size)
        assert not view.grab().isNull()
