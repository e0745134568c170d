"""Puts a run of the library into the window as it was left: to look at, to go on with, to branch from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PyQt5.QtCore import QTimer

from engine.datasets import Dataset
from engine.network.half_precision import pack
from engine.network.network import Network
from engine.provenance import Provenance
from engine.training.history import int_if_whole
from nnviz.formatting import text
from nnviz.jobs.library_lane import LibraryLane
from nnviz.jobs.reading import Opened, resumed
from nnviz.session.data import Data
from nnviz.session.making import Making
from nnviz.session.messages import Choice, Message, Messages
from nnviz.session.opening import run_of
from nnviz.session.resuming import Resuming
from nnviz.session.run_names import NAMELESS, title_of
from nnviz.session.runs import Runs
from nnviz.session.settings import Settings
from nnviz.session.snapshots import MOST, Snapshot

if TYPE_CHECKING:
    from nnviz.library import KeptState, Library, RunRecord
    from nnviz.library.locks import Lock

_BETWEEN_LOOKS = 1000  # milliseconds, while there is an offer
_TAKEN = "Run {} continues in another window."


@dataclass(frozen=True, eq=False)
class Kept:
    """A run that was read: its network and training, what it tells, what its parent does, and moments of its past."""

    found: Opened
    record: RunRecord
    parent: RunRecord | None
    past: tuple[Snapshot, ...]


class Reopening:
    """Reads runs in the library's thread. Only the latest that was asked for becomes the current one."""

    def __init__(
        self,
        lane: LibraryLane,
        data: Data,
        settings: Settings,
        runs: Runs,
        making: Making,
        resuming: Resuming,
        messages: Messages,
    ) -> None:
        self._lane, self._data, self._settings, self._runs = lane, data, settings, runs
        self._making, self._resuming, self._messages = making, resuming, messages
        self._latest = 0
        self._broken_off: dict[int, RunRecord] = {}  # that were read, as they were then; of the library's thread
        self._claims: list[Lock] = []  # of the offers that this window makes: no other window makes them
        self._offered: list[int] = []  # the runs that the message is about, the newest first
        self._offer: Message | None = None
        self._look = QTimer()
        self._look.setInterval(_BETWEEN_LOOKS)
        self._look.timeout.connect(self._look_whether_taken)
        messages.changed.connect(self._end_offer)

    def open(
        self, number: int, then: Callable[[], None] = lambda: None, over: Callable[[], None] = lambda: None
    ) -> None:
        """Makes it the current run, which can be undone; one that this window still has comes back with its past.

        ``then`` is called when it is, ``over`` also if it could not be read.
        """
        self._latest = number
        if self._put_held(number):
            then()
            over()
            return
        dataset = self._data.dataset

        def done(kept: Kept | None) -> None:
            if kept is not None and self._latest == number:
                if not self._put_held(number):  # it was asked for twice
                    self._take(kept, dataset)
                then()
            over()

        def failed(error: Exception) -> None:
            over()
            self._messages.tell_error("The run could not be put into the window", error)

        self._lane.run(lambda library: self._read(library, number, dataset), done, failed)

    def _read(self, library: Library, number: int, dataset: Dataset | None) -> Kept:
        """In the library's thread. As soon as a run is taken up here, nothing tells that it was broken off."""
        if library.run(number).status == "training":
            self._broken_off |= {record.id: record for record in library.interrupted() if record.id == number}
        return kept_run(library, number, dataset)

    def _put_held(self, number: int) -> bool:
        """Makes it the current run if this window has it; returns whether it has."""
        held = self._runs.with_record(number)
        if held is not None and held is not self._runs.current:
            self._making.put(held, f"opening of {held.title}")
        return held is not None

    def offer(self, go_on: Callable[[], None]) -> None:
        """Tells which training was broken off when its program ended, and offers to go on with it.

        Of several windows one makes the offer. If its process dies before the user answers, the next window does.
        ``go_on`` trains what is then the current run.
        """

        def done(found: list[RunRecord]) -> None:
            if found:
                first, others = found[0], len(found) - 1
                more = f" So were {others} others, which are there, too." if others else ""
                where = f"Run {first.id} was broken off at epoch {text.epochs(first.epochs, first.batches)}."
                self._offer = self._messages.tell_later(
                    f"{where} It is in the library.{more}",
                    Choice("Train it on", lambda: self._take_up(first.id, go_on)),
                )
                self._offered = [record.id for record in found]
                self._look.start()

        self._lane.run(self._interrupted, done, lambda _: None, [])

    def _interrupted(self, library: Library) -> list[RunRecord]:
        """The runs that were broken off and that no other window offers, the newest first. In the library's thread."""
        all_found = {record.id: record for record in library.interrupted()} | self._broken_off
        self._broken_off = {}
        return [all_found[number] for number in sorted(all_found, reverse=True) if self._claim(library, number)]

    def _claim(self, library: Library, number: int) -> bool:
        """Whether this window may offer to continue a run. In the library's thread."""
        from nnviz.library.locks import lock_of_offer

        claim = lock_of_offer(library.path, number)
        try:
            is_free = not library.is_live(number) and claim.take()
        except OSError:  # nothing can be written there
            return True
        if is_free:
            self._claims.append(claim)
        return is_free

    def _end_offer(self) -> None:
        """The offer is gone: it was answered or dismissed. Behind another message it waits."""
        if self._offer is None or self._messages.has(self._offer):
            return
        offered, self._offered, self._offer = self._offered, [], None
        self._look.stop()

        def settle(library: Library) -> None:
            if library.why_read_only is None:
                library.settle(offered)

        self._lane.run(settle, lambda _: None, lambda _: None)

    def _look_whether_taken(self) -> None:
        """Withdraws the offer if the run continues in another window by now."""
        offer, number = self._offer, self._offered[0]

        def done(is_taken: bool) -> None:
            if is_taken and offer is self._offer:
                self._messages.withdraw(offer)
                self._end_offer()  # if it waited, the shown message is the same as before
                self._messages.announce(_TAKEN.format(number))

        self._lane.run(lambda library: library.is_live(number), done, lambda _: None, False)

    def _take_up(self, number: int, go_on: Callable[[], None]) -> None:
        """Continues a run, unless another window has taken it just now."""

        def done(is_taken: bool) -> None:
            if is_taken:
                self._messages.announce(_TAKEN.format(number))
            else:
                self.open(number, go_on)

        self._lane.run(lambda library: library.is_live(number), done, lambda _: self.open(number, go_on), False)

    def close(self, milliseconds: int) -> bool:
        """Gives the offers back: what was not answered, the next window offers. Returns that this was in time."""
        self._look.stop()
        self._offer = None
        for claim in self._claims:
            claim.release()
        return True

    def _take(self, kept: Kept, dataset: Dataset | None) -> None:
        found, record, parent = kept.found, kept.record, kept.parent
        run = self._runs.add(run_of(found, self._settings.experiment, dataset))
        run.snapshots.fill([each for each in kept.past if each.epochs < run.epochs])
        run.name, run.is_named = str(title_of(record, parent)), record.name not in NAMELESS
        run.record, run.parent_record, run.left_at = record.id, record.parent, record.left_at
        run.record_updated, run.batches = record.updated, max(run.batches, record.batches)
        run.is_kept = True
        if not record.figures and run.epochs:
            run.edited = {}  # it was edited, and its window closed before it was measured
        self._resuming.begin(run, found)
        self._making.put(run, f"opening of {run.title}")
        self._resuming.settle(run, found)


def kept_run(library: Library, number: int, dataset: Dataset | None) -> Kept:
    """A run with its training, if that can be continued with these data. Raises LibraryError."""
    record, state, network = library.run(number), library.state(number), library.network(number)
    parent = None if record.parent is None else library.records([record.parent]).get(record.parent)
    moments = library.past(number, MOST)
    past = tuple(Snapshot(at, pack(vector, tuple(network.shape)), at == round(at)) for at, vector in moments)
    if state is None:
        return Kept(Opened(network, provenance=Provenance.read(network)), record, parent, past)
    return Kept(_with_training(state, network, dataset), record, parent, past)


def _with_training(state: KeptState, network: Network, dataset: Dataset | None) -> Opened:
    """The network in its last whole state, with its training; ``network`` knows its past."""
    state.network.provenance = network.provenance
    past = Provenance.read(network)
    found = resumed(Opened(state.network, state=state.training), dataset)
    if past.history is not None and (found.trainer is not None or found.state is not None):
        measured = past.history.last_measured(state.at) or 0  # also within an epoch, after an edit
        past.history.completed = int_if_whole(max(state.before + state.training.whole_epochs, measured))
    return replace(found, provenance=past, before=state.before)
