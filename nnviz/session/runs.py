"""All runs of a session, by id: the current one, those that it took the place of, those that the chart compares."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from nnviz.session.run import Run
from nnviz.session.undo import Kind, Step, Undo

# The rule of how long a run stays: while it is among the newest so many, and all of them take no more than so much.
MOST_RUNS = 30
MOST_BYTES = 768 * 2**20
_MOST_COMPARED = 3  # more would be a tangle


class Runs(QObject):
    """The one list of runs, the newest last. Attributes are for reading.

    Signals:
        replaced: another run is the current one.
        compared_changed: others are compared with it.
        history_changed: the current run has figures of another epoch, or its best parameters back.
        file_changed: the current run has another file or name, or was saved, or has learned since.
        let_go(Run): there was no room for it any more.
    """

    replaced = pyqtSignal()
    compared_changed = pyqtSignal()
    history_changed = pyqtSignal()
    file_changed = pyqtSignal()
    let_go = pyqtSignal(object)

    def __init__(self, first: Run, undo: Undo) -> None:
        super().__init__()
        self._undo = undo
        self._kept: list[Run] = []
        self._hidden: frozenset[int] = frozenset()  # ids that are not to be compared
        self._last_id = 0
        self.current = self.add(first)
        self._kept.clear()

    def add(self, run: Run) -> Run:
        """Gives a run its id, and takes it into the list."""
        self._last_id += 1
        run.id = self._last_id
        self._kept.append(run)
        return run

    def by_id(self, number: int) -> Run | None:
        """The run of that id, if it is still there."""
        return next((run for run in (*self._kept, self.current) if run.id == number), None)

    def show(self, run: Run) -> None:
        """It becomes the current one."""
        before, self.current = self.current, run
        self._kept = [each for each in self._kept if each not in (before, run)]
        if before is not run:
            self._kept.append(before)
        self.replaced.emit()
        self._make_room()
        self.compared_changed.emit()
        self.file_changed.emit()

    def _make_room(self) -> None:
        """Lets the oldest go that the rule does not keep; those that nobody can come back to go first."""
        named = self._undo.runs
        for run in [run for run in self._kept if not (run.id in named or _has_lines(run) or run.unsaved)]:
            self._let_go(run)
        while len(self._kept) > MOST_RUNS or sum(run.nbytes for run in (*self._kept, self.current)) > MOST_BYTES:
            if not self._kept:
                break
            self._let_go(self._kept[0])

    def _let_go(self, run: Run) -> None:
        self._kept.remove(run)
        self._undo.forget_run(run.id)
        self.let_go.emit(run)

    @property
    def unsaved(self) -> list[Run]:
        """Those that have learned since they were last saved, the current one first."""
        return [run for run in (self.current, *reversed(self._kept)) if run.unsaved]

    # ---- compared

    @property
    def compared(self) -> list[Run]:
        """Earlier runs whose curves are shown beside those of the current one, the newest last."""
        now = self.current
        others = [run for run in self._kept if _has_lines(run) and run.id not in self._hidden]
        return [run for run in others if run.path is None or run.path != now.path][-_MOST_COMPARED:]

    def stop_comparing(self) -> None:
        """No earlier run is compared with the current one any more, undoably."""
        ids = frozenset(run.id for run in self._kept if _has_lines(run))
        if ids - self._hidden:
            step = Step("no comparison with earlier runs", Kind.VIEW, self._hide, self._hidden, self._hidden | ids)
            self._undo.push(step)

    def _hide(self, ids: frozenset[int]) -> None:
        self._hidden = ids
        self.compared_changed.emit()

    # ---- what happens to the current one

    def tell_history(self, run: Run) -> None:
        """That run has figures of another epoch."""
        if run is self.current:
            self.history_changed.emit()

    def tell_file(self, run: Run) -> None:
        """That run has another file or name, or was saved, or has learned since."""
        if run is self.current:
            self.file_changed.emit()


def _has_lines(run: Run) -> bool:
    """Whether a curve goes anywhere: of a single figure nothing would be drawn."""
    curves = (curve for of in (run.history.error, run.history.loss) for curve in (of.train, of.test))
    return any(len(curve.epochs) > 1 for curve in curves)
