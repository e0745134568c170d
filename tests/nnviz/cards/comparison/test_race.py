"""A race: compared experiments with the same seeds, from the head of What differs."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.cards.comparison.model import COMPARED_PREDICTIONS
from nnviz.cards.comparison.race_button import RaceButton
from nnviz.cards.runs.run_table import RunTable
from nnviz.library import Library, RunGroup
from nnviz.library.sweeps import SweepLibrary
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.runs.helpers import compare, show_runs
from tests.nnviz.helpers import click, find, seven
from tests.nnviz.jobs.plans_helpers import Does, choose_offer, reported
from tests.nnviz.library.helpers import DATA, an_experiment, record

WIDE, NARROW = range(2)  # rows, the newest first


WITH_ALL = pytest.mark.parametrize(
    "cards", [("runsDock", "theirCurvesDock", "whatDiffersDock", "theirAnswersDock")], ids=["all"]
)


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return ("runsDock", "theirCurvesDock", "whatDiffersDock")


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


@pytest.fixture
def window(ready_window: CardWindow) -> CardWindow:
    ready_window.session.records.set_on(True)
    ready_window.session.sweeps.set_seeds(3)
    return ready_window


@pytest.fixture
def table(window: CardWindow, three_runs: list[int], qtbot: QtBot) -> RunTable:
    return show_runs(window, qtbot)


def button(window: CardWindow) -> RaceButton:
    return find(window, RaceButton, "raceButton")


@WITH_ALL
def test_compared_runs_race_with_the_same_seeds_live_in_the_curves(
    window: CardWindow, table: RunTable, qtbot: QtBot, does: Does
) -> None:
    """If runs are not kept, it offers to keep them first."""
    executor, comparison = does(held_seed=3), window.session.comparison
    assert not button(window).isVisible(), "there is nothing to compare yet"
    compare(window, qtbot, table, WIDE, NARROW)
    assert button(window).text() == "Race: 3 seeds"
    window.canvas.set_strokes([np.array(seven(window.canvas))])  # those that come meanwhile answer, too
    answers = window.session.queries[COMPARED_PREDICTIONS]
    qtbot.waitUntil(lambda: answers.is_up_to_date)
    window.session.records.set_on(False)
    click(qtbot, window, RaceButton, "raceButton")
    assert window.session.sweeps.plan_progress is None
    assert "Record runs in the library is off" in reported(window.session)
    choose_offer(window.session, "Record runs")
    groups = [RunGroup(1, 0), RunGroup(1, 1)]
    qtbot.waitUntil(lambda: list(comparison.colours) == groups, timeout=10_000)
    qtbot.waitUntil(lambda: [len(each.members) for each in comparison.runs] == [2, 2], timeout=10_000)
    assert button(window).text() == "■ 4/6"
    executor.go.set()
    qtbot.waitUntil(lambda: window.session.sweeps.plan_progress is None, timeout=10_000)
    qtbot.waitUntil(lambda: [len(each.members) for each in comparison.runs] == [3, 3])
    qtbot.waitUntil(lambda: [len(each) for each in answers.result] == [3, 3])
    seeds = [(spec.experiment.hidden, spec.experiment.seed) for spec in executor.done]
    assert sorted(seeds) == [(hidden, seed) for hidden in ((16,), (32,)) for seed in (1, 2, 3)]
    assert all(spec.experiment.training.validation_share == 0.1 for spec in executor.done)
    assert "race" not in reported(window.session), "a message would cover what the person looks at"
    with Library() as library:
        assert [(each.kind, each.status) for each in SweepLibrary(library).all()] == [("race", "finished")]


def test_groups_race_again_with_the_same_seeds(
    window: CardWindow, table: RunTable, qtbot: QtBot, does: Does, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnviz.ui.start_stop.REST", 0.0)
    executor, comparison, sweeps = does(), window.session.comparison, window.session.sweeps
    compare(window, qtbot, table, WIDE, NARROW)
    for race in (1, 2):
        click(qtbot, window, RaceButton, "raceButton")
        qtbot.waitUntil(lambda: sweeps.plan_progress is None, timeout=10_000)
        assert list(comparison.colours) == [RunGroup(race, 0), RunGroup(race, 1)]
        qtbot.waitUntil(lambda: [len(each.members) for each in comparison.runs] == [3, 3])
    assert sorted(spec.experiment.seed for spec in executor.done) == sorted([1, 2, 3] * 4)


def test_a_click_stops_a_race(window: CardWindow, table: RunTable, qtbot: QtBot, does: Does) -> None:
    executor = does(held_seed=2)
    compare(window, qtbot, table, WIDE, NARROW)
    click(qtbot, window, RaceButton, "raceButton")
    assert executor.reached.wait(10)
    click(qtbot, window, RaceButton, "raceButton")
    qtbot.waitUntil(lambda: window.session.sweeps.plan_progress is None, timeout=10_000)
    assert reported(window.session) == "The race was stopped after 2 of 6 runs, which are kept."


def test_what_differs_in_its_seed_only_or_in_its_data_does_not_race(
    window: CardWindow, few_digits: Dataset, qtbot: QtBot
) -> None:
    made = an_experiment(few_digits, epochs=1, batch_size=500)
    with Library() as library:
        for seed in (1, 2):
            record(library, made.changed(seed=seed), few_digits, name=f"seed {seed}")
        record(library, an_experiment(DATA, epochs=1), DATA)
    table = show_runs(window, qtbot)
    compare(window, qtbot, table, 1, 2)
    assert not button(window).isEnabled()
    assert "only in their seed" in button(window).toolTip()
    window.session.comparison.clear()
    compare(window, qtbot, table, 0, 2)
    assert not button(window).isEnabled()
    assert "same data" in button(window).toolTip()
