"""The session: its states, what is remembered, what is dropped, and what stays true while a thread trains."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import QCoreApplication
from PyQt5.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from engine.basics.errors import SettingError
from engine.datasets import Dataset
from engine.storage import save_network
from engine.training.batches import Batches
from engine.training.events import Epoch, Evaluating
from engine.training.metrics import Evaluator
from engine.training.trainer import Trainer
from nnviz.cards.run_bar.run_block import RunBlock
from nnviz.cards.run_bar.run_status import RunStatus
from nnviz.jobs.reports import Epochs
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.conftest import Gate, Model
from tests.nnviz.helpers import find, pause, train_epochs, train_for_a_while, wait_for


def epochs_of(session: Session) -> list[Epoch]:
    """Grows with every epoch of the run that is the current one now; the last of another may still be on its way."""
    ended: list[Epoch] = []
    current = session.runs.current.id

    def take(run: int, event: object) -> None:
        if run == current and isinstance(event, Epochs):
            ended.extend(event)

    session.training.runner.reported.connect(take)
    return ended


def states_of(session: Session) -> list[Status]:
    """Grows with every change of state."""
    seen: list[Status] = []

    def look() -> None:
        if seen[-1:] != [session.state]:  # it is also reported when something else would happen at a start
            seen.append(session.state)

    session.training.state_changed.connect(look)
    return seen


def test_states_from_start_to_end(loading_model: Model, loading_gate: threading.Event, qtbot: QtBot) -> None:
    model, session = loading_model, loading_model.session
    assert session.state is Status.LOADING
    seen = states_of(session)
    loading_gate.set()
    wait_for(qtbot, model, Status.READY)
    session.step_batch()
    wait_for(qtbot, model, Status.PAUSED)
    session.step_epoch()
    wait_for(qtbot, model, Status.TRAINING)
    wait_for(qtbot, model, Status.PAUSED)
    session.reset()
    train_epochs(qtbot, model, 1)
    train = Status.TRAINING
    assert seen == [Status.READY, train, Status.PAUSED, train, Status.PAUSED, Status.READY, train, Status.FINISHED]


def test_a_training_goes_before_the_window_shows_that(
    ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the window does then would keep the worker waiting for 10 ms."""
    session = ready_model.session
    happened: list[str] = []
    go = session.training.runner.go
    monkeypatch.setattr(session.training.runner, "go", lambda *what: (happened.append("goes"), go(*what)))
    session.training.state_changed.connect(lambda: happened.append("is shown"))
    session.step_batch()
    assert happened[:2] == ["goes", "is shown"]
    wait_for(qtbot, ready_model, Status.PAUSED)


def test_one_batch_is_one_batch(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    for number in range(1, 6):
        session.step_batch()
        wait_for(qtbot, ready_model, Status.PAUSED)
        assert (session.training.progress.epoch, session.training.progress.batch) == (1, number)
    assert session.runs.current.history.error.test.epochs == [0, 1], "the step that ends an epoch also measures it"
    session.step_batch()
    wait_for(qtbot, ready_model, Status.PAUSED)
    assert (session.training.progress.epoch, session.training.progress.batch) == (2, 1)


def test_commands_that_come_too_early_or_too_late_do_nothing(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    session.pause()
    assert session.state is Status.READY
    train_for_a_while(qtbot, ready_model)
    session.start()
    session.step_batch()
    session.step_epoch()
    assert session.state is Status.TRAINING
    pause(qtbot, ready_model)
    session.pause()
    assert session.state is Status.PAUSED


def test_the_same_seed_learns_the_same(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    session.settings.change("batch size", batch_size=50)
    train_epochs(qtbot, ready_model, 2)
    straight = session.runs.current.network.parameters.copy()
    session.reset()
    session.step_batch()  # the same in small steps
    wait_for(qtbot, ready_model, Status.PAUSED)
    session.step_epoch()
    wait_for(qtbot, ready_model, Status.TRAINING)
    wait_for(qtbot, ready_model, Status.PAUSED)
    session.start()
    wait_for(qtbot, ready_model, Status.FINISHED)
    np.testing.assert_array_equal(session.runs.current.network.parameters, straight)


def test_training_again_goes_on(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    train_epochs(qtbot, ready_model, 2)
    network = session.runs.current.network
    session.start()
    wait_for(qtbot, ready_model, Status.TRAINING)
    assert session.runs.current.progress.last_epoch == 4
    wait_for(qtbot, ready_model, Status.FINISHED)
    assert session.runs.current.network is network
    assert session.runs.current.history.error.test.epochs == [0, 1, 2, 3, 4]
    assert session.runs.current.progress.total_epoch == session.runs.current.progress.last_epoch == 4
    assert session.runs.current.epochs == 4


# ---- loading


@pytest.fixture
def loading_window(make_window: MakeWindow, held_data: None) -> MainWindow:
    """Loads until the test sets the gate."""
    return make_window()


def test_what_is_asked_for_while_loading_is_remembered_and_can_be_taken_back(
    loading_model: Model, loading_gate: threading.Event, qtbot: QtBot
) -> None:
    session = loading_model.session
    block = RunBlock(session)
    status = RunStatus(session, block.train)
    for widget in (block, status):
        qtbot.addWidget(widget)
    session.training.toggle()
    session.training.toggle()
    assert not session.training.will_start
    assert find(block, QPushButton, "trainButton").text().strip() == "Train"
    session.settings.change("epochs", epochs=1)
    session.start()
    assert session.state is Status.LOADING
    assert find(block, QPushButton, "trainButton").text().strip() == "Pause"
    assert "starts afterwards" in status.text()
    loading_gate.set()
    wait_for(qtbot, loading_model, Status.FINISHED)
    assert session.runs.current.history.completed == 1


def test_closing_while_loading_starts_nothing_any_more(
    loading_window: MainWindow, loading_gate: threading.Event
) -> None:
    window = loading_window
    QCoreApplication.processEvents()  # it loads
    window.session.start()
    loading_gate.set()
    window.close()
    QCoreApplication.processEvents()
    QCoreApplication.processEvents()
    assert window.session.data.dataset is None
    assert window.session.state is Status.LOADING


def test_data_that_cannot_be_loaded(load_with: Callable[..., None], qtbot: QtBot) -> None:
    def load() -> Dataset:
        raise FileNotFoundError(2, "No such file or directory", "train-images-idx3-ubyte")

    load_with(load)
    model = Model()
    session = model.session
    session.start()
    qtbot.waitUntil(lambda: session.messages.current is not None)
    assert session.messages.current is not None
    assert "could not be loaded" in session.messages.current.text
    assert not session.training.will_start
    assert not session.training.can_start
    assert model.close()


# ---- while a thread trains


def test_views_never_see_the_arrays_that_are_trained(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    seen = []

    def check() -> None:
        seen.append(session.displayed.network)
        assert not np.shares_memory(session.displayed.network.parameters, session.runs.current.network.parameters)

    session.displayed.changed.connect(check)
    train_for_a_while(qtbot, ready_model)
    qtbot.waitUntil(lambda: len(seen) >= 3)
    network, kept = seen[-1], seen[-1].parameters.copy()
    with qtbot.waitSignal(session.runs.history_changed):
        pass
    np.testing.assert_array_equal(network.parameters, kept, "what was handed to the views")
    pause(qtbot, ready_model)
    session.step_batch()
    wait_for(qtbot, ready_model, Status.PAUSED)
    check()
    session.reset()
    check()


@pytest.mark.parametrize("takes_long", [False, True])
def test_pause_in_the_middle_of_an_evaluation(
    ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, takes_long: bool
) -> None:
    """A short one is finished, so that the figures belong to the epoch; a long one is not waited for."""
    model = ready_model
    monkeypatch.setattr("nnviz.jobs.timing._LONG_MEASUREMENT", 0 if takes_long else 1000)
    session = model.session
    monkeypatch.setattr(Trainer, "estimate", lambda self: None)  # would be a measurement, too
    measuring = threading.Event()
    go_on = threading.Event()
    steps = Evaluator.steps

    def held(self: Evaluator) -> Any:
        in_progress = steps(self)
        while True:
            try:
                done = next(in_progress)
            except StopIteration as finished:
                return finished.value
            if armed and done == len(session.data.dataset.train):
                measuring.set()
                go_on.wait(10)
            yield done

    armed: list[bool] = []
    monkeypatch.setattr(Evaluator, "steps", held)
    session.step_batch()
    wait_for(qtbot, model, Status.PAUSED)
    armed.append(True)
    session.step_epoch()
    assert measuring.wait(10)
    session.pause()
    go_on.set()
    wait_for(qtbot, model, Status.PAUSED)
    assert (session.training.progress.epoch, session.training.progress.batch) == (1, 5)
    assert session.runs.current.history.completed == (0 if takes_long else 1)
    session.step_epoch()
    wait_for(qtbot, model, Status.PAUSED)
    assert session.runs.current.history.error.train.epochs == [0, 1, 2], (
        "going on finishes the measurement, and trains an epoch"
    )


@pytest.mark.parametrize("presses", [1, 2, 3])
def test_every_press_of_space_counts(ready_model: Model, qtbot: QtBot, gate: Gate, presses: int) -> None:
    """Also while a pause is on its way."""
    session = ready_model.session
    train_for_a_while(qtbot, ready_model)
    run = session.runs.current
    gate.close()
    gate.wait_until_reached()
    for _ in range(presses):
        session.training.toggle()
    stages: list[Status] = []
    session.training.state_changed.connect(lambda: stages.append(session.state))
    gate.open()
    qtbot.waitUntil(lambda: Status.PAUSED in stages)
    assert session.state is (Status.PAUSED if presses % 2 else Status.TRAINING)
    if presses % 2 == 0:
        done = run.changes
        qtbot.waitUntil(lambda: run.changes > done)


def test_a_training_that_ends_before_its_pause_does_not_begin_again(
    ready_model: Model, qtbot: QtBot, gate: Gate
) -> None:
    session = ready_model.session
    session.settings.change("epochs", epochs=1)
    for _ in range(4):
        session.step_batch()
        wait_for(qtbot, ready_model, Status.PAUSED)
    gate.close()
    session.start()
    gate.wait_until_reached()
    session.training.toggle()
    session.training.toggle()
    gate.open()
    wait_for(qtbot, ready_model, Status.FINISHED)
    assert session.runs.current.history.completed == 1
    assert not session.training.will_start


def test_a_long_evaluation_draws_nothing_again(ready_model: Model, qtbot: QtBot) -> None:
    """It changes no parameters; only the progress says so."""
    session = ready_model.session
    session.step_batch()
    wait_for(qtbot, ready_model, Status.PAUSED)
    training = session.training
    with qtbot.assertNotEmitted(session.displayed.changed), qtbot.waitSignal(training.progressed):
        training.runner.reported.emit(session.runs.current.id, Evaluating(1))
    assert training.progress.measuring


def test_reset_does_not_wait_for_the_step(ready_model: Model, qtbot: QtBot, gate: Gate) -> None:
    """What the worker still says of the old network is not heard, even if the new one is of another shape."""
    model = ready_model
    session = model.session
    train_for_a_while(qtbot, model)
    gate.close()
    gate.wait_until_reached()
    session.settings.change("shape", hidden=(5,))
    session.reset()
    assert session.state is Status.READY
    frames = []
    session.displayed.changed.connect(lambda: frames.append(session.displayed.network.parameters.size))
    session.start()
    gate.open()
    qtbot.waitUntil(lambda: len(frames) >= 3)
    pause(qtbot, model)
    assert session.runs.current.network.shape == [784, 5, 10]
    assert set(frames) == {session.runs.current.network.parameters.size}
    assert session.runs.current.history.error.test.epochs[:2] == [0, 1]


def test_opening_does_not_wait_for_the_step(ready_model: Model, qtbot: QtBot, gate: Gate, home: Any) -> None:
    model = ready_model
    session = model.session
    save_network(session.runs.current.network, home / "other.json")
    train_for_a_while(qtbot, model)
    gate.close()
    gate.wait_until_reached()
    session.files.open(home / "other.json")
    qtbot.waitUntil(lambda: session.runs.current.storage.path is not None)
    opened, ended = session.runs.current, epochs_of(session)
    gate.open()
    session.step_batch()
    wait_for(qtbot, model, Status.PAUSED)
    assert session.runs.current is opened
    assert [result.epoch for result in ended] == [0]
    assert session.training.progress.batch == 1


def test_no_epoch_is_lost_and_all_come_in_order(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    session.settings.change("batch size", batch_size=500)
    ended = epochs_of(session)
    train_epochs(qtbot, ready_model, 20)
    assert [result.epoch for result in ended] == list(range(21))
    assert session.runs.current.history.error.test.epochs == list(range(21))
    assert session.runs.current.history.error.test.values == [result.test.error for result in ended]


# ---- what goes wrong


def test_an_exception_in_the_worker_is_reported_and_the_window_lives(
    ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ready_model.session

    take = Batches.batch

    def broken(self: Batches, index: int) -> Any:
        if index == 3:  # in the middle of the training
            raise KeyError("a bug")
        return take(self, index)

    hooked: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "excepthook", lambda *what: hooked.append(what[0]))
        patch.setattr(Batches, "batch", broken)
        with qtbot.waitSignal(session.messages.crashed) as crash:
            session.start()
    assert isinstance(crash.args[0], KeyError)
    assert hooked == [KeyError]
    assert session.state is Status.PAUSED
    train_epochs(qtbot, ready_model, 1)


def test_an_exception_behind_the_window_is_reported(
    ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, home: Any
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(sys, "excepthook", lambda *_: None)
    monkeypatch.setattr("nnviz.session.files.save_network", broken)
    with qtbot.waitSignal(ready_model.session.messages.crashed):
        ready_model.session.files.save(home / "x.json")
    assert ready_model.session.runs.current.storage.path is None


def test_a_training_that_cannot_begin_leaves_no_mark(
    ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the history nor in the figures, which stay those of the best parameters."""
    session = ready_model.session
    session.settings.change("patience", validation_share=0.2, patience=2, epochs=60, learning_rate=0.5)
    session.start()
    wait_for(qtbot, ready_model, Status.FINISHED)
    run = session.runs.current
    figures, epochs = run.figures(), run.epochs
    session.settings.change("batch size", batch_size=400)
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 1_000_000)
    session.start()
    qtbot.waitUntil(lambda: session.messages.current is not None)
    assert session.state is not Status.TRAINING
    assert run.history.changes == []
    assert (run.figures(), run.epochs) == (figures, epochs)
    monkeypatch.undo()
    train_epochs(qtbot, ready_model, 1)
    assert len(run.history.changes) == 1


def test_too_little_memory_for_the_batch(ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ready_model.session
    session.settings.change("batch size", batch_size=500)
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 1_000_000)
    session.start()
    qtbot.waitUntil(lambda: session.messages.current is not None)
    assert session.state is Status.READY
    assert "could not start" in session.messages.current.text
    monkeypatch.undo()
    train_epochs(qtbot, ready_model, 1)
    assert session.messages.current is None


def test_a_refused_change_changes_nothing(ready_model: Model) -> None:
    session = ready_model.session
    before = session.settings.experiment
    for what, fields in (
        ("batch size", {"batch_size": 5000}),
        ("shape", {"hidden": (0,)}),
        ("activation", {"activations": ("no such", "relu", "softmax")}),
        ("seed", {"seed": -1}),
    ):
        with pytest.raises(SettingError):
            session.settings.change(what, **fields)
        assert session.settings.experiment is before
        assert session.undo.last() is None


def test_close_ends_the_worker_at_once(ready_model: Model, qtbot: QtBot) -> None:
    train_for_a_while(qtbot, ready_model)
    ready_model.session.close()
    ready_model.session.close()
    QCoreApplication.processEvents()
    assert ready_model.session.state is Status.TRAINING, "nothing is reported any more"
