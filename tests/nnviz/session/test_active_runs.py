"""Runs that are trained beside the window, as the session knows them."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from engine.sweeps.plan import plan_race
from nnviz.library import RunGroup
from nnviz.session.active_runs import ActiveRuns
from nnviz.sweeps.live_figures import PlanNews, RunNews
from tests.nnviz.library.helpers import an_experiment
from tests.nnviz.sweeps.helpers import a_plan

ONE, OTHER = RunGroup(4, 0), RunGroup(4, 1)


@pytest.fixture
def active_runs(qtbot: QtBot) -> ActiveRuns:
    """A race of two, with three seeds each."""
    made = ActiveRuns()
    made.begin(4, plan_race([an_experiment(), an_experiment(hidden=(9,))], 3), "Rings")
    return made


def news(trial: int, seed: int, *epochs: int, stage: str = "going", step: int = 1, is_restart: bool = False) -> RunNews:
    reported = [(epoch, {"test_error": 1 / (1 + epoch)}) for epoch in epochs]
    return RunNews(trial, seed, step, is_restart, stage, reported)


def take(active_runs: ActiveRuns, *runs: RunNews, over: tuple[int, ...] = (0, 0)) -> None:
    active_runs.add_news(PlanNews(over, runs))


def test_it_knows_what_is_trained_before_anything_is_measured(active_runs: ActiveRuns) -> None:
    assert list(active_runs.groups) == [ONE, OTHER]
    assert (active_runs.groups[OTHER].experiment.hidden, active_runs.groups[OTHER].seeds) == ((9,), 3)
    assert active_runs.progress_text(ONE) == "0 of 3"
    assert not active_runs.has_begun(ONE)
    assert active_runs.progress_text(7) == ""


def test_curves_grow_and_words_tell_the_furthest(active_runs: ActiveRuns) -> None:
    take(active_runs, news(0, 1, 0, 1), news(0, 2, 0))
    take(active_runs, news(0, 1, 2), over=(1, 0))
    curves = {seed: run.curve("test_error").epochs for seed, run in active_runs.runs_of(ONE).items()}
    assert curves == {1: [0, 1, 2], 2: [0]}
    assert active_runs.progress_text(ONE) == "1 of 3 · epoch 2"
    assert active_runs.runs_of(ONE)[1].figures == {"test_error": 1 / 3}
    assert not active_runs.runs_of(OTHER)


def test_of_a_long_run_the_last_epoch_stays_until_another_comes(active_runs: ActiveRuns) -> None:
    take(active_runs, news(0, 1, 0, 4, 6, step=4))
    assert active_runs.runs_of(ONE)[1].curve("test_error").epochs == [0, 4, 6]
    take(active_runs, news(0, 1, 8, 9, step=4))
    assert active_runs.runs_of(ONE)[1].curve("test_error").epochs == [0, 4, 8, 9]


def test_one_that_begins_again_is_drawn_again_and_one_that_failed_no_longer(active_runs: ActiveRuns) -> None:
    take(active_runs, news(0, 1, 0, 1, 2), news(0, 2, 0, 1))
    take(active_runs, news(0, 1, 0, is_restart=True), news(0, 2, stage="gone"))
    assert {seed: run.epoch for seed, run in active_runs.runs_of(ONE).items()} == {1: 0}


def test_what_is_written_is_let_go_when_it_was_read_or_nobody_compares_it(active_runs: ActiveRuns) -> None:
    take(active_runs, news(0, 1, 0, stage="written"), news(0, 2, 0), news(1, 1, 0, stage="written"), news(1, 2, 0))
    active_runs.hold([ONE])
    assert list(active_runs.runs_of(ONE)) == [1, 2]
    assert list(active_runs.runs_of(OTHER)) == [2]
    active_runs.release(ONE, [2])
    assert list(active_runs.runs_of(ONE)) == [1, 2], "the library does not have it yet"
    active_runs.release(ONE, [1, 2])
    assert list(active_runs.runs_of(ONE)) == [2]


def test_at_its_end_what_was_measured_stays_until_it_was_read(active_runs: ActiveRuns) -> None:
    take(active_runs, news(0, 1, 0, 1, stage="ended"), news(1, 1, 0))
    active_runs.end()
    assert not active_runs.groups
    assert active_runs.progress_text(ONE) == ""
    assert list(active_runs.runs_of(ONE)) == [1]
    active_runs.hold([ONE])
    assert not active_runs.runs_of(OTHER)
    active_runs.release(ONE)
    assert not active_runs.runs_of(ONE)


def test_of_very_many_those_go_first_that_the_library_has(active_runs: ActiveRuns) -> None:
    take(active_runs, *(news(0, seed, 0, stage="written" if seed % 2 else "going") for seed in range(150)))
    held = list(active_runs.runs_of(ONE))
    assert len(held) == 100
    assert set(range(0, 150, 2)) <= set(held)


def test_of_a_sweep_it_has_no_groups(qtbot: QtBot) -> None:
    active_runs = ActiveRuns()
    active_runs.begin(4, a_plan(), "Rings")
    assert not active_runs.groups
