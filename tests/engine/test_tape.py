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
    assert tape.live_train.epochs == [0.5]
    tape.add_epoch(1, Epoch(1, figures(0.2), figures(0.3), 1.0))
    assert tape.train.values == [0.9, 0.2]
    assert tape.test.values == [0.8, 0.3]
    assert tape.live_train.epochs == []
    assert tape.completed == 1


def test_without_a_test_split_its_curves_stay_empty() -> None:
    tape = Tape()
    tape.add_epoch(0, Epoch(0, figures(0.9), None, 0.0))
    tape.add_estimate(0.5, Estimate(figures(0.6), None))
    assert not tape.test.epochs
    assert not tape.live_test.epochs


def test_regression_draws_the_loss() -> None:
    tape = Tape()
    tape.add_epoch(0, Epoch(0, figures(None, loss=2.5), None, 0.0))
    assert tape.train.values == [2.5]


def test_curves_come_back_from_a_file() -> None:
    tape = Tape()
    for curve, values in ((tape.train, [0.9, 0.2]), (tape.held_out, [0.8, 0.3])):
        for epoch, value in enumerate(values):
            curve.add(epoch, value)
    kept = json.loads(json.dumps(tape.as_dict()))
    assert kept == {"train": [[0, 0.9], [1, 0.2]], "held_out": [[0, 0.8], [1, 0.3]]}
    again = Tape.from_dict(kept)
    assert (again.train, again.test, again.held_out) == (tape.train, tape.test, tape.held_out)


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
