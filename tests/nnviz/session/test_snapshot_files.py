"""Saving and exporting while one looks back: the file gets the network of that moment, exactly where that can be."""

from __future__ import annotations

import runpy
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFileDialog, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from engine.basics.validation import Array
from engine.provenance import Provenance
from engine.storage import load_checkpoint, load_network
from engine.training.trainer import Trainer
from nnviz.library import Library
from nnviz.library import replay as replaying
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import action, announced, choose_file, find, press, train_epochs, wait_for

M = TypeVar("M", Model, MainWindow)


def trained_for_a_while(model: M, qtbot: QtBot) -> M:
    """Adam for some batches of the fourth epoch."""
    session = model.session
    session.records.set_on(True)
    session.settings.change("all", hidden=(12,), optimizer="adam", learning_rate=0.003, epochs=5)
    for step in [session.step_epoch] * 3 + [session.step_batch] * 2:
        before = session.runs.current.epochs
        step()
        qtbot.waitUntil(lambda before=before: session.runs.current.epochs > before, timeout=20_000)
        wait_for(qtbot, model, Status.PAUSED)
    return model


@pytest.fixture
def trained(ready_model: Model, qtbot: QtBot) -> Model:
    """A session in the middle of a run."""
    return trained_for_a_while(ready_model, qtbot)


@pytest.fixture
def window(ready_window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window in the middle of a run."""
    return trained_for_a_while(ready_window, qtbot)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """No moment of the past is reached before this is set."""
    go_on, original = threading.Event(), replaying.replay

    def slow(*arguments: Any) -> Any:
        yield 0.25
        go_on.wait(20)
        return (yield from original(*arguments))

    monkeypatch.setattr(replaying, "replay", slow)
    yield go_on
    go_on.set()


def exactly(model: Model, epochs: float) -> Array:
    """The parameters of the same training after a given number of epochs, with a fraction, done without a window."""
    session, dataset = model.session, model.session.dataset
    assert dataset is not None
    trainer = session.runs.current.experiment.trainer(dataset)
    events, steps = trainer.run(), round(epochs * trainer.batches_per_epoch)
    while max(trainer.epoch - 1, 0) * trainer.batches_per_epoch + trainer.batch < steps:
        next(events)
    parameters: Array = trainer.network.parameters
    return parameters


def ready(qtbot: QtBot, model: Model, path: Path) -> None:
    """Until the file is written, and that is reported."""
    qtbot.waitUntil(lambda: not model.session.files.activity, timeout=20_000)
    assert path.exists()


def test_ctrl_s_saves_the_moment_exactly_and_says_so_and_so_does_an_export(
    window: MainWindow, qtbot: QtBot, home: Path
) -> None:
    """Live again, it is the network of now."""
    session, path = window.session, home / "then.json"
    session.timeline.go_to(2)
    assert action(window, "actionSaveNetwork").text() == "&Save network of epoch 2 …"
    press(qtbot, window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    dialog = find(window, QFileDialog, "saveNetworkDialog")
    assert dialog.windowTitle() == "Save the network of epoch 2"
    assert Path(dialog.selectedFiles()[0]).name == "network-epoch-2.json"
    choose_file(qtbot, window, "saveNetworkDialog", path)
    ready(qtbot, window, path)
    network = load_network(path)
    np.testing.assert_array_equal(network.parameters, exactly(window, 2))
    reported = Provenance.read(network)
    assert (reported.epochs, reported.history.completed if reported.history else None) == (2, 2)
    assert reported.test_error == session.runs.current.history.error.test.at(2)
    assert announced(session) == "Saved to then.json, the network of epoch 2"
    assert session.runs.current.storage.path is None, "the network of now has no file"
    assert session.messages.current is None

    script = home / "then.py"
    session.timeline.go_to(1)
    assert find(window, QMenu, "menuExport").title() == "&Export network of epoch 1"
    action(window, "actionExportScript").trigger()
    assert find(window, QFileDialog, "exportNetworkDialog").windowTitle() == "Export the network of epoch 1"
    choose_file(qtbot, window, "exportNetworkDialog", script)
    ready(qtbot, window, script)
    answers: Any = runpy.run_path(str(script))["predict"]
    dataset, network = session.dataset, session.runs.current.network
    assert dataset is not None
    inputs = dataset.train.inputs[:20] * np.float32(dataset.train.scale)
    expected = network.with_parameters(exactly(window, 1)).predict(inputs)
    np.testing.assert_allclose(answers(inputs), expected, atol=1e-5)

    now = home / "now.json"
    session.timeline.go_live()
    assert action(window, "actionSaveNetwork").text() == "&Save network"
    press(qtbot, window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    choose_file(qtbot, window, "saveNetworkDialog", now)
    ready(qtbot, window, now)
    np.testing.assert_array_equal(load_network(now).parameters, session.runs.current.network.parameters)
    assert session.runs.current.storage.path == now


def test_a_checkpoint_goes_on_from_there(trained: Model, qtbot: QtBot, home: Path) -> None:
    session, path = trained.session, home / "then.npz"
    dataset = session.dataset
    assert dataset is not None
    session.snapshot_files.save(path, 1)
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


@pytest.mark.parametrize("at", [1, 2.4])
def test_a_checkpoint_of_the_past_opens_at_its_place(trained: Model, qtbot: QtBot, home: Path, at: float) -> None:
    session, path = trained.session, home / "then.npz"
    session.snapshot_files.save(path, at)
    ready(qtbot, trained, path)
    run = session.runs.current
    session.files.open(path)
    qtbot.waitUntil(lambda: session.runs.current is not run and session.state is Status.PAUSED, timeout=20_000)
    assert (session.runs.current.epochs, session.runs.current.progress.last_epoch) == (at, 5)


def test_between_two_epochs(trained: Model, qtbot: QtBot, home: Path) -> None:
    session, path = trained.session, home / "then.npz"
    at = session.timeline.epochs[-2]
    assert at != round(at)
    session.timeline.go_to(at)
    session.snapshot_files.save(path, at)
    ready(qtbot, trained, path)
    np.testing.assert_array_equal(load_network(path).parameters, exactly(trained, at))


def test_of_a_run_that_is_not_recorded_it_is_approximate_and_reported(
    ready_model: Model, qtbot: QtBot, home: Path
) -> None:
    session, path = ready_model.session, home / "then.json"
    train_epochs(qtbot, ready_model, 2)
    session.timeline.go_to(1)
    displayed = session.displayed.as_trained.parameters
    session.snapshot_files.save(path, 1)
    ready(qtbot, ready_model, path)
    network = load_network(path)
    np.testing.assert_array_equal(network.parameters, displayed)
    assert Provenance.read(network).epochs == 1
    message = session.messages.current
    assert message is not None
    assert "not recorded" in message.text
    assert "16 bits" in message.text
    assert announced(session).endswith("the network of epoch 1, approximately")


def test_it_can_be_given_up_while_it_goes_there(
    at_once: None, trained: Model, qtbot: QtBot, home: Path, held: threading.Event
) -> None:
    """That is offered, with how far it is."""
    session, path = trained.session, home / "then.json"
    session.timeline.go_to(2)
    session.snapshot_files.save(path, 2)
    qtbot.waitUntil(lambda: session.messages.current is not None)
    message = session.messages.current
    assert message is not None
    assert message.text.startswith("Still going back to epoch 2 for then.json")
    assert session.snapshot_files.waiting == [path]
    session.messages.choose(0)
    held.set()
    assert not session.snapshot_files.waiting
    assert announced(session) == "then.json was not saved"
    assert not path.exists()


# ---- several


def test_one_after_the_other_is_written(trained: Model, qtbot: QtBot, home: Path, held: threading.Event) -> None:
    session, first, second, third = trained.session, home / "a.json", home / "b.py", home / "c.json"
    session.snapshot_files.save(first, 1)
    session.snapshot_files.export(second, 2)
    session.snapshot_files.save(third, 3)
    assert session.snapshot_files.waiting == [first, second, third]
    session.snapshot_files.cancel()
    assert session.snapshot_files.waiting == [second, third], "the others are not given up with it"
    held.set()
    ready(qtbot, trained, third)
    assert second.exists()
    assert not first.exists()
    np.testing.assert_array_equal(load_network(third).parameters, exactly(trained, 3))


def test_what_was_saved_last_is_in_the_file(trained: Model, qtbot: QtBot, home: Path, held: threading.Event) -> None:
    """However long the way back to the moment takes that was saved into it before."""
    session, path = trained.session, home / "own.json"
    session.snapshot_files.save(path, 2)
    saved: list[bool] = []
    session.files.save(path, lambda: saved.append(True))
    qtbot.waitUntil(lambda: bool(saved))
    held.set()
    ready(qtbot, trained, path)
    np.testing.assert_array_equal(load_network(path).parameters, session.runs.current.network.parameters)
    assert "which already holds a later save" in announced(session)


def test_a_moment_in_its_own_file_leaves_the_network_unsaved(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    session, path = ready_model.session, home / "own.json"
    train_epochs(qtbot, ready_model, 2)
    run = session.runs.current
    session.files.save(path)
    ready(qtbot, ready_model, path)
    assert not run.unsaved
    session.snapshot_files.save(home / "other.json", 1)
    ready(qtbot, ready_model, home / "other.json")
    assert not run.unsaved
    (home / "link").symlink_to(home)
    session.snapshot_files.save(home / "link" / "own.json", 1)
    ready(qtbot, ready_model, path)
    assert run.unsaved
    session.files.save(path)
    ready(qtbot, ready_model, path)
    assert not run.unsaved


def test_the_moment_stays_the_one_that_was_asked_for(
    trained: Model, qtbot: QtBot, home: Path, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the timeline no longer has it when it turns out that it cannot be reached."""
    session, path = trained.session, home / "then.json"
    session.timeline.go_to(2)
    displayed = session.displayed.as_trained.parameters.copy()
    session.snapshot_files.save(path, 2)
    session.runs.current.snapshots.clear()
    with Library(session.records.path) as library:
        library.database.write("DELETE FROM states")
    held.set()
    ready(qtbot, trained, path)
    np.testing.assert_array_equal(load_network(path).parameters, displayed)


def test_a_file_says_on_which_data_its_network_was_trained(trained: Model, qtbot: QtBot) -> None:
    """Not which are there now."""
    session, run = trained.session, trained.session.runs.current
    assert session.dataset is not None
    title = session.dataset.title
    session.data.load("moons")
    qtbot.waitUntil(lambda: session.dataset is not None and session.dataset.title != title)
    assert session.files.data_title(run) == title


# ---- quitting


def press_in_question(qtbot: QtBot, window: MainWindow, text: str) -> None:
    """Presses a button of the question whether to wait."""
    buttons = find(window, QMessageBox, "waitingBox").buttons()
    (button,) = (each for each in buttons if each.text().replace("&", "").startswith(text))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_quitting_asks_and_waits_for_the_moment(
    window: MainWindow, qtbot: QtBot, home: Path, held: threading.Event
) -> None:
    session, path = window.session, home / "then.json"
    expected = exactly(window, 2)
    session.snapshot_files.save(path, 2)
    assert not window.close()
    assert find(window, QMessageBox, "waitingBox").text() == "then.json is not written yet."
    press_in_question(qtbot, window, "Wait, then quit")
    assert window.isVisible()
    with qtbot.waitSignal(window.closed, timeout=20_000):
        held.set()
    np.testing.assert_array_equal(load_network(path).parameters, expected)


def test_quitting_without_it(window: MainWindow, qtbot: QtBot, home: Path, held: threading.Event) -> None:
    session = window.session
    for name in ("a.json", "b.json"):
        session.snapshot_files.save(home / name, 2)
    assert not window.close()
    assert find(window, QMessageBox, "waitingBox").text() == "a.json, b.json are not written yet."
    press_in_question(qtbot, window, "Cancel")
    assert len(session.snapshot_files.waiting) == 2
    assert not window.close()
    with qtbot.waitSignal(window.closed):
        press_in_question(qtbot, window, "Quit without them")
    assert not list(home.glob("*.json"))
    held.set()
    assert session.close()


def test_a_file_that_is_lost_without_a_question_is_logged_once(
    window: MainWindow, home: Path, held: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    window.session.snapshot_files.save(home / "lost.json", 2)
    window.close_unasked()
    assert caplog.text.count("lost.json was not saved") == 1
    held.set()
    assert window.session.close()
