"""The weights: any layer at any width, what is under the mouse, and one neuron in full."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PyQt5.QtCore import QCoreApplication, QPoint, Qt
from PyQt5.QtWidgets import QLabel, QPushButton, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from nnviz.formatting.layers import LayerNames
from nnviz.session.selection import Neuron
from nnviz.session.status import Status
from nnviz.ui.neuron_facts import neuron_facts, signed, typical_end
from nnviz.ui.weights.heat_map import HeatMap
from nnviz.ui.weights.neuron_view import NeuronView, WeightBars
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import click, click_tab, find, hover, leave, pause, press, retype, train_for_a_while

WITH_ALL = pytest.mark.parametrize("cards", [("weightsDock", "networkCard")], ids=["all"])


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return ("weightsDock",)


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


def middle(heat_map: HeatMap, neuron: int) -> QPoint:
    """Returns the middle of a neuron's tile."""
    return heat_map.tile_rect(neuron).center()


def open_neuron(qtbot: QtBot, window: CardWindow, neuron: int) -> NeuronView:
    """Clicks on its tile."""
    heat_map = window.card("weightsDock").map
    qtbot.mouseClick(heat_map, Qt.MouseButton.LeftButton, pos=middle(heat_map, neuron))
    view = find(window, NeuronView, "neuronView")
    assert view.isVisible()
    assert not heat_map.isVisible()
    return view


def words_in(view: QWidget) -> list[str]:
    """All that can be read in it."""
    return [each.text() for each in view.findChildren(QLabel) if each.isVisible()]


def title_of(window: CardWindow) -> str:
    """Returns the name of the enlarged neuron."""
    return find(window, QLabel, "neuronTitle").text()


# ---- any width


@WITH_ALL
@pytest.mark.parametrize("shape", ["784, 1, 10", "784, 256, 10", "784, 1000, 500, 10"])
def test_every_layer_fills_the_card(ready_window: CardWindow, qtbot: QtBot, shape: str) -> None:
    window = ready_window
    retype(qtbot, window, "shapeEdit", shape)
    sizes = [int(size) for size in shape.split(",")]
    qtbot.waitUntil(lambda: window.session.displayed.network.shape == sizes)
    window.stage.open_layer(1)
    QCoreApplication.processEvents()
    for layer, neurons in enumerate(sizes[1:]):
        click_tab(qtbot, window, f"layer{layer + 1}Tab")
        QCoreApplication.processEvents()
        heat_map = window.card("weightsDock").map
        assert heat_map.shown == range(neurons)
        place = heat_map.picture_rect()
        filled = max(place.width() / heat_map.width(), place.height() / heat_map.height())
        assert filled > 0.95
        if neurons > 1:
            assert place.width() > 0.95 * heat_map.width(), "to the right edge"


def test_neurons_beyond_the_card_are_on_other_pages(whole_window: MainWindow, qtbot: QtBot) -> None:
    window = whole_window
    bar = find(window, QScrollBar, "weightsScrollBar")
    assert not bar.isVisible()
    retype(qtbot, window, "shapeEdit", "784, 10000, 10")
    qtbot.waitUntil(lambda: window.session.displayed.network.shape == [784, 10000, 10], timeout=20_000)
    heat_map = window.card("weightsDock").map
    window.card("stagePanel").open_layer(1)
    QCoreApplication.processEvents()
    assert bar.isVisible()
    first = heat_map.shown.stop
    assert 1000 < first < 10_000
    detail = window.card("weightsDock").detail
    assert detail.shown.startswith("neurons 1 to ")
    met = set(heat_map.shown)
    for _ in range(bar.maximum()):
        qtbot.keyClick(heat_map, Qt.Key.Key_PageDown)
        met |= set(heat_map.shown)
    assert met == set(range(10_000))
    assert bar.value() == bar.maximum()
    assert "to 10\u202f000 of 10\u202f000" in detail.shown
    bar.setValue(0)
    assert heat_map.first == 0
    click_tab(qtbot, window, "layer2Tab")
    assert not bar.isVisible()


def test_the_colours_end_where_nearly_all_weights_do() -> None:
    rng = np.random.default_rng(3)
    weights = rng.normal(0, 0.1, (256, 784)).astype(np.float32)
    weights[5, 5] = 40.0
    assert 0.25 < typical_end(weights) < 0.35
    assert typical_end(np.asfortranarray(weights)) == pytest.approx(typical_end(weights), rel=0.15)
    assert typical_end(np.array([[0.5, -2.0]])) == 2.0
    assert typical_end(np.full((3, 3), np.nan)) == 1.0
    weights[:, :400] = 0.0  # half of the inputs, met or not by an uneven walk
    assert 0.22 < typical_end(weights) < 0.32


# ---- read-out


def test_the_read_out_follows_the_training(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    heat_map = window.card("weightsDock").map
    place = middle(heat_map, 20)
    hover(heat_map, (place.x(), place.y()))
    read_out = find(heat_map, QLabel, "readOut")
    before, where = read_out.text(), read_out.pos()
    assert before.startswith("pixel row 1")
    assert " → neuron 21: " in before
    train_for_a_while(qtbot, window)
    qtbot.waitUntil(lambda: read_out.text() != before)
    assert read_out.isVisible()
    pause(qtbot, window)
    neuron, number = heat_map.pointed or (-1, -1)
    assert read_out.text().endswith(signed(float(window.session.displayed.network.weights[0][neuron, number])))
    assert read_out.pos() == where
    leave(heat_map)
    assert not read_out.isVisible()


# ---- one neuron


def test_a_click_enlarges_a_neuron_and_back(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    view = open_neuron(qtbot, window, 4)
    assert title_of(window) == "Neuron 5 of 64"
    network = window.session.displayed.network
    weights = network.weights[0][4]
    strongest = int(np.abs(weights).argmax())
    read = words_in(view)
    for fact in (
        "ReLU",
        signed(float(network.biases[0][4, 0])),
        f"{signed(float(weights.min()))} … {signed(float(weights.max()))}",
        f"{math.sqrt(float((weights.astype(float) ** 2).sum())):.4f}",
        f"pixel row {strongest // 28 + 1}, column {strongest % 28 + 1}",
        signed(float(weights[strongest])),
    ):
        assert fact in read
    for leave_it in (
        lambda: qtbot.keyClick(view, Qt.Key.Key_Escape),
        lambda: click(qtbot, window, QPushButton, "neuronBackButton"),
        lambda: qtbot.mouseClick(view.picture, Qt.MouseButton.LeftButton, pos=QPoint(40, 40)),
    ):
        assert window.card("weightsDock").neuron == 4
        leave_it()
        assert window.card("weightsDock").neuron is None
        assert window.card("weightsDock").map.isVisible()
        open_neuron(qtbot, window, 4)

    # Neighbours by arrow keys and buttons.
    window.card("weightsDock").show_all()
    view = open_neuron(qtbot, window, 0)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert title_of(window) == "Neuron 2 of 64"
    click(qtbot, window, QPushButton, "nextNeuronButton")
    assert title_of(window) == "Neuron 3 of 64"
    click(qtbot, window, QPushButton, "previousNeuronButton")
    qtbot.keyClick(view, Qt.Key.Key_Left)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert title_of(window) == "Neuron 64 of 64", "round and round"

    # All by the keyboard.
    window.card("weightsDock").show_layer(0)
    leave(window.card("weightsDock").map)
    window.card("weightsDock").map.setFocus()
    press(qtbot, window, Qt.Key.Key_Right)
    press(qtbot, window, Qt.Key.Key_Right)
    assert find(window.card("weightsDock").map, QLabel, "readOut").text().startswith("neuron 2 ")
    press(qtbot, window, Qt.Key.Key_Return)
    assert title_of(window) == "Neuron 2 of 64"
    press(qtbot, window, Qt.Key.Key_Right)
    press(qtbot, window, Qt.Key.Key_Escape)
    assert window.card("weightsDock").map.hasFocus()
    assert find(window.card("weightsDock").map, QLabel, "readOut").text().startswith("neuron 3 "), "where one was"
    press(qtbot, window, Qt.Key.Key_Return)
    assert title_of(window) == "Neuron 3 of 64"

    # A hidden neuron shows bars.
    window.card("weightsDock").show_all()
    click_tab(qtbot, window, "layer2Tab")
    view = open_neuron(qtbot, window, 9)
    bars = find(window, WeightBars, "neuronBars")
    assert bars.isVisible()
    assert not view.picture.isVisible()
    hover(bars, (bars.field.left() + (17 + 0.5) * bars.field.width() / 64, 50))
    value = signed(float(window.session.displayed.network.weights[1][9, 17]))
    assert find(bars, QLabel, "readOut").text() == f"neuron 18 of layer 1 → neuron 10: {value}"
    leave(bars)
    assert not find(bars, QLabel, "readOut").isVisible()
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton)
    assert window.card("weightsDock").neuron is None

    # An output is called by its class.
    click_tab(qtbot, window, "layer3Tab")
    place = middle(window.card("weightsDock").map, 7)
    hover(window.card("weightsDock").map, (place.x(), place.y()))
    assert (
        find(window.card("weightsDock").map, QLabel, "readOut").text().split(": ")[0].endswith(" → neuron 8 (class 7)")
    )

    # An output neuron tells its class.
    click_tab(qtbot, window, "layer3Tab")
    view = open_neuron(qtbot, window, 3)
    assert title_of(window) == "Class 3 · neuron 4 of 10"
    assert "Softmax" in words_in(view)

    # One neuron makes the window no higher.
    window.card("weightsDock").show_all()
    click_tab(qtbot, window, "layer1Tab")
    window.resize(1280, 720)
    QCoreApplication.processEvents()
    size, least = window.size(), window.minimumSizeHint()
    open_neuron(qtbot, window, 4)
    QCoreApplication.processEvents()
    assert window.size() == size
    assert window.minimumSizeHint().height() <= least.height()
    assert window.minimumSizeHint().width() <= least.width()
    back = find(window, QPushButton, "neuronBackButton")
    assert back.visibleRegion().boundingRect() == back.rect()

    # The table holds the displayed layer.
    window.card("weightsDock").show_all()
    click_tab(qtbot, window, "layer2Tab")
    header, rows = window.card("weightsDock").table()
    network = window.session.displayed.network
    made = list(rows)
    assert header[:3] == ["neuron", "bias", "neuron 1 of layer 1"]
    assert len(header) == 66
    assert len(made) == 32
    assert made[31][0] == 32
    np.testing.assert_allclose(np.array([row[1] for row in made], float), network.biases[1][:, 0])
    np.testing.assert_array_equal(np.array([row[2:] for row in made], np.float32), network.weights[1])
    click_tab(qtbot, window, "layer1Tab")
    assert window.card("weightsDock").table()[0][2] == "pixel row 1, column 1"

    # Numbers that are none break nothing.
    window.session.displayed.network.parameters[:] = np.nan
    window.session.displayed.network.weights[1][0, :3] = [np.inf, -np.inf, 3e38]
    for layer in range(3):
        window.card("weightsDock").show_layer(layer)
        window.grab()
        window.card("weightsDock").show_neuron(0)
        window.grab()
        window.card("weightsDock").show_all()


def test_an_enlarged_neuron_learns_on(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    view = open_neuron(qtbot, window, 4)
    before = words_in(view)
    picture = view.picture.grab().toImage()
    train_for_a_while(qtbot, window)
    qtbot.waitUntil(lambda: words_in(view) != before)
    pause(qtbot, window)
    assert view.picture.grab().toImage() != picture
    assert signed(float(window.session.displayed.network.biases[0][4, 0])) in words_in(view)
    window.session.reset()
    qtbot.waitUntil(lambda: window.session.state is Status.READY)
    assert words_in(view) == before, "the neuron as it began"


@WITH_ALL
def test_a_neuron_that_is_gone_is_left(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    open_neuron(qtbot, window, 40)
    retype(qtbot, window, "shapeEdit", "784, 50, 10")
    window.stage.open_layer(1)
    assert title_of(window) == "Neuron 41 of 50"
    retype(qtbot, window, "shapeEdit", "784, 40, 10")
    window.stage.open_layer(1)
    assert window.card("weightsDock").neuron is None
    assert window.card("weightsDock").map.isVisible()
    QCoreApplication.processEvents()  # the tabs are others
    click_tab(qtbot, window, "layer2Tab")
    open_neuron(qtbot, window, 3)
    click_tab(qtbot, window, "layer1Tab")
    assert window.card("weightsDock").neuron is None, "another layer, all of it"
    click_tab(qtbot, window, "layer2Tab")
    retype(qtbot, window, "shapeEdit", "784, 20, 20, 20, 10")
    window.stage.open_layer(4)
    QCoreApplication.processEvents()
    open_neuron(qtbot, window, 3)
    retype(qtbot, window, "shapeEdit", "784, 40, 10")
    assert window.card("weightsDock").neuron is None, "its layer is gone"


def test_a_chosen_neuron_is_outlined_in_its_own_layer_only(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    window.session.selection.choose_neuron(Neuron(1, 9))
    window.stage.open_layer(2)
    pictures = [window.card("weightsDock").map.grab().toImage()]
    window.session.selection.choose_neuron(None)
    pictures.append(window.card("weightsDock").map.grab().toImage())
    assert pictures[0] == pictures[1]


def test_facts_of_inputs_that_are_no_pictures(ready_model: Model) -> None:
    network = ready_model.session.displayed.network
    words = LayerNames(network, 0, None, ())
    assert words.source(0) == "input 1"
    assert LayerNames(network, 2, None, ()).neuron(3) == "neuron 4", "no classes are known"
    assert neuron_facts(words, 0).strongest[0][0].startswith("input ")
