"""What a pen feels like: smooth lines, pressure, the eraser; and what the canvas shows while it is on its way."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QImage, QMouseEvent, QPaintEvent, QTabletEvent
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.draw.canvas import Canvas
from nnviz.digits.strokes import Ink, Stroke
from tests.nnviz.helpers import drag, seven


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    """One of 300 × 240 pixels, alone."""
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(300, 240)
    canvas.show()
    return canvas


def grey_of(picture: QImage) -> np.ndarray:
    """Its pixels, (height, width) in 0…255."""
    image = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    memory = image.constBits()
    memory.setsize(image.byteCount())
    return np.frombuffer(memory, np.uint8).reshape(image.height(), -1)[:, : image.width()].astype(int)


def shown(canvas: Canvas) -> np.ndarray:
    """What is on the screen, (height, width) in 0…255, without the rounded corners, which are the card's."""
    grey = grey_of(canvas.grab().toImage())
    for corner in (grey[:8, :8], grey[:8, -8:], grey[-8:, :8], grey[-8:, -8:]):
        corner[...] = 0
    return grey


def pen(
    canvas: Canvas,
    points: list[tuple[float, float]],
    pressure: float = 1.0,
    pointer: QTabletEvent.PointerType = QTabletEvent.PointerType.Pen,
) -> None:
    """A stroke of a tablet's pen, or of its back."""
    kinds = [QEvent.Type.TabletPress, *[QEvent.Type.TabletMove] * (len(points) - 1), QEvent.Type.TabletRelease]
    for kind, point in zip(kinds, [*points, points[-1]], strict=True):
        place = QPointF(*point)
        details = (
            0,
            0,
            0.0,
            0.0,
            0,
            Qt.KeyboardModifier.NoModifier,
            1,
            Qt.MouseButton.LeftButton,
            Qt.MouseButton.LeftButton,
        )
        event = QTabletEvent(kind, place, place, QTabletEvent.TabletDevice.Stylus, pointer, pressure, *details)
        QApplication.sendEvent(canvas, event)


def erase(canvas: Canvas, qtbot: QtBot, start: tuple[int, int], end: tuple[int, int]) -> None:
    """With the right button."""
    qtbot.mousePress(canvas, Qt.MouseButton.RightButton, pos=QPoint(*start))
    QApplication.sendEvent(canvas, _right_move(end))
    qtbot.mouseRelease(canvas, Qt.MouseButton.RightButton, pos=QPoint(*end))


def _right_move(place: tuple[int, int]) -> QEvent:
    return QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(*place),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.RightButton,
        Qt.KeyboardModifier.NoModifier,
    )


# ---- lines


def test_a_fast_circle_has_neither_gaps_nor_corners(canvas: Canvas) -> None:
    angles = np.linspace(0, 2 * np.pi, 14)
    drag(canvas, [(150 + 80 * np.cos(a), 120 + 80 * np.sin(a)) for a in angles])
    grey = shown(canvas)
    for angle in np.linspace(0.7, 5.6, 200):  # without the ends, which cannot know that they meet
        at = [(150 + r * np.cos(angle), 120 + r * np.sin(angle)) for r in (80, 74, 86, 66, 94)]
        values = [grey[round(y), round(x)] for x, y in at]
        assert values[:3] == [255] * 3, "the pen is 18 wide: 9 on both sides of the circle"
        assert values[3:] == [0, 0]


def test_what_is_painted_bit_by_bit_is_what_is_painted_at_once(canvas: Canvas) -> None:
    drag(canvas, seven(canvas), release=False)
    in_progress = shown(canvas)
    drag(canvas, seven(canvas))
    canvas.restore(canvas.drawing[:1])
    whole = shown(canvas)
    assert (abs(in_progress - whole) > 90).mean() < 0.001, "but for the edges"
    assert in_progress.max() == 255


def test_a_move_repaints_only_its_surroundings(canvas: Canvas, qtbot: QtBot) -> None:
    regions = []
    original = canvas.paintEvent
    drag(canvas, [(20, 20), (30, 30), (40, 40)], release=False)
    QApplication.processEvents()

    def noted(event: QPaintEvent) -> None:
        regions.append(event.rect())
        original(event)

    canvas.paintEvent = noted  # type: ignore[method-assign]
    QApplication.sendEvent(canvas, _left_move((50, 50)))
    qtbot.waitUntil(lambda: bool(regions))
    assert all(region.width() < 100 and region.height() < 100 for region in regions)


def _left_move(place: tuple[int, int]) -> QEvent:
    return QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(*place),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )


def test_the_same_place_twice_is_one_point(canvas: Canvas) -> None:
    drag(canvas, [(20, 20), (20, 20), (60, 60), (60, 60)])
    assert len(canvas.strokes[0]) == 2


def test_resized_in_the_middle_of_a_stroke(canvas: Canvas) -> None:
    drag(canvas, [(50, 120), (80, 120), (110, 120), (140, 120)], release=False)
    canvas.resize(600, 480)
    grey = shown(canvas)
    assert grey[240, [100, 160, 220, 280]].tolist() == [255] * 4
    assert grey[60, 200] == 0


def test_sharp_on_fine_screens(canvas: Canvas, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a screen where all is twice as large."""
    drag(canvas, seven(canvas))
    monkeypatch.setattr(canvas, "devicePixelRatioF", lambda: 2.0)
    fine = QImage(600, 480, QImage.Format.Format_RGB32)
    fine.setDevicePixelRatio(2)
    canvas.render(fine)
    monkeypatch.undo()
    canvas.resize(600, 480)
    large = shown(canvas)
    inner = np.s_[20:-20, 20:-20]  # without the corners, which are as round on both
    assert np.ptp(large[inner]) == 255
    assert np.abs(grey_of(fine)[inner] - large[inner]).max() <= 20


# ---- pressure


def test_pressure_makes_lines_thicker(canvas: Canvas) -> None:
    for number, pressure in enumerate((0.1, 0.5, 1.0)):
        pen(canvas, [(60.0 + 80 * number, 60.0), (60.0 + 80 * number, 180.0)], pressure)
    across = shown(canvas)[120]
    widths = [int((across[20 + 80 * n : 100 + 80 * n] > 127).sum()) for n in range(3)]
    assert widths[0] < widths[1] < widths[2]
    assert widths[2] == 18, "as the mouse's"
    assert widths[0] > 9, "mildly"


def test_the_network_sees_a_sensible_line_at_any_pressure(canvas: Canvas) -> None:
    seen = []
    for pressure in (0.0, 0.3, 1.0):
        canvas.set_strokes([])
        pen(canvas, [(x, y) for x, y in seven(canvas)], pressure)
        seen.append(canvas.network_input())
    assert seen[0].sum() < seen[1].sum() <= seen[2].sum()
    assert seen[0].sum() > 0.6 * seen[2].sum()
    canvas.set_strokes([])
    drag(canvas, seven(canvas))
    np.testing.assert_allclose(canvas.network_input(), seen[2], atol=1e-6)


# ---- eraser


def test_the_right_button_erases(canvas: Canvas, qtbot: QtBot) -> None:
    steps = []
    drag(canvas, [(150, 30), (150, 210)])
    canvas.stroke_finished.connect(lambda before, after: steps.append((before, after)))
    before = canvas.network_input()
    erase(canvas, qtbot, (100, 120), (200, 120))
    assert shown(canvas)[120, 150] == 0
    assert shown(canvas)[[60, 180], 150].tolist() == [255, 255]
    seen = canvas.network_input().reshape(28, 28)
    assert seen[14].max() < 0.05
    assert seen[[7, 20]].max(axis=1).min() > 0.5
    assert len(steps) == 1
    assert len(canvas.strokes) == 1, "an eraser's is no stroke of the pen"
    canvas.restore(steps[0][0])
    np.testing.assert_array_equal(canvas.network_input(), before)


def test_erasing_nothing_is_no_step(canvas: Canvas, qtbot: QtBot) -> None:
    steps = []
    canvas.stroke_finished.connect(lambda *_: steps.append(1))
    erase(canvas, qtbot, (20, 20), (60, 60))
    assert canvas.is_empty
    drag(canvas, [(150, 30), (150, 210)])
    erase(canvas, qtbot, (20, 20), (60, 60))
    assert len(steps) == 1
    assert len(canvas.drawing) == 1


def test_the_back_of_a_tablets_pen_erases(canvas: Canvas) -> None:
    pen(canvas, [(150.0, 30.0), (150.0, 210.0)])
    pen(canvas, [(150.0, 20.0), (150.0, 120.0), (150.0, 220.0)], 0.4, QTabletEvent.PointerType.Eraser)
    assert shown(canvas)[8:-8, 8:-8].max() < 60, "at the ends of the line"
    assert not canvas.network_input().any()
    pen(canvas, [(150.0, 30.0), (150.0, 210.0)])
    assert canvas.network_input().any()


def test_with_the_eraser_in_hand_the_left_button_erases(canvas: Canvas) -> None:
    drag(canvas, [(150, 30), (150, 210)])
    canvas.set_erases(True)
    drag(canvas, [(100, 120), (200, 120)])
    assert shown(canvas)[120, 150] == 0
    canvas.set_erases(False)
    drag(canvas, [(100, 120), (200, 120)])
    assert shown(canvas)[120, 150] == 255


def test_a_thicker_pen_later_gives_nothing_back_that_was_erased(canvas: Canvas, qtbot: QtBot) -> None:
    drag(canvas, [(150, 30), (150, 210)])
    erase(canvas, qtbot, (150, 30), (150, 210))
    canvas.set_pen(40)
    assert shown(canvas)[120, 150] == 0


# ---- centring, pictures


def test_without_centring_place_and_size_matter(canvas: Canvas) -> None:
    canvas.set_strokes([np.array([(70.0, 40.0), (110.0, 80.0)])])
    centred = canvas.network_input()
    canvas.set_centred(False)
    plain = canvas.network_input().reshape(28, 28)
    rows, columns = np.nonzero(plain > 0.2)
    assert rows.max() < 12, "80 of 240 pixels down"
    assert columns.max() < 12, "80 of the square's 240 pixels to the right"
    assert plain.sum() < centred.sum()
    canvas.set_centred(True)
    np.testing.assert_array_equal(canvas.network_input(), centred)


def test_a_picture_is_shown_and_can_be_drawn_on(canvas: Canvas) -> None:
    pixels = np.zeros((20, 10), np.float32)
    pixels[:, 5:] = 1
    canvas.restore((Ink(pixels, 0.5),))
    grey = shown(canvas)
    assert grey[120, 165] == 255, "its right half"
    assert grey[120, 130] == 0
    assert grey[120, 240] == 0, "beside it"
    before = canvas.network_input()
    drag(canvas, [(60, 60), (60, 180)])
    assert isinstance(canvas.drawing[-1], Stroke)
    assert shown(canvas)[120, 60] == 255
    assert shown(canvas)[120, 165] == 255
    assert abs(canvas.network_input() - before).max() > 0.5
