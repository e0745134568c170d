"""Fields for numbers: type one, or step it with the arrow keys, the wheel or the little arrows."""

from __future__ import annotations

import math
from collections.abc import Callable

from PyQt5.QtCore import QEvent, QPointF, Qt, pyqtSignal
from PyQt5.QtGui import (
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PyQt5.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from nnviz.look import theme

_STEPPER_WIDTH = 22
_LEAST_PENALTY = 1e-6


class FieldEdit(QLineEdit):
    """A line edit that keeps the window's keys working while nothing is being typed into it: Space and undo."""

    def set_wrong(self, wrong: bool) -> None:
        """Marks the field."""
        if bool(self.property("wrong")) != wrong:
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)

    def event(self, event: QEvent) -> bool:
        """Qt asks a field whether it wants a key before a shortcut gets it."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.ShortcutOverride and self._leaves(event):
            event.ignore()
            return False
        return super().event(event)

    def _leaves(self, event: QKeyEvent) -> bool:
        is_undo = event.matches(QKeySequence.Undo) or event.matches(QKeySequence.Redo)
        return not self.isModified() and (is_undo or event.key() == Qt.Key_Space)


class NumberEdit(FieldEdit):
    """A line edit for a number. It keeps what was typed; whoever owns it says whether that can be used.

    Signals:
        committed(text): Enter, leaving the field, or a step.
    """

    committed = pyqtSignal(str)

    def __init__(self, name: str, step: Callable[[str, int], str], tip: str, accessible: str) -> None:
        """``step(text, direction)`` gives the next value up (1) or down (-1) as text."""
        super().__init__()
        self.setObjectName(name)
        self.setToolTip(tip)
        self.setAccessibleName(accessible)
        self._step = step
        self._shown = ""
        self.takes_list = False  # several numbers, with spaces between them
        self._arrows = _Stepper(self)
        self.setTextMargins(0, 0, _STEPPER_WIDTH - 6, 0)
        self.editingFinished.connect(self._commit)

    def show_value(self, text: str) -> None:
        """The value in use, unless the person is in the middle of typing another."""
        self._shown = text
        if not (self.hasFocus() and self.isModified()):
            self.setText(text)

    def step(self, direction: int) -> None:
        """The next value up or down."""
        self.setText(self._step(self.text(), direction))
        self.committed.emit(self.text())

    def _commit(self) -> None:
        self.setModified(False)
        if self.text() != self._shown or self.property("wrong"):
            self.committed.emit(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down step; Escape takes back what was typed."""
        if event.key() in (Qt.Key_Up, Qt.Key_Down):
            self.step(1 if event.key() == Qt.Key_Up else -1)
        elif event.key() == Qt.Key_Escape:
            self.setText(self._shown)
            self.committed.emit(self._shown)
        else:
            super().keyPressEvent(event)

    def _leaves(self, event: QKeyEvent) -> bool:
        """A number has no space in it, so Space stays what it is everywhere: train and pause."""
        return (event.key() == Qt.Key_Space and not self.takes_list) or super()._leaves(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only where the field has been clicked, so that scrolling past changes nothing."""
        if self.hasFocus() and event.angleDelta().y():
            self.step(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The arrows stay at the right end."""
        super().resizeEvent(event)
        self._arrows.setGeometry(self.width() - _STEPPER_WIDTH - 2, 2, _STEPPER_WIDTH, self.height() - 4)


class Combo(QComboBox):
    """A choice of names. The wheel scrolls past it, unless it has been clicked."""

    def __init__(self, name: str, accessible: str, tip: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Whoever scrolls the column chooses nothing on the way."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def check_box(name: str, title: str, tip: str) -> QCheckBox:
    """A box to tick with its words beside it."""
    made = QCheckBox(title)
    made.setObjectName(name)
    made.setAccessibleName(title)
    made.setToolTip(tip)
    made.setFocusPolicy(Qt.TabFocus)
    return made


class _Stepper(QWidget):
    """Two small arrows inside the field."""

    def __init__(self, field: NumberEdit) -> None:
        super().__init__(field)
        self._field = field
        self.setCursor(Qt.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._field.setFocus(Qt.MouseFocusReason)
        self._field.step(1 if event.y() < self.height() / 2 else -1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.setPen(QPen(theme.colour("muted"), 1.4))
        x, y = self.width() / 2, self.height() / 2
        for direction in (-1, 1):
            tip = y + direction * 6
            base = y + direction * 3
            painter.drawPolyline(QPolygonF([QPointF(x - 3, base), QPointF(x, tip), QPointF(x + 3, base)]))


def step_whole(least: int, by: int = 1) -> Callable[[str, int], str]:
    """Steps of a fixed size; text that is no number starts again at the least."""

    def step(text: str, direction: int) -> str:
        try:
            value = int(text)
        except ValueError:
            return str(least)
        return str(max(least, (value // by + direction) * by if by > 1 else value + direction))

    return step


def step_decade(text: str, direction: int) -> str:
    """1, 2, 3, 5 in every power of ten: a learning rate is turned by ratios, not by amounts."""
    marks = [mantissa * 10.0**power for power in range(-8, 9) for mantissa in (1, 2, 3, 5)]
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return "0.1"
    above = [mark for mark in marks if mark > value * 1.0001]
    below = [mark for mark in marks if mark < value * 0.9999]
    chosen = above[:1] if direction > 0 else below[-1:]
    return f"{chosen[0]:g}" if chosen else text


def step_by(size: float, most: float = math.inf) -> Callable[[str, int], str]:
    """Steps of a fixed size from 0 up to the most."""

    def step(text: str, direction: int) -> str:
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            return text  # a list, say: it stays what it is
        return f"{min(max(round(value / size + direction) * size, 0), most):.6g}"

    return step


def step_decade_or_zero(text: str, direction: int) -> str:
    """As step_decade, with 0 below the smallest of use: for what can be switched off."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return text
    if value == 0:
        return f"{_LEAST_PENALTY:g}" if direction > 0 else "0"
    return "0" if direction < 0 and value <= _LEAST_PENALTY else step_decade(text, direction)
