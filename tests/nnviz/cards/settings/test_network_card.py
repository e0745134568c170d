"""The shape as text and as a list of layers; seed; what is refused, and what the ends follow."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from nnviz.session.status import Status
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import SETTING_GROUPS, click, find, retype, tab_of, train_epochs, unfold

WITH_ALL = pytest.mark.parametrize("cards", [("dataCard", "networkCard", "trainingCard")], ids=["all"])


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


def visible(window: CardWindow, kind: type, name: str) -> object:
    """A row that was taken out is deleted a little later."""
    return next((widget for widget in window.findChildren(kind, name) if widget.isVisible()), None)


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
        assert bar.tabText(tab) == f"Output · {shape[-2]}→{shape[-1]}"


BAD_SHAPES = [
    ("784,abc", ["abc", "whole number"]),
    ("784,,10", ["784,,10", "size 2 of the shape is empty"]),
    ("", ["number"]),
    ("784", ["at least two"]),
    ("784, 0, 10", ["784, 0, 10", "at least 1 neuron", "layer 1 has 0 neurons"]),
    ("784, -3, 10", ["-3", "at least 1 neuron"]),
    ("784, 2.5, 10", ["2.5", "whole number"]),
    ("784, 10000000, 10", ["10,000,000", "memory", "GB", "only 8.0 GB is available"]),
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
    assert "7,950,000,010 parameters) takes" in find(ready_window, QLabel, "shapeError").text()


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
    ("10000000", ["10,000,000", "memory"]),
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
    qtbot.mouseClick(visible(window, QToolButton, "removeLayer1Button"), Qt.MouseButton.LeftButton)
    assert window.session.settings.experiment.shape == (784, 32, 32, 10)
    for left in ((784, 32, 10), (784, 10)):
        qtbot.waitUntil(lambda: len(rows(window)) == len(window.session.settings.experiment.hidden))
        qtbot.mouseClick(visible(window, QToolButton, "removeLayer1Button"), Qt.MouseButton.LeftButton)
        assert window.session.settings.experiment.shape == left
    qtbot.waitUntil(lambda: not rows(window))
    click(qtbot, window, QPushButton, "addLayerButton")
    assert window.session.settings.experiment.shape == (784, 32, 10)
    train_epochs(qtbot, window, 1)


def test_a_layer_that_is_taken_out_takes_its_problem_along(with_bar: CardWindow, qtbot: QtBot) -> None:
    window = with_bar
    retype(qtbot, window, "layer2Edit", "none")
    assert window.session.settings.problems
    click(qtbot, window, QToolButton, "removeLayer2Button")
    assert not window.session.settings.problems
    assert not find(window, QLabel, "shapeError").isVisible()
    assert find(window, QPushButton, "trainButton").isEnabled()


def test_layers_changed_in_the_list_replace_a_bad_text(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, settings = ready_window, ready_window.session.settings
    for kind, name in ((QToolButton, "removeLayer1Button"), (QPushButton, "addLayerButton")):
        retype(qtbot, window, "shapeEdit", "784, abc")
        assert settings.problems
        click(qtbot, window, kind, name)
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


def test_the_ends_follow_the_data_and_the_parameters_are_counted(ready_window: CardWindow, qtbot: QtBot) -> None:
    texts = [label.text() for label in ready_window.card("networkCard").findChildren(QLabel) if label.isVisible()]
    assert "784" in texts
    assert "inputs (28×28 pixels)" in texts
    assert "10" in texts
    assert "classes" in texts
    assert "Softmax" in texts

    # The parameters are counted.
    retype(qtbot, ready_window, "shapeEdit", "784, 10")
    assert ready_window.card("networkCard").head.detail.text() == "7\u202f850 parameters"


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


@WITH_ALL
def test_no_card_is_wider_than_its_column(ready_window: CardWindow, qtbot: QtBot) -> None:
    for group in SETTING_GROUPS:
        unfold(qtbot, ready_window, group)
    column = find(ready_window, QScrollArea, "settingsScroll")
    for name in ("dataCard", "networkCard", "trainingCard"):
        assert ready_window.card(name).minimumSizeHint().width() <= column.viewport().width(), name


def test_rows_of_many_layers_are_as_high_as_those_of_few(ready_window: CardWindow, qtbot: QtBot) -> None:
    def heights(layers: int) -> set[int]:
        """The heights of the first and the last button that removes a layer."""
        numbers = (1, min(layers, 9))
        return {find(ready_window, QAbstractButton, f"removeLayer{number}Button").height() for number in numbers}

    for layers in (1, 2, 9, 60):
        ready_window.session.settings.change("layers", hidden=(8,) * layers)
        qtbot.waitUntil(lambda layers=layers: heights(layers) == {23})
