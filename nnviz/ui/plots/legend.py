"""Keys of a legend: a sample of the line and a name. A click shows or hides the line."""

from __future__ import annotations

from enum import Enum

from PyQt5.QtCore import QRectF, QSize, Qt
from PyQt5.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QAbstractButton, QSizePolicy

from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import paint_focus
from nnviz.ui.parts import named

_SIDE = 10  # of the square, in pixels
_GAP = 6  # between sample and name
_MARGIN = 6


class Sample(Enum):
    """The sample of what is shown: a square, or a ring."""

    SQUARE = "square"
    RING = "ring"


class Key(QAbstractButton):
    """Checked while its line is shown; unchecked, the sample is an empty square."""

    def __init__(self, colour: str, text: str, name: str, tip: str, sample: Sample = Sample.SQUARE) -> None:
        super().__init__()
        self._colour, self._sample = colour, sample
        named(self, name, f"Show {text}", tip)
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        width = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(self.text())
        return QSize(2 * _MARGIN + _SIDE + _GAP + width + 1, theme.px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            paint_focus(painter, QRectF(self.rect()), 4)
        self._paint_sample(painter, theme.colour(self._colour))
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("ink" if self.underMouse() else "muted"))
        painter.drawText(self.rect().adjusted(_MARGIN + _SIDE + _GAP, 0, 0, 0), alignment.LEFT, self.text())

    def _paint_sample(self, painter: QPainter, ink: QColor) -> None:
        place = QRectF(_MARGIN, self.height() / 2 - _SIDE / 2, _SIDE, _SIDE)
        if self._sample is Sample.RING:
            painter.setPen(QPen(ink if self.isChecked() else theme.colour("faint"), 1.5))
            painter.drawEllipse(place)
            return
        painter.setPen(QPen(ink, 1))
        painter.setBrush(ink if self.isChecked() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
