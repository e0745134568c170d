"""Curves with the largest and oddest numbers are drawn without a warning of numpy."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.training.history import Curve
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.formatting.text import percent
from nnviz.ui.plots.curve_axes import ERROR, LOSS, Quantity
from nnviz.ui.plots.curve_figures import EarlierRun
from tests.nnviz.helpers import hover

VALUES = [
    [1e308, 1e308, 1e308],
    [1e308, 1e-308, 1.0],
    [-1e308, 1e308, 1.7e308],
    [math.inf, 1.0, 2.0],
    [-math.inf, math.inf, math.nan],
    [math.nan, math.nan, math.nan],
    [0.0, 0.0, 0.0],
    [-1.0, 0.0, 5e-324],
    [np.float32(3e38), np.float32(1), np.float32(0)],
]


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("quantity", [ERROR, LOSS])
@pytest.mark.parametrize("values", VALUES)
def test_drawn_zoomed_and_read(qtbot: QtBot, quantity: Quantity, values: list[float]) -> None:
    plot = CurvePlot(quantity, "resetZoomButton")
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.show()
    few, many = Curve([0.0, 1.0, 2.0], values), Curve(np.linspace(0, 5, 3000).tolist(), values * 1000)
    plot.show_curves({"train": few, "test": many, "live_train": many}, 5, None)
    plot.show_earlier([EarlierRun("earlier", few, many)])
    for is_log in (True, False):
        plot.set_axes(is_log, plot.axes.is_root)
        plot.grab()
        for x in range(60, 500, 80):
            hover(plot.viewport(), (x, 150))
        plot.zoom_to(((0.0, 2.0), (0.0, 1.0)))
        plot.reset_zoom()
        assert all(map(math.isfinite, np.ravel(plot.view)))


@pytest.mark.parametrize("value", [1e308, np.float32(3e38), 1e300])
def test_a_huge_figure_is_short(value: float) -> None:
    assert len(percent(value)) < 15
    assert len(LOSS.text(value)) < 15
