"""Start, pause, step: what the session is doing, and how far it is."""

from __future__ import annotations

from dataclasses import replace

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset
from engine.errors import DivergenceError
from engine.events import BestRestored, Epoch
from nnviz.jobs.runner import Runner
from nnviz.jobs.worker import Frame, Measuring, Stopped, Until
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.making import Making
from nnviz.session.messages import Messages
from nnviz.session.run import Run
from nnviz.session.runs import Runs
from nnviz.session.settings import Settings
from nnviz.session.status import Progress, Stage, Status


class Training(QObject):
    """Drives the current run; what earlier ones still have to say goes into them.

    Signals:
        state_changed: ``state`` is another, or what would happen at a start is.
        progressed: ``progress`` is another.
        died(Run): it has a ``dead_layer``, and had none an epoch ago.
    """

    state_changed = pyqtSignal()
    progressed = pyqtSignal()
    died = pyqtSignal(object)

    def __init__(
        self, data: Data, settings: Settings, runs: Runs, making: Making, displayed: Displayed, messages: Messages
    ) -> None:
        super().__init__()
        self._data, self._settings, self._runs, self._making = data, settings, runs, making
        self._displayed, self._messages = displayed, messages
        self._wanted: Until | None = None
        self.runner = Runner()
        self.runner.frame.connect(self._framed)
        self.runner.told.connect(self._told)
        runs.replaced.connect(self._replaced)
        runs.let_go.connect(lambda run: self.runner.forget(run.id))
        settings.changed.connect(self._settings_changed)
        data.changed.connect(self._data_changed)
        for signal in (data.loading_changed, making.changed):
            signal.connect(self._wait_or_go)
        for signal in (data.failed, making.given_up):
            signal.connect(self._want_nothing)

    # ---- what is going on

    @property
    def state(self) -> Status:
        """What the session is doing."""
        if self._data.loading:
            return Status.LOADING
        if self._making.is_making:
            return Status.BUILDING
        run = self._runs.current
        if run.stage is Stage.RESTING:
            return Status.PAUSED if run.changes else Status.READY
        return Status[{Stage.ENDED: "FINISHED"}.get(run.stage, run.stage.name)]

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return self._runs.current.progress

    @property
    def will_start(self) -> bool:
        """Whether training begins by itself when data and network are there."""
        return self._wanted is not None

    @property
    def is_under_way(self) -> bool:
        """Whether the current run is in the middle of its training, going or paused."""
        return self._runs.current.stage in (Stage.TRAINING, Stage.PAUSED)

    @property
    def can_start(self) -> bool:
        """Whether training may begin or go on now."""
        run = self._runs.current
        has_data = self._data.dataset is not None or self._data.loading
        fits = run.misfit(self._data.dataset) is None or self.is_another_network
        return run.stage is not Stage.TRAINING and has_data and fits and not self._settings.problems

    @property
    def is_another_network(self) -> bool:
        """Whether the fields describe another network than the current one."""
        return not self._settings.experiment.same_network(self._runs.current.experiment)

    # ---- what the person does

    def start(self) -> None:
        """Trains to the end; goes on where it was paused. While data loads, as soon as it is there."""
        self._go(Until.END)

    def step_batch(self) -> None:
        """Trains one batch and pauses."""
        self._go(Until.BATCH)

    def step_epoch(self) -> None:
        """Trains to the end of the epoch and pauses."""
        self._go(Until.EPOCH)

    def pause(self) -> None:
        """Stops after the batch under way; ``state_changed`` follows."""
        if self._wanted is not None:
            self._wanted = None
            self.state_changed.emit()
        self.runner.halt()

    def toggle(self) -> None:
        """Start or pause."""
        if self._runs.current.stage is Stage.TRAINING or self.will_start:
            self.pause()
        else:
            self.start()

    # ---- going

    def _go(self, until: Until) -> None:
        """Never trains anything but what the fields show."""
        if self._waits:
            self._wanted = until
            self.state_changed.emit()
        elif self.can_start and self._data.dataset is not None:
            self._messages.dismiss()
            if not self.is_another_network:
                self._go_on(self._data.dataset, until)
            elif self._runs.current.untouched or self._runs.current.misfit(self._data.dataset):
                self._wanted = until
                self._making.replace(self._settings.fitted(self._data.dataset), "new network")
            else:
                self._making.ask_which(lambda: self._go(until))

    def _go_on(self, dataset: Dataset, until: Until) -> None:
        """The current run, from where it stands; where nothing is under way, with the settings of the fields."""
        run = self._runs.current
        if run.stage is not Stage.PAUSED:
            experiment, network = self._settings.fitted(dataset), run.network
            run.begin(experiment)
            self.runner.begin(run.id, lambda: experiment.trainer(dataset, network))
        run.stage = Stage.TRAINING
        self.state_changed.emit()
        self.runner.go(run.id, until)

    @property
    def _waits(self) -> bool:
        """Whether the data or the network that is to be trained is not there yet."""
        return self._data.loading or self._making.is_making

    def _wait_or_go(self) -> None:
        """Nothing is trained meanwhile; then what was asked for is done."""
        if self._waits:
            self.runner.halt()
        self.state_changed.emit()
        if self._wanted is not None and not self._waits and self._runs.current.stage is not Stage.TRAINING:
            wanted, self._wanted = self._wanted, None
            self._go(wanted)

    def _want_nothing(self) -> None:
        self._wanted = None

    def _data_changed(self) -> None:
        self._rest_where_data_differ(self._runs.current)
        self.progressed.emit()

    def _rest_where_data_differ(self, run: Run) -> None:
        """A run that was paused or ended cannot go on with other examples; what it has learned stays."""
        dataset = self._data.dataset
        stands = run.stage in (Stage.PAUSED, Stage.ENDED)
        if stands and dataset is not None and run.experiment.fingerprint != dataset.fingerprint:
            self.runner.forget(run.id)
            run.rest()

    def _replaced(self) -> None:
        """Another run is the current one: the one before stops where it is, and keeps its place."""
        self.runner.halt()
        self._rest_where_data_differ(self._runs.current)
        self._displayed.show(self._runs.current)
        self._messages.dismiss()
        self.progressed.emit()
        self.state_changed.emit()

    # ---- settings of the run under way

    def _settings_changed(self) -> None:
        """What may change in the middle of a run does so at once, and is marked in its history."""
        run, fields = self._runs.current, self._settings.experiment.training
        if self.is_under_way:
            run.adopt(fields, self._data.dataset)
            self.runner.change(run.id, run.experiment.training)
        elif run.stage is Stage.RESTING:
            run.progress = replace(run.progress, epochs=fields.epochs)
        self.progressed.emit()
        self.state_changed.emit()

    # ---- what the worker tells

    def _framed(self, frame: Frame) -> None:
        run = self._runs.by_id(frame.run)
        if run is not None:
            was_unsaved = run.unsaved
            run.take_frame(frame)
            self._show(run)
            if run.unsaved != was_unsaved:
                self._runs.tell_file(run)

    def _show(self, run: Run) -> None:
        if run is self._runs.current:
            self._displayed.show(run)
            self.progressed.emit()

    def _told(self, number: int, event: object) -> None:
        run = self._runs.by_id(number)
        if run is not None and isinstance(event, Stopped):
            self._stopped(run, event)
        elif run is not None and isinstance(event, Measuring):
            run.progress = replace(run.progress, measuring=True)
            self._show(run)
        elif run is not None and isinstance(event, (Epoch, BestRestored)):
            was_dead = run.dead_layer is not None
            run.take_event(event)
            self._runs.tell_history(run)
            self._runs.tell_file(run)
            if run.dead_layer is not None and not was_dead:
                self.died.emit(run)

    def _stopped(self, run: Run, stop: Stopped) -> None:
        if stop.frame is not None:
            self._framed(stop.frame)
        run.stage = Stage.ENDED if stop.finished else Stage.PAUSED
        if stop.error is not None:
            run.rest()
        self._rest_where_data_differ(run)
        if run is self._runs.current:
            self._wait_or_go()
        if stop.error is not None:
            without = "could not begin" if stop.frame is None else "could not go on"
            what = "was paused" if isinstance(stop.error, DivergenceError) else without
            self._messages.tell_error(f"Training {what}", stop.error)
