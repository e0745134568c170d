"""``Provenance``: what a file says about a network's past. Only this module reads and writes it."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from engine.basics.errors import SettingError
from engine.experiment import Experiment
from engine.network.network import Network
from engine.training.events import BestRestored, Epoch
from engine.training.history import MOST_EPOCHS, PARTS, History, int_if_whole
from engine.training.metrics import MEASURED, Evaluation, figures_of

_TEXTS = ("title", "data", "command")
FIGURES = tuple(f"{part}_{name}" for name in MEASURED for part in PARTS)  # figures of the present parameters
_OLD_ERROR = "held_out_error"  # the name of validation_error in version 0.3
_LARGEST = sys.float_info.max
_ROUNDING = 1e-6  # epochs
_PART = "part_of_epoch"  # key for the fraction of an epoch in a file
_BEFORE = "epochs_before_training"
_KNOWN = (*_TEXTS, "epochs", _PART, _BEFORE, "seed", *FIGURES, _OLD_ERROR, "experiment", "curves")
# Entries of version 0.3 about the training, which the experiment contains today.
_OLD_TRAINING_ENTRIES = ("batch_size", "learning_rate")


@dataclass(frozen=True)
class Provenance:
    """The past of a network. Unknown entries are empty or None.

    Attributes:
        title: the network's name.
        data: title of the data it was trained on.
        epochs: number of epochs it was trained; with early stopping less than in its history, and with a fraction if
            its training was interrupted within an epoch.
        seed: seed of its initial weights.
        train_error, test_error, validation_error: shares of wrong predictions, 0…1, with the present parameters; in a
            file saved in the middle of an epoch, at the end of the epoch before. None for regression.
        command: command line that trains it again.
        experiment: the experiment that describes it.
        history: the history of its training.
        other: entries of other programs or later versions, kept when it is saved again.
        train_rmse, test_rmse, validation_rmse: see :class:`~engine.training.metrics.Evaluation`, with the present
            parameters as the errors; None for classes.
        train_r2, test_r2, validation_r2: coefficients of determination, with the present parameters; None for classes.
        before: epochs of the runs before the one that is saved with the network; None if the file does not say.
    """

    title: str = ""
    data: str = ""
    epochs: float | None = None
    seed: int | None = None
    train_error: float | None = None
    test_error: float | None = None
    validation_error: float | None = None
    command: str = ""
    experiment: Experiment | None = None
    history: History | None = None
    other: Mapping[str, Any] = field(default_factory=dict)
    train_rmse: float | None = None
    test_rmse: float | None = None
    validation_rmse: float | None = None
    train_r2: float | None = None
    test_r2: float | None = None
    validation_r2: float | None = None
    before: float | None = None

    @classmethod
    def read(cls, network: Network, epochs_done: int = 0, epochs_begun: int = 0) -> Provenance:
        """Returns the provenance of a network. Invalid entries are ignored, because files may come from anywhere.

        It always has a history with at least the number of completed epochs.

        Args:
            epochs_done: epochs of the run that was saved with the network; used if the provenance does not say.
            epochs_begun: epochs of that run, including the one in progress.
        """
        past = cls.from_dict(network.provenance)
        epochs = epochs_done or None if past.epochs is None else past.epochs
        history = History() if past.history is None else past.history
        history.completed = max(epochs or 0, history.completed)
        if history.best is None and epochs is not None:
            history.best = _best_at(epochs, history, past.experiment)
        if history.best is not None and not math.isclose(history.best.epoch, epochs or 0):
            history.best = None  # it was trained on
        made, experiment = (tuple(network.shape), tuple(network.activations), network.loss), past.experiment
        if experiment is not None and made != (experiment.shape, experiment.activations, experiment.loss):
            experiment = None
        before = past.before
        if before is not None:
            own = history.completed - before
            is_own = own >= epochs_done - _ROUNDING and (own < epochs_done + 1 or own <= epochs_begun + _ROUNDING)
            before = before if is_own else None  # of another training: an older program has kept the entry
        return replace(past, epochs=epochs, history=history, experiment=experiment, before=before)

    @classmethod
    def from_dict(cls, entries: object) -> Provenance:
        """Returns the provenance of these entries, without a network to compare them with."""
        known = entries if isinstance(entries, dict) else {}
        experiment = None
        with suppress(SettingError):
            experiment = Experiment.from_dict(known.get("experiment"))
        other = {name: value for name, value in known.items() if name not in _KNOWN}
        if experiment is None and "experiment" in known:
            other["experiment"] = known["experiment"]  # possibly of a later version
        figures: dict[str, Any] = {name: _figure(name, known.get(name)) for name in FIGURES}
        if figures["validation_error"] is None:
            figures["validation_error"] = _share(known.get(_OLD_ERROR))
        texts: dict[str, Any] = {name: _text(known.get(name)) for name in _TEXTS}
        return cls(
            **texts,
            epochs=_epochs(known.get("epochs"), known.get(_PART)),
            seed=_count(known.get("seed")),
            **figures,
            experiment=experiment,
            history=History.from_dict(known["curves"]) if "curves" in known else None,
            other=other,
            before=_number(known.get(_BEFORE), 0, MOST_EPOCHS),
        )

    def write(self, network: Network) -> None:
        """Sets the network's ``provenance`` to all entries in types that JSON can hold; version 0.3 can read them."""
        network.provenance = self.as_dict()

    def as_dict(self) -> dict[str, Any]:
        """Returns the known entries, as :meth:`write` writes them."""
        experiment, history = self.experiment, self.history
        known: dict[str, Any] = {name: getattr(self, name) or None for name in _TEXTS}
        known |= {name: getattr(self, name) for name in ("epochs", "seed", *FIGURES)}
        if self.epochs is not None:
            known["epochs"], part = int(self.epochs), self.epochs % 1
            known |= {_PART: part} if part else {}
        known[_BEFORE] = self.before
        if known["seed"] is None and experiment is not None:
            known["seed"] = experiment.seed
        known["experiment"] = None if experiment is None else experiment.as_dict()
        known["curves"] = (None if history is None else history.as_dict()) or None
        stale = () if experiment is None else _OLD_TRAINING_ENTRIES
        other = {name: value for name, value in self.other.items() if name not in stale}
        return other | {name: value for name, value in known.items() if value is not None}

    def after(self, event: Epoch | BestRestored, before: float = 0) -> Provenance:
        """Returns the provenance after an event of a run that started after ``before`` epochs.

        Nothing changes after epoch 0. After :class:`BestRestored` the figures are those of that epoch in the history,
        which must have taken the event before.
        """
        if isinstance(event, BestRestored):
            measured = {} if self.history is None else self.history.figures(before + event.epoch)
            return self._with_figures(measured, before + event.epoch)
        return self.measured(event, before + event.epoch) if event.epoch else self

    def measured(self, result: Epoch, epochs: float) -> Provenance:
        """Returns the provenance after ``epochs`` epochs, with the figures in ``result``.

        Those that were not measured become unknown; so does the command, which made the network of before.
        """
        return self._with_figures(figures_of({part: getattr(result, part) for part in PARTS}), epochs)

    def _with_figures(self, measured: Mapping[str, Any], epochs: float) -> Provenance:
        figures: dict[str, Any] = {name: measured.get(name) for name in FIGURES}
        return replace(self, epochs=epochs, command="", **figures)

    def epochs_before(self, epochs_done: int) -> float:
        """Returns how many epochs the network had before the current run, of which ``epochs_done`` epochs are done."""
        if self.before is not None:
            return int_if_whole(self.before)
        return max(0, (0 if self.history is None else self.history.completed) - epochs_done)

    def experiment_of(self, network: Network, like: Experiment) -> Experiment:
        """Returns the experiment that describes the network.

        If ``experiment`` is None, it is derived from the network and the other entries (shape, activations, loss, seed,
        batch size, learning rate); all other settings are those of ``like``.
        """
        if self.experiment is not None:
            return self.experiment.changed(brightness=network.brightness)
        made = like.changed(shape=network.shape, activations=network.activations, loss=network.loss)
        made = made.changed(brightness=network.brightness)
        known = {"seed": self.seed} | {name: self.other.get(name) for name in _OLD_TRAINING_ENTRIES}
        for name, value in known.items():
            if value is not None:
                with suppress(SettingError):
                    made = made.changed(**{name: value})
        return made


def _best_at(epochs: float, history: History, experiment: Experiment | None) -> BestRestored | None:
    """Returns what early stopping restored in a file of before 0.22, which does not say so; else None.

    Only early stopping leaves a network that was trained less than its curves are long.
    """
    measured = history.figures(epochs)
    loss, *others = (measured.get(f"validation_{name}") for name in ("loss", *MEASURED))
    if not 0 < epochs < history.completed or loss is None or experiment is None or not experiment.training.patience:
        return None
    error, rmse, r2 = others
    is_early = history.completed < experiment.training.epochs
    return BestRestored(epochs, Evaluation(loss, error, None, None, rmse, r2), is_early)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    """Returns the value if it is an integer from 0, or None."""
    return value if type(value) is int and value >= 0 else None


def _epochs(whole: object, part: object) -> float | None:
    count = _count(whole)
    return None if count is None or count >= MOST_EPOCHS else count + (_share(part) or 0)


def _share(value: object) -> float | None:
    return _number(value, 0, 1)


def _figure(name: str, value: object) -> float | None:
    """Returns the value of a figure of that name, or None if it is invalid."""
    if name.endswith("_error"):
        return _share(value)
    least, most = (-_LARGEST, 1.0) if name.endswith("_r2") else (0.0, _LARGEST)
    return _number(value, least, most)


def _number(value: object, least: float, most: float) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most
    return float(value) if is_number else None  # type: ignore[arg-type]
