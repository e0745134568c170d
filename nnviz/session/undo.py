"""Undoable steps, and one order over all the stacks that they lie on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5 import sip
from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import QUndoCommand, QUndoStack


class Change(QUndoCommand):
    """Something set to a new value, and back: calls ``apply`` with the new value, and with the old one to undo."""

    def __init__(self, text: str, apply: Callable[[Any], None], old: object, new: object) -> None:
        super().__init__(text)
        self._apply = apply
        self.old = old
        self.new = new

    def redo(self) -> None:
        """Qt calls it once when the step is taken."""
        self._apply(self.new)

    def undo(self) -> None:
        """Back to what was."""
        self._apply(self.old)


class History(QObject):
    """Undo and redo over several stacks: what was done last, wherever that was, is taken back first."""

    changed = pyqtSignal()

    def __init__(self, parent: QObject, stacks: list[QUndoStack]) -> None:
        super().__init__(parent)
        self._done: list[QUndoStack] = []  # one entry a step, the latest at the end
        self._undone: list[QUndoStack] = []
        for stack in stacks:
            stack.indexChanged.connect(lambda _, stack=stack: self._follow(stack))

    @property
    def undo_text(self) -> str | None:
        """What would be undone; None if there is nothing."""
        return self._done[-1].undoText() if self._done else None

    @property
    def redo_text(self) -> str | None:
        """What would be done again; None if there is nothing."""
        return self._undone[-1].redoText() if self._undone else None

    def undo(self) -> None:
        """Takes back one step."""
        if self._done:
            self._done[-1].undo()

    def redo(self) -> None:
        """Does one step again."""
        if self._undone:
            self._undone[-1].redo()

    def _follow(self, stack: QUndoStack) -> None:
        """A step was taken, taken back or done again, here or through the stack itself."""
        if sip.isdeleted(stack):  # its last word, as the window goes
            return
        _match(self._done, stack, stack.index())
        _match(self._undone, stack, stack.count() - stack.index())
        self.changed.emit()


def _match(order: list[QUndoStack], stack: QUndoStack, steps: int) -> None:
    """Brings the number of a stack's entries to ``steps``, at the end."""
    while order.count(stack) < steps:
        order.append(stack)
    while order.count(stack) > steps:
        del order[len(order) - 1 - order[::-1].index(stack)]
