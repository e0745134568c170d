"""What is sent in a parcel arrives as it was."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from engine.events import BestRestored, Epoch, Evaluating
from engine.metrics import Evaluation
from nnviz.jobs.parcels import Parcel
from nnviz.jobs.reports import Frame


def _pickle_of(*messages: object) -> bytes:
    parcel = Parcel()
    for message in messages:
        match message:
            case (int() as run, event):
                parcel.add_event(run, event)
            case _:
                parcel.add(message)
    assert len(parcel.messages) == len(messages)
    return pickle.dumps(parcel, protocol=5)


OF_CLASSES = Evaluation(0.25, 0.125, np.arange(9).reshape(3, 3), np.array([5, 2, 1]))
OF_NUMBERS = Evaluation(0.5, None, None, None, 1.5, -0.25)


@pytest.mark.parametrize("figures", [OF_CLASSES, OF_NUMBERS], ids=["classes", "numbers"])
def test_epochs_arrive_as_they_were(figures: Evaluation) -> None:
    sent = [(number, Epoch(number, figures, None, 0.5, OF_CLASSES, 2)) for number in range(3)]
    arrived = pickle.loads(_pickle_of(*sent))
    assert list(map(repr, arrived)) == list(map(repr, sent))
    for number, event in arrived:
        assert type(event) is Epoch
        np.testing.assert_array_equal(event.validation.confusion, OF_CLASSES.confusion, strict=True)
        np.testing.assert_array_equal(event.validation.ranks, OF_CLASSES.ranks, strict=True)
        assert event.epoch == number


def test_messages_of_different_kinds_arrive_in_their_order() -> None:
    first, last = (1, Epoch(1, OF_CLASSES, None, 0.5)), (2, Epoch(0, OF_NUMBERS, None, 0.5))
    sent = ["ready", first, (1, BestRestored(1, OF_CLASSES, early=True)), (1, Evaluating(2)), first, "frame", last]
    assert list(map(repr, pickle.loads(_pickle_of(*sent)))) == list(map(repr, sent))


def test_what_changes_afterwards_arrives_as_it_was() -> None:
    parameters = np.arange(4, dtype=np.float32)
    parcel = _pickle_of("ready", Frame(1, parameters, 1, 1, 1, 0.1))
    parameters += 1
    word, frame = pickle.loads(parcel)
    assert word == "ready"
    np.testing.assert_array_equal(frame.parameters, np.arange(4, dtype=np.float32), strict=True)
