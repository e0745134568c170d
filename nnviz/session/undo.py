"""One undo for all: settings, strokes, networks, in the order in which they were done.

A step holds ids and values, never networks: which runs can still come back, the list of runs says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

_MOST_STEPS = 100


class Kind(Enum):
    """What a step changes."""

    SETTINGS = "settings"
    DRAWING = "drawing"
    RUN = "run"
    VIEW = "view"


@dataclass(frozen=True)
class Step:
    """Something set to a new value, and back.

    Attributes:
        text: what was done, as the Edit menu tells it behind "Undo".
        kind: what it changes.
        apply: is called with the new value, and with the old one to undo.
        old, new: values that nobody changes.
        runs: ids of the runs without which the step cannot be undone or done again.
    """

    text: str
    kind: Kind
    apply: Callable[[Any], None]
    old: Any
    new: Any
    runs: tuple[int, ...] = ()


class Undo(QObject):
    """Steps that were done and steps that were undone. ``changed``: there are others now."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._done: list[Step] = []
        self._undone: list[Step] = []

    def push(self, step: Step) -> None:
        """Does it, undoably. What was undone cannot be done again after it."""
        self._undone.clear()
        self._done = [*self._done[1 - _MOST_STEPS :], step]
        step.apply(step.new)
        self.changed.emit()

    def undo(self) -> None:
        """Takes back the last step."""
        if self._done:
            self._take_back(len(self._done) - 1)

    def undo_last(self, kind: Kind) -> None:
        """Takes back the last step of that kind, also where steps of another came after it."""
        numbers = [number for number, step in enumerate(self._done) if step.kind is kind]
        if numbers:
            self._take_back(numbers[-1])

    def redo(self) -> None:
        """Does again what was undone last."""
        if self._undone:
            step = self._undone.pop()
            self._done.append(step)
            step.apply(step.new)
            self.changed.emit()

    def _take_back(self, number: int) -> None:
        step = self._done.pop(number)
        self._undone.append(step)
        step.apply(step.old)
        self.changed.emit()

    def last(self, kind: Kind | None = None) -> Step | None:
        """The step that would be taken back, of that kind if one is named."""
        return next((step for step in reversed(self._done) if kind in (None, step.kind)), None)

    @property
    def next(self) -> Step | None:
        """The step that would be done again."""
        return self._undone[-1] if self._undone else None

    @property
    def runs(self) -> set[int]:
        """Ids of all runs that undo or redo can bring back."""
        return {run for step in (*self._done, *self._undone) for run in step.runs}

    def forget_run(self, run: int) -> None:
        """The run is gone: steps that need it, and those beyond them, can no longer be taken back or done again."""
        for steps in (self._done, self._undone):
            needing = [number for number, step in enumerate(steps) if run in step.runs]
            if needing:
                del steps[: needing[-1] + 1]
        self.changed.emit()

    def clear(self) -> None:
        """Nothing can be undone any more."""
        self._done.clear()
        self._undone.clear()
        self.changed.emit()
