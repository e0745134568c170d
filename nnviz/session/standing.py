"""What stands in the window: the network with its past, how far its run is, and what follows from that. For reading."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtCore import pyqtSignal

from engine.datasets import Dataset
from engine.errors import EngineError
from engine.network import Network, check_fits
from engine.training import Trainer
from nnviz.session.choices import Choices
from nnviz.session.configuration import Configuration
from nnviz.session.run import Past, Run, new_run
from nnviz.session.state import Progress, State


@dataclass(frozen=True)
class Left:
    """A run that another took the place of in its middle."""

    run: Run
    trainer: Trainer
    data: Dataset
    start_epoch: int


def progress_of(trainer: Trainer) -> Progress:
    """How far a run is that stands between two batches."""
    return Progress(trainer.epoch, trainer.settings.epochs, trainer.batch, trainer.batches_per_epoch)


class Standing(Choices):
    """The part of the session that panels look at.

    Attributes:
        run: the network that is trained, with its past.
        past: the trained networks that it took the place of.
        shown: a copy of it that nobody writes to, which is what views draw.
        progress: how far the run is.
    """

    state_changed = pyqtSignal()
    data_changed = pyqtSignal()
    run_changed = pyqtSignal()  # another network
    past_changed = pyqtSignal()  # earlier runs were forgotten, or came back
    snapshot = pyqtSignal()  # newer parameters, progress and curves of the same network
    epoch_ended = pyqtSignal(object)  # engine.events.Epoch
    best_restored = pyqtSignal(object)  # engine.events.BestRestored
    prediction_changed = pyqtSignal()
    file_changed = pyqtSignal()  # path or unsaved mark

    def __init__(self, configuration: Configuration | None = None) -> None:
        super().__init__(configuration)
        self.state = State.LOADING
        self.run: Run = new_run(self.configuration)
        self.past = Past()
        self.shown: Network = self.run.network.copy()
        self.progress = Progress(epochs=self.configuration.training.epochs)
        self._start_epoch = 0  # epochs that the network had behind it when this run began

    @property
    def waits_for_next_run(self) -> bool:
        """Whether the fields describe another network than the one in the window."""
        return not self.configuration.same_network(self.run.configuration)

    @property
    def misfit(self) -> str | None:
        """Why the network cannot work with the data, or None."""
        if self.dataset is None:
            return None
        try:
            check_fits(self.run.network, self.dataset.width, self.dataset.outputs, self.dataset.title)
        except EngineError as error:
            return str(error)
        return None

    @property
    def can_train(self) -> bool:
        """Whether training may begin or go on now."""
        has_data = self.dataset is not None or self.state is State.LOADING
        fits = self.misfit is None or self.waits_for_next_run
        return self.state is not State.TRAINING and has_data and fits and not self.problems

    @property
    def epoch_number(self) -> int:
        """The epoch under way, over all runs of this network."""
        return self._start_epoch + self.progress.epoch

    @property
    def last_epoch(self) -> int:
        """The epoch this run ends with, over all runs of this network."""
        return self._start_epoch + self.progress.epochs

    @property
    def share_done(self) -> float:
        """0…1 of all epochs up to the last one that are behind this network."""
        return min((self._start_epoch + self.progress.epochs_done) / self.last_epoch, 1.0) if self.last_epoch else 0.0
