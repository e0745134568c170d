"""Runs that are trained beside the window, as the session knows them."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from engine.sweeps.plan import plan_race
from nnviz.library import Group
from nnviz.session.under_way import UnderWay
from nnviz.sweeps.live import PlanNews, RunNews
from tests.nnviz.library.helpers import an_experiment
from tests.nnviz.sweeps.helpers import a_plan

ONE, OTHER = Group(4, 0), Group(4, 1)


@pytest.fixture
def under_way(qtbot: QtBot) -> UnderWay:
    """A race of two, with three seeds each."""
    made = UnderWay()
    made.begin(4, plan_race([an_experiment(), an_experiment(hidden=(9,))], 3), "Rings")
    return made


def news(trial: int, seed: int, *epochs: int, stage: str = "going", step: int = 1, is_anew: bool = False) -> RunNews:
    told = [(epoch, {"test_error": 1 / (1 + epoch)}) for epoch in epochs]
    return RunNews(trial, seed, step, is_anew, stage, told)


def take(under_way: UnderWay, *runs: RunNews, over: tuple[int, ...] = (0, 0)) -> None:
    under_way.take(PlanNews(over, runs))


def test_it_knows_what_is_trained_before_anything_is_measured(under_way: UnderWay) -> None:
    assert list(under_way.groups) == [ONE, OTHER]
    assert (under_way.groups[OTHER].experiment.hidden, under_way.groups[OTHER].seeds) == ((9,), 3)
    assert under_way.words(ONE) == "0 of 3"
    assert not under_way.has_begun(ONE)
    assert under_way.words(7) == ""


def test_curves_grow_and_words_tell_the_furthest(under_way: UnderWay) -> None:
    take(under_way, news(0, 1, 0, 1), news(0, 2, 0))
    take(under_way, news(0, 1, 2), over=(1, 0))
    curves = {seed: run.curve("test_error").epochs for seed, run in under_way.runs_of(ONE).items()}
    assert curves == {1: [0, 1, 2], 2: [0]}
    assert under_way.words(ONE) == "1 of 3 · epoch 2"
    assert under_way.runs_of(ONE)[1].figures == {"test_error": 1 / 3}
    assert not under_way.runs_of(OTHER)


def test_of_a_long_run_the_last_epoch_stays_until_another_comes(under_way: UnderWay) -> None:
    take(under_way, news(0, 1, 0, 4, 6, step=4))
    assert under_way.runs_of(ONE)[1].curve("test_error").epochs == [0, 4, 6]
    take(under_way, news(0, 1, 8, 9, step=4))
    assert under_way.runs_of(ONE)[1].curve("test_error").epochs == [0, 4, 8, 9]


def test_one_that_begins_anew_is_drawn_anew_and_one_that_failed_no_longer(under_way: UnderWay) -> None:
    take(under_way, news(0, 1, 0, 1, 2), news(0, 2, 0, 1))
    take(under_way, news(0, 1, 0, is_anew=True), news(0, 2, stage="gone"))
    assert {seed: run.epoch for seed, run in under_way.runs_of(ONE).items()} == {1: 0}


def test_what_is_written_is_let_go_when_it_was_read_or_nobody_compares_it(under_way: UnderWay) -> None:
    take(under_way, news(0, 1, 0, stage="written"), news(0, 2, 0), news(1, 1, 0, stage="written"), news(1, 2, 0))
    under_way.hold([ONE])
    assert list(under_way.runs_of(ONE)) == [1, 2]
    assert list(under_way.runs_of(OTHER)) == [2]
    under_way.let_go(ONE, [2])
    assert list(under_way.runs_of(ONE)) == [1, 2], "the library does not have it yet"
    under_way.let_go(ONE, [1, 2])
    assert list(under_way.runs_of(ONE)) == [2]


def test_at_its_end_what_was_measured_stays_until_it_was_read(under_way: UnderWay) -> None:
    take(under_way, news(0, 1, 0, 1, stage="ended"), news(1, 1, 0))
    under_way.end()
    assert not under_way.groups
    assert under_way.words(ONE) == ""
    assert list(under_way.runs_of(ONE)) == [1]
    under_way.hold([ONE])
    assert not under_way.runs_of(OTHER)
    under_way.let_go(ONE)
    assert not under_way.runs_of(ONE)


def test_of_very_many_those_go_first_that_the_library_has(under_way: UnderWay) -> None:
    take(under_way, *(news(0, seed, 0, stage="written" if seed % 2 else "going") for seed in range(150)))
    held = list(under_way.runs_of(ONE))
    assert len(held) == 100
    assert set(range(0, 150, 2)) <= set(held)


def test_of_a_sweep_it_has_no_groups(qtbot: QtBot) -> None:
    under_way = UnderWay()
    under_way.begin(4, a_plan(), "Rings")
    assert not under_way.groups
