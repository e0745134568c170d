"""The list of the library's runs: search, order, names, notes, stars and deletions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from nnviz.formatting import text
from nnviz.session.messages import Message
from nnviz.session.reopening import Reopening
from nnviz.session.run_list import RunListing, RunRow, SweepKey, read_listing, with_active_groups, with_open_groups
from nnviz.session.run_names import Settings
from nnviz.session.run_pages import RunPages
from nnviz.session.run_text import NEWEST, SORTS
from nnviz.session.undo import Kind, Step

if TYPE_CHECKING:
    from nnviz.library import Library, RunGroup, RunRecord
    from nnviz.library.sweeps import SweepSummary
    from nnviz.session.session import Session

_BACK = "Ctrl+Z restores it, until the window is closed."
_BACK_ALL = "Ctrl+Z restores them, until the window is closed."
_PAUSE = 1000  # milliseconds between two looks while figures come in


class RunLibrary(QObject):
    """The list of the library's runs. Nothing is read without a watching view. Attributes are for reading.

    Signals:
        listed: ``rows`` or ``problem`` has changed; records may have changed, too.
        known: more records were read, or a name, note or star has changed.
        deletion_changed(list, bool): runs of these numbers were deleted, or (False) restored.
        sweep_renamed: the name of a sweep has changed.

    Attributes:
        search, sort: the searched words; the sort order, a key of ``SORTS``.
        rows: runs, groups of seeds and sweeps, in order, branches below their parents; at the top groups without a
            finished run.
        count: number of all runs.
        is_read: whether the library was read.
        problem: why it could not be read; empty if it could.
    """

    listed = pyqtSignal()
    known = pyqtSignal()
    deletion_changed = pyqtSignal(object, bool)
    sweep_renamed = pyqtSignal()

    def __init__(self, session: Session, reopening: Reopening) -> None:
        super().__init__()
        self._thread, self._watch, self._reopening = session.library_thread, session.library_watch, reopening
        self._active_runs, self._undo, self._messages = session.active_runs, session.undo, session.messages
        self.search, self.sort = "", NEWEST
        self.rows: list[RunRow] = []
        self._closed: list[RunRow] = []  # the same while no group is open
        self._opened: set[RunGroup | SweepKey] = set()
        self.count, self.is_read, self.problem = 0, False, ""
        self._common: Mapping[tuple[str, str], Settings] = {}
        self._records = RunPages(
            self._thread, self.known.emit, partial(self._messages.show_error, "The library could not be read")
        )
        self._is_watched = self._is_listing = self._is_stale = False
        self._watch.wrote.connect(self.refresh)
        self._notice: str | None = None
        self._message: Message | None = None  # that a run was deleted
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        session.records.changed.connect(self.refresh)
        session.training.state_changed.connect(self._soon)
        session.runs.history_changed.connect(self._soon)
        self._active_runs.groups_changed.connect(self._add_begun)

    # ---- which are listed

    def find(self, words: str) -> None:
        """Lists the runs with all these words in settings, name, note or data; all runs for no words."""
        if words != self.search:
            self.search = words
            self.refresh()

    def sort_by(self, sort: str) -> None:
        """Sorts by a key of ``SORTS``."""
        if sort != self.sort and sort in SORTS:
            self.sort = sort
            self.refresh()

    def watch(self, is_watched: bool) -> None:
        """Starts or stops reading the list whenever it may have changed."""
        self._is_watched = is_watched
        self._watch.switch(is_watched)
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
        asked = self.search, self.sort, frozenset(self._opened)
        self._thread.run(lambda library: read_listing(library, *asked), self._take, self._failed, RunListing([]))

    def _take(self, found: RunListing) -> None:
        self._is_listing = False
        if self._is_stale:
            self.refresh()
            return
        self._closed, self.count = found.rows, found.count
        self._arrange()
        self.is_read, self.problem = True, ""
        self._records.renew(found.records)
        self._common = found.common
        self.listed.emit()
        if found.notice and found.notice != self._notice:
            self._notice = found.notice
            self._messages.show(found.notice)

    def _failed(self, error: Exception) -> None:
        self._is_listing = False
        self.problem, self.is_read = str(error), True
        self._messages.show_error("The library could not be read", error)
        self.listed.emit()

    def unfold(self, what: RunGroup | SweepKey, is_open: bool) -> None:
        """Opens or closes a group at once, or a sweep as soon as its trials are read."""
        (self._opened.add if is_open else self._opened.discard)(what)
        if isinstance(what, SweepKey):
            self._closed = [
                row._replace(is_open=is_open) if row.is_sweep and row.key == what else row for row in self._closed
            ]
            self.refresh()
        self._arrange()
        self.listed.emit()

    def _arrange(self) -> None:
        """Puts groups without a finished run at the top, unless words are searched."""
        begun = () if self.search else self._active_runs.groups
        self.rows = with_open_groups(with_active_groups(self._closed, begun), self._opened)
        self._records.show(self.rows)

    def _add_begun(self) -> None:
        if self.is_read and self._active_runs.groups:  # at their end the list is read again
            self._arrange()
            self.listed.emit()

    # ---- records

    def record(self, run: int) -> RunRecord | None:
        """Returns the record of a run or a parent; None before it was read."""
        return self._records.get(run)

    def records_at(self, place: int) -> list[RunRecord]:
        """Returns the records of the runs in that row. Reads missing ones in the background; ``known`` follows."""
        return self._records.at(place)

    def common_of(self, record: RunRecord) -> Settings | None:
        """Returns the most common settings among listed runs of the same data; None for a single run."""
        return self._common.get(record.data_set)

    # ---- actions of the user

    def annotate(self, runs: Sequence[int], **values: Any) -> None:
        """Changes ``name``, ``note`` or ``starred`` of runs whose records were read, as one step to undo."""
        known = [record for run in runs if (record := self._records.get(run)) is not None]
        old = {record.id: {name: getattr(record, name) for name in values} for record in known}
        new = {record.id: values for record in known}
        if old != new:
            what = "star" if "starred" in values else "name of a run" if "name" in values else "note"
            self._undo.push(Step(what, Kind.LIBRARY, self._write, old, new))

    def _write(self, values: dict[int, dict[str, Any]]) -> None:
        def work(library: Library) -> Mapping[int, RunRecord]:
            with library.database.writing():
                for run, words in values.items():
                    library.annotate(run, **words)
            return library.records(list(values))

        def done(records: Mapping[int, RunRecord]) -> None:
            self._records.update(records)
            self.known.emit()

        self._thread.run(
            work, done, lambda error: self._messages.show_error("The change could not be saved", error), {}
        )

    def rename_sweep(self, sweep: SweepSummary, name: str) -> None:
        """Changes the name of a sweep, as one step to undo; empty for none."""
        if name != sweep.name:
            old, new = (sweep.id, sweep.name), (sweep.id, name)
            self._undo.push(Step("name of a sweep", Kind.LIBRARY, self._write_sweep_name, old, new))

    def _write_sweep_name(self, values: tuple[int, str]) -> None:
        def work(library: Library) -> None:
            from nnviz.library.sweeps import SweepLibrary

            SweepLibrary(library).rename(*values)

        def done(_: object) -> None:
            self.refresh()
            self.sweep_renamed.emit()

        self._thread.run(work, done, partial(self._messages.show_error, "The sweep could not be renamed"))

    def delete(self, runs: Sequence[int]) -> None:
        """Deletes runs, as one step to undo. The deletion is final when the window closes."""
        what = "deletion of a run" if len(runs) == 1 else f"deletion of {text.count(len(runs))} runs"
        self._undo.push(Step(what, Kind.LIBRARY, self._set_deleted, (runs, False), (runs, True)))

    def _set_deleted(self, change: tuple[Sequence[int], bool]) -> None:
        runs, is_deleted = change

        def done(_: object) -> None:
            self._messages.withdraw(self._message)
            if is_deleted:
                one, many = (
                    f"Run {runs[0]} was deleted. {_BACK}",
                    f"{text.count(len(runs))} runs were deleted. {_BACK_ALL}",
                )
                self._message = self._messages.show(one if len(runs) == 1 else many)
            self.deletion_changed.emit(list(runs), is_deleted)
            self.refresh()

        def failed(error: Exception) -> None:
            what = "The run" if len(runs) == 1 else "The runs"
            self._messages.show_error(f"{what} could not be {'deleted' if is_deleted else 'restored'}", error)

        def work(library: Library) -> None:
            (library.delete if is_deleted else library.restore)(runs)

        self._thread.run(work, done, failed)

    def cancel_opening(self) -> None:
        """Drops a run that is being read, so that it does not become the current one."""
        self._reopening.cancel()

    def open(self, run: int, over: Callable[[], None] = lambda: None) -> None:
        """Opens a run in the window as it was left; calls ``over`` when it is there or could not be read."""
        self._reopening.open(run, over=over)
