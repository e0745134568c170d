"""Tests of the map view with mouse and keyboard."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QMouseEvent, QWheelEvent
from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from nnviz.cards.map.view import MapView
from nnviz.ui.map.mark import box_of_mark, place_of_words
from nnviz.ui.map.names import step_aside
from nnviz.ui.map.painting import Dots
from tests.nnviz.helpers import drag, hover, leave

INKS = [QColor("red"), QColor("green")]


def dots(count: int = 200, seed: int = 0) -> Dots:
    """Two classes, one of which lies at the right."""
    rng = np.random.default_rng(seed)
    inks = np.arange(count) % 2
    points = (rng.normal(size=(count, 2)) + inks[:, None] * (8, 0)).astype(np.float32)
    return Dots(points, inks, np.zeros(count, bool), np.zeros(count, bool), ["left", "right"])


@pytest.fixture
def view(qtbot: QtBot) -> MapView:
    """With points."""
    made = MapView()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    made.show_dots(dots(), INKS, is_another=True)
    return made


def place(view: MapView, number: int) -> tuple[float, float]:
    """Of a point in the widget."""
    at = view.place_of(number)
    return at.x(), at.y()


def wheel(view: MapView, at: QPointF, clicks: int) -> None:
    """Turned by a given number of notches."""
    turned = QPoint(0, 120 * clicks)
    event = QWheelEvent(
        at,
        at,
        QPoint(),
        turned,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def test_all_points_are_seen_at_first(view: MapView) -> None:
    places = view.camera.pixels(view.dots.points)
    assert places.min() >= 0
    assert (places.max(axis=0) <= (400, 300)).all()
    assert not view.grab().isNull()


def test_the_point_under_the_mouse_is_reported_once_for_each_move(view: MapView, qtbot: QtBot) -> None:
    number = int(view.dots.points[:, 0].argmax())
    with qtbot.waitSignal(view.hovered) as reported:
        hover(view, place(view, number))
    assert reported.args == [number]
    view.show_text([[("a 7", "ink")]])
    assert not view.findChild(QLabel, "readOut").isHidden()
    with qtbot.waitSignal(view.hovered) as reported:
        leave(view)
    assert reported.args == [-1]
    assert view.findChild(QLabel, "readOut").isHidden()


def test_the_wheel_zooms_towards_the_mouse(view: MapView) -> None:
    at = QPointF(*place(view, 3))
    before, scale = view.camera.point(at.x(), at.y()), view.camera.scale
    wheel(view, at, 2)
    assert view.camera.scale > scale
    assert view.camera.point(at.x(), at.y()) == pytest.approx(before)
    wheel(view, at, -2)
    assert view.camera.scale == pytest.approx(scale)


def test_a_drag_moves_the_map_and_chooses_nothing(view: MapView, qtbot: QtBot) -> None:
    before = place(view, 0)
    with qtbot.assertNotEmitted(view.chosen):
        drag(view, [(50, 50), (60, 55), (90, 70)])
    assert place(view, 0) == pytest.approx((before[0] + 40, before[1] + 20), abs=4)


def test_a_click_chooses_the_nearest_point_or_nothing(view: MapView, qtbot: QtBot) -> None:
    number = int(view.dots.points[:, 0].argmin())
    with qtbot.waitSignal(view.chosen) as chosen:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.place_of(number).toPoint())
    assert chosen.args == [number]
    with qtbot.waitSignal(view.chosen) as chosen:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert chosen.args == [-1]


def test_a_double_click_opens_a_point_and_beside_them_shows_all(view: MapView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.opened):
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=view.place_of(0).toPoint())
    whole = view.camera
    view.zoom(4)
    view._move_to(view.camera.moved(5000, 0))
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert view.camera == whole


@pytest.mark.parametrize("with_shift", [False, True])
def test_a_lasso_says_what_is_in_it(view: MapView, qtbot: QtBot, with_shift: bool) -> None:
    view.lassoes = not with_shift
    middle = 200
    corners = [(middle, 2), (398, 2), (398, 298), (middle, 298)]
    with qtbot.waitSignal(view.circled) as circled:
        if with_shift:
            shift_drag(view, corners)
        else:
            drag(view, corners)
    expected = np.flatnonzero(view.camera.pixels(view.dots.points)[:, 0] > middle)
    assert sorted(circled.args[0].tolist()) == expected.tolist()
    assert len(expected) > 50


def test_a_lasso_that_ends_where_it_began_is_no_click(view: MapView, qtbot: QtBot) -> None:
    view.lassoes = True
    with qtbot.assertNotEmitted(view.chosen), qtbot.waitSignal(view.circled) as circled:
        drag(view, [(200, 2), (398, 2), (398, 298), (200, 298), (201, 3)])
    assert len(circled.args[0]) > 50
    number = int(view.dots.points[:, 0].argmin())
    x, y = place(view, number)
    with qtbot.assertNotEmitted(view.circled), qtbot.waitSignal(view.chosen) as chosen:
        drag(view, [(x, y), (x + 1, y), (x + 1, y + 1), (x, y)])
    assert chosen.args == [number], "a click, though by a hand that trembles"


def test_esc_drops_the_lasso_that_is_drawn(view: MapView, qtbot: QtBot) -> None:
    view.lassoes = True
    with qtbot.assertNotEmitted(view.circled), qtbot.assertNotEmitted(view.chosen):
        drag(view, [(200, 2), (398, 2), (398, 298)], release=False)
        qtbot.keyClick(view, Qt.Key.Key_Escape)
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(398, 298))
    assert view.lassoes


def shift_drag(view: MapView, points: list[tuple[float, float]]) -> None:
    """With the left button and Shift."""
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(points) - 1), QEvent.Type.MouseButtonRelease]
    for kind, point in zip(kinds, [*points, points[-1]], strict=True):
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        event = QMouseEvent(
            kind, QPointF(*point), Qt.MouseButton(button), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
        )
        QApplication.sendEvent(view, event)


def test_the_keys(view: MapView, qtbot: QtBot) -> None:
    whole = view.camera
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.camera.scale > whole.scale
    qtbot.keyClick(view, Qt.Key.Key_Left)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view.camera.scale == pytest.approx(whole.scale)
    assert view.camera.x < whole.x
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.camera == whole
    view.show_choice(3)
    with qtbot.waitSignal(view.opened):
        qtbot.keyClick(view, Qt.Key.Key_Return)


def test_what_is_seen_is_still_seen_at_another_size(view: MapView) -> None:
    drag(view, [(50, 50), (60, 55), (60, 62)])
    camera = view.camera
    for size in ((400, 120), (90, 300), (700, 500)):
        view.resize(*size)
        places = view.camera.pixels(view.dots.points)
        assert places.min() >= 0
        assert (places.max(axis=0) <= size).all()
    view.resize(400, 300)
    assert view.camera == camera
    view.zoom(8)
    seen = view.camera.point(0, 0)
    view.resize(200, 150)
    assert view.camera.point(0, 0) == pytest.approx(seen)


def test_the_words_beside_a_mark_cover_nothing() -> None:
    mark, room = QPointF(100, 100), QRectF(0, 0, 200, 200)
    free = place_of_words(mark, 50, 10, room, [])
    assert free is not None
    assert free.left() > mark.x()
    taken = [free]
    for _ in range(3):
        box = place_of_words(mark, 50, 10, room, taken)
        assert box is not None
        assert not any(box.intersects(other) for other in taken)
        assert not box.contains(mark)
        taken.append(box)
    assert place_of_words(mark, 50, 10, room, taken) is None
    beside_the_edge = place_of_words(QPointF(190, 100), 50, 10, room, [])
    assert beside_the_edge is not None
    assert room.contains(beside_the_edge)


def test_a_name_steps_aside_of_the_mark() -> None:
    mark = box_of_mark(QPointF(100, 100))
    for x in (95, 100, 108):
        box = QRectF(0, 0, 14, 18)
        box.moveCenter(QPointF(x, 96))
        step_aside(box, mark)
        assert not box.intersects(mark)
        assert abs(box.center().x() - x) < 40
        assert box.center().y() == 96


def test_what_a_person_looks_at_stays_while_points_move(view: MapView) -> None:
    view.zoom(2)
    camera = view.camera
    view.show_dots(dots(seed=1), INKS)
    assert view.camera == camera
    view.show_dots(dots(seed=1), INKS, is_another=True)
    assert view.camera != camera, "another map is seen as a whole"


def test_a_mark_beside_all_points_is_seen_too(view: MapView) -> None:
    view.show_mark(np.array([40.0, 0.0], np.float32), "drawing")
    view.show_all()
    assert view.camera.pixels(np.array([[40.0, 0.0]]))[0, 0] <= 400
    assert not view.grab().isNull()
    view.show_mark(None, "drawing")
    view.show_all()
    assert not view.grab().isNull()


def test_very_small_and_empty(view: MapView) -> None:
    view.resize(1, 1)
    assert not view.grab().isNull()
    nothing = np.zeros(0, bool)
    view.show_dots(Dots(np.zeros((0, 2), np.float32), np.zeros(0, np.intp), nothing, nothing), INKS)
    view.resize(300, 200)
    hover(view, (20, 20))
    assert not view.grab().isNull()
