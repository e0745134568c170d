"""A legend of names, for example of classes, each behind a dot in its colour."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QPointF, QRect, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz.ui import alignment, theme

_DOT, _GAP, _AIR = 9, 5, 9  # pixels: of a dot, between it and its name, between two names
_SHORTEST = 2  # letters of a name that is shortened; with less room none is shown


class DotLegend(QWidget):
    """A legend that elides its names if there is little room, and at last shows only dots."""

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._inks: Sequence[str] = ()
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_names(self, names: tuple[str, ...], inks: Sequence[str]) -> None:
        """Shows names as plain text, each with a colour of the theme."""
        if names != self._names:
            self._names, self._inks = names, inks
            self.setToolTip(f"{self.accessibleName()}: {', '.join(names)}")
            self.setAccessibleDescription(", ".join(names))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Returns a size with room for all names."""
        metrics = QFontMetrics(theme.font(theme.SMALL))
        names = sum(_DOT + _GAP + metrics.horizontalAdvance(name) + 1 for name in self._names)
        return QSize(names + _AIR * max(0, len(self._names) - 1), 24)

    def minimumSizeHint(self) -> QSize:
        """Returns a size with room for the dots."""
        return QSize(len(self._names) * (_DOT + 3), 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints dots and names. If there is little room, each gets the same share of it."""
        if not self._names:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL))
        metrics, left = painter.fontMetrics(), 0
        room = None if self.width() >= self.sizeHint().width() else self.width() // len(self._names)
        for name, ink in zip(self._names, self._inks, strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(ink))
            painter.drawEllipse(QPointF(left + _DOT / 2, self.height() / 2), _DOT / 2, _DOT / 2)
            wide = metrics.horizontalAdvance(name) + 1 if room is None else room - _DOT - _GAP - 4
            words = name if room is None else metrics.elidedText(name, Qt.TextElideMode.ElideRight, wide)
            if len(words) >= min(_SHORTEST, len(name)) and wide > 0:
                painter.setPen(theme.colour("ink"))
                box = QRect(left + _DOT + _GAP, 0, wide, self.height())
                painter.drawText(box, alignment.LEFT, words)
            left += _DOT + _GAP + wide + _AIR if room is None else room
