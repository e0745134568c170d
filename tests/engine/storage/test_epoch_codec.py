"""An epoch's event comes out of its bytes as it was."""

from __future__ import annotations

import numpy as np
import pytest

from engine.storage.epoch_codec import epoch_bytes, epoch_from, epoch_numbers
from engine.training.events import Epoch
from engine.training.metrics import Evaluation

OF_CLASSES = Evaluation(0.25, 0.125, np.arange(9).reshape(3, 3), np.array([5, 2, 1]))
OF_NUMBERS = Evaluation(0.5, None, None, None, 1.5, -0.25)
EVENTS = {
    "classes": Epoch(3, OF_CLASSES, OF_CLASSES, 0.5, OF_CLASSES, 2),
    "numbers": Epoch(3, OF_NUMBERS, None, 0.5),
    "an error alone": Epoch(3, Evaluation(0.25, 0.125, None), None, 0.5),
    "nothing": Epoch(0, None, None, 0.0),
    "not finite": Epoch(1, Evaluation(float("inf"), None, None, None, float("nan"), None), None, 0.5),
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_an_event_comes_out_of_its_bytes_as_it_was(event: Epoch) -> None:
    found = epoch_from(epoch_bytes(event))
    assert repr(found) == repr(event)
    for part, expected in ((found.train, event.train), (found.validation, event.validation)):
        if expected is not None and expected.confusion is not None:
            np.testing.assert_array_equal(part.confusion, expected.confusion, strict=True)
            np.testing.assert_array_equal(part.ranks, expected.ranks, strict=True)
            part.confusion[0, 0] += 1  # it is nobody else's


def test_the_numbers_stand_in_the_order_of_the_quantities() -> None:
    epoch, seconds, dead_layer, train, test, validation = epoch_numbers(epoch_bytes(EVENTS["numbers"]))
    assert (epoch, seconds, dead_layer, test, validation) == (3, 0.5, None, None, None)
    assert train == (None, 0.5, 1.5, -0.25, None, None)  # error, loss, RMSE, R²


def test_numbers_of_numpy_are_packed_as_numbers() -> None:
    """As a loss of somebody's own may give them."""
    of = Evaluation(np.float64(0.25), np.float32(0.125), None, None, np.float64(1.5), np.float64(-0.25))
    train = epoch_numbers(epoch_bytes(Epoch(1, of, None, 0.5)))[3]
    assert train == (0.125, 0.25, 1.5, -0.25, None, None)


def test_counts_may_be_small_numbers() -> None:
    """As those of a sweep's runs are kept."""
    of = Evaluation(0.25, 0.125, OF_CLASSES.confusion.astype(np.uint8), OF_CLASSES.ranks.astype(np.uint8))
    assert repr(epoch_from(epoch_bytes(Epoch(1, of, None, 0.5))).train) == repr(OF_CLASSES)
