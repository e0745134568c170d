"""The axes of the curves, the display of few points and few epochs, and the place of the read-out."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from PyQt5.QtCore import QPoint
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.training.history import Curve
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.cards.curves.time_axis import TimeAxis
from nnviz.ui import theme
from nnviz.ui.plots.curve_axes import ERROR, Axes
from nnviz.ui.plots.curve_figures import EarlierRun
from tests.nnviz.helpers import find, hover, leave
from tests.nnviz.ui.helpers import cross, epochs_under, left_axis, place_of, ranges, read_out, shown_plot

TRAIN = Curve([0, 1, 2, 3], [0.9, 0.08, 0.05, 0.031])
LONG = EarlierRun("784-1000-10", Curve([149, 150], [0.2, 0.1]), Curve([2, 150], [0.08, 0.9]))


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> CurvePlot:
    """With three epochs of ten."""
    return shown_plot(qtbot, qapp, {"train": TRAIN}, 10)


# ---- the axes


def test_earlier_runs_are_cut_at_the_right_and_stretch_no_axis(plot: CurvePlot) -> None:
    before = ranges(plot)
    plot.show_earlier([LONG])
    assert ranges(plot) == before
    plot.show_curves({"train": Curve([0, 20], [0.9, 0.05])}, 10)
    assert ranges(plot)[0] == [0, 22], "this run does, by quarters"


def test_an_earlier_run_is_seen_where_it_begins_before_the_end() -> None:
    assert LONG.begins_before(10)
    assert not LONG.begins_before(2)
    assert not EarlierRun("", Curve([1], [0.1]), Curve([1], [0.1])).begins_before(10), "a single figure is no line"


@pytest.mark.parametrize("is_root", [True, False])
@pytest.mark.parametrize("width", [260, 600, 1000])
def test_no_number_of_an_epoch_is_cut_or_touches_another_and_the_last_has_the_word(
    qtbot: QtBot, qapp: QApplication, width: int, is_root: bool
) -> None:
    theme.apply(qapp, "dark")
    axis, axes = TimeAxis(lambda epoch: epoch), Axes(ERROR, is_root=is_root)
    qtbot.addWidget(axis)
    axis.resize(width, axis.sizeHint().height())
    for epochs in (3, 5, 20, 150, 100_000):
        axis.set_scale(axes, (0.0, float(axes.across(epochs))))
        words, _, places = zip(*axis.numbers, strict=True)
        assert words[-1] == f"epoch {epochs}"
        assert places[0].left() >= 0
        assert places[-1].right() <= width, epochs
        assert all(one.right() + 4 <= other.left() for one, other in itertools.pairwise(places)), epochs


@pytest.mark.parametrize("is_log", [True, False])
@pytest.mark.parametrize("height", [140, 300])
def test_there_are_two_marks_however_closely_one_looks(plot: CurvePlot, is_log: bool, height: int) -> None:
    plot.resize(600, height)
    plot.set_axes(is_log, plot.axes.is_root)
    (left, right), (low, high) = whole = plot.view
    for at, share in itertools.product((0.12, 0.52, 0.77), (0.004, 0.03, 0.6)):
        plot.zoom_to(whole)
        along = left + at * (right - left), left + (at + share) * (right - left)
        plot.zoom_to((along, (low + at * (high - low),) * 2))
        plot.zoom_to((plot.view[0], (low + at * (high - low), low + (at + share) * (high - low))))
        QApplication.processEvents()
        ((_, values),) = left_axis(plot).tickValues(*plot.view[1], plot.plot_area().height())
        low_end, high_end = plot.view[1]
        assert len([value for value in values if low_end - 1e-6 <= value <= high_end + 1e-6]) >= 2, (at, share)
        for texts in (left_axis(plot).tickStrings(values, 1, 1), epochs_under(plot)):
            assert len(set(texts)) == len(texts) >= 2, (at, share)


def test_two_marks_where_many_values_have_little_room(plot: CurvePlot) -> None:
    """From 2 to 50 there is a single power of ten."""
    ((_, values),) = left_axis(plot).tickValues(math.log10(2), math.log10(50), 60)
    assert left_axis(plot).tickStrings(values, 1, 1) == ["2", "10", "50 %"]


# ---- single points


def inked(plot: CurvePlot, name: str) -> list[tuple[int, int]]:
    """The pixels that are of that colour."""
    image, ink = plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32), theme.colour(name).rgb()
    pixels = np.frombuffer(image.constBits().asarray(image.sizeInBytes()), np.uint32)
    return [(int(x), int(y)) for y, x in np.argwhere(pixels.reshape(image.height(), -1) == ink)]


@pytest.mark.parametrize("epoch", [0, 75, 150])
def test_a_single_point_is_a_dot_that_is_seen_as_a_whole(plot: CurvePlot, epoch: int) -> None:
    plot.show_curves({"test": Curve([epoch], [0.05])}, 150)
    QApplication.processEvents()
    found = np.array(inked(plot, "test"))
    assert len(found) >= 12
    assert np.ptp(found, axis=0).min() >= 3
    np.testing.assert_allclose(found.mean(axis=0), place_of(plot, epoch, 5), atol=4.5)


def test_the_dot_goes_as_the_line_begins(plot: CurvePlot) -> None:
    plot.show_curves({"test": Curve([2], [0.05])}, 4)
    assert plot.line("test").is_dot
    plot.show_curves({"test": Curve([2, 3], [0.05, 0.05])}, 4)
    assert not plot.line("test").is_dot


# ---- the hint


def hint(plot: CurvePlot) -> QLabel:
    """The hint in an empty plot."""
    return find(plot, QLabel, "plotHint")


def test_a_hint_lies_over_earlier_runs_until_the_curves_begin(plot: CurvePlot) -> None:
    plot.show_curves({}, 10)
    plot.show_earlier([LONG])
    assert not hint(plot).isVisible()
    plot.set_hint("opened")
    assert hint(plot).isVisible()
    assert (hint(plot).geometry().center() - plot.plot_area().center()).manhattanLength() <= 2
    plot.show_curves({"train": TRAIN}, 10)
    assert not hint(plot).isVisible()


# ---- the read-out


def test_the_read_out_lies_where_it_hides_no_line(plot: CurvePlot) -> None:
    """A line that falls to the right has room above at its right, and below at its left."""
    falling = Curve(list(range(21)), list(np.geomspace(0.09, 0.011, 21)))
    rising = Curve(list(range(21)), list(np.geomspace(0.011, 0.09, 21)))
    for curve in (falling, rising):
        plot.show_curves({"train": curve}, 20)
        for epoch in (6, 10, 14):
            hover(plot.viewport(), place_of(plot, epoch, 100 * curve.values[epoch]))
            place = read_out(plot).geometry()
            assert plot.rect().contains(place)
            leave(plot)
            assert not any(place.contains(x, y) for x, y in inked(plot, "train")), epoch


def rows_of(label: QLabel) -> range:
    """The rows of pixels that it covers."""
    return range(label.y(), label.y() + label.height())


def test_the_read_out_hides_no_line_between_its_points_either(plot: CurvePlot) -> None:
    plot.show_curves({"train": Curve([0, 10], [0.05, 0.05])}, 10)
    plot.set_changes([(5, "rate")])  # there is no figure to be read
    plot.zoom_to(((1, 9), (0.1, 0.9)))
    plot.set_shown("train", False)
    x, y = (round(at) for at in place_of(plot, 5, 5))
    hover(plot.viewport(), (x, y + 8))
    assert y in rows_of(read_out(plot)), "a hidden line does not count"
    plot.set_shown("train", True)
    assert inked(plot, "train")
    assert read_out(plot).isVisible()
    assert y not in rows_of(read_out(plot))


def test_no_epoch_is_read_that_is_out_of_view(plot: CurvePlot) -> None:
    plot.zoom_to(((1.3, 2.4), (0, 1)))
    area = plot.plot_area()
    for x in (area.left() + 2, area.center().x(), area.right() - 2):
        hover(plot.viewport(), (x, area.center().y()))
        assert ">epoch 2<" in read_out(plot).text(), x
        assert cross(plot).value() == 2


def test_a_mouse_that_rests_reads_what_comes_under_it(plot: CurvePlot) -> None:
    hover(plot.viewport(), place_of(plot, 3, 5))
    assert ">epoch 3<" in read_out(plot).text()
    plot.zoom_to(((0.4, 1.9), (0, 1)))
    assert ">epoch 1<" in read_out(plot).text()
    assert not read_out(plot).geometry().intersects(plot.reset_button.geometry())


def test_the_read_out_does_not_lie_over_the_button(plot: CurvePlot) -> None:
    plot.zoom_to(((0.5, 2.5), (0.2, 0.9)))
    button = plot.reset_button.geometry()
    for x in range(button.left() - 160, button.right(), 20):
        hover(plot.viewport(), (x, button.bottom() + 40))
        assert read_out(plot).isVisible()
        assert not read_out(plot).geometry().intersects(button), x


def test_the_read_out_does_not_jump_between_equal_places(plot: CurvePlot) -> None:
    plot.show_curves({"train": Curve([0, *range(1, 11)], [0.9] + [0.02] * 10)}, 10)
    places = []
    for epoch in (5, 5.4, 5.8):
        hover(plot.viewport(), place_of(plot, epoch, 6))
        places.append(read_out(plot).pos() - QPoint(*map(round, place_of(plot, epoch, 6))))
    assert max((place - places[0]).manhattanLength() for place in places) <= 2
