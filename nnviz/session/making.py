"""Other networks in the place of the current one: made from the fields, opened, brought back by undo."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QObject, pyqtSignal

from engine.errors import EngineError
from engine.experiment import Experiment
from engine.validation import check_memory, parameter_count
from nnviz.jobs.lane import Lane
from nnviz.session.data import Data
from nnviz.session.messages import Choice, Message, Messages
from nnviz.session.run import Run, new_run, written
from nnviz.session.runs import Runs
from nnviz.session.settings import Settings
from nnviz.session.status import Stage
from nnviz.session.undo import Kind, Step, Undo

# Parameters that are drawn at once, in some milliseconds; more of them are drawn behind the window.
_MADE_AT_ONCE = 500_000
_SLOW = {"orthogonal": 10}  # how many times as long others take to draw


def is_quickly_made(experiment: Experiment) -> bool:
    """Whether its network may be drawn on the interface's thread."""
    return parameter_count(experiment.shape) * _SLOW.get(experiment.initializer, 1) <= _MADE_AT_ONCE


class Making(QObject):
    """Makes networks and puts runs in each other's place, undoably unless both can be made again from their seeds.

    Signals:
        changed: a network is being made behind the window, or no longer.
        given_up: the network that was asked for does not come; before ``changed``.
    """

    changed = pyqtSignal()
    given_up = pyqtSignal()

    def __init__(self, data: Data, settings: Settings, runs: Runs, undo: Undo, messages: Messages, lane: Lane) -> None:
        super().__init__()
        self._data, self._settings, self._runs, self._undo = data, settings, runs, undo
        self._messages, self._lane = messages, lane
        self._number = 0  # of the network that was asked for last: what comes of an earlier one is dropped
        self.is_making = False
        self._question: Message | None = None  # which network is to be trained
        settings.changed.connect(self._follow)
        data.changed.connect(self._fit)

    @property
    def is_replacing(self) -> bool:
        """Whether a network is being made in the place of one that cannot be made again from its seed."""
        return self.is_making and not self._runs.current.untouched

    def reset(self) -> None:
        """A new network from the fields and the seed, not trained; undo brings the old one back."""
        was_unsaved = self._runs.current.unsaved

        def then(run: Run) -> None:
            self.put(run, "reset")
            if was_unsaved and self._messages.current is None:  # else a run was let go, which weighs more
                self._messages.tell("The trained network was replaced, unsaved. Ctrl+Z brings it back.")

        self._make(self._settings.fitting, then)

    def replace(self, experiment: Experiment, text: str) -> None:
        """A new network of that make in the place of the current one."""
        self._make(experiment, lambda run: self.put(run, text))

    def put(self, run: Run, text: str) -> None:
        """That run in the place of the current one, and the fields as it was made; ``text`` names the step."""
        before = self._runs.current
        if not run.id:
            self._runs.add(run)
        self._give_up()
        if before.untouched and run.untouched:
            self._runs.show(run)
            self._settings.take(run.experiment)
            return
        old, new = (before.id, self._settings.experiment), (run.id, run.experiment)
        self._undo.push(Step(text, Kind.RUN, self._put_back, old, new, (before.id, run.id)))

    def _put_back(self, run_and_fields: tuple[int, Experiment]) -> None:
        number, fields = run_and_fields
        run = self._runs.by_id(number)
        if run is not None:
            self._give_up()
            self._runs.show(run)
            self._settings.take(fields, run.guess)

    def ask_which(self, then: Callable[[], None]) -> None:
        """The fields describe another network than the trained one: which is to be trained?

        Out of date as soon as the fields change.
        """
        run, fields = self._runs.current, self._settings.fitting

        def go_on() -> None:
            self._settings.choose("fields as the network is", _with_network_of(fields, run.experiment))
            then()

        def start_new() -> None:
            self._make(fields, lambda new: self._put_and(new, then))

        this, other = _names(run.experiment, fields)
        self._messages.ask(
            "The fields describe another network than the one that was trained.",
            Choice(f"Train {this} on", go_on),
            Choice(f"Start {other}", start_new),
        )
        self._question = self._messages.current

    def _put_and(self, run: Run, then: Callable[[], None]) -> None:
        self.put(run, "new network")
        then()

    def close(self, milliseconds: int) -> bool:
        """Nothing is made any more; whether that which was ended in time."""
        return self._lane.close(milliseconds)

    def cancel(self) -> None:
        """The network that is being made is not wanted after all."""
        self._give_up()

    # ---- the fields and the data

    def _follow(self) -> None:
        """A network that nobody has trained is always the one that the fields describe."""
        run, fields = self._runs.current, self._settings.experiment
        if self._question is not None and self._messages.current is self._question:
            self._messages.dismiss()
        if not run.untouched or run.stage in (Stage.TRAINING, Stage.PAUSED):
            return
        if fields.same_network(run.experiment):
            self._settle()
            run.experiment = fields
        else:
            self._make(fields, self._show_fresh)

    def _show_fresh(self, run: Run) -> None:
        self._runs.show(self._runs.add(run))
        self._settings.changed.emit()

    def _fit(self) -> None:
        """The ends follow the data, unless a trained network has others."""
        run, dataset = self._runs.current, self._data.dataset
        if dataset is not None and (run.untouched or run.misfit(dataset) is None):
            self._settings.take(self._settings.fitted(dataset), run.guess)

    # ---- making

    def _make(self, experiment: Experiment, then: Callable[[Run], None]) -> None:
        """Hands on a new network: at once if it is quickly drawn, else when it is there."""
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

    def _give_up(self) -> None:
        """Another network comes, or none: what was to be done with the one that is being made is not done."""
        if self.is_making:
            self.given_up.emit()
        self._settle()

    def _settle(self) -> None:
        """Nothing is being made any more."""
        self._number += 1
        if self.is_making:
            self.is_making = False
            self.changed.emit()


def _with_network_of(fields: Experiment, made: Experiment) -> Experiment:
    """The settings of the fields with the network of a run."""
    return fields.changed(
        shape=made.shape,
        activations=made.activations,
        loss=made.loss,
        initializer=made.initializer,
        weight_scale=made.weight_scale,
        seed=made.seed,
    )


def _names(one: Experiment, other: Experiment) -> tuple[str, str]:
    """What tells two networks apart: their shapes, or else the first thing that differs."""
    if one.shape != other.shape:
        return written(one.shape), written(other.shape)
    for name, (here, there) in one.difference(other).items():
        if name in ("activations", "loss", "initializer", "weight_scale", "seed"):
            return f"{name.replace('_', ' ')} {written(here)}", f"{name.replace('_', ' ')} {written(there)}"
    return "this one", "another"
