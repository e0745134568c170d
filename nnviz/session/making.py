"""Replaces the current network: by one made from the fields, one from a file, or an earlier one by undo."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QObject, pyqtSignal

from engine.errors import EngineError
from engine.experiment import NETWORK_SETTINGS, Experiment
from engine.validation import check_memory, parameter_count
from nnviz.jobs.lane import Lane
from nnviz.look import text
from nnviz.session.data import Data
from nnviz.session.messages import Choice, Message, Messages
from nnviz.session.run import Run, new_run
from nnviz.session.runs import Runs
from nnviz.session.setting_words import setting_name, setting_value
from nnviz.session.settings import Settings
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
        self._question: Message | None = None  # the message that asks which network to train
        settings.changed.connect(self._follow)

    @property
    def is_replacing(self) -> bool:
        """Whether a network is being built that will replace one that is trained or comes from a file."""
        return self.is_making and not self._runs.current.untouched

    def reset(self, text: str = "reset", experiment: Experiment | None = None, reason: str = "") -> None:
        """Replaces the network by an untrained one, see :meth:`replace`. Undo restores the old one.

        A message says so if the old one was not saved, or if a ``reason`` is given, a clause about it.
        """
        run = self._runs.current
        about = f"which {reason}" if reason else "which was not saved"
        is_told = run.unsaved or (bool(reason) and not run.untouched)

        def then() -> None:
            if is_told and self._messages.current is None:  # keeps a message that a run was removed
                self._messages.tell(f"The trained network, {about}, was replaced. Ctrl+Z restores it.")

        self.replace(text, then, experiment)

    def replace(self, text: str, then: Callable[[], None] = lambda: None, experiment: Experiment | None = None) -> None:
        """Replaces the current network by a new one, made from the fields; ``text`` names the step for the Edit menu.

        ``then`` is called when it is the current one. If an ``experiment`` is given, that one is made, and the fields
        show it.
        """

        def made(run: Run) -> None:
            self.put(run, text)
            then()

        self._make(experiment or self._settings.of_new_network, made)

    def put(self, run: Run, text: str) -> None:
        """Makes that run the current one, and shows its experiment in the fields; ``text`` names the step."""
        before = self._runs.current
        if not run.id:
            self._runs.add(run)
        old, new = (before.id, self._settings.experiment), (run.id, run.experiment)
        if before.untouched and run.untouched:
            self._show(new)
        else:
            self._undo.push(Step(text, Kind.RUN, self._show, old, new, (before.id, run.id)))

    def _show(self, run_and_fields: tuple[int, Experiment]) -> None:
        number, fields = run_and_fields
        run = self._runs.by_id(number)
        if run is not None:
            self.cancel()
            if self._data.loading and self._data.has(fields) and not self._data.has(self._settings.experiment):
                self._data.cancel()  # nobody waits any more for those of the run before
            self._data.awaits(fields)  # before the run is shown: its training can go on with them
            self._runs.show(run)
            self._settings.take(fields)

    def ask_which(self, this: Callable[[], None], new: Callable[[], None]) -> None:
        """Asks which network to train, where the fields describe another than the trained one; calls one of the two.

        Before ``this`` the fields show the trained one again. The question is dismissed when the fields change, or the
        data.
        """
        made = self._runs.current.experiment

        def go_on() -> None:
            self._settings.choose("fields as the network is", self._settings.fitting.with_network_of(made))
            this()

        one, other = _names(made, self._settings.fitting)
        self._question = self._messages.tell(
            "The fields describe another network than the one that was trained.",
            Choice(f"Train {one} on", go_on),
            Choice(f"Start {other}", new),
        )

    # ---- the fields

    def _follow(self) -> None:
        """Rebuilds an untrained network where the fields describe another: it always agrees with them."""
        run, fields = self._runs.current, self._settings.experiment
        self._messages.withdraw(self._question)
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


def _names(one: Experiment, other: Experiment) -> tuple[str, str]:
    """Names for two networks that tell them apart: their shapes, or else the first setting that differs."""
    shapes = text.shape(one.shape), text.shape(other.shape)
    if shapes[0] != shapes[1]:
        return shapes
    for name, (here, there) in one.difference(other).items():
        if name in NETWORK_SETTINGS:
            return f"{setting_name(name)} {setting_value(here)}", f"{setting_name(name)} {setting_value(there)}"
    return "this one", "another"
