"""Helpers for tests of the plane."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QPoint, QPointF
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.plane.plane_input import PlaneInput
from nnviz.cards.stage.weights.tiles import NeuronTiles
from nnviz.session.surface_query import NEURON_SURFACES, OUTPUT_SURFACE
from tests.nnviz.cards.card_window import AnyWindow
from tests.nnviz.helpers import find, hover, is_shown


def load(qtbot: QtBot, window: AnyWindow, name: str, **settings: Any) -> None:
    """Until the data are there and the network fits them."""
    session = window.session
    session.data.load(name, settings)
    qtbot.waitUntil(lambda: is_shown(session.data))
    if session.runs.current.misfit(session.data.dataset) is not None:
        session.reset()
    qtbot.waitUntil(lambda: session.runs.current.misfit(session.data.dataset) is None)


def wait_for_planes(qtbot: QtBot, window: AnyWindow) -> None:
    """Until what is in view shows the network as it is now, in fine cells if it rests."""
    probes = [window.session.queries[name] for name in (OUTPUT_SURFACE, NEURON_SURFACES)]
    qtbot.waitUntil(lambda: all(not probe.is_wanted or probe.is_up_to_date for probe in probes))


def plane_of(window: AnyWindow) -> PlaneInput:
    """The plane, which is the input."""
    plane = window.draw.surface
    assert isinstance(plane, PlaneInput)
    return plane


def tiles_of(window: AnyWindow) -> NeuronTiles:
    """All neurons' planes."""
    return find(window, NeuronTiles, "neuronPlanes")


def point_at(page: PlaneInput, x: float, y: float) -> None:
    """Moves the mouse to a point of the plane."""
    at: QPointF = page.view.place_of(x, y)
    hover(page.view, (at.x(), at.y()))


def point_at_tile(tiles: NeuronTiles, layer: int, number: int) -> QPoint:
    """Moves the mouse to the middle of a tile, and returns where that is."""
    place = tiles.tile_rect(layer, number).center()
    hover(tiles, (place.x(), place.y()))
    return place
