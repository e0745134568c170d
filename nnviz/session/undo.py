"""One undo for settings, strokes and networks, in the order in which they were changed.

A step holds ids and values, never networks; the list of runs decides which runs are still kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

# Limits of the steps that are kept: their number, and the memory of their drawings.
_MOST_STEPS = 100
_MOST_BYTES = 64 * 2**20


class Kind(Enum):
    """The kind of a step: what it changes."""

    SETTINGS = "settings"
    DRAWING = "drawing"
    EXAMPLE = "example"
    RUN = "run"
    VIEW = "view"
    EDIT = "edit"
    OWN = "own"
    LIBRARY = "library"


@dataclass(frozen=True, eq=False)
class Step:
    """A change from an old value to a new one.

    Attributes:
        text: what was done, as the Edit menu names it after "Undo".
        kind: what it changes.
        apply: sets the value; called with ``new``, or with ``old`` to undo.
        old, new: the values; they must not be changed in place.
        runs: ids of the runs that undo and redo of this step need.
        nbytes: memory of what the step has added.
    """

    text: str
    kind: Kind
    apply: Callable[[Any], None]
    old: Any
    new: Any
    runs: tuple[int, ...] = ()
    nbytes: int = 0


class Undo(QObject):
    """The steps that were done and those that were undone. ``changed``: the steps have changed."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._before: tuple[list[Step], list[Step], set[int]] = ([], [], set())  # the history before a lesson

    def push(self, step: Step) -> None:
        """Carries out a step and remembers it. Steps that were undone before can no longer be redone."""
        self._undone.clear()
        self._done.append(step)
        while len(self._done) > 1 and (len(self._done) > _MOST_STEPS or self._bytes > _MOST_BYTES):
            del self._done[0]
        step.apply(step.new)
        self.changed.emit()

    @property
    def _bytes(self) -> int:
        return sum(step.nbytes for step in self._done)

    def undo(self) -> None:
        self._undo(self.last())

    def undo_last(self, kind: Kind) -> None:
        """Undoes the last step of that kind, even if steps of other kinds followed it."""
        self._undo(self.last(kind))

    def redo(self) -> None:
        if self._undone:
            step = self._undone.pop()
            self._done.append(step)
            step.apply(step.new)
            self.changed.emit()

    def _undo(self, step: Step | None) -> None:
        if step is not None:
            self._done.remove(step)
            self._undone.append(step)
            step.apply(step.old)
            self.changed.emit()

    def last(self, kind: Kind | None = None, where: Callable[[Step], bool] = lambda step: True) -> Step | None:
        """Returns the last step of that kind for which ``where`` is true; None if there is none."""
        return next((step for step in reversed(self._done) if kind in (None, step.kind) and where(step)), None)

    @property
    def next(self) -> Step | None:
        """The step that redo would carry out; None if there is none."""
        return self._undone[-1] if self._undone else None

    @property
    def runs(self) -> set[int]:
        """Ids of all runs that undo or redo may need."""
        done, undone, needed = self._before
        return {run for step in (*self._done, *self._undone, *done, *undone) for run in step.runs} | needed

    def forget_run(self, run: int) -> None:
        """Drops the steps that need that run, and all steps beyond them."""
        for steps in (self._done, self._undone, *self._before[:2]):
            needing = [number for number, step in enumerate(steps) if run in step.runs]
            if needing:
                del steps[: needing[-1] + 1]
        self.changed.emit()

    def open_history(self, run: int) -> None:
        """Starts an empty history, as for a lesson. The steps of before, and that run, are kept for its end."""
        self._before = self._done, self._undone, {run}
        self._done, self._undone = [], []
        self.changed.emit()

    def close_history(self) -> None:
        """Ends the history that :meth:`open_history` started: its steps are dropped, and those of before come back."""
        self._done, self._undone, _ = self._before
        self._before = [], [], set()
        self.changed.emit()

    def clear(self) -> None:
        self._done.clear()
        self._undone.clear()
        self.changed.emit()
