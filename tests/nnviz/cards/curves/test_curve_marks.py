"""Curves before the end of the first epoch, marks of changed settings, and names of earlier runs."""

from __future__ import annotations

import pytest
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.training.history import Curve
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.ui import theme
from nnviz.ui.plots.curve_figures import EarlierRun, grey
from tests.nnviz.helpers import hover, leave
from tests.nnviz.ui.helpers import cross, place_of, ranges, read_out, said, shown_plot

BATCHES = 600
TRAIN = Curve([0, 1, 2, 3], [0.9, 0.08, 0.05, 0.031])


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> CurvePlot:
    """With three epochs of ten."""
    return shown_plot(qtbot, qapp, {"train": TRAIN}, 10)


def steps(count: int, batches: int = BATCHES) -> dict[str, Curve]:
    """The curves of a run after a given number of batches of its first epoch."""
    live = Curve([step / batches for step in range(count + 1)], [0.9 - 0.0005 * step for step in range(count + 1)])
    return {"train": Curve([0], [0.9]), "live_train": live}


# ---- batches


def test_the_figure_before_the_first_step_is_a_dot(plot: CurvePlot) -> None:
    plot.show_curves(steps(3), 10, BATCHES)
    image, ink = plot.grab().toImage(), theme.colour("train").rgb()
    found = [(x, y) for x in range(image.width()) for y in range(image.height()) if image.pixel(x, y) == ink]
    assert found
    assert max(x for x, _ in found) - min(x for x, _ in found) <= 8


def test_the_mouse_reads_the_batch(plot: CurvePlot) -> None:
    plot.show_curves(steps(16), 10, BATCHES)
    hover(plot.viewport(), place_of(plot, 12 / BATCHES, 90))
    assert said(plot) == "epoch 0.02 (batch 12), estimate\ntrain 89.40 %\nof at most 1 000 examples of each set"
    assert cross(plot).value() == pytest.approx(12 / BATCHES)
    plot.set_shown("train", False)
    assert not read_out(plot).isVisible()


# ---- changes


def mark_pixels(plot: CurvePlot, epoch: float) -> int:
    """Returns how many pixels at the foot of the plot, at an epoch, have the colour of the marks."""
    image, x = plot.grab().toImage(), round(place_of(plot, epoch)[0])
    bottom, ink = plot.plot_area().bottom(), theme.colour("muted").rgb()
    return sum(image.pixel(x + by, bottom - y) == ink for by in (-1, 0, 1) for y in range(1, 16))


def test_where_settings_changed_there_is_a_mark_that_can_be_read(plot: CurvePlot) -> None:
    assert mark_pixels(plot, 1.5) == 0
    plot.set_changes([(1.5, "learning rate 0.1 → 0.05"), (2.5, "momentum <b> 0.9"), (40, "beyond the axis")])
    assert mark_pixels(plot, 1.5) > 3
    hover(plot.viewport(), place_of(plot, 1.5))
    assert said(plot).split("\n")[-1] == "from epoch 1.5: learning rate 0.1 → 0.05"
    hover(plot.viewport(), place_of(plot, 2.5))
    assert said(plot).split("\n")[-1] == "from epoch 2.5: momentum <b> 0.9"
    hover(plot.viewport(), place_of(plot, 2))
    assert "from epoch" not in said(plot)
    leave(plot)
    plot.set_changes([])
    assert mark_pixels(plot, 1.5) == 0


def test_marks_stretch_no_axis_and_keep_their_height(plot: CurvePlot) -> None:
    before = ranges(plot)
    plot.set_changes([(1.5, "rate"), (40, "rate")])
    assert ranges(plot) == before
    high = mark_pixels(plot, 1.5)
    plot.set_axes(False, plot.axes.is_root)
    assert mark_pixels(plot, 1.5) == high


def test_a_mark_is_read_where_no_figure_is_known(plot: CurvePlot) -> None:
    plot.set_changes([(8, "rate")])
    hover(plot.viewport(), place_of(plot, 8))
    assert said(plot) == "from epoch 8: rate"


def test_of_very_many_changes_the_first_are_reported(plot: CurvePlot) -> None:
    plot.set_changes([(2.0, f"change {number}") for number in range(300)])
    hover(plot.viewport(), place_of(plot, 2))
    assert said(plot).split("\n")[-1] == "and 296 more changes"


# ---- earlier runs


def test_two_earlier_runs_can_be_distinguished(plot: CurvePlot, qapp: QApplication) -> None:
    for name in ("dark", "light"):
        theme.apply(qapp, name)
        shades = [grey(back).lightness() for back in range(3)]
        assert len(set(shades)) == 3
        card = theme.colour("card").lightness()
        assert all(abs(shade - card) >= abs(theme.colour("faint").lightness() - card) for shade in shades)
    runs = [EarlierRun(f"seed {seed}", TRAIN, TRAIN) for seed in (1, 2)]
    plot.show_earlier(runs)
    inks = [test.opts["pen"].color().name() for _, test in plot.earlier_lines]
    assert inks == [grey(1).name(), grey(0).name()], "the latest stands out a little"
    hover(plot.viewport(), place_of(plot, 2))
    lines = said(plot).split("\n")[-2:]
    assert lines == ["━   seed 2 5.00 %", "━   seed 1 5.00 %"]
