"""The whole way, as a person goes it: train on MNIST, pause, step, draw, save, open, quit. Only keys and mouse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from nnviz.state import State
from nnviz.widgets.bars import ProbabilityBars
from nnviz.window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.helpers import choose_file, click, drag, find, press, retype, seven, wait_for


def _shown_bars(window: MainWindow) -> str:
    return find(window, ProbabilityBars, "predictionBars").accessibleDescription()


@pytest.mark.slow
def test_from_the_first_space_to_the_last_click(make_window: MakeWindow, qtbot: QtBot, home: Path) -> None:
    window = make_window()
    session = window.session
    wait_for(qtbot, window, State.READY)
    assert len(session.dataset.train) == 60_000

    # Two epochs of many batches, typed and started by key. Paused on the way, once.
    retype(qtbot, window, "batchSizeEdit", "20")
    retype(qtbot, window, "epochsEdit", "2")
    press(qtbot, window, Qt.Key_Space)
    qtbot.waitUntil(lambda: session.progress.batch > 20, timeout=20_000)
    press(qtbot, window, Qt.Key_Space)
    wait_for(qtbot, window, State.PAUSED)
    paused_at = session.progress
    assert paused_at.epoch == 1

    # One batch is one batch.
    before = session.run.network.parameters.copy()
    click(qtbot, window, QPushButton, "stepBatchButton")
    wait_for(qtbot, window, State.PAUSED)
    is_at_end = paused_at.batch == paused_at.batches
    one_on = (paused_at.epoch + 1, 1) if is_at_end else (paused_at.epoch, paused_at.batch + 1)
    assert (session.progress.epoch, session.progress.batch) == one_on
    assert np.any(session.run.network.parameters != before)

    # One epoch is to the end of this one.
    press(qtbot, window, Qt.Key_E)
    wait_for(qtbot, window, State.TRAINING)
    wait_for(qtbot, window, State.PAUSED)
    assert (session.progress.epoch, session.progress.batch) == (1, 3000)
    assert session.run.tape.test.epochs == [0, 1]
    assert session.run.tape.test.values[-1] < 0.1
    assert "untitled" in window.windowTitle()
    assert window.isWindowModified()

    # A seven, while it learns the rest.
    assert _shown_bars(window) == "no answer"
    drag(window.canvas, seven(window.canvas))
    assert find(window, QLabel, "answerLabel").text() == "7"
    first_answer = _shown_bars(window)
    assert "7: " in first_answer
    press(qtbot, window, Qt.Key_Space)
    wait_for(qtbot, window, State.FINISHED)
    assert _shown_bars(window) != first_answer
    assert find(window, QLabel, "testFigure").text() == f"{100 * session.run.tape.test.values[2]:.2f} %"

    # Saved: the mark goes.
    file = home / "seven.json"
    answer = session.prediction.copy()
    press(qtbot, window, Qt.Key_S, Qt.ControlModifier | Qt.ShiftModifier)
    choose_file(qtbot, window, "saveNetworkDialog", file)
    qtbot.waitUntil(lambda: not window.isWindowModified())
    assert file.exists()
    assert window.windowTitle().startswith("seven.json[*]")

    # A new network says something else; the file, opened again, what it said.
    click(qtbot, window, QPushButton, "resetButton")
    assert not np.array_equal(session.prediction, answer)
    assert "untitled" in window.windowTitle()
    press(qtbot, window, Qt.Key_O, Qt.ControlModifier)
    choose_file(qtbot, window, "openNetworkDialog", file)
    qtbot.waitUntil(lambda: session.run.path == file)
    np.testing.assert_array_equal(session.prediction, answer)
    assert not window.isWindowModified()

    # Nothing is unsaved, so nothing is asked.
    press(qtbot, window, Qt.Key_Q, Qt.ControlModifier)
    assert not window.isVisible()
    assert not [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
