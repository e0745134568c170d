"""The runs of a session by id: the current one, those that it replaced, and those that the chart compares."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.validation import number_within
from engine.network.activations import ACTIVATIONS
from engine.training.history import PARTS
from nnviz.formatting.setting_text import changes_between
from nnviz.session import snapshots
from nnviz.session.run import Run
from nnviz.session.status import Stage
from nnviz.session.undo import Kind, Step, Undo

# Limits of the runs that are kept: their number, and the memory that all of them take together.
MOST_RUNS = 30
MOST_BYTES = 768 * 2**20
_MOST_COMPARED = 3  # more curves would be hard to distinguish
_MOST_NAMED = 2  # settings in the name of a run


class Runs(QObject):
    """The list of all runs, the newest last. Attributes are for reading.

    Signals:
        replaced: another run is the current one.
        compared_changed: ``compared`` has changed.
        history_changed: the current run has the figures of more epochs, or its best parameters were restored.
        file_changed: the current run's file, name or ``unsaved`` has changed.
        evicted(Run): a run was removed to keep the limits.
    """

    replaced = pyqtSignal()
    compared_changed = pyqtSignal()
    history_changed = pyqtSignal()
    file_changed = pyqtSignal()
    evicted = pyqtSignal(object)

    def __init__(self, first: Run, undo: Undo) -> None:
        super().__init__()
        self._undo = undo
        self._kept: list[Run] = []
        self._hidden: frozenset[int] = frozenset()  # ids that are not to be compared
        self._last_id = 0
        self._snapshot_bytes = snapshots.MOST_BYTES
        self.current = self.add(first)
        self._kept.clear()

    def add(self, run: Run) -> Run:
        """Assigns an id to a run and adds it to the list."""
        self._last_id += 1
        run.id = self._last_id
        run.snapshots.set_room(self._snapshot_bytes)
        self._kept.append(run)
        return run

    @property
    def snapshot_bytes(self) -> int:
        """Bytes that the snapshots of one run may take. Raises SettingError when set to more than half the free memory.

        Where that is less than before, some of them go at once.
        """
        return self._snapshot_bytes

    @snapshot_bytes.setter
    def snapshot_bytes(self, nbytes: int) -> None:
        least, most, default = snapshots.LEAST_BYTES, snapshots.most_bytes(), str(snapshots.MOST_BYTES)
        self._snapshot_bytes = int(number_within("moments", nbytes, least, most, default, "bytes"))
        for run in (*self._kept, self.current):
            run.snapshots.set_room(self._snapshot_bytes)
        self.history_changed.emit()

    def by_id(self, number: int) -> Run | None:
        """Returns the run of that id; None if it was removed."""
        return next((run for run in (*self._kept, self.current) if run.id == number), None)

    def with_record(self, record: int) -> Run | None:
        """Returns the run with that record in the library; None if this window has none."""
        return next((run for run in (self.current, *reversed(self._kept)) if run.storage.record == record), None)

    def is_training(self) -> bool:
        """Whether the current run is being trained. May be called from any thread."""
        return self.current.stage is Stage.TRAINING

    def show(self, run: Run) -> None:
        """Makes a run the current one."""
        before, self.current = self.current, run
        self._kept = [each for each in self._kept if each not in (before, run)]
        if before is not run:
            self._kept.append(before)
        self.replaced.emit()
        self.make_room()
        self.compared_changed.emit()
        self.file_changed.emit()

    def make_room(self) -> None:
        """Removes runs that nothing refers to, then the oldest ones until the limits are met.

        To be called when the current run takes more memory: before it is trained.
        """
        undoable = self._undo.runs
        for run in [run for run in self._kept if not (run.id in undoable or _has_lines(run) or run.unsaved)]:
            self._evict(run)
        while len(self._kept) > MOST_RUNS or sum(run.nbytes for run in (*self._kept, self.current)) > MOST_BYTES:
            if not self._kept:
                break
            self._evict(self._kept[0])

    def _evict(self, run: Run) -> None:
        self._kept.remove(run)
        self._undo.forget_run(run.id)
        self.evicted.emit(run)

    @property
    def unsaved(self) -> list[Run]:
        """Runs with training that is stored nowhere, the current one first."""
        return [run for run in (self.current, *reversed(self._kept)) if run.unsaved]

    # ---- compared

    @property
    def compared(self) -> list[Run]:
        """Earlier runs that the chart compares with the current one, the newest last.

        Only those of the same data, also with other noise or more points, that predict the same. A branch that was not
        trained on has no curve of its own.
        """
        now, kind = self.current, _kind(self.current)
        known = [run for run in self._kept if _has_lines(run) and run.id not in self._hidden]
        known = [run for run in known if run.origin.left_at is None or run.history.completed > run.origin.left_at]
        others = [run for run in known if _kind(run) == kind]
        return [run for run in others if run.storage.path is None or run.storage.path != now.storage.path][
            -_MOST_COMPARED:
        ]

    def difference(self, run: Run) -> str:
        """Returns how a run differs from the current one: "learning rate 0.05 from epoch 3, seed 2 and 4 more"."""
        differs = changes_between(self.current.experiment, run.experiment)
        changes, differs_most = run.history.changes, differs[:_MOST_NAMED]
        since = {what: run.epoch_name(change.epoch) for change in changes for what in change.text.split(", ")}
        named = [f"{what} from epoch {since[what]}" if what in since else what for what in differs_most]
        more = f" and {len(differs) - _MOST_NAMED} more" if len(differs) > _MOST_NAMED else ""
        return (", ".join(named) or "same settings") + more

    def stop_comparing(self) -> None:
        """Stops comparing earlier runs with the current one; can be undone."""
        ids = frozenset(run.id for run in self._kept if _has_lines(run))
        if ids - self._hidden:
            step = Step("no comparison with earlier runs", Kind.VIEW, self._hide, self._hidden, self._hidden | ids)
            self._undo.push(step)

    @property
    def shown_earlier(self) -> frozenset[int]:
        """The ids of the runs that are compared with a current one of their kind, once there is another one."""
        return frozenset(run.id for run in (*self._kept, self.current)) - self._hidden

    def show_earlier(self, ids: frozenset[int]) -> None:
        """Compares these runs, and no others that there are now."""
        self._hide(frozenset(run.id for run in (*self._kept, self.current)) - ids)

    def _hide(self, ids: frozenset[int]) -> None:
        self._hidden = ids
        self.compared_changed.emit()

    # ---- signals about the current run

    def emit_history(self, run: Run) -> None:
        """Emits ``history_changed`` if it is the current run."""
        if run is self.current:
            self.history_changed.emit()

    def emit_file(self, run: Run) -> None:
        """Emits ``file_changed`` if it is the current run."""
        if run is self.current:
            self.file_changed.emit()


def _has_lines(run: Run) -> bool:
    """Whether any curve has at least two figures, which make a line."""
    curves = (curve for of in (run.history.error, run.history.loss) for curve in (of.train, of.test))
    return any(len(curve.epochs) > 1 for curve in curves)


def _kind(run: Run) -> tuple[object, ...]:
    """Returns the kind of the figures: of classes or a number, and of which data."""
    experiment, history = run.experiment, run.history
    shares, numbers = (any(vars(curves)[part].values for part in PARTS) for curves in (history.error, history.rmse))
    is_of_classes = shares or (not numbers and ACTIVATIONS[experiment.output].is_probability)
    return is_of_classes, experiment.data, experiment.data_settings.get("target")
