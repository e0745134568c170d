"""The neurons' planes under the mouse and the keys."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.plane.dot_legend import DotLegend
from nnviz.cards.stage.weights.tiles import NeuronTiles, TilePlace, enlarged
from nnviz.ui import theme
from tests.nnviz.helpers import hover, leave

NAMES = {1: "layer 1", 2: "output"}


@pytest.fixture
def tiles(qtbot: QtBot) -> NeuronTiles:
    """Five neurons of all kinds, and two below."""
    made = NeuronTiles()
    qtbot.addWidget(made)
    made.resize(500, 220)
    made.show()
    first = np.tile(np.array([-1, -0.5, 0, 0.5, 1], np.float32)[:, None], 4)
    first[3] = (1, -1, 0, 0)
    made.show_layers({1: first, 2: np.ones((2, 4), np.float32)}, {1: 1.0, 2: 2.0}, NAMES)
    return made


def colours(tiles: NeuronTiles, layer: int, number: int) -> list[QColor]:
    """In the four quarters of a tile, row by row."""
    image, tile = tiles.grab().toImage(), tiles.tile_rect(layer, number)
    quarters = [(x, y) for y in (0.25, 0.75) for x in (0.25, 0.75)]
    return [
        QColor(image.pixel(int(tile.x() + x * tile.width()), int(tile.y() + y * tile.height()))) for x, y in quarters
    ]


def test_each_neuron_is_drawn_with_its_layers_colours(tiles: NeuronTiles) -> None:
    low, zero, high = (theme.colour(name) for name in ("negative", "field", "positive"))
    assert set(map(QColor.name, colours(tiles, 1, 0))) == {low.name()}
    assert set(map(QColor.name, colours(tiles, 1, 2))) == {zero.name()}
    assert set(map(QColor.name, colours(tiles, 1, 4))) == {high.name()}
    assert [colour.name() for colour in colours(tiles, 1, 3)] == [each.name() for each in (high, low, zero, zero)]
    half = theme.diverging_table(theme.current())[128 + 64]
    assert colours(tiles, 2, 0)[0].name() == QColor(half).name()


def test_cells_are_enlarged_or_left_out() -> None:
    cells = np.arange(8, dtype=np.uint32).reshape(2, 4)
    assert enlarged(cells, 4)[1].tolist() == [[4, 4, 5, 5], [4, 4, 5, 5], [6, 6, 7, 7], [6, 6, 7, 7]]
    assert enlarged(np.arange(16, dtype=np.uint32)[None], 2)[0].tolist() == [[5, 7], [13, 15]]


def test_pointing_at_a_tile(tiles: NeuronTiles, qtbot: QtBot) -> None:
    tile = tiles.tile_rect(1, 3)
    with qtbot.waitSignal(tiles.hovered) as reported:
        hover(tiles, (tile.x() + 0.25 * tile.width(), tile.y() + 0.75 * tile.height()))
    place = reported.args[0]
    assert (place.layer, place.number) == (1, 3)
    assert (place.x, place.y) == (pytest.approx(0.25, abs=0.02), pytest.approx(0.75, abs=0.02))
    tiles.show_text("reported")
    assert tiles.findChild(QLabel, "readOut").isVisible()
    with qtbot.waitSignal(tiles.hovered) as reported:
        hover(tiles, (tile.right() + 2, tile.y() + 5))
    assert reported.args == [None]
    with qtbot.waitSignal(tiles.hovered) as reported:
        leave(tiles)
    assert reported.args == [None]


def test_a_click_chooses(tiles: NeuronTiles, qtbot: QtBot) -> None:
    with qtbot.waitSignal(tiles.chosen) as chosen:
        qtbot.mouseClick(tiles, Qt.MouseButton.LeftButton, pos=tiles.tile_rect(2, 1).center())
    assert chosen.args == [2, 1]
    with qtbot.assertNotEmitted(tiles.chosen):
        qtbot.mouseClick(tiles, Qt.MouseButton.LeftButton, pos=QPoint(499, 219))


def test_the_keys(tiles: NeuronTiles, qtbot: QtBot) -> None:
    places: list[TilePlace | None] = []
    tiles.hovered.connect(places.append)
    for key, expected in (
        (Qt.Key.Key_Right, (1, 0)),
        (Qt.Key.Key_Right, (1, 1)),
        (Qt.Key.Key_Down, (2, 1)),
        (Qt.Key.Key_Right, (2, 1)),
        (Qt.Key.Key_Up, (1, 1)),
        (Qt.Key.Key_Up, (1, 1)),
        (Qt.Key.Key_Left, (1, 0)),
    ):
        qtbot.keyClick(tiles, key)
        assert places[-1] == TilePlace(*expected), key
    with qtbot.waitSignal(tiles.chosen) as chosen:
        qtbot.keyClick(tiles, Qt.Key.Key_Return)
    assert chosen.args == [1, 0]


def test_the_keys_begin_at_the_chosen_neuron_and_from_a_long_row_end_in_a_short_one(
    tiles: NeuronTiles, qtbot: QtBot
) -> None:
    tiles.choose((1, 4))
    qtbot.keyClick(tiles, Qt.Key.Key_Left)
    with qtbot.waitSignal(tiles.hovered) as reported:
        qtbot.keyClick(tiles, Qt.Key.Key_Down)
    assert reported.args == [TilePlace(2, 1)]


def test_what_is_pointed_at_is_reported_again_with_new_answers(tiles: NeuronTiles, qtbot: QtBot) -> None:
    hover(tiles, (tiles.tile_rect(1, 0).center().x(), tiles.tile_rect(1, 0).center().y()))
    with qtbot.waitSignal(tiles.hovered) as reported:
        tiles.show_layers({1: np.zeros((1, 9), np.float32)}, {1: 1.0}, NAMES)
    assert reported.args[0] is None or reported.args[0].number == 0
    with qtbot.waitSignal(tiles.hovered) as reported:
        tiles.clear()
        hover(tiles, (20, 20))
    assert reported.args == [None]
    assert not tiles.grab().isNull()


@pytest.mark.parametrize("size", [(1, 1), (80, 60), (900, 70)])
def test_in_any_size_it_paints(qtbot: QtBot, size: tuple[int, int]) -> None:
    made = NeuronTiles()
    qtbot.addWidget(made)
    made.resize(*size)
    made.show_layers({1: np.ones((700, 4), np.float32), 2: np.ones((3, 4), np.float32)}, {1: 1.0, 2: 1.0}, NAMES)
    assert not made.grab().isNull()


def test_names_of_classes_give_way(qtbot: QtBot) -> None:
    key = DotLegend()
    qtbot.addWidget(key)
    key.show_names(("blue", "a very long name of a class, <b>with markup</b>"), ("train", "test"))
    assert key.minimumSizeHint().width() < 40 < key.sizeHint().width()
    assert "<b>" in key.accessibleDescription(), "as it is"
    for width in (key.sizeHint().width(), 120, 50, 20, 3):
        key.resize(width, 24)
        assert not key.grab().isNull()
