"""What a checkpoint needs of a training: taken in the worker's thread between two steps, written in another."""

from __future__ import annotations

import logging
from concurrent.futures import CancelledError, Future
from pathlib import Path

from engine.basics.validation import Array
from engine.training.events import TrainingState
from engine.training.trainer import Trainer

_LOG = logging.getLogger("nnviz")

Found = tuple[Array, TrainingState] | None


def parameters_and_state(trainer: Trainer | None) -> Found:
    """Copies of the parameters and of the state of their training. Called in the worker's thread."""
    return None if trainer is None else (trainer.network.parameters.copy(), trainer.state())


def found_at(look: Future[Found], path: Path) -> Found:
    """What the look found; None if closing did not wait for the step that it was to come after."""
    try:
        return look.result()
    except CancelledError:
        _LOG.warning(
            "%s holds the network as it was last shown, without the state of its training: nnviz was closed in the "
            "middle of a long step",
            path,
        )
        return None
