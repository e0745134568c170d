"""Edits of single neurons: what-ifs, which change only the displayed network, and edits of the network itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.validation import Array
from engine.explain.neurons import ParameterGroup
from engine.network.network import Network
from engine.training.events import BestRestored
from engine.training.history import Change
from engine.training.trainer import Trainer
from nnviz.session.displayed import neuron_name, what_if_text
from nnviz.session.edit_evaluation import EditEvaluation
from nnviz.session.run import Run
from nnviz.session.selection import Neuron
from nnviz.session.status import Stage
from nnviz.session.undo import Kind, Step

if TYPE_CHECKING:
    from nnviz.session.session import Session


WhatIf = Mapping[Neuron, float]


@dataclass(frozen=True, eq=False)
class Edit:
    """Values for some parts of a run's network, as a step of the undo history.

    Attributes:
        run: the run's id.
        values: the parts and the values that are written into them.
        text: description of the edit.
        undoes: the edit whose old values these are; None for an edit of the user.
        what_if: the what-if after it; None for the what-if before it.
    """

    run: int
    values: tuple[tuple[ParameterGroup, Array], ...]
    text: str
    undoes: Edit | None = None
    what_if: WhatIf | None = None

    def write(self, network: Network) -> None:
        for part, values in self.values:
            part.view(network)[...] = values

    def holds(self, network: Network) -> bool:
        return all(np.array_equal(part.view(network), values) for part, values in self.values)


@dataclass
class StateBeforeEdit:
    """The state of a run before an edit, and its count of changes after the edit."""

    changes: int
    edited: dict[str, float] | None
    notes: list[Change]
    best: BestRestored | None
    completed: float
    at: float
    figures: dict[str, float]
    confusions: dict[str, Array]
    changes_after: int

    @classmethod
    def of(cls, run: Run) -> StateBeforeEdit:
        """Returns the state of a run now, with the figures at the epoch where an edit is placed."""
        history, at = run.history, run.place_of_edits
        known = list(history.changes), history.best, history.completed, at, history.figures(at), history.confusions(at)
        return cls(run.changes, run.edited, *known, run.changes + 1)

    def put_back(self, run: Run) -> None:
        """Restores the state of a run."""
        history = run.history
        history.measure_again(self.at, self.figures)
        history.keep_confusions(self.at, self.confusions)
        run.changes, run.edited = self.changes, self.edited
        history.changes, history.best, history.completed = self.notes, self.best, self.completed
        run.snapshots.forget_after(run.epochs)


class Edits(QObject):
    """Carries out edits and what-ifs. All of them can be undone.

    An edit is written into the displayed copy at once, and into the network itself by the worker between two steps.
    Optimizers keep their averages.

    Signals:
        edited: a network was edited, or an edit was undone.

    Attributes:
        errors: measures the errors of a network after an edit, or after a single step.
    """

    edited = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._data, self._runs, self._displayed = session.data, session.runs, session.displayed
        self._training, self._selection, self._undo = session.training, session.selection, session.undo
        self._messages = session.messages
        self.errors = EditEvaluation(self._data, self._runs, self._training.runner.worker, self._messages)
        self._tried_from: WhatIf | None = None  # what was supposed before a strength was tried
        self._before: WeakKeyDictionary[Edit, StateBeforeEdit] = WeakKeyDictionary()  # of the edits that are in force
        self._last: dict[int, Edit] = {}  # by run; the edit that was ordered last
        self._runs.replaced.connect(self._forget_tried)

    # ---- what if

    def can_scale(self, neuron: Neuron | None) -> bool:
        """Whether there is such a neuron and it leads on; outputs do not."""
        return neuron is not None and neuron.layer < len(self._displayed.network.weights)

    def strength(self, neuron: Neuron) -> float:
        """Returns the factor of a neuron's outgoing signal; 1 without a what-if."""
        return self._displayed.what_if.get(neuron, 1.0)

    def try_strength(self, neuron: Neuron, factor: float) -> None:
        """Shows a what-if without a step to undo, as while a slider is dragged."""
        if self._tried_from is None:
            self._tried_from = self._displayed.what_if
        self._displayed.suppose({**self._displayed.what_if, neuron: factor})

    def set_strength(self, neuron: Neuron, factor: float) -> None:
        """Shows a what-if as one step to undo."""
        self._suppose({**self._displayed.what_if, neuron: factor})

    def switch(self, neuron: Neuron) -> None:
        """Switches a neuron off, or on again."""
        self.set_strength(neuron, 0.0 if self.strength(neuron) else 1.0)

    def switch_chosen(self) -> None:
        """Switches the selected neuron off or on, if it leads on."""
        neuron = self._selection.neuron
        if neuron is not None and self.can_scale(neuron):
            self.switch(neuron)

    def end_what_if(self) -> None:
        """Shows the network as it is trained."""
        self._suppose({})

    def _forget_tried(self) -> None:
        self._tried_from = None

    def _suppose(self, wanted: WhatIf) -> None:
        before = self._displayed.what_if if self._tried_from is None else self._tried_from
        self._tried_from = None
        wanted = {neuron: factor for neuron, factor in wanted.items() if factor != 1}
        if wanted != before:
            run = self._runs.current.id
            text = f"what if: {what_if_text(wanted)}" if wanted else "end of the what-if"
            self._undo.push(Step(text, Kind.VIEW, self._show_what_if, (run, before), (run, wanted), (run,)))
        else:
            self._displayed.suppose(wanted)  # what was only tried ends

    def _show_what_if(self, run_and_what_if: tuple[int, WhatIf]) -> None:
        run, what_if = run_and_what_if
        if run == self._runs.current.id:
            self._displayed.suppose(what_if)

    # ---- edits

    def keep(self) -> None:
        """Makes the what-ifs an edit: the network itself gets the displayed weights."""
        what_if, now, wanted = self._displayed.what_if, self._displayed.as_trained, self._displayed.network
        if not what_if:
            return
        parts = [ParameterGroup("outgoing", neuron.layer, neuron.number) for neuron in what_if]
        texts = [f"{neuron_name(neuron)} {f'scaled by {by:.3g}' if by else 'off'}" for neuron, by in what_if.items()]
        self._edit(
            ", ".join(texts), [(part, part.view(now).copy(), part.view(wanted).copy()) for part in parts], what_if
        )

    def set_bias(self, neuron: Neuron, value: float) -> None:
        """Sets the bias of a neuron of the current network."""
        self._set(ParameterGroup("bias", neuron.layer, neuron.number), f"{neuron_name(neuron)}: bias", value)

    def set_weight(self, neuron: Neuron, source: int, value: float) -> None:
        """Sets a neuron's weight for the input, or the neuron below, of that number (from 0)."""
        part = ParameterGroup("weight", neuron.layer, neuron.number, source)
        self._set(part, f"{neuron_name(neuron)}: weight {source + 1}", value)

    def _set(self, part: ParameterGroup, what: str, value: float) -> None:
        now = part.view(self._displayed.as_trained).copy()
        new = np.full_like(now, value)
        if (new != now).any() and np.isfinite(new).all():
            self._edit(f"{what} {format_weight(now[0])} → {format_weight(new[0])}", [(part, now, new)])

    def _edit(self, text: str, changes: list[tuple[ParameterGroup, Array, Array]], kept: WhatIf | None = None) -> None:
        """Carries out an edit and ends the what-ifs it makes permanent. Only for the live network."""
        if not self._displayed.is_live:
            epoch = self._runs.current.epoch_text(self._displayed.epochs).capitalize()
            self._messages.show(f"{epoch} is in the past and cannot be edited. Press End to return to the present.")
            return
        run = self._runs.current.id
        new = Edit(run, tuple((part, to) for part, _, to in changes), text, None, None if kept is None else {})
        old = Edit(run, tuple((part, by) for part, by, _ in changes), f"{text} undone", new, kept)
        self._undo.push(Step(text, Kind.EDIT, self._apply, old, new, (run,)))

    def _apply(self, edit: Edit) -> None:
        run = self._runs.by_id(edit.run)
        if run is None:
            return
        before = None if edit.undoes is None else self._before.pop(edit.undoes, None)
        takes_back = before is not None and run.changes == before.changes_after and run.stage is not Stage.TRAINING
        if before is not None and takes_back:
            before.put_back(run)
        else:
            self._before[edit] = StateBeforeEdit.of(run)
            run.changes += 1
            if run.stage is not Stage.TRAINING:
                run.changed_by_hand()
        if edit.undoes is not None and not takes_back:
            self._messages.announce(f"Undone: {edit.undoes.text}. The training since then is kept.")
        self._put(run, edit, edit.what_if)
        self._order(run, edit, is_noted=not takes_back)
        if takes_back:
            self.errors.put_back(run)
        if run.stage is not Stage.TRAINING and (not takes_back or run.edited == {}):
            self.errors.measure(run)

    def _put(self, run: Run, edit: Edit, what_if: WhatIf | None = None) -> None:
        """Changes the displayed copy and the what-ifs at once, and emits signals."""
        network = run.displayed_network().copy()
        edit.write(network)
        run.parameters = network.parameters
        run.keep_snapshot()
        if run is self._runs.current:
            self._displayed.show(run, what_if)
        self._runs.emit_history(run)
        self._runs.emit_file(run)
        self._training.state_changed.emit()
        self.edited.emit()

    def before_last(self, run: Run) -> tuple[Edit, dict[str, float]] | None:
        """Returns what takes the last edit of a run back, and the figures before it.

        None if there is none, or if the network was trained since.
        """
        step = self._undo.last(Kind.EDIT, lambda step: run.id in step.runs)
        if step is None or not isinstance(step.new, Edit):
            return None
        before = self._before.get(step.new)
        return (step.old, before.figures) if before is not None and run.changes == before.changes_after else None

    # ---- the network itself

    def _order(self, run: Run, edit: Edit, is_noted: bool) -> None:
        """Orders the worker to change the trained network between two steps, and notes at which batch it did."""
        self._last[run.id] = edit
        self._training.runner.worker.drop_frame()  # a copy from before

        def write(trainer: Trainer | None) -> tuple[int, int, int] | None:
            edit.write(run.network if trainer is None else trainer.network)
            if trainer is None:
                return None
            trainer.edits += 1
            return trainer.epoch, trainer.batch, trainer.batches_per_epoch

        def written() -> None:
            place = found.result()
            run.storage.is_kept = run.storage.is_kept and place is not None  # without a trainer it is not recorded
            if is_noted and edit in self._before:
                self._note(run, edit.text, place)
            is_last = self._last[run.id] is edit
            if is_last and run.stage is not Stage.TRAINING and not edit.holds(run.displayed_network()):
                self._put(run, edit)  # a copy from before came between
                self.errors.measure(run)

        found = self._training.runner.call(run.id, write, written, edit.text if is_noted else "")

    def _note(self, run: Run, text: str, place: tuple[int, int, int] | None) -> None:
        epochs = run.epochs
        if place is not None and place[0]:
            epoch, batch, batches = place
            epochs = run.progress.before + epoch - 1 + batch / batches
        run.history.note_change(epochs, text)
        self._runs.emit_history(run)

    def close(self, milliseconds: int) -> bool:
        """Stops the measurement. Returns whether its thread ended in time."""
        return self.errors.close(milliseconds)


def format_weight(value: float) -> str:
    """Returns four digits with a real minus sign: 0.1, −0.0613."""
    return f"{value:.4g}".replace("-", "−")
