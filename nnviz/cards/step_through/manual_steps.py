"""Single steps that the user takes, on the next batch or on one example, with Undo until the run is trained further."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from PyQt5.QtCore import QObject

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.explain.step_trace import TrainerSnapshot, take_trainer_snapshot
from engine.training.trainer import Trainer
from nnviz.session.run import Run
from nnviz.session.session import Session
from nnviz.session.status import Progress, Stage
from nnviz.session.undo import Kind, Step

_NOTE = "a step on one example"  # the mark in the curves


@dataclass(frozen=True, eq=False)
class ManualStep:
    """A single step of a run. It holds only what taking and undoing it need, since Undo keeps it.

    Attributes:
        run: the run's id.
        before, after: the state of training before and after the step.
        batches: the number of batches of an epoch.
        is_given: whether it is a step on one example, not on the next batch.
        dataset, experiment: the data and the settings of the training.
        is_first: whether the step begins a training.
    """

    run: int
    before: TrainerSnapshot
    after: TrainerSnapshot
    batches: int
    is_given: bool
    dataset: Dataset
    experiment: Experiment
    is_first: bool


class ManualSteps(QObject):
    """Takes single steps and undoes them. Undo holds the steps; the runs as they were before are kept here."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._runs, self._training = session, session.runs, session.training
        self._messages = session.messages
        # Of the steps in effect: the run as it was, and the state of its training if that had ended.
        self._before: WeakKeyDictionary[ManualStep, tuple[Run, Future[TrainerSnapshot | None] | None]] = (
            WeakKeyDictionary()
        )
        self._taking: ManualStep | None = None  # a step that the worker is about to take
        self._is_unwanted = False  # whether it was undone before the worker had taken it
        self._training.state_changed.connect(self._take_back_unwanted)

    @property
    def latest(self) -> ManualStep | None:
        """The step that Undo would undo now; None if that is another change."""
        last = self._session.undo.last()
        if last is None or last.apply != self._apply:
            return None
        step: ManualStep = last.new[0]
        return step

    def take(self, step: ManualStep) -> None:
        """Takes a step of the current run, which can be undone. It must be the next step, and nothing may train."""
        text = "step on one example" if step.is_given else "step on the next batch"
        ways, runs = ((step, False), (step, True)), (step.run,)
        nbytes = step.before.nbytes + step.after.nbytes
        self._session.undo.push(Step(text, Kind.EDIT, self._apply, *ways, runs, nbytes))

    def _apply(self, step_and_direction: tuple[ManualStep, bool]) -> None:
        step, is_forward = step_and_direction
        run = self._runs.by_id(step.run)
        if run is None:
            return
        (self._go if is_forward else self._go_back)(run, step)

    def _stands_at(self, run: Run, step: ManualStep, parameters: Array) -> bool:
        """Whether the run is unchanged since it had these parameters."""
        is_still = run.stage is not Stage.TRAINING and self._session.data.dataset is step.dataset
        return is_still and np.array_equal(run.parameters, parameters)

    # ---- forward

    def _go(self, run: Run, step: ManualStep) -> None:
        if step is self._taking:
            self._is_unwanted = False
            return
        is_ready = self._training.can_start and not self._training.starts_new_network
        is_next = run is self._runs.current and self._stands_at(run, step, step.before.parameters)
        if not is_ready or not is_next:
            self._messages.show(
                "Redo of the step is not possible: the network, the data or the settings have changed. Take a new step."
            )
            return
        is_over, call = run.stage is Stage.ENDED, self._training.runner.call
        self._before[step] = run.copy(), call(run.id, _moment) if is_over else None
        if step.is_given:
            self._learn_example(run, step)
        else:
            self._taking, self._is_unwanted = step, False
            self._training.step_batch()

    def _learn_example(self, run: Run, step: ManualStep) -> None:
        """Replaces the run's training by the one that has learned the example."""
        after, dataset = step.after, step.dataset
        if step.is_first:
            run.begin(step.experiment)
        progress = after.state.progress
        epochs = run.experiment.training.epochs
        run.progress = Progress(progress["epoch"], epochs, progress["batch"], step.batches, before=run.progress.before)
        run.stage = Stage.PAUSED
        run.changed_by_hand()
        run.changes += 1
        run.parameters = after.parameters
        run.history.note_change(run.epochs, _NOTE)
        self._training.begin(run, lambda: after.trainer(run.network, dataset), words=_NOTE)
        self._show(run)

    # ---- back

    def _go_back(self, run: Run, step: ManualStep) -> None:
        known = self._before.get(step)
        if step is self._taking:
            self._is_unwanted = True
        if known is None or step is self._taking:
            return
        if not self._stands_at(run, step, step.after.parameters):
            self._messages.show(
                "Undo of the step is not possible: the network was trained or the data changed since. "
                "Go back on the timeline instead."
            )
            return
        before, over = self._before.pop(step)
        experiment = run.experiment
        run.go_back_to(before)
        self._make_trainer(run, step, over)
        if run.stage is Stage.PAUSED:
            words = run.adopt(experiment.training, step.dataset)
            self._training.runner.worker.change(run.id, run.experiment.training, words)
        self._show(run)

    def _take_back_unwanted(self) -> None:
        """Undoes a step that was undone before the worker had taken it."""
        step, run = self._taking, None if self._taking is None else self._runs.by_id(self._taking.run)
        if step is not None and (run is None or run.stage is not Stage.TRAINING):
            self._taking = None
            if self._is_unwanted:
                self._apply((step, False))

    def _make_trainer(self, run: Run, step: ManualStep, over: Future[TrainerSnapshot | None] | None) -> None:
        """Makes the worker go back too: to the training before the step, or to a network without a training."""
        worker, parameters = self._training.runner.worker, run.parameters

        def make() -> Trainer:
            ended = None if over is None else over.result()
            return (ended or step.before).trainer(run.network, step.dataset)

        if run.stage is not Stage.RESTING:
            self._training.begin(run, make)
        else:
            worker.forget(run.id)
            self._training.runner.call(run.id, lambda _: np.copyto(run.network.parameters, parameters))

    def _show(self, run: Run) -> None:
        self._training.runner.worker.drop_frame()  # a copy of the parameters before the change
        run.keep_snapshot()
        if run is self._runs.current:
            self._session.displayed.show(run)
        self._runs.emit_history(run)
        self._runs.emit_file(run)
        self._session.edits.errors.measure(run)
        self._training.state_changed.emit()


def _moment(trainer: Trainer | None) -> TrainerSnapshot | None:
    return None if trainer is None else take_trainer_snapshot(trainer)
