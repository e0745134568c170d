"""Plans in a thread beside the window: done, stopped, gone on with, broken off when it closes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from engine.basics.errors import DataError
from engine.basics.optional_packages import install_advice
from engine.datasets import Dataset, source_of
from engine.experiment import Experiment
from engine.sweeps.plan import ASHA, Plan, plan_seeds
from nnviz.jobs.executors import beside_a_window
from nnviz.jobs.plans import InterruptedPlan, NewResults, PlanEnd, PlanProgress, Plans
from nnviz.library import Library, LibraryError
from nnviz.library.sweeps import SweepLibrary, take_lock
from nnviz.session.messages import error_text
from tests.nnviz.jobs.plans_helpers import Beside
from tests.nnviz.library.helpers import DATA, an_experiment
from tests.nnviz.sweeps.helpers import Here, a_plan

PLAN = plan_seeds(an_experiment(), 3)


class Driven:
    """Plans, and what they reported."""

    def __init__(self, path: Path, executor: Here) -> None:
        self.path, self.executor = path, executor
        self.plans = Plans(lambda: path)
        self.ends: list[PlanEnd] = []
        self.errors: list[Exception] = []
        self.far: list[PlanProgress] = []
        self.reported: list[str] = []
        self.plans.went_on.connect(self.far.append)
        self.plans.noticed.connect(self.reported.append)

    def begin(self, plan: Plan = PLAN, data: Dataset = DATA) -> None:
        self.plans.begin(plan, data, self.ends.append, self.errors.append)

    def go_on(self, data: Dataset | None = DATA) -> None:
        self.plans.resume(1, data, self.ends.append, self.errors.append)

    def broken_off(self, qtbot: QtBot) -> InterruptedPlan | None:
        found: list[InterruptedPlan | None] = []
        self.plans.find_interrupted(found.append)
        qtbot.waitUntil(lambda: bool(found))
        return found[0]

    @property
    def seeds(self) -> list[int]:
        """Of the runs that the library has of the plan, in order."""
        with Library(self.path) as library:
            return sorted(library.run(run).experiment.seed for run in SweepLibrary(library).runs(1))

    @property
    def status(self) -> str:
        with Library(self.path) as library:
            return SweepLibrary(library).get(1).status


Drive = Callable[..., Driven]


@pytest.fixture
def drive(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drive]:
    """Makes plans whose runs are done by what it is given, or by itself in the thread."""
    made: list[Driven] = []

    def make(executor: Any = None) -> Driven:
        driven = Driven(tmp_path / "library.sqlite", executor or Beside())
        monkeypatch.setattr("nnviz.jobs.executors.beside_a_window", lambda dataset, made: driven.executor)
        made.append(driven)
        return driven

    yield make
    for driven in made:
        assert driven.plans.close(5000)


def test_a_plan_is_done_and_its_runs_are_in_the_library(drive: Drive, qtbot: QtBot) -> None:
    driven = drive()
    driven.begin()
    qtbot.waitUntil(lambda: bool(driven.ends))
    (end,) = driven.ends
    assert (end.sweep, end.is_done, end.results.over) == (1, True, 3)
    assert [run.run for run in end.results.trials[0].runs.values()] == [1, 2, 3]
    assert (driven.seeds, driven.status) == ([1, 2, 3], "finished")
    assert driven.executor.is_closed
    assert not driven.errors
    (words,) = driven.reported
    assert words.startswith("Runs are saved in the library"), "the first runs say so"
    driven.executor = Beside()
    driven.begin()
    qtbot.waitUntil(lambda: len(driven.ends) == 2)
    assert len(driven.reported) == 1


def test_it_tells_how_far_it_is(drive: Drive, qtbot: QtBot) -> None:
    driven = drive(Beside(held_seed=3))
    driven.begin()
    qtbot.waitUntil(lambda: any(each.done == 2 for each in driven.far))
    last = driven.far[-1]
    assert (last.done, last.runs, last.share) == (2, 3, 2 / 3)
    assert last.seconds_left is not None
    assert 0 < last.seconds_left < 10
    qtbot.waitUntil(lambda: driven.far[-1].written == 2)
    driven.executor.go.set()
    qtbot.waitUntil(lambda: bool(driven.ends))


def test_stop_keeps_what_is_done_and_it_can_go_on(drive: Drive, qtbot: QtBot) -> None:
    driven = drive(Beside(held_seed=2))
    driven.begin()
    assert driven.executor.reached.wait(10)
    driven.plans.stop()
    qtbot.waitUntil(lambda: bool(driven.ends))
    assert not driven.ends[0].is_done
    assert driven.seeds == [1]
    assert driven.status == "stopped"
    assert driven.broken_off(qtbot) is None, "a person stopped it, and need not be asked"
    driven.executor = Beside()
    driven.go_on()
    qtbot.waitUntil(lambda: len(driven.ends) == 2)
    assert (driven.ends[1].is_done, driven.seeds, driven.status) == (True, [1, 2, 3], "finished")
    assert [spec.experiment.seed for spec in driven.executor.done] == [2, 3], "none is done twice"


def test_closing_in_the_middle_keeps_what_is_done_and_is_reported_once_at_the_next_start(
    drive: Drive, qtbot: QtBot
) -> None:
    driven = drive(Beside(held_seed=2))
    driven.begin()
    assert driven.executor.reached.wait(10)
    assert driven.plans.close(400)
    assert not driven.ends
    assert driven.status == "running"
    later = drive()
    found = later.broken_off(qtbot)
    assert found is not None
    assert (found.sweep, found.done, found.plan) == (1, 1, PLAN)
    assert later.seeds == [1]
    assert later.status == "stopped"
    assert later.broken_off(qtbot) is None
    later.go_on()
    qtbot.waitUntil(lambda: bool(later.ends))
    assert (later.seeds, later.status) == ([1, 2, 3], "finished")


def test_what_another_program_works_on_was_not_broken_off_and_is_refused(drive: Drive, qtbot: QtBot) -> None:
    driven = drive()
    with Library(driven.path) as library:
        SweepLibrary(library).note(SweepLibrary(library).begin(PLAN, DATA.title), "running")
        lock = take_lock(driven.path, 1)
    assert driven.broken_off(qtbot) is None
    driven.go_on()
    qtbot.waitUntil(lambda: bool(driven.errors))
    assert isinstance(driven.errors[0], LibraryError)
    lock.release()
    driven.go_on()
    qtbot.waitUntil(lambda: bool(driven.ends))
    assert driven.seeds == [1, 2, 3]


def test_the_data_are_loaded_where_the_window_has_others(drive: Drive, qtbot: QtBot) -> None:
    spirals = source_of("spirals").load({})
    driven = drive(Beside(data=spirals))
    with Library(driven.path) as library:
        SweepLibrary(library).begin(plan_seeds(an_experiment(spirals).changed(data="spirals"), 2), spirals.title)
    driven.go_on(DATA)
    qtbot.waitUntil(lambda: bool(driven.ends))
    assert driven.seeds == [1, 2]
    assert driven.ends[0].dataset.title == spirals.title


def test_data_that_have_changed_are_refused(drive: Drive, qtbot: QtBot) -> None:
    driven = drive()
    with Library(driven.path) as library:
        SweepLibrary(library).begin(plan_seeds(an_experiment().changed(data="spirals"), 2), "Spirals")
    driven.go_on(None)
    qtbot.waitUntil(lambda: bool(driven.errors))
    assert isinstance(driven.errors[0], DataError)
    assert "Spirals has changed" in str(driven.errors[0])


def test_of_several_that_were_broken_off_the_newest_that_can_be_read_is_reported_and_all_count_as_stopped(
    drive: Drive, qtbot: QtBot
) -> None:
    driven = drive()
    with Library(driven.path) as library:
        sweeps = [SweepLibrary(library).begin(PLAN, DATA.title) for _ in range(3)]
        library.database.write("UPDATE sweeps SET plan = '[' WHERE id = ?", (sweeps[2],))
    found = driven.broken_off(qtbot)
    assert found is not None
    assert (found.sweep, found.done) == (sweeps[1], 0)
    with Library(driven.path) as library:
        assert [each.status for each in SweepLibrary(library).all()] == ["stopped"] * 3


def test_what_is_not_installed_is_reported_before_anything_is_recorded(
    drive: Drive, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    driven = drive()
    driven.begin(a_plan(prune=ASHA))
    qtbot.waitUntil(lambda: bool(driven.errors))
    assert install_advice("sweep") in str(driven.errors[0])
    with Library(driven.path) as library:
        assert SweepLibrary(library).all() == []


def test_no_library_is_made_to_look_for_what_was_broken_off(drive: Drive, qtbot: QtBot) -> None:
    driven = drive()
    assert driven.broken_off(qtbot) is None
    assert not driven.path.exists()


def test_real_processes_do_the_runs_give_way_to_the_window_and_end_with_it(
    drive: Drive, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    driven = drive()
    made: list[Any] = []

    def make(dataset: Dataset, experiment: Experiment) -> Any:
        made.append(beside_a_window(dataset, experiment))
        return made[0]

    monkeypatch.setattr("nnviz.jobs.executors.beside_a_window", make)
    driven.begin(plan_seeds(an_experiment(epochs=100_000), 3))
    qtbot.waitUntil(lambda: any(each.share > 0 for each in driven.far), timeout=20_000)
    pids = made[0].pids
    assert pids
    for pid in pids:
        nice = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[16])
        assert nice > 0
    assert driven.plans.close(20_000)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert driven.status == "running"
    assert driven.seeds == [1], "the run that was in progress is kept as far as it went"


def test_a_process_that_cannot_be_started_is_reported_with_the_cause(
    drive: Drive, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(process: SpawnProcess) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    driven = drive()
    monkeypatch.setattr("nnviz.jobs.executors.beside_a_window", beside_a_window)
    monkeypatch.setattr(SpawnProcess, "start", refuse)
    driven.begin()
    qtbot.waitUntil(lambda: bool(driven.errors))
    words = error_text("The seeds could not be trained", driven.errors[0])
    assert words is not None, "it is no unexpected error, which would be shown with a traceback"
    assert "a process for the runs could not be started: Too many open files. Raise the limit" in words
    assert driven.status == "stopped", "it can be resumed"


# ---- what came of a sweep, while it is done


@pytest.fixture
def came(drive: Drive) -> Callable[[Driven], list[NewResults]]:
    """What is reported from now on."""

    def listen(driven: Driven) -> list[NewResults]:
        found: list[NewResults] = []
        driven.plans.came.connect(found.append)
        return found

    return listen


def runs_of(found: list[NewResults]) -> list[tuple[int, int, int | None]]:
    return [(run.trial, run.seed, run.run) for new in found for run in new.runs]


def test_each_trial_and_run_of_a_sweep_is_reported_once_when_the_library_has_it(
    drive: Drive, qtbot: QtBot, came: Callable[[Driven], list[NewResults]]
) -> None:
    driven = drive(Beside(held_seed=2))
    found = came(driven)
    driven.begin(a_plan("learning-rate=0.01,0.1,0.2", seeds=(1, 2)))
    assert driven.executor.reached.wait(10)
    qtbot.waitUntil(lambda: runs_of(found) == [(0, 1, 1)])
    assert (found[0].sweep, found[0].before, found[0].runs) == (1, 0, ())
    driven.executor.go.set()
    qtbot.waitUntil(lambda: bool(driven.ends))
    assert sorted(runs_of(found)) == [(0, 1, 1), (0, 2, 2), (1, 1, 3), (1, 2, 4), (2, 1, 5), (2, 2, 6)]
    trials = [values for new in found for values in new.trials]
    assert trials == [{"learning_rate": 0.01}, {"learning_rate": 0.1}, {"learning_rate": 0.2}]
    assert all(sum(len(each.trials) for each in found[:place]) == new.before for place, new in enumerate(found))


def test_what_is_gone_on_with_tells_only_what_is_new(
    drive: Drive, qtbot: QtBot, came: Callable[[Driven], list[NewResults]]
) -> None:
    driven = drive(Beside(held_seed=2))
    driven.begin(a_plan("learning-rate=0.01,0.1", seeds=(1, 2)))
    assert driven.executor.reached.wait(10)
    driven.plans.stop()
    qtbot.waitUntil(lambda: bool(driven.ends))
    driven.executor = Beside()
    found = came(driven)
    driven.go_on()
    qtbot.waitUntil(lambda: len(driven.ends) == 2)
    assert (found[0].sweep, found[0].before) == (1, 2)
    assert sorted(run[:2] for run in runs_of(found)) == [(0, 2), (1, 1), (1, 2)]


def test_runs_that_fail_are_reported_although_the_library_never_has_them(
    drive: Drive, qtbot: QtBot, came: Callable[[Driven], list[NewResults]]
) -> None:
    driven = drive()
    found = came(driven)
    driven.begin(a_plan("batch-size=10,5000"))
    qtbot.waitUntil(lambda: bool(driven.ends))
    assert {run.status for new in found for run in new.runs} == {"finished", "failed"}


def test_seeds_tell_none(drive: Drive, qtbot: QtBot, came: Callable[[Driven], list[NewResults]]) -> None:
    driven = drive()
    found = came(driven)
    driven.begin()
    qtbot.waitUntil(lambda: bool(driven.ends))
    assert not found
