"""The comparison of runs: which ones, their colours, and the baseline."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace

from PyQt5.QtCore import QObject, pyqtSignal

from engine.sweeps.quantile_bands import QUARTILES, RANGE
from nnviz.jobs.library_thread import LibraryThread
from nnviz.library import RunGroup
from nnviz.session.active_runs import ActiveGroup, ActiveRuns
from nnviz.session.compared_run import ComparedRun, Content, named, read_contents
from nnviz.session.library import RunLibrary
from nnviz.session.messages import Messages
from nnviz.session.seeds import Chosen, seed_number

# Colours of compared runs, in this order. Both themes distinguish them; the names of runs are next to them.
COMPARED = ("twelfth", "eighth", "ninth", "sixth", "fourth", "third", "seventh", "tenth")

SPREADS = (RANGE, QUARTILES)


class Comparison(QObject):
    """Up to eight compared runs or groups of seeds. Attributes are for reading.

    Signals:
        changed: ``runs``, ``colours`` or ``baseline`` has changed.
        spread_changed: ``spread`` has changed.

    Attributes:
        runs: the compared runs that were read or are in training, in order of choice; a new tuple at each change. Live
            figures are in ``session.active_runs``.
        colours: the colour name of each chosen run or group, in order of choice.
        spread: what bands of groups show: "range" or "quartiles".
    """

    changed = pyqtSignal()
    spread_changed = pyqtSignal()

    def __init__(self, thread: LibraryThread, library: RunLibrary, active_runs: ActiveRuns, messages: Messages) -> None:
        super().__init__()
        self._thread, self._active_runs, self._messages = thread, active_runs, messages
        self.runs: tuple[ComparedRun, ...] = ()
        self.colours: dict[Chosen, str] = {}
        self.spread = RANGE
        self._given: dict[Chosen, str] = {}  # former colours of runs, used again if they are free
        self._pinned: Chosen | None = None
        self._pair: tuple[Chosen | None, Chosen | None] = (None, None)  # chosen by the user
        library.listed.connect(self._look)
        library.known.connect(lambda: self._follow_words(library))
        self._left_out: dict[int, tuple[int, bool]] = {}  # of those that were deleted: place, and whether pinned
        library.deletion_changed.connect(self._follow_deletion)
        active_runs.groups_changed.connect(self._look)
        active_runs.changed.connect(self._hold)

    # ---- which

    def toggle(self, run: Chosen) -> None:
        """Adds a run or a group, or removes it.

        Shows a message instead of adding a ninth one, because colours could not be distinguished.
        """
        if run in self.colours:
            self.leave_out(run)
        elif len(self.colours) == len(COMPARED):
            most = len(COMPARED)
            self._messages.show(f"At most {most} runs can be compared. Remove one first.")
        else:
            self.colours[run] = self._given[run] = self._free_colour(run)
            self.changed.emit()
            self._read([run])

    def _free_colour(self, run: Chosen) -> str:
        """Returns the run's former colour, or else a colour that no run had before."""
        taken = set(self.colours.values())
        before = self._given.get(run)
        if before is not None and before not in taken:
            return before
        free = [colour for colour in COMPARED if colour not in taken]
        return next((colour for colour in free if colour not in self._given.values()), free[0])

    def leave_out(self, run: Chosen) -> None:
        """Removes a run or a group."""
        if run in self.colours:
            del self.colours[run]
            self.runs = named([each for each in self.runs if each.chosen != run])
            if run == self._pinned:
                self._pinned = None
            self.changed.emit()

    def _follow_deletion(self, runs: Iterable[int], are_deleted: bool) -> None:
        """Removes deleted runs, and adds restored ones if there is a free colour."""
        for run in runs:
            if not are_deleted:
                self._compare_again(run)
            elif run in self.colours:
                self._left_out[run] = list(self.colours).index(run), run == self._pinned
                self.leave_out(run)

    def _compare_again(self, run: int) -> None:
        place, was_pinned = self._left_out.pop(run, (None, False))
        if place is not None and run not in self.colours and len(self.colours) < len(COMPARED):
            entries = list(self.colours.items())
            entries.insert(place, (run, self._free_colour(run)))
            self.colours = dict(entries)
            self._pinned = run if was_pinned and self._pinned is None else self._pinned
            self.changed.emit()
            self._read([run])

    def clear(self) -> None:
        """Removes all runs."""
        self.colours, self.runs, self._pinned = {}, (), None
        self.changed.emit()

    def set_spread(self, spread: str) -> None:
        """Changes what bands show, if it is "range" or "quartiles"."""
        if spread != self.spread and spread in SPREADS:
            self.spread = spread
            self.spread_changed.emit()

    @property
    def was_used(self) -> bool:
        """Whether a run was compared at any time."""
        return bool(self._given)

    @property
    def baseline(self) -> Chosen | None:
        """The pinned run or group, or else the first; None without any."""
        return self._pinned if self._pinned is not None else next(iter(self.colours), None)

    @property
    def is_pinned(self) -> bool:
        """Whether the user chose the baseline."""
        return self._pinned is not None

    def pin(self, run: Chosen) -> None:
        """Makes a run the baseline and adds it; unpins the pinned one."""
        if run == self._pinned:
            self._pinned = None
        else:
            if run not in self.colours:
                self.toggle(run)
            if run not in self.colours:
                return
            self._pinned = run
        self.changed.emit()

    # ---- two of them

    @property
    def pair(self) -> tuple[ComparedRun, ComparedRun] | None:
        """Two runs whose predictions are compared: the baseline and the next one, unless the user chose others.

        None if there are no two runs with a network.
        """
        known = {each.chosen: each for each in self.runs if each.network is not None}
        first = next((each for each in (self._pair[0], self.baseline, *known) if each in known), None)
        second = next((each for each in (self._pair[1], *known) if each in known and each != first), None)
        return None if first is None or second is None else (known[first], known[second])

    def choose_for_pair(self, place: int, run: Chosen) -> None:
        """Chooses the first (0) or second (1) run of the pair; swaps both if it is the other one."""
        now = self.pair
        if now is not None and now[place].chosen != run:
            one, other = (each.chosen for each in now)
            stays = (other, one)[place] if run != (other, one)[place] else (one, other)[place]
            self._pair = (run, stays) if place == 0 else (stays, run)
            self.changed.emit()

    # ---- what is in them

    def _look(self) -> None:
        """Reads runs again that may have been trained further."""
        if self.colours:
            self._read(list(self.colours))

    def _read(self, runs: list[Chosen]) -> None:
        known = {each.chosen: each.records for each in self.runs}
        going = dict(self._active_runs.groups)  # what they will have is not in the library yet

        def done(contents: dict[Chosen, Content | None]) -> None:
            self._take(contents, going)
            self._let_go(going)

        def failed(error: Exception) -> None:
            self._messages.show_error("A run could not be read", error)

        self._thread.run(lambda library: read_contents(library, runs, known), done, failed, {})

    def _take(self, contents: dict[Chosen, Content | None], going: Mapping[RunGroup, ActiveGroup]) -> None:
        read: dict[Chosen, ComparedRun] = {each.chosen: each for each in self.runs}
        for run, content in contents.items():
            begun = going.get(run) if isinstance(run, RunGroup) else None
            if content is None and begun is None:
                self.colours.pop(run, None)  # it was deleted, perhaps by another program
            elif run in self.colours and (content is not None or run not in read or read[run].members):
                read[run] = ComparedRun(run, content or (), self.colours[run], begun)
        self._pinned = self._pinned if self._pinned in self.colours else None
        runs = named([self._standing(read[run]) for run in self.colours if run in read])
        if contents or runs != self.runs:
            self.runs = runs
            self.changed.emit()

    def _standing(self, run: ComparedRun) -> ComparedRun:
        """Returns the run with its present active group, or None for that."""
        begun = self._active_runs.groups.get(run.chosen) if isinstance(run.chosen, RunGroup) else None
        return run if begun is run.active_group or not run.members else replace(run, active_group=begun)

    def _let_go(self, going: Container[RunGroup]) -> None:
        """Drops live figures of runs that were read from the library."""
        for run in self.runs:
            if isinstance(run.chosen, RunGroup):
                seeds = [seed for each in run.records if (seed := seed_number(each)) is not None]
                self._active_runs.release(run.chosen, seeds if run.chosen in going else None)

    def _hold(self) -> None:
        """Drops live figures of other runs; runs may be reported as written after they were read."""
        self._active_runs.hold(self.colours)
        self._let_go([run.chosen for run in self.runs if isinstance(run.chosen, RunGroup)])

    def _follow_words(self, library: RunLibrary) -> None:
        """Updates titles after a name has changed."""
        old = [record for each in self.runs for record in each.records]
        now = [library.record(record.id) for record in old]
        if any(
            new is not None and (new.name, new.note) != (record.name, record.note)
            for new, record in zip(now, old, strict=True)
        ):
            self._look()
