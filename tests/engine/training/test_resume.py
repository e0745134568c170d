"""A run that stops anywhere and goes on elsewhere goes on to the bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from engine.basics.validation import Array
from engine.datasets.dataset import Dataset, classification_split
from engine.network.network import Network
from engine.training.augmentation import Augmentation
from engine.training.events import Batch, BestRestored, Epoch, Evaluating, Event, TrainingState
from engine.training.metrics import Evaluation
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from tests.engine.helpers import bits, class_data, network_for


def pictures() -> Dataset:
    """8 × 8: a bar that lies or stands, in noise."""
    rng = np.random.default_rng(5)

    def split(name: str, count: int) -> Any:
        labels = np.arange(count) % 2
        shown = rng.random((count, 8, 8)) * 0.3
        shown[labels == 0, 3] += 0.7
        shown[labels == 1, :, 4] += 0.7
        return classification_split(name, shown.reshape(count, 64), labels, 64, 2)

    return Dataset("bars", split("train", 70), split("test", 20), (8, 8), ("lies", "stands"))


@dataclass(frozen=True)
class Case:
    """A data set, how to begin a network for it, and how to train that."""

    data: Callable[[], Dataset]
    network: dict[str, Any]
    settings: dict[str, Any]

    def fresh_network(self, seed: int = 1) -> Network:
        return network_for(self.data(), seed, **self.network)

    def begin(self) -> Trainer:
        return Trainer(self.fresh_network(), self.data(), TrainingSettings(**self.settings))


CLASSES = {"activations": ["relu", "softmax"], "loss": "cross-entropy", "initializer": "he"}
CASES = {
    "plain": Case(class_data, {}, {"batch_size": 20, "epochs": 3}),
    "everything": Case(
        pictures,
        {**CLASSES, "hidden": 300},
        {
            "batch_size": 15,
            "epochs": 4,
            "learning_rate": 0.02,
            "optimizer": "adam",
            "schedule": "cosine",
            "warmup": 0.5,
            "dropout": (0.1, 0.4),
            "augmentation": Augmentation(shift=1, rotation=10, noise=0.1),
            "validation_share": 0.2,
            "patience": 2,
        },
    ),
    "stops early": Case(
        class_data,
        CLASSES,
        {
            "batch_size": 16,
            "epochs": 9,
            "optimizer": "rmsprop",
            "learning_rate": 0.5,
            "validation_share": 0.2,
            "patience": 1,
        },
    ),
    "all examples": Case(
        lambda: class_data(examples=50),
        {"dtype": np.float64},
        {
            "batch_size": 20,
            "epochs": 3,
            "optimizer": "momentum",
            "l1": 0.001,
            "max_norm": 2.0,
            "dropout": 0.2,
            "drop_last": False,
            "evaluate": False,
        },
    ),
}


def figures(of: Evaluation | None) -> tuple[Any, ...] | None:
    return None if of is None else (of.loss, of.error, None if of.confusion is None else of.confusion.tolist())


def reported(event: Event) -> tuple[Any, ...]:
    """All that an event says, but for the time it took."""
    if isinstance(event, Batch):
        return ("batch", event.epoch, event.batch, event.batches, event.loss)
    if isinstance(event, Epoch):
        return ("epoch", event.epoch, *(figures(each) for each in (event.train, event.test, event.validation)))
    if isinstance(event, BestRestored):
        return ("best", event.epoch, event.figures.loss, event.figures.error, event.early)
    return ("evaluating", event.epoch)


def through_a_file(state: TrainingState) -> TrainingState:
    """As a checkpoint writes and reads it."""
    settings, progress = (json.loads(json.dumps(part, allow_nan=False)) for part in (state.settings, state.progress))
    return TrainingState(settings, progress, {name: np.array(vector) for name, vector in state.vectors.items()})


@dataclass(frozen=True)
class Place:
    """Where a run can stop: after a given number of events, with this state and these parameters."""

    done: int
    state: TrainingState
    parameters: Array


def uninterrupted(case: Case) -> tuple[list[Event], list[Place], Trainer]:
    training = case.begin()
    events: list[Event] = []
    places = [Place(0, training.state(), training.network.parameters.copy())]
    for event in training.run():
        events.append(event)
        places.append(Place(len(events), training.state(), training.network.parameters.copy()))
    return events, places, training


def resumed(case: Case, place: Place) -> Trainer:
    network = case.fresh_network(seed=99)
    network.parameters[...] = place.parameters
    return Trainer.resume(network, case.data(), through_a_file(place.state))


def without_progress_of_evaluations(events: list[Event]) -> list[tuple[Any, ...]]:
    """An evaluation that was in progress begins again."""
    return [reported(event) for event in events if not isinstance(event, Evaluating)]


@pytest.mark.parametrize("name", CASES)
def test_from_every_place_it_goes_on_to_the_bit(name: str) -> None:
    case = CASES[name]
    events, places, whole = uninterrupted(case)
    for place in places:
        training = resumed(case, place)
        later = without_progress_of_evaluations(list(training.run()))
        expected = without_progress_of_evaluations(events[place.done :])
        if not expected and isinstance(events[-1], BestRestored):
            expected = [reported(events[-1])]  # the end is reported again
        assert later == expected, f"after {place.done} events"
        assert bits(training.network) == bits(whole.network)
        assert training.state().vectors.keys() == whole.state().vectors.keys()
        for key, vector in training.state().vectors.items():
            np.testing.assert_array_equal(vector, whole.state().vectors[key])


def test_those_places_are_of_every_kind() -> None:
    events, _, _ = uninterrupted(CASES["everything"])
    assert {type(event) for event in events} == {Batch, Evaluating, Epoch, BestRestored}
    assert not any(isinstance(event, BestRestored) and event.early for event in events)
    early, _, _ = uninterrupted(CASES["stops early"])
    assert isinstance(early[-1], BestRestored)
    assert early[-1].early


@pytest.mark.parametrize("name", CASES)
def test_looking_at_the_state_changes_nothing(name: str) -> None:
    training = CASES[name].begin()
    events = list(training.run())
    watched, places, other = uninterrupted(CASES[name])
    assert [reported(event) for event in events] == [reported(event) for event in watched]
    assert bits(training.network) == bits(other.network)
    again = CASES[name].begin()
    run = again.run()
    for place in places:
        now = again.state()
        assert json.dumps(now.progress | {"seconds": 0}) == json.dumps(place.state.progress | {"seconds": 0})
        for key, vector in place.state.vectors.items():
            np.testing.assert_array_equal(vector, now.vectors[key])  # though the first run went on
        next(run, None)


@pytest.mark.parametrize("name", CASES)
def test_it_may_be_stopped_after_every_single_event(name: str) -> None:
    case = CASES[name]
    events, _, whole = uninterrupted(case)
    training, later = case.begin(), []
    for _ in range(10 * len(events)):
        run = training.run()
        event = next((event for event in run if not isinstance(event, Evaluating)), None)
        if event is None:
            break
        later.append(event)
        training = resumed(case, Place(0, training.state(), training.network.parameters.copy()))
        if isinstance(event, BestRestored):
            break
    assert [reported(event) for event in later] == without_progress_of_evaluations(events)
    assert bits(training.network) == bits(whole.network)


def test_it_says_where_it_is() -> None:
    _, places, _ = uninterrupted(CASES["plain"])
    training = resumed(CASES["plain"], places[11])
    assert (training.epoch, training.batch) == (2, 2)
    assert training.settings == TrainingSettings(**CASES["plain"].settings)


def test_seconds_of_the_epoch_in_progress_are_kept() -> None:
    _, places, _ = uninterrupted(CASES["plain"])
    seconds = places[11].state.progress["seconds"]
    assert seconds > 0
    epoch = next(event for event in resumed(CASES["plain"], places[11]).run() if isinstance(event, Epoch))
    assert epoch.seconds > seconds


def test_the_rate_goes_on_in_the_middle_of_its_schedule() -> None:
    case = CASES["everything"]
    training = case.begin()
    run = training.run()
    while training.epoch < 3:
        next(run)
    place = Place(0, training.state(), training.network.parameters.copy())
    assert resumed(case, place).rate == training.rate != training.learning_rate


def test_a_run_with_chance_from_outside_goes_on_to_the_bit_too() -> None:
    case = Case(class_data, {}, {"batch_size": 20, "epochs": 3, "seed": None, "dropout": 0.3})
    events, places, whole = uninterrupted(case)
    training = resumed(case, places[5])
    assert without_progress_of_evaluations(list(training.run())) == without_progress_of_evaluations(events[5:])
    assert bits(training.network) == bits(whole.network)


@pytest.mark.parametrize(
    ("change", "steps_after"),
    [
        ({"momentum": 0.5}, 0),
        ({"optimizer": "adamw"}, 0),
        ({"optimizer": "sgd"}, 0),
        ({"dropout": 0.5}, 0),
        ({"learning_rate": 0.5}, 0),
        ({"momentum": 0.5}, 1),
        ({"optimizer": "adamw"}, 1),
        ({"optimizer": "sgd"}, 1),
        ({"dropout": 0.5}, 1),
    ],
)
def test_settings_changed_on_the_way_go_on_too(change: dict[str, Any], steps_after: int) -> None:
    """Changed just before the state is taken, or a step earlier."""
    case = Case(class_data, {}, {"batch_size": 20, "epochs": 3, "optimizer": "adam", "learning_rate": 0.01})
    whole = case.begin()
    run = whole.run()
    batches = (event for event in run if isinstance(event, Batch))
    next(batches), next(batches)
    whole.change(replace(whole.settings, **change))
    for _ in range(steps_after):
        next(batches)
    training = resumed(case, Place(0, whole.state(), whole.network.parameters.copy()))
    list(run)
    list(training.run())
    assert bits(training.network) == bits(whole.network)


@pytest.mark.parametrize("goes_on", ["the same", "resumed"])
def test_settings_that_are_only_looked_at_change_nothing(goes_on: str) -> None:
    """They come into force with the next step, so a state between two changes keeps what the first would throw away."""
    case = Case(class_data, {}, {"batch_size": 20, "epochs": 3, "optimizer": "adam", "learning_rate": 0.01})
    whole, other = case.begin(), case.begin()
    run, other_run = whole.run(), other.run()
    for events in (run, other_run):
        while not isinstance(next(events), Batch):
            pass
    began = whole.settings
    whole.change(replace(began, optimizer="sgd"))
    state = whole.state()
    assert state.settings["optimizer"] == "sgd"
    if goes_on == "resumed":
        whole = resumed(case, Place(0, state, whole.network.parameters.copy()))
        run = whole.run()
    whole.change(began)
    list(run), list(other_run)
    assert bits(whole.network) == bits(other.network)
