"""Runs that are read from a file or the library, with their training if it can be continued."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject

from engine.basics.errors import EngineError
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.network.network import Network
from engine.provenance import Provenance
from engine.training.events import TrainingState
from engine.training.history import History
from nnviz.formatting.text import regrouped
from nnviz.jobs.network_reading import LoadedNetwork, resumed
from nnviz.jobs.serial_thread import SerialThread
from nnviz.session.run import Run, RunOrigin
from nnviz.session.status import Stage

if TYPE_CHECKING:
    from nnviz.session.session import Session


def run_of_network(network: Network, like: Experiment, opened: Provenance) -> Run:
    """Returns the run of a network from a file, which continues the history in its provenance.

    ``like`` gives the settings that the file does not hold.
    """
    experiment = opened.experiment_of(network, like).changed(evaluate=True)  # a window shows the errors
    return Run(experiment, network, history=opened.history or History(), origin=RunOrigin(opened=opened))


def run_of_file(found: LoadedNetwork, like: Experiment, dataset: Dataset | None) -> Run:
    """Returns the run of a network from a file: paused if its training can continue, ended if it was complete.

    ``like`` gives the settings that the file does not hold.
    """
    run = run_of_network(found.network, like, found.provenance)
    if found.settings is not None:
        seed = found.settings.seed if found.settings.seed is not None else run.experiment.seed
        with suppress(EngineError):  # the settings may not fit this network
            run.experiment = run.experiment.changed(training=replace(found.settings, seed=seed))
    if dataset is not None:
        restore_training(run, found, dataset)
    return run


def restore_training(run: Run, found: LoadedNetwork, dataset: Dataset) -> None:
    """Sets a run to the place of the training in its file, if its trainer could be made with these data."""
    if found.trainer is not None:
        run.experiment = run.experiment.for_data(dataset).changed(brightness=run.network.brightness)
        run.set_place(found.trainer, found.epochs_done, found.before)


class LoadedRuns(QObject):
    """Makes loaded runs the current one and hands their training to the worker, as soon as their data are loaded."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._data, self._settings, self._runs = session.data, session.settings, session.runs
        self._replacement, self._training, self._messages = session.replacement, session.training, session.messages
        self._waiting: dict[
            int, LoadedNetwork
        ] = {}  # by run, trainings that continue with other data or are checked against them
        self._made: set[int] = set()  # the runs whose trainers are being made
        self._thread = SerialThread()
        self._data.changed.connect(self._resume)
        self._runs.replaced.connect(self._resume)
        self._runs.evicted.connect(lambda run: self._waiting.pop(run.id, None))

    def put(self, found: LoadedNetwork, dataset: Dataset | None, prepare: Callable[[Run], None]) -> None:
        """Makes a run that was read the current one; that can be undone.

        ``prepare`` is called with the run first, to set its name and file or record.
        """
        run = self._runs.add(run_of_file(found, self._settings.experiment, dataset))
        prepare(run)
        self._begin(run, found)
        self._replacement.put(run, f"opening of {run.title}")
        if self._data.loading:
            self._waiting[run.id] = found
        else:
            self._show_problem(run, found)

    def _begin(self, run: Run, found: LoadedNetwork) -> None:
        """Passes the trainer of a run to the worker, if its file had one for the loaded data."""
        trainer = found.trainer
        if trainer is not None:
            self._training.begin(run, lambda: trainer, waits=True)

    def state_of(self, run: Run) -> TrainingState | None:
        """Returns the state of a training that waits for its data; None if none waits, or the run was changed."""
        found = self._waiting.get(run.id)
        return None if found is None or run.changes else found.state

    def _show_problem(self, run: Run, found: LoadedNetwork) -> None:
        misfit = run.misfit(self._data.dataset)
        if misfit:
            self._messages.warn(misfit)
        elif found.reason_unavailable:
            why = regrouped(found.reason_unavailable)
            self._messages.show(f"{run.title} was opened, but its training cannot be resumed: {why}")

    def _resume(self) -> None:
        """Continues the current run with the loaded data, or says what does not fit."""
        run, dataset = self._runs.current, self._data.dataset
        if self._data.loading or dataset is None or run.id not in self._waiting or run.id in self._made:
            return
        found = self._waiting[run.id]
        if not self._data.has(run.experiment):
            self._show_problem(run, found)
        elif found.state is None:
            del self._waiting[run.id]
            self._show_problem(run, found)
        else:
            self._make_trainer(run, found, dataset)

    def _make_trainer(self, run: Run, found: LoadedNetwork, dataset: Dataset) -> None:
        go_on = self._training.hold(waits=True)  # what is started meanwhile begins no other training
        self._made.add(run.id)
        self._training.state_changed.emit()

        def done(now: LoadedNetwork) -> None:
            if run is self._runs.current and self._data.dataset is dataset:
                self._waiting.pop(run.id, None)
                if run.stage is Stage.RESTING and not run.changes:
                    restore_training(run, now, dataset)  # first, since what is recorded begins there
                    self._begin(run, now)
                    self._runs.show(run)
                    self._show_problem(run, now)
            over()

        def failed(error: Exception) -> None:
            self._waiting.pop(run.id, None)
            self._messages.show_error(f"The training of {run.title} cannot be resumed", error)
            over()

        def over() -> None:
            self._made.discard(run.id)
            go_on()
            self._training.state_changed.emit()
            self._resume()  # other data may have come meanwhile

        self._thread.run(lambda: resumed(found, dataset), done, failed)

    def close(self, milliseconds: int) -> bool:
        """Waits at most that long for a trainer that is being made. Returns whether it is done."""
        return self._thread.close(milliseconds)
