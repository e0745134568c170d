"""The activation of each neuron over the plane or the curve: a small image for each, in one image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen

from engine.basics.validation import Array
from nnviz.cards.stage.weights.tile_layout import TileLayout, tile_layout
from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import ENTER, PaintedView
from nnviz.ui.plane.colours import image_of, neuron_pixels

_GUTTER = 56  # pixels for the names of the layers at the left of their tiles
_ROUND = 3  # radius of the corners of tiles that are not too small
_MOVES = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


@dataclass(frozen=True)
class TilePlace:
    """A place in a neuron's image: its layer, from 1, its number in it, from 0, and the place in the tile.

    ``x`` and ``y`` are shares of the tile's side from its upper left corner; None for the neuron as a whole.
    """

    layer: int
    number: int
    x: float | None = None
    y: float | None = None


Draw = Callable[[Array, float, int], Array]  # (neurons, size, size) uint32 of answers, their limit and the size


def plane_tiles(answers: Array, limit: float, size: int) -> Array:
    """Returns images of activations (neurons, side · side) over the plane, in the diverging colours."""
    return enlarged(neuron_pixels(answers, limit), size)


def enlarged(cells: Array, size: int) -> Array:
    """Returns (neurons, size, size) pixels of (neurons, side · side) cells; with fewer pixels not all are shown."""
    side = round(cells.shape[1] ** 0.5)
    sources = (np.arange(size) * 2 + 1) * side // (2 * size)
    found: Array = cells.reshape(-1, side, side).take(sources, axis=1).take(sources, axis=2)
    return found


class NeuronTiles(PaintedView):
    """Shows layers below each other; the names at the left are shown only where there are several.

    Signals:
        hovered(object): the :class:`TilePlace` under the mouse or of the arrow keys, sent again when its activation may
            have changed; None if there is none any more.
        chosen(int, int): layer and number of a neuron that was clicked, or on which Enter was pressed.

    Attributes:
        layout_of_tiles: where the tiles lie; None while nothing is shown.
    """

    hovered = pyqtSignal(object)
    chosen = pyqtSignal(int, int)

    def __init__(self, draw: Draw = plane_tiles) -> None:
        """``draw``: returns the images."""
        super().__init__()
        self._draw_tiles = draw
        self.layout_of_tiles: TileLayout | None = None
        self._layers: Mapping[int, Array] = {}
        self._names: Mapping[int, str] = {}
        self._limits: Mapping[int, float] = {}
        self._pixels: Array = np.zeros((0, 0), np.uint32)  # those of the image
        self._image: QImage | None = None
        self._is_stale = True  # whether the image must be made again
        self._marked: tuple[int, int] | None = None  # by the arrow keys
        self._chosen: tuple[int, int] | None = None
        self._ring = "ink"  # the theme's name of the colour of its outline
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget

    # ---- what is shown

    def show_layers(self, layers: Mapping[int, Array], limits: Mapping[int, float], names: Mapping[int, str]) -> None:
        """Shows activations (neurons, places) by layer, from −limit to limit.

        The arrays are kept for painting in another size, so they must not be changed.
        """
        are_others = {layer: len(answers) for layer, answers in layers.items()} != self._counts
        self._layers, self._limits, self._names = layers, limits, names
        if are_others:
            self._lay_out()
        self._repaint()
        if self._mouse is not None or self._marked is not None:
            self._update_hovered()

    def clear(self) -> None:
        """Shows nothing."""
        self._layers, self._marked = {}, None
        self._redraw()
        self.show_text("")

    def choose(self, neuron: tuple[int, int] | None, ink: str = "ink") -> None:
        """Outlines a neuron by layer and number in a colour of the theme, if it is shown; None for none."""
        if (neuron, ink) != (self._chosen, self._ring):
            self._chosen, self._ring = neuron, ink
            self.update()

    @property
    def _read_out_place(self) -> QPoint | None:
        if self._mouse is None and self._marked is not None and self.layout_of_tiles is not None:
            return self.tile_rect(*self._marked).center()
        return self._mouse

    def tile_rect(self, layer: int, number: int) -> QRect:
        """Returns the rectangle of a neuron's tile."""
        assert self.layout_of_tiles is not None
        x, y = self.layout_of_tiles.place(layer, number)
        return QRect(x, y, self.layout_of_tiles.size, self.layout_of_tiles.size)

    def sizeHint(self) -> QSize:
        """Takes what there is."""
        return QSize(400, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 60)

    @property
    def _counts(self) -> dict[int, int]:
        return {layer: len(answers) for layer, answers in self._layers.items()}

    def _lay_out(self) -> None:
        counts = self._counts
        gutter = theme.px(_GUTTER) if len(counts) > 1 else 0
        self.layout_of_tiles = tile_layout(counts, self.width(), self.height(), gutter) if counts else None
        if self._marked is not None and not self._is_shown(self._marked):
            self._marked = None

    def _redraw(self) -> None:
        self._lay_out()
        self._repaint()

    def _is_shown(self, neuron: tuple[int, int] | None) -> bool:
        made = self.layout_of_tiles
        if made is None or neuron is None or neuron[0] not in made.blocks:
            return False
        return neuron[1] < made.blocks[neuron[0]].shown

    def _repaint(self) -> None:
        self._is_stale = True
        self.update()

    # ---- painting

    def _draw(self) -> None:
        """Makes the image: the tiles are drawn and copied to their places."""
        self._is_stale = False
        made = self.layout_of_tiles
        right, bottom = (0, 0) if made is None else (made.right, made.bottom)
        shape = max(self.height(), bottom), max(self.width(), right)
        if self._pixels.shape != shape:
            self._pixels = np.empty(shape, np.uint32)
            self._image = image_of(self._pixels)
        self._pixels.fill(theme.colour("card").rgb())
        for layer, block in made.blocks.items() if made is not None else ():
            self._draw_layer(self._layers[layer][: block.shown], self._limits[layer], layer)

    def _draw_layer(self, answers: Array, limit: float, layer: int) -> None:
        made = self.layout_of_tiles
        assert made is not None
        tiles = self._draw_tiles(answers, limit, made.size)
        if made.size > 6 * _ROUND:
            tiles[:, _corners(made.size)] = theme.colour("card").rgb()
        for first in range(0, len(tiles), made.columns):
            row = tiles[first : first + made.columns]
            left, top = made.place(layer, first)
            strip = self._pixels[top : top + made.size, left : left + len(row) * made.pitch]
            places = strip.reshape(made.size, len(row), made.pitch)
            places[:, :, : made.size] = row.transpose(1, 0, 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the tiles, the names of the layers and the outlines."""
        if self._is_stale:
            self._draw()
        painter = QPainter(self)
        assert self._image is not None
        painter.drawImage(0, 0, self._image)
        if self.layout_of_tiles is None:
            return
        if len(self._layers) > 1:
            self._paint_names(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pointed = self._marked if self._mouse is None else self._pointed
        for neuron, ink, width in ((pointed, "muted", 1.5), (self._chosen, self._ring, 2.0)):
            if neuron is not None and self._is_shown(neuron):
                painter.setPen(QPen(theme.colour(ink), width))
                painter.drawRoundedRect(self.tile_rect(*neuron).adjusted(-1, -1, 1, 1), _ROUND + 1, _ROUND + 1)

    def _paint_names(self, painter: QPainter) -> None:
        made = self.layout_of_tiles
        assert made is not None
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        for layer, block in made.blocks.items():
            rows = -(-block.shown // made.columns)
            box = QRect(
                0, block.top, theme.px(_GUTTER) - 8, max(rows * made.pitch - made.pitch + made.size, theme.px(14))
            )
            painter.drawText(box, alignment.LEFT, self._names[layer])

    # ---- the mouse and the keyboard

    @property
    def is_pointed_at(self) -> bool:
        """Whether a neuron is under the mouse, or marked by the arrow keys."""
        return self._pointed is not None or self._marked is not None

    @property
    def _pointed(self) -> tuple[int, int] | None:
        made, mouse = self.layout_of_tiles, self._mouse
        return None if made is None or mouse is None else made.at(mouse.x(), mouse.y())

    def _update_hovered(self) -> None:
        """Emits the place under the mouse, or the marked one."""
        pointed, mouse = self._pointed, self._mouse
        self._show_hand(pointed is not None)
        if pointed is not None and mouse is not None:
            tile = self.tile_rect(*pointed)
            x, y = ((at + 0.5 - start) / tile.width() for at, start in ((mouse.x(), tile.x()), (mouse.y(), tile.y())))
            self.hovered.emit(TilePlace(*pointed, x, y))
        else:
            is_marked = self._marked is not None and mouse is None
            self.hovered.emit(TilePlace(*self._marked) if is_marked and self._marked is not None else None)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Points by the mouse instead of the arrow keys."""
        self._marked = None
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Chooses the neuron that was clicked."""
        self._mouse = event.pos()
        if event.button() == Qt.MouseButton.LeftButton and self._pointed is not None:
            self.chosen.emit(*self._pointed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Marks the neighbouring neuron by arrow keys, in the row or in the row above or below; Enter chooses it."""
        key, made = event.key(), self.layout_of_tiles
        if made is not None and key in (*_MOVES, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._mouse = None
            self._marked = self._next(key)
            self._update_hovered()
        elif key in ENTER and self._marked is not None:
            self.chosen.emit(*self._marked)
        else:
            super().keyPressEvent(event)

    def _next(self, key: int) -> tuple[int, int]:
        """Returns the neuron that an arrow key leads to; at an end it stays."""
        made = self.layout_of_tiles
        assert made is not None
        if self._marked is None:
            return self._chosen if self._is_shown(self._chosen) and self._chosen is not None else (min(made.blocks), 0)
        layer, number = self._marked
        if key in _MOVES:
            return layer, min(max(number + _MOVES[Qt.Key(key)], 0), made.blocks[layer].shown - 1)
        x, y = made.place(layer, number)
        rows = {made.place(each, first)[1]: (each, first) for each, first in self._row_starts()}
        beyond = [top for top in rows if (top < y if key == Qt.Key.Key_Up else top > y)]
        if not beyond:
            return self._marked
        layer, first = rows[max(beyond) if key == Qt.Key.Key_Up else min(beyond)]
        return layer, min(first + (x - made.left) // made.pitch, made.blocks[layer].shown - 1)

    def _row_starts(self) -> list[tuple[int, int]]:
        """Returns layer and number of the first neuron of each row."""
        made = self.layout_of_tiles
        assert made is not None
        return [(layer, n) for layer, block in made.blocks.items() for n in range(0, block.shown, made.columns)]

    def _mark_first(self) -> None:
        if self.layout_of_tiles is not None and self._marked is None:
            self._marked = self._next(Qt.Key.Key_Right)
            self._update_hovered()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Marks none any more."""
        super().focusOutEvent(event)
        if self._marked is not None:
            self._marked = None
            self._update_hovered()


def _corners(size: int) -> Array:
    """Returns which pixels a tile with round corners lacks, (size, size)."""
    inner = np.abs(np.arange(size) - (size - 1) / 2) - (size / 2 - _ROUND - 0.5)
    outside = np.maximum(inner, 0)
    found: Array = np.hypot(outside[:, None], outside[None, :]) > _ROUND + 0.2
    return found
