"""Points with axes: where they are drawn, what is pointed at, colours of both themes."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QColor
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnviz.ui import theme
from nnviz.ui.plots.painted_axes import AxesFrame
from nnviz.ui.plots.point_plot import PointPlot, Series
from tests.nnviz.helpers import hover, leave

FRAME = AxesFrame((0, 10), (-5, 5), "true mpg", "predicted mpg", (-5, 5))


@pytest.fixture
def plot(qtbot: QtBot) -> PointPlot:
    made = PointPlot()
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    return made


def colour_at(plot: PointPlot, number: int) -> QColor:
    at = plot.place_of(number).toPoint()
    return plot.grab().toImage().pixelColor(at)


def points(*pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs, float).reshape(-1, 2)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_points_have_the_colours_of_their_series_and_faint_ones_lie_behind(
    plot: PointPlot, qapp: QApplication, name: str
) -> None:
    theme.apply(qapp, name)
    here, there = points((2, -2), (5, 3)), points((5, 3), (8, 1))
    plot.show_points([Series(here, "test"), Series(there, "train", is_faint=True)], FRAME)
    assert colour_at(plot, 0) == theme.colour("test")
    assert colour_at(plot, 1) == theme.colour("test"), "although the faint one came later"
    faint, full, ground = colour_at(plot, 3), theme.colour("train"), theme.colour("card")
    assert faint not in (full, ground)
    assert min(full.blue(), ground.blue()) <= faint.blue() <= max(full.blue(), ground.blue())
    theme.apply(qapp, "light" if name == "dark" else "dark")
    assert colour_at(plot, 0) == theme.colour("test"), "another theme is followed at once"
    theme.apply(qapp, "dark")


def test_a_low_plot_in_which_no_round_number_lies_is_drawn_and_pointed_at(plot: PointPlot) -> None:
    plot.resize(500, 140)
    plot.show_points([Series(points((5, 0.7)), "test")], AxesFrame((0, 10), (0.54, 0.97), "x", "y", None))
    assert colour_at(plot, 0) == theme.colour("test")
    there = plot.place_of(0)
    hover(plot, (there.x(), there.y()))


def test_places_follow_the_axes_and_far_points_lie_at_the_edge(plot: PointPlot) -> None:
    plot.show_points([Series(points((0, -5), (10, 5), (5, 0), (1e9, -1e9), (3, np.nan)), "test")], FRAME)
    field = plot.field
    assert plot.place_of(0).toPoint() == field.bottomLeft()
    assert plot.place_of(1).toPoint() == field.topRight()
    middle = plot.place_of(2)
    assert abs(middle.x() - field.center().x()) <= 1
    assert plot.place_of(3).toPoint() == field.bottomRight()
    plot.grab()


def test_numbers_at_the_left_have_room(plot: PointPlot) -> None:
    plot.show_points([Series(points((5, 800_000)), "test")], AxesFrame((0, 10), (0, 900_000), "", ""))
    narrow = plot.field.left()
    picture = plot.grab().toImage()
    edge = {picture.pixelColor(x, y).name() for x in range(2) for y in range(plot.height())}
    assert len(edge) == 1, "no number touches the edge"
    plot.show_points([Series(points((5, 0)), "test")], AxesFrame((0, 10), (-1_006_000, -1_002_000), "", ""))
    assert plot.field.left() > narrow


def test_the_mouse_finds_the_nearest_point(plot: PointPlot, qtbot: QtBot) -> None:
    plot.show_points([Series(points((2, -2), (5, 3)), "test"), Series(points((8, 1)), "train")], FRAME)
    seen: list[int] = []
    chosen: list[int] = []
    plot.hovered.connect(seen.append)
    plot.chosen.connect(chosen.append)
    for number in (2, 0):
        at = plot.place_of(number)
        hover(plot, (at.x() + 4, at.y() - 4))
        assert seen[-1] == number
        QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at.toPoint())
    QTest.mouseClick(plot, Qt.MouseButton.RightButton, pos=plot.place_of(1).toPoint())
    beside = plot.field.topLeft() + QPoint(30, 30)
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=beside)
    assert chosen == [2, 0]
    hover(plot, (beside.x(), beside.y()))
    assert seen[-1] == -1, "far from any"
    leave(plot)
    assert seen[-1] == -1


def test_what_lies_under_a_resting_mouse_is_reported_again(plot: PointPlot) -> None:
    plot.show_points([Series(points((5, 0)), "test")], FRAME)
    at = plot.place_of(0)
    hover(plot, (at.x(), at.y()))
    seen: list[int] = []
    plot.hovered.connect(seen.append)
    plot.show_points([Series(points((9, 0)), "test")], FRAME)
    assert seen == [-1]


def test_the_choice_is_ringed(plot: PointPlot) -> None:
    plot.show_points([Series(points((5, 0), (7, 2)), "test")], FRAME)
    before = plot.grab().toImage()
    plot.show_choice(1)
    after = plot.grab().toImage()
    at = plot.place_of(1).toPoint()
    assert after != before
    assert after.copy(at.x() - 12, at.y() - 12, 24, 24) != before.copy(at.x() - 12, at.y() - 12, 24, 24)
    plot.show_choice(None)
    assert plot.grab().toImage() == before


@pytest.mark.parametrize("count", [0, 1, 150, 600, 2000])
def test_any_number_of_points_in_any_size(plot: PointPlot, count: int) -> None:
    rng = np.random.default_rng(0)
    plot.show_points([Series(rng.uniform(0, 10, (count, 2)), "test")], FRAME, "nothing here")
    for width, height in ((500, 300), (60, 50), (1, 1), (3000, 90)):
        plot.resize(width, height)
        assert not plot.grab().isNull()
    assert plot.count == count
