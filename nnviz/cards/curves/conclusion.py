"""What a run achieved, as a count, and what its curves mean: still better, no longer, worse, or not finite."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from engine.datasets import Dataset
from engine.explain.prediction_changes import ClassChanges
from engine.explain.predictions import NumberPredictions
from engine.training.early_estimates import ESTIMATE_EXAMPLES
from nnviz.cards.curves.known_figures import exact_figure, known_figure
from nnviz.formatting.achievement import class_achievement, number_achievement, untrained_achievement
from nnviz.formatting.change_sentences import class_change, loss_change, number_change, what_if_errors
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.meaning import Meaning
from nnviz.formatting.setting_text import setting_name, title_of_data
from nnviz.formatting.text import epochs as epochs_text
from nnviz.hints.learning_curves import Change, Course, CurvesFinding, find_in_curves
from nnviz.session.example_sets import SET_LABELS
from nnviz.session.example_text import counted_noun
from nnviz.session.prediction_changes import PredictionChanges, error_of
from nnviz.session.session import Session
from nnviz.session.settings import is_of_layers
from nnviz.session.split_predictions import SplitPredictions
from nnviz.session.status import Status
from nnviz.ui.plots.curve_axes import LOSS, RMSE, Quantity

_UNTRAINED = "It has learned nothing yet."
_OTHER_EXAMPLES = "It has learned from other examples."
_OTHER_NETWORK = "The settings describe another network."
_CHANGES = {
    Change.RISEN: "worse",
    Change.NONE: "not better",
    Change.HARDLY: "hardly better",
    Change.ONE_EXAMPLE: "better by only one example",
}


def curve_words(called: str, found: CurvesFinding) -> str:
    """Returns what the curves of a run do, as words after their name: "hardly better since epoch 6"; "" for nothing.

    Args:
        called: the name of the quantity: "error".
        found: what its curves show.
    """
    train, judged = found.train, found.judged
    match found.course:
        case Course.NOT_FINITE:
            return "no longer finite"
        case Course.TOO_FEW:
            trained = sum(epoch > 0 for epoch in judged.epochs)
            many = "one epoch is" if trained == 1 else "two epochs are"
            return f"{many} too few to say more" if len(judged.values) > 1 else ""
        case Course.LOST:
            return f"much worse than at epoch {epochs_text(train.lowest[0])}"
        case Course.NOT_LEARNED:
            return "hardly better than before training"
        case Course.ZERO:
            if judged.zero_since == judged.points[-1][0]:  # its figures name that epoch
                return "no mistake" if called == "error" else "now 0"
            return f"{'no mistake' if called == 'error' else '0'} since epoch {epochs_text(judged.zero_since)}"
        case Course.JUMPED:
            return f"worse than at epoch {epochs_text(judged.lowest[0])}; it is too early to tell whether that lasts"
        case Course.FALLING:
            place = judged.fell_from
            if judged.rose_at_end and place is not None:
                return f"better than at epoch {epochs_text(judged.epochs[place])}, but the last epoch was worse"
            return "still getting better"
        case Course.UNDECIDED if not (judged.has_risen and found.are_apart):
            return f"best at epoch {epochs_text(judged.lowest[0])} so far"
        case _:
            return f"{_CHANGES[found.change]} since epoch {epochs_text(found.since)}"


def run_conclusion(session: Session, quantity: Quantity) -> Conclusion | None:
    """Returns what the run achieved and what its curves do, up to the displayed epoch; None for nothing.

    It is the one place that says so: hints follow from the same findings.
    """
    run, epoch, sets = session.runs.current, session.timeline.epoch, session.mistakes.parts
    if session.state is Status.LOADING:
        return Conclusion(
            f"Loading {title_of_data(session.data.name)} …" if session.data.name else "Loading the data …"
        )
    wrong = next(iter(session.settings.problems), None)
    if wrong is not None and session.state is not Status.TRAINING:
        return Conclusion(f"Correct {_called(wrong)}.")
    if epoch is None and session.state is not Status.TRAINING and session.training.replaces_network:
        return Conclusion(_OTHER_EXAMPLES if session.training.learned_from_others else _OTHER_NETWORK)
    if supposed := _what_if(session, quantity):
        return Conclusion(supposed)
    if epoch is None and run.edited is not None:
        return Conclusion(f"The network was edited: the last point of each curve is its {quantity.called} since then.")
    examples = {name: each.count for name, each in sets.items()}
    found = find_in_curves(run.history, quantity.name, examples, math.inf if epoch is None else epoch)
    words = "" if found is None else curve_words(quantity.called, found)
    subject = ""
    if found is not None:
        is_of_training = not found.is_held_out or found.course in (Course.LOST, Course.NOT_LEARNED)
        is_of_training |= found.course is Course.NOT_FINITE and not math.isinf(found.judged.last)
        subject = f"{'Training' if is_of_training else found.part.capitalize()} {quantity.called}"
    achieved = ""
    if found is None or found.course is not Course.NOT_FINITE:
        achieved = _achievement(session, quantity, examples)
    best = run.history.best
    restored = f"Early stopping restored epoch {epochs_text(best.epoch)}." if best is not None and epoch is None else ""
    if achieved and run.untouched:
        return Conclusion(_UNTRAINED, achieved) if quantity.name == RMSE.name else Conclusion(achieved)
    if achieved and epoch is None and session.state is Status.TRAINING:
        return Conclusion(f"Learning: {achieved[0].lower()}{achieved[1:]}")
    if achieved:
        return Conclusion(achieved, restored or (f"{words[0].upper()}{words[1:]}." if words else ""))
    if words:
        return Conclusion(f"{subject}: {words}.", restored)
    return Conclusion(_UNTRAINED) if run.untouched else None


def compared_conclusion(session: Session, quantity: Quantity) -> Conclusion | None:
    """Returns what has changed between the two networks that are compared; None while it is not known."""
    compared, meaning = session.side_by_side, session.meaning
    if compared.sides is None:
        return None
    if quantity.name == LOSS.name:
        return loss_change(compared.opening, *(dict(side.figures) for side in compared.sides))
    found = compared.changes_of_sides
    return None if found is None else _change_sentences(found, meaning)


def _what_if(session: Session, quantity: Quantity) -> str:
    """Returns the errors with and without the what-ifs; "" without any, or until both are known."""
    predicted = _predicted(session)
    if not session.displayed.what_if or quantity.name == LOSS.name or predicted is None:
        return ""
    before = exact_figure(session, quantity, predicted.part.name)
    if before is None:
        return ""
    return what_if_errors(before, error_of(predicted.answers, session.meaning), quantity.name, session.meaning.unit)


def _called(field: str) -> str:
    """Returns the name of a field of the settings for a sentence: "the learning rate", "layer 2"."""
    if field == "shape":
        return "the shape"
    return field if is_of_layers(field) else f"the {setting_name(field.removeprefix('data '))}"


def _achievement(session: Session, quantity: Quantity, sizes: Mapping[str, int]) -> str:
    """Returns what the displayed network achieves, as a count; "" if it is not known.

    ``sizes``: the numbers of examples of the sets.
    """
    data, run = session.data.dataset, session.runs.current
    if data is None or quantity.name == LOSS.name:
        return ""
    if quantity.name == RMSE.name:
        return _number_achievement(data, _predicted(session), session.meaning.unit)
    part = next((name for name in ("test", "validation", "train") if sizes.get(name)), None)
    if part is None:
        return ""
    measured = known_figure(session, quantity, part)
    predicted = _predicted(session)
    if measured is None and run.untouched and predicted is not None and predicted.part.name == part:
        measured = 0.0, error_of(predicted.answers, session.meaning), False
    if measured is None or not math.isfinite(measured[1]):
        return ""
    at, error, is_estimate = measured
    examples = min(sizes[part], ESTIMATE_EXAMPLES) if is_estimate else sizes[part]
    if at == 0 and run.untouched:
        return untrained_achievement(counted_noun(data), error, examples)
    return class_achievement(counted_noun(data), error, examples, part != "train")


def _predicted(session: Session) -> SplitPredictions | None:
    """Returns the predictions of the displayed network for the chosen set; None while they are not known."""
    found = session.mistakes.found
    return found if found is not None and found.network is session.displayed.network else None


def _number_achievement(data: Dataset, predicted: SplitPredictions | None, unit: str) -> str:
    """Returns how far off half of the new examples are; "" without their predictions."""
    if predicted is None or predicted.part.name == "train" or data.outputs != 1:
        return ""
    answers = predicted.answers
    if not isinstance(answers, NumberPredictions) or not np.isfinite(answers.differences).all():
        return ""
    numbers, targets = (data.raw_targets(each[:, None]) for each in (answers.answers, answers.targets))
    half = float(np.median(np.abs(numbers - targets)))
    return number_achievement(counted_noun(data), half, unit, len(targets))


def _change_sentences(found: PredictionChanges, meaning: Meaning) -> Conclusion:
    """Returns what changed between the predictions of two networks."""
    changes, part, errors = found.changes, SET_LABELS[found.part.name], found.errors(meaning)
    if isinstance(changes, ClassChanges):
        names = [meaning.output(number) for number in range(len(changes.matrix))]
        return class_change(found.opening, changes, errors, names, meaning.picture is not None)
    return number_change(found.opening, part, changes, errors, meaning.unit)
