"""The runs that are kept on disk: which are listed, in which order; what a person says of them; deletions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from nnviz.jobs.library_lane import LibraryLane
from nnviz.session.kept_list import PAGE, Listed, Row, listed, runs_of, with_opened, with_parents
from nnviz.session.messages import Message, Messages
from nnviz.session.records import Records
from nnviz.session.reopening import Reopening
from nnviz.session.run_words import NEWEST, SORTS
from nnviz.session.runs import Runs
from nnviz.session.training import Training
from nnviz.session.undo import Kind, Step, Undo

if TYPE_CHECKING:
    from nnviz.library import Group, Library, RunRecord

_MOST_WANTED = 4  # pages that wait to be read; those that were scrolled by do not
_MOST_KNOWN = 4000  # records that are kept in memory
_BACK = "Ctrl+Z brings it back; it goes for good when the window is closed."
_BACK_ALL = "Ctrl+Z brings them back; they go for good when the window is closed."
_PAUSE = 1000  # milliseconds between two looks while figures come in


class KeptRuns(QObject):
    """The list of the library's runs. Attributes are for reading. While no view is there, nothing is read.

    Signals:
        listed: ``rows`` has changed, or ``problem``; what the runs tell may have changed too.
        known: the records of more rows are there, or what a person says of one has changed.
        deletion_changed(list, bool): runs of these numbers were deleted, or (False) their deletion was undone.

    Attributes:
        search, sort: the words that are searched for, and by what the runs are sorted: a key of ``SORTS``.
        rows: the runs and groups of seeds that are listed, in order, each branch below its parent.
        count: how many runs there are in all.
        is_read: whether the library was looked at.
        problem: why it could not be read; empty if it could.
    """

    listed = pyqtSignal()
    known = pyqtSignal()
    deletion_changed = pyqtSignal(object, bool)

    def __init__(
        self,
        lane: LibraryLane,
        records: Records,
        runs: Runs,
        training: Training,
        reopening: Reopening,
        undo: Undo,
        messages: Messages,
    ) -> None:
        super().__init__()
        self._lane, self._reopening, self._undo, self._messages = lane, reopening, undo, messages
        self.search, self.sort = "", NEWEST
        self.rows: list[Row] = []
        self._closed: list[Row] = []  # the same while no group is open
        self._opened: set[Group] = set()
        self.count, self.is_read, self.problem = 0, False, ""
        self._records: dict[int, RunRecord] = {}
        self._fresh: set[int] = set()  # the runs that were read since the list was
        self._wanted: list[int] = []  # pages, the latest last
        self._is_reading_page = self._is_listing = self._is_stale = False
        self._is_watched = False
        self._notice: str | None = None
        self._told: Message | None = None  # that a run was deleted
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        records.changed.connect(self.refresh)
        training.state_changed.connect(self._soon)
        runs.history_changed.connect(self._soon)

    # ---- which are listed

    def find(self, words: str) -> None:
        """Lists the runs with all these words in settings, name, note or data; all for none."""
        if words != self.search:
            self.search = words
            self.refresh()

    def sort_by(self, sort: str) -> None:
        """Sorts by a key of ``SORTS``."""
        if sort != self.sort and sort in SORTS:
            self.sort = sort
            self.refresh()

    def watch(self, is_watched: bool) -> None:
        """Reads the list from now on whenever it may have changed, or no longer."""
        self._is_watched = is_watched
        if is_watched:
            self.refresh()
        else:
            self._timer.stop()

    def _soon(self) -> None:
        if self._is_watched and not self._timer.isActive():
            self._timer.start(_PAUSE)

    def refresh(self) -> None:
        """Reads the list again, if it is watched."""
        if not self._is_watched:
            return
        if self._is_listing:
            self._is_stale = True  # what is being read may be of before
            return
        self._is_listing, self._is_stale = True, False
        search, sort = self.search, self.sort
        self._lane.run(lambda library: listed(library, search, sort), self._take, self._failed, Listed([]))

    def _take(self, found: Listed) -> None:
        self._is_listing = False
        if self._is_stale:
            self.refresh()
            return
        self._closed, self.count = found.rows, found.count
        self.rows = with_opened(self._closed, self._opened)
        self.is_read, self.problem = True, ""
        self._fresh, self._wanted = set(found.records), []
        self._keep(found.records)
        self.listed.emit()
        if found.notice and found.notice != self._notice:
            self._notice = found.notice
            self._messages.tell(found.notice)

    def _failed(self, error: Exception) -> None:
        self._is_listing = False
        self.problem, self.is_read = str(error), True
        self._messages.tell_error("The library could not be read", error)
        self.listed.emit()

    def unfold(self, group: Group, is_open: bool) -> None:
        """Lists the runs of a group below it, or no longer."""
        (self._opened.add if is_open else self._opened.discard)(group)
        self.rows, self._wanted = with_opened(self._closed, self._opened), []
        self.listed.emit()

    # ---- what they tell

    def record(self, run: int) -> RunRecord | None:
        """What is known of a run, or of a parent of one; None until it was read."""
        return self._records.get(run)

    def records_at(self, place: int) -> list[RunRecord]:
        """What the run in that row tells, or those of its group; where they were not read yet, they are, and ``known``
        follows.
        """
        runs = self.rows[place].all_runs
        if not self._fresh.issuperset(runs):
            page = place // PAGE
            self._wanted = [*(each for each in self._wanted if each != page), page][-_MOST_WANTED:]
            self._read_page()
        return [self._records[run] for run in runs if run in self._records]

    def _read_page(self) -> None:
        if self._is_reading_page or not self._wanted:
            return
        self._is_reading_page = True
        rows, start = self.rows, self._wanted.pop() * PAGE
        ids = runs_of(rows[start : start + PAGE])

        def done(records: Mapping[int, RunRecord]) -> None:
            self._is_reading_page = False
            self._keep(records)
            self._fresh.update(ids)
            self.known.emit()
            self._read_page()

        def failed(error: Exception) -> None:
            self._is_reading_page = False
            self._wanted = []
            self._messages.tell_error("The library could not be read", error)

        self._lane.run(lambda library: with_parents(library, ids), done, failed, {})

    def _keep(self, records: Mapping[int, RunRecord]) -> None:
        if len(self._records) > _MOST_KNOWN:
            self._records.clear()
            self._fresh.clear()
        self._records.update(records)

    # ---- what a person does with them

    def annotate(self, runs: Sequence[int], **told: Any) -> None:
        """Changes ``name``, ``note`` or ``starred`` of runs, as one step to undo; not of those that are not known."""
        known = [self._records[run] for run in runs if run in self._records]
        old = {record.id: {name: getattr(record, name) for name in told} for record in known}
        new = {record.id: told for record in known}
        if old != new:
            what = "star" if "starred" in told else "name of a run" if "name" in told else "note"
            self._undo.push(Step(what, Kind.LIBRARY, self._write, old, new))

    def _write(self, told: dict[int, dict[str, Any]]) -> None:
        def work(library: Library) -> Mapping[int, RunRecord]:
            with library.database.writing():
                for run, words in told.items():
                    library.annotate(run, **words)
            return library.records(list(told))

        def done(records: Mapping[int, RunRecord]) -> None:
            self._records.update(records)
            self.known.emit()

        self._lane.run(work, done, lambda error: self._messages.tell_error("That could not be noted", error), {})

    def delete(self, runs: Sequence[int]) -> None:
        """Deletes runs, as one step to undo; they go for good when the window is closed."""
        what = "deletion of a run" if len(runs) == 1 else f"deletion of {len(runs)} runs"
        self._undo.push(Step(what, Kind.LIBRARY, self._set_deleted, (runs, False), (runs, True)))

    def _set_deleted(self, change: tuple[Sequence[int], bool]) -> None:
        runs, is_deleted = change

        def done(_: object) -> None:
            self._messages.withdraw(self._told)
            if is_deleted:
                one, all_of_them = f"Run {runs[0]} was deleted. {_BACK}", f"{len(runs)} runs were deleted. {_BACK_ALL}"
                self._told = self._messages.tell(one if len(runs) == 1 else all_of_them)
            self.deletion_changed.emit(list(runs), is_deleted)
            self.refresh()

        def failed(error: Exception) -> None:
            what = "The run" if len(runs) == 1 else "The runs"
            self._messages.tell_error(f"{what} could not be {'deleted' if is_deleted else 'brought back'}", error)

        def work(library: Library) -> None:
            (library.delete if is_deleted else library.restore)(runs)

        self._lane.run(work, done, failed)

    def open(self, run: int) -> None:
        """Puts a run into the window as it was left."""
        self._reopening.open(run)
