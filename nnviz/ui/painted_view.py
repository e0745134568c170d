"""The base of the views that paint themselves, and the keys that they have in common."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PyQt5.QtGui import QFocusEvent, QImage, QMouseEvent, QPainter, QPen, QPixmap, QResizeEvent
from PyQt5.QtWidgets import QWidget

from nnviz.ui import theme
from nnviz.ui.read_out import ReadOut, Text

ARROWS: dict[int, tuple[int, int]] = {  # steps to the right and down
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_RING = 2  # pixels


def paint_focus(painter: QPainter, place: QRectF, radius: float = 0.0) -> None:
    """Paints the ring of the focus, inside a rectangle."""
    painter.setPen(QPen(theme.colour("ink"), _RING))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inset = _RING / 2
    painter.drawRoundedRect(place.adjusted(inset, inset, -inset, -inset), radius, radius)


class PaintedView(QWidget):
    """A view that paints itself, follows the mouse, and shows a read-out next to it.

    Subclasses override ``paintEvent``, ``_update_hovered`` to report what the mouse points at, ``_redraw`` if they keep
    images, and ``_mark_first`` and ``_read_out_place`` if arrow keys point too.
    """

    def __init__(self) -> None:
        super().__init__()
        self._mouse: QPoint | None = None  # None while the mouse is elsewhere, or keys point instead
        self._is_by_keys = False  # whether the focus came by keys, or they were pressed since
        self._read_out = ReadOut(self)
        self.setMouseTracking(True)
        theme.changed.connect(self._redraw)

    # ---- what subclasses override

    def _redraw(self) -> None:
        """Paints everything again, in another theme or size; drops the images that were kept."""
        self.update()

    def _update_hovered(self) -> None:
        """Finds and reports what the mouse points at, after it has moved or left."""

    def _mark_first(self) -> None:
        """Marks where the arrow keys start, after the focus came by Tab."""

    @property
    def _read_out_place(self) -> QPoint | None:
        """The place beside which the read-out is shown; None hides it."""
        return self._mouse

    # ---- what subclasses use

    def show_text(self, text: Text, picture: QImage | None = None) -> None:
        """Shows a read-out next to the mouse, or to what keys point at, with an image above its text.

        An empty text hides it. A screen reader says the same.
        """
        self._read_out.show_text(text, self._read_out_place, picture=picture)

    def set_summary(self, words: str) -> None:
        """Sets what a screen reader says of the view while nothing in it is pointed at."""
        self._read_out.set_summary(words)

    def _show_hand(self, is_link: bool) -> None:
        """Shows a hand as the cursor where a click has an effect, else an arrow."""
        cursor = Qt.CursorShape.PointingHandCursor if is_link else Qt.CursorShape.ArrowCursor
        if self.cursor().shape() != cursor:
            self.setCursor(cursor)

    def _new_pixmap(self, size: QSize) -> QPixmap:
        """Returns an image in the colour of the card, with the pixels that the screen has for a size."""
        ratio = self.devicePixelRatioF()
        made = QPixmap(size.expandedTo(QSize(1, 1)) * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(theme.colour("card"))
        return made

    def _paint_focus(self, painter: QPainter, place: QRectF, radius: float = 0.0) -> None:
        """Paints the ring of the focus inside a rectangle, while the view has the focus and keys are used."""
        if self.hasFocus() and self._is_by_keys:
            paint_focus(painter, place, radius)

    # ---- events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse = event.pos()
        self._update_hovered()

    def leaveEvent(self, event: QEvent) -> None:
        self._mouse = None
        self._update_hovered()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._redraw()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        reason = Qt.FocusReason
        is_tab = event.reason() in (reason.TabFocusReason, reason.BacktabFocusReason)
        if event.reason() != reason.ActiveWindowFocusReason:  # it is as before then
            self._is_by_keys = is_tab or event.reason() == reason.ShortcutFocusReason
        if is_tab:
            self._mark_first()

    def event(self, event: QEvent) -> bool:
        """Notes the use of keys before they take effect."""
        if event.type() == QEvent.Type.KeyPress and not self._is_by_keys:
            self._is_by_keys = True
            self._redraw()
        return super().event(event)
