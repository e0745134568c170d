"""The first layer of a table is a matrix with the columns' names; outputs are named by classes or targets."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from PyQt5.QtGui import QHelpEvent
from PyQt5.QtWidgets import QApplication, QLabel, QToolTip
from pytestqt.qtbot import QtBot

from engine.datasets import DATASETS, Dataset, DataSource
from engine.datasets.dataset import regression_split
from nnviz.cards.stage.weights.row_names import RowNames
from nnviz.session.selection import Neuron
from nnviz.session.status import Status
from nnviz.ui.neuron_facts import signed
from nnviz.ui.weights.heat_map import HeatMap
from nnviz.ui.weights.neuron_view import WeightBars
from tests.engine.helpers import restored_later
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.helpers import find, hover, wait_for
from tests.nnviz.ui.helpers import painted_words


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return ("weightsDock",)


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


@pytest.fixture
def put_columns(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Registers a regression with a given number of named columns."""
    restored_later(monkeypatch, DATASETS)

    def put(width: int) -> None:
        inputs = np.random.default_rng(1).normal(size=(50, width))
        names = tuple(f"a column with a long name, number {number}" for number in range(width))
        data = Dataset("table", regression_split("train", inputs, inputs[:, :1], width, 1), columns=names)
        DATASETS.register("table")(DataSource("table", lambda: data))

    return put


def load_layer(qtbot: QtBot, window: CardWindow, name: str) -> None:
    """Loads data, and shows the first layer of their network."""
    load(qtbot, window, name)
    window.stage.open_layer(1)
    QApplication.processEvents()


def map_of(window: CardWindow) -> HeatMap:
    return find(window, HeatMap, "weightsMap")


def test_changes_of_an_output_have_the_name_of_its_class_as_it_is_written(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    load(qtbot, ready_window, "penguins")
    for _ in range(2):
        session.step_epoch()
        wait_for(qtbot, ready_window, Status.PAUSED)
    session.timeline.go_to(1)
    session.side_by_side.toggle()
    card, last = ready_window.card("weightsDock"), len(session.displayed.network.weights)
    card.show_layer(last - 1)
    session.selection.choose_neuron(Neuron(last, 0))
    assert card.changes.title.text() == "Neuron 1 (class Adelie)"


def test_rows_are_the_columns_of_the_table(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    load_layer(qtbot, window, "mpg")
    names, heat_map = find(window, RowNames, "weightsRowNames"), map_of(window)
    data = window.session.data.dataset
    assert data is not None
    assert names.isVisible()
    assert names.names == data.columns
    assert heat_map.grid is not None
    assert heat_map.grid.has_columns
    assert "row: input, column: neuron" in window.card("weightsDock").detail.toolTip().lower()
    weights = window.session.displayed.network.weights[0]
    tile = heat_map.tile_rect(4)
    hover(heat_map, (tile.center().x(), tile.height() * 2.5 / 9))
    words = find(heat_map, QLabel, "readOut").text()
    assert words == f"horsepower → neuron 5: {signed(float(weights[4, 2]))}"


def test_other_layers_and_pictures_stay_as_they_were(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    load_layer(qtbot, window, "mpg")
    panel = window.card("weightsDock")
    panel.show_layer(1)
    assert not find(window, RowNames, "weightsRowNames").isVisible()
    panel.show_layer(2)
    assert find(window, RowNames, "weightsRowNames").names == ("mpg",)
    heat_map = map_of(window)
    tile = heat_map.tile_rect(0)
    hover(heat_map, (tile.center().x(), tile.center().y()))
    assert "→ neuron 1 (target mpg)" in find(heat_map, QLabel, "readOut").text()
    load_layer(qtbot, window, "mnist")
    panel.show_layer(0)
    assert map_of(window).grid.is_picture  # type: ignore[union-attr]
    assert not find(window, RowNames, "weightsRowNames").isVisible()


@pytest.mark.parametrize("width", [2, 9, 200])
def test_of_low_rows_only_some_show_their_names(
    ready_window: CardWindow, qtbot: QtBot, put_columns: Callable[[int], None], width: int
) -> None:
    window = ready_window
    put_columns(width)
    load_layer(qtbot, window, "table")
    names = find(window, RowNames, "weightsRowNames")
    assert names.isVisible()
    assert names.width() < 150, "long names are shortened"
    picture = names.grab().toImage()
    ground = picture.pixelColor(picture.width() - 1, 0)
    inked = [
        y for y in range(picture.height()) if any(picture.pixelColor(x, y) != ground for x in range(picture.width()))
    ]
    lines = 1 + sum(after - before > 1 for before, after in itertools.pairwise(inked))
    assert min(width, 9) <= lines <= min(width, names.height() // 12)
    row = names._rows()[-1][1]
    QApplication.sendEvent(names, QHelpEvent(QHelpEvent.Type.ToolTip, row.center(), names.mapToGlobal(row.center())))
    assert QToolTip.text() == f"a column with a long name, number {width - 1}"
    QToolTip.hideText()
    hover(map_of(window), (3, map_of(window).picture_rect().height() - 1))
    assert f"number {width - 1} → neuron 1" in find(map_of(window), QLabel, "readOut").text()


def test_the_bars_of_a_neuron_are_named_as_the_columns(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    window.resize(1280, 720)
    load_layer(qtbot, window, "mpg")
    window.card("weightsDock").show_neuron(2)
    bars = find(window, WeightBars, "neuronBars")
    assert bars.axis == ["cylinders", "origin = usa"], "there is no room for all"
    bars.resize(1200, 200)
    data = window.session.data.dataset
    assert data is not None
    assert bars.axis == list(data.columns)
    painted = painted_words(bars)
    places = [at.x() for name in data.columns for words, at in painted if words == name]
    assert places == sorted(places)
    assert len(places) == 9


def test_long_names_of_columns_end_before_the_middle(
    ready_window: CardWindow, qtbot: QtBot, put_columns: Callable[[int], None]
) -> None:
    put_columns(300)
    load_layer(qtbot, ready_window, "table")
    ready_window.card("weightsDock").show_neuron(0)
    bars = find(ready_window, WeightBars, "neuronBars")
    bars.resize(300, 100)
    assert len(bars.axis) == 2
    assert all("…" in name for name in bars.axis)
    assert all(bars.fontMetrics().horizontalAdvance(name) < 150 for name in bars.axis)
