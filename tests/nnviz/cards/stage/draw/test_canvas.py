"""The canvas: mouse and tablet, the network's input, and the contract for scripts."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PyQt5.QtGui import QColor, QTabletEvent
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.draw.canvas import Canvas
from nnviz.digits.strokes import Ink
from nnviz.session.sketch import Sketch
from nnviz.session.undo import Undo
from tests.nnviz.helpers import drag, drag_on, hover, seven


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    """One of 272 × 240 pixels, alone."""
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(272, 240)
    canvas.show()
    return canvas


def test_an_empty_canvas(canvas: Canvas) -> None:
    assert canvas.is_empty
    assert canvas.strokes == []
    shown = canvas.network_input()
    assert shown.shape == (784,)
    assert shown.dtype == np.float32
    assert not shown.any()


def test_strokes_of_a_script(canvas: Canvas) -> None:
    strokes = [np.array([(60, 50), (180, 50), (120, 210)]), np.array([(90, 130), (150, 130)])]
    canvas.set_strokes(strokes)
    shown = canvas.network_input()
    assert shown.shape == (784,)
    assert shown.dtype == np.float32
    assert shown.min() == 0
    assert shown.max() == 1
    assert len(canvas.strokes) == 2
    np.testing.assert_array_equal(canvas.strokes[0], strokes[0])
    assert canvas.strokes[0].dtype == float
    canvas.set_strokes(canvas.strokes)
    np.testing.assert_array_equal(canvas.network_input(), shown)
    canvas.set_strokes([])
    assert canvas.is_empty


def shade_at(canvas: Canvas, x: int, y: int) -> int:
    """How bright a pixel of the widget is, 0…255."""
    return QColor(canvas.grab().toImage().pixel(x, y)).value()


@pytest.mark.parametrize("background", [1.0, 0.9, 0.6])
def test_on_a_light_background_the_pen_is_dark(canvas: Canvas, background: float) -> None:
    canvas.set_background(background)
    assert canvas.network_input() == pytest.approx(background)
    assert shade_at(canvas, 20, 20) == pytest.approx(255 * background, abs=1)
    drag(canvas, [(60, 120), (200, 120)], button=Qt.MouseButton.LeftButton)
    shown = canvas.network_input()
    assert shown.dtype == np.float32
    assert (shown.min(), shown.max()) == (pytest.approx(0), pytest.approx(background))
    assert shade_at(canvas, 130, 120) == 0
    drag(canvas, [(60, 120), (200, 120)], button=Qt.MouseButton.RightButton)
    assert shade_at(canvas, 130, 120) == pytest.approx(255 * background, abs=1), "the eraser leaves the background"
    assert canvas.network_input() == pytest.approx(background)


def test_on_a_light_background_it_is_the_negative_of_that_on_a_dark_one(canvas: Canvas) -> None:
    canvas.set_strokes([np.array(seven(canvas))])
    dark = canvas.network_input()
    canvas.set_background(1.0)
    np.testing.assert_allclose(canvas.network_input(), 1 - dark, atol=1e-6)
    canvas.set_background(0.0)
    np.testing.assert_array_equal(canvas.network_input(), dark)


def test_an_example_on_a_light_background_is_shown_as_it_is(canvas: Canvas) -> None:
    """Also where it is lighter than the background; what is drawn over it is dark."""
    pixels = np.full((28, 28), 0.9, np.float32)
    pixels[10:18, 10:18], pixels[2, 2] = 0.2, 1.0
    canvas.set_background(0.9)
    canvas.restore((Ink(pixels, 1.0, "an example", is_example=True),))
    np.testing.assert_array_equal(canvas.network_input(), pixels.ravel())
    assert shade_at(canvas, 136, 120) == pytest.approx(51, abs=2)
    canvas.set_centred(False)
    drag(canvas, [(40, 20), (230, 20)], button=Qt.MouseButton.LeftButton)
    drawn_over = canvas.network_input().reshape(28, 28)
    assert drawn_over[14, 14] == pytest.approx(0.2, abs=1e-5)
    assert drawn_over[2, 14] == pytest.approx(0, abs=1e-5)
    assert drawn_over[26, 14] == pytest.approx(0.9)


def test_strokes_may_be_lists(canvas: Canvas) -> None:
    canvas.set_strokes([[(10, 10), (50, 80)], []])  # type: ignore[list-item]
    assert len(canvas.strokes) == 1


def test_what_is_handed_out_is_a_copy(canvas: Canvas) -> None:
    canvas.set_strokes([np.array([(10.0, 10.0), (50.0, 80.0)])])
    canvas.strokes[0][:] = 0
    assert canvas.strokes[0].any()


def test_y_is_down(canvas: Canvas) -> None:
    canvas.set_strokes([np.array([(50, 20), (50, 200)]), np.array([(20, 200), (80, 200)])])  # a stand at the foot
    picture = canvas.network_input().reshape(28, 28)
    rows = np.flatnonzero(picture.max(axis=1) > 0.5)
    assert picture[rows[-1]].sum() > 2 * picture[rows[0]].sum()


def test_the_mouse_draws(canvas: Canvas, qtbot: QtBot) -> None:
    finished = []
    canvas.stroke_finished.connect(lambda before, after: finished.append((len(before), len(after))))
    drag(canvas, [(40, 40), (100, 60.5), (120, 150)])
    assert [tuple(point) for point in canvas.strokes[0]] == [(40, 40), (100, 60.5), (120, 150)]
    drag(canvas, [(10, 10), (20, 20)])
    assert finished == [(0, 1), (1, 2)]
    with qtbot.waitSignal(canvas.changed):
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    assert len(canvas.strokes) == 3
    assert canvas.strokes[2].shape == (1, 2), "a click is a dot"


def test_only_the_left_button_draws(canvas: Canvas, qtbot: QtBot) -> None:
    hover(canvas, (30, 30))
    for button in (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton):
        qtbot.mousePress(canvas, button, pos=QPoint(50, 50))
        qtbot.mouseRelease(canvas, button, pos=QPoint(60, 60))
    assert canvas.is_empty
    drag(canvas, [(40, 40), (100, 60)], release=False)
    qtbot.mousePress(canvas, Qt.MouseButton.RightButton, pos=QPoint(50, 50))
    qtbot.mouseRelease(canvas, Qt.MouseButton.RightButton, pos=QPoint(50, 50))
    drag(canvas, [(140, 140)])
    assert len(canvas.strokes) == 2


def test_the_mouse_may_leave_the_canvas(canvas: Canvas) -> None:
    drag(canvas, [(40, 40), (-50, 60), (400, 500)])
    assert np.isfinite(canvas.network_input()).all()
    assert len(canvas.strokes[0]) == 3


def test_a_tablet_draws_with_its_finer_positions(canvas: Canvas) -> None:
    def pen(kind: QEvent.Type, x: float, y: float, down: bool) -> None:
        button = Qt.MouseButton.LeftButton if down else Qt.MouseButton.NoButton
        place = QPointF(x, y)
        details = (0, 0, 0.0, 0.0, 0, Qt.KeyboardModifier.NoModifier, 1, Qt.MouseButton.LeftButton, button)
        event = QTabletEvent(
            kind, place, place, QTabletEvent.TabletDevice.Stylus, QTabletEvent.PointerType.Pen, 0.5, *details
        )
        QApplication.sendEvent(canvas, event)
        assert event.isAccepted(), "or Qt would make a mouse event of it, and draw twice"

    pen(QEvent.Type.TabletMove, 5, 5, False)
    pen(QEvent.Type.TabletPress, 10.25, 20.5, True)
    pen(QEvent.Type.TabletMove, 30.125, 40.75, True)
    pen(QEvent.Type.TabletRelease, 30.125, 40.75, False)
    pen(QEvent.Type.TabletMove, 90, 90, False)
    assert [stroke.tolist() for stroke in canvas.strokes] == [[[10.25, 20.5], [30.125, 40.75]]]


def test_a_move_whose_press_was_lost_draws_nothing(canvas: Canvas) -> None:
    drag(canvas, [(40, 40), (80, 80)], release=False)
    canvas.set_strokes([])
    drag_on(canvas, (100, 100))
    assert canvas.is_empty


def test_pen_width(canvas: Canvas) -> None:
    drag(canvas, seven(canvas))
    thin, thick = [], []
    for width, ink in ((8, thin), (30, thick)):
        canvas.set_pen(width)
        ink.append(canvas.network_input().sum())
        ink.append((np.array(canvas.grab().toImage().pixel(136, 120)) & 0xFF).item())
    assert thin[0] < thick[0]


def test_the_drawing_keeps_its_shape_when_the_canvas_grows(canvas: Canvas, qtbot: QtBot) -> None:
    drag(canvas, seven(canvas))
    before = canvas.network_input()
    canvas.resize(QSize(600, 480))
    qtbot.waitUntil(lambda: canvas.strokes[0].max() > 240)
    assert canvas.strokes[0].max() <= 480
    after = canvas.network_input()
    assert np.corrcoef(before, after)[0, 1] > 0.95


def test_it_is_painted_white_on_black(canvas: Canvas) -> None:
    canvas.set_strokes([np.array([(20, 120), (250, 120)]), np.array([(136.0, 40.0)])])
    image = canvas.grab().toImage()
    for x, y, grey in ((136, 120, 255), (136, 40, 255), (20, 20, 0)):
        assert image.pixelColor(x, y).lightness() == grey


def test_the_drawing_survives_every_size(qtbot: QtBot) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.show()
    canvas.resize(270, 280)
    canvas.set_strokes([np.array([(60, 40), (200, 50), (120, 230)])])
    strokes, seen, pen = canvas.strokes, canvas.network_input(), canvas.pen_width
    for size in ((270, 160), (400, 200), (170, 500)):
        canvas.resize(*size)
        np.testing.assert_allclose(canvas.network_input(), seen, atol=1e-6)
    canvas.resize(270, 280)
    np.testing.assert_allclose(canvas.strokes[0], strokes[0])
    assert canvas.pen_width == pytest.approx(pen)


def test_the_network_does_not_see_ink_outside_the_canvas(canvas: Canvas) -> None:
    drag(canvas, [(60, 60), (120, 60), (120, 180)])
    plain = canvas.network_input()
    drag(canvas, [(250, 100), (330, 100), (330, 300), (250, 300)])
    left_at_the_edge = canvas.network_input()
    canvas.set_strokes([*canvas.strokes[:1], np.array([(250.0, 100.0), (281.0, 100.0)])])
    np.testing.assert_allclose(left_at_the_edge, canvas.network_input(), atol=0.03)
    canvas.set_strokes([*canvas.strokes[:1], np.array([(330.0, 100.0), (330.0, 300.0)])])
    np.testing.assert_array_equal(canvas.network_input(), plain)


def test_ink_that_comes_into_sight_is_reported(canvas: Canvas, qtbot: QtBot) -> None:
    """By the canvas whenever its size changes; by the sketch only where the network is shown something else."""
    sketch = Sketch(Undo())
    canvas.changed.connect(lambda: sketch.set_options(field=canvas.field))
    canvas.set_strokes([np.array([(60.0, 60.0), (120.0, 180.0)]), np.array([(300.0, 60.0), (300.0, 180.0)])])
    sketch.draw(canvas.drawing)
    plain = canvas.network_input()
    with qtbot.waitSignals([canvas.changed, sketch.changed]):
        canvas.resize(400, 240)
    assert (canvas.network_input() != plain).any()
    assert sketch.picture is not None
    np.testing.assert_array_equal(sketch.picture, canvas.network_input())
    with qtbot.assertNotEmitted(sketch.changed):
        canvas.resize(420, 240)
