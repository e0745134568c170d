"""Wrong values in fields: how undo drops them, and what they prevent."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import action, find, open_more, pick, press, retype, train_epochs


def test_undo_takes_back_what_cannot_be_used_before_any_step_and_space_trains_with_no_other_value(
    ready_window: MainWindow, qtbot: QtBot
) -> None:
    """Also what breaks a rule of two fields. Nothing is reset meanwhile; shares may be typed in percent."""
    window, session = ready_window, ready_window.session
    retype(qtbot, window, "learningRateEdit", "0.4")
    retype(qtbot, window, "epochsEdit", "many")
    assert session.settings.problems
    action(window, "actionUndo").trigger()
    assert not session.settings.problems
    assert find(window, QLineEdit, "epochsEdit").text() == "20"
    assert session.settings.experiment.training.learning_rate == 0.4
    action(window, "actionUndo").trigger()
    assert session.settings.experiment.training.learning_rate == 0.2

    retype(qtbot, window, "shapeEdit", "784, x, 10")
    assert not find(window, QPushButton, "resetButton").isEnabled()
    assert not action(window, "actionReset").isEnabled()
    action(window, "actionUndo").trigger()
    assert find(window, QPushButton, "resetButton").isEnabled()
    assert action(window, "actionReset").isEnabled()

    open_more(qtbot, window)
    retype(qtbot, window, "validationShareEdit", "0.1")
    retype(qtbot, window, "patienceEdit", "2")
    retype(qtbot, window, "validationShareEdit", "0")
    assert session.settings.problems
    for _ in range(3):
        action(window, "actionUndo").trigger()
    assert not session.settings.problems
    assert session.training.can_start
    assert (session.settings.experiment.training.validation_share, session.settings.experiment.training.patience) == (
        0,
        0,
    )

    assert retype(qtbot, ready_window, "dropoutEdit", "15%").text() == "0.15"
    assert ready_window.session.settings.experiment.training.dropout == 0.15

    # What is advised is the value in force, which goes with the optimizer; another one's would not.
    pick(qtbot, ready_window, "optimizerCombo", "AdamW")
    in_force = ready_window.session.settings.experiment.training.learning_rate
    assert in_force < 0.01
    for typed in ("abc", "-1"):
        retype(qtbot, ready_window, "learningRateEdit", typed)
        assert f"Try {in_force:g}." in ready_window.session.settings.problems["learning_rate"]
    field = find(window, QLineEdit, "learningRateEdit")
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "fast")
    press(qtbot, window, Qt.Key.Key_Space)
    assert session.settings.problems
    assert session.state is Status.READY

    retype(qtbot, window, "learningRateEdit", "0.002")
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "0.05")
    press(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.state is Status.TRAINING)
    assert session.runs.current.experiment.training.learning_rate == 0.05
    session.pause()
    qtbot.waitUntil(lambda: session.state is not Status.TRAINING)


def test_a_trained_network_is_not_replaced_without_a_word(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    train_epochs(qtbot, ready_model, 1)
    session.reset()
    qtbot.waitUntil(lambda: session.messages.current is not None)
    assert "Ctrl+Z" in session.messages.current.text
    session.undo.undo()
    assert session.runs.current.unsaved
    assert session.messages.current is None


# ---- without the fields: the session knows which problems count


def test_a_strength_counts_only_while_augmentation_is_on(ready_model: Model) -> None:
    session = ready_model.session
    session.settings.set_problem("shift", "Shift must be a number.")
    assert session.settings.problems == {}
    assert session.training.can_start
    session.settings.switch_augmentation(True)
    assert list(session.settings.problems) == ["shift"]
    assert not session.training.can_start
    session.undo.undo()
    assert session.settings.problems == {}
    assert session.training.can_start


def test_a_problem_goes_with_the_rule_that_used_the_value(ready_model: Model) -> None:
    session = ready_model.session
    session.settings.change("rules", optimizer="momentum", schedule="step")
    for name in ("momentum", "decay", "epochs"):
        session.settings.set_problem(name, "It must be a number.")
    session.settings.change("rules", optimizer="sgd", schedule="constant")
    assert list(session.settings.problems) == ["epochs"]


def test_problems_of_layers_go_when_the_layers_change(qtbot: QtBot) -> None:
    session = Session()
    try:
        for name in ("shape", "layer 2", "seed"):
            session.settings.set_problem(name, "It must be a number.")
        session.settings.change("seed", seed=3)
        assert list(session.settings.problems) == ["shape", "layer 2", "seed"]
        with qtbot.waitSignal(session.settings.problems_changed):
            session.settings.change("shape", hidden=(9,))
        assert list(session.settings.problems) == ["seed"]
    finally:
        session.close()
