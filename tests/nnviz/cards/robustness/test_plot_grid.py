"""Tests of the grid of plots: layout, ticks and repainting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import QRect, Qt
from pytestqt.qtbot import QtBot

from nnviz.cards.robustness.plot_grid import CurvePoints, ErrorAxis, PlotContent, PlotGrid, ticks
from nnviz.ui import theme
from tests.nnviz.helpers import hover


def plot(places: Sequence[float] = (0.0, 1.0, 2.0), unit: str = " px", **how: Any) -> PlotContent:
    """Half as high as the axis everywhere."""
    line = CurvePoints(np.array(places, float), np.full(len(places), 50.0))
    return PlotContent("Title", "note", list(places), unit, **{"line": line, "past": CurvePoints(), **how})


def grid_of(qtbot: QtBot, *plots: PlotContent) -> PlotGrid:
    """Shown."""
    grid = PlotGrid()
    qtbot.addWidget(grid)
    grid.resize(600, 300)
    grid.show_plots(plots, ErrorAxis(100.0, [(0.0, "0"), (100.0, "100 %")]), "test")
    grid.show()
    qtbot.waitExposed(grid)
    return grid


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([0, 1], ["0", "1 px"]),
        (range(9), ["0", "2", "4", "6", "8 px"]),
        (range(-90, 91, 15), ["−90", "−45", "0", "+45", "+90 px"]),
        (range(-50, 51, 10), ["−50", "0", "+50 px"]),
        ([step / 4 for step in range(-6, 7)], ["−1.5", "−0.75", "0", "+0.75", "+1.5 px"]),
        (range(7), ["0", "2", "4", "6 px"]),
        (range(8), ["0", "7 px"]),
    ],
)
def test_numbers_below_are_places_evenly_apart(places: Sequence[float], words: list[str]) -> None:
    assert [words for _, words in ticks(plot(places))] == words


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_plots_lie_within_the_grid_and_beside_each_other(qtbot: QtBot, count: int) -> None:
    grid = grid_of(qtbot, *[plot() for _ in range(count)])
    areas = [grid.area(number) for number in range(count)]
    assert all(grid.rect().contains(area) for area in areas)
    assert not any(areas[one].intersects(areas[other]) for one in range(count) for other in range(one))
    assert len({(area.width(), area.height()) for area in areas}) <= 2, "equal but for a pixel"


def test_the_line_is_where_its_numbers_are(qtbot: QtBot) -> None:
    grid = grid_of(qtbot, plot())
    at = grid.point(0, 1.0, 50.0)
    area = grid.area(0)
    assert abs(at.x() - area.center().x()) < 2
    assert abs(at.y() - area.center().y()) < 2
    assert grid.grab().toImage().pixelColor(at.toPoint()) == theme.colour("test")


def test_the_nearest_place_is_pointed_at_once(qtbot: QtBot) -> None:
    grid = grid_of(qtbot, plot(), plot())
    reported: list[tuple[int, float]] = []
    grid.pointed.connect(lambda number, x: reported.append((number, x)))
    at = grid.point(1, 2.0, 90.0)
    for away in (0, -1, -2):
        hover(grid, (at.x() + away, at.y()))
    assert reported == [(1, 2.0)]
    assert grid.marked == (1, 2.0)


def test_between_places_every_step_can_be_pointed_at(qtbot: QtBot) -> None:
    grid = grid_of(qtbot, plot(range(-90, 91, 15), step=1.0))
    described: list[int] = []
    grid.describe = lambda number, place: described.append(place) or "text"  # type: ignore[func-returns-value]
    for x in (-90.0, -37.0, 4.0, 8.0, 38.0, 90.0):
        at = grid.point(0, x, 50.0)
        hover(grid, (at.x(), at.y()))
        assert grid.marked == (0, x)
        assert described[-1] == int(np.argmin(np.abs(np.arange(-90, 91, 15) - x))), "what is reported was measured"
    grid.mark((0, 0.0))
    for _ in range(3):
        qtbot.keyClick(grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert grid.marked == (0, 3.0)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.marked == (0, 15.0)
    qtbot.keyClick(grid, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert grid.marked == (0, 14.0)
    qtbot.keyClick(grid, Qt.Key.Key_Left)
    assert grid.marked == (0, 0.0)
    grid.mark((0, 90.0))
    for modifier in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
        qtbot.keyClick(grid, Qt.Key.Key_Right, modifier)
        assert grid.marked == (0, 90.0)


def test_only_what_changed_is_painted_again(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = grid_of(qtbot, plot(), plot(), plot())
    painted: list[QRect] = []
    original = PlotGrid.paintEvent
    monkeypatch.setattr(
        PlotGrid, "paintEvent", lambda self, event: (painted.append(event.rect()), original(self, event))[1]
    )
    scale = ErrorAxis(100.0, [(0.0, "0"), (100.0, "100 %")])
    qtbot.wait(50)
    painted.clear()
    grid.show_plots([plot(), plot(), plot()], scale, "test")
    qtbot.wait(50)
    assert painted == []
    other = plot(line=CurvePoints(np.array([0.0]), np.array([10.0])))
    grid.show_plots([plot(), other, plot()], scale, "test")
    qtbot.waitUntil(lambda: bool(painted))
    assert painted[0].contains(grid.area(1))
    assert not painted[0].intersects(grid.area(0))


def test_values_beyond_the_axis_are_drawn_at_its_end(qtbot: QtBot) -> None:
    grid = grid_of(qtbot, plot(line=CurvePoints(np.array([0.0, 1.0]), np.array([1e300, 2e300]))))
    assert grid.point(0, 0.0, 1e300).y() == pytest.approx(grid.area(0).top(), abs=2)
    assert not grid.grab().isNull()


def test_other_keys_are_not_for_it(qtbot: QtBot) -> None:
    grid = grid_of(qtbot, plot())
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert grid.marked is None


def test_a_mark_that_has_no_place_any_more_goes(qtbot: QtBot) -> None:
    grid = PlotGrid()
    qtbot.addWidget(grid)
    places = [float(place) for place in range(9)]

    def plots(count: int) -> list[PlotContent]:
        return [
            PlotContent("Noise", "", places[:count], "", CurvePoints(), CurvePoints()),
            PlotContent("Shift", "", places, "", CurvePoints(), CurvePoints()),
        ]

    grid.describe = lambda plot, place: f"{grid.plots[plot].places[place]:g}"
    grid.resize(500, 200)
    grid.show_plots(plots(9), ErrorAxis(), "test")
    grid.show()
    at = grid.point(0, 8, 0.5)
    hover(grid, (at.x(), at.y()))
    assert grid.marked == (0, 8)
    grid.show_plots(plots(3), ErrorAxis(), "test")
    assert grid.marked is None
    assert not grid.grab().isNull()
    grid.mark((1, 8))
    grid.show_plots(plots(9)[:1], ErrorAxis(), "test")
    assert grid.marked is None
