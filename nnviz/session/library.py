"""The runs that are kept on disk: which are listed, in which order; what a person says of them; deletions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from nnviz.jobs.library_lane import LibraryLane
from nnviz.session.kept_list import PAGE, Listed, Row, listed, with_parents
from nnviz.session.messages import Message, Messages
from nnviz.session.records import Records
from nnviz.session.reopening import Reopening
from nnviz.session.run_words import NEWEST, SORTS
from nnviz.session.runs import Runs
from nnviz.session.training import Training
from nnviz.session.undo import Kind, Step, Undo

if TYPE_CHECKING:
    from nnviz.library import Library, RunRecord

_MOST_WANTED = 4  # pages that wait to be read; those that were scrolled by do not
_MOST_KNOWN = 4000  # records that are kept in memory
_BACK = "Ctrl+Z brings it back; it goes for good when the window is closed."
_PAUSE = 1000  # milliseconds between two looks while figures come in


class KeptRuns(QObject):
    """The list of the library's runs. Attributes are for reading. While no view is there, nothing is read.

    Signals:
        listed: ``rows`` has changed, or ``problem``; what the runs tell may have changed too.
        known: the records of more rows are there, or what a person says of one has changed.
        removed(int), returned(int): a run was deleted; its deletion was undone.

    Attributes:
        search, sort: the words that are searched for, and by what the runs are sorted: a key of ``SORTS``.
        rows: the runs that are listed, in order, each branch below its parent.
        count: how many runs there are in all.
        is_read: whether the library was looked at.
        problem: why it could not be read; empty if it could.
    """

    listed = pyqtSignal()
    known = pyqtSignal()
    removed = pyqtSignal(int)
    returned = pyqtSignal(int)

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
        self.rows, self.count = found.rows, found.count
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

    # ---- what they tell

    def record(self, run: int) -> RunRecord | None:
        """What is known of a run, or of a parent of one; None until it was read."""
        return self._records.get(run)

    def record_at(self, place: int) -> RunRecord | None:
        """What the run in that row tells; where it was not read yet, it is, and ``known`` follows."""
        run = self.rows[place].run
        if run not in self._fresh:
            page = place // PAGE
            self._wanted = [*(each for each in self._wanted if each != page), page][-_MOST_WANTED:]
            self._read_page()
        return self._records.get(run)

    def _read_page(self) -> None:
        if self._is_reading_page or not self._wanted:
            return
        self._is_reading_page = True
        rows, start = self.rows, self._wanted.pop() * PAGE
        ids = [row.run for row in rows[start : start + PAGE]]

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

    def annotate(self, run: int, **told: Any) -> None:
        """Changes ``name``, ``note`` or ``starred`` of a run, as a step to undo. Does nothing while it is not known."""
        record = self._records.get(run)
        old = {name: getattr(record, name) for name in told} if record is not None else told
        if old != told:
            what = "star" if "starred" in told else "name of a run" if "name" in told else "note"
            self._undo.push(Step(what, Kind.LIBRARY, self._write, (run, old), (run, told)))

    def _write(self, change: tuple[int, dict[str, Any]]) -> None:
        run, told = change

        def work(library: Library) -> Mapping[int, RunRecord]:
            library.annotate(run, **told)
            return library.records([run])

        def done(records: Mapping[int, RunRecord]) -> None:
            self._records.update(records)
            self.known.emit()

        self._lane.run(work, done, lambda error: self._messages.tell_error("That could not be noted", error), {})

    def delete(self, run: int) -> None:
        """Deletes a run, as a step to undo; it goes for good when the window is closed."""
        self._undo.push(Step("deletion of a run", Kind.LIBRARY, self._set_deleted, (run, False), (run, True)))

    def _set_deleted(self, change: tuple[int, bool]) -> None:
        run, is_deleted = change

        def done(_: object) -> None:
            self._messages.withdraw(self._told)
            if is_deleted:
                self.removed.emit(run)
                self._told = self._messages.tell(f"Run {run} was deleted. {_BACK}")
            else:
                self.returned.emit(run)
            self.refresh()

        def failed(error: Exception) -> None:
            self._messages.tell_error(f"The run could not be {'deleted' if is_deleted else 'brought back'}", error)

        def work(library: Library) -> None:
            (library.delete if is_deleted else library.restore)([run])

        self._lane.run(work, done, failed)

    def open(self, run: int) -> None:
        """Puts a run into the window as it was left."""
        self._reopening.open(run)
