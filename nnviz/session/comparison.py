"""Which runs of the library are compared, in which colours, and with which of them as the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.history import History
from engine.network import Network
from nnviz.jobs.library_lane import LibraryLane
from nnviz.library import UnknownRunError
from nnviz.look.theme import COMPARED
from nnviz.session.library import KeptRuns
from nnviz.session.messages import Messages
from nnviz.session.run_words import title_of

if TYPE_CHECKING:
    from nnviz.library import Library, RunRecord


@dataclass(frozen=True, eq=False)
class Compared:
    """A run that is compared.

    Attributes:
        record, parent: what the library tells of it, and of the run that it branched off from; None for none.
        colour: the name of its colour, in every view.
        history: its curves.
        network: as it was last; None where none of its moments is kept.
    """

    record: RunRecord
    parent: RunRecord | None
    colour: str
    history: History
    network: Network | None

    @cached_property
    def title(self) -> str:
        """What it is called."""
        return title_of(self.record, self.parent)


_Content = tuple["RunRecord", "RunRecord | None", History, Network | None]


class Comparison(QObject):
    """Up to eight runs. Attributes are for reading.

    Signals:
        changed: ``runs``, ``colours`` or ``baseline`` has changed.

    Attributes:
        runs: those that were read, in the order in which they were chosen; a new tuple whenever it changes.
        colours: the name of the colour of each that was chosen, by number, in that order.
    """

    changed = pyqtSignal()

    def __init__(self, lane: LibraryLane, library: KeptRuns, messages: Messages) -> None:
        super().__init__()
        self._lane, self._messages = lane, messages
        self.runs: tuple[Compared, ...] = ()
        self.colours: dict[int, str] = {}
        self._given: dict[int, str] = {}  # the colours that runs had: they get them again if nobody has them
        self._pinned: int | None = None
        self._pair: tuple[int | None, int | None] = (None, None)  # that a person chose
        library.listed.connect(self._look)
        library.known.connect(lambda: self._follow_words(library))
        self._left_out: dict[int, tuple[int, bool]] = {}  # of those that were deleted: place, and whether pinned
        library.removed.connect(self._forget)
        library.returned.connect(self._take_back)

    # ---- which

    def toggle(self, run: int) -> None:
        """Compares a run, or no longer. Of more than eight the colours could not be told apart: a message says so."""
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

    def _free_colour(self, run: int) -> str:
        """The one that the run had before, or else one that nobody had, so that those may get theirs again."""
        taken = set(self.colours.values())
        before = self._given.get(run)
        if before is not None and before not in taken:
            return before
        free = [colour for colour in COMPARED if colour not in taken]
        return next((colour for colour in free if colour not in self._given.values()), free[0])

    def leave_out(self, run: int) -> None:
        """Compares that run no longer."""
        if run in self.colours:
            del self.colours[run]
            self.runs = tuple(each for each in self.runs if each.record.id != run)
            if run == self._pinned:
                self._pinned = None
            self.changed.emit()

    def _forget(self, run: int) -> None:
        """It was deleted."""
        if run in self.colours:
            self._left_out[run] = list(self.colours).index(run), run == self._pinned
            self.leave_out(run)

    def _take_back(self, run: int) -> None:
        """Its deletion was undone: it is compared as before, if there is still room."""
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

    @property
    def baseline(self) -> int | None:
        """The number of the run that the others are measured by: the pinned one, or else the first; None for none."""
        return self._pinned if self._pinned is not None else next(iter(self.colours), None)

    @property
    def is_pinned(self) -> bool:
        """Whether a person chose the baseline."""
        return self._pinned is not None

    def pin(self, run: int) -> None:
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
        known = {each.record.id: each for each in self.runs if each.network is not None}
        first = next((each for each in (self._pair[0], self.baseline, *known) if each in known), None)
        second = next((each for each in (self._pair[1], *known) if each in known and each != first), None)
        return None if first is None or second is None else (known[first], known[second])

    def choose_for_pair(self, place: int, run: int) -> None:
        """Puts a run into the first (0) or the second (1) place; where it has the other one, they change places."""
        now = self.pair
        if now is not None and now[place].record.id != run:
            one, other = (each.record.id for each in now)
            stays = (other, one)[place] if run != (other, one)[place] else (one, other)[place]
            self._pair = (run, stays) if place == 0 else (stays, run)
            self.changed.emit()

    # ---- what is in them

    def _look(self) -> None:
        """Reads those again that may have been trained on."""
        if self.colours:
            self._read(list(self.colours))

    def _read(self, runs: list[int]) -> None:
        known = {each.record.id: each.record for each in self.runs}

        def done(contents: dict[int, _Content | None]) -> None:
            if contents:
                self._take(contents)

        def failed(error: Exception) -> None:
            self._messages.tell_error("A run could not be read", error)

        self._lane.run(lambda library: _contents(library, runs, known), done, failed, {})

    def _take(self, contents: dict[int, _Content | None]) -> None:
        by_number = {each.record.id: each for each in self.runs}
        for run, content in contents.items():
            if content is None:
                self.colours.pop(run, None)  # another program deleted it
            elif run in self.colours:
                record, parent, history, network = content
                by_number[run] = Compared(record, parent, self.colours[run], history, network)
        self._pinned = self._pinned if self._pinned in self.colours else None
        self.runs = tuple(by_number[run] for run in self.colours if run in by_number)
        self.changed.emit()

    def _follow_words(self, library: KeptRuns) -> None:
        """Takes the names that a person gave."""
        now = [library.record(each.record.id) for each in self.runs]
        if any(new is not None and new.name != old.record.name for new, old in zip(now, self.runs, strict=True)):
            self._look()


def _contents(library: Library, runs: list[int], known: dict[int, RunRecord]) -> dict[int, _Content | None]:
    """What is in those of the runs that are others than they were; None for one that is gone."""
    records = library.records(runs)
    changed = [run for run in runs if run not in records or records[run] != known.get(run)]
    return {run: _content(library, records[run]) if run in records else None for run in changed}


def _content(library: Library, record: RunRecord) -> _Content:
    parent = None if record.parent is None else library.records([record.parent]).get(record.parent)
    try:
        network = library.network(record.id)
    except UnknownRunError:
        network = None
    return record, parent, library.history(record.id), network
