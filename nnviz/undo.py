"""One undoable step: something set to a new value, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtWidgets import QUndoCommand


class Change(QUndoCommand):
    """Calls ``apply`` with the new value, and with the old one to undo."""

    def __init__(self, text: str, apply: Callable[[Any], None], old: object, new: object) -> None:
        super().__init__(text)
        self._apply = apply
        self._old = old
        self._new = new

    def redo(self) -> None:
        """Qt calls it once when the step is taken."""
        self._apply(self._new)

    def undo(self) -> None:
        """Back to what was."""
        self._apply(self._old)
