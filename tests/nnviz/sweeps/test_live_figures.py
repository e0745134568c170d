"""What is heard of runs while they are trained: batches for who shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.sweeps.plan import Plan, plan_race, plan_seeds
from engine.sweeps.results import Results
from engine.training.events import Epoch
from engine.training.metrics import Evaluation
from nnviz.library import Library
from nnviz.sweeps.conductor import Conductor
from nnviz.sweeps.live_figures import BEGUN, ENDED, GOING, LiveFigures, PlanNews
from nnviz.sweeps.sweep_writer import SweepWriter
from tests.nnviz.library.helpers import an_experiment
from tests.nnviz.sweeps.helpers import DATA, Here, a_plan, worked

SEEDS = plan_seeds(an_experiment(), 2)


def epochs(*numbers: int) -> list[Epoch]:
    return [Epoch(each, Evaluation(1.0, 1 / (1 + each), None), None, 0.1) for each in numbers]


def taken(live: LiveFigures, plan: Plan = SEEDS) -> PlanNews | None:
    results = Results(plan, True, True, False)
    for _ in plan.experiments:
        results.add_trial({})
    return live.take_news(results)


def reported(news: PlanNews | None) -> dict[tuple[int, int], tuple[str, list[int]]]:
    assert news is not None
    return {(each.trial, each.seed): (each.stage, [epoch for epoch, _ in each.epochs]) for each in news.runs}


def test_each_epoch_is_reported_once_with_its_figures() -> None:
    live = LiveFigures(SEEDS)
    live.add(0, 1, BEGUN)
    live.add(0, 1, GOING, epochs(0, 1))
    live.add(0, 2, BEGUN)
    news = taken(live)
    assert reported(news) == {(0, 1): (GOING, [0, 1]), (0, 2): (GOING, [])}
    assert news is not None
    assert news.runs[0].is_restart
    assert news.runs[0].epochs[1][1] == {"train_error": 0.5, "train_loss": 1.0}
    live.add(0, 1, GOING, epochs(2))
    live.add(0, 1, ENDED, epochs(0, 1, 2, 3))
    news = taken(live)
    assert reported(news) == {(0, 1): (ENDED, [2, 3])}
    assert news is not None
    assert not news.runs[0].is_restart
    assert taken(live) is None, "nothing is new"


def test_at_first_it_tells_how_many_are_over_also_without_news() -> None:
    live = LiveFigures(SEEDS)
    news = taken(live)
    assert news is not None
    assert (news.over, news.runs) == ((0,), ())


def test_a_run_that_is_done_again_is_reported_from_its_beginning() -> None:
    live = LiveFigures(SEEDS)
    live.add(0, 1, BEGUN)
    live.add(0, 1, GOING, epochs(0, 1, 2))
    taken(live)
    live.add(0, 1, BEGUN)
    live.add(0, 1, GOING, epochs(0, 1))
    news = taken(live)
    assert reported(news) == {(0, 1): (GOING, [0, 1])}
    assert news is not None
    assert news.runs[0].is_restart


def test_of_a_sweep_nothing_is_reported() -> None:
    plan = a_plan()
    live = LiveFigures(plan)
    live.add(0, 1, BEGUN)
    live.add(0, 1, GOING, epochs(0))
    assert live.take_news(Results(plan, True, True, True)) is None


def test_a_plan_tells_of_every_run_until_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnviz.sweeps.sweep_writer.SECONDS_BETWEEN_COMMITS", 0.0)
    plan = plan_race([an_experiment(), an_experiment(hidden=(9,))], 1).with_held_out(DATA)
    live = LiveFigures(plan)
    with Library(tmp_path / "library.sqlite") as library:
        store = SweepWriter.of_new(library, plan, DATA.title, "", lambda text: None)
        conductor = Conductor(plan, DATA, Here(), store, hear=live.add)
        worked(conductor, 1)
        first = reported(live.take_news(conductor.results))
        worked(conductor)
        conductor.close(True)
        rest = reported(live.take_news(conductor.results))
    all_epochs = list(range(plan.base.training.epochs + 1))
    assert first[0, 1] == ("written", all_epochs)
    assert rest == {(1, 1): ("written", all_epochs)}


def test_one_that_fails_is_reported_as_gone() -> None:
    plan = plan_seeds(an_experiment().changed(hidden=(10**9,)), 1)
    live = LiveFigures(plan)
    worked(Conductor(plan, DATA, Here(), hear=live.add))
    assert reported(taken(live, plan))[0, 1][0] == "gone"
