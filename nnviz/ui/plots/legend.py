"""Keys of a legend: a sample of the line and a name. A click shows or hides the line."""

from __future__ import annotations

from enum import Enum

from PyQt5.QtCore import QLineF, QRectF, QSize, Qt
from PyQt5.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QAbstractButton, QSizePolicy

from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import paint_focus
from nnviz.ui.parts import named

_SIDE = 10  # of the square, in pixels
_LONG = 18  # length of a sample of lines, in pixels
_DASH = [2.0, 1.5]  # in widths of the pen: 4 and 3 pixels
_GAP = 6  # between sample and name
_MARGIN = 6
_LEAST_NAME = 16


class Sample(Enum):
    """The sample of a line: a square (solid line), a dashed line, a ring, or a solid line above a dashed one."""

    SQUARE = _SIDE
    DASHED = _SIDE + 1
    RING = _SIDE + 2
    BOTH = _LONG


class Key(QAbstractButton):
    """Checked while its line is shown; unchecked, the sample is an empty square.

    If there is too little room, the name of a ``yielding`` key gives way first: to a shorter one, if it has one.
    """

    def __init__(
        self, colour: str, text: str, name: str, tip: str, sample: Sample = Sample.SQUARE, yielding: bool = False
    ) -> None:
        super().__init__()
        self._colour, self._sample, self._short = colour, sample, ""
        named(self, name, tip=tip)
        self.set_name(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(
            QSizePolicy.Policy.Maximum if yielding else QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed
        )
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changed.connect(self.update)

    def set_name(self, text: str, short: str = "") -> None:
        """Sets the name; ``short`` is shown if the text does not fit."""
        self._short = short
        self.setText(text)
        self.setAccessibleName(f"Show {text}")
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(self.text())
        return QSize(2 * _MARGIN + self._sample.value + _GAP + width + 1, theme.px(24))

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * _MARGIN + self._sample.value, theme.px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            paint_focus(painter, QRectF(self.rect()), 4)
        self._paint_sample(painter, theme.colour(self._colour))
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("ink" if self.underMouse() else "muted"))
        room = self.rect().adjusted(_MARGIN + self._sample.value + _GAP, 0, -_MARGIN, 0)
        if room.width() >= _LEAST_NAME:
            painter.drawText(room, alignment.LEFT, self._shown_in(room.width()))

    @property
    def shown(self) -> str:
        """The visible part of the name."""
        return self._shown_in(self.width() - 2 * _MARGIN - self._sample.value - _GAP)

    def _shown_in(self, room: int) -> str:
        metrics = QFontMetrics(theme.font(theme.SMALL))
        fits = not self._short or metrics.horizontalAdvance(self.text()) <= room
        return str(metrics.elidedText(self.text() if fits else self._short, Qt.TextElideMode.ElideRight, room))

    def _paint_sample(self, painter: QPainter, ink: QColor) -> None:
        middle, right = self.height() / 2, _MARGIN + self._sample.value
        if self._sample is Sample.RING:
            painter.setPen(QPen(ink if self.isChecked() else theme.colour("faint"), 1.5))
            painter.drawEllipse(QRectF(_MARGIN, middle - _SIDE / 2, _SIDE, _SIDE))
            return
        if self._sample is Sample.SQUARE or not self.isChecked():
            square = QRectF(_MARGIN, middle - _SIDE / 2, _SIDE, _SIDE)
            painter.setPen(QPen(ink, 1))
            painter.setBrush(ink if self.isChecked() else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(square.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            return
        pen = QPen(ink, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        if self._sample is Sample.BOTH:
            painter.drawLine(QLineF(_MARGIN, middle - 3, right, middle - 3))
            middle += 3
        pen.setDashPattern(_DASH)
        painter.setPen(pen)
        painter.drawLine(QLineF(_MARGIN, middle, right, middle))
