"""Replaces the current network: by one made from the fields, one from a file, or an earlier one by undo."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError
from engine.basics.validation import check_memory, parameter_count
from engine.experiment import Experiment
from nnviz.jobs.lane import Lane
from nnviz.session.data import Data
from nnviz.session.messages import Messages
from nnviz.session.run import Run, new_run
from nnviz.session.runs import Runs
from nnviz.session.settings import Basis, Settings
from nnviz.session.status import Stage
from nnviz.session.undo import Kind, Step, Undo

# So many parameters are drawn in a few milliseconds; larger networks are built in another thread.
_MADE_AT_ONCE = 500_000
_COST_OF_A_LAYER = 2000  # in parameters that are drawn in the same time
_SLOWNESS = {"orthogonal": 10}  # how many times as long an initializer takes as the usual ones


def is_quickly_made(experiment: Experiment) -> bool:
    """Whether its network may be built in the interface's thread."""
    cost = parameter_count(experiment.shape) + _COST_OF_A_LAYER * len(experiment.shape)
    return cost * _SLOWNESS.get(experiment.initializer, 1) <= _MADE_AT_ONCE


class Making(QObject):
    """Builds networks and replaces the current run. That can be undone, unless both networks are untrained.

    Signals:
        changed: ``is_making`` has changed.
        given_up: the network that was being built is no longer wanted, or could not be built; before ``changed``.
    """

    changed = pyqtSignal()
    given_up = pyqtSignal()

    def __init__(self, data: Data, settings: Settings, runs: Runs, undo: Undo, messages: Messages, lane: Lane) -> None:
        super().__init__()
        self._data, self._settings, self._runs, self._undo = data, settings, runs, undo
        self._messages, self._lane = messages, lane
        self._number = 0  # of the latest request; the networks of earlier requests are dropped
        self.is_making = False
        settings.changed.connect(self._follow)

    @property
    def is_replacing(self) -> bool:
        """Whether a network is being built that will replace one that is trained or comes from a file."""
        return self.is_making and not self._runs.current.untouched

    def reset(
        self,
        text: str = "reset",
        experiment: Experiment | None = None,
        reason: str = "",
        basis: Basis | None = None,
    ) -> None:
        """Replaces the network by an untrained one, see :meth:`replace`. Undo restores the old one.

        A message says so if the old one was not saved, or if a ``reason`` is given, a clause about it.
        """
        run = self._runs.current
        about = f"which {reason}" if reason else "which was not saved"
        is_told = run.unsaved or (bool(reason) and not run.untouched)

        def then() -> None:
            if is_told and self._messages.current is None:  # keeps a message that a run was removed
                self._messages.tell(f"The trained network, {about}, was replaced. Ctrl+Z restores it.")

        self.replace(text, then, experiment, basis)

    def replace(
        self,
        text: str,
        then: Callable[[], None] = lambda: None,
        experiment: Experiment | None = None,
        basis: Basis | None = None,
    ) -> None:
        """Replaces the current network by a new one, made from the fields; ``text`` names the step for the Edit menu.

        ``then`` is called when it is the current one. If an ``experiment`` is given, that one is made, and the fields
        show it, on that ``basis``.
        """

        def made(run: Run) -> None:
            self.put(run, text, basis)
            then()

        self._make(experiment or self._settings.of_new_network, made)

    def put(self, run: Run, text: str, basis: Basis | None = None) -> None:
        """Makes that run the current one, and shows its experiment in the fields; ``text`` names the step.

        The experiment is shown on that ``basis``, or on the present one.
        """
        before = self._runs.current
        if not run.id:
            self._runs.add(run)
        old = before.id, self._settings.experiment, self._settings.basis
        new = run.id, run.experiment, basis or self._settings.basis_for(run.experiment)
        if before.untouched and run.untouched:
            self._show(new)
        else:
            self._undo.push(Step(text, Kind.RUN, self._show, old, new, (before.id, run.id)))

    def _show(self, run_and_fields: tuple[int, Experiment, Basis]) -> None:
        number, fields, basis = run_and_fields
        run = self._runs.by_id(number)
        if run is not None:
            self.cancel()
            if self._data.loading and self._data.has(fields) and not self._data.has(self._settings.experiment):
                self._data.cancel()  # nobody waits any more for those of the run before
            self._data.awaits(fields)  # before the run is shown: its training can go on with them
            self._runs.show(run)
            self._settings.take(fields, basis)

    # ---- the fields

    def _follow(self) -> None:
        """Rebuilds an untrained network where the fields describe another: it always agrees with them."""
        run, fields = self._runs.current, self._settings.experiment
        if not run.untouched or run.stage in (Stage.TRAINING, Stage.PAUSED):
            return
        if fields.same_network(run.experiment):
            self._settle()
            run.experiment = fields
        else:
            self._make(fields, lambda run: self._runs.show(self._runs.add(run)))

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
                self._messages.tell_error("The network could not be made", error)

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
            self._lane.run(lambda: new_run(experiment), made, failed)

    def cancel(self) -> None:
        """Drops the network that is being built, and says that it was given up."""
        if self.is_making:
            self.given_up.emit()
        self._settle()

    def _settle(self) -> None:
        """Ends the building; a network that still comes is dropped."""
        self._number += 1
        if self.is_making:
            self.is_making = False
            self.changed.emit()
