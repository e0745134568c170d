"""What is read from a network's file, behind the window."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from engine.datasets import Dataset
from engine.errors import EngineError
from engine.network import Network
from engine.settings import TrainingSettings
from engine.storage import load_checkpoint, load_network
from engine.training import Trainer

CHECKPOINT = ".npz"


@dataclass(frozen=True)
class Opened:
    """What was found in a file.

    Attributes:
        network: read whole and checked.
        settings: those of the training that was saved with it, if there was one.
        trainer: goes on where that was saved; None where it cannot, or where it was at its end.
        epochs_done: whole epochs that the trainer has behind it.
        why_not: what is in the way of going on.
    """

    network: Network
    settings: TrainingSettings | None = None
    trainer: Trainer | None = None
    epochs_done: int = 0
    why_not: str = ""


def read_network(path: Path, dataset: Dataset | None) -> Opened:
    """A network, and a training to go on with on that data. Raises FileFormatError or OSError."""
    if not zipfile.is_zipfile(path):
        return Opened(load_network(path))
    network, state = load_checkpoint(path)
    if state is None:
        return Opened(network)
    settings: TrainingSettings | None = None
    try:
        settings = _measuring(TrainingSettings.from_dict(state.settings))
        if dataset is None:
            return Opened(network, settings, why_not="the data is not there yet.")
        trainer = Trainer.resume(network, dataset, state)
        trainer.change(_measuring(trainer.settings))
    except EngineError as error:
        return Opened(network, settings, why_not=str(error))
    done = trainer.epoch if state.progress["measured"] else max(trainer.epoch - 1, 0)
    return Opened(network, settings, trainer if done < trainer.settings.epochs else None, done)


def _measuring(settings: TrainingSettings) -> TrainingSettings:
    """The same with errors measured after each epoch, as the window always does."""
    return replace(settings, evaluate=True)
