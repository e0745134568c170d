"""Tests of the diagram widget in its view: sizes, and the neuron under the mouse."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.explain.contribution_paths import compute_activity
from engine.network.network import Network
from nnviz.cards.stage.diagram.diagram import DiagramView, NetworkDiagram
from nnviz.cards.stage.diagram.layout import LayoutSpec
from nnviz.cards.stage.diagram.painting import DiagramContent
from nnviz.cards.stage.diagram.shown_neurons import NeuronIndex
from nnviz.ui import theme


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> DiagramView:
    theme.apply(qapp, "dark")
    view = DiagramView(NetworkDiagram(), "view")
    qtbot.addWidget(view)
    view.resize(786, 387)
    view.show()
    return view


def diagram_of(view: DiagramView) -> NetworkDiagram:
    diagram = view.widget()
    assert isinstance(diagram, NetworkDiagram)
    return diagram


def show(
    view: DiagramView, shape: list[int], chosen: NeuronIndex | None = None, hidden: str = "tanh"
) -> NetworkDiagram:
    """A network at an example of both signs, whose neurons answer with both."""
    network = Network(shape, [hidden] * (len(shape) - 2) + ["sigmoid"], rng=np.random.default_rng(0))
    example = np.linspace(-1, 1, shape[0], dtype=np.float32)
    names = [f"class {number}" for number in range(shape[-1])]
    labels = [(f"layer {layer} · {size}", f"{layer}") for layer, size in enumerate(shape)]
    content = DiagramContent(compute_activity(network, example), 1.0, names, True, chosen, 60, labels=labels)
    diagram = diagram_of(view)
    diagram.set_looks(LayoutSpec(tuple(shape)), names)
    diagram.show_content(content)
    assert not view.grab().isNull()
    return diagram


@pytest.mark.parametrize("depth", [1, 5, 12, 14, 60])
def test_it_fits_every_size_without_taking_turns(view: DiagramView, depth: int) -> None:
    """A scroll bar takes height; less height may need more width, and with it a scroll bar."""
    diagram = show(view, [9, *[16] * depth, 10], (depth // 2 + 1, 3))
    for width in range(280, 1100, 60):
        for height in range(150, 460, 30):
            view.resize(width, height)
            assert diagram.width() >= width
            assert diagram.height() <= height
            assert (view.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOn) == (
                diagram.width() > width
            )


def test_negative_activations_are_drawn_as_rings(view: DiagramView) -> None:
    diagram = show(view, [9, 4, 2])
    picture = diagram.grab().toImage()
    negative, positive = diagram.box_of((0, 0)), diagram.box_of((0, 8))
    assert negative is not None
    assert positive is not None
    assert picture.pixelColor(negative.center().toPoint()) == theme.colour("field")
    assert picture.pixelColor(positive.center().toPoint()) == theme.colour("ink")


def test_what_is_pointed_at_is_reported_again_when_it_changes(view: DiagramView, qtbot: QtBot) -> None:
    diagram = show(view, [9, 4, 2])
    box = diagram.box_of((1, 2))
    assert box is not None
    reported: list[tuple[int, int]] = []
    diagram.pointed.connect(lambda layer, number: reported.append((layer, number)))
    qtbot.mouseMove(diagram, box.center().toPoint())
    qtbot.waitUntil(lambda: reported[-1:] == [(1, 2)])
    show(view, [9, 4, 2])
    assert len(reported) > 1
    assert reported[-1] == (1, 2)


@pytest.mark.parametrize("shape", [[4, 700, 3], [400, 3, 3], [5, 6, 40], [5, 6, 2000]])
def test_what_is_shown_is_where_it_says(view: DiagramView, qtbot: QtBot, shape: list[int]) -> None:
    diagram = show(view, shape, hidden="relu")
    for layer in range(len(shape)):
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
