"""Which runs of the library are compared, in which colours, and with which of them as the baseline."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace

from PyQt5.QtCore import QObject, pyqtSignal

from engine.sweeps.quantile_bands import QUARTILES, RANGE
from nnviz.jobs.library_lane import LibraryLane
from nnviz.library import Group
from nnviz.session.compared import Compared, Content, contents_of, named
from nnviz.session.library import KeptRuns
from nnviz.session.messages import Messages
from nnviz.session.seeds import Chosen, seed_number
from nnviz.session.under_way import GroupUnderWay, UnderWay

# Colours of runs that are compared, in this order, which can be told apart in both themes; their names are beside them.
COMPARED = ("twelfth", "eighth", "ninth", "sixth", "fourth", "third", "seventh", "tenth")

SPREADS = (RANGE, QUARTILES)


class Comparison(QObject):
    """Up to eight runs or groups of seeds. Attributes are for reading.

    Signals:
        changed: ``runs``, ``colours`` or ``baseline`` has changed.
        spread_changed: ``spread`` has.

    Attributes:
        runs: those that were read, or are under way, in the order in which they were chosen; a new tuple whenever it
            changes. What is measured of those under way, ``under_way`` of the session tells.
        colours: the name of the colour of each that was chosen, in that order.
        spread: how the runs of a group are shown to spread: "range" or "quartiles".
    """

    changed = pyqtSignal()
    spread_changed = pyqtSignal()

    def __init__(self, lane: LibraryLane, library: KeptRuns, under_way: UnderWay, messages: Messages) -> None:
        super().__init__()
        self._lane, self._under_way, self._messages = lane, under_way, messages
        self.runs: tuple[Compared, ...] = ()
        self.colours: dict[Chosen, str] = {}
        self.spread = RANGE
        self._given: dict[Chosen, str] = {}  # the colours that runs had: they get them again if nobody has them
        self._pinned: Chosen | None = None
        self._pair: tuple[Chosen | None, Chosen | None] = (None, None)  # that a person chose
        library.listed.connect(self._look)
        library.known.connect(lambda: self._follow_words(library))
        self._left_out: dict[int, tuple[int, bool]] = {}  # of those that were deleted: place, and whether pinned
        library.deletion_changed.connect(self._follow_deletion)
        under_way.groups_changed.connect(self._look)
        under_way.changed.connect(self._hold)

    # ---- which

    def toggle(self, run: Chosen) -> None:
        """Compares a run or a group, or no longer.

        Of more than eight the colours could not be told apart: a message says so.
        """
        if run in self.colours:
            self.leave_out(run)
        elif len(self.colours) == len(COMPARED):
            most = len(COMPARED)
            self._messages.tell(
                f"{most} runs are compared, which is as many as can be told apart. Leave one out first."
            )
        else:
            self.colours[run] = self._given[run] = self._free_colour(run)
            self.changed.emit()
            self._read([run])

    def _free_colour(self, run: Chosen) -> str:
        """The one that the run had before, or else one that nobody had, so that those may get theirs again."""
        taken = set(self.colours.values())
        before = self._given.get(run)
        if before is not None and before not in taken:
            return before
        free = [colour for colour in COMPARED if colour not in taken]
        return next((colour for colour in free if colour not in self._given.values()), free[0])

    def leave_out(self, run: Chosen) -> None:
        """Compares that run no longer."""
        if run in self.colours:
            del self.colours[run]
            self.runs = named([each for each in self.runs if each.chosen != run])
            if run == self._pinned:
                self._pinned = None
            self.changed.emit()

    def _follow_deletion(self, runs: Iterable[int], are_deleted: bool) -> None:
        """Runs that come back are compared as before, if there is still room."""
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
        """Compares no run any more."""
        self.colours, self.runs, self._pinned = {}, (), None
        self.changed.emit()

    def set_spread(self, spread: str) -> None:
        """Shows spreads as "range" or "quartiles" from now on; nothing else is taken."""
        if spread != self.spread and spread in SPREADS:
            self.spread = spread
            self.spread_changed.emit()

    @property
    def baseline(self) -> Chosen | None:
        """The run or group that the others are measured by: the pinned one, or else the first; None for none."""
        return self._pinned if self._pinned is not None else next(iter(self.colours), None)

    @property
    def is_pinned(self) -> bool:
        """Whether a person chose the baseline."""
        return self._pinned is not None

    def pin(self, run: Chosen) -> None:
        """Makes a run the baseline, and compares it; the pinned one is unpinned."""
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
    def pair(self) -> tuple[Compared, Compared] | None:
        """Two whose answers are set against each other: the baseline and the next one, unless a person chose others.

        None where there are no two with a network.
        """
        known = {each.chosen: each for each in self.runs if each.network is not None}
        first = next((each for each in (self._pair[0], self.baseline, *known) if each in known), None)
        second = next((each for each in (self._pair[1], *known) if each in known and each != first), None)
        return None if first is None or second is None else (known[first], known[second])

    def choose_for_pair(self, place: int, run: Chosen) -> None:
        """Puts a run into the first (0) or the second (1) place; where it has the other one, they change places."""
        now = self.pair
        if now is not None and now[place].chosen != run:
            one, other = (each.chosen for each in now)
            stays = (other, one)[place] if run != (other, one)[place] else (one, other)[place]
            self._pair = (run, stays) if place == 0 else (stays, run)
            self.changed.emit()

    # ---- what is in them

    def _look(self) -> None:
        """Reads those again that may have been trained on."""
        if self.colours:
            self._read(list(self.colours))

    def _read(self, runs: list[Chosen]) -> None:
        known = {each.chosen: each.records for each in self.runs}
        going = dict(self._under_way.groups)  # what they will have is not in the library yet

        def done(contents: dict[Chosen, Content | None]) -> None:
            self._take(contents, going)
            self._let_go(going)

        def failed(error: Exception) -> None:
            self._messages.tell_error("A run could not be read", error)

        self._lane.run(lambda library: contents_of(library, runs, known), done, failed, {})

    def _take(self, contents: dict[Chosen, Content | None], going: Mapping[Group, GroupUnderWay]) -> None:
        read: dict[Chosen, Compared] = {each.chosen: each for each in self.runs}
        for run, content in contents.items():
            begun = going.get(run) if isinstance(run, Group) else None
            if content is None and begun is None:
                self.colours.pop(run, None)  # it was deleted, perhaps by another program
            elif run in self.colours and (content is not None or run not in read or read[run].members):
                read[run] = Compared(run, content or (), self.colours[run], begun)
        self._pinned = self._pinned if self._pinned in self.colours else None
        runs = named([self._standing(read[run]) for run in self.colours if run in read])
        if contents or runs != self.runs:
            self.runs = runs
            self.changed.emit()

    def _standing(self, run: Compared) -> Compared:
        """The same as it stands now: under way, or no longer."""
        begun = self._under_way.groups.get(run.chosen) if isinstance(run.chosen, Group) else None
        return run if begun is run.under_way or not run.members else replace(run, under_way=begun)

    def _let_go(self, going: Container[Group]) -> None:
        """What is read needs not be held as it was measured; nothing of groups that were not ``going`` then."""
        for run in self.runs:
            if isinstance(run.chosen, Group):
                seeds = [seed for each in run.records if (seed := seed_number(each)) is not None]
                self._under_way.let_go(run.chosen, seeds if run.chosen in going else None)

    def _hold(self) -> None:
        """What is read may be told as written a little later."""
        self._under_way.hold(self.colours)
        self._let_go([run.chosen for run in self.runs if isinstance(run.chosen, Group)])

    def _follow_words(self, library: KeptRuns) -> None:
        """Takes the names that a person gave."""
        old = [record for each in self.runs for record in each.records]
        now = [library.record(record.id) for record in old]
        if any(
            new is not None and (new.name, new.note) != (record.name, record.note)
            for new, record in zip(now, old, strict=True)
        ):
            self._look()
