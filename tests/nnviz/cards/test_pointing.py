"""A neuron that the mouse points at in one card is shown by all that can show it, until the mouse leaves."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QPoint
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnviz.cards.explanation.explanation_data import LAYERS
from nnviz.cards.explanation.model import Explanation
from nnviz.cards.explanation.strips import LayerStrips
from nnviz.cards.explanation.view import ExplanationView
from nnviz.cards.stage.diagram.diagram import NetworkDiagram
from nnviz.session.selection import Neuron
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.explanation.test_card import settle
from tests.nnviz.helpers import drag, find, hover, leave, seven, show_page, wait_for_answer

CHOSEN = Neuron(1, 4)


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("inspector", "mistakesDock")


@pytest.fixture
def window(ready_window: CardWindow, qtbot: QtBot) -> CardWindow:
    """Look inside, with a drawing and a neuron of the first layer chosen."""
    ready_window.show_workspace("inside")
    QApplication.processEvents()  # gives the canvas its size
    drag(ready_window.canvas, seven(ready_window.canvas))
    wait_for_answer(qtbot, ready_window)
    ready_window.session.selection.choose_neuron(CHOSEN)
    network = ready_window.stage.network
    qtbot.waitUntil(lambda: network.diagram.box_of((2, 7)) is not None and not network._later.isActive())
    return ready_window


def test_from_the_diagram_and_from_the_reasons(window: CardWindow, qtbot: QtBot) -> None:
    diagram, selection = find(window, NetworkDiagram, "networkDiagram"), window.session.selection
    place = diagram.box_of((2, 7)).center()
    hover(diagram, (place.x(), place.y()))
    assert selection.pointed == Neuron(2, 7)
    assert selection.neuron == CHOSEN, "to point is not to choose"
    leave(diagram)
    assert selection.pointed is None
    assert diagram.focus is None

    show_page(window, "whyDock")

    # From the reasons and to them.
    session, view = window.session, find(window, ExplanationView, "reasonsView")
    session.models[Explanation].choose(method=LAYERS)
    settle(qtbot, window)
    qtbot.waitUntil(lambda: isinstance(view.content, LayerStrips))
    strips = view.content
    assert isinstance(strips, LayerStrips)
    spots = (QPoint(x, y) for y in range(view.height()) for x in range(view.width()))
    found = ((spot, strips.found_at(view.rect(), spot)) for spot in spots)
    at, place = next((spot, place) for spot, place in found if place is not None and place[0] == 1 and place[1] >= 0)
    hover(view, (at.x(), at.y()))
    assert session.selection.pointed == Neuron(*place)
    leave(view)
    assert session.selection.pointed is None
    session.selection.point_at(Neuron(1, 3))
    assert isinstance(view.content, LayerStrips)
    assert view.content.pointed == (1, 3)
    assert not view.grab().isNull()

    # Another network is not pointed at.
    session.selection.point_at(Neuron(1, 60))
    session.settings.change("shape", shape=(784, 5, 10))
    qtbot.waitUntil(lambda: session.displayed.network.shape == [784, 5, 10])
    assert session.selection.pointed is None
