"""Learning rate, batch size and epochs: typed, stepped, refused beside the field and mended."""

from __future__ import annotations

import threading

import pytest
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.helpers import close_more, find, find_field, hover, pick, press, retype, show_setting, wait_for


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    window = make_cards("trainingCard")
    window.add_bars()
    return window


def value_of(window: AnyWindow, field: str) -> float:
    """What the session has for the field."""
    names = {"learningRateEdit": "learning_rate", "batchSizeEdit": "batch_size", "epochsEdit": "epochs"}
    return window.session.settings.experiment.value(names[field])


GOOD_VALUES = [
    ("learningRateEdit", "0.3", 0.3, "0.3"),
    ("learningRateEdit", "0,25", 0.25, "0.25"),
    ("learningRateEdit", "0,250", 0.25, "0.25"),  # the same again, written otherwise
    ("learningRateEdit", " 1e-3 ", 0.001, "0.001"),
    ("learningRateEdit", "5", 5.0, "5"),
    ("batchSizeEdit", "32", 32, "32"),
    ("batchSizeEdit", "1", 1, "1"),
    ("batchSizeEdit", "2000", 2000, "2000"),  # all there is
    ("epochsEdit", "7", 7, "7"),
    ("epochsEdit", "3.0", 3, "3"),
]


def test_a_typed_value_is_taken(ready_window: CardWindow, qtbot: QtBot) -> None:
    for field, typed, value, shown in GOOD_VALUES:
        edit = retype(qtbot, ready_window, field, typed)
        assert value_of(ready_window, field) == value
        assert edit.text() == shown
        assert not edit.property("wrong")


BAD_VALUES = {
    "learningRateEdit": [
        ("nan", ["nan", "above 0"]),
        ("-0.1", ["-0.1", "above 0"]),
        ("0", ["0", "above 0"]),
        ("1e999", ["inf", "finite"]),
        ("fast", ["fast", "number"]),
        ("", ["number"]),
    ],
    "batchSizeEdit": [
        ("0", ["0", "at least 1"]),
        ("-3", ["-3", "at least 1"]),
        ("2.5", ["2.5", "whole number"]),
        ("2001", ["2\u202f001", "2\u202f000 examples"]),
        ("ten", ["ten", "number"]),
        ("", ["number"]),
    ],
    "epochsEdit": [
        ("0", ["0", "at least 1"]),
        ("-1", ["-1", "at least 1"]),
        ("1.5", ["1.5", "whole number"]),
        ("1e400", ["inf", "whole number"]),
        ("", ["number"]),
    ],
}


def test_a_bad_value_is_refused_beside_the_field_until_it_is_mended(ready_window: CardWindow, qtbot: QtBot) -> None:
    for field in BAD_VALUES:
        expect_refused(qtbot, ready_window, field)


def expect_refused(qtbot: QtBot, window: AnyWindow, field: str) -> None:
    """All bad values of the field, one after the other."""
    show_setting(qtbot, window, field)
    error = find(window, QLabel, field.replace("Edit", "Error"))
    train = find(window, QPushButton, "trainButton")
    good = find(window, QLineEdit, field).text()
    before = value_of(window, field)
    for typed, reported in BAD_VALUES[field]:
        assert not error.isVisible()
        edit = retype(qtbot, window, field, typed)
        assert error.isVisible(), typed
        assert error.geometry().top() >= edit.geometry().bottom()
        for part in reported:
            assert part in error.text()
        assert edit.property("wrong"), typed
        assert edit.text() == typed, "what was typed stays, to be mended"
        assert value_of(window, field) == before
        assert not train.isEnabled()
        assert error.text() in train.toolTip()
        window.session.step_batch()
        assert window.session.state is Status.READY, "nothing trains with it"
        retype(qtbot, window, field, good)
        assert not error.isVisible(), typed
        assert not edit.property("wrong")
        assert train.isEnabled()
        assert "Correct this to train" not in train.toolTip()


def test_one_mended_field_leaves_the_other_problem(ready_window: CardWindow, qtbot: QtBot) -> None:
    train = find(ready_window, QPushButton, "trainButton")
    retype(qtbot, ready_window, "epochsEdit", "none")
    retype(qtbot, ready_window, "learningRateEdit", "none")
    retype(qtbot, ready_window, "epochsEdit", "3")
    assert not train.isEnabled()
    retype(qtbot, ready_window, "learningRateEdit", "0.5")
    assert train.isEnabled()


def test_arrows_step_down_to_the_least(ready_window: CardWindow, qtbot: QtBot) -> None:
    retype(qtbot, ready_window, "learningRateEdit", "0.2")
    for field, up, down in (
        ("learningRateEdit", 0.3, 0.2),
        ("batchSizeEdit", 110, 100),
        ("epochsEdit", 21, 20),
    ):
        show_setting(qtbot, ready_window, field)
        edit = find(ready_window, QLineEdit, field)
        for key, value in ((Qt.Key.Key_Up, up), (Qt.Key.Key_Down, down)):
            qtbot.keyClick(edit, key)
            assert value_of(ready_window, field) == value
            assert edit.text() == f"{value:g}"

    # The little arrows step.
    edit = retype(qtbot, ready_window, "learningRateEdit", "0.1")
    for share, value in ((0.25, 0.2), (0.75, 0.1), (0.75, 0.05)):
        place = QPoint(edit.width() - 10, int(edit.height() * share))
        assert edit.childAt(place) is None, "the arrows are the box's own"
        hover(edit, (place.x(), place.y()))
        qtbot.mouseClick(edit, Qt.MouseButton.LeftButton, pos=place)
        assert ready_window.session.settings.experiment.training.learning_rate == value

    # Steps stop at the least.
    edit = retype(qtbot, ready_window, "epochsEdit", "1")
    qtbot.keyClick(edit, Qt.Key.Key_Down)
    assert ready_window.session.settings.experiment.training.epochs == 1
    assert not ready_window.session.settings.problems


def test_the_wheel_steps_only_a_field_that_was_clicked(ready_window: CardWindow, qtbot: QtBot) -> None:
    edit = find_field(ready_window, "epochsEdit")

    def turn(up: int) -> None:
        place = QPointF(edit.rect().center())
        wheel = (
            QPoint(0, 0),
            QPoint(0, 120 * up),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(edit, QWheelEvent(place, QPointF(edit.mapToGlobal(place.toPoint())), *wheel))

    turn(1)
    assert ready_window.session.settings.experiment.training.epochs == 20
    qtbot.mouseClick(edit, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    turn(1)
    assert ready_window.session.settings.experiment.training.epochs == 21
    turn(-1)
    turn(-1)
    assert ready_window.session.settings.experiment.training.epochs == 19


def test_a_batch_typed_before_the_data_was_there_is_checked_against_it(
    make_window: MakeWindow, held_data: None, loading_gate: threading.Event, qtbot: QtBot, few_digits: Dataset
) -> None:
    window = make_window()
    assert window.session.state is Status.LOADING
    retype(qtbot, window, "batchSizeEdit", str(len(few_digits.train) + 1))
    loading_gate.set()
    wait_for(qtbot, window, Status.READY)
    show_setting(qtbot, window, "batchSizeEdit")
    assert find(window, QLabel, "batchSizeError").isVisible()
    assert not find(window, QPushButton, "trainButton").isEnabled()


def test_a_thousand_with_a_comma_is_not_one(ready_window: CardWindow, qtbot: QtBot) -> None:
    retype(qtbot, ready_window, "batchSizeEdit", "1,000")
    error = find(ready_window, QLabel, "batchSizeError")
    assert "1,000" in error.text()
    assert "without commas" in error.text()
    assert ready_window.session.settings.experiment.training.batch_size == 100
    edit = find(ready_window, QLineEdit, "batchSizeEdit")
    edit.selectAll()
    edit.insert("1 000")  # as by pasting: the space bar trains
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert ready_window.session.settings.experiment.training.batch_size == 1000


def test_in_the_window_a_field_takes_its_value_gives_it_back_and_leaves_keys_to_the_window(
    whole_window: MainWindow, qtbot: QtBot
) -> None:
    edit = retype(qtbot, whole_window, "learningRateEdit", "0.7")
    assert whole_window.session.settings.experiment.training.learning_rate == 0.7
    qtbot.keyClick(edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert whole_window.session.settings.experiment.training.learning_rate == 0.2
    assert edit.text() == "0.2"

    # Leaving the field takes the value.
    edit = find(whole_window, QLineEdit, "epochsEdit")
    qtbot.mouseClick(edit, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    qtbot.keyClick(edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(edit, "40")
    assert whole_window.session.settings.experiment.training.epochs == 20
    qtbot.keyClick(edit, Qt.Key.Key_Tab)
    assert whole_window.session.settings.experiment.training.epochs == 40

    # Escape takes back what was typed.
    edit = retype(qtbot, whole_window, "batchSizeEdit", "none")
    assert whole_window.session.settings.problems
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    assert edit.text() == "100"
    assert not edit.property("wrong")
    assert not whole_window.session.settings.problems

    # Letters are no shortcuts in a number field.
    edit = find(whole_window, QLineEdit, "learningRateEdit")
    qtbot.mouseClick(edit, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    qtbot.keyClick(edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    for key in (Qt.Key.Key_5, Qt.Key.Key_E, Qt.Key.Key_Minus, Qt.Key.Key_2):
        press(qtbot, whole_window, key)
    press(qtbot, whole_window, Qt.Key.Key_Return)
    assert whole_window.session.state is Status.READY
    assert whole_window.session.settings.experiment.training.learning_rate == 0.05

    # Return presses a button.
    close_more(qtbot, whole_window)
    button = find(whole_window, QPushButton, "addLayerButton")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return)
    assert whole_window.session.settings.experiment.shape == (784, 64, 32, 32, 10)

    # Space in a number field trains.
    for name in ("epochsEdit", "sureThresholdSpin"):
        edit = find(whole_window, QLineEdit, name)
        before = edit.text()
        qtbot.mouseClick(edit, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
        press(qtbot, whole_window, Qt.Key.Key_Space)
        assert whole_window.session.state is Status.TRAINING, name
        assert edit.text() == before
        press(qtbot, whole_window, Qt.Key.Key_Space)
        wait_for(qtbot, whole_window, Status.PAUSED, Status.FINISHED)
    show_setting(qtbot, whole_window, "shapeEdit")
    shape = find(whole_window, QLineEdit, "shapeEdit")
    shape.selectAll()
    qtbot.keyClick(shape, Qt.Key.Key_Space)
    wait_for(qtbot, whole_window, Status.TRAINING, Status.FINISHED)
    assert shape.text() == "784, 64, 32, 32, 10"


def test_a_learning_rate_keeps_all_its_digits_when_data_comes(ready_window: CardWindow) -> None:
    session = ready_window.session
    session.settings.change("learning rate", learning_rate=0.123456789)
    step = session.undo.last()
    session.data.changed.emit()
    assert session.settings.experiment.training.learning_rate == 0.123456789
    assert session.undo.last() is step


def test_what_comes_with_another_optimizer_is_reported(ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.session.settings.change("weight decay", weight_decay=0.001)
    pick(qtbot, ready_window, "optimizerCombo", "RMSProp")
    reported = ready_window.session.messages.current
    assert reported is not None
    assert not reported.is_error
    assert reported.text == "RMSProp: learning rate 0.001 and weight decay 0.2 set to its defaults."
