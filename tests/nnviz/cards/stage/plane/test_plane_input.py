"""The plane: predictions all over it, and data without a plane."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QApplication, QCheckBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine import explain
from engine.explain.input_grid import plane_points
from engine.network.network import Network
from engine.storage import save_network
from nnviz.cards.stage.plane.plane_input import PlaneInput
from nnviz.session.selection import Neuron
from nnviz.session.surface_query import COARSE, FINE, OUTPUT_SURFACE
from nnviz.ui import theme
from nnviz.ui.plane.colours import class_pixels
from nnviz.ui.plots.legend import Key
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.stage.draw.input_helpers import click_tool
from tests.nnviz.cards.stage.plane.plane_helpers import (
    load,
    plane_of,
    point_at,
    wait_for_planes,
)
from tests.nnviz.helpers import (
    drag,
    find,
    is_shown,
    leave,
    pause,
    train_epochs,
    train_for_a_while,
    wait_for_answer,
)


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("curvesDock")


@pytest.fixture
def page(ready_window: CardWindow, qtbot: QtBot) -> PlaneInput:
    """Two spirals, before any training."""
    load(qtbot, ready_window, "spirals", points=400)
    wait_for_planes(qtbot, ready_window)
    return plane_of(ready_window)


def network(window: CardWindow) -> Network:
    return window.session.displayed.network


def colour_at(page: PlaneInput, x: float, y: float) -> QColor:
    return QColor(page.view.grab().toImage().pixel(page.view.place_of(x, y).toPoint()))


# ---- where it is


def test_answers_of_a_network_that_is_gone_are_reported_no_more(
    page: PlaneInput, ready_window: CardWindow, qtbot: QtBot
) -> None:
    """It had one class more than there are names for now."""
    window, session = ready_window, ready_window.session
    load(qtbot, window, "spirals", points=400, classes=3)
    wait_for_planes(qtbot, window)
    session.question.set_example(np.array([0.3, -0.2], np.float32), "point")
    wait_for_answer(qtbot, window)
    assert page.view.accessibleDescription()
    for _ in range(2):  # the point, and the classes
        session.undo.undo()
    qtbot.waitUntil(lambda: is_shown(session.data))
    wait_for_planes(qtbot, window)
    assert network(window).shape[-1] == 2
    assert any(name in page.view.accessibleDescription() for name in session.class_names)


def test_only_points_in_the_plane_have_it_and_it_comes_back_with_them(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, names = ready_window, ("planeView", "planeKey", "planeTestsKey", "paintInputButton")
    for _ in range(2):
        load(qtbot, window, "moons")
        plane = plane_of(window)
        assert plane.isVisible()
        assert not window.canvas.isVisible()
        assert all(find(window, QWidget, name).isVisible() for name in names)
        load(qtbot, window, "mnist")
        assert window.draw.surface is None
        assert window.canvas.isVisible()
        assert not any(find(window, QWidget, name).isVisible() for name in names)
        assert not window.session.queries[OUTPUT_SURFACE].is_wanted

    # A large network gets fewer cells.
    load(qtbot, ready_window, "moons")
    ready_window.session.settings.change("shape", shape=(2, 500, 500, 2))
    ready_window.session.reset()
    qtbot.waitUntil(lambda: network(ready_window).shape == [2, 500, 500, 2])
    wait_for_planes(qtbot, ready_window)
    assert COARSE < ready_window.session.queries[OUTPUT_SURFACE].result.side < FINE


def test_other_data_have_other_points_or_no_plane(ready_window: CardWindow, qtbot: QtBot) -> None:
    load(qtbot, ready_window, "penguins")
    assert ready_window.draw.surface is None

    # Of very many points some are drawn.
    load(qtbot, ready_window, "circles", points=30_000)
    points = plane_of(ready_window).view.points
    assert 3000 < len(points.places) <= 5000
    assert points.total == 30_000

    # The classes are named in the head.
    load(qtbot, ready_window, "gaussians", classes=4)
    assert plane_of(ready_window).key.accessibleDescription() == "A, B, C, D"


# ---- what it shows


def test_it_shows_what_the_network_answers(ready_window: CardWindow, qtbot: QtBot) -> None:
    for name, classes in (("spirals", 2), ("gaussians", 3), ("circles", 6)):
        load(qtbot, ready_window, name, classes=classes)
        expect_answers(qtbot, ready_window)


def expect_answers(qtbot: QtBot, ready_window: CardWindow) -> None:
    """Those of the network, and their colours in the corners."""
    train_epochs(qtbot, ready_window, 2)
    wait_for_planes(qtbot, ready_window)
    page, answers = plane_of(ready_window), ready_window.session.queries[OUTPUT_SURFACE].result
    assert answers.side == FINE
    points = plane_points(*answers.region.corners, FINE)
    outputs = network(ready_window).predict(points)
    np.testing.assert_allclose(answers.layers[len(network(ready_window).weights)], outputs.T, atol=1e-5)
    high = 0.97 * answers.region.half
    for x, y in ((-high, high), (high, high), (high, -high), (-high, -high)):  # far from all points
        expected = QColor(int(class_pixels(network(ready_window).predict([[x, y]]).T, False)[0]))
        seen = colour_at(page, x, y)
        assert seen.getRgb()[:3] == pytest.approx(expected.getRgb()[:3], abs=8)


# ---- the mouse


def test_the_mouse_reads_a_point_and_asks_about_it_and_keys_move_it(
    page: PlaneInput, ready_window: CardWindow, qtbot: QtBot
) -> None:
    # Its numbers.
    table = page.table()
    assert table is not None
    head, rows = table
    lines = np.array([list(map(float, row)) for row in rows])
    assert head == ["x", "y", "blue", "orange"]
    assert lines.shape == (FINE * FINE, 4)
    np.testing.assert_allclose(lines[::999, 2:], network(ready_window).predict(lines[::999, :2]), atol=1e-5)

    # A drag asks on its way and is one step to undo.
    question = ready_window.session.question
    before = question.example
    asked: list[object] = []
    question.changed.connect(lambda: asked.append(question.example))
    places = [page.view.place_of(*point) for point in ((0.1, 0.1), (0.2, 0.3), (0.6, 0.4))]
    drag(page.view, [(place.x(), place.y()) for place in places])
    assert len(asked) >= 3
    ready_window.session.undo.undo()
    np.testing.assert_array_equal(question.example, before)

    # Another theme has other colours.
    before = page.view.grab().toImage()
    theme.apply(QApplication.instance(), "light" if theme.current().name == "dark" else "dark")
    assert page.view.grab().toImage() != before
    theme.apply(QApplication.instance(), "dark")

    # The points are those of the data and the test part can be left out.
    assert len(page.view.points.places) == page.view.points.total == 400
    assert page.view.points.are_tests.sum() == 80
    key = find(ready_window, Key, "planeTestsKey")
    qtbot.mouseClick(key, Qt.MouseButton.LeftButton)
    assert len(page.view.points.places) == 320
    assert not page.view.points.are_tests.any()

    # The mouse reads a point.
    point_at(page, 0.5, -0.25)
    read_out = find(page.view, QLabel, "readOut")
    assert read_out.isVisible()
    x, y = page.view.point_at(page.view.place_of(0.5, -0.25).toPoint()) or (0, 0)
    outputs = network(ready_window).predict([[x, y]])[0]
    name = ("blue", "orange")[int(outputs.argmax())]
    assert name in read_out.text()
    assert f"{100 * outputs.max():.1f} %" in read_out.text()
    assert "−0.2" in read_out.text()
    leave(page.view)
    assert not read_out.isVisible()

    # A click asks about a point and the arrow keys move it.
    question = ready_window.session.question
    qtbot.mouseClick(page.view, Qt.MouseButton.LeftButton, pos=page.view.place_of(0.5, -0.25).toPoint())
    assert question.example is not None
    x, y = question.example.tolist()
    assert (x, y) == pytest.approx((0.5, -0.25), abs=0.02)
    assert colour_at(page, x, y).name() == theme.colour("ink").name()
    qtbot.keyClick(page.view, Qt.Key.Key_Left)
    assert question.example.tolist() == pytest.approx([x - 2.4 / 50, y])
    wait_for_answer(qtbot, ready_window)
    assert question.answer is not None
    assert ("blue", "orange")[int(question.answer.argmax())] in page.view.accessibleDescription()
    ready_window.session.undo.undo()
    assert question.example.tolist() == pytest.approx([x, y])

    # Steps have hard borders.
    assert click_tool(qtbot, ready_window, QCheckBox, "planeStepsButton").isChecked()
    strongest = {QColor(int(class_pixels(np.eye(2)[:, [number]], True)[0])).name() for number in (0, 1)}
    image = page.view.grab().toImage()
    frame = page.view.frame
    seen = {QColor(image.pixel(x, frame.top() + 8)).name() for x in range(frame.left() + 10, frame.right() - 10)}
    assert seen <= strongest

    # It is coarse while the network learns, and fine at rest.
    sides: list[int] = []
    probe = ready_window.session.queries[OUTPUT_SURFACE]
    probe.changed.connect(lambda: sides.append(probe.result.side if probe.result else 0))
    train_for_a_while(qtbot, ready_window)
    qtbot.waitUntil(lambda: len(sides) > 3)
    assert set(sides) == {COARSE}
    pause(qtbot, ready_window)
    wait_for_planes(qtbot, ready_window)
    assert sides[-1] == FINE
    assert probe.result.network is network(ready_window)

    # Out of view it costs nothing.
    assert probe.is_wanted
    ready_window.stage.hide()
    assert not probe.is_wanted
    before = probe.result
    train_epochs(qtbot, ready_window, 2)
    assert probe.result is before
    ready_window.stage.show()
    qtbot.waitUntil(lambda: probe.result.network is network(ready_window))


def test_a_neuron_that_is_pointed_at_is_shown_large(
    page: PlaneInput, ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    probe, selection = ready_window.session.queries[OUTPUT_SURFACE], ready_window.session.selection
    before = page.view.grab().toImage()
    selection.point_at(Neuron(2, 3))
    qtbot.waitUntil(lambda: probe.result.neuron == Neuron(2, 3) and probe.is_up_to_date)
    assert probe.result.side == FINE
    points = plane_points(*probe.result.region.corners, FINE)
    buffers = tiles_of_layer(network(ready_window), points, 2)
    np.testing.assert_allclose(probe.result.layers[2][0], buffers[:, 3], atol=1e-5)
    assert page.view.grab().toImage() != before
    point_at(page, 0.2, 0.2)
    assert "layer 2 · neuron 4" in find(page.view, QLabel, "readOut").text()
    selection.point_at(None)
    qtbot.waitUntil(lambda: probe.result.neuron is None and probe.is_up_to_date)

    # A network that does not fit has no answers.
    save_network(Network([4, 3, 2]), tmp_path / "other.json")
    before = page.view.grab().toImage()
    ready_window.session.files.open(tmp_path / "other.json")
    qtbot.waitUntil(lambda: network(ready_window).shape == [4, 3, 2])
    assert ready_window.session.queries[OUTPUT_SURFACE].result is None
    assert len(page.view.points.places) == 400
    assert page.view.grab().toImage() != before


def tiles_of_layer(of: Network, points: np.ndarray, layer: int) -> np.ndarray:
    """(points, neurons): the activations of a layer, from 1."""
    return explain.forward(of, points).activations[layer]
