"""Estimates of the first epoch in the plot: part of the curve, named in the read-out, dashed where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.training.history import Curve
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.formatting import text
from nnviz.ui.plots.curve_figures import EarlierRun, sample_line
from tests.nnviz.helpers import hover
from tests.nnviz.ui.helpers import place_of, said, shown_plot

BATCHES = 600
STEPS = [5, 10, 20, 40, 80, 120]
TEST = Curve([0, 1, 2], [0.9, 0.09, 0.06])
EARLY = Curve([step / BATCHES for step in STEPS], [0.8, 0.7, 0.5, 0.4, 0.3, 0.2])
BEGINNING = EarlierRun("784-20-10", Curve(), Curve([0, 1, 2], [0.9, 0.2, 0.1]), lacks_estimates=True)
THOUSAND = text.count(1000)


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> CurvePlot:
    """After two epochs, the first one with estimates."""
    plot = shown_plot(qtbot, qapp, {}, 2)
    plot.show_sizes({"test": 10_000})
    plot.show_curves({"test": TEST, "early_test": EARLY}, 2, BATCHES)
    return plot


def test_the_curve_goes_through_them_in_one_solid_line(plot: CurvePlot) -> None:
    x, y = plot.line("test").getData()
    np.testing.assert_allclose(x, [0, *EARLY.epochs, 1, 2])
    np.testing.assert_allclose(10**y, 100 * np.array([0.9, *EARLY.values, 0.09, 0.06]))
    assert plot.line("test").opts["pen"].style() == Qt.PenStyle.SolidLine
    assert not len(plot.line("test").gap.getData()[0])


def test_where_both_are_known_the_exact_value_counts(plot: CurvePlot) -> None:
    edited = Curve([0, 20 / BATCHES, 1], [0.9, 0.55, 0.09])
    plot.show_curves({"test": edited, "early_test": EARLY}, 2, BATCHES)
    x, y = plot.line("test").getData()
    assert 10 ** y[list(x).index(20 / BATCHES)] == pytest.approx(55)
    hover(plot.viewport(), place_of(plot, 20 / BATCHES))
    assert "estimate" not in said(plot)


def test_the_mouse_reads_an_estimate_as_one_and_exact_values_as_before(plot: CurvePlot) -> None:
    hover(plot.viewport(), place_of(plot, 81 / BATCHES))
    assert said(plot) == "epoch 0.133 (batch 80), estimate\ntest 30.00 %\nof the first 1 000 examples of each set"
    hover(plot.viewport(), place_of(plot, 0.9))
    assert said(plot) == "epoch 1\ntest 9.00 %"
    hover(plot.viewport(), place_of(plot, 0))
    assert said(plot) == "epoch 0\ntest 90.00 %"


def test_within_the_first_epoch_a_screen_reader_hears_that_it_is_an_estimate(plot: CurvePlot) -> None:
    plot.show_curves({"test": Curve([0], [0.9]), "early_test": EARLY}, 2, BATCHES)
    plot.summarise(EARLY.epochs[-1])
    assert "epoch 0.2 (batch 120), estimate" in plot.accessibleDescription()
    assert "test 20.00 %" in plot.accessibleDescription()


def test_a_first_epoch_without_them_is_dashed(plot: CurvePlot) -> None:
    plot.show_earlier([BEGINNING])
    for line in (plot.line("test"), plot.earlier_lines[0][1]):
        if line is plot.line("test"):
            plot.show_curves({"test": TEST}, 2, BATCHES, lacks_estimates=True)
        assert list(line.getData()[0]) == [1, 2]
        assert list(line.gap.getData()[0]) == [0, 1]
        assert line.opts["pen"].style() == Qt.PenStyle.SolidLine
        assert line.gap.opts["pen"].style() == Qt.PenStyle.CustomDashLine
    plot.set_axes(False, plot.axes.is_root)
    assert list(plot.line("test").gap.getData()[1]) == pytest.approx([90, 9])


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({}, f"of at most {THOUSAND} examples of each set"),
        ({"train": 60_000, "test": 10_000}, f"of the first {THOUSAND} examples of each set"),
        ({"train": 60_000, "test": 500}, f"of the first {THOUSAND} train, all 500 test examples"),
        ({"train": 105, "test": 45}, "of all 105 train, all 45 test examples"),
    ],
)
def test_the_read_out_says_of_how_many_examples(sizes: dict[str, int], words: str) -> None:
    assert sample_line(sizes) == [(words, "muted")]
