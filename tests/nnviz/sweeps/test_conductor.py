"""A plan that is done, without processes: order, choice, pruning, budget, stopping and going on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.datasets.arrays import Arrays, dataset_of
from engine.experiment import Experiment
from engine.sweeps.plan import ASHA, MEDIAN, RANDOM, plan_race, plan_seeds
from engine.sweeps.results import DIVERGED, FAILED, FINISHED, PRUNED, STOPPED, Results
from engine.sweeps.run_execution import Report, RunOutcome, RunSpec, RunStarted
from nnviz.library import Library, LibraryError
from nnviz.library.errors import damage_mark
from nnviz.library.locks import Lock
from nnviz.library.sweeps import SweepLibrary
from nnviz.sweeps import sweep_writer as stores
from nnviz.sweeps.conductor import Conductor
from nnviz.sweeps.executor import ExecutorHalted, Message, UserNotice
from nnviz.sweeps.sweep_writer import SweepWriter
from tests.nnviz.library.helpers import an_experiment, record
from tests.nnviz.sweeps.helpers import DATA, Here, a_plan, swept, worked


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.sqlite") as opened:
        yield opened


def resumed(library: Library, sweep: int = 1, executor: Here | None = None) -> Conductor:
    store = SweepWriter(library, sweep)
    return Conductor(store.record.plan, DATA, executor or Here(), store)


# ---- what is done


def test_a_sweep_does_each_trial_with_each_seed_once(library: Library) -> None:
    plan = a_plan("hidden=3,4,5", seeds=(1, 2))
    conductor = swept(library, plan)
    runs = library.runs(sort="id", ascending=True)
    assert [(run.trial, run.experiment.hidden, run.experiment.seed) for run in runs] == [
        (trial, (3 + trial,), seed) for trial in range(3) for seed in (1, 2)
    ]
    assert all(run.experiment.training.validation_share == 0.1 for run in runs)
    found = SweepLibrary(library).get(1)
    assert (found.status, found.trials) == ("finished", [{"hidden": (size,)} for size in (3, 4, 5)])
    assert [run.run for trial in conductor.results.trials for run in trial.runs.values()] == [run.id for run in runs]


def test_a_race_goes_seed_by_seed_so_that_its_trials_are_side_by_side() -> None:
    executor = Here()
    worked(Conductor(plan_race([an_experiment(), an_experiment(hidden=(9,))], 2), DATA, executor))
    assert [(spec.experiment.hidden, spec.experiment.seed) for spec in executor.done] == [
        ((5,), 1),
        ((9,), 1),
        ((5,), 2),
        ((9,), 2),
    ]


def test_each_run_of_images_standardises_as_its_experiment_says(library: Library) -> None:
    images = np.random.default_rng(4).integers(200, 256, (40, 5, 5)).astype(np.uint8)
    data = dataset_of("light", Arrays(images, np.arange(40) % 2))
    made = Experiment().changed(shape=(25, 4, 2), activations=("relu", "softmax")).for_data(data)
    made = made.changed(epochs=2, batch_size=8, learning_rate=0.01)
    racers = [made, made.changed(brightness=None)]
    plan = plan_race(racers, 1)
    conductor = Conductor(plan, data, Here(data), SweepWriter.of_new(library, plan, data.title, "", lambda text: None))
    worked(conductor)
    assert conductor.close(True)
    rows = np.random.default_rng(1).random((3, 25))
    for run, racer in zip(library.runs(sort="id", ascending=True), racers, strict=True):
        network = library.network(run.id)
        assert network.brightness == run.experiment.brightness == racer.brightness
        assert network.description is not None
        assert network.description.class_names == ("0", "1")
        trainer = racer.trainer(data)
        for _ in trainer.run():
            pass
        np.testing.assert_array_equal(network.predict(rows), trainer.network.predict(rows))


def test_a_race_with_more_trials_than_processes_has_those_of_a_seed_done_in_turn() -> None:
    racers = [an_experiment(hidden=(size,)) for size in (3, 4, 5)]
    for workers, sizes in ((1, [3, 3]), (2, [2, 1, 2, 1]), (3, [1] * 6)):
        executor = Here(workers=workers)
        conductor = Conductor(plan_race(racers, 2), DATA, executor)
        worked(conductor)
        assert [len(group) for group in executor.groups] == sizes
        assert [spec.experiment.seed for spec in executor.done] == [1, 1, 1, 2, 2, 2]
        assert conductor.results.over == 6


def test_seeds_train_the_experiment_as_it_is(library: Library) -> None:
    made = an_experiment()
    swept(library, plan_seeds(made, 2))
    alone, trainer = record(library, made.changed(seed=2))
    np.testing.assert_array_equal(library.network(2).parameters, trainer.network.parameters)
    assert library.run(2).experiment == library.run(alone).experiment


def test_runs_are_chosen_by_the_validation_error_and_not_by_the_test_error() -> None:
    conductor = Conductor(a_plan("learning-rate=0.0001,0.03", seeds=(1, 2, 3)), DATA, Here())
    worked(conductor)
    results, others = conductor.results, Results(conductor.plan, True, True, True)
    assert results.compared_by == "validation_error"
    assert results.chosen == results.trials[1]
    for trial in results.trials:
        others.add_trial(trial.values)
    for run in results.runs:  # were they compared by the test error, the other trial would be chosen
        others.add(replace(run, figures={**run.figures, "test_error": float(run.trial)}))
    assert others.chosen == others.trials[1]


def test_the_budget_of_runs_is_kept(library: Library) -> None:
    swept(library, a_plan("learning-rate=0.01..0.1", sampler=RANDOM, seeds=(1, 2), runs=5))
    assert len(library.runs()) == 4, "no trial without all its seeds"


def test_time_that_is_up_ends_the_plan(library: Library) -> None:
    plan = a_plan("learning-rate=0.01..0.1", sampler=RANDOM, minutes=1e-5)
    conductor = Conductor(plan, DATA, Here(), SweepWriter.of_new(library, plan, "", "", print))
    worked(conductor)
    assert conductor.is_over
    assert conductor.is_stopping
    assert len(library.runs()) < 20


# ---- what goes wrong with a run


def test_one_that_diverges_is_worst_and_one_that_cannot_be_trained_is_reported(library: Library) -> None:
    reported: list[str] = []
    plan = a_plan("learning-rate=0.01,1e30", "optimizer=sgd,adam")
    store = SweepWriter.of_new(library, plan, "", "", reported.append)
    executor = Here()

    def break_one(spec: RunSpec) -> None:
        if spec.number == 2:
            object.__setattr__(spec, "experiment", spec.experiment.changed(batch_size=5000))

    executor.before = break_one
    conductor = Conductor(plan, DATA, executor, store, reported.append)
    statuses = {(run.trial): run.status for run in worked(conductor)}
    assert statuses[1] == FAILED
    assert DIVERGED in statuses.values()
    assert len([text for text in reported if text.startswith("Trial 2 with seed 1 failed: batch_size is 5,000")]) == 1
    assert list(conductor.failures) == [(1, 1)]
    assert conductor.results.chosen.trial == 0
    conductor.close(True)
    assert FAILED not in {run.status for run in library.runs()}


def test_an_outcome_that_comes_twice_counts_once(library: Library) -> None:
    class Twice(Here):
        def next(self, timeout: float) -> list[Message]:
            return [each for message in super().next(timeout) for each in (message, message)]

    conductor = swept(library, a_plan("hidden=3,4"), Twice())
    assert (conductor.results.over, len(library.runs())) == (2, 2)


# ---- pruning


class Reported(Here):
    """Reports epoch by epoch before it trains: what an executor with processes does."""

    def next(self, timeout: float) -> list[Message]:
        reported = super().next(timeout)
        outcomes = [each for each in reported if isinstance(each, RunOutcome)]
        return [*(Report(each.number, each.epochs[:3]) for each in outcomes), *outcomes]


def test_the_rule_asks_hopeless_runs_to_end_and_can_be_off(library: Library) -> None:
    rates = "learning-rate=0.02,0.03,0.04,0.05,0.06,0.07,1e-6,1e-7"
    for prune, wanted in ((MEDIAN, {7: PRUNED, 8: PRUNED}), ("none", {})):
        executor = Reported()
        worked(Conductor(a_plan(rates, prune=prune), DATA, executor))
        assert {number: how for number, how in executor.wishes.items() if number in (7, 8)} == wanted


def test_a_hopeless_run_that_begins_again_is_asked_again() -> None:
    """As where its process died before it heard of the wish."""

    class Died(Reported):
        def __init__(self) -> None:
            super().__init__()
            self.asked: list[int | None] = []

        def next(self, timeout: float) -> list[Message]:
            reported = super().next(timeout)
            reports: list[Message] = [each for each in reported if isinstance(each, Report)]
            return [*reports, RunStarted(reported[-1].number), *reported] if reported else []

        def stop(self, number: int | None = None, how: str = STOPPED) -> None:
            self.asked.append(number)

    executor = Died()
    plan = a_plan("learning-rate=0.02,0.03,0.04,0.05,0.06,0.07,1e-6", prune=MEDIAN)
    worked(Conductor(plan, DATA, executor))
    assert executor.asked == [7, 7]


def test_a_pruned_run_is_kept_and_is_never_chosen(library: Library) -> None:
    executor = Here()
    executor.wishes[1] = PRUNED
    conductor = swept(library, a_plan("learning-rate=0.03,0.0001"), executor)
    assert [(run.status, run.trial) for run in library.runs()] == [(FINISHED, 1), (PRUNED, 0)]
    assert conductor.results.chosen.trial == 1
    assert resumed(library).is_over, "it is not done again"


# ---- who does the runs


class Changing(Here):
    """One whose workers come and go."""

    def __init__(self, *counts: int) -> None:
        super().__init__()
        self._counts, self.most = list(counts), 0

    def next(self, timeout: float) -> list[Message]:
        self.most = max(self.most, len(self._waiting))
        if len(self._counts) > 1:
            self.workers = self._counts.pop(0)
        return super().next(timeout)


def test_as_many_runs_are_given_out_as_the_executor_wants_at_the_moment() -> None:
    executor = Changing(0, 0, 3, 0, 1, 1)
    executor.workers = 0
    conductor = Conductor(a_plan(), DATA, executor)
    assert len(worked(conductor)) == 7
    assert executor.most == 6, "two for each of three workers"


def test_a_race_loses_no_run_where_there_is_no_worker_for_a_moment() -> None:
    class Late(Here):
        capacity = 6  # as it was just before

    executor = Late(workers=0)
    conductor = Conductor(plan_race([an_experiment(), an_experiment(hidden=(9,))], 2), DATA, executor)
    worked(conductor)
    assert conductor.results.over == 4


def test_a_plan_whose_executor_gives_up_is_cut_and_goes_on_where_it_was(library: Library) -> None:
    class Gone(Here):
        def next(self, timeout: float) -> list[Message]:
            if len(self.done) < 2:
                return [UserNotice("One was lost."), *super().next(timeout)] if self.done else super().next(timeout)
            left, self._waiting = self._waiting, []
            return [ExecutorHalted("Nobody is left."), *(RunOutcome(spec.number, STOPPED) for spec in left)]

    reported: list[str] = []
    plan = a_plan("hidden=3,4,5,6,7")
    conductor = Conductor(
        plan, DATA, Gone(), SweepWriter.of_new(library, plan, "", "", reported.append), reported.append
    )
    worked(conductor)
    assert conductor.is_over
    assert conductor.was_cut
    assert reported == ["One was lost.", "Nobody is left."]
    conductor.close(False)
    assert [run.status for run in library.runs()] == [FINISHED] * 2
    later = Here()
    worked(resumed(library, executor=later))
    assert len(later.done) == 3


# ---- stopping and going on


def test_a_sweep_that_was_stopped_goes_on_where_it_was(library: Library) -> None:
    plan = a_plan("learning-rate=log:0.001..0.1", sampler=RANDOM, seeds=(1, 2), runs=12, sampler_seed=3)
    whole = Conductor(plan, DATA, Here())
    worked(whole)
    executor = Here()
    conductor = Conductor(plan, DATA, executor, SweepWriter.of_new(library, plan, "", "", print))
    worked(conductor, 5)
    conductor.stop()
    worked(conductor)
    assert conductor.is_over
    conductor.close(False)
    assert len(library.runs()) == len(executor.done) == 5
    assert SweepLibrary(library).get(1).status == STOPPED
    later = Here()
    again = resumed(library, executor=later)
    worked(again)
    assert again.close(True)
    assert len(later.done) == 7
    assert len(library.runs()) == 12
    assert [trial.values for trial in again.results.trials] == [trial.values for trial in whole.results.trials]
    for mine, other in zip(again.results.ranked(), whole.results.ranked(), strict=True):
        assert [dict(run.figures) for run in mine.runs.values()] == [dict(run.figures) for run in other.runs.values()]
    assert resumed(library).is_over


def test_a_run_that_was_broken_off_is_done_again_in_its_place(library: Library) -> None:
    executor = Here()
    executor.wishes[2], executor.steps = STOPPED, 7
    plan = a_plan("hidden=3,4,5")
    conductor = Conductor(plan, DATA, executor, SweepWriter.of_new(library, plan, "", "", print))
    worked(conductor)
    conductor.close(False)
    assert [(run.id, run.status, run.epochs < 1) for run in library.runs()] == [
        (3, FINISHED, False),
        (2, STOPPED, True),
        (1, FINISHED, False),
    ]
    again = resumed(library)
    worked(again)
    again.close(True)
    assert [(run.id, run.status, run.epochs) for run in library.runs()] == [(n, FINISHED, 6) for n in (3, 2, 1)]
    assert again.results.over == 3


def test_a_program_that_was_killed_lost_only_what_was_not_written(library: Library, tmp_path: Path) -> None:
    plan = a_plan("hidden=3,4,5,6")
    conductor = Conductor(plan, DATA, Here(), SweepWriter.of_new(library, plan, "", "", print))
    worked(conductor, 2)
    conductor._store.flush(DATA, now=True)
    worked(conductor, 1)
    conductor._store._lock.release()  # as the system does when a process ends
    with Library(tmp_path / "library.sqlite") as other:
        assert [each.id for each in SweepLibrary(other).interrupted()] == [1]
        assert SweepLibrary(other).get(1).seconds > 0, "a budget of minutes is not begun again"
        again = resumed(other)
        assert again.results.over == 2
        worked(again)
        again.close(True)
        assert [run.trial for run in other.runs()] == [3, 2, 1, 0]


def test_the_rule_knows_the_runs_of_before(library: Library) -> None:
    plan = a_plan("learning-rate=0.02,0.03,0.04,0.05,0.06,1e-7", prune=MEDIAN)
    conductor = Conductor(plan, DATA, Here(), SweepWriter.of_new(library, plan, "", "", print))
    worked(conductor, 5)
    conductor.close(False)
    executor = Reported()
    worked(resumed(library, executor=executor))
    assert executor.wishes == {1: PRUNED}


def test_a_rule_of_optuna_stops_runs_and_knows_those_of_before(library: Library) -> None:
    pytest.importorskip("optuna")
    plan = a_plan("learning-rate=0.1,1e-6,1e-7", prune=ASHA)
    executor = Reported()
    conductor = Conductor(plan, DATA, executor, SweepWriter.of_new(library, plan, "", "", print))
    worked(conductor, 2)
    assert executor.wishes == {2: PRUNED}
    conductor.close(False)
    executor = Reported()
    worked(resumed(library, executor=executor))
    assert executor.wishes == {1: PRUNED}, "the only one that was left, which is worse than the first of before"


# ---- the library meanwhile


def test_of_a_sweep_that_cannot_be_locked_nothing_is_left(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path, sweep: int) -> Lock:
        raise LibraryError("lock", sweep, "must be made", "Free some room.")

    monkeypatch.setattr(stores, "take_lock", refused)
    with pytest.raises(LibraryError, match="must be made"):
        SweepWriter.of_new(library, a_plan(), "", "", print)
    assert SweepLibrary(library).all() == []
    monkeypatch.undo()
    store = SweepWriter.of_new(library, a_plan(), "", "", print)
    assert [(each.id, each.status) for each in SweepLibrary(library).all()] == [(store.sweep, "running")]
    assert SweepLibrary(library).is_live(store.sweep)
    assert store.close("stopped", DATA)


def test_one_that_cannot_be_written_is_not_locked(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: SweepLibrary, *words: object, **reported: object) -> None:
        raise LibraryError("disk", "full", "the disk is full", "Free some.")

    monkeypatch.setattr(SweepLibrary, "note", full)
    with pytest.raises(LibraryError, match="the disk is full"):
        SweepWriter.of_new(library, a_plan(), "", "", print)
    assert SweepLibrary(library).all() == []
    assert not SweepLibrary(library).is_live(1)


def test_what_is_known_of_a_sweep_is_read_once(library: Library) -> None:
    swept(library, a_plan("batch-size=5..24/20"))
    library.database.write("UPDATE runs SET status = 'stopped' WHERE trial = 3")
    asked: list[str] = []
    store = SweepWriter(library, 1)
    library.database._connection.set_trace_callback(asked.append)
    results, stopped = store.results()
    library.database._connection.set_trace_callback(None)
    assert [result.trial for result in results] == [trial for trial in range(20) if trial != 3]
    assert list(stopped) == [(3, 1)]
    assert sum(" FROM runs WHERE id IN " in each for each in asked) == 1
    assert store.close("stopped", DATA)


def test_many_runs_are_written_in_one_transaction_a_second(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan("batch-size=5..24/20")
    store = SweepWriter.of_new(library, plan, "", "", print)
    begun = []
    library.database._connection.set_trace_callback(
        lambda statement: begun.append(statement) if statement.startswith("BEGIN") else None
    )
    monkeypatch.setattr(stores, "SECONDS_BETWEEN_COMMITS", 60.0)
    conductor = Conductor(plan, DATA, Here(), store)
    worked(conductor)
    assert begun == []
    conductor.close(True)
    assert len(begun) == 2, "one with all runs, one that says how the sweep ended"
    assert len(library.runs()) == 20


def test_a_sweep_is_written_to_a_library_that_another_program_rescued(library: Library) -> None:
    plan, reported = a_plan("batch-size=5..24/20"), list[str]()
    store = SweepWriter.of_new(library, plan, "", "", reported.append)
    conductor = Conductor(plan, DATA, Here(), store)
    damage_mark(library.path).touch()
    with Library(library.path) as rescued:
        assert rescued.notice is not None
    worked(conductor)
    conductor.close(True)
    assert reported == []
    with Library(library.path) as now:
        assert len(now.runs()) == 20
        assert SweepLibrary(now).get(1).status == "finished"


def test_what_cannot_be_written_waits_and_is_reported_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[str] = []
    plan = a_plan("hidden=3,4,5,6")
    store = SweepWriter.of_new(library, plan, "", "", reported.append)
    monkeypatch.setattr(stores, "SECONDS_BETWEEN_COMMITS", 0.0)
    monkeypatch.setattr(stores, "SECONDS_AFTER_FAILURE", 0.0)
    write = SweepLibrary.write
    full = [True]

    def failing(*words: object) -> list[int]:
        if full[0]:
            raise sqlite3.OperationalError("database or disk is full")
        return write(*words)

    monkeypatch.setattr(SweepLibrary, "write", failing)
    conductor = Conductor(plan, DATA, Here(), store, reported.append)
    worked(conductor, 2)
    assert (len(library.runs()), store.waiting) == (0, 2)
    full[0] = False
    worked(conductor)
    assert conductor.close(True)
    assert len(library.runs()) == 4
    assert len(reported) == 2
    assert "the disk is full" in reported[0]
    assert reported[1] == "The library can be written to again."


def test_too_much_that_waits_stops_the_plan_and_is_done_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[str] = []
    plan = a_plan("hidden=3,4,5,6,7,8")
    store = SweepWriter.of_new(library, plan, "", "", reported.append)
    monkeypatch.setattr(stores, "SECONDS_BETWEEN_COMMITS", 0.0)
    monkeypatch.setattr(stores, "_MOST_WAITING", 1)

    def failing(*words: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as full:
        full.setattr(SweepLibrary, "write", failing)
        conductor = Conductor(plan, DATA, Here(), store, reported.append)
        worked(conductor)
        assert conductor.is_over
        assert conductor.was_cut
        assert not conductor.close(False)
    assert "Too many results are waiting to be written. No more runs are started." in reported
    assert len(library.runs()) == 0
    again = resumed(library)
    worked(again)
    assert again.close(True)
    assert len(library.runs()) == 6


def test_a_plan_that_was_cut_is_not_done_although_all_could_be_written_at_last(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = a_plan("hidden=3,4,5,6,7,8")
    store = SweepWriter.of_new(library, plan, "", "", lambda text: None)
    monkeypatch.setattr(stores, "SECONDS_BETWEEN_COMMITS", 0.0)
    monkeypatch.setattr(stores, "SECONDS_AFTER_FAILURE", 0.0)
    monkeypatch.setattr(stores, "_MOST_WAITING", 1)
    write, failures = SweepLibrary.write, iter(range(1))

    def failing(*words: object) -> list[int]:
        if next(failures, None) is not None:
            raise sqlite3.OperationalError("database or disk is full")
        return write(*words)

    monkeypatch.setattr(SweepLibrary, "write", failing)
    conductor = Conductor(plan, DATA, Here(), store)
    worked(conductor)
    assert conductor.close(False)
    assert not store.is_overloaded
    assert 0 < len(library.runs()) < 6
    assert conductor.was_cut


def test_time_that_is_up_does_not_cut_a_plan(library: Library) -> None:
    conductor = Conductor(a_plan("hidden=3,4", minutes=1e-9), DATA, Here())
    worked(conductor)
    assert conductor.is_over
    assert not conductor.was_cut


def test_moments_of_many_runs_leave_room_for_the_rest(library: Library) -> None:
    library.quota.budget = 40_000_000
    many, few = a_plan("batch-size=1..50/50", "hidden=1..40/40"), a_plan("hidden=3,4")
    store = SweepWriter.of_new(library, many, "", "", print)
    assert store.snapshot_bytes(many) == 40_000_000 // 4 // 2000
    assert store.snapshot_bytes(few) == 2_000_000
    store.close(STOPPED, DATA)
