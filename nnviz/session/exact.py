"""Moments of the past exactly: what is displayed of them is kept in 16 bits, so they are trained to again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.basics.errors import EngineError, Verbatim
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.network.half_precision import pack
from engine.training.history import History
from engine.training.trainer import Trainer
from nnviz.jobs.stepwise import Steps, only_shares
from nnviz.session.data import Data
from nnviz.session.records import Records
from nnviz.session.run import Run
from nnviz.session.snapshots import Snapshot
from nnviz.session.status import Progress, Stage
from nnviz.session.training import Training

if TYPE_CHECKING:
    from nnviz.library import Library
    from nnviz.library.replay import Replayed

# Data, library, and what waits until that holds all of the run and returns its number there.
_Place = tuple[Dataset, Path, Callable[[], int]]


@dataclass(eq=False)
class Wish:
    """A moment of a run: so many epochs, with fraction, after it began.

    Attributes:
        changes: settings that a branch from there has otherwise than the fields.
        kept: that moment as it is displayed when it is wished for; None where it is the network of then.
        live: the parameters of then.
    """

    run: Run
    at: float
    changes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        run, is_past = self.run, self.at < self.run.epochs
        self.kept: Snapshot | None = run.snapshots.nearest(self.at) if is_past else None
        self.live: Array = run.parameters


class Exact:
    """Says which moments can be had exactly, and how: from a whole state before them, which the library keeps.

    Those before the beginning of a branch are in the record of the run that it branched off from.
    """

    def __init__(self, data: Data, training: Training, records: Records) -> None:
        self._data, self._training, self._records = data, training, records

    def why_not(self, run: Run) -> str | None:
        """Why no moment of a run can be had exactly, as a sentence; None if they can."""
        dataset = self._data.dataset
        if not self._records.has(run):
            what_to_do = "" if self._records.is_on else " Recording is off: Ctrl+Alt+K switches it on."
            return f"This run is not recorded, so no moment of its past is known exactly.{what_to_do}"
        if dataset is None or dataset.fingerprint != run.experiment.fingerprint:
            return "Going back exactly needs the data that the run was trained on: open them first."
        return None

    def steps(self, wish: Wish) -> Callable[[], Steps]:
        """What goes there, for another thread; it returns a :class:`~nnviz.library.replay.Replayed`.

        Call it only where :meth:`why_not` returns None.
        """
        found = self._place_of(wish.run)
        return lambda: _gone_to(wish, *found)

    def past(self, run: Run, moments: Sequence[float], most_seconds: float) -> Callable[[], Steps]:
        """What goes through the run once, likewise; it returns a :class:`Snapshot` of each of these moments.

        Of none if the training took more seconds; without those that cannot be had exactly.
        """
        found = self._place_of(run)
        return lambda: _gone_through(moments, most_seconds, *found)

    def _place_of(self, run: Run) -> _Place:
        dataset = self._data.dataset
        assert dataset is not None
        known: Future[int | None] = Future()
        is_written = self._training.runner.look(run.id, lambda _: None, lambda: known.set_result(run.record))

        def record() -> int:
            is_written.result()
            found = known.result()
            if found is None:
                raise EngineError(
                    "its record", Verbatim("missing"), "must be in the library", "Train the network again."
                )
            return found

        return dataset, self._records.path, record


def _gone_to(wish: Wish, dataset: Dataset, path: Path, written: Callable[[], int]) -> Steps:
    """In the work's thread."""
    from nnviz.library import Library
    from nnviz.library.replay import replay

    record = written()
    with Library(path) as library:
        run = _recorded_in(library, record, wish.at)
        return (yield from only_shares(replay(library, run, wish.at, dataset)))


def _recorded_in(library: Library, run: int, at: float) -> int:
    """The run whose record has that moment: of what lies before the beginning of a branch, its parent."""
    record, seen = library.run(run), {run}
    while record.left_at is not None and at < record.left_at and record.parent is not None:
        if record.parent in seen:
            break  # a damaged library
        record = library.run(record.parent)
        seen.add(record.id)
    return record.id


def _gone_through(
    moments: Sequence[float], most_seconds: float, dataset: Dataset, path: Path, written: Callable[[], int]
) -> Steps:
    """In the work's thread."""
    from nnviz.library import Library
    from nnviz.library.replay import retrace

    record = written()
    found: list[Snapshot] = []

    def keep(at: float, trainer: Trainer) -> None:
        network = trainer.network
        found.append(Snapshot(at, pack(network.parameters.copy(), tuple(network.shape)), is_end=True))

    with Library(path) as library:
        if library.run(record).seconds <= most_seconds:
            yield from only_shares(retrace(library, record, moments, dataset, keep))
    return found


def branched(wish: Wish, found: Replayed) -> Run:
    """A run that begins at that moment of another one's past, with all that lies before it."""
    run, at = wish.run, wish.at
    made = of_the_past(wish, run.history.until(at), found)
    made.snapshots.clear()
    made.snapshots.fill([snapshot for snapshot in run.snapshots if snapshot.epochs < at])
    made.keep_snapshot()
    return made


def of_the_past(wish: Wish, history: History, found: Replayed | None) -> Run:
    """A run that begins at that moment, with the history up to there, without snapshots of before.

    It rests if the moment was not ``found``: then its network is as it is displayed.
    """
    return _resting(wish, history) if found is None else _paused(wish, history, found)


def _paused(wish: Wish, history: History, found: Replayed) -> Run:
    run, trainer = wish.run, found.trainer
    made = Run(
        run.experiment.changed(training=trainer.settings),
        trainer.network,
        parent=run.id,
        left_at=wish.at,
        parent_record=run.record,
        batches=max(run.batches, trainer.batches_per_epoch),
        history=history,
        name=run.name,
        is_named=run.is_named,
        changes=1,
    )
    made.start_epoch = found.before
    made.progress = Progress(trainer.epoch, trainer.settings.epochs, trainer.batch, trainer.batches_per_epoch)
    is_over = trainer.epoch >= trainer.settings.epochs and trainer.batch == trainer.batches_per_epoch
    made.stage = Stage.ENDED if is_over else Stage.PAUSED
    return made


def _resting(wish: Wish, history: History) -> Run:
    run, at = wish.run, wish.at
    network = run.network.with_parameters(wish.live if wish.kept is None else wish.kept.parameters)
    made = Run(run.experiment, network, parent=run.id, left_at=at, history=history, name=run.name, changes=1)
    made.is_named = run.is_named
    made.start_epoch = made.history.completed = at
    made.batches = run.batches
    return made
