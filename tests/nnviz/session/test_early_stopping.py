"""The validation set has a curve of its own; early stopping restores the best network, and the window shows it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtWidgets import QAction, QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.training.events import BestRestored
from engine.training.metrics import Evaluator
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.formatting import text
from nnviz.library import Library
from nnviz.library.run_file import read_run, write_run
from nnviz.session.file_writing import provenance_of
from nnviz.session.shared_queries import MISTAKES
from nnviz.session.status import Status
from nnviz.ui.elided_label import ElidedLabel
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.conftest import Model, Restart
from tests.nnviz.helpers import click, find, hover, is_shown, pick, train_epochs, wait_for
from tests.nnviz.session.helpers import reopen, save


def stop_early(qtbot: QtBot, model: Model, epochs: int = 60, patience: int = 2) -> BestRestored:
    """Trains until early stopping; returns its last event."""
    reported: list[BestRestored] = []
    runner = model.session.training.runner
    runner.reported.connect(lambda _, event: reported.append(event) if isinstance(event, BestRestored) else None)
    model.session.settings.change("stopping", validation_share=0.2, patience=patience, epochs=epochs, learning_rate=0.5)
    model.session.start()
    wait_for(qtbot, model, Status.FINISHED)
    assert len(reported) == 1
    return reported[0]


def test_the_best_network_is_restored_and_displayed_and_can_be_trained_further(
    make_cards: MakeCards, qtbot: QtBot, home: Path
) -> None:
    """Its parameters belong to their epoch, not to the one at which training stopped; also after a reset is undone."""
    window = make_cards("curvesDock")
    window.add_bars()
    session = window.session
    best = stop_early(qtbot, window)
    history = session.runs.current.history
    error = history.error
    assert best.early
    assert best.epoch < history.completed == best.epoch + 2
    np.testing.assert_array_equal(session.displayed.network.parameters, session.runs.current.network.parameters)
    assert error.validation.epochs == error.test.epochs
    place = error.test.epochs.index(best.epoch)
    assert best.figures.error == min(error.validation.values)
    reported = f"stopped early · best at epoch {best.epoch} · validation {text.percent(best.figures.error)}"
    assert find(window, QLabel, "runStatus").text() == reported
    assert find(window, QLabel, "testFigure").text() == text.percent(error.test.values[place])
    assert find(window, QLabel, "trainFigure").text() == text.percent(error.train.values[place])
    provenance = provenance_of(session.runs.current, "digits")
    assert provenance.epochs == best.epoch
    assert provenance.test_error == error.test.values[place]
    assert provenance.validation_error == best.figures.error
    assert session.runs.current.unsaved
    run = session.runs.current
    assert run.epochs == best.epoch
    last = list(run.snapshots)[-1]
    assert last.epochs == best.epoch
    np.testing.assert_allclose(last.parameters, run.network.parameters, atol=3e-5)  # packed
    figures = run.figures()
    session.reset()
    assert "test_error" not in session.runs.current.figures()
    session.undo.undo()
    assert session.runs.current.figures() == figures

    save(qtbot, window, home / "best.npz")
    reopen(qtbot, window, home / "best.npz")
    assert find(window, QLabel, "runStatus").text().startswith("stopped early")
    before = session.runs.current.network.parameters.copy()
    session.settings.change("patience", patience=0)
    train_epochs(qtbot, window, 1)
    run = session.runs.current
    assert (run.history.completed, run.epochs, run.history.best) == (best.epoch + 3, best.epoch + 3, None)
    assert not np.array_equal(run.network.parameters, before)


def noisy_table(folder: Path) -> Path:
    """800 rows to train on and 200 for the test: one column of four says something of the class."""
    draw = np.random.default_rng(2)
    inputs = draw.normal(size=(1000, 4))
    classes = inputs[:, 0] + draw.normal(size=1000) > 0
    rows = [",".join([*map(str, row), "yes" if wanted else "no"]) for row, wanted in zip(inputs, classes, strict=True)]
    (folder / "noisy.csv").write_text("\n".join(["a,b,c,d,passed", *rows]))
    return folder / "noisy.csv"


def test_a_table_of_ones_own_ends_by_itself_at_its_best_epoch(
    ready_window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    """With nothing but the defaults; "More epochs" continues from the best epoch, and does not end in a worse one."""
    window, session = ready_window, ready_window.session
    window.resize(1280, 720)
    session.data.load(str(noisy_table(tmp_path)))
    qtbot.waitUntil(lambda: is_shown(session.data))
    pick(qtbot, window, "presetCombo", "First steps")
    assert (
        "First steps for 800 examples: AdamW 0.001, weight decay 0.5, batches of 10, up to 200 epochs, "
        "stops when the validation error has not improved for 15 epochs."
    ) in find(window, QComboBox, "presetCombo").toolTip()
    click(qtbot, window, QPushButton, "trainButton")
    qtbot.waitUntil(lambda: session.state is Status.FINISHED, timeout=60_000)
    history, best = session.runs.current.history, session.runs.current.history.best
    assert best is not None
    assert best.early
    assert history.completed == best.epoch + 15 < 200
    assert best.figures.error == min(history.error.validation.values)
    place = history.error.test.epochs.index(best.epoch)
    assert find(window, QLabel, "testFigure").text() == text.percent(history.error.test.values[place])
    assert f"best at epoch {text.epochs(best.epoch)}" in find(window, ElidedLabel, "runStatus").text()
    assert window.findChild(QAction, "actionShowValidation").isVisible()
    click(qtbot, window, QPushButton, "trainButton")
    qtbot.waitUntil(lambda: session.state is Status.FINISHED and session.runs.current.history.best is not best)
    again = session.runs.current.history.best
    assert again is None or again.figures.error <= best.figures.error


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


def test_training_again_goes_on_from_there(ready_model: Model, qtbot: QtBot) -> None:
    model, session = ready_model, ready_model.session
    stop_early(qtbot, model)
    done = session.runs.current.history.completed
    session.settings.change("patience", patience=0)
    train_epochs(qtbot, model, 1)
    assert session.runs.current.history.completed == done + 1
    assert session.runs.current.history.best is None


# ---- the third curve


def read_out(qtbot: QtBot, plot: CurvePlot) -> str:
    """The read-out with the mouse in the middle of the plot."""
    box = plot.getPlotItem().getViewBox()
    place = box.mapViewToScene(box.viewRect().center())
    hover(plot.viewport(), (place.x(), place.y()))
    reported = plot.findChild(QLabel, "readOut")
    qtbot.waitUntil(reported.isVisible)
    return reported.text()


def test_the_curve_and_its_key_are_there_only_with_a_validation_set(make_cards: MakeCards, qtbot: QtBot) -> None:
    """The axis holds all curves. The best is restored also where all epochs were trained."""
    window = make_cards("curvesDock")
    window.add_bars()
    plot, key = find(window, CurvePlot, "errorPlot"), window.findChild(QAction, "actionShowValidation")
    train_epochs(qtbot, window, 1)
    assert not key.isVisible()
    assert "validation" not in read_out(qtbot, plot)
    window.session.reset()
    window.session.settings.change("validation", validation_share=0.1)
    train_epochs(qtbot, window, 2)
    assert key.isVisible()
    assert window.session.runs.current.history.error.validation.epochs == [0, 1, 2]
    figure = window.session.runs.current.history.error.validation.values[1]
    assert f"validation {text.percent(figure)}" in read_out(qtbot, plot)
    run = window.session.runs.current
    (low, high) = plot.getPlotItem().getViewBox().targetRange()[1]
    values = np.log10(100 * np.array(run.history.error.validation.values[1:]))
    assert low <= values.min()
    assert values.max() <= high
    assert run.history.error.validation.values[-1] == pytest.approx(run.figures()["validation_error"])
    window.session.reset()
    assert not key.isVisible()

    best = stop_early(qtbot, window, epochs=2, patience=50)
    assert not best.early
    assert find(window, QLabel, "runStatus").text().startswith("best at epoch")
    np.testing.assert_array_equal(
        window.session.displayed.network.parameters, window.session.runs.current.network.parameters
    )


# ---- there and back


def expect_the_best(model: Model, best: BestRestored, status: Status) -> None:
    """Every figure is that of the network's weights, measured by hand."""
    session = model.session
    run, dataset = session.runs.current, session.dataset
    assert dataset is not None
    assert dataset.test is not None
    by_hand = Evaluator(run.displayed_network(), dataset.test).evaluate()
    assert run.epochs == run.epoch_of_figures == best.epoch
    assert run.history.completed == best.epoch + 2
    assert run.history.best is not None
    assert (run.history.best.epoch, run.history.best.early) == (best.epoch, True)
    assert run.history.best.figures.error == best.figures.error
    assert run.figures()["test_error"] == by_hand.error
    assert run.figures()["test_loss"] == pytest.approx(by_hand.loss, rel=1e-5)
    assert run.figures()["validation_error"] == best.figures.error
    assert session.mistakes.counts is not None
    assert by_hand.confusion is not None
    np.testing.assert_array_equal(session.mistakes.counts.matrix, by_hand.confusion)
    assert session.state is status
    assert provenance_of(run, "digits").test_error == by_hand.error


def matrix_is_there(qtbot: QtBot, model: Model) -> None:
    model.session.queries.want("a test", (MISTAKES,), True)
    counts = model.session.mistakes
    qtbot.waitUntil(lambda: counts.counts is not None and counts.counts.is_now)


@pytest.mark.parametrize(
    ("name", "status"), [("best.json", Status.READY), ("best.npz", Status.FINISHED)], ids=["json", "npz"]
)
def test_a_file_tells_the_figures_of_the_weights_in_it(
    ready_model: Model, qtbot: QtBot, home: Path, name: str, status: Status
) -> None:
    model = ready_model
    best = stop_early(qtbot, model)
    save(qtbot, model, home / name)
    reopen(qtbot, model, home / name)
    wait_for(qtbot, model, status)
    matrix_is_there(qtbot, model)
    expect_the_best(model, best, status)


def test_a_run_opened_from_the_library_is_as_it_was_left(restart: Restart, qtbot: QtBot, home: Path) -> None:
    """After two starts, and after it was exported and imported."""
    model = restart()
    qtbot.waitUntil(lambda: is_shown(model.session.data))
    best = stop_early(qtbot, model)
    record = model.session.runs.current.storage.record
    assert record is not None
    for _ in range(2):
        assert model.close()
        model = restart()
        qtbot.waitUntil(lambda model=model: model.session.runs.current.storage.record == record, timeout=20_000)
        wait_for(qtbot, model, Status.FINISHED)
        matrix_is_there(qtbot, model)
        expect_the_best(model, best, Status.FINISHED)
    with Library() as library:
        write_run(library, record, home / "run.nnvizrun")
        imported = read_run(library, home / "run.nnvizrun")
        assert library.run(imported).figures == library.run(record).figures
        assert (library.run(imported).measured, library.run(record).status) == (best.epoch, "finished")
    model.session.library.open(imported)
    qtbot.waitUntil(lambda: model.session.runs.current.storage.record == imported)
    matrix_is_there(qtbot, model)
    expect_the_best(model, best, Status.FINISHED)


def test_a_file_of_before_that_does_not_name_the_best_epoch(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    """It says how long its weights were trained, and its curves say what was measured then."""
    model = ready_model
    best = stop_early(qtbot, model)
    save(qtbot, model, home / "best.json")
    reported = json.loads((home / "best.json").read_text())
    assert reported["provenance"]["curves"].pop("best")["epoch"] == best.epoch
    (home / "best.json").write_text(json.dumps(reported))
    reopen(qtbot, model, home / "best.json")
    matrix_is_there(qtbot, model)
    expect_the_best(model, best, Status.READY)
