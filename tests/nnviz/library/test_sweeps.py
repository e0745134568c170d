"""Sweeps in the library: older files get what they need, and runs of a sweep are runs like any other."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.experiment import Experiment
from engine.sweeps.plan import SWEEP, Plan
from engine.sweeps.results import DIVERGED, PRUNED
from engine.sweeps.run_execution import RunSpec, train_one
from engine.sweeps.search_space import parse_dimension
from engine.training.events import Batch
from engine.training.trainer import Trainer
from nnviz.library import Library, LibraryError, database
from nnviz.library.errors import DamagedError, UnknownSweepError
from nnviz.library.replay import ReplayResult, replay
from nnviz.library.run_file import read_run, write_run
from nnviz.library.schema import VERSION
from nnviz.library.sweeps import FINISHED, RUNNING, STOPPED, FinishedRun, SweepLibrary, take_lock
from tests.frozen import FROZEN
from tests.nnviz.library.helpers import DATA, an_experiment, record, trained_on

OLD = FROZEN / "library1" / "library.sqlite.gz"  # two runs of two epochs, as the program of version 1 wrote them
PLAN = Plan(SWEEP, (an_experiment(validation_share=0.2),), (1, 2), (parse_dimension("hidden=5,7"),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


@pytest.fixture
def library(path: Path) -> Iterator[Library]:
    with Library(path) as opened:
        yield opened


@pytest.fixture
def old(path: Path) -> Path:
    path.write_bytes(gzip.decompress(OLD.read_bytes()))
    return path


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def done(trial: int = 0, seed: int = 1, **settings: object) -> FinishedRun:
    made = PLAN.experiment(trial, {"hidden": (5,)}, seed).changed(**settings)
    return FinishedRun(trial, made, train_one(RunSpec(1, made), DATA, lambda report: None))


def written(library: Library, *runs: FinishedRun) -> tuple[int, list[int]]:
    sweep = SweepLibrary(library).begin(PLAN, DATA.title, "mine")
    return sweep, SweepLibrary(library).write(sweep, runs, DATA.description, DATA.title)


def came_of(going: Generator[float, None, ReplayResult]) -> ReplayResult:
    while True:
        try:
            next(going)
        except StopIteration as over:
            return over.value


# ---- versions


def test_a_library_of_before_gets_sweeps_and_loses_nothing(old: Path) -> None:
    with Library(old) as library:
        assert library.notice is None
        assert version_of(old) == VERSION
        assert [(run.id, run.name, run.note, run.epochs, run.sweep) for run in library.runs()] == [
            (2, "", "", 1.5, None),
            (1, "of before", "kept", 2, None),
        ]
        assert library.history(1).error.test.epochs == [0, 1, 2]
        assert SweepLibrary(library).all() == []
        sweep, runs = written(library, done())
        assert (library.run(runs[0]).sweep, runs) == (sweep, [3])
        kept = library.state(2)
        rest = trained_on(Trainer.resume(kept.network, DATA, kept.training))
        whole = trained_on(an_experiment(epochs=2, seed=2).trainer(DATA))
        # To the bit, unless its first half was trained on another machine.
        np.testing.assert_allclose(rest, whole, rtol=1e-5 if kept.differences() else 0)


def test_a_library_is_brought_here_whole_or_not_at_all(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = database.schema.migrate

    def broken(connection: sqlite3.Connection, version: int) -> None:
        before(connection, version)
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(database.schema, "migrate", broken)
    with pytest.raises(LibraryError, match="the disk is full"):
        Library(old)
    assert version_of(old) == 1
    monkeypatch.setattr(database.schema, "migrate", before)
    with Library(old) as library:
        assert len(library.runs()) == 2


def test_a_library_of_before_that_can_only_be_read_is_read(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: access(path, mode) and mode != os.W_OK)
    with Library(old) as library:
        assert [run.id for run in library.runs()] == [2, 1]
        assert library.run(1).sweep is None
        assert (SweepLibrary(library).all(), SweepLibrary(library).runs(1), SweepLibrary(library).interrupted()) == (
            [],
            [],
            [],
        )
        with pytest.raises(UnknownSweepError):
            SweepLibrary(library).get(1)
    assert version_of(old) == 1


def test_a_program_of_before_is_reported_that_it_can_read_this(library: Library, path: Path) -> None:
    """What it asks for is still there, by the names that it knows."""
    _, (run,) = written(library, done())
    assert library.database.row("SELECT value FROM meta WHERE name = 'readable_by'") == ("1",)
    with Library(path) as reader:
        assert reader.run(run).status == "finished"


@pytest.mark.parametrize("is_old", [True, False])
def test_a_damaged_one_is_read_out_with_its_sweeps(path: Path, is_old: bool) -> None:
    if is_old:
        path.write_bytes(gzip.decompress(OLD.read_bytes()))
    else:
        with Library(path) as library:
            written(library, done(), done(seed=2))
    path.with_name(path.name + ".damaged").touch()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE epochs SET epoch = 'x' WHERE run = 2 AND epoch = 1")
        connection.execute("CREATE TABLE rubbish (x)")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.commit()
    content = bytearray(path.read_bytes())
    content[-4096:] = bytes(4096)
    path.write_bytes(content)
    with Library(path) as library:
        kept = {run.id: (run.sweep, run.trial) for run in library.runs()}
        assert kept
        if not is_old:
            assert set(kept.values()) == {(1, 0)}
            assert SweepLibrary(library).get(1).plan == PLAN


# ---- runs of a sweep are runs


def test_what_is_written_is_what_train_would_have_recorded(library: Library) -> None:
    each = done()
    sweep, (run,) = written(library, each)
    alone, trainer = record(library, each.experiment)
    mine, other = library.run(run), library.run(alone)
    assert (mine.figures, mine.epochs, mine.batches, mine.status) == (
        other.figures,
        other.epochs,
        other.batches,
        other.status,
    )
    assert mine.experiment == other.experiment
    assert library.history(run) == library.history(alone)
    np.testing.assert_array_equal(library.history(run).confusion(3), library.history(alone).confusion(3))
    np.testing.assert_array_equal(library.network(run).parameters, trainer.network.parameters)
    assert library.network(run).description == library.network(alone).description
    assert library.state(run).differences() == []
    assert (mine.sweep, mine.trial, other.sweep, other.trial) == (sweep, 0, None, None)
    assert len(library.snapshot_epochs(run)) > 6
    assert [found.id for found in library.runs("validation share 0.2 clouds")] == [alone, run]


def test_records_are_read_by_trials_or_by_numbers(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnviz.library.sweeps._PAGE", 2)
    sweep, runs = written(library, *(done(trial, seed) for seed in (1, 2) for trial in (0, 1)))
    sweeps = SweepLibrary(library)
    assert [each.id for each in sweeps.records(sweep)] == [runs[place] for place in (0, 2, 1, 3)]
    assert [each.id for each in sweeps.records(sweep, by_number=True)] == runs


def test_they_are_gone_on_with_and_replayed_to_the_bit(library: Library) -> None:
    asked: list[int] = []
    made = PLAN.experiment(0, {}, 1)
    stopped = train_one(
        RunSpec(1, made), DATA, lambda report: None, lambda: PRUNED if asked.append(1) or len(asked) == 15 else ""
    )
    _, (run, whole) = written(library, FinishedRun(0, made, stopped), done(0))
    assert library.run(run).status == PRUNED
    kept = library.state(run)
    rest = trained_on(Trainer.resume(kept.network, DATA, kept.training))
    np.testing.assert_array_equal(rest, library.network(whole).parameters)
    later = library.snapshot_epochs(run)[-1]
    assert later == stopped.reached


def test_early_stopping_is_reported(library: Library) -> None:
    each = done(patience=2, epochs=40, learning_rate=0.1)
    _, (run,) = written(library, each)
    record_of_it = library.run(run)
    assert record_of_it.best.epoch == each.outcome.best.epoch
    at_best = library.history(run).figures(each.outcome.best.epoch)
    assert record_of_it.figures["validation_loss"] == at_best["validation_loss"]


def test_one_that_diverged_is_kept_as_such(library: Library) -> None:
    _, (run,) = written(library, done(learning_rate=1e30, optimizer="sgd"))
    assert (library.run(run).status, library.state(run).at) == (DIVERGED, 0)


def test_they_are_passed_on_without_their_sweep(library: Library, tmp_path: Path) -> None:
    _, (run,) = written(library, done())
    write_run(library, run, tmp_path / "run.nnvizrun")
    again = read_run(library, tmp_path / "run.nnvizrun")
    assert (library.run(again).sweep, library.run(again).trial) == (None, None)
    assert library.history(again) == library.history(run)
    np.testing.assert_array_equal(library.network(again).parameters, library.network(run).parameters)


def test_one_that_is_done_again_takes_the_place_of_the_first(library: Library) -> None:
    sweep, (run,) = written(library, done(epochs=3))
    library.annotate(run, note="mine", starred=True)
    again = replace(done(), replaces=run)
    assert SweepLibrary(library).write(sweep, [again], DATA.description, DATA.title) == [run]
    assert (library.run(run).epochs, library.run(run).note, library.run(run).starred) == (6, "mine", True)
    assert library.history(run).error.test.epochs == list(range(7))
    assert len(library.runs()) == 1
    library.delete([run])
    library.purge()
    assert SweepLibrary(library).write(sweep, [again], DATA.description, DATA.title) != [run]


# ---- the sweeps themselves


def test_a_sweep_is_kept_with_its_plan_and_trials(library: Library) -> None:
    sweeps = SweepLibrary(library)
    sweep = sweeps.begin(PLAN, "clouds", "mine", "a note")
    assert sweeps.get(sweep).trials == []
    sweeps.note(sweep, more_seconds=2.5)
    for more in ([{"hidden": (5,)}], [], [{"hidden": (7, 3)}, {"hidden": (), "loss": "[],"}]):
        sweeps.add_trials(sweep, more)
    found = sweeps.get(sweep)
    assert (found.kind, found.name, found.note, found.data, found.status) == (
        "sweep",
        "mine",
        "a note",
        "clouds",
        RUNNING,
    )
    assert (found.plan, found.seconds) == (PLAN, 2.5)
    assert found.trials == [{"hidden": (5,)}, {"hidden": (7, 3)}, {"hidden": (), "loss": "[],"}]
    assert [each.id for each in sweeps.interrupted()] == [sweep]
    sweeps.note(sweep, FINISHED)
    assert sweeps.interrupted() == []


def test_of_two_programs_one_notes_that_a_sweep_is_stopped(library: Library) -> None:
    """It is that one which offers to continue it."""
    sweep = SweepLibrary(library).begin(PLAN, "clouds")
    with Library(library.path) as other:
        assert SweepLibrary(other).left_running() == SweepLibrary(library).left_running() == [sweep]
        assert [SweepLibrary(each).settle(sweep) for each in (library, other)] == [True, False]
    assert SweepLibrary(library).get(sweep).status == STOPPED


def test_what_is_done_and_its_curves_are_reported_about_all_runs_at_once(library: Library) -> None:
    sweep, (first, *_) = written(library, done(), done(), done())
    other, _ = written(library, done())
    sweeps = SweepLibrary(library)
    assert (sweeps.done(sweep), sweeps.done(other)) == (3, 1)
    library.database.update_run(first, {"status": "stopped"})
    assert sweeps.done(sweep) == 2
    curves = sweeps.curves(sweep, "test_error")
    assert sorted(curves) == [first + 1, first + 2]
    error = library.history(first + 1).error.test
    assert curves[first + 1] == dict(zip(error.epochs, error.values, strict=True))
    assert sorted(sweeps.curves(sweep, "validation_error")) == sorted(curves)
    with pytest.raises(KeyError):
        sweeps.curves(sweep, "1; DROP TABLE runs")


def test_a_sweep_that_is_worked_on_is_not_interrupted_and_not_taken_twice(library: Library) -> None:
    sweep = SweepLibrary(library).begin(PLAN, "clouds")
    lock = take_lock(library.path, sweep)
    assert SweepLibrary(library).interrupted() == []
    with pytest.raises(LibraryError, match="is in use by another program"):
        take_lock(library.path, sweep)
    lock.release()
    assert len(SweepLibrary(library).interrupted()) == 1


def test_what_no_sweep_is_made_of_is_reported_in_words(library: Library) -> None:
    sweep = SweepLibrary(library).begin(PLAN, "clouds")
    for column in ("plan", "trials"):
        library.database.write(f"UPDATE sweeps SET {column} = '[1, 2'")
        with pytest.raises(LibraryError, match=f"the {column} of sweep {sweep}: it cannot be read"):
            getattr(SweepLibrary(library).get(sweep), column)
    with pytest.raises(UnknownSweepError, match="There is no sweep 9"):
        SweepLibrary(library).get(9)


def test_those_left_running_are_reported_by_number_without_those_that_are_worked_on(library: Library) -> None:
    sweeps = SweepLibrary(library)
    old, worked_on, stopped, new = (sweeps.begin(PLAN, "clouds") for _ in range(4))
    sweeps.note(stopped, "stopped")
    library.database.write("UPDATE sweeps SET plan = '[1, 2'")
    lock = take_lock(library.path, worked_on)
    assert sweeps.left_running() == [new, old], "no plan is read for it"
    lock.release()


def test_the_runs_of_a_large_sweep_are_counted(library: Library) -> None:
    """More than a query may name."""
    sweep, count = SweepLibrary(library).begin(PLAN, "clouds"), 40_000
    run = library.begin(an_experiment())
    with library.database.writing():
        columns = "status, created, updated, experiment, sweep, trial"
        rows = [("stopped" if number < 3 else "finished", 0.0, 0.0, "{}", sweep, number) for number in range(count)]
        library.database.many(f"INSERT INTO runs ({columns}) VALUES (?, ?, ?, ?, ?, ?)", rows)
        library.database.write("UPDATE runs SET deleted = 1 WHERE trial = 9")
    assert run
    assert SweepLibrary(library).done(sweep) == count - 4


def test_a_rule_that_a_newer_nnviz_knows_is_reported_with_its_version(library: Library) -> None:
    sweep = SweepLibrary(library).begin(PLAN, "clouds")
    reported = json.dumps(PLAN.as_dict() | {"prune": "clairvoyance"})
    library.database.write("UPDATE sweeps SET plan = ?, version = '99.1.0'", (reported,))
    with pytest.raises(LibraryError) as caught:
        _ = SweepLibrary(library).get(sweep).plan
    words = str(caught.value)
    assert "clairvoyance" in words
    assert "Resume it in nnviz 99.1.0, which started it" in words
    assert not isinstance(caught.value, DamagedError), "nothing is damaged"


def test_all_runs_of_a_batch_are_written_or_none(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = SweepLibrary(library).begin(PLAN, "clouds")
    bad = replace(done(seed=2), experiment=Experiment())
    object.__setattr__(bad, "outcome", None)
    with pytest.raises(AttributeError):
        SweepLibrary(library).write(sweep, [done(), bad], None, "")
    assert len(library.runs()) == 0


def test_any_batch_of_its_past_can_be_got_to_exactly(library: Library) -> None:
    each = done()
    _, (run,) = written(library, each)
    found = came_of(replay(library, run, 2.5, DATA))
    alone = each.experiment.trainer(DATA)
    for event in alone.run():
        if isinstance(event, Batch) and (event.epoch, event.batch) == (3, 2):
            break
    np.testing.assert_array_equal(found.trainer.network.parameters, alone.network.parameters)
    assert found.differences == []
