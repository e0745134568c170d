"""A run: one network, what it was made from, its training and where it is stored."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from weakref import ref

from engine.basics.errors import EngineError
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.description import Description
from engine.datasets.painted_points import PAINTED
from engine.datasets.source import without_own
from engine.experiment import Experiment
from engine.network.network import Network, check_fits
from engine.provenance import FIGURES, Provenance
from engine.training.early_estimates import estimated_steps
from engine.training.events import BestRestored, Epoch
from engine.training.history import Change, History, int_if_whole
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import warmed_up
from engine.training.settings import TRAINING_SETTINGS, TrainingSettings
from engine.training.trainer import Trainer
from nnviz.formatting import text
from nnviz.formatting.setting_text import changes_between, more_epochs
from nnviz.jobs.reports import EarlyEstimate, NetworkFrame
from nnviz.session.snapshots import Snapshots
from nnviz.session.status import Progress, Stage

# Attributes that training changes, besides the history and the snapshots.
_TRAINED = (
    "experiment",
    "stage",
    "progress",
    "parameters",
    "changes",
    "edited",
    "dead_layer",
    "has_died",
    "_before_training",
)
GUESSED = "experiment_guessed"  # in a file: what the network was made with is only known as far as it shows


@dataclass(frozen=True)
class RunOrigin:
    """The run or the file that a run was made from.

    Attributes:
        parent: id of the run that it branched off from; None if it is no branch.
        parent_record: record of that run in the library; None if it has none.
        left_at: the epoch of the parent at which it branched off.
        opened: the provenance in the file that it was opened from; None if it was made here.
    """

    parent: int | None = None
    parent_record: int | None = None
    left_at: float | None = None
    opened: Provenance | None = None

    @property
    def has_whole_experiment(self) -> bool:
        """Whether the experiment is known, and not only as far as the network in the file shows it."""
        opened = self.opened
        return opened is None or (opened.experiment is not None and opened.other.get(GUESSED) is not True)


@dataclass
class RunStorage:
    """The file and the record of a run, and its name while it has no file.

    Attributes:
        path: the file that the run was saved to or opened from; None if there is none.
        name: its name while it has no file.
        is_named: whether the user or a file gave that name, so that it does not only say the settings.
        saved_changes: ``Run.changes`` when the run was last saved; -1 if its file holds another epoch of it.
        record: its number in the library; None while it is not recorded.
        record_updated: when its record was written, if it was read from the library; else None.
        is_kept: whether the library has all that the run has learned.
    """

    path: Path | None = None
    name: str = "untitled"
    is_named: bool = True
    saved_changes: int = 0
    record: int | None = None
    record_updated: float | None = None
    is_kept: bool = False

    @property
    def title(self) -> str:
        """The name of the file as it is shown; without a file, the run's own name."""
        return text.name(self.path.name if self.path else self.name)

    def has_all(self, changes: int) -> bool:
        """Whether the file or the library has the run after that many changes."""
        return changes == self.saved_changes or self.is_kept


@dataclass(eq=False)
class Run:
    """One network, with its origin, its progress in training and its storage.

    Attributes:
        id: a number from 1 that identifies the run in a session; given by the list of runs.
        experiment: data, network and training settings; the settings are those in use now.
        network: the network that is trained; only the worker uses its parameters meanwhile.
        parameters: the last copy of its parameters that the worker made; nothing writes to it.
        origin: the run that it branched off from, or the file that it was opened from.
        storage: its file, its record in the library, its name.
        history: the figures of each epoch, and where settings changed.
        snapshots: parameters at some epochs of its training.
        stage, progress: the stage of its training, and the progress.
        batches: the largest number of batches in an epoch so far; 0 while that is not known.
        changes: a count that grows with everything the network learns in this window.
        dead_layer: a hidden layer, from 1, with the same output for nearly all examples at the end of the last epoch;
            None if there is none.
        has_died: whether there was such a layer at the end of any epoch of this training.
        edited: figures of a network that was edited after the last epoch, empty until they are measured; else None. The
            history also has them, at the epoch of the edit.
    """

    experiment: Experiment
    network: Network
    id: int = 0
    origin: RunOrigin = field(default_factory=RunOrigin)
    storage: RunStorage = field(default_factory=RunStorage)
    history: History = field(default_factory=History)
    snapshots: Snapshots = field(default_factory=Snapshots)
    stage: Stage = Stage.RESTING
    batches: int = 0
    changes: int = 0
    dead_layer: int | None = None
    has_died: bool = False
    edited: dict[str, float] | None = None

    def __post_init__(self) -> None:
        self.parameters: Array = self.network.parameters.copy()
        self._opened_parameters: Array | None = None if self.origin.opened is None else self.parameters
        # The data set and description that were checked last, and the result. Unused data are not kept.
        self._fit: tuple[Callable[[], Dataset | None], Description | None, str | None] = (lambda: None, None, None)
        self._before_training: tuple[list[Change], BestRestored | None] | None = None  # changes and best
        self.progress = Progress(epochs=self.experiment.training.epochs, before=self.history.completed)
        self.keep_snapshot()

    def keep_snapshot(self, is_end: bool = False) -> None:
        """Keeps the current parameters as a snapshot, if they are far enough from the last ones.

        ``is_end``: whether an epoch has just ended.
        """
        is_early = self.epochs in self.history.early
        self.snapshots.add(self.epochs, self.parameters, self.network.shape, is_end, is_early)

    def copy(self) -> Run:
        """Returns a copy for a file, without snapshots, that does not follow the training."""
        twin = copy(self)
        twin.storage, twin.history, twin.snapshots = copy(self.storage), self.history.copy(), Snapshots()
        return twin

    def go_back_to(self, before: Run) -> None:
        """Restores the training of a copy that was made before, see :meth:`copy`. The storage stays as it is."""
        for name in _TRAINED:
            setattr(self, name, getattr(before, name))
        self.history = before.history.copy()
        self.snapshots.forget_after(self.epochs)

    # ---- epochs

    @property
    def epochs(self) -> float:
        """Epochs that the parameters are trained, over all trainings, with fraction."""
        if self.history.best is not None:
            return float(self.history.best.epoch)
        return self.place_of_edits

    @property
    def end(self) -> float:
        """Epochs after which the next training continues; early stopping may have gone back from there."""
        return int_if_whole(max(self.progress.before + self.progress.epochs_done, self.history.completed))

    @property
    def lacks_estimates(self) -> bool:
        """Whether its first epoch has no estimates although it is long enough, as far as that is known."""
        return not self.history.early and (not self.batches or bool(estimated_steps(self.batches)))

    def epoch_name(self, epochs: float) -> str:
        """Returns the name of an epoch wherever it is shown: "3", "2.998"."""
        return text.epochs(epochs, self.batches)

    def epoch_text(self, epochs: float) -> str:
        """Returns an epoch for a sentence: "epoch 3"."""
        return f"epoch {self.epoch_name(epochs)}"

    # ---- storage and memory

    @property
    def untouched(self) -> bool:
        """Whether the network is untrained and from no file, so that it may be replaced without asking."""
        return self.changes == 0 and self.storage.path is None and self.origin.opened is None

    @property
    def unsaved(self) -> bool:
        """Whether the network has learned something that neither its file nor the library has."""
        return not self.storage.has_all(self.changes)

    @property
    def title(self) -> str:
        """The name of its file as it is shown; without a file, its own name."""
        return self.storage.title

    @property
    def nbytes(self) -> int:
        """Memory of the run in bytes, including what the worker keeps for its training."""
        opened = [] if self._opened_parameters is None else [self._opened_parameters]
        packed = [snapshot.packed.numbers for snapshot in self.snapshots]
        arrays = {id(array): array.nbytes for array in (self.network.parameters, self.parameters, *opened, *packed)}
        training = 0 if self.stage is Stage.RESTING else _bytes_of_training(self.experiment, self.parameters)
        return sum(arrays.values()) + self.history.nbytes + training

    # ---- the network

    def displayed_network(self) -> Network:
        """Returns a network that shares the parameters that were copied last."""
        return self.network.with_parameters(self.parameters)

    def parameters_at_start(self) -> Array:
        """Returns the parameters before any training in this window: as opened, or made from the seed."""
        return self.experiment.build().parameters if self._opened_parameters is None else self._opened_parameters

    def misfit(self, dataset: Dataset | None) -> str | None:
        """Returns why the network does not fit the data, as text; None if it fits, or without data.

        Inputs and outputs must be the same in number and in meaning, as far as the network knows the meaning.
        """
        if dataset is None:
            return None
        is_new = self.untouched and self.stage is Stage.RESTING  # it learned nothing, whatever it was begun with
        about = None if is_new else self.network.description
        if self._fit[0]() is not dataset or self._fit[1] is not about:
            self._fit = ref(dataset), about, misfit_of(self.network, about, dataset)
        return self._fit[2]

    def learned_from_others(self, fields: Experiment, dataset: Dataset | None) -> bool:
        """Whether a new training on the data would mix up its training examples: the network has learned from others.

        These are examples of other data, rows or numbers, or those that ``fields`` divide otherwise into training and
        validation set. What the user draws, paints or leaves out by hand is for the same network to learn. False if it
        is not known what the network has learned from, and for a training in progress, which keeps its examples.
        """
        made = self.experiment
        is_known = self.changes > 0 or self.origin.has_whole_experiment
        is_in_progress = self.stage in (Stage.TRAINING, Stage.PAUSED)
        if dataset is None or not self.end or not is_known or is_in_progress or self.misfit(dataset) is not None:
            return False
        if dataset.validation is None and made.training.validation_share != fields.training.validation_share:
            return True
        if not (made.fingerprint and fields.fingerprint) or made.fingerprint == fields.fingerprint:
            return False
        is_same = made.data == fields.data and without_own(made.data_settings) == without_own(fields.data_settings)
        has_other_own = is_same and made.data_settings != fields.data_settings
        return not has_other_own and fields.data not in PAINTED

    # ---- figures

    def figures(self) -> dict[str, float]:
        """Returns the figures of the network now ("test_error", "train_rmse"): measured, or those of its file."""
        if self.edited is not None:
            return self.edited
        measured = self.history.figures(self.epoch_of_figures)
        opened = self.origin.opened
        if opened is None or opened.epochs != self.epochs_for_file(with_training=True):
            return measured
        of_file = {name: getattr(opened, name) for name in FIGURES}
        known = {name: figure for name, figure in of_file.items() if figure is not None}
        return known | measured if self.changes else measured | known  # its weights may have been rounded since

    @property
    def place_of_edits(self) -> float:
        """The epoch of an edit now: the progress of the training, in epochs."""
        return self.progress.before + self.progress.epochs_done if self.progress.epoch else self.end

    def changed_by_hand(self) -> None:
        """Notes that the network was edited, so that its figures are unknown.

        What early stopping restored counts no more: the network stands at the end of its training.
        """
        self.edited, self.history.best = {}, None
        self.history.measure_again(self.place_of_edits, {})

    def measured_by_hand(self, figures: dict[str, float]) -> None:
        """Sets the figures of an edited network."""
        self.edited = figures
        self.history.measure_again(self.place_of_edits, figures)

    @property
    def figures_before(self) -> float | None:
        """The epoch at which ``figures`` were measured, if the network was trained since; else None."""
        measured = self.epoch_of_figures
        return measured if measured and self.epochs > measured else None

    @property
    def epoch_of_figures(self) -> float:
        """The end of the last epoch, or the epoch whose parameters early stopping restored."""
        return self.history.completed if self.history.best is None else self.history.best.epoch

    def epochs_for_file(self, with_training: bool) -> float:
        """Returns the epochs for a file: with a training that can continue, the end of its last epoch."""
        is_cut_off = self.history.best is None and not self.progress.epoch
        return self.end if is_cut_off else self.epoch_of_figures if with_training else self.epochs

    # ---- training

    def begin(self, experiment: Experiment) -> str:
        """Begins a new training with the settings of an experiment.

        Returns the note next to the curves; empty for an untrained network.
        """
        words = ""
        self._before_training = list(self.history.changes), self.history.best
        before = self.end
        if before:
            restarts = (
                [f"{experiment.training.schedule} schedule from its start"] if self.raises_rate(experiment) else []
            )
            changes = changes_between(self.experiment, experiment)
            words = ", ".join([more_epochs(experiment.training.epochs), *restarts, *changes])
            self.history.note_change(before, words)
        self.experiment = experiment
        self.history.best = None
        self.has_died = False
        self.progress = Progress(epochs=self.experiment.training.epochs, before=before)
        return words

    def raises_rate(self, experiment: Experiment) -> bool:
        """Whether more epochs with that experiment raise the learning rate, because its schedule starts again."""
        past, coming = self.experiment.training, experiment.training
        falls = coming.new_schedule().factor(coming.epochs, coming.epochs) < 1
        if self.stage is not Stage.ENDED or not falls or not self.batches:
            return False
        done = self.progress.epochs_done
        factor = warmed_up(past.new_schedule(), done, past.epochs, past.warmup, self.batches)
        return coming.learning_rate > past.learning_rate * factor

    def set_place(self, trainer: Trainer, epochs_done: int, before: float | None = None) -> None:
        """Adopts the place of a trainer from a checkpoint: paused there, or ended if the trainer is over.

        Args:
            epochs_done: whole epochs that the trainer has done.
            before: epochs that the network was trained before; None if they are those that the history has besides.
        """
        if before is None:
            before = max(0, self.history.completed - epochs_done)
        settings, batches = trainer.settings, trainer.batches_per_epoch
        self.progress = Progress(trainer.epoch, settings.epochs, trainer.batch, batches, before=before)
        self.stage, self.batches = Stage.PAUSED, max(self.batches, batches)
        if trainer.is_over:
            self.stage, restored = Stage.ENDED, trainer.restored
            if self.history.best is None and restored is not None:  # older files do not say so
                self.history.take_event(restored, before)
        self.snapshots.forget_last()  # was kept before it was known at which moment it is
        self.keep_snapshot()

    def adopt(self, wanted: TrainingSettings, dataset: Dataset | None) -> str:
        """Applies the settings that may change during a training; the others wait for the next one.

        Returns in words which did.
        """
        before = self.experiment
        self.experiment = _allowed(before, wanted, dataset)
        self.progress = replace(self.progress, epochs=self.experiment.training.epochs)
        words = ", ".join(changes_between(before, self.experiment))
        if words and self.epochs:
            self.history.note_change(self.epochs, words)
        return words

    def rest(self) -> None:
        """Ends a training that cannot continue. If it took no step, nothing of it remains."""
        if self._before_training is not None and not self.progress.epoch:
            self.history.changes, self.history.best = self._before_training
        self.stage = Stage.RESTING
        self.progress = Progress(epochs=self.experiment.training.epochs, before=self.end)
        self.snapshots.forget_after(self.epochs)
        self.history.forget_early(math.nextafter(self.epochs, math.inf))

    def take_frame(self, frame: NetworkFrame) -> None:
        """Adopts newer parameters, and the place in the training at which they were copied."""
        before, self.batches = (self.progress.epoch, self.progress.batch), max(self.batches, frame.batches)
        seconds = frame.seconds_per_epoch, frame.seconds_measuring
        epochs, trained = self.experiment.training.epochs, self.progress.before
        self.progress = Progress(frame.epoch, epochs, frame.batch, frame.batches, *seconds, before=trained)
        self.parameters = frame.parameters
        if frame.epoch and (frame.epoch, frame.batch) != before:
            self.changes += 1
        self.keep_snapshot(is_end=0 < frame.batch == frame.batches)
        if frame.estimate is not None and self.epochs > self.history.completed:
            self.history.add_estimate(self.epochs, frame.estimate)

    def take_early(self, event: EarlyEstimate) -> None:
        """Adds an estimate of the first epoch, and the snapshot that was taken with it."""
        at = self.progress.before + event.epoch
        self.history.add_early(at, event.estimate)
        self.snapshots.add_early(at, event.packed)

    def take_event(self, event: Epoch | BestRestored) -> None:
        """Adds the figures of an epoch, or notes that the best parameters were restored."""
        self.history.take_event(event, self.progress.before)
        self.edited = None
        if isinstance(event, BestRestored):
            self.changes += 1
            self.snapshots.forget_after(self.progress.before + event.epoch)
        else:
            self.dead_layer = event.dead_layer
            self.has_died = self.has_died or event.dead_layer is not None
            self.changes = max(self.changes, min(event.epoch, 1))


def misfit_of(network: Network, about: Description | None, dataset: Dataset) -> str | None:
    """Returns why a network with that description does not fit the data, as text; None if it fits."""
    try:
        check_fits(network, dataset.width, dataset.outputs, dataset.title)
        if about is not None and dataset.description is not None:
            about.check_means_same(dataset.description)
    except EngineError as error:
        return text.regrouped(str(error))
    return None


def new_run(experiment: Experiment) -> Run:
    return Run(experiment, experiment.build())


def _bytes_of_training(experiment: Experiment, parameters: Array) -> int:
    """Returns the bytes of a trainer: gradient, last finite copy, averages, best parameters, a batch."""
    training = experiment.training
    vectors = 2 + len(OPTIMIZERS[training.optimizer].keeps) + (training.patience > 0)
    return vectors * parameters.nbytes + 3 * training.batch_size * sum(experiment.shape) * parameters.itemsize


def _allowed(now: Experiment, wanted: TrainingSettings, dataset: Dataset | None) -> Experiment:
    """Returns ``now`` with the wanted settings, as far as they may change during its training.

    Their values are checked for the network and the validation set of the fields, which may be others than those of
    the run.
    """
    has_validation = now.training.validation_share > 0 or dataset is None or dataset.validation is not None
    kept = {
        name: getattr(now.training, name)
        for name, setting in TRAINING_SETTINGS.items()
        if setting.is_fixed
        or (
            setting.fits_run is not None
            and not setting.fits_run(getattr(wanted, name), len(now.activations), has_validation)
        )
    }
    return now.changed(training=replace(wanted, **kept))
