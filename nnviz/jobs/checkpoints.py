"""Parameters and training state for a checkpoint, copied in the worker's thread between two steps."""

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
    """Returns copies of the parameters and of the training state. Called in the worker's thread."""
    return None if trainer is None else (trainer.network.parameters.copy(), trainer.state())


def found_at(look: Future[Found], path: Path) -> Found:
    """Returns the result of a look; None if it was cancelled because the window closed during a long step."""
    try:
        return look.result()
    except CancelledError:
        _LOG.warning(
            "%s holds the network as it was last shown, without the state of its training: nnviz was closed in the "
            "middle of a long step",
            path,
        )
        return None
