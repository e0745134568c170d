"""The drawing and the answer to it live as long as the window, not as long as the card they are shown on."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QMenu, QToolButton
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.prediction.answer_view import AnswerView
from nnviz.session.training import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import action, drag, find, press, seven, train_epochs, wait_for


@pytest.fixture
def drawn(ready_window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with a drawing that was answered."""
    train_epochs(qtbot, ready_window, 1)
    drag(ready_window.canvas, seven(ready_window.canvas))
    qtbot.waitUntil(lambda: ready_window.session.question.answer is not None)
    return ready_window


def answer_on_stage(window: MainWindow) -> str:
    """What is written there."""
    return "; ".join(each.description for each in find(window, AnswerView, "answerView").answers)


def test_what_takes_a_stroke_back_and_hiding_draw_loses_neither_drawing_nor_answer(
    drawn: MainWindow, qtbot: QtBot
) -> None:
    session = drawn.session

    # Ctrl+Z does, so the entry for the canvas alone has words of its own.
    (menu,) = (menu for menu in drawn.menuBar().findChildren(QMenu) if menu.title() == "&Edit")
    texts = [entry.text().replace("&", "") for entry in menu.actions() if not entry.isSeparator()]
    assert "Undo stroke" in texts
    assert len(texts) == len(set(texts))

    # The canvas takes back its last step only.
    session.settings.change("epochs", epochs=9)
    assert find(drawn, QToolButton, "undoStrokeButton").isEnabled()
    action(drawn, "actionUndoStroke").trigger()
    assert session.question.example is None
    assert session.settings.experiment.training.epochs == 9
    action(drawn, "actionUndo").trigger()
    assert session.settings.experiment.training.epochs != 9

    # Undo and clear reach a hidden canvas.
    drag(drawn.canvas, seven(drawn.canvas))
    drawn.show_workspace("runs")
    drawn.cards.toggle(drawn.card("runsDock"))
    action(drawn, "actionUndoStroke").trigger()
    assert session.question.example is None
    action(drawn, "actionRedo").trigger()
    assert session.question.example is not None
    action(drawn, "actionClearDrawing").trigger()
    assert session.question.example is None
    assert drawn.canvas.is_empty

    # Hiding it loses neither drawing nor answer.
    drawn.show_workspace("train")
    qtbot.waitUntil(lambda: drawn.canvas.width() == drawn.canvas.height())  # it has its place again
    drag(drawn.canvas, seven(drawn.canvas))
    qtbot.waitUntil(lambda: session.question.answer is not None)
    reported = answer_on_stage(drawn)
    drawing, picture, answer = session.sketch.drawing, session.question.example, session.question.answer
    assert picture is not None
    drawn.cards.toggle(drawn.curves)
    assert not drawn.draw.isVisible()
    assert session.sketch.drawing == drawing
    np.testing.assert_array_equal(session.question.example, picture)
    np.testing.assert_array_equal(session.question.answer, answer)
    assert answer_on_stage(drawn) == reported
    drawn.session.step_epoch()
    wait_for(qtbot, drawn, Status.FINISHED)
    number = drawn._frame.shown.index(drawn.stage) + 1
    press(qtbot, drawn, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.AltModifier)
    assert drawn.stage.isAncestorOf(drawn.focusWidget())
    assert drawn.draw.isVisible()
    assert not drawn.canvas.is_empty
    np.testing.assert_array_equal(drawn.canvas.network_input(), picture)
    qtbot.waitUntil(lambda: answer_on_stage(drawn) not in ("", reported))

    # If every card that shows it is hidden, nothing is worked out, and all is there again when one is shown.
    before = session.prediction
    drawn.cards.toggle(drawn.curves)
    train_epochs(qtbot, drawn, 3)
    prediction = session.prediction
    assert prediction is not None
    assert not np.array_equal(prediction, before), "whoever asks gets an answer of the network as it is"
    assert not np.array_equal(session.question.answer, prediction)
    drawn.cards.put_back()
    qtbot.waitUntil(lambda: np.array_equal(session.question.answer, prediction))
    assert not drawn.canvas.is_empty
