"""What a worker of a cluster does for a sweep, without a cluster: visits, data, figures, wishes."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.datasets import source_of
from engine.experiment import Experiment
from engine.storage import read_checkpoint
from engine.sweeps import remote
from engine.sweeps.cancellation import ALL
from engine.sweeps.results import FAILED, FINISHED, STOPPED
from engine.sweeps.run_execution import Report, RunOutcome, RunSpec
from engine.sweeps.shared_data import DatasetHandle, are_registered
from tests.engine.helpers import class_data

DATA = class_data()
OFFER = DatasetHandle("", {}, DATA.fingerprint)
PLACE = ("sweep", "tcp://here:1")


class Clock:
    """In place of the module ``time``: some seconds pass whenever it is looked at."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.now, self.seconds = time.monotonic(), seconds

    def monotonic(self) -> float:
        self.now += self.seconds
        return self.now


class Worker:
    """What a cluster hands in."""

    def __init__(self) -> None:
        self.address = PLACE[1]
        self.data: dict[str, Any] = {"key": DATA}
        self.reported: list[tuple[str, str, Report]] = []
        self.task = SimpleNamespace(state="executing")
        self.state = SimpleNamespace(tasks={"task": self.task})
        self.status = SimpleNamespace(name="running")

    def log_event(self, topic: str, message: list[Any]) -> None:
        self.reported.append((topic, message[0], pickle.loads(message[1])))


@pytest.fixture
def worker() -> Iterator[Worker]:
    """One that has the data of the sweep."""
    made = Worker()
    remote.open_visit("sweep", "topic", None, made)
    remote.receive_data("sweep", "key", made)
    assert remote.prepare_data(PLACE, OFFER)
    yield made
    remote.close_visit("sweep", made)


def an_experiment(**settings: Any) -> Experiment:
    made = Experiment().changed(hidden=(5,), epochs=6, batch_size=10, optimizer="adam", learning_rate=0.01)
    return made.for_data(DATA).changed(**settings)


def worked(*experiments: Experiment, place: remote.Place = PLACE) -> dict[int, RunOutcome] | None:
    found = remote.train_runs(place, "task", [RunSpec(number, each) for number, each in enumerate(experiments, 1)])
    return None if found is None else {each.number: each for each in found}


def done(*experiments: Experiment) -> dict[int, RunOutcome]:
    found = worked(*experiments)
    assert found is not None
    return found


# ---- visits and data


def test_runs_are_what_they_are_alone(worker: Worker) -> None:
    found = done(an_experiment(), an_experiment(seed=2))
    assert [each.status for each in found.values()] == [FINISHED] * 2
    trainer = an_experiment(seed=2).trainer(DATA)
    for _ in trainer.run():
        pass
    assert found[2].state is not None
    network, _ = read_checkpoint(found[2].state.content, "state")
    np.testing.assert_array_equal(network.parameters, trainer.network.parameters)


def test_who_was_not_met_or_has_said_goodbye_says_so(worker: Worker) -> None:
    assert worked(an_experiment(), place=("other", PLACE[1])) is None
    assert remote.prepare_data(("other", PLACE[1]), OFFER) is None
    remote.close_visit("sweep", worker)
    assert worked(an_experiment()) is None
    remote.open_visit("sweep", "topic", None, worker)
    assert worked(an_experiment()) is None, "it has no data yet"
    assert remote.prepare_data(PLACE, OFFER) is False, "they are in no registry"


def test_data_that_are_not_those_of_the_plan_are_refused_although_they_say_so(worker: Worker) -> None:
    other = replace(DATA, train=replace(DATA.train, inputs=DATA.train.inputs + 1))
    other.__dict__["fingerprint"] = DATA.fingerprint  # as it was computed once, and pickled along
    worker.data["other"] = other
    remote.receive_data("sweep", "other", worker)
    with pytest.raises(RuntimeError, match="differ from the data of the plan"):
        remote.prepare_data(PLACE, OFFER)


def test_a_visit_that_nobody_calls_any_more_is_forgotten(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "time", Clock(10_000.0))
    remote.open_visit("another", "topic", None, worker)
    assert worked(an_experiment()) is None


def test_data_of_the_registry_are_made_by_name_unless_they_had_to_be_downloaded(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    spirals = source_of("spirals").load({"points": 200})
    assert remote.prepare_data(PLACE, DatasetHandle("spirals", {"points": 200}, spirals.fingerprint))
    assert not remote.prepare_data(PLACE, DatasetHandle("spirals", {"points": 300}, spirals.fingerprint))
    monkeypatch.setenv("NNVIZ_CACHE", str(tmp_path))
    assert not remote.prepare_data(PLACE, DatasetHandle("kuzushiji-mnist", {}, "0" * 16))


def test_only_what_is_made_without_anything_of_ones_own_is_registered() -> None:
    assert are_registered("mnist", {})
    assert are_registered("spirals", {"points": 200, "own": None})
    assert not are_registered("mnist", {"own": "/home/me/own.npz"})
    assert not are_registered("painted", {})
    assert not are_registered("/home/me/table.csv", {})


# ---- errors


def test_one_that_cannot_be_trained_and_an_error_of_ours_fail_alone(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = done(an_experiment(batch_size=5000), an_experiment())
    assert [each.status for each in found.values()] == [FAILED, FINISHED]
    assert "batch_size is 5,000" in found[1].why

    def broken(self: Experiment, dataset: object) -> None:
        raise KeyError("oh")

    monkeypatch.setattr(Experiment, "trainer", broken)
    assert {number: each.why for number, each in done(an_experiment(), an_experiment()).items()} == {
        1: "KeyError: 'oh'",
        2: "KeyError: 'oh'",
    }
    assert "a run ended by an error of the program" in caplog.text


# ---- figures and wishes


def test_figures_are_reported_under_the_topic_with_the_name_of_the_task(worker: Worker) -> None:
    done(an_experiment(), an_experiment(seed=2))
    assert {(topic, task) for topic, task, _ in worker.reported} == {("topic", "task")}
    assert {report.number for *_, report in worker.reported} == {1, 2}


def test_wishes_end_one_run_or_all(worker: Worker) -> None:
    remote.request_stop("sweep", 2, "pruned", worker)
    found = done(an_experiment(), an_experiment(seed=2))
    assert {number: each.status for number, each in found.items()} == {1: FINISHED, 2: "pruned"}
    assert found[2].reached < 1
    remote.request_stop("sweep", ALL, STOPPED, worker)
    found = done(an_experiment(), an_experiment())
    assert {(each.status, each.reached) for each in found.values()} == {(STOPPED, 0)}


@pytest.mark.parametrize("how", ["its task is gone", "its task is cancelled", "the worker closes"])
def test_what_nobody_waits_for_ends_and_is_asked_to_nobody(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(remote, "time", Clock())
    if how == "its task is gone":
        worker.state.tasks.clear()
    elif how == "its task is cancelled":
        worker.task.state = "cancelled"
    else:
        worker.status.name = "closing"
    assert done(an_experiment(epochs=1_000_000), an_experiment(epochs=1_000_000, seed=2)) == {}
