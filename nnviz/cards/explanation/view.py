"""The view of reasons: paints a content, with a read-out of what is under the mouse, or one calm line."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QPoint, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QMouseEvent, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz.cards.explanation.bar_rows import BarRows
from nnviz.cards.explanation.content import Content
from nnviz.cards.explanation.pictures import Pictures
from nnviz.ui import theme
from nnviz.ui.read_out import ReadOut

_LEAST_HEIGHT = 38  # pixels at 100 percent


class ReasonsView(QWidget):
    """Shows a content, or why there is none.

    Signals:
        clicked(row, column): on what the content finds there.
        pointed(row, column): the mouse points at something else; (-1, -1) for nothing.

    Attributes:
        content: what is shown; None for the line alone.
        line: the line that is shown instead.
    """

    clicked = pyqtSignal(int, int)
    pointed = pyqtSignal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.content: Content | None = None
        self.line = ""
        self._mouse: QPoint | None = None
        self._pointed = -1, -1
        self._read_out = ReadOut(self)
        self._lower_read_out: ReadOut | None = None  # over what is below the view too
        self.setMouseTracking(True)
        self.setMinimumWidth(120)
        theme.sized(self.setMinimumHeight, _LEAST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
        self.setAttribute(Qt.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Returns the size of three pictures of 84 pixels with captions."""
        return QSize(272, 102)

    def show_content(self, content: Content | None, line: str = "") -> None:
        """Shows the content, or else the line."""
        if content is None and self.content is None and line == self.line:
            return
        self.content, self.line = content, line
        if content is not None:  # without one it stays, else the card would jump at each new question
            least = content.least_height if isinstance(content, BarRows) else _LEAST_HEIGHT
            theme.sized(self.setMinimumHeight, max(least, _LEAST_HEIGHT))
        self._tell()
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
        painter.drawText(self.rect(), int(Qt.AlignCenter | Qt.TextWordWrap), self.line)

    def _tell(self) -> None:
        told = ""
        if self.content is not None and self._mouse is not None:
            told = self.content.told_at(self.rect(), self._mouse)
        self._show_read_out(told)
        found = self._found_at(self._mouse) or (-1, -1)
        if found != self._pointed:
            self._pointed = found
            self.pointed.emit(*found)

    def _show_read_out(self, told: str) -> None:
        """Beside the mouse; of small pictures below them, because it would cover what it tells of."""
        small = isinstance(self.content, Pictures) and self.content.are_small(self.rect())
        self._read_out.show_text("" if small else told, self._mouse)
        if self._lower_read_out is None and small:
            self._lower_read_out = ReadOut(self if self.isWindow() else self.parentWidget())
        if self._lower_read_out is not None:
            over, mouse = self._lower_read_out.parentWidget(), self._mouse
            at = None if mouse is None else self.mapTo(over, mouse)
            below = self.content.bottom(self.rect()) if isinstance(self.content, Pictures) else 0
            top = self.mapTo(over, QPoint(0, below)).y()
            self._lower_read_out.show_text(told if small else "", at, top=top)

    def _found_at(self, point: QPoint | None) -> tuple[int, int] | None:
        return None if self.content is None or point is None else self.content.found_at(self.rect(), point)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells what is under the mouse."""
        self._mouse = event.pos()
        self._tell()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Emits ``clicked`` for the left button."""
        found = self._found_at(event.pos())
        if found is not None and event.button() == Qt.LeftButton:
            self.clicked.emit(*found)

    def leaveEvent(self, event: QEvent) -> None:
        """Removes the read-out."""
        self._mouse = None
        self._tell()
