"""Reading of network files, with the training saved in them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.basics.errors import EngineError
from engine.datasets import Dataset
from engine.network.network import Network
from engine.provenance import Provenance
from engine.storage import is_checkpoint, load_checkpoint, load_network
from engine.training.events import TrainingState
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer

CHECKPOINT = ".npz"


@dataclass(frozen=True)
class LoadedNetwork:
    """Content of a network file.

    Attributes:
        network: complete and checked.
        settings: those of the training that was saved with it; None if there is none.
        trainer: continues that training, or is over if that was complete; None if it cannot be made.
        epochs_done: whole epochs that the training has done.
        epochs_begun: the same, with the epoch in progress.
        before: epochs that the network had before that training; None if that is not known.
        reason_unavailable: why the training cannot be continued; empty if it can.
        provenance: that of the network; its history may be long.
        state: of the training, which may be continued with other data than those that are there; else None.
    """

    network: Network
    settings: TrainingSettings | None = None
    trainer: Trainer | None = None
    epochs_done: int = 0
    epochs_begun: int = 0
    before: float | None = None
    reason_unavailable: str = ""
    provenance: Provenance = field(default_factory=Provenance)
    state: TrainingState | None = None


def read_network(path: Path, dataset: Dataset | None) -> LoadedNetwork:
    """Reads a network, and its training if that can be continued with this data. Raises FileFormatError or OSError."""
    found = _read(path, dataset)
    provenance = Provenance.read(found.network, found.epochs_done, found.epochs_begun)
    return replace(found, provenance=provenance, before=provenance.before)


def _read(path: Path, dataset: Dataset | None) -> LoadedNetwork:
    if not is_checkpoint(path):
        return LoadedNetwork(load_network(path))
    network, state = load_checkpoint(path)
    if state is None:
        return LoadedNetwork(network)
    done, begun = state.whole_epochs, state.epochs_begun
    return resumed(LoadedNetwork(network, state=state, epochs_done=done, epochs_begun=begun), dataset)


def resumed(found: LoadedNetwork, dataset: Dataset | None) -> LoadedNetwork:
    """Adds the trainer to the content of a file, if its training can be continued with these data."""
    network, state = found.network, found.state
    if state is None:
        return found
    settings = found.settings
    try:
        settings = replace(TrainingSettings.from_dict(state.settings), evaluate=True)  # the window shows the errors
        if dataset is None:
            return replace(found, settings=settings, reason_unavailable="the data are not loaded yet.")
        trainer = Trainer.resume(network, dataset, state)
        trainer.change(settings)
    except EngineError as error:
        return replace(
            found, settings=settings, reason_unavailable=str(error), state=None if settings is None else state
        )
    done = state.whole_epochs
    return replace(found, settings=settings, trainer=trainer, epochs_done=done, reason_unavailable="", state=None)
