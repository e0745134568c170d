"""The model of the library's storage: disk usage, limits, and what thinning of old runs removes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from nnviz.session.library_work import LibraryWork, ReportFunction
from nnviz.session.run_text import format_thinning
from nnviz.session.session import Session

if TYPE_CHECKING:
    from nnviz.library import Library
    from nnviz.library.quota import ThinningPlan


@dataclass(frozen=True)
class StorageUsage:
    """The disk usage of the library.

    Attributes:
        plan: usage, limit, and what thinning removes if the usage exceeds the limit.
        possible: what thinning could remove at most; None if that was not computed.
        snapshot_budget: limit in bytes of the snapshots of one run in the library.
        marks: the :attr:`Quota.marks` for which the plans hold.
    """

    plan: ThinningPlan
    possible: ThinningPlan | None
    snapshot_budget: int
    marks: tuple[int, ...] = ()


class StorageModel(QObject):
    """Reads the disk usage in the background while a view needs it. Attributes are for reading.

    Signals:
        changed: ``usage`` has changed.
        memory_changed: ``memory_budget`` has changed.
        status_changed(str): the task in progress; "" for none.

    Attributes:
        usage: the usage that was read last; None before the first reading.
    """

    changed = pyqtSignal()
    memory_changed = pyqtSignal()
    status_changed = pyqtSignal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._runs, self._library, self._messages = session.runs, session.library, session.messages
        self.usage: StorageUsage | None = None
        self._known: StorageUsage | None = None  # the same while its plans hold
        self._work = LibraryWork(lambda: session.records.path, session.messages)
        self._work.status_changed.connect(self.status_changed)
        self._work.ended.connect(self._look_anew)
        self._is_looking = self._is_stale = self._is_asked = False
        session.library.listed.connect(self.refresh)

    # ---- what there is

    def estimate_thinning(self, is_asked: bool) -> None:
        """Switches the computation of ``possible`` on or off, which takes a while for many runs."""
        self._is_asked = is_asked
        if is_asked:
            self._look_anew()

    def _look_anew(self) -> None:
        """Reads the usage of all runs from scratch, and refreshes the list of runs."""
        self._known = None
        self._library.refresh()
        self.refresh()

    def refresh(self) -> None:
        """Reads the usage again; called when the list of runs was read."""
        if self._is_looking:
            self._is_stale = True  # what is being read may be of before
            return
        self._is_looking, self._is_stale = True, False
        known, is_asked = self._known, self._is_asked
        self._work.run_short(lambda library: _read_usage(library, known, is_asked), self._take, self._failed)

    def _take(self, found: StorageUsage | None) -> None:
        self._is_looking = False
        if self._is_stale:
            self.refresh()
            return
        usage = self._known = found or _empty_usage()
        if usage != self.usage:
            self.usage = usage
            self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._is_looking = False
        if not self._library.problem:  # else the problem was reported
            self._messages.show_error("The size of the library could not be read", error)
        if self._is_stale:
            self.refresh()

    # ---- how much there may be

    @property
    def memory_budget(self) -> int:
        """Limit in bytes of the snapshots that the window keeps of one run."""
        return self._runs.snapshot_bytes

    def set_memory_budget(self, nbytes: int) -> None:
        """Changes the limit at once, for all runs in the window. Raises SettingError."""
        self._runs.snapshot_bytes = nbytes
        self.memory_changed.emit()

    def set_budget(self, nbytes: int) -> None:
        """Changes the limit of the whole library. ``changed`` follows with the runs to thin."""
        self._set("budget", nbytes)

    def set_snapshot_budget(self, nbytes: int) -> None:
        """Changes the limit of one run's snapshots in the library, from the next run on."""
        self._set("snapshot_budget", nbytes)

    def _set(self, which: str, nbytes: int) -> None:
        def failed(error: Exception) -> None:
            self._messages.show_error("The change could not be saved in the library", error)
            self.changed.emit()  # what is shown is as before

        def work(library: Library) -> None:
            setattr(library.quota, which, nbytes)

        self._work.run_short(work, lambda _: self.refresh(), failed, makes=True)

    # ---- less of it

    def thin(self) -> None:
        """Thins old runs at once instead of at the end of the next run."""
        if self.usage is None or not self.usage.plan.losses:
            return
        plan = self.usage.plan

        def work(library: Library, report: ReportFunction) -> ThinningPlan:
            return library.quota.thin(plan, lambda share: report(f"{100 * share:.0f} % done"))

        def done(gone: ThinningPlan) -> str:
            return f"Removed: {format_thinning(gone)}" if gone.losses else "Nothing removed: these runs are in training"

        self._work.run("Thinning old runs", work, done, "Old runs could not be thinned")

    def close(self, milliseconds: int) -> bool:
        """Ends the task in progress; returns whether that was in time."""
        return self._work.close(milliseconds)


def _read_usage(library: Library, known: StorageUsage | None, is_asked: bool) -> StorageUsage:
    """Reads the usage. Reuses the plans of ``known`` as long as they hold."""
    quota, marks = library.quota, library.quota.marks
    if known is not None and known.marks == marks:
        plan = replace(known.plan, taken=quota.nbytes, budget=quota.budget)
        lacks = is_asked and known.possible is None and not plan.is_over
        before = known.plan
        holds = (plan.is_over, plan.is_enough, plan.budget) == (before.is_over, before.is_enough, before.budget)
        if holds and not lacks:
            return replace(known, plan=plan, snapshot_budget=quota.snapshot_budget)
    # A view of it says what goes, so it may go when the next training is over.
    plan = (quota.announce() if library.why_read_only is None else None) or quota.plan()
    return StorageUsage(plan, quota.plan(0) if is_asked and not plan.is_over else None, quota.snapshot_budget, marks)


def _empty_usage() -> StorageUsage:
    """Returns the usage if there is no library yet."""
    from nnviz.library.quota import BUDGET, SNAPSHOT_BUDGET, ThinningPlan  # not at the start of the window

    return StorageUsage(ThinningPlan((), 0, BUDGET), None, SNAPSHOT_BUDGET)
