"""The pairs of classes that are confused most, as bars: where a confusion matrix has no room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt5.QtCore import pyqtSignal
from PyQt5.QtGui import QKeyEvent

from engine.basics.validation import Array
from nnviz.cards.mistakes.matrix_layout import Cell
from nnviz.formatting import text
from nnviz.ui.named_bars import NamedBars
from nnviz.ui.painted_view import ENTER
from nnviz.ui.parts import named

_MOST = 12  # pairs


class ConfusedPairs(NamedBars):
    """Bars of the cells of a confusion matrix with the largest counts, or the largest differences of counts.

    Signals:
        chosen(cell): the user chose a pair, or None: the chosen one again.
        opened: Enter on the chosen pair.
    """

    chosen = pyqtSignal(object)
    opened = pyqtSignal()

    def __init__(self) -> None:
        self._is_difference = False
        super().__init__(number=self._number_text)
        tip = "Click a pair to list its examples; again for all mistakes."
        named(self, "confusedPairs", "Pairs of classes that are confused most", tip)
        self._cells: list[tuple[int, int]] = []
        self._choice: Cell | None = None
        self.picked.connect(self._pick)

    def show_counts(self, names: Sequence[str], matrix: Array) -> None:
        """Shows counts (classes, classes), row = true class, column = predicted class."""
        self._show(names, matrix, is_signed=False)

    def show_differences(self, names: Sequence[str], differences: Array) -> None:
        """Shows differences of counts (classes, classes)."""
        self._show(names, differences, is_signed=True)

    def _show(self, names: Sequence[str], values: Array, is_signed: bool) -> None:
        wrong = np.where(np.eye(len(values), dtype=bool), 0, values)
        most = np.argsort(-np.abs(wrong.ravel()), kind="stable")[:_MOST]
        self._is_difference = is_signed
        self._cells = [divmod(int(place), len(values)) for place in most if wrong.flat[place]]
        rows = [f"{names[true]} as {names[answer]}" for true, answer in self._cells]
        self.show_rows(rows, np.array([wrong[cell] for cell in self._cells], dtype=float), is_signed)
        self.show_choice(self._choice)

    def _number_text(self, value: float) -> str:
        return f"{'+' * (self._is_difference and value > 0)}{text.count(round(value))}"

    def show_choice(self, cell: Cell | None) -> None:
        """Outlines a pair."""
        self._choice = cell
        places = [row for row, number in enumerate(self.order) if self._cells[number] == cell]
        self.point_at(places[0] if places else None)

    def _pick(self, row: int) -> None:
        cell = self._cells[self.order[row]]
        self.chosen.emit(None if cell == self._choice else cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the example of the chosen pair."""
        if event.key() in ENTER and self.marked is not None and self._cells[self.order[self.marked]] == self._choice:
            self.opened.emit()
        else:
            super().keyPressEvent(event)
