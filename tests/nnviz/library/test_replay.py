"""Any batch of a recorded training comes again to the bit, with the orders that were carried out on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError, SettingError
from engine.basics.machine import this_machine
from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.datasets.arrays import Arrays, dataset_of
from engine.experiment import Experiment
from engine.training.augmentation import Augmentation
from engine.training.events import Batch, Event
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from nnviz.library import Library, Recording, UnknownRunError, UnreadableRunError
from nnviz.library.errors import ReplayError, damage_mark
from nnviz.library.replay import ReplayResult, edit_content, replay, retrace
from nnviz.library.states import state_places
from tests.engine.helpers import class_data
from tests.nnviz.library.helpers import DATA, Clock, an_experiment, in_epoch, record, trained_on

IMAGES = np.random.default_rng(4).integers(200, 256, (40, 5, 5)).astype(np.uint8)
LIGHT = dataset_of("light", Arrays(IMAGES, np.arange(40) % 2), test_share=0.2)

Do = Callable[[Recording, Trainer], None]


@pytest.fixture
def library() -> Iterator[Library]:
    with Library() as opened:
        yield opened


def seen(library: Library, orders: dict[tuple[int, int], Do] | None = None, **settings: Any) -> dict[float, Array]:
    """Records a run, with orders after some batches; returns its parameters after each batch, by epochs."""
    made = an_experiment(**settings)
    trainer, clock, found = made.trainer(DATA), Clock(), {}
    recording = Recording(library, library.begin(made, DATA.title), trainer, clock=clock)
    recording.leap()
    for event in trainer.run():
        recording.take_event(event)
        clock.now += 0.3
        if isinstance(event, Batch):
            order = (orders or {}).get((event.epoch, event.batch))
            if order is not None:
                order(recording, trainer)
            found[recording.at] = trainer.network.parameters.copy()
    recording.finish()
    return found


def gone_to(library: Library, at: float, run: int = 1, data: Dataset = DATA) -> ReplayResult:
    steps = replay(library, run, at, data)
    shares = []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as end:
            assert shares == sorted(shares)
            assert not shares or shares[-1] == 1
            found: ReplayResult = end.value
            return found


def slower(recording: Recording, trainer: Trainer) -> None:
    settings = replace(trainer.settings, learning_rate=trainer.settings.learning_rate / 3, weight_decay=0.01)
    trainer.change(settings)
    recording.change(an_experiment().changed(training=settings))


def edited(recording: Recording, trainer: Trainer) -> None:
    before = trainer.network.parameters.copy()
    trainer.network.weights[0][2] = 0.5
    trainer.network.biases[1][1] = -1
    trainer.edits += 1
    recording.log("edit", *edit_content(before, trainer.network.parameters))


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd", "epochs": 4},
        {"optimizer": "adam", "dropout": 0.2, "epochs": 4},
        {"validation_share": 0.2, "patience": 4, "schedule": "cosine", "optimizer": "momentum"},
    ],
    ids=["sgd", "adam and dropout", "patience"],
)
def test_every_batch_comes_again(library: Library, settings: dict[str, Any]) -> None:
    found = seen(library, **settings)
    assert len(found) >= 24
    for at, parameters in found.items():
        there = gone_to(library, at)
        assert there.differences == []
        np.testing.assert_array_equal(there.trainer.network.parameters, parameters)


def test_orders_are_carried_out_again(library: Library) -> None:
    orders: dict[tuple[int, int], Do] = {(1, 4): slower, (2, 2): edited, (2, 6): slower, (3, 1): edited}
    found = seen(library, orders, epochs=4)
    plain = gone_to(library, 1 + 1 / 6).trainer.network.parameters
    np.testing.assert_array_equal(plain, found[1 + 1 / 6])
    for at, parameters in found.items():
        np.testing.assert_array_equal(gone_to(library, at).trainer.network.parameters, parameters)


def test_from_there_it_goes_on_to_the_same_end(library: Library) -> None:
    found = seen(library, dropout=0.2)
    end = found[max(found)]
    for at in (0, 0.5, 2, 3 + 1 / 3):
        np.testing.assert_array_equal(trained_on(gone_to(library, at).trainer), end)


def test_it_begins_at_the_last_state_before_it(library: Library) -> None:
    seen(library, epochs=60)
    places = [at for at, is_last in state_places(library.database, 1) if not is_last]
    assert len(places) > 2
    steps = replay(library, 1, places[1] + 1 / 6, DATA)
    assert next(steps) == 1


def another_training(library: Library, found: dict[float, Array], orders: dict[tuple[int, int], Do]) -> None:
    """Three more epochs of the network that was trained for three."""
    kept = library.state(1)
    assert kept is not None
    made = an_experiment(epochs=3, learning_rate=0.1, seed=5)
    trainer, clock = made.trainer(DATA, kept.network), Clock()
    recording = Recording(library, 1, trainer, before=3, clock=clock)
    recording.leap()
    for event in trainer.run():
        recording.take_event(event)
        clock.now += 0.3
        if isinstance(event, Batch):
            order = orders.get((event.epoch, event.batch))
            if order is not None:
                order(recording, trainer)
            found[recording.at] = trainer.network.parameters.copy()
    recording.finish()


def test_another_training_of_the_same_network(library: Library) -> None:
    """Three more epochs: the order of the examples begins again."""
    found = seen(library, epochs=3)
    another_training(library, found, {})
    for at, parameters in found.items():
        there = gone_to(library, at)
        np.testing.assert_array_equal(there.trainer.network.parameters, parameters)
        assert there.before == (3 if at > 3 else there.before)


# ---- what cannot be done


def test_other_data_are_refused(library: Library) -> None:
    seen(library)
    with pytest.raises(DataError, match="must be the data set that the run was trained on"):
        gone_to(library, 1, data=class_data(seed=8))


@pytest.mark.parametrize("at", [1.01, -1, 77])
def test_no_such_moment(library: Library, at: float) -> None:
    seen(library)
    with pytest.raises((UnknownRunError, UnreadableRunError)):
        gone_to(library, at)


def test_beyond_what_is_recorded_nothing_is_made_up(library: Library) -> None:
    run, _ = record(library, until=in_epoch(4, 3), finish=False)
    with pytest.raises(UnknownRunError, match=r"epoch is 5: it must be at most 3\.5, the last recorded epoch"):
        gone_to(library, 5, run)


def test_between_two_recordings_nothing_is_made_up(library: Library) -> None:
    run, trainer = record(library, until=in_epoch(2, 3), finish=False)
    events = trainer.run()
    while (trainer.epoch, trainer.batch) != (4, 2):
        next(events)
    recording = Recording(library, run, trainer)
    recording.leap()
    parameters = trainer.network.parameters.copy()
    for event in events:
        recording.take_event(event)
    recording.finish()
    for at in (1 + 4 / 6, 2, 3, 3 + 1 / 6):
        with pytest.raises(UnknownRunError, match=r"must not be between 1\.5 and 3\.33333, where nothing was record"):
            gone_to(library, at, run)
    assert gone_to(library, 1.5, run).trainer.epoch == 2
    np.testing.assert_array_equal(gone_to(library, 3 + 2 / 6, run).trainer.network.parameters, parameters)
    end = gone_to(library, 6, run).trainer.network.parameters
    np.testing.assert_array_equal(end, trainer.network.parameters)


@pytest.mark.parametrize("payload", ['{"since": "x"}', "[]"])
def test_a_damaged_place_is_reported(library: Library, payload: str) -> None:
    seen(library, epochs=20)
    library.database.write("INSERT INTO orders VALUES (1, 99, 15, 16, 1, 'state', ?, NULL)", (payload,))
    with pytest.raises(UnreadableRunError, match="order 99 of run 1: it cannot be read"):
        gone_to(library, 14)
    assert not damage_mark(library.path).exists(), "it says nothing of the other runs"


@pytest.mark.parametrize(
    ("payload", "content"),
    [
        ('{"count": 1}', b"\x00" * 7),
        ('{"count": 1}', b"\xff" * 8),
        ('{"count": -1}', b""),
        ("{}", b""),
        ('{"count": 1}', b"\x00" * 4 + b"\x00\x00\x80\x7f"),
    ],
)
def test_a_damaged_order_is_reported(library: Library, payload: str, content: bytes) -> None:
    seen(library, {(2, 2): edited})
    with library.database.writing():
        query = "UPDATE orders SET payload = ?, content = ? WHERE kind = 'edit'"
        library.database.write(query, (payload, content))
    with pytest.raises(UnreadableRunError, match=r"order \d of run 1: it cannot be read .* Delete the run"):
        gone_to(library, 1 + 2 / 6)
    assert not damage_mark(library.path).exists(), "it says nothing of the other runs"


def test_data_of_the_same_name_are_named_once(library: Library) -> None:
    seen(library)
    half = Split(DATA.train.inputs[:30], DATA.train.targets[:30], DATA.train.labels[:30])
    with pytest.raises(DataError) as caught:
        gone_to(library, 2, data=replace(DATA, train=half))
    assert str(caught.value).count(DATA.title) == 1
    assert "with other examples" in str(caught.value)


def test_it_can_be_given_up(library: Library) -> None:
    seen(library)
    steps: Iterator[Event] = replay(library, 1, 5, DATA)  # type: ignore[assignment]
    next(steps)
    steps.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", ["it ends before", "its order does not fit", "an order of a newer version"])
def test_what_comes_out_otherwise_is_no_damage(library: Library, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """As on another machine; else all of the library would be moved away when it is opened the next time."""
    seen(library, {(2, 2): slower})
    if what == "it ends before":
        run = Trainer.run

        def short(trainer: Trainer) -> Iterator[Event]:
            return islice(run(trainer), 1)

        monkeypatch.setattr(Trainer, "run", short)
    elif what == "its order does not fit":
        change = Trainer.change

        def refuse(trainer: Trainer, settings: TrainingSettings) -> None:
            if settings.weight_decay:
                raise SettingError("epochs", 1, "must be more", "Try 2.")
            change(trainer, settings)

        monkeypatch.setattr(Trainer, "change", refuse)
    else:
        library.database.write("UPDATE orders SET kind = 'prune' WHERE kind = 'settings'")
    with pytest.raises(ReplayError, match="the replay differs from the recording"):
        gone_to(library, 1 + 4 / 6)
    assert not damage_mark(library.path).exists()


# ---- many moments at once


def retraced(library: Library, moments: list[float]) -> dict[float, Array]:
    """What is found of those moments."""
    kept: dict[float, Array] = {}
    steps = retrace(library, 1, moments, DATA, lambda at, trainer: kept.update({at: trainer.network.parameters.copy()}))
    shares = list(steps)
    assert shares == sorted(shares)
    return kept


def test_many_moments_are_had_in_one_go(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    resumed = []
    original = Trainer.resume
    monkeypatch.setattr(Trainer, "resume", lambda *arguments: resumed.append(1) or original(*arguments))
    found = seen(library, {(1, 4): slower, (2, 2): edited}, epochs=8)
    moments = sorted(found)
    kept = retraced(library, moments)
    assert list(kept) == moments
    for at, parameters in kept.items():
        np.testing.assert_array_equal(parameters, found[at])
    assert len(resumed) == 1


def test_orders_of_a_later_training_are_not_carried_out_in_an_earlier_one(library: Library) -> None:
    found = seen(library, epochs=3)
    another_training(library, found, {(1, 2): edited, (3, 1): slower})
    for at in (1, 2 + 1 / 3, 4, 5):
        np.testing.assert_array_equal(gone_to(library, at).trainer.network.parameters, found[at])
    kept = retraced(library, [1, 2, 3, 4, 5, 6])
    for at, parameters in kept.items():
        np.testing.assert_array_equal(parameters, found[at])
    assert set(kept) == {1, 2, 3, 4, 5, 6}


def test_moments_to_which_nothing_leads_are_left_out(library: Library) -> None:
    seen(library)
    assert set(retraced(library, [1, 2.01, 3])) == {1, 3}


def test_on_another_machine_none_is_had(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    seen(library)
    monkeypatch.setattr("nnviz.library.states.this_machine", lambda: replace(this_machine(), numpy="0.1"))
    assert retraced(library, [1, 2]) == {}


@pytest.mark.parametrize("is_old", [True, False])
def test_runs_of_images_come_again_with_their_own_standardisation(library: Library, is_old: bool) -> None:
    """Older runs had none, and filled what comes in from outside with black; the data are the same."""
    data = replace(LIGHT, brightness=None) if is_old else LIGHT
    made = Experiment().changed(shape=(25, 6, 2), activations=("relu", "softmax")).for_data(data)
    made = made.changed(epochs=3, batch_size=8, learning_rate=0.01, augmentation=Augmentation(shift=2))
    trainer, clock, found = made.trainer(data), Clock(), {}
    run = library.begin(made, data.title)
    recording = Recording(library, run, trainer, clock=clock)
    for event in trainer.run():
        recording.take_event(event)
        clock.now += 0.3
        if isinstance(event, Batch):
            found[recording.at] = trainer.network.parameters.copy()
    recording.finish()
    assert library.run(run).experiment == made
    for at in (list(found)[2], list(found)[-2], list(found)[-1]):
        again = gone_to(library, at, run, LIGHT)
        np.testing.assert_array_equal(again.trainer.network.parameters, found[at])
        assert again.trainer.network.brightness == data.brightness
    assert library.network(run).brightness == data.brightness
    rows = np.random.default_rng(1).random((4, 25))
    np.testing.assert_array_equal(library.network(run).predict(rows), trainer.network.predict(rows))
