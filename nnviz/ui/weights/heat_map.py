"""An image of a layer's weights: a tile per neuron, 256 colours, with 0 in the background's colour."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PyQt5 import sip
from PyQt5.QtCore import QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PyQt5.QtWidgets import QWidget

from engine.basics.validation import Array
from nnviz.formatting.text import figure
from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import ARROWS, ENTER, PaintedView
from nnviz.ui.weights.mosaic import ZERO, MosaicGrid, Renderer, column_grid, picture_grid, plain_grid

_RISE = 1.5  # exponent of the colour scale; above 1, small weights stay close to the background
_RING = 3  # pixels of the lasting outline, at most
_NOTHING = np.empty((0, 0), np.float32)


class HeatMap(PaintedView):
    """Shows (neurons, inputs) weights as tiles that fill the widget. The wheel turns pages if they do not all fit.

    A new layout begins with the page of the chosen neuron.

    Signals:
        hovered(neuron, input): the place under the mouse, sent again when its weight may have changed; (-1, -1) when
            the mouse leaves; (neuron, -1) for a neuron chosen by the arrow keys.
        opened(neuron): a click, or Enter.
        turned(): another page is shown.
        resized(): the tiles are laid out in another size, which may change ``end``.

    Attributes:
        grid: the layout of the tiles; None while nothing is shown.
        first: the neuron of the first tile.
        end: the weight of the last colour. It is below the limit if cells show means, since those of noise are smaller.
    """

    hovered = pyqtSignal(int, int)
    opened = pyqtSignal(int)
    turned = pyqtSignal()
    resized = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.grid: MosaicGrid | None = None
        self.first = 0
        self._values: Array = _NOTHING
        self._shape: tuple[int, int] | None = None
        self._in_columns = False
        self._limit = self.end = 1.0
        self._renderer: Renderer | None = None
        self._image: QImage | None = None
        self._colours: Array = np.zeros((0, 0), np.uint32)  # the pixels of the image
        self._is_coloured = False  # whether the image shows the current weights in the current theme
        self._pressed: int | None = None
        self._outlined: int | None = None  # the neuron with an outline
        self._chosen: int | None = None  # the neuron with a lasting outline
        self._ring = "ink"  # the theme's name of the colour of that outline
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        self.setMinimumSize(QSize(80, 60))

    # ---- what is shown

    def show_values(
        self, values: Array, limit: float, shape: tuple[int, int] | None = None, in_columns: bool = False
    ) -> None:
        """Draws weights. The colours range from -limit to limit; ``shape`` is that of a neuron's inputs as an image.

        With ``in_columns`` a neuron is a column, so that names of inputs fit at the left.

        The array is kept for painting in another size or page, so it must not be changed until the next call.
        """
        if (values.shape, shape, in_columns) != (self._values.shape, self._shape, self._in_columns):
            self.grid = None
        self._values, self._limit, self._shape, self._in_columns = values, limit, shape, in_columns
        self._draw()

    def clear(self) -> None:
        self._values = _NOTHING
        self.grid = self._renderer = self._image = None
        self.outline(None)
        self.show_text("")
        self.update()

    def _draw(self) -> None:
        if not self._values.size:
            return
        self.grid = grid = self.grid or self._lay_out(self._values)
        shown = self._values[self.first : self.first + grid.capacity]
        if self._renderer is None or (self._renderer.grid, self._renderer.neurons) != (grid, len(shown)):
            self._renderer = Renderer(grid, len(shown))
            self._colours = np.zeros(self._renderer.size, np.uint32)
            address = sip.voidptr(self._colours.ctypes.data)  # the image shares the array's memory
            height, width = self._renderer.size
            self._image = QImage(address, width, height, self._colours.strides[0], QImage.Format.Format_RGB32)
        self.end = self._limit / math.sqrt(self._renderer.averaged)
        self._renderer.render(shown, self.end)
        self._is_coloured = False
        self._repeat_hovered()
        self.update()

    def _lay_out(self, values: Array) -> MosaicGrid:
        neurons, inputs = values.shape
        if self._shape is not None:
            grid = picture_grid(neurons, self._shape, self.width(), self.height())
        else:
            grid = (column_grid if self._in_columns else plain_grid)(neurons, inputs, self.width(), self.height())
        first = self.first if self._chosen is None else self._chosen
        self.first = min(first, neurons - 1) // grid.capacity * grid.capacity
        if self._outlined is not None and self._outlined >= neurons:
            self._outlined = None
        return grid

    @property
    def shown(self) -> range:
        """The neurons on this page."""
        end = self.first + self.grid.capacity if self.grid is not None else 0
        return range(self.first, min(end, len(self._values)))

    def picture_rect(self) -> QRect:
        """Returns the rectangle of the image in the widget."""
        return QRect(0, 0, self.grid.across.length, self.grid.down.length) if self.grid is not None else QRect()

    def tile_rect(self, neuron: int) -> QRect:
        """Returns the rectangle of a neuron of this page."""
        assert self.grid is not None
        return QRect(*self.grid.place(neuron - self.first))

    # ---- pages

    @property
    def pages(self) -> int:
        return -(-len(self._values) // self.grid.capacity) if self.grid is not None else 1

    @property
    def page(self) -> int:
        """The page that is shown, from 0."""
        return self.first // self.grid.capacity if self.grid is not None else 0

    def turn_to(self, page: int) -> bool:
        """Shows that page; returns False if there is no such page."""
        if self.grid is None or not 0 <= page < self.pages:
            return False
        if page != self.page:
            self.first = page * self.grid.capacity
            self._draw()
            self.turned.emit()
        return True

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y()
        event.setAccepted(bool(steps) and self.turn_to(self.page + (-1 if steps > 0 else 1)))

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        if self._image is None or self.grid is None:
            return
        if not self._is_coloured and self._renderer is not None:
            self._is_coloured = True
            # Qt's own conversion would use both cores, which training needs.
            self._renderer.paint(tile_colours(theme.current()), self._colours)
        painter.drawImage(0, 0, self._image)
        for neuron, ink, width in ((self._chosen, self._ring, self._ring_width), (self._outlined, "ink", 1)):
            if neuron is not None and neuron in self.shown:
                pen = QPen(theme.colour(ink), width)
                pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
                painter.setPen(pen)
                far, near = (width + 1) // 2, width // 2
                inside = self.rect().adjusted(near, near, -far, -far)
                painter.drawRect(self.tile_rect(neuron).adjusted(-far, -far, near, near).intersected(inside))

    @property
    def _ring_width(self) -> int:
        """Pixels of the lasting outline: thin ones around small tiles."""
        return _RING if self.grid is not None and min(self.grid.across.size, self.grid.down.size) >= 6 * _RING else 1

    def _redraw(self) -> None:
        self._is_coloured = False
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.grid = None
        self._draw()
        self.resized.emit()

    # ---- what is pointed at

    @property
    def pointed(self) -> tuple[int, int] | None:
        """Neuron and input under the mouse, or None."""
        if self._mouse is None or self.grid is None:
            return None
        found = self.grid.at(self._mouse.x(), self._mouse.y())
        if found is None or self.first + found[0] not in self.shown:
            return None
        return self.first + found[0], found[1]

    @property
    def _read_out_place(self) -> QPoint | None:
        if self._mouse is None and self._outlined is not None and self._outlined in self.shown:
            return self.tile_rect(self._outlined).center()
        return self._mouse

    def mark(self, neuron: int) -> None:
        """Outlines a neuron, as the arrow keys do, and turns to its page."""
        if self.grid is None or not 0 <= neuron < len(self._values):
            return
        self._mouse = None
        self.outline(neuron)
        if neuron not in self.shown:
            self.turn_to(neuron // self.grid.capacity)
        self.hovered.emit(neuron, -1)

    def choose(self, neuron: int | None, ink: str = "ink") -> None:
        """Gives a neuron an outline that lasts, in a colour of the theme; None for none."""
        if (neuron, ink) != (self._chosen, self._ring):
            self._chosen, self._ring = neuron, ink
            self.update()

    def outline(self, neuron: int | None) -> None:
        """Outlines a neuron that is pointed at, here or in another map; None for none."""
        if neuron != self._outlined:
            self._outlined = neuron
            self.update()

    def _repeat_hovered(self) -> None:
        """Emits ``hovered`` again, because the weight under the mouse may have changed."""
        if self._mouse is not None:
            self._update_hovered()
        elif self._outlined is not None and not self._read_out.isHidden():
            self.hovered.emit(self._outlined, -1)
        elif self._outlined is None:
            self.show_text("")

    def _update_hovered(self) -> None:
        found = self.pointed
        self.outline(found[0] if found else None)
        self._show_hand(found is not None)
        self.hovered.emit(*(found or (-1, -1)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.mouseMoveEvent(event)
            self._pressed = self.pointed[0] if self.pointed else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Opens the neuron if the mouse was pressed on the same tile."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.mouseMoveEvent(event)
            pressed, self._pressed = self._pressed, None
            if pressed is not None and self.pointed and self.pointed[0] == pressed:
                self.opened.emit(pressed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Chooses a neuron with the arrow keys, Home or End; Page Up and Down turn the page, Enter opens the neuron."""
        key = event.key()
        if key in ENTER and self._outlined is not None:
            self.opened.emit(self._outlined)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            event.setAccepted(self.turn_to(self.page + (1 if key == Qt.Key.Key_PageDown else -1)))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.mark(0 if key == Qt.Key.Key_Home else len(self._values) - 1)
        elif key in ARROWS and self.grid is not None:
            columns, rows = ARROWS[key]
            step = rows * self.grid.across.count + columns
            self.mark(self.first if self._outlined is None else self._outlined + step)
        else:
            super().keyPressEvent(event)

    def _mark_first(self) -> None:
        self.mark(self.first if self._outlined is None else self._outlined)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._mouse is None:
            self.outline(None)
            self.hovered.emit(-1, -1)
            self.show_text("")


class ColourBar(QWidget):
    """The diverging colour scale with the numbers at its ends."""

    def __init__(self, accessible: str = "Colours of the weights", is_even: bool = False) -> None:
        """``is_even``: whether the colours are those of even steps, not those of weights."""
        super().__init__()
        self._is_even = is_even
        self._ends = "", ""
        theme.sized(self.setFixedWidth, 158, beside=86)
        theme.sized(self.setFixedHeight, 18)
        self.setAccessibleName(accessible)
        self.set_limit(1.0)

    def set_limit(self, limit: float) -> None:
        """Sets the weight at the right end; the left end is its negative."""
        end = figure(limit, 2)
        self.show_ends(
            f"−{end}",
            f"+{end}",
            f"Weights beyond ±{end} have the colours of the ends. Small weights stay near the background, so "
            "learned weights stand out from the initial ones.",
        )

    def show_ends(self, low: str, high: str, tip: str) -> None:
        """Sets what stands at the ends, and the tooltip."""
        if (low, high) != self._ends or tip != self.toolTip():
            self._ends = low, high
            self.setToolTip(tip)
            self.setAccessibleDescription(f"{low} to {high}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        low, high = self._ends
        wide, left = (painter.fontMetrics().horizontalAdvance(words) + 4 for words in (high, low))
        length = min(86, self.width() - wide - left)  # shorter beside long numbers
        middle = QRect(self.width() - wide - length, (self.height() - 8) // 2, length, 8)
        painter.drawText(self.rect(), alignment.RIGHT, high)
        painter.drawText(
            QRect(0, 0, middle.x() - 4, self.height()),
            alignment.RIGHT,
            low,
        )
        look = theme.current()
        colours = np.array(theme.diverging_table(look), np.uint32) if self._is_even else tile_colours(look)[1:]
        painter.drawImage(middle, QImage(colours.tobytes(), len(colours), 1, QImage.Format.Format_RGB32))


@lru_cache
def tile_colours(look: theme.Theme) -> Array:
    """Returns the colours of a mosaic: the gap between tiles, then the diverging colours on a nonlinear scale.

    Small weights, such as initial ones that were never trained, stay close to the background, and large ones stand out.
    """
    colours = np.array(theme.diverging_table(look), np.uint32)
    steps = np.arange(1, 256) - ZERO
    places = ZERO + np.rint(np.sign(steps) * 127 * np.abs(steps / 127) ** _RISE).astype(int)
    return np.append(np.uint32(QColor(look.card).rgb()), colours[places])
