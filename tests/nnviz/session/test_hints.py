"""Hints about the current run: found in the background, applied, undone and dismissed."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.experiment import MILD
from nnviz.hints.rules import Hint
from nnviz.session.hints import HINTS
from nnviz.session.session import Session
from nnviz.session.status import Status
from tests.nnviz.conftest import Model, Restart
from tests.nnviz.helpers import announced, is_shown, pause, train_epochs, wait_for

SLOW, FASTER = 0.0005, 0.05  # a learning rate that is too small, and a quarter of the optimizer's default


@pytest.fixture(scope="module")
def few_digits(mnist: Dataset) -> Dataset:
    """The first 1,000 and 500 of MNIST: with fewer there are other hints besides."""
    assert mnist.test is not None
    return Dataset(mnist.title, mnist.train.head(1000), mnist.test.head(500), mnist.example_shape, mnist.class_names)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in training is looked at often, in sessions that are made after this."""
    monkeypatch.setattr("nnviz.session.hints._SECONDS_BETWEEN", 0.05)


@pytest.fixture
def session(ready_model: Model) -> Session:
    """A session whose hints are wanted, as by the window."""
    ready_model.session.queries.want("test", (HINTS,), True)
    return ready_model.session


def train_slowly(qtbot: QtBot, model: Model, epochs: int = 4) -> None:
    """A run to its end, until there is a hint about it."""
    model.session.settings.change("rate", learning_rate=SLOW)
    train_epochs(qtbot, model, epochs)
    qtbot.waitUntil(lambda: name_of(model.session) == "learning-rate-too-small")


def name_of(session: Session) -> str | None:
    """The name of the current hint."""
    return None if session.hints.current is None else session.hints.current.name


def wait_for_query(qtbot: QtBot, session: Session) -> None:
    """Until the hints are those of now."""
    qtbot.waitUntil(lambda: session.queries[HINTS].is_up_to_date)


def test_applying_changes_the_settings_and_can_be_undone(session: Session, ready_model: Model, qtbot: QtBot) -> None:
    train_slowly(qtbot, ready_model)
    run = session.runs.current
    session.hints.apply()
    assert session.settings.experiment.training.learning_rate == FASTER
    assert session.hints.current is None, "the fields describe another experiment now"
    assert announced(session) == "Set: learning rate 0.05. Train to continue, or reset to start again."
    session.undo.undo()
    assert session.messages.announcement is None, "it speaks of a rate that is no longer there"
    assert session.settings.experiment.training.learning_rate == SLOW
    assert name_of(session) == "learning-rate-too-small"
    session.hints.apply()
    session.messages.choose_announced(0)
    assert session.runs.current is not run
    assert session.runs.current.experiment.training.learning_rate == FASTER


def test_there_is_none_before_training_and_of_a_good_run(session: Session, ready_model: Model, qtbot: QtBot) -> None:
    wait_for_query(qtbot, session)
    assert session.hints.current is None
    session.settings.change("rate", learning_rate=0.1)
    train_epochs(qtbot, ready_model, 2)
    wait_for_query(qtbot, session)
    assert session.hints.current is None


def test_a_paused_run_follows_at_once(session: Session, ready_model: Model, qtbot: QtBot) -> None:
    session.settings.change("rate", learning_rate=SLOW)
    session.settings.change("epochs", epochs=1000)
    session.start()
    qtbot.waitUntil(lambda: name_of(session) == "learning-rate-too-small", timeout=20_000)
    pause(qtbot, ready_model)
    session.hints.apply()
    assert session.runs.current.experiment.training.learning_rate == session.settings.experiment.training.learning_rate
    assert announced(session).startswith("Applied to the current run: learning rate 0.05")
    wait_for_query(qtbot, session)
    assert session.hints.current is None, "nothing is known about the new rate yet"


def test_dismissed_for_good_and_it_goes_when_another_experiment_is_in_the_fields(
    session: Session, ready_model: Model, qtbot: QtBot
) -> None:
    """An edited network has none either."""
    train_slowly(qtbot, ready_model)
    session.hints.dismiss()
    assert session.hints.current is None
    assert session.hints.dismissed == {"learning-rate-too-small"}
    assert announced(session) == "No more hints about “learning rate too small”"
    session.messages.choose_announced(0)
    assert name_of(session) == "learning-rate-too-small"
    assert not session.hints.dismissed
    session.hints.dismiss()
    session.hints.restore()
    assert name_of(session) == "learning-rate-too-small"

    session.settings.change("epochs", epochs=7)
    assert session.hints.current is not None
    session.settings.change("shape", hidden=(8,))
    assert session.hints.current is None
    session.undo.undo()
    assert session.hints.current is not None
    session.reset()
    assert session.hints.current is None
    session.undo.undo()
    qtbot.waitUntil(lambda: session.hints.current is not None)
    session.runs.current.changed_by_hand()
    session.runs.history_changed.emit()
    qtbot.waitUntil(lambda: session.hints.current is None)


def test_what_was_dismissed_is_remembered(restart: Restart, qtbot: QtBot) -> None:
    first = restart()
    qtbot.waitUntil(lambda: is_shown(first.session.data))
    first.session.hints.set_dismissed(["overfitting"])
    first.close()
    assert restart().session.hints.dismissed == {"overfitting"}


def test_a_change_that_needs_a_new_run(session: Session, ready_model: Model, qtbot: QtBot) -> None:
    session.settings.change("weights", hidden=(16,), activations=("tanh", "softmax"), weight_scale=60)
    train_epochs(qtbot, ready_model, 2)
    qtbot.waitUntil(lambda: name_of(session) == "saturated-neurons")
    session.hints.apply()
    assert session.settings.experiment.weight_scale == 1
    message = session.messages.current
    assert message is not None
    assert message.text == "Set: weight scale 1. This needs a new run. Press Reset to start one."
    before = session.runs.current
    session.messages.choose(0)
    assert session.runs.current is not before


def test_after_a_divergence_the_message_and_the_hint_agree(session: Session, ready_model: Model, qtbot: QtBot) -> None:
    session.settings.change("rate", learning_rate=1e30)
    session.start()
    wait_for(qtbot, ready_model, Status.PAUSED)
    qtbot.waitUntil(lambda: name_of(session) == "diverged")
    hint, message = session.hints.current, session.messages.current
    assert hint is not None
    assert message is not None
    assert dict(hint.steps) == {"learning_rate": 0.2, "clip_norm": 1.0}
    assert message.choices[0].text == "Reset with rate 0.2"
    session.messages.choose(0)
    assert session.hints.current is None


def test_after_a_divergence_the_hint_is_followed_once(session: Session, ready_model: Model, qtbot: QtBot) -> None:
    """It comes back by undo, and if the run diverges again."""
    session.settings.change("rate", learning_rate=1e30)
    session.start()
    wait_for(qtbot, ready_model, Status.PAUSED)
    qtbot.waitUntil(lambda: name_of(session) == "diverged")
    session.hints.apply()
    wait_for_query(qtbot, session)
    assert session.runs.current.experiment.training.learning_rate == 0.2, "the paused run follows"
    assert session.hints.current is None
    session.hints.apply()
    assert session.settings.experiment.training.learning_rate == 0.2
    session.undo.undo()
    qtbot.waitUntil(lambda: name_of(session) == "diverged")
    session.settings.change("rate", learning_rate=1e29)
    wait_for_query(qtbot, session)
    assert session.hints.current is None, "the user tries something else"
    session.start()
    wait_for(qtbot, ready_model, Status.PAUSED)
    qtbot.waitUntil(lambda: name_of(session) == "diverged")


def test_dead_neurons_need_a_reset(session: Session, ready_model: Model, qtbot: QtBot) -> None:
    train_epochs(qtbot, ready_model, 1)
    session.hints.current = Hint("dead-neurons", "found", "dead", "label", {"learning_rate": 0.02}, needs_reset=True)
    session.hints.apply()
    message = session.messages.current
    assert message is not None
    assert message.text == "Set: learning rate 0.02. This needs a new run. Press Reset to start one."


def test_many_changes_are_one_step_and_abridged(session: Session, ready_model: Model, qtbot: QtBot) -> None:
    train_epochs(qtbot, ready_model, 1)
    session.hints.current = Hint("overfitting", "found", "overfitting", "Add augmentation", {"augmentation": MILD})
    session.hints.apply()
    assert announced(session) == "Set: shift 1, rotation 8 and 5 more. Train to continue, or reset to start again."
    session.undo.undo()
    assert not session.settings.experiment.training.augmentation.is_active


def test_several_seeds_for_a_close_result(session: Session, ready_model: Model, qtbot: QtBot) -> None:
    asked: list[bool] = []
    session.sweeps.toggle = lambda: asked.append(True)  # type: ignore[method-assign]
    session.hints.set_dismissed(["too-few-epochs", "overfitting", "learning-rate-too-small"])
    session.settings.change("rate", learning_rate=0.2)
    train_epochs(qtbot, ready_model, 3)
    session.settings.change("rate", learning_rate=0.19)
    session.reset()
    train_epochs(qtbot, ready_model, 3)
    qtbot.waitUntil(lambda: name_of(session) == "single-runs")
    hint = session.hints.current
    assert hint is not None
    assert "with learning rate 0.2 " in hint.observation
    session.hints.apply()
    assert asked
    assert session.hints.current is None, "it was followed"


def test_nothing_is_computed_while_no_window_wants_it(ready_model: Model, qtbot: QtBot) -> None:
    train_epochs(qtbot, ready_model, 4)
    assert ready_model.session.queries[HINTS].questions == 0
