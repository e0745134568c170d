"""Replacement of the current network: by one made from the fields, by one from a file, or by an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError, SettingError
from engine.basics.validation import check_memory, parameter_count
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.network.initializers import INITIALIZERS
from nnviz.formatting import text
from nnviz.jobs.serial_thread import SerialThread
from nnviz.session.run import Run, new_run
from nnviz.session.settings import Basis, is_of_layers
from nnviz.session.status import Stage
from nnviz.session.undo import Kind, Step

if TYPE_CHECKING:
    from nnviz.session.session import Session

# Parameters that are drawn in a few milliseconds; larger networks are built in another thread.
_MADE_AT_ONCE = 500_000
_COST_OF_A_LAYER = 2000  # in parameters that are drawn in the same time


def is_quickly_made(experiment: Experiment) -> bool:
    """Whether the network of an experiment may be built in the interface's thread."""
    cost = parameter_count(experiment.shape) + _COST_OF_A_LAYER * len(experiment.shape)
    return cost * INITIALIZERS[experiment.initializer].slowness <= _MADE_AT_ONCE


class NetworkReplacement(QObject):
    """Builds networks and replaces the current run. That can be undone, unless both networks are untrained.

    An untrained network always agrees with the fields; the fields and a trained network follow the loaded data.

    Signals:
        changed: ``is_making`` has changed.
        given_up: the network in progress was cancelled, or could not be built; before ``changed``.
    """

    changed = pyqtSignal()
    given_up = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._data, self._settings, self._runs = session.data, session.settings, session.runs
        self._undo, self._messages = session.undo, session.messages
        self._thread = SerialThread()
        self._number = 0  # of the latest request; the networks of earlier requests are dropped
        self.is_making = False
        self._is_first = True  # whether no data were loaded yet
        self._has_failed = False  # whether the data could not be loaded, or were cancelled
        self._before: Dataset | None = None  # the data set that the fields were about
        self._settings.changed.connect(self._follow_fields)
        self._data.failed.connect(self._note_failure)
        self._data.changed.connect(self._follow_data)

    @property
    def is_replacing(self) -> bool:
        """Whether a network is being built that will replace one that is trained or comes from a file."""
        return self.is_making and not self._runs.current.untouched

    def reset(
        self,
        step: str = "reset",
        experiment: Experiment | None = None,
        reason: str = "",
        basis: Basis | None = None,
    ) -> None:
        """Replaces the network by an untrained one, see :meth:`replace`. Undo restores the old one.

        A message says so if the old one was not saved, or if a ``reason`` is given: a clause with "because".
        """
        run = self._runs.current
        shows_message = run.unsaved or (bool(reason) and not run.untouched)

        def then() -> None:
            if shows_message and self._messages.current is None:  # keeps a message that a run was removed
                what = "The trained network" if reason else "The trained network, which was not saved,"
                self._messages.show(f"{what} was replaced{reason and f', {reason}'}. Ctrl+Z restores it.")

        self.replace(step, then, experiment, basis)

    def replace(
        self,
        step: str,
        then: Callable[[], None] = lambda: None,
        experiment: Experiment | None = None,
        basis: Basis | None = None,
    ) -> None:
        """Replaces the current network by a new one, made from the fields; ``step`` names that for the Edit menu.

        With an empty ``step`` it cannot be undone.
        ``then`` is called when it is the current one. If an ``experiment`` is given, that one is made, and the fields
        show it, on that ``basis``.
        """

        def made(run: Run) -> None:
            self.put(run, step, basis)
            then()

        self._make(experiment or self._settings.of_new_network, made)

    def put(self, run: Run, step: str, basis: Basis | None = None) -> None:
        """Makes that run the current one and shows its experiment in the fields; ``step`` names that for the Edit menu.

        The experiment is shown on that ``basis``, or on the present one. With an empty ``step`` it cannot be undone.
        """
        before = self._runs.current
        if not run.id:
            self._runs.add(run)
        old = before.id, self._settings.experiment, self._settings.basis
        new = run.id, run.experiment, basis or self._settings.basis_for(run.experiment)
        if not step or (before.untouched and run.untouched):
            self._show(new)
        else:
            self._undo.push(Step(step, Kind.RUN, self._show, old, new, (before.id, run.id)))

    def _show(self, run_and_fields: tuple[int, Experiment, Basis]) -> None:
        number, fields, basis = run_and_fields
        run = self._runs.by_id(number)
        if run is not None:
            self.cancel()
            if self._data.loading and self._data.has(fields) and not self._data.has(self._settings.experiment):
                self._data.cancel()  # those of the run before are no longer needed
            self._data.awaits(fields)  # before the run is shown: its training can continue with them
            self._runs.show(run)
            self._settings.show_experiment(fields, basis)

    # ---- the fields and the data

    def _follow_fields(self) -> None:
        """Rebuilds an untrained network if the fields describe another one."""
        run, fields = self._runs.current, self._settings.experiment
        if not run.untouched or run.stage in (Stage.TRAINING, Stage.PAUSED):
            return
        if fields.same_network(run.experiment):
            self._settle()
            run.experiment = fields
        else:
            self._make(fields, lambda run: self._runs.show(self._runs.add(run)))

    def _note_failure(self) -> None:
        self._has_failed = True

    def _follow_data(self) -> None:
        """Fits the fields to the data when loading has ended, and replaces a trained network that does not fit.

        All that a change of data changes is one step to undo, which loads the data before again.
        """
        has_failed, self._has_failed = self._has_failed, False
        dataset, fields = self._data.dataset, self._settings.experiment
        if dataset is None:
            return
        is_first, self._is_first = self._is_first, False
        before, self._before = self._before, dataset
        for name in list(filter(is_of_layers, self._settings.all_problems)):
            self._settings.set_problem(name, None)
        if self._data.has(fields):  # also after an undo
            self._settings.show_experiment(_possible(fields, dataset))
        elif has_failed:  # those of an undo
            self._settings.show_experiment(self._data.named(fields))
        else:
            self._adapt(*self._settings.adapted(self._data.fit(fields), before, dataset), is_first)

    def _adapt(self, new: Experiment, basis: Basis, is_first: bool) -> None:
        run, dataset = self._runs.current, self._data.dataset
        assert dataset is not None
        step = f"data {text.name(dataset.title)}"
        if is_first:
            self._settings.show_experiment(new, basis)
        elif run.misfit(dataset) is None or (run.untouched and run.stage not in (Stage.TRAINING, Stage.PAUSED)):
            self._undo.push(self._settings.step(step, new, basis))
        else:
            title = text.name(dataset.title)
            has_other_inputs = run.network.shape[0] != dataset.width
            why = f"because {title} has other inputs" if has_other_inputs else f"because it does not fit {title}"
            self.reset(step, new, why, basis)

    # ---- building

    def _make(self, experiment: Experiment, then: Callable[[Run], None]) -> None:
        """Calls ``then`` with a new run: at once if its network is quickly built, else later."""
        self._number += 1
        number = self._number

        def made(run: Run) -> None:
            if number == self._number:
                self.is_making = False
                then(run)
                self.changed.emit()

        def failed(error: Exception) -> None:
            if number == self._number:
                self.given_up.emit()
                self._settle()
                self._messages.show_error("The network could not be made", error)

        try:
            check_memory(experiment.shape)
        except EngineError as error:
            failed(error)
            return
        if is_quickly_made(experiment):
            made(new_run(experiment))
        else:
            self.is_making = True
            self.changed.emit()
            self._thread.run(lambda: new_run(experiment), made, failed)

    def cancel(self) -> None:
        """Drops the network that is being built and emits ``given_up``."""
        if self.is_making:
            self.given_up.emit()
        self._settle()

    def _settle(self) -> None:
        """Ends the building; a network that is built later is dropped."""
        self._number += 1
        if self.is_making:
            self.is_making = False
            self.changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Waits at most that long for the network that is being built. Returns whether the thread has ended."""
        return self._thread.close(milliseconds)


def _possible(fields: Experiment, dataset: Dataset) -> Experiment:
    """Returns the fields, adapted to the task if the data of that name have another task than before."""
    try:
        fields.check_task(dataset)
    except SettingError:
        return fields.for_task(dataset)
    return fields
