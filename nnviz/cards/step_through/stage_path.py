"""The path through a step: its stages below each other, one of which is the current one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QPoint, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy

from nnviz.ui import alignment, theme
from nnviz.ui.item_view import ItemView

ROW = 20
_DOT, _AIR = 7, 8


@dataclass(frozen=True)
class PathStage:
    """The name of a stage, and the heading above it if it begins a phase."""

    name: str
    heading: str = ""


class StagePath(ItemView):
    """Draws the stages as stops on a line. A click goes to one; the Left and Right keys go back and forward.

    Signals:
        stepped(forward): Left or Right was pressed.

    Attributes:
        stages: all stages.
        current: the number of the current stage.
        lit: the stages that the term under the mouse comes from.
    """

    stepped = pyqtSignal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.stages: tuple[PathStage, ...] = ()
        self.current = 0
        self.lit: frozenset[int] = frozenset()
        self._tops: list[int] = []  # of each stage's row
        self._height = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._lay_out)

    def show_stages(self, stages: Sequence[PathStage], current: int) -> None:
        """Shows the stages and the current one."""
        if tuple(stages) != self.stages:
            self.stages = tuple(stages)
            self._lay_out()
        if current != self.current:
            self.current = current
            self.update()

    def _lay_out(self) -> None:
        top, self._tops = 0, []
        for stage in self.stages:
            top += theme.px(ROW) * bool(stage.heading)
            self._tops.append(top)
            top += theme.px(ROW)
        self._height = top
        self.setFixedHeight(top)
        self.items_changed()

    def light(self, stages: Iterable[int]) -> None:
        """Outlines these stages, and no others."""
        lit = frozenset(stages)
        if lit != self.lit:
            self.lit = lit
            self.update()

    @property
    def count(self) -> int:
        """The number of stages."""
        return len(self.stages)

    def place_of(self, number: int) -> QRect:
        """Returns the rectangle of a stage."""
        return QRect(0, self._tops[number], self.width(), theme.px(ROW))

    def number_at(self, point: QPoint) -> int | None:
        """Returns the stage at a point; None if there is none."""
        number = bisect_right(self._tops, point.y()) - 1
        return number if number >= 0 and self.place_of(number).contains(point) else None

    def sizeHint(self) -> QSize:
        """Returns a size with room for all stages."""
        return QSize(120, self._height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes back or forward if Left or Right is pressed."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepped.emit(event.key() == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the line, the stops and the names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first = bisect_left(self._tops, event.rect().top() - 2 * theme.px(ROW))
        for number in range(first, bisect_right(self._tops, event.rect().bottom() + theme.px(ROW))):
            self._paint_stage(painter, number, self.stages[number], self.place_of(number))
        self.paint_mark(painter)

    def _paint_stage(self, painter: QPainter, number: int, stage: PathStage, place: QRect) -> None:
        is_current, middle = number == self.current, place.left() + _AIR
        if stage.heading:
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(theme.colour("muted"))
            painter.drawText(
                place.translated(0, -theme.px(ROW)),
                alignment.LEFT,
                stage.heading,
            )
        is_last = number + 1 == self.count or self.stages[number + 1].heading
        ends = place.center().y() if is_last else place.bottom() + theme.px(ROW) // 2
        if not is_last:
            painter.setPen(theme.colour("border"))
            painter.drawLine(middle, place.center().y(), middle, ends)
        dot = QRectF(0, 0, _DOT, _DOT)
        dot.moveCenter(QRectF(middle, place.top(), 1, place.height()).center())
        painter.setPen(theme.colour("ink" if is_current else "muted"))
        painter.setBrush(theme.colour("ink" if is_current else "card"))
        painter.drawEllipse(dot)
        painter.setFont(theme.font(theme.SMALL, is_current))
        painter.setPen(theme.colour("ink" if is_current else "muted"))
        painter.drawText(
            place.adjusted(2 * _AIR + 2, 0, 0, 0),
            alignment.LEFT,
            stage.name,
        )
        if number in self.lit:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.colour("ink"))
            painter.drawRect(place.adjusted(0, 0, -1, -1))
