"""Labels of the diagram: names of inputs and outputs, and numbers beside bars.

They are measured once for a layout, because measuring takes longer than painting.
"""

from __future__ import annotations

import math

from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QFontMetrics, QPainter

from nnviz.cards.stage.diagram.layout import LayerBlock, Layout
from nnviz.formatting import text
from nnviz.ui import alignment, theme

_LEAST_ROW = 10  # Pixels. Lower rows have a name at every second one.
_LARGE_ROW = 22  # pixels at 100 percent, from which short names are large
_SHORT = 2  # letters of a short name
_LINE = 20  # pixels at 100 percent


def name_size(names: list[str]) -> int:
    """Returns the size of the font of outputs: large for digits and letters."""
    return theme.LARGE if all(len(name) <= _SHORT for name in names) else theme.TEXT


class DiagramLabels:
    """All labels of a layout.

    Attributes:
        names, sources: names of the outputs and of the inputs.
    """

    def __init__(self, layout: Layout, names: list[str], sources: list[str]) -> None:
        self.names, self.sources = names, sources
        self._layout = layout
        bars = layout.blocks[-1]
        self._pitch = float(bars.cells[1, 1] - bars.cells[0, 1]) if bars.shown > 1 else bars.box[3] + _LINE
        self._size = name_size(names) if self._pitch >= theme.px(_LARGE_ROW) else theme.SMALL
        self._elided: dict[tuple[int, bool], str] = {}
        self._elided_sources: dict[int, str] = {}

    @property
    def is_legible(self) -> bool:
        """Whether the rows of outputs are high enough for a number in each."""
        return self._pitch >= theme.px(_LEAST_ROW)

    def paint_sources(self, painter: QPainter, block: LayerBlock, numbers: list[int]) -> None:
        """Paints the names of inputs to the left of their dots."""
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        wide, line = self._layout.sources, theme.px(_LINE)
        if not wide:
            return
        pitch = float(block.cells[1, 1] - block.cells[0, 1]) if block.shown > 1 else line
        every = math.ceil(theme.px(_LEAST_ROW) / pitch)
        for place, ((left, top, _, height), number) in enumerate(zip(block.cells.tolist(), numbers, strict=True)):
            if place % every:
                continue
            room = QRectF(left - wide - 6, top + height / 2 - line / 2, wide, line)
            painter.drawText(room, alignment.RIGHT, self._source(number))

    def _source(self, number: int) -> str:
        if number not in self._elided_sources:
            name = self.sources[number] if number < len(self.sources) else str(number + 1)
            self._elided_sources[number] = QFontMetrics(theme.font(theme.SMALL)).elidedText(
                name, Qt.TextElideMode.ElideMiddle, self._layout.sources
            )
        return self._elided_sources[number]

    def paint_names(self, painter: QPainter, block: LayerBlock, numbers: list[int], winner: int | None) -> None:
        """Paints the names of outputs before their bars, that of the largest in bold, and the number of the others."""
        plain, bold = theme.font(self._size), theme.font(self._size, bold=True)
        every = math.ceil(theme.px(_LEAST_ROW) / self._pitch)  # in low rows, some names would cover others
        of_winner = numbers.index(winner) if winner in numbers else -every
        for place, (box, number) in enumerate(zip(block.cells.tolist(), numbers, strict=True)):
            is_winner = number == winner
            if not is_winner and (place % every or abs(place - of_winner) < every):
                continue
            painter.setFont(bold if is_winner else plain)
            painter.setPen(theme.colour("ink" if is_winner else "muted"))
            painter.drawText(self._beside(block, box), alignment.LEFT, self._name(number, is_winner))
        if block.rest is not None:
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(theme.colour("muted"))
            painter.drawText(
                self._beside(block, list(block.rest)), alignment.LEFT, others_text(block.size - block.shown)
            )

    def _beside(self, block: LayerBlock, box: list[float]) -> QRectF:
        line = theme.px(_LINE + 4)
        return QRectF(block.box[0], box[1] + box[3] / 2 - line / 2, self._layout.names + 4, line)

    def _name(self, number: int, is_bold: bool) -> str:
        found = self._elided.get((number, is_bold))
        if found is None:
            metrics = QFontMetrics(theme.font(self._size, bold=is_bold))
            found = metrics.elidedText(self.names[number], Qt.TextElideMode.ElideMiddle, self._layout.names + 4)
            found = self._elided[number, is_bold] = "" if found == "…" else found
        return found

    def paint_percent(self, painter: QPainter, box: list[float], words: str) -> None:
        """Paints a percent to the right of a bar."""
        self._paint_number(painter, QRectF(box[0] + box[2] + 6, box[1], theme.px(60), box[3]), words, "muted")

    def paint_figure(self, painter: QPainter, box: list[float], words: str) -> None:
        """Paints an output that is a number in the place of a bar."""
        self._paint_number(painter, QRectF(*box), words, "ink")

    def _paint_number(self, painter: QPainter, box: QRectF, words: str, ink: str) -> None:
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour(ink))
        painter.drawText(box.adjusted(0, -theme.px(6), 0, theme.px(6)), alignment.LEFT, words)


def others_text(count: int) -> str:
    """Returns the words for the outputs without a bar: "38 others"."""
    return f"{text.count(count)} others"
