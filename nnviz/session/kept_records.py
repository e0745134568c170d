"""What the runs of a list tell: read a page at a time, as their rows come into sight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from nnviz.jobs.library_lane import LibraryLane
from nnviz.session.kept_list import PAGE, Row, runs_of, with_parents

if TYPE_CHECKING:
    from nnviz.library import RunRecord

_MOST_WANTED = 4  # pages that wait to be read; those that were scrolled by do not
_MOST_KNOWN = 4000  # records that are kept in memory


class KeptRecords:
    """The records of runs that were read. Those of a list that was read anew are read anew, too."""

    def __init__(self, lane: LibraryLane, known: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        """``known`` is called when more are there, ``failed`` when they could not be read."""
        self._lane, self._tell_known, self._tell_failed = lane, known, failed
        self._records: dict[int, RunRecord] = {}
        self._fresh: set[int] = set()  # the runs that were read since the list was
        self._rows: Sequence[Row] = ()
        self._wanted: list[int] = []  # pages, the latest last
        self._is_reading = False

    def renew(self, records: Mapping[int, RunRecord]) -> None:
        """The list was read anew, with these records."""
        self._fresh = set(records)
        self._keep(records)

    def show(self, rows: Sequence[Row]) -> None:
        """These rows are listed now."""
        self._rows, self._wanted = rows, []

    def update(self, records: Mapping[int, RunRecord]) -> None:
        """What is known of some has changed."""
        self._records.update(records)

    def get(self, run: int) -> RunRecord | None:
        """The record of a run; None until it was read."""
        return self._records.get(run)

    def at(self, place: int) -> list[RunRecord]:
        """The records of the runs in a row. Those that were not read since the list was are read now."""
        runs = self._rows[place].all_runs
        if not self._fresh.issuperset(runs):
            page = place // PAGE
            self._wanted = [*(each for each in self._wanted if each != page), page][-_MOST_WANTED:]
            self._read_page()
        return [self._records[run] for run in runs if run in self._records]

    def _read_page(self) -> None:
        if self._is_reading or not self._wanted:
            return
        self._is_reading = True
        start = self._wanted.pop() * PAGE
        rows = self._rows[start : start + PAGE]

        def done(records: Mapping[int, RunRecord]) -> None:
            self._is_reading = False
            self._keep(records)
            self._fresh.update(runs_of(rows))
            self._tell_known()
            self._read_page()

        def failed(error: Exception) -> None:
            self._is_reading, self._wanted = False, []
            self._tell_failed(error)

        self._lane.run(lambda library: with_parents(library, rows), done, failed, {})

    def _keep(self, records: Mapping[int, RunRecord]) -> None:
        if len(self._records) > _MOST_KNOWN:
            self._records.clear()
            self._fresh.clear()
        self._records.update(records)
