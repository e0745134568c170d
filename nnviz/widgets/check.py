"""A box to tick, in our colours."""

from __future__ import annotations

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PyQt5.QtWidgets import QCheckBox

from nnviz.look import theme

_SIDE = 16


class Check(QCheckBox):
    """Painted here: the style's own box would stand out."""

    def __init__(self, name: str, title: str, tip: str) -> None:
        super().__init__(title)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.TabFocus)

    def sizeHint(self) -> QSize:
        """The box, a gap, the words."""
        return QSize(_SIDE + 8 + self.fontMetrics().horizontalAdvance(self.text()) + 2, theme.ROW)

    def hitButton(self, pos: object) -> bool:  # noqa: N802
        """The words count as well."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Box, tick, words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        box = QRectF(0.5, (self.height() - _SIDE) / 2 + 0.5, _SIDE - 1, _SIDE - 1)
        is_lit = self.hasFocus() or self.isChecked()
        painter.setPen(theme.colour("accent" if is_lit else "muted" if self.underMouse() else "border"))
        painter.setBrush(theme.colour("accent" if self.isChecked() else "field"))
        painter.drawRoundedRect(box, 3, 3)
        if self.isChecked():
            painter.setPen(QPen(theme.colour("on_accent"), 1.8, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
            painter.setBrush(Qt.NoBrush)
            corners = ((0.24, 0.52), (0.43, 0.72), (0.78, 0.3))
            painter.drawPolyline(QPolygonF([QPointF(box.x() + _SIDE * x, box.y() + _SIDE * y) for x, y in corners]))
        painter.setFont(theme.font())
        painter.setPen(theme.colour("text"))
        words = self.rect().adjusted(_SIDE + 8, 0, 0, 0)
        painter.drawText(words, int(Qt.AlignLeft | Qt.AlignVCenter), self.text())
