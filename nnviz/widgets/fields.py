"""Fields for numbers: type one, or step it with the arrow keys, the wheel or the little arrows."""

from __future__ import annotations

import math
from collections.abc import Callable

from PyQt5.QtCore import QEvent, QPointF, Qt, pyqtProperty, pyqtSignal
from PyQt5.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QValidator,
    QWheelEvent,
)
from PyQt5.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QLineEdit, QWidget

from nnviz.look import theme

_LEAST_PENALTY = 1e-6
_LINE_MARGINS = 4  # pixels that Qt leaves beside the text of a line edit


class FieldEdit(QLineEdit):
    """A line edit that keeps the window's keys working while nothing is being typed into it: Space and undo.

    Attributes:
        takes_space: whether a space may be part of what is typed. If not, Space always trains and pauses.
    """

    def __init__(self) -> None:
        super().__init__()
        self.takes_space = True

    @property
    def is_typed(self) -> bool:
        """Whether the person is in the middle of typing."""
        return self.isModified()

    def set_wrong(self, wrong: bool) -> None:
        """Marks the field."""
        _mark(self, wrong)

    def event(self, event: QEvent) -> bool:
        """Qt asks a field whether it wants a key before a shortcut gets it."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.ShortcutOverride and self._leaves(event):
            event.ignore()
            return False
        return super().event(event)

    def _leaves(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key_Space:
            return not (self.takes_space and self.is_typed)
        return not self.is_typed and (event.matches(QKeySequence.Undo) or event.matches(QKeySequence.Redo))


class NumberEdit(QAbstractSpinBox):
    """A spin box for a number. It keeps what was typed; whoever owns it says whether that can be used.

    Its line edit has the same object name, so that either is found by it.

    Signals:
        committed(text): Enter, leaving the field, or a step.
    """

    committed = pyqtSignal(str)
    value = pyqtProperty(str, QAbstractSpinBox.text)  # under this name screen readers ask for it

    def __init__(self, name: str, step: Callable[[str, int], str], tip: str, accessible: str) -> None:
        """``step(text, direction)`` gives the next value up (1) or down (-1) as text."""
        super().__init__()
        self._step = step
        self._shown, self._tip = "", tip
        self._line = FieldEdit()
        self._line.takes_space = False
        self.setLineEdit(self._line)
        self._line.setFocusPolicy(Qt.ClickFocus)  # the Tab key comes to the box
        self.setFocusPolicy(Qt.StrongFocus)
        for part in (self, self._line):
            part.setObjectName(name)
            part.setAccessibleName(accessible)
        self._tell_whole()
        self.editingFinished.connect(self._commit)

    @property
    def is_typed(self) -> bool:
        """Whether the person is in the middle of typing."""
        return self._line.isModified()

    def set_takes_list(self, takes_list: bool) -> None:
        """Whether several numbers may be typed, with spaces between them."""
        self._line.takes_space = takes_list

    def set_validator(self, validator: QValidator) -> None:
        """What can be typed at all."""
        self._line.setValidator(validator)

    def set_wrong(self, wrong: bool) -> None:
        """Marks the field."""
        _mark(self, wrong)

    def show_value(self, text: str) -> None:
        """The value in use, unless the person is in the middle of typing another."""
        self._shown = text
        if not (self.hasFocus() and self.is_typed):
            self._put(text)
        self._tell_whole()

    def _tell_whole(self) -> None:
        """What does not fit is told by the tooltip."""
        is_cut = self._line.fontMetrics().horizontalAdvance(self._shown) > self._line.width() - _LINE_MARGINS
        tip = f"{self._shown}. {self._tip}" if is_cut else self._tip
        for part in (self, self._line):
            part.setToolTip(tip)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or less may fit."""
        super().resizeEvent(event)
        self._tell_whole()

    def _put(self, text: str) -> None:
        """Also while it is typed into; a long number is seen from its start as soon as it is not."""
        self._line.setText(text)
        if not self.hasFocus():
            self._line.setCursorPosition(0)

    def stepBy(self, steps: int) -> None:
        """So many values up or down: one by the arrows, ten by Page Up and Page Down."""
        text = self.text()
        for _ in range(abs(steps)):
            text = self._step(text, 1 if steps > 0 else -1)
        self._put(text)
        self.committed.emit(text)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabled:
        """Both ways: where a step leads nowhere, it changes nothing."""
        return QAbstractSpinBox.StepUpEnabled | QAbstractSpinBox.StepDownEnabled

    def _commit(self) -> None:
        self._line.setModified(False)
        if self.text() != self._shown or self.property("wrong"):
            self.committed.emit(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape takes back what was typed."""
        if event.key() == Qt.Key_Escape:
            self._put(self._shown)
            self.committed.emit(self._shown)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The arrows are lines, which stay lines in a card that is exported as SVG; a style sheet has only images."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.setPen(QPen(theme.colour("muted"), 1.4))
        x, y = self.width() - 13, self.height() / 2
        for base, tip in ((-3, -6), (3, 6)):
            painter.drawPolyline(QPolygonF([QPointF(x - 3, y + base), QPointF(x, y + tip), QPointF(x + 3, y + base)]))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What was typed is taken."""
        super().focusOutEvent(event)
        self._line.setCursorPosition(0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only where the field has been clicked, so that scrolling past changes nothing."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _mark(field: QWidget, wrong: bool) -> None:
    """For the style sheet."""
    if bool(field.property("wrong")) != wrong:
        field.setProperty("wrong", wrong)
        field.style().unpolish(field)
        field.style().polish(field)


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
