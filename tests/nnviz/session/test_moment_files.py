"""Saving and exporting while one looks back: the file gets the network of that moment, exactly where that can be."""

from __future__ import annotations

import runpy
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from engine.provenance import Provenance
from engine.storage import load_checkpoint, load_network
from engine.training import Trainer
from engine.validation import Array
from nnviz.library import replay as replaying
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import action, choose_file, find, press, train_epochs, wait_for


@pytest.fixture
def trained(recorded: MainWindow, qtbot: QtBot) -> MainWindow:
    """Adam for some batches of the fourth epoch."""
    session = recorded.session
    session.settings.change("all", hidden=(12,), optimizer="adam", learning_rate=0.003, epochs=5)
    for step in [session.step_epoch] * 3 + [session.step_batch] * 2:
        before = session.runs.current.epochs
        step()
        qtbot.waitUntil(lambda before=before: session.runs.current.epochs > before, timeout=20_000)
        wait_for(qtbot, recorded, Status.PAUSED)
    return recorded


def exactly(window: MainWindow, epochs: float) -> Array:
    """The parameters of the same training after so many epochs, with a fraction, done without a window."""
    session, dataset = window.session, window.session.dataset
    assert dataset is not None
    trainer = session.runs.current.experiment.trainer(dataset)
    events, steps = trainer.run(), round(epochs * trainer.batches_per_epoch)
    while max(trainer.epoch - 1, 0) * trainer.batches_per_epoch + trainer.batch < steps:
        next(events)
    parameters: Array = trainer.network.parameters
    return parameters


def ready(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """Until the file is written, and that is told."""
    qtbot.waitUntil(lambda: not window.session.files.is_busy, timeout=20_000)
    assert path.exists()


def test_ctrl_s_saves_the_moment_exactly_and_says_so(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    session, path = trained.session, home / "then.json"
    session.timeline.go_to(2)
    assert action(trained, "actionSaveNetwork").text() == "&Save network of epoch 2 …"
    press(qtbot, trained, Qt.Key_S, Qt.ControlModifier)
    dialog = find(trained, QFileDialog, "saveNetworkDialog")
    assert dialog.windowTitle() == "Save the network of epoch 2"
    assert Path(dialog.selectedFiles()[0]).name == "network-epoch-2.json"
    choose_file(qtbot, trained, "saveNetworkDialog", path)
    ready(qtbot, trained, path)
    network = load_network(path)
    np.testing.assert_array_equal(network.parameters, exactly(trained, 2))
    told = Provenance.read(network)
    assert (told.epochs, told.history.completed if told.history else None) == (2, 2)
    assert told.test_error == session.runs.current.history.error.test.at(2)
    assert session.files.activity == "Saved to then.json, the network of epoch 2"
    assert session.runs.current.path is None, "the network of now has no file"
    assert session.messages.current is None


def test_a_checkpoint_goes_on_from_there(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    session, path = trained.session, home / "then.npz"
    dataset = session.dataset
    assert dataset is not None
    session.moment_files.save(path, 1)
    ready(qtbot, trained, path)
    network, state = load_checkpoint(path)
    assert state is not None
    trainer = Trainer.resume(network, dataset, state)
    for _ in trainer.run():
        pass
    session.timeline.go_live()
    session.start()
    wait_for(qtbot, trained, Status.FINISHED)
    np.testing.assert_array_equal(trainer.network.parameters, session.runs.current.network.parameters)


def test_between_two_epochs(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    session, path = trained.session, home / "then.npz"
    at = session.timeline.epochs[-2]
    assert at != round(at)
    session.timeline.go_to(at)
    session.moment_files.save(path, at)
    ready(qtbot, trained, path)
    np.testing.assert_array_equal(load_network(path).parameters, exactly(trained, at))


def test_an_export_of_the_moment(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    session, path = trained.session, home / "then.py"
    session.timeline.go_to(1)
    assert find(trained, QMenu, "menuExport").title() == "&Export network of epoch 1"
    action(trained, "actionExportScript").trigger()
    assert find(trained, QFileDialog, "exportNetworkDialog").windowTitle() == "Export the network of epoch 1"
    choose_file(qtbot, trained, "exportNetworkDialog", path)
    ready(qtbot, trained, path)
    answers: Any = runpy.run_path(str(path))["predict"]
    dataset, network = session.dataset, session.runs.current.network
    assert dataset is not None
    inputs = dataset.train.inputs[:20] * np.float32(dataset.train.scale)
    expected = network.with_parameters(exactly(trained, 1)).predict(inputs)
    np.testing.assert_allclose(answers(inputs), expected, atol=1e-5)


def test_live_again_it_is_the_network_of_now(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    session, path = trained.session, home / "now.json"
    session.timeline.go_to(1)
    session.timeline.go_live()
    assert action(trained, "actionSaveNetwork").text() == "&Save network"
    press(qtbot, trained, Qt.Key_S, Qt.ControlModifier)
    choose_file(qtbot, trained, "saveNetworkDialog", path)
    ready(qtbot, trained, path)
    np.testing.assert_array_equal(load_network(path).parameters, session.runs.current.network.parameters)
    assert session.runs.current.path == path


def test_of_a_run_that_is_not_recorded_it_is_approximate_and_told(
    ready_window: MainWindow, qtbot: QtBot, home: Path
) -> None:
    session, path = ready_window.session, home / "then.json"
    train_epochs(qtbot, ready_window, 2)
    session.timeline.go_to(1)
    displayed = session.displayed.as_trained.parameters
    session.moment_files.save(path, 1)
    ready(qtbot, ready_window, path)
    network = load_network(path)
    np.testing.assert_array_equal(network.parameters, displayed)
    assert Provenance.read(network).epochs == 1
    message = session.messages.current
    assert message is not None
    assert "not recorded" in message.text
    assert "16 bits" in message.text
    assert session.files.activity.endswith("the network of epoch 1, approximately")


def test_it_can_be_given_up_while_it_goes_there(
    trained: MainWindow, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a second that is offered, with how far it is."""
    session, path, go_on = trained.session, home / "then.json", threading.Event()
    original = replaying.replay

    def slow(*arguments: Any) -> Any:
        yield 0.25
        go_on.wait(20)
        return (yield from original(*arguments))

    monkeypatch.setattr(replaying, "replay", slow)
    session.timeline.go_to(2)
    session.moment_files.save(path, 2)
    try:
        qtbot.waitUntil(lambda: session.messages.current is not None)
        message = session.messages.current
        assert message is not None
        assert message.text.startswith("Going back to epoch 2 for then.json")
        assert session.moment_files.is_going_back
        session.messages.choose(0)
    finally:
        go_on.set()
    assert not session.moment_files.is_going_back
    assert session.files.activity == "then.json was not saved"
    assert not path.exists()
