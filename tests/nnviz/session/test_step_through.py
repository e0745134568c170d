"""One step is written down beside the training, taken for real, and taken back."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset, regression_split
from nnviz.panels.step_parts import effect_text
from nnviz.session.selection import Example
from nnviz.session.status import Status
from nnviz.session.step_through import StepThrough, Written
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import MANY_EPOCHS

SEVEN = [np.array([[60, 60], [120, 55], [180, 60], [150, 120], [120, 200]], float)]


@pytest.fixture
def step_through(ready_window: MainWindow) -> StepThrough:
    found = ready_window.session.step_through
    found.want(True)
    return found


def newest(step_through: StepThrough, qtbot: QtBot) -> Written:
    qtbot.waitUntil(lambda: step_through.is_newest)
    assert step_through.written is not None
    return step_through.written


def at_rest(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.session.state in (Status.PAUSED, Status.FINISHED, Status.READY))


def take(window: MainWindow, qtbot: QtBot) -> Written:
    """Takes the newest step, and waits until it is over."""
    step_through = window.session.step_through
    written = newest(step_through, qtbot)
    before = window.session.runs.current.changes
    step_through.take()
    qtbot.waitUntil(lambda: window.session.runs.current.changes > before)
    at_rest(window, qtbot)
    return written


def parameters(window: MainWindow) -> np.ndarray:
    return window.session.displayed.as_trained.parameters


def test_the_next_batch_is_really_taken_and_undone(
    step_through: StepThrough, ready_window: MainWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    first = parameters(ready_window).copy()
    for number in (1, 2, 3):
        written = take(ready_window, qtbot)
        assert written.step.batch == number
        assert np.array_equal(parameters(ready_window), written.step.after.parameters)
    after = parameters(ready_window).copy()
    session.undo.undo()
    assert session.training.progress.batch == 2
    again = newest(step_through, qtbot)
    assert again.step.batch == 3
    session.undo.redo()
    qtbot.waitUntil(lambda: session.training.progress.batch == 3 and session.state is Status.PAUSED)
    assert np.array_equal(parameters(ready_window), after)
    for _ in range(3):
        session.undo.undo()
    assert session.state is Status.READY
    assert np.array_equal(parameters(ready_window), first)
    assert not session.runs.current.unsaved
    assert newest(step_through, qtbot).step.batch == 1


def test_what_comes_after_undo_is_what_would_have_come(
    step_through: StepThrough, ready_window: MainWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    session.settings.change("optimizer", optimizer="adam", learning_rate=0.001)
    take(ready_window, qtbot)
    second = take(ready_window, qtbot)
    session.undo.undo()
    third = take(ready_window, qtbot)
    assert np.array_equal(second.step.after.parameters, third.step.after.parameters)
    assert np.array_equal(parameters(ready_window), second.step.after.parameters)


def test_one_example_is_learned_and_taken_back(
    step_through: StepThrough, ready_window: MainWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    session.settings.change("optimizer", optimizer="momentum", learning_rate=0.01)
    ready_window.canvas.set_strokes(SEVEN)
    step_through.choose(True)
    step_through.learn_as(7)
    before = parameters(ready_window).copy()
    one = take(ready_window, qtbot)
    assert one.step.is_given
    assert one.step.targets[0].argmax() == 7
    two = take(ready_window, qtbot)
    assert two.step.loss < one.step.loss
    assert two.step.averages_before.kept
    assert np.array_equal(parameters(ready_window), two.step.after.parameters)
    step_through.choose(False)
    batch = take(ready_window, qtbot)
    assert np.array_equal(batch.step.network.parameters, two.step.after.parameters)
    for _ in range(3):
        session.undo.undo()
    assert np.array_equal(parameters(ready_window), before)
    assert session.state is Status.READY


def test_a_chosen_example_brings_its_own_target(
    step_through: StepThrough, ready_window: MainWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    step_through.choose(True)
    assert "example" in step_through.line
    session.selection.choose_example(Example("test", 3))
    written = newest(step_through, qtbot)
    assert session.dataset is not None
    assert session.dataset.test is not None
    assert session.dataset.test.labels is not None
    assert written.step.targets[0].argmax() == session.dataset.test.labels[3]
    assert step_through.target is None


def test_what_was_trained_since_is_not_lost(step_through: StepThrough, ready_window: MainWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    take(ready_window, qtbot)
    session.step_batch()
    qtbot.waitUntil(lambda: session.training.progress.batch == 2)
    at_rest(ready_window, qtbot)
    now = parameters(ready_window).copy()
    session.undo.undo()
    assert "since" in session.messages.current.text
    assert np.array_equal(parameters(ready_window), now)
    session.undo.redo()
    assert np.array_equal(parameters(ready_window), now)


def test_while_it_trains_the_moment_stays_until_another_is_wanted(
    step_through: StepThrough, ready_window: MainWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    first = newest(step_through, qtbot)
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    first = newest(step_through, qtbot)
    session.start()
    qtbot.waitUntil(lambda: session.training.progress.batch > 5)
    assert step_through.written is first
    assert not step_through.is_newest
    assert not step_through.can_take
    step_through.look_now()
    qtbot.waitUntil(lambda: step_through.written is not first)
    assert step_through.written is not None
    assert step_through.written.step.epoch >= 1
    session.pause()
    at_rest(ready_window, qtbot)
    assert newest(step_through, qtbot).about.changes == session.runs.current.changes


def test_a_gradient_can_be_measured(step_through: StepThrough, ready_window: MainWindow, qtbot: QtBot) -> None:
    newest(step_through, qtbot)
    step_through.check_gradient(3, 2, 5)
    qtbot.waitUntil(lambda: step_through.check is not None)
    assert step_through.check is not None
    place, found = step_through.check
    assert place == (3, 2, 5)
    assert found.slope == pytest.approx(found.gradient, rel=1e-3, abs=1e-7)


def test_out_of_view_nothing_is_written_down(ready_window: MainWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    session.step_batch()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
    assert session.step_through.written is None


def test_a_regression_has_steps_too(step_through: StepThrough, ready_window: MainWindow, qtbot: QtBot) -> None:
    rng = np.random.default_rng(0)
    data = Dataset("numbers", regression_split("train", rng.normal(size=(50, 3)), rng.normal(size=(50, 2)), 3, 2))
    session = ready_window.session
    session.data.dataset = data
    session.data.changed.emit()
    session.settings.change("batch size", batch_size=5, loss="quadratic", activations=("relu", "relu", "identity"))
    session.settings.change_shape((3, 4, 4, 2))
    session.reset()
    qtbot.waitUntil(lambda: session.runs.current.network.shape == [3, 4, 4, 2])
    assert newest(step_through, qtbot).step.rows == 5
    assert step_through.target is None


def test_a_training_that_is_over_is_over_again(
    step_through: StepThrough, ready_window: MainWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    session.settings.change("epochs", epochs=1)
    session.start()
    qtbot.waitUntil(lambda: session.state is Status.FINISHED)
    before, figures = parameters(ready_window).copy(), session.runs.current.figures()
    session.selection.choose_example(Example("test", 3))
    for of_example in (True, False):
        step_through.choose(of_example)
        take(ready_window, qtbot)
        assert session.state is Status.PAUSED
        session.undo.undo()
        assert session.state is Status.FINISHED
        assert np.array_equal(parameters(ready_window), before)
        assert session.runs.current.figures() == figures
    found = session.training.runner.look(session.runs.current.id, lambda trainer: trainer is not None and trainer.epoch)
    qtbot.waitUntil(found.done)
    assert found.result() == 1


def test_what_a_step_does_is_measured_and_told_also_if_it_is_taken_at_once(
    step_through: StepThrough, ready_window: MainWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    session.selection.choose_example(Example("test", 3))
    step_through.choose(True)
    take(ready_window, qtbot)
    qtbot.waitUntil(lambda: step_through.effect_of_last is not None)
    did = step_through.effect_of_last
    assert did is not None
    qtbot.waitUntil(lambda: "test_error" in session.runs.current.figures())
    assert did.after == session.runs.current.figures()["test_error"]
    qtbot.waitUntil(lambda: step_through.effect is not None)
    assert step_through.effect is not None
    assert step_through.effect.before == did.after
    session.step_batch()
    qtbot.waitUntil(lambda: session.training.progress.batch > 0)
    at_rest(ready_window, qtbot)
    newest(step_through, qtbot)
    assert step_through.effect_of_last is None


def test_answers_that_are_not_finite_are_no_error_rate(
    step_through: StepThrough, ready_window: MainWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    session.settings.change("learning rate", learning_rate=1e30, optimizer="sgd")
    session.selection.choose_example(Example("test", 3))
    step_through.choose(True)
    newest(step_through, qtbot)
    qtbot.waitUntil(lambda: step_through.effect is not None)
    assert step_through.effect is not None
    assert np.isnan(step_through.effect.after)
    assert effect_text(step_through.effect).endswith("→ not finite")
