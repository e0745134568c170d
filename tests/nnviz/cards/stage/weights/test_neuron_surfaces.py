"""The neurons' planes take the place of the weights where examples are points in the plane."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.weights.layer_part import LayerPart
from nnviz.cards.stage.weights.tiles import NeuronTiles
from nnviz.session.selection import Neuron
from nnviz.session.surface_query import COARSE_TILE, FINE_TILE, NEURON_SURFACES
from nnviz.ui.weights.heat_map import HeatMap
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load, point_at_tile, tiles_of, wait_for_planes
from tests.nnviz.helpers import bring_to_front, click_tab, find, leave, pause, press, tab_of, train_for_a_while


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("weightsDock")


@pytest.fixture
def tiles(ready_window: CardWindow, qtbot: QtBot) -> NeuronTiles:
    """Returns the tiles of 2-8-5-2 on two spirals."""
    load(qtbot, ready_window, "spirals", points=400)
    with_shape(qtbot, ready_window, (2, 8, 5, 2))
    click_tab(qtbot, ready_window, "allLayersTab")
    return tiles_of(ready_window)


def with_shape(qtbot: QtBot, window: CardWindow, shape: tuple[int, ...]) -> None:
    window.session.settings.change("shape", shape=shape)
    window.session.reset()
    qtbot.waitUntil(lambda: window.session.displayed.network.shape == list(shape))
    open_layer(window)
    wait_for_planes(qtbot, window)


def open_layer(window: CardWindow) -> None:
    """Shows the first layer of another network, or of other data."""
    window.stage.open_layer(1)
    QApplication.processEvents()


def panel(window: CardWindow) -> LayerPart:
    return find(window, LayerPart, "weightsDock")


def shown(tiles: NeuronTiles) -> dict[int, int]:
    """Returns the number of displayed neurons in each layer."""
    assert tiles.layout_of_tiles is not None
    return {layer: block.shown for layer, block in tiles.layout_of_tiles.blocks.items()}


def test_tiles_of_all_layers_or_one_are_chosen(tiles: NeuronTiles, ready_window: CardWindow, qtbot: QtBot) -> None:
    assert tiles.isVisible()
    assert shown(tiles) == {1: 8, 2: 5, 3: 2}
    click_tab(qtbot, ready_window, "layer2Tab")
    assert shown(tiles) == {2: 5}
    click_tab(qtbot, ready_window, "layer3Tab")
    assert shown(tiles) == {3: 2}
    click_tab(qtbot, ready_window, "allLayersTab")
    assert shown(tiles) == {1: 8, 2: 5, 3: 2}

    # By the keyboard.
    bring_to_front(qtbot, ready_window)
    tiles.setFocus(Qt.FocusReason.TabFocusReason)
    press(qtbot, ready_window, Qt.Key.Key_Right)
    assert ready_window.session.selection.pointed == Neuron(1, 1)
    assert tiles.accessibleDescription() == "layer 1 · neuron 2"
    press(qtbot, ready_window, Qt.Key.Key_Return)
    assert ready_window.session.selection.neuron == Neuron(1, 1)

    # A click chooses the neuron.
    before = tiles.grab().toImage()
    qtbot.mouseClick(tiles, Qt.MouseButton.LeftButton, pos=tiles.tile_rect(2, 4).center())
    leave(tiles)
    assert ready_window.session.selection.neuron == Neuron(2, 4)
    assert tiles.grab().toImage() != before, "it is outlined"

    # Their numbers as a table.
    click_tab(qtbot, ready_window, "layer3Tab")
    table = panel(ready_window).table()
    assert table is not None
    head, rows = table
    lines = np.array([list(row) for row in rows], float)
    assert head == ["x", "y", "layer 3 neuron 1", "layer 3 neuron 2"]
    assert len(lines) == FINE_TILE**2
    answers = ready_window.session.displayed.network.predict(lines[::77, :2])
    np.testing.assert_allclose(lines[::77, 2:], answers, atol=1e-5)

    # Out of view they cost nothing.
    probe = ready_window.session.queries[NEURON_SURFACES]
    assert probe.is_wanted
    ready_window.stage.close_layer()
    assert not probe.is_wanted


def test_a_neuron_that_was_enlarged_is_closed(ready_window: CardWindow, qtbot: QtBot) -> None:
    panel(ready_window).show_neuron(3)
    load(qtbot, ready_window, "spirals")
    open_layer(ready_window)
    assert tiles_of(ready_window).isVisible()
    load(qtbot, ready_window, "mnist")
    open_layer(ready_window)
    assert find(ready_window, HeatMap, "weightsMap").isVisible()


def test_coarse_while_it_learns_and_fine_at_rest(tiles: NeuronTiles, ready_window: CardWindow, qtbot: QtBot) -> None:
    probe = ready_window.session.queries[NEURON_SURFACES]
    assert probe.result.side == FINE_TILE
    sides: list[int] = []
    probe.changed.connect(lambda: sides.append(probe.result.side if probe.result else 0))
    train_for_a_while(qtbot, ready_window)
    qtbot.waitUntil(lambda: len(sides) > 3)
    assert set(sides) == {COARSE_TILE}
    pause(qtbot, ready_window)
    wait_for_planes(qtbot, ready_window)
    assert sides[-1] == FINE_TILE


def test_pointing_at_one_shows_it_everywhere_and_tells_its_activation(
    tiles: NeuronTiles, ready_window: CardWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    point_at_tile(tiles, 1, 6)
    assert session.selection.pointed == Neuron(1, 6)
    low, high = session.queries[NEURON_SURFACES].result.region.corners
    text = find(tiles, QLabel, "readOut").text()
    assert "layer 1 · neuron 7" in text
    reported = re.search(r"x (−?[\d.]+)", text.replace("&nbsp;", " "))
    assert reported is not None
    pixel = (high[0] - low[0]) / tiles.tile_rect(1, 6).width()
    assert float(reported[1].replace("−", "-")) == pytest.approx((low[0] + high[0]) / 2, abs=pixel)
    point_at_tile(tiles, 3, 1)
    assert "output · orange" in find(tiles, QLabel, "readOut").text()
    leave(tiles)
    assert session.selection.pointed is None


def test_other_data_show_weights_again_and_point_at_nothing(
    tiles: NeuronTiles, ready_window: CardWindow, qtbot: QtBot
) -> None:
    point_at_tile(tiles, 1, 6)
    load(qtbot, ready_window, "mnist")
    assert ready_window.session.selection.pointed is None

    # Other data show weights again.
    load(qtbot, ready_window, "mnist")
    open_layer(ready_window)
    assert not tiles.isVisible()
    assert find(ready_window, HeatMap, "weightsMap").isVisible()
    bar, _ = tab_of(ready_window, "layer1Tab")
    assert "allLayersTab" not in [bar.tabData(number) for number in range(bar.count())]
    assert panel(ready_window).caption == "Weights Layer 1"
    load(qtbot, ready_window, "spirals")
    open_layer(ready_window)
    assert tiles.isVisible()
    assert panel(ready_window).caption == "Planes Layer 1"


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_scale_ends_at_1_or_at_the_largest_activation(
    tiles: NeuronTiles, ready_window: CardWindow, qtbot: QtBot, activation: str
) -> None:
    session = ready_window.session
    experiment = session.settings.experiment
    session.settings.choose("activation", experiment.changed(activations=(activation, activation, "softmax")))
    session.reset()
    qtbot.waitUntil(lambda: session.displayed.network.activations[0] == activation)
    wait_for_planes(qtbot, ready_window)
    click_tab(qtbot, ready_window, "layer1Tab")
    answers = session.queries[NEURON_SURFACES].result
    largest = float(np.abs(answers.layers[1]).max())
    expected = "1" if activation == "tanh" else f"{largest:.2g}"
    bar = panel(ready_window).planes.bar
    assert bar.isVisible()
    assert bar.accessibleDescription() == f"−{expected} to +{expected}"


def test_many_neurons_are_one_picture_and_too_many_are_reported(
    tiles: NeuronTiles, ready_window: CardWindow, qtbot: QtBot
) -> None:
    note = panel(ready_window).planes.note
    with_shape(qtbot, ready_window, (2, 64, 64, 2))
    click_tab(qtbot, ready_window, "allLayersTab")
    assert shown(tiles) == {1: 64, 2: 64, 3: 2}
    assert "point at a neuron" in note.text()
    with_shape(qtbot, ready_window, (2, 20_000, 2))
    assert shown(tiles)[1] < 20_000
    assert "neurons are shown" in note.text()


def test_a_network_that_diverged_is_drawn(tiles: NeuronTiles, ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    huge = session.displayed.network.copy()
    huge.parameters *= 1e30
    session.displayed.network = huge
    with qtbot.waitSignal(session.queries[NEURON_SURFACES].changed):
        session.displayed.changed.emit()
    assert not tiles.grab().isNull()
