"""The error plot: what is drawn, between which marks, and what the mouse reads."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from PyQt5.QtCore import QPointF
from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.tape import Curve
from nnviz import theme
from nnviz.widgets.error_plot import ErrorPlot
from tests.nnviz.helpers import find, hover, leave

TRAIN = Curve([0, 1, 2, 3], [0.9, 0.08, 0.05, 0.031])
TEST = Curve([0, 1, 2, 3], [0.9, 0.09, 0.06, 0.042])
LIVE = Curve([3, 3.4, 3.8], [0.031, 0.03, 0.028])


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> ErrorPlot:
    """With three epochs of ten, and a part of the fourth."""
    theme.apply(qapp, "dark")
    plot = ErrorPlot()
    qtbot.addWidget(plot)
    plot.resize(600, 300)
    plot.show()
    plot.show_curves({"train": TRAIN, "test": TEST, "live_train": LIVE, "live_test": Curve()}, 10)
    return plot


def ranges(plot: ErrorPlot) -> tuple[list[float], list[float]]:
    """Epochs, and percent."""
    x, y = plot.getPlotItem().getViewBox().viewRange()
    return x, [10**value for value in y]


def place_of(plot: ErrorPlot, epoch: float, percent: float = 10) -> tuple[float, float]:
    """Where that lies in the widget."""
    box = plot.getPlotItem().getViewBox()
    at = plot.mapFromScene(box.mapViewToScene(QPointF(epoch, math.log10(percent))))
    return at.x(), at.y()


def read_out(plot: ErrorPlot) -> QLabel:
    """The small sheet beside the mouse."""
    return find(plot, QLabel, "readOut")


def test_the_lines_go_through_the_figures(plot: ErrorPlot) -> None:
    for name, curve in (("train", TRAIN), ("test", TEST), ("live_train", LIVE)):
        x, y = plot._lines[name].getData()
        np.testing.assert_array_equal(x, curve.epochs)
        np.testing.assert_allclose(10**y, 100 * np.array(curve.values))
    assert plot._lines["live_test"].getData()[0] is None or len(plot._lines["live_test"].getData()[0]) == 0


def test_the_ends_of_the_axes_are_marks(plot: ErrorPlot) -> None:
    x, y = ranges(plot)
    np.testing.assert_allclose(x, [0, 10])
    np.testing.assert_allclose(y, [1, 10])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.9, 0.3], (1, 50)),
        ([0.9, 0.004], (0.2, 10)),
        ([0.9, 0.0], (0.001, 10)),
        ([0.9], (1, 100)),
        ([0.9, 1.0], (1, 100)),
        ([], (1, 100)),
    ],
)
def test_the_axis_holds_the_curve(plot: ErrorPlot, values: list[float], expected: tuple[float, float]) -> None:
    curve = Curve(list(range(len(values))), values)
    plot.show_curves({"train": curve, "test": Curve()}, 5)
    x, y = ranges(plot)
    np.testing.assert_allclose(x, [0, 5])
    np.testing.assert_allclose(y, expected)
    assert np.isfinite(plot._lines["train"].getData()[1] if values else 0).all()


def test_marks_in_view(plot: ErrorPlot) -> None:
    ((_, values),) = plot._left.tickValues(0, 1, 100)
    assert plot._left.tickStrings(values, 1, 1) == ["1", "2", "5", "10"]
    ((_, values),) = plot._left.tickValues(-1, 2, 100)
    assert plot._left.tickStrings(values, 1, 1) == ["0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50", "100"]
    for epochs, marks in ((1, "0 1"), (5, "0 1 2 3 4 5"), (20, "0 5 10 15 20"), (1000, "0 200 400 600 800 1000")):
        ((_, values),) = plot._bottom.tickValues(0, epochs, 500)
        assert " ".join(plot._bottom.tickStrings(values, 1, 1)) == marks


def test_the_mouse_reads_the_nearest_epoch(plot: ErrorPlot) -> None:
    assert not read_out(plot).isVisible()
    for epoch in (1, 2.3, 2.6):
        hover(plot.viewport(), place_of(plot, epoch))
        nearest = round(epoch)
        assert read_out(plot).isVisible()
        for part in (
            f"epoch {nearest}",
            f"train {100 * TRAIN.values[nearest]:.2f} %",
            f"{100 * TEST.values[nearest]:.2f}",
        ):
            assert part in read_out(plot).text()
        assert plot._cross.isVisible()
        assert plot._cross.value() == nearest
        assert plot.rect().contains(read_out(plot).geometry())
    hover(plot.viewport(), place_of(plot, 8))
    assert not read_out(plot).isVisible(), "nothing is known there yet"
    hover(plot.viewport(), place_of(plot, 1))
    leave(plot)
    assert not read_out(plot).isVisible()
    assert not plot._cross.isVisible()


def test_the_read_out_stays_inside(plot: ErrorPlot) -> None:
    plot.show_curves({"train": TRAIN, "test": TEST}, 3)
    for epoch in (0, 3):
        hover(plot.viewport(), place_of(plot, epoch, 9.9))
        assert plot.rect().contains(read_out(plot).geometry())


def test_the_read_out_goes_with_the_curves(plot: ErrorPlot) -> None:
    hover(plot.viewport(), place_of(plot, 2))
    plot.show_curves({"train": Curve(), "test": Curve()}, 10)
    assert not read_out(plot).isVisible()


def test_the_mouse_moves_nothing(plot: ErrorPlot, qtbot: QtBot) -> None:
    before = ranges(plot)
    qtbot.mousePress(plot.viewport(), 1, pos=plot.rect().center())
    hover(plot.viewport(), (20, 20))
    qtbot.mouseRelease(plot.viewport(), 1, pos=plot.rect().center())
    assert ranges(plot) == before
    assert plot.getPlotItem().getViewBox().menu is None or not plot.getPlotItem().menuEnabled()


def test_pens_follow_the_theme(plot: ErrorPlot, qapp: QApplication) -> None:
    for name in ("light", "dark"):
        theme.apply(qapp, name)
        look = theme.current()
        assert plot._lines["train"].opts["pen"].color().name() == look.train
        assert plot._lines["test"].opts["pen"].color().name() == look.test
        assert plot.backgroundBrush().color().name() == look.card


def test_a_curve_of_a_thousand_epochs(plot: ErrorPlot) -> None:
    long = Curve(list(range(1001)), list(np.linspace(0.9, 0.01, 1001)))
    plot.show_curves({"train": long, "test": SimpleNamespace(epochs=[], values=[])}, 1000)  # type: ignore[dict-item]
    hover(plot.viewport(), place_of(plot, 500))
    assert "epoch " in read_out(plot).text()
