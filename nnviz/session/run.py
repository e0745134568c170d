"""A run: one network, the experiment it was made from, its training and its history."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from weakref import ref

from engine.basics.errors import EngineError
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.description import Description
from engine.experiment import Experiment
from engine.network.network import Network, check_fits
from engine.provenance import FIGURES, Provenance
from engine.training.events import BestRestored, Epoch
from engine.training.history import Change, History, int_if_whole
from engine.training.optimizers import OPTIMIZERS
from engine.training.settings import TrainingSettings
from engine.training.trainer import FIXED_WHILE_TRAINING, Trainer
from nnviz.formatting import text
from nnviz.formatting.setting_words import changes_between, more_epochs
from nnviz.jobs.reports import Frame
from nnviz.session.snapshots import Snapshots
from nnviz.session.status import Progress, Stage

# What training changes in a run, besides its history and snapshots.
_TRAINED = (
    "experiment",
    "stage",
    "progress",
    "start_epoch",
    "parameters",
    "changes",
    "edited",
    "dead_layer",
    "has_died",
    "_before_training",
)
_GUESSED = "experiment_guessed"  # in a file: what the network was made with is only known as far as it shows


@dataclass(eq=False)
class Run:
    """One network and what is known of it. The id tells the runs of a session apart.

    Attributes:
        id: a number from 1, given by the list of runs.
        experiment: data, network and training settings; the settings are those in use now.
        network: the network that is trained; only the worker uses its parameters meanwhile.
        parameters: the last copy of its parameters that the worker made; nobody writes to it.
        parent: id of the run that it branched off from; None for none.
        left_at: the epoch of the parent at which it branched off; None for none.
        record: its number in the library; None while it is not recorded.
        record_updated: when its record was written, if it was read from the library; else None.
        is_kept: whether the library has all that it has learned.
        parent_record: that of the run that it branched off from.
        batches: of an epoch, the most that it was trained with; 0 while that is not known.
        history: the figures of each epoch, and where settings changed.
        snapshots: parameters at some moments of its training.
        stage, progress: the state of its training.
        start_epoch: epochs that the network was trained before this training began; with a fraction where an earlier
            training was broken off within an epoch.
        path: the file that it was saved to or opened from; None for none.
        name: what it is called while it has no file.
        is_named: whether that is a name that was given to it, and not one that says its settings.
        opened: the provenance that its file holds; None for a run that was not opened from a file.
        changes: a count that grows with everything it learns in this window.
        saved_changes: the count when it was last saved; -1 where its file holds another moment of it.
        dead_layer: a layer, from 1, whose neurons were all dead at the end of the last epoch; None for none.
        has_died: whether it was so at the end of any epoch of this training.
        edited: figures of a network that was edited after the last epoch, empty until they are measured; else None. The
            history has them, too, at the place where the network was edited.
    """

    experiment: Experiment
    network: Network
    id: int = 0
    parent: int | None = None
    left_at: float | None = None
    record: int | None = None
    record_updated: float | None = None
    is_kept: bool = False
    parent_record: int | None = None
    batches: int = 0
    history: History = field(default_factory=History)
    snapshots: Snapshots = field(default_factory=Snapshots)
    stage: Stage = Stage.RESTING
    path: Path | None = None
    name: str = "untitled"
    is_named: bool = True
    opened: Provenance | None = None
    changes: int = 0
    saved_changes: int = 0
    dead_layer: int | None = None
    has_died: bool = False
    edited: dict[str, float] | None = None

    def __post_init__(self) -> None:
        self.parameters: Array = self.network.parameters.copy()
        self._opened_parameters: Array | None = None if self.opened is None else self.parameters
        # What the last misfit was about, and what it was; data that nobody uses any more are not kept.
        self._fit: tuple[Callable[[], Dataset | None], Description | None, str | None] = (lambda: None, None, None)
        self._before_training: tuple[list[Change], BestRestored | None] | None = None  # changes and best
        self.start_epoch = self.history.completed
        self.progress = Progress(epochs=self.experiment.training.epochs)
        self.keep_snapshot()

    def keep_snapshot(self, is_end: bool = False) -> None:
        """Keeps the parameters of now among the snapshots, if they are far enough from the last ones.

        ``is_end``: whether an epoch has just ended.
        """
        self.snapshots.add(self.epochs, self.parameters, self.network.shape, is_end)

    def copy(self) -> Run:
        """A copy that does not follow the training, for a file; without snapshots."""
        twin = copy(self)
        twin.history, twin.snapshots = self.history.copy(), Snapshots()
        return twin

    def go_back_to(self, before: Run) -> None:
        """Is again as in a copy of it from before, see :meth:`copy`. What has its file, its name and its room stays."""
        for name in _TRAINED:
            setattr(self, name, getattr(before, name))
        self.history = before.history.copy()
        self.snapshots.forget_after(self.epochs)

    # ---- figures

    @property
    def epochs(self) -> float:
        """Epochs that its parameters were trained, over all its trainings, with fraction."""
        if self.history.best is not None:
            return float(self.history.best.epoch)
        return self.place_of_edits

    @property
    def end(self) -> float:
        """Epochs after which its next training continues; early stopping may have gone back from there."""
        return int_if_whole(max(self.start_epoch + self.progress.epochs_done, self.history.completed))

    @property
    def epoch(self) -> float:
        """The end of the current epoch, counted over all trainings of this network."""
        return self.start_epoch + self.progress.epoch

    @property
    def last_epoch(self) -> float:
        """The epoch at which this training ends, counted over all trainings of this network."""
        return self.start_epoch + self.progress.epochs

    def epoch_name(self, epochs: float) -> str:
        """How a moment of it is called wherever it is named: "3", "2.998"."""
        return text.epochs(epochs, self.batches)

    def moment(self, epochs: float) -> str:
        """The same in a sentence: "epoch 3"."""
        return f"epoch {self.epoch_name(epochs)}"

    @property
    def share_done(self) -> float:
        """The share 0…1 of all epochs up to ``last_epoch`` that are done."""
        return min((self.start_epoch + self.progress.epochs_done) / self.last_epoch, 1.0) if self.last_epoch else 0.0

    @property
    def untouched(self) -> bool:
        """Whether it is untrained and not from a file: it can be made again, so it may be replaced without asking."""
        return self.changes == 0 and self.path is None and self.opened is None

    @property
    def guess(self) -> Experiment | None:
        """The experiment where it is only as far known as the network tells, since its file did not say the rest."""
        told = self.opened
        is_guess = told is not None and (told.experiment is None or told.other.get(_GUESSED) is True)
        return self.experiment if is_guess else None

    @property
    def unsaved(self) -> bool:
        """Whether it has learned since it was last saved, and nobody keeps that."""
        return self.changes != self.saved_changes and not self.is_kept

    @property
    def title(self) -> str:
        """The name of its file as it is shown, or its own name while it has none."""
        return text.name(self.path.name if self.path else self.name)

    @property
    def nbytes(self) -> int:
        """The memory that it takes, in bytes, with what the worker keeps for its training."""
        opened = [] if self._opened_parameters is None else [self._opened_parameters]
        moments = [snapshot.packed.numbers for snapshot in self.snapshots]
        arrays = {id(array): array.nbytes for array in (self.network.parameters, self.parameters, *opened, *moments)}
        training = 0 if self.stage is Stage.RESTING else _bytes_of_training(self.experiment, self.parameters)
        return sum(arrays.values()) + self.history.nbytes + training

    def displayed_network(self) -> Network:
        """A network with the parameters that were copied last; it shares them."""
        return self.network.with_parameters(self.parameters)

    def parameters_at_start(self) -> Array:
        """The parameters before any training in this window: as opened, or made again from the seed."""
        return self.experiment.build().parameters if self._opened_parameters is None else self._opened_parameters

    def figures(self) -> dict[str, float]:
        """The figures of the network as it is ("test_error", "train_rmse"): the measured ones, or those of its file."""
        if self.edited is not None:
            return self.edited
        measured = self.history.figures(self.epoch_of_figures)
        opened = self.opened
        if opened is None or opened.epochs != self._epochs_for_file(with_training=True):
            return measured
        of_file = {name: getattr(opened, name) for name in FIGURES}
        known = {name: figure for name, figure in of_file.items() if figure is not None}
        return known | measured if self.changes else measured | known  # its weights may have been rounded since

    @property
    def place_of_edits(self) -> float:
        """The epoch at which a network that is changed by hand stands: where its training has come to."""
        return self.start_epoch + self.progress.epochs_done if self.progress.epoch else self.end

    def changed_by_hand(self) -> None:
        """Notes that the network is no longer the one that was measured last: figures of it are not known yet.

        What early stopping restored counts no more: the network stands at the end of its training.
        """
        self.edited, self.history.best = {}, None
        self.history.measure_again(self.place_of_edits, {})

    def measured_by_hand(self, figures: dict[str, float]) -> None:
        """Takes the figures of the network as it was changed by hand."""
        self.edited = figures
        self.history.measure_again(self.place_of_edits, figures)

    @property
    def figures_before(self) -> float | None:
        """The epoch after which ``figures`` were measured, if the network was trained on since; else None."""
        measured = self.epoch_of_figures
        return measured if measured and self.epochs > measured else None

    @property
    def epoch_of_figures(self) -> float:
        """The end of the last epoch, or of the one whose parameters early stopping restored."""
        return self.history.completed if self.history.best is None else self.history.best.epoch

    def _epochs_for_file(self, with_training: bool) -> float:
        """As :attr:`epochs`, but with a training that can continue those at the end of its last epoch."""
        is_cut_off = self.history.best is None and not self.progress.epoch
        return self.end if is_cut_off else self.epoch_of_figures if with_training else self.epochs

    def misfit(self, dataset: Dataset | None) -> str | None:
        """Why the network does not fit the data, as a text; None if it fits, or without data.

        It must have their inputs and outputs, by number and by what they mean, as far as it knows that.
        """
        if dataset is None:
            return None
        is_new = self.untouched and self.stage is Stage.RESTING  # it learned nothing, whatever it was begun with
        about = None if is_new else self.network.description
        if self._fit[0]() is not dataset or self._fit[1] is not about:
            self._fit = ref(dataset), about, misfit_of(self.network, about, dataset)
        return self._fit[2]

    # ---- training

    def begin(self, experiment: Experiment) -> str:
        """Begins a new training of the network with the settings of that experiment.

        Returns what is noted of that beside the curves; empty for an untrained network.
        """
        words = ""
        self._before_training = list(self.history.changes), self.history.best
        self.start_epoch = self.end
        if self.start_epoch:
            words = ", ".join([more_epochs(experiment.training.epochs), *changes_between(self.experiment, experiment)])
            self.history.note_change(self.start_epoch, words)
        self.experiment = experiment
        self.history.best = None
        self.has_died = False
        self.progress = Progress(epochs=self.experiment.training.epochs)
        return words

    def stand_at(self, trainer: Trainer, epochs_done: int, before: float | None = None) -> None:
        """Takes the place of a trainer from a checkpoint: it is paused there, or has ended if the trainer is over.

        Args:
            epochs_done: whole epochs that the trainer has done.
            before: epochs that the network was trained before; None if they are those that the history has besides.
        """
        self.start_epoch = max(0, self.history.completed - epochs_done) if before is None else before
        self.progress = Progress(trainer.epoch, trainer.settings.epochs, trainer.batch, trainer.batches_per_epoch)
        self.stage, self.batches = Stage.PAUSED, max(self.batches, trainer.batches_per_epoch)
        if trainer.is_over:
            self.stage, restored = Stage.ENDED, trainer.restored
            if self.history.best is None and restored is not None:  # older files do not say so
                self.history.take(restored, self.start_epoch)
        self.snapshots.forget_last()  # was kept before it was known at which moment it is
        self.keep_snapshot()

    def adopt(self, wanted: TrainingSettings, dataset: Dataset | None) -> str:
        """Applies the settings that may change in the middle of a training; the others wait for the next one.

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
        """Ends its training, which cannot continue; a new one can begin. If it took no step, nothing is left of it."""
        if self._before_training is not None and not self.progress.epoch:
            self.history.changes, self.history.best = self._before_training
        self.stage = Stage.RESTING
        self.start_epoch = self.end
        self.progress = Progress(epochs=self.experiment.training.epochs)
        self.snapshots.forget_after(self.epochs)

    def take_frame(self, frame: Frame) -> None:
        """Takes newer parameters, and the place in the training at which they were copied."""
        before, self.batches = (self.progress.epoch, self.progress.batch), max(self.batches, frame.batches)
        seconds = frame.seconds_per_epoch, frame.seconds_measuring
        self.progress = Progress(frame.epoch, self.experiment.training.epochs, frame.batch, frame.batches, *seconds)
        self.parameters = frame.parameters
        if frame.epoch and (frame.epoch, frame.batch) != before:
            self.changes += 1
        self.keep_snapshot(is_end=0 < frame.batch == frame.batches)
        if frame.estimate is not None and self.epochs > self.history.completed:
            self.history.add_estimate(self.epochs, frame.estimate)

    def take_event(self, event: Epoch | BestRestored) -> None:
        """Takes the figures of an epoch, or notes that the best parameters were restored."""
        self.history.take(event, self.start_epoch)
        self.edited = None
        if isinstance(event, BestRestored):
            self.changes += 1
            self.snapshots.forget_after(self.start_epoch + event.epoch)
        else:
            self.dead_layer = event.dead_layer
            self.has_died = self.has_died or event.dead_layer is not None
            self.changes = max(self.changes, min(event.epoch, 1))

    def provenance(self, data_title: str, with_training: bool = False) -> Provenance:
        """The provenance that a file of this network will hold.

        ``with_training``: whether the file holds the state of its training, too. Without it the figures are those of
        the weights, which are unknown within an epoch.
        """
        told = self.opened or Provenance()
        other = {**told.other, _GUESSED: True} if self.guess else told.other
        epochs = self._epochs_for_file(with_training)
        before = self.start_epoch if with_training and self.stage is not Stage.RESTING else None
        if not self.changes and (not with_training or epochs == told.epochs):
            experiment = told.experiment or self.experiment
            history = self.history if told.history else None
            return replace(
                told, experiment=experiment, seed=self.experiment.seed, history=history, other=other, before=before
            )
        known = self.figures() if with_training or self.figures_before is None else {}
        figures: dict[str, Any] = {name: known.get(name) for name in FIGURES}
        return Provenance(
            data=data_title,
            epochs=epochs,
            seed=self.experiment.seed,
            experiment=self.experiment,
            history=self.history,
            other=other,
            before=before,
            **figures,
        )


def misfit_of(network: Network, about: Description | None, dataset: Dataset) -> str | None:
    """Why a network of that description, None for an unknown one, does not fit the data; None if it does."""
    try:
        check_fits(network, dataset.width, dataset.outputs, dataset.title)
        if about is not None and dataset.description is not None:
            about.check_means_same(dataset.description)
    except EngineError as error:
        return str(error)
    return None


def new_run(experiment: Experiment) -> Run:
    return Run(experiment, experiment.build())


def _bytes_of_training(experiment: Experiment, parameters: Array) -> int:
    """Of a trainer: the gradient, the last finite copy, the optimizer's averages, the best parameters, a batch."""
    training = experiment.training
    vectors = 2 + len(OPTIMIZERS[training.optimizer].keeps) + (training.patience > 0)
    return vectors * parameters.nbytes + 3 * training.batch_size * sum(experiment.shape) * parameters.itemsize


def _allowed(now: Experiment, wanted: TrainingSettings, dataset: Dataset | None) -> Experiment:
    """Returns ``now`` with the wanted settings, as far as they may change in the middle of its training."""
    # A patience may need another validation set, a dropout other layers: then they stay as they are too.
    for fixed in (FIXED_WHILE_TRAINING, (*FIXED_WHILE_TRAINING, "patience", "dropout")):
        with suppress(EngineError):
            kept = {name: getattr(now.training, name) for name in fixed}
            changed = now.changed(training=replace(wanted, **kept))
            if dataset is not None:
                changed.check_against(dataset)
            return changed
    return now
