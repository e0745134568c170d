"""``Provenance``: what a file tells of a network's past; read and written here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from engine.errors import SettingError
from engine.events import BestRestored, Epoch
from engine.experiment import Experiment
from engine.history import MOST_EPOCHS, PARTS, History
from engine.network import Network

_TEXTS = ("title", "data", "command")
_ERRORS = tuple(f"{part}_error" for part in PARTS)
_OLD_ERROR = "held_out_error"  # what 0.3 called validation_error
_KNOWN = (*_TEXTS, "epochs", "seed", *_ERRORS, _OLD_ERROR, "experiment", "curves")
# What 0.3 told of the training, where today the experiment does.
_OF_THE_TRAINING = ("batch_size", "learning_rate")


@dataclass(frozen=True)
class Provenance:
    """The past of a network. What is not known is empty or None.

    Attributes:
        title: what it is called.
        data: the title of the data it learned from.
        epochs: how many it learned for; with early stopping fewer than its history has.
        seed: of its first weights.
        train_error, test_error, validation_error: shares of wrong answers, 0…1, of the network as it is.
        command: the command line that trains it again.
        experiment: what it was made with.
        history: the curves of its training.
        other: entries of other programs or of later versions, kept when it is saved again.
    """

    title: str = ""
    data: str = ""
    epochs: int | None = None
    seed: int | None = None
    train_error: float | None = None
    test_error: float | None = None
    validation_error: float | None = None
    command: str = ""
    experiment: Experiment | None = None
    history: History | None = None
    other: Mapping[str, Any] = field(default_factory=dict)

    # ---- from a file and back

    @classmethod
    def read(cls, network: Network, epochs_done: int = 0) -> Provenance:
        """What a network's ``provenance`` tells; it may come from anybody's file: what is odd is left out.

        Its history is always there, if only to say how many epochs are completed, so that a next run goes on behind.

        Args:
            epochs_done: of the training that was saved with the network; counts where nothing else is said.
        """
        past = cls.from_dict(network.provenance)
        epochs = epochs_done or None if past.epochs is None else past.epochs
        history = History() if past.history is None else past.history
        history.completed = max(epochs or 0, history.completed)
        fits = past.experiment is not None and _is_of(past.experiment, network)
        return replace(past, epochs=epochs, history=history, experiment=past.experiment if fits else None)

    @classmethod
    def from_dict(cls, entries: object) -> Provenance:
        """The same from the entries alone, for who has not loaded the network."""
        told = entries if isinstance(entries, dict) else {}
        experiment = _experiment(told.get("experiment"))
        other = {name: value for name, value in told.items() if name not in _KNOWN}
        if experiment is None and "experiment" in told:
            other["experiment"] = told["experiment"]  # a later version's, perhaps
        errors: dict[str, Any] = {name: _share(told.get(name)) for name in _ERRORS}
        if errors["validation_error"] is None:
            errors["validation_error"] = _share(told.get(_OLD_ERROR))
        texts: dict[str, Any] = {name: _text(told.get(name)) for name in _TEXTS}
        return cls(
            **texts,
            epochs=_count(told.get("epochs"), MOST_EPOCHS),
            seed=_count(told.get("seed")),
            **errors,
            experiment=experiment,
            history=History.from_dict(told["curves"]) if "curves" in told else None,
            other=other,
        )

    def write(self, network: Network) -> None:
        """Sets the network's ``provenance`` to all of it, as JSON can hold it; 0.3 reads what it knows of it."""
        network.provenance = self.as_dict()

    def as_dict(self) -> dict[str, Any]:
        """The entries that :meth:`write` writes: those that are known."""
        experiment, history = self.experiment, self.history
        known: dict[str, Any] = {name: getattr(self, name) or None for name in _TEXTS}
        known |= {name: getattr(self, name) for name in ("epochs", "seed", *_ERRORS)}
        if known["seed"] is None and experiment is not None:
            known["seed"] = experiment.seed
        known["experiment"] = None if experiment is None else experiment.as_dict()
        known["curves"] = (None if history is None else history.as_dict()) or None
        stale = () if experiment is None else _OF_THE_TRAINING
        other = {name: value for name, value in self.other.items() if name not in stale}
        return other | {name: value for name, value in known.items() if value is not None}

    # ---- as training goes on

    def after(self, event: Epoch | BestRestored, before: int = 0) -> Provenance:
        """The past of the network after that event of a run, which began with ``before`` epochs behind the network.

        The same where nothing was learned yet (epoch 0). After :class:`BestRestored` the errors are those that the
        history has of that epoch, so let it take the event first.
        """
        if isinstance(event, BestRestored):
            measured = {} if self.history is None else self.history.figures(before + event.epoch)
            return self._with_errors({name: measured.get(name) for name in _ERRORS}, before + event.epoch)
        return self.measured(event, before + event.epoch) if event.epoch else self

    def measured(self, result: Epoch, epochs: int) -> Provenance:
        """The past of a network of so many epochs, with the errors in ``result``.

        Those that were not measured are not known; nor is the command, which led to the network as it was.
        """
        figures = {part: getattr(result, part) for part in PARTS}
        errors = {f"{part}_error": None if each is None else each.error for part, each in figures.items()}
        return self._with_errors(errors, epochs)

    def _with_errors(self, errors: Mapping[str, Any], epochs: int) -> Provenance:
        return replace(self, epochs=epochs, command="", **errors)

    def epochs_before(self, epochs_done: int) -> int:
        """After how many epochs of the network a run began that has so many whole ones behind it."""
        return max(0, (0 if self.history is None else self.history.completed) - epochs_done)

    # ---- what it was made with

    def experiment_of(self, network: Network, like: Experiment) -> Experiment:
        """The experiment the network was made with.

        Where ``experiment`` is None the file did not know it whole: then as far as the network and the rest tell
        (shape, activations, loss, seed, batch size, learning rate), with all else as in ``like``.
        """
        if self.experiment is not None:
            return self.experiment
        made = like.changed(shape=network.shape, activations=network.activations, loss=network.loss)
        told = {"seed": self.seed} | {name: self.other.get(name) for name in _OF_THE_TRAINING}
        for name, value in told.items():
            if value is not None:
                with suppress(SettingError):
                    made = made.changed(**{name: value})
        return made


def _is_of(experiment: Experiment, network: Network) -> bool:
    """Whether such a network can have come of it."""
    make = (experiment.shape, experiment.activations, experiment.loss)
    return make == (tuple(network.shape), tuple(network.activations), network.loss)


def _experiment(entries: object) -> Experiment | None:
    if isinstance(entries, dict):
        with suppress(SettingError):
            return Experiment.from_dict(entries)
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: object, most: int | None = None) -> int | None:
    """A whole number from 0 that is below ``most``."""
    is_count = type(value) is int and value >= 0 and (most is None or value < most)
    return value if is_count else None  # type: ignore[return-value]


def _share(value: object) -> float | None:
    is_share = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
    return float(value) if is_share else None  # type: ignore[arg-type]
