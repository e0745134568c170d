"""The shape as text and as a list of layers; seed; what is refused, and what the ends follow."""

from __future__ import annotations

from typing import Any

import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from engine.basics.validation import parameter_count
from nnviz.cards.settings.network_section import NetworkTitle
from nnviz.cards.settings.settings_card import SettingsCard
from nnviz.formatting import text
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.fields import NumberEdit
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.helpers import click, find, open_more, press, retype, tab_of, train_epochs


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return ("networkCard",)


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


@pytest.fixture
def with_bar(ready_window: CardWindow) -> CardWindow:
    """With the bar of the run, whose button trains."""
    ready_window.add_bars()
    return ready_window


@pytest.fixture(autouse=True)
def eight_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the test's machine may have as much memory as it likes."""
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 8 * 10**9)


def rows(window: CardWindow) -> list[tuple[str, str]]:
    """Neurons and activation of the hidden layers, as the list shows them."""
    shown = []
    number = 1
    while (edit := visible(window, QLineEdit, f"layer{number}Edit")) is not None:
        combo = visible(window, QComboBox, f"activation{number}Combo")
        assert combo is not None
        shown.append((edit.text(), combo.currentText()))
        number += 1
    return shown


def visible(window: CardWindow, kind: type, name: str) -> Any:
    """A row that was taken out is deleted a little later."""
    return next((widget for widget in window.findChildren(kind, name) if widget.isVisible()), None)


def remove(qtbot: QtBot, window: CardWindow, layer: int) -> None:
    """Removes a layer by the button that appears while the mouse is over its row."""
    row = visible(window, QLineEdit, f"layer{layer}Edit").parentWidget().parentWidget()
    button = find(row, QToolButton, f"removeLayer{layer}Button")
    QApplication.sendEvent(row, QEvent(QEvent.Type.Enter))
    assert button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("cards", [("networkCard", "weightsDock")], ids=["weights"])
def test_a_typed_shape_is_taken(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    for typed, shape in (
        ("784, 30, 10", (784, 30, 10)),
        ("784,100,50,20,10", (784, 100, 50, 20, 10)),
        (" 784 ,  16 , 10 ", (784, 16, 10)),
        ("784, 10", (784, 10)),
    ):
        edit = retype(qtbot, window, "shapeEdit", typed)
        assert window.session.settings.experiment.shape == shape
        assert window.session.runs.current.network.shape == list(shape), (
            "one that has not learned is made again at once"
        )
        assert edit.text() == ", ".join(map(str, shape))
        reported = [(str(size), "ReLU") for size in shape[1:-1]]
        qtbot.waitUntil(lambda reported=reported: rows(window) == reported)
        bar, tab = tab_of(window, f"layer{len(shape) - 1}Tab")
        assert tab == bar.count() - 1
        assert bar.tabText(tab) == "Output"


BAD_SHAPES = [
    ("784,abc", ["abc", "whole number"]),
    ("784,,10", ["784,,10", "size 2 of the shape is empty"]),
    ("", ["number"]),
    ("784", ["at least two"]),
    ("784, 0, 10", ["784, 0, 10", "at least 1 neuron", "layer 1 has 0 neurons"]),
    ("784, -3, 10", ["-3", "at least 1 neuron"]),
    ("784, 2.5, 10", ["2.5", "whole number"]),
    ("784, 10000000, 10", ["10\u202f000\u202f000", "memory", "GB", "only 8.0 GB is available"]),
    ("784, 99999999999999999999, 10", ["memory", "only 8.0 GB is available"]),
    ("700, 64, 10", ["700", "784 inputs", "10 outputs"]),
    ("784, 64, 11", ["11", "10 outputs"]),
    ("0", ["0"]),
    ("-3", ["-3"]),
]


def test_a_bad_shape_is_refused_beside_the_field_until_it_is_mended(with_bar: CardWindow, qtbot: QtBot) -> None:
    window = with_bar
    error = find(window, QLabel, "shapeError")
    train = find(window, QPushButton, "trainButton")
    network = window.session.runs.current.network
    for typed, reported in BAD_SHAPES:
        assert not error.isVisible()
        edit = retype(qtbot, window, "shapeEdit", typed)
        assert error.isVisible(), typed
        for part in reported:
            assert part in error.text()
        assert edit.property("wrong"), typed
        assert edit.text() == typed
        assert window.session.settings.experiment.shape == (784, 64, 32, 10)
        assert window.session.runs.current.network is network
        assert not train.isEnabled()
        assert error.text() in train.toolTip()
        retype(qtbot, window, "shapeEdit", "784, 64, 32, 10")
        assert not error.isVisible(), typed
        assert not edit.property("wrong")
        assert train.isEnabled()


def test_an_undo_in_the_field_ends_the_error(with_bar: CardWindow, qtbot: QtBot) -> None:
    edit = retype(qtbot, with_bar, "shapeEdit", "784, 0, 10")
    assert edit.property("wrong")
    while edit.isUndoAvailable() and edit.text() != "784, 64, 32, 10":
        edit.undo()
    assert edit.text() == "784, 64, 32, 10"
    assert not edit.property("wrong")
    assert not find(with_bar, QLabel, "shapeError").isVisible()


def test_ten_million_neurons_are_refused_before_anything_is_allocated(ready_window: CardWindow, qtbot: QtBot) -> None:
    retype(qtbot, ready_window, "shapeEdit", "784, 10000000, 10")
    # 784·10⁷ weights, 10⁷ biases, 10⁸ weights, 10 biases
    assert "7\u202f950\u202f000\u202f010 parameters) takes" in find(ready_window, QLabel, "shapeError").text()


# ---- the list of layers


def test_a_layer_is_resized(ready_window: CardWindow, qtbot: QtBot) -> None:
    retype(qtbot, ready_window, "layer1Edit", "40")
    assert ready_window.session.settings.experiment.shape == (784, 40, 32, 10)
    assert find(ready_window, QLineEdit, "shapeEdit").text() == "784, 40, 32, 10"
    qtbot.keyClick(find(ready_window, QLineEdit, "layer2Edit"), Qt.Key.Key_Up)
    assert ready_window.session.settings.experiment.shape == (784, 40, 40, 10)


BAD_LAYERS = [
    ("0", ["0", "at least 1"]),
    ("-3", ["-3", "at least 1"]),
    ("abc", ["abc", "number"]),
    ("", ["number"]),
    ("2.5", ["2.5", "whole number"]),
    ("nan", ["nan", "whole number"]),
    ("10000000", ["10\u202f000\u202f000", "memory"]),
]


def test_a_bad_layer_is_refused_until_it_is_mended(with_bar: CardWindow, qtbot: QtBot) -> None:
    window = with_bar
    error = find(window, QLabel, "shapeError")
    for typed, reported in BAD_LAYERS:
        edit = retype(qtbot, window, "layer2Edit", typed)
        assert error.isVisible(), typed
        for part in reported:
            assert part in error.text()
        assert edit.property("wrong"), typed
        assert edit.text() == typed
        assert window.session.settings.experiment.shape == (784, 64, 32, 10)
        assert not find(window, QPushButton, "trainButton").isEnabled()
        retype(qtbot, window, "layer2Edit", "32")  # the value it had
        assert not error.isVisible(), typed
        assert not edit.property("wrong")
        assert find(window, QPushButton, "trainButton").isEnabled()


def test_layers_are_added_and_removed(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    click(qtbot, window, QPushButton, "addLayerButton")
    assert window.session.settings.experiment.shape == (784, 64, 32, 32, 10)
    qtbot.waitUntil(lambda: len(rows(window)) == 3)
    remove(qtbot, window, 1)
    assert window.session.settings.experiment.shape == (784, 32, 32, 10)
    for left in ((784, 32, 10), (784, 10)):
        qtbot.waitUntil(lambda: len(rows(window)) == len(window.session.settings.experiment.hidden))
        remove(qtbot, window, 1)
        assert window.session.settings.experiment.shape == left
    qtbot.waitUntil(lambda: not rows(window))
    click(qtbot, window, QPushButton, "addLayerButton")
    assert window.session.settings.experiment.shape == (784, 32, 10)
    train_epochs(qtbot, window, 1)


def test_a_layer_that_is_taken_out_takes_its_problem_along(with_bar: CardWindow, qtbot: QtBot) -> None:
    window = with_bar
    retype(qtbot, window, "layer2Edit", "none")
    assert window.session.settings.problems
    remove(qtbot, window, 2)
    assert not window.session.settings.problems
    assert not find(window, QLabel, "shapeError").isVisible()
    assert find(window, QPushButton, "trainButton").isEnabled()


def test_layers_changed_in_the_list_replace_a_bad_text(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, settings = ready_window, ready_window.session.settings
    for change in (lambda: remove(qtbot, window, 1), lambda: click(qtbot, window, QPushButton, "addLayerButton")):
        retype(qtbot, window, "shapeEdit", "784, abc")
        assert settings.problems
        change()
        assert not settings.problems
        assert find(window, QLineEdit, "shapeEdit").text() == ", ".join(map(str, settings.experiment.shape))
        assert not find(window, QLabel, "shapeError").isVisible()


def test_activation_of_a_layer(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    combo = find(window, QComboBox, "activation1Combo")
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Home)
    chosen = combo.currentData()
    assert chosen != "relu"
    assert window.session.settings.experiment.activations == (chosen, "relu", "softmax")
    assert window.session.runs.current.network.activations == [chosen, "relu", "softmax"]
    retype(qtbot, window, "shapeEdit", "784, 20, 20, 20, 10")
    assert window.session.settings.experiment.activations == (chosen, "relu", "relu", "softmax"), (
        "those that stay keep it"
    )


@pytest.mark.parametrize(
    ("name", "inputs", "outputs"),
    [
        ("mnist", "784 pixels", "10 digits"),
        ("penguins", "10 inputs of 6 columns", "3 species"),
        ("mpg", "9 inputs of 7 columns", "1 number (mpg)"),
        ("spirals", "2 inputs x, y", "2 classes"),
        ("sine", "1 input x", "1 number (y)"),
    ],
)
def test_the_ends_follow_the_data_and_the_parameters_are_counted(
    ready_window: CardWindow, qtbot: QtBot, name: str, inputs: str, outputs: str
) -> None:
    load(qtbot, ready_window, name)
    QApplication.processEvents()
    ends = [frame for frame in ready_window.card("networkCard").findChildren(QFrame, "endRow") if frame.isVisible()]
    assert [" ".join(label.text() for label in row.findChildren(QLabel)[:2]) for row in ends] == [inputs, outputs]
    counted = parameter_count(ready_window.session.settings.experiment.shape)
    assert find(ready_window, QLabel, "networkParameters").text() == f"{text.count(counted)} parameters"


# ---- the seed


def test_a_seed_makes_the_same_network_again(ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    first = session.runs.current.network.parameters.copy()
    retype(qtbot, ready_window, "seedEdit", "7")
    assert session.settings.experiment.seed == 7
    assert not (session.runs.current.network.parameters == first).all()
    retype(qtbot, ready_window, "seedEdit", "1")
    assert (session.runs.current.network.parameters == first).all()


def test_a_bad_seed_is_refused_until_it_is_mended(with_bar: CardWindow, qtbot: QtBot) -> None:
    window = with_bar
    open_more(qtbot, window)
    error = find(window, QLabel, "seedError")
    for typed in ("-1", "1.5", "x", "nan", ""):
        edit = retype(qtbot, window, "seedEdit", typed)
        assert error.isVisible(), typed
        assert typed in error.text()
        assert edit.property("wrong"), typed
        assert edit.text() == typed
        assert window.session.settings.experiment.seed == 1
        assert not find(window, QPushButton, "trainButton").isEnabled()
        window.session.step_epoch()
        assert window.session.state is Status.READY
        retype(qtbot, window, "seedEdit", "1")
        assert not error.isVisible(), typed
        assert not edit.property("wrong")


def test_a_long_seed_is_seen_whole(ready_window: CardWindow, qtbot: QtBot) -> None:
    """Or, where it is longer than any that a program draws, from its start, and whole in the tooltip."""
    edit = retype(qtbot, ready_window, "seedEdit", "4294967295")
    line = find(ready_window, QLineEdit, "seedEdit")
    assert line.fontMetrics().horizontalAdvance("4294967295") <= line.width() - 4
    assert not edit.toolTip().startswith("4")
    retype(qtbot, ready_window, "seedEdit", "12345678901234567890")
    ready_window.setFocus()
    assert line.cursorPosition() == 0, "not its last digits"
    assert edit.toolTip().startswith("12345678901234567890. ")
    assert line.toolTip() == edit.toolTip()


@pytest.mark.parametrize("percent", theme.SIZES)
def test_no_page_is_wider_than_its_column(
    ready_window: CardWindow, qapp: QApplication, qtbot: QtBot, percent: int
) -> None:
    theme.apply(qapp, "light", percent)
    card = find(ready_window, SettingsCard, "settingsCard")
    card.setFixedWidth(round(276 * (1 + (percent / 100 - 1) / 2)))
    for page in (card.scroll_area, open_more(qtbot, ready_window).scroll_area):
        QApplication.processEvents()
        assert page.widget().minimumSizeHint().width() <= page.viewport().width()


def test_all_sizes_are_edited_in_place_of_the_heading(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, settings = ready_window, ready_window.session.settings
    title, edit = find(window, NetworkTitle, "networkTitle"), find(window, QLineEdit, "shapeEdit")
    below = find(window, QLineEdit, "layer1Edit")
    assert not edit.isVisible()
    at = below.mapTo(window, QPoint(0, 0))
    title.setFocus()
    press(qtbot, window, Qt.Key.Key_F2)
    assert edit.isVisible()
    assert edit.selectedText() == "784, 64, 32, 10"
    QApplication.processEvents()
    assert below.mapTo(window, QPoint(0, 0)) == at, "nothing moves"
    qtbot.keyClicks(edit, "784, x")
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not edit.isVisible()
    assert title.hasFocus()
    assert settings.experiment.shape == (784, 64, 32, 10)
    assert not settings.problems

    qtbot.mouseDClick(title, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(edit, "784, x")
    press(qtbot, window, Qt.Key.Key_Return)
    assert edit.isVisible(), "one that is wrong stays"
    edit.selectAll()
    qtbot.keyClicks(edit, "784, 12, 10")
    press(qtbot, window, Qt.Key.Key_Return)
    assert not edit.isVisible()
    assert settings.experiment.shape == (784, 12, 10)


def test_wheel_and_arrow_keys_change_a_layer_that_has_the_focus(ready_window: CardWindow, qtbot: QtBot) -> None:
    settings, edit = ready_window.session.settings, find(ready_window, NumberEdit, "layer1Edit")
    place = QPointF(edit.rect().center())
    turn = (QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier)
    for has_focus, size in ((False, 64), (True, 72)):
        edit.setFocus() if has_focus else edit.clearFocus()
        at = QPointF(edit.mapToGlobal(place.toPoint()))
        QApplication.sendEvent(edit, QWheelEvent(place, at, *turn, Qt.ScrollPhase.NoScrollPhase, False))
        assert settings.experiment.hidden == (size, 32)
    qtbot.keyClick(edit, Qt.Key.Key_Down)
    assert settings.experiment.hidden == (64, 32)
    assert find(ready_window, QToolButton, "removeLayer1Button").isVisible(), "the row has the focus"
    assert not find(ready_window, QToolButton, "removeLayer2Button").isVisible()


def test_rows_of_many_layers_are_as_high_as_those_of_few(ready_window: CardWindow, qtbot: QtBot) -> None:
    found = []
    for layers in (1, 2, 6):
        ready_window.session.settings.change("layers", hidden=(8,) * layers)
        names = {f"removeLayer{number}Button" for number in (1, layers)}
        QApplication.processEvents()
        found.append({find(ready_window, QAbstractButton, name).height() for name in names})
    assert len(set.union(*found)) == 1
