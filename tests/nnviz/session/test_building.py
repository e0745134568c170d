"""Large networks are built in another thread; if the fields change meanwhile, the last one counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtWidgets import QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from engine.experiment import Experiment
from engine.storage import load_checkpoint, save_network
from engine.training.trainer import Trainer
from nnviz.session.run import Run, new_run
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import action, find, pause, retype, train_epochs, train_for_a_while, wait_for

LARGE = 50  # neurons, from which on these tests take a network for large


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Networks are made in the background, and ready when this is set."""
    ready = threading.Event()

    def make(experiment: Experiment) -> Run:
        if threading.current_thread() is not threading.main_thread():
            assert ready.wait(10)
        return new_run(experiment)

    monkeypatch.setattr("nnviz.session.network_replacement.new_run", make)
    monkeypatch.setattr("nnviz.session.network_replacement._MADE_AT_ONCE", 784 * LARGE)
    yield ready
    ready.set()


@pytest.fixture
def small(ready_model: Model, site: threading.Event) -> Model:
    """A session whose network is small."""
    ready_model.session.settings.change("shape", hidden=(8,))
    assert ready_model.session.state is Status.READY
    return ready_model


@pytest.fixture
def window(ready_window: MainWindow, site: threading.Event) -> MainWindow:
    """A window whose network is small."""
    ready_window.session.settings.change("shape", hidden=(8,))
    assert ready_window.session.state is Status.READY
    return ready_window


def message(model: Model) -> str:
    """The text of the message; empty for none."""
    shown = model.session.messages.current
    return "" if shown is None else shown.text


def test_the_window_says_so_and_lives(make_cards: MakeCards, qtbot: QtBot, site: threading.Event) -> None:
    window = make_cards("networkCard")
    window.add_bars()
    window.session.settings.change("shape", hidden=(8,))
    retype(qtbot, window, "shapeEdit", "784, 70, 10")
    assert window.session.state is Status.BUILDING
    assert find(window, QLabel, "runStatus").text() == "building the network"
    assert window.session.runs.current.network.shape == [784, 8, 10]
    site.set()
    wait_for(qtbot, window, Status.READY)
    assert window.session.runs.current.network.shape == [784, 70, 10]
    assert not find(window, QLabel, "networkNotice").isVisible()


@pytest.mark.parametrize("neurons", [9, 70])
def test_the_fields_change_once_with_an_untrained_network(
    small: Model, qtbot: QtBot, site: threading.Event, neurons: int
) -> None:
    """Whether it is made at once or later."""
    site.set()
    reported: list[int] = []
    small.session.settings.changed.connect(lambda: reported.append(neurons))
    small.session.settings.change("shape", hidden=(neurons,))
    wait_for(qtbot, small, Status.READY)
    assert small.session.runs.current.network.shape == [784, neurons, 10]
    assert reported == [neurons]


def test_training_begins_when_it_is_there(small: Model, qtbot: QtBot, site: threading.Event) -> None:
    small.session.settings.change("epochs", epochs=1)
    small.session.settings.change("shape", hidden=(70,))
    small.session.start()
    assert small.session.state is Status.BUILDING
    site.set()
    wait_for(qtbot, small, Status.FINISHED)
    assert small.session.runs.current.network.shape == [784, 70, 10]


def test_undo_means_the_network_that_is_being_built_and_a_start_that_waits_is_kept_where_the_window_is_not_closed(
    window: MainWindow, qtbot: QtBot, site: threading.Event
) -> None:
    train_epochs(qtbot, window, 1)
    window.session.settings.change("shape", hidden=(70,))
    window.session.reset()
    undo = action(window, "actionUndo")
    assert undo.text() == "&Undo new network"
    undo.trigger()
    assert window.session.state is Status.FINISHED

    window.session.reset()
    window.session.start()
    window.close()
    assert not window.session.training.will_start
    find(window, QMessageBox, "unsavedBox").reject()
    site.set()
    wait_for(qtbot, window, Status.FINISHED)
    assert window.session.runs.current.network.shape == [784, 70, 10]


def test_the_last_shape_counts(small: Model, qtbot: QtBot, site: threading.Event) -> None:
    small.session.settings.change("shape", hidden=(70,))
    small.session.settings.change("shape", hidden=(80,))
    site.set()
    wait_for(qtbot, small, Status.READY)
    assert small.session.runs.current.network.shape == [784, 80, 10]
    assert small.session.settings.experiment.shape == (784, 80, 10)


@pytest.mark.parametrize("neurons", [8, 9])
def test_back_to_a_small_one(small: Model, qtbot: QtBot, site: threading.Event, neurons: int) -> None:
    """The large one is not opened when it comes after all."""
    small.session.settings.change("shape", hidden=(70,))
    small.session.settings.change("shape", hidden=(neurons,))
    assert small.session.state is Status.READY
    site.set()
    small.session.settings.change("epochs", epochs=1)
    small.session.start()
    wait_for(qtbot, small, Status.FINISHED)
    assert small.session.runs.current.network.shape == [784, neurons, 10]


def test_what_was_asked_of_a_network_that_does_not_come_is_not_done(
    small: Model, qtbot: QtBot, site: threading.Event
) -> None:
    """Space was meant for the new one: the old one does not start in its place."""
    train_epochs(qtbot, small, 1)
    session, trained = small.session, small.session.runs.current
    session.settings.change("shape", hidden=(70,))
    session.reset()
    session.start()
    assert session.training.will_start
    session.replacement.cancel()
    assert session.state is Status.FINISHED
    assert not session.training.will_start
    assert session.messages.current is None
    assert session.runs.current is trained


def test_a_pause_takes_back_the_answer_to_start_a_new_one(small: Model, qtbot: QtBot, site: threading.Event) -> None:
    session = small.session
    train_epochs(qtbot, small, 1)
    session.settings.change("shape", hidden=(70,))
    session.start()
    session.messages.choose(1)
    assert session.state is Status.BUILDING
    assert session.training.will_start
    session.pause()
    site.set()
    qtbot.waitUntil(lambda: not session.replacement.is_making)
    assert session.state is Status.READY
    assert session.runs.current.network.shape == [784, 70, 10]


def test_opening_meanwhile(small: Model, qtbot: QtBot, site: threading.Event, home: Path) -> None:
    save_network(Experiment().changed(hidden=(9,)).build(), home / "other.json")
    small.session.settings.change("shape", hidden=(70,))
    small.session.start()
    small.session.files.open(home / "other.json")
    qtbot.waitUntil(lambda: small.session.runs.current.storage.path is not None)
    site.set()
    assert small.session.runs.current.network.shape == [784, 9, 10]


def test_undo_of_a_reset_meanwhile(small: Model, qtbot: QtBot, site: threading.Event) -> None:
    train_epochs(qtbot, small, 1)
    trained = small.session.runs.current
    small.session.settings.change("shape", hidden=(70,))
    small.session.reset()
    assert small.session.state is Status.BUILDING
    assert small.session.runs.current is trained
    site.set()
    qtbot.waitUntil(lambda: small.session.runs.current is not trained)
    assert small.session.runs.current.network.shape == [784, 70, 10]
    small.session.undo.undo()
    assert small.session.runs.current is trained


def paused_in_the_middle(qtbot: QtBot, model: Model) -> tuple[int, int]:
    """Two batches into a run, with a large network in the fields; the epoch and the batch."""
    for _ in range(2):
        model.session.step_batch()
        wait_for(qtbot, model, Status.PAUSED)
    model.session.settings.change("shape", hidden=(70,))
    return model.session.training.progress.epoch, model.session.training.progress.batch


def is_in_the_middle(model: Model, run: Run, place: tuple[int, int]) -> bool:
    """Whether that run is paused there, so that Space continues it."""
    session = model.session
    return (
        session.runs.current is run
        and session.training.is_in_progress
        and session.state is Status.PAUSED
        and ((session.training.progress.epoch, session.training.progress.batch) == place)
    )


@pytest.mark.parametrize("meanwhile", [True, False])
def test_undo_brings_a_paused_run_back_in_its_middle(
    small: Model, qtbot: QtBot, site: threading.Event, meanwhile: bool
) -> None:
    """While the large network is made, and when it is there."""
    place, run = paused_in_the_middle(qtbot, small), small.session.runs.current
    small.session.reset()
    assert small.session.state is Status.BUILDING
    if meanwhile:
        small.session.replacement.cancel()
    else:
        site.set()
        qtbot.waitUntil(lambda: small.session.runs.current is not run)
        assert small.session.state is Status.READY
        small.session.undo.undo()
    assert is_in_the_middle(small, run, place)
    assert small.session.settings.experiment.shape == (784, 70, 10), "what waits in the fields stays"
    small.session.undo.undo()
    assert small.session.settings.experiment.shape == run.experiment.shape
    small.session.step_batch()
    wait_for(qtbot, small, Status.PAUSED)
    assert is_in_the_middle(small, run, (place[0], place[1] + 1))
    site.set()
    small.session.files.open(Path("missing.json"), None)  # made or read one after the other: the network came before
    qtbot.waitUntil(lambda: "missing.json" in message(small))
    assert small.session.runs.current is run


@pytest.mark.parametrize("meanwhile", [True, False])
def test_undo_brings_back_a_run_that_was_going(
    small: Model, qtbot: QtBot, site: threading.Event, meanwhile: bool
) -> None:
    """The displayed network is the one that the run continues from, and that a file will hold."""
    session, run = small.session, small.session.runs.current
    session.settings.change("epochs", epochs=1000)
    train_for_a_while(qtbot, small)
    session.settings.change("shape", hidden=(70,))
    session.reset()
    assert session.state is Status.BUILDING
    if meanwhile:
        session.replacement.cancel()
    else:
        site.set()
        qtbot.waitUntil(lambda: session.runs.current is not run)
        session.undo.undo()
    wait_for(qtbot, small, Status.PAUSED)
    assert session.runs.current is run
    place = session.training.runner.call(run.id, lambda trainer: (trainer.epoch, trainer.batch)).result(10)
    assert (session.training.progress.epoch, session.training.progress.batch) == place
    np.testing.assert_array_equal(session.displayed.network.parameters, run.network.parameters)
    session.undo.undo()  # the shape
    session.step_batch()
    assert session.state is Status.TRAINING
    wait_for(qtbot, small, Status.PAUSED)
    assert session.runs.current is run


@pytest.mark.parametrize("state", [Status.TRAINING, Status.PAUSED, Status.FINISHED])
def test_a_checkpoint_saved_meanwhile_holds_the_run(
    small: Model, qtbot: QtBot, site: threading.Event, home: Path, state: Status
) -> None:
    session, path = small.session, home / "run.npz"
    if state is Status.FINISHED:
        train_epochs(qtbot, small, 1)
    else:
        session.settings.change("epochs", epochs=1000)
        train_for_a_while(qtbot, small)
    if state is Status.PAUSED:
        pause(qtbot, small)
    run = session.runs.current
    session.settings.change("shape", hidden=(70,))
    session.reset()
    session.files.save(path)
    qtbot.waitUntil(path.exists)  # also while the network is being made
    site.set()
    qtbot.waitUntil(lambda: session.runs.current is not run)
    network, kept = load_checkpoint(path)
    assert kept is not None, message(small)
    assert session.data.dataset is not None
    trainer = Trainer.resume(network, session.data.dataset, kept)
    assert trainer.epoch >= 1
    assert network.shape == [784, 8, 10]


def test_a_paused_run_that_cannot_be_replaced_stays_in_its_middle(
    small: Model, qtbot: QtBot, site: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(experiment: Experiment) -> Run:
        raise MemoryError

    place, run = paused_in_the_middle(qtbot, small), small.session.runs.current
    monkeypatch.setattr("nnviz.session.network_replacement.new_run", fail)
    small.session.reset()
    qtbot.waitUntil(lambda: "not enough memory" in message(small))
    assert is_in_the_middle(small, run, place)


def test_too_little_memory_after_all(
    small: Model, qtbot: QtBot, site: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(experiment: Experiment) -> Run:
        raise MemoryError

    monkeypatch.setattr("nnviz.session.network_replacement.new_run", fail)
    small.session.settings.change("shape", hidden=(70,))
    small.session.start()
    wait_for(qtbot, small, Status.READY)
    assert "not enough memory" in message(small)
    assert not small.session.training.will_start
    assert small.session.runs.current.network.shape == [784, 8, 10]


def test_closing_meanwhile(small: Model, qtbot: QtBot, site: threading.Event) -> None:
    small.session.settings.change("shape", hidden=(70,))
    small.session.start()
    site.set()
    assert small.close()
    qtbot.wait(1)
    assert small.session.runs.current.network.shape == [784, 8, 10]
