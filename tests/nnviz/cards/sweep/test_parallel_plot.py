"""Lines through several axes: those that stay are drawn once, and the picture is as if all were drawn again."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnviz.cards.sweep.parallel_plot import LineAxis, LineGroup, ParallelPlot
from nnviz.ui import theme
from nnviz.ui.plots.painted_axes import NUMBERS

AXES = [LineAxis(name, (0.0, 1.0), NUMBERS) for name in ("rate", "momentum", "error")]
PLACES = np.random.default_rng(1).uniform(size=(30, 3))


def a_plot(qtbot: QtBot) -> ParallelPlot:
    plot = ParallelPlot()
    qtbot.addWidget(plot)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.resize(500, 300)
    plot.show()
    return plot


def show(plot: ParallelPlot, staying: range, places: np.ndarray, axes: list[LineAxis] = AXES) -> None:
    """A given number of lines that stay, and over them the first, in another colour."""
    ground = LineGroup(np.array(staying), "faint", 0.8, is_ground=True)
    plot.show_lines(axes, places, [ground, LineGroup(np.array([0]), "good", 1.0, 2.5)])


def picture(plot: ParallelPlot) -> QImage:
    return plot.grab().toImage()


@pytest.fixture
def plot(qtbot: QtBot) -> ParallelPlot:
    """With ten lines, which were seen."""
    made = a_plot(qtbot)
    show(made, range(10), PLACES[:10])
    picture(made)
    return made


def test_lines_that_come_join_those_that_stay(plot: ParallelPlot, qtbot: QtBot) -> None:
    show(plot, range(30), PLACES)
    other = a_plot(qtbot)
    show(other, range(30), PLACES)
    assert picture(plot) == picture(other)
    assert plot.count == other.count == 31


@pytest.mark.parametrize("what", ["places", "axes", "size", "theme", "fewer"])
def test_all_is_drawn_again_where_what_stays_is_no_longer_right(
    plot: ParallelPlot, qtbot: QtBot, qapp: QApplication, what: str
) -> None:
    places = 1 - PLACES if what == "places" else PLACES[:5] if what == "fewer" else PLACES
    axes = [LineAxis("width", (0.0, 2.0), NUMBERS), *AXES[1:]] if what == "axes" else AXES
    other = a_plot(qtbot)
    if what == "size":
        plot.resize(600, 200)
        other.resize(600, 200)
    if what == "theme":
        theme.apply(qapp, "light")
    for each in (plot, other):
        show(each, range(len(places)), places, axes)
    try:
        assert picture(plot) == picture(other)
    finally:
        theme.apply(qapp, "dark")
