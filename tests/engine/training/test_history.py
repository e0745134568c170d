"""What a training leaves behind: curves, confusion matrices, changes; and the way through a file."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest

from engine.training.events import Batch, BestRestored, Epoch, Estimate, Evaluating
from engine.training.history import Change, Curve, History
from engine.training.metrics import Evaluation


def figures(error: float | None, loss: float = 9.0) -> Evaluation:
    return Evaluation(loss, error, None)


def test_a_point_at_the_same_place_replaces_the_last() -> None:
    curve = Curve()
    for epoch, value in ((0, 0.9), (1, 0.5), (1, 0.4)):
        curve.add(epoch, value)
    assert (curve.epochs, curve.values) == ([0, 1], [0.9, 0.4])


def test_epochs_give_exact_points_and_end_the_estimates() -> None:
    history = History()
    history.take_event(Epoch(0, figures(0.9), figures(0.8), 0.0))
    history.add_estimate(0.5, Estimate(figures(0.6), figures(0.7)))
    assert history.error.live_train.epochs == [0.5]
    history.take_event(Epoch(1, figures(0.2), figures(0.3), 1.0))
    assert history.error.train.values == [0.9, 0.2]
    assert history.error.test.values == [0.8, 0.3]
    assert history.error.live_train.epochs == []
    assert history.completed == 1


def test_without_a_test_split_its_curves_stay_empty() -> None:
    history = History()
    history.take_event(Epoch(0, figures(0.9), None, 0.0))
    history.add_estimate(0.5, Estimate(figures(0.6), None))
    assert not history.error.test.epochs
    assert not history.error.live_test.epochs


def test_regression_has_a_loss_and_no_error() -> None:
    history = History()
    history.take_event(Epoch(0, figures(None, loss=2.5), None, 0.0))
    history.add_estimate(0.5, Estimate(figures(None, loss=2.0), None))
    assert history.loss.train.values == [2.5]
    assert history.loss.live_train.values == [2.0]
    assert history.error.train.values == []
    assert history.error.live_train.values == []
    assert history.as_dict() == {"train_loss": [[0, 2.5]]}


def test_loss_is_kept_beside_error() -> None:
    history = History()
    history.take_event(Epoch(1, figures(0.2, 0.7), figures(0.3, 0.9), 1.0, figures(0.25, 0.8)))
    history.add_estimate(1.5, Estimate(figures(0.1, 0.4), figures(0.2, 0.5)))
    assert (history.loss.train.values, history.loss.test.values, history.loss.validation.values) == (
        [0.7],
        [0.9],
        [0.8],
    )
    assert (history.loss.live_train.values, history.loss.live_test.values) == ([0.4], [0.5])
    assert (history.error.live_train.values, history.error.live_test.values) == ([0.1], [0.2])
    history.take_event(Epoch(2, figures(0.1, 0.3), None, 1.0))
    assert history.loss.live_train.epochs == []
    assert history.loss.live_test.epochs == []
    assert (history.loss.last_epoch, History().loss.last_epoch) == (2, 0)


def test_losses_come_back_from_a_file_under_keys_of_their_own() -> None:
    history = History()
    history.take_event(Epoch(1, figures(0.2, 0.7), figures(0.3, 0.9), 1.0, figures(0.25, 0.8)))
    kept = json.loads(json.dumps(history.as_dict()))
    assert kept == {
        "train": [[1, 0.2]],
        "test": [[1, 0.3]],
        "validation": [[1, 0.25]],
        "train_loss": [[1, 0.7]],
        "test_loss": [[1, 0.9]],
        "validation_loss": [[1, 0.8]],
    }
    again = History.from_dict(kept)
    assert (again.error, again.loss) == (history.error, history.loss)


def test_a_file_from_before_there_were_losses_opens() -> None:
    history = History.from_dict({"train": [[0, 0.9], [1, 0.2]], "test": [[0, 0.9]]})
    assert history.error.train.values == [0.9, 0.2]
    assert history.loss.train.values == []


def test_a_loss_that_overflowed_is_not_written() -> None:
    history = History()
    for epoch, loss in enumerate((0.5, float("inf"), float("nan"), 0.4)):
        history.take_event(Epoch(epoch, figures(0.1, loss), None, 0.0))
    assert history.as_dict()["train_loss"] == [[0, 0.5], [3, 0.4]]
    assert len(history.as_dict()["train"]) == 4


def test_curves_come_back_from_a_file() -> None:
    history = History()
    for curve, values in ((history.error.train, [0.9, 0.2]), (history.error.validation, [0.8, 0.3])):
        for epoch, value in enumerate(values):
            curve.add(epoch, value)
    kept = json.loads(json.dumps(history.as_dict()))
    assert kept == {"train": [[0, 0.9], [1, 0.2]], "validation": [[0, 0.8], [1, 0.3]]}
    again = History.from_dict(kept)
    assert again.error == history.error


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
        {"train": [[10**9, 0.5]]},
        {"train": [[1, float("nan")]]},
    ],
)
def test_what_is_no_curve_is_left_out(damage: object) -> None:
    assert History.from_dict(damage).error.train.epochs == []


def test_a_point_that_is_none_does_not_take_the_others_along() -> None:
    curve = History.from_dict({"train": [[2, 0.1], [1, -1], [0, 0.9], "x", [3, None]]}).error.train
    assert (curve.epochs, curve.values) == ([0, 2], [0.9, 0.1])


def test_what_0_3_called_held_out_is_the_validation_set() -> None:
    history = History.from_dict({"held_out": [[1, 0.3]], "held_out_loss": [[1, 0.9]]})
    assert (history.error.validation.values, history.loss.validation.values) == ([0.3], [0.9])


def test_a_next_run_goes_on_behind() -> None:
    history = History()
    history.take_event(Epoch(3, figures(0.5), None, 1.0))
    history.take_event(Epoch(0, figures(0.5), None, 1.0), before=3)
    history.take_event(Epoch(1, figures(0.4), None, 1.0), before=3)
    assert history.error.train.epochs == [3, 4]
    assert history.completed == 4
    assert History.from_dict(history.as_dict()).completed == 4


def test_other_events_are_left_alone() -> None:
    history = History()
    for event in (Batch(1, 1, 10, 0.5), Evaluating(1)):
        history.take_event(event)
    assert history == History()


def test_early_stopping_is_remembered_until_training_goes_on() -> None:
    history = History()
    history.take_event(Epoch(2, figures(0.5), None, 1.0), before=10)
    history.take_event(BestRestored(1, figures(0.4), True), before=10)
    assert history.best is not None
    assert (history.best.epoch, history.best.early, history.completed) == (11, True, 12)
    again = History.from_dict(json.loads(json.dumps(history.as_dict()))).best
    assert again is not None
    assert (again.epoch, again.early, again.figures.error, again.figures.loss) == (11, True, 0.4, figures(0.4).loss)
    for event in (Epoch(0, figures(0.4), None, 0.0), Batch(1, 1, 10, 0.5)):
        later = history.copy()
        later.take_event(event, before=12)
        assert later.best is None


@pytest.mark.parametrize(
    "damage",
    [
        3,
        [],
        {},
        {"epoch": 1},
        {"epoch": -1, "loss": 0.5},
        {"epoch": float("nan"), "loss": 0.5},
        {"epoch": 10**400, "loss": 0.5},
        {"epoch": "1", "loss": 0.5},
        {"epoch": 1, "loss": "x"},
        {"epoch": 1, "loss": float("inf")},
        {"epoch": 1, "loss": 0.5, "error": 1.5},
        {"epoch": 1, "loss": 0.5, "rmse": [1]},
    ],
)
def test_what_is_no_best_epoch_is_left_out(damage: object) -> None:
    assert History.from_dict({"train": [[1, 0.5]], "best": damage}).best is None


def test_what_is_measured_again_takes_the_place_of_the_last_epoch() -> None:
    history = History()
    for epoch in (1, 2):
        history.take_event(Epoch(epoch, figures(0.5), figures(0.6), 1.0))
    history.measure_again(2, {})
    assert (history.error.train.epochs, history.figures(2), history.completed) == ([1], {}, 2)
    history.measure_again(2, {"train_error": 0.8})
    assert (history.error.train.values, history.error.test.values) == ([0.5, 0.8], [0.6])
    history.measure_again(2.5, {"train_error": 0.7})
    assert (history.error.train.epochs, history.completed, history.figures(2.5)) == (
        [1, 2, 2.5],
        2.5,
        {"train_error": 0.7},
    )


def test_figures_are_those_that_were_measured_there() -> None:
    history = History()
    history.take_event(Epoch(1, figures(0.2, 0.7), None, 1.0, figures(0.25, 0.8)))
    history.take_event(Epoch(2, figures(0.1, 0.3), None, 1.0))
    assert history.figures(1) == {
        "train_error": 0.2, "validation_error": 0.25, "train_loss": 0.7, "validation_loss": 0.8,
    }  # fmt: skip
    assert history.figures(2) == {"train_error": 0.1, "train_loss": 0.3}
    assert history.figures(3) == {}


# ---- changes


def test_changes_at_the_same_place_are_joined() -> None:
    history = History()
    history.note_change(1.5, "learning rate 0.1")
    history.note_change(1.5, "momentum 0.5")
    history.note_change(2, "20 more epochs")
    wanted = [Change(1.5, "learning rate 0.1, momentum 0.5"), Change(2, "20 more epochs")]
    assert history.changes == wanted
    assert History.from_dict(json.loads(json.dumps(history.as_dict()))).changes == wanted


@pytest.mark.parametrize(
    "damage", [3, {}, [3], [[1]], [[1, 2]], [["x", "y"]], [[-1, "y"]], [[float("nan"), "y"]], ["ab"]]
)
def test_what_is_no_change_is_left_out(damage: object) -> None:
    assert History.from_dict({"changes": damage}).changes == []


# ---- confusion matrices


def measured(epoch: int, classes: int = 10) -> Epoch:
    """With the epoch's number in each field of the test matrix."""
    return Epoch(epoch, None, Evaluation(0.5, 0.5, np.full((classes, classes), epoch)), 1.0)


def test_confusion_is_kept_for_each_epoch_and_part() -> None:
    history = History()
    train, test, aside = (Evaluation(0.5, 0.5, np.full((2, 2), count)) for count in (60000, 10000, 3))
    history.take_event(Epoch(1, train, test, 1.0, aside), before=2)
    for part, count in (("train", 60000), ("test", 10000), ("validation", 3)):
        matrix = history.confusion(3, part)
        assert matrix is not None
        assert (matrix == count).all()
        assert (matrix - count - 1 == -1).all(), "differences may be below 0"
    assert history.confusion(3) is not None
    assert history.confusion(1) is history.confusion(3, "nonsense") is None
    history.take_event(Epoch(2, figures(None), None, 1.0), before=2)
    assert history.confusion(4, "train") is None
    history.take_event(measured(1), before=2)  # in the place of what was measured then
    assert history.nbytes == 400


def test_of_many_epochs_every_second_is_dropped_and_the_newest_stays() -> None:
    history = History(confusion_bytes=10 * 400)
    for epoch in range(41):
        history.take_event(measured(epoch))
        newest = history.confusion(epoch)
        assert newest is not None
        assert (newest == epoch).all()
        kept = [each for each in range(epoch + 1) if history.confusion(each) is not None]
        assert min(epoch + 1, 5) <= len(kept) <= 10
        assert history.nbytes == 400 * len(kept)
    assert kept[0] < 20, "the past is thinned, not forgotten"


def test_a_matrix_that_is_larger_than_all_room_is_kept_alone() -> None:
    history = History(confusion_bytes=100)
    for epoch in range(3):
        history.take_event(measured(epoch))
    assert [history.confusion(epoch) is not None for epoch in range(3)] == [False, False, True]


def test_it_can_be_copied_and_pickled() -> None:
    history = History()
    history.take_event(measured(1))
    history.note_change(1, "momentum 0.5")
    for again in (pickle.loads(pickle.dumps(history)), copy.deepcopy(history)):
        assert again == history
        np.testing.assert_array_equal(again.confusion(1), history.confusion(1))
        again.take_event(measured(2))
        assert history.completed == 1


def test_a_long_history_is_thinned_in_files() -> None:
    history = History()
    for epoch in range(100_001):
        history.loss.test.add(float(epoch), 1 / (epoch + 1))
        history.note_change(epoch, f"change {epoch}")
    entries = history.as_dict()
    points = entries["test_loss"]
    assert 10_000 < len(points) <= 20_000
    assert (points[0], points[-1]) == ([0.0, 1.0], [100_000.0, 1 / 100_001])
    assert all(value == 1 / (epoch + 1) for epoch, value in points), "every point was measured"
    assert [text for _, text in entries["changes"]] == [f"change {epoch}" for epoch in range(99_001, 100_001)]
    assert History.from_dict(entries).completed == 100_000


def test_a_long_history_from_a_file_is_thinned() -> None:
    history = History.from_dict({"test": [[epoch / 10, 0.5] for epoch in range(100_000)]})
    assert 10_000 < len(history.error.test.epochs) <= 20_000
    assert history.error.test.epochs[-1] == 9_999.9
