"""How much room runs take, how much they may, and what old ones can do without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from nnviz.session.library import KeptRuns
from nnviz.session.library_work import LibraryWork, Tell
from nnviz.session.messages import Messages
from nnviz.session.run_words import words_of_plan
from nnviz.session.runs import Runs

if TYPE_CHECKING:
    from nnviz.library import Library
    from nnviz.library.room import Plan


@dataclass(frozen=True)
class Taken:
    """What was found.

    Attributes:
        plan: what the library takes and may take, and what goes because it takes more.
        possible: what could go at most; None if that was not asked.
        moment_budget: bytes that the moments of one run may take in the library.
    """

    plan: Plan
    possible: Plan | None
    moment_budget: int


class KeptRoom(QObject):
    """Is read while a view is there. Attributes are for reading.

    Signals:
        changed: ``taken`` has changed.
        memory_changed: ``memory_budget`` has changed.
        told(str): what is being done, which ends with "…", or what came of it.

    Attributes:
        taken: what was found last; None until it was read.
    """

    changed = pyqtSignal()
    memory_changed = pyqtSignal()
    told = pyqtSignal(str)

    def __init__(self, path: Callable[[], Path], library: KeptRuns, runs: Runs, messages: Messages) -> None:
        """``path`` returns the file of the library."""
        super().__init__()
        self._runs, self._library, self._messages = runs, library, messages
        self.taken: Taken | None = None
        self._work = LibraryWork(path, messages)
        self._work.told.connect(self.told)
        self._work.ended.connect(library.refresh)
        self._is_looking = self._is_stale = self._is_asked = False
        library.listed.connect(self.refresh)

    # ---- what there is

    def ask_what_can_go(self, is_asked: bool) -> None:
        """Finds out from now on what could go at most, or no longer: of many runs that takes a while."""
        self._is_asked = is_asked
        if is_asked:
            self.refresh()

    def refresh(self) -> None:
        """Looks again. Is called when the list of runs was read."""
        if self._is_looking:
            self._is_stale = True  # what is being read may be of before
            return
        self._is_looking, self._is_stale = True, False
        is_asked = self._is_asked
        self._work.look(lambda library: _taken(library, is_asked), self._take, self._failed)

    def _take(self, found: Taken | None) -> None:
        self._is_looking = False
        if self._is_stale:
            self.refresh()
            return
        taken = found or _nothing()
        if taken != self.taken:
            self.taken = taken
            self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._is_looking = False
        if not self._library.problem:  # else it was told
            self._messages.tell_error("How much the library takes could not be read", error)

    # ---- how much there may be

    @property
    def memory_budget(self) -> int:
        """Bytes of memory that the moments of one run may take in the window."""
        return self._runs.moment_bytes

    def set_memory_budget(self, nbytes: int) -> None:
        """Changes it at once, for all runs of the window. Raises SettingError."""
        self._runs.moment_bytes = nbytes
        self.memory_changed.emit()

    def set_budget(self, nbytes: int) -> None:
        """Changes how much the whole library may take; what goes then is known when ``changed`` tells."""
        self._set("budget", nbytes)

    def set_moment_budget(self, nbytes: int) -> None:
        """Changes how much the moments of one run may take in the library, from the next training on."""
        self._set("moment_budget", nbytes)

    def _set(self, which: str, nbytes: int) -> None:
        def failed(error: Exception) -> None:
            self._messages.tell_error("That could not be kept in the library", error)
            self.changed.emit()  # what is shown is as before

        def work(library: Library) -> None:
            setattr(library.room, which, nbytes)

        self._work.look(work, lambda _: self.refresh(), failed, makes=True)

    # ---- less of it

    def thin(self) -> None:
        """Takes from old runs at once what goes otherwise when the next training is over."""
        if self.taken is None or not self.taken.plan.losses:
            return
        plan = self.taken.plan

        def work(library: Library, tell: Tell) -> None:
            library.room.thin(plan, lambda share: tell(f"{100 * share:.0f} % is done"))

        what = f"Gone: {words_of_plan(plan)}"
        self._work.run("Thinning old runs", work, lambda _: what, "Old runs could not be thinned")

    def close(self, milliseconds: int) -> bool:
        """Ends what is being done; returns whether that was in time."""
        return self._work.close(milliseconds)


def _taken(library: Library, is_asked: bool) -> Taken:
    room = library.room
    plan = room.plan()
    return Taken(plan, room.plan(0) if is_asked and not plan.is_over else None, room.moment_budget)


def _nothing() -> Taken:
    """Where there is no library yet."""
    from nnviz.library.room import BUDGET, MOMENT_BUDGET, Plan  # not at the start of the window

    return Taken(Plan((), 0, BUDGET), None, MOMENT_BUDGET)
