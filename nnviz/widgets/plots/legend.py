"""Keys of a legend: a coloured square with a name, which shows and hides what it stands for."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QAbstractButton, QSizePolicy

from nnviz.look import theme

_SIDE = 10  # of the square, in pixels
_GAP = 6  # between square and name
_MARGIN = 6
_LEAST_NAME = 16


class Key(QAbstractButton):
    """Down while its curve is shown. The square is filled then, and empty otherwise.

    Where room is short, the name of a ``yielding`` one is cut off first.
    """

    def __init__(
        self, colour: str, text: str, name: str, tip: str, dashed: bool = False, yielding: bool = False
    ) -> None:
        super().__init__()
        self._colour, self._dashed = colour, dashed
        self.setObjectName(name)
        self.set_name(text)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.TabFocus)
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QSizePolicy.Maximum if yielding else QSizePolicy.Fixed, QSizePolicy.Fixed)
        self.setAttribute(Qt.WA_Hover)

    def set_name(self, text: str) -> None:
        """What it is called now."""
        self.setText(text)
        self.setAccessibleName(f"Show {text}")
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Square and name."""
        width = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(self.text())
        return QSize(2 * _MARGIN + _SIDE + _GAP + width + 1, 24)

    def minimumSizeHint(self) -> QSize:
        """The square alone."""
        return QSize(2 * _MARGIN + _SIDE, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        """In the colours of the theme."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        if self.hasFocus():
            painter.setPen(theme.colour("accent"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        self._paint_square(painter, theme.colour(self._colour))
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("text" if self.underMouse() else "muted"))
        room = self.rect().adjusted(_MARGIN + _SIDE + _GAP, 0, -_MARGIN, 0)
        if room.width() >= _LEAST_NAME:
            name = painter.fontMetrics().elidedText(self.text(), Qt.ElideRight, room.width())
            painter.drawText(room, int(Qt.AlignLeft | Qt.AlignVCenter), name)

    def _paint_square(self, painter: QPainter, ink: QColor) -> None:
        square = QRectF(_MARGIN, (self.height() - _SIDE) / 2, _SIDE, _SIDE)
        if self._dashed and self.isChecked():
            painter.setPen(QPen(ink, 2))
            for left in (0, 6):
                start = QPointF(square.left() + left, square.center().y())
                painter.drawLine(start, start + QPointF(4, 0))
            return
        painter.setPen(QPen(ink, 1))
        painter.setBrush(ink if self.isChecked() else Qt.NoBrush)
        painter.drawRoundedRect(square.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        painter.setBrush(Qt.NoBrush)

    def changeEvent(self, event: QEvent) -> None:
        """Colours follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange:
            self.update()
