"""RMSE and R² of regression, in the targets' own unit, from the evaluation to history, files and early stopping."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from engine.datasets import DATASETS
from engine.datasets.dataset import Dataset, Split, regression_split
from engine.datasets.scaling import Scaling
from engine.experiment import Experiment
from engine.network.network import Network
from engine.provenance import Provenance
from engine.training.early_stopping import BestEpoch
from engine.training.events import BestRestored, Epoch
from engine.training.history import History
from engine.training.metrics import Evaluation, Evaluator, figures_of
from engine.training.residuals import Residuals
from tests.engine.helpers import class_data, network_for, trainer


def numbers(count: int, outputs: int = 1, seed: int = 0) -> Split:
    rng = np.random.default_rng(seed)
    return regression_split("train", rng.normal(size=(count, 3)), rng.normal(size=(count, outputs)), 3, outputs)


@pytest.mark.parametrize("count", [1, 7, 1000, 2501])
@pytest.mark.parametrize("outputs", [1, 3])
def test_they_are_those_of_their_formulas_in_the_targets_own_unit(count: int, outputs: int) -> None:
    split = numbers(count, outputs)
    scaling = Scaling(np.arange(outputs) + 5.0, np.arange(outputs) + 0.5)
    net = network_for(Dataset("numbers", split), activations=["tanh", "identity"])
    found = Evaluator(net, split, scaling).evaluate()
    true, answers = scaling.undo(split.targets), scaling.undo(net.predict(split.inputs))
    assert found.rmse == pytest.approx(math.sqrt(((true - answers) ** 2).mean()))
    if count == 1:
        assert found.r2 is None, "there is nothing to explain"
        return
    rest, total = ((true - answers) ** 2).sum(axis=0), ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    assert found.r2 == pytest.approx((1 - rest / total).mean())


def test_classes_have_none_and_numbers_have_no_error() -> None:
    of_classes = Evaluator(network_for(class_data()), class_data().train).evaluate()
    assert (of_classes.rmse, of_classes.r2) == (None, None)
    of_numbers = Evaluator(Network([3, 1], ["identity"]), numbers(5)).evaluate()
    assert of_numbers.error is None
    assert figures_of({"train": of_numbers, "test": None}) == {"train_rmse": of_numbers.rmse, "train_r2": of_numbers.r2}


def test_the_mean_of_the_part_is_what_r2_is_measured_by() -> None:
    """Always the mean: 0. Exactly right: 1. Worse than the mean: below 0."""
    targets = np.array([[1.0], [2.0], [6.0]])
    for answers, expected in ((np.full((3, 1), 3.0), 0.0), (targets, 1.0), (targets[::-1], 1 - 50 / 14)):
        residuals = Residuals(targets)
        residuals.add(answers, targets)
        assert residuals.r2 == pytest.approx(expected)


def test_a_target_that_does_not_vary_has_no_r2() -> None:
    same = np.full((1001, 1), 0.1, np.float32)
    assert Evaluator(Network([1, 1], ["identity"]), Split(same, same)).evaluate().r2 is None
    both = Residuals(np.column_stack([same, np.arange(1001)]))
    both.add(np.zeros((1001, 2)), both._targets)
    assert both.r2 == pytest.approx(1 - (np.arange(1001) ** 2).sum() / ((np.arange(1001) - 500) ** 2).sum())


def test_answers_far_away_do_not_overflow() -> None:
    net = Network([1, 1], ["identity"], "huber", initializer="zeros")
    net.biases[0][...] = 1e30
    split = Split(np.zeros((2, 1), np.float32), np.array([[0], [1]], np.float32))
    assert Evaluator(net, split, Scaling(np.zeros(1), np.full(1, 1e9))).evaluate().rmse == pytest.approx(1e39)


# ---- training, history and files


def trained(epochs: int = 3) -> tuple[History, list[Epoch], Dataset]:
    data = DATASETS["mpg"].load()
    experiment = Experiment().for_data(data, "mpg").for_task(data).changed(hidden=(8,), epochs=epochs, batch_size=20)
    history = History()
    events = list(experiment.changed(validation_share=0.2, learning_rate=0.01).run(data, history))
    return history, [event for event in events if isinstance(event, Epoch)], data


def test_a_training_tells_them_in_miles_per_gallon_and_its_history_keeps_them() -> None:
    history, epochs, data = trained()
    assert data.test is not None
    for part in ("train", "test", "validation"):
        figures = [getattr(epoch, part) for epoch in epochs]
        assert getattr(history.rmse, part).values == [each.rmse for each in figures]
        assert getattr(history.r2, part).values == [each.r2 for each in figures]
        assert getattr(history.error, part).values == []
    assert 1 < history.rmse.test.values[-1] < history.rmse.test.values[0] < 100, "miles per gallon"
    assert history.r2.test.values[-1] > history.r2.test.values[0]
    known = history.figures(3)
    assert known["validation_rmse"] == epochs[-1].validation.rmse  # type: ignore[union-attr]
    assert known["test_r2"] == epochs[-1].test.r2  # type: ignore[union-attr]
    copy = history.copy()
    copy.rmse.test.clear()
    copy.r2.test.clear()
    assert len(history.rmse.test.values) == len(history.r2.test.values) == 4


def test_a_sample_is_measured_in_the_same_unit() -> None:
    data = DATASETS["mpg"].load()
    training = trainer(data, network_for(data, activations=["tanh", "identity"]))
    estimate = training.estimate()
    assert estimate is not None
    exact = Evaluator(training.network, data.train, data.target_scaling).evaluate()
    assert (estimate.train.rmse, estimate.train.r2) == (exact.rmse, exact.r2)
    history = History()
    history.add_estimate(0.5, estimate)
    assert history.rmse.live_test.values == [estimate.test.rmse]  # type: ignore[union-attr]
    assert history.r2.live_train.values == [estimate.train.r2]


def test_curves_and_figures_survive_a_file() -> None:
    history, epochs, _ = trained()
    again = History.from_dict(json.loads(json.dumps(history.as_dict())))
    assert again == history
    assert again.r2.test.values[0] < 0, "also what is worse than the mean"
    past = Provenance(history=history).after(epochs[-1])
    assert (past.test_rmse, past.train_r2) == (history.rmse.test.values[-1], history.r2.train.values[-1])
    assert past.test_error is None
    assert Provenance.from_dict(json.loads(json.dumps(past.as_dict()))) == past


def test_after_early_stopping_the_figures_are_those_of_the_best_epoch() -> None:
    history, epochs, _ = trained()
    best = BestRestored(1, epochs[1].validation, early=False)  # type: ignore[arg-type]
    history.take_event(best)
    past = Provenance(history=history).after(best)
    assert (past.epochs, past.validation_rmse) == (1, history.rmse.validation.values[1])


def test_files_without_them_are_read_and_odd_ones_left_out() -> None:
    old = History.from_dict({"train_loss": [[0, 1.0], [1, 0.5]]})
    assert (old.rmse.train.values, old.completed) == ([], 1)
    odd = History.from_dict({"test_rmse": [[0, -1], [1, "2"], [2, 3.0]], "test_r2": [[0, -4.5], [1, None]]})
    assert (odd.rmse.test.values, odd.r2.test.values) == ([3.0], [-4.5])
    entries = {"test_rmse": -1, "train_rmse": "2", "test_r2": 1.5, "train_r2": float("nan"), "validation_r2": -2}
    past = Provenance.from_dict(entries)
    assert past == Provenance(validation_r2=-2.0)


def test_a_checkpoint_keeps_those_of_the_best_epoch_and_one_of_before_has_none() -> None:
    parameters = np.zeros(3, np.float32)
    best = BestEpoch(2, Evaluation(0.5, None, None, rmse=2.5, r2=-0.5), parameters)
    again = BestEpoch.from_dict(json.loads(json.dumps(best.as_dict())), parameters)
    assert (again.figures.loss, again.figures.rmse, again.figures.r2) == (0.5, 2.5, -0.5)
    old = {"epoch": 2, "loss": 0.5, "error": None}
    assert BestEpoch.from_dict(old, parameters).figures.rmse is None
