"""A run: one network, what it was made from, how far its training is, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.datasets import Dataset
from engine.errors import EngineError
from engine.events import BestRestored, Epoch
from engine.experiment import Experiment
from engine.history import History
from engine.network import Network, check_fits
from engine.provenance import Provenance
from engine.settings import TrainingSettings
from engine.training import FIXED_WHILE_TRAINING, Trainer
from engine.validation import Array
from nnviz.jobs.worker import Frame
from nnviz.session.snapshots import Snapshots
from nnviz.session.status import Progress, Stage

# What a trainer takes besides the parameters, in as many times their bytes: gradient, averages, copies to go back to.
_COPIES_OF_A_TRAINER = 5
_ERRORS = ("train_error", "test_error", "validation_error")
_GUESSED = "experiment_guessed"  # in a file: what the network was made with is only known as far as it shows


@dataclass(eq=False)
class Run:
    """What is known of one network; its id is its name among all runs of a session.

    Attributes:
        id: a number from 1, given by the list of runs.
        experiment: what it was made from, with the settings that it is trained with now.
        network: the one that is trained; nobody but the worker looks into it while it is.
        parameters: the last copy of its parameters that the worker handed out; nobody writes to it.
        parent: the run it left, and ``left_at`` the epoch at which it did; None where it has none.
        history: figures by epoch, and where settings changed.
        snapshots: parameters on its way so far.
        stage, progress: where its training is.
        start_epoch: whole epochs that the network had behind it when this training began.
        path: the file it was saved to or opened from; ``name``: what it is called while it has no file.
        opened: what its file said of its past; None for one made from its seed.
        changes: grows with everything it learns here; ``saved_changes``: the same when it was last saved.
        dead_layer: a layer, from 1, whose neurons were all dead at the last epoch's end; None where there was none.
    """

    experiment: Experiment
    network: Network
    id: int = 0
    parent: int | None = None
    left_at: float | None = None
    history: History = field(default_factory=History)
    snapshots: Snapshots = field(default_factory=Snapshots)
    stage: Stage = Stage.RESTING
    progress: Progress = field(default_factory=Progress)
    start_epoch: int = 0
    path: Path | None = None
    name: str = "untitled"
    opened: Provenance | None = None
    changes: int = 0
    saved_changes: int = 0
    dead_layer: int | None = None

    def __post_init__(self) -> None:
        self.parameters: Array = self.network.parameters.copy()
        self._first: Array | None = None if self.opened is None else self.parameters
        self.start_epoch = self.history.completed
        self.progress = Progress(epochs=self.experiment.training.epochs)
        self.snapshots.add(self.epochs, self.parameters)

    # ---- what follows from it

    @property
    def epochs(self) -> float:
        """How long the network was trained, over all its trainings, as a fraction."""
        return self.start_epoch + self.progress.epochs_done if self.progress.epoch else float(self.history.completed)

    @property
    def epoch(self) -> int:
        """The epoch under way, over all trainings of this network."""
        return self.start_epoch + self.progress.epoch

    @property
    def last_epoch(self) -> int:
        """The epoch this training ends with, over all trainings of this network."""
        return self.start_epoch + self.progress.epochs

    @property
    def share_done(self) -> float:
        """0…1 of all epochs up to the last one that are behind this network."""
        return min((self.start_epoch + self.progress.epochs_done) / self.last_epoch, 1.0) if self.last_epoch else 0.0

    @property
    def untouched(self) -> bool:
        """Whether it is nothing but its seed: it can be made again, so it may be replaced without asking."""
        return self.changes == 0 and self.path is None and self.opened is None

    @property
    def guess(self) -> Experiment | None:
        """The experiment where it is only as far known as the network tells, since its file did not say the rest."""
        told = self.opened
        is_guess = told is not None and (told.experiment is None or told.other.get(_GUESSED) is True)
        return self.experiment if is_guess else None

    @property
    def unsaved(self) -> bool:
        """Whether training would be lost with it."""
        return self.changes != self.saved_changes

    @property
    def title(self) -> str:
        """The file's name, or its own where there is none."""
        return self.path.name if self.path else self.name

    @property
    def nbytes(self) -> int:
        """About what it takes of the memory."""
        copies = 2 + (_COPIES_OF_A_TRAINER if self.stage is not Stage.RESTING else 0)
        return copies * self.parameters.nbytes + self.snapshots.nbytes

    def displayed_network(self) -> Network:
        """The network as it was when its parameters were last copied."""
        return self.network.with_parameters(self.parameters)

    def parameters_at_start(self) -> Array:
        """Before any training in this window: as it was opened, or made again from its seed."""
        return self.experiment.build().parameters if self._first is None else self._first

    def figures(self) -> dict[str, float]:
        """Losses and errors of the network as it is: those that were measured, or that its file tells."""
        measured = self.history.figures(self._epoch_of_parameters)
        told = self.opened
        if told is None or told.epochs != self._epoch_of_parameters:
            return measured
        of_file = {name: getattr(told, name) for name in _ERRORS}
        return {name: error for name, error in of_file.items() if error is not None} | measured

    @property
    def _epoch_of_parameters(self) -> int:
        """The last epoch, or that whose parameters early stopping put back."""
        return self.history.completed if self.history.best is None else self.history.best.epoch

    def misfit(self, dataset: Dataset | None) -> str | None:
        """Why the network cannot work with the data, in words; None where it can, or there is none."""
        if dataset is None:
            return None
        try:
            check_fits(self.network, dataset.width, dataset.outputs, dataset.title)
        except EngineError as error:
            return str(error)
        return None

    # ---- what it lives through

    def begin(self, experiment: Experiment) -> None:
        """A new training from here on, with those settings."""
        if self.history.completed:
            told = [more_epochs(experiment.training.epochs), *_to_mark(self.experiment, experiment)]
            self.history.note_change(self.history.completed, ", ".join(told))
        self.experiment = experiment
        self.start_epoch = self.history.completed
        self.history.best = None
        self.progress = Progress(epochs=self.experiment.training.epochs)

    def stand_at(self, trainer: Trainer, epochs_done: int) -> None:
        """Paused where that trainer is, which has so many whole epochs behind it."""
        self.start_epoch = max(0, self.history.completed - epochs_done)
        self.progress = Progress(trainer.epoch, trainer.settings.epochs, trainer.batch, trainer.batches_per_epoch)
        self.stage = Stage.PAUSED
        self.snapshots.clear()
        self.snapshots.add(self.epochs, self.parameters)

    def adopt(self, wanted: TrainingSettings, dataset: Dataset | None) -> None:
        """Goes on with what of these settings may change in its middle; the rest waits for the next training."""
        before, training = self.experiment, _allowed(self.experiment, wanted, dataset)
        self.experiment = before.changed(training=training)
        self.progress = replace(self.progress, epochs=training.epochs)
        told = _to_mark(before, self.experiment)
        if told and self.epochs:
            self.history.note_change(self.epochs, ", ".join(told))

    def rest(self) -> None:
        """Its training does not go on; the next one is another."""
        epochs = self.epochs
        self.stage = Stage.RESTING
        self.progress = Progress(epochs=self.experiment.training.epochs)
        self.start_epoch = self.history.completed
        self.snapshots.forget_after(epochs)

    def take_frame(self, frame: Frame) -> None:
        """Newer parameters, and where in the training they were copied."""
        before = (self.progress.epoch, self.progress.batch)
        seconds = frame.seconds_per_epoch, frame.seconds_measuring
        self.progress = Progress(frame.epoch, self.experiment.training.epochs, frame.batch, frame.batches, *seconds)
        self.parameters = frame.parameters
        if frame.epoch and (frame.epoch, frame.batch) != before:
            self.changes += 1
        self.snapshots.add(self.epochs, frame.parameters)
        if frame.estimate is not None and self.epochs > self.history.completed:
            self.history.add_estimate(self.epochs, frame.estimate)

    def take_event(self, event: Epoch | BestRestored) -> None:
        """An epoch's figures, or that the best parameters were put back."""
        self.history.take(event, self.start_epoch)
        if isinstance(event, BestRestored):
            self.changes += 1
            self.snapshots.forget_after(self.start_epoch + event.epoch)
        else:
            self.dead_layer = event.dead_layer
            self.changes = max(self.changes, min(event.epoch, 1))

    def provenance(self, data_title: str) -> Provenance:
        """What a file of it will say of its past."""
        told = self.opened or Provenance()
        other = {**told.other, _GUESSED: True} if self.guess else told.other
        if not self.changes:
            experiment = told.experiment or self.experiment
            return replace(told, experiment=experiment, seed=self.experiment.seed, other=other)
        figures = self.figures()
        return Provenance(
            data=data_title,
            epochs=self._epoch_of_parameters,
            seed=self.experiment.seed,
            experiment=self.experiment,
            history=self.history,
            other=other,
            train_error=figures.get("train_error"),
            test_error=figures.get("test_error"),
            validation_error=figures.get("validation_error"),
        )


def new_run(experiment: Experiment) -> Run:
    """A new network, not trained."""
    return Run(experiment, experiment.build())


def opened_run(network: Network, like: Experiment, epochs_done: int = 0) -> Run:
    """A network from a file, whose past goes on where the file says it ended.

    ``like`` gives the settings that the file does not know; ``epochs_done``: of the training that was saved with it,
    which counts where nothing else is said.
    """
    told = Provenance.read(network, epochs_done)
    experiment = told.experiment_of(network, like).changed(evaluate=True)  # a window shows the errors
    return Run(experiment, network, history=told.history or History(), opened=told)


def _allowed(now: Experiment, wanted: TrainingSettings, dataset: Dataset | None) -> TrainingSettings:
    of_run = now.training
    fixed = replace(wanted, **{name: getattr(of_run, name) for name in FIXED_WHILE_TRAINING})
    # Patience may have been chosen together with a validation set, dropout together with other layers.
    for attempt in (fixed, replace(fixed, patience=of_run.patience, dropout=of_run.dropout)):
        try:
            if dataset is not None:
                now.changed(training=attempt).check_against(dataset)
        except EngineError:
            continue
        return attempt
    return of_run


def _to_mark(before: Experiment, after: Experiment) -> list[str]:
    """What is told of a change in the chart, whose axis tells the epochs."""
    return [change for change in changes_between(before, after) if not change.startswith("epochs ")]


def changes_between(before: Experiment, after: Experiment) -> list[str]:
    """What is another in ``after``, each in a few words: "learning rate 0.05", "seed 2"."""
    difference = {name: here for name, (here, _) in after.difference(before).items()}
    untold = {"fingerprint", *(["activations"] if len(before.shape) != len(after.shape) else [])}
    return [f"{spoken(name)} {written(value)}".lstrip() for name, value in difference.items() if name not in untold]


def more_epochs(epochs: int) -> str:
    """What a training behind the end of another adds."""
    return f"{epochs} more epoch{'' if epochs == 1 else 's'}"


def spoken(name: str) -> str:
    """A setting's name within a sentence."""
    return {"initializer": "first weights", "shape": ""}.get(name, name.replace("_", " "))


def written(value: object) -> str:
    """A setting's value within a sentence."""
    if isinstance(value, (tuple, list)):
        separator = "-" if all(isinstance(part, int) for part in value) else ", "
        return separator.join(written(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
