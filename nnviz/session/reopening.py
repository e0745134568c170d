"""Reopening of runs in the library as they were left."""

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
from nnviz.jobs.library_thread import LibraryThread
from nnviz.jobs.network_reading import LoadedNetwork, resumed
from nnviz.session.messages import OPEN_RUN, Message, MessageChoice
from nnviz.session.run import Run, RunStorage
from nnviz.session.run_names import NAMELESS, run_title
from nnviz.session.snapshots import MOST, Snapshot

if TYPE_CHECKING:
    from nnviz.library import KeptState, Library, RunRecord
    from nnviz.library.locks import Lock
    from nnviz.session.session import Session

_BETWEEN_LOOKS = 1000  # milliseconds, while there is an offer
_TAKEN = "Run {} continues in another window."


@dataclass(frozen=True, eq=False)
class StoredRun:
    """A run that was read: its network and training, its record, its parent's record, and its snapshots."""

    found: LoadedNetwork
    record: RunRecord
    parent: RunRecord | None
    past: tuple[Snapshot, ...]


class Reopening:
    """Reads runs in the library's thread. Only the latest request becomes the current run."""

    def __init__(self, session: Session, thread: LibraryThread) -> None:
        self._thread, self._data, self._runs = thread, session.data, session.runs
        self._replacement, self._loaded, self._messages = session.replacement, session.loaded, session.messages
        self._latest = 0
        self._broken_off: dict[int, RunRecord] = {}  # that were read, as they were then; of the library's thread
        self._claims: list[Lock] = []  # of the offers that this window makes: no other window makes them
        self._offered: list[int] = []  # the runs that the message is about, the newest first
        self._offer: Message | None = None
        self._look = QTimer()
        self._look.setInterval(_BETWEEN_LOOKS)
        self._look.timeout.connect(self._look_whether_taken)
        self._messages.changed.connect(self._end_offer)

    def open(
        self, number: int, then: Callable[[], None] = lambda: None, over: Callable[[], None] = lambda: None
    ) -> None:
        """Makes a run the current one; can be undone. A run that this window still has is shown with its past.

        Calls ``then`` when it is open, and ``over`` also if it could not be read.
        """
        self._latest = number
        if self._put_held(number):
            then()
            over()
            return
        dataset = self._data.dataset

        def done(kept: StoredRun | None) -> None:
            if kept is not None and self._latest == number:
                if not self._put_held(number):  # it was asked for twice
                    self._take(kept, dataset)
                then()
            over()

        def failed(error: Exception) -> None:
            over()
            self._messages.show_error("The run could not be opened", error)

        self._thread.run(lambda library: self._read(library, number, dataset), done, failed)

    def cancel(self) -> None:
        """Drops a run that is being read."""
        self._latest = 0

    def _read(self, library: Library, number: int, dataset: Dataset | None) -> StoredRun:
        """Reads a run in the library's thread, and notes whether it was interrupted."""
        if library.run(number).status == "training":
            self._broken_off |= {record.id: record for record in library.interrupted() if record.id == number}
        return read_stored_run(library, number, dataset)

    def _put_held(self, number: int) -> bool:
        """Makes a run the current one if this window has it. Returns whether it has."""
        held = self._runs.with_record(number)
        if held is not None and held is not self._runs.current:
            self._replacement.put(held, f"opening of {held.title}")
        return held is not None

    def offer(self, go_on: Callable[[], None]) -> None:
        """Offers to continue the training that was interrupted when its program ended.

        One of several windows makes the offer. If its process dies before the user answers, the next window offers it.
        ``go_on`` trains the current run.
        """

        def done(found: list[RunRecord]) -> None:
            if found:
                first, others = found[0], len(found) - 1
                more = f" Interrupted, too: {others} other run{'s' * (others > 1)}." if others else ""
                at = f"at epoch {text.epochs(first.epochs, first.batches)} ({text.date(first.updated)})"
                self._offer = self._messages.show_later(
                    f"Run {first.id} was interrupted {at}. It is in the library.{more}",
                    MessageChoice("Continue training", lambda: self._take_up(first.id, go_on), OPEN_RUN | {"train"}),
                )
                self._offered = [record.id for record in found]
                self._look.start()

        self._thread.run(self._interrupted, done, lambda _: None, [])

    def _interrupted(self, library: Library) -> list[RunRecord]:
        """Returns interrupted runs that no other window offers, newest first. In the library's thread."""
        all_found = {record.id: record for record in library.interrupted()} | self._broken_off
        self._broken_off = {}
        return [all_found[number] for number in sorted(all_found, reverse=True) if self._claim(library, number)]

    def _claim(self, library: Library, number: int) -> bool:
        """Whether this window may offer to resume a run. Runs in the library's thread."""
        from nnviz.library.locks import lock_of_offer

        claim = lock_of_offer(library.path, number)
        try:
            is_free = not library.is_live(number) and claim.acquire()
        except OSError:  # nothing can be written there
            return True
        if is_free:
            self._claims.append(claim)
        return is_free

    def _end_offer(self) -> None:
        """Marks the runs as settled when the offer was answered or dismissed. A waiting offer stays."""
        if self._offer is None or self._messages.has(self._offer):
            return
        offered, self._offered, self._offer = self._offered, [], None
        self._look.stop()

        def settle(library: Library) -> None:
            if library.why_read_only is None:
                library.settle(offered)

        self._thread.run(settle, lambda _: None, lambda _: None)

    def _look_whether_taken(self) -> None:
        """Withdraws the offer if the run was resumed in another window."""
        offer, number = self._offer, self._offered[0]

        def done(is_taken: bool) -> None:
            if is_taken and offer is self._offer:
                self._messages.withdraw(offer)
                self._end_offer()  # if it waited, the shown message is the same as before
                self._messages.announce(_TAKEN.format(number))

        self._thread.run(lambda library: library.is_live(number), done, lambda _: None, False)

    def _take_up(self, number: int, go_on: Callable[[], None]) -> None:
        """Continues a run, unless another window has just continued it."""

        def done(is_taken: bool) -> None:
            if is_taken:
                self._messages.announce(_TAKEN.format(number))
            else:
                self.open(number, go_on)

        self._thread.run(lambda library: library.is_live(number), done, lambda _: self.open(number, go_on), False)

    def close(self, milliseconds: int) -> bool:
        """Releases the unanswered offers for the next window. Always returns True."""
        self._look.stop()
        self._offer = None
        for claim in self._claims:
            claim.release()
        return True

    def _take(self, kept: StoredRun, dataset: Dataset | None) -> None:
        record, parent = kept.record, kept.parent

        def prepare(run: Run) -> None:
            run.snapshots.fill([each for each in kept.past if each.epochs < run.epochs])
            run.origin = replace(run.origin, parent_record=record.parent, left_at=record.left_at)
            run.storage = RunStorage(
                name=str(run_title(record, parent)),
                is_named=record.name not in NAMELESS,
                record=record.id,
                record_updated=record.updated,
                is_kept=True,
            )
            run.batches = max(run.batches, record.batches)
            if not record.figures and run.epochs:
                run.edited = {}  # it was edited, and its window closed before it was measured

        self._loaded.put(kept.found, dataset, prepare)


def read_stored_run(library: Library, number: int, dataset: Dataset | None) -> StoredRun:
    """Reads a run with its training, if that can be continued with these data. Raises LibraryError."""
    record, state, network = library.run(number), library.state(number), library.network(number)
    parent = None if record.parent is None else library.records([record.parent]).get(record.parent)
    snapshots = library.past(number, MOST)
    shape, history = tuple(network.shape), Provenance.read(network).history
    early = set() if history is None else set(history.early)
    past = tuple(Snapshot(at, pack(vector, shape), at == round(at), at in early) for at, vector in snapshots)
    if state is None:
        return StoredRun(LoadedNetwork(network, provenance=Provenance.read(network)), record, parent, past)
    return StoredRun(_with_training(state, network, dataset), record, parent, past)


def _with_training(state: KeptState, network: Network, dataset: Dataset | None) -> LoadedNetwork:
    """Returns the network in its last complete state with its training; ``network`` has its history."""
    state.network.provenance = network.provenance
    past = Provenance.read(network)
    found = resumed(LoadedNetwork(state.network, state=state.training), dataset)
    if past.history is not None and (found.trainer is not None or found.state is not None):
        measured = past.history.last_measured(state.at) or 0  # also within an epoch, after an edit
        past.history.completed = int_if_whole(max(state.before + state.training.whole_epochs, measured))
    return replace(found, provenance=past, before=state.before)
