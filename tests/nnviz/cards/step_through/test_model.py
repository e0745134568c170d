"""A step is recorded beside the training, taken, and undone."""

from __future__ import annotations

import gc
from collections.abc import Callable
from threading import Event
from typing import Any
from weakref import ref

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset, regression_split
from engine.explain.step_trace import record_step
from engine.network.buffers import Buffers
from engine.training.divergence import loss_error
from engine.training.metrics import Evaluator
from nnviz.cards.step_through import model as module
from nnviz.cards.step_through.model import StepThrough
from nnviz.cards.step_through.step_request import RecordedStep
from nnviz.cards.step_through.view import effect_text
from nnviz.digits.strokes import Stroke
from nnviz.jobs import measurement as measuring
from nnviz.library import Library
from nnviz.session.selection import Example, Neuron
from nnviz.session.status import Status
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import MANY_EPOCHS, is_shown, train_epochs

SEVEN = (Stroke(np.array([[-0.25, -0.25], [0, -0.27], [0.25, -0.25], [0.13, 0], [0, 0.33]])),)


@pytest.fixture
def step_through(ready_model: Model) -> StepThrough:
    found = ready_model.session.models[StepThrough]
    found.choose(of_example=False)
    found.want(True)
    return found


def newest(step_through: StepThrough, qtbot: QtBot) -> RecordedStep:
    qtbot.waitUntil(lambda: step_through.is_newest)
    assert step_through.recorded is not None
    return step_through.recorded


def at_rest(model: Model, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: model.session.state in (Status.PAUSED, Status.FINISHED, Status.READY))


def take(model: Model, qtbot: QtBot) -> RecordedStep:
    """Takes the newest step, and waits until it is over."""
    step_through = model.session.models[StepThrough]
    written = newest(step_through, qtbot)
    before = model.session.runs.current.changes
    step_through.take()
    qtbot.waitUntil(lambda: model.session.runs.current.changes > before)
    at_rest(model, qtbot)
    return written


def parameters(model: Model) -> np.ndarray:
    return model.session.displayed.as_trained.parameters


def test_the_next_batch_is_really_taken_and_undone(step_through: StepThrough, ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    first = parameters(ready_model).copy()
    for number in (1, 2, 3):
        written = take(ready_model, qtbot)
        assert written.step.batch == number
        assert np.array_equal(parameters(ready_model), written.step.after.parameters)
    after = parameters(ready_model).copy()
    session.undo.undo()
    assert session.training.progress.batch == 2
    again = newest(step_through, qtbot)
    assert again.step.batch == 3
    session.undo.redo()
    qtbot.waitUntil(lambda: session.training.progress.batch == 3 and session.state is Status.PAUSED)
    assert np.array_equal(parameters(ready_model), after)
    for _ in range(3):
        session.undo.undo()
    assert session.state is Status.READY
    assert np.array_equal(parameters(ready_model), first)
    assert not session.runs.current.unsaved
    assert newest(step_through, qtbot).step.batch == 1


def test_what_comes_after_undo_is_what_would_have_come(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot
) -> None:
    session = ready_model.session
    session.settings.change("optimizer", optimizer="adam", learning_rate=0.001)
    take(ready_model, qtbot)
    second = take(ready_model, qtbot)
    session.undo.undo()
    third = take(ready_model, qtbot)
    assert np.array_equal(second.step.after.parameters, third.step.after.parameters)
    assert np.array_equal(parameters(ready_model), second.step.after.parameters)


def test_one_example_is_learned_and_taken_back(step_through: StepThrough, ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    session.settings.change("optimizer", optimizer="momentum", learning_rate=0.01)
    session.sketch.draw(SEVEN)
    step_through.choose(True)
    step_through.learn_as(7)
    before = parameters(ready_model).copy()
    one = take(ready_model, qtbot)
    assert one.step.is_given
    assert one.step.targets[0].argmax() == 7
    two = take(ready_model, qtbot)
    assert two.step.loss < one.step.loss
    assert two.step.averages_before.kept
    assert np.array_equal(parameters(ready_model), two.step.after.parameters)
    step_through.choose(False)
    batch = take(ready_model, qtbot)
    assert np.array_equal(batch.step.network.parameters, two.step.after.parameters)
    for _ in range(3):
        session.undo.undo()
    assert np.array_equal(parameters(ready_model), before)
    assert session.state is Status.READY


def test_a_chosen_example_brings_its_own_target(step_through: StepThrough, ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    step_through.choose(True)
    assert "example" in step_through.line
    session.selection.choose_example(Example("test", 3))
    written = newest(step_through, qtbot)
    assert session.dataset is not None
    assert session.dataset.test is not None
    assert session.dataset.test.labels is not None
    assert written.step.targets[0].argmax() == session.dataset.test.labels[3]
    assert step_through.target is None


def test_what_was_trained_since_is_not_lost(step_through: StepThrough, ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    take(ready_model, qtbot)
    session.step_batch()
    qtbot.waitUntil(lambda: session.training.progress.batch == 2)
    at_rest(ready_model, qtbot)
    now = parameters(ready_model).copy()
    session.undo.undo()
    assert "since" in session.messages.current.text
    assert np.array_equal(parameters(ready_model), now)
    session.undo.redo()
    assert np.array_equal(parameters(ready_model), now)


def test_while_it_trains_the_moment_stays_until_another_is_wanted(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot
) -> None:
    session = ready_model.session
    first = newest(step_through, qtbot)
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    first = newest(step_through, qtbot)
    session.start()
    qtbot.waitUntil(lambda: session.training.progress.batch > 5)
    assert step_through.recorded is first
    assert not step_through.is_newest
    assert not step_through.can_take
    step_through.look_now()
    qtbot.waitUntil(lambda: step_through.recorded is not first)
    assert step_through.recorded is not None
    assert step_through.recorded.step.epoch >= 1
    session.pause()
    at_rest(ready_model, qtbot)
    assert newest(step_through, qtbot).key.changes == session.runs.current.changes


def test_a_gradient_can_be_measured(step_through: StepThrough, ready_model: Model, qtbot: QtBot) -> None:
    newest(step_through, qtbot)
    step_through.check_gradient(3, 2, 5)
    qtbot.waitUntil(lambda: step_through.check is not None)
    assert step_through.check is not None
    place, found = step_through.check
    assert place == (3, 2, 5)
    assert found.slope == pytest.approx(found.gradient, rel=1e-3, abs=1e-7)


def test_out_of_view_nothing_is_written_down(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    session.step_batch()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
    assert session.models[StepThrough].recorded is None


def test_a_regression_has_steps_too(step_through: StepThrough, ready_model: Model, qtbot: QtBot) -> None:
    rng = np.random.default_rng(0)
    data = Dataset("numbers", regression_split("train", rng.normal(size=(50, 3)), rng.normal(size=(50, 2)), 3, 2))
    session = ready_model.session
    session.data.dataset = data
    session.data.changed.emit()
    session.settings.change("batch size", batch_size=5, loss="quadratic", activations=("relu", "relu", "identity"))
    session.settings.change("shape", shape=(3, 4, 4, 2))
    session.reset()
    qtbot.waitUntil(lambda: session.runs.current.network.shape == [3, 4, 4, 2])
    assert newest(step_through, qtbot).step.rows == 5
    assert step_through.target is None


def test_a_training_that_is_over_is_over_again(step_through: StepThrough, ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    session.settings.change("epochs", epochs=1)
    session.start()
    qtbot.waitUntil(lambda: session.state is Status.FINISHED)
    before, figures = parameters(ready_model).copy(), session.runs.current.figures()
    session.selection.choose_example(Example("test", 3))
    for of_example in (True, False):
        step_through.choose(of_example)
        take(ready_model, qtbot)
        assert session.state is Status.PAUSED
        session.undo.undo()
        assert session.state is Status.FINISHED
        assert np.array_equal(parameters(ready_model), before)
        assert session.runs.current.figures() == figures
    found = session.training.runner.call(session.runs.current.id, lambda trainer: trainer is not None and trainer.epoch)
    qtbot.waitUntil(found.done)
    assert found.result() == 1


def gate(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, Callable[[], Any]]:
    """The next step that is written down waits for that event; what counts how many were begun."""
    opened, begun = Event(), []

    def slow(*given: Any) -> Any:
        begun.append(given)
        opened.wait(10)
        return record_step(*given)

    monkeypatch.setattr(module, "record_step", slow)
    return opened, lambda: len(begun)


def test_a_step_asked_for_before_a_training_is_not_taken_after_it(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ready_model.session
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    newest(step_through, qtbot)
    opened, _ = gate(monkeypatch)
    session.selection.choose_example(Example("test", 3))
    step_through.choose(True)
    step_through.take()  # of the example, as soon as it is written down
    session.start()
    opened.set()
    qtbot.waitUntil(lambda: session.training.progress.batch > 2)
    session.pause()
    at_rest(ready_model, qtbot)
    now = parameters(ready_model).copy()
    newest(step_through, qtbot)
    qtbot.wait(50)
    assert np.array_equal(parameters(ready_model), now)
    assert "example" not in getattr(session.undo.last(), "text", "")


def test_only_the_step_that_was_asked_for_is_taken(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ready_model.session
    newest(step_through, qtbot)
    opened, _ = gate(monkeypatch)
    session.selection.choose_example(Example("test", 3))
    step_through.choose(True)
    step_through.take()
    step_through.choose(False)
    opened.set()
    newest(step_through, qtbot)
    qtbot.wait(50)
    assert session.state is Status.READY, "neither of both"


def test_nothing_is_taken_when_one_looks_again(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ready_model.session
    newest(step_through, qtbot)
    opened, begun = gate(monkeypatch)
    session.settings.change("learning rate", learning_rate=0.02)
    qtbot.waitUntil(lambda: begun() == 1)
    session.settings.change("learning rate", learning_rate=0.01)
    step_through.take()  # it waits for the one that is no longer of interest
    assert step_through.will_take
    step_through.want(False)
    opened.set()
    step_through._thread.finish()
    step_through.want(True)
    newest(step_through, qtbot)
    qtbot.wait(50)
    assert not step_through.will_take
    assert session.state is Status.READY


def test_a_step_of_which_there_is_no_example_is_not_awaited(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot
) -> None:
    """The batch was still being written down when the example, which there is none of, was asked for."""
    newest(step_through, qtbot)
    step_through.look_now()
    ready_model.session.settings.change("learning rate", learning_rate=0.1)
    step_through.choose(True)
    assert step_through.line.startswith("Draw something")
    qtbot.waitUntil(lambda: step_through.recorded is not None)
    step_through.take()
    assert not step_through.will_take


def test_a_row_that_is_asked_about_brings_its_own_target_and_one_made_by_hand_has_none(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot
) -> None:
    session = ready_model.session
    session.data.load("mpg")
    runs = session.runs
    qtbot.waitUntil(lambda: is_shown(session.data) and runs.current.misfit(session.data.dataset) is None)
    step_through.choose(True)
    written, origin = newest(step_through, qtbot), session.question.origin
    targets = session.data.dataset.test.targets[origin.number]
    np.testing.assert_allclose(written.step.targets[0], targets)
    assert step_through.target is None
    session.question.set_example(session.question.example * 0.5)
    qtbot.waitUntil(lambda: step_through.line.startswith("Draw something or choose an example"))


def test_why_one_step_cannot_be_written_down_is_not_said_of_the_next(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ready_model.session
    newest(step_through, qtbot)
    opened = Event()

    def diverges(*given: Any) -> Any:
        monkeypatch.setattr(module, "record_step", record_step)
        opened.wait(10)
        raise loss_error(given[1], Buffers(given[1], 1), 1, 1, 1e9)

    monkeypatch.setattr(module, "record_step", diverges)
    session.settings.change("learning rate", learning_rate=1e9)
    session.settings.change("learning rate", learning_rate=0.01)
    opened.set()
    assert newest(step_through, qtbot).step.rate == 0.01
    assert step_through.line == ""


def test_a_large_step_goes_when_it_is_out_of_view(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_KEPT", 1000)
    newest(step_through, qtbot)
    opened, begun = gate(monkeypatch)
    ready_model.session.settings.change("learning rate", learning_rate=0.01)
    qtbot.waitUntil(lambda: begun() == 1)
    step_through.want(False)
    assert step_through.recorded is None
    opened.set()
    step_through._thread.finish()
    assert step_through.recorded is None, "also one that was being written down"


def test_a_step_that_is_still_being_taken_can_be_undone(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot
) -> None:
    session = ready_model.session
    first = take(ready_model, qtbot).step.after.parameters
    second = newest(step_through, qtbot)
    step_through.take()
    assert session.state is Status.TRAINING
    session.undo.undo()
    at_rest(ready_model, qtbot)
    qtbot.waitUntil(lambda: np.array_equal(parameters(ready_model), first))
    assert session.training.progress.batch == 1
    assert session.messages.current is None
    session.undo.redo()
    qtbot.waitUntil(lambda: np.array_equal(parameters(ready_model), second.step.after.parameters))
    at_rest(ready_model, qtbot)
    session.undo.undo()
    assert np.array_equal(parameters(ready_model), first)


def test_a_step_is_not_taken_again_while_the_fields_have_problems(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot
) -> None:
    session = ready_model.session
    take(ready_model, qtbot)
    session.undo.undo()
    before = parameters(ready_model).copy()
    session.settings.set_problem("learning_rate", "no number")
    session.undo.redo()
    assert "Redo of the step is not possible" in session.messages.current.text
    session.messages.clear()
    session.undo.undo()
    assert session.messages.current is None, "there is nothing to take back"
    session.settings.set_problem("learning_rate", None)
    session.undo.redo()
    qtbot.waitUntil(lambda: session.training.progress.batch == 1)
    at_rest(ready_model, qtbot)
    session.undo.undo()
    assert np.array_equal(parameters(ready_model), before)


@pytest.mark.parametrize("of_example", [False, True])
def test_a_step_to_weights_that_are_not_finite_is_not_taken(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot, of_example: bool
) -> None:
    session = ready_model.session
    session.settings.change("learning rate", learning_rate=1e45)
    session.selection.choose_example(Example("test", 3))
    step_through.choose(of_example)
    before = parameters(ready_model).copy()
    newest(step_through, qtbot)
    step_through.take()
    assert "not finite" in session.messages.current.text
    assert session.state is Status.READY
    assert np.array_equal(parameters(ready_model), before)


def test_undo_holds_values_and_no_networks(step_through: StepThrough, ready_model: Model, qtbot: QtBot) -> None:
    ready_model.session.settings.change("optimizer", optimizer="adam", learning_rate=0.001)
    held = ref(take(ready_model, qtbot).step)
    newest(step_through, qtbot)
    gc.collect()
    assert held() is None
    step = ready_model.session.undo.last()
    assert step is not None
    assert 0 < step.nbytes < 8 * parameters(ready_model).nbytes


def measured_error(model: Model) -> float:
    """Returns the displayed network's error on the test examples."""
    data = model.session.dataset
    assert data is not None
    assert data.test is not None
    error = Evaluator(model.session.displayed.network, data.test).evaluate().error
    assert error is not None
    return error


def reported_error(model: Model, qtbot: QtBot) -> float:
    """Returns the run's error when everything is measured."""
    session = model.session
    qtbot.waitUntil(lambda: bool(session.runs.current.figures()))
    qtbot.wait(100)
    return session.runs.current.figures()["test_error"]


def test_errors_are_measured_again_when_a_step_is_undone(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot
) -> None:
    session = ready_model.session
    session.settings.change("learning rate", learning_rate=0.5)
    session.selection.choose_example(Example("test", 3))
    step_through.choose(True)
    take(ready_model, qtbot)
    before = reported_error(ready_model, qtbot)
    session.selection.choose_example(Example("test", 8))
    newest(step_through, qtbot)
    step_through.take()
    assert measured_error(ready_model) != before
    session.undo.undo()  # before the errors are measured
    assert reported_error(ready_model, qtbot) == measured_error(ready_model) == before


def test_an_edit_is_not_measured_over_a_later_step(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, opened, made = ready_model.session, Event(), []

    class Slow(Evaluator):
        """The first one waits."""

        def steps(self) -> Any:
            made.append(self)
            if len(made) == 1:
                opened.wait(10)
            return super().steps()

    monkeypatch.setattr(measuring, "Evaluator", Slow)
    session.settings.change("learning rate", learning_rate=0.5)
    session.selection.choose_example(Example("test", 3))
    step_through.choose(True)
    session.edits.set_bias(Neuron(3, 0), 0.2)
    qtbot.waitUntil(lambda: len(made) == 1)
    before = measured_error(ready_model)
    take(ready_model, qtbot)
    qtbot.wait(100)
    opened.set()
    assert reported_error(ready_model, qtbot) == measured_error(ready_model) != before


def test_the_epoch_is_counted_on_from_where_the_training_ended(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot
) -> None:
    session = ready_model.session
    session.settings.change("early stopping", epochs=4, patience=1, validation_share=0.2, learning_rate=5.0)
    session.reset()
    session.start()
    qtbot.waitUntil(lambda: session.state is Status.FINISHED)
    run = session.runs.current
    assert run.epochs < run.history.completed, "the best parameters are older than the last"
    assert newest(step_through, qtbot).epoch == run.history.completed + 1


def test_what_a_step_does_is_measured_and_reported_also_if_it_is_taken_at_once(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot
) -> None:
    session, effects = ready_model.session, ready_model.session.models[StepThrough].effects
    effects.want(True)
    session.selection.choose_example(Example("test", 3))
    step_through.choose(True)
    take(ready_model, qtbot)
    newest(step_through, qtbot)
    qtbot.waitUntil(lambda: effects.did is not None and effects.would is not None)
    did, would = effects.did, effects.would
    assert did is not None
    assert would is not None
    assert did.after == would.before == measured_error(ready_model)
    session.step_batch()
    qtbot.waitUntil(lambda: session.training.progress.batch > 0)
    at_rest(ready_model, qtbot)
    newest(step_through, qtbot)
    qtbot.waitUntil(lambda: effects.would is not None)
    assert effects.did is None


def test_answers_that_are_not_finite_are_no_error_rate(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot
) -> None:
    session, effects = ready_model.session, ready_model.session.models[StepThrough].effects
    effects.want(True)
    session.settings.change("learning rate", learning_rate=1e30, optimizer="sgd")
    session.selection.choose_example(Example("test", 3))
    step_through.choose(True)
    newest(step_through, qtbot)
    qtbot.waitUntil(lambda: effects.would is not None)
    assert effects.would is not None
    assert np.isnan(effects.would.after)
    assert effect_text(effects.would).endswith("→ not finite")


def test_out_of_view_no_effect_is_measured(step_through: StepThrough, ready_model: Model, qtbot: QtBot) -> None:
    effects = ready_model.session.models[StepThrough].effects
    newest(step_through, qtbot)
    assert not effects._begun
    effects.want(True)
    qtbot.waitUntil(lambda: effects.would is not None)
    effects.want(False)
    assert effects.would is None


def test_the_figures_of_a_step_on_one_example_are_recorded(
    step_through: StepThrough, ready_model: Model, qtbot: QtBot
) -> None:
    session = ready_model.session
    session.records.set_on(True)
    train_epochs(qtbot, ready_model, 1)
    run = session.runs.current
    session.settings.change("learning rate", learning_rate=0.5)
    session.selection.choose_example(Example("test", 3))
    step_through.choose(True)
    take(ready_model, qtbot)
    error = reported_error(ready_model, qtbot)
    assert error == measured_error(ready_model)
    qtbot.waitUntil(session.training.runner.call(run.id, lambda _: None).done)
    assert run.storage.record is not None
    with Library() as library:
        record = library.run(run.storage.record)
        assert (record.test_error, record.measured) == (error, record.epochs)
        assert library.history(run.storage.record).error.test.at(record.epochs) == error
