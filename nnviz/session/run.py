"""One network's life: the network, where it came from, its curves, where it is saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.events import BestRestored, Epoch
from engine.network import Network
from engine.tape import Tape
from engine.validation import Array
from nnviz.look import text
from nnviz.session.configuration import Configuration, configuration_of
from nnviz.session.state import Progress

_MOST_EPOCHS = 1_000_000  # a file that claims more is not believed
_MOST_EARLIER = 3  # more would be a tangle


@dataclass
class Run:
    """What stands in the window and can be put back by undo.

    Attributes:
        network: the network that is trained; views see copies of its parameters.
        configuration: what it was made from.
        tape: its curves.
        path: the file it was saved to or opened from.
        name: what it is called while it has no file.
        was_opened: whether it comes from a file, so that its seed alone would not make it again.
        best: what early stopping put back at the end of the last run; None where it did not.
        epochs: how long it was trained, as a fraction.
        changes: grows with everything it learns here, also where it goes back to the start of an epoch.
        saved_changes: the same when it was last saved.
        finished: how far it had come when it was put away at the end of a run; None where it was not.
        opened_with: a copy of the parameters that an opened network came with; None for one made from its seed.
    """

    network: Network
    configuration: Configuration
    tape: Tape = field(default_factory=Tape)
    path: Path | None = None
    name: str = "untitled"
    was_opened: bool = False
    best: BestRestored | None = None
    epochs: float = 0.0
    changes: int = 0
    saved_changes: int = 0
    opened_with: Array | None = None
    finished: Progress | None = None

    def parameters_at_start(self) -> Array:
        """Before any training in this window: as it was opened, or made again from its seed."""
        return self.configuration.build().parameters if self.opened_with is None else self.opened_with

    def add_epoch(self, epoch: int, result: Epoch, data_title: str) -> None:
        """Takes an epoch's figures into the curves and into what the file will say about the network's past."""
        self.tape.add_epoch(epoch, result)
        self.best = None
        if result.epoch == 0:
            return  # nothing was learned yet
        self.changes = max(self.changes, 1)
        past: dict[str, Any] = {"data": data_title, "epochs": epoch, "seed": self.configuration.training.seed}
        for name, figures in (
            ("train_error", result.train),
            ("test_error", result.test),
            ("validation_error", result.validation),
        ):
            if figures is not None and figures.error is not None:
                past[name] = figures.error
        self.network.provenance = past

    def put_back(self, epoch: int, best: BestRestored) -> None:
        """Takes in that the parameters are those of an earlier epoch again, which is what the file will say."""
        self.best = best
        self.changes += 1
        past = {**self.network.provenance, "epochs": epoch}
        for name, curve in (
            ("train_error", self.tape.train),
            ("test_error", self.tape.test),
            ("validation_error", self.tape.validation),
        ):
            if name in past and epoch in curve.epochs:
                past[name] = curve.values[curve.epochs.index(epoch)]
        self.network.provenance = past

    @property
    def untouched(self) -> bool:
        """Whether it is nothing but its seed: it can be made again, so it may be replaced without asking."""
        return self.changes == 0 and self.path is None and not self.was_opened

    @property
    def unsaved(self) -> bool:
        """Whether training would be lost with it."""
        return self.changes != self.saved_changes

    @property
    def title(self) -> str:
        """The file's name, or its own where there is none."""
        return self.path.name if self.path else self.name


@dataclass(frozen=True)
class EarlierRun:
    """What is kept of a network that was replaced: how it was made, and its curves."""

    shape: tuple[int, ...]
    tape: Tape

    @property
    def title(self) -> str:
        """784-30-10."""
        return text.shape(self.shape)


@dataclass(frozen=True)
class Past:
    """The networks that stood in the window before this one, the latest last, for comparison."""

    runs: tuple[EarlierRun, ...] = ()

    def after(self, before: Run, now: Run) -> Past:
        """The past when ``now`` takes the place of ``before``, which is kept where it has lines to compare with.

        A network that comes back, by undo, is the present again and no longer listed.
        """
        kept = [run for run in self.runs if run.tape is not now.tape]
        is_the_same_file = before.path is not None and before.path == now.path
        if _has_lines(before.tape) and before is not now and not is_the_same_file:
            kept.append(EarlierRun(tuple(before.network.shape), before.tape))
        return Past(tuple(kept[-_MOST_EARLIER:]))


def _has_lines(tape: Tape) -> bool:
    """Whether a curve goes anywhere: of a single figure nothing would be drawn."""
    curves = (curve for of in (tape.error, tape.loss) for curve in (of.train, of.test))
    return any(len(curve.epochs) > 1 for curve in curves)


def new_run(configuration: Configuration) -> Run:
    """A new network, not trained."""
    return Run(configuration.build(), configuration)


def opened_run(network: Network, like: Configuration, epochs_done: int = 0) -> Run:
    """A network from a file, whose past goes on where the file says it ended.

    ``epochs_done``: of the training that was saved with it; that counts where nothing else is said.
    """
    completed, tape = past_of(network, epochs_done)
    run = Run(network, configuration_of(network, like), tape, was_opened=True, epochs=float(completed))
    run.opened_with = network.parameters.copy()
    network.provenance.pop("curves", None)  # the tape has them now
    return run


def past_of(network: Network, epochs_done: int) -> tuple[int, Tape]:
    """How long a network from a file was trained, and its curves, as the file tells; else as long as its run."""
    claimed = network.provenance.get("epochs")
    completed = claimed if type(claimed) is int and 0 <= claimed < _MOST_EPOCHS else epochs_done
    tape = Tape.from_dict(network.provenance.get("curves"))
    # Early stopping puts back the weights of an epoch before the last: what follows goes on behind all curves.
    tape.completed = max(completed, int(max(tape.error.last_epoch, tape.loss.last_epoch)))
    return completed, tape


def epochs_before(tape: Tape, epochs_done: int) -> int:
    """After how many epochs of the network a run began that has so many whole ones behind it."""
    return max(0, tape.completed - epochs_done)
