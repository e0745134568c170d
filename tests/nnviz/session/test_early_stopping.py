"""The validation set has a curve of its own; early stopping restores the best network, and the window shows it."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.events import BestRestored
from nnviz.look import text
from nnviz.session.status import Status
from nnviz.widgets.plots.curve_plot import CurvePlot
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import action, find, hover, train_epochs, wait_for


def stop_early(qtbot: QtBot, model: Model, epochs: int = 60, patience: int = 2) -> BestRestored:
    """Trains until early stopping; returns its last event."""
    told: list[BestRestored] = []
    runner = model.session.training.runner
    runner.told.connect(lambda _, event: told.append(event) if isinstance(event, BestRestored) else None)
    model.session.settings.change("stopping", validation_share=0.2, patience=patience, epochs=epochs, learning_rate=0.5)
    model.session.start()
    wait_for(qtbot, model, Status.FINISHED)
    assert len(told) == 1
    return told[0]


def test_the_best_network_is_restored_and_displayed(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    best = stop_early(qtbot, window)
    history = session.runs.current.history
    error = history.error
    assert best.early
    assert best.epoch < history.completed == best.epoch + 2
    np.testing.assert_array_equal(session.displayed.network.parameters, session.runs.current.network.parameters)
    assert error.validation.epochs == error.test.epochs
    place = error.test.epochs.index(best.epoch)
    assert best.figures.error == min(error.validation.values)
    assert find(window, QLabel, "runState").text() == "Stopped early:"
    told = f"best at epoch {best.epoch} (validation {text.percent(best.figures.error)})"
    assert find(window, QLabel, "runStatus").text() == told
    assert find(window, QLabel, "testFigure").text() == text.percent(error.test.values[place])
    assert find(window, QLabel, "trainFigure").text() == text.percent(error.train.values[place])
    provenance = session.runs.current.provenance("digits")
    assert provenance.epochs == best.epoch
    assert provenance.test_error == error.test.values[place]
    assert provenance.validation_error == best.figures.error
    assert window.isWindowModified()


def test_the_best_parameters_belong_to_their_epoch(ready_model: Model, qtbot: QtBot) -> None:
    """Not to the epoch at which training stopped."""
    best = stop_early(qtbot, ready_model)
    run = ready_model.session.runs.current
    assert run.epochs == best.epoch
    last = list(run.snapshots)[-1]
    assert last.epochs == best.epoch
    np.testing.assert_allclose(last.parameters, run.network.parameters, atol=3e-5)  # packed


def test_also_where_all_epochs_were_trained(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    best = stop_early(qtbot, window, epochs=2, patience=50)
    assert not best.early
    assert find(window, QLabel, "runState").text() == "Finished"
    assert "best at epoch" in find(window, QLabel, "runStatus").text()
    np.testing.assert_array_equal(
        window.session.displayed.network.parameters, window.session.runs.current.network.parameters
    )


def test_in_steps_it_ends_too(ready_model: Model, qtbot: QtBot) -> None:
    """An epoch at a time; the last step has nothing to learn any more."""
    model, session = ready_model, ready_model.session
    session.settings.change("stopping", validation_share=0.2, patience=1, epochs=60, learning_rate=0.5)
    for _ in range(70):
        session.step_epoch()
        wait_for(qtbot, model, Status.TRAINING)
        wait_for(qtbot, model, Status.PAUSED, Status.FINISHED)
        if session.state is Status.FINISHED:
            break
    assert session.runs.current.history.best is not None
    assert session.runs.current.history.best.early


def test_training_again_goes_on_from_there(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    stop_early(qtbot, window)
    done = session.runs.current.history.completed
    session.settings.change("patience", patience=0)
    train_epochs(qtbot, window, 1)
    assert session.runs.current.history.completed == done + 1
    assert session.runs.current.history.best is None
    assert find(window, QLabel, "runState").text() == "Finished"


def test_undo_of_a_reset_shows_the_figures_of_the_best(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    stop_early(qtbot, window)
    figure = find(window, QLabel, "testFigure").text()
    window.session.reset()
    assert find(window, QLabel, "testFigure").text() == "–"
    action(window, "actionUndo").trigger()
    assert find(window, QLabel, "testFigure").text() == figure


# ---- the third curve


def read_out(qtbot: QtBot, plot: CurvePlot) -> str:
    """The read-out with the mouse in the middle of the plot."""
    box = plot.getPlotItem().getViewBox()
    place = box.mapViewToScene(box.viewRect().center())
    hover(plot.viewport(), (place.x(), place.y()))
    told = plot.findChild(QLabel, "readOut")
    qtbot.waitUntil(told.isVisible)
    return told.text()


def test_the_curve_and_its_key_are_there_only_with_a_validation_set(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    plot, key = find(window, CurvePlot, "errorPlot"), find(window, QWidget, "validationKey")
    train_epochs(qtbot, window, 1)
    assert not key.isVisibleTo(window)
    assert "validation" not in read_out(qtbot, plot)
    window.session.reset()
    window.session.settings.change("validation", validation_share=0.1)
    train_epochs(qtbot, window, 2)
    assert key.isVisibleTo(window)
    assert window.session.runs.current.history.error.validation.epochs == [0, 1, 2]
    figure = window.session.runs.current.history.error.validation.values[1]
    assert f"validation {text.percent(figure)}" in read_out(qtbot, plot)
    window.session.reset()
    assert not key.isVisibleTo(window)


def test_a_run_without_a_test_split_of_its_own(ready_window: MainWindow, qtbot: QtBot) -> None:
    """The axis holds all curves."""
    window = ready_window
    window.session.settings.change("validation", validation_share=0.1)
    train_epochs(qtbot, window, 1)
    (low, high) = find(window, CurvePlot, "errorPlot").getPlotItem().getViewBox().targetRange()[1]
    values = np.log10(100 * np.array(window.session.runs.current.history.error.validation.values[1:]))
    assert low <= values.min()
    assert values.max() <= high
    assert window.session.runs.current.history.error.validation.values[-1] == pytest.approx(
        window.session.runs.current.figures()["validation_error"]
    )
