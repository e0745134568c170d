"""Changes between two predictions of the same examples, worked by hand."""

from __future__ import annotations

import numpy as np

from engine.explain.prediction_changes import ClassChanges, NumberChanges, changes_between
from engine.explain.predictions import ClassPredictions, NumberPredictions

LABELS = np.array([0, 0, 1, 1, 2, 2])


def classes(answers: list[int], confidences: list[float]) -> ClassPredictions:
    return ClassPredictions(LABELS, np.array(answers), np.array(confidences, np.float32), 3)


BEFORE = classes([0, 1, 1, 2, 0, 2], [0.9] * 6)
#                right wrong wrong(2) right wrong(1) right: 1 became right, 2 wrong, 3 right, 4 stays wrong
AFTER = classes([0, 0, 2, 1, 1, 2], [0.5, 0.6, 0.7, 0.8, 0.9, 0.4])


def test_the_matrix_is_later_counts_minus_earlier_ones() -> None:
    changes = changes_between(BEFORE, AFTER)
    assert isinstance(changes, ClassChanges)
    np.testing.assert_array_equal(changes.matrix, [[1, -1, 0], [0, 0, 0], [-1, 1, 0]])
    np.testing.assert_array_equal(np.flatnonzero(changes.are_new_mistakes), [2])
    np.testing.assert_array_equal(np.flatnonzero(changes.are_corrected), [1, 3])


def test_examples_entered_or_left_a_cell() -> None:
    """Mistakes come first; of both kinds the most confident one."""
    changes = ClassChanges(BEFORE, AFTER)
    assert changes.of(None, None).tolist() == [2, 3, 1]
    assert changes.of(1, 2).tolist() == [2, 3]  # one entered, the other left
    assert changes.of(2, 1).tolist() == [4]  # wrong both times, but it entered the cell
    assert changes.of(0, 0).tolist() == [1]
    assert changes.of(1, None).tolist() == [2, 3]
    assert changes.of(None, 0).tolist() == [4, 1]
    assert changes.among(np.array([True, True, True, False, True, True])).tolist() == [2, 1]


def test_numbers_come_nearer_or_move_away() -> None:
    targets = np.array([1.0, 2.0, 3.0, 4.0])

    def predicted(*answers: float) -> NumberPredictions:
        return NumberPredictions(np.zeros(4, np.int64), targets, np.array(answers), np.ones(1), np.ones(1))

    changes = changes_between(predicted(3.0, 2.5, 3.0, np.nan), predicted(1.5, 3.5, 3.0, 4.0))
    assert isinstance(changes, NumberChanges)
    np.testing.assert_allclose(changes.gains, [1.5, -1.0, 0.0, 0.0])
    assert changes.order.tolist() == [0, 1, 2, 3]
    assert changes.among(np.array([False, True, True, False])).tolist() == [1, 2]
