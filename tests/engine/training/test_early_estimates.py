"""Estimates at some steps of the first epoch: they change nothing, and a resumed training has the same ones."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice

import pytest

from engine.training.early_estimates import estimated_steps
from engine.training.events import Batch, Epoch, Estimate
from engine.training.history import PARTS, QUANTITIES, Curve, History
from engine.training.metrics import Evaluation, Evaluator
from engine.training.trainer import Trainer
from tests.engine.helpers import bits, class_data, prices, trainer
from tests.engine.training.test_resume import CASES, Case, through_a_file

STEPS = [5, 10, 20, 40]  # of the 56 in an epoch of the test's data
_EVERYTHING = CASES["everything"]  # dropout, augmentation, Adam, a validation set and early stopping
EVERYTHING = replace(_EVERYTHING, settings=_EVERYTHING.settings | {"batch_size": 1})


def begun(case: Case = EVERYTHING, estimates: bool = True) -> Trainer:
    training = case.begin()
    training.estimates_early = estimates
    return training


def trained(training: Trainer, history: History) -> History:
    for event in training.run():
        history.take_event(event)
    return history


def without_early(history: History) -> dict[str, object]:
    return {name: curve for name, curve in history.as_dict().items() if name != "early"}


@pytest.mark.parametrize(
    ("batches", "steps"),
    [
        (1, []),
        (5, []),
        (11, [5, 10]),
        (40, [5, 10, 20]),
        (200, [5, 10, 20, 40, 80, 120, 160]),
        (1000, [5, 10, 20, *range(40, 1000, 40)]),
        (1001, [5, 10, 20, 40, *range(80, 1001, 80)]),
        (6000, [5, 10, 20, 40, 80, 160, *range(320, 6000, 320)]),
    ],
)
def test_the_steps_are_dense_at_first_and_end_before_the_last(batches: int, steps: list[int]) -> None:
    assert sorted(estimated_steps(batches)) == steps


@pytest.mark.parametrize("batches", [600, 60_000, 10**6])
def test_however_long_the_epoch_is_the_estimates_are_few(batches: int) -> None:
    assert 17 <= len(estimated_steps(batches)) <= 40


def test_estimates_change_neither_weights_nor_exact_figures() -> None:
    plain, watched = begun(estimates=False), begun()
    histories = [trained(training, History()) for training in (plain, watched)]
    assert bits(plain.network) == bits(watched.network)
    assert json.dumps(plain.state().progress | {"seconds": 0}) == json.dumps(watched.state().progress | {"seconds": 0})
    assert without_early(histories[0]) == without_early(histories[1])
    assert "early" not in histories[0].as_dict()
    assert histories[1].early == [step / 56 for step in STEPS]


@pytest.mark.parametrize("step", [3, 5, 19, 20, 55, 56])
def test_a_training_that_is_resumed_within_the_first_epoch_has_the_same_ones(step: int) -> None:
    whole, first, history = begun(), begun(), History()
    events = first.run()
    for event in events:
        history.take_event(event)
        if isinstance(event, Batch) and event.batch == step:
            break
    history = History.from_dict(json.loads(json.dumps(history.as_dict())))
    resumed = Trainer.resume(first.network.copy(), first.whole_dataset, through_a_file(first.state()))
    resumed.estimates_early = True
    assert trained(resumed, history).as_dict() == trained(whole, History()).as_dict()
    assert bits(resumed.network) == bits(whole.network)


def test_a_trainer_that_is_made_again_keeps_the_option() -> None:
    first = begun()
    list(islice((event for event in first.run() if isinstance(event, Batch)), 7))
    again = first.maker()()
    assert trained(again, History()).early == [step / 56 for step in STEPS[1:]]


def test_an_estimate_is_of_the_first_thousand_examples_after_the_step() -> None:
    training = trainer(class_data(examples=1500, test=30), epochs=1, batch_size=100)
    training.estimates_early = True
    head = Evaluator(training.network, training.dataset.train.head(1000))
    for event in training.run():
        if isinstance(event, Batch) and event.batch in (5, 10):
            assert event.estimate is not None
            assert event.estimate.train.loss == head.evaluate().loss
            assert event.estimate.test is not None
            assert event.estimate.validation is None
        else:
            assert getattr(event, "estimate", None) is None


def test_later_epochs_and_trainings_without_evaluation_have_none() -> None:
    training, blind = trainer(epochs=3, batch_size=5), trainer(batch_size=5, evaluate=False)
    for each in (training, blind):
        each.estimates_early = True
    steps = [event for event in training.run() if isinstance(event, Batch) and event.estimate]
    assert [(event.epoch, event.batch) for event in steps] == [(1, 5), (1, 10)]
    assert not [event for event in blind.run() if isinstance(event, Batch) and event.estimate]


def test_numbers_have_estimates_of_rmse() -> None:
    training = trainer(prices(), batch_size=4)
    training.estimates_early = True
    history = trained(training, History())
    assert len(history.rmse.early_test.values) == len(history.r2.early_train.values) == 1
    assert history.error.early_train == Curve()


# the history


def figures(error: float, loss: float = 9.0) -> Evaluation:
    return Evaluation(loss, error, None)


def estimate(error: float) -> Estimate:
    return Estimate(figures(error), figures(error + 0.1), figures(error + 0.2))


def with_estimates() -> History:
    history = History()
    history.take_event(Epoch(0, figures(0.9), figures(0.9), 0.0))
    for batch, error in ((5, 0.6), (10, 0.5)):
        history.take_event(Batch(1, batch, 20, 1.0, estimate(error)))
    history.take_event(Epoch(1, figures(0.2), figures(0.3), 1.0))
    return history


def test_estimates_stay_and_are_in_no_exact_figure() -> None:
    history, exact = with_estimates(), History()
    exact.take_event(Epoch(0, figures(0.9), figures(0.9), 0.0))
    exact.take_event(Epoch(1, figures(0.2), figures(0.3), 1.0))
    assert history.error.early_test == Curve([0.25, 0.5], [0.7, 0.6])
    assert history.error.early_validation.values == [pytest.approx(0.8), pytest.approx(0.7)]
    assert without_early(history) == without_early(exact)
    assert (history.measured, history.completed, history.figures(0.25)) == ([0, 1], 1, {})
    assert history.last_measured(0.5) == 0
    assert history.error.last_epoch == 1


def test_the_past_has_those_before_it_and_a_training_that_begins_again_replaces_later_ones() -> None:
    history = with_estimates()
    assert history.until(0.4).early == [0.25]
    history.add_early(0.3, estimate(0.55))
    assert history.error.early_train == Curve([0.25, 0.3], [0.6, 0.55])


def test_they_come_back_from_a_file_and_nonsense_does_not() -> None:
    history = with_estimates()
    kept = json.loads(json.dumps(history.as_dict()))
    assert History.from_dict(kept) == history
    for nonsense in ([], 5, {"train": [[0.5, "x"], [2, 0.1], [-1, 0.1], [0, 0.1]], "test": 3}):
        found = History.from_dict(kept | {"early": nonsense})
        every = (getattr(getattr(found, name), f"early_{part}") for name in QUANTITIES for part in PARTS)
        assert not any(curve.epochs for curve in every)
