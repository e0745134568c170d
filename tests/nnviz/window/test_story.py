"""The whole way, as a person goes it: train on MNIST, pause, step, draw, save, open, quit. Only keys and mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.datasets.mnist import load_mnist
from nnviz.cards.stage.prediction.answer_view import AnswerView
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.helpers import choose_file, click, drag, find, press, retype, seven, wait_for


def _answer(window: MainWindow) -> str:
    return find(window, AnswerView, "answerView").accessibleDescription()


@pytest.mark.slow
def test_from_the_first_space_to_the_last_click(
    make_window: MakeWindow, load_with: Callable[..., None], qtbot: QtBot, home: Path
) -> None:
    load_with(load_mnist)
    window = make_window()
    wait_for(qtbot, window, Status.READY)
    assert len(window.session.data.dataset.train) == 60_000
    _train_and_pause(window, qtbot)
    _step_one_batch(window, qtbot)
    _step_to_the_end_of_the_epoch(window, qtbot)
    _draw_a_seven_while_it_learns_the_rest(window, qtbot)
    _save(window, qtbot, home / "seven.json")
    _reset_and_open(window, qtbot, home / "seven.json")
    _quit(window, qtbot)


def _train_and_pause(window: MainWindow, qtbot: QtBot) -> None:
    """Two epochs of many batches, typed and started by key. Paused on the way, once."""
    retype(qtbot, window, "batchSizeEdit", "120")
    retype(qtbot, window, "epochsEdit", "2")
    press(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.session.training.progress.batch > 20, timeout=20_000)
    press(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, Status.PAUSED)
    assert window.session.training.progress.epoch == 1


def _step_one_batch(window: MainWindow, qtbot: QtBot) -> None:
    """One batch is one batch."""
    session = window.session
    paused_at = session.training.progress
    before = session.runs.current.network.parameters.copy()
    click(qtbot, window, QPushButton, "stepBatchButton")
    wait_for(qtbot, window, Status.PAUSED)
    is_at_end = paused_at.batch == paused_at.batches
    one_on = (paused_at.epoch + 1, 1) if is_at_end else (paused_at.epoch, paused_at.batch + 1)
    assert (session.training.progress.epoch, session.training.progress.batch) == one_on
    assert np.any(session.runs.current.network.parameters != before)


def _step_to_the_end_of_the_epoch(window: MainWindow, qtbot: QtBot) -> None:
    """One epoch is to the end of this one."""
    session = window.session
    press(qtbot, window, Qt.Key.Key_E)
    wait_for(qtbot, window, Status.TRAINING)
    wait_for(qtbot, window, Status.PAUSED)
    assert (session.training.progress.epoch, session.training.progress.batch) == (1, 500)
    assert session.runs.current.history.error.test.epochs == [0, 1]
    assert session.runs.current.history.error.test.values[-1] < 0.1
    assert "untitled" in window.windowTitle()
    assert window.isWindowModified()


def _draw_a_seven_while_it_learns_the_rest(window: MainWindow, qtbot: QtBot) -> None:
    assert _answer(window) == "no answer"
    drag(window.canvas, seven(window.canvas))
    qtbot.waitUntil(lambda: _answer(window).startswith("7, "))
    before = window.session.question.answer
    press(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, Status.FINISHED)
    qtbot.waitUntil(lambda: not np.array_equal(window.session.question.answer, before))
    qtbot.waitUntil(lambda: "% sure" in _answer(window))
    last_error = window.session.runs.current.history.error.test.values[2]
    assert find(window, QLabel, "testFigure").text() == f"{100 * last_error:.2f} %"


def _save(window: MainWindow, qtbot: QtBot, file: Path) -> None:
    """Saves, until the title no longer marks the network as unsaved."""
    press(qtbot, window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    choose_file(qtbot, window, "saveNetworkDialog", file)
    qtbot.waitUntil(lambda: not window.isWindowModified())
    assert file.exists()
    assert window.windowTitle().startswith(f"{file.name}[*]")


def _reset_and_open(window: MainWindow, qtbot: QtBot, file: Path) -> None:
    """A new network says something else; the file, opened again, what it said."""
    session = window.session
    answer = session.prediction.copy()
    click(qtbot, window, QPushButton, "resetButton")
    assert not np.array_equal(session.prediction, answer)
    assert "untitled" in window.windowTitle()
    press(qtbot, window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    choose_file(qtbot, window, "openNetworkDialog", file)
    qtbot.waitUntil(lambda: session.runs.current.storage.path == file)
    np.testing.assert_array_equal(session.prediction, answer)
    assert not window.isWindowModified()


def _quit(window: MainWindow, qtbot: QtBot) -> None:
    """Nothing is unsaved, so nothing is asked."""
    press(qtbot, window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not window.isVisible()
    assert not [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
