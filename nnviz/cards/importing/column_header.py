"""The header of the preview table: name, role and kind of each column."""

from __future__ import annotations

from PyQt5.QtCore import QAbstractTableModel, QRect, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter
from PyQt5.QtWidgets import QHeaderView

from nnviz.ui import theme

LINES = 3
_LINE = 17  # pixels, height of a line
_PADDING = 6


class ColumnHeader(QHeaderView):
    """Paints the header lines that the model gives for a column; the first is bold."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setDefaultSectionSize(104)
        self.setMinimumSectionSize(64)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), LINES * theme.px(_LINE) + 2 * _PADDING)

    def width_for(self, lines: list[tuple[str, str]]) -> int:
        """Returns the width of a column's header in pixels."""
        bold, plain = (QFontMetrics(theme.font(theme.SMALL, bold)) for bold in (True, False))
        words = [(bold if number == 0 else plain).horizontalAdvance(line) for number, (line, _) in enumerate(lines)]
        return max(words, default=0) + 2 * _PADDING + 2

    def paintSection(self, painter: QPainter, rect: QRect, column: int) -> None:
        model = self.model()
        assert isinstance(model, QAbstractTableModel)
        side = model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
        lines: list[tuple[str, str]] = (
            model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.UserRole) or []
        )
        painter.save()
        painter.fillRect(rect, theme.colour("card"))
        painter.setPen(theme.colour("border"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        place = QRect(rect.left() + _PADDING, rect.top() + _PADDING, rect.width() - 2 * _PADDING, theme.px(_LINE))
        for number, (words, colour) in enumerate(lines):
            painter.setFont(theme.font(theme.SMALL, bold=number == 0))
            painter.setPen(theme.colour(colour))
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place.translated(0, number * theme.px(_LINE)), side, shown)
        painter.restore()
