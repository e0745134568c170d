"""The band under the curves: how sure the network was of its present prediction for the current input, by epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QEvent, QLineF, QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt5.QtWidgets import QAction, QApplication, QSizePolicy

from engine.basics.validation import Array
from nnviz.cards.curves.prediction_over_time import PastPredictions, PredictionOverTime
from nnviz.formatting import text
from nnviz.session.predicted_numbers import Target, Targets
from nnviz.session.session import Session
from nnviz.session.timeline import pointed_epoch
from nnviz.ui import alignment, theme
from nnviz.ui.card import Table
from nnviz.ui.painted_view import PaintedView
from nnviz.ui.parts import named
from nnviz.ui.plots.curve_axes import ERROR, Axes, Ends

_HEIGHT = 38  # pixels at a text size of 100 %
_GAP, _BESIDE = 6, 12  # pixels between texts and the chart, and between the playhead and the figure beside it
_FILL, _VEIL = 0.2, 0.75  # opacity of the area under the line, and of what covers the line behind a text
_BETWEEN = 18  # pixels between two classes in the read-out
_TIP = (
    "Shows the confidence in the class that is predicted now for the current input, or the predicted number, at each "
    "snapshot of the run. The note names the epoch since which each snapshot predicts this class."
)


@dataclass(frozen=True)
class BandLine:
    """The line of one class or number.

    Attributes:
        name, short: what is at the left of the band, and what is there if that has no room.
        epochs: of the snapshots.
        shares: heights, 0 to 1, at these epochs.
        figures: texts of the values at these epochs.
        since: number of the first snapshot since which all predict this class; None for a number, and if only the
            last one does.
        note: what is written from there on.
        mark: height of the true number; None if it is unknown.
    """

    name: str
    short: str
    epochs: Sequence[float]
    shares: Sequence[float]
    figures: Sequence[str]
    since: int | None = None
    note: str = ""
    mark: float | None = None


def class_line(known: PastPredictions, at: int, names: Sequence[str], is_own: bool, label: int | None) -> BandLine:
    """Returns the line of the class that is predicted at a snapshot.

    Args:
        at: the number of the snapshot among the known ones.
        names: of the classes.
        is_own: whether the input is the user's own, not an example of the data.
        label: the true class; None if it is unknown.
    """
    confidences = np.clip(np.array(known.predictions), 0, 1)
    best = np.array(known.predictions).argmax(axis=1)
    predicted = int(best[at])
    others = np.flatnonzero(best != predicted)
    start = int(others[-1]) + 1 if len(others) else 0
    stays = start <= at and start < len(best) - 1
    what = "right" if predicted == label else names[predicted]
    note = f"{what} since epoch {text.epochs(round(known.epochs[start], 2))}" if stays else ""
    shares = confidences[:, predicted].tolist()
    figures = [f"{text.certainty(share)} sure" for share in shares]
    name = f"your {names[predicted]}" if is_own else names[predicted]
    return BandLine(name, names[predicted], known.epochs, shares, figures, start if stays else None, note)


def number_line(known: PastPredictions, targets: Targets, unit: str) -> BandLine:
    """Returns the line of the first predicted number over its range in training, or a wider one if it leaves that."""
    target, values = targets.all[0], targets.values(np.array(known.predictions))[:, 0].tolist()
    truth = None if targets.truth is None else float(targets.truth[0])
    ends = [target.low, target.high, *values, *(() if truth is None else (truth,))]
    low, high = min(ends), max(ends)
    shares = [_share(value, low, high) for value in values]
    figures = [f"{target.format(value)} {unit}".strip() for value in values]
    mark = None if truth is None else _share(truth, low, high)
    return BandLine(target.name, target.name, known.epochs, shares, figures, mark=mark)


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


class Band(PaintedView):
    """A low chart in line with the curves above it. A drag over it moves the displayed epoch.

    It is empty without an input.

    Attributes:
        line: what is drawn; None for nothing.
        copy: the action that copies the predictions as a table.
        export: the action that requests a file of them, which the window opens a dialog for.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        named(self, "learningStrip", "Confidence in the prediction by epoch")
        self.setWhatsThis(_TIP)  # a tooltip would cover the read-out
        self._session, self._timeline, self._targets = session, session.timeline, Targets(session)
        self._query = session.models[PredictionOverTime].query
        self._axes, self._across, self._span = Axes(ERROR), (0.0, 1.0), (0, 1)
        self._pointed = -1  # number of the snapshot of the read-out
        self._painted: object = None
        self.line: BandLine | None = None
        self.copy = QAction("Copy predictions over time", self)
        self.copy.setObjectName("actionCopyPredictions")
        self.copy.triggered.connect(self._copy)
        self.export = QAction("Export predictions over time …", self)
        self.export.setObjectName("actionExportPredictions")
        self.addActions((self.copy, self.export))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.sized(self.setFixedHeight, _HEIGHT)
        for signal in (self._query.changed, session.timeline.changed, session.side_by_side.changed):
            signal.connect(self.refresh)

    def set_span(self, left: int, width: int) -> None:
        """Sets the pixels left of the chart, and those of its width."""
        self._span = left, width
        self._update_if_changed()

    def set_scale(self, axes: Axes, across: Ends) -> None:
        """Sets which part of the time the chart above shows: between two positions on its axis."""
        self._axes, self._across = axes, across
        self._update_if_changed()

    def refresh(self) -> None:
        """Draws the latest predictions. The line stays while those of another epoch are computed."""
        if not self.isVisible():
            return
        known: PastPredictions | None = self._query.result
        epoch, targets = self._timeline.epoch, self._targets.all
        width = len(known.predictions[-1]) if known is not None and known.predictions else 0
        if known is None or not width or self._session.question.example is None:
            self.line = None
        elif len(targets) == width:
            self.line = number_line(known, self._targets, self._session.meaning.unit)
        elif targets or width < 2:
            self.line = None
        elif epoch is None or epoch in known.epochs:
            at = -1 if epoch is None else known.epochs.index(epoch)
            question, names = self._session.question, self._session.class_names
            self.line = class_line(known, at % len(known.epochs), names, question.is_own, question.label)
        self.setAccessibleName("Predicted number by epoch" if targets else "Confidence in the prediction by epoch")
        for action in (self.copy, self.export):
            action.setEnabled(self.line is not None)
        self._summarise()
        self._update_hovered()
        self._update_if_changed()

    def _summarise(self) -> None:
        line = self.line
        if line is None:
            self.set_summary("no prediction")
            return
        first, last = (text.epochs(round(line.epochs[number], 2)) for number in (0, -1))
        path = f"{line.name}: {line.figures[0]} at epoch {first}, {line.figures[-1]} at epoch {last}"
        self.set_summary(", ".join(filter(None, (path, line.note))))

    def table(self) -> Table | None:
        """Returns epochs and the outputs of all classes, or the numbers in their units; None without predictions."""
        known: PastPredictions | None = self._query.result
        if known is None or not known.predictions:
            return None
        targets, predictions = self._targets.all, np.array(known.predictions)
        names = self._session.class_names_for_file
        if len(targets) == predictions.shape[1]:
            meaning, predictions = self._session.meaning.for_file, self._targets.values(predictions)
            names = [meaning.output(target.output) for target in targets]
        rows: list[list[object]] = [
            [epoch, *prediction.tolist()] for epoch, prediction in zip(known.epochs, predictions, strict=True)
        ]
        return ["epoch", *names], rows

    def _copy(self) -> None:
        """Copies the table with tabs between its columns, as spreadsheets paste it."""
        table = self.table()
        if table is not None:
            lines = ["\t".join(map(_cell, row)) for row in (table[0], *table[1])]
            QApplication.clipboard().setText("\n".join(lines))
            self._session.messages.announce("Copied the predictions over time")

    # ---- the mouse

    def event(self, event: QEvent) -> bool:
        """Hides the read-out when the context menu opens: Qt does not report that the mouse leaves to a menu."""
        if event.type() == QEvent.Type.ContextMenu:
            self.leaveEvent(event)
        return bool(super().event(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event)

    def _go_to(self, event: QMouseEvent) -> None:
        """Displays the epoch under the mouse."""
        if self._timeline.has_past:
            epoch, next_one = (max(0.0, self._epoch_at(event.x() + by)) for by in (0, 1))
            self._timeline.point_to(pointed_epoch(epoch, self._timeline.live_epoch, next_one - epoch))

    def _update_hovered(self) -> None:
        line, before = self.line, self._pointed
        is_over = self._mouse is not None and line is not None and self.area.contains(QPointF(self._mouse))
        if is_over and line is not None and self._mouse is not None:
            self._pointed = int(np.abs(self._places(line.epochs) - self._mouse.x()).argmin())
            self._read_out.show_text([self._values_at(self._pointed)], self._mouse)
        else:
            self._pointed = -1
            self._read_out.show_text("", None)
        if self._pointed != before:
            self._update_if_changed()

    def _values_at(self, number: int) -> list[tuple[str, str]]:
        """Returns the predictions of a snapshot for the read-out: all classes, the most confident first, that fit."""
        known: PastPredictions = self._query.result
        head = f"epoch {text.epochs(round(known.epochs[number], 2))}"
        values, targets = known.predictions[number], self._targets.all
        if targets:
            words = [_named_number(*pair) for pair in zip(targets, self._targets.values(values).tolist(), strict=True)]
            order = list(range(len(words)))
        else:
            names, order = self._session.class_names, np.argsort(-values, kind="stable").tolist()
            words = [f"{name}: {100 * min(max(value, 0), 1):.0f} %" for name, value in zip(names, values, strict=True)]
        pieces, room = [(head, "muted")], self.width() - _width(head) - 2 * _BETWEEN
        for index in order:
            room -= _width(words[index]) + _BETWEEN
            if room < 0:
                break
            pieces.append((words[index], "ink" if index == order[0] or targets else "muted"))
        return pieces

    # ---- places

    @property
    def area(self) -> QRectF:
        """The rectangle of the chart, in pixels of the widget."""
        left, width = self._span
        return QRectF(left, 0, width, self.height())

    def _places(self, epochs: Sequence[float]) -> Array:
        """Returns the x positions of epochs."""
        area = self.area
        return np.asarray(area.left() + self._axes.share(np.array(epochs, float), self._across) * area.width())

    def _epoch_at(self, x: float) -> float:
        return self._axes.epoch_at((x - self.area.left()) / self.area.width(), self._across)

    @property
    def _playhead(self) -> float:
        return float(self._places([self._session.displayed.epochs])[0])

    @property
    def _second(self) -> float | None:
        """The x position of the epoch that the displayed one is compared with; None without one in view."""
        epoch = self._session.side_by_side.second_epoch
        place = None if epoch is None else float(self._places([epoch])[0])
        return None if place is None or not self._is_in_view(place) else place

    def _is_in_view(self, place: float) -> bool:
        return self.area.left() - 1 <= place <= self.area.right() + 1

    @property
    def figures(self) -> tuple[str, str]:
        """The values at the displayed epoch and at that which it is compared with; "" for one that is not known."""
        now, second = self._timeline.epoch, self._session.side_by_side.second_epoch
        first = self.line.figures[-1] if self.line is not None and now is None else self._figure_at(now)
        return first, self._figure_at(second)

    def _figure_at(self, epoch: float | None) -> str:
        line = self.line
        if line is None or epoch is None or epoch not in line.epochs:
            return ""
        return line.figures[list(line.epochs).index(epoch)]

    # ---- painting

    def _redraw(self) -> None:
        self._painted = None
        self.update()

    def _update_if_changed(self) -> None:
        """Paints again if a text or a line would change by at least half a pixel."""
        if self._look() != self._painted:
            self.update()

    def _look(self) -> object:
        """Returns all that is visible, with positions in half pixels."""
        line = self.line
        shown: tuple[object, ...] = ()
        if line is not None:
            places, heights = self._places(line.epochs), np.array(line.shares) * self.height()
            halves = (2 * np.concatenate([places, heights])).round().tolist()
            since, mark = line.since, line.mark
            shown = (halves, since, mark, line.name, self.figures, line.note)
        marks = [None if place is None else round(2 * place) for place in (self._playhead, self._second)]
        return shown, marks, self._timeline.is_live, self._timeline.has_past, self._pointed, self._span, self.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, area = QPainter(self), self.area
        self._painted = self._look()
        painter.setFont(theme.font(theme.SMALL))
        if self.line is not None:
            self._paint_line(painter, area, self.line)
        if self._second is not None:
            painter.setPen(QPen(theme.colour("muted"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(self._second, 0, self._second, self.height()))
        if self._timeline.has_past and self._is_in_view(self._playhead):
            painter.setPen(QPen(theme.colour("ink" if self._timeline.is_live else "looking_back"), 1))
            painter.drawLine(QLineF(self._playhead, 0, self._playhead, self.height()))
        if self.line is not None:
            self._paint_texts(painter, area, self.line)

    def _paint_line(self, painter: QPainter, area: QRectF, line: BandLine) -> None:
        painter.save()
        painter.fillRect(area, theme.colour("field"))
        painter.setClipRect(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places, inside = self._places(line.epochs).tolist(), area.adjusted(0, 1, 0, 0)
        points = [
            QPointF(x, inside.bottom() - share * inside.height())
            for x, share in zip(places, np.clip(line.shares, 0, 1).tolist(), strict=True)
        ]
        fill = QColor(theme.colour("ink"))
        fill.setAlphaF(_FILL)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        ends = QPointF(places[-1], area.bottom()), QPointF(places[0], area.bottom())
        painter.drawPolygon(QPolygonF([*points, *ends]))
        painter.setPen(QPen(theme.colour("ink"), 1.5))
        painter.drawPolyline(QPolygonF(points))
        if line.mark is not None:
            y = inside.bottom() - line.mark * inside.height()
            painter.setPen(QPen(theme.colour("muted"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(area.left(), y, area.right(), y))
        if self._pointed >= 0:
            painter.setPen(QPen(theme.colour("muted"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(places[self._pointed], 0, places[self._pointed], area.bottom()))
        painter.restore()

    def _paint_texts(self, painter: QPainter, area: QRectF, line: BandLine) -> None:
        """Writes the class at the left, the values beside their epochs, and the note from its epoch on."""
        painter.setPen(theme.colour("muted"))
        room = area.left() - _GAP
        words = line.name if _width(line.name) <= room else line.short
        name = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, math.floor(room))
        painter.drawText(QRectF(0, 0, room, self.height()), alignment.RIGHT, name)
        bold = theme.font(theme.SMALL, bold=True)
        (figure, place), *second = self._placed_figures(QFontMetrics(bold))
        painter.setPen(theme.colour("ink"))
        for words, at in second:
            self._write(painter, at, alignment.LEFT, words)
        self._paint_note(painter, area, line, [place, *(at for _, at in second)])
        painter.setFont(bold)
        self._write(painter, place, alignment.LEFT, figure)

    def _placed_figures(self, bold: QFontMetrics) -> list[tuple[str, QRectF]]:
        """Returns the value at the playhead and its place, and those of the second epoch if there is room for both."""
        area, (figure, other), playhead, second = self.area, self.figures, self._playhead, self._second
        width = bold.horizontalAdvance(figure) + 1
        end = playhead + _BESIDE + width
        is_crossed = second is not None and playhead < second < end + _GAP and playhead - _BESIDE - width > area.left()
        is_right = end <= self.width() and not is_crossed
        start = max(playhead, area.left()) + _BESIDE if is_right else min(playhead, area.right()) - _BESIDE - width
        placed = [(figure, QRectF(start, 0, width, self.height()))]
        if second is None or not other:
            return placed
        wide = _width(other) + 1
        taken = min(start, playhead) - _GAP, max(start + width, playhead) + _GAP
        for left in (second + _BESIDE, second - _BESIDE - wide):
            is_free = left >= taken[1] or left + wide <= taken[0]
            if is_free and area.left() <= left and left + wide <= self.width():
                return [*placed, (other, QRectF(left, 0, wide, self.height()))]
        return placed

    def _paint_note(self, painter: QPainter, area: QRectF, line: BandLine, taken: Sequence[QRectF]) -> None:
        """Writes the note right of its epoch, if that is in view and the note would lie over no line and no value."""
        if line.since is None:
            return
        x = float(self._places(line.epochs)[line.since]) + _BESIDE
        place = QRectF(x, 0, _width(line.note) + _GAP, self.height() - 3)
        marks = [QRectF(at, 0, 1, self.height()) for at in (self._playhead, self._second) if at is not None]
        if area.contains(place) and not any(map(place.intersects, [*taken, *marks])):
            self._write(painter, place, alignment.BOTTOM_LEFT, line.note)

    def _write(self, painter: QPainter, place: QRectF, where: int, words: str) -> None:
        """Writes a text over the chart, whose line is faint where it would cross the text."""
        box, line = painter.boundingRect(place, where, words), self.line
        if line is not None:
            across = np.arange(max(box.left(), self.area.left()), min(box.right(), self._places(line.epochs)[-1]))
            heights = self.height() * (1 - np.interp(across, self._places(line.epochs), np.clip(line.shares, 0, 1)))
            if np.any((heights > box.top()) & (heights < box.bottom())):
                veil = QColor(theme.colour("field"))
                veil.setAlphaF(_VEIL)
                painter.fillRect(box.intersected(self.area), veil)
        painter.drawText(place, where, words)


def _named_number(target: Target, value: float) -> str:
    return f"{target.name}: {target.format(value)}"


def _cell(value: object) -> str:
    return text.plain(f"{value:g}" if isinstance(value, float) else str(value))


def _width(words: str) -> int:
    """Returns the width of a small text, in pixels."""
    return QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(words)
