"""Nothing learned is lost without having been asked; nobody is asked about nothing."""

from __future__ import annotations

import time
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
from tests.nnviz.helpers import choose_file, find, press, train_epochs, train_for_a_while


def question(window: MainWindow) -> QMessageBox | None:
    """The one about unsaved work, if it is asked."""
    boxes = [box for box in window.findChildren(QMessageBox, "unsavedBox") if box.isVisible()]
    assert len(boxes) <= 1
    return boxes[0] if boxes else None


def answer(qtbot: QtBot, window: MainWindow, button: QMessageBox.StandardButton) -> None:
    """Clicks it."""
    box = question(window)
    assert box is not None, "nothing is asked"
    qtbot.mouseClick(box.button(button), Qt.LeftButton)
    assert question(window) is None
    QCoreApplication.sendPostedEvents(None, QEvent.DeferredDelete)


@pytest.fixture
def learned(ready_window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window whose network has learned and was never saved."""
    train_epochs(qtbot, ready_window, 1)
    return ready_window


def test_cancel_keeps_the_window(learned: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, learned, Qt.Key_Q, Qt.ControlModifier)
    answer(qtbot, learned, QMessageBox.Cancel)
    assert learned.isVisible()
    assert learned.isWindowModified()
    press(qtbot, learned, Qt.Key_Q, Qt.ControlModifier)
    box = question(learned)
    assert box is not None
    qtbot.keyClick(box, Qt.Key_Escape)
    assert question(learned) is None
    assert learned.isVisible()


def test_discard_closes(learned: MainWindow, qtbot: QtBot, home: Path) -> None:
    learned.close()
    assert learned.isVisible()
    answer(qtbot, learned, QMessageBox.Discard)
    assert not learned.isVisible()
    assert not list(home.glob("*.json"))


def test_save_asks_where_and_closes_when_it_is_written(learned: MainWindow, qtbot: QtBot, home: Path) -> None:
    parameters = learned.session.runs.current.network.parameters.copy()
    learned.close()
    answer(qtbot, learned, QMessageBox.Save)
    choose_file(qtbot, learned, "saveNetworkDialog", home / "kept.json")
    qtbot.waitUntil(lambda: not learned.isVisible())
    np.testing.assert_array_equal(load_network(home / "kept.json").parameters, parameters)


def test_enter_saves(learned: MainWindow, qtbot: QtBot) -> None:
    """The default is the answer that loses nothing."""
    learned.close()
    box = question(learned)
    assert box is not None
    qtbot.keyClick(box, Qt.Key_Return)
    dialog = find(learned, QFileDialog, "saveNetworkDialog")
    assert dialog.isVisible()
    dialog.reject()
    assert learned.isVisible(), "no file, no end"


def test_a_save_that_fails_keeps_the_window(learned: MainWindow, qtbot: QtBot, home: Path) -> None:
    learned.close()
    answer(qtbot, learned, QMessageBox.Save)
    dialog = find(learned, QFileDialog, "saveNetworkDialog")
    with qtbot.waitSignal(learned.session.messages.changed):
        dialog.fileSelected.emit(str(home / "no such folder" / "x.json"))
    dialog.reject()
    assert learned.isVisible()
    assert learned.isWindowModified()


def test_nothing_is_asked_where_nothing_is_lost(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    window = ready_window
    save_network(Experiment().changed(seed=4).build(), home / "other.json")
    press(qtbot, window, Qt.Key_O, Qt.ControlModifier)
    assert question(window) is None
    choose_file(qtbot, window, "openNetworkDialog", home / "other.json")
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path is not None)
    train_epochs(qtbot, window, 1)
    assert window.isWindowModified()
    press(qtbot, window, Qt.Key_S, Qt.ControlModifier)
    qtbot.waitUntil(lambda: not window.isWindowModified())
    window.close()
    assert question(window) is None
    assert not window.isVisible()


def test_closing_while_it_loads_asks_nothing(window: MainWindow) -> None:
    window.close()
    assert question(window) is None
    assert not window.isVisible()


def test_opening_asks_first(learned: MainWindow, qtbot: QtBot, home: Path) -> None:
    save_network(Experiment().changed(seed=4).build(), home / "other.json")
    run = learned.session.runs.current
    press(qtbot, learned, Qt.Key_O, Qt.ControlModifier)
    assert learned.findChild(QFileDialog, "openNetworkDialog") is None
    answer(qtbot, learned, QMessageBox.Cancel)
    assert learned.findChild(QFileDialog, "openNetworkDialog") is None
    assert learned.session.runs.current is run

    learned.dialogs.open_path(home / "other.json")
    answer(qtbot, learned, QMessageBox.Save)
    choose_file(qtbot, learned, "saveNetworkDialog", home / "kept.json")
    qtbot.waitUntil(lambda: learned.session.runs.current.storage.path == home / "other.json")
    assert (home / "kept.json").exists()

    train_epochs(qtbot, learned, 1)
    press(qtbot, learned, Qt.Key_O, Qt.ControlModifier)
    answer(qtbot, learned, QMessageBox.Discard)
    choose_file(qtbot, learned, "openNetworkDialog", home / "kept.json")
    qtbot.waitUntil(lambda: learned.session.runs.current.storage.path == home / "kept.json")


def test_training_on_after_saving_is_unsaved_again(learned: MainWindow, qtbot: QtBot, home: Path) -> None:
    learned.session.files.save(home / "kept.json")
    qtbot.waitUntil(lambda: not learned.isWindowModified())
    learned.session.step_batch()
    qtbot.waitUntil(learned.isWindowModified)
    assert learned.windowTitle().startswith("kept.json[*]")
    qtbot.waitUntil(lambda: learned.session.state is Status.PAUSED)


def test_saving_while_it_trains(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    """What is written is what was seen, whole, and the training goes on."""
    window = ready_window
    train_for_a_while(qtbot, window)
    seen = window.session.displayed.network.parameters.copy()
    window.session.files.save(home / "between.json")
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path is not None)
    assert window.session.state is Status.TRAINING
    np.testing.assert_array_equal(load_network(home / "between.json").parameters, seen)
    qtbot.waitUntil(window.isWindowModified)


def test_closing_in_the_middle_of_training_is_quick(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    window.close()
    assert question(window) is not None
    start = time.perf_counter()
    answer(qtbot, window, QMessageBox.Discard)
    assert not window.isVisible()
    assert time.perf_counter() - start < 1


def test_a_network_that_learned_again_from_the_same_place_is_unsaved(
    ready_window: MainWindow, qtbot: QtBot, home: Path
) -> None:
    """The same batch number is not the same network."""
    session = ready_window.session
    session.step_batch()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
    session.files.save(home / "one.json")
    qtbot.waitUntil(lambda: not session.runs.current.unsaved)
    session.reset()
    session.undo.undo()
    session.step_batch()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED and session.runs.current.changes == 2)
    assert session.runs.current.unsaved


def test_an_opened_network_goes_on_with_its_past(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    session = ready_window.session
    train_epochs(qtbot, ready_window, 3)
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


def test_choosing_the_data_that_is_there_disturbs_nothing(ready_window: MainWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    train_for_a_while(qtbot, ready_window)
    session.data.load("mnist")
    assert session.state is Status.TRAINING
    session.pause()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
