"""Steps that a person takes singly: on the next batch, or on one example. Each can be undone until more is trained."""

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
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.edited_errors import EditedErrors
from nnviz.session.messages import Messages
from nnviz.session.run import Run
from nnviz.session.runs import Runs
from nnviz.session.status import Progress, Stage
from nnviz.session.training import Training
from nnviz.session.undo import Kind, Step, Undo

_NOTE = "a step on one example"  # beside the curves


@dataclass(frozen=True, eq=False)
class Taken:
    """A step of a run: what is needed to take it and to take it back, and no more, since Undo keeps it.

    Attributes:
        run: the run's id.
        before, after: the training around it.
        batches: of an epoch.
        is_given: whether it is a step on one example, not on the next batch.
        dataset, experiment: what it is trained with.
        is_first: whether a training begins with it.
    """

    run: int
    before: TrainerSnapshot
    after: TrainerSnapshot
    batches: int
    is_given: bool
    dataset: Dataset
    experiment: Experiment
    is_first: bool


class TakenSteps(QObject):
    """Takes steps and takes them back. Undo holds what says which step; the run as it was before is kept beside it."""

    def __init__(
        self,
        data: Data,
        runs: Runs,
        displayed: Displayed,
        training: Training,
        undo: Undo,
        errors: EditedErrors,
        messages: Messages,
    ) -> None:
        super().__init__()
        self._data, self._runs, self._displayed = data, runs, displayed
        self._training, self._undo, self._errors, self._messages = training, undo, errors, messages
        # Of the steps that are in force: the run as it was, and the moment of a training that was over.
        self._before: WeakKeyDictionary[Taken, tuple[Run, Future[TrainerSnapshot | None] | None]] = WeakKeyDictionary()
        self._taking: Taken | None = None  # a step that the worker has been told to take
        self._is_unwanted = False  # whether it was undone before the worker had taken it
        training.state_changed.connect(self._take_back_unwanted)

    @property
    def latest(self) -> Taken | None:
        """The step that Undo would take back now; None if that is another change."""
        last = self._undo.last()
        if last is None or last.apply != self._apply:
            return None
        taken: Taken = last.new[0]
        return taken

    def take(self, taken: Taken) -> None:
        """Takes a step of the current run, as one step to undo. It must be the next one, and nothing may train."""
        text = "step on one example" if taken.is_given else "step on the next batch"
        ways, runs = ((taken, False), (taken, True)), (taken.run,)
        nbytes = taken.before.nbytes + taken.after.nbytes
        self._undo.push(Step(text, Kind.EDIT, self._apply, *ways, runs, nbytes))

    def _apply(self, taken_and_way: tuple[Taken, bool]) -> None:
        taken, is_forward = taken_and_way
        run = self._runs.by_id(taken.run)
        if run is None:
            return
        (self._go if is_forward else self._go_back)(run, taken)

    def _stands_at(self, run: Run, taken: Taken, parameters: Array) -> bool:
        """Whether nothing has happened to the run since it had these parameters."""
        is_still = run.stage is not Stage.TRAINING and self._data.dataset is taken.dataset
        return is_still and np.array_equal(run.parameters, parameters)

    # ---- forward

    def _go(self, run: Run, taken: Taken) -> None:
        if taken is self._taking:
            self._is_unwanted = False
            return
        is_ready = self._training.can_start and not self._training.is_another_network
        is_next = run is self._runs.current and self._stands_at(run, taken, taken.before.parameters)
        if not is_ready or not is_next:
            self._messages.tell("That step was not taken again: the network, the data or the fields are others now.")
            return
        is_over, look = run.stage is Stage.ENDED, self._training.runner.look
        self._before[taken] = run.copy(), look(run.id, _moment) if is_over else None
        if taken.is_given:
            self._learn_example(run, taken)
        else:
            self._taking, self._is_unwanted = taken, False
            self._training.step_batch()

    def _learn_example(self, run: Run, taken: Taken) -> None:
        """Puts the training that has learned the example in the place of the one before."""
        after, dataset = taken.after, taken.dataset
        if taken.is_first:
            run.begin(taken.experiment)
        progress = after.state.progress
        epochs = run.experiment.training.epochs
        run.progress = Progress(progress["epoch"], epochs, progress["batch"], taken.batches)
        run.stage = Stage.PAUSED
        run.changed_by_hand()
        run.changes += 1
        run.parameters = after.parameters
        run.history.note_change(run.epochs, _NOTE)
        self._training.begin(run, lambda: after.trainer(run.network, dataset), words=_NOTE)
        self._show(run)

    # ---- back

    def _go_back(self, run: Run, taken: Taken) -> None:
        known = self._before.get(taken)
        if taken is self._taking:
            self._is_unwanted = True
        if known is None or taken is self._taking:
            return
        if not self._stands_at(run, taken, taken.after.parameters):
            self._messages.tell(
                "That step was not taken back: since then the network was trained, or the data changed."
            )
            return
        before, over = self._before.pop(taken)
        experiment = run.experiment
        run.go_back_to(before)
        self._make_trainer(run, taken, over)
        if run.stage is Stage.PAUSED:
            words = run.adopt(experiment.training, taken.dataset)
            self._training.runner.worker.change(run.id, run.experiment.training, words)
        self._show(run)

    def _take_back_unwanted(self) -> None:
        """Takes back what was undone too early, as soon as it is taken."""
        taken, run = self._taking, None if self._taking is None else self._runs.by_id(self._taking.run)
        if taken is not None and (run is None or run.stage is not Stage.TRAINING):
            self._taking = None
            if self._is_unwanted:
                self._apply((taken, False))

    def _make_trainer(self, run: Run, taken: Taken, over: Future[TrainerSnapshot | None] | None) -> None:
        """Has the worker go back too: to the moment before the step, or to a network that no training has."""
        worker, parameters = self._training.runner.worker, run.parameters

        def make() -> Trainer:
            ended = None if over is None else over.result()
            return (ended or taken.before).trainer(run.network, taken.dataset)

        if run.stage is not Stage.RESTING:
            self._training.begin(run, make)
        else:
            worker.forget(run.id)
            self._training.runner.look(run.id, lambda _: np.copyto(run.network.parameters, parameters))

    def _show(self, run: Run) -> None:
        self._training.runner.worker.drop_frame()  # a copy from before
        run.keep_snapshot()
        if run is self._runs.current:
            self._displayed.show(run)
        self._runs.tell_history(run)
        self._runs.tell_file(run)
        self._errors.measure(run)
        self._training.state_changed.emit()


def _moment(trainer: Trainer | None) -> TrainerSnapshot | None:
    return None if trainer is None else take_trainer_snapshot(trainer)
