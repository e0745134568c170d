"""Zooming the curves: wheel, rectangle, keys, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtWidgets import QApplication, QFrame, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from engine.training.history import Curve
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.ui.plots.curve_axes import LOSS
from tests.nnviz.helpers import bring_to_front, drag, drag_on, find, hover
from tests.nnviz.ui.helpers import epochs_under, left_axis, pixel, shown_plot

EPOCHS = 20
TRAIN = Curve(list(range(EPOCHS + 1)), [0.9, *np.geomspace(0.08, 0.012, EPOCHS)])
TEST = Curve(list(range(EPOCHS + 1)), [0.9, *np.geomspace(0.09, 0.022, EPOCHS)])


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> CurvePlot:
    """With twenty epochs."""
    return shown_plot(qtbot, qapp, {"train": TRAIN, "test": TEST}, EPOCHS)


def view(plot: CurvePlot) -> np.ndarray:
    """Returns the visible range: two epochs and two values."""
    return np.array(plot.getPlotItem().getViewBox().viewRange()).ravel()


def turn(
    plot: CurvePlot, at: tuple[float, float], notches: float, modifiers: Any = Qt.KeyboardModifier.NoModifier
) -> None:
    """Turns the wheel, away from the user if ``notches`` is above 0."""
    place = QPointF(*at)
    event = QWheelEvent(
        place,
        QPointF(plot.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, int(120 * notches)),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plot.viewport(), event)


def reset_button(plot: CurvePlot) -> QToolButton:
    """It is there while one is zoomed."""
    return find(plot, QToolButton, "resetZoomButton")


LOW, HIGH = -1.3, 2  # decimal logarithms: below 0.1 %, and 100 %
HOME = np.array([0, EPOCHS, LOW, HIGH])


def test_the_wheel_zooms_the_epochs_around_the_mouse(plot: CurvePlot) -> None:
    at = pixel(plot, 5, 0.5)
    turn(plot, at, 3)
    x0, x1, y0, y1 = view(plot)
    assert (y0, y1) == pytest.approx((LOW, HIGH))
    assert x1 - x0 == pytest.approx(EPOCHS * 0.8**3)
    np.testing.assert_allclose(pixel(plot, 5, 0.5), at, atol=2)
    turn(plot, at, -30)
    np.testing.assert_allclose(view(plot)[:2], [0, EPOCHS])


def test_with_ctrl_it_zooms_the_values(plot: CurvePlot) -> None:
    turn(plot, pixel(plot, 5, 0.25), 2, Qt.KeyboardModifier.ControlModifier)
    x0, x1, y0, y1 = view(plot)
    assert (x0, x1) == (0, EPOCHS)
    assert y1 - y0 == pytest.approx(0.64 * (HIGH - LOW))
    assert (0.25 - y0) / (y1 - y0) == pytest.approx((0.25 - LOW) / (HIGH - LOW), abs=0.02)


def test_values_can_be_seen_that_the_axis_leaves_out(plot: CurvePlot) -> None:
    """The loss rose far above that of the untrained network."""
    plot.set_quantity(LOSS)
    plot.show_curves({"train": Curve([0, 1, 2], [2.3, 300.0, 200.0])}, EPOCHS)
    assert view(plot)[3] == pytest.approx(np.log10(5))
    turn(plot, pixel(plot, 5, 0.5), -20, Qt.KeyboardModifier.ControlModifier)
    assert view(plot)[3] == pytest.approx(np.log10(300))


def test_the_wheel_back_to_the_whole_is_a_reset(plot: CurvePlot) -> None:
    turn(plot, pixel(plot, 5, 0.5), 2)
    assert plot.is_zoomed
    assert reset_button(plot).isVisible()
    turn(plot, pixel(plot, 5, 0.5), -2)
    assert not plot.is_zoomed
    assert not reset_button(plot).isVisible()


def test_a_rectangle_fills_the_plot(plot: CurvePlot) -> None:
    one, other = pixel(plot, 4, 0.9), pixel(plot, 12, 0.3)
    drag(plot.viewport(), [one, (200, 100), other], release=False)
    band = find(plot, QFrame, "zoomBand")
    assert band.isVisible()
    assert band.width() == pytest.approx(other[0] - one[0], abs=2)
    drag(plot.viewport(), [one, (200, 100), other])
    assert not band.isVisible()
    np.testing.assert_allclose(view(plot), [4, 12, 0.3, 0.9], atol=0.06)
    assert reset_button(plot).isVisible()


def test_a_flat_rectangle_leaves_the_values_as_they_are(plot: CurvePlot) -> None:
    x, y = pixel(plot, 5, 0.8)
    drag(plot.viewport(), [(x, y), (x + 75, y + 2), (x + 150, y + 5)])
    x0, x1, y0, y1 = view(plot)
    assert (y0, y1) == pytest.approx((LOW, HIGH))
    assert x0 == pytest.approx(5, abs=0.1)
    assert pixel(plot, x1, 0)[0] - pixel(plot, x0, 0)[0] > 500
    assert x1 < 12


def test_a_narrow_rectangle_leaves_the_epochs_as_they_are(plot: CurvePlot) -> None:
    x, y = pixel(plot, 5, 0.8)
    drag(plot.viewport(), [(x, y), (x + 2, y + 50), (x + 5, y + 100)])
    x0, x1, y0, y1 = view(plot)
    assert (x0, x1) == (0, EPOCHS)
    assert y1 == pytest.approx(0.8, abs=0.02)
    assert y0 == pytest.approx(0.8 - 100 / plot.plot_area().height() * (HIGH - LOW), abs=0.03)


def test_a_click_moves_nothing(plot: CurvePlot) -> None:
    drag(plot.viewport(), [(200, 100), (202, 103)])
    np.testing.assert_allclose(view(plot), HOME)
    assert not plot.is_zoomed


def test_escape_ends_a_rectangle(plot: CurvePlot, qtbot: QtBot) -> None:
    drag(plot.viewport(), [(100, 50), (300, 150)], release=False)
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    drag_on(plot.viewport(), (320, 160))
    assert not find(plot, QFrame, "zoomBand").isVisible()
    qtbot.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(320, 160))
    np.testing.assert_allclose(view(plot), HOME)


def test_a_rectangle_that_leaves_the_plot_ends_at_its_edge(plot: CurvePlot) -> None:
    drag(plot.viewport(), [pixel(plot, 15, 0.5), (590, 200), (900, 700)], release=False)
    assert plot.rect().contains(find(plot, QFrame, "zoomBand").geometry())
    drag(plot.viewport(), [pixel(plot, 15, 0.5), (590, 200), (900, 700)])
    x0, x1, y0, y1 = view(plot)
    assert (x1, y0) == (EPOCHS, pytest.approx(LOW, abs=0.05))
    assert (x0, y1) == (pytest.approx(15, abs=0.1), pytest.approx(0.5, abs=0.02))


@pytest.mark.parametrize("way", ["double click", "button", "key"])
def test_back_to_the_whole(plot: CurvePlot, qtbot: QtBot, way: str) -> None:
    turn(plot, pixel(plot, 5, 0.5), 3)
    if way == "double click":
        qtbot.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 150))
    elif way == "button":
        assert plot.rect().contains(reset_button(plot).geometry())
        qtbot.mouseClick(reset_button(plot), Qt.MouseButton.LeftButton)
    else:
        qtbot.keyClick(plot, Qt.Key.Key_0)
    np.testing.assert_allclose(view(plot), HOME)
    assert not reset_button(plot).isVisible()


def test_new_figures_do_not_move_a_zoomed_view(plot: CurvePlot) -> None:
    drag(plot.viewport(), [pixel(plot, 4, 0.9), (200, 100), pixel(plot, 12, 0.3)])
    before = view(plot)
    longer = Curve([*TRAIN.epochs, 21, 22, 40], [*TRAIN.values, 0.005, 0.003, 0.0004])
    plot.show_curves({"train": longer, "test": TEST}, 40)
    np.testing.assert_array_equal(view(plot), before)
    plot.reset_zoom()
    np.testing.assert_allclose(view(plot), [0, 40, LOW, HIGH])


def test_another_scale_shows_the_same_values(plot: CurvePlot) -> None:
    drag(plot.viewport(), [pixel(plot, 4, 0.9), (200, 100), pixel(plot, 12, 0.3)])
    x0, x1, y0, y1 = view(plot)
    plot.set_axes(False, plot.axes.is_root)
    np.testing.assert_allclose(view(plot), [x0, x1, 10**y0, 10**y1])
    plot.set_axes(True, plot.axes.is_root)
    np.testing.assert_allclose(view(plot), [x0, x1, y0, y1])


def test_the_keyboard_alone(plot: CurvePlot, qtbot: QtBot) -> None:
    assert plot.focusPolicy() & Qt.FocusPolicy.TabFocus
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    np.testing.assert_allclose(view(plot), HOME)
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    np.testing.assert_allclose(view(plot), [2, 18, LOW, HIGH], atol=0.05)
    qtbot.keyClick(plot, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    np.testing.assert_allclose(view(plot), [2, 18, -0.97, 1.67], atol=0.05)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    np.testing.assert_allclose(view(plot)[:2], [3.6, 19.6], atol=0.1)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    np.testing.assert_allclose(view(plot)[:2], [4, 20], atol=0.1)
    qtbot.keyClick(plot, Qt.Key.Key_Down)
    np.testing.assert_allclose(view(plot)[2:], [-1.23, 1.41], atol=0.05)
    for _ in range(2):
        qtbot.keyClick(plot, Qt.Key.Key_Minus)
    np.testing.assert_allclose(view(plot)[:2], [0, 20], atol=0.1)
    qtbot.keyClick(plot, Qt.Key.Key_0)
    assert not plot.is_zoomed


def test_nobody_gets_lost(plot: CurvePlot) -> None:
    """However long the wheel is turned, there is an epoch to see, and marks at it."""
    turn(plot, pixel(plot, 5, 0.5), 50)
    turn(plot, pixel(plot, 5, 0.5), 50, Qt.KeyboardModifier.ControlModifier)
    x0, x1, y0, y1 = view(plot)
    assert x1 - x0 == pytest.approx(EPOCHS / 100)
    assert y1 - y0 > 1e-3
    assert len(left_axis(plot).tickValues(y0, y1, 260)[0][1]) >= 2
    assert len(epochs_under(plot)) >= 2


def test_the_mouse_reads_while_one_looks_closely(plot: CurvePlot) -> None:
    turn(plot, pixel(plot, 5, 0.5), 6)
    hover(plot.viewport(), pixel(plot, 6, 0.5))
    assert f"train {100 * TRAIN.values[6]:.2f} %" in find(plot, QLabel, "readOut").text()
    assert plot.rect().contains(find(plot, QLabel, "readOut").geometry())


@pytest.mark.parametrize(
    ("reason", "expected"), [(Qt.FocusReason.TabFocusReason, True), (Qt.FocusReason.MouseFocusReason, False)]
)
def test_who_came_by_keyboard_sees_where_the_keys_go(
    plot: CurvePlot, qtbot: QtBot, reason: Qt.FocusReason, expected: bool
) -> None:
    bring_to_front(qtbot, plot)
    plot.clearFocus()
    before = plot.viewport().geometry()
    plot.setFocus(reason)
    assert bool(plot.property("ring")) is expected
    assert plot.viewport().geometry() == before, "nothing jumps"
    plot.clearFocus()
    assert not plot.property("ring")
