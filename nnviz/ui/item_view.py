"""A view of several items, one of which can be pointed at and picked, by mouse or keyboard."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QPoint, QRect, Qt, pyqtSignal
from PyQt5.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter

from nnviz.ui import theme
from nnviz.ui.painted_view import ARROWS, ENTER, PaintedView


class ItemView(PaintedView):
    """A painted view of items, one of which is outlined and described. Subclasses define their number and places.

    Signals:
        hovered(number): the mouse points at another item; -1 for none.
        picked(number): a click, or Enter.

    Attributes:
        describe: returns the text of the read-out for the item of that number.
        marked: the item with the outline, under the mouse or chosen by the arrow keys; None for none.
        pointed: the item that is pointed at in another view, which then has the outline; None for none.
    """

    hovered = pyqtSignal(int)
    picked = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.describe: Callable[[int], str] = lambda number: ""
        self.marked: int | None = None
        self.pointed: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    @property
    def count(self) -> int:
        """The number of items."""
        raise NotImplementedError

    @property
    def columns(self) -> int:
        """The number of items in a row."""
        return 1

    def place_of(self, number: int) -> QRect:
        """Returns the rectangle of an item."""
        raise NotImplementedError

    def number_at(self, point: QPoint) -> int | None:
        """Returns the number of the item at a point."""
        return next((number for number in range(self.count) if self.place_of(number).contains(point)), None)

    # ---- pointing

    def mark(self, number: int | None) -> None:
        """Outlines an item as the arrow keys do, with its read-out in its middle; None for none."""
        self._mouse = None
        self._outline(number)

    def _outline(self, number: int | None) -> None:
        if number is not None and not 0 <= number < self.count:
            number = None
        if number != self.marked:
            self.marked = number
            self._show_hand(number is not None)
            self.hovered.emit(-1 if number is None else number)
            self.update()
        self.show_text("" if number is None else self.describe(number))

    def point_at(self, number: int | None) -> None:
        """Outlines an item that is pointed at in another view."""
        if number != self.pointed:
            self.pointed = number
            self.update()

    def items_changed(self) -> None:
        """Updates what is marked after the items have changed."""
        if self.marked is not None and (self.marked >= self.count or self._read_out.isVisible()):
            self._outline(self.marked)
        self.update()

    @property
    def _read_out_place(self) -> QPoint | None:
        if self._mouse is None and self.marked is not None:
            return self.place_of(self.marked).center()
        return self._mouse

    def _update_hovered(self) -> None:
        self._outline(None if self._mouse is None else self.number_at(self._mouse))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self.number_at(event.pos())
        if event.button() == Qt.MouseButton.LeftButton and number is not None:
            self.picked.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves the outline by arrow keys, Home and End; Enter picks."""
        key, columns = event.key(), self.columns
        if key in ENTER and self.marked is not None:
            self.picked.emit(self.marked)
        elif key in ARROWS and self.count:
            across, down = ARROWS[key]
            step = (across if columns > 1 else 0) + down * columns
            now = 0 if self.marked is None else self.marked + step
            self.mark(min(max(now, 0), self.count - 1))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and self.count:
            self.mark(0 if key == Qt.Key.Key_Home else self.count - 1)
        else:
            super().keyPressEvent(event)

    def _mark_first(self) -> None:
        if self.count:
            self.mark(self.marked or 0)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._outline(None)

    def paint_mark(self, painter: QPainter) -> None:
        """Outlines what is marked, or else pointed at elsewhere; subclasses call it last."""
        number = self.pointed if self.marked is None else self.marked
        if number is not None and number < self.count:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(theme.colour("ink"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            inside = self.rect().adjusted(0, 0, -1, -1)
            painter.drawRect(self.place_of(number).adjusted(-1, -1, 0, 0).intersected(inside))
