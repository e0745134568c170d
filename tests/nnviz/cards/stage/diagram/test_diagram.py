"""Tests of the diagram widget: its captions in all sizes, and the neuron under the mouse."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.explain.contribution_paths import compute_activity
from engine.network.network import Network
from nnviz.cards.stage.diagram.captions import layer_text
from nnviz.cards.stage.diagram.diagram import NetworkDiagram
from nnviz.cards.stage.diagram.layout import LayoutSpec
from nnviz.cards.stage.diagram.painting import DiagramContent, short
from nnviz.cards.stage.diagram.shown_neurons import NeuronIndex
from nnviz.ui import theme
from tests.nnviz.helpers import hover


@pytest.fixture
def diagram(qtbot: QtBot, qapp: QApplication) -> Iterator[NetworkDiagram]:
    theme.apply(qapp, "dark")
    diagram = NetworkDiagram()
    qtbot.addWidget(diagram)
    diagram.resize(786, 387)
    diagram.show()
    yield diagram
    theme.apply(qapp, "dark", theme.SIZES[0])


def show(
    diagram: NetworkDiagram, shape: list[int], chosen: NeuronIndex | None = None, hidden: str = "tanh"
) -> NetworkDiagram:
    """A network at an example of both signs, whose neurons answer with both."""
    network = Network(shape, [hidden] * (len(shape) - 2) + ["sigmoid"], rng=np.random.default_rng(0))
    example = np.linspace(-1, 1, shape[0], dtype=np.float32)
    names = [f"class {number}" for number in range(shape[-1])]
    content = DiagramContent(compute_activity(network, example), lambda _: 1.0, names, True, chosen, 60)
    diagram.set_spec(LayoutSpec(tuple(shape)), names)
    diagram.show_content(content)
    texts = [
        layer_text([f"layer {layer} · {size}", f"layer {layer}"], size, layer, False)
        for layer, size in enumerate(shape)
    ]
    diagram.captions.show_texts({layer: words for layer, words in enumerate(texts) if layer})
    assert not diagram.grab().isNull()
    return diagram


@pytest.mark.parametrize("depth", [1, 5, 60])
@pytest.mark.parametrize("percent", [100, 150])
def test_captions_stay_apart_in_every_size(
    diagram: NetworkDiagram, qapp: QApplication, depth: int, percent: int
) -> None:
    theme.apply(qapp, "dark", percent)
    show(diagram, [9, *[16] * depth, 10])
    diagram.captions.legend.show_entries(("opposes", "negative"), ("supports 7", "positive"))
    for width in range(280, 1100, 60):
        for height in range(150, 460, 30):
            diagram.resize(width, height)
            buttons = [*diagram.captions.buttons.values(), diagram.captions.legend]
            places = [button.geometry() for button in buttons if not button.isHidden()]
            assert not any(one.intersects(other) for one, other in itertools.combinations(places, 2))
            assert all(diagram.rect().contains(place) for place in places)


def test_negative_activations_are_drawn_as_rings(diagram: NetworkDiagram) -> None:
    show(diagram, [9, 4, 2])
    picture = diagram.grab().toImage()
    negative, positive = diagram.box_of((0, 0)), diagram.box_of((0, 8))
    assert negative is not None
    assert positive is not None
    assert picture.pixelColor(negative.center().toPoint()) == theme.colour("field")
    assert picture.pixelColor(positive.center().toPoint()) == theme.colour("ink")


def test_what_is_pointed_at_is_reported_again_when_it_changes(diagram: NetworkDiagram) -> None:
    show(diagram, [9, 4, 2])
    box = diagram.box_of((1, 2))
    assert box is not None
    reported: list[tuple[int, int]] = []
    diagram.pointed.connect(lambda layer, number: reported.append((layer, number)))
    hover(diagram, (round(box.center().x()), round(box.center().y())))
    assert reported[-1:] == [(1, 2)]
    show(diagram, [9, 4, 2])
    assert len(reported) > 1
    assert reported[-1] == (1, 2)


@pytest.mark.parametrize("shape", [[4, 700, 3], [400, 3, 3], [5, 6, 40], [5, 6, 2000]])
def test_what_is_shown_is_where_it_says(diagram: NetworkDiagram, qtbot: QtBot, shape: list[int]) -> None:
    show(diagram, shape, hidden="relu")
    assert diagram.arrangement is not None
    for layer in diagram.arrangement.layers:
        numbers = diagram.ranks.numbers(layer)
        assert len(set(numbers.tolist())) == len(numbers)
        assert diagram.box_of((layer, int(numbers[-1]))) is not None
    chosen: list[tuple[int, int]] = []
    diagram.chosen.connect(lambda layer, number: chosen.append((layer, number)))
    wanted = (2, int(diagram.ranks.numbers(2)[-1]))
    box = diagram.box_of(wanted)
    assert box is not None
    qtbot.mouseClick(diagram, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    qtbot.mouseClick(diagram, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert chosen == [wanted, (-1, -1)]


@pytest.mark.parametrize(
    ("value", "words"), [(0.04, "+0.04"), (3.99, "+3.99"), (10.6, "+10.6"), (-1234.4, "−1234"), (123456, "+1.2e+05")]
)
def test_values_are_short(value: float, words: str) -> None:
    assert short(value, signed=True) == words
