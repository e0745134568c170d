"""What a recording writes, and when; and that a training goes on from it to the bit."""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.basics.errors import DivergenceError
from engine.basics.machine import Machine, this_machine
from engine.datasets import Dataset
from engine.training.events import Batch, Epoch, Event
from engine.training.snapshot_schedule import SnapshotSchedule
from engine.training.trainer import Trainer
from nnviz.library import FullDiskError, Library, Recording, ReplacedError, RunInUseError, TooLargeError
from nnviz.library.curves import write_epochs
from nnviz.library.errors import damage_mark
from nnviz.library.states import state_bytes, state_places
from tests.engine.helpers import class_data, refused
from tests.nnviz.library.helpers import DATA, Clock, an_experiment, in_epoch, record, recorded, trained_on


@pytest.fixture
def library() -> Iterator[Library]:
    with Library() as opened:
        yield opened


def resumed(library: Library, run: int, before: float | None = None, data: Dataset = DATA) -> Trainer:
    kept = library.state(run, before)
    assert kept is not None
    assert kept.differences() == []
    return Trainer.resume(kept.network, data, kept.training)


# ---- going on


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd"},
        {"optimizer": "adam", "dropout": 0.2},
        {"validation_share": 0.2, "patience": 2, "schedule": "cosine", "optimizer": "momentum"},
    ],
)
def test_a_training_goes_on_to_the_bit_from_wherever_it_was_left(library: Library, settings: dict) -> None:
    made = an_experiment(epochs=4, **settings)
    whole = trained_on(made.trainer(DATA))
    for place in ((1, 1), (2, 4), (3, 2)):
        run, _ = record(library, made, until=in_epoch(*place))
        kept = library.state(run)
        assert kept is not None
        assert (kept.epoch, kept.batch) == place
        np.testing.assert_array_equal(trained_on(resumed(library, run)), whole)


@pytest.mark.parametrize("batch", range(1, 7))
def test_who_takes_it_over_writes_a_state_that_knows_as_much_as_the_figures(library: Library, batch: int) -> None:
    """Also where it was handed over between the last batch of an epoch and its figures."""
    made = an_experiment()
    run, trainer = record(library, made, until=in_epoch(3, batch), finish=False)
    clock = Clock()
    recording = Recording(library, run, trainer, clock=clock)
    for event in trainer.run():
        recording.take_event(event)
        if isinstance(event, Epoch):
            break
    kept = library.state(run)
    assert kept is not None
    assert (kept.at, kept.training.progress["measured"]) == (3, True)
    assert library.history(run).completed == 3
    recording.close()


def test_any_earlier_state_leads_to_the_same_end(library: Library) -> None:
    made = an_experiment(epochs=30)
    run, trainer = record(library, made)
    places = [at for at, _ in state_places(library.database, run)]
    assert places[0] == 0
    assert places[-1] == 30
    assert 4 < len(places) < 12
    for at in places:
        np.testing.assert_array_equal(trained_on(resumed(library, run, at)), trainer.network.parameters)
    assert library.state(run, places[2] + 0.01).at == places[2]
    assert library.state(run, -1) is None


def test_a_run_that_goes_on_has_one_history(library: Library) -> None:
    made = an_experiment(epochs=8)
    whole, trained = record(library, made)
    run, _ = record(library, made, until=in_epoch(5, 3))
    assert library.run(run).status == "finished"
    clock = Clock()
    recorded(Recording(library, run, resumed(library, run), clock=clock), clock)
    assert library.history(run) == library.history(whole)
    np.testing.assert_array_equal(library.network(run).parameters, trained.network.parameters)
    assert library.run(run).figures == library.run(whole).figures


def test_what_was_written_of_later_places_is_dropped(library: Library) -> None:
    made = an_experiment(epochs=8)
    run, _ = record(library, made)
    trainer = resumed(library, run, 4)
    recording = Recording(library, run, trainer)
    at = library.state(run).at
    assert at <= 4
    assert max(library.snapshot_epochs(run)) <= at
    assert library.history(run).completed <= 4
    recording.close()


def test_a_second_training_is_counted_on(library: Library) -> None:
    made = an_experiment(epochs=3)
    run, trainer = record(library, made)
    again = made.trainer(DATA, trainer.network)
    clock = Clock()
    recorded(Recording(library, run, again, before=3, clock=clock), clock)
    reported = library.run(run)
    assert reported.epochs == 6
    assert library.history(run).error.test.epochs == list(range(7))
    assert library.state(run).before == 3
    assert library.snapshot_epochs(run)[0] == 0
    assert library.snapshot_epochs(run)[-1] == 6


# ---- when


def test_it_is_written_at_an_epochs_end_at_most_once_a_second(library: Library) -> None:
    clock, made = Clock(), an_experiment(epochs=10)
    trainer, run = made.trainer(DATA), library.begin(made)
    recording = Recording(library, run, trainer, clock=clock)
    written = []
    for event in trainer.run():
        recording.take_event(event)
        clock.now += 0.4 / 6 if isinstance(event, Batch) else 0
        written.append(library.run(run).epochs)
    assert sorted(set(written)) == [0, 3, 6, 9]
    recording.finish()
    assert library.run(run).epochs == 10


def test_a_pause_is_written_at_once_where_it_is(library: Library) -> None:
    run, _ = record(library, until=in_epoch(2, 3), finish=False)
    assert library.run(run).status == "paused"
    assert library.run(run).epochs == 1.5


def test_moments_stay_within_their_room_and_evenly_apart(library: Library) -> None:
    library.quota.snapshot_budget = 1_000_000
    made = an_experiment(epochs=100).changed(hidden=(2000,))  # 16,003 parameters: room for 31
    run, _ = record(library, made)
    moments = np.array(library.snapshot_epochs(run)[:-1])
    assert 15 <= len(moments) <= 31 + 9, "states count, too"
    gaps = np.diff(moments)
    assert gaps.max() <= 16
    assert moments[0] == 0
    sizes = library.database.number("SELECT sum(nbytes) FROM moments")
    assert sizes <= 1_000_000


def test_of_short_epochs_at_most_25_moments_a_second_are_kept(library: Library) -> None:
    made, clock = an_experiment(epochs=320), Clock()
    run = library.begin(made)
    recording = Recording(library, run, made.trainer(DATA), clock=clock)
    for event in recording.trainer.run():
        recording.take_event(event)
        clock.now += 0.011 if isinstance(event, Epoch) else 0
    recording.finish()
    moments = library.snapshot_epochs(run)
    assert set(np.diff(moments[-70:])) == {4}
    assert len(moments) < 90, "before, one each time that the step doubles"


def test_of_epochs_that_come_very_fast_every_figure_is_written_but_fewer_matrices(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnviz.library.epochs._MOST_CONFUSIONS_AT_ONCE", 50)
    made = an_experiment(epochs=121)
    run = library.begin(made)
    recorded(Recording(library, run, made.trainer(DATA), clock=Clock()), Clock())  # its own clock stands still
    history = library.history(run)
    assert history.error.test.epochs == list(range(122))
    there = [epoch for epoch in range(122) if history.confusion(epoch) is not None]
    assert there == [*range(0, 121, 4), 121], "evenly apart, and the last ones"


def test_few_epochs_keep_all_their_matrices(library: Library) -> None:
    made = an_experiment(epochs=249)
    run = library.begin(made)
    recorded(Recording(library, run, made.trainer(DATA), clock=Clock()), Clock())
    history = library.history(run)
    assert all(history.confusion(epoch) is not None for epoch in range(250))


def test_the_last_matrices_are_kept_also_if_all_else_of_their_epoch_is_written(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnviz.library.epochs._MOST_CONFUSIONS_AT_ONCE", 50)
    made, clock = an_experiment(epochs=63), Clock()
    run = library.begin(made)
    recording = Recording(library, run, made.trainer(DATA), clock=clock)
    for event in recording.trainer.run():
        clock.now = 2.0 if isinstance(event, Epoch) and event.epoch == 63 else 0.0
        recording.take_event(event)
    assert library.run(run).epochs == 63
    assert library.history(run).confusion(63) is None
    recording.finish()
    assert library.history(run).confusion(63) is not None


def test_pauses_leave_the_number_of_matrices_within_its_limit(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in (("_MOST_CONFUSIONS", 20), ("_MOST_CONFUSIONS_AT_ONCE", 13)):
        monkeypatch.setattr(f"nnviz.library.epochs.{name}", most)
    made = an_experiment(epochs=279)
    run, trainer = library.begin(made), made.trainer(DATA)
    for last in range(31, 280, 31):
        recording = Recording(library, run, trainer, clock=Clock())
        for event in trainer.run():
            recording.take_event(event)
            if isinstance(event, Epoch) and event.epoch == last:
                break
        recording.finish("paused")
        count = library.database.number("SELECT count(*) FROM confusions")
        assert count <= 20
        assert library.history(run).confusion(last) is not None


def test_columns_that_some_epochs_have_no_figures_for_stay_empty_there(library: Library) -> None:
    run = library.begin(an_experiment())
    row = library.database.row
    rows = {1.0: (0.5, None, 0.25, *[None] * 11), 2.0: (0.5, 2, math.inf, 1.5, *[None] * 10)}
    with library.database.writing():
        write_epochs(library.database, run, rows)
    query = "SELECT seconds, dead_layer, train_error, train_loss, test_error FROM epochs WHERE epoch = ?"
    assert row(query, (1,)) == (0.5, None, 0.25, None, None)
    assert row(query, (2,)) == (0.5, 2, None, 1.5, None), "what is not finite is not kept"


@pytest.mark.parametrize("length", [1, 7, 31, 32, 33, 100, 1000, 5003])
def test_a_grid_keeps_few_and_evenly(length: int) -> None:
    grid, kept = SnapshotSchedule(32, 1), []
    for place in range(length):
        if grid.should_keep(place):
            grid.advance_past(place)
            victim = grid.add(place)
            if victim is not None:
                kept.remove(victim)
            kept.append(place)
    assert len(kept) == len(grid) <= 32
    assert kept[0] == 0
    assert len(kept) >= min(length, 16)
    off = [place for place in kept if place % grid.step]
    assert len(off) <= 16, "at most those that wait for being replaced"
    assert grid.step <= max(1, length / 8)


def test_a_grid_that_is_taken_up_goes_on_as_before() -> None:
    grid = SnapshotSchedule(100, 10, [0, 0.5, 1, 1.5, 2], 1 / 32)
    assert grid.step == 0.5
    assert next(place / 10 for place in range(20, 36) if grid.should_keep(place / 10)) == 2.5


def test_numbers_beyond_half_precision_are_kept_in_single(library: Library) -> None:
    made = an_experiment(epochs=2)
    trainer, run = made.trainer(DATA), library.begin(made)
    trainer.network.parameters[3] = 1e6
    recording = Recording(library, run, trainer)
    recording.take_event(next(event for event in trainer.run() if isinstance(event, Epoch)))
    library.database.write("DELETE FROM states")
    assert library.snapshot(run, 0)[3] == 1e6
    recording.close()


# ---- orders


def test_orders_are_kept_in_their_order_with_their_places(library: Library) -> None:
    made = an_experiment(epochs=4)
    trainer, run = made.trainer(DATA), library.begin(made)
    clock, faster = Clock(), made.changed(learning_rate=0.05)
    recording = Recording(library, run, trainer, clock=clock)

    def give_orders(event: Event) -> None:
        if in_epoch(2, 3)(event):
            trainer.change(faster.training)
            recording.change(faster, "learning rate 0.05")
        if in_epoch(3, 1)(event):
            recording.log("edit", {"layer": 1, "cells": [[0, 2]]}, np.float32([1.5]).tobytes(), "a weight edited")

    recorded(recording, clock, give_orders)
    first, second = library.orders(run)
    assert (first.kind, first.at, first.epoch, first.batch) == ("settings", 1.5, 2, 3)
    assert first.payload["learning_rate"] == 0.05
    assert (second.kind, second.payload, second.content) == (
        "edit",
        {"layer": 1, "cells": [[0, 2]], "note": "a weight edited"},
        np.float32([1.5]).tobytes(),
    )
    assert [change.text for change in library.history(run).changes] == ["learning rate 0.05", "a weight edited"]
    assert library.run(run).experiment == faster
    assert library.orders(run, library.state(run).orders) == []
    assert [order.number for order in library.orders(run, library.state(run, 1.9).orders)] == [1, 2]


def test_a_replay_with_its_orders_is_the_same_to_the_bit(library: Library) -> None:
    made = an_experiment(epochs=4)
    trainer, run = made.trainer(DATA), library.begin(made)
    clock, faster = Clock(), made.changed(learning_rate=0.05)
    recording = Recording(library, run, trainer, clock=clock)

    def go_faster(event: Event) -> None:
        if in_epoch(3, 2)(event):
            trainer.change(faster.training)
            recording.change(faster)

    recorded(recording, clock, go_faster)
    start = library.state(run, 1)
    assert start is not None
    replayed = Trainer.resume(start.network, DATA, start.training)
    (order,) = library.orders(run, start.orders)
    for _ in replayed.run():
        if (replayed.epoch, replayed.batch) == (order.epoch, order.batch):
            replayed.change(type(made.training).from_dict(dict(order.payload)))
    np.testing.assert_array_equal(replayed.network.parameters, trainer.network.parameters)


def test_what_json_cannot_hold_is_refused_when_it_is_logged(library: Library) -> None:
    made = an_experiment()
    recording = Recording(library, library.begin(made), made.trainer(DATA))
    with pytest.raises(TypeError, match="JSON"):
        recording.log("edit", {"what": object()})
    assert recording.finish()


# ---- who records


def test_nobody_else_takes_up_a_run_that_is_being_trained(library: Library) -> None:
    made = an_experiment()
    run = library.begin(made)
    recording = Recording(library, run, made.trainer(DATA))
    assert library.is_live(run)
    with Library() as other:
        assert other.is_live(run)
        with refused(RunInUseError, "run", str(run)):
            Recording(other, run, made.trainer(DATA))
        with refused(RunInUseError, "run", str(run)):
            other.delete([run])
    recording.close()
    assert not library.is_live(run)
    Recording(library, run, made.trainer(DATA)).finish()
    assert [each.name for each in library.path.parent.iterdir() if "lock" in each.name] == []


def test_nobody_takes_up_a_run_with_which_another_has_gone_on(library: Library) -> None:
    run, _ = record(library, until=in_epoch(2, 1))
    known = library.run(run).updated
    made = an_experiment()
    Recording(library, run, made.trainer(DATA), updated=known).finish()
    with refused(RunInUseError, "run", str(run)):
        Recording(library, run, made.trainer(DATA), updated=known)
    assert not library.is_live(run)
    Recording(library, run, made.trainer(DATA), updated=library.run(run).updated).finish()


def test_what_was_interrupted_is_found(library: Library) -> None:
    made = an_experiment()
    run = library.begin(made)
    recording = Recording(library, run, made.trainer(DATA))
    recording.commit()
    assert library.interrupted() == []
    recording.close()
    assert [each.id for each in library.interrupted()] == [run]
    Recording(library, run, made.trainer(DATA)).finish()
    assert library.interrupted() == []


# ---- what goes wrong


def test_a_run_that_diverges_is_kept_up_to_its_last_good_moment(library: Library) -> None:
    data = class_data()
    made = an_experiment(optimizer="sgd", epochs=50, learning_rate=0.1)
    trainer, run = made.trainer(data), library.begin(made)
    clock, good = Clock(), []
    recording = Recording(library, run, trainer, clock=clock)

    def spoil(event: Event) -> None:
        if isinstance(event, Epoch) and event.epoch == 3:
            good.append(trainer.network.parameters.copy())
            trainer.network.parameters[...] *= 1e30

    with pytest.raises(DivergenceError):
        recorded(recording, clock, spoil)
    recording.finish("diverged")
    reported = library.run(run)
    assert (reported.status, library.state(run).at) == ("diverged", 3)
    np.testing.assert_array_equal(library.network(run, 3).parameters, good[0])
    assert library.history(run).completed == 3


def test_a_full_disk_stops_no_training_and_loses_nothing_when_there_is_room_again(library: Library) -> None:
    made, clock, reported = an_experiment(epochs=40).changed(hidden=(2000,)), Clock(), []
    trainer, run = made.trainer(DATA), library.begin(made)
    recording = Recording(library, run, trainer, report=reported.append, clock=clock)
    pages = library.database.number("PRAGMA page_count") + 20

    def fill(event: Event) -> None:
        if isinstance(event, Epoch) and event.epoch == 10:
            library.database.row(f"PRAGMA max_page_count = {pages}")
        if isinstance(event, Epoch) and event.epoch == 25:
            assert isinstance(recording.problem, FullDiskError)
            library.database.row("PRAGMA max_page_count = 1000000")

    recorded(recording, clock, fill)
    assert recording.problem is None
    assert len(reported) == 2
    assert "the disk is full" in reported[0]
    assert "Training continues." in reported[0]
    assert reported[1] == "The library can be written to again."
    assert library.history(run).error.test.epochs == list(range(41))
    np.testing.assert_array_equal(library.network(run).parameters, trainer.network.parameters)


def test_a_recording_continues_in_a_library_that_another_program_rescued(library: Library) -> None:
    made, clock, reported = an_experiment(), Clock(), list[str]()
    other, _ = record(library)
    run, trainer = library.begin(made), made.trainer(DATA)
    recording = Recording(library, run, trainer, report=reported.append, clock=clock)

    def rescue(event: Event) -> None:
        if in_epoch(3, 2)(event):
            damage_mark(library.path).touch()
            with Library(library.path) as rescued:
                assert "recovered 2 runs" in rescued.notice
        if in_epoch(4, 2)(event):
            faster = made.changed(learning_rate=0.05)
            trainer.change(faster.training)
            recording.change(faster, "learning rate 0.05")

    recorded(recording, clock, rescue)
    assert (recording.problem, reported) == (None, [])
    with Library(library.path) as now:
        assert now.notice is None
        assert now.run(run).status == "finished"
        assert now.history(run).error.test.epochs == list(range(7)), "nothing that waited is lost"
        np.testing.assert_array_equal(now.network(run).parameters, trainer.network.parameters)
        assert [order.kind for order in now.orders(run)] == ["settings"]
        assert now.run(other).epochs == 6


def test_a_library_without_the_run_is_not_recorded_in(library: Library, tmp_path: Path) -> None:
    """As where another one was put in its place."""
    made, clock = an_experiment(), Clock()
    run, trainer = library.begin(made), made.trainer(DATA)
    recording = Recording(library, run, trainer, clock=clock)
    with Library(tmp_path / "other.sqlite") as other:
        record(other, name="of another person")

    def replace_file(event: Event) -> None:
        if in_epoch(3, 2)(event):
            os.replace(f"{library.path}-wal", tmp_path / "aside-wal")
            os.replace(tmp_path / "other.sqlite", library.path)

    recorded(recording, clock, replace_file)
    assert isinstance(recording.problem, ReplacedError)
    with Library(library.path) as now:
        assert now.run(run).name == "of another person"
        assert now.history(run).error.test.epochs == list(range(7))


def test_a_library_that_is_deleted_is_not_made_again_by_a_recording(library: Library) -> None:
    """Another one may be put back there. The message says that the run is not recorded."""
    made, clock, reported = an_experiment(), Clock(), list[str]()
    run, trainer = library.begin(made), made.trainer(DATA)
    recording = Recording(library, run, trainer, report=reported.append, clock=clock)
    recorded(recording, clock, lambda event: os.remove(library.path) if in_epoch(3, 2)(event) else None)
    assert trainer.epoch == 6
    assert isinstance(recording.problem, ReplacedError)
    assert "moved or deleted" in reported[0]
    assert not library.path.exists()


def test_a_network_too_large_for_the_library_has_its_figures_kept(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnviz.library.states.MOST_STATE", 100)
    reported: list[str] = []
    made = an_experiment()
    trainer, run = made.trainer(DATA), library.begin(made)
    clock = Clock()
    recorded(Recording(library, run, trainer, report=reported.append, clock=clock), clock)
    assert len(reported) == 1
    assert "can be recorded" in reported[0]
    assert library.history(run).completed == 6
    assert library.snapshot_epochs(run) == []
    with pytest.raises(TooLargeError):
        state_bytes(trainer)


def test_a_state_says_what_it_was_computed_with(library: Library) -> None:
    run, _ = record(library)
    assert library.state(run).machine == this_machine()
    other = json.dumps({**this_machine().as_dict(), "numpy": "1.26.0", "threads": ""})
    library.database.write("UPDATE states SET machine = ?", (other,))
    assert library.state(run).differences() == [
        f"numpy 1.26.0, then {np.__version__}",
        f"number of threads unknown, then {this_machine().threads}",
    ]
    assert Machine.from_dict([1]).differences(Machine()) != [], "two that are not known may differ"


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_training_that_changes_hands_was_not_interrupted(library: Library, goes_on: bool) -> None:
    """Between letting go of the run and taking it up again nobody holds its lock."""
    made = an_experiment()
    run, trainer = library.begin(made), made.trainer(DATA)
    Recording(library, run, trainer).finish("training")
    taken_up: list[Recording] = []

    def take_up() -> None:
        time.sleep(0.3)
        with Library(library.path) as other:
            taken_up.append(Recording(other, run, trainer))

    other = threading.Thread(target=take_up)
    if goes_on:
        other.start()
    found = [each.id for each in library.interrupted()]
    if goes_on:
        other.join()
        taken_up[0].close()
    assert found == ([] if goes_on else [run])
