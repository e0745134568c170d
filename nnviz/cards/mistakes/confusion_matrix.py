"""View of a confusion matrix. Mouse and arrow keys choose a cell, row or column."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from PyQt5.QtCore import QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PyQt5.QtWidgets import QSizePolicy

from engine.basics.validation import Array
from nnviz.cards.mistakes.matrix_layout import (
    Cell,
    MatrixLayout,
    cell_colours,
    cell_text,
    difference_colours,
    difference_text,
    inks_on,
    layout_of,
)
from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import ARROWS, ENTER, PaintedView

_LEAST_DRAWN = 13  # Pixels of a cell. Smaller cells are painted as one image, without numbers.
_PAPER = 255


class ConfusionMatrixView(PaintedView):
    """Shows a confusion matrix, or the difference of two. Its image is cached until the numbers change.

    Signals:
        hovered(cell): the :data:`Cell` under the mouse, or None.
        chosen(cell): the user chose a cell, row or column; None for no choice.
        opened(): Enter was pressed.
    """

    hovered = pyqtSignal(object)
    chosen = pyqtSignal(object)
    opened = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._names: Sequence[str] = ()
        self._shares: Array = np.zeros((0, 0))
        self._is_share = self._is_difference = False
        self._choice: Cell | None = None
        self._layout: MatrixLayout | None = None
        self._picture: QPixmap | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # ---- what is shown

    def show_matrix(self, names: Sequence[str], values: Array, is_share: bool) -> None:
        """Shows (classes, classes) counts, or shares 0…1; row = true class. NaN is shown as 0."""
        self._show(names, values, is_share, is_difference=False)

    def show_difference(self, names: Sequence[str], differences: Array) -> None:
        """Shows differences (classes, classes) of the counts of two matrices."""
        self._show(names, differences, is_share=False, is_difference=True)

    def _show(self, names: Sequence[str], values: Array, is_share: bool, is_difference: bool) -> None:
        kind = is_share, is_difference
        is_other = list(names) != list(self._names) or kind != (self._is_share, self._is_difference)
        if is_other or not _same(values, self._shares):
            self._names, self._shares = list(names), values
            self._is_share, self._is_difference = kind
            self._redraw()
            if self._mouse is not None:
                self._update_hovered()

    def show_choice(self, cell: Cell | None) -> None:
        """Outlines a cell, row or column."""
        if cell != self._choice:
            self._choice = cell
            self.update()

    @property
    def cells(self) -> MatrixLayout | None:
        """Layout of the cells; None without classes."""
        if self._layout is None and len(self._names):
            self._layout = layout_of(self._names, self.size())
        return self._layout

    def sizeHint(self) -> QSize:
        """Returns the preferred size, for ten classes."""
        return QSize(264, 250)

    def minimumSizeHint(self) -> QSize:
        """Returns the smallest size at which the colours can be distinguished."""
        return QSize(120, 100)

    def _redraw(self) -> None:
        self._layout = self._picture = None
        self.update()

    # ---- events

    def _update_hovered(self) -> None:
        mouse, cells = self._mouse, self.cells
        self.hovered.emit(None if mouse is None or cells is None else cells.at(mouse.x(), mouse.y()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the cell under the mouse. A second click on it, or one outside, ends the choice."""
        if event.button() == Qt.MouseButton.LeftButton and self.cells is not None:
            cell = self.cells.at(event.x(), event.y())
            self.chosen.emit(None if cell == self._choice else cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves the choice by the arrow keys, also to the headers; Enter opens it."""
        if event.key() in ENTER:
            self.opened.emit()
        elif event.key() in ARROWS and self._names and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.chosen.emit(self._beside(*ARROWS[event.key()]))
        else:
            super().keyPressEvent(event)

    def _beside(self, right: int, down: int) -> Cell | None:
        row, column = (-1 if part is None else part for part in self._choice or (None, None))
        last = len(self._names) - 1
        row, column = min(max(row + down, -1), last), min(max(column + right, -1), last)
        return None if row < 0 and column < 0 else (row if row >= 0 else None, column if column >= 0 else None)

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.cells is None:
            return
        if self._picture is None:
            self._picture = self._draw(self.cells)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._choice is not None and max(part or 0 for part in self._choice) < len(self._names):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour("ink"), 2))
            painter.drawRoundedRect(self.cells.around(self._choice), 3, 3)

    def _draw(self, cells: MatrixLayout) -> QPixmap:
        picture = self._new_pixmap(self.size())
        painter = QPainter(picture)
        colours = (difference_colours if self._is_difference else cell_colours)(self._shares)
        if min(cells.wide, cells.high) < _LEAST_DRAWN:
            painter.drawImage(cells.area, _image(colours))
        else:
            self._draw_cells(painter, cells, colours)
        self._draw_names(painter, cells)
        painter.end()
        return picture

    def _draw_cells(self, painter: QPainter, cells: MatrixLayout, colours: Array) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text_of = difference_text if self._is_difference else partial(cell_text, is_share=self._is_share)
        texts = [[text_of(value) for value in row] for row in self._shares.tolist()]
        room = cells.rect(0, 0).width() - 1
        right = _fitting([row[number] for number, row in enumerate(texts)], room + cells.gap + 1)
        wrong = _fitting(_off_diagonal(texts), room)
        if self._is_difference and wrong is None:  # colours say which are more and which fewer
            texts = [
                [text if row == column else text.lstrip("+−") for column, text in enumerate(line)]
                for row, line in enumerate(texts)
            ]
            wrong = _fitting(_off_diagonal(texts), room)
        plain, inks = theme.colour("muted"), inks_on(colours)
        for row, column in np.argwhere((np.nan_to_num(self._shares) != 0) | np.eye(len(texts), dtype=bool)).tolist():
            place = cells.rect(row, column)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(*colours[row, column].tolist()))
            painter.drawRoundedRect(place, 2, 2)
            font = right if row == column else wrong
            if font is not None:
                painter.setFont(font)
                painter.setPen(plain if row == column else inks[row][column])
                painter.drawText(place.adjusted(-2, 0, 2, 0), alignment.CENTER, texts[row][column])

    def _draw_names(self, painter: QPainter, cells: MatrixLayout) -> None:
        font = theme.font(theme.SMALL)
        metrics = QFontMetrics(font)
        painter.setFont(font)
        painter.setPen(theme.colour("muted"))
        each_row, each_column = cells.every
        left = round(cells.left)
        for number, name in enumerate(self._names):
            place = cells.rect(number, number)
            if number % each_row == 0:
                middle = QRect(0, place.center().y() - theme.px(10), left - 6, theme.px(20))
                shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, middle.width())
                painter.drawText(middle, alignment.RIGHT, shown)
            if number % each_column == 0:
                self._draw_column_name(painter, cells, place, name)

    def _draw_column_name(self, painter: QPainter, cells: MatrixLayout, place: QRect, name: str) -> None:
        top = round(cells.top)
        if not cells.is_upright:
            over = QRect(place.center().x() - theme.px(40), 0, theme.px(80), top - 2)
            painter.drawText(over, alignment.BOTTOM, name)
            return
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, top - 6)
        painter.save()
        painter.translate(place.center().x(), top - 4)
        painter.rotate(-90)
        painter.drawText(
            QRect(0, -theme.px(10), top, theme.px(20)),
            alignment.LEFT,
            shown,
        )
        painter.restore()


def _same(one: Array, other: Array) -> bool:
    return one.shape == other.shape and bool(np.array_equal(one, other, equal_nan=True))


def _off_diagonal(texts: Sequence[Sequence[str]]) -> list[str]:
    return [text for row, line in enumerate(texts) for column, text in enumerate(line) if row != column]


def _fitting(texts: Sequence[str], width: int) -> QFont | None:
    """Returns the largest font in which all texts fit the width; None if it would be smaller than any text may be."""
    longest, font = max(texts, key=len, default=""), theme.font(theme.SMALL)
    for pixels in range(font.pixelSize(), theme.SMALL - 1, -1):
        font.setPixelSize(pixels)
        if QFontMetrics(font).horizontalAdvance(longest) <= width:
            return font
    return None


def _image(colours: Array) -> QImage:
    """Returns an image with a pixel for each cell."""
    opaque = np.full((*colours.shape[:2], 1), _PAPER, np.uint8)
    pixels = np.ascontiguousarray(np.concatenate([colours, opaque], axis=2))
    high, wide = colours.shape[:2]
    return QImage(pixels.tobytes(), wide, high, 4 * wide, QImage.Format.Format_RGBA8888).copy()
