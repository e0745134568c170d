"""View of an explanation: paints a content with a read-out, or one line of text."""

from __future__ import annotations

from PyQt5.QtCore import QPoint, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QMouseEvent, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy

from nnviz.cards.explanation.bar_rows import BarRows
from nnviz.cards.explanation.content import Content
from nnviz.cards.explanation.pictures import ImageRows
from nnviz.ui import alignment, theme
from nnviz.ui.card import Panel, holder
from nnviz.ui.painted_view import PaintedView
from nnviz.ui.read_out import ReadOut

_LEAST_HEIGHT = 38  # pixels at 100 percent


class ExplanationView(PaintedView):
    """Shows a content, or a line with the reason why there is none.

    Signals:
        clicked(row, column): a click on an element of the content.
        pointed(row, column): the mouse points at another element; (-1, -1) for none.

    Attributes:
        content: the shown content; None for the line alone.
        line: text that is shown instead.
    """

    clicked = pyqtSignal(int, int)
    pointed = pyqtSignal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.content: Content | None = None
        self.line = ""
        self._pointed = -1, -1
        self._lower_read_out: ReadOut | None = None  # may extend beyond the view
        self.setMinimumWidth(120)
        theme.sized(self.setMinimumHeight, _LEAST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget

    def sizeHint(self) -> QSize:
        """Returns the preferred size: three images of 84 pixels with captions."""
        return QSize(272, 102)

    def show_content(self, content: Content | None, line: str = "") -> None:
        """Shows the content, or the line if there is none."""
        if content is None and self.content is None and line == self.line:
            return
        self.content, self.line = content, line
        if content is not None:  # Without content the height stays, or the card would jump with each input.
            least = content.least_height if isinstance(content, BarRows) else _LEAST_HEIGHT
            theme.sized(self.setMinimumHeight, max(least, _LEAST_HEIGHT))
        self._update_hovered()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the content or the line."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        if self.content is not None:
            self.content.paint(painter, self.rect())
            return
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        painter.drawText(self.rect(), alignment.CENTER | Qt.TextFlag.TextWordWrap, self.line)

    def _update_hovered(self) -> None:
        words = ""
        if self.content is not None and self._mouse is not None:
            words = self.content.read_out_at(self.rect(), self._mouse)
        self._show_read_out(words)
        found = self._found_at(self._mouse) or (-1, -1)
        if found != self._pointed:
            self._pointed = found
            self.pointed.emit(*found)

    def _show_read_out(self, words: str) -> None:
        """Shows the read-out next to the mouse, or below or above small images, which it would cover."""
        small = isinstance(self.content, ImageRows) and self.content.are_small(self.rect())
        self._read_out.describe(words)
        self._read_out.place("" if small else words, self._read_out_place)
        if self._lower_read_out is None and small:
            self._lower_read_out = ReadOut(holder(self, Panel) or self)
        if self._lower_read_out is not None:
            over, mouse = self._lower_read_out.parentWidget(), self._mouse
            at = None if mouse is None else self.mapTo(over, mouse)
            end = self.content.bottom(self.rect()) if isinstance(self.content, ImageRows) else 0
            images = self.mapTo(over, QPoint(0, 0)).y(), self.mapTo(over, QPoint(0, end)).y()
            self._lower_read_out.place(words if small else "", at, below=images)

    def _found_at(self, point: QPoint | None) -> tuple[int, int] | None:
        return None if self.content is None or point is None else self.content.found_at(self.rect(), point)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Emits ``clicked`` for the left button."""
        found = self._found_at(event.pos())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(*found)
