"""The run library in one SQLite file. An object is a connection for one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from engine.basics.errors import EngineError
from engine.basics.validation import Array
from engine.datasets.description import Description, described_as
from engine.experiment import Experiment
from engine.network.network import Network
from engine.provenance import FIGURES, Provenance
from engine.training.history import History
from nnviz import __version__
from nnviz.library.curves import read_history, write_curves
from nnviz.library.errors import LibraryError, UnknownRunError, damaged, in_use, unknown_run
from nnviz.library.estimates import estimated_epochs, read_estimates, write_early_curves
from nnviz.library.groups import RunGroup
from nnviz.library.listing import (
    EqualRuns,
    FoundEntry,
    RunRecords,
    data_of_runs,
    entries,
    experiments_of_runs,
    find_runs,
    groups_of_runs,
    read_records,
    runs_of_trial,
    values_of_runs,
    values_of_sweeps,
)
from nnviz.library.location import library_path
from nnviz.library.locks import are_deletions_undoable, lock_of_deletions, lock_of_run
from nnviz.library.quota import Quota
from nnviz.library.records import RunRecord, changes_json, experiment_json, search_text_of, user_text_of
from nnviz.library.repair import open_database
from nnviz.library.row_checks import read_description
from nnviz.library.schema import LESSONS
from nnviz.library.snapshots import kept_epochs, nearest, read_snapshot
from nnviz.library.states import KeptState, Order, read_leap, read_orders, read_state, state_places

_ROUNDING = 1e-9  # epochs
_CHANGES_HANDS = 1.5  # seconds that a training may need to move to another process
_BETWEEN_LOOKS = 0.05  # seconds
_FORGOTTEN = 86400.0  # seconds after which a deletion that a killed program left undoable is made for good


class Library:
    """The recorded runs. All methods raise LibraryError for problems of the file.

    Attributes:
        path: the file.
        notice: a message for the user about opening it (repaired, read-only); None for none.
        quota: its size, limits, and the thinning of old runs.
        database: the connection, for other modules of this package.
    """

    def __init__(self, path: str | Path | None = None, seconds: float = 5.0) -> None:
        """Opens a library, or makes a new one.

        Moves a damaged file aside under a new name, and copies its readable content into a new library.

        Args:
            path: the file; by default the one that ``NNVIZ_LIBRARY`` names, or else the user's own.
            seconds: how long to wait while another program writes.

        Raises:
            NotALibraryError: the file is something else, or too new.
            LibraryError: the file is not accessible.
        """
        self.path, self._seconds = library_path() if path is None else Path(path), seconds
        self.database, self.notice = open_database(self.path, seconds)
        self.quota = Quota(self.database)
        self._equal_runs = EqualRuns()
        self._undoable: set[int] = set()
        self._undoes = lock_of_deletions(self.path)  # held while there are any
        if self.why_read_only is None:
            self._purge_forgotten()

    def reopen(self, is_right: Callable[[Library], bool]) -> bool:
        """Opens the file that is at the path now, after damage or replacement.

        Returns whether it has what the caller needs; if not, or if LibraryError is raised, nothing has changed.
        """
        if not self.path.exists():
            return False
        with Library(self.path, self._seconds) as there:
            if not is_right(there):
                return False
            self.notice = there.notice
        self.database.adopt(open_database(self.path, self._seconds)[0])
        return True

    def __enter__(self) -> Library:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    @property
    def why_read_only(self) -> str | None:
        """The reason why nothing can be written, as a clause; None if the library is writable."""
        return self.database.why_read_only

    @property
    def external_changes(self) -> int:
        """A number that changes whenever another connection or program has written to the file."""
        return self.database.number("PRAGMA data_version")

    def introduce(self) -> bool:
        """Marks the library as introduced to the user; returns whether it was not before."""
        with self.database.writing():
            return self.database.write("INSERT OR IGNORE INTO meta VALUES ('introduced', '1')") > 0

    # ---- which runs there are

    def runs(self, search: str = "", sort: str = "id", ascending: bool = False, starred: bool = False) -> RunRecords:
        """Returns the runs, newest first, which are read on access.

        Args:
            search: words that must all occur in settings, name, note or data title, in any case.
            sort: a field of :class:`RunRecord` or a figure ("test_error"); runs without it come last. For a figure,
                runs are sorted by the title of their data first.
            starred: whether to return starred runs only.

        Raises SettingError for an unknown sort key.
        """
        return find_runs(self.database, search, sort, ascending, starred)

    def run(self, run: int) -> RunRecord:
        """Returns the record of a run, also if its deletion can be undone. Raises UnknownRunError."""
        found = read_records(self.database, [run])
        if run not in found:
            raise unknown_run(self.path, run)
        return found[run]

    def records(self, runs: Sequence[int]) -> dict[int, RunRecord]:
        """Returns the records of these runs, by number, without runs that were deleted for good."""
        return read_records(self.database, runs)

    def parents(self) -> dict[int, int]:
        """Returns the parent of each branch, by number."""
        query = "SELECT id, parent FROM runs WHERE parent IS NOT NULL AND deleted IS NULL"
        return {int(run): int(parent) for run, parent in self.database.rows(query)}

    @property
    def count(self) -> int:
        """Number of runs that are not deleted."""
        return self.database.number("SELECT count(*) FROM runs WHERE deleted IS NULL")

    def entries(self, search: str = "", folded: Collection[int] = ()) -> list[FoundEntry]:
        """Returns the runs with these words, unordered; a ``folded`` sweep is one entry."""
        return entries(self.database, search, folded)

    def sweep_values(self, sort: str, search: str = "") -> dict[int, float]:
        """Returns the value of each sweep by which runs are sorted: see ``values_of_sweeps``."""
        return values_of_sweeps(self.database, sort, search)

    def groups(self, folded: Collection[int] = ()) -> dict[int, RunGroup]:
        """Returns the group of each run of a plan, by number, oldest first; without the ``folded`` sweeps."""
        return groups_of_runs(self.database, folded)

    def equal_runs(self) -> dict[int, RunGroup]:
        """Returns the group of each run whose settings, except the seed, equal those of an adjacent run."""
        return self._equal_runs.groups(self.database)

    def experiments(self, runs: Sequence[int]) -> dict[int, str]:
        """Returns the experiments of these runs as JSON, by number."""
        return experiments_of_runs(self.database, runs)

    def runs_of_group(self, group: RunGroup) -> list[int]:
        """Returns the numbers of a group's runs, oldest first."""
        if group.is_of_plan:
            return runs_of_trial(self.database, group)
        return [run for run, each in self._equal_runs.groups(self.database, group.trial).items() if each == group]

    def values(self, sort: str) -> dict[int, float]:
        """Returns a figure of all runs that have it, by number; infinite for a diverged run.

        Raises SettingError for an unknown sort key.
        """
        return values_of_runs(self.database, sort)

    def data_sets(self) -> dict[int, tuple[str, str]]:
        """Returns title and fingerprint of each run's data, by number: see :attr:`RunRecord.data_set`.

        The title of a run that was trained in a lesson begins with that of the lesson.
        """
        return data_of_runs(self.database)

    def children(self, run: int) -> list[RunRecord]:
        """Returns the branches of a run, oldest first."""
        query = "SELECT id FROM runs WHERE parent = ? AND deleted IS NULL ORDER BY id"
        return list(RunRecords(self.database, [row[0] for row in self.database.rows(query, (run,))]))

    def interrupted(self) -> list[RunRecord]:
        """Returns the runs whose program ended during their training, newest first.

        A run that was written to very recently may be changing hands, so it is observed for a moment.
        """
        end, found = time.monotonic() + _CHANGES_HANDS, self._left()
        while any(abs(time.time() - written) < _CHANGES_HANDS for _, written in found) and time.monotonic() < end:
            time.sleep(_BETWEEN_LOOKS)
            still = self._left()
            found = [each for each in found if each in still]
        return list(RunRecords(self.database, [run for run, _ in found]))

    def _left(self) -> list[tuple[int, float]]:
        """Returns the runs with an interrupted training and no active program, and when each was last written to."""
        query = "SELECT id, updated FROM runs WHERE status = 'training' AND deleted IS NULL ORDER BY id DESC"
        return [(int(run), float(at)) for run, at in self.database.numbers(query) if not self.is_live(int(run))]

    def settle(self, runs: Iterable[int]) -> None:
        """Marks interrupted runs as paused; :meth:`interrupted` no longer returns them."""
        with self.database.writing():
            query = "UPDATE runs SET status = 'paused' WHERE id = ? AND status = 'training'"
            self.database.many(query, [(run,) for run in runs])

    def is_live(self, run: int) -> bool:
        """Whether a run is being trained, here or by another program."""
        return lock_of_run(self.path, run).is_held

    def has(self, run: int) -> bool:
        """Whether a run exists and is not deleted."""
        return self.database.row("SELECT 1 FROM runs WHERE id = ? AND deleted IS NULL", (run,)) is not None

    # ---- what is in a run

    def history(self, run: int) -> History:
        """Returns curves, estimates, confusion matrices, changes of settings and what early stopping restored."""
        record, history = self.run(run), read_history(self.database, run)
        read_estimates(self.database, run, history)
        history.best = record.best
        for change in record.changes:
            history.note_change(change.epoch, change.text)
        return history

    def snapshot_epochs(self, run: int) -> list[float]:
        """Returns the epochs of all snapshots and training states, ascending."""
        states = {at for at, _ in state_places(self.database, run)}
        return sorted(states.union(kept_epochs(self.database, run)))

    def snapshot(self, run: int, epoch: float) -> Array:
        """Returns the parameters of the snapshot nearest to an epoch, float32. Raises UnknownRunError without any."""
        return self.network(run, epoch).parameters

    def past(self, run: int, most: int) -> Iterator[tuple[float, Array]]:
        """Yields at most ``most`` 16-bit snapshots: those with an estimate, and others evenly spaced.

        Each is an epoch with its parameters, float32. Raises UnknownRunError.
        """
        shape, epochs = self.run(run).experiment.shape, kept_epochs(self.database, run)
        estimated = estimated_epochs(self.database, run)
        early = [epoch for epoch in epochs if epoch in estimated][: most // 2]
        others = [epoch for epoch in epochs if epoch not in early]
        for epoch in sorted((*early, *others[:: -(-len(others) // (most - len(early))) or 1])):
            parameters = read_snapshot(self.database, run, epoch, shape)
            if parameters is not None:  # it was not thinned just now
                yield epoch, parameters

    def network(self, run: int, epoch: float | None = None) -> Network:
        """Returns the network of a run: its last one, or the one of the snapshot nearest to ``epoch``.

        It is exact if a training state is kept for that epoch, as for the last one. Other snapshots have 16 bits per
        parameter.

        Raises UnknownRunError if there is no such run, or no snapshot.
        """
        record, known = self.run(run), self.snapshot_epochs(run)
        if not known:
            raise UnknownRunError.from_problem("run", f"number {run} has no snapshots", "Choose another run.")
        at = known[-1] if epoch is None else nearest(known, epoch)
        network = self._at(record, at)
        history = self.history(run)
        is_best = at == known[-1] and record.best is not None
        epochs = record.best.epoch if is_best and record.best is not None else at
        measured = {name: value for name, value in history.figures(epochs).items() if name in FIGURES}
        values = Provenance(record.name, record.data, epochs, experiment=record.experiment, history=history)
        replace(values, **measured).write(network)  # type: ignore[arg-type]
        return network

    def _at(self, record: RunRecord, at: float) -> Network:
        state = read_state(self.database, record.id, at, self.description(record))
        if state is not None and state.at == at:
            return state.network
        made = record.experiment
        network = Network(made.shape, made.activations, made.loss, "zeros")
        parameters = read_snapshot(self.database, record.id, at, made.shape)
        if parameters is None:
            problem = f"the snapshot of number {record.id} at epoch {at:g} has just been removed to save space"
            raise UnknownRunError.from_problem("run", problem, "Choose another epoch.")
        network.parameters[...] = parameters
        network.description = described_as(self.description(record), made.brightness)
        return network

    def state(self, run: int, before: float | None = None) -> KeptState | None:
        """Returns the last training state of a run, or the last one not after ``before`` epochs; None if there is
        none.
        """
        return read_state(self.database, run, before, self.description(self.run(run)))

    def state_before(self, run: int, at: float) -> KeptState | None:
        """Returns the last training state of a run not after ``at`` epochs, also the state of an order; None if
        there is none.
        """
        description = self.description(self.run(run))
        kept = read_state(self.database, run, at + _ROUNDING, description)
        leap = read_leap(self.database, run, at + _ROUNDING, 0 if kept is None else kept.orders, description)
        return kept if leap is None else leap

    def orders(self, run: int, after: int = 0) -> list[Order]:
        """Returns the orders of a run after the order of that number.

        After :attr:`KeptState.orders` these are the orders that the state does not contain.
        """
        return read_orders(self.database, run, after)

    def description(self, record: RunRecord) -> Description | None:
        """Returns the meaning of a run's inputs and outputs; None if it is not known."""
        row = self.database.row("SELECT description FROM runs WHERE id = ?", (record.id,))
        try:
            return None if row is None else read_description(row[0], record.experiment)
        except (EngineError, TypeError, ValueError, RecursionError) as error:
            raise damaged(self.path, f"the names of run {record.id}: {str(error)[:80]}") from None

    # ---- writing

    def begin(
        self,
        experiment: Experiment,
        data: str = "",
        parent: int | None = None,
        left_at: float | None = None,
        name: str = "",
        note: str = "",
        history: History | None = None,
    ) -> int:
        """Adds a run that is to be trained; returns its number.

        Args:
            data: title of the data.
            parent, left_at: the run from which it branches, and the epoch there. A deleted parent is left out.
            history: curves of the network before this training.
        """
        now = time.time()
        values = {"name": name, "note": note, "left_at": left_at, "data": data, "created": now}
        made = {"fingerprint": experiment.fingerprint, "experiment": experiment_json(experiment)}
        found = {
            "words": search_text_of(experiment, data),
            "said": user_text_of(name, note),
            "version": __version__,
            "updated": now,
        }
        with self.database.writing():
            there = None if parent is None or not self.records([parent]) else parent
            run = self.database.insert("runs", {"parent": there, **values, **made, **found})
            if history is not None:
                write_curves(self.database, run, history)
                write_early_curves(self.database, run, history)
                self.database.update_run(run, {"changes": changes_json(history.changes)})
        return run

    def annotate(self, run: int, name: str | None = None, note: str | None = None, starred: bool | None = None) -> None:
        """Changes name, note or star of a run; None keeps a value. Raises UnknownRunError."""
        with self.database.writing():
            record = self.run(run)
            name, note = record.name if name is None else name, record.note if note is None else note
            star = record.starred if starred is None else starred
            values = {"name": name, "note": note, "starred": star, "said": user_text_of(name, note)}
            self.database.update_run(run, values)

    def tag_lesson(self, title: str, runs: Iterable[int] = (), sweeps: Iterable[int] = ()) -> None:
        """Notes that these runs, and those of these plans, were trained in a lesson. Unknown runs are left out."""
        query = "INSERT OR IGNORE INTO lessons SELECT id, ? FROM runs WHERE {} = ?"
        with self.database.writing():
            self.database.write(LESSONS)
            self.database.many(query.format("id"), [(title, run) for run in runs])
            self.database.many(query.format("sweep"), [(title, sweep) for sweep in sweeps])

    # ---- deleting

    def delete(self, runs: Iterable[int]) -> None:
        """Deletes runs. :meth:`restore` undoes that until :meth:`purge` or :meth:`close`.

        Raises UnknownRunError, and RunInUseError if one is being trained; then none is deleted.
        """
        ids = list(runs)

        def mark() -> None:
            with self.database.writing():
                for each in ids:
                    self.run(each)
                    if self.is_live(each):
                        raise in_use(each)
                self.database.many("UPDATE runs SET deleted = ? WHERE id = ?", [(time.time(), each) for each in ids])

        self.database.also_on_full_disk(mark)
        self._undoable |= set(ids)
        with suppress(OSError):
            self._undoes.acquire()

    def restore(self, runs: Iterable[int]) -> None:
        """Restores deleted runs. Raises UnknownRunError, and restores none, if one was deleted for good."""
        ids = list(runs)

        def unmark() -> None:
            with self.database.writing():
                for each in ids:
                    self.run(each)
                self.database.many("UPDATE runs SET deleted = NULL WHERE id = ?", [(each,) for each in ids])

        self.database.also_on_full_disk(unmark)
        self._undoable -= set(ids)
        if not self._undoable:
            self._undoes.release()

    def purge(self) -> None:
        """Deletes for good what :meth:`delete` deleted: overwrites it, and shrinks the file."""
        if self._undoable:
            self._remove(self._undoable)
            self._undoable = set()
            self._undoes.release()

    def empty(self) -> None:
        """Deletes all runs for good. Raises RunInUseError if one is being trained; then none is deleted."""
        self.delete(self.runs().ids)
        self.purge()

    def _remove(self, runs: Iterable[int]) -> None:
        query, ids = "DELETE FROM runs WHERE id = ? AND deleted IS NOT NULL", [(each,) for each in runs]
        self.database.delete(lambda: self.database.many(query, ids))
        self.quota.withdraw_announcement()

    def _purge_forgotten(self) -> None:
        """Deletes for good what programs had deleted that were killed before they could purge it.

        Does nothing while any open program can undo deletions, because it is not known which ones are its own.
        """
        query = "SELECT id FROM runs WHERE deleted IS NOT NULL AND abs(? - deleted) > ?"
        with suppress(LibraryError):  # the next start tries again
            forgotten = [row[0] for row in self.database.rows(query, (time.time(), _FORGOTTEN))]
            if forgotten and not are_deletions_undoable(self.path):
                self._remove(forgotten)

    def close(self) -> None:
        """Makes deletions final, and closes the connection."""
        try:
            self.purge()
        finally:
            self._undoes.release()
            self.database.close()
