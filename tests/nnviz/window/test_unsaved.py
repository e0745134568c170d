"""Nothing learned is lost without having been asked; nobody is asked about nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QCoreApplication, QEvent, Qt
from PyQt5.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from engine.experiment import Experiment
from engine.storage import load_network, save_network
from nnviz.session.file_writing import provenance_of
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import choose_file, find, press, train_epochs, train_for_a_while
from tests.nnviz.window.asking_window import AskingWindow, asked, question


@pytest.fixture
def asking(ready_model: Model) -> Iterator[AskingWindow]:
    """A window that does no more than ask."""
    window = AskingWindow(ready_model.session)
    window.show()
    yield window
    window.end()


def answer(qtbot: QtBot, window: AskingWindow | MainWindow, button: QMessageBox.StandardButton) -> None:
    """Clicks it."""
    qtbot.mouseClick(asked(window).button(button), Qt.MouseButton.LeftButton)
    assert question(window) is None
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_cancel_keeps_the_window_and_discard_closes_it(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    """Also in the middle of training, and quickly."""
    window = ready_window
    train_epochs(qtbot, window, 1)
    press(qtbot, window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    answer(qtbot, window, QMessageBox.StandardButton.Cancel)
    assert window.isVisible()
    assert window.isWindowModified()
    press(qtbot, window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(asked(window), Qt.Key.Key_Escape)
    assert question(window) is None
    assert window.isVisible()

    train_for_a_while(qtbot, window)
    qtbot.waitUntil(lambda: window.session.runs.current.history.completed >= 2)
    window.close()
    assert window.isVisible()
    start = time.perf_counter()
    answer(qtbot, window, QMessageBox.StandardButton.Discard)
    assert not window.isVisible()
    assert time.perf_counter() - start < 1
    assert not list(home.glob("*.json"))


def test_a_file_that_is_not_chosen_or_fails_keeps_the_window(asking: AskingWindow, qtbot: QtBot, home: Path) -> None:
    train_epochs(qtbot, asking, 1)
    run = asking.session.runs.current
    asking.close()
    qtbot.keyClick(asked(asking), Qt.Key.Key_Return)  # the default is the answer that loses nothing
    dialog = find(asking, QFileDialog, "saveNetworkDialog")
    assert dialog.isVisible()
    dialog.reject()
    assert asking.isVisible(), "no file, no end"

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    asking.close()
    answer(qtbot, asking, QMessageBox.StandardButton.Save)
    dialog = find(asking, QFileDialog, "saveNetworkDialog")
    with qtbot.waitSignal(asking.session.messages.changed):
        dialog.fileSelected.emit(str(home / "no such folder" / "x.json"))
    dialog.reject()
    assert asking.isVisible()
    assert run.unsaved

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    parameters = run.network.parameters.copy()
    asking.close()
    answer(qtbot, asking, QMessageBox.StandardButton.Save)
    choose_file(qtbot, asking, "saveNetworkDialog", home / "kept.json")
    qtbot.waitUntil(lambda: not asking.isVisible())
    np.testing.assert_array_equal(load_network(home / "kept.json").parameters, parameters)


def test_nothing_is_asked_where_nothing_is_lost(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    window = ready_window
    save_network(Experiment().changed(seed=4).build(), home / "other.json")
    press(qtbot, window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert question(window) is None
    choose_file(qtbot, window, "openNetworkDialog", home / "other.json")
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path is not None)
    train_epochs(qtbot, window, 1)
    assert window.isWindowModified()
    press(qtbot, window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not window.isWindowModified())
    window.session.step_batch()
    qtbot.waitUntil(window.isWindowModified)
    assert window.windowTitle().startswith("other.json[*]"), "training on after saving is unsaved again"
    qtbot.waitUntil(lambda: window.session.state is Status.PAUSED)
    press(qtbot, window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not window.isWindowModified())
    window.close()
    assert question(window) is None
    assert not window.isVisible()


def test_closing_while_it_loads_asks_nothing(window: MainWindow) -> None:
    window.close()
    assert question(window) is None
    assert not window.isVisible()


def test_opening_asks_first(asking: AskingWindow, qtbot: QtBot, home: Path) -> None:
    save_network(Experiment().changed(seed=4).build(), home / "other.json")
    train_epochs(qtbot, asking, 1)
    run = asking.session.runs.current
    asking.dialogs.open_network()
    assert asking.findChild(QFileDialog, "openNetworkDialog") is None
    answer(qtbot, asking, QMessageBox.StandardButton.Cancel)
    assert asking.findChild(QFileDialog, "openNetworkDialog") is None
    assert asking.session.runs.current is run

    asking.dialogs.open_path(home / "other.json")
    answer(qtbot, asking, QMessageBox.StandardButton.Save)
    choose_file(qtbot, asking, "saveNetworkDialog", home / "kept.json")
    qtbot.waitUntil(lambda: asking.session.runs.current.storage.path == home / "other.json")
    assert (home / "kept.json").exists()

    train_epochs(qtbot, asking, 1)
    asking.dialogs.open_network()
    answer(qtbot, asking, QMessageBox.StandardButton.Discard)
    choose_file(qtbot, asking, "openNetworkDialog", home / "kept.json")
    qtbot.waitUntil(lambda: asking.session.runs.current.storage.path == home / "kept.json")


def test_saving_while_it_trains(asking: AskingWindow, qtbot: QtBot, home: Path) -> None:
    """What is written is what was seen, whole, and the training goes on."""
    session = asking.session
    train_for_a_while(qtbot, asking)
    seen = session.displayed.network.parameters.copy()
    session.files.save(home / "between.json")
    qtbot.waitUntil(lambda: session.runs.current.storage.path is not None)
    assert session.state is Status.TRAINING
    np.testing.assert_array_equal(load_network(home / "between.json").parameters, seen)
    qtbot.waitUntil(lambda: session.runs.current.unsaved)


def test_a_network_that_learned_again_from_the_same_place_is_unsaved(
    ready_model: Model, qtbot: QtBot, home: Path
) -> None:
    """The same batch number is not the same network."""
    session = ready_model.session
    session.step_batch()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
    session.files.save(home / "one.json")
    qtbot.waitUntil(lambda: not session.runs.current.unsaved)
    session.reset()
    session.undo.undo()
    session.step_batch()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED and session.runs.current.changes == 2)
    assert session.runs.current.unsaved


def test_an_opened_network_goes_on_with_its_past(asking: AskingWindow, qtbot: QtBot, home: Path) -> None:
    session = asking.session
    train_epochs(qtbot, asking, 3)
    session.files.save(home / "three.json")
    qtbot.waitUntil(lambda: not session.runs.current.unsaved)
    session.files.open(home / "three.json")
    qtbot.waitUntil(lambda: session.runs.current.epochs == 3 and session.runs.current.changes == 0)
    assert not session.runs.current.unsaved
    session.settings.change("epochs", epochs=1)
    session.start()
    qtbot.waitUntil(lambda: session.state is Status.FINISHED)
    assert provenance_of(session.runs.current, "MNIST").epochs == 4
    assert session.runs.current.history.error.train.epochs == [0, 1, 2, 3, 4]


def test_choosing_the_data_that_is_there_disturbs_nothing(asking: AskingWindow, qtbot: QtBot) -> None:
    session = asking.session
    train_for_a_while(qtbot, asking)
    session.data.load("mnist")
    assert session.state is Status.TRAINING
    session.pause()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
