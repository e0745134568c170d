"""A table of two runs: how many examples both predict correctly, one of them, or neither."""

from __future__ import annotations

from PyQt5.QtCore import QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from engine.basics.validation import Array
from nnviz.formatting import text
from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import ARROWS

_HEAD, _SIDE_HEAD = 40, 62  # pixels above and beside the cells
_GAP, _SQUARE = 4, 9
_Run = tuple[str, str, str]  # its name, the name of its colour, and its number: "#3"


class AgreementTable(QWidget):
    """A 2 × 2 table with a cell for each combination of right and wrong. Mouse and arrow keys choose a cell.

    Signals:
        chosen(bool, bool): the user chose a cell: whether the first run is wrong, and whether the second is.

    Attributes:
        cell: the chosen cell, (0 or 1, 0 or 1): 1 for wrong.
        counts: (2, 2) the counts; None for nothing.
    """

    chosen = pyqtSignal(bool, bool)

    def __init__(self) -> None:
        super().__init__()
        self.counts: Array | None = None
        self.cell = (0, 1)
        self._runs: tuple[_Run, _Run] = (("", "", ""), ("", "", ""))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self._new_look)

    def show_counts(self, runs: tuple[_Run, _Run], counts: Array) -> None:
        """Shows (2, 2) counts: rows for the first run, columns for the second, each with name, colour and number."""
        self._runs, self.counts = runs, counts
        self.setAccessibleDescription(self.words(self.cell))
        self.update()

    def words(self, cell: tuple[int, int]) -> str:
        """Returns the description of a cell."""
        if self.counts is None:
            return ""
        (one, *_), (other, *_) = self._runs
        says = ("right", "wrong")
        return f"{text.count(int(self.counts[cell]))}: {one} {says[cell[0]]}, {other} {says[cell[1]]}"

    def sizeHint(self) -> QSize:
        return QSize(theme.px(250), theme.px(170))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(210), theme.px(110))

    def place_of(self, cell: tuple[int, int]) -> QRect:
        """Returns the rectangle of a cell."""
        wide, high = (
            (self.width() - theme.px(_SIDE_HEAD)) // 2,
            min(theme.px(70), (self.height() - theme.px(_HEAD)) // 2),
        )
        return QRect(theme.px(_SIDE_HEAD) + cell[1] * wide, theme.px(_HEAD) + cell[0] * high, wide - _GAP, high - _GAP)

    def _new_look(self) -> None:
        self.updateGeometry()
        self.update()

    def _choose(self, cell: tuple[int, int]) -> None:
        if cell != self.cell:
            self.cell = cell
            self.setAccessibleDescription(self.words(cell))
            self.update()
            self.chosen.emit(bool(cell[0]), bool(cell[1]))

    def _at(self, point: QPoint) -> tuple[int, int] | None:
        cells = [(row, column) for row in (0, 1) for column in (0, 1)]
        return next((cell for cell in cells if self.place_of(cell).contains(point)), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._at(event.pos())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._choose(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ARROWS:
            right, down = ARROWS[event.key()]
            self._choose((min(max(self.cell[0] + down, 0), 1), min(max(self.cell[1] + right, 0), 1)))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.counts is None:
            return
        self._paint_heads(painter)
        for row in (0, 1):
            for column in (0, 1):
                self._paint_cell(painter, (row, column))

    def _paint_heads(self, painter: QPainter) -> None:
        painter.setFont(theme.font(theme.SMALL))
        (_, *one), (_, *other) = self._runs
        middle = alignment.CENTER
        for number, words in enumerate(("right", "wrong")):
            top, left = self.place_of((0, number)), self.place_of((number, 0))
            painter.setPen(theme.colour("muted"))
            painter.drawText(QRect(top.left(), theme.px(18), top.width(), theme.px(18)), middle, words)
            side = QRect(theme.px(14), left.top(), theme.px(_SIDE_HEAD - 18), left.height())
            painter.drawText(side, middle, words)
        painter.setPen(Qt.PenStyle.NoPen)
        across = self.place_of((0, 0)).united(self.place_of((0, 1)))
        along = self.place_of((0, 0)).united(self.place_of((1, 0)))
        above, beside = QPoint(across.center().x(), theme.px(9)), QPoint(theme.px(7), along.center().y())
        for (colour, name), centre in ((other, above), (one, beside)):
            square = QRect(0, 0, _SQUARE, _SQUARE)
            square.moveCenter(centre)
            painter.setBrush(theme.colour(colour))
            painter.drawRoundedRect(square, 2, 2)
            painter.setPen(theme.colour("muted"))
            named = QRect(square.right() + 4, square.top() - 5, theme.px(_SIDE_HEAD - 18), _SQUARE + 10)
            painter.drawText(named, alignment.LEFT, name)
            painter.setPen(Qt.PenStyle.NoPen)

    def _paint_cell(self, painter: QPainter, cell: tuple[int, int]) -> None:
        assert self.counts is not None
        place, is_chosen = self.place_of(cell), cell == self.cell
        ring = "ink" if is_chosen else "border"
        painter.setPen(theme.colour(ring))
        painter.setBrush(theme.colour("field"))
        painter.drawRoundedRect(place, 5, 5)
        painter.setFont(theme.font(theme.LARGE, bold=cell[0] != cell[1]))
        painter.setPen(theme.colour("ink" if cell[0] != cell[1] or is_chosen else "muted"))
        painter.drawText(place, alignment.CENTER, text.count(int(self.counts[cell])))
