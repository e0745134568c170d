"""The weights of a layer as heat maps."""

from __future__ import annotations

import itertools
import math

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QCursor, QResizeEvent
from PyQt5.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QScrollArea, QToolTip, QWidget

from engine.validation import Array
from nnviz import text, theme
from nnviz.session import Session
from nnviz.state import State
from nnviz.widgets.card import DockCard
from nnviz.widgets.heat_map import ColourBar, HeatMap

_GAP = 1  # cells between two tiles
_MOST_TILES = 400
_LONG_NAMES = 3  # so many tabs have room for "Layer"
_MOST_CELLS = 2000  # rows or columns of a matrix that are drawn: more than a screen has
_MOSTLY = 0.9  # of the largest weight: a few may saturate, the many below keep their colour
_STEPS = [mantissa * 10.0**power for power in range(-4, 5) for mantissa in (1, 1.5, 2, 3, 4, 6, 8)]


class WeightsPanel(DockCard):
    """One tab a layer. The first layer of pictures is a mosaic: a tile shows what its neuron looks for."""

    def __init__(self, session: Session) -> None:
        super().__init__("Weights", "weightsDock")
        self._session = session
        self._layer = 0
        self._limit = 0.0
        self._columns = 1
        self.map = HeatMap()
        self.map.setObjectName("weightsMap")
        self.map.setAccessibleName("Heat map of the weights")
        self.head.setToolTip(
            "Orange weights speak for, blue ones against; the background is zero. "
            "In the first layer each tile shows the pixels one neuron looks at."
        )
        self.map.hovered.connect(self._hovered)
        self.bar = ColourBar()
        self.head.title.hide()
        self._tabs = QButtonGroup(self)
        strip = QWidget()
        strip.setObjectName("scrolled")
        self._tab_row = QHBoxLayout(strip)
        self._tab_row.setContentsMargins(0, 0, 0, 0)
        self._tab_row.setSpacing(2)
        self._tab_row.setAlignment(Qt.AlignLeft)
        self.head.row.insertWidget(0, self._scrolled(strip), 100)  # all the room there is
        self.head.row.addWidget(self.bar)
        self.body.addWidget(self.map, 1)
        session.run_changed.connect(self._new_network)
        session.data_changed.connect(self._new_network)
        session.snapshot.connect(self._show)
        self._new_network()

    def _scrolled(self, strip: QWidget) -> QScrollArea:
        """Many tabs must not push the window off the screen."""
        self._strip = QScrollArea()
        self._strip.setFrameShape(QFrame.NoFrame)
        self._strip.setWidgetResizable(True)
        self._strip.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self._strip.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self._strip.setFocusPolicy(Qt.NoFocus)
        self._strip.setFixedHeight(30)
        self._strip.setMinimumWidth(150)
        self._strip.setWidget(strip)
        return self._strip

    # ---- layers

    def _new_network(self) -> None:
        shape = self._session.run.network.shape
        if [tab.text() for tab in self._tabs.buttons()] != _tab_names(shape):
            self._make_tabs(_tab_names(shape))
        self._limit = 0.0
        self._show()

    def _make_tabs(self, names: list[str]) -> None:
        for tab in self._tabs.buttons():
            self._tabs.removeButton(tab)
            self._tab_row.removeWidget(tab)
            tab.setParent(None)  # type: ignore[call-overload]  # out of sight at once, whenever Qt deletes it
            tab.deleteLater()
        self._layer = min(self._layer, len(names) - 1)
        for layer, name in enumerate(names):
            tab = QPushButton(name)
            tab.setObjectName(f"layer{layer + 1}Tab")
            tab.setAccessibleName(f"Weights of {name}")
            tab.setToolTip("Shows the weights of this layer. It changes nothing in the network.")
            tab.setProperty("role", "tab")
            tab.setCheckable(True)
            tab.setChecked(layer == self._layer)
            tab.clicked.connect(lambda _, layer=layer: self.show_layer(layer))
            self._tabs.addButton(tab)
            self._tab_row.addWidget(tab)

    def show_layer(self, layer: int) -> None:
        """Which layer's weights to draw, from 0."""
        self._layer = layer
        self._limit = 0.0
        self._strip.ensureWidgetVisible(self._tabs.buttons()[layer])
        self._show()

    # ---- pictures

    @property
    def _tile(self) -> tuple[int, ...] | None:
        """The shape of a tile, where a neuron's weights are a picture."""
        data = self._session.dataset
        is_picture = self._layer == 0 and data is not None and data.is_picture and self._session.misfit is None
        return data.example_shape if is_picture and data is not None else None

    def _show(self) -> None:
        if not self.in_view:
            return
        if self._session.state is State.LOADING and self._session.run.untouched:
            return  # it is about to be shown as pictures
        weights = self._session.shown.weights[self._layer]
        tile = self._tile
        self._fit_limit(weights)
        if tile is None:
            self.map.show_values(weights[:_MOST_CELLS, :_MOST_CELLS], self._limit)
        else:
            shown = weights[:_MOST_TILES]
            self._columns = _best_columns(len(shown), tile, self.map.width(), self.map.height())
            self.map.show_values(mosaic(shown, tile, self._columns), self._limit)
        self._show_detail(self._detail(weights, tile))

    def _show_detail(self, told: str) -> None:
        """As much of it as leaves all tabs in sight; whoever points there reads all."""
        detail, width = self.head.detail, self._strip.widget().sizeHint().width() + self.bar.minimumWidth()
        room = self.head.contentsRect().width() - width - 2 * theme.CARD_PADDING - 3 * self.head.row.spacing()
        shorter = (told, told.rpartition(" · ")[2])
        fitting = (words for words in shorter if detail.fontMetrics().horizontalAdvance(words) <= room)
        detail.setText(next(fitting, ""))
        detail.setToolTip(f"{told[0].upper()}{told[1:]}.")

    def _detail(self, weights: Array, tile: tuple[int, ...] | None) -> str:
        most = _MOST_CELLS if tile is None else _MOST_TILES
        shown = f"first {most} of {text.count(len(weights))} neurons · " if len(weights) > most else ""
        kind = "row: neuron, column: input · " if tile is None else ""
        return f"{shown}{kind}weights"

    def _fit_limit(self, weights: Array) -> None:
        """The ends of the colours: a round number that holds all but extremes. It widens and seldom narrows."""
        spread = _MOSTLY * float(max(weights.max(), -weights.min()))
        if self._limit / 3 < spread <= self._limit:
            return
        self._limit = next((step for step in _STEPS if step >= spread), spread)
        self.bar.set_limit(self._limit)

    def _hovered(self, row: int, column: int) -> None:
        if row < 0:
            QToolTip.hideText()
        else:
            QToolTip.showText(QCursor.pos(), self._describe(row, column), self.map)

    def _describe(self, row: int, column: int) -> str:
        """What is under the mouse: neuron, where its input comes from, and the weight."""
        weights = self._session.shown.weights[self._layer]
        tile = self._tile
        if tile is None:
            return f"neuron {row + 1} ← input {column + 1}: {weights[row, column]:+.4f}"
        height, width = tile[0] + _GAP, tile[1] + _GAP
        neuron = row // height * self._columns + column // width
        y, x = row % height, column % width
        if neuron >= min(len(weights), _MOST_TILES) or y >= tile[0] or x >= tile[1]:
            return ""
        value = weights[neuron, y * tile[1] + x]
        return f"neuron {neuron + 1} ← pixel ({x + 1}, {y + 1}): {value:+.4f}"

    # ---- events

    def refresh(self) -> None:
        """The weights as they are now."""
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size may suit another number of columns."""
        super().resizeEvent(event)
        self._show()


def _tab_names(shape: list[int]) -> list[str]:
    last = len(shape) - 2
    pairs = list(itertools.pairwise(shape))
    layer = "Layer " if len(pairs) <= _LONG_NAMES else "L"
    return [f"{'Output' if i == last else f'{layer}{i + 1}'} · {a}→{b}" for i, (a, b) in enumerate(pairs)]


def mosaic(weights: Array, tile: tuple[int, ...], columns: int) -> Array:
    """Rows of ``weights`` as tiles of that shape, in rows of ``columns``, with a gap of zeros between them."""
    count = len(weights)
    rows = math.ceil(count / columns)
    height, width = tile[0] + _GAP, tile[1] + _GAP
    field = np.zeros((rows * columns, height, width), np.float32)
    field[:count, : tile[0], : tile[1]] = weights.reshape(count, *tile)
    together = field.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, columns * width)
    return together[: rows * height - _GAP, : columns * width - _GAP]


def _best_columns(count: int, tile: tuple[int, ...], width: int, height: int) -> int:
    """As many as make the tiles largest in that space."""

    def scale(columns: int) -> float:
        return min(width / (columns * tile[1]), height / (math.ceil(count / columns) * tile[0]))

    return max(range(1, count + 1), key=scale)
