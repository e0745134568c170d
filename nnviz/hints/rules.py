"""The rules: one function per hint, from the state of a run to advice or None, and their order.

Thresholds are constants with their units. The benchmark ``tests/benchmarks/hints.py`` measures how often each hint is
right.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.experiment import MILD
from engine.network.activations import ACTIVATIONS
from engine.training.augmentation import DISTORTIONS, Augmentation
from engine.training.optimizers import OPTIMIZERS
from engine.training.settings import TRAINING_SETTINGS, TrainingSettings
from nnviz.formatting import text
from nnviz.hints.learning_curves import Change, CurvesFinding, Overfitting, are_alike
from nnviz.hints.state import RunState

_FEW_EPOCHS = 3  # with the same settings, before anything is said about the curves
_RISE = 1.1  # a training loss of that many times the one before has risen
_LAST_EPOCHS, _MOST_RISES = 5, 1  # in the last epochs, more rises are too many
_LEARNED = 0.02  # share of the training set: what is left to learn below it is little
_HALF_LEARNED = 0.1
_SLOW, _VERY_SLOW = 0.5, 0.8  # shares of the first loss that are left although the loss falls in every epoch
_STEADY = 0.5  # share of the mean fall per epoch: a last fall below it means that the curve flattens
_MANY_DEAD, _MANY_SATURATED = 0.5, 0.5  # shares of a layer's neurons, of a layer's outputs
_FEW_NEURONS = 4  # a smaller layer may be dead by chance
_MAJORITY = 0.6  # share of the examples that are of one class
_ENOUGH_OF_A_CLASS = 10  # examples, of which one should be predicted
_HIGH, _MUCH_VARIANCE = 0.1, 0.25  # training error, and share of the variance, above which a flat curve underfits
_STILL_FALLING = 0.05  # share by which the error fell in the recent epochs
_WIDER, _FIRST_HIDDEN = 4, 32  # times as many neurons; neurons of the first hidden layer
_FAR = 4  # times: a learning rate farther from the optimizer's default is no candidate
_QUANTITIES = {"error": "error", "rmse": "RMSE", "loss": "loss"}  # their names in sentences
_CHANGES = {
    Change.RISEN: "has risen",
    Change.NONE: "has not improved",
    Change.HARDLY: "has hardly improved",
    Change.ONE_EXAMPLE: "has improved by only one example",
}
# The hints about a network that no longer learns, or does not at all predict what it should.
_ALARMING = frozenset({"diverged", "dead-neurons", "unbalanced-classes", "class-never-predicted"})
CLIP_NORM = 1.0  # the common limit of a gradient's length
_WEIGHT_DECAY, _DECOUPLED_DECAY = 0.001, 0.3
_PATIENCE = 10  # epochs


@dataclass(frozen=True)
class Hint:
    """Advice about a run.

    Attributes:
        name: identifies the hint in the preferences, and its heading in the guide page "hints".
        observation: what was measured, a sentence without its end.
        diagnosis: what that is called, which is emphasised.
        label: what applying it does, for a button.
        steps: the changes of settings, by name. Empty for the hint to train several seeds.
        needs_reset: whether the trained network cannot recover, whatever the settings are.
    """

    name: str
    observation: str
    diagnosis: str
    label: str
    steps: Mapping[str, Any] = field(default_factory=dict)
    needs_reset: bool = False

    @property
    def sentence(self) -> str:
        """The whole sentence as plain text."""
        return f"{self.observation}: {self.diagnosis}."

    @property
    def is_alarming(self) -> bool:
        """Whether more training of this kind would be in vain, so that an icon draws attention to it."""
        return self.name in _ALARMING


def smaller_rate(training: TrainingSettings, times: float = 10, most: float = 1) -> float:
    """Returns the learning rate divided by ``times``, but at most ``most`` times the optimizer's default."""
    default = OPTIMIZERS[training.optimizer].default_rate
    return float(f"{min(training.learning_rate / times, most * default):.2g}")


# ---- the steps are too large or too small


def diverged(state: RunState) -> Hint | None:
    """The run stopped because the loss is no longer finite."""
    if not state.has_diverged:
        return None
    steps = {
        "learning_rate": smaller_rate(state.experiment.training),
        "clip_norm": CLIP_NORM,
        **_default_weights(state),
    }
    found = "The steps are so large that the loss is no longer finite"
    return Hint("diverged", found, "diverged", "Smaller, clipped steps", steps, needs_reset=True)


def rate_too_large(state: RunState) -> Hint | None:
    """The training loss rises again and again, and the training error with it: a rate that fades out."""
    losses, scores = state.losses, state.train_scores
    if state.trained < _FEW_EPOCHS or _left_to_learn(state) < _LEARNED or state.measure == "rmse":
        return None
    last = losses[-_LAST_EPOCHS - 1 :]
    rises = sum(after > _RISE * before for before, after in itertools.pairwise(last))
    swing = max(scores[-_LAST_EPOCHS:]) - min(scores[-_LAST_EPOCHS:])
    training = state.experiment.training
    is_small = training.learning_rate < OPTIMIZERS[training.optimizer].default_rate / _FAR
    if rises <= _MOST_RISES or swing < 2 * state.standard_error("train") or is_small:
        return None
    found = f"The training loss rose in {rises} of the last {len(last) - 1} epochs"
    name, diagnosis = "learning-rate-too-large", "learning rate too large"
    if training.schedule != "constant":
        return _slower(name, found, diagnosis, state, 4)
    rate = smaller_rate(training, 1, _FAR)
    steps = {"schedule": "cosine", **({"learning_rate": rate} if rate < training.learning_rate else {})}
    return Hint(name, found, diagnosis, "Cosine schedule", steps)


def rate_too_small(state: RunState) -> Hint | None:
    """The training loss falls in every epoch, steadily and slowly: a larger learning rate."""
    losses = state.losses
    if state.trained < _FEW_EPOCHS or _left_to_learn(state) < _HALF_LEARNED:
        return None
    falls = [before - after for before, after in itertools.pairwise(losses)]
    left = losses[-1] / losses[0]
    is_steady = min(falls) > 0 and falls[-1] > _STEADY * statistics.fmean(falls)
    if left < _SLOW or not is_steady:
        return None
    first, now = text.figure(losses[0], 3), text.figure(losses[-1], 3)
    found = f"In {len(falls)} epochs the training loss only fell from {first} to {now}"
    training, times = state.experiment.training, 10 if left > _VERY_SLOW else 4
    least = OPTIMIZERS[training.optimizer].default_rate / 4
    rate = float(f"{max(times * training.learning_rate, least):.2g}")
    return _with_rate("learning-rate-too-small", found, "learning rate too small", rate)


def _with_rate(name: str, found: str, diagnosis: str, rate: float) -> Hint:
    return Hint(name, found, diagnosis, f"Learning rate {rate:g}", {"learning_rate": rate})


def _slower(name: str, found: str, diagnosis: str, state: RunState, times: float) -> Hint:
    return _with_rate(name, found, diagnosis, smaller_rate(state.experiment.training, times, _FAR))


# ---- neurons that no longer learn


def dead_neurons(state: RunState) -> Hint | None:
    """A hidden layer has the same output for nearly every example, or many ReLU neurons never fire."""
    if state.dead_layer is not None:
        found = f"Layer {state.dead_layer} has the same output for nearly every example"
        activation = state.experiment.activations[state.dead_layer - 1]
        return replace(_calmed("dead-neurons", found, "dead layer", state, activation, 10), needs_reset=True)
    for number, layer in enumerate(state.layers, start=1):
        many = layer.neurons >= _FEW_NEURONS and layer.dead >= _MANY_DEAD * layer.neurons
        if layer.activation == "relu" and many and state.trained and _can_improve(state):
            found = f"{text.count(layer.dead)} of {text.count(layer.neurons)} neurons in layer {number} never fire"
            return replace(_calmed("dead-neurons", found, "dead neurons", state, "relu", 4), needs_reset=True)
    return None


def saturated_neurons(state: RunState) -> Hint | None:
    """A layer whose function flattens on both sides is mostly where its slope is nearly 0."""
    for number, layer in enumerate(state.layers, start=1):
        many = ACTIVATIONS[layer.activation].ends is not None and layer.saturated >= _MANY_SATURATED
        if many and state.trained and _can_improve(state):
            found = f"{_rounded(layer.saturated)} of the outputs of layer {number} are where {layer.activation} is flat"
            return _calmed("saturated-neurons", found, "saturated", state, layer.activation, 4)
    return None


def _calmed(name: str, found: str, diagnosis: str, state: RunState, activation: str, times: float) -> Hint:
    """Returns a hint whose remedy keeps neurons with an activation from where they have no slope.

    That is initial weights of the default size, and a smaller learning rate if it is above the optimizer's default.
    ReLU neurons that neither explains get a slope everywhere; for others the learning rate is smaller in any case.
    """
    experiment, training = state.experiment, state.experiment.training
    weights = _default_weights(state)
    is_fast = training.learning_rate > OPTIMIZERS[training.optimizer].default_rate
    if not weights and not is_fast and activation == "relu":
        leaky = tuple("leaky-relu" if each == "relu" else each for each in experiment.activations)
        return Hint(name, found, diagnosis, "Leaky ReLU", {"activations": leaky})
    if weights and not is_fast:
        return Hint(name, found, diagnosis, "Weight scale 1", weights)
    slower = _slower(name, found, diagnosis, state, times)
    return replace(slower, steps={**slower.steps, **weights}) if weights else slower


def _default_weights(state: RunState) -> dict[str, Any]:
    """Returns the step to initial weights of the default size, if they are larger."""
    return {"weight_scale": 1.0} if state.experiment.weight_scale > 1 else {}


# ---- classes


def unbalanced_classes(state: RunState) -> Hint | None:
    """The error is no better than that of always predicting the most frequent class."""
    if state.confusion is None or not state.scores or state.trained < _FEW_EPOCHS:
        return None
    counts = state.confusion.sum(axis=1)
    share = float(counts.max() / max(counts.sum(), 1))
    if share < _MAJORITY or state.scores[-1] < 1 - share - state.noise / 2:
        return None
    if state.train_scores[-1] < (1 - share) / 2:  # it has learned the training set: no matter of the classes
        return None
    name = state.class_names[int(counts.argmax())]
    found = f"{_rounded(share)} of examples are “{name}”, and the error is no better than always predicting it"
    return _loosened("unbalanced-classes", found, "unbalanced classes", state)


def class_never_predicted(state: RunState) -> Hint | None:
    """A class has examples, and none of all predictions is that class."""
    if state.confusion is None or state.trained < _FEW_EPOCHS:
        return None
    counts, predicted = state.confusion.sum(axis=1), state.confusion.sum(axis=0)
    missed = [number for number in range(len(counts)) if counts[number] >= _ENOUGH_OF_A_CLASS and not predicted[number]]
    if not missed:
        return None
    most = max(missed, key=lambda number: int(counts[number]))
    found = f"“{state.class_names[most]}” has {text.count(int(counts[most]))} examples and is never predicted"
    return _loosened("class-never-predicted", found, "a class is missing", state)


# ---- training and held-out figures


def overfitting(state: RunState) -> Hint | None:
    """The curves show overfitting, as their conclusion says: first those of the error, else those of the loss."""
    if state.experiment.training.patience or state.trained < _FEW_EPOCHS:
        return None
    clear = [(name, each) for name, each in state.findings.items() if each.overfitting is Overfitting.CLEAR]
    if not clear:
        return None
    ((quantity, found), *_) = clear
    train, judged = (_shown(quantity, curve.last) for curve in (found.train, found.judged))
    observed = f"The {found.part} {_QUANTITIES[quantity]} ({judged}, in training {train}) {_CHANGES[found.change]}"
    observed += f" since epoch {text.epochs(found.since)}"
    return _regularised("overfitting", observed, "overfitting", state)


def augmentation_too_strong(state: RunState) -> Hint | None:
    """With distorted images, the network is no better on the undistorted training set than on the judged set."""
    strengths = state.experiment.training.augmentation
    if not strengths.is_active or state.trained < _FEW_EPOCHS or _left_to_learn(state) < _LEARNED:
        return None
    if not _are_alike(state):
        return None
    observed = f"Without distortions, {_compared(state)}"
    halves = {name: value / 2 for name, value in vars(strengths).items() if DISTORTIONS[name].is_on(value)}
    return Hint("augmentation-too-strong", observed, "augmentation too strong", "Halve distortions", halves)


def underfitting(state: RunState) -> Hint | None:
    """Training and judged error are alike and high, and neither they nor the losses fall any more."""
    high = _HIGH if state.measure == "error" else _MUCH_VARIANCE
    if state.trained < 2 * _FEW_EPOCHS or _left_to_learn(state) < high or not _are_alike(state):
        return None
    if any(each.train.fell_from is not None or not each.judged.is_settled for each in state.findings.values()):
        return None
    observed = f"{_compared(state)}, and neither still falls"
    return _loosened("underfitting", f"{observed[0].upper()}{observed[1:]}", "underfitting", state)


def too_few_epochs(state: RunState) -> Hint | None:
    """The run is over, and the judged error fell until now by more than a little: twice as many epochs."""
    found, is_whole = _score(state), state.is_over and not state.is_restored
    if not is_whole or found is None or not found.is_held_out or not found.may_improve or not _can_improve(state):
        return None
    curve, place = found.judged, found.judged.fell_from
    if place is None or not curve.epochs[place]:  # from the untrained network every curve falls
        return None
    before, now = curve.values[place], curve.last
    if before - now < max(_STILL_FALLING * before, found.margin / 2):
        return None
    epochs = 2 * state.experiment.training.epochs
    fall = f"from {_shown(state.measure, before)} (epoch {text.epochs(curve.epochs[place])})"
    observed = f"The {found.part} {_called(state)} fell {fall} to {_shown(state.measure, now)}"
    return Hint("too-few-epochs", observed, "too few epochs", f"{text.count(epochs)} epochs", {"epochs": epochs})


def close_result(state: RunState) -> Hint | None:
    """Two single runs with other settings differ by no more than chance would make them: several seeds.

    The limit is a rule of thumb, twice the standard error of one error. It counts the choice of the held-out examples,
    which both runs share, and not the seed.
    """
    if not (state.is_over and state.rivals and state.scores) or state.judged == "train":
        return None
    rival, score = state.rivals[-1], state.scores[-1]
    if abs(rival.score - score) > 2 * state.noise:
        return None
    here, there = _shown(state.measure, score), _shown(state.measure, rival.score)
    found = f"The {state.judged} {_called(state)} {here} here and {there} with {rival.difference} may differ by chance"
    if here == there:
        found = f"The {state.judged} {_called(state)} is {here} here and with {rival.difference}"
    return Hint("single-runs", found, "single runs", "Train several seeds")


# Most urgent first: what explains others comes before them.
RULES: tuple[Callable[[RunState], Hint | None], ...] = (
    diverged,
    dead_neurons,
    saturated_neurons,
    rate_too_large,
    rate_too_small,
    unbalanced_classes,
    class_never_predicted,
    overfitting,
    augmentation_too_strong,
    underfitting,
    too_few_epochs,
    close_result,
)


def hints_for(state: RunState) -> list[Hint]:
    """Returns all hints about a run, the most urgent first."""
    return [hint for rule in RULES if (hint := rule(state)) is not None]


# ---- measures and remedies that several rules share


def _left_to_learn(state: RunState) -> float:
    """Returns the share of the training set that is wrong; for regression the share of the variance left."""
    if state.measure == "error":
        return state.train_scores[-1] if state.train_scores else 0.0
    explained = state.figures.get("train_r2", ())
    return 1 - explained[-1] if explained else 0.0


def _can_improve(state: RunState) -> bool:
    """Whether the judged error is so large that a lower one could be measured; True if it is not known."""
    return not state.scores or state.scores[-1] > 2 * state.noise


def _score(state: RunState) -> CurvesFinding | None:
    """Returns what the curves of the error or RMSE show."""
    return state.findings.get(state.measure)


def _are_alike(state: RunState) -> bool:
    """Whether the training error is about as high as the judged one, or higher, and the run did not overfit."""
    found = _score(state)
    if found is None or found.overfitting is not Overfitting.NONE or state.judged == "train":
        return False
    return are_alike(state.train_scores[-1], state.scores[-1], state.noise)


def _compared(state: RunState) -> str:
    """Returns that the training and the judged error are alike: "the training error (9 %) is hardly below …"."""
    train, judged = state.train_scores[-1], state.scores[-1]
    lower, higher = (_shown(state.measure, each) for each in (train, judged))
    of = "as high as" if lower == higher else "hardly below" if train < judged else "not below"
    return f"the training {_called(state)} ({lower}) is {of} the {state.judged} {_called(state)} ({higher})"


def _rounded(share: float) -> str:
    """Returns a share in whole percent: "61 %"."""
    return f"{100 * share:.0f} %"


def _called(state: RunState) -> str:
    return _QUANTITIES[state.measure]


def _shown(quantity: str, value: float) -> str:
    return text.percent(value) if quantity == "error" else text.figure(value, 3)


def _regularised(name: str, found: str, diagnosis: str, state: RunState) -> Hint:
    """Returns a hint whose remedy keeps the network from memorising."""
    training = state.experiment.training
    decay = _DECOUPLED_DECAY if OPTIMIZERS[training.optimizer].decouples_decay else _WEIGHT_DECAY
    if state.has_images and not training.augmentation.is_active:
        return Hint(name, found, diagnosis, "Add augmentation", {"augmentation": MILD})
    if state.judged == "validation":
        return Hint(name, found, diagnosis, "Stop at the best epoch", {"patience": _PATIENCE})
    if not training.weight_decay:
        return Hint(name, found, diagnosis, "Add weight decay", {"weight_decay": decay})
    return Hint(name, found, diagnosis, "More weight decay", {"weight_decay": 3 * training.weight_decay})


def _loosened(name: str, found: str, diagnosis: str, state: RunState) -> Hint:
    """Returns a hint whose remedy lets the network fit the training set better."""
    training, hidden = state.experiment.training, state.experiment.hidden
    default = OPTIMIZERS[training.optimizer].default_rate
    if not default / _FAR <= training.learning_rate <= default * _FAR:
        return _with_rate(name, found, diagnosis, default)
    if _default_weights(state):
        return Hint(name, found, diagnosis, "Weight scale 1", _default_weights(state))
    if not hidden:
        return Hint(name, found, diagnosis, "Add a hidden layer", {"hidden": (_FIRST_HIDDEN,)})
    penalties = {name: setting for name, setting in TRAINING_SETTINGS.items() if setting.is_penalty}
    used = {name: each.off for name, each in penalties.items() if each.is_on(getattr(training, name))}
    if used:
        return Hint(name, found, diagnosis, "Without regularisation", used)
    if training.augmentation.is_active:
        return Hint(name, found, diagnosis, "Without augmentation", {"augmentation": Augmentation()})
    if training.optimizer == "sgd":
        steps = {"optimizer": "adam", "learning_rate": OPTIMIZERS["adam"].default_rate}
        return Hint(name, found, diagnosis, "Train with Adam", steps)
    wider = tuple(_WIDER * size for size in hidden)
    return Hint(name, found, diagnosis, f"Hidden layers {text.shape(wider)}", {"hidden": wider})
