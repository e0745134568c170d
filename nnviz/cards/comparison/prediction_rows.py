"""Rows with the predictions of compared runs: name, bar of the confidence, predicted class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz.ui import alignment, theme
from nnviz.ui.name_elision import fitted

_ROW, _LEAST_ROW = 42, 20  # pixels
_SIDE, _GAP = 10, 10
_BAR, _THICK = 80, 7
_MOST_ANSWER = 110
_BAR_ROOM = 12  # for a scroll bar


@dataclass(frozen=True)
class ComparedPrediction:
    """The prediction of a run.

    Attributes:
        title, colour: title of the run, and the name of its colour.
        answer: the prediction as text.
        share: confidence 0…1, or for a group the share of its runs with this prediction; None for numbers.
        reason: why there is no prediction; empty if there is one.
        runs: the predictions of a group's runs as text; empty for a single run.
    """

    title: str
    colour: str
    answer: str = ""
    share: float | None = None
    reason: str = ""
    runs: tuple[str, ...] = ()


class PredictionRows(QWidget):
    """Paints a row for each run; rows are lower if there is little height."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[ComparedPrediction] = ()
        self.note = ""
        theme.sized(self.setMinimumHeight, 2 * _LEAST_ROW)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def show_rows(self, rows: Sequence[ComparedPrediction], note: str = "") -> None:
        """Shows other rows; ``note`` is shown if there are none."""
        if (rows, note) != (self.rows, self.note):
            self.rows, self.note = rows, note
            theme.sized(self.setMinimumHeight, max(2, len(rows)) * _LEAST_ROW)
            told = [f"{row.title}: {row.reason or row.answer}" for row in rows]
            self.setAccessibleDescription(", ".join(told) or note)
            lines = [line for row, words in zip(rows, told, strict=True) for line in (words, *map(_INDENTED, row.runs))]
            self.setToolTip("\n".join([_TIP, *lines]))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 3 * theme.px(_ROW))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.rows:
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(theme.colour("muted"))
            painter.drawText(self.rect(), alignment.CENTER | Qt.TextFlag.TextWordWrap, self.note)
            return
        high = max(_LEAST_ROW, min(theme.px(_ROW), self.height() // len(self.rows)))
        is_scrolled = self.visibleRegion().boundingRect().height() < self.height()
        width = self.width() - (_BAR_ROOM if is_scrolled else 0)
        for number, row in enumerate(self.rows):
            self._paint_row(painter, row, QRect(0, number * high, width, high))

    def _paint_row(self, painter: QPainter, row: ComparedPrediction, place: QRect) -> None:
        painter.fillRect(place.left(), place.bottom(), place.width(), 1, theme.colour("grid"))
        square = QRectF(place.left(), place.center().y() - _SIDE / 2, _SIDE, _SIDE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(row.colour))
        painter.drawRoundedRect(square, 2, 2)
        end = place.right() - self._paint_answer(painter, row, place)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("ink"))
        room = QRect(_SIDE + _GAP, place.top(), end - _SIDE - 2 * _GAP, place.height())
        painter.drawText(room, alignment.LEFT, fitted(row.title, room.width()))

    def _paint_answer(self, painter: QPainter, row: ComparedPrediction, place: QRect) -> int:
        """Paints the prediction at the right and its bar; returns the width of both."""
        is_short = len(row.answer) <= 2
        font = theme.font(theme.LARGE if is_short else theme.SMALL, bold=True)
        words = row.reason or row.answer
        if row.reason:
            font = theme.font(theme.SMALL)
        width = min(theme.px(_MOST_ANSWER), max(QFontMetrics(font).horizontalAdvance(words) + 2, 22))
        painter.setFont(font)
        painter.setPen(theme.colour("muted" if row.reason else "ink"))
        text = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, width)
        painter.drawText(place, alignment.RIGHT, text)
        if row.share is None:
            return width
        bar = QRectF(place.right() - width - _GAP - _BAR, place.center().y() - _THICK / 2, _BAR, _THICK)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("field"))
        painter.drawRoundedRect(bar, 3, 3)
        bar.setWidth(max(_THICK, _BAR * row.share))
        painter.setBrush(theme.colour(row.colour))
        painter.drawRoundedRect(bar, 3, 3)
        return width + _GAP + _BAR


_TIP = (
    "Prediction of each compared run. The bar shows its confidence or, for a group of seeds, the share of its runs "
    "with this prediction."
)
_INDENTED = "    {}".format
