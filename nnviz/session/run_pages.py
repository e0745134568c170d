"""The records of listed runs, read in pages as their rows become visible."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from nnviz.jobs.library_thread import LibraryThread
from nnviz.session.run_list import PAGE, RunRow, runs_of, with_parents

if TYPE_CHECKING:
    from nnviz.library import RunRecord

_MOST_WANTED = 4  # pages that wait to be read; those that were scrolled by do not
_NONE = range(0)
_MOST_KNOWN, _MOST_SPARE = 4000, 500  # records that are kept in memory, and beside those that were lately in sight


class RunPages:
    """A cache of records. Records of a refreshed list are read again."""

    def __init__(self, thread: LibraryThread, known: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        """``known`` is called when records were read, ``failed`` when they could not be read."""
        self._thread, self._tell_known, self._tell_failed = thread, known, failed
        self._records: dict[int, RunRecord] = {}
        self._fresh: set[int] = set()  # the runs that were read since the list was
        self._lately: set[int] = set()  # the same, and their parents
        self._rows: Sequence[RunRow] = ()
        self._wanted: list[range] = []  # rows, the latest last
        self._reading = _NONE

    def renew(self, records: Mapping[int, RunRecord]) -> None:
        """Replaces the records by those of a refreshed list; recently visible ones stay if there are many others."""
        spare = [run for run in self._records if run not in self._lately]
        for run in spare[: max(0, len(self._records) - _MOST_SPARE)]:
            del self._records[run]
        self._fresh, self._lately = set(records), set()
        self._keep(records)

    def show(self, rows: Sequence[RunRow]) -> None:
        """Sets the listed rows."""
        self._rows, self._wanted = rows, []

    def update(self, records: Mapping[int, RunRecord]) -> None:
        """Replaces records."""
        self._records.update(records)

    def get(self, run: int) -> RunRecord | None:
        """Returns the record of a run; None before it was read."""
        return self._records.get(run)

    def at(self, place: int) -> list[RunRecord]:
        """Returns the records of the runs in a row, and reads outdated ones in the background."""
        if not self._is_fresh(place):
            self._want(place)
        runs = self._rows[place].all_runs
        return [self._records[run] for run in runs if run in self._records]

    def _is_fresh(self, place: int) -> bool:
        return self._fresh.issuperset(self._rows[place].all_runs)

    def _want(self, place: int) -> None:
        """Queues the page that begins at that row, or that ends there if the user scrolls up: the next row is then
        known.
        """
        if any(place in page for page in (self._reading, *self._wanted)):
            return
        goes_up = place + 1 < len(self._rows) and self._is_fresh(place + 1)
        page = range(max(0, place - PAGE + 1), place + 1) if goes_up else range(place, place + PAGE)
        self._wanted = [*self._wanted, page][-_MOST_WANTED:]
        self._read_page()

    def _read_page(self) -> None:
        if self._reading or not self._wanted:
            return
        self._reading = self._wanted.pop()
        rows = self._rows[self._reading.start : self._reading.stop]

        def done(records: Mapping[int, RunRecord]) -> None:
            self._reading = _NONE
            self._keep(records)
            self._fresh.update(runs_of(rows))
            self._tell_known()
            self._read_page()

        def failed(error: Exception) -> None:
            self._reading, self._wanted = _NONE, []
            self._tell_failed(error)

        self._thread.run(lambda library: with_parents(library, rows), done, failed, {})

    def _keep(self, records: Mapping[int, RunRecord]) -> None:
        if len(self._records) > _MOST_KNOWN:
            self._records.clear()
            self._fresh.clear()
        self._records.update(records)
        self._lately.update(records)
