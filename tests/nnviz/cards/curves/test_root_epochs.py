"""The axis of square roots of the epochs: the first epoch is wide, and everything lies where its epoch is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.training.history import Curve
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.ui.plots.curve_line import thinned
from tests.nnviz.helpers import drag, hover
from tests.nnviz.ui.helpers import cross, epochs_under, pixel, place_of, ranges, said, shown_plot

BATCHES = 600
STEPS = [5, 10, 20, 40, 80, *range(120, 600, 40)]
EARLY = Curve([step / BATCHES for step in STEPS], list(np.geomspace(0.8, 0.06, len(STEPS))))
TEST = Curve(list(range(21)), [0.95, *np.geomspace(0.05, 0.025, 20)])


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> CurvePlot:
    """After twenty epochs."""
    plot = shown_plot(qtbot, qapp, {}, 20)
    plot.set_axes(is_log=True, is_root=True)
    plot.show_curves({"test": TEST, "early_test": EARLY}, 20, BATCHES)
    return plot


def test_the_fall_of_the_first_epoch_takes_a_fifth_of_the_width_and_has_points(plot: CurvePlot) -> None:
    x, _ = plot.line("test").getData()
    left, right = (place_of(plot, epoch)[0] for epoch in (0, 1))
    assert (right - left) / plot.plot_area().width() == pytest.approx(np.sqrt(1 / 20), abs=0.01)
    assert sum(0 < each < 1 for each in x) == len(STEPS)


def test_marks_are_round_and_the_last_one_is_the_end(plot: CurvePlot) -> None:
    assert epochs_under(plot) == ["0", "0.1", "0.5", "1", "2", "3", "5", "10", "15", "epoch 20"]
    plot.show_curves({"test": TEST}, 43, BATCHES)
    assert epochs_under(plot)[-3:] == ["20", "30", "epoch 43"]
    for end in (1, 2, 7, 400, 100_000):
        plot.show_curves({"test": Curve([0], [0.95])}, end, BATCHES)
        assert epochs_under(plot)[0] == "0"
        assert epochs_under(plot)[-1] == f"epoch {end}"


def test_the_axis_does_not_change_while_a_run_is_trained(plot: CurvePlot) -> None:
    seen = set()
    for end in range(1, 21):
        curve = Curve(TEST.epochs[:end], TEST.values[:end])
        plot.show_curves({"test": curve, "live_test": Curve([end - 1, end - 0.6], [0.05, 0.04])}, 20, BATCHES)
        seen.add((*map(tuple, ranges(plot)), *epochs_under(plot)))
    assert len(seen) == 1


def test_steps_beyond_the_planned_end_extend_it_by_a_quarter(plot: CurvePlot) -> None:
    ends = []
    for last in (20, 21, 25, 26):
        plot.show_curves({"test": Curve(list(range(last + 1)), [0.05] * (last + 1))}, 20, BATCHES)
        ends.append(ranges(plot)[0][1])
    assert ends == pytest.approx([20, 25, 25, 32])


def test_the_mouse_reads_what_is_nearest_on_the_screen(plot: CurvePlot) -> None:
    for epoch, words in ((80 / BATCHES, "epoch 0.133 (batch 80), estimate"), (1, "epoch 1"), (7, "epoch 7")):
        hover(plot.viewport(), place_of(plot, epoch))
        assert said(plot).splitlines()[0] == words
        assert plot.axes.epoch(cross(plot).value()) == pytest.approx(epoch)


def test_marks_playhead_and_comparison_lie_at_their_epochs_on_both_scales(plot: CurvePlot) -> None:
    playhead = plot.playhead
    playhead.show_moment(20, 4.0, has_past=True)
    playhead.show_second(9.0)
    plot.set_changes([(6.0, "rate")])
    for is_root in (True, False, True):
        plot.set_axes(True, is_root)
        assert plot.axes.epoch(playhead.line.value()) == pytest.approx(4)
        assert plot.axes.epoch(playhead.second.value()) == pytest.approx(9)
        hover(plot.viewport(), place_of(plot, 6))
        assert "rate" in said(plot)


def test_a_zoomed_view_keeps_its_epochs_when_the_scale_changes(plot: CurvePlot) -> None:
    drag(plot.viewport(), [pixel(plot, 0.1, 1.7), (200, 100), pixel(plot, 5, 0.3)])
    zoomed = ranges(plot)[0]
    assert zoomed == pytest.approx([0.1, 5], abs=0.1)
    plot.set_axes(True, False)
    assert ranges(plot)[0] == pytest.approx(zoomed)
    plot.set_axes(True, True)
    assert ranges(plot)[0] == pytest.approx(zoomed)


def test_however_closely_one_looks_two_marks_differ(plot: CurvePlot) -> None:
    whole = plot.view
    for at, share in itertools.product((0.0, 0.03, 0.52, 0.9), (0.004, 0.05, 0.4)):
        plot.zoom_to(whole)
        left = whole[0][0] + at * (whole[0][1] - whole[0][0])
        plot.zoom_to(((left, left + share * (whole[0][1] - whole[0][0])), whole[1]))
        QApplication.processEvents()
        assert len(set(epochs_under(plot))) == len(epochs_under(plot)) >= 2, (at, share)


def test_of_a_long_run_the_first_epochs_are_drawn_as_they_are() -> None:
    epochs = np.arange(5001.0)
    y = np.where(epochs < 8, 2.0 - epochs / 8, 1.0)
    x, heights = thinned(np.sqrt(epochs), y, (0, np.sqrt(5000)), 600)
    np.testing.assert_allclose(heights[:8], y[:8])
    assert len(x) <= 620
    assert (np.diff(x) > 0).all()
