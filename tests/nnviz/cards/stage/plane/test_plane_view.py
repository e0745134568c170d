"""The plane under the mouse and the keys."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.explain.input_grid import Square
from nnviz.cards.stage.plane.plane_view import PlaneView
from nnviz.ui import theme
from nnviz.ui.plane.points import Points
from nnviz.ui.plane.words import coordinates
from tests.nnviz.helpers import drag, hover, leave

CORNERS = np.array([[0xFFFF0000, 0xFF00FF00], [0xFF0000FF, 0xFFFFFF00]], np.uint32)


def points(*places: tuple[float, float], are_tests: bool = False) -> Points:
    """Returns points of the first class."""
    count = len(places)
    return Points(
        np.array(places, float), np.zeros(count, np.intp), np.full(count, are_tests), ["negative", "positive"], count
    )


@pytest.fixture
def view(qtbot: QtBot) -> PlaneView:
    """Wider than high."""
    made = PlaneView()
    qtbot.addWidget(made)
    made.resize(400, 200)
    made.show()
    made.show_points(points((0.9, 0.9)), Square(1, 2, 3))
    return made


def pixel(view: PlaneView, x: float, y: float) -> QColor:
    """The colour that is seen at a point."""
    return QColor(view.grab().toImage().pixel(view.place_of(x, y).toPoint()))


def test_places_and_points_belong_to_each_other(view: PlaneView) -> None:
    assert view.frame.width() == view.frame.height() == 200
    for x, y in ((1, 2), (-1.9, 4.9), (3.9, -0.9)):
        assert view.point_at(view.place_of(x, y).toPoint()) == pytest.approx((x, y), abs=0.03)
    assert view.place_of(1, 4).y() < view.place_of(1, 0).y(), "y upwards"
    assert view.point_at(QPoint(20, 100)) is None


def test_the_note_lies_within_the_field_in_large_text(view: PlaneView) -> None:
    few = points((0.9, 0.9))
    view.show_points(Points(few.places, few.kinds, few.are_tests, few.inks, 5000), Square(1, 2, 3))
    view.show_colours(np.full((2, 2), 0xFFFF0000, np.uint32), is_smooth=False)
    try:
        theme.apply(QApplication.instance(), theme.current().name, 200)
        image, frame = view.grab().toImage(), view.frame
        column = [image.pixel(frame.left() + 14, y) for y in range(frame.top(), frame.bottom() + 1)]
    finally:
        theme.apply(QApplication.instance(), theme.current().name, 100)
    assert set(column[-8:-2]) == {0xFFFF0000}  # below them is the ring of the focus
    assert column.count(theme.colour("card").rgb()) > 30


def test_answers_lie_where_they_belong(view: PlaneView) -> None:
    view.show_colours(CORNERS, is_smooth=False)
    seen = [pixel(view, x, y).rgb() for x, y in ((-1, 4), (3, 4), (-1, 0), (3, 0))]
    assert seen == CORNERS.ravel().tolist()
    view.show_colours(None)
    assert pixel(view, -1, 4) == theme.colour("field")


def test_coarse_answers_run_into_each_other_only_if_they_may(view: PlaneView) -> None:
    view.show_colours(CORNERS, is_smooth=True)
    assert pixel(view, 1, 4).rgb() not in CORNERS
    view.show_colours(CORNERS, is_smooth=False)
    assert pixel(view, 1.1, 4).rgb() in CORNERS


def test_points_of_the_test_part_have_a_core(view: PlaneView) -> None:
    view.resize(600, 600)
    view.show_points(points((1, 2)), view.square)
    assert pixel(view, 1, 2) == theme.colour("negative")
    view.show_points(points((1, 2), are_tests=True), view.square)
    assert pixel(view, 1, 2) == theme.colour("field")


def test_the_point_under_the_mouse_is_reported_and_again_with_new_answers(view: PlaneView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.hovered) as reported:
        hover(view, (200, 100))
    assert reported.args[0] == pytest.approx((1, 2), abs=0.03)
    view.show_text("here")
    assert view.findChild(QLabel, "readOut").isVisible()
    with qtbot.waitSignal(view.hovered) as reported:
        view.show_colours(CORNERS)
    assert reported.args[0] == pytest.approx((1, 2), abs=0.03)
    with qtbot.waitSignal(view.hovered) as reported:
        hover(view, (10, 100))
    assert reported.args == [None]
    with qtbot.waitSignal(view.hovered) as reported:
        leave(view)
    assert reported.args == [None]


def test_a_click_and_a_drag_ask(view: PlaneView, qtbot: QtBot) -> None:
    picked: list[tuple[float, float]] = []
    moved: list[tuple[float, float]] = []
    view.picked.connect(lambda x, y: picked.append((x, y)))
    view.moved.connect(lambda x, y: moved.append((x, y)))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    assert picked == moved == [pytest.approx((1, 2), abs=0.03)]
    moved.clear()
    picked.clear()
    drag(view, [(150, 50), (160, 60), (390, 500)])
    assert len(moved) == 3
    assert picked == moved[-1:] == [(4, -1)], "beside the plane: its nearest point"
    picked.clear()
    hover(view, (200, 100))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(10, 100))
    qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=QPoint(200, 100))
    assert not picked


def test_the_arrow_keys_move_the_point_that_is_asked_about(view: PlaneView, qtbot: QtBot) -> None:
    view.picked.connect(lambda x, y: view.show_input((x, y)))
    with qtbot.waitSignal(view.picked) as reported:
        qtbot.keyClick(view, Qt.Key.Key_Up)
    assert reported.args == [1, 2], "at first the middle"
    for key, modifier, expected in (
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, [1.12, 2]),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier, [1.12, 1.88]),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier, [1.108, 1.88]),
    ):
        with qtbot.waitSignal(view.picked) as reported:
            qtbot.keyClick(view, key, modifier)
        assert reported.args == pytest.approx(expected)
    for _ in range(40):
        qtbot.keyClick(view, Qt.Key.Key_Up)
    with qtbot.waitSignal(view.picked) as reported:
        qtbot.keyClick(view, Qt.Key.Key_Up)
    assert reported.args[1] == 5, "not beyond the plane"


def test_the_point_that_is_asked_about_is_marked(view: PlaneView) -> None:
    view.show_input((2, 1))
    assert pixel(view, 2, 1) == theme.colour("ink")
    view.show_input(None)
    assert pixel(view, 2, 1) == theme.colour("field")


def test_it_says_if_there_are_more_points(view: PlaneView) -> None:
    before = view.grab().toImage()
    some = points((0.9, 0.9))
    view.show_points(Points(some.places, some.kinds, some.are_tests, some.inks, 1000), view.square)
    assert view.grab().toImage() != before


@pytest.mark.parametrize(
    ("point", "half", "words"),
    [
        ((0.321, -0.178), 1.2, "x 0.32  y −0.18"),
        ((120.44, -3), 50, "x 120.4  y −3.0"),
        ((1e-5, 2e-5), 4e-5, "x 1e−05  y 2e−05"),
        ((1.5e9, -2e9), 1e9, "x 1.5e+09  y −2e+09"),
    ],
)
def test_coordinates_are_as_exact_as_the_plane_is_large(point: tuple[float, float], half: float, words: str) -> None:
    assert coordinates(point, half) == words


def test_in_any_size_it_paints(qtbot: QtBot) -> None:
    view = PlaneView()
    qtbot.addWidget(view)
    view.show_colours(CORNERS, caption="layer 1 · neuron 2")
    for size in ((1, 1), (80, 60), (60, 900)):
        view.resize(*size)
        assert not view.grab().isNull()
