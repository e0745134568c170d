"""One run: what comes of it, to the bit that of the same experiment trained alone; how it ends; what is thinned."""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest

from engine.storage import read_checkpoint
from engine.sweeps import run_execution
from engine.sweeps.results import DIVERGED, FAILED, FINISHED, PRUNED
from engine.sweeps.run_execution import Report, RunExecution, RunOutcome, RunSpec, train_in_turn, train_one
from engine.sweeps.shared_data import SharedData
from engine.training.events import BestRestored, Epoch
from engine.training.trainer import Trainer
from tests.engine.helpers import class_data, numbered_data
from tests.nnviz.library.helpers import an_experiment, trained_on

DATA = class_data()


def silent(report: Report) -> None:
    pass


def done(**settings: object) -> RunOutcome:
    return train_one(RunSpec(7, an_experiment(DATA, **settings)), DATA, silent)


def test_it_is_to_the_bit_the_experiment_trained_alone() -> None:
    made = an_experiment(DATA, validation_share=0.2, dropout=0.2)
    outcome = pickle.loads(pickle.dumps(train_one(RunSpec(7, made), DATA, silent)))
    trainer, epochs = made.trainer(DATA), []
    for event in trainer.run():
        if isinstance(event, Epoch):
            epochs.append(event)
    assert (outcome.number, outcome.status, outcome.reached, outcome.batches) == (7, FINISHED, 6, 4)
    for mine, alone in zip(outcome.epochs, epochs, strict=True):
        assert mine.validation.error == alone.validation.error
        assert mine.test.loss == alone.test.loss
        np.testing.assert_array_equal(mine.train.confusion, alone.train.confusion)
    network, _ = read_checkpoint(outcome.state.content, "state")
    np.testing.assert_array_equal(network.parameters, trainer.network.parameters)
    at, last = outcome.snapshots[-1]
    assert (outcome.snapshots[0][0], at) == (0, 6)
    np.testing.assert_array_equal(last.parameters(made.shape), trainer.network.parameters)


def test_data_that_are_shared_are_divided_once_and_give_the_same_runs() -> None:
    shared = SharedData.of(DATA)
    assert (shared.identity, shared.fingerprint) == (DATA.identity, DATA.fingerprint)
    assert shared.with_validation(0.2) is shared.with_validation(0.2)
    assert shared.with_validation(0.3) is not shared.with_validation(0.2)
    for share in (0.2, 0.3, 0.2):
        made = an_experiment(DATA, validation_share=share)
        outcome = train_one(RunSpec(1, made), shared, silent)
        network, state = read_checkpoint(outcome.state.content, "state")
        np.testing.assert_array_equal(network.parameters, trained_on(made.trainer(DATA)))
        Trainer.resume(network, DATA, state)


def test_runs_in_turn_are_what_they_are_alone_and_are_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_execution, "SECONDS_BETWEEN_REPORTS", 0)
    specs = [RunSpec(n, an_experiment(DATA, seed=n, epochs=2 + n, dropout=0.2)) for n in (1, 2)]
    specs.append(RunSpec(3, an_experiment(DATA, batch_size=5000)))
    reported: list[Report] = []
    found: list[RunOutcome] = []
    train_in_turn(specs, DATA, reported.append, lambda number: "", found.append)
    assert [(each.number, each.epochs[0].epoch) for each in reported] == [
        *((number, epoch) for epoch in range(4) for number in (1, 2)),
        (2, 4),
    ]
    assert {each.number: each.status for each in found} == {1: FINISHED, 2: FINISHED, 3: FAILED}
    for each in found[1:]:
        alone = trained_on(specs[each.number - 1].experiment.trainer(DATA))
        np.testing.assert_array_equal(read_checkpoint(each.state.content, "state")[0].parameters, alone)


def test_early_stopping_restores_the_best() -> None:
    made = an_experiment(DATA, validation_share=0.2, patience=2, epochs=40, learning_rate=0.1)
    outcome, trainer = train_one(RunSpec(1, made), DATA, silent), made.trainer(DATA)
    best = [event for event in trainer.run() if isinstance(event, BestRestored)]
    assert outcome.best.epoch == best[0].epoch
    assert outcome.reached == trainer.epoch < 40
    np.testing.assert_array_equal(outcome.snapshots[-1][1].parameters(made.shape), trainer.network.parameters)


def test_it_ends_as_it_is_asked_to_and_goes_on_from_there_to_the_bit() -> None:
    made, asked = an_experiment(DATA), []

    def wish() -> str:
        asked.append(1)
        return PRUNED if len(asked) == 9 else ""

    outcome = train_one(RunSpec(1, made), DATA, silent, wish)
    assert outcome.status == PRUNED
    assert 0 < outcome.reached < 6
    network, state = read_checkpoint(outcome.state.content, "state")
    rest = trained_on(Trainer.resume(network, DATA, state))
    np.testing.assert_array_equal(rest, trained_on(made.trainer(DATA)))


def test_one_that_is_trained_to_its_end_is_finished_whatever_it_is_asked() -> None:
    made, places = an_experiment(DATA, epochs=2), []

    def wish() -> str:
        places.append(1)
        return PRUNED if len(places) == most else ""

    most = 0
    train_one(RunSpec(1, made), DATA, silent, wish)
    asked, most = len(places), len(places)
    places.clear()
    assert train_one(RunSpec(1, made), DATA, silent, wish).reached == pytest.approx(2 - 1 / 6), (
        "the last place where it can be ended"
    )
    places.clear()
    most = asked + 1
    outcome = train_one(RunSpec(1, made), DATA, silent, wish)
    assert (outcome.status, [each.epoch for each in outcome.epochs]) == (FINISHED, [0, 1, 2])


def test_one_that_diverges_keeps_its_last_good_state() -> None:
    outcome = done(learning_rate=1e30, optimizer="sgd")
    assert outcome.status == DIVERGED
    assert "no longer finite" in outcome.why
    network, state = read_checkpoint(outcome.state.content, "state")
    assert np.isfinite(network.parameters).all()
    assert state.progress["epoch"] == 0


def test_one_that_cannot_be_trained_says_why() -> None:
    outcome = done(batch_size=5000)
    assert outcome.status == FAILED
    assert "batch_size is 5,000" in outcome.why


def test_reports_come_in_batches_and_tell_each_epoch_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[Report] = []
    monkeypatch.setattr(run_execution, "SECONDS_BETWEEN_REPORTS", 1000)
    train_one(RunSpec(3, an_experiment(DATA, epochs=50)), DATA, reported.append)
    assert len(reported) == 1
    monkeypatch.setattr(run_execution, "SECONDS_BETWEEN_REPORTS", 0)
    reported.clear()
    train_one(RunSpec(3, an_experiment(DATA)), DATA, reported.append)
    assert [each.epoch for report in reported for each in report.epochs] == list(range(7))
    assert all(report.epochs[0].train.confusion is None for report in reported)


def test_of_a_long_run_reports_tell_few_epochs_and_always_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each report ends with the newest epoch; the others are those of which all runs of that length tell."""
    monkeypatch.setattr("engine.sweeps.run_execution.MOST_REPORTED", 3)
    monkeypatch.setattr("engine.sweeps.run_execution.SECONDS_BETWEEN_REPORTS", 1e9)
    reported: list[Report] = []
    run = RunExecution(RunSpec(1, an_experiment(epochs=8)), DATA, reported.append)
    for number, _ in enumerate(run.epochs(lambda: "")):
        if number == 5:
            monkeypatch.setattr("engine.sweeps.run_execution.SECONDS_BETWEEN_REPORTS", 0.0)
    assert [[each.epoch for each in report.epochs] for report in reported] == [[0], [4, 6], [7], [8]]


def test_what_is_kept_stays_within_its_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_execution, "MOST_POINTS", 40)
    monkeypatch.setattr(run_execution, "_CONFUSION_BYTES", 1500)
    outcome = train_one(RunSpec(3, an_experiment(DATA, epochs=150), 4000), DATA, silent)
    assert sum(len(moment.content) for _, moment in outcome.snapshots) <= 4400
    places = [at for at, _ in outcome.snapshots]
    assert len(places) > 8
    assert max(b - a for a, b in pairwise(places)) <= 4 * 150 / len(places)
    epochs = [each.epoch for each in outcome.epochs]
    assert (epochs[0], epochs[-1]) == (0, 150)
    assert len(epochs) <= 42
    with_matrix = [each.epoch for each in outcome.epochs if each.train.confusion is not None]
    assert 2 <= len(with_matrix) < len(epochs)
    assert with_matrix[-1] == 150


def test_a_network_too_large_to_be_kept_has_its_figures_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_execution, "MOST_STATE", 100)
    outcome = done()
    assert (outcome.status, outcome.state, outcome.snapshots) == (FINISHED, None, ())
    assert len(outcome.epochs) == 7


def test_numbers_are_measured_by_their_rmse() -> None:
    data = numbered_data(40)
    made = an_experiment(data).for_task(data)
    outcome = train_one(RunSpec(1, made), data, silent)
    assert outcome.epochs[-1].train.rmse > 0
    assert outcome.epochs[-1].train.confusion is None
