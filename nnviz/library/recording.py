"""Recording of a training in the library: receives the events of a trainer, and decides what is written and when.

Everything is pending in memory until an epoch ends at least a second after the last write; then figures, snapshots and
a training state are written in one transaction. If the process is killed, the library therefore has a consistent
state from which training resumes bit-identically.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from engine.basics.errors import DataError
from engine.experiment import Experiment
from engine.network.half_precision import packed_size
from engine.storage.epoch_codec import epoch_bytes
from engine.storage.packed_snapshots import PackedSnapshot
from engine.storage.state_codec import StateBytes, epochs_at
from engine.training.early_estimates import estimated_steps
from engine.training.events import Batch, BestRestored, Epoch, Estimate, Event
from engine.training.history import Change
from engine.training.snapshot_schedule import LEAST_STEP, SnapshotSchedule
from engine.training.trainer import Trainer
from nnviz.library.curves import drop_figures, figures_at, figures_of_row, last_figures, write_figures
from nnviz.library.epochs import PendingEpochs, halve
from nnviz.library.errors import (
    WRITTEN_AGAIN,
    DamagedError,
    LibraryError,
    ReplacedError,
    TooLargeError,
    UnknownRunError,
    continued_elsewhere,
    in_use,
    translated_errors,
)
from nnviz.library.estimates import EstimateRow, drop_estimates, estimated_epochs, row_of_estimate, write_estimates
from nnviz.library.library import Library
from nnviz.library.locks import lock_of_run
from nnviz.library.records import best_json, changes_json, experiment_json, packed_description, search_text_of
from nnviz.library.schema import FIGURES
from nnviz.library.snapshots import kept_epochs, write_snapshot
from nnviz.library.states import (
    LEAP,
    NOTE,
    Order,
    last_place,
    leap_payload,
    state_bytes,
    state_places,
    write_order,
    write_state,
)

SECONDS_BETWEEN_COMMITS, SECONDS_AFTER_FAILURE = 1.0, 5.0
_SECONDS_BETWEEN_WAYPOINTS = 5.0
_MOST_SNAPSHOTS, _MOST_WAYPOINTS = 1000, 8
_WAYPOINT_BYTES = 32 * 10**6
_SECONDS_BETWEEN_MOMENTS = 0.04  # at least: what is kept of each costs much more than its copy where epochs are short
_TIMES_AS_LONG = 100  # smallest ratio of the time between two snapshots to the time of taking one
_BYTES_PER_SECOND = 2 * 10**6  # of snapshots, when there are many already

ReportFunction = Callable[[str], None]


class Recording:
    """Records one training of a run, from the present place of its trainer. Later records of the run are dropped.

    Call :meth:`take_event` after every event of the trainer, or :meth:`take_epochs` after some epochs, :meth:`pause`
    when it pauses, and :meth:`finish` or :meth:`close` at the end. A failure to write never stops the training:
    :attr:`problem` has the reason, and writing is tried again.

    Attributes:
        run: number of the run.
        trainer: the trainer, which is only read, between its events.
        before: epochs of the network before this training.
        problem: why the last write failed; None if it did not.
        updated: time of the last change of the run's record, in seconds since 1970.
    """

    def __init__(
        self,
        library: Library,
        run: int,
        trainer: Trainer,
        before: float = 0,
        report: ReportFunction | None = None,
        clock: Callable[[], float] = time.perf_counter,
        updated: float | None = None,
    ) -> None:
        """Starts to record a run, which must not be trained elsewhere.

        Args:
            report: called with a sentence when writing begins to fail, and when it works again.
            updated: the expected time of the last change of the run's record; None for any time.

        Raises RunInUseError, also if the record changed at another time, UnknownRunError or another LibraryError.
        """
        self._library, self.run, self.trainer, self.before = library, run, trainer, before
        self._report, self._clock = report, clock
        self.problem: LibraryError | None = None
        self._lock = lock_of_run(library.path, run)
        with translated_errors(library.path):
            if not self._lock.acquire():
                raise in_use(run)
        try:
            library.database.hold_states()
            self._record = library.run(run)
            if updated not in (None, self._record.updated):
                raise continued_elsewhere(run)
            self._take_up()
        except BaseException:
            self._lock.release()
            raise

    def _take_up(self) -> None:
        record = self._record
        self.updated, self._known = record.updated, record.epochs
        self._experiment = record.experiment
        self._written: Experiment | None = None
        is_there = self.at == record.epochs
        self._best = record.best if is_there else None
        self._stands_at = self.at  # the place of which ``_best`` and ``_by_hand`` are
        self._by_hand: dict[str, float] | None = None  # figures of a network that was changed where it stands
        self._is_undone = False  # whether it was changed back there, and nothing is measured of it
        self._changes = [change for change in record.changes if change.epoch <= self.at]
        self._waiting_snapshots: dict[float, PackedSnapshot] = {}
        self._waiting_estimates: dict[float, EstimateRow] = {}
        self._early_snapshots: dict[float, PackedSnapshot] = {}
        self._waiting_orders: list[Order] = []
        self._keeps_weights, self._is_over, self._cost = True, False, math.inf
        # Whether the run was recorded up to here without any order: then its settings so far are in its record alone.
        orders = self._library.database.number("SELECT count(*) FROM orders WHERE run = ?", (self.run,))
        self._has_unlogged_settings = record.epochs > 0 and not orders
        self._tried = self._free_at = self._waypoint_at = -math.inf
        self._drop_later()
        self._figures = dict(record.figures) if is_there else last_figures(self._library.database, self.run)
        self._epochs = PendingEpochs(self._library.database, self.run, self.before)
        self._read_grids()

    def _read_grids(self) -> None:
        """Reads which snapshots, states and epochs are kept so far."""
        database, network, batches = self._library.database, self.trainer.network, self.trainer.batches_per_epoch
        room = min(_MOST_SNAPSHOTS, self._library.quota.snapshot_budget // packed_size(network.parameters.size))
        kept = kept_epochs(database, self.run)
        early = estimated_epochs(database, self.run).intersection(kept)
        self._early_left = 0  # of the snapshots that are taken with estimates
        if self.trainer.is_estimating_early:
            most = min(len(estimated_steps(batches)), room // 2)
            self._early_left = max(0, most - len(early) - len(self._early_snapshots))
        self._room = max(2, room - len(early) - self._early_left)
        few = min(_MOST_WAYPOINTS, _WAYPOINT_BYTES // (4 * network.parameters.nbytes))
        spaced = self._places(epoch for epoch in kept if epoch not in early)
        self._schedule = SnapshotSchedule(self._room, batches, spaced, LEAST_STEP)
        states = [at for at, is_last in state_places(database, self.run) if not is_last]
        self._waypoints = SnapshotSchedule(few, batches, self._places(states))
        self._are_grids_right = True

    def _places(self, epochs: Iterable[float]) -> list[float]:
        return [at - self.before for at in epochs]

    def _drop_later(self) -> None:
        database = self._library.database
        with database.writing():
            for table in ("epochs", "moments", "confusions"):
                database.write(f"DELETE FROM {table} WHERE run = ? AND epoch > ?", (self.run, self.at))
            drop_estimates(database, self.run, self.at)
            for table in ("states", "orders"):
                database.write(f"DELETE FROM {table} WHERE run = ? AND at > ?", (self.run, self.at))
            entries = packed_description(self.trainer.network.saved_description)
            query = "UPDATE runs SET status = 'training', batches = ?, description = ? WHERE id = ?"
            database.write(query, (self.trainer.batches_per_epoch, entries, self.run))

    @property
    def keeps_weights(self) -> bool:
        """Whether states and snapshots are written; not for a network that is too large."""
        return self._keeps_weights

    @property
    def at(self) -> float:
        """Epochs of the network over all its trainings, with a fraction."""
        trainer = self.trainer
        return epochs_at(self.before, trainer.epoch, trainer.batch, trainer.batches_per_epoch)

    @property
    def next_place(self) -> float:
        """The place in the training, in epochs, from which on :meth:`take_event` has work to do after a batch."""
        return self._schedule.next

    # ---- what happens in the training

    def take_event(self, event: Event) -> None:
        """Records an event of the trainer, which must still be at that event. Never raises LibraryError."""
        if isinstance(event, Batch):
            if event.estimate is not None:
                self._keep_estimate(event.place, event.estimate)
            elif self._schedule.should_keep(event.place):
                self._keep_snapshot(event.place)
        elif isinstance(event, Epoch):
            self.take_epochs([epoch_bytes(event)])
        elif isinstance(event, BestRestored):
            self._best = replace(event, epoch=self.before + event.epoch)
            self._stands_at = self.at

    def take_epochs(self, packed: Iterable[bytes]) -> None:
        """Records consecutive epochs, each as packed by :func:`~engine.storage.epoch_codec.epoch_bytes`.

        The trainer is at the end of the last one, or slightly later.
        """
        self._best, self._by_hand, self._is_undone = None, None, False
        self._epochs.add(packed)
        epoch = self._epochs.epoch
        if epoch != self.trainer.epoch:
            return
        if self._schedule.should_keep(epoch):
            self._keep_snapshot(epoch)
        if self._clock() - self._tried >= SECONDS_BETWEEN_COMMITS:
            self.commit()

    def _keep_snapshot(self, place: float) -> None:
        """Copies the parameters, unless the last copy was so recent that copying would cost too much."""
        if not self._keeps_weights:
            return
        start = self._clock()
        if start < self._free_at:
            self._schedule.coarsen(place)
            return
        self._schedule.advance_past(place)
        network = self.trainer.network
        snapshot = PackedSnapshot.of(network.parameters, network.shape)
        self._waiting_snapshots[self.before + place] = snapshot
        halve(self._waiting_snapshots, self._room)
        now = self._clock()
        self._cost = min(self._cost, now - start)
        self._free_at = now + max(_SECONDS_BETWEEN_MOMENTS, _TIMES_AS_LONG * self._cost)
        if len(self._schedule) > self._room // 4:
            self._free_at = max(self._free_at, now + len(snapshot.content) / _BYTES_PER_SECOND)

    def _keep_estimate(self, place: float, estimate: Estimate) -> None:
        """Keeps an estimate of the first epoch with a snapshot, which is not thinned, as far as there is space."""
        self._waiting_estimates[self.before + place] = row_of_estimate(estimate)
        if self._keeps_weights and self._early_left > 0:
            network = self.trainer.network
            self._early_snapshots[self.before + place] = PackedSnapshot.of(network.parameters, network.shape)
            self._early_left -= 1

    def log(self, kind: str, payload: dict[str, Any], content: bytes | None = None, text: str = "") -> None:
        """Records an order that the trainer carries out now, between two steps, so that it can be replayed.

        Args:
            kind, payload, content: as in :class:`Order`.
            text: its note next to the curves; empty for none.

        Raises TypeError for a payload that JSON cannot hold.
        """
        trainer, payload = self.trainer, json.loads(json.dumps(payload))
        if text and kind == "edit":
            payload[NOTE] = text
        self._waiting_orders.append(Order(0, self.at, trainer.epoch, trainer.batch, kind, payload, content))
        if text:
            self._changes.append(Change(self.at, text))

    def note_figures(
        self, figures: Mapping[str, float] | None, best: BestRestored | None, notes: list[Change] | None = None
    ) -> None:
        """Records the figures of a network that was edited at the present place.

        Args:
            figures: "test_error", "train_loss", …; empty if they are not known yet. None if the edit was undone and
                nothing is measured there: then the figures of the last epoch count again.
            best: what early stopping had restored, if the edit was undone; None for nothing.
            notes: the notes next to the curves, if the edit was undone; None to keep them.
        """
        self._by_hand, self._best, self._stands_at = None if figures is None else dict(figures), best, self.at
        if notes is not None:
            self._changes = notes
        self._is_undone = figures is None

    def change(self, experiment: Experiment, text: str = "", is_order: bool = True) -> None:
        """Records that the training continues with the settings of another experiment.

        Args:
            text: its note next to the curves; empty for none.
            is_order: whether to record an order; false if a training state follows.
        """
        if self._has_unlogged_settings and experiment != self._experiment:
            self._log_settings_so_far()
        if is_order and experiment.training != self._experiment.training:
            self.log("settings", experiment.training.as_dict(), text=text)
        elif text:
            self._changes.append(Change(self.at, text))
        self._experiment = experiment

    def _log_settings_so_far(self) -> None:
        """Records the initial settings of the run before others replace them in its record.

        The order has no effect in a replay. Its content, the fingerprint of the data, marks it.
        """
        made = self._experiment
        self.log("settings", made.training.as_dict(), made.fingerprint.encode())
        self._has_unlogged_settings = False

    def leap(self) -> None:
        """Writes the training state as an order, because no record leads to it. Raises LibraryError."""
        try:
            state = state_bytes(self.trainer, self.before)
        except (DataError, TooLargeError):
            return  # a replay ends before it
        self.log(LEAP, leap_payload(self.before, self._known, self._experiment), state.content)
        self.commit()

    # ---- writing

    def pause(self) -> bool:
        """Writes everything and the present training state; returns whether that worked."""
        return self.commit("paused")

    def commit(self, status: str = "training") -> bool:
        """Writes everything pending and a training state; returns whether that worked, see :attr:`problem`."""
        is_regular = status == "training" and not self._is_over
        if self.problem is not None and is_regular and self._clock() < self._tried + SECONDS_AFTER_FAILURE:
            return False
        try:
            self._write_all(status)
        except LibraryError as error:
            self._fail(error)
            return False
        finally:
            self._tried = self._clock()
        return True

    def _write_all(self, status: str) -> None:
        """Writes everything, to the present file if the library was damaged or replaced. Raises LibraryError."""
        state = self._state() if status != "diverged" else None
        try:
            self._write_once(state, status)
        except (DamagedError, ReplacedError):
            if not self._library.reopen(self._is_known):
                raise
            self._library.database.hold_states()
            if self._library.notice is not None:
                self._report_text(self._library.notice)
            self._write_once(state, status)

    def _is_known(self, library: Library) -> bool:
        """Whether a library has the run as it was written last."""
        with suppress(UnknownRunError):
            return library.run(self.run).updated == self.updated
        return False

    def _write_once(self, state: StateBytes | None, status: str) -> None:
        if not self._are_grids_right:
            self._epochs.read_grids()
            self._read_grids()
        self._are_grids_right, now = False, time.time()
        with self._library.database.writing():
            self._write(state, status, now)
        self._succeed(now)

    def _succeed(self, now: float) -> None:
        self._are_grids_right = True
        self.updated, self._known = now, self.at
        self._written = self._experiment
        self._epochs.clear()
        self._waiting_snapshots.clear()
        self._waiting_estimates.clear()
        self._early_snapshots.clear()
        self._waiting_orders.clear()
        if self.problem is not None:
            self.problem = None
            self._report_text(WRITTEN_AGAIN)

    def _state(self) -> StateBytes | None:
        if not self._keeps_weights:
            return None
        try:
            return state_bytes(self.trainer, self.before)
        except TooLargeError as error:
            self._keeps_weights = False
            self._waiting_snapshots.clear()
            self._early_snapshots.clear()
            self._report_text(str(error))
        except DataError:  # not finite: the next step reports it
            pass
        return None

    def _fail(self, error: LibraryError) -> None:
        is_new = self.problem is None
        self.problem = error
        if is_new:
            self._report_text(f"The run is not recorded: {error} Training continues.")

    def _report_text(self, text: str) -> None:
        if self._report is not None:
            self._report(text)

    def _write(self, state: StateBytes | None, status: str, now: float) -> None:
        """Writes everything pending in one transaction."""
        database = self._library.database
        for order in self._waiting_orders:
            write_order(database, self.run, order)
        self._epochs.write()
        if self._by_hand is not None and self._stands_at == self.at:
            write_figures(database, self.run, self.at, self._by_hand)
        if self._is_undone:
            drop_figures(database, self.run, self._stands_at)
        write_estimates(database, self.run, self._waiting_estimates)
        for at, snapshot in self._early_snapshots.items():
            write_snapshot(database, self.run, at, snapshot)
        for at, snapshot in self._waiting_snapshots.items():
            victim = self._schedule.add(at - self.before)
            write_snapshot(database, self.run, at, snapshot, None if victim is None else victim + self.before)
        if state is not None:
            self._write_state(state)
        self._write_run(status, now)

    def _write_state(self, state: StateBytes) -> None:
        """Writes a state over the last one, or occasionally as a permanent one."""
        place, database = state.at - self.before, self._library.database
        is_waypoint = (
            self._waypoints.should_keep(place) and self._clock() - self._waypoint_at >= _SECONDS_BETWEEN_WAYPOINTS
        )
        if is_waypoint:  # beside a last one at the same place, from before its epoch was measured, that would count
            is_waypoint = last_place(database, self.run) != state.at
        write_state(database, self.run, state, is_last=not is_waypoint)
        if is_waypoint:
            self._waypoint_at = self._clock()
            self._waypoints.advance_past(place)
            victim = self._waypoints.add(place)
            if victim is not None:
                query = "DELETE FROM states WHERE run = ? AND at = ? AND NOT is_last"
                database.write(query, (self.run, victim + self.before))

    def _write_run(self, status: str, now: float) -> None:
        entries = {
            "status": status,
            "updated": now,
            "epochs": self.at,
            "seconds": self._record.seconds + self._epochs.seconds,
        }
        entries |= {"best": best_json(self._best_in_force), "changes": changes_json(self._changes)}
        figures = self._figures_now()
        entries |= {name: figures.get(name) for name in FIGURES}
        if self._experiment is not self._written:
            fingerprint, data = self._experiment.fingerprint, self._record.data
            if fingerprint != self._record.fingerprint:
                data = self.trainer.dataset.title
                entries |= {"fingerprint": fingerprint, "data": data}
            entries |= {
                "experiment": experiment_json(self._experiment),
                "words": search_text_of(self._experiment, data),
            }
        database = self._library.database
        database.update_run(self.run, entries)
        database.count_bytes(self.run)

    def _figures_now(self) -> dict[str, float]:
        """Returns the figures of the present parameters: of the last epoch, or of the restored best one."""
        row, best = self._epochs.row, self._best_in_force
        if row is not None:
            self._figures = figures_of_row(row)
        if self._by_hand is not None:
            self._figures = self._by_hand
        if self._is_undone:
            self._figures = last_figures(self._library.database, self.run)
        if best is None:
            return self._figures
        return figures_at(self._library.database, self.run, best.epoch) or self._figures

    @property
    def _best_in_force(self) -> BestRestored | None:
        """The epoch that early stopping restored, until the next step."""
        return self._best if self._stands_at == self.at else None

    # ---- the end

    def finish(self, status: str = "finished") -> bool:
        """Writes pending data and the status ("finished", "paused", "diverged"), and releases the run.

        Returns whether that worked. If the training diverged, the last good state is kept as the last one.
        """
        if self._is_over:
            return True
        self._is_over = True
        try:
            if status != "training":
                self._epochs.keep_last()
            return self.commit(status)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Releases the run without writing."""
        self._is_over = True
        self._lock.release()
