"""The plot of the curves: what is drawn, between which marks, and what the mouse reads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.training.history import Curve
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.ui import theme
from nnviz.ui.plots.curve_axes import ERROR, LOSS, RMSE, epoch_marks, epoch_texts
from nnviz.ui.plots.curve_figures import EarlierRun, grey
from nnviz.ui.plots.curve_line import thinned
from tests.nnviz.helpers import hover, leave
from tests.nnviz.ui.helpers import cross, left_axis, place_of, ranges, read_out, shown_plot

WHOLE = [10**-1.3, 100]  # percent: the axis of errors, with room for those below 0.1
TRAIN = Curve([0, 1, 2, 3], [0.9, 0.08, 0.05, 0.031])
TEST = Curve([0, 1, 2, 3], [0.9, 0.09, 0.06, 0.042])
LIVE = Curve([3, 3.4, 3.8], [0.031, 0.03, 0.028])


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> CurvePlot:
    """With three epochs of ten, and a part of the fourth."""
    return shown_plot(qtbot, qapp, {"train": TRAIN, "test": TEST, "live_train": LIVE, "live_test": Curve()}, 10)


def test_the_lines_go_through_the_figures(plot: CurvePlot) -> None:
    for name, curve in (("train", TRAIN), ("test", TEST), ("live_train", LIVE)):
        x, y = plot.line(name).getData()
        np.testing.assert_array_equal(x, curve.epochs)
        np.testing.assert_allclose(10**y, 100 * np.array(curve.values))
    assert plot.line("live_test").getData()[0] is None or len(plot.line("live_test").getData()[0]) == 0


def test_the_ends_of_the_axes_are_marks(plot: CurvePlot) -> None:
    x, y = ranges(plot)
    np.testing.assert_allclose(x, [0, 10])
    np.testing.assert_allclose(y, WHOLE)


def test_whatever_the_curve_the_axis_of_errors_stays_and_small_ones_lie_on_one_line(plot: CurvePlot) -> None:
    for values in ([0.9, 0.3], [0.9, 0.004, 0.0005], [0.9, 0.0], [1.0], []):
        curve = Curve(list(range(len(values))), values)
        plot.show_curves({"train": curve, "test": Curve()}, 5)
        x, y = ranges(plot)
        np.testing.assert_allclose(x, [0, 5], err_msg=str(values))
        np.testing.assert_allclose(y, WHOLE, err_msg=str(values))
        low, high = plot.view[1]
        heights = plot.line("train").getData()[1] if values else np.empty(0)
        small = np.array(values) < 0.001
        assert (heights[small] < -1).all(), values
        assert (heights[~small] >= -1).all(), values
        assert ((heights >= low) & (heights <= high)).all(), values
        ((_, marks),) = left_axis(plot).tickValues(low, high, 260)
        assert left_axis(plot).tickStrings(marks, 1, 1)[0] == "< 0.1", values


@pytest.fixture(params=[100, 150])
def any_text_size(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    theme.apply(qapp, "dark", request.param)
    yield
    theme.apply(qapp, "dark", 100)


@pytest.mark.usefixtures("any_text_size")
def test_the_lowest_number_is_whole_in_a_low_chart(plot: CurvePlot, qapp: QApplication) -> None:
    plot.show_curves({"test": Curve([0, 1], [0.9, 0.0004])}, 5)
    for is_log in (True, False):
        plot.set_axes(is_log, False)
        for height in (90, 110, 140):
            plot.resize(744, height)
            qapp.processEvents()
            _, *above, lowest = ink_heights(plot)
            assert above
            assert lowest >= max(above), (is_log, height)


def ink_heights(plot: CurvePlot) -> list[int]:
    """The heights in pixels of the numbers left of the chart, from above."""
    image, ground = plot.grab().toImage(), theme.colour("card").lightness()
    across = range(5, plot.plot_area().left() - 5)
    rows = [
        any(abs(image.pixelColor(x, y).lightness() - ground) > 60 for x in across) for y in range(3, plot.height() - 1)
    ]
    return [len(list(group)) for is_ink, group in itertools.groupby(rows) if is_ink]


def test_of_few_examples_it_ends_at_one_percent(plot: CurvePlot) -> None:
    plot.set_quantity(replace(ERROR, bottom=0.01))
    plot.show_curves({"train": Curve([0, 1], [0.9, 0.004]), "test": Curve()}, 5)
    ((_, marks),) = left_axis(plot).tickValues(*plot.view[1], 260)
    assert left_axis(plot).tickStrings(marks, 1, 1)[0] == "< 1"


def test_other_quantities_lie_below_a_round_number_above_the_untrained_networks(plot: CurvePlot) -> None:
    for quantity, untrained, low, high in ((RMSE, 31.4, 2.5, 50), (RMSE, 0.5, 0.05, 1), (LOSS, 2.31, 0.005, 5)):
        plot.set_quantity(quantity)
        for last in (untrained / 2, untrained / 1e5, 3 * untrained):
            plot.show_curves({"train": Curve([0, 1], [untrained, last]), "test": Curve()}, 5)
            assert plot.axes.floor == pytest.approx(low)
            assert ranges(plot)[1][1] == pytest.approx(high)


def test_few_marks_of_a_power_of_ten_where_there_is_little_room(plot: CurvePlot) -> None:
    ((_, values),) = left_axis(plot).tickValues(-3, 2, 100)
    assert left_axis(plot).tickStrings(values, 1, 1) == ["< 0.1", "1", "10", "100 %"]


def test_marks_between_one_two_and_five_where_one_looks_closely(plot: CurvePlot) -> None:
    ((_, values),) = left_axis(plot).tickValues(math.log10(2.1), math.log10(4.4), 260)
    assert left_axis(plot).tickStrings(values, 1, 1) == ["2.5", "3", "3.5", "4 %"]


def test_linear_marks_have_equally_many_digits(plot: CurvePlot) -> None:
    plot.set_axes(False, plot.axes.is_root)
    for high, texts in (
        (0.25, "0 0.05 0.10 0.15 0.20 0.25 %"),
        (80, "0 20 40 60 80 %"),
        (2e-5, "0 5e−06 1e−05 1.5e−05 2e−05 %"),
    ):
        ((_, values),) = left_axis(plot).tickValues(0, high, 260)
        assert " ".join(left_axis(plot).tickStrings(values, 1, 1)) == texts


def test_marks_in_view(plot: CurvePlot) -> None:
    ((_, values),) = left_axis(plot).tickValues(0, 1, 100)
    assert left_axis(plot).tickStrings(values, 1, 1) == ["1", "2", "5", "10 %"]
    ((_, values),) = left_axis(plot).tickValues(-1, 2, 260)
    assert left_axis(plot).tickStrings(values, 1, 1) == [
        "0.1",
        "0.2",
        "0.5",
        "1",
        "2",
        "5",
        "10",
        "20",
        "50",
        "100 %",
    ]
    for epochs, marks in (
        (1, "0 epoch 1"),
        (5, "0 1 2 3 4 epoch 5"),
        (20, "0 5 10 15 epoch 20"),
        (1000, "0 200 400 600 800 epoch 1000"),
    ):
        assert " ".join(epoch_texts(plot.axes, epoch_marks(plot.axes, (0, epochs), 500))) == marks


def test_the_mouse_reads_the_nearest_epoch(plot: CurvePlot) -> None:
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
        assert cross(plot).isVisible()
        assert cross(plot).value() == nearest
        assert plot.rect().contains(read_out(plot).geometry())
    hover(plot.viewport(), place_of(plot, 8))
    assert not read_out(plot).isVisible(), "nothing is known there yet"
    hover(plot.viewport(), place_of(plot, 1))
    leave(plot)
    assert not read_out(plot).isVisible()
    assert not cross(plot).isVisible()


def test_the_read_out_stays_inside(plot: CurvePlot) -> None:
    plot.show_curves({"train": TRAIN, "test": TEST}, 3)
    for epoch in (0, 3):
        hover(plot.viewport(), place_of(plot, epoch, 9.9))
        assert plot.rect().contains(read_out(plot).geometry())


def test_the_read_out_goes_with_the_curves(plot: CurvePlot) -> None:
    hover(plot.viewport(), place_of(plot, 2))
    plot.show_curves({"train": Curve(), "test": Curve()}, 10)
    assert not read_out(plot).isVisible()


def test_the_axis_stands_still_within_an_epoch(plot: CurvePlot) -> None:
    """Also where a run goes on for longer than was planned."""
    seen = set()
    for epoch in (3.2, 3.5, 3.9):
        plot.show_curves({"train": TRAIN, "test": TEST, "live_train": Curve([epoch], [0.03])}, 3)
        seen.add(tuple(ranges(plot)[0]))
    assert seen == {(0, 4)}


# ---- linear


def test_a_linear_axis_begins_at_zero(plot: CurvePlot) -> None:
    plot.set_axes(False, plot.axes.is_root)
    _, (low, high) = plot.getPlotItem().getViewBox().viewRange()
    assert (low, high) == (0, 100)
    np.testing.assert_allclose(plot.line("train").getData()[1], 100 * np.array(TRAIN.values))
    ((_, values),) = left_axis(plot).tickValues(low, high, 260)
    assert left_axis(plot).tickStrings(values, 1, 1) == ["0", "20", "40", "60", "80", "100 %"]
    plot.set_axes(True, plot.axes.is_root)
    np.testing.assert_allclose(ranges(plot)[1], WHOLE)


LOSSES = [[2.3, 0.4, 0.31], [1e-9, 0.0, 0.0], [1e30, 1e20, 3e6], [np.inf, np.nan, 0.5], []]


@pytest.mark.parametrize("is_log", [True, False])
def test_any_loss_finds_a_place(qtbot: QtBot, is_log: bool) -> None:
    plot = CurvePlot(LOSS)
    qtbot.addWidget(plot)
    plot.resize(600, 300)
    plot.set_axes(is_log, plot.axes.is_root)
    plot.show()
    for values in LOSSES:
        plot.show_curves({"train": Curve(list(range(len(values))), values), "test": Curve()}, 2)
        _, (low, high) = plot.getPlotItem().getViewBox().viewRange()
        assert math.isfinite(low), values
        assert low < high < 1e13, values
        assert 2 <= len(left_axis(plot).tickValues(low, high, 260)[0][1]) <= 14, values
        plot.grab()


def test_a_loss_is_read_in_its_own_figures() -> None:
    assert [LOSS.text(value) for value in (2.3026, 0.0834, 0.5, 12345.6)] == ["2.30", "0.0834", "0.500", "12\u202f346"]


# ---- earlier runs

PAST = [
    EarlierRun("784-20-10", Curve([1, 2], [0.3, 0.2]), Curve([1, 2], [0.31, 0.22])),
    EarlierRun(
        "784-30-10", Curve([1, 2, 3, 12], [0.1, 0.07, 0.06, 0.05]), Curve([1, 2, 3, 12], [0.1, 0.08, 0.07, 0.06])
    ),
]


def test_earlier_runs_are_grey_test_solid_and_train_dashed(plot: CurvePlot) -> None:
    plot.show_earlier(PAST)
    for back, (train, test), run in zip((1, 0), plot.earlier_lines, PAST, strict=True):
        for line, curve in ((train, run.train), (test, run.test)):
            np.testing.assert_allclose(10 ** line.getData()[1], 100 * np.array(curve.values))
            assert line.opts["pen"].color().name() == grey(back).name()
            assert line.zValue() < plot.line("train").zValue()
        assert train.opts["pen"].dashPattern()
        assert not test.opts["pen"].dashPattern()
    np.testing.assert_allclose(ranges(plot)[0], [0, 10], err_msg="earlier runs do not stretch the epochs")
    np.testing.assert_allclose(ranges(plot)[1], WHOLE)


def test_the_mouse_reads_earlier_runs_too_the_latest_first(plot: CurvePlot) -> None:
    plot.show_earlier(PAST)
    hover(plot.viewport(), place_of(plot, 2))
    text = read_out(plot).text()
    assert text.index("test 6.00 %") < text.index("784-30-10 8.00 %") < text.index("784-20-10 22.00 %")
    plot.show_curves({"train": TRAIN, "test": TEST}, 12)
    hover(plot.viewport(), place_of(plot, 12))
    assert "784-30-10 6.00 %" in read_out(plot).text()
    assert "train" not in read_out(plot).text()
    assert plot.rect().contains(read_out(plot).geometry())


def test_runs_of_the_same_name_are_distinguished(plot: CurvePlot) -> None:
    same = EarlierRun("784-30-10", Curve([1, 2], [0.3, 0.2]), Curve([1, 2], [0.31, 0.23]))
    plot.show_earlier([same, PAST[0], PAST[1]])
    hover(plot.viewport(), place_of(plot, 2))
    text = read_out(plot).text()
    assert "784-30-10, last run 8.00 %" in text
    assert "784-20-10 22.00 %" in text
    assert "784-30-10, earlier 23.00 %" in text


def test_forgotten_runs_leave_nothing(plot: CurvePlot) -> None:
    before, picture = ranges(plot), plot.grab().toImage()
    plot.show_earlier(PAST)
    assert plot.grab().toImage() != picture
    plot.show_earlier([])
    assert ranges(plot) == before
    assert plot.grab().toImage() == picture


# ---- hidden curves


def test_what_is_hidden_stretches_no_axis_and_is_not_read(plot: CurvePlot) -> None:
    plot.show_earlier(PAST)
    plot.set_shown("earlier", False)
    np.testing.assert_allclose(ranges(plot)[0], [0, 10])
    plot.set_shown("test", False)
    hover(plot.viewport(), place_of(plot, 2))
    assert "train" in read_out(plot).text()
    assert "test" not in read_out(plot).text()
    assert "784" not in read_out(plot).text()
    assert not plot.line("test").isVisible()
    assert not plot.line("live_test").isVisible()
    assert not plot.earlier_lines[0][0].isVisible()
    plot.set_shown("test", True)
    assert plot.line("test").isVisible()
    assert "test 6.00 %" in read_out(plot).text(), "the read-out follows at once"


def test_a_run_that_comes_while_earlier_ones_are_hidden_is_hidden(plot: CurvePlot) -> None:
    plot.set_shown("earlier", False)
    plot.show_earlier(PAST)
    assert len(plot.earlier_lines) == len(PAST)
    assert not any(line.isVisible() for pair in plot.earlier_lines for line in pair)


# ---- the cross


def test_the_cross_follows_the_mouse(plot: CurvePlot) -> None:
    hover(plot.viewport(), place_of(plot, 2.2, 4))
    assert cross(plot).value() == 2
    assert 10 ** cross(plot, 0).value() == pytest.approx(4, rel=0.05)
    assert cross(plot, 0).isVisible()
    hover(plot.viewport(), (3, 3))
    assert not cross(plot, 0).isVisible(), "beside the axes there is nothing to read"


def test_the_read_out_follows_the_curves_under_a_mouse_that_rests(plot: CurvePlot) -> None:
    hover(plot.viewport(), place_of(plot, 4))
    assert not read_out(plot).isVisible()
    plot.show_curves({"train": Curve([3, 4], [0.03, 0.025]), "test": TEST}, 10)
    assert "train 2.50 %" in read_out(plot).text()
    assert read_out(plot).isVisible()


def test_a_read_out_on_a_small_plot_stays_on_it(plot: CurvePlot) -> None:
    plot.show_earlier(PAST)
    plot.resize(260, 150)
    QApplication.processEvents()
    for x in range(50, 250, 20):
        for y in range(15, 120, 20):
            hover(plot.viewport(), (x, y))
            if read_out(plot).isVisible():
                assert plot.rect().contains(read_out(plot).geometry()), (x, y)


# ---- many points


def test_of_many_points_the_extremes_are_drawn() -> None:
    x = np.arange(10_000.0)
    y = np.sin(x / 300)
    y[4321], y[6789] = 9, -9
    few_x, few_y = thinned(x, y, (0, 10_000), 500)
    assert len(few_x) <= 520
    assert (few_y.max(), few_y.min()) == (9, -9)
    assert (few_x[0], few_x[-1]) == (0, 9999)
    assert (np.diff(few_x) > 0).all()
    part_x, part_y = thinned(x, y, (4320.5, 4323.5), 500)
    np.testing.assert_array_equal(part_x, [4320, 4321, 4322, 4323, 4324])
    assert part_y[1] == 9


def test_long_curves_are_drawn_thin_and_short_ones_softly(plot: CurvePlot) -> None:
    assert plot.line("train").opts["antialias"]
    plot.show_curves({"train": Curve(list(range(5001)), [0.05] * 5001), "test": TEST}, 5000)
    line = plot.line("train")
    assert not line.opts["antialias"]
    assert line.opts["pen"].widthF() == 1
    assert len(line.getData()[0]) <= plot.width()
    assert plot.line("test").opts["antialias"]


def test_what_did_not_change_is_not_drawn_again(plot: CurvePlot, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    for name in ("train", "test", "validation", "live_train", "live_test"):
        monkeypatch.setattr(plot.line(name), "setData", lambda *args, name=name, **_: drawn.append(name))
    plot.show_curves({"train": TRAIN, "test": TEST, "live_train": LIVE, "live_test": Curve()}, 10)
    assert drawn == []
    plot.show_curves({"train": TRAIN, "test": TEST, "live_train": Curve([3.9], [0.02]), "live_test": Curve()}, 10)
    assert drawn == ["live_train"]


def test_pens_follow_the_theme(plot: CurvePlot, qapp: QApplication) -> None:
    for name in ("light", "dark"):
        theme.apply(qapp, name)
        look = theme.current()
        assert plot.line("train").opts["pen"].color().name() == look.train
        assert plot.line("test").opts["pen"].color().name() == look.test
        assert plot.backgroundBrush().color().name() == look.card


def test_a_curve_of_a_thousand_epochs(plot: CurvePlot) -> None:
    long = Curve(list(range(1001)), list(np.linspace(0.9, 0.01, 1001)))
    plot.show_curves({"train": long, "test": SimpleNamespace(epochs=[], values=[])}, 1000)  # type: ignore[dict-item]
    hover(plot.viewport(), place_of(plot, 500))
    assert "epoch " in read_out(plot).text()
