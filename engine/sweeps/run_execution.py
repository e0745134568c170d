"""Execution of one run of a plan, or of several in turn, in the current process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import numpy as np

from engine.basics.errors import DataError, DivergenceError, EngineError
from engine.basics.machine import Machine, this_machine
from engine.datasets.dataset import Dataset
from engine.experiment import Experiment
from engine.network.half_precision import packed_size
from engine.storage.packed_snapshots import PackedSnapshot
from engine.storage.state_codec import MOST_STATE, StateBytes, epochs_at, state_size
from engine.sweeps.results import DIVERGED, FAILED, FINISHED
from engine.training.events import Batch, BestRestored, Epoch, Estimate, Event
from engine.training.history import MOST_POINTS, PARTS
from engine.training.metrics import Evaluation
from engine.training.snapshot_schedule import LEAST_STEP, SnapshotSchedule
from engine.training.trainer import Trainer

SNAPSHOT_BYTES = 2 * 10**6  # limit for one run, because there are many
SECONDS_BETWEEN_REPORTS = 0.2
MOST_REPORTED = 2_000  # limit of the reported epochs of a run
_MOST_MOMENTS, _CONFUSION_BYTES = 64, 10**6
_SECONDS_BETWEEN_STATES = 1.0
_Results = TypeVar("_Results", Epoch, Estimate)


@dataclass(frozen=True)
class RunSpec:
    """The specification of a run.

    Attributes:
        number: the number of the run in its plan, which all its reports have.
        experiment: the experiment, with its seed.
        snapshot_bytes: limit of the snapshots, in bytes; the initial state is kept if it takes at most half as much.
        estimates_early: whether the first epoch has estimates, see
            :attr:`engine.training.trainer.Trainer.estimates_early`. Snapshots with one have the same limit again.
    """

    number: int
    experiment: Experiment
    snapshot_bytes: int = SNAPSHOT_BYTES
    estimates_early: bool = False

    @property
    def report_interval(self) -> int:
        """The interval of reported epochs."""
        return thinning_step(self.experiment.training.epochs, MOST_REPORTED)


@dataclass(frozen=True)
class RunStarted:
    """A run was started, perhaps again because it was lost."""

    number: int


@dataclass(frozen=True, eq=False)
class Report:
    """Figures of epochs that ended since the last report, without confusion matrices.

    A long run reports the multiples of :attr:`RunSpec.report_interval` and the last epoch only.
    """

    number: int
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, eq=False)
class RunOutcome:
    """The outcome of a run.

    Attributes:
        status: "finished", "diverged", "failed" (it could not start), or the requested status.
        why: the reason why it diverged or failed, as text; else empty.
        epochs: figures of its epochs, with confusion matrices within a memory limit; both thinned evenly.
        estimates: pairs of epoch and estimate in the first epoch, without confusion matrices.
        best: the epoch that early stopping restored.
        snapshots: pairs of epoch and packed parameters, thinned evenly.
        state: the state from which its training can continue exactly; after divergence the last good one. None if the
            network is too large.
        first: the state before its first step, from which each epoch can be replayed exactly; None if it is too large.
        reached: epochs that it was trained, with a fraction.
        batches: steps in an epoch.
        learning: seconds spent on steps.
        training: seconds spent on steps and on evaluations after each epoch.
        seconds: total seconds, including those of other runs trained in turn with it.
        machine: the software and hardware it was computed with.
    """

    number: int
    status: str
    why: str = ""
    epochs: tuple[Epoch, ...] = ()
    estimates: tuple[tuple[float, Estimate], ...] = ()
    best: BestRestored | None = None
    snapshots: tuple[tuple[float, PackedSnapshot], ...] = ()
    state: StateBytes | None = None
    first: StateBytes | None = None
    reached: float = 0.0
    batches: int = 0
    learning: float = 0.0
    training: float = 0.0
    seconds: float = 0.0
    machine: Machine = field(default_factory=this_machine)


class RunExecution:
    """Trains one run."""

    def __init__(self, spec: RunSpec, dataset: Dataset, report: Callable[[Report], None]) -> None:
        """Raises SettingError or DataError if network, data and settings do not fit together."""
        self._start = time.perf_counter()
        self._spec, self._report = spec, report
        self._trainer = spec.experiment.trainer(dataset)
        self._trainer.estimates_early = spec.estimates_early
        self._estimates: list[tuple[float, Estimate]] = []
        self._epochs: list[Epoch] = []
        self._unreported: list[Epoch] = []
        self._reported_at = self._kept_at = -math.inf
        self._best: BestRestored | None = None
        self._state: StateBytes | None = None
        self._first: StateBytes | None = None
        self._snapshots = _SnapshotCollector(self._trainer, spec.snapshot_bytes)
        self._learning = self._training = 0.0

    def epochs(self, asked: Callable[[], str]) -> Generator[None, None, RunOutcome]:
        """Trains to the end, or until ``asked`` returns a status to end with ("stopped", "pruned") after any step.

        Yields after each epoch.
        """
        status, why, clock = FINISHED, "", time.perf_counter
        events = self._trainer.run()
        try:
            while True:
                begun = clock()
                event = next(events, None)
                self._training += clock() - begun
                if event is None:
                    break
                self._take(event)
                if not self._is_trained and (requested := asked()):
                    status = requested
                    break
                if isinstance(event, Epoch):
                    yield
        except DivergenceError as error:
            status, why = DIVERGED, str(error)
        if status != DIVERGED:
            self._keep_state()
        return self._outcome(status, why)

    @property
    def _is_trained(self) -> bool:
        """Whether all steps are done, after which only an evaluation is left."""
        trainer = self._trainer
        return trainer.epoch >= trainer.settings.epochs and trainer.batch >= trainer.batches_per_epoch

    def _take(self, event: Event) -> None:
        if isinstance(event, Batch):
            if event.estimate is not None:
                self._estimates.append((event.place, _without_matrices(event.estimate)))
                self._snapshots.collect_early(event.place)
            else:
                self._snapshots.collect(event.place)
        elif isinstance(event, Epoch):
            self._take_epoch(event)
        elif isinstance(event, BestRestored):
            self._best = replace(event, figures=_bare(event.figures))

    def _take_epoch(self, event: Epoch) -> None:
        self._learning += event.seconds
        if event.epoch == 0:
            self._snapshots.collect(0.0)
        settings = self._trainer.settings
        is_last = event.epoch == settings.epochs
        if event.epoch % thinning_step(settings.epochs, MOST_POINTS) == 0 or is_last:
            self._epochs.append(self._thinned(event, is_last))
        if self._unreported and self._unreported[-1].epoch % self._spec.report_interval:
            del self._unreported[-1]
        self._unreported.append(_without_matrices(event))
        if (now := time.perf_counter()) - self._reported_at >= SECONDS_BETWEEN_REPORTS:
            self._report(Report(self._spec.number, tuple(self._unreported)))
            self._unreported, self._reported_at = [], now
        if now - self._kept_at >= _SECONDS_BETWEEN_STATES:
            self._keep_state()
            self._kept_at = now

    def _thinned(self, event: Epoch, is_last: bool) -> Epoch:
        """Returns the epoch, with its confusion matrices if it is among those that fit into the memory limit."""
        size = sum(4 * each.confusion.size for each in _parts(event).values() if each.confusion is not None)
        step = thinning_step(self._trainer.settings.epochs, max(1, _CONFUSION_BYTES // max(1, size)))
        if event.epoch % step and not is_last:
            return _without_matrices(event)
        return replace(event, **{name: _compact(each) for name, each in _parts(event).items()})  # type: ignore[arg-type]

    def _keep_state(self) -> None:
        """Stores the current state, unless it is too large or not finite; the next step then reports divergence."""
        if state_size(self._trainer) > MOST_STATE:
            return
        try:
            self._state = StateBytes.of(self._trainer)
        except DataError:
            return
        if not self._trainer.epoch and 2 * len(self._state.content) <= self._spec.snapshot_bytes:
            self._first = self._state

    def _outcome(self, status: str, why: str) -> RunOutcome:
        trainer = self._trainer
        reached = epochs_at(0, trainer.epoch, trainer.batch, trainer.batches_per_epoch)
        if status != DIVERGED:
            self._snapshots.collect(reached, is_last=True)
        return RunOutcome(
            self._spec.number,
            status,
            why,
            tuple(self._epochs),
            tuple(self._estimates),
            self._best,
            self._snapshots.kept,
            self._state,
            self._first if self._first is not self._state else None,
            reached,
            trainer.batches_per_epoch,
            self._learning,
            self._training,
            time.perf_counter() - self._start,
        )


class _SnapshotCollector:
    """Collects evenly spaced snapshots of a run, and those with estimates of its first epoch."""

    def __init__(self, trainer: Trainer, room: int) -> None:
        self._network = trainer.network
        most = min(_MOST_MOMENTS, room // packed_size(self._network.parameters.size))
        least = max(LEAST_STEP, 2.0 ** math.ceil(math.log2(trainer.settings.epochs / max(2, most))))
        self._grid = SnapshotSchedule(max(2, most), trainer.batches_per_epoch, (), least)
        self._kept: dict[float, PackedSnapshot] = {}
        self._early_left = most
        self._are_kept = state_size(trainer) <= MOST_STATE

    def collect(self, place: float, is_last: bool = False) -> None:
        """Stores the current parameters if a snapshot is due at this place, in epochs."""
        if not self._are_kept or not (is_last or self._grid.should_keep(place)):
            return
        if place not in self._kept:
            self._grid.advance_past(place)
            if (victim := self._grid.add(place)) is not None:
                del self._kept[victim]
        self._keep(place)

    def collect_early(self, place: float) -> None:
        """Stores the current parameters, which have an estimate, as far as there is space for more."""
        if self._are_kept and self._early_left > 0:
            self._early_left -= 1
            self._keep(place)

    def _keep(self, place: float) -> None:
        self._kept[place] = PackedSnapshot.of(self._network.parameters, self._network.shape)

    @property
    def kept(self) -> tuple[tuple[float, PackedSnapshot], ...]:
        return tuple(sorted(self._kept.items()))


def train_one(
    spec: RunSpec, dataset: Dataset, report: Callable[[Report], None], asked: Callable[[], str] = lambda: ""
) -> RunOutcome:
    """Trains a run and returns its outcome.

    Args:
        report: called with figures of epochs, at most five times a second.
        asked: called after every step; returns the status to end with, or an empty text to continue.
    """
    found: list[RunOutcome] = []
    train_in_turn([spec], dataset, report, lambda number: asked(), found.append)
    return found[0]


def train_in_turn(
    specs: Sequence[RunSpec],
    dataset: Dataset,
    report: Callable[[Report], None],
    asked: Callable[[int], str],
    over: Callable[[RunOutcome], None],
) -> None:
    """Trains several runs, an epoch of each in turn. The result of a run does not depend on the others.

    Args:
        asked: called with the number of a run after every step; returns the status to end with, or an empty text.
        over: called with the outcome of each run when it ends.
    """
    going = {spec.number: _epochs_of(spec, dataset, report, partial(asked, spec.number)) for spec in specs}
    while going:
        for number, epochs in list(going.items()):
            try:
                next(epochs)
            except StopIteration as ended:
                del going[number]
                over(ended.value)


def _epochs_of(
    spec: RunSpec, dataset: Dataset, report: Callable[[Report], None], asked: Callable[[], str]
) -> Generator[None, None, RunOutcome]:
    """Trains a run and yields after each epoch; errors become an outcome with the reason."""
    try:
        return (yield from RunExecution(spec, dataset, report).epochs(asked))
    except EngineError as error:
        return RunOutcome(spec.number, FAILED, str(error))
    except MemoryError:
        return RunOutcome(
            spec.number, FAILED, "There is not enough memory for it. Make the network or the batch smaller."
        )


def thinning_step(epochs: int, most: int) -> int:
    """Returns the smallest power of 2 with at most ``most`` multiples among the epochs."""
    step = 1
    while epochs / step > most:
        step *= 2
    return step


def _parts(event: Epoch | Estimate) -> dict[str, Evaluation]:
    parts = {name: getattr(event, name) for name in PARTS}
    return {name: each for name, each in parts.items() if each is not None}


def _compact(figures: Evaluation) -> Evaluation:
    matrix = figures.confusion
    return replace(figures, ranks=None, confusion=None if matrix is None else matrix.astype(np.uint32))


def _bare(figures: Evaluation) -> Evaluation:
    return replace(figures, ranks=None, confusion=None)


def _without_matrices(event: _Results) -> _Results:
    return replace(event, **{name: _bare(each) for name, each in _parts(event).items()})  # type: ignore[arg-type]
