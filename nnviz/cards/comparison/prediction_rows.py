"""Rows with the predictions of compared runs: name, bar of the confidence, prediction, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz.ui import alignment, theme
from nnviz.ui.name_elision import fitted

_ROW, LEAST_ROW = 88, 36  # pixels; lower rows have the caption only in their tooltip
_WITH_CAPTION = 62  # pixels of a row from which it has its caption
_LINE, _BETWEEN = 18, 5  # pixels of a line of text, and between the lines
_SIDE, _GAP, _THICK = 12, 8, 12
_AIR = 14  # pixels between bar and prediction
_MOST_ANSWER = 0.5  # of the width
_SHORT = 4  # letters of a prediction in large figures
_BAR_ROOM = 12  # for a scroll bar


@dataclass(frozen=True)
class ComparedPrediction:
    """The prediction of a run.

    Attributes:
        title, colour: title of the run, and the name of its colour.
        answer: the prediction as text.
        share: confidence 0…1, for a group the median of its runs; None for numbers.
        number: the predicted number, likewise; None for classes.
        bar: length of the bar 0…1: the confidence, or where the number lies in the range of the training set.
        caption: how sure it is, and how much the runs of a group differ.
        is_divided: whether the runs of a group predict different classes.
        reason: why there is no prediction; empty if there is one.
        runs: the predictions of a group's runs as text; empty for a single run.
    """

    title: str
    colour: str
    answer: str = ""
    share: float | None = None
    number: float | None = None
    bar: float = 0.0
    caption: str = ""
    is_divided: bool = False
    reason: str = ""
    runs: tuple[str, ...] = ()


class PredictionRows(QWidget):
    """Paints a row for each run; rows are lower if there is little height."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[ComparedPrediction] = ()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self._fit)

    def show_rows(self, rows: Sequence[ComparedPrediction]) -> None:
        """Shows other rows."""
        if rows != self.rows:
            self.rows = rows
            self._fit()
            told = [", ".join(filter(None, (f"{row.title}: {row.reason or row.answer}", row.caption))) for row in rows]
            self.setAccessibleDescription("; ".join(told))
            lines = [line for row, words in zip(rows, told, strict=True) for line in (words, *map(_INDENTED, row.runs))]
            self.setToolTip("\n".join([_TIP, *lines]))

    def _fit(self) -> None:
        self.setMinimumHeight(len(self.rows) * theme.px(LEAST_ROW))
        self.setMaximumHeight(max(len(self.rows), 1) * theme.px(_ROW))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 2 * theme.px(_ROW))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        high = max(theme.px(LEAST_ROW), min(theme.px(_ROW), self.height() // len(self.rows)))
        is_scrolled = self.visibleRegion().boundingRect().height() < self.height()
        width = self.width() - (_BAR_ROOM if is_scrolled else 0)
        for number, row in enumerate(self.rows):
            self._paint_row(painter, row, QRect(0, number * high, width, high))

    def _paint_row(self, painter: QPainter, row: ComparedPrediction, place: QRect) -> None:
        line, between = theme.px(_LINE), theme.px(_BETWEEN)
        has_caption = place.height() >= theme.px(_WITH_CAPTION)
        bar = QRect(place.left(), place.top() + line + between, place.width(), _THICK)
        left = self._paint_prediction(painter, row, bar if has_caption else bar.adjusted(0, -line - between, 0, 0))
        bar.setRight(left - _AIR)
        if not row.reason:
            _paint_bar(painter, row, QRectF(bar))
        name = QRect(place.left() + _SIDE + _GAP, place.top(), place.width() - _SIDE - _GAP, line)
        if not has_caption:
            name.setRight(left - _GAP)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(row.colour))
        painter.drawRoundedRect(QRectF(place.left(), name.center().y() - _SIDE / 2 + 0.5, _SIDE, _SIDE), 2, 2)
        painter.setFont(theme.font())
        painter.setPen(theme.colour("ink"))
        painter.drawText(name, alignment.LEFT, fitted(row.title, name.width(), size=theme.TEXT))
        if has_caption:
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(theme.colour("muted"))
            caption = QRect(place.left(), bar.bottom() + between, place.width(), line)
            words = painter.fontMetrics().elidedText(row.caption, Qt.TextElideMode.ElideRight, caption.width())
            painter.drawText(caption, alignment.LEFT, words)

    def _paint_prediction(self, painter: QPainter, row: ComparedPrediction, place: QRect) -> int:
        """Paints the prediction at the right, or why there is none; returns where it begins."""
        size = theme.SMALL if row.reason else theme.FIGURE if len(row.answer) <= _SHORT else theme.LARGE
        painter.setFont(theme.font(size, bold=not row.reason))
        painter.setPen(theme.colour("muted" if row.reason else "ink"))
        metrics = painter.fontMetrics()
        most = int(_MOST_ANSWER * place.width())
        words = metrics.elidedText(row.reason or row.answer, Qt.TextElideMode.ElideRight, most)
        room = QRect(place.left(), place.center().y() - metrics.height() // 2, place.width(), metrics.height())
        painter.drawText(room, alignment.RIGHT, words)
        return room.right() - metrics.horizontalAdvance(words)


def _paint_bar(painter: QPainter, row: ComparedPrediction, place: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("field"))
    painter.drawRoundedRect(place, 2, 2)
    place.setWidth(max(2.0, place.width() * row.bar))
    painter.setBrush(theme.colour(row.colour))
    painter.drawRoundedRect(place, 2, 2)


_TIP = "Prediction of each compared run, and how sure it is; for a group of seeds, the median of its runs."
_INDENTED = "    {}".format
