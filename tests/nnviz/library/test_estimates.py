"""Estimates of the first epoch: recorded with their snapshots, resumed, exported, and absent from older libraries."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from engine.basics.errors import FileFormatError
from engine.experiment import Experiment
from engine.network.half_precision import packed_size
from engine.sweeps.plan import SEEDS, Plan
from engine.sweeps.run_execution import RunSpec, train_one
from engine.training.events import Batch
from engine.training.history import History
from engine.training.trainer import Trainer
from nnviz.library import Library, Recording
from nnviz.library.errors import damage_mark
from nnviz.library.export import export_run
from nnviz.library.run_file import read_run, write_run
from nnviz.library.schema import VERSION
from nnviz.library.sweeps import FinishedRun, SweepLibrary
from tests.frozen import FROZEN
from tests.nnviz.library.helpers import DATA, Clock, an_experiment, trained_on

STEPS = [5, 10, 20, 40]  # of 60 batches
PLACES = [step / 60 for step in STEPS]


@pytest.fixture
def library() -> Iterator[Library]:
    with Library() as opened:
        yield opened


def made(**settings: object) -> Experiment:
    return an_experiment(batch_size=1, epochs=3, dropout=0.2, **settings)


def estimating(trainer: Trainer) -> Trainer:
    trainer.estimates_early = True
    return trainer


def train(library: Library, run: int, trainer: Trainer, stop: int | None = None, before: float = 0) -> History:
    """Records to the end, or up to a step of the first epoch, where it pauses. Returns the history of the events."""
    history, clock = History(), Clock()
    recording = Recording(library, run, trainer, before, clock=clock)
    for event in trainer.run():
        recording.take_event(event)
        history.take_event(event, before)
        clock.now += 0.3
        if isinstance(event, Batch) and event.batch == stop:
            recording.pause()
            recording.close()
            return history
    recording.finish()
    return history


def recorded(library: Library) -> tuple[int, History]:
    run = library.begin(made(), DATA.title)
    return run, train(library, run, estimating(made().trainer(DATA)))


def has_table(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'estimates'").fetchone()
    return bool(count)


def test_they_are_recorded_with_their_snapshots_and_change_no_figure(library: Library) -> None:
    run, history = recorded(library)
    plain = library.begin(made(), DATA.title)
    assert not train(library, plain, made().trainer(DATA)).early
    found = library.history(run)
    assert found.early == PLACES
    assert found == history
    assert found.figures(PLACES[0]) == {}
    assert not library.history(plain).early
    assert library.history(plain).error.test == found.error.test
    assert library.run(run).figures == library.run(plain).figures
    assert set(PLACES) < set(library.snapshot_epochs(run))
    np.testing.assert_array_equal(library.network(run).parameters, library.network(plain).parameters)


@pytest.mark.parametrize("step", [7, 10, 59])
def test_a_training_that_is_resumed_within_the_first_epoch_has_the_same_ones(library: Library, step: int) -> None:
    """Also if the program was killed later and what came after the last write is lost."""
    whole, _ = recorded(library)
    run = library.begin(made(), DATA.title)
    train(library, run, estimating(made().trainer(DATA)), stop=step)
    assert library.history(run).early == [place for place in PLACES if place <= step / 60]
    kept = library.state(run)
    assert kept is not None
    train(library, run, estimating(Trainer.resume(kept.network, DATA, kept.training)))
    assert library.history(run) == library.history(whole)
    assert set(PLACES) < set(library.snapshot_epochs(run))
    np.testing.assert_array_equal(library.network(run).parameters, library.network(whole).parameters)


def test_a_record_that_continues_earlier_drops_the_later_ones(library: Library) -> None:
    run, _ = recorded(library)
    first = library.begin(made(), DATA.title)
    train(library, first, estimating(made().trainer(DATA)), stop=12)
    kept = library.state(first)
    assert kept is not None
    Recording(library, run, Trainer.resume(kept.network, DATA, kept.training)).close()
    assert library.history(run).early == PLACES[:2]


def test_without_space_for_all_snapshots_all_estimates_are_still_there(library: Library) -> None:
    library.quota.snapshot_budget = 1_000_000
    wide = made(hidden=(20_000,))
    assert library.quota.snapshot_budget // packed_size(wide.build().parameters.size) == 3
    run = library.begin(wide, DATA.title)
    train(library, run, estimating(wide.trainer(DATA)))
    assert library.history(run).early == PLACES
    assert set(library.snapshot_epochs(run)).intersection(PLACES) == {PLACES[0]}


def test_a_branch_has_those_before_it(library: Library) -> None:
    run, history = recorded(library)
    branch = library.begin(made(), DATA.title, run, 0.25, history=history.until(0.25))
    assert library.history(branch).early == PLACES[:2]


def test_a_run_in_a_file_comes_back_with_them(library: Library, tmp_path: Path) -> None:
    run, _ = recorded(library)
    write_run(library, run, tmp_path / "one.nnvizrun")
    with Library(tmp_path / "other.sqlite") as other:
        assert other.history(read_run(other, tmp_path / "one.nnvizrun")) == library.history(run)
    export_run(library, run, tmp_path / "folder")
    rows = (tmp_path / "folder" / "curves.csv").read_text().splitlines()[1:]
    assert [float(row.split(",")[0]) for row in rows] == [0, 1, 2, 3], "exact figures only"


@pytest.mark.parametrize("wrong", [[0.5], [1.5] + [0.1] * 12, [np.nan] + [0.1] * 12, [-0.5] + [0.1] * 12])
def test_a_file_with_wrong_ones_is_refused(library: Library, tmp_path: Path, wrong: list[float]) -> None:
    run, _ = recorded(library)
    path = tmp_path / "one.nnvizrun"
    write_run(library, run, path)
    with np.load(path) as file:
        members = dict(file)
    with path.open("wb") as file:
        np.savez(file, **members | {"estimates": np.array(wrong)})
    with pytest.raises(FileFormatError):
        read_run(library, path)
    assert library.count == 1


def test_a_damaged_library_keeps_them(library: Library, tmp_path: Path) -> None:
    run, _ = recorded(library)
    write_run(library, run, tmp_path / "one.nnvizrun")
    path = tmp_path / "other.sqlite"
    with Library(path) as other:
        read_run(other, tmp_path / "one.nnvizrun")
        other.begin(made(), DATA.title)
    damage_mark(path).touch()
    with Library(path) as other:
        assert other.notice is not None
        assert other.history(1) == library.history(run)
        assert not other.history(2).early


def test_a_deleted_run_takes_them_along(library: Library) -> None:
    run, _ = recorded(library)
    library.delete([run])
    library.purge()
    assert not library.database.number("SELECT count(*) FROM estimates")


def test_thinning_spares_their_snapshots_first(library: Library) -> None:
    run, _ = recorded(library)
    (loss,) = [each for each in library.quota.plan(0).losses if each.run == run][:1]
    assert not set(loss.snapshots).intersection(PLACES)
    assert set(library.quota.plan(0).losses[-1].snapshots).intersection(PLACES)


def test_each_seed_has_its_own_and_other_plans_have_none(library: Library) -> None:
    plan = Plan(SEEDS, (made(),), seeds=(1, 2))
    found = []
    for number in (1, 2):
        spec = RunSpec(number, made(seed=number), estimates_early=True)
        found.append(FinishedRun(0, spec.experiment, train_one(spec, DATA, lambda report: None)))
    sweep = SweepLibrary(library).begin(plan, DATA.title, "")
    runs = SweepLibrary(library).write(sweep, found, DATA.description, DATA.title)
    histories = [library.history(run) for run in runs]
    assert [each.early for each in histories] == [PLACES, PLACES]
    assert histories[0].error.early_train != histories[1].error.early_train
    assert set(PLACES) < set(library.snapshot_epochs(runs[0]))
    for run, seed in zip(runs, (1, 2), strict=True):
        np.testing.assert_array_equal(library.network(run).parameters, trained_on(made(seed=seed).trainer(DATA)))
    assert not train_one(RunSpec(3, made()), DATA, lambda report: None).estimates


def test_a_library_of_0_30_opens_without_them_and_gets_them_with_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    path.write_bytes(gzip.decompress((FROZEN / "version0_30" / "library.sqlite.gz").read_bytes()))
    with Library(path) as library:
        runs = library.runs().ids
        before = {run: json.dumps(library.history(run).as_dict()) for run in runs}
        assert not any(library.history(run).early for run in runs)
        plain = library.begin(made(), DATA.title)
        train(library, plain, made().trainer(DATA))
        assert not has_table(path), "older programs see no change"
        run, history = recorded(library)
        assert library.history(run) == history
        assert has_table(path)
        assert library.database.number("PRAGMA user_version") == VERSION == 2
        assert {run: json.dumps(library.history(run).as_dict()) for run in runs} == before


def test_a_file_of_0_30_is_read_without_them(library: Library) -> None:
    run = read_run(library, FROZEN / "version0_30" / "penguins.nnvizrun")
    assert not library.history(run).early
    assert isinstance(library.history(run).error.test.epochs[0], int)
    assert not library.database.number("SELECT count(*) FROM sqlite_master WHERE name = 'estimates'")
