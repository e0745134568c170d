"""Writing of files in the background, with a message when a file is on disk or could not be written."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.basics.validation import Array
from engine.network.network import Network
from engine.provenance import FIGURES, Provenance
from engine.training.events import TrainingState
from engine.training.trainer import Trainer
from nnviz.formatting import text
from nnviz.jobs.serial_thread import SerialThreads
from nnviz.session.messages import Messages
from nnviz.session.run import GUESSED, Run
from nnviz.session.status import Stage

_LOG = logging.getLogger("nnviz")

Found = tuple[Array, TrainingState] | None  # parameters and training state for a checkpoint


@dataclass
class WriteOrder:
    """The order in which files were requested: each file holds the latest request, however long others take.

    Attributes:
        count: number of requests.
        written: by file, the number of the request that it holds.
    """

    count: int = 0
    written: dict[str, int] = field(default_factory=dict)

    def take_ticket(self, path: Path) -> WriteTicket:
        """Returns the next ticket, for that file."""
        self.count += 1
        return WriteTicket(self, os.path.realpath(path), self.count)


@dataclass(frozen=True)
class WriteTicket:
    """The place of one file in the order of requests; the number grows with time."""

    turns: WriteOrder
    file: str
    number: int

    def unless_later(self, work: Callable[[], str | None]) -> str | None:
        """Calls the work that writes the file, unless it holds a later request. In the writing thread."""
        if self.turns.written.get(self.file, 0) > self.number:  # that one did not have to wait so long
            return ", which already holds a later save"
        note = work()
        self.turns.written[self.file] = self.number
        return note

    @property
    def is_last(self) -> bool:
        """Whether the file holds this request."""
        return self.turns.written.get(self.file) == self.number


@dataclass(frozen=True)
class FileWrite:
    """One file to be written: its path, its ticket, a word for the action ("saved"), and its messages."""

    path: Path
    turn: WriteTicket
    past: str
    end: Callable[[str], None]
    messages: Messages

    def run(self, threads: SerialThreads, work: Callable[[], str | None], then: Callable[[], None]) -> None:
        """Calls ``work`` in the thread of the file's folder, unless the file holds a later request by then.

        ``work`` may return an addition to the message. ``then`` is called when the file is on disk.
        """

        name = text.name(self.path.name)

        def done(note: str | None) -> None:
            self.end(f"{self.past.capitalize()} to {name}{note or ''}")
            then()

        def failed(error: Exception) -> None:
            _LOG.error("%s could not be %s: %s", self.path, self.past, error)  # in case the window is closed
            self.end("")
            self.messages.show_error(f"{name} could not be {self.past}", error)

        threads.run(os.path.realpath(self.path.parent), lambda: self.turn.unless_later(work), done, failed)


def network_for_file(past: Run, data_title: str, with_training: bool = False) -> Network:
    """Returns the network to write, with its provenance. Takes long; called with a copy of the run.

    ``with_training``: whether the state of its training is written, too.
    """
    network = past.displayed_network()
    provenance_of(past, data_title, with_training).write(network)
    return network


def provenance_of(run: Run, data_title: str, with_training: bool = False) -> Provenance:
    """Returns the provenance for a file of a run's network.

    ``with_training``: whether the file holds the state of its training, too. Without it the figures are those of
    the weights, which are unknown within an epoch.
    """
    opened = run.origin.opened or Provenance()
    other = {**opened.other, GUESSED: True} if not run.origin.has_whole_experiment else opened.other
    epochs = run.epochs_for_file(with_training)
    before = run.progress.before if with_training and run.stage is not Stage.RESTING else None
    if not run.changes and (not with_training or epochs == opened.epochs):
        experiment = opened.experiment or run.experiment
        history = run.history if opened.history else None
        return replace(
            opened, experiment=experiment, seed=run.experiment.seed, history=history, other=other, before=before
        )
    known = run.figures() if with_training or run.figures_before is None else {}
    figures: dict[str, Any] = {name: known.get(name) for name in FIGURES}
    return Provenance(
        data=data_title,
        epochs=epochs,
        seed=run.experiment.seed,
        experiment=run.experiment,
        history=run.history,
        other=other,
        before=before,
        **figures,
    )


def parameters_and_state(trainer: Trainer | None) -> Found:
    """Returns copies of the parameters and of the training state. Called in the worker's thread."""
    return None if trainer is None else (trainer.network.parameters.copy(), trainer.state())


def found_at(look: Future[Found], path: Path) -> Found:
    """Returns the result of a look; None if it was cancelled because the window closed during a long step."""
    try:
        return look.result()
    except CancelledError:
        _LOG.warning(
            "%s holds the network as last displayed, without its training state, because nnviz was closed in a "
            "long step",
            path,
        )
        return None
