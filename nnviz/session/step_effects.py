"""What a step does to the network's error: measured beside it, before it is taken."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Split
from engine.errors import DataError
from engine.metrics import Evaluator
from engine.network import Network
from nnviz.jobs.lane import Lane
from nnviz.session.selection import PARTS
from nnviz.session.taken_steps import Taken


@dataclass(frozen=True)
class Effect:
    """The shares of wrong answers, 0…1, to ``count`` examples of a part: before a step and after it.

    A share is NaN if the answers are not finite.
    """

    part: str
    count: int
    before: float
    after: float


class _StoppedError(Exception):
    """A step is no longer wanted."""


class StepEffects(QObject):
    """Measures in a thread of its own the step that is looked at, and the last one that was taken.

    Signals:
        changed: an effect is known now.
    """

    changed = pyqtSignal()

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        super().__init__()
        self._failed = failed
        self._looked_at: Taken | None = None
        self._kept: Taken | None = None
        self._found: WeakKeyDictionary[Taken, Effect | None] = WeakKeyDictionary()  # None: it cannot be measured
        self._begun: set[Taken] = set()
        self._lane = Lane()

    def of(self, taken: Taken | None) -> Effect | None:
        """The effect of a step; None until it is known, and for networks that do not tell classes apart."""
        return None if taken is None else self._found.get(taken)

    def look_at(self, taken: Taken | None) -> None:
        """Measures that step, and no longer the one before; of None nothing is measured."""
        self._looked_at = taken
        if taken is not None and taken not in self._found and taken not in self._begun:
            self._begin(taken)

    def keep(self, taken: Taken) -> None:
        """Goes on measuring that step while another is looked at, because it is taken."""
        self._kept = taken

    def _begin(self, taken: Taken) -> None:
        self._begun.add(taken)

        def done(found: Effect | None) -> None:
            self._begun.discard(taken)
            self._found[taken] = found
            self.changed.emit()

        def failed(error: Exception) -> None:
            self._begun.discard(taken)
            if not isinstance(error, _StoppedError):
                self._found[taken] = None
                self._failed(error)
            elif taken is self._looked_at:  # again
                self._begin(taken)

        self._lane.run(lambda: self._measure(taken), done, failed)

    def _is_wanted(self, taken: Taken) -> bool:
        return taken is self._looked_at or taken is self._kept

    def _measure(self, taken: Taken) -> Effect | None:
        """Runs in the lane's thread. None if there are no such errors."""
        splits = taken.dataset.splits
        part = next(part for part in PARTS if part in splits)
        before = self._error(taken, taken.step.network, splits[part])
        after = None if before is None else self._error(taken, taken.step.network_after, splits[part])
        return None if before is None or after is None else Effect(part, len(splits[part]), before, after)

    def _error(self, taken: Taken, network: Network, split: Split) -> float | None:
        steps = Evaluator(network, split).steps()
        with np.errstate(all="ignore"):
            while self._is_wanted(taken):
                try:
                    next(steps)
                except StopIteration as finished:
                    error: float | None = finished.value.error
                    return error
                except DataError:
                    return math.nan
        raise _StoppedError

    def close(self, milliseconds: int) -> bool:
        """Stops what is being measured; returns whether that was in time."""
        self._looked_at = self._kept = None
        return self._lane.close(milliseconds)
