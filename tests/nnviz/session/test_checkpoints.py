"""A checkpoint holds network and training: with the same data it continues to the bit, else a message says why not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.network.network import Network
from engine.provenance import Provenance
from engine.storage import SAVED_FORMATS, load_checkpoint, load_network, save_checkpoint
from engine.training.events import Batch
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from nnviz.jobs.network_reading import read_network
from nnviz.session.selection import Neuron
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Gate, Model
from tests.nnviz.helpers import (
    action,
    announced,
    choose_file,
    find,
    pause,
    press,
    train_epochs,
    train_for_a_while,
    wait_for,
)
from tests.nnviz.session.helpers import reopen, save, set_up, steps


@pytest.mark.parametrize(("epochs", "batches"), [(0, 3), (1, 0), (1, 3)])
def test_a_paused_run_goes_on_to_the_bit(
    ready_model: Model, qtbot: QtBot, home: Path, epochs: int, batches: int
) -> None:
    model, session = ready_model, ready_model.session
    set_up(model)
    steps(qtbot, model, epochs, batches)
    save(qtbot, model, home / "run.npz")
    progress = session.training.progress
    session.start()
    wait_for(qtbot, model, Status.FINISHED)
    straight, curve = session.runs.current.network.parameters.copy(), session.runs.current.history.error.test.values

    session.settings.change("others", optimizer="sgd", hidden=(5,), batch_size=10)
    reopen(qtbot, model, home / "run.npz")
    assert session.state is Status.PAUSED
    assert session.messages.current is None
    assert session.settings.experiment.training.optimizer == "adam"
    assert session.settings.experiment.training.batch_size == 100
    assert session.settings.experiment.shape == (784, 12, 10)
    assert (session.training.progress.epoch, session.training.progress.batch) == (progress.epoch, progress.batch)
    assert session.runs.current.history.completed == epochs
    assert not session.runs.current.unsaved
    session.start()
    wait_for(qtbot, model, Status.FINISHED)
    np.testing.assert_array_equal(session.runs.current.network.parameters, straight)
    assert (
        session.runs.current.history.error.test.values == curve[-len(session.runs.current.history.error.test.values) :]
    )
    assert session.runs.current.history.completed == 3
    assert session.runs.current.unsaved


def test_the_second_run_of_a_network(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    """Epochs count over all runs."""
    model, session = ready_model, ready_model.session
    train_epochs(qtbot, model, 2)
    session.settings.change("epochs", epochs=4)
    steps(qtbot, model, 1, 5)
    save(qtbot, model, home / "run.npz")
    reopen(qtbot, model, home / "run.npz")
    assert (session.runs.current.progress.total_epoch, session.runs.current.progress.last_epoch) == (4, 6)
    session.start()
    wait_for(qtbot, model, Status.FINISHED)
    assert session.runs.current.history.completed == 6


def test_a_finished_run_comes_back_with_its_settings(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    model, session = ready_model, ready_model.session
    set_up(model)
    session.start()
    wait_for(qtbot, model, Status.FINISHED)
    save(qtbot, model, home / "run.npz")
    assert load_checkpoint(home / "run.npz")[1] is not None
    experiment = session.settings.experiment
    session.settings.change("others", optimizer="sgd", learning_rate=0.7)
    reopen(qtbot, model, home / "run.npz")
    assert session.settings.experiment.training == experiment.training
    assert session.state is Status.FINISHED
    assert session.messages.current is None
    train_epochs(qtbot, model, 1)


def test_while_it_trains_the_run_is_saved_and_goes_on(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    session = ready_model.session
    train_for_a_while(qtbot, ready_model)
    path = home / "n.npz"
    save(qtbot, ready_model, path)
    assert announced(session) == "Saved to n.npz"
    network, state = load_checkpoint(path)
    assert state is not None
    assert state.progress["epoch"] >= 1
    assert session.state is Status.TRAINING
    done = session.runs.current.history.completed
    qtbot.waitUntil(lambda: session.runs.current.history.completed > done + 1)
    assert network.provenance["epochs"] >= 1
    pause(qtbot, ready_model)


def worker_goes_ahead(model: Model, epochs: int = 2) -> None:
    """The worker trains on while the interface is busy, and has heard nothing of it."""
    session = model.session
    run, runner = session.runs.current, session.training.runner

    def epochs_done(trainer: Trainer | None) -> int:
        assert trainer is not None
        return trainer.epoch

    begun_at = runner.call(run.id, epochs_done).result(10)
    while runner.call(run.id, epochs_done).result(10) < begun_at + epochs:
        pass


def assert_of_one_moment(path: Path, before: int = 0) -> None:
    """Network, state and provenance in that file."""
    network, state = load_checkpoint(path)
    assert state is not None
    done = state.progress["epoch"] - (0 if state.progress["measured"] else 1)
    assert network.provenance["epochs"] == before + done
    reported = Provenance.read(network)
    assert reported.history is not None
    assert reported.history.error.test.epochs == list(range(before + done + 1))
    assert reported.test_error == reported.history.error.test.values[-1]


@pytest.mark.parametrize("before", [0, 1])
def test_a_file_saved_while_training_is_of_one_moment(
    ready_model: Model, qtbot: QtBot, home: Path, before: int
) -> None:
    """Also where the worker is ahead of what the interface knows."""
    if before:
        train_epochs(qtbot, ready_model, before)
    train_for_a_while(qtbot, ready_model)
    worker_goes_ahead(ready_model)
    save(qtbot, ready_model, home / "n.npz")
    assert_of_one_moment(home / "n.npz", before)
    pause(qtbot, ready_model)
    reopen(qtbot, ready_model, home / "n.npz")
    assert ready_model.session.runs.current.progress.before == before


def test_also_if_the_window_is_closed_at_once(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    train_for_a_while(qtbot, ready_model)
    worker_goes_ahead(ready_model)
    ready_model.session.files.save(home / "n.npz")
    ready_model.session.close()
    assert_of_one_moment(home / "n.npz")


def test_what_changes_after_the_request_is_not_in_the_file(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    session = ready_model.session
    steps(qtbot, ready_model, 1, 0)
    done: list[bool] = []
    session.files.save(home / "n.npz", lambda: done.append(True))
    session.settings.change("rate", learning_rate=0.05)
    qtbot.waitUntil(lambda: bool(done))
    reported = Provenance.read(load_network(home / "n.npz"))
    assert reported.experiment is not None
    assert reported.experiment.training.learning_rate == 0.2
    assert reported.history is not None
    assert reported.history.changes == []


def test_a_run_that_ends_meanwhile_is_saved_as_finished(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    session = ready_model.session
    session.settings.change("epochs", epochs=1)
    session.start()
    save(qtbot, ready_model, home / "n.npz")
    assert load_checkpoint(home / "n.npz")[1] is not None
    wait_for(qtbot, ready_model, Status.FINISHED)


def test_a_network_that_comes_meanwhile_is_not_saved_in_its_place(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    """The one that was asked for is; the file is its own."""
    session = ready_model.session
    train_for_a_while(qtbot, ready_model)
    run, done = session.runs.current, []
    session.files.save(home / "n.npz", lambda: done.append(True))
    session.reset()
    assert session.state is Status.READY
    qtbot.waitUntil(lambda: bool(done))
    assert run.storage.path == home / "n.npz"
    assert session.runs.current.storage.path is None
    network, state = load_checkpoint(home / "n.npz")
    assert state is not None
    assert not np.array_equal(network.parameters, session.runs.current.network.parameters)


def test_saving_swallows_no_pause(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    session = ready_model.session
    train_for_a_while(qtbot, ready_model)
    done: list[bool] = []
    session.files.save(home / "n.npz", lambda: done.append(True))
    session.pause()
    qtbot.waitUntil(lambda: bool(done))
    wait_for(qtbot, ready_model, Status.PAUSED)
    place = (session.training.progress.epoch, session.training.progress.batch)
    with qtbot.assertNotEmitted(session.displayed.changed, wait=150):
        pass
    assert session.state is Status.PAUSED
    assert (session.training.progress.epoch, session.training.progress.batch) == place


def test_two_quick_saves_are_both_written_and_training_goes_on(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    session = ready_model.session
    train_for_a_while(qtbot, ready_model)
    seen: list[Status] = []
    session.training.state_changed.connect(lambda: seen.append(session.state))
    done: list[str] = []
    for name in ("one", "two"):
        session.files.save(home / f"{name}.npz", lambda name=name: done.append(name))
    qtbot.waitUntil(lambda: done == ["one", "two"])
    assert session.state is Status.TRAINING
    assert set(seen) <= {Status.TRAINING}, "nobody pauses for it"
    for name in done:
        assert load_checkpoint(home / f"{name}.npz")[1] is not None
    pause(qtbot, ready_model)
    with qtbot.assertNotEmitted(session.displayed.changed, wait=150):
        pass
    assert session.state is Status.PAUSED


def test_json_says_that_the_state_of_training_is_not_saved(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    session = ready_model.session
    steps(qtbot, ready_model, 0, 2)
    with qtbot.waitSignal(session.runs.file_changed):
        session.files.save(home / "n.json")
    assert announced(session) == "Saved to n.json, without the training state (only .npz keeps it)"


def test_training_waits_for_the_state_to_be_taken(ready_model: Model, qtbot: QtBot, home: Path, gate: Gate) -> None:
    """Who presses Train at once gets a file of before all the same."""
    model, session = ready_model, ready_model.session
    set_up(model)
    steps(qtbot, model, 0, 2)
    session.files.save(home / "run.npz")
    session.start()
    wait_for(qtbot, model, Status.FINISHED)
    qtbot.waitUntil(lambda: session.runs.current.storage.path is not None)
    network, state = load_checkpoint(home / "run.npz")
    assert state is not None
    assert state.progress["batch"] == 2
    assert not np.array_equal(network.parameters, session.runs.current.network.parameters)


# ---- the dialog


def test_the_kind_or_the_name_gives_the_ending_and_undo_of_an_opened_run(
    ready_window: MainWindow, qtbot: QtBot, home: Path
) -> None:
    window, session = ready_window, ready_window.session
    action(window, "actionSaveNetworkAs").trigger()
    dialog = find(window, QFileDialog, "saveNetworkDialog")
    assert len(dialog.nameFilters()) == len(SAVED_FORMATS)
    assert dialog.nameFilters()[:2] == ["JSON (*.json)", "Compact checkpoint (*.npz)"]
    name = find(dialog, QLineEdit, "fileNameEdit")
    assert name.text() == "network.json"
    dialog.selectNameFilter("Compact checkpoint (*.npz)")
    dialog.filterSelected.emit("Compact checkpoint (*.npz)")
    assert name.text() == "network.npz"
    choose_file(qtbot, window, "saveNetworkDialog", home / "plain")
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path == home / "plain.npz")
    action(window, "actionSaveNetworkAs").trigger()
    dialog = find(window, QFileDialog, "saveNetworkDialog")
    assert dialog.selectedNameFilter() == "Compact checkpoint (*.npz)", "it stays what it was"
    dialog.close()

    session.settings.change("seed", seed=2)
    session.reset()
    press(qtbot, window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    choose_file(qtbot, window, "saveNetworkDialog", home / "mine.npz")
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path == home / "mine.npz")
    np.testing.assert_array_equal(
        load_network(home / "mine.npz").parameters, window.session.runs.current.network.parameters
    )

    set_up(window)
    steps(qtbot, window, 0, 3)
    save(qtbot, window, home / "run.npz")
    first = session.runs.current
    reopen(qtbot, window, home / "run.npz")
    opened = session.runs.current
    action(window, "actionUndo").trigger()
    assert session.runs.current is first
    action(window, "actionRedo").trigger()
    assert session.runs.current is opened
    train_epochs(qtbot, window, 1)


@pytest.mark.parametrize(("batches", "state"), [(11, Status.PAUSED), (20, Status.FINISHED)])
def test_a_file_that_tells_of_nothing_but_its_run_is_as_long_trained_as_that(
    ready_model: Model, qtbot: QtBot, home: Path, few_digits: Dataset, batches: int, state: Status
) -> None:
    """In the middle and at the end: the views begin there, not with an untrained network."""
    network = Network([784, 8, 10], ["relu", "softmax"], "cross-entropy")
    trainer = Trainer(network, few_digits, TrainingSettings(batch_size=50, epochs=2, evaluate=False))
    assert trainer.batches_per_epoch == 10
    for event in trainer.run():
        if isinstance(event, Batch) and (event.epoch - 1) * 10 + event.batch == batches < 20:
            break
    save_checkpoint(network, home / "run.npz", trainer.state())
    reopen(qtbot, ready_model, home / "run.npz")
    session = ready_model.session
    wait_for(qtbot, ready_model, state)
    assert session.runs.current.epochs == pytest.approx(batches / 10)
    assert [snapshot.epochs for snapshot in session.runs.current.snapshots] == [session.runs.current.epochs]


def test_a_file_of_rounded_weights_has_figures_of_its_own(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    """As ``train --half`` writes it: its curve has those of the weights before."""
    train_epochs(qtbot, ready_model, 1)
    save(qtbot, ready_model, home / "run.json")
    document = json.loads((home / "run.json").read_text())
    document["provenance"]["test_error"] = 0.125
    (home / "run.json").write_text(json.dumps(document))
    reopen(qtbot, ready_model, home / "run.json")
    assert ready_model.session.runs.current.figures()["test_error"] == 0.125


def test_a_file_without_its_training_has_the_figures_of_its_weights(
    ready_model: Model, qtbot: QtBot, home: Path
) -> None:
    """None within an epoch: those of the epoch before are of other weights. A checkpoint continues from that epoch."""
    steps(qtbot, ready_model, 2, 3)
    run = ready_model.session.runs.current
    save(qtbot, ready_model, home / "run.json")
    save(qtbot, ready_model, home / "run.npz")
    json_file, checkpoint = (Provenance.read(load_network(home / name)) for name in ("run.json", "run.npz"))
    assert (json_file.epochs, json_file.test_error) == (pytest.approx(run.epochs), None)
    assert (checkpoint.epochs, checkpoint.test_error) == (2, run.history.error.test.at(2))


def test_a_run_that_was_edited_within_an_epoch_comes_back_as_it_was(
    ready_model: Model, qtbot: QtBot, home: Path
) -> None:
    """Its figures, and its place in its second training, where it goes on."""
    session = ready_model.session
    train_epochs(qtbot, ready_model, 2)
    session.settings.change("epochs", epochs=4)
    steps(qtbot, ready_model, 1, 5)
    session.edits.set_bias(Neuron(3, 0), 50.0)
    run = session.runs.current
    qtbot.waitUntil(lambda: "test_error" in run.figures())
    save(qtbot, ready_model, home / "run.npz")
    reopen(qtbot, ready_model, home / "run.npz")
    again = session.runs.current
    wait_for(qtbot, ready_model, Status.PAUSED)
    assert (again.epochs, again.progress.total_epoch, again.progress.last_epoch) == (
        run.epochs,
        run.progress.total_epoch,
        run.progress.last_epoch,
    )
    assert again.figures() == run.figures()
    assert again.figures_before is None
    with_data, without = (read_network(home / "run.npz", data) for data in (session.dataset, None))
    assert with_data.before == without.before == 2, "in a window whose data are not loaded yet, too"
