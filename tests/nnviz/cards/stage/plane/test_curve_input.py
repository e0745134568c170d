"""The curve: predictions over one number, each neuron's line, and data without a curve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine import explain
from engine.network.network import Network
from engine.storage import save_network
from nnviz.cards.stage.plane.curve_input import CurveInput
from nnviz.cards.stage.weights.layer_part import LayerPart
from nnviz.cards.stage.weights.tiles import NeuronTiles
from nnviz.session.selection import Neuron
from nnviz.session.surface_query import (
    COARSE_LINE,
    COARSE_TILE_LINE,
    FINE_LINE,
    FINE_TILE_LINE,
    NEURON_SURFACES,
    OUTPUT_SURFACE,
)
from nnviz.ui.plots.legend import Key
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load, wait_for_planes
from tests.nnviz.helpers import (
    drag,
    find,
    hover,
    pause,
    train_epochs,
    train_for_a_while,
    wait_for_answer,
)

WITH_ALL = pytest.mark.parametrize("cards", [("curvesDock", "weightsDock")], ids=["all"])


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return ("curvesDock",)


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


@pytest.fixture
def page(ready_window: CardWindow, qtbot: QtBot) -> CurveInput:
    """A sine and 1-8-5-1, before any training."""
    load(qtbot, ready_window, "sine")
    session = ready_window.session
    experiment = session.settings.experiment.with_shape((1, 8, 5, 1))
    session.settings.choose("shape", experiment.changed(activations=("tanh", "tanh", "identity")))
    session.reset()
    qtbot.waitUntil(lambda: network(ready_window).shape == [1, 8, 5, 1])
    wait_for_planes(qtbot, ready_window)
    return page_of(ready_window)


@pytest.fixture
def lengths(tmp_path: Path) -> Path:
    """A table of one number and one to predict, both far from 0, so that both are scaled."""
    rng = np.random.default_rng(1)
    x = rng.uniform(1000, 3000, 120)
    path = tmp_path / "lengths.csv"
    rows = [f"{each:.2f},{each * 5 + 200 + rng.normal():.2f}" for each in x]
    path.write_text("\n".join(["length,price", *rows]))
    return path


def page_of(window: CardWindow) -> CurveInput:
    curve = window.draw.surface
    assert isinstance(curve, CurveInput)
    return curve


def lines_of(window: CardWindow) -> NeuronTiles:
    return find(window, NeuronTiles, "neuronLines")


def network(window: CardWindow) -> Network:
    return window.session.displayed.network


def click_at(qtbot: QtBot, page: CurveInput, x: float) -> None:
    middle = sum(page.view.y_ends) / 2
    qtbot.mouseClick(page.view, Qt.MouseButton.LeftButton, pos=page.view.place_of(x, middle).toPoint())


# ---- where it is


def test_only_such_data_have_the_page(ready_window: CardWindow, qtbot: QtBot) -> None:
    for name, expected in (("sine", True), ("spirals", False), ("polynomial", True), ("mpg", False)):
        load(qtbot, ready_window, name)
        assert isinstance(ready_window.draw.surface, CurveInput) is expected, name
        assert find(ready_window, QWidget, "curveView").isVisible() is expected, name


# ---- what it shows


def test_of_a_table_all_is_in_its_units(ready_window: CardWindow, qtbot: QtBot, lengths: Path) -> None:
    load(qtbot, ready_window, str(lengths), target="price")
    wait_for_planes(qtbot, ready_window)
    page, session = page_of(ready_window), ready_window.session
    line, points, data = page.view.line, page.view.points, session.data.dataset
    assert line is not None
    assert data is not None
    assert data.scaling is not None
    assert data.target_scaling is not None
    expected = data.target_scaling.undo(network(ready_window).predict(data.scaling.apply(line.x[:, None])))
    np.testing.assert_allclose(line.y, expected[:, 0], rtol=1e-4)
    np.testing.assert_allclose(points.places[:, 1], points.places[:, 0] * 5 + 200, atol=8)
    click_at(qtbot, page, 2000)
    assert session.question.example is not None
    assert data.scaling.undo(session.question.example)[0] == pytest.approx(2000, abs=10)
    place = page.view.place_of(2000, sum(page.view.y_ends) / 2)
    hover(page.view, (place.x(), place.y()))
    assert "predicted price" in find(page.view, QLabel, "readOut").text().replace("&nbsp;", " ")
    assert "length 2" in find(page.view, QLabel, "readOut").text().replace("&nbsp;", " ")


# ---- what is asked


# ---- neurons


@WITH_ALL
def test_a_neuron_that_is_pointed_at_is_shown_large(
    page: CurveInput, ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    ready_window.stage.open_layer(1)
    probe, selection = ready_window.session.queries[OUTPUT_SURFACE], ready_window.session.selection
    selection.point_at(Neuron(2, 3))
    qtbot.waitUntil(lambda: probe.result.neuron == Neuron(2, 3) and probe.is_up_to_date)
    line = page.view.line
    assert line is not None
    assert line.is_neuron
    activations = explain.forward(network(ready_window), line.x[:, None].astype(np.float32)).activations
    np.testing.assert_allclose(line.y, activations[2][:, 3], atol=1e-5)
    table = page.table()
    assert table is not None
    assert table[0] == ["x", "layer 2 · neuron 4"]
    selection.point_at(None)
    qtbot.waitUntil(lambda: probe.result.neuron is None and probe.is_up_to_date)
    assert page.view.line is not None
    assert not page.view.line.is_neuron

    # There are few places while it learns, and many at rest.
    probes = [ready_window.session.queries[name] for name in (OUTPUT_SURFACE, NEURON_SURFACES)]
    sides: list[int] = []
    for probe in probes:
        probe.changed.connect(lambda probe=probe: sides.append(probe.result.side if probe.result else 0))
    train_for_a_while(qtbot, ready_window)
    qtbot.waitUntil(lambda: len(sides) > 6)
    assert set(sides) == {COARSE_LINE, COARSE_TILE_LINE}
    pause(qtbot, ready_window)
    wait_for_planes(qtbot, ready_window)
    assert [probe.result.side for probe in probes] == [FINE_LINE, FINE_TILE_LINE]

    # The line of an output is the prediction.
    probe = ready_window.session.queries[OUTPUT_SURFACE]
    selection.point_at(Neuron(3, 0))
    qtbot.waitUntil(lambda: probe.result.neuron == Neuron(3, 0) and probe.is_up_to_date)
    assert page.view.line is not None
    assert not page.view.line.is_neuron

    # A network that does not fit has no line.
    save_network(Network([4, 3, 2]), tmp_path / "other.json")
    ready_window.session.files.open(tmp_path / "other.json")
    qtbot.waitUntil(lambda: network(ready_window).shape == [4, 3, 2])
    assert page.view.line is None
    assert len(page.view.points.places) == 200


@WITH_ALL
def test_the_neurons_of_one_layer_and_their_numbers(page: CurveInput, ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.stage.open_layer(2)
    wait_for_planes(qtbot, ready_window)
    panel, lines = find(ready_window, LayerPart, "weightsDock"), lines_of(ready_window)
    assert lines.layout_of_tiles is not None
    assert dict(lines.layout_of_tiles.counts) == {2: 5}
    table = panel.table()
    assert table is not None
    head, rows = table
    numbers = np.array([list(row) for row in rows], float)
    assert head == ["x", *(f"layer 2 neuron {number}" for number in range(1, 6))]
    activations = explain.forward(network(ready_window), numbers[:, :1].astype(np.float32)).activations
    np.testing.assert_allclose(numbers[:, 1:], activations[2], atol=1e-5)

    # Out of view it costs nothing.
    answers, neurons = (ready_window.session.queries[name] for name in (OUTPUT_SURFACE, NEURON_SURFACES))
    assert answers.is_wanted
    assert neurons.is_wanted
    ready_window.stage.hide()
    assert not answers.is_wanted
    assert not neurons.is_wanted
    before = answers.result
    train_epochs(qtbot, ready_window, 2)
    assert answers.result is before


# ---- what it costs, and what it exports


def test_a_click_asks_about_a_number_and_keys_move_it(page: CurveInput, ready_window: CardWindow, qtbot: QtBot) -> None:
    # Its numbers as a table.
    table = page.table()
    assert table is not None
    head, rows = table
    numbers = np.array([list(row) for row in rows], float)
    assert head == ["x", "predicted y"]
    assert numbers.shape == (FINE_LINE, 2)
    np.testing.assert_allclose(numbers[:, 1:], network(ready_window).predict(numbers[:, :1]), atol=1e-5)

    # At rest nothing is computed again.
    probe = ready_window.session.queries[OUTPUT_SURFACE]
    before = probe.result
    click_at(qtbot, page, 0.3)
    wait_for_answer(qtbot, ready_window)
    assert probe.is_up_to_date
    assert probe.result is before

    # A drag asks on its way and is one step to undo.
    question = ready_window.session.question
    before = question.example
    places = [page.view.place_of(x, 0) for x in (-0.5, 0.1, 0.6)]
    drag(page.view, [(place.x(), place.y()) for place in places])
    assert question.example is not None
    assert question.example[0] == pytest.approx(0.6, abs=0.01)
    ready_window.session.undo.undo()
    np.testing.assert_array_equal(question.example, before)

    # The points are those of the data and the test part can be left out.
    points, data = page.view.points, ready_window.session.data.dataset
    assert data is not None
    assert len(points.places) == 200
    assert points.are_tests.sum() == 40
    np.testing.assert_array_equal(points.places[:160], np.hstack([data.train.inputs, data.train.targets]))
    assert [points.inks[kind] for kind in points.kinds[[0, -1]]] == ["train", "test"]
    qtbot.mouseClick(find(ready_window, Key, "curveTestsKey"), Qt.MouseButton.LeftButton)
    assert len(page.view.points.places) == 160

    # A click asks about a number and keys move it.
    click_at(qtbot, page, 0.4)
    assert question.example is not None
    (x,) = question.example.tolist()
    assert x == pytest.approx(0.4, abs=0.01)
    low, high = page.view.x_ends
    qtbot.keyClick(page.view, Qt.Key.Key_Left)
    assert question.example.tolist() == pytest.approx([x - (high - low) / 50])
    wait_for_answer(qtbot, ready_window)
    assert "predicted y" in page.view.accessibleDescription()
    ready_window.session.undo.undo()
    assert question.example.tolist() == pytest.approx([x])

    # The line is what the network predicts.
    train_epochs(qtbot, ready_window, 3)
    wait_for_planes(qtbot, ready_window)
    line = page.view.line
    assert line is not None
    assert not line.is_neuron
    assert len(line.x) == FINE_LINE
    np.testing.assert_allclose(line.y, network(ready_window).predict(line.x[:, None])[:, 0], atol=1e-4)
    data = ready_window.session.data.dataset
    assert data is not None
    assert line.x[0] < data.train.inputs.min() < data.train.inputs.max() < line.x[-1]
