"""Fields for numbers: type a number, or step it with the arrow keys, the mouse wheel or the small arrows."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

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
    QWheelEvent,
)
from PyQt5.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QLineEdit, QWidget

from nnviz.ui import theme
from nnviz.ui.parts import named, set_look

_LEAST_PENALTY = 1e-6
_LARGE_STEP = 10  # what Qt asks for at Page Up and Page Down
_LINE_MARGINS = 4  # pixels that Qt leaves beside the text of a line edit


class FieldEdit(QLineEdit):
    """A line edit that leaves Space, Undo and Redo to the window while the user is not typing into it.

    Enter gives up the focus, so that the keys of the window act, unless the text is marked as wrong.

    Attributes:
        is_in_table: whether it is the editor of a table, which closes it on Enter itself.
        takes_space: whether spaces can be typed. If not, Space always starts and pauses training.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.takes_space, self.is_in_table = True, False

    @property
    def is_typed(self) -> bool:
        """Whether the user is typing: the text was edited and not committed yet."""
        return self.isModified()

    def event(self, event: QEvent) -> bool:
        """Ignores the keys left to the window when Qt asks the field first, before it triggers a shortcut."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and self._leaves_to_window(event)
        ):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if not self.is_in_table:
            _leave_after_enter(self, event)

    def _leaves_to_window(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Space:
            return not (self.takes_space and self.is_typed)
        return not self.is_typed and (
            event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
        )


def _leave_after_enter(field: QWidget, event: QKeyEvent) -> None:
    if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not field.property("wrong"):
        field.clearFocus()


class WheelInFocus:
    """A mixin: the wheel changes a control only if it has the focus, so that scrolling a column changes none."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():  # type: ignore[attr-defined]
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()


class NumberEdit(WheelInFocus, QAbstractSpinBox):
    """A spin box that keeps any text that was typed; its owner decides whether the text is a valid value.

    Enter gives up the focus, so that the keys of the window act, unless the text is marked as wrong.
    Its line edit has the same object name, so that tests and scripts find either.

    Signals:
        committed(text): the user pressed Enter, left the field or stepped the value.

    Attributes:
        line: the line edit; set a validator on it to restrict the text.
    """

    committed = pyqtSignal(str)
    value = pyqtProperty(str, QAbstractSpinBox.text)  # screen readers ask for this property

    def __init__(
        self, name: str, step: Callable[[str, int], str], tip: str, accessible: str, parent: QWidget | None = None
    ) -> None:
        """``step(text, direction)`` returns the next value up (1) or down (-1) as text. It may raise ValueError."""
        super().__init__(parent)
        self._step = step
        self._page = 4 if step in (step_decade, step_decade_or_zero) else _LARGE_STEP
        self._shown, self._tip = "", tip
        self._has_arrows = True
        self.line = FieldEdit(self)
        self.line.takes_space = False
        self.setLineEdit(self.line)
        self.line.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # the Tab key focuses the spin box
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for part in (self, self.line):
            named(part, name, accessible)
        self._update_tooltip()
        self.editingFinished.connect(self._commit)

    @property
    def is_typed(self) -> bool:
        """Whether the user is typing: the text was edited and not committed yet."""
        return self.line.isModified()

    def show_value(self, text: str) -> None:
        """Shows the value in use, unless the user is typing another."""
        self._shown = text
        if not (self.hasFocus() and self.is_typed):
            self._put(text)
        self._update_tooltip()

    def describe(self, step: Callable[[str, int], str], tip: str) -> None:
        """Sets how the value is stepped, and the tooltip."""
        self._step, self._tip = step, tip
        self._update_tooltip()

    def hide_arrows(self) -> None:
        """Leaves their room to the text; keys and wheel still step."""
        self._has_arrows = False
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)

    def forget_typed(self) -> None:
        """Shows the value in use again; what was typed and not committed is dropped, as when the field is hidden."""
        self.line.setModified(False)
        self._put(self._shown)
        set_look(self, "wrong", False)

    def _update_tooltip(self) -> None:
        """Shows a text that does not fit in the tooltip."""
        is_cut = self.line.fontMetrics().horizontalAdvance(self._shown) > self.line.width() - _LINE_MARGINS
        tip = f"{self._shown}. {self._tip}" if is_cut else self._tip
        for part in (self, self.line):
            part.setToolTip(tip)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._update_tooltip()

    def _put(self, text: str) -> None:
        """Sets the text even while the user is typing. Without the focus a long number shows its first digits."""
        self.line.setText(text)
        if not self.hasFocus():
            self.line.setCursorPosition(0)

    def stepBy(self, steps: int) -> None:
        """Steps the value; the arrow keys step by 1, Page Up and Page Down by 10, or by a factor of about ten."""
        text = self.text()
        for _ in range(self._page if abs(steps) == _LARGE_STEP else abs(steps)):
            with suppress(ValueError):  # text that is no number, for example a list, stays as it is
                text = self._step(text, 1 if steps > 0 else -1)
        self._put(text)
        self.committed.emit(text)

    def stepEnabled(self) -> Any:
        """Enables both arrows always; at the end of a range a step keeps the value."""
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def _commit(self) -> None:
        is_typed = self.is_typed  # perhaps the text that was shown: by now the value in use can be another
        self.line.setModified(False)
        if is_typed or self.text() != self._shown or self.property("wrong"):
            self.committed.emit(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Drops what was typed on Esc, and leaves Esc to what is around the field if there is nothing to drop."""
        if event.key() == Qt.Key.Key_Escape and not (self.text() != self._shown or self.property("wrong")):
            event.ignore()
        elif event.key() == Qt.Key.Key_Escape:
            self._put(self._shown)
            self.committed.emit(self._shown)
        else:
            super().keyPressEvent(event)
            _leave_after_enter(self, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the arrows as lines, because SVG exports keep them sharp; a style sheet could only use images."""
        super().paintEvent(event)
        if not self._has_arrows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("muted"), 1.4))
        x, y = self.width() - 13, self.height() / 2
        for base, tip in ((-3, -6), (3, 6)):
            painter.drawPolyline(QPolygonF([QPointF(x - 3, y + base), QPointF(x, y + tip), QPointF(x + 3, y + base)]))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Scrolls a long number back to its first digits."""
        super().focusOutEvent(event)
        self.line.setCursorPosition(0)


class Combo(WheelInFocus, QComboBox):
    """A combo box that scrolling a column does not change."""

    def __init__(self, name: str, accessible: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, name, accessible, tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_value(self, value: object) -> None:
        """Shows the entry that holds the value in use."""
        self.setCurrentIndex(self.findData(value))


def check_box(name: str, title: str, tip: str) -> QCheckBox:
    made = named(QCheckBox(title), name, title, tip)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def step_whole(least: int, by: int = 1, most: float = math.inf) -> Callable[[str, int], str]:
    """Returns a step function for whole numbers from ``least`` to ``most``. Other text steps to ``least``."""

    def step(text: str, direction: int) -> str:
        try:
            value = int(text)
        except ValueError:
            return str(least)
        return str(max(least, min((value // by + direction) * by, most)))

    return step


def step_decade(text: str, direction: int) -> str:
    """Steps through 1, 2, 3, 5 in every power of ten, as suits a learning rate."""
    marks = [mantissa * 10.0**power for power in range(-8, 9) for mantissa in (1, 2, 3, 5)]
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return "0.1"
    above = [mark for mark in marks if mark > value * 1.0001]
    below = [mark for mark in marks if mark < value * 0.9999]
    chosen = above[:1] if direction > 0 else below[-1:]
    return f"{chosen[0]:g}" if chosen else text


def step_by(size: float, most: float = math.inf, least: float = 0) -> Callable[[str, int], str]:
    """Returns a step function of a fixed size, from ``least`` to ``most``."""

    def step(text: str, direction: int) -> str:
        steps = float(text.replace(",", ".")) / size
        if not math.isfinite(steps):
            raise ValueError(f"{text} cannot be stepped")
        return f"{min(max(round(steps + direction) * size, least), most):.6g}"

    return step


def step_decade_or_zero(text: str, direction: int) -> str:
    """Steps like :func:`step_decade`, with 0 below the smallest useful value."""
    value = float(text.replace(",", "."))
    if value == 0:
        return f"{_LEAST_PENALTY:g}" if direction > 0 else "0"
    return "0" if direction < 0 and value <= _LEAST_PENALTY else step_decade(text, direction)
