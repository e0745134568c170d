"""The curves that a run leaves behind."""

from __future__ import annotations

import json

import pytest

from engine.events import Epoch, Estimate
from engine.metrics import Evaluation
from engine.tape import Curve, Tape


def figures(error: float | None, loss: float = 9.0) -> Evaluation:
    return Evaluation(loss, error, None)


def test_a_point_at_the_same_place_replaces_the_last() -> None:
    curve = Curve()
    for epoch, value in ((0, 0.9), (1, 0.5), (1, 0.4)):
        curve.add(epoch, value)
    assert (curve.epochs, curve.values) == ([0, 1], [0.9, 0.4])


def test_epochs_give_exact_points_and_end_the_estimates() -> None:
    tape = Tape()
    tape.add_epoch(0, Epoch(0, figures(0.9), figures(0.8), 0.0))
    tape.add_estimate(0.5, Estimate(figures(0.6), figures(0.7)))
    assert tape.error.live_train.epochs == [0.5]
    tape.add_epoch(1, Epoch(1, figures(0.2), figures(0.3), 1.0))
    assert tape.train.values == [0.9, 0.2]
    assert tape.test.values == [0.8, 0.3]
    assert tape.error.live_train.epochs == []
    assert tape.completed == 1


def test_without_a_test_split_its_curves_stay_empty() -> None:
    tape = Tape()
    tape.add_epoch(0, Epoch(0, figures(0.9), None, 0.0))
    tape.add_estimate(0.5, Estimate(figures(0.6), None))
    assert not tape.test.epochs
    assert not tape.error.live_test.epochs


def test_regression_has_a_loss_and_no_error() -> None:
    tape = Tape()
    tape.add_epoch(0, Epoch(0, figures(None, loss=2.5), None, 0.0))
    tape.add_estimate(0.5, Estimate(figures(None, loss=2.0), None))
    assert tape.loss.train.values == [2.5]
    assert tape.loss.live_train.values == [2.0]
    assert tape.train.values == []
    assert tape.error.live_train.values == []
    assert tape.as_dict() == {"train_loss": [[0, 2.5]]}


def test_loss_is_kept_beside_error() -> None:
    tape = Tape()
    tape.add_epoch(1, Epoch(1, figures(0.2, 0.7), figures(0.3, 0.9), 1.0, figures(0.25, 0.8)))
    tape.add_estimate(1.5, Estimate(figures(0.1, 0.4), figures(0.2, 0.5)))
    assert (tape.loss.train.values, tape.loss.test.values, tape.loss.validation.values) == ([0.7], [0.9], [0.8])
    assert (tape.loss.live_train.values, tape.loss.live_test.values) == ([0.4], [0.5])
    assert (tape.error.live_train.values, tape.error.live_test.values) == ([0.1], [0.2])
    tape.add_epoch(2, Epoch(2, figures(0.1, 0.3), None, 1.0))
    assert tape.loss.live_train.epochs == []
    assert tape.loss.live_test.epochs == []
    assert (tape.loss.last_epoch, Tape().loss.last_epoch) == (2, 0)


def test_losses_come_back_from_a_file_under_keys_of_their_own() -> None:
    tape = Tape()
    tape.add_epoch(1, Epoch(1, figures(0.2, 0.7), figures(0.3, 0.9), 1.0, figures(0.25, 0.8)))
    kept = json.loads(json.dumps(tape.as_dict()))
    assert kept == {
        "train": [[1, 0.2]],
        "test": [[1, 0.3]],
        "validation": [[1, 0.25]],
        "train_loss": [[1, 0.7]],
        "test_loss": [[1, 0.9]],
        "validation_loss": [[1, 0.8]],
    }
    again = Tape.from_dict(kept)
    assert (again.error, again.loss) == (tape.error, tape.loss)


def test_a_file_from_before_there_were_losses_opens() -> None:
    tape = Tape.from_dict({"train": [[0, 0.9], [1, 0.2]], "test": [[0, 0.9]]})
    assert tape.train.values == [0.9, 0.2]
    assert tape.loss.train.values == []


def test_a_loss_that_overflowed_is_not_written() -> None:
    tape = Tape()
    for epoch, loss in enumerate((0.5, float("inf"), float("nan"), 0.4)):
        tape.add_epoch(epoch, Epoch(epoch, figures(0.1, loss), None, 0.0))
    assert tape.as_dict()["train_loss"] == [[0, 0.5], [3, 0.4]]
    assert len(tape.as_dict()["train"]) == 4


def test_curves_come_back_from_a_file() -> None:
    tape = Tape()
    for curve, values in ((tape.train, [0.9, 0.2]), (tape.validation, [0.8, 0.3])):
        for epoch, value in enumerate(values):
            curve.add(epoch, value)
    kept = json.loads(json.dumps(tape.as_dict()))
    assert kept == {"train": [[0, 0.9], [1, 0.2]], "validation": [[0, 0.8], [1, 0.3]]}
    again = Tape.from_dict(kept)
    assert (again.train, again.test, again.validation) == (tape.train, tape.test, tape.validation)


@pytest.mark.parametrize(
    "damage",
    [
        None,
        3,
        [],
        {"train": 3},
        {"train": [[1]]},
        {"train": [[1, "x"]]},
        {"train": [[1, -1]]},
        {"train": [5]},
        {"train": [[1, 10**400]]},
    ],
)
def test_what_is_no_curve_is_left_out(damage: object) -> None:
    assert Tape.from_dict(damage).train.epochs == []


def test_a_point_that_is_none_does_not_take_the_others_along() -> None:
    curve = Tape.from_dict({"train": [[2, 0.1], [1, -1], [0, 0.9], "x", [3, None]]}).train
    assert (curve.epochs, curve.values) == ([0, 2], [0.9, 0.1])
