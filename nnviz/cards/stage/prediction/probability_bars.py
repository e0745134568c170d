"""Bars of the network's confidence in each class, or in the likeliest of many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QLineF, QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz.cards.stage.prediction.number_bars import MOST_ROWS
from nnviz.session.predicted_class import WORTH_SEEING
from nnviz.ui import alignment, theme

_LOWEST_ROW, _ROW, _HIGHEST_ROW = 13, 19, 28
_THICKNESS = 9
_LEAST_NAME, _MOST_NAME, _VALUE = 18, 90, 46
_LINES = 2  # of the reason


class ProbabilityBars(QWidget):
    """One row per class with name, bar and percentage. The largest is highlighted strongly, the second slightly.

    Of more than twenty classes only those with the largest shares have a row, in their order.
    A thin dotted line through all bars marks the confidence threshold.

    Attributes:
        reason: why there is no prediction, displayed in its place.
    """

    def __init__(self) -> None:
        super().__init__()
        self._all_names: Sequence[str] = ()
        self._names: Sequence[str] = ()  # of the rows
        self._values: npt.NDArray[Any] = np.empty(0)  # empty without a prediction
        self._mark: float | None = None
        self.reason = ""
        self._name_width = theme.px(_LEAST_NAME)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        self._describe()
        theme.changed.connect(self._measure)

    def _measure(self) -> None:
        self.set_names(self._all_names)

    def set_names(self, names: Sequence[str]) -> None:
        """Sets the names of the classes, from top to bottom."""
        self._all_names, self._names = names, names[:MOST_ROWS]
        widest = max((self.fontMetrics().horizontalAdvance(name) for name in names), default=0)
        self._name_width = min(max(widest + 10, theme.px(_LEAST_NAME)), theme.px(_MOST_NAME))
        self._describe()
        self.updateGeometry()
        self.update()

    def set_values(self, values: npt.NDArray[Any] | None, reason: str = "") -> None:
        """Shows the shares (0…1), one per class; None for no prediction: then ``reason`` is displayed."""
        names, values = self._rows(np.empty(0) if values is None else values)
        # A share is drawn to its third decimal; smaller changes cause no repaint.
        is_same = np.array_equal(np.round(values, 3), np.round(self._values, 3)) and names == self._names
        if is_same and reason == self.reason:
            return
        self._names, self._values, self.reason = names, values, reason
        self._describe()
        self.update()

    def _rows(self, values: npt.NDArray[Any]) -> tuple[Sequence[str], npt.NDArray[Any]]:
        """Returns names and shares of the displayed rows."""
        names = self._all_names
        if len(names) <= MOST_ROWS or len(values) != len(names):
            return names[:MOST_ROWS], values[:MOST_ROWS] if len(names) > MOST_ROWS else values
        largest = np.argsort(-values, kind="stable")[:MOST_ROWS]
        return [names[number] for number in largest], values[largest]

    def set_mark(self, share: float | None) -> None:
        """Sets the confidence threshold (0…1) to mark; None hides the mark."""
        if share != self._mark:
            self._mark = share
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, theme.px(_ROW) * max(1, len(self._names)))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, theme.px(_LOWEST_ROW) * max(1, len(self._names)))

    def _describe(self) -> None:
        shares = [f"{name}: {share:.1%}" for name, share in zip(self._names, self._values, strict=False)]
        self.setAccessibleDescription(", ".join(shares) if len(self._values) else "no prediction")

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height = min(self.height() / max(1, len(self._names)), theme.px(_HIGHEST_ROW))
        grooves = [self._groove(row * height, height) for row in range(len(self._names))]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("field"))
        for groove in grooves:
            painter.drawRoundedRect(groove, 3, 3)
        order = self._order()
        self._paint_bars(painter, grooves, order)
        self._paint_words(painter, height, order)
        self._paint_mark(painter, height)
        self._paint_reason(painter, height)

    def _groove(self, top: float, height: float) -> QRectF:
        width = self.width() - self._name_width - theme.px(_VALUE)
        return QRectF(self._name_width, top + (height - _THICKNESS) / 2, width, _THICKNESS)

    def _order(self) -> tuple[int, int]:
        """Returns the rows of the largest and the second largest share; -1 if there is none or it is nearly zero."""
        if not len(self._values):
            return -1, -1
        order = np.argsort(-self._values, kind="stable")  # of equal shares the first counts as larger, as everywhere
        has_second = len(order) > 1 and self._values[order[1]] >= WORTH_SEEING
        return int(order[0]), int(order[1]) if has_second else -1

    def _paint_bars(self, painter: QPainter, grooves: list[QRectF], order: tuple[int, int]) -> None:
        for row, (filled, share) in enumerate(zip(grooves, np.clip(self._values, 0, 1).tolist(), strict=False)):
            filled.setWidth(max(1.5, filled.width() * share))
            radius = min(3.0, filled.width() / 2)
            painter.setBrush(theme.colour("ink" if row == order[0] else "faint"))
            painter.drawRoundedRect(filled, radius, radius)

    def _paint_words(self, painter: QPainter, height: float, order: tuple[int, int]) -> None:
        plain, bold = theme.font(theme.SMALL), theme.font(theme.SMALL, bold=True)
        values = self._values.tolist()
        metrics = QFontMetrics(plain)
        for row, name in enumerate(self._names):
            painter.setFont(bold if row == order[0] else plain)
            top, shown = row * height, metrics.elidedText(name, Qt.TextElideMode.ElideRight, self._name_width - 4)
            painter.setPen(theme.colour("ink" if row in order else "muted"))
            painter.drawText(
                QRectF(0, top, self._name_width, height),
                alignment.LEFT,
                shown,
            )
            if row < len(values):
                painter.setPen(theme.colour("ink" if row in order else "muted"))
                figure = QRectF(self.width() - theme.px(_VALUE), top, theme.px(_VALUE), height)
                painter.drawText(figure, alignment.RIGHT, f"{100 * values[row]:.1f}")

    def _paint_mark(self, painter: QPainter, height: float) -> None:
        """Draws the threshold one pixel wide, without antialiasing, over the height of the rows."""
        if self._mark is None or not len(self._values):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(theme.colour("muted"), 1, Qt.PenStyle.DotLine))
        groove = self._groove(0, height)
        x = round(groove.left() + groove.width() * self._mark)
        painter.drawLine(QLineF(x, 2, x, height * len(self._names) - 2))

    def _paint_reason(self, painter: QPainter, height: float) -> None:
        """Writes the reason over the middle of the bars, in as many lines as it needs."""
        if len(self._values) or not self.reason:
            return
        painter.setFont(theme.font(theme.SMALL))
        left, rows = self._name_width, len(self._names)
        bars = QRectF(left, 0, self.width() - left, max(rows * height, _LINES * painter.fontMetrics().lineSpacing()))
        words = painter.boundingRect(bars, alignment.CENTER | Qt.TextFlag.TextWordWrap, self.reason)
        first, last = int(words.top() // height), math.ceil(words.bottom() / height)
        painter.fillRect(QRectF(left, first * height, bars.width(), (last - first) * height), theme.colour("card"))
        painter.setPen(theme.colour("muted"))
        painter.drawText(bars, alignment.CENTER | Qt.TextFlag.TextWordWrap, self.reason)
