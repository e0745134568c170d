"""Sentences about what changed between two networks, on stored figures."""

from __future__ import annotations

import numpy as np

from engine.explain.prediction_changes import ClassChanges, NumberChanges
from engine.explain.predictions import ClassPredictions, NumberPredictions
from nnviz.formatting.change_sentences import (
    class_change,
    confusion_change,
    figure_changes,
    loss_change,
    number_change,
    what_if_errors,
)
from nnviz.formatting.conclusion import Conclusion

DIGITS = tuple("01234")
OPENING = "From epoch 3 to 20"


def predicted(*groups: tuple[int, int, int]) -> ClassPredictions:
    """Groups of (true class, predicted class, number of examples)."""
    labels = np.concatenate([np.full(count, true) for true, _, count in groups])
    answers = np.concatenate([np.full(count, answer) for _, answer, count in groups])
    return ClassPredictions(labels, answers, np.ones(len(labels), np.float32), 5)


def changed(before: ClassPredictions, after: ClassPredictions, is_image: bool = True) -> tuple[Conclusion, Conclusion]:
    """Returns the sentences of the curves and those of the mistakes."""
    errors = float(before.are_wrong.mean()), float(after.are_wrong.mean())
    about = ClassChanges(before, after), errors, DIGITS, is_image
    return class_change(OPENING, *about), confusion_change(OPENING, "test", *about)


def test_the_error_and_the_confusions_that_changed_most() -> None:
    before = predicted((0, 0, 300), (1, 2, 30), (1, 1, 70), (3, 3, 90), (3, 4, 10))
    after = predicted((0, 0, 300), (1, 2, 5), (1, 1, 95), (3, 3, 88), (3, 4, 12))
    curves, mistakes = changed(before, after)
    assert curves == (
        "From epoch 3 to 20, 25 became right and 2 wrong.",
        "1s read as 2 fell from 30 to 5, 3s read as 4 rose from 10 to 12.",
        "",
    )
    assert mistakes == (
        "From epoch 3 to 20, 1s read as 2 fell from 30 to 5, 3s read as 4 rose from 10 to 12.",
        "Test error 8.00 → 3.40 %.",
        "25 became right and 2 wrong.",
    )
    assert "1 as 2 fell" in changed(before, after, is_image=False)[0].rest


def test_a_difference_that_chance_explains_is_called_so() -> None:
    before = predicted((0, 0, 95), (0, 1, 5), (1, 1, 96), (1, 0, 4))
    after = predicted((0, 0, 95), (0, 1, 5), (1, 1, 94), (1, 0, 6))
    curves, mistakes = changed(before, after)
    assert curves.lead == "From epoch 3 to 20, 0 became right and 2 wrong, perhaps by chance."
    assert mistakes.lead == "From epoch 3 to 20, 1s read as 0 rose from 4 to 6."
    assert mistakes.rest == "Test error 4.50 → 5.50 %, perhaps by chance."


def test_no_change() -> None:
    same = predicted((0, 0, 99), (0, 1, 1))
    curves, mistakes = changed(same, same)
    assert curves == ("From epoch 3 to 20, 0 became right and 0 wrong.", "", "")
    assert mistakes == ("From epoch 3 to 20, 0 became right and 0 wrong.", "Test error 1.00 → 1.00 %.", "")


def test_numbers() -> None:
    targets = np.arange(4.0)

    def numbers(*answers: float) -> NumberPredictions:
        return NumberPredictions(np.zeros(4, np.int64), targets, np.array(answers), np.ones(1), np.ones(1))

    changes = NumberChanges(numbers(1.0, 2.0, 2.0, 2.0), numbers(0.5, 1.5, 2.0, 0.0))
    assert number_change(OPENING, "test", changes, (3.104, 2.71), "mpg") == (
        "From epoch 3 to 20 the test RMSE fell from 3.10 to 2.71 mpg.",
        "2 of 4 predictions came nearer, 1 moved away.",
        "",
    )
    assert number_change("From parent to branch, at epoch 6,", "test", changes, (np.nan, 1.0), "").lead == (
        "From parent to branch, at epoch 6, 2 of 4 predictions came nearer, 1 moved away."
    )


def test_figures_of_both() -> None:
    before = {"test_error": 0.0323, "train_error": 0.0264, "train_loss": 0.1}
    after = {"test_error": 0.0263, "train_error": 0.0264, "validation_error": 0.1}
    assert figure_changes(before, after, "error") == {
        "test": "test 3.23 → 2.63 % (−0.60)",
        "train": "training 2.64 → 2.64 % (±0)",
    }
    assert figure_changes({"test_rmse": 3.1}, {"test_rmse": 2.713}, "rmse", "mpg") == {
        "test": "test 3.10 → 2.71 mpg (−0.39)"
    }
    assert figure_changes({}, after, "error") == {}
    both = {"test_error": 0.0019, "train_error": 0.1}, {"test_error": 0.01206, "train_error": 0.1}
    assert figure_changes(*both, "error")["test"] == "test 0.19 → 1.21 % (+1.02)", "as the written figures differ"
    losses = {"train_loss": 0.1, "test_loss": 0.2}, {"train_loss": 0.01, "test_loss": 0.25}
    assert figure_changes(*losses, "loss") == {
        "test": "test 0.200 → 0.250 (+0.050)",
        "train": "training 0.100 → 0.0100 (−0.0900)",
    }
    assert loss_change(OPENING, *losses) == ("From epoch 3 to 20 the test loss rose from 0.200 to 0.250.", "", "")
    assert loss_change(OPENING, {}, losses[1]) is None


def test_errors_with_and_without_a_what_if() -> None:
    assert what_if_errors(0.0263, 0.029, "error", "") == "What if: 2.90 % instead of 2.63 %."
    assert what_if_errors(0.0263, 0.0263, "error", "") == "What if: still 2.63 %."
    assert what_if_errors(2.631, 3.4, "rmse", "mpg") == "What if: RMSE 3.40 mpg instead of 2.63 mpg."
