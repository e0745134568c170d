"""The popup with the field of the confidence threshold."""

from __future__ import annotations

from PyQt5.QtCore import QPoint, QRegularExpression, Qt
from PyQt5.QtGui import QKeyEvent, QRegularExpressionValidator
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QWidget

from nnviz.session.question import Question
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.fields import NumberEdit
from nnviz.ui.painted_view import ENTER
from nnviz.ui.parts import arranged, named

_STEP = 5  # percent


class ThresholdPopup(QFrame):
    """Asks from which confidence the answer counts as sure. Closes by Enter, Esc or a click elsewhere."""

    def __init__(self, question: Question, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        named(self, "sureBox", "Confidence threshold")
        self._question = question
        self.field = NumberEdit(
            "sureThresholdSpin",
            _step,
            "Sets the confidence threshold: a prediction with less confidence is shown in grey as “not sure”.",
            "Confidence threshold",
        )
        self.field.line.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{0,3} ?%?"), self.field))
        theme.sized(self.field.setFixedWidth, 76)
        self.field.committed.connect(self._enter)
        padding = theme.CARD_PADDING
        margins = (padding, padding, padding, padding)
        words = label("Sure from", "fieldName")
        arranged(QHBoxLayout(self), words, self.field, spacing=theme.GAP, margins=margins)
        question.threshold_changed.connect(self._show_threshold)
        self._show_threshold()

    def open(self, below: QWidget) -> None:
        """Opens the popup below a widget, at its right end."""
        self.adjustSize()
        self.move(below.mapToGlobal(QPoint(below.width() - self.width(), below.height() + 4)))
        self.show()
        self.field.setFocus()
        self.field.selectAll()

    def _show_threshold(self) -> None:
        self.field.show_value(f"{100 * self._question.threshold:.0f} %")

    def _enter(self, entered: str) -> None:
        """Sets the threshold. More than 100 counts as 100; an empty field changes nothing."""
        digits = entered.strip(" %")
        if digits:
            self._question.set_threshold(min(int(digits), 100) / 100)
        self._show_threshold()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER:
            self.hide()
        else:
            super().keyPressEvent(event)


def _step(text: str, direction: int) -> str:
    now = int(text.strip(" %") or 0)
    return f"{min(max((now // _STEP + direction) * _STEP, 0), 100)} %"
