"""The texts of the page of user examples."""

from __future__ import annotations

import numpy as np

from engine.datasets.dataset import Split, one_hot
from engine.datasets.user_examples import UserExamples
from nnviz.cards.user_examples.model import TestSetChange as ChangeOfTestSet
from nnviz.cards.user_examples.model import UserExamplePredictions
from nnviz.cards.user_examples.presentation import format_progress, format_test_change, format_totals


def test_all_numbers_of_a_text_have_the_same_thousands_separator() -> None:
    labels = np.zeros(5000, int)
    targets = one_hot(labels, 2)
    outputs = targets.copy()
    outputs[:1234] = targets[:1234, ::-1]
    inputs = np.zeros((5000, 1), np.float32)
    answers = UserExamplePredictions(
        UserExamples(inputs, labels.astype(str)), Split(inputs, targets, labels), outputs, targets, 0.2468
    )
    mixed_in = np.arange(5000) < 2345
    change = ChangeOfTestSet(0.3, 0.2, 1001, 2002, np.array([1001, 0]))

    assert format_totals(answers, "digit") == "1\u202f234 of 5\u202f000 digits of your own are misclassified."
    assert format_progress(mixed_in, mixed_in, 0.1, "")[0].startswith("2\u202f345 of 5\u202f000 in the training set")
    assert format_test_change(change, ["0", "1"], "digit").endswith(
        "; 1\u202f001 digits forgotten: right before, wrong now, most often 0; 2\u202f002 newly right"
    )
