"""Start, pause and step of the current run; its state and progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset
from engine.training.trainer import Trainer
from nnviz.jobs.reports import StopCondition, Stopped
from nnviz.jobs.runner import Runner
from nnviz.session.run import Run
from nnviz.session.status import Progress, Stage, Status, status_of
from nnviz.session.worker_reports import WorkerReports

if TYPE_CHECKING:
    from nnviz.session.session import Session


class Training(QObject):
    """Trains the current run. Late events of earlier runs are added to those runs.

    Signals:
        state_changed: ``state`` has changed, or what :meth:`start` would do; ``progress`` may have, too.
        progressed: ``progress`` has changed, and nothing else.
        died(Run): the network has died in the last epoch, the first time in a training; see ``dead_layer``.
    """

    state_changed = pyqtSignal()
    progressed = pyqtSignal()
    died = pyqtSignal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._data, self._settings, self._runs = session.data, session.settings, session.runs
        self._replacement, self._records = session.replacement, session.records
        self._displayed, self._messages = session.displayed, session.messages
        self._requested: StopCondition | None = None  # how far to train when nothing is in the way
        self._until: StopCondition | None = None  # how far the training was to go, until it is there
        self._continued: int | None = None  # id of the run that is to continue, also if the fields describe another one
        self._is_pausing, self._holds = False, 0  # a pause is on its way; holds: what is started waits for their end
        self.runner = Runner()
        reports = self.reports = WorkerReports(self.runner, self._runs, self._displayed.show, self._messages)
        reports.recorded.connect(self._records.take_record)
        self._records.changed.connect(self._record_from_here)
        reports.progressed.connect(self.progressed)
        reports.stopped.connect(self._stopped)
        reports.died.connect(self.died)
        self._runs.replaced.connect(self._replaced)
        self._runs.evicted.connect(lambda run: self.runner.worker.forget(run.id))
        self._settings.changed.connect(self._settings_changed)
        self._data.changed.connect(lambda: self._end_if_data_differ(self._runs.current))
        self._data.loading_changed.connect(self._wait_or_go)
        self._replacement.changed.connect(lambda: self._wait_or_go(keeps_message=True))
        for signal in (self._data.failed, self._replacement.given_up):
            signal.connect(self._drop_request)

    # ---- state

    @property
    def state(self) -> Status:
        run, is_loading = self._runs.current, self._data.loading or self._holds > 0
        return status_of(run.stage, run.changes > 0, is_loading, self._replacement.is_making)

    @property
    def progress(self) -> Progress:
        return self._runs.current.progress

    @property
    def will_start(self) -> bool:
        """Whether training will start by itself, when data and network are ready or after a pause."""
        return self._requested is not None

    @property
    def is_in_progress(self) -> bool:
        """Whether the current run is in the middle of its training, running or paused."""
        return self._runs.current.stage in (Stage.TRAINING, Stage.PAUSED)

    @property
    def can_start(self) -> bool:
        """Whether training can start or continue now."""
        run = self._runs.current
        has_data = self._data.dataset is not None or self._data.loading
        fits = run.misfit(self._data.dataset) is None or self.starts_new_network
        return run.stage is not Stage.TRAINING and has_data and fits and not self._settings.problems

    @property
    def starts_new_network(self) -> bool:
        """Whether training starts with a new network.

        It does if the fields describe another one than the current one, or if that has learned from other examples.
        """
        return self.learned_from_others or not self._settings.experiment.same_network(self._runs.current.experiment)

    @property
    def replaces_network(self) -> bool:
        """Whether training would start with a new network in place of a trained or opened one."""
        return self.starts_new_network and not self._runs.current.untouched

    @property
    def learned_from_others(self) -> bool:
        """Whether the network of the fields has learned from other training examples than the loaded ones."""
        run, fields = self._runs.current, self._settings.experiment
        return fields.same_network(run.experiment) and run.learned_from_others(fields, self._data.dataset)

    # ---- start and pause

    def start(self) -> None:
        """Trains to the last epoch, from the start or from where it was paused; waits for data that is loading."""
        self._go(StopCondition.END)

    def fine_tune(self) -> None:
        """Trains the current network with the loaded examples although it has learned from others."""
        dataset = self._data.dataset
        if self.can_fine_tune and dataset is not None:
            self._messages.clear()
            self._go_on(dataset, StopCondition.END)

    @property
    def can_fine_tune(self) -> bool:
        """Whether the network has learned from other examples, and can be trained with the loaded ones."""
        return self.learned_from_others and self.can_start and not self._is_waiting

    def step_batch(self) -> None:
        """Trains one batch and pauses."""
        self._go(StopCondition.BATCH)

    def step_epoch(self) -> None:
        """Trains to the end of the epoch and pauses."""
        self._go(StopCondition.EPOCH)

    def pause(self) -> None:
        """Pauses after the current batch; ``state_changed`` follows."""
        self._is_pausing = self._runs.current.stage is Stage.TRAINING
        if self._requested is not None:
            self._requested = None
            self.state_changed.emit()
        self.runner.worker.halt()

    def hold(self, waits: bool = False) -> Callable[[], None]:
        """Pauses. Returns a function that lets the training, or the start that was requested, continue.

        ``waits``: what is started meanwhile goes only then; the function must be called.
        """
        run, will_start = self._runs.current, self._requested
        until = None if run.stage is not Stage.TRAINING or self._is_pausing else self._until
        self.pause()
        self._holds += waits

        def go_on() -> None:
            self._holds -= waits
            wanted, self._requested = self._requested or will_start, None
            if wanted is not None:
                self._go(wanted, continued=self._continued)
            elif until is not None and self._until is not None and run is self._runs.current:
                self._go(until, continued=run.id)

        return go_on

    def toggle(self) -> None:
        """Starts training; or pauses the training, or cancels a requested start."""
        if self.will_start or (self._runs.current.stage is Stage.TRAINING and not self._is_pausing):
            self.pause()
        else:
            self.start()

    def _go(self, until: StopCondition, keeps_message: bool = False, continued: int | None = None) -> None:
        """Trains the network that the fields describe; makes a new one first if it has to, see starts_new_network.

        Args:
            keeps_message: whether the current message stays, because it is about this training.
            continued: the id of a run that continues if it is paused, whatever the fields describe.
        """
        run, self._continued = self._runs.current, continued
        continues = run.stage is Stage.PAUSED and run.id == continued
        if self._is_waiting or self._is_pausing:
            self._requested = until
            self.state_changed.emit()
        elif (continues or self.can_start) and self._data.dataset is not None:
            if not keeps_message and not continues:
                self._messages.clear()
            if self.starts_new_network and not continues:
                self._requested = until  # for when it is built, unless a pause comes before
                reason = "because it has learned from other examples" if self.learned_from_others else ""
                self._replacement.reset("new network", reason=reason)
            else:
                self._go_on(self._data.dataset, until)

    def _go_on(self, dataset: Dataset, until: StopCondition) -> None:
        """Continues a paused run, else begins a training with the settings of the fields."""
        run = self._runs.current
        if run.stage is not Stage.PAUSED:
            experiment, network = self._settings.fitting, run.network
            words = run.begin(experiment)
            run.stage = Stage.TRAINING
            self._runs.make_room()
            self.begin(run, lambda: experiment.trainer(dataset, network), goes=True, words=words)
        run.stage, self._until = Stage.TRAINING, until
        self._record_rest()
        self.runner.go(run.id, until, run.progress.before)  # before the window shows that, which would keep it waiting
        self.state_changed.emit()

    def begin(
        self, run: Run, make: Callable[[], Trainer], goes: bool = False, waits: bool = False, words: str = ""
    ) -> None:
        """Passes the training of a run to the worker, which makes its trainer and records it if recording is on.

        Args:
            goes: whether it is trained at once.
            waits: whether there is nothing to record before it continues or its network is edited.
            words: the note about its beginning next to the curves.
        """
        is_first = not run.progress.before  # then its first epoch is that of the network

        def made() -> Trainer:
            trainer = make()
            trainer.estimates_early = is_first
            return trainer

        self.runner.worker.begin(run.id, made, self._records.begin(run, waits, words), goes)

    def _record_from_here(self) -> None:
        """Records the rest of a running training, after a short pause in which all earlier epochs arrive."""
        run = self._runs.current
        if run.stage is Stage.TRAINING and self._records.begins_late(run):
            self.hold()()

    def _record_rest(self) -> None:
        """Records the rest of a training that began while recording was off, when it continues."""
        run = self._runs.current
        if self._records.begins_late(run):
            plan = self._records.begin(run)
            if plan is not None:
                self.runner.worker.record(run.id, plan)

    @property
    def _is_waiting(self) -> bool:
        return self._data.loading or self._replacement.is_making or self._holds > 0

    def _wait_or_go(self, keeps_message: bool = False) -> None:
        """Pauses while data are loaded or a network is built, then carries out the request."""
        if self._is_waiting:
            self.runner.worker.halt()
        self._emit_state()
        if self._requested is not None and not self._is_waiting and self._runs.current.stage is not Stage.TRAINING:
            until, self._requested = self._requested, None
            self._go(until, keeps_message, self._continued)

    def _drop_request(self) -> None:
        self._requested = None

    def _end_if_data_differ(self, run: Run) -> None:
        """Ends a training that began with other data and so cannot continue. The network stays."""
        if run.stage in (Stage.PAUSED, Stage.ENDED) and self._has_other_data(run):
            self.runner.worker.forget(run.id)
            run.rest()

    def _has_other_data(self, run: Run) -> bool:
        """Whether the loaded data are others than those that a run was trained with."""
        dataset = None if self._data.loading else self._data.dataset
        return dataset is not None and run.experiment.fingerprint != dataset.fingerprint

    def _replaced(self) -> None:
        """Displays the new current run; the one before is paused and can be continued later."""
        self.runner.worker.halt()
        self._is_pausing = self._runs.current.stage is Stage.TRAINING
        self._end_if_data_differ(self._runs.current)
        if self._displayed.show(self._runs.current):
            self._messages.clear()
        self._emit_state()

    def _emit_state(self) -> None:
        if not self._data.views.are_held:  # while other data arrive, it is emitted once, at the end
            self.state_changed.emit()

    # ---- settings

    def _settings_changed(self) -> None:
        """Applies the settings that may change during a training at once."""
        run, fields = self._runs.current, self._settings.experiment
        are_for_other_data = self._has_other_data(run) or (self._data.loading and not self._data.has(fields))
        if self.is_in_progress and not are_for_other_data:
            words = run.adopt(fields.training, self._data.dataset)
            self.runner.worker.change(run.id, run.experiment.training, words)
        elif run.stage is Stage.RESTING:
            run.progress = replace(run.progress, epochs=fields.training.epochs)
        self._emit_state()

    # ---- events of the worker

    def _stopped(self, run: Run, stop: Stopped) -> None:
        self._end_if_data_differ(run)
        if run is not self._runs.current:
            return
        is_over = stop.finished or stop.error is not None
        self._until = None if is_over or stop.reached else self._until
        if self._is_pausing and (is_over or (stop.reached and self._requested is not StopCondition.END)):
            self._requested = None
        self._is_pausing = False
        self._wait_or_go()
