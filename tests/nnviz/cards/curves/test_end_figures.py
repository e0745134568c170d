"""The last figures at the ends of the curves: where they stand, of what they are, and what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt5.QtCore import QEvent, QPoint
from PyQt5.QtGui import QHelpEvent
from PyQt5.QtWidgets import QApplication, QLabel, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from engine.training.events import Batch, Epoch, Estimate
from engine.training.history import Curve
from engine.training.metrics import Evaluation, Evaluator
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.cards.curves.known_figures import EndFigure, ShownFigures
from nnviz.formatting import text
from nnviz.jobs.reports import Epochs
from nnviz.session.selection import Neuron
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.plots.curve_axes import RMSE
from nnviz.ui.plots.spacing import pushed_apart
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.helpers import find, hover, show_view, train_epochs, wait_for
from tests.nnviz.ui.helpers import place_of, read_out, said, shown_plot

LINE = 1.12 * theme.FIGURE
TEST = Curve([0, 1, 2, 20], [0.9, 0.06, 0.05, 0.04])
TRAIN = Curve([0, 1, 2, 20], [0.9, 0.06, 0.04, 0.004])


def known(test: float = 0.04, train: float = 0.004, epoch: float = 20, **said: object) -> ShownFigures:
    made = [
        EndFigure(part, value, epoch, f"{part} error", f"at epoch {epoch:g}", f"Error of {part}.")
        for part, value in (("test", test), ("train", train))
    ]
    return replace(ShownFigures(tuple(made)), **said)


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> CurvePlot:
    """After all of 20 epochs."""
    theme.apply(qapp, "dark", theme.SIZES[0])
    plot = shown_plot(qtbot, qapp, {"test": TEST, "train": TRAIN}, 20)
    plot.show_figures(known(), 20)
    return plot


def figure(plot: QWidget, name: str = "testFigure") -> QLabel:
    return find(plot, QLabel, name)


def stop_at(plot: CurvePlot, epoch: float) -> None:
    """Shows a run of 20 epochs after some of them."""
    curve = Curve([0, epoch], [0.9, 0.04])
    plot.show_curves({"test": curve, "train": curve}, 20)
    plot.show_figures(known(epoch=epoch), epoch)


def middle(label: QLabel) -> float:
    return label.y() + label.height() / 2


# ---- where they stand


def test_at_the_end_of_a_run_they_stand_right_of_the_chart_at_the_heights_of_their_curves(plot: CurvePlot) -> None:
    for name, value in (("testFigure", 4.0), ("trainFigure", 0.4)):
        label, word = figure(plot, name), figure(plot, f"{name}Name")
        assert label.isVisible()
        assert label.text() == f"{value:.2f} %"
        assert label.fontMetrics().height() > 26
        assert label.x() == plot.plot_area().right() + 1 + 16
        assert abs(middle(label) - place_of(plot, 20, value)[1]) <= 2
        assert label.geometry().right() < word.x()
        assert word.geometry().right() < plot.width()
    assert figure(plot, "testFigureName").text() == "test"


def test_during_a_run_they_travel_with_it(plot: CurvePlot) -> None:
    width = plot.plot_area().width()
    for epoch in (2, 5.5, 11):
        stop_at(plot, epoch)
        assert abs(figure(plot).x() - 16 - place_of(plot, epoch, 1)[0]) <= 1
        assert plot.plot_area().width() == width
    plot.show_curves({"test": TEST, "live_test": Curve([11, 11.8], [0.04, 0.04])}, 20)
    plot.show_figures(known(epoch=11), 11.2)
    assert figure(plot).x() > place_of(plot, 11.8, 1)[0], "not over the line of the epoch in progress"


def test_figures_that_are_close_keep_a_distance_the_larger_one_above(plot: CurvePlot) -> None:
    for test, train in ((0.02, 0.02), (0.021, 0.02), (0.02, 0.021), (0.9, 0.9), (0.0, 0.0)):
        plot.show_figures(known(test, train), 20)
        tops = [figure(plot, name) for name in ("testFigure", "trainFigure")]
        upper, lower = tops if test >= train else tops[::-1]
        assert middle(lower) - middle(upper) == pytest.approx(LINE, abs=1)
        assert upper.y() >= 0
        assert middle(lower) <= plot.plot_area().bottom()


def test_pushed_apart_they_stay_as_near_as_they_can() -> None:
    assert pushed_apart([], 10, 0, 100) == []
    assert pushed_apart([20, 60], 10, 0, 100) == [20, 60]
    assert pushed_apart([50, 52], 10, 0, 100) == [46, 56]
    assert pushed_apart([50, 52, 90], 10, 0, 100) == [46, 56, 90]
    assert pushed_apart([97, 99], 10, 0, 100) == [90, 100]
    assert pushed_apart([2, 3], 10, 0, 100) == [0, 10]
    assert pushed_apart([2, 3, 4], 10, 0, 10) == [0, 5, 10]


def test_the_end_of_a_curve_out_of_view_has_its_figure_right_of_the_chart(plot: CurvePlot) -> None:
    stop_at(plot, 2)
    for ends in ((5, 10), (0, 1)):
        plot.zoom_to((ends, (0.0, 0.3)))  # from 1 to 2 %: both values are outside
        area = plot.plot_area()
        for name in ("testFigure", "trainFigure"):
            assert figure(plot, name).x() > area.right()
            assert area.top() - 10 <= middle(figure(plot, name)) <= area.bottom()
    plot.reset_zoom()
    assert figure(plot).x() < plot.plot_area().right()


def test_with_larger_texts_they_are_larger_and_the_chart_leaves_them_room(plot: CurvePlot, qapp: QApplication) -> None:
    plot.resize(1000, 300)
    theme.apply(qapp, "light", 150)
    QApplication.processEvents()
    label, word = figure(plot), figure(plot, "testFigureName")
    assert label.fontMetrics().height() > 39
    assert label.x() == plot.plot_area().right() + 1 + 24
    assert label.geometry().right() < word.x()
    assert word.geometry().right() < plot.width()


def test_figures_that_come_after_another_text_size_have_it(plot: CurvePlot, qapp: QApplication, qtbot: QtBot) -> None:
    later = shown_plot(qtbot, qapp, {"test": TEST}, 20)
    theme.apply(qapp, "dark", 150)
    later.show_figures(known(), 20)
    assert figure(later).fontMetrics().height() == figure(plot).fontMetrics().height() > 39


def test_in_a_narrow_plot_the_words_leave_but_no_figure(plot: CurvePlot) -> None:
    plot.resize(420, 300)
    QApplication.processEvents()
    for name in ("testFigure", "trainFigure"):
        assert figure(plot, name).isVisible()
        assert figure(plot, name).geometry().right() < plot.width()
        assert figure(plot, f"{name}Name").isHidden()


def test_a_long_unit_leaves_before_the_figure(plot: CurvePlot) -> None:
    for unit, reported in (("mpg", "4.12 mpg"), ("thousand dollars", "4.12")):
        plot.set_quantity(replace(RMSE, unit=unit))
        plot.show_figures(known(4.12, 3.5), 20)
        assert figure(plot).text() == reported
        assert figure(plot).accessibleDescription() == f"4.12 {unit}, at epoch 20"
        assert figure(plot, "testFigureName").geometry().right() < plot.width()


# ---- what is shown


def test_a_hidden_curve_has_no_figure(plot: CurvePlot) -> None:
    plot.set_shown("test", False)
    assert figure(plot).isHidden()
    assert figure(plot, "testFigureName").isHidden()
    assert figure(plot, "trainFigure").isVisible()
    plot.set_shown("test", True)
    assert figure(plot).isVisible()


def test_in_the_past_they_keep_their_colours_under_its_epoch_and_now_stands_below(plot: CurvePlot) -> None:
    plot.show_figures(known(0.0323, 0.0264, 3, past="epoch 3", now=0.0252), 3)
    names = ("figuresEpoch", "testFigure", "trainFigure", "liveFigure")
    rows = [figure(plot, name) for name in names]
    assert [row.text() for row in rows] == ["epoch 3", "3.23 %", "2.64 %", "now 2.52 % test"]
    assert all(row.isVisible() and row.x() > plot.plot_area().right() for row in rows)
    assert [row.y() for row in rows] == sorted(row.y() for row in rows)
    colours = [row.palette().windowText().color().name() for row in rows]
    look = theme.current()
    assert colours == [look.looking_back, look.test, look.train, look.muted]
    plot.resize(plot.width(), rows[-1].geometry().bottom())
    QApplication.processEvents()
    assert rows[2].isVisible()
    assert rows[3].isHidden(), "it would be cut"
    plot.show_figures(known(), 20)
    assert all(figure(plot, name).isHidden() for name in ("figuresEpoch", "liveFigure"))


def test_the_live_figure_is_named_in_any_width_and_with_a_long_unit(plot: CurvePlot) -> None:
    live = figure(plot, "liveFigure")
    for unit, width, reported in (
        ("mpg", 1000, "now 2.52 mpg test"),
        ("mpg", 420, "now 2.52 mpg test"),
        ("thousand dollars", 420, "now 2.52 test"),
    ):
        plot.resize(width, 300)
        plot.set_quantity(replace(RMSE, unit=unit))
        plot.show_figures(known(4.12, 3.5, 3, past="epoch 3", now=2.52), 3)
        QApplication.processEvents()
        assert live.text() == reported
        assert live.geometry().right() < plot.width()


def test_the_mouse_reads_the_chart_under_a_figure_and_its_tooltip_beside_the_chart(plot: CurvePlot) -> None:
    every = Curve(list(range(21)), [0.05] * 21)
    plot.show_curves({"test": every, "train": every}, 20)
    plot.figures.show(known(0.05, 0.05, 2), 2)
    middle_of_it = figure(plot).geometry().center()
    assert plot.plot_area().contains(middle_of_it)
    hover(plot.viewport(), (middle_of_it.x(), middle_of_it.y()))
    assert read_out(plot).isVisible()
    assert "test 5.00 %" in said(plot)

    plot.show_figures(known(), 20)
    place = figure(plot, "trainFigure").geometry().center()
    at = QHelpEvent(QEvent.Type.ToolTip, place, plot.mapToGlobal(QPoint(place)))
    QApplication.sendEvent(plot.viewport(), at)
    assert QToolTip.text() == "Error of train."
    QToolTip.hideText()


# ---- of what they are


@pytest.fixture
def window(make_cards: MakeCards) -> CardWindow:
    return make_cards("curvesDock")


def test_small_errors_are_not_rounded_to_nothing(window: CardWindow) -> None:
    session = window.session
    errors = [(0.9, "90.00 %"), (0.0241, "2.41 %"), (0.000017, "0.0017 %"), (0.0, "0.00 %")]
    for epoch, (error, reported) in enumerate(errors, start=1):
        figures = Evaluation(0.1, error, None)
        ended = Epochs.of([Epoch(epoch, figures, figures, 0.1)])
        session.training.runner.reported.emit(session.runs.current.id, ended)
        for part in ("train", "test"):
            shown = figure(window, f"{part}Figure")
            assert shown.text() == reported
            assert shown.accessibleName() == f"{part} error"
            assert shown.accessibleDescription() == f"{reported}, at epoch {epoch}"


def test_within_the_first_epoch_they_are_estimates_and_say_so(window: CardWindow) -> None:
    history = window.session.runs.current.history
    figures = Evaluation(0.1, 0.5, None)
    history.take_event(Epoch(0, figures, figures, 0.1))
    half = Evaluation(0.1, 0.25, None)
    history.take_event(Batch(1, 4, 20, 0.1, Estimate(half, half, None)))
    window.session.runs.history_changed.emit()
    assert figure(window).text() == "25.00 %"
    assert "estimated at epoch 0.2" in figure(window).accessibleDescription()
    assert "estimated at epoch 0.2" in figure(window).toolTip()


def test_in_the_middle_of_an_epoch_they_say_when_they_were_measured(window: CardWindow, qtbot: QtBot) -> None:
    session, note = window.session, figure(window, "figuresNote")
    train_epochs(qtbot, window, 1)
    assert note.isHidden()
    session.settings.change("epochs", epochs=2)
    session.step_batch()
    wait_for(qtbot, window, Status.PAUSED)
    assert (note.isVisible(), note.text()) == (True, "error at epoch 1")

    session.edits.set_bias(Neuron(1, 3), 1.0)
    assert figure(window).isHidden(), "nothing is known of the edited network yet"
    qtbot.waitUntil(lambda: bool(session.runs.current.edited))
    assert figure(window).text() == text.percent(session.runs.current.figures()["test_error"])
    assert note.isHidden()


def test_in_the_past_they_are_those_of_the_displayed_epoch(window: CardWindow, qtbot: QtBot) -> None:
    session = window.session
    for _ in range(3):
        session.step_epoch()
        wait_for(qtbot, window, Status.PAUSED)
    live, history = figure(window).text(), session.runs.current.history
    session.timeline.go_to(2)
    assert figure(window).text() == text.percent(history.figures(2)["test_error"])
    assert figure(window, "trainFigure").text() == text.percent(history.figures(2)["train_error"])
    assert figure(window, "liveFigure").text() == f"now {live} test"
    texts = [label.text() for label in window.curves.findChildren(QLabel) if label.isVisible()]
    assert texts.count("epoch 2") == 1
    session.timeline.go_live()
    assert figure(window).text() == live
    assert figure(window, "figuresEpoch").isHidden()


def test_between_epochs_of_the_past_the_last_ones_stand_until_they_are_measured(
    window: CardWindow, qtbot: QtBot
) -> None:
    session, run = window.session, window.session.runs
    load(qtbot, window, "mpg")
    session.settings.change("epochs", epochs=3)
    for step in (session.step_epoch, session.step_epoch, session.step_batch, session.step_batch):
        step()
        wait_for(qtbot, window, Status.PAUSED)
    between, note = session.timeline.epochs[-2], figure(window, "figuresNote")
    assert 2 < between < session.timeline.live_epoch
    session.timeline.go_to(between)
    assert figure(window).text() == f"{text.steady(run.current.history.figures(2)['test_rmse'])} mpg"
    assert note.text() == "RMSE at epoch 2"
    assert "at epoch 2" in figure(window).toolTip()
    qtbot.waitUntil(lambda: session.timeline.figures[0] == between)
    measured = Evaluator(session.displayed.network, session.dataset.test, session.dataset.target_scaling).evaluate()
    assert figure(window).text() == f"{text.steady(measured.rmse)} mpg"
    assert figure(window, "figuresEpoch").text() == run.current.epoch_text(between)
    assert note.isHidden()


def test_each_quantity_has_its_figures_and_those_of_the_data_have_the_plain_names(
    window: CardWindow, qtbot: QtBot
) -> None:
    train_epochs(qtbot, window, 1)
    show_view(qtbot, window, "lossView")
    loss = window.session.runs.current.history.loss
    assert figure(window, "lossTestFigure").text() == window.curves.plot.quantity.text(loss.test.values[-1])
    assert figure(window, "lossTestFigure").accessibleName() == "test loss"
    show_view(qtbot, window, "errorView")
    load(qtbot, window, "mpg")
    train_epochs(qtbot, window, 1)
    assert window.curves.page.name == "rmseView"
    (shown,) = [label for label in window.findChildren(QLabel, "testFigure") if label.isVisible()]
    assert shown.text().endswith(" mpg")
    assert len(window.findChildren(QLabel, "testFigure")) == 1


def test_a_validation_set_has_a_smaller_figure(window: CardWindow, qtbot: QtBot) -> None:
    assert figure(window, "validationFigure").isHidden()
    window.session.settings.change("validation", validation_share=0.2)
    train_epochs(qtbot, window, 2)
    shown = figure(window, "validationFigure")
    assert shown.text() == text.percent(window.session.runs.current.history.error.validation.values[-1])
    assert shown.height() < figure(window).height()
