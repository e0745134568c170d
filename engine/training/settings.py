"""``TrainingSettings``: all settings of a run, checked, to and from a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from engine.basics.errors import SettingError, Verbatim
from engine.training.augmentation import Augmentation
from engine.training.optimizers import OPTIMIZERS, Optimizer
from engine.training.schedules import SCHEDULES, Schedule
from engine.training.setting import (
    ANY_DATA,
    BATCHES,
    COMMON,
    CONSTANTS,
    REGULARISATION,
    SCHEDULE,
    VALIDATION,
    WITHOUT_ROW,
    Choice,
    Flag,
    LayerShares,
    Number,
    PositiveNumber,
    Setting,
    Share,
    WholeNumber,
    declarations,
)

# Old names that files and command lines of version 0.3 use.
RENAMED = {"held_out": "validation_share"}
_MOST = 10**15  # limit of epochs, and of examples in a batch


@dataclass(frozen=True)
class TrainingSettings:
    """The settings of a run, each with its declaration. Raises SettingError for invalid values.

    An optimizer and a schedule have constants, which they name in ``uses``; other optimizers and schedules ignore them.
    """

    batch_size: int = Setting(
        WholeNumber("100", 1, _MOST, step=10),
        BATCHES,
        ANY_DATA,
        help="examples per step",
        title="Batch size",
        tip="Sets how many examples are averaged for one step of the weights. Small batches give more and noisier "
        "steps.",
        word="batch",
        is_fixed=True,
    ).field(100)
    epochs: int = Setting(
        WholeNumber("10", 1, _MOST),
        COMMON,
        ANY_DATA,
        help="passes over the training set",
        title="Epochs",
        tip="Sets how many times the run passes through the training set.",
    ).field(20)
    learning_rate: float = Setting(
        PositiveNumber("0.1"),  # of another optimizer: its default
        COMMON,
        ANY_DATA,
        help="step size",
        title="Learning rate",
        tip="Sets the size of each step of the weights: too small learns slowly, too large diverges. You can "
        "change it during a run.",
    ).field(0.3)
    optimizer: str = Setting(
        Choice(OPTIMIZERS),
        COMMON,
        ANY_DATA,
        help="update rule",
        title="Optimizer",
        tip="Chooses the rule that turns a gradient into a step of the weights. Learning rate and weight decay "
        "change to the optimizer's defaults.",
    ).field("sgd")
    momentum: float = Setting(
        Number("0.9", 0, 0.9999, step=0.05),
        CONSTANTS,
        ANY_DATA,
        help="share of the last step's direction that is kept; beta 1 of Adam",
        title="Momentum",
        tip="Sets the share of the last step that is added to the next one. Steps in one direction grow.",
        worth_trying=(0, 0.5, 0.9),
    ).field(0.9)
    beta2: float = Setting(
        Number("0.999", 0, 0.999999, step=0.001),
        CONSTANTS,
        ANY_DATA,
        help="decay rate of the mean squared gradient",
        title="Beta 2",
        tip="Sets how slowly the average of the squared gradients changes. Each weight's step is divided by its root.",
        worth_trying=(0.9, 0.99, 0.999),
    ).field(0.999)
    epsilon: float = Setting(
        PositiveNumber("1e-8"),
        CONSTANTS,
        ANY_DATA,
        help="constant added to the root of the mean squared gradient",
        title="Epsilon",
        tip="Bounds the steps of weights with tiny gradients.",
    ).field(1e-8)
    schedule: str = Setting(
        Choice(SCHEDULES),
        SCHEDULE,
        ANY_DATA,
        help="learning rate over time",
        title="Schedule",
        tip="Changes the learning rate during the run: large steps first, small ones at the end.",
    ).field("constant")
    warmup: float = Setting(
        Number("1", step=0.5),
        SCHEDULE,
        ANY_DATA,
        help="epochs in which the learning rate rises from 0",
        title="Warm-up",
        unit="epochs",
        tip="Raises the learning rate from 0 to its full value over these epochs, while the first gradients are large.",
        off=0.0,
        worth_trying=(0, 1, 2),
    ).field(0.0)
    decay: float = Setting(
        Number("0.5", 0, 1, step=0.1),
        SCHEDULE,
        ANY_DATA,
        help="factor of the learning rate per drop",
        title="Decay",
        tip="Multiplies the learning rate by this factor at each drop.",
        worth_trying=(0.1, 0.3, 0.5),
    ).field(0.5)
    decay_epochs: float = Setting(
        PositiveNumber("5", step=1),
        SCHEDULE,
        ANY_DATA,
        help="epochs between two drops",
        title="Every",
        unit="epochs",
        tip="Sets the number of epochs between two drops of the learning rate.",
        worth_trying=(2, 5, 10),
    ).field(5.0)
    weight_decay: float = Setting(
        Number("0.0001"),
        REGULARISATION,
        ANY_DATA,
        help="weight decay, an L2 penalty on the weights; 0 for none",
        title="Weight decay",
        tip="Pulls every weight towards zero in proportion to its size, which can limit overfitting. 0 is off.",
        off=0.0,
        worth_trying=(0, 1e-5, 1e-4, 1e-3),
        is_penalty=True,
    ).field(0.0)
    l1: float = Setting(
        Number("0.0001"),
        REGULARISATION,
        ANY_DATA,
        help="L1 penalty on the weights; 0 for none",
        title="L1",
        tip="Pulls every weight towards zero by the same amount, so that useless weights become zero. 0 is off.",
        name="L1",
        off=0.0,
        worth_trying=(0, 1e-6, 1e-5, 1e-4),
        is_penalty=True,
    ).field(0.0)
    # For all hidden layers, or a share for each layer before the output, inputs first.
    dropout: float | tuple[float, ...] = Setting(
        LayerShares("0.5", 0, 0.95, step=0.05),
        REGULARISATION,
        ANY_DATA,
        help="share of the hidden neurons left out in each step; or a share per layer, inputs first: 0.1,0.5,0.5",
        title="Dropout rate",
        tip="Leaves out this share of the hidden neurons in each step, so that none relies on another. For a "
        "share per layer, type inputs first: 0.1, 0.5, 0.5.",
        word="dropout",
        off=0.0,
        worth_trying=(0, 0.1, 0.2, 0.5),
        fits_run=lambda value, layers, has_validation: not isinstance(value, tuple) or len(value) == layers,
        is_penalty=True,
    ).field(0.0)
    max_norm: float = Setting(
        Number("3", step=0.5),
        REGULARISATION,
        ANY_DATA,
        help="limit of the length of a neuron's weight vector; 0 for none",
        title="Max-norm",
        tip="Limits the norm of each neuron's incoming weights. 0 is off: no limit.",
        off=0.0,
        worth_trying=(0, 1, 3),
        is_penalty=True,
    ).field(0.0)
    clip_norm: float = Setting(
        Number("1", step=0.5),
        REGULARISATION,
        ANY_DATA,
        help="limit of the length of the gradient; 0 for none",
        title="Clip gradient",
        tip="Limits the norm of the gradient, so that no single batch changes the weights much. 0 is off: no limit.",
        off=0.0,
        worth_trying=(0, 1, 5),
    ).field(0.0)
    validation_share: float = Setting(
        Share("0.1", 0, 0.5, step=0.05),
        VALIDATION,
        ANY_DATA,
        help="share of the training set that is held out as the validation set, 0 to 0.5",
        title="Validation share",
        tip="Holds out this share of the training set to choose settings: the network never learns from it. "
        "0 is off: no validation set.",
        word="validation",
        off=0.0,
        is_fixed=True,
    ).field(0.0)
    patience: int = Setting(
        WholeNumber("5"),
        VALIDATION,
        ANY_DATA,
        help="stop after N epochs without a lower validation error, and restore the best weights; 0 trains all epochs",
        title="Patience",
        unit="epochs",
        tip="Stops the run if the validation error has not fallen for this many epochs, and restores the best "
        "weights. 0 is off: the run trains all epochs.",
        off=0,
        worth_trying=(0, 3, 5),
        fits_run=lambda value, layers, has_validation: has_validation or not value,
    ).field(0)
    augmentation: Augmentation = field(default_factory=Augmentation)
    # None draws other random numbers in each run; an experiment always has a seed.
    seed: int | None = Setting(
        WholeNumber("1"),
        BATCHES,
        ANY_DATA,
        help="seed of the initial weights and of all other randomness",
        title="Seed",
        tip="Sets the seed that draws the initial weights and the order of examples. The same seed reproduces the run.",
        is_fixed=True,
    ).field(1)
    drop_last: bool = Setting(
        Flag(), WITHOUT_ROW, ANY_DATA, help="leave out the last, incomplete batch of each epoch", is_fixed=True
    ).field(True)
    evaluate: bool = Setting(
        Flag(), WITHOUT_ROW, ANY_DATA, help="measure the errors of the training and test set after each epoch"
    ).field(True)

    def __post_init__(self) -> None:
        for name, setting in TRAINING_SETTINGS.items():
            if name != "seed" or self.seed is not None:
                rule = setting.rule
                if name == "learning_rate":
                    rule = PositiveNumber(f"{OPTIMIZERS[self.optimizer].default_rate:g}")
                object.__setattr__(self, name, rule.check(name, getattr(self, name)))
        if not isinstance(self.augmentation, Augmentation):
            raise SettingError(
                "augmentation", self.augmentation, "must be an Augmentation", "Use Augmentation() for none."
            )

    def new_optimizer(self) -> Optimizer:
        kind = OPTIMIZERS[self.optimizer]
        return kind(**{name: getattr(self, name) for name in kind.uses})

    def new_schedule(self) -> Schedule:
        kind = SCHEDULES[self.schedule]
        return kind(**{name: getattr(self, name) for name in kind.uses})

    def dropout_of(self, layers: int) -> tuple[float, ...]:
        """Returns the dropout of each layer's inputs, starting with the network's inputs. Raises SettingError."""
        if not isinstance(self.dropout, tuple):
            return (0.0, *[self.dropout] * (layers - 1))
        if len(self.dropout) != layers:
            raise SettingError(
                "dropout",
                Verbatim(", ".join(f"{rate:g}" for rate in self.dropout)),
                f"must have one share for each of the {layers} layers before the output, inputs first",
                "Give " + ", ".join(["0", *["0.5"] * (layers - 1)]) + ", or one number for all hidden layers.",
            )
        return self.dropout

    def check_against(self, examples: int) -> None:
        """Raises SettingError if a batch is larger than the training data."""
        if self.batch_size > examples:
            raise SettingError(
                "batch_size",
                Verbatim(f"{self.batch_size:,}"),
                f"must be at most the {examples:,} examples of the training data",
                f"Try {min(100, examples)}.",
            )

    def as_dict(self) -> dict[str, Any]:
        """Returns all settings in types that JSON can hold."""
        entries = asdict(self)
        return entries | {"dropout": list(self.dropout)} if isinstance(self.dropout, tuple) else entries

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> TrainingSettings:
        """Returns the settings of an :meth:`as_dict`, also from version 0.3; missing settings have their defaults.

        Raises SettingError for an unknown name or a value that breaks its rule.
        """
        if isinstance(entries, Mapping):
            entries = {RENAMED.get(name, name): value for name, value in entries.items()}
        known = dict(known_only("settings", entries, cls))
        if "augmentation" in known:
            known["augmentation"] = Augmentation(**known_only("augmentation", known["augmentation"], Augmentation))
        return cls(**known)


TRAINING_SETTINGS = declarations(TrainingSettings)


def known_only(parameter: str, entries: object, kind: Any) -> Mapping[str, Any]:
    """Returns the entries. Raises SettingError unless they are a table with names of fields of the data class."""
    names = [each.name for each in fields(kind)]
    if not isinstance(entries, Mapping):
        raise SettingError(parameter, entries, "must be a table of settings", f"Its names: {', '.join(names)}.")
    for name in entries:
        if name not in names:
            raise SettingError(parameter, name, "must be the name of a setting", f"Choose from: {', '.join(names)}.")
    return entries
