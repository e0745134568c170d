"""Exact parameters of past epochs. Snapshots hold 16 bits per value, so the training is replayed up to the epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.basics.errors import EngineError
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.network.half_precision import pack
from engine.training.history import History
from engine.training.trainer import Trainer
from nnviz.jobs.stepwise import Steps, shares_only
from nnviz.session.data import Data
from nnviz.session.records import Records
from nnviz.session.run import Run, RunOrigin, RunStorage
from nnviz.session.snapshots import Snapshot
from nnviz.session.status import Progress, Stage
from nnviz.session.training import Training

if TYPE_CHECKING:
    from nnviz.library import Library
    from nnviz.library.replay import ReplayResult

# The data, the library, and a function that waits until the library holds the whole run and returns its record.
_Place = tuple[Dataset, Path, Callable[[], int]]


@dataclass(eq=False)
class ReplayRequest:
    """A request for the exact network of a run at an epoch, with fraction.

    Attributes:
        changes: settings of a branch that differ from the fields.
        kept: the displayed snapshot at the time of the request; None if it was the live network.
        live: the live parameters at the time of the request.
    """

    run: Run
    at: float
    changes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        run, is_past = self.run, self.at < self.run.epochs
        self.kept: Snapshot | None = run.snapshots.nearest(self.at) if is_past else None
        self.live: Array = run.parameters


class ExactReplay:
    """Replays a training exactly, from a complete state that the library keeps.

    Epochs before the beginning of a branch are in the record of its parent run.
    """

    def __init__(self, data: Data, training: Training, records: Records) -> None:
        self._data, self._training, self._records = data, training, records

    def reason_unavailable(self, run: Run) -> str | None:
        """Returns why a run cannot be replayed exactly, as a sentence; None if it can."""
        dataset = self._data.dataset
        if not self._records.has(run):
            what_to_do = "" if self._records.is_on else " Recording is off: Ctrl+Alt+K switches it on."
            return f"This run is not recorded, so its past epochs are not known exactly.{what_to_do}"
        if dataset is None or dataset.fingerprint != run.experiment.fingerprint:
            return "Going back exactly needs the data set that the run was trained on. Open it first."
        return None

    def steps(self, request: ReplayRequest) -> Callable[[], Steps]:
        """Returns the replay for a background thread; it returns a :class:`~nnviz.library.replay.ReplayResult`.

        Call it only where :meth:`reason_unavailable` returns None.
        """
        found = self._place_of(request.run)
        return lambda: _replay_to(request, *found)

    def past(self, run: Run, epochs: Sequence[float], most_seconds: float) -> Callable[[], Steps]:
        """Returns the replay of a whole run; it returns a :class:`Snapshot` for each of these epochs.

        Of none if the training took more seconds; without those that cannot be had exactly.
        """
        found = self._place_of(run)
        return lambda: _replay_through(epochs, most_seconds, *found)

    def _place_of(self, run: Run) -> _Place:
        dataset = self._data.dataset
        assert dataset is not None
        known: Future[int | None] = Future()
        is_written = self._training.runner.call(run.id, lambda _: None, lambda: known.set_result(run.storage.record))

        def record() -> int:
            is_written.result()
            found = known.result()
            if found is None:
                problem = "the record of the run is missing from the library"
                raise EngineError.from_problem("", problem, "Train the network again.")
            return found

        return dataset, self._records.path, record


def _replay_to(request: ReplayRequest, dataset: Dataset, path: Path, written: Callable[[], int]) -> Steps:
    """Replays in the background thread up to the requested epoch."""
    from nnviz.library import Library
    from nnviz.library.replay import replay

    record = written()
    with Library(path) as library:
        run = _recorded_in(library, record, request.at)
        return (yield from shares_only(replay(library, run, request.at, dataset)))


def _recorded_in(library: Library, run: int, at: float) -> int:
    """Returns the run whose record has that epoch: for epochs before a branch, its parent."""
    record, seen = library.run(run), {run}
    while record.left_at is not None and at < record.left_at and record.parent is not None:
        if record.parent in seen:
            break  # a damaged library
        record = library.run(record.parent)
        seen.add(record.id)
    return record.id


def _replay_through(
    epochs: Sequence[float], most_seconds: float, dataset: Dataset, path: Path, written: Callable[[], int]
) -> Steps:
    """Replays a whole run in the background thread and takes snapshots."""
    from nnviz.library import Library
    from nnviz.library.replay import retrace

    record = written()
    found: list[Snapshot] = []

    def keep(at: float, trainer: Trainer) -> None:
        network = trainer.network
        found.append(Snapshot(at, pack(network.parameters.copy(), tuple(network.shape)), is_end=True))

    with Library(path) as library:
        if library.run(record).seconds <= most_seconds:
            yield from shares_only(retrace(library, record, epochs, dataset, keep))
    return found


def branched(request: ReplayRequest, found: ReplayResult) -> Run:
    """Returns a run that begins at the requested epoch of another run, with all that lies before it."""
    run, at = request.run, request.at
    made = of_the_past(request, run.history.until(at), found)
    made.snapshots.clear()
    made.snapshots.fill([snapshot for snapshot in run.snapshots if snapshot.epochs < at])
    made.keep_snapshot()
    return made


def of_the_past(request: ReplayRequest, history: History, found: ReplayResult | None) -> Run:
    """Returns a run that begins at the requested epoch, with its history up to there and no earlier snapshots.

    If the epoch was not ``found``, it has the displayed network and no training that can continue.
    """
    return _resting(request, history) if found is None else _paused(request, history, found)


def _paused(request: ReplayRequest, history: History, found: ReplayResult) -> Run:
    run, trainer = request.run, found.trainer
    made = Run(
        run.experiment.changed(training=trainer.settings),
        trainer.network,
        origin=RunOrigin(parent=run.id, parent_record=run.storage.record, left_at=request.at),
        storage=RunStorage(name=run.storage.name, is_named=run.storage.is_named),
        batches=max(run.batches, trainer.batches_per_epoch),
        history=history,
        changes=1,
    )
    epochs, batches = trainer.settings.epochs, trainer.batches_per_epoch
    made.progress = Progress(trainer.epoch, epochs, trainer.batch, batches, before=found.before)
    is_over = trainer.epoch >= trainer.settings.epochs and trainer.batch == trainer.batches_per_epoch
    made.stage = Stage.ENDED if is_over else Stage.PAUSED
    return made


def _resting(request: ReplayRequest, history: History) -> Run:
    run, at = request.run, request.at
    network = run.network.with_parameters(request.live if request.kept is None else request.kept.parameters)
    origin = RunOrigin(parent=run.id, left_at=at)
    storage = RunStorage(name=run.storage.name, is_named=run.storage.is_named)
    made = Run(run.experiment, network, origin=origin, storage=storage, history=history, changes=1)
    made.history.completed = at
    made.progress = replace(made.progress, before=at)
    made.batches = run.batches
    return made
