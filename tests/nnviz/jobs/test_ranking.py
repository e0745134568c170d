"""A layer without each of its neurons, in a thread of its own: progress, cancel, end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine import neurons
from engine.datasets import Split
from engine.metrics import Evaluator
from nnviz.jobs.measuring import Measuring
from nnviz.jobs.ranking import Ranking
from tests.engine.test_explain import network_of
from tests.engine.test_neurons import numbers, pictures


@pytest.fixture
def ranking() -> Iterator[Ranking]:
    made = Ranking()
    yield made
    assert made.close(5000)


def test_it_measures_each_neuron(ranking: Ranking, qtbot: QtBot) -> None:
    network, split = network_of([6, 5, 3]), pictures(200, 6, 3)
    ranking.start(network, 1, "test", split)
    assert ranking.is_running
    qtbot.waitUntil(lambda: not ranking.is_running)
    assert len(ranking.each) == 5
    assert ranking.whole is not None
    assert ranking.whole.error == Evaluator(network, split).evaluate().error
    assert (ranking.layer, ranking.part, ranking.count) == (1, "test", 200)


def test_it_tells_how_far_it_is_and_can_be_stopped(ranking: Ranking, qtbot: QtBot) -> None:
    network, split = network_of([50, 1000, 500, 10]), pictures(20_000, 50, 10)
    ranking.start(network, 1, "test", split)
    qtbot.waitUntil(lambda: ranking.share > 0)
    ranking.cancel()
    assert not ranking.is_running
    ranking.start(network_of([4, 2, 3]), 1, "test", pictures(10, 4, 3))
    qtbot.waitUntil(lambda: not ranking.is_running)
    assert len(ranking.each) == 2, "nothing of the first comes after it"
    ranking.forget()
    assert ranking.each == []


def test_an_error_is_told(ranking: Ranking, qtbot: QtBot) -> None:
    with qtbot.waitSignal(ranking.failed):
        ranking.start(network_of([6, 5, 3]), 2, "test", pictures(10, 6, 3))
    assert not ranking.is_running


# ---- the error of a network that was edited


def test_only_the_latest_is_measured(qtbot: QtBot) -> None:
    failed: list[Exception] = []
    measuring = Measuring(failed.append)
    large: Split = pictures(30_000, 100, 3)
    found: list[dict[str, float]] = []
    measuring.start(network_of([100, 500, 3]), {"train": large}, found.append)
    network, split = network_of([6, 5, 3]), pictures(100, 6, 3)
    changed = neurons.scaled(network, {(1, 0): 0})
    measuring.start(changed, {"test": split}, found.append)
    qtbot.waitUntil(lambda: bool(found))
    assert found == [{"test": Evaluator(changed, split).evaluate().error}]
    measuring.start(network_of([4, 3, 2], "tanh", "identity"), {"test": numbers(9, 4, 2)}, found.append)
    qtbot.waitUntil(lambda: len(found) == 2)
    assert found[1] == {}, "regression has no error"
    assert measuring.close(5000)
    assert failed == []
    assert np.isfinite(changed.parameters).all()
