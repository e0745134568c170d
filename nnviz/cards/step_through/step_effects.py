"""The effect of a step on the network's error, measured before the step is taken."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import DataError
from engine.datasets import Split
from engine.network.network import Network
from engine.training.metrics import Evaluation, Evaluator
from nnviz.cards.step_through.manual_steps import ManualStep, ManualSteps
from nnviz.cards.step_through.step_request import RecordedStep
from nnviz.jobs.serial_thread import SerialThread
from nnviz.session.example_sets import evaluation_set

if TYPE_CHECKING:
    from nnviz.cards.step_through.model import StepThrough


@dataclass(frozen=True)
class StepEffect:
    """The error on ``count`` examples of a split, before and after a step; NaN if outputs are not finite.

    A share of wrong predictions, 0…1; for regression the RMSE in the target's unit (``is_rmse``).
    """

    part: str
    count: int
    before: float
    after: float
    is_rmse: bool = False


class _StoppedError(Exception):
    """Raised in a measurement that is no longer wanted."""


class StepEffects(QObject):
    """Measures the recorded step and the last step that was taken, in a thread of its own.

    Signals:
        changed: ``would`` or ``did`` may have changed.
    """

    changed = pyqtSignal()

    def __init__(self, step_through: StepThrough, steps: ManualSteps, failed: Callable[[Exception], None]) -> None:
        super().__init__()
        self._step_through, self._steps, self._failed = step_through, steps, failed
        self._is_wanted = False
        self._looked_at: ManualStep | None = None
        self._kept: ManualStep | None = None  # the last step that was taken
        # The effects that are known; None for a step that cannot be measured.
        self._found: WeakKeyDictionary[ManualStep, StepEffect | None] = WeakKeyDictionary()
        self._begun: set[ManualStep] = set()
        self._follows: ManualStep | None = None  # the step that begins where the last one ended
        self._thread = SerialThread()
        step_through.changed.connect(self._look)

    def want(self, wanted: bool) -> None:
        """Notes whether a view of the effects is visible."""
        self._is_wanted = wanted
        self._look()

    @property
    def would(self) -> StepEffect | None:
        """The effect that the next step would have; None until it is measured."""
        recorded = self._next_step
        return None if recorded is None else self._found.get(recorded.manual_step)

    @property
    def did(self) -> StepEffect | None:
        """The effect of the last step that was taken; None after any other change, or after Undo.

        Also None at a displayed epoch of the past, to which the step does not belong.
        """
        recorded, last = self._next_step, self._steps.latest
        is_next = recorded is not None and recorded.key.moment is None and recorded.manual_step is self._follows
        is_last = is_next and last is self._kept
        return self._found.get(last) if last is not None and is_last else None

    @property
    def _next_step(self) -> RecordedStep | None:
        """The recorded step if it is the next one; else None."""
        return self._step_through.recorded if self._is_wanted and self._step_through.is_newest else None

    def _look(self) -> None:
        recorded, self._kept = self._next_step, self._steps.latest
        looked_at = None if recorded is None else recorded.manual_step
        if looked_at is not self._looked_at:
            self._looked_at, self._follows = looked_at, None
            if recorded is not None and self._kept is not None:
                self._compare(self._kept, recorded.manual_step)
        if recorded is not None and looked_at not in self._found and looked_at not in self._begun:
            self._begin(recorded.manual_step, recorded.step.network)
        self.changed.emit()

    def _compare(self, last: ManualStep, step: ManualStep) -> None:
        """Checks in the background whether a step begins where the last one ended."""

        def done(follows: bool) -> None:
            if follows and step is self._looked_at and last is self._kept:
                self._follows = step
                self.changed.emit()

        ends, begins = last.after.parameters, step.before.parameters
        self._thread.run(lambda: np.array_equal(ends, begins), done, self._failed)

    def _begin(self, step: ManualStep, network: Network) -> None:
        self._begun.add(step)

        def done(found: StepEffect | None) -> None:
            self._begun.discard(step)
            self._found[step] = found
            self.changed.emit()

        def failed(error: Exception) -> None:
            self._begun.discard(step)
            if isinstance(error, _StoppedError):
                self._look()  # the step may be wanted again
                return
            self._found[step] = None
            if not isinstance(error, MemoryError):
                self._failed(error)

        self._thread.run(lambda: self._measure(step, network), done, failed)

    def _measure(self, step: ManualStep, network: Network) -> StepEffect:
        """Measures the error before and after the step. Runs in the background thread."""
        part = evaluation_set(step.dataset, step.experiment.training.validation_share)
        examples = part.examples
        before, after = (
            self._error(step, network.with_parameters(moment.parameters), examples)
            for moment in (step.before, step.after)
        )
        return StepEffect(part.name, len(examples), before, after, examples.labels is None)

    def _error(self, step: ManualStep, network: Network, split: Split) -> float:
        steps = Evaluator(network, split, step.dataset.target_scaling).steps()
        while step is self._looked_at or step is self._kept:
            try:
                with np.errstate(all="ignore"):
                    next(steps)
            except StopIteration as finished:
                found: Evaluation = finished.value
                return found.error if found.error is not None else float(found.rmse or 0)
            except DataError:
                return math.nan
        raise _StoppedError

    def close(self, milliseconds: int) -> bool:
        """Stops the measurements. Returns whether they stopped in time."""
        self._looked_at = self._kept = None
        return self._thread.close(milliseconds)
