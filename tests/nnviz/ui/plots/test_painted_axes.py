"""What stands beside and below a field: as much as can be read."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QRect
from PyQt5.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from nnviz.ui import theme
from nnviz.ui.plots.painted_axes import AxesFrame, Scale, marks_below


@pytest.mark.parametrize(("decades", "pixels"), [(1, 200), (2, 200), (10, 200), (10, 400), (30, 200), (3, 60)])
def test_numbers_of_a_logarithmic_axis_never_touch(qtbot: QtBot, decades: int, pixels: int) -> None:
    metrics, field = QFontMetrics(theme.font(theme.SMALL)), QRect(0, 0, pixels, 100)
    found = marks_below(metrics, AxesFrame((-decades, 0.0), x_scale=Scale(is_log=True)), field)
    places = [(pixels - 1) * (mark + decades) / decades for mark, _ in found]
    halves = [metrics.horizontalAdvance(words) / 2 for _, words in found]
    gaps = [
        right - half - (left + before)
        for left, right, before, half in zip(places, places[1:], halves, halves[1:], strict=False)
    ]
    assert len(gaps) >= 1, "with one number there is no scale"
    assert min(gaps) >= 8
