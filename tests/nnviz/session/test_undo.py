"""Ctrl+Z takes back what was done last: a setting, a reset, a stroke."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QLineEdit, QPushButton, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from engine.training.trainer import Trainer
from nnviz.cards.stage.draw.canvas import PEN_UNIT
from nnviz.digits.strokes import Ink
from nnviz.session.status import Status
from nnviz.session.undo import Kind, Step, Undo
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Gate, Model
from tests.nnviz.helpers import (
    action,
    click,
    drag,
    drag_on,
    find,
    pause,
    press,
    retype,
    seven,
    train_epochs,
    train_for_a_while,
    wait_for,
)


def undo(qtbot: QtBot, window: MainWindow) -> None:
    """By key, with no text field in focus, which would take it for itself."""
    window.canvas.setFocus()
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def redo(qtbot: QtBot, window: MainWindow) -> None:
    """The same."""
    window.canvas.setFocus()
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)


def test_settings_and_a_reset_by_key(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    first = window.session.settings.experiment
    retype(qtbot, window, "learningRateEdit", "-1")
    assert window.session.undo.last() is None, "a refused value leaves nothing to undo"
    retype(qtbot, window, "learningRateEdit", "0.5")
    retype(qtbot, window, "shapeEdit", "784, 20, 10")
    last = window.session.settings.experiment
    assert "shape" in action(window, "actionUndo").text()
    undo(qtbot, window)
    assert window.session.settings.experiment.shape == first.shape
    assert window.session.settings.experiment.training.learning_rate == 0.5
    assert window.session.runs.current.network.shape == list(first.shape)
    assert find(window, QLineEdit, "shapeEdit").text() == "784, 64, 32, 10"
    undo(qtbot, window)
    assert window.session.settings.experiment == first
    assert float(find(window, QLineEdit, "learningRateEdit").text()) == first.training.learning_rate
    redo(qtbot, window)
    redo(qtbot, window)
    assert window.session.settings.experiment == last

    train_epochs(qtbot, window, 2)
    trained, parameters = session.runs.current, session.runs.current.network.parameters.copy()
    curve = list(session.runs.current.history.error.test.values)
    assert window.isWindowModified()
    click(qtbot, window, QPushButton, "resetButton")
    assert session.runs.current is not trained
    assert not window.isWindowModified()
    assert session.state is Status.READY
    assert session.runs.current.history.error.test.values == []
    undo(qtbot, window)
    assert session.runs.current is trained
    np.testing.assert_array_equal(session.displayed.network.parameters, parameters)
    assert session.runs.current.history.error.test.values == curve
    assert window.isWindowModified()
    assert session.state is Status.FINISHED
    assert find(window, QLabel, "runStatus").text().startswith("epoch 2 of 2")
    assert session.runs.current.progress.share_done == 1
    redo(qtbot, window)
    assert session.runs.current is not trained
    undo(qtbot, window)
    train_epochs(qtbot, window, 1)
    assert session.runs.current.history.error.test.epochs == [0, 1, 2, 3], "it goes on where it was"


def test_reset_in_the_middle_of_training(ready_model: Model, qtbot: QtBot) -> None:
    model, session = ready_model, ready_model.session
    train_for_a_while(qtbot, model)
    trained = session.runs.current
    session.reset()
    assert session.state is Status.READY
    session.undo.undo()
    assert session.runs.current is trained
    wait_for(qtbot, model, Status.PAUSED)
    assert session.runs.current.history.completed >= 1
    epochs = session.runs.current.history.completed
    session.step_epoch()
    wait_for(qtbot, model, Status.PAUSED)
    # It may have been left behind an epoch's last batch, before its figures: those come first then.
    assert session.runs.current.history.completed in (epochs + 1, epochs + 2)


@pytest.mark.parametrize("shape", [(784, 64, 32, 10), (784, 7, 10)])
def test_a_paused_run_comes_back_where_it_stood(ready_model: Model, qtbot: QtBot, shape: tuple[int, ...]) -> None:
    """With its place in the epoch, its optimizer's memory and its random numbers; also where another shape waits."""
    session = ready_model.session
    session.settings.change("optimizer", optimizer="momentum")
    session.settings.change("epochs", epochs=3)
    for _ in range(3):
        session.step_batch()
        wait_for(qtbot, ready_model, Status.PAUSED)
    run = session.runs.current
    state = session.training.runner.call(run.id, lambda trainer: trainer.state()).result(10)
    whole = Trainer.resume(run.network.copy(), session.data.dataset, state)
    list(whole.run())
    if shape != session.settings.experiment.shape:
        session.settings.change("shape", shape=shape)
    session.reset()
    assert session.runs.current is not run
    session.undo.undo()
    assert session.runs.current is run
    assert (session.training.progress.epoch, session.training.progress.batch) == (1, 3)
    if session.training.starts_new_network:
        session.undo.undo()  # the shape that waits, which would be trained
    session.start()
    wait_for(qtbot, ready_model, Status.FINISHED)
    assert session.runs.current is run
    np.testing.assert_array_equal(session.displayed.network.parameters, whole.network.parameters)


def test_of_two_resets_each_brings_its_run_back_in_its_middle(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    runs = []
    for _ in range(2):
        session.step_batch()
        wait_for(qtbot, ready_model, Status.PAUSED)
        runs.append(session.runs.current)
        session.reset()
    for run in reversed(runs):
        session.undo.undo()
        assert session.runs.current is run
        assert session.training.is_in_progress
        assert session.state is Status.PAUSED
    session.step_batch()
    wait_for(qtbot, ready_model, Status.TRAINING)
    wait_for(qtbot, ready_model, Status.PAUSED)
    assert session.runs.current is runs[0]
    assert session.training.progress.batch == 2, "it goes on where it stood"


def test_a_run_left_between_its_last_batch_and_its_figures_comes_back_there(
    ready_model: Model, qtbot: QtBot, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Train, reset, undo, start, pause: it goes on, and the past of the drawing stays."""
    model, session = ready_model, ready_model.session
    monkeypatch.setattr("nnviz.jobs.timing._LONG_MEASUREMENT", 0)  # so that it may be left there
    run = session.runs.current
    for _ in range(4):
        session.step_batch()
        wait_for(qtbot, model, Status.PAUSED)
    moments, seen = [moment.epochs for moment in run.snapshots], []
    finish = Trainer._finish_epoch

    def held(self: Trainer) -> Any:
        gate.close()  # the next pass is that of the evaluation
        return finish(self)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_finish_epoch", held)
        session.step_epoch()
        gate.wait_until_reached()
    session.reset()
    session.undo.undo()
    assert session.runs.current is run
    session.displayed.changed.connect(lambda: seen.append(run.epochs))
    session.start()
    session.pause()
    gate.open()
    wait_for(qtbot, model, Status.PAUSED)
    assert run.epochs >= 1
    assert seen == sorted(seen)
    assert seen[0] >= 4 / 5
    assert [moment.epochs for moment in run.snapshots][: len(moments)] == moments
    session.step_epoch()
    wait_for(qtbot, model, Status.PAUSED)
    assert run.history.error.train.epochs == [0, 1, 2]


def test_reset_of_what_has_not_learned_is_no_step(ready_model: Model) -> None:
    ready_model.session.reset()
    assert ready_model.session.undo.last() is None


def test_undo_of_a_setting_in_the_middle_of_training(ready_model: Model, qtbot: QtBot) -> None:
    model, session = ready_model, ready_model.session
    train_for_a_while(qtbot, model)
    before = session.settings.experiment.training.learning_rate
    session.settings.change("learning rate", learning_rate=0.012)
    session.undo.undo()
    assert session.settings.experiment.training.learning_rate == before
    assert session.state is Status.TRAINING
    pause(qtbot, model)


# ---- the drawing


def strokes(window: MainWindow) -> int:
    """How many are drawn."""
    return len(window.canvas.strokes)


def test_strokes_and_what_was_touched_last_is_undone_first_and_the_pen_stays_out_of_it(
    ready_window: MainWindow, qtbot: QtBot
) -> None:
    """Keys may come while the button is down; the rest of that stroke has nothing to hang on."""
    window = ready_window
    clear, back = find(window, QToolButton, "clearButton"), find(window, QToolButton, "undoStrokeButton")
    assert not clear.isVisible()
    assert not back.isVisible()
    drag(window.canvas, seven(window.canvas))
    assert clear.isVisible()
    assert back.isVisible()
    click(qtbot, window, QToolButton, "clearButton")
    assert not clear.isVisible()
    assert back.isVisible()
    click(qtbot, window, QToolButton, "undoStrokeButton")
    click(qtbot, window, QToolButton, "undoStrokeButton")
    assert not back.isVisible()

    drag(window.canvas, seven(window.canvas))
    drag(window.canvas, [(30, 60), (90, 60)])
    assert strokes(window) == 2
    both = window.canvas.network_input()
    undo(qtbot, window)
    assert strokes(window) == 1
    undo(qtbot, window)
    assert window.canvas.is_empty
    assert window.session.prediction is None
    redo(qtbot, window)
    redo(qtbot, window)
    np.testing.assert_array_equal(window.canvas.network_input(), both)
    click(qtbot, window, QToolButton, "undoStrokeButton")
    assert strokes(window) == 1
    click(qtbot, window, QToolButton, "undoStrokeButton")

    drag(window.canvas, seven(window.canvas))
    drawn = window.canvas.network_input()
    click(qtbot, window, QToolButton, "clearButton")
    assert window.canvas.is_empty
    click(qtbot, window, QToolButton, "undoStrokeButton")
    np.testing.assert_array_equal(window.canvas.network_input(), drawn)
    press(qtbot, window, Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    assert window.canvas.is_empty
    undo(qtbot, window)
    assert not window.canvas.is_empty
    undo(qtbot, window)
    assert window.canvas.is_empty

    drag(window.canvas, [(30, 30), (60, 60)])
    drag(window.canvas, [(90, 30), (60, 90)], release=False)
    press(qtbot, window, Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    drag_on(window.canvas, (95, 95))
    assert window.canvas.is_empty
    drag(window.canvas, [(95, 35), (99, 99)])
    assert strokes(window) == 1

    window.canvas.set_strokes([])
    window.session.undo.clear()
    slider = find(window, QSlider, "penWidthSlider")
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_End)
    side = min(window.canvas.width(), window.canvas.height())
    assert window.canvas.pen_width == pytest.approx(slider.maximum() * side / PEN_UNIT)
    assert not action(window, "actionUndo").isEnabled()

    before = window.session.settings.experiment.training.learning_rate
    retype(qtbot, window, "learningRateEdit", "0.5")
    drag(window.canvas, seven(window.canvas))
    undo(qtbot, window)
    assert window.canvas.is_empty
    assert window.session.settings.experiment.training.learning_rate == 0.5
    undo(qtbot, window)
    assert window.session.settings.experiment.training.learning_rate == before
    redo(qtbot, window)
    assert window.session.settings.experiment.training.learning_rate == 0.5
    redo(qtbot, window)
    assert not window.canvas.is_empty

    undo(qtbot, window)
    undo(qtbot, window)
    window.session.undo.clear()
    drag(window.canvas, [(30, 30), (60, 60)])
    retype(qtbot, window, "epochsEdit", "3")
    drag(window.canvas, [(90, 30), (60, 90)])
    retype(qtbot, window, "epochsEdit", "4")
    seen = []
    for _ in range(4):
        undo(qtbot, window)
        seen.append((window.session.settings.experiment.training.epochs, strokes(window)))
    assert seen == [(3, 2), (3, 1), (20, 1), (20, 0)]
    assert not action(window, "actionUndo").isEnabled()
    for _ in range(4):
        redo(qtbot, window)
    assert (window.session.settings.experiment.training.epochs, strokes(window)) == (4, 2)


@pytest.mark.parametrize("changes", [29, 30, 31, 120])
def test_the_last_thing_done_is_undone_first_also_where_there_are_many(ready_model: Model, changes: int) -> None:
    """Changes, a drawing, a change; if there are too many steps the oldest are forgotten."""
    session = ready_model.session
    for number in range(changes):
        session.settings.change("epochs", epochs=100 + number)
    session.sketch.replace("picture", (Ink(np.full((9, 9), 0.5, np.float32), 0.5),))
    session.settings.change("learning rate", learning_rate=0.5)
    session.undo.undo()
    assert session.settings.experiment.training.learning_rate == 0.2
    assert session.sketch.drawing, "the change goes, not the drawing"
    session.undo.undo()
    assert not session.sketch.drawing
    assert session.settings.experiment.training.epochs == 99 + changes
    session.undo.undo()
    assert session.settings.experiment.training.epochs == 98 + changes


def test_steps_of_all_kinds_have_one_limit() -> None:
    done: list[int] = []
    steps = Undo()
    for number in range(500):
        steps.push(Step(f"step {number}", Kind.SETTINGS, done.append, -number, number))
    undone = 0
    while steps.last() is not None:
        assert steps.last().text == f"step {499 - undone}"
        steps.undo()
        undone += 1
    assert 30 < undone < 500
    assert done[-1] == -(500 - undone)


def test_drawings_have_a_budget_in_bytes(ready_model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ready_model.session
    pictures = [Ink(np.full((100, 100), 0.5, np.float32), 0.5) for _ in range(5)]
    monkeypatch.setattr("nnviz.session.undo._MOST_BYTES", 3 * pictures[0].nbytes)
    for picture in pictures:
        session.sketch.replace("picture", (picture,))
    drawings = []
    while session.undo.last() is not None:
        session.undo.undo()
        drawings.append(session.sketch.drawing)
    assert drawings == [(pictures[3],), (pictures[2],), (pictures[1],)]


def test_the_last_of_a_kind_can_be_taken_back_alone() -> None:
    values = {Kind.SETTINGS: 0, Kind.DRAWING: 0}
    steps = Undo()
    for kind, value in ((Kind.DRAWING, 1), (Kind.SETTINGS, 1), (Kind.SETTINGS, 2)):
        steps.push(Step("", kind, lambda new, kind=kind: values.update({kind: new}), value - 1, value))
    steps.undo_last(Kind.DRAWING)
    assert values == {Kind.SETTINGS: 2, Kind.DRAWING: 0}
    steps.redo()
    assert values[Kind.DRAWING] == 1
    steps.undo()
    assert values[Kind.DRAWING] == 0, "it is the last thing done again"
    steps.undo()
    assert values[Kind.SETTINGS] == 1
