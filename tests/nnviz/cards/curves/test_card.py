"""The curves in the window: pages, legend, scale, earlier runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QCoreApplication, QPoint, Qt, QTimer
from PyQt5.QtGui import QContextMenuEvent
from PyQt5.QtWidgets import QAbstractButton, QAction, QApplication, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset, Split
from engine.training.history import Curve
from nnviz.cards.curves.card import CurvesPanel
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.pages import Page
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import (
    MANY_EPOCHS,
    find,
    hover,
    is_shown,
    make_all_pages,
    pause,
    show_view,
    train_epochs,
    train_for_a_while,
    views,
    wait_for,
)
from tests.nnviz.ui.helpers import pixel, place_of

SHOWN = ("curvesDock",)  # cards


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards(*SHOWN)


def turn_to(qtbot: QtBot, window: AnyWindow, name: str) -> None:
    """Chooses a view in the menu."""
    show_view(qtbot, window, name)
    QCoreApplication.processEvents()


def plot_of(window: AnyWindow, name: str) -> CurvePlot:
    """errorPlot or lossPlot."""
    return find(window, CurvePlot, name)


EARLY = [0.25, 0.5]  # the estimates in a first epoch of 20 batches


def drawn(plot: CurvePlot, name: str) -> tuple[list[float], list[float]]:
    """Epochs and heights of a line."""
    x, y = plot.line(name).getData()
    return ([], []) if x is None else ([round(plot.axes.epoch(at), 9) for at in x], list(y))


def earlier_name(window: AnyWindow) -> QLabel:
    """What names the grey curves of the errors."""
    return find(plot_of(window, "errorPlot"), QLabel, "earlierName")


def switch(qtbot: QtBot, window: AnyWindow, name: str) -> QAction:
    """Clicks an action of the view menu, and returns it."""
    show_view(qtbot, window, name)
    return found_action(window, name)


def found_action(window: AnyWindow, name: str) -> QAction:
    found = window.findChild(QAction, name)
    assert found is not None, name
    return found


def another_network(session: Session, *neurons: int) -> None:
    """One of another shape, not trained, in the place of the one that is there."""
    session.settings.change("layers", hidden=neurons)
    session.reset()


# ---- pages


def test_error_and_loss_each_have_a_page(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    assert window.curves.windowTitle() == "Curves"
    train_epochs(qtbot, window, 2)
    history = window.session.runs.current.history
    assert drawn(plot_of(window, "errorPlot"), "test")[0] == [0, *EARLY, 1, 2]
    assert window.findChild(CurvePlot, "lossPlot") is None, "out of view nothing is made"
    turn_to(qtbot, window, "lossView")
    assert plot_of(window, "lossPlot").isVisible()
    assert not plot_of(window, "errorPlot").isVisible()
    for name, curve in ((name, history.loss.joined(name)) for name in ("train", "test")):
        epochs, heights = drawn(plot_of(window, "lossPlot"), name)
        assert epochs == curve.epochs
        np.testing.assert_allclose(10 ** np.array(heights), curve.values)
    assert window.curves.plot is plot_of(window, "lossPlot")

    # The scale is switched for each page.
    turn_to(qtbot, window, "errorView")
    with qtbot.waitSignal(window.curves.scale_changed):
        log = switch(qtbot, window, "actionLogarithmic")
    assert not log.isChecked()
    np.testing.assert_allclose(
        drawn(plot_of(window, "errorPlot"), "test")[1],
        100 * np.array(window.session.runs.current.history.error.joined("test").values),
    )
    turn_to(qtbot, window, "lossView")
    assert log.isChecked()
    assert plot_of(window, "lossPlot").is_log

    # Each scale says what it is without a tick.
    root = switch(qtbot, window, "actionRootEpochs")
    assert not plot_of(window, "lossPlot").axes.is_root
    assert all("Otherwise the axis of" in each.toolTip() and "linear" in each.toolTip() for each in (log, root))

    # Another run begins with the whole view.
    turn_to(qtbot, window, "errorView")
    plot = plot_of(window, "errorPlot")
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert plot.is_zoomed
    window.session.step_batch()
    qtbot.waitUntil(lambda: window.session.state is Status.PAUSED)
    assert plot.is_zoomed
    window.session.reset()
    assert not plot.is_zoomed


def test_fine_lines_move_within_an_epoch(
    make_cards: MakeCards, load_with: Callable[..., None], mnist: Dataset, few_digits: Dataset, qtbot: QtBot
) -> None:
    digits = replace(few_digits, train=mnist.train.head(20_000))  # epochs that last a while
    load_with(lambda: digits)
    window = make_cards(*SHOWN)
    qtbot.waitUntil(lambda: window.session.state is Status.READY)
    window.session.settings.change("batch size", batch_size=1, epochs=MANY_EPOCHS)
    window.session.start()
    for tab, plot in (("errorView", "errorPlot"), ("lossView", "lossPlot")):
        turn_to(qtbot, window, tab)
        qtbot.waitUntil(lambda plot=plot: len(drawn(plot_of(window, plot), "live_test")[0]) >= 2, timeout=20_000)
    pause(qtbot, window)


def test_nobody_estimates_for_a_page_that_is_not_in_view(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    other = Page("Other", "otherView", "")
    window.curves.add_page(other)

    def estimates() -> int:
        """Returns the number of estimates that a single batch brings."""
        live = session.runs.current.history.error.live_test.epochs
        before = len(live)
        session.step_batch()
        wait_for(qtbot, window, Status.TRAINING)
        wait_for(qtbot, window, Status.PAUSED)
        return len(live) - before

    for tab, expected in (("lossView", 1), ("otherView", 0), ("errorView", 1), ("otherView", 0)):
        turn_to(qtbot, window, tab)
        assert estimates() == expected, tab
    turn_to(qtbot, window, "lossView")
    window.curves.close()
    assert estimates() == 0
    window.curves.show()
    assert estimates() == 1


def test_without_classes_there_is_no_page_of_errors(
    make_cards: MakeCards, load_with: Callable[..., None], few_digits: Dataset, qtbot: QtBot
) -> None:
    def without_labels(split: Split | None) -> Split:
        assert split is not None
        return Split(split.inputs, split.targets, None, split.scale)

    regression = Dataset("Numbers", without_labels(few_digits.train), without_labels(few_digits.test))
    load_with(lambda: regression)
    window = make_cards(*SHOWN)
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    assert "errorView" not in views(qtbot, window)
    assert window.curves.page is window.curves.rmse
    train_epochs(qtbot, window, 2)
    assert drawn(plot_of(window, "rmsePlot"), "test")[0] == [0, *EARLY, 1, 2]
    assert window.session.runs.current.history.error.test.epochs == []
    window.session.data.load("penguins")
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    assert "errorView" in views(qtbot, window)


# ---- before the first epoch ends


def test_batch_by_batch_something_is_seen_from_the_first_on(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session, plot = ready_window, ready_window.session, plot_of(ready_window, "errorPlot")
    session.settings.change("batch size", batch_size=10)  # 200 of them
    for steps in (1, 2, 3):
        session.step_batch()
        wait_for(qtbot, window, Status.PAUSED)
        qtbot.waitUntil(lambda steps=steps: len(drawn(plot, "live_test")[0]) == steps)
        assert drawn(plot, "live_test")[0] == [pytest.approx(step / 200) for step in range(1, steps + 1)]
    left, right = (place_of(plot, epoch)[0] for epoch in (0, 3 / 200))
    assert right - left > 0.02 * plot.plot_area().width(), "wide enough to see them"
    assert "epoch 0.01 (batch 2), estimate" in read_at(plot, 2 / 200)
    session.step_epoch()
    wait_for(qtbot, window, Status.PAUSED)
    qtbot.waitUntil(lambda: drawn(plot, "test")[0] == [0, *(step / 200 for step in (5, 10, 20, 40, 80, 120, 160)), 1])
    assert "epoch 1" in read_at(plot, 1)


# ---- where settings changed


def test_a_change_of_settings_is_marked_in_the_middle_of_a_run(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    session.settings.change("epochs", epochs=4)
    session.step_epoch()
    wait_for(qtbot, window, Status.PAUSED)
    assert plot_of(window, "errorPlot").changes == ()
    session.settings.change("learning rate", learning_rate=0.05)
    session.start()
    wait_for(qtbot, window, Status.FINISHED)
    assert plot_of(window, "errorPlot").changes == ((1, "learning rate 0.05"),)
    assert "from epoch 1: learning rate 0.05" in read_at(plot_of(window, "errorPlot"), 1)
    assert "from epoch" not in read_at(plot_of(window, "errorPlot"), 3)
    turn_to(qtbot, window, "lossView")
    assert plot_of(window, "lossPlot").changes == ((1, "learning rate 0.05"),)

    # Of many differences two are named, one from its epoch on.
    turn_to(qtbot, window, "errorView")
    another_network(session, 30)
    session.settings.change("momentum", optimizer="momentum", learning_rate=0.1)
    train_epochs(qtbot, window, 1)
    (name,) = [session.runs.difference(run) for run in session.runs.compared]
    assert name == "784-64-32-10, learning rate 0.05 from epoch 1 and 1 more"
    assert name + " " in read_at(plot_of(window, "errorPlot"), 1)


def test_a_run_that_is_trained_on_stays_one_with_marks_and_follows_edits(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    train_epochs(qtbot, ready_window, 1)
    train_epochs(qtbot, ready_window, 1)
    assert ready_window.session.runs.compared == []
    assert drawn(plot_of(ready_window, "errorPlot"), "test")[0] == [0, *EARLY, 1, 2]

    # More epochs behind the end are marked.
    window = ready_window
    window.session.settings.change("learning rate", learning_rate=0.1)
    train_epochs(qtbot, window, 3)
    assert drawn(plot_of(window, "errorPlot"), "test")[0] == [0, *EARLY, 1, 2, 3, 4, 5]
    _, (epoch, words) = plot_of(window, "errorPlot").changes
    assert epoch == 2
    assert words.startswith("3 more epochs")
    assert "learning rate 0.1" in words

    # The end of a curve follows edits and their undo.
    session = window.session
    run, plot = session.runs.current, plot_of(ready_window, "errorPlot")

    def is_drawn() -> bool:
        error = run.figures().get("test_error")
        return error is not None and plot.line("test").y[-1] == pytest.approx(plot.quantity.factor * error)

    session.edits.set_bias(Neuron(3, 0), 50.0)
    qtbot.waitUntil(is_drawn)
    session.edits.set_bias(Neuron(3, 1), 60.0)
    qtbot.waitUntil(is_drawn)
    session.undo.undo()
    qtbot.waitUntil(is_drawn)

    # Of few test examples, the axis ends at 1 %, and what is below lies on one line.
    load(qtbot, ready_window, "moons", points=200)
    train_epochs(qtbot, ready_window, 1)
    plot, curves = plot_of(ready_window, "errorPlot"), ready_window.session.runs.current.history.error
    curves.train.add(2, 0.0)
    plot.show_curves(vars(curves), 2, None)
    assert plot.axes.floor == pytest.approx(1)
    assert drawn(plot, "train")[1][-1] == pytest.approx(plot.axes.below)


@pytest.mark.parametrize("name", ["penguins", "mpg", "sine", "moons"])
def test_the_axes_are_those_of_the_whole_run_before_it_begins(
    ready_window: CardWindow, qtbot: QtBot, name: str
) -> None:
    window = ready_window
    load(qtbot, window, name)
    window.session.settings.change("epochs", epochs=3)
    panel = window.card("curvesDock")
    assert isinstance(panel, CurvesPanel)
    for page in (panel.page, panel.loss):
        panel.turn_to(page)
        window.session.reset()
        before = panel.plot.view, panel.plot.axes
        train_epochs(qtbot, window, 3)
        assert (panel.plot.view, panel.plot.axes) == before


@pytest.mark.parametrize(("error", "is_upper"), [(0.6, False), (0.002, True)])
def test_the_buttons_of_the_playhead_lie_where_no_curve_is(
    ready_window: CardWindow, qtbot: QtBot, error: float, is_upper: bool
) -> None:
    window = ready_window
    train_epochs(qtbot, window, 3)
    window.session.timeline.go_to(1)
    plot, beside = plot_of(window, "errorPlot"), find(window, QWidget, "besidePlayhead")
    qtbot.waitUntil(beside.isVisible)
    plot.show_curves({"test": Curve([0, 1, 2, 3], [error] * 4)}, 3)
    window.resize(window.width() + 10, window.height())
    place = beside.geometry().translated(plot.mapFrom(beside.parentWidget(), QPoint(0, 0)))
    assert (place.center().y() < plot.plot_area().center().y()) == is_upper
    assert not plot.hidden_under(place)


def test_in_little_room_the_figures_and_the_chart_come_first(
    ready_window: CardWindow, qapp: QApplication, qtbot: QtBot
) -> None:
    window = ready_window
    train_epochs(qtbot, window, 3)
    window.session.timeline.go_to(1)
    window.session.side_by_side.toggle()
    parts = [find(window, QWidget, name) for name in ("besidePlayhead", "comparedFigures", "figuresEpoch")]
    for size, has_room in ((100, True), (200, False), (100, True)):
        theme.apply(qapp, "dark", size)
        window.resize(window.width(), 600 if has_room else 1)
        qtbot.waitUntil(lambda shown=has_room: [part.isVisible() for part in parts] == [shown] * 3)
        plot = plot_of(window, "errorPlot")
        for name in ("testFigure", "trainFigure"):
            figure = find(window, QLabel, name)
            assert plot.rect().contains(figure.geometry().center()), (size, name)


# ---- what the menu hides


def test_the_menu_hides_a_curve_with_its_figure_on_every_page(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 2)
    plot = plot_of(window, "errorPlot")
    figure = find(window, QLabel, "trainFigure")
    for shown in (False, True):
        assert switch(qtbot, window, "actionShowTrain").isChecked() is shown
        assert plot.line("train").isVisible() is shown
        assert figure.isVisible() is shown
    assert plot.line("test").isVisible()
    switch(qtbot, window, "actionShowTrain")
    turn_to(qtbot, window, "lossView")
    assert not plot_of(window, "lossPlot").line("train").isVisible(), "also where the page is made later"
    assert not found_action(window, "actionShowValidation").isVisible(), "there is no such curve"


def test_a_right_click_offers_to_forget_earlier_runs(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 1)
    window.session.reset()
    assert len(window.session.runs.compared) == 1

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        entry = next(each for each in menu.actions() if each.text() == "Forget earlier runs")
        menu.setActiveAction(entry)
        qtbot.keyClick(menu, Qt.Key.Key_Return)

    widget = plot_of(window, "errorPlot").viewport()
    QTimer.singleShot(0, choose)
    centre = widget.rect().center()
    QApplication.sendEvent(
        widget, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, centre, widget.mapToGlobal(centre))
    )
    qtbot.waitUntil(lambda: window.session.runs.compared == [])


def test_every_button_has_a_name_of_its_own_and_says_what_it_does(ready_window: CardWindow) -> None:
    make_all_pages(ready_window)
    for page in ready_window.curves.curves:
        page.fill()
    buttons = [button for button in ready_window.curves.findChildren(QAbstractButton) if button.objectName()]
    names = [button.objectName() for button in buttons if not button.objectName().startswith("qt_")]
    assert len(set(names)) == len(names)
    assert {"resetZoomButton", "rmseResetZoomButton", "lossResetZoomButton", "timeView"} <= set(names)
    nameless = [each.objectName() for each in buttons if not (each.toolTip() and each.accessibleName())]
    assert not [name for name in nameless if not name.startswith("qt_")]


# ---- earlier runs


def shapes_of_compared(session: Session) -> list[tuple[int, ...]]:
    """The hidden layers of the earlier runs."""
    return [run.experiment.hidden for run in session.runs.compared]


def read_at(plot: CurvePlot, epoch: float) -> str:
    """Returns the text of the read-out at a place."""
    hover(plot.viewport(), pixel(plot, epoch, 1.2))
    return re.sub("<[^>]*>", "", find(plot, QLabel, "readOut").text())


def test_earlier_runs_are_distinguished_by_what_differs_from_this_one(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    plot = plot_of(window, "errorPlot")
    for changed in ({}, {"learning_rate": 0.05}, {"learning_rate": 0.2, "seed": 2}, {"seed": 1}):
        if changed:
            session.settings.change("settings", **changed)
            session.reset()
        train_epochs(qtbot, window, 1)
    reported = read_at(plot, 1)
    for words in ("same settings ", "learning rate 0.05 ", "seed 2 "):
        assert reported.count(words) == 1, words
    assert earlier_name(window).text() == "grey: 3 earlier runs"
    session.reset()
    session.settings.change("seed", seed=2)
    reported = read_at(plot, 1)
    assert "same settings " in reported, "as this network is now"
    assert "learning rate 0.05, seed 1 " in reported
    assert "untitled" not in reported


def test_a_network_that_is_replaced_stays_behind_in_grey(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    assert not earlier_name(window).isVisible()
    train_epochs(qtbot, window, 2)
    first = session.runs.current
    session.reset()
    assert earlier_name(window).isVisible()
    assert earlier_name(window).text() == "grey: same settings"
    switch(qtbot, window, "actionShowEarlier")
    assert not earlier_name(window).isVisible()
    switch(qtbot, window, "actionShowEarlier")
    plot = plot_of(window, "errorPlot")
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert not earlier_name(window).isVisible(), "its place is that of the button that resets the zoom"
    plot.reset_zoom()
    assert earlier_name(window).isVisible()

    grey_train, grey_test = plot_of(window, "errorPlot").earlier_lines[0]
    np.testing.assert_allclose(10 ** grey_test.getData()[1] / 100, first.history.error.joined("test").values)
    np.testing.assert_allclose(10 ** grey_train.getData()[1] / 100, first.history.error.joined("train").values)
    window.session.undo.undo()
    assert session.runs.compared == []
    assert not earlier_name(window).isVisible()
    window.session.undo.redo()
    assert session.runs.compared == [first]
    another_network(session, 30)
    train_epochs(qtbot, window, 1)
    another_network(session, 20)
    train_epochs(qtbot, window, 1)
    assert shapes_of_compared(session) == [(64, 32), (30,)]
    assert earlier_name(window).text() == "grey: 2 earlier runs"
    reported = read_at(plot_of(window, "errorPlot"), 1)
    assert "784-30-10 " in reported
    assert "784-64-32-10 " in reported


def test_runs_of_other_data_are_not_compared(ready_model: Model, qtbot: QtBot) -> None:
    # A run stopped in its middle is kept too.
    train_for_a_while(qtbot, ready_model)
    ready_model.session.reset()
    assert len(ready_model.session.runs.compared) == 1

    # Runs of other data are not compared.
    session = ready_model.session
    load(qtbot, ready_model, "moons", points=200)
    train_epochs(qtbot, ready_model, 2)
    moons = session.runs.current
    session.reset()
    load(qtbot, ready_model, "spirals", points=200)
    train_epochs(qtbot, ready_model, 2)
    session.reset()
    assert [run.experiment.data for run in session.runs.compared] == ["spirals"]
    load(qtbot, ready_model, "moons", points=200, noise=0.2)
    session.reset()
    assert session.runs.compared == [moons], "with other noise they are the same data"


def test_opening_a_file_makes_the_present_network_an_earlier_one(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window, session = ready_window, ready_window.session
    another_network(session, 30)
    train_epochs(qtbot, window, 2)
    path = tmp_path / "net.json"
    with qtbot.waitSignal(session.runs.file_changed):
        session.files.save(path)
    qtbot.waitUntil(lambda: session.runs.current.storage.path == path)
    saved = session.runs.current.history
    another_network(session, 20)
    train_epochs(qtbot, window, 1)
    session.files.open(path)
    qtbot.waitUntil(lambda: session.runs.current.storage.path == path)
    assert shapes_of_compared(session) == [(20,)], "the run that the file holds is the one that is there now"
    assert session.runs.current.history.loss.test.values == pytest.approx(saved.loss.test.values)
    turn_to(qtbot, window, "lossView")
    assert drawn(plot_of(window, "lossPlot"), "test")[0] == [0, *EARLY, 1, 2]


def test_the_table_gives_the_figures(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 1)
    window.session.settings.change("validation share", validation_share=0.1)
    window.session.training.fine_tune()
    wait_for(qtbot, window, Status.FINISHED)
    history = window.session.runs.current.history
    names, rows = window.curves.table()
    estimates = ["train error estimate", "test error estimate"]
    assert names == ["epoch", "train error", "test error", "validation error", *estimates]
    assert [row[0] for row in rows] == [0, *EARLY, 1, 2]
    assert [row[2] for row in rows if row[2] != ""] == history.error.test.values
    assert [row[5] for row in rows] == ["", *history.error.early_test.values, "", ""]
    assert rows[0][3] == ""
    assert rows[-1][3] == history.error.validation.values[-1]
    turn_to(qtbot, window, "lossView")
    names, rows = window.curves.table()
    assert names[:4] == ["epoch", "train loss", "test loss", "validation loss"]
    assert [row[1] for row in rows if row[1] != ""] == history.loss.train.values


# ---- looks
