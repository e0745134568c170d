"""How a predicted number adds up: the one at the baseline, the contributions, and the prediction."""

from __future__ import annotations

from PyQt5.QtWidgets import QGridLayout, QWidget

from nnviz.cards.explanation.explanation_data import Contributions
from nnviz.formatting import text
from nnviz.formatting.meaning import Meaning
from nnviz.ui.card import label
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.parts import named

_CLOSE = 0.01  # by which the sum may miss the difference, as a share of it


class NumberAccount(QWidget):
    """Three lines of a number and what it is: "20.3 for the average row", "+15.1 the sum of the bars"."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "whyAccount", "How the prediction adds up")
        lines = QGridLayout(self)
        lines.setContentsMargins(0, 4, 0, 4)
        lines.setColumnStretch(1, 1)
        self._figures = [label(role="title") for _ in range(3)]
        self._words = [ElidedLabel(role="muted") for _ in range(3)]
        for row, parts in enumerate(zip(self._figures, self._words, strict=True)):
            for column, part in enumerate(parts):
                lines.addWidget(part, row, column)

    def show_lines(self, lines: list[tuple[str, str]]) -> None:
        """Shows three numbers and what they are; without them nothing."""
        self.setVisible(bool(lines))
        for figure, words, (number, meant) in zip(self._figures, self._words, lines, strict=False):
            figure.setText(number)
            words.setText(meant)


def account_of(found: Contributions, baseline: str, meaning: Meaning) -> list[tuple[str, str]]:
    """Returns the predicted number at the baseline, the sum of the contributions, and the prediction.

    Nothing if the contributions do not sum to the difference, are those to two numbers, or if classes are predicted.
    ``baseline`` is what the example is compared with: "the average row".
    """
    if not meaning.is_regression or found.other is not None or not found.parts or found.share is None:
        return []
    if abs(found.share - 1) > _CLOSE:
        return []
    total = float(found.parts[0].sum()) * meaning.spread(found.one)
    value = meaning.target(float(found.outputs[found.one]), found.one)
    return [
        (text.figure(value - total / found.share, 3), f"for {baseline}"),
        (text.signed(total), "the sum of the bars"),
        (text.figure(value, 3), f"for this {meaning.example}"),
    ]
