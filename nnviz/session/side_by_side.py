"""Two networks side by side: the displayed one and a second one, such as an earlier epoch and the present."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset
from engine.explain.predictions import predict_in_steps
from engine.network.network import Network
from nnviz.jobs.latest import Request, RequestKey
from nnviz.session import question as asking
from nnviz.session.displayed import what_if_text
from nnviz.session.example_sets import ExampleSet
from nnviz.session.prediction_changes import PredictionChanges
from nnviz.session.run import Run
from nnviz.session.snapshots import Snapshot
from nnviz.session.split_predictions import SplitPredictions
from nnviz.session.status import Stage

if TYPE_CHECKING:
    from engine.basics.validation import Array
    from nnviz.library import Library
    from nnviz.session.session import Session

# The second network: the live one, another epoch of the run, the run that a branch left, before the last edit, and
# without what-ifs.
NOW, EPOCH, PARENT, EDIT, WHAT_IF = "now", "epoch", "parent", "edit", "what-if"
_PAST, _PRESENT, _OTHER = "looking_back", "ink", "muted"  # names of the theme's colours
_CHANGED = "{} after the change"
_KEPT = 2  # predictions of a set, so that only the network that has changed is evaluated


@dataclass(frozen=True, eq=False)
class Side:
    """One of two networks.

    Attributes:
        network: must not be changed.
        name: the heading of its column: "epoch 3", "now", "parent".
        epochs: epochs that it is trained.
        ink: the theme's name of its colour; the later one has that of the present.
        figures: its measured figures, such as "test_error"; empty if they were not measured at this epoch.
        epoch: its epoch as text, "3", if it is called by that; else empty.
    """

    network: Network
    name: str
    epochs: float
    ink: str
    figures: Mapping[str, float]
    epoch: str = ""

    @property
    def short(self) -> str:
        """A shorter name: "3" for "epoch 3"."""
        return self.epoch or self.name


@dataclass(frozen=True, eq=False)
class _Second:
    """The second network, its kind, and what it was made of."""

    kind: str
    key: RequestKey
    side: Side


class SideBySide(QObject):
    """Chooses a second network, and shows it next to the displayed one while that is wanted.

    Signals:
        changed: ``is_on``, ``kinds`` or the second network has changed.
        switched: the user switched the comparison on or off, or chose another second network; after ``changed``.
        answer_changed: ``answer`` has changed.
        changes_changed: ``changes`` has changed.

    Attributes:
        is_wanted: whether the user has switched the comparison on; it is shown while there is a second network.
            A comparison with the present ends when the present is displayed.
        answer: the outputs of the second network for the current input, (outputs,); None if they are not known.
    """

    changed = pyqtSignal()
    switched = pyqtSignal()
    answer_changed = pyqtSignal()
    changes_changed = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._displayed, self._runs, self._timeline = session.displayed, session.runs, session.timeline
        self._data, self._question, self._mistakes = session.data, session.question, session.mistakes
        self._edits, self._undo, self._messages = session.edits, session.undo, session.messages
        self._library_thread = session.library_thread
        self.is_wanted = False
        self._chosen: str | None = None  # the kind that the user chose; None for the first that there is
        self._begun_with: str | None = None  # the kind when the comparison was switched on
        self._follows_edit = False  # whether the network was edited since then
        self._epoch: float | None = None  # that the user keeps for comparison
        self._second: _Second | None = None
        self._parent: tuple[int, float, Side] | None = None  # from the library: the record, the epoch asked for
        self._reading: tuple[int, float] | None = None
        self._last: tuple[object, ...] = ()
        self._predicted: list[SplitPredictions] = []  # used in the thread of the query
        self._changes: PredictionChanges | None = None
        self.answer: Array | None = None
        self._runs.replaced.connect(self._end)
        displayed, training = session.displayed, session.training
        for signal in (displayed.changed, displayed.snapshot_changed, displayed.what_if_changed):
            signal.connect(self._look)
        self._edits.edited.connect(self._follow_edit)
        for signal in (training.state_changed, self._runs.history_changed, self._undo.changed):
            signal.connect(self._look)

    # ---- what is compared

    @property
    def is_on(self) -> bool:
        """Whether two networks are shown side by side."""
        return self.is_wanted and self._second is not None

    def toggle(self) -> None:
        """Switches the comparison on or off."""
        self.is_wanted = not self.is_wanted
        self._begun_with, self._follows_edit = self.kind if self.is_wanted else None, False
        self._look()
        self.switched.emit()

    def choose(self, kind: str) -> None:
        """Chooses the second network, one of ``kinds``, and switches the comparison on."""
        self._chosen, self._begun_with, self._follows_edit, self.is_wanted = kind, None, False, True
        self._look()
        self.switched.emit()

    def keep_epoch(self) -> None:
        """Keeps the displayed epoch as the second one, next to any other that is displayed from now on."""
        self._epoch = self._displayed.epochs
        self.choose(EPOCH)
        epoch = self._runs.current.epoch_text(self._epoch)
        self._messages.announce(f"{epoch.capitalize()} is selected for comparison. Go to the other epoch.")

    @property
    def kept_epoch(self) -> float | None:
        """The epoch that the user keeps for comparison; None if there is none."""
        return self._epoch

    @property
    def kinds(self) -> list[str]:
        """What the displayed network can be compared with; without a choice, it is compared with the first."""
        displayed, run, found = self._displayed, self._runs.current, []
        if not displayed.is_live:
            found.append(NOW)
        elif displayed.what_if:
            found.append(WHAT_IF)
        elif self._edits.before_last(run) is not None:
            found.append(EDIT)
        if self._kept_snapshot() is not None:
            found.append(EPOCH)
        if self._parent_run() is not None or self._parent_record() is not None:
            found.append(PARENT)
        return found

    @property
    def kind(self) -> str | None:
        """What the displayed network is compared with; None for nothing."""
        kinds = self.kinds
        edit = EDIT if self._follows_edit else None
        return next((kind for kind in (self._chosen, edit, self._begun_with, *kinds) if kind in kinds), None)

    @property
    def second(self) -> Side | None:
        """The second network, while the comparison is on."""
        return self._second.side if self.is_on and self._second is not None else None

    @property
    def second_epoch(self) -> float | None:
        """The epoch of the second network, if it is another one of the same run; else None."""
        second = self._second
        return second.side.epochs if self.is_on and second is not None and second.kind in (NOW, EPOCH) else None

    @property
    def sides(self) -> tuple[Side, Side] | None:
        """The earlier and the later network, or the network before and after a change; None while nothing is compared.

        One of them is the displayed network.
        """
        if self._second is None or not self.is_on:
            return None
        kind, second = self._second.kind, self._second.side
        first = self._displayed_side(kind)
        is_earlier = kind == NOW or (kind == EPOCH and first.epochs < second.epochs)
        before, after = (first, second) if is_earlier else (second, first)
        return before, replace(after, ink=_PRESENT)

    @property
    def is_second_later(self) -> bool:
        """Whether the second network is the later of both ``sides``, and the displayed one the earlier."""
        sides, second = self.sides, self.second
        return sides is not None and second is not None and sides[1].network is second.network

    @property
    def opening(self) -> str:
        """The beginning of a sentence about the change: "From epoch 3 to 20", "With the edit"."""
        sides, run = self.sides, self._runs.current
        if sides is None or self._second is None:
            return ""
        if self._second.kind == EDIT:
            return "With the edit"
        if self._second.kind == WHAT_IF:
            return f"With {what_if_text(self._displayed.what_if)}"
        before, after = (run.epoch_name(side.epochs) for side in sides)
        if self._second.kind == PARENT:
            at = f"at epoch {after}" if before == after else f"from its epoch {before} to epoch {after}"
            return f"From parent to branch, {at},"
        return f"From epoch {before} to {after}"

    def _there(self, later: Side) -> str:
        """Returns a phrase with a place for what holds for the later network: "{} at epoch 10"."""
        if later.epoch:
            return f"{{}} at {later.name}"
        kind = None if self._second is None else self._second.kind
        return {EDIT: _CHANGED, WHAT_IF: _CHANGED, PARENT: "{} in the branch"}.get(kind or NOW, "now {}")

    # ---- the displayed network

    def _displayed_side(self, kind: str) -> Side:
        displayed, run = self._displayed, self._runs.current
        at, figures = self._timeline.figures
        is_measured = at == displayed.epochs and not displayed.what_if
        figures, other = figures if is_measured else {}, {EDIT: "after", WHAT_IF: "what if", PARENT: "branch"}.get(kind)
        if other is None and not displayed.is_live:
            return _side_at(run, displayed.network, displayed.epochs, _PAST, figures)
        return Side(displayed.network, other or "now", displayed.epochs, _PAST, figures)

    # ---- the second network

    def _look(self) -> None:
        """Finds the second network, and reports what has changed."""
        was_now = self._second is not None and self._second.kind == NOW
        if was_now and self._displayed.is_live and self._chosen not in self.kinds:
            self.is_wanted = False  # the user has gone back to now, the second network itself
        kind = self.kind
        self._second = self._find(kind) if kind is not None and self.is_wanted else None
        key = None if self._second is None else self._second.key
        now = key, self.is_on, self.is_wanted, tuple(self.kinds), kind
        if now != self._last:
            self._last = now
            self.changed.emit()
            if not self.is_on:
                self.set_changes(None)
                self.set_answer(None)

    def _follow_edit(self) -> None:
        """Compares with the network before an edit that was just made, unless the user chose something else."""
        self._follows_edit = self.is_wanted
        self._look()

    def _find(self, kind: str) -> _Second | None:
        """Returns the second network; the same one as long as it is made of the same."""
        run, displayed = self._runs.current, self._displayed
        if kind == NOW:
            # During training it is replaced once an epoch, since predictions of a whole set can take long.
            is_steady = run.stage is not Stage.TRAINING
            about = RequestKey(run.parameters) if is_steady else RequestKey(run, int(run.history.completed))
            return self._made(kind, about, lambda: _live_side(run))
        if kind == WHAT_IF:
            return self._made(kind, RequestKey(displayed.as_trained), self._as_trained)
        if kind == EDIT:
            return self._before_edit(run)
        if kind == EPOCH and (snapshot := self._kept_snapshot()) is not None:
            return self._made(kind, RequestKey(snapshot), lambda: _side_of(run, snapshot))
        return self._of_parent() if kind == PARENT else None

    def _made(self, kind: str, about: RequestKey, make: Callable[[], Side]) -> _Second:
        """Returns the present second network if it was made of the same, else another one."""
        known = self._second
        is_known = known is not None and (known.kind, known.key) == (kind, about)
        return known if known is not None and is_known else _Second(kind, about, make())

    def _as_trained(self) -> Side:
        at, figures = self._timeline.figures
        trained, epochs = self._displayed.as_trained, self._displayed.epochs
        return Side(trained, "as trained", epochs, _OTHER, figures if at == epochs else {})

    def _before_edit(self, run: Run) -> _Second | None:
        found = self._edits.before_last(run)
        if found is None:
            return None
        edit, figures = found

        def make() -> Side:
            network = run.displayed_network().copy()
            edit.write(network)
            return Side(network, "before", run.epochs, _PAST, figures)

        return self._made(EDIT, RequestKey(edit, run.parameters), make)

    def _kept_snapshot(self) -> Snapshot | None:
        """Returns the snapshot of the kept epoch, unless it is displayed."""
        if self._epoch is None:
            return None
        found = self._runs.current.snapshots.nearest(self._epoch)
        return None if found is self._displayed.snapshot else found

    def _parent_run(self) -> Run | None:
        """Returns the run that the current one left, if it is still in memory."""
        origin = self._runs.current.origin
        run = None if origin.parent is None else self._runs.by_id(origin.parent)
        return run if run is not None and len(run.snapshots) else None

    def _parent_record(self) -> int | None:
        origin = self._runs.current.origin
        return origin.parent_record if origin.left_at is not None else None

    def _of_parent(self) -> _Second | None:
        """Returns the network of the run that the branch left, at the epoch nearest to the displayed one."""
        run, epochs, record = self._parent_run(), self._displayed.epochs, self._parent_record()
        if run is not None:
            snapshot = run.snapshots.nearest(epochs)
            assert snapshot is not None
            return self._made(PARENT, RequestKey(snapshot), lambda: _parent_side(run, snapshot))
        if record is None:
            return None
        if self._parent is None or self._parent[:2] != (record, epochs):
            self._read_parent(record, epochs)
            return self._second  # until it is read
        side = self._parent[2]
        return self._made(PARENT, RequestKey(side), lambda: side)

    def _read_parent(self, record: int, epochs: float) -> None:
        """Reads the network of a run in the library."""
        if self._reading == (record, epochs):
            return
        self._reading = record, epochs

        def read(library: Library) -> Side:
            at = min(library.snapshot_epochs(record), key=lambda kept: abs(kept - epochs), default=epochs)
            return Side(library.network(record, at), "parent", at, _OTHER, library.history(record).figures(at))

        def done(found: Side | None) -> None:
            if found is not None and self._reading == (record, epochs):
                self._parent = record, epochs, found
                self._look()

        def failed(error: Exception) -> None:
            self._messages.show_error("The parent run of this branch could not be read", error)

        self._library_thread.run(read, done, failed)

    def _end(self) -> None:
        """Ends the comparison when another run is the current one."""
        self.is_wanted = False
        self._follows_edit = False
        self._chosen = self._begun_with = self._epoch = self._second = self._parent = self._reading = None
        self._look()

    # ---- the prediction of the current input

    def answer_request(self) -> Request | None:
        """Returns the request for the second network's outputs for the current input."""
        second, data = self.second, self._data
        example = asking.active_input(self._question, self._displayed, data)
        if second is None or example is None:
            return None
        network = second.network
        return RequestKey(network, example), lambda: asking.predict(network, example)

    def set_answer(self, answer: Array | None) -> None:
        """Stores the outputs of the second network."""
        if answer is not self.answer:
            self.answer = answer
            self.answer_changed.emit()

    # ---- predictions of a set

    def changes_request(self) -> Request | None:
        """Returns the request for the predictions of both networks for the set of the mistakes."""
        sides, part = self.sides, self._mistakes.part
        if sides is None or part is None:
            return None
        # During training, the displayed network counts as it was first displayed in this epoch.
        subject = self._mistakes.subject
        both = [subject if side.network is self._displayed.network else (side.network, side.epochs) for side in sides]
        opening, names, there = self.opening, (sides[0].name, sides[1].name), self._there(sides[1])
        name = f"{part.name}_{'rmse' if part.split.labels is None else 'error'}"
        measured = sides[0].figures.get(name), sides[1].figures.get(name)

        def work() -> Generator[int, None, PredictionChanges]:
            found = []
            for network, epochs in both:
                found.append((yield from self._predictions(network, part, epochs)))
            return PredictionChanges(found[0], found[1], opening, names, there, measured)

        return RequestKey(both[0][0], both[1][0], part), work

    def _predictions(self, network: Network, part: ExampleSet, epochs: float) -> Generator[int, None, SplitPredictions]:
        for known in self._predicted:
            if known.network is network and known.part is part:
                return known
        predictions = yield from predict_in_steps(network, part.split, part.rows)
        made = SplitPredictions(predictions, part, network, epochs)
        self._predicted = [*self._predicted, made][-_KEPT:]
        return made

    def release(self) -> None:
        """Drops the predictions that are kept. Runs in the query's thread."""
        self._predicted = []

    def set_changes(self, changes: PredictionChanges | None) -> None:
        """Stores the predictions of both networks."""
        if changes is not self._changes:
            self._changes = changes
            self._mistakes.set_changes(changes)
            self.changes_changed.emit()

    @property
    def changes(self) -> PredictionChanges | None:
        """The latest predictions of both networks for a set of the current data; None while nothing is compared."""
        found, data = self._changes, self._data.dataset
        return found if self.is_on and found is not None and _is_of(found, data) else None

    @property
    def changes_of_sides(self) -> PredictionChanges | None:
        """``changes`` if they are those of ``sides``; None until they are.

        While the live network learns, its predictions may be older.
        """
        found, sides, second = self.changes, self.sides, self._second
        if found is None or sides is None or second is None:
            return None
        is_training = self._runs.current.stage is Stage.TRAINING
        if is_training and self._displayed.is_live:
            return found
        moving = second.side.network if is_training and second.kind == NOW else None
        pairs = zip((found.before, found.after), sides, strict=True)
        are_same = all(side.network in (predicted.network, moving) for predicted, side in pairs)
        return found if are_same else None


def _is_of(found: PredictionChanges, data: Dataset | None) -> bool:
    return data is not None and found.after.part.is_of(data)


def _live_side(run: Run) -> Side:
    figures = run.figures() if run.figures_before is None else {}
    if run.stage is Stage.TRAINING:
        return _side_at(run, run.displayed_network(), run.epochs, _PRESENT, figures)
    return Side(run.displayed_network(), "now", run.epochs, _PRESENT, figures)


def _side_at(run: Run, network: Network, epochs: float, ink: str, figures: Mapping[str, float]) -> Side:
    """Returns a network that is called by its epoch."""
    return Side(network, run.epoch_text(epochs), epochs, ink, figures, run.epoch_name(epochs))


def _side_of(run: Run, snapshot: Snapshot) -> Side:
    return _side_at(run, _network_of(run, snapshot), snapshot.epochs, _PAST, run.history.figures(snapshot.epochs))


def _parent_side(run: Run, snapshot: Snapshot) -> Side:
    return Side(_network_of(run, snapshot), "parent", snapshot.epochs, _OTHER, run.history.figures(snapshot.epochs))


def _network_of(run: Run, snapshot: Snapshot) -> Network:
    return run.displayed_network().with_parameters(snapshot.parameters)
